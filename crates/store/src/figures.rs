//! What waits, and how long already: figures of the whole instance, for the metrics. None is about a person.

use crate::{Error, Store};
use model::Time;

/// What waits in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Mails in the outbox.
    pub outbox: i64,
    /// When the oldest of them was accepted.
    pub outbox_since: Option<Time>,
    /// News of a first reading or click that waits until it is sure.
    pub news_held: i64,
    /// Hits that are not counted yet.
    pub unfolded: i64,
    /// Webhooks that take what they are told, as far as is known.
    pub webhooks_on: i64,
    /// Webhooks that took nothing at the last attempt.
    pub webhooks_refusing: i64,
    /// Webhooks that somebody turned off.
    pub webhooks_paused: i64,
    /// Webhooks that were turned off because they are gone or took nothing for days.
    pub webhooks_off: i64,
    /// Events that wait for webhooks.
    pub webhook_events: i64,
    /// Events that are lost to the webhooks there are, because too many waited.
    pub webhook_events_lost: i64,
    /// Of all ledgers' newest signed heads the oldest.
    pub ledger_head_at: Option<Time>,
}

impl Store {
    /// The figures of this moment. Each is read from an index of what waits, or from a table that is short.
    pub async fn figures(&self) -> Result<Figures, Error> {
        self.db
            .read(|tx| {
                let sql = "select (select count(*) from outbox), (select min(created_at) from outbox),
                           (select count(*) from news where told = 0), (select count(*) from hit where folded = 0),
                           (select min(at) from (select max(at) as at from ledger_head group by workspace_id) heads)";
                let Some(row) = tx.first(sql, &[])? else {
                    return Ok(Figures::default());
                };
                let sql = "select coalesce(sum(case when off is null and failures = 0 then 1 else 0 end), 0),
                           coalesce(sum(case when off is null and failures > 0 then 1 else 0 end), 0),
                           coalesce(sum(case when off = 'paused' then 1 else 0 end), 0),
                           coalesce(sum(case when off <> 'paused' then 1 else 0 end), 0),
                           cast(coalesce(sum(lost), 0) as bigint),
                           (select count(*) from webhook_delivery where due_at is not null) from webhook";
                let Some(webhooks) = tx.first(sql, &[])? else {
                    return Ok(Figures::default());
                };
                Ok(Figures {
                    outbox: row.get(0)?,
                    outbox_since: row.get(1)?,
                    news_held: row.get(2)?,
                    unfolded: row.get(3)?,
                    ledger_head_at: row.get(4)?,
                    webhooks_on: webhooks.get(0)?,
                    webhooks_refusing: webhooks.get(1)?,
                    webhooks_paused: webhooks.get(2)?,
                    webhooks_off: webhooks.get(3)?,
                    webhook_events_lost: webhooks.get(4)?,
                    webhook_events: webhooks.get(5)?,
                })
            })
            .await
    }
}
