//! The outbox: mail that still has to leave, and who has it in hand.
//!
//! A worker claims parcels for a short lease and renews it while it works; what a dead worker held becomes due
//! again when its lease runs out. A parcel leaves the outbox in the same transaction that writes down what became of
//! it. So a crash can lose nothing, and can double a mail only if it strikes between the relay's answer and this
//! commit, which SMTP makes unavoidable (RFC 5321 §4.1.1.4).

mod outcome;

pub use outcome::{Carried, Lowered, Outcome};

use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::{CopyId, GuardianId, MessageId, Time, WorkspaceId};
use std::time::Duration;

/// What a parcel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A copy of a message.
    Copy {
        /// The copy.
        copy: CopyId,
        /// Its message.
        message: MessageId,
    },
    /// The mail that asks a contact to confirm what they agreed to.
    Confirm {
        /// The request.
        request: [u8; 16],
    },
    /// The mail that asks somebody with parental responsibility to agree for a contact.
    Guardian {
        /// Who was named.
        guardian: GuardianId,
    },
    /// The mail with the link that shows whose mailbox it is.
    Challenge {
        /// The challenge.
        challenge: [u8; 16],
    },
    /// Tells the sender that a mail was not sent to somebody who was erased before it left.
    Cancelled {
        /// The message.
        message: MessageId,
    },
    /// A delivery status notification to the sender (RFC 3464).
    Report {
        /// About which copy.
        copy: CopyId,
        /// Of which message.
        message: MessageId,
        /// `failed`, `delayed`, `relayed`.
        action: String,
    },
}

/// Something to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its place in the outbox.
    pub id: [u8; 16],
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What it is.
    pub errand: Errand,
    /// Envelope sender; empty for notices.
    pub sender: String,
    /// Envelope recipient.
    pub recipient: String,
    /// RFC 3461 parameters as they came.
    pub notify: Option<String>,
    /// The recipient as first written.
    pub orcpt: Option<String>,
    /// `full` or `hdrs`.
    pub ret: Option<String>,
    /// The sender's envelope id.
    pub envid: Option<String>,
    /// When it was accepted.
    pub created_at: Time,
    /// How often it was tried before.
    pub attempts: u32,
    /// Who has it in hand.
    pub owner: [u8; 16],
}

impl Parcel {
    /// The message it belongs to.
    fn message(&self) -> Option<MessageId> {
        match self.errand {
            Errand::Copy { message, .. }
            | Errand::Report { message, .. }
            | Errand::Cancelled { message } => Some(message),
            Errand::Confirm { .. } | Errand::Guardian { .. } | Errand::Challenge { .. } => None,
        }
    }
}

const COLUMNS: &str =
    "id, kind, workspace_id, message_id, copy_id, request_id, action, sender, recipient, notify,
    orcpt, ret, envid, created_at, attempts, lease_owner";

fn parcel(row: &Row) -> Result<Parcel, Error> {
    let kind: String = row.get(1)?;
    let errand = match kind.as_str() {
        "copy" => Errand::Copy {
            copy: row.get(4)?,
            message: row.get(3)?,
        },
        "confirm" => Errand::Confirm {
            request: row.get(5)?,
        },
        "guardian" => Errand::Guardian {
            guardian: row.get(5)?,
        },
        "challenge" => Errand::Challenge {
            challenge: row.get(5)?,
        },
        "cancelled" => Errand::Cancelled {
            message: row.get(3)?,
        },
        "report" => Errand::Report {
            copy: row.get(4)?,
            message: row.get(3)?,
            action: row.get(6)?,
        },
        _ => {
            return Err(Error::Corrupt(format!(
                "the outbox holds a {kind:?}, which this program does not know"
            )));
        }
    };
    Ok(Parcel {
        id: row.get(0)?,
        workspace: row.get(2)?,
        errand,
        sender: row.get(7)?,
        recipient: row.get(8)?,
        notify: row.get(9)?,
        orcpt: row.get(10)?,
        ret: row.get(11)?,
        envid: row.get(12)?,
        created_at: row.get(13)?,
        attempts: row.get(14)?,
        owner: row.get(15)?,
    })
}

impl Store {
    /// Takes up to `limit` due parcels for `owner`: those that are due longest, in the order they were accepted.
    pub async fn outbox_claim(
        &self,
        owner: [u8; 16],
        now: Time,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<Parcel>, Error> {
        self.db
            .write(move |tx| {
                let sql = format!(
                    "update outbox set lease_owner = $1, lease_until = $2 where id in
                       (select id from outbox where due_at <= $3 and (lease_until is null or lease_until < $3)
                        order by due_at limit $4 {})
                     returning {COLUMNS}",
                    tx.lock_free_rows()
                );
                let mut parcels: Vec<Parcel> = tx.rows(&sql, params![owner, now + lease, now, limit], parcel)?;
                parcels.sort_by_key(|p| (p.created_at, p.message()));
                Ok(parcels)
            })
            .await
    }

    /// Goes on holding what `owner` has in hand.
    pub async fn outbox_renew(&self, owner: [u8; 16], until: Time) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "update outbox set lease_until = $2 where lease_owner = $1 and lease_until is not null";
                tx.execute(sql, params![owner, until]).map(|_| ())
            })
            .await
    }

    /// Gives back what `owner` has in hand, untried: the worker stops.
    pub async fn outbox_give_back(&self, owner: [u8; 16]) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "update outbox set lease_owner = null, lease_until = null where lease_owner = $1";
                tx.execute(sql, params![owner]).map(|_| ())
            })
            .await
    }

    /// How many parcels wait, and since when the oldest is due.
    pub async fn outbox_size(&self) -> Result<(i64, Option<Time>), Error> {
        self.db
            .read(|tx| {
                let row = tx.first("select count(*), min(due_at) from outbox", &[])?;
                row.map_or(Ok((0, None)), |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .await
    }
}

/// The mail's own bytes are kept only as long as something still has to be made from them.
pub(crate) fn forget_source(tx: &mut Tx<'_>, message: MessageId) -> Result<(), Error> {
    let sql = "update message set source = null where id = $1 and source is not null
               and not exists (select 1 from outbox where message_id = $1)";
    tx.execute(sql, params![message]).map(|_| ())
}
