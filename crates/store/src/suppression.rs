//! Who must not be sent advertising any more, by keyed marks of their addresses (R-MSG-05).
//!
//! A mark names nobody and is not tied to a contact, so it outlives the contact's erasure: somebody who is imported a
//! second time is known again. Only the person takes themselves off the list; users can ask whether somebody is on it
//! and put them there, nothing more.

use crate::act::{By, Object};
use crate::consent::{self, Change, Method};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::webhook::{self, Happened};
use crate::{Error, Store, contact, ledger};
use model::{
    ActKind, ConsentState, ContactId, SuppressionCause, SuppressionMark, Time, Topic, WebhookEvent,
    WorkspaceId,
};

/// What is known about a suppressed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppression {
    /// How it came onto the list; the first cause stays.
    pub cause: SuppressionCause,
    /// Since when.
    pub since: Time,
}

/// Puts a mark on the list. Who is on it already stays on it as they are.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    mark: SuppressionMark,
    cause: SuppressionCause,
    now: Time,
) -> Result<(), Error> {
    let sql = "insert into suppression (workspace_id, mark, cause, since) values ($1, $2, $3, $4)
               on conflict (workspace_id, mark) do nothing";
    tx.execute(sql, params![workspace, mark.0, cause, now])
        .map(|_| ())
}

/// The person of this mark wants no advertising: onto the list, their consent to be mailed ends, and with it every
/// consent to be tracked (R-WITH-05). The last thing that a transaction does, see [`Tx::next_numbers`].
pub(crate) fn unsubscribe(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    contact: ContactId,
    mark: SuppressionMark,
    cause: SuppressionCause,
    now: Time,
) -> Result<(), Error> {
    add(tx, workspace, mark, cause, now)?;
    let Some(known) = contact::lock(tx, contact)?.filter(|k| k.workspace == workspace) else {
        return Ok(());
    };
    let sql = "update contact set mail_consent = 'none', mail_consent_until = null, mail_consent_since = $2
               where id = $1 and mail_consent <> 'none'";
    tx.execute(sql, params![contact, now])?;
    if ledger::key(tx, contact)?.is_none() {
        return Ok(()); // erased since: nothing more is written about them
    }
    if let Some(event) = WebhookEvent::of_suppression(cause) {
        let happened = Happened {
            event,
            at: now,
            contact: Some(contact),
            copy: None,
        };
        let detail = serde_json::json!({ "cause": cause }).to_string();
        webhook::tell(tx, workspace, &happened, |_| detail.clone())?;
    }
    let standing = |topic: &Topic| known.consent.get(*topic).state != ConsentState::Withdrawn;
    let topics: Vec<_> = Topic::ALL.into_iter().filter(standing).collect();
    let change = Change {
        contact,
        workspace,
        state: ConsentState::Withdrawn,
        at: now,
        method: match cause {
            SuppressionCause::Complained => Method::Complaint,
            _ => Method::Unsubscribe,
        },
        user: None,
        text: None,
    };
    consent::write(tx, &topics, &change)
}

fn suppression(row: &Row) -> Result<Suppression, Error> {
    Ok(Suppression {
        cause: row.get(0)?,
        since: row.get(1)?,
    })
}

impl Store {
    /// Which of these marks are on the list, in the order given.
    pub async fn suppressed(
        &self,
        workspace: WorkspaceId,
        marks: Vec<SuppressionMark>,
    ) -> Result<Vec<Option<Suppression>>, Error> {
        self.db
            .read(move |tx| {
                let sql =
                    "select cause, since from suppression where workspace_id = $1 and mark = $2";
                let sets: Vec<_> = marks
                    .iter()
                    .map(|m| params![workspace, m.0].to_vec())
                    .collect();
                let found = tx.query_many(sql, &sets)?;
                found
                    .iter()
                    .map(|rows| rows.first().map(suppression).transpose())
                    .collect()
            })
            .await
    }

    /// Puts somebody on the list by their own act, where there is nothing else to end.
    pub async fn suppress(
        &self,
        workspace: WorkspaceId,
        mark: SuppressionMark,
        cause: SuppressionCause,
        now: Time,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| add(tx, workspace, mark, cause, now))
            .await
    }

    /// A user notes that somebody wants no advertising. If it is a contact, it counts as their unsubscribing.
    pub async fn suppress_noted(
        &self,
        workspace: WorkspaceId,
        mark: SuppressionMark,
        contact: Option<ContactId>,
        by: By,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                match contact {
                    Some(id) => {
                        unsubscribe(tx, workspace, id, mark, SuppressionCause::Noted, by.at)?;
                    }
                    None => add(tx, workspace, mark, SuppressionCause::Noted, by.at)?,
                }
                by.did(
                    ActKind::AddressSuppressed,
                    contact.map_or(Object::Workspace, Object::Contact),
                )
                .write(tx, workspace)
            })
            .await
    }

    /// A contact stops advertising. At once for mails that wait in the outbox, too; and every consent to be tracked
    /// ends with it, never the other way round (R-WITH-05). Doing it twice changes nothing.
    pub async fn unsubscribe(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        mark: SuppressionMark,
        cause: SuppressionCause,
        now: Time,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| unsubscribe(tx, workspace, contact, mark, cause, now))
            .await
    }

    /// The person wants the mails again, and said so themselves. What they agreed to before does not come back.
    pub async fn unsuppress(
        &self,
        workspace: WorkspaceId,
        mark: SuppressionMark,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "delete from suppression where workspace_id = $1 and mark = $2";
                tx.execute(sql, params![workspace, mark.0]).map(|_| ())
            })
            .await
    }

    /// How many addresses are on the list: all that it tells about itself.
    pub async fn suppression_size(&self, workspace: WorkspaceId) -> Result<i64, Error> {
        self.db
            .read(move |tx| {
                let sql = "select count(*) from suppression where workspace_id = $1";
                tx.number(sql, params![workspace])
            })
            .await
    }
}
