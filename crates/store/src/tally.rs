//! Sums: how often a message was opened and its links followed by those who are only counted (`aggregate`).
//!
//! A request to a shared address leaves no row, no person and no time: one number a day goes up (R-MODE-07). Nobody
//! signs such a request, so anybody who has the address can repeat it; a sum never gets above the number of those who
//! share the address (R-SEC-12), and what is shown of it is called a count of requests. Small sums are not told, and
//! never one for a part of the recipients (R-MODE-08).

use crate::allowed::countable;
use crate::db::Tx;
use crate::value::params;
use crate::{Error, Recorded, Store};
use model::hit::Tally;
use model::{Axis, Day, MessageId, Mode, PerAxis, Profiles, Time, crowd};
use std::collections::BTreeMap;

/// What may be told of one sum of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Opens or clicks.
    pub axis: Axis,
    /// Which link; zero for opens.
    pub link: u16,
    /// Requests, not one person's each; none where they are too few to tell.
    pub count: Option<u32>,
    /// How many recipients share the address.
    pub crowd: u32,
}

/// A sum of a message: axis, link and day.
type Cell = (Axis, u16, Day);

impl Store {
    /// Counts requests, in one transaction. A batch that is tried again after an unclear outcome may count twice: there
    /// is nothing by which the same request could be known again.
    pub async fn tallies_record(&self, tallies: Vec<Tally>, now: Time) -> Result<Recorded, Error> {
        let law = self.law.clone();
        self.db
            .write(move |tx| record(tx, &law, &tallies, now))
            .await
    }

    /// The sums of a message, opens first: a line for each address that is shared, also where nobody asked for it yet.
    pub async fn sums(&self, message: MessageId) -> Result<Vec<Sum>, Error> {
        self.db.read(move |tx| sums(tx, message)).await
    }
}

fn record(
    tx: &mut Tx<'_>,
    law: &Profiles,
    tallies: &[Tally],
    now: Time,
) -> Result<Recorded, Error> {
    // In the order of ids, so that two who count lock messages in one order.
    let mut by_message = BTreeMap::<MessageId, BTreeMap<Cell, u32>>::new();
    for tally in tallies {
        let cells = by_message.entry(tally.message).or_default();
        *cells
            .entry((tally.axis, tally.link, tally.at.day()))
            .or_default() += 1;
    }
    let mut recorded = Recorded::default();
    for (message, cells) in by_message {
        let sql = format!(
            "select id from message where id = $1 {}",
            tx.lock_rows("message")
        );
        tx.query(&sql, params![message])?;
        let crowd = match countable(tx, law, message, now) {
            // What cannot be read allows nothing (R-MODE-05).
            Err(Error::Corrupt(_)) => crowd::NOBODY,
            read => read?,
        };
        for ((axis, link, day), wanted) in cells {
            let sql = "select cast(coalesce(sum(count), 0) as bigint) from tally
                       where message_id = $1 and axis = $2 and link = $3";
            let so_far: u32 = tx.number(sql, params![message, axis, link])?;
            let added = wanted.min(crowd.get(axis).saturating_sub(so_far));
            if added > 0 {
                let sql = "insert into tally (message_id, axis, link, day, count) values ($1, $2, $3, $4, $5)
                           on conflict (message_id, axis, link, day) do update set count = tally.count + excluded.count";
                tx.execute(sql, params![message, axis, link, day, added])?;
            }
            recorded.stored += added as usize;
            recorded.refused += (wanted - added) as usize;
        }
    }
    Ok(recorded)
}

fn sums(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<Sum>, Error> {
    let crowd = sharing(tx, message)?;
    let sql = "select axis, link, cast(sum(count) as bigint) from tally where message_id = $1 group by axis, link";
    let mut counted = BTreeMap::<(Axis, u16), u32>::new();
    for row in &tx.query(sql, params![message])? {
        counted.insert((row.get(0)?, row.get(1)?), row.get(2)?);
    }
    let sql = "select number from link where message_id = $1 and skipped is null";
    let links = tx.query(sql, params![message])?;
    let mut addresses = Vec::new();
    if crowd.open > 0 {
        addresses.push((Axis::Open, 0));
    }
    for row in links.iter().filter(|_| crowd.click > 0) {
        addresses.push((Axis::Click, row.get(0)?));
    }
    addresses.extend(counted.keys().copied());
    addresses.sort_unstable();
    addresses.dedup();
    let sum = |(axis, link)| Sum {
        axis,
        link,
        count: crowd::shown(counted.get(&(axis, link)).copied().unwrap_or_default()),
        crowd: *crowd.get(axis),
    };
    Ok(addresses.into_iter().map(sum).collect())
}

/// How many copies of a message share its addresses, on each axis.
fn sharing(tx: &mut Tx<'_>, message: MessageId) -> Result<PerAxis<u32>, Error> {
    let count = |axis| format!("count(case when mode_{axis} = $2 then 1 end)");
    let counts = ["open", "click", "document"].map(count).join(", ");
    let sql = format!("select {counts} from copy where message_id = $1");
    let row = tx.first(&sql, params![message, Mode::Aggregate])?;
    row.map_or(Ok(crowd::NOBODY), |row| crate::allowed::per_axis(&row, 0))
}
