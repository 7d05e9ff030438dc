//! Hits: recorded in batches as they arrive. A moment later they are folded into counters, and settled.
//!
//! Recording is the second enforcement point. For each hit the copy's frozen mode, the contact's consent as it is
//! now, the ceilings as they are now and the kill switches are read in the same transaction that writes; what is not
//! allowed any more is not written. That is why a withdrawal works at once, and on mails sent long ago.

use crate::db::Tx;
use crate::value::{Row, Value, params};
use crate::workspace::{Instance, ceilings_of, read_instance};
use crate::{Error, Store, limits};
use model::consent::Standing;
use model::decision::{Ceiling, Circumstances, decide};
use model::hit::Hit;
use model::{Axis, Consent, CopyId, Facts, HitId, Meaning, Mode, PerAxis, Reason, Time, Verdict};
use std::collections::HashMap;

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Written down.
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
        self.db.write(move |tx| record(tx, &hits, now)).await
    }

    /// The hits on one copy, oldest first.
    pub async fn hits(&self, copy: CopyId) -> Result<Vec<StoredHit>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from hit where copy_id = $1 order by at, id limit {SHOWN_MAX}"
                );
                tx.query(&sql, params![copy])?.iter().map(stored).collect()
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

/// What may be recorded about each of these copies, now.
pub(crate) fn allowed(
    tx: &mut Tx<'_>,
    copies: impl Iterator<Item = CopyId>,
    now: Time,
) -> Result<HashMap<CopyId, PerAxis<Mode>>, Error> {
    let instance = read_instance(tx)?;
    let mut copies: Vec<CopyId> = copies.collect();
    copies.sort_unstable();
    copies.dedup();
    let sql = format!(
        "select c.id, c.mode_open, c.mode_click, c.mode_document, w.tracking, w.ceiling_open, w.ceiling_click,
        w.ceiling_document, k.open_state, k.open_since, k.click_state, k.click_since, k.document_state,
        k.document_since, k.details_state, k.details_since, k.restricted_at, {}
        from copy c join contact k on k.id = c.contact_id join workspace w on w.id = c.workspace_id
        join message m on m.id = c.message_id join \"user\" u on u.id = m.user_id where c.id",
        limits::COLUMNS
    );
    let ids: Vec<Value> = copies.into_iter().map(Value::from).collect();
    let rows = tx.query_in(&sql, &ids)?;
    let mut allowed = HashMap::with_capacity(rows.len());
    // No row: the copy is gone. A row that cannot be read: no permission either. Neither may hold up the others.
    for row in &rows {
        if let Ok((copy, modes)) = allowed_for(row, &instance, now) {
            allowed.insert(copy, modes);
        }
    }
    Ok(allowed)
}

fn allowed_for(
    row: &Row,
    instance: &Instance,
    now: Time,
) -> Result<(CopyId, PerAxis<Mode>), Error> {
    let copy = row.get(0)?;
    let modes = |at: usize| -> Result<PerAxis<Mode>, Error> {
        Ok(PerAxis {
            open: row.get(at)?,
            click: row.get(at + 1)?,
            document: row.get(at + 2)?,
        })
    };
    let standing = |at: usize| -> Result<Standing, Error> {
        Ok(Standing {
            state: row.get(at)?,
            since: row.get(at + 1)?,
        })
    };
    let consent = Consent {
        open: standing(8)?,
        click: standing(10)?,
        document: standing(12)?,
        details: standing(14)?,
    };
    let mut limits = ceilings_of(instance, row.get(4)?, modes(5)?, &limits::limits(row, 17)?);
    limits.push(Ceiling {
        reason: Reason::FrozenAtSend,
        modes: modes(1)?,
    });
    let about = Circumstances {
        copy,
        now,
        ceilings: &limits,
        consent: Some(&consent),
        obstacle: row.get::<Option<Time>>(16)?.map(|_| Reason::Restricted),
    };
    Ok((copy, decide(&about).modes()))
}

fn record(tx: &mut Tx<'_>, hits: &[Hit], now: Time) -> Result<Recorded, Error> {
    let allowed = allowed(tx, hits.iter().map(|hit| hit.copy), now)?;
    let mut rows = Vec::with_capacity(hits.len());
    for hit in hits {
        let mode = allowed
            .get(&hit.copy)
            .map_or(Mode::None, |modes| *modes.get(hit.axis));
        if mode < Mode::Individual {
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
    Ok(Recorded {
        stored: rows.len(),
        refused: hits.len() - rows.len(),
    })
}
