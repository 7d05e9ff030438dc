//! The log: what was sent to a webhook of late, what came of it, and what waits.

use crate::value::{Row, params};
use crate::{Error, Store};
use model::{
    ContactId, CopyId, DeliveryId, DeliveryState, Time, WebhookEvent, WebhookId, WorkspaceId,
};

/// One event in a webhook's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its id, which the receiver gets as `webhook-id`.
    pub id: DeliveryId,
    /// What happened.
    pub event: WebhookEvent,
    /// When.
    pub at: Time,
    /// Whom it is about.
    pub contact: Option<ContactId>,
    /// Which copy, where it is about a mail.
    pub copy: Option<CopyId>,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub tried_at: Option<Time>,
    /// What came of that: the status, or why there was none.
    pub answer: Option<String>,
    /// When it is tried next.
    pub due_at: Option<Time>,
}

const COLUMNS: &str = "d.id, d.event, d.at, d.contact_id, d.copy_id, d.state, d.attempts, d.tried_at, d.answer, d.due_at";

fn logged(row: &Row) -> Result<Logged, Error> {
    Ok(Logged {
        id: row.get(0)?,
        event: row.get(1)?,
        at: row.get(2)?,
        contact: row.get(3)?,
        copy: row.get(4)?,
        state: row.get(5)?,
        attempts: row.get(6)?,
        tried_at: row.get(7)?,
        answer: row.get(8)?,
        due_at: row.get(9)?,
    })
}

impl Store {
    /// The log of a webhook, the newest first.
    pub async fn webhook_log(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        limit: u16,
    ) -> Result<Vec<Logged>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from webhook_delivery d join webhook w on w.id = d.webhook_id
                     where d.webhook_id = $1 and w.workspace_id = $2 order by d.at desc, d.id limit $3"
                );
                tx.rows(&sql, params![webhook, workspace, limit], logged)
            })
            .await
    }

    /// Tries an event again now, also one that was given up, and lets the webhook rest no longer. False if there is none
    /// like that which was not taken.
    pub async fn webhook_try_now(
        &self,
        workspace: WorkspaceId,
        webhook: WebhookId,
        delivery: DeliveryId,
        now: Time,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                // Who has its turn keeps it.
                let sql = "update webhook set not_before = $3 where id = $1 and workspace_id = $2
                           and lease_owner is null and not_before > $3";
                tx.execute(sql, params![webhook, workspace, now])?;
                let sql = "update webhook_delivery set state = 'waiting', due_at = $4 where id = $1
                           and state <> 'delivered' and webhook_id = $2
                           and exists (select 1 from webhook w where w.id = $2 and w.workspace_id = $3)";
                Ok(tx.execute(sql, params![delivery, webhook, workspace, now])? > 0)
            })
            .await
    }
}
