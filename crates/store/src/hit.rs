//! Hits: recorded in batches as they arrive. A moment later they are folded into counters, and settled.
//!
//! Recording is the second enforcement point: what is not allowed any more (see `allowed`) is not written, or less of
//! it. That is why a withdrawal works at once, and on mails sent long ago.

use crate::allowed::allowed;
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store, hygiene};
use model::hit::Hit;
use model::{Axis, CopyId, Facts, HitId, Meaning, Mode, Profiles, Time, Verdict};

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Written down, or a date or a sum moved on by it.
    pub stored: usize,
    /// Not written: not allowed, or not any more.
    pub refused: usize,
}

/// A hit as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHit {
    /// Its id.
    pub id: HitId,
    /// On which copy.
    pub copy: CopyId,
    /// Open or click.
    pub axis: Axis,
    /// Which link, for clicks.
    pub link: u16,
    /// When, to the minute.
    pub at: Time,
    /// The judgement, as it stands.
    pub verdict: Verdict,
    /// The version of the rules that judged it last.
    pub rules: u32,
    /// What it meant at first, where comparing it with other hits, or newer rules, changed the verdict.
    pub revised_from: Option<Meaning>,
    /// Parsed facts; none below `detailed`.
    pub facts: Option<Facts>,
    /// A repetition within seconds; not counted.
    pub repeat: bool,
}

/// Hits of one copy that its page shows.
const SHOWN_MAX: i64 = 1_000;

impl Store {
    /// Records a batch, in one transaction. The same hit recorded twice is there once.
    pub async fn hits_record(&self, hits: Vec<Hit>, now: Time) -> Result<Recorded, Error> {
        let law = self.law.clone();
        self.db.write(move |tx| record(tx, &law, &hits, now)).await
    }

    /// The hits on one copy, oldest first.
    pub async fn hits(&self, copy: CopyId) -> Result<Vec<StoredHit>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from hit where copy_id = $1 order by at, id limit {SHOWN_MAX}"
                );
                tx.rows(&sql, params![copy], stored)
            })
            .await
    }
}

pub(crate) const COLUMNS: &str = "id, copy_id, axis, link, at, opener, meaning, confidence, reasons, facts, repeat, revised_from, rules";

pub(crate) fn stored(row: &Row) -> Result<StoredHit, Error> {
    let reasons: String = row.get(8)?;
    let facts: Option<String> = row.get(9)?;
    Ok(StoredHit {
        id: row.get(0)?,
        copy: row.get(1)?,
        axis: row.get(2)?,
        link: row.get(3)?,
        at: row.get(4)?,
        verdict: Verdict {
            opener: row.get(5)?,
            meaning: row.get(6)?,
            confidence: row.get(7)?,
            reasons: words(&reasons),
        },
        facts: facts.and_then(|text| serde_json::from_str(&text).ok()),
        repeat: row.get(10)?,
        revised_from: row.get(11)?,
        rules: row.get(12)?,
    })
}

/// Codes that stand in one column.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn record(tx: &mut Tx<'_>, law: &Profiles, hits: &[Hit], now: Time) -> Result<Recorded, Error> {
    let allowed = allowed(tx, law, hits.iter().map(|hit| hit.copy), now)?;
    let mut rows = Vec::with_capacity(hits.len());
    let mut days = Vec::new();
    for hit in hits {
        let mode = allowed
            .get(&hit.copy)
            .map_or(Mode::None, |modes| *modes.get(hit.axis));
        if mode == Mode::Hygiene && hygiene::counts(hit) {
            days.push((hit.copy, hit.at.day()));
        }
        if !mode.is_personal() {
            continue;
        }
        let facts = (mode == Mode::Detailed && hit.facts != Facts::default())
            .then(|| serde_json::to_string(&hit.facts).unwrap_or_default());
        let v = &hit.verdict;
        rows.push(
            params![
                hit.id,
                hit.copy,
                hit.axis,
                hit.link,
                hit.at.minute(),
                &v.opener,
                v.meaning,
                v.confidence,
                v.reasons.join(" "),
                facts,
                hit.repeat,
                hit.rules,
                false
            ]
            .to_vec(),
        );
    }
    let into = "insert into hit (id, copy_id, axis, link, at, opener, meaning, confidence, reasons, facts, repeat,
        rules, folded)";
    tx.insert(into, "on conflict (id) do nothing", &rows)?;
    hygiene::note(tx, &days)?;
    let stored = rows.len() + days.len();
    Ok(Recorded {
        stored,
        refused: hits.len() - stored,
    })
}
