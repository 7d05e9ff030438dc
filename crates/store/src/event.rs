//! The feed: what pages follow live, and what notifications are made from.

use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store, webhook};
use model::event::{Event, Happening};
use model::{CopyId, MessageId, Time, UserId, WorkspaceId};

/// An event with whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressedEvent {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// Whose message it is about; none for what everybody in the workspace may see.
    pub user: Option<UserId>,
    /// What happened.
    pub event: Event,
}

/// Something for the feed.
pub(crate) struct News {
    pub(crate) workspace: WorkspaceId,
    /// Whose message it is about; none for what everybody in the workspace may see.
    pub(crate) user: Option<UserId>,
    pub(crate) kind: Happening,
    pub(crate) message: Option<MessageId>,
    pub(crate) copy: Option<CopyId>,
    pub(crate) at: Time,
}

/// Adds to the feed. The last thing that a transaction does, see [`Tx::next_numbers`].
pub(crate) fn write(tx: &mut Tx<'_>, news: &[News]) -> Result<(), Error> {
    if news.is_empty() {
        return Ok(());
    }
    webhook::tell_news(tx, news)?;
    let first = tx.next_numbers("event", news.len() as i64)? - news.len() as i64 + 1;
    let rows: Vec<_> = (first..)
        .zip(news)
        .map(|(seq, n)| params![seq, n.workspace, n.user, n.kind, n.message, n.copy, n.at].to_vec())
        .collect();
    let sql = "insert into event (seq, workspace_id, user_id, kind, message_id, copy_id, at)
               values ($1, $2, $3, $4, $5, $6, $7)";
    tx.execute_many(sql, &rows)
}

fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        seq: row.get(0)?,
        kind: row.get(1)?,
        at: row.get(2)?,
        message: row.get(3)?,
        copy: row.get(4)?,
    })
}

impl Store {
    /// The number of the newest event.
    pub async fn event_last(&self) -> Result<i64, Error> {
        self.db
            .read(|tx| tx.number("select value from counter where name = 'event'", &[]))
            .await
    }

    /// Events after a number, oldest first; those of one user and the workspace's own, or of all users.
    pub async fn events_after(
        &self,
        workspace: WorkspaceId,
        user: Option<UserId>,
        seq: i64,
        limit: u16,
    ) -> Result<Vec<Event>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select seq, kind, at, message_id, copy_id from event
                           where seq > $1 and workspace_id = $2 and ($3 = 1 or user_id is null or user_id = $4)
                           order by seq limit $5";
                let nobody = UserId([0; 16]);
                let values = params![seq, workspace, user.is_none(), user.unwrap_or(nobody), limit];
                tx.rows(sql, values, event)
            })
            .await
    }

    /// Events of all workspaces after a number, oldest first: for the one task of a process that fans them out.
    pub async fn events_of_all_after(
        &self,
        seq: i64,
        limit: u16,
    ) -> Result<Vec<AddressedEvent>, Error> {
        self.db
            .read(move |tx| {
                let sql =
                    "select seq, kind, at, message_id, copy_id, workspace_id, user_id from event
                           where seq > $1 order by seq limit $2";
                tx.rows(sql, params![seq, limit], |row| {
                    Ok(AddressedEvent {
                        workspace: row.get(5)?,
                        user: row.get(6)?,
                        event: event(row)?,
                    })
                })
            })
            .await
    }
}
