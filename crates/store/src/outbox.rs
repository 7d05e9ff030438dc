//! The outbox: mail that still has to leave, and who has it in hand.
//!
//! A worker claims parcels for a short lease and renews it while it works; what a dead worker held becomes due
//! again when its lease runs out. A parcel leaves the outbox in the same transaction that writes down what became of
//! it. So a crash can lose nothing, and can double a mail only if it strikes between the relay's answer and this
//! commit, which SMTP makes unavoidable (RFC 5321 §4.1.1.4).

use crate::db::Tx;
use crate::event::News;
use crate::value::{Row, params};
use crate::{Error, Refused, Store, asking, copy, event};
use model::event::Happening;
use model::{CopyId, GuardianId, MessageId, Mode, PerAxis, Reason, Time, WorkspaceId};
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

/// What a copy really carries, and why not what was decided at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lowered {
    /// What may be recorded.
    pub modes: PerAxis<Mode>,
    /// Why opens are not tracked.
    pub open: Option<Reason>,
    /// Why clicks are not tracked.
    pub click: Option<Reason>,
}

/// What a copy carried when it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Set if that is less than was decided at first.
    pub lowered: Option<Lowered>,
    /// The question: from now on the contact counts as asked.
    pub asked: bool,
    /// Where the address comes from: from now on the contact has been told.
    pub told: bool,
    /// There was no place for the link to a receipt that it was to carry.
    pub receipt_left_out: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it.
    Sent {
        /// The relay's answer.
        answer: String,
        /// What the copy really carried.
        carried: Carried,
        /// Tell the sender so: they asked for it, and the relay will not.
        report: Option<[u8; 16]>,
    },
    /// Not now.
    Deferred {
        /// Why.
        answer: String,
        /// When to try again.
        due_at: Time,
        /// Tell the sender that it takes longer.
        report: Option<[u8; 16]>,
    },
    /// Never.
    Bounced {
        /// Why.
        answer: String,
        /// The place of the report to the sender; none if there is nobody to tell or they asked not to be told.
        report: Option<[u8; 16]>,
        /// The rules kept it from being sent.
        refusal: Option<Reason>,
    },
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

    /// Writes down how an attempt ended. Nothing is written when it has ended before: by an earlier try of this
    /// same call, or because another worker took over after the lease ran out.
    pub async fn outbox_finish(
        &self,
        parcel: Parcel,
        outcome: Outcome,
        now: Time,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| finish(tx, &parcel, &outcome, now))
            .await
    }

    /// Writes down what a copy carried that the sender delivers, or why it may not be sent at all.
    pub async fn copy_handed_over(
        &self,
        workspace: WorkspaceId,
        message: MessageId,
        copy: CopyId,
        outcome: Result<Carried, Reason>,
        now: Time,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let reason = match outcome {
                    Ok(carried) => return note_carried(tx, copy, workspace, &carried, now),
                    Err(reason) => reason,
                };
                let sql = "update copy set state = $2, answer = $3, refusal = $4, state_at = $5 where id = $1";
                let (state, answer) = (Happening::Bounced, Refused::answer(reason));
                tx.execute(sql, params![copy, state.as_str(), answer, reason, now])?;
                tell(tx, workspace, message, copy, state, now)
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

fn finish(tx: &mut Tx<'_>, parcel: &Parcel, outcome: &Outcome, now: Time) -> Result<(), Error> {
    let (state, answer, report) = match outcome {
        Outcome::Sent { answer, report, .. } => {
            (Happening::Sent, answer, report.map(|id| (id, "relayed")))
        }
        Outcome::Deferred { answer, report, .. } => (
            Happening::Deferred,
            answer,
            report.map(|id| (id, "delayed")),
        ),
        Outcome::Bounced { answer, report, .. } => {
            (Happening::Bounced, answer, report.map(|id| (id, "failed")))
        }
    };
    // The message first: workers that finish its last two parcels at once must see each other, or its source stays.
    if let Some(message) = parcel.message() {
        let sql = format!(
            "select 1 from message where id = $1 {}",
            tx.lock_rows("message")
        );
        tx.query(&sql, params![message])?;
    }
    let changed = if let Outcome::Deferred { due_at, .. } = outcome {
        let sql = "update outbox set due_at = $2, attempts = attempts + 1, notify = $3, lease_owner = null,
                   lease_until = null where id = $1 and lease_owner = $4";
        // A delay is reported once.
        let left = parcel.notify.clone().map(|n| {
            if report.is_some() {
                without_delay(&n)
            } else {
                n
            }
        });
        tx.execute(sql, params![parcel.id, *due_at, left, parcel.owner])?
    } else {
        // Whoever has it now: it was delivered or is undeliverable, and nobody should try again.
        tx.execute("delete from outbox where id = $1", params![parcel.id])?
    };
    if changed == 0 {
        return Ok(());
    }
    let (copy, message) = match &parcel.errand {
        Errand::Copy { copy, message } => (*copy, *message),
        Errand::Report { message, .. } | Errand::Cancelled { message } => {
            return forget_source(tx, *message);
        }
        Errand::Confirm { request } => {
            let sql = "update consent_request set answer = $2 where id = $1";
            return tx.execute(sql, params![*request, answer]).map(|_| ());
        }
        Errand::Guardian { guardian } => {
            let sql = "update consent_request set answer = $2
                       where id = (select request_id from guardian where id = $1)";
            return tx.execute(sql, params![*guardian, answer]).map(|_| ());
        }
        // What the relay said to it proves nothing that anybody asks for: the one who pressed its link has the mailbox.
        Errand::Challenge { .. } => return Ok(()),
    };

    let refusal = match outcome {
        Outcome::Bounced { refusal, .. } => *refusal,
        _ => None,
    };
    let sql = "update copy set state = $2, answer = $3, state_at = $4, refusal = $5 where id = $1";
    tx.execute(sql, params![copy, state.as_str(), answer, now, refusal])?;
    if let Outcome::Sent { carried, .. } = outcome {
        note_carried(tx, copy, parcel.workspace, carried, now)?;
    }
    if let Some((id, action)) = report {
        // A report goes to the envelope sender, from nobody: it can never be reported about itself.
        let sql = "insert into outbox (id, kind, workspace_id, message_id, copy_id, action, sender, recipient,
                   orcpt, ret, envid, created_at, due_at, attempts, contact_id)
                   values ($1, 'report', $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $10, 0,
                   (select contact_id from copy where id = $4))";
        let p = parcel;
        tx.execute(
            sql,
            params![
                id,
                p.workspace,
                message,
                copy,
                action,
                &p.sender,
                p.orcpt.clone(),
                p.ret.clone(),
                p.envid.clone(),
                now
            ],
        )?;
    }
    forget_source(tx, message)?;
    tell(tx, parcel.workspace, message, copy, state, now)
}

/// Writes the event that says where a copy is now.
fn tell(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    message: MessageId,
    copy: CopyId,
    state: Happening,
    now: Time,
) -> Result<(), Error> {
    let sql = "select user_id from message where id = $1";
    let news = News {
        workspace,
        user: tx.one(sql, params![message], |row| row.get(0))?,
        kind: state,
        message: Some(message),
        copy: Some(copy),
        at: now,
    };
    event::write(tx, &[news])
}

fn note_carried(
    tx: &mut Tx<'_>,
    copy: CopyId,
    workspace: WorkspaceId,
    carried: &Carried,
    now: Time,
) -> Result<(), Error> {
    if carried.told {
        let sql = "update contact set told_at = $2 where told_at is null
                   and id = (select contact_id from copy where id = $1)";
        tx.execute(sql, params![copy, now])?;
    }
    if carried.receipt_left_out {
        let sql = "update copy set receipt_asked = 0 where id = $1";
        tx.execute(sql, params![copy])?;
    }
    if let Some(Lowered { modes, open, click }) = carried.lowered {
        let sql =
            "update copy set mode_open = $2, mode_click = $3, mode_document = $4, carried_open = $2,
                   carried_click = $3, carried_document = $4, reason_open = $5,
                   reason_click = $6 where id = $1";
        tx.execute(
            sql,
            params![copy, modes.open, modes.click, modes.document, open, click],
        )?;
        copy::write_tick(tx, copy)?;
    }
    if carried.asked {
        asking::asked(tx, copy, workspace, now)?;
    }
    Ok(())
}

/// The mail's own bytes are kept only as long as something still has to be made from them.
pub(crate) fn forget_source(tx: &mut Tx<'_>, message: MessageId) -> Result<(), Error> {
    let sql = "update message set source = null where id = $1 and source is not null
               and not exists (select 1 from outbox where message_id = $1)";
    tx.execute(sql, params![message]).map(|_| ())
}

fn without_delay(notify: &str) -> String {
    let left: Vec<_> = notify
        .split(',')
        .filter(|word| !word.eq_ignore_ascii_case("DELAY"))
        .collect();
    if left.is_empty() {
        "NEVER".into()
    } else {
        left.join(",")
    }
}
