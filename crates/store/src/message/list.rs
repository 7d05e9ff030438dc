//! Many messages at once: which, in what order, and from where on.

use super::{COLUMNS, Message, message};
use crate::copy::{self, Copy};
use crate::value::Value;
use crate::{Error, Store, contact};
use model::{MessageId, Tick, Time, UserId, WorkspaceId};
use std::str::FromStr;

/// Which messages to list.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// Only this user's; none for the whole workspace.
    pub user: Option<UserId>,
    /// Part of the subject or of a recipient's address.
    pub search: Option<String>,
    /// Sent from this address.
    pub sender: Option<String>,
    /// Only messages that have a copy with this tick.
    pub tick: Option<Tick>,
    /// Only messages that have a copy that bounced.
    pub bounced: bool,
    /// Only after this place, for paging.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: u16,
}

/// A place in the list of messages, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last message's time …
    pub at: Time,
    /// … and id.
    pub id: MessageId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at.0, self.id)
    }
}

impl FromStr for Cursor {
    type Err = model::id::BadId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, id) = text.split_once('.').ok_or(model::id::BadId)?;
        Ok(Self {
            at: Time(at.parse().map_err(|_| model::id::BadId)?),
            id: id.parse()?,
        })
    }
}

/// Copies of one message that a list shows; the message's own page shows them all.
const COPIES_LISTED_MAX: u16 = 100;

impl Store {
    /// Messages with the first of their copies, newest first.
    pub async fn messages(
        &self,
        workspace: WorkspaceId,
        filter: MessageFilter,
    ) -> Result<Vec<(Message, Vec<Copy>)>, Error> {
        self.db
            .read(move |tx| {
                let (sql, values) = list_query(workspace, &filter);
                let messages: Vec<Message> = tx.rows(&sql, &values, message)?;
                let sql = copy::list_query();
                let sets: Vec<_> = messages
                    .iter()
                    .map(|m| vec![m.id.into(), Value::from(COPIES_LISTED_MAX)])
                    .collect();
                let copies = tx.query_many(&sql, &sets)?;
                messages
                    .into_iter()
                    .zip(copies)
                    .map(|(m, rows)| {
                        Ok((m, rows.iter().map(copy::copy).collect::<Result<_, _>>()?))
                    })
                    .collect()
            })
            .await
    }
}

fn list_query(workspace: WorkspaceId, filter: &MessageFilter) -> (String, Vec<Value>) {
    let mut sql = format!("select {COLUMNS} from message m where m.workspace_id = $1");
    let mut values: Vec<Value> = vec![workspace.into()];
    let mut with = |value: Value, condition: &dyn Fn(usize) -> String| {
        values.push(value);
        sql += &format!(" and {}", condition(values.len()));
    };
    if let Some(user) = filter.user {
        with(user.into(), &|n| format!("m.user_id = ${n}"));
    }
    if let Some(search) = &filter.search {
        with(contact::like(search).into(), &|n| {
            format!("m.search like ${n} escape '\\'")
        });
    }
    if let Some(sender) = &filter.sender {
        with(sender.as_str().into(), &|n| format!("m.sender = ${n}"));
    }
    if let Some(tick) = filter.tick {
        let exists = "exists (select 1 from copy c where c.message_id = m.id and c.tick =";
        with(tick.as_str().into(), &|n| format!("{exists} ${n})"));
    }
    if filter.bounced {
        let exists = "exists (select 1 from copy c where c.message_id = m.id and c.state =";
        with("bounced".into(), &|n| format!("{exists} ${n})"));
    }
    if let Some(Cursor { at, id }) = filter.after {
        with(at.into(), &|n| format!("m.accepted_at <= ${n}"));
        values.push(at.into());
        values.push(id.into());
        let n = values.len();
        sql += &format!(" and (m.accepted_at < ${} or m.id < ${n})", n - 1);
    }
    values.push(filter.limit.into());
    sql += &format!(
        " order by m.accepted_at desc, m.id desc limit ${}",
        values.len()
    );
    (sql, values)
}
