//! The recipient's own page: what is recorded about one person in one workspace.

use crate::copy::{self, CopyInContext};
use crate::value::params;
use crate::{Error, Store, StoredHit};
use model::CopyId;

/// What the page of a recipient shows.
#[derive(Debug, Clone)]
pub struct Person {
    /// The copy whose link was followed, and everything around it.
    pub around: CopyInContext,
    /// The person's copies from this workspace with their subjects and hits, newest first.
    pub copies: Vec<(copy::Copy, String, Vec<StoredHit>)>,
}

/// Mails shown on the page; older ones are counted there and exported on request.
const COPIES_SHOWN_MAX: u16 = 50;

impl Store {
    /// Everything recorded about the recipient of this copy.
    pub async fn person(&self, id: CopyId) -> Result<Option<Person>, Error> {
        let Some(around) = self.copy_in_context(id).await? else {
            return Ok(None);
        };
        let (workspace, contact) = (around.copy.workspace, around.contact.id);
        let mut copies = Vec::new();
        for (copy, message) in self
            .copies_of_contact(workspace, contact, COPIES_SHOWN_MAX)
            .await?
        {
            let hits = self.hits(copy.id).await?;
            copies.push((copy, message.subject, hits));
        }
        Ok(Some(Person { around, copies }))
    }

    /// How many of this workspace's copies went to the recipient of this copy.
    pub async fn person_copies(&self, id: CopyId) -> Result<i64, Error> {
        self.db
            .read(move |tx| {
                let sql = "select count(*) from copy where contact_id = (select contact_id from copy where id = $1)
                           and workspace_id = (select workspace_id from copy where id = $1)";
                tx.first(sql, params![id])?.map_or(Ok(0), |row| row.get(0))
            })
            .await
    }
}
