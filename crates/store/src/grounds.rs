//! What deciding about a mail's recipients stands on: settings, the sender's limits, what is known of each recipient.
//!
//! Two transactions. Recipients who are new become contacts in one that must succeed, because a copy belongs to a
//! contact. What the decision depends on is read in another, which may fail: then nothing is allowed, and the mail is
//! taken all the same (R-MODE-05). What cannot be read of one recipient says nothing about the others.

use crate::contact::{self, Contact, Fresh};
use crate::value::{Value, params};
use crate::workspace::{Instance, Workspace, read_instance, read_workspace};
use crate::{Error, Limits, Store, limits};
use model::{ContactId, EmailAddress, Source, Time, UserId, WorkspaceId};
use std::collections::HashMap;

/// What a decision stands on.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// The operator's settings.
    pub instance: Instance,
    /// The workspace's settings.
    pub workspace: Workspace,
    /// What the sender may track.
    pub limits: Limits,
    /// The recipients, in the order asked for; an error for one of whom nothing can be read.
    pub contacts: Vec<Result<Contact, Error>>,
}

impl Store {
    /// Makes contacts, of this source, of those recipients who are none yet: the ids of all, in the order given. None:
    /// the sender's account is out of use.
    pub async fn recipients_make(
        &self,
        workspace: WorkspaceId,
        sender: UserId,
        people: Vec<(EmailAddress, String, Fresh)>,
        source: Source,
        now: Time,
    ) -> Result<Option<Vec<ContactId>>, Error> {
        self.db
            .write(move |tx| {
                let sql = "select 1 from \"user\" where id = $1 and workspace_id = $2 and deactivated_at is null";
                if !tx.has(sql, params![sender, workspace])? {
                    return Ok(None);
                }
                contact::make(tx, workspace, &people, &source, now).map(Some)
            })
            .await
    }

    /// Everything that deciding about these recipients needs.
    pub async fn grounds(
        &self,
        workspace: WorkspaceId,
        sender: UserId,
        contacts: Vec<ContactId>,
    ) -> Result<Grounds, Error> {
        self.db
            .read(move |tx| {
                let instance = read_instance(tx)?;
                let settings = read_workspace(tx, workspace)?
                    .ok_or_else(|| Error::Conflict("this workspace does not exist".into()))?;
                let limits = limits::read(tx, sender)?;
                let sql = format!("select {} from contact k where k.id", contact::COLUMNS);
                let ids: Vec<Value> = contacts.iter().map(|id| Value::from(*id)).collect();
                let mut known: HashMap<ContactId, Result<Contact, Error>> = HashMap::new();
                for row in &tx.query_in(&sql, &ids)? {
                    known.insert(row.get(0)?, contact::contact(row, 0));
                }
                let of = |id| {
                    let gone = || Err(Error::Corrupt("the contact is gone".into()));
                    known.get(id).cloned().unwrap_or_else(gone)
                };
                Ok(Grounds {
                    instance,
                    workspace: settings,
                    limits,
                    contacts: contacts.iter().map(of).collect(),
                })
            })
            .await
    }
}
