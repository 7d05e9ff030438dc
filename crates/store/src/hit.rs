//! Hits: recorded in batches as they arrive, folded into counters a moment later.
//!
//! Recording is the second enforcement point. For each hit the copy's frozen mode, the contact's consent as it is
//! now, the ceilings as they are now and the kill switches are read in the same transaction that writes; what is not
//! allowed any more is not written. That is why a withdrawal works at once, and on mails sent long ago.

use crate::db::Tx;
use crate::value::{Row, Value, params};
use crate::workspace::{Instance, ceilings_of, read_instance};
use crate::{Error, Store, copy, event};
use model::consent::Standing;
use model::decision::{Ceiling, Circumstances, decide};
use model::event::Happening;
use model::hit::Hit;
use model::{
    Axis, Consent, CopyId, Facts, HitId, Meaning, MessageId, Mode, PerAxis, Reason, Time, UserId,
    Verdict, WorkspaceId,
};
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
    /// The judgement.
    pub verdict: Verdict,
    /// Parsed facts; none below `detailed`.
    pub facts: Option<Facts>,
    /// A repetition within seconds; not counted.
    pub repeat: bool,
}

/// Hits folded in one transaction.
const FOLD_MAX: i64 = 1_000;
/// Hits of one copy that its page shows.
const SHOWN_MAX: i64 = 1_000;

impl Store {
    /// Records a batch, in one transaction. The same hit recorded twice is there once.
    pub async fn hits_record(&self, hits: Vec<Hit>, now: Time) -> Result<Recorded, Error> {
        self.db.write(move |tx| record(tx, &hits, now)).await
    }

    /// Folds hits that were not counted yet into their copies, and tells the feed. How many; zero when all are done.
    pub async fn hits_fold(&self) -> Result<usize, Error> {
        self.db.write(fold).await
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

const COLUMNS: &str =
    "id, copy_id, axis, link, at, opener, meaning, confidence, reasons, facts, repeat";

fn stored(row: &Row) -> Result<StoredHit, Error> {
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
            reasons: reasons
                .split(' ')
                .filter(|r| !r.is_empty())
                .map(str::to_owned)
                .collect(),
        },
        facts: facts.and_then(|text| serde_json::from_str(&text).ok()),
        repeat: row.get(10)?,
    })
}

/// What may be recorded about each copy of a batch, now.
fn allowed(
    tx: &mut Tx<'_>,
    hits: &[Hit],
    now: Time,
) -> Result<HashMap<CopyId, PerAxis<Mode>>, Error> {
    let instance = read_instance(tx)?;
    let mut copies: Vec<CopyId> = hits.iter().map(|h| h.copy).collect();
    copies.sort_unstable();
    copies.dedup();
    let sql = "select c.mode_open, c.mode_click, c.mode_document, w.tracking, w.ceiling_open, w.ceiling_click,
        w.ceiling_document, k.open_state, k.open_since, k.click_state, k.click_since, k.document_state,
        k.document_since, k.details_state, k.details_since
        from copy c join contact k on k.id = c.contact_id join workspace w on w.id = c.workspace_id where c.id = $1";
    let sets: Vec<Vec<Value>> = copies.iter().map(|id| vec![(*id).into()]).collect();
    let results = tx.query_many(sql, &sets)?;
    let mut allowed = HashMap::with_capacity(copies.len());
    for (copy, rows) in copies.into_iter().zip(results) {
        // No row: the copy is gone. Nothing may be recorded about it.
        if let Some(row) = rows.first() {
            allowed.insert(copy, allowed_for(copy, row, &instance, now)?);
        }
    }
    Ok(allowed)
}

fn allowed_for(
    copy: CopyId,
    row: &Row,
    instance: &Instance,
    now: Time,
) -> Result<PerAxis<Mode>, Error> {
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
        open: standing(7)?,
        click: standing(9)?,
        document: standing(11)?,
        details: standing(13)?,
    };
    let mut limits = ceilings_of(instance, row.get(3)?, modes(4)?).to_vec();
    limits.push(Ceiling {
        reason: Reason::FrozenAtSend,
        modes: modes(0)?,
    });
    let about = Circumstances {
        copy,
        now,
        ceilings: &limits,
        consent: Some(&consent),
        obstacle: None,
    };
    Ok(decide(&about).modes())
}

fn record(tx: &mut Tx<'_>, hits: &[Hit], now: Time) -> Result<Recorded, Error> {
    let allowed = allowed(tx, hits, now)?;
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
                hit.repeat
            ]
            .to_vec(),
        );
    }
    let sql = "insert into hit (id, copy_id, axis, link, at, opener, meaning, confidence, reasons, facts, repeat, folded)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0) on conflict (id) do nothing";
    tx.execute_many(sql, &rows)?;
    Ok(Recorded {
        stored: rows.len(),
        refused: hits.len() - rows.len(),
    })
}

/// What a batch of hits adds to one copy.
#[derive(Default)]
struct Delta {
    opens: [i64; 3],
    clicks: [i64; 3],
    read: Option<(Time, Time)>,
}

impl Delta {
    fn add(&mut self, axis: Axis, meaning: Meaning, at: Time) {
        let column = match meaning {
            Meaning::Human | Meaning::HumanViaProxy => 0,
            Meaning::Unknown => 1,
            Meaning::Machine => 2,
            Meaning::Own => return,
        };
        match axis {
            Axis::Open => self.opens[column] += 1,
            Axis::Click => self.clicks[column] += 1,
            Axis::Document => return,
        }
        if meaning.is_human() {
            let (first, last) = self.read.unwrap_or((at, at));
            self.read = Some((first.min(at), last.max(at)));
        }
    }
}

fn fold(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let sql = format!(
        "update hit set folded = 1 where folded = 0 and id in (select id from hit where folded = 0 limit {FOLD_MAX})
         returning copy_id, axis, meaning, at, repeat"
    );
    let rows = tx.query(&sql, &[])?;
    // Copies in the order of their ids, so that two folding workers lock rows in one order.
    let mut deltas = std::collections::BTreeMap::<CopyId, Delta>::new();
    for row in &rows {
        if !row.get::<bool>(4)? {
            deltas
                .entry(row.get(0)?)
                .or_default()
                .add(row.get(1)?, row.get(2)?, row.get(3)?);
        }
    }
    for (id, delta) in deltas {
        apply(tx, id, &delta)?;
    }
    Ok(rows.len())
}

fn apply(tx: &mut Tx<'_>, id: CopyId, delta: &Delta) -> Result<(), Error> {
    let Some(before) = copy::read(tx, id)? else {
        return Ok(());
    };
    // Where opens may not be recorded, a click says nothing about reading (R-MODE-16).
    let read = delta.read.filter(|_| before.modes.open > Mode::None);
    let (first, last) = (read.map(|r| r.0), read.map(|r| r.1));
    let sql = "update copy set opens_human = opens_human + $2, opens_unknown = opens_unknown + $3,
        opens_machine = opens_machine + $4, clicks_human = clicks_human + $5, clicks_unknown = clicks_unknown + $6,
        clicks_machine = clicks_machine + $7, first_read_at = $8, last_read_at = $9 where id = $1";
    let [oh, ou, om] = delta.opens;
    let [ch, cu, cm] = delta.clicks;
    let first = [before.first_read_at, first].into_iter().flatten().min();
    let last = [before.last_read_at, last].into_iter().flatten().max();
    tx.execute(sql, params![id, oh, ou, om, ch, cu, cm, first, last])?;
    copy::write_tick(tx, id)?;

    let row = tx.first(
        "select id, workspace_id, user_id from message where id = $1",
        params![before.message],
    )?;
    let Some(row) = row else { return Ok(()) };
    let (message, workspace, user): (MessageId, WorkspaceId, UserId) =
        (row.get(0)?, row.get(1)?, row.get(2)?);
    let first_read = before.seen.opens.human == 0 && oh > 0;
    let first_click = before.seen.clicks.human == 0 && ch > 0;
    let at = read.map_or(before.state_at, |r| r.1);
    let kinds = [
        (first_read, Happening::Read),
        (first_click, Happening::Clicked),
    ];
    let told: Vec<_> = kinds
        .into_iter()
        .filter(|(yes, _)| *yes)
        .map(|(_, kind)| kind)
        .collect();
    let told = if told.is_empty() {
        vec![Happening::Seen]
    } else {
        told
    };
    for kind in told {
        event::write(tx, workspace, Some(user), kind, Some(message), Some(id), at)?;
    }
    Ok(())
}
