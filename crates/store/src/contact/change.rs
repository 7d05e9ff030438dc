//! What is done to a contact. Each change is written with its act, and told to whoever was given the data (GDPR Art. 19);
//! neither holds what is known about the person.

use super::search;
use crate::act::Object;
use crate::db::Tx;
use crate::value::params;
use crate::webhook::{self, Happened};
use crate::{By, Error, Store, age};
use model::{ActKind, ContactId, Country, LegalTags, Time, Tongue, WebhookEvent, WorkspaceId};

/// Notes for webhooks what happened to a contact; what they are now is read when it is sent.
fn tell(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ContactId,
    event: WebhookEvent,
    at: Time,
) -> Result<(), Error> {
    let happened = Happened {
        event,
        at,
        contact: Some(id),
        copy: None,
    };
    webhook::tell(tx, workspace, &happened, |_| String::new())
}

/// Stops the use of a contact's data, or allows it again. False if there is no such contact.
pub(crate) fn restrict(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ContactId,
    restrict: bool,
    by: &By,
) -> Result<bool, Error> {
    let sql = "update contact set restricted_at = $3 where id = $1 and workspace_id = $2";
    let since = restrict.then_some(by.at);
    if tx.execute(sql, params![id, workspace, since])? == 0 {
        return Ok(false);
    }
    let after = if restrict { "restricted" } else { "free" };
    by.did(ActKind::ContactRestricted, Object::Contact(id))
        .after(after.to_owned())
        .write(tx, workspace)?;
    tell(tx, workspace, id, WebhookEvent::ContactRestricted, by.at)?;
    Ok(true)
}

/// Writes what a contact says is right. False if there is no such contact.
pub(crate) fn correct(
    tx: &mut Tx<'_>,
    id: ContactId,
    name: &str,
    tongue: Option<Tongue>,
    country: Option<Country>,
    by: &By,
) -> Result<bool, Error> {
    let Some(contact) = super::lock(tx, id)? else {
        return Ok(false);
    };
    let search = search(&contact.address, name);
    let sql = format!(
        "update contact set name = $2, search = $4, language = $5, country = $3, age = {} where id = $1",
        age::AFTER_MOVING
    );
    tx.execute(&sql, params![id, name, country, search, tongue])?;
    by.did(ActKind::ContactCorrected, Object::Contact(id))
        .write(tx, contact.workspace)?;
    tell(
        tx,
        contact.workspace,
        id,
        WebhookEvent::ContactCorrected,
        by.at,
    )?;
    Ok(true)
}

impl Store {
    /// Notes where a contact is and what they are to a lawyer. From now on the rules for that apply, also to what is
    /// recorded of mails sent before. Whoever had reached another country's limit of age has to be asked again.
    pub async fn contact_describe(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        country: Option<Country>,
        tags: LegalTags,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = format!(
                    "update contact set country = $3, tags = $4, age = {} where id = $1 and workspace_id = $2",
                    age::AFTER_MOVING
                );
                let found = tx.execute(&sql, params![id, workspace, country, tags])? > 0;
                if found {
                    // What they are said to be stays in the contact's own row.
                    by.did(ActKind::ContactDescribed, Object::Contact(id)).write(tx, workspace)?;
                    tell(tx, workspace, id, WebhookEvent::ContactCorrected, by.at)?;
                }
                Ok(found)
            })
            .await
    }

    /// Keeps a contact's data but stops its use, or takes that back (GDPR Art. 18). In force at once: nothing of them is
    /// recorded, also on mails already sent, and they are in no list and no sum. False if there is no such contact.
    pub async fn contact_restrict(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        restrict: bool,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| self::restrict(tx, workspace, id, restrict, &by))
            .await
    }

    /// Notes that the next mail to this contact should carry the question, or takes the note back.
    pub async fn contact_set_ask_next(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        ask: bool,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update contact set ask_next = $3 where id = $1 and workspace_id = $2";
                Ok(tx.execute(sql, params![id, workspace, ask])? > 0)
            })
            .await
    }
}
