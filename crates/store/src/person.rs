//! One person as the pages and mails for them need them: who they are, who writes to them, and what is recorded.

use crate::copy::{self, Copy};
use crate::db::Tx;
use crate::message::{self, Message};
use crate::value::params;
use crate::workspace::{read_instance, read_workspace};
use crate::{Contact, Error, Instance, Limits, Store, StoredHit, Workspace, contact, webhook};
use model::notice::WebhookHost;
use model::{ContactId, CopyId, WorkspaceId};

/// Who writes to a contact: the user of a mail, or the workspace where no mail was sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The name, as recipients may read it.
    pub name: String,
    /// The address that mails come from.
    pub address: String,
}

/// A workspace, as far as what it says about itself goes.
#[derive(Debug, Clone)]
pub struct AroundWorkspace {
    /// Its settings.
    pub workspace: Workspace,
    /// The operator's settings.
    pub instance: Instance,
    /// Who writes where nobody in particular does.
    pub author: Author,
    /// The hosts that it has events sent to.
    pub webhook_hosts: Vec<WebhookHost>,
}

/// A contact and everything around them, whether or not a mail ever went to them.
#[derive(Debug, Clone)]
pub struct Around {
    /// The person.
    pub contact: Contact,
    /// The workspace's settings.
    pub workspace: Workspace,
    /// The operator's settings.
    pub instance: Instance,
    /// Who writes to them.
    pub author: Author,
    /// The mail it is about, where it is about one.
    pub mail: Option<(Copy, Message)>,
    /// What the sender of that mail may track.
    pub limits: Option<Limits>,
    /// The hosts that the workspace has events sent to.
    pub webhook_hosts: Vec<WebhookHost>,
}

/// What the page of a recipient shows.
#[derive(Debug, Clone)]
pub struct Person {
    /// The person, and the mail whose link was followed.
    pub around: Around,
    /// Copies from this workspace with their subjects and hits, newest first: the one whose link was followed and no
    /// other, for mails get forwarded; all, up to a bound, where the person's own link was.
    pub copies: Vec<(Copy, String, Vec<StoredHit>)>,
    /// Copies to them that are not among these.
    pub others: i64,
    /// What is recorded of those: hits, and receipts they gave.
    pub other_entries: i64,
}

impl Person {
    /// Is anything recorded of any mail to them?
    pub fn is_recorded(&self) -> bool {
        let told = |(copy, _, hits): &(Copy, String, Vec<StoredHit>)| {
            !hits.is_empty() || copy.receipt_at.is_some()
        };
        self.other_entries > 0 || self.copies.iter().any(told)
    }
}

/// Mails shown on the page; older ones are counted there and exported on request.
const COPIES_SHOWN_MAX: u16 = 50;

impl Store {
    /// Everything recorded about a person. `id` is that of a copy to them, or their own.
    pub async fn person(&self, id: [u8; 16]) -> Result<Option<Person>, Error> {
        let Some(around) = self.around(id).await? else {
            return Ok(None);
        };
        let (workspace, contact) = (around.workspace.id, around.contact.id);
        let shown = match &around.mail {
            Some(mail) => vec![mail.clone()],
            None => {
                self.copies_of_contact(workspace, contact, COPIES_SHOWN_MAX)
                    .await?
            }
        };
        let (mut copies, mut seen) = (Vec::with_capacity(shown.len()), 0);
        for (copy, message) in shown {
            let hits = self.hits(copy.id).await?;
            seen += hits.len() as i64 + i64::from(copy.receipt_at.is_some());
            copies.push((copy, message.subject, hits));
        }
        let (all, all_entries) = self.person_counts(contact).await?;
        Ok(Some(Person {
            around,
            others: (all - copies.len() as i64).max(0),
            other_entries: (all_entries - seen).max(0),
            copies,
        }))
    }

    /// A person and what is around them. `id` is that of a copy to them, or their own.
    pub async fn around(&self, id: [u8; 16]) -> Result<Option<Around>, Error> {
        self.db
            .read(move |tx| match of_copy(tx, CopyId(id))? {
                Some(around) => Ok(Some(around)),
                None => of_contact(tx, ContactId(id)),
            })
            .await
    }

    /// A workspace without anybody in particular: what is the same for everybody it writes to.
    pub async fn around_workspace(
        &self,
        id: WorkspaceId,
    ) -> Result<Option<AroundWorkspace>, Error> {
        self.db
            .read(move |tx| {
                let Some(workspace) = read_workspace(tx, id)? else {
                    return Ok(None);
                };
                Ok(Some(AroundWorkspace {
                    author: author_of(tx, &workspace)?,
                    webhook_hosts: webhook::hosts(tx, id)?,
                    instance: read_instance(tx)?,
                    workspace,
                }))
            })
            .await
    }

    /// How many of the workspace's copies went to this contact, and how much is recorded of them.
    async fn person_counts(&self, contact: ContactId) -> Result<(i64, i64), Error> {
        self.db
            .read(move |tx| {
                let sql = "select count(*), count(receipt_at) +
                             (select count(*) from hit h join copy c on c.id = h.copy_id where c.contact_id = $1)
                           from copy where contact_id = $1";
                let row = tx.first(sql, params![contact])?;
                row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .await
    }
}

fn of_copy(tx: &mut Tx<'_>, id: CopyId) -> Result<Option<Around>, Error> {
    let Some(around) = copy::read_in_context(tx, id)? else {
        return Ok(None);
    };
    Ok(Some(Around {
        webhook_hosts: webhook::hosts(tx, around.workspace.id)?,
        contact: around.contact,
        workspace: around.workspace,
        instance: around.instance,
        author: Author {
            name: around.sender_name,
            address: around.message.sender.clone(),
        },
        mail: Some((around.copy, around.message)),
        limits: Some(around.limits),
    }))
}

fn of_contact(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Around>, Error> {
    let Some(contact) = contact::read(tx, id)? else {
        return Ok(None);
    };
    let lost = || Error::Corrupt("a contact without its workspace".into());
    let workspace = read_workspace(tx, contact.workspace)?.ok_or_else(lost)?;
    let author = author(tx, &contact, &workspace)?;
    Ok(Some(Around {
        author,
        instance: read_instance(tx)?,
        webhook_hosts: webhook::hosts(tx, workspace.id)?,
        contact,
        workspace,
        mail: None,
        limits: None,
    }))
}

/// Who wrote to them last; else the workspace, by its oldest address.
fn author(tx: &mut Tx<'_>, contact: &Contact, workspace: &Workspace) -> Result<Author, Error> {
    let sql = "select m.id from copy c join message m on m.id = c.message_id
               where c.contact_id = $1 order by m.accepted_at desc, m.id limit 1";
    let newest = tx.first(sql, params![contact.id])?;
    if let Some(row) = newest
        && let Some(message) = message::read(tx, row.get(0)?)?
    {
        let sql = "select name from \"user\" where id = $1";
        let name = tx.one(sql, params![message.user], |row| row.get(0))?;
        return Ok(Author {
            name: name.unwrap_or_default(),
            address: message.sender,
        });
    }
    author_of(tx, workspace)
}

pub(crate) fn author_of(tx: &mut Tx<'_>, workspace: &Workspace) -> Result<Author, Error> {
    let sql =
        "select address from identity where workspace_id = $1 order by created_at, id limit 1";
    let address = tx.one(sql, params![workspace.id], |row| row.get(0))?;
    Ok(Author {
        name: workspace.name.clone(),
        address: address.unwrap_or_default(),
    })
}
