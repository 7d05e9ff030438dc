//! Copies: the message as one recipient gets it. The unit of tracking, and of delivery.

use crate::db::Tx;
use crate::event::News;
use crate::hit::words;
use crate::value::{FromValue, Row, Value, params};
use crate::workspace::{Instance, Workspace, read_instance, read_workspace};
use crate::{Contact, Error, Limits, Message, Store, contact, event, limits, message};
use model::event::Happening;
use model::hit::Elsewhere;
use model::tick::{Counts, Seen};
use model::{ContactId, CopyId, MessageId, Mode, PerAxis, Reason, Tick, Time, WorkspaceId};
use std::str::FromStr;

/// Where a copy is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyState {
    /// Accepted; not handed to the relay yet.
    Queued,
    /// The relay took it.
    Sent,
    /// The relay could not take it now; it will be tried again.
    Deferred,
    /// It will not be delivered; the sender was told.
    Bounced,
    /// The sender has it and delivers it; what becomes of it there is not known here.
    HandedOver,
}

impl CopyState {
    /// The word for the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::HandedOver => "handed_over",
        }
    }
}

impl FromStr for CopyState {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        [
            Self::Queued,
            Self::Sent,
            Self::Deferred,
            Self::Bounced,
            Self::HandedOver,
        ]
        .into_iter()
        .find(|s| s.as_str() == word)
        .ok_or(())
    }
}

impl FromValue for CopyState {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(word) => word.parse().ok(),
            _ => None,
        }
    }
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Its id, which its tokens carry.
    pub id: CopyId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Of which message.
    pub message: MessageId,
    /// For whom.
    pub contact: ContactId,
    /// The recipient's address, as the envelope had it.
    pub address: String,
    /// What may be recorded, frozen when the mail was accepted; only ever lowered.
    pub modes: PerAxis<Mode>,
    /// Why opens are not tracked.
    pub reason_open: Option<Reason>,
    /// Why clicks are not tracked.
    pub reason_click: Option<Reason>,
    /// It carries the question.
    pub ask: bool,
    /// It carries the link with which its recipient can say that they have read it.
    pub receipt_asked: bool,
    /// Where it is on its way.
    pub state: CopyState,
    /// The relay's last answer.
    pub answer: Option<String>,
    /// Why the rules kept it from being sent at all.
    pub refusal: Option<Reason>,
    /// Since when it is in this state.
    pub state_at: Time,
    /// Opens, clicks and receipt so far.
    pub seen: Seen,
    /// First time a person is known to have read it, to the minute.
    pub first_read_at: Option<Time>,
    /// Last time, to the minute.
    pub last_read_at: Option<Time>,
    /// When the recipient pressed the receipt button.
    pub receipt_at: Option<Time>,
    /// Signs that somebody has it elsewhere, maybe forwarded. Only where details may be recorded.
    pub elsewhere: Option<Elsewhere>,
}

impl Copy {
    /// What the sender sees.
    pub fn tick(&self) -> Tick {
        Tick::of(&self.modes, &self.seen)
    }

    /// The one reason to show: why it is not tracked, or why one of opens and clicks is not.
    pub fn reason(&self) -> Option<Reason> {
        self.reason_open.or(self.reason_click)
    }
}

pub(crate) const COLUMNS: &str = "c.id, c.workspace_id, c.message_id, c.contact_id, c.address, c.mode_open,
    c.mode_click, c.mode_document, c.reason_open, c.reason_click, c.ask, c.state, c.answer, c.state_at, c.opens_human,
    c.opens_unknown, c.opens_machine, c.clicks_human, c.clicks_unknown, c.clicks_machine, c.first_read_at,
    c.last_read_at, c.receipt_at, c.elsewhere_confidence, c.elsewhere_reasons, c.refusal, c.receipt_asked";
/// The place of what a query selects behind them.
pub(crate) const COLUMNS_COUNT: usize = 27;

pub(crate) fn copy(row: &Row) -> Result<Copy, Error> {
    let counts = |at: usize| -> Result<Counts, Error> {
        Ok(Counts {
            human: row.get(at)?,
            unknown: row.get(at + 1)?,
            machine: row.get(at + 2)?,
        })
    };
    let receipt_at: Option<Time> = row.get(22)?;
    let confidence: Option<u8> = row.get(23)?;
    let reasons: Option<String> = row.get(24)?;
    Ok(Copy {
        id: row.get(0)?,
        workspace: row.get(1)?,
        message: row.get(2)?,
        contact: row.get(3)?,
        address: row.get(4)?,
        modes: PerAxis {
            open: row.get(5)?,
            click: row.get(6)?,
            document: row.get(7)?,
        },
        reason_open: row.get(8)?,
        reason_click: row.get(9)?,
        ask: row.get(10)?,
        receipt_asked: row.get(26)?,
        state: row.get(11)?,
        answer: row.get(12)?,
        refusal: row.get(25)?,
        state_at: row.get(13)?,
        seen: Seen {
            opens: counts(14)?,
            clicks: counts(17)?,
            receipt: receipt_at.is_some(),
        },
        first_read_at: row.get(20)?,
        last_read_at: row.get(21)?,
        receipt_at,
        elsewhere: confidence
            .zip(reasons)
            .map(|(confidence, reasons)| Elsewhere {
                confidence,
                reasons: words(&reasons),
            }),
    })
}

/// Copies of a message: `$1` the message, `$2` how many at most.
pub(crate) fn list_query() -> String {
    format!("select {COLUMNS} from copy c where c.message_id = $1 order by c.position limit $2")
}

pub(crate) fn read(tx: &mut Tx<'_>, id: CopyId) -> Result<Option<Copy>, Error> {
    tx.one(
        &format!("select {COLUMNS} from copy c where c.id = $1"),
        params![id],
        copy,
    )
}

/// Writes the tick anew after what it is made from has changed.
pub(crate) fn write_tick(tx: &mut Tx<'_>, id: CopyId) -> Result<(), Error> {
    if let Some(copy) = read(tx, id)? {
        tx.execute(
            "update copy set tick = $2 where id = $1",
            params![id, copy.tick().as_str()],
        )?;
    }
    Ok(())
}

/// A copy with everything that delivering it, or deciding about it again, depends on.
#[derive(Debug, Clone)]
pub struct CopyInContext {
    /// The copy.
    pub copy: Copy,
    /// Its message.
    pub message: Message,
    /// Its recipient.
    pub contact: Contact,
    /// The workspace's settings.
    pub workspace: Workspace,
    /// The operator's settings.
    pub instance: Instance,
    /// What its sender may track.
    pub limits: Limits,
    /// The sender's name, as recipients may read it.
    pub sender_name: String,
}

pub(crate) fn read_in_context(tx: &mut Tx<'_>, id: CopyId) -> Result<Option<CopyInContext>, Error> {
    let Some(copy) = read(tx, id)? else {
        return Ok(None);
    };
    let lost = |what| Error::Corrupt(format!("a copy without its {what}"));
    let message = message::read(tx, copy.message)?.ok_or_else(|| lost("message"))?;
    let contact = contact::read(tx, copy.contact)?.ok_or_else(|| lost("contact"))?;
    let workspace = read_workspace(tx, copy.workspace)?.ok_or_else(|| lost("workspace"))?;
    let instance = read_instance(tx)?;
    let row = tx.first(
        "select name from \"user\" where id = $1",
        params![message.user],
    )?;
    let sender_name = row.ok_or_else(|| lost("user"))?.get(0)?;
    let limits = limits::read(tx, message.user)?;
    Ok(Some(CopyInContext {
        copy,
        message,
        contact,
        workspace,
        instance,
        limits,
        sender_name,
    }))
}

impl Store {
    /// A copy and everything around it.
    pub async fn copy_in_context(&self, id: CopyId) -> Result<Option<CopyInContext>, Error> {
        self.db.read(move |tx| read_in_context(tx, id)).await
    }

    /// A message's copies, in the order of the envelope.
    pub async fn copies(&self, message: MessageId, limit: u16) -> Result<Vec<Copy>, Error> {
        self.db
            .read(move |tx| tx.rows(&list_query(), params![message, limit], copy))
            .await
    }

    /// How many copies of a message have each tick, for messages with more copies than a list reads.
    pub async fn copy_ticks(&self, message: MessageId) -> Result<Vec<(Tick, u32)>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select tick, count(*) from copy where message_id = $1 group by tick";
                let counted = |row: &Row| Ok((row.get(0)?, row.get(1)?));
                tx.rows(sql, params![message], counted)
            })
            .await
    }

    /// A contact's copies with their messages, newest first.
    pub async fn copies_of_contact(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        limit: u16,
    ) -> Result<Vec<(Copy, Message)>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from copy c where c.contact_id = $1 and c.workspace_id = $2
                     order by c.state_at desc, c.id limit $3"
                );
                let copies: Vec<Copy> = tx.rows(&sql, params![contact, workspace, limit], copy)?;
                copies
                    .into_iter()
                    .map(|c| {
                        let m = message::read(tx, c.message)?;
                        Ok((
                            c,
                            m.ok_or_else(|| Error::Corrupt("a copy without its message".into()))?,
                        ))
                    })
                    .collect()
            })
            .await
    }

    /// The recipient says "I have read this". Works in every mode; true the first time.
    pub async fn copy_receipt(&self, id: CopyId, now: Time) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let minute = now.minute();
                let sql = "update copy set receipt_at = $2 where id = $1 and receipt_at is null";
                if tx.execute(sql, params![id, minute])? == 0 {
                    return Ok(false);
                }
                write_tick(tx, id)?;
                if let Some(around) = read_in_context(tx, id)? {
                    let news = News {
                        workspace: around.copy.workspace,
                        user: Some(around.message.user),
                        kind: Happening::Receipt,
                        message: Some(around.message.id),
                        copy: Some(id),
                        at: minute,
                    };
                    event::write(tx, &[news])?;
                }
                Ok(true)
            })
            .await
    }
}
