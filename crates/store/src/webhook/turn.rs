//! Who sends what next: webhooks take turns, each with the few events that are due longest.
//!
//! The lease is on the webhook and not on the event, so one that answers slowly holds up nobody but itself, and is never
//! asked by two workers at once. A worker that dies loses its turn when the lease runs out, and its events are sent again:
//! at least once, under the same id.

use super::content::content;
use super::{Webhook, find, turn_off};
use crate::db::Tx;
use crate::value::params;
use crate::{By, Error, Store};
use model::webhook::{Data, has_failed_for_long, next_attempt, rest};
use model::{DeliveryId, DeliveryState, Time, WebhookEvent, WebhookId, WebhookOff, WorkspaceId};
use std::time::Duration;

/// A webhook and the events to send it now, which may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The webhook.
    pub webhook: WebhookId,
    /// Where it leads.
    pub url: String,
    /// The numbers of the secrets to sign with.
    pub secrets: Vec<u32>,
    /// What to send, the oldest first.
    pub deliveries: Vec<Delivery>,
    workspace: WorkspaceId,
    owner: [u8; 16],
}

/// One event to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The same at each attempt.
    pub id: DeliveryId,
    /// What happened.
    pub event: WebhookEvent,
    /// When.
    pub at: Time,
    /// What there is to say, as things stand now.
    pub data: Data,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It took it.
    Taken(String),
    /// Not this time.
    Failed(String),
    /// Not this time, and for so long it wants to be left in peace (429, 503).
    Later(String, Duration),
    /// It wants nothing any more (410).
    Gone(String),
}

impl Attempt {
    /// What was answered, or why nothing was.
    fn said(&self) -> &str {
        match self {
            Self::Taken(said) | Self::Failed(said) | Self::Later(said, _) | Self::Gone(said) => {
                said
            }
        }
    }

    /// The rest that it asked for.
    fn asked_for(&self) -> Option<Duration> {
        match self {
            Self::Later(_, rest) => Some(*rest),
            Self::Taken(_) | Self::Failed(_) | Self::Gone(_) => None,
        }
    }
}

impl Store {
    /// Gives `owner` the turn of a webhook for which something is due: of the one that has waited longest for its turn.
    /// What may no longer be told is taken out of its queue and counted.
    pub async fn webhook_turn(
        &self,
        owner: [u8; 16],
        now: Time,
        lease: Duration,
        most: u16,
    ) -> Result<Option<Turn>, Error> {
        let law = self.law.clone();
        self.db
            .write(move |tx| {
                let sql = format!(
                    "update webhook set lease_owner = $1, not_before = $2 where id in
                       (select w.id from webhook w where w.off is null and w.not_before <= $3 and exists
                          (select 1 from webhook_delivery d where d.webhook_id = w.id and d.due_at <= $3)
                        order by w.not_before limit 1 {})
                     returning id, workspace_id",
                    tx.lock_free_rows()
                );
                let Some(row) = tx.first(&sql, params![owner, now + lease, now])? else {
                    return Ok(None);
                };
                let Some(webhook) = find(tx, row.get(1)?, row.get(0)?)? else {
                    return Ok(None);
                };
                let deliveries = due(tx, &law, &webhook, now, most)?;
                Ok(Some(Turn {
                    webhook: webhook.id,
                    secrets: webhook.secret_numbers(now),
                    url: webhook.url,
                    deliveries,
                    workspace: webhook.workspace,
                    owner,
                }))
            })
            .await
    }

    /// Writes down what became of a turn, and ends it.
    pub async fn webhook_finish(
        &self,
        turn: Turn,
        attempts: Vec<(DeliveryId, Attempt)>,
        now: Time,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| finish(tx, &turn, &attempts, now))
            .await
    }
}

fn due(
    tx: &mut Tx<'_>,
    law: &model::Profiles,
    webhook: &Webhook,
    now: Time,
    most: u16,
) -> Result<Vec<Delivery>, Error> {
    let sql = "select id, event, at, contact_id, copy_id, detail from webhook_delivery
               where webhook_id = $1 and due_at <= $2 order by due_at, at limit $3";
    let mut deliveries = Vec::new();
    let mut withheld = 0u32;
    for row in tx.query(sql, params![webhook.id, now, most])? {
        let (id, event) = (row.get(0)?, row.get(1)?);
        match content(tx, law, event, &row, now)? {
            Some(data) => deliveries.push(Delivery {
                id,
                event,
                at: row.get(2)?,
                data,
            }),
            None => {
                tx.execute("delete from webhook_delivery where id = $1", params![id])?;
                withheld += 1;
            }
        }
    }
    if withheld > 0 {
        let sql = "update webhook set withheld = withheld + $2 where id = $1";
        tx.execute(sql, params![webhook.id, withheld])?;
    }
    Ok(deliveries)
}

fn finish(
    tx: &mut Tx<'_>,
    turn: &Turn,
    attempts: &[(DeliveryId, Attempt)],
    now: Time,
) -> Result<(), Error> {
    let sql = format!(
        "select lease_owner, failures, working_at from webhook where id = $1 {}",
        tx.lock_rows("webhook")
    );
    let Some(row) = tx.first(&sql, params![turn.webhook])? else {
        return Ok(()); // deleted meanwhile, and its events with it
    };
    let (owner, failures): (Option<[u8; 16]>, u32) = (row.get(0)?, row.get(1)?);
    if owner != Some(turn.owner) {
        return Ok(()); // another worker took over
    }
    let mut given_up = false;
    for (id, attempt) in attempts {
        given_up |= note(tx, *id, attempt, now)?;
    }
    let is_taken = |(_, attempt): &(_, Attempt)| matches!(attempt, Attempt::Taken(_));
    let (mut failures, mut working_at, mut not_before) = (failures, row.get(2)?, now);
    if attempts.iter().any(is_taken) {
        (failures, working_at) = (0, now);
    } else if !attempts.is_empty() {
        failures = failures.saturating_add(1);
        not_before = now + rest(failures);
    }
    if let Some(asked) = attempts.iter().filter_map(|(_, a)| a.asked_for()).max() {
        not_before = not_before.max(now + asked);
    }
    let sql = "update webhook set lease_owner = null, failures = $2, working_at = $3, not_before = $4 where id = $1";
    tx.execute(sql, params![turn.webhook, failures, working_at, not_before])?;
    if let Some((_, last)) = attempts.iter().find(|a| is_taken(a)).or(attempts.first()) {
        let sql = "update webhook set tried_at = $2, answer = $3 where id = $1";
        tx.execute(sql, params![turn.webhook, now, last.said()])?;
    }

    let is_gone = |(_, attempt): &(_, Attempt)| matches!(attempt, Attempt::Gone(_));
    let off = if attempts.iter().any(is_gone) {
        (WebhookOff::Gone, "It answered 410 Gone.")
    } else if given_up && has_failed_for_long(working_at, now) {
        (
            WebhookOff::Failing,
            "It took nothing for as long as an event is tried.",
        )
    } else {
        return Ok(());
    };
    let by = By::operator(now).because(off.1);
    turn_off(tx, turn.workspace, turn.webhook, off.0, &by).map(|_| ())
}

/// Writes down an attempt. True if it was the last one, and failed.
fn note(tx: &mut Tx<'_>, id: DeliveryId, attempt: &Attempt, now: Time) -> Result<bool, Error> {
    let sql = "select attempts from webhook_delivery where id = $1";
    let Some(row) = tx.first(sql, params![id])? else {
        return Ok(false); // withdrawn or erased meanwhile
    };
    let attempts = row.get::<u32>(0)?.saturating_add(1);
    let (state, due_at) = match attempt {
        Attempt::Taken(_) => (DeliveryState::Delivered, None),
        Attempt::Gone(_) => (DeliveryState::Failed, None),
        Attempt::Failed(_) | Attempt::Later(..) => match next_attempt(attempts, now) {
            Some(due) => {
                let asked = attempt.asked_for().map_or(due, |rest| now + rest);
                (DeliveryState::Waiting, Some(due.max(asked)))
            }
            None => (DeliveryState::Failed, None),
        },
    };
    // What marks somebody who was erased is not kept longer than it is needed.
    let sql = "update webhook_delivery set state = $2, due_at = $3, attempts = $4, tried_at = $5, answer = $6,
               detail = case when $2 = 'delivered' then '' else detail end where id = $1";
    tx.execute(
        sql,
        params![id, state, due_at, attempts, now, attempt.said()],
    )?;
    Ok(state == DeliveryState::Failed)
}
