//! What a withdrawal takes away, right after it: the history of that axis, and the way from its tokens to the person.
//!
//! The withdrawal itself is in force the moment it is written, because recording reads consent. This is the rest: hits,
//! counters, times of reading and news of that axis are erased (GDPR Art. 17(1)(b), R-WITH-06), and the axis of every copy
//! sent until then is set to `none`, for good. A token of that axis then leads nowhere: no copy accepts it, even if the
//! person agrees again one day, while links go on redirecting, which needs no database (R-WITH-04). The page behind the
//! same mail keeps working, because its token is of another kind.
//!
//! Carried out by the role `work` in steps of bounded size; what is still to do stands in the database.

use crate::db::Tx;
use crate::event::News;
use crate::value::{Value, params};
use crate::{Error, Store, copy, disposal, event, hygiene};
use model::event::Happening;
use model::{ContactId, CopyId, Time, Topic};
use std::collections::BTreeMap;
use std::time::Duration;

/// Copies in one step.
const COPIES_MAX: usize = 200;
/// A hit that was being recorded at the very moment of the withdrawal is on disk by then.
const SETTLED: Duration = Duration::from_secs(1);

/// Notes that a topic was withdrawn. In the transaction that says so.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    contact: ContactId,
    topic: Topic,
    at: Time,
) -> Result<(), Error> {
    let sql = "insert into withdrawal (contact_id, topic, at) values ($1, $2, $3)
               on conflict (contact_id, topic) do update set at = excluded.at";
    tx.execute(sql, params![contact, topic, at]).map(|_| ())
}

impl Store {
    /// Carries out a step of one withdrawal. False when none waits.
    pub async fn withdrawal_step(&self, evidence: [u8; 16], now: Time) -> Result<bool, Error> {
        self.db.write(move |tx| step(tx, evidence, now)).await
    }
}

fn step(tx: &mut Tx<'_>, evidence: [u8; 16], now: Time) -> Result<bool, Error> {
    let sql = format!(
        "select contact_id, topic, at from withdrawal where at <= $1 order by at limit 1 {}",
        tx.lock_free_rows()
    );
    let Some(row) = tx.first(&sql, params![now - SETTLED])? else {
        return Ok(false);
    };
    let (contact, topic, at): (ContactId, Topic, Time) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let sql = format!(
        "select c.id, c.workspace_id, c.message_id, m.user_id from copy c join message m on m.id = c.message_id
         where c.contact_id = $1 and m.accepted_at <= $2 and {} order by c.id limit {COPIES_MAX} {}",
        to_do(topic),
        tx.lock_rows("c")
    );
    let copies = tx.query(&sql, params![contact, at])?;
    let ids: Vec<Vec<Value>> = copies
        .iter()
        .map(|row| row.get::<CopyId>(0).map(|id| vec![id.into()]))
        .collect::<Result<_, _>>()?;
    let mut counts = BTreeMap::from([("copy".to_owned(), ids.len() as u64)]);
    for (table, sql) in removed(topic) {
        let count = counts.entry((*table).to_owned()).or_default();
        for id in &ids {
            *count += tx.execute(sql, id)?;
        }
    }
    for sql in emptied(topic) {
        tx.execute_many(sql, &ids)?;
    }
    let mut news = Vec::with_capacity(copies.len());
    for row in &copies {
        let id = row.get(0)?;
        copy::write_tick(tx, id)?;
        news.push(News {
            workspace: row.get(1)?,
            user: Some(row.get(3)?),
            kind: Happening::Seen,
            message: Some(row.get(2)?),
            copy: Some(id),
            at: now.minute(),
        });
    }
    if copies.len() < COPIES_MAX {
        let kinds = told_of(topic);
        let sql = format!(
            "delete from event where at <= $2 and kind in ({kinds}) and copy_id in
             (select id from copy where contact_id = $1)"
        );
        let events = tx.execute(&sql, params![contact, at])?;
        counts.insert("event".to_owned(), events);
        if topic == Topic::Open {
            hygiene::forget(tx, contact)?;
        }
        let sql = "delete from withdrawal where contact_id = $1 and topic = $2 and at = $3";
        tx.execute(sql, params![contact, topic, at])?;
    }
    disposal::write(tx, evidence, disposal::Cause::Withdrawal, &counts, now)?;
    event::write(tx, &news)?;
    Ok(true)
}

/// Which copies still have something of that topic.
fn to_do(topic: Topic) -> &'static str {
    match topic {
        // An address that a crowd shares leads to nobody. Its copies stay in the crowd, whose count they stop.
        Topic::Open => "c.mode_open not in ('none', 'aggregate')",
        Topic::Click => "c.mode_click not in ('none', 'aggregate')",
        Topic::Document => "c.mode_document not in ('none', 'aggregate')",
        Topic::Details => "'detailed' in (c.mode_open, c.mode_click, c.mode_document)",
    }
}

/// What the feed says about it, which pages that are opened later could still read.
fn told_of(topic: Topic) -> &'static str {
    match topic {
        Topic::Open => "'read', 'seen'",
        Topic::Click => "'clicked', 'seen'",
        Topic::Document | Topic::Details => "'seen'",
    }
}

/// What goes of each copy, `$1`, by table.
fn removed(topic: Topic) -> &'static [(&'static str, &'static str)] {
    match topic {
        Topic::Open => &[
            (
                "hit",
                "delete from hit where copy_id = $1 and axis = 'open'",
            ),
            (
                "news",
                "delete from news where copy_id = $1 and kind = 'read'",
            ),
            (
                "webhook_delivery",
                "delete from webhook_delivery where copy_id = $1 and event = 'message.opened'",
            ),
        ],
        Topic::Click => &[
            (
                "hit",
                "delete from hit where copy_id = $1 and axis = 'click'",
            ),
            (
                "news",
                "delete from news where copy_id = $1 and kind = 'clicked'",
            ),
            (
                "webhook_delivery",
                "delete from webhook_delivery where copy_id = $1 and event = 'message.clicked'",
            ),
        ],
        Topic::Document => &[(
            "hit",
            "delete from hit where copy_id = $1 and axis = 'document'",
        )],
        Topic::Details => &[],
    }
}

/// What is emptied of each copy, `$1`. Where somebody else has it, too, is told from opens and clicks together.
fn emptied(topic: Topic) -> &'static [&'static str] {
    match topic {
        Topic::Open => &[
            "update copy set mode_open = 'none', reason_open = 'withdrawn', opens_human = 0, opens_unknown = 0,
             opens_machine = 0, first_read_at = null, last_read_at = null, elsewhere_confidence = null,
             elsewhere_reasons = null where id = $1",
        ],
        // A followed link was a reading, too; the times are those of the opens that remain, where those are still here.
        Topic::Click => &[
            "update copy set mode_click = 'none', reason_click = 'withdrawn', clicks_human = 0, clicks_unknown = 0,
             clicks_machine = 0, elsewhere_confidence = null, elsewhere_reasons = null where id = $1",
            "update copy set first_read_at = null, last_read_at = null where id = $1 and opens_human = 0",
            "update copy set
             first_read_at = (select min(at) from hit where copy_id = $1 and axis = 'open' and repeat = 0
                              and meaning in ('human', 'human_via_proxy')),
             last_read_at = (select max(at) from hit where copy_id = $1 and axis = 'open' and repeat = 0
                             and meaning in ('human', 'human_via_proxy'))
             where id = $1 and mode_open <> 'none' and exists (select 1 from hit where copy_id = $1 and axis = 'open')",
        ],
        Topic::Document => &["update copy set mode_document = 'none' where id = $1"],
        Topic::Details => &[
            "update hit set facts = null where copy_id = $1 and facts is not null",
            "update copy set mode_open = case when mode_open = 'detailed' then 'individual' else mode_open end,
             mode_click = case when mode_click = 'detailed' then 'individual' else mode_click end,
             mode_document = case when mode_document = 'detailed' then 'individual' else mode_document end,
             elsewhere_confidence = null, elsewhere_reasons = null where id = $1",
        ],
    }
}
