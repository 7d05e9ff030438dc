//! Acts: who did what, when, to what, and why (R-AUD-01). Written in the transaction that carries the act out, and
//! committed to in the workspace's ledger, so that nobody can change the account of it afterwards.
//!
//! An act that concerns a contact is committed to under that contact's key and is sealed when they are erased; every
//! other one under the workspace's own. What an act changed is kept as text where it is a setting, and only there:
//! what is known about a contact never stands here.

use crate::db::Tx;
use crate::ledger;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::act::ActKind;
use model::canonical::canonical;
use model::ledger::CommitmentKey;
use model::{ContactId, Sha256, Time, UserId, WorkspaceId};

/// Who acts, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The user; none for whoever runs commands on the machine itself.
    pub user: Option<UserId>,
    /// When.
    pub at: Time,
    /// Why, in their own words. Never about a contact.
    pub reason: Option<String>,
}

impl By {
    /// A signed-in user.
    pub fn user(user: UserId, at: Time) -> Self {
        Self {
            user: Some(user),
            at,
            reason: None,
        }
    }

    /// Whoever runs commands on the machine.
    pub fn operator(at: Time) -> Self {
        Self {
            user: None,
            at,
            reason: None,
        }
    }

    /// With a reason; an empty one is none.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        let reason = reason.trim();
        self.reason = (!reason.is_empty()).then(|| reason.to_owned());
        self
    }

    /// What they did, to what.
    pub(crate) fn did(&self, kind: ActKind, object: Object) -> NewAct<'_> {
        NewAct {
            kind,
            by: self,
            object,
            before: None,
            after: None,
        }
    }
}

/// What an act was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Object {
    Instance,
    Workspace,
    User(UserId),
    Contact(ContactId),
    /// Anything else with an id of its own: its noun and that id.
    Thing(&'static str, String),
}

impl Object {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Instance => "instance".into(),
            Self::Workspace => "workspace".into(),
            Self::User(id) => format!("user:{id}"),
            Self::Contact(id) => format!("contact:{id}"),
            Self::Thing(noun, id) => format!("{noun}:{id}"),
        }
    }
}

/// An act to write down, in the transaction that carries it out.
#[must_use = "an act that is not written down did not happen"]
pub(crate) struct NewAct<'a> {
    kind: ActKind,
    by: &'a By,
    object: Object,
    before: Option<String>,
    after: Option<String>,
}

/// What the ledger commits to: the act, with what it changed as digests.
#[derive(serde::Serialize)]
struct Committed<'a> {
    act: &'a str,
    user: Option<UserId>,
    at: i64,
    object: &'a str,
    before: Option<Sha256>,
    after: Option<Sha256>,
    reason: Option<&'a str>,
}

/// An act as it stands in the account.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Act {
    /// Its place in the workspace's ledger.
    pub seq: u64,
    /// What was done.
    pub kind: ActKind,
    /// By whom; none for whoever ran a command on the machine.
    pub user: Option<UserId>,
    /// When.
    pub at: Time,
    /// To what: `workspace`, or a noun and an id.
    pub object: String,
    /// The setting before, where it is one.
    pub before: Option<String>,
    /// The setting after.
    pub after: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Act {
    fn payload(&self) -> Result<String, Error> {
        let committed = Committed {
            act: self.kind.as_str(),
            user: self.user,
            at: self.at.0,
            object: &self.object,
            before: self.before.as_deref().map(Sha256::of),
            after: self.after.as_deref().map(Sha256::of),
            reason: self.reason.as_deref(),
        };
        canonical(&committed).map_err(|error| Error::Corrupt(error.to_string()))
    }

    /// Is this what the entry committed to?
    pub(crate) fn opens(
        &self,
        entry: &model::ledger::Entry,
        key: &CommitmentKey,
    ) -> Result<bool, Error> {
        Ok(entry.kind.as_str() == self.kind.as_str()
            && entry.opens_with(key, self.payload()?.as_bytes()))
    }
}

/// Which acts to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActFilter {
    /// Only these kinds; empty for all.
    pub kinds: Vec<ActKind>,
    /// Only what was done to this.
    pub object: Option<String>,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
    /// Only before this place, for paging.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

impl NewAct<'_> {
    /// The setting before, as JSON or a word of ours. What is known about a contact stays in their own row.
    pub(crate) fn before(mut self, setting: impl Into<Option<String>>) -> Self {
        self.before = setting.into();
        self
    }

    /// The setting after.
    pub(crate) fn after(mut self, setting: impl Into<Option<String>>) -> Self {
        self.after = setting.into();
        self
    }

    /// Writes the act and its entry in the ledger. Do it after all other rows that may have to be waited for, and before
    /// news (see [`Tx::next_numbers`]).
    pub(crate) fn write(self, tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<(), Error> {
        ledger::take_turn(tx)?;
        let head = ledger::head(tx, workspace)?;
        let key = match self.object {
            Object::Contact(id) => ledger::key(tx, id)?.map(|key| (Some(id), key)),
            _ => None,
        };
        let (contact, key) = match key {
            Some(sealed_with) => sealed_with,
            None => (None, workspace_key(tx, workspace)?),
        };
        let act = Act {
            seq: head.seq + 1,
            kind: self.kind,
            user: self.by.user,
            at: self.by.at,
            object: self.object.text(),
            before: self.before,
            after: self.after,
            reason: self.by.reason.clone(),
        };
        let (kind, payload) = (act.kind.as_str(), act.payload()?);
        ledger::append(tx, workspace, head, &key, act.at, kind, &payload)?;
        let sql = "insert into act (workspace_id, ledger_seq, kind, user_id, at, object, sealed_with, before_text,
                   after_text, reason) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let values = params![
            workspace,
            act.seq.cast_signed(),
            kind,
            act.user,
            act.at,
            act.object,
            contact,
            act.before,
            act.after,
            act.reason
        ];
        tx.execute(sql, values).map(|_| ())
    }
}

/// The secret under which acts that concern no contact are committed to.
fn workspace_key(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<CommitmentKey, Error> {
    let sql = "select key from workspace_key where workspace_id = $1";
    let row = tx.first(sql, params![workspace])?;
    let row = row.ok_or_else(|| Error::Corrupt("a workspace has no key".into()))?;
    row.get(0).map(|key| CommitmentKey::new(&key))
}

pub(crate) const COLUMNS: &str =
    "a.ledger_seq, a.kind, a.user_id, a.at, a.object, a.before_text, a.after_text, a.reason";

/// Reads an act whose columns begin at `from`.
pub(crate) fn act(row: &Row, from: usize) -> Result<Act, Error> {
    Ok(Act {
        seq: row.get(from)?,
        kind: row.get(from + 1)?,
        user: row.get(from + 2)?,
        at: row.get(from + 3)?,
        object: row.get(from + 4)?,
        before: row.get(from + 5)?,
        after: row.get(from + 6)?,
        reason: row.get(from + 7)?,
    })
}

impl Store {
    /// What was done in a workspace, newest first.
    pub async fn acts(&self, workspace: WorkspaceId, filter: ActFilter) -> Result<Vec<Act>, Error> {
        self.db
            .read(move |tx| {
                let before = filter.before.map(u64::cast_signed);
                // A closed list of words of our own, so they can stand in the statement.
                let kinds: Vec<_> = filter.kinds.iter().map(|k| format!("'{k}'")).collect();
                let kinds = if kinds.is_empty() {
                    String::new()
                } else {
                    format!("and a.kind in ({})", kinds.join(", "))
                };
                let sql = format!(
                    "select {COLUMNS} from act a where a.workspace_id = $1 and a.at >= $2 and a.at < $3
                     and a.ledger_seq < $4 and ($5 = '' or a.object = $5) {kinds}
                     order by a.ledger_seq desc limit $6"
                );
                let values = params![
                    workspace,
                    filter.from.map_or(i64::MIN, |t| t.0),
                    filter.to.map_or(i64::MAX, |t| t.0),
                    before.unwrap_or(i64::MAX),
                    filter.object.unwrap_or_default(),
                    filter.limit
                ];
                tx.rows(&sql, values, |row| act(row, 0))
            })
            .await
    }

    /// Notes something that was done outside the database, such as drawing an archive out of it.
    pub async fn act_note(
        &self,
        workspace: WorkspaceId,
        kind: ActKind,
        what: &str,
        by: By,
    ) -> Result<(), Error> {
        let what = what.to_owned();
        self.db
            .write(move |tx| {
                let done = by.did(kind, Object::Workspace);
                done.after(what).write(tx, workspace)
            })
            .await
    }
}
