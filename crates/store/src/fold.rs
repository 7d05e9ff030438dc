//! Folding: hits become counters, reading times, ticks and events.

use crate::db::Tx;
use crate::event::News;
use crate::news::First;
use crate::value::params;
use crate::{Copy, Error, Store, copy, event, news};
use model::event::Happening;
use model::tick::Counts;
use model::{Axis, CopyId, Meaning, Time, UserId, Verdict};
use std::collections::BTreeMap;

/// Hits folded in one transaction.
const FOLD_MAX: i64 = 1_000;

impl Store {
    /// Folds hits that were not counted yet into their copies, and tells the feed. How many; zero when all are done.
    pub async fn hits_fold(&self) -> Result<usize, Error> {
        self.db.write(fold).await
    }
}

/// What a batch of hits adds to one copy.
struct Delta {
    opens: Counts,
    clicks: Counts,
    /// First and last time that a person is known to have read it.
    read: Option<(Time, Time)>,
    /// Is a person's open, or click, certain?
    certain: [bool; 2],
    last: Time,
}

impl Delta {
    fn new(at: Time) -> Self {
        Self {
            opens: Counts::default(),
            clicks: Counts::default(),
            read: None,
            certain: [false; 2],
            last: at,
        }
    }

    fn add(&mut self, axis: Axis, verdict: &Verdict, at: Time) {
        self.last = self.last.max(at);
        let (counts, certain) = match axis {
            Axis::Open => (&mut self.opens, &mut self.certain[0]),
            Axis::Click => (&mut self.clicks, &mut self.certain[1]),
            Axis::Document => return,
        };
        let Some(count) = count(counts, verdict.meaning) else {
            return;
        };
        *count += 1;
        if verdict.meaning.is_human() {
            *certain |= verdict.is_certain();
            let (first, last) = self.read.unwrap_or((at, at));
            self.read = Some((first.min(at), last.max(at)));
        }
    }

    /// Adds to a copy.
    fn apply(&self, copy: &mut Copy) {
        plus(&mut copy.seen.opens, self.opens);
        plus(&mut copy.seen.clicks, self.clicks);
        if let Some((first, last)) = self.read {
            read_at(copy, first, last);
        }
    }

    /// What a person did; whether it was the first time is for `news` to know.
    fn firsts(&self, copy: CopyId) -> impl Iterator<Item = First> {
        let counts = [
            (Happening::Read, self.opens),
            (Happening::Clicked, self.clicks),
        ];
        let at = self.last;
        counts
            .into_iter()
            .zip(self.certain)
            .filter(|((_, counts), _)| counts.human > 0)
            .map(move |((kind, _), certain)| First {
                copy,
                kind,
                at,
                certain,
            })
    }
}

/// The count that a meaning belongs to; the sender's own views belong to none.
pub(crate) fn count(counts: &mut Counts, meaning: Meaning) -> Option<&mut u32> {
    match meaning {
        Meaning::Human | Meaning::HumanViaProxy => Some(&mut counts.human),
        Meaning::Unknown => Some(&mut counts.unknown),
        Meaning::Machine => Some(&mut counts.machine),
        Meaning::Own => None,
    }
}

/// Widens the time of reading. Where opens may not be recorded, a click says nothing about reading (R-MODE-16).
pub(crate) fn read_at(copy: &mut Copy, first: Time, last: Time) {
    if copy.modes.open.is_personal() {
        copy.first_read_at = Some(copy.first_read_at.map_or(first, |at| at.min(first)));
        copy.last_read_at = Some(copy.last_read_at.map_or(last, |at| at.max(last)));
    }
}

fn plus(counts: &mut Counts, more: Counts) {
    counts.human = counts.human.saturating_add(more.human);
    counts.unknown = counts.unknown.saturating_add(more.unknown);
    counts.machine = counts.machine.saturating_add(more.machine);
}

/// These copies, each with whose message it is, locked until the commit. Give the ids in order: everybody locks in it.
pub(crate) fn lock_copies(
    tx: &mut Tx<'_>,
    ids: impl Iterator<Item = CopyId>,
) -> Result<Vec<(Copy, UserId)>, Error> {
    let sets: Vec<_> = ids.map(|id| vec![id.into()]).collect();
    let sql = format!(
        "select {}, m.user_id from copy c join message m on m.id = c.message_id where c.id = $1 {}",
        copy::COLUMNS,
        tx.lock_rows("c")
    );
    let rows = tx.query_many(&sql, &sets)?;
    let read = |row| Ok((copy::copy(row)?, row.get(copy::COLUMNS_COUNT)?));
    rows.iter().flatten().map(read).collect()
}

/// Writes down what hits change about copies.
pub(crate) fn write_copies<'a>(
    tx: &mut Tx<'_>,
    copies: impl Iterator<Item = &'a Copy>,
) -> Result<(), Error> {
    let set = |copy: &Copy| {
        let (opens, clicks) = (copy.seen.opens, copy.seen.clicks);
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
        .to_vec()
    };
    let sets: Vec<_> = copies.map(set).collect();
    let sql = "update copy set opens_human = $2, opens_unknown = $3, opens_machine = $4, clicks_human = $5,
        clicks_unknown = $6, clicks_machine = $7, first_read_at = $8, last_read_at = $9, tick = $10 where id = $1";
    tx.execute_many(sql, &sets)
}

/// Something about this copy, for the feed.
pub(crate) fn about(copy: &Copy, user: UserId, kind: Happening, at: Time) -> News {
    News {
        workspace: copy.workspace,
        user: Some(user),
        kind,
        message: Some(copy.message),
        copy: Some(copy.id),
        at,
    }
}

fn fold(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let sql = format!(
        "update hit set folded = 1 where id in (select id from hit where folded = 0 limit {FOLD_MAX} {})
         returning copy_id, axis, meaning, at, repeat, confidence",
        tx.lock_free_rows()
    );
    let rows = tx.query(&sql, &[])?;
    // Copies in the order of their ids, so that two folding workers lock rows in one order.
    let mut deltas = BTreeMap::<CopyId, Delta>::new();
    for row in &rows {
        if !row.get::<bool>(4)? {
            let at = row.get(3)?;
            let verdict = Verdict {
                opener: String::new(),
                meaning: row.get(2)?,
                confidence: row.get(5)?,
                reasons: Vec::new(),
            };
            deltas
                .entry(row.get(0)?)
                .or_insert_with(|| Delta::new(at))
                .add(row.get(1)?, &verdict, at);
        }
    }
    let mut copies = lock_copies(tx, deltas.keys().copied())?;
    for (copy, _) in &mut copies {
        if let Some(delta) = deltas.get(&copy.id) {
            delta.apply(copy);
        }
    }
    write_copies(tx, copies.iter().map(|(copy, _)| copy))?;
    let firsts: Vec<_> = deltas
        .iter()
        .flat_map(|(copy, delta)| delta.firsts(*copy))
        .collect();
    let mut told = news::note(tx, &firsts)?.into_iter().zip(firsts).peekable();
    let mut news = Vec::with_capacity(copies.len());
    for (copy, user) in &copies {
        let before = news.len();
        while let Some((tell, first)) = told.next_if(|(_, first)| first.copy == copy.id) {
            if tell {
                news.push(about(copy, *user, first.kind, first.at));
            }
        }
        if let Some(delta) = deltas.get(&copy.id).filter(|_| news.len() == before) {
            news.push(about(copy, *user, Happening::Seen, delta.last));
        }
    }
    event::write(tx, &news)?;
    Ok(rows.len())
}
