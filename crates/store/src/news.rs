//! News of firsts: that a person has read a mail, or followed a link, for the first time.
//!
//! What is certain is told as it is folded. What is not waits here, because the burst of requests that gives a scanner
//! away follows its first harmless look by half a minute; it is told later, if it still stands and may still be
//! recorded. Ticks and counters do not wait. Waiting news is in the database, so a restart loses none.

use crate::allowed::allowed;
use crate::db::Tx;
use crate::event::{self, News};

use crate::value::{Row, params};
use crate::{Error, Store};
use model::event::Happening;
use model::{Axis, CopyId, Profiles, Time};
use std::time::Duration;

/// News taken in one transaction.
const TOLD_MAX: i64 = 500;

/// A first of a copy, found while folding.
pub(crate) struct First {
    pub(crate) copy: CopyId,
    pub(crate) kind: Happening,
    pub(crate) at: Time,
    pub(crate) certain: bool,
}

/// Writes firsts down. For each: is it to be told now? Certain ones are, unless they were told before.
pub(crate) fn note(tx: &mut Tx<'_>, firsts: &[First]) -> Result<Vec<bool>, Error> {
    let set = |first: &First| params![first.copy, first.kind, first.at].to_vec();
    let (certain, waiting): (Vec<_>, Vec<_>) = firsts.iter().partition(|first| first.certain);
    let sets: Vec<_> = certain.into_iter().map(set).collect();
    let sql = "insert into news (copy_id, kind, at, told) values ($1, $2, $3, 1)
               on conflict (copy_id, kind) do update set told = 1 where news.told = 0 returning told";
    let mut news = tx.query_many(sql, &sets)?.into_iter();
    let sets: Vec<_> = waiting.into_iter().map(set).collect();
    let sql =
        "insert into news (copy_id, kind, at, told) values ($1, $2, $3, 0) on conflict do nothing";
    tx.execute_many(sql, &sets)?;
    let told = |first: &First| first.certain && news.next().is_some_and(|rows| !rows.is_empty());
    Ok(firsts.iter().map(told).collect())
}

/// A first that did not last: what comes next is a first again.
pub(crate) fn retract(tx: &mut Tx<'_>, copy: CopyId, kind: Happening) -> Result<(), Error> {
    let sql = "delete from news where copy_id = $1 and kind = $2";
    tx.execute(sql, params![copy, kind]).map(|_| ())
}

impl Store {
    /// Tells the news that has waited for `wait` since it was first seen here, and still stands. How much; zero when none
    /// is due.
    pub async fn news_tell(&self, now: Time, wait: Duration) -> Result<usize, Error> {
        let law = self.law.clone();
        self.db
            .write(move |tx| tell(tx, &law, now, now + wait))
            .await
    }
}

fn tell(tx: &mut Tx<'_>, law: &Profiles, now: Time, due: Time) -> Result<usize, Error> {
    let lock = tx.lock_free_rows();
    let sql = format!(
        "update news set due_at = $1 where (copy_id, kind) in
         (select copy_id, kind from news where told = 0 and due_at is null limit {TOLD_MAX} {lock})"
    );
    tx.execute(&sql, params![due])?;
    let sql = format!(
        "update news set told = 1 where (copy_id, kind) in
         (select copy_id, kind from news where told = 0 and due_at <= $1 limit {TOLD_MAX} {lock})
         returning copy_id, kind, at"
    );
    let news = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let mut due: Vec<(CopyId, Happening, Time)> = tx.rows(&sql, params![now], news)?;
    let found = due.len();
    due.sort_unstable_by_key(|(copy, kind, _)| (*copy, *kind == Happening::Clicked));
    // The second enforcement point holds for news, too: whoever withdrew meanwhile is not told about.
    let allowed = allowed(tx, law, due.iter().map(|(copy, ..)| *copy), now)?;
    due.retain(|(copy, kind, _)| {
        let axis = if *kind == Happening::Clicked {
            Axis::Click
        } else {
            Axis::Open
        };
        allowed
            .get(copy)
            .is_some_and(|modes| modes.get(axis).is_personal())
    });
    let sets: Vec<_> = due.iter().map(|(copy, ..)| vec![(*copy).into()]).collect();
    let sql = "select c.workspace_id, c.message_id, m.user_id from copy c join message m on m.id = c.message_id
               where c.id = $1";
    let around = tx.query_many(sql, &sets)?;
    let mut news = Vec::with_capacity(due.len());
    for ((copy, kind, at), row) in due.iter().zip(around.iter().flatten()) {
        news.push(News {
            workspace: row.get(0)?,
            user: Some(row.get(2)?),
            kind: *kind,
            message: Some(row.get(1)?),
            copy: Some(*copy),
            at: *at,
        });
    }
    event::write(tx, &news)?;
    Ok(found)
}
