//! Messages: one mail as the sender wrote it, with its parts and links.
//!
//! How one comes in with its copies stands in `acceptance`, how many are found in `list`.

use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::{AssessmentId, MessageClass, MessageId, Reason, Switch, Time, UserId, WorkspaceId};

mod acceptance;
mod list;

pub use acceptance::{NewCopy, NewMessage, Refused};
pub use list::{Cursor, MessageFilter};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id here.
    pub id: MessageId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Whose it is.
    pub user: UserId,
    /// The address it was sent from.
    pub sender: String,
    /// The Message-ID header, without angle brackets.
    pub header_id: String,
    /// The subject, decoded.
    pub subject: String,
    /// When it was accepted.
    pub accepted_at: Time,
    /// Its size in octets, as the sender wrote it.
    pub size: i64,
    /// The sender's choice for this mail.
    pub switch: Switch,
    /// What kind of mail it is.
    pub class: MessageClass,
    /// The assessment of legitimate interests behind a cold mail.
    pub assessment: Option<AssessmentId>,
    /// The sender asks recipients to say that they have read it.
    pub receipt_asked: bool,
}

/// One part of a message, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `1.2` as in IMAP; `root` for a multipart at the top.
    pub path: String,
    /// What kind of content it declares.
    pub content_type: String,
    /// What it is in the mail: `html`, `text`, `attachment`, …
    pub role: String,
    /// Why it cannot be changed, for one that otherwise could be.
    pub hindrance: Option<Reason>,
}

/// One link of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number within the message.
    pub number: u16,
    /// Where it leads.
    pub destination: String,
    /// The path of its part.
    pub part: String,
    /// What carries it: `anchor`, `area`, …
    pub kind: String,
    /// Why it is never tracked; none if it may be.
    pub skipped: Option<String>,
}

const COLUMNS: &str = "m.id, m.workspace_id, m.user_id, m.sender, m.header_id, m.subject, m.accepted_at, m.size, m.switch,
    m.class, m.assessment_id, m.receipt_asked";

fn message(row: &Row) -> Result<Message, Error> {
    Ok(Message {
        id: row.get(0)?,
        workspace: row.get(1)?,
        user: row.get(2)?,
        sender: row.get(3)?,
        header_id: row.get(4)?,
        subject: row.get(5)?,
        accepted_at: row.get(6)?,
        size: row.get(7)?,
        switch: row.get(8)?,
        class: row.get(9)?,
        assessment: row.get(10)?,
        receipt_asked: row.get(11)?,
    })
}

pub(crate) fn read(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Message>, Error> {
    tx.one(
        &format!("select {COLUMNS} from message m where m.id = $1"),
        params![id],
        message,
    )
}

/// What a message is found by: its subject and its recipients' addresses, in lower case.
pub(crate) fn search_text(tx: &mut Tx<'_>, id: MessageId, subject: &str) -> Result<String, Error> {
    let sql = "select address from copy where message_id = $1 order by position";
    let mut search = subject.to_lowercase();
    for row in tx.query(sql, params![id])? {
        search += " ";
        search += &row.get::<String>(0)?.to_lowercase();
    }
    Ok(search)
}

impl Store {
    /// The mail as its sender wrote it; none once its last copy has left.
    pub async fn message_source(&self, id: MessageId) -> Result<Option<Vec<u8>>, Error> {
        self.db
            .read(move |tx| {
                let row = tx.first("select source from message where id = $1", params![id])?;
                row.map_or(Ok(None), |row| row.get(0))
            })
            .await
    }

    /// A message of a workspace.
    pub async fn message(
        &self,
        workspace: WorkspaceId,
        id: MessageId,
    ) -> Result<Option<Message>, Error> {
        self.db
            .read(move |tx| Ok(read(tx, id)?.filter(|m| m.workspace == workspace)))
            .await
    }

    /// A message's links, in order.
    pub async fn links(&self, message: MessageId) -> Result<Vec<Link>, Error> {
        self.db
            .read(move |tx| {
                let sql =
                    "select number, destination, part, kind, skipped from link where message_id = $1 order by number";
                let link = |row: &Row| {
                    Ok(Link {
                        number: row.get(0)?,
                        destination: row.get(1)?,
                        part: row.get(2)?,
                        kind: row.get(3)?,
                        skipped: row.get(4)?,
                    })
                };
                tx.rows(sql, params![message], link)
            })
            .await
    }

    /// A message's first parts, in order.
    pub async fn parts(&self, message: MessageId) -> Result<Vec<Part>, Error> {
        self.db
            .read(move |tx| {
                let sql =
                    "select path, content_type, role, hindrance from part where message_id = $1 order by position";
                let part = |row: &Row| {
                    Ok(Part {
                        path: row.get(0)?,
                        content_type: row.get(1)?,
                        role: row.get(2)?,
                        hindrance: row.get(3)?,
                    })
                };
                tx.rows(sql, params![message], part)
            })
            .await
    }
}
