//! Judging hits that are stored already: what the store keeps of them, as the rules want it.

use std::sync::Arc;
use store::{JudgeAgain, StoredHit};
use verdict::{Judge, Kept};

/// By this judge, the hits of a copy.
pub fn judge_again(judge: Arc<Judge>) -> JudgeAgain {
    Arc::new(move |hits, links| {
        let kept: Vec<Kept> = hits.iter().map(kept).collect();
        judge.judge_again(&kept, Some(links))
    })
}

fn kept(hit: &StoredHit) -> Kept {
    Kept {
        axis: hit.axis,
        link: hit.link,
        at: hit.at,
        verdict: hit.verdict.clone(),
    }
}
