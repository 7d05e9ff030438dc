//! `captured.jsonl`: what real programs sent, on Debian 12, on the day that stands there. `cargo xtask clients` drives them anew.
//!
//! SpamAssassin asked for the link without its destination, which is nothing that a tracker has; its headers are judged all the same.
//! They were taken on loopback, where browsers say as much as over TLS; here they come from an ordinary network over TLS.

use crate::sample;
use serde::Deserialize;
use verdict::line::{Line, judge_line};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Captured {
    /// Program and version.
    client: String,
    captured: String,
    /// "opener meaning confidence reasons".
    is: String,
    request: Line,
}

#[test]
fn what_real_programs_send_gets_its_verdict() {
    let judge = sample::judge();
    let lines = include_str!("../captured.jsonl").lines();
    let captured: Vec<Captured> = lines.map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(captured.len() > 5, "the file was read");
    for one in captured {
        let verdict = judge_line(&judge, &one.request).verdict;
        let is = format!(
            "{} {} {} {}",
            verdict.opener,
            verdict.meaning.as_str(),
            verdict.confidence,
            verdict.reasons.join(" ")
        );
        assert_eq!(is, one.is, "{}, {}", one.client, one.captured);
    }
}
