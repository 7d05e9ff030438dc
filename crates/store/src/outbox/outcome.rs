//! How an attempt at delivering ended, and what is written down of it, in one transaction.

use super::{Errand, Parcel, forget_source};
use crate::db::Tx;
use crate::event::News;
use crate::value::params;
use crate::{Error, Refused, Store, asking, copy, event};
use model::event::Happening;
use model::{CopyId, MessageId, Mode, PerAxis, Reason, Time, WorkspaceId};

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

impl Outcome {
    /// What the relay said, or why it was not asked.
    fn answer(&self) -> &str {
        match self {
            Self::Sent { answer, .. }
            | Self::Deferred { answer, .. }
            | Self::Bounced { answer, .. } => answer,
        }
    }

    /// Where it leaves a copy.
    fn state(&self) -> Happening {
        match self {
            Self::Sent { .. } => Happening::Sent,
            Self::Deferred { .. } => Happening::Deferred,
            Self::Bounced { .. } => Happening::Bounced,
        }
    }

    /// The report to the sender: its place in the outbox, and its action (RFC 3464 §2.3.3).
    fn report(&self) -> Option<([u8; 16], &'static str)> {
        let (id, action) = match self {
            Self::Sent { report, .. } => (report, "relayed"),
            Self::Deferred { report, .. } => (report, "delayed"),
            Self::Bounced { report, .. } => (report, "failed"),
        };
        id.map(|id| (id, action))
    }
}

impl Store {
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
}

fn finish(tx: &mut Tx<'_>, parcel: &Parcel, outcome: &Outcome, now: Time) -> Result<(), Error> {
    // The message first: workers that finish its last two parcels at once must see each other, or its source stays.
    if let Some(message) = parcel.message() {
        let sql = format!(
            "select 1 from message where id = $1 {}",
            tx.lock_rows("message")
        );
        tx.query(&sql, params![message])?;
    }
    if !put_back_or_take_out(tx, parcel, outcome)? {
        return Ok(());
    }
    let answer = outcome.answer();
    match &parcel.errand {
        Errand::Copy { copy, message } => {
            end_copy(tx, parcel, *copy, outcome, now)?;
            if let Some(report) = outcome.report() {
                insert_report(tx, parcel, (*message, *copy), report, now)?;
            }
            forget_source(tx, *message)?;
            tell(tx, parcel.workspace, *message, *copy, outcome.state(), now)
        }
        Errand::Report { message, .. } | Errand::Cancelled { message } => {
            forget_source(tx, *message)
        }
        Errand::Confirm { request } => {
            let sql = "update consent_request set answer = $2 where id = $1";
            tx.execute(sql, params![*request, answer]).map(|_| ())
        }
        Errand::Guardian { guardian } => {
            let sql = "update consent_request set answer = $2
                       where id = (select request_id from guardian where id = $1)";
            tx.execute(sql, params![*guardian, answer]).map(|_| ())
        }
        // What the relay said to it proves nothing that anybody asks for: the one who pressed its link has the mailbox.
        Errand::Challenge { .. } => Ok(()),
    }
}

/// Puts the parcel back for the next attempt, or takes it out for good. Says whether there was something to do.
fn put_back_or_take_out(
    tx: &mut Tx<'_>,
    parcel: &Parcel,
    outcome: &Outcome,
) -> Result<bool, Error> {
    let changed = if let Outcome::Deferred { due_at, report, .. } = outcome {
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
    Ok(changed > 0)
}

/// Writes down where the copy is now, and what it carried if it left.
fn end_copy(
    tx: &mut Tx<'_>,
    parcel: &Parcel,
    copy: CopyId,
    outcome: &Outcome,
    now: Time,
) -> Result<(), Error> {
    let refusal = match outcome {
        Outcome::Bounced { refusal, .. } => *refusal,
        Outcome::Sent { .. } | Outcome::Deferred { .. } => None,
    };
    let sql = "update copy set state = $2, answer = $3, state_at = $4, refusal = $5 where id = $1";
    let state = outcome.state().as_str();
    tx.execute(sql, params![copy, state, outcome.answer(), now, refusal])?;
    match outcome {
        Outcome::Sent { carried, .. } => note_carried(tx, copy, parcel.workspace, carried, now),
        Outcome::Deferred { .. } | Outcome::Bounced { .. } => Ok(()),
    }
}

/// A report goes to the envelope sender, from nobody: it can never be reported about itself.
fn insert_report(
    tx: &mut Tx<'_>,
    parcel: &Parcel,
    (message, copy): (MessageId, CopyId),
    (id, action): ([u8; 16], &str),
    now: Time,
) -> Result<(), Error> {
    let sql = "insert into outbox (id, kind, workspace_id, message_id, copy_id, action, sender, recipient,
               orcpt, ret, envid, created_at, due_at, attempts, contact_id)
               values ($1, 'report', $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $10, 0,
               (select contact_id from copy where id = $4))";
    let p = parcel;
    let values = params![
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
    ];
    tx.execute(sql, values).map(|_| ())
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
