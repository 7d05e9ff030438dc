//! Hits: recorded in batches as they arrive, folded into counters a moment later.
//!
//! Recording is the second enforcement point. For each hit the copy's frozen mode, the contact's consent as it is
//! now, the ceilings as they are now and the kill switches are read in the same transaction that writes; what is not
//! allowed any more is not written. That is why a withdrawal works at once, and on mails sent long ago.

use crate::db::Tx;
use crate::event::News;
use crate::value::{Row, Value, params};
use crate::workspace::{Instance, ceilings_of, read_instance};
use crate::{Copy, Error, Store, copy, event};
use model::consent::Standing;
use model::decision::{Ceiling, Circumstances, decide};
use model::event::Happening;
use model::hit::Hit;
use model::tick::Counts;
use model::{
    Axis, Consent, CopyId, Facts, HitId, Meaning, Mode, PerAxis, Reason, Time, UserId, Verdict,
};
use std::collections::{BTreeMap, HashMap};

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
        // No row: the copy is gone. A row that cannot be read: no permission either. Neither may hold up the others.
        if let Some(Ok(modes)) = rows
            .first()
            .map(|row| allowed_for(copy, row, &instance, now))
        {
            allowed.insert(copy, modes);
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
                hit.repeat,
                false
            ]
            .to_vec(),
        );
    }
    let into = "insert into hit (id, copy_id, axis, link, at, opener, meaning, confidence, reasons, facts, repeat,
        folded)";
    tx.insert(into, "on conflict (id) do nothing", &rows)?;
    Ok(Recorded {
        stored: rows.len(),
        refused: hits.len() - rows.len(),
    })
}

/// What a batch of hits adds to one copy.
struct Delta {
    opens: Counts,
    clicks: Counts,
    read: Option<(Time, Time)>,
    last: Time,
}

impl Delta {
    fn new(at: Time) -> Self {
        Self {
            opens: Counts::default(),
            clicks: Counts::default(),
            read: None,
            last: at,
        }
    }

    fn add(&mut self, axis: Axis, meaning: Meaning, at: Time) {
        self.last = self.last.max(at);
        let counts = match axis {
            Axis::Open => &mut self.opens,
            Axis::Click => &mut self.clicks,
            Axis::Document => return,
        };
        match meaning {
            Meaning::Human | Meaning::HumanViaProxy => counts.human += 1,
            Meaning::Unknown => counts.unknown += 1,
            Meaning::Machine => counts.machine += 1,
            Meaning::Own => return,
        }
        if meaning.is_human() {
            let (first, last) = self.read.unwrap_or((at, at));
            self.read = Some((first.min(at), last.max(at)));
        }
    }

    /// Adds to a copy; returns what is worth telling about it.
    fn apply(&self, copy: &mut Copy) -> Vec<Happening> {
        let first_read = copy.seen.opens.human == 0 && self.opens.human > 0;
        let first_click = copy.seen.clicks.human == 0 && self.clicks.human > 0;
        plus(&mut copy.seen.opens, self.opens);
        plus(&mut copy.seen.clicks, self.clicks);
        // Where opens may not be recorded, a click says nothing about reading (R-MODE-16).
        if let Some((first, last)) = self.read.filter(|_| copy.modes.open > Mode::None) {
            copy.first_read_at = Some(copy.first_read_at.map_or(first, |at| at.min(first)));
            copy.last_read_at = Some(copy.last_read_at.map_or(last, |at| at.max(last)));
        }
        match (first_read, first_click) {
            (true, true) => vec![Happening::Read, Happening::Clicked],
            (true, false) => vec![Happening::Read],
            (false, true) => vec![Happening::Clicked],
            (false, false) => vec![Happening::Seen],
        }
    }
}

fn plus(counts: &mut Counts, more: Counts) {
    counts.human = counts.human.saturating_add(more.human);
    counts.unknown = counts.unknown.saturating_add(more.unknown);
    counts.machine = counts.machine.saturating_add(more.machine);
}

fn fold(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let sql = format!(
        "update hit set folded = 1 where id in (select id from hit where folded = 0 limit {FOLD_MAX} {})
         returning copy_id, axis, meaning, at, repeat",
        tx.lock_free_rows()
    );
    let rows = tx.query(&sql, &[])?;
    // Copies in the order of their ids, so that two folding workers lock rows in one order.
    let mut deltas = BTreeMap::<CopyId, Delta>::new();
    for row in &rows {
        if !row.get::<bool>(4)? {
            let at = row.get(3)?;
            deltas
                .entry(row.get(0)?)
                .or_insert_with(|| Delta::new(at))
                .add(row.get(1)?, row.get(2)?, at);
        }
    }
    let sets: Vec<_> = deltas.keys().map(|id| vec![(*id).into()]).collect();
    let sql = format!(
        "select {}, m.user_id from copy c join message m on m.id = c.message_id where c.id = $1 {}",
        copy::COLUMNS,
        tx.lock_rows("c")
    );
    let before = tx.query_many(&sql, &sets)?;
    let (mut updates, mut news) = (Vec::with_capacity(sets.len()), Vec::new());
    for (delta, row) in deltas.values().zip(before.iter().flatten()) {
        let mut copy = copy::copy(row)?;
        let told = delta.apply(&mut copy);
        let (opens, clicks) = (copy.seen.opens, copy.seen.clicks);
        updates.push(
            params![
                copy.id,
                opens.human,
                opens.unknown,
                opens.machine,
                clicks.human,
                clicks.unknown,
                clicks.machine,
                copy.first_read_at,
                copy.last_read_at,
                copy.tick().as_str()
            ]
            .to_vec(),
        );
        let user: UserId = row.get(copy::COLUMNS_COUNT)?;
        news.extend(told.into_iter().map(|kind| News {
            workspace: copy.workspace,
            user: Some(user),
            kind,
            message: Some(copy.message),
            copy: Some(copy.id),
            at: delta.last,
        }));
    }
    let sql = "update copy set opens_human = $2, opens_unknown = $3, opens_machine = $4, clicks_human = $5,
        clicks_unknown = $6, clicks_machine = $7, first_read_at = $8, last_read_at = $9, tick = $10 where id = $1";
    tx.execute_many(sql, &updates)?;
    event::write(tx, &news)?;
    Ok(rows.len())
}
