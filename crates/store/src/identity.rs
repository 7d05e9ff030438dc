//! Identities: the addresses a user may send from.

use crate::act::{By, Object};
use crate::user::workspace_of;
use crate::value::{Row, params};
use crate::{Error, Store, User, user};
use model::{ActKind, EmailAddress, IdentityId, UserId, WorkspaceId};

/// An address that a user may send from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Whose it is.
    pub user: UserId,
    /// The address.
    pub address: EmailAddress,
    /// The name beside the address.
    pub name: String,
}

fn identity(row: &Row) -> Result<Identity, Error> {
    Ok(Identity {
        id: row.get(0)?,
        workspace: row.get(1)?,
        user: row.get(2)?,
        address: row.get(3)?,
        name: row.get(4)?,
    })
}

impl Store {
    /// Makes an identity. An address belongs to one user of the instance; a second claim is a conflict.
    pub async fn identity_create(&self, i: Identity, by: By) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "insert into identity (id, workspace_id, user_id, address, address_key, name, created_at)
                           values ($1, $2, $3, $4, $5, $6, $7)";
                tx.execute(sql, params![i.id, i.workspace, i.user, &i.address, i.address.key(), i.name, by.at])?;
                by.did(ActKind::IdentityAdded, Object::User(i.user))
                    .after(i.address.to_string())
                    .write(tx, i.workspace)
            })
            .await
    }

    /// Whose identity an address is.
    pub async fn user_by_identity(&self, address: &EmailAddress) -> Result<Option<User>, Error> {
        let key = address.key();
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {} from \"user\" u join identity i on i.user_id = u.id where i.address_key = $1",
                    user::COLUMNS
                );
                tx.one(&sql, params![key], user::user)
            })
            .await
    }

    /// The domains that mail is sent from, each once, in alphabetical order; the first `limit`.
    pub async fn sending_domains(&self, limit: usize) -> Result<Vec<String>, Error> {
        self.db
            .read(move |tx| {
                let mut domains = std::collections::BTreeSet::new();
                for row in tx.query("select address_key from identity", &[])? {
                    let address: String = row.get(0)?;
                    if let Some((_, domain)) = address.rsplit_once('@') {
                        domains.insert(domain.to_owned());
                    }
                }
                Ok(domains.into_iter().take(limit).collect())
            })
            .await
    }

    /// The addresses a user may send from, oldest first.
    pub async fn identities(&self, user: UserId) -> Result<Vec<Identity>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select id, workspace_id, user_id, address, name from identity
                           where user_id = $1 order by created_at, id";
                tx.rows(sql, params![user], identity)
            })
            .await
    }

    /// The addresses that any user of a workspace may send from, by address.
    pub async fn identities_of_workspace(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<Identity>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select id, workspace_id, user_id, address, name from identity
                           where workspace_id = $1 order by address_key";
                tx.rows(sql, params![workspace], identity)
            })
            .await
    }

    /// Removes one of a user's identities; false if there was none of that id.
    pub async fn identity_remove(
        &self,
        user: UserId,
        id: IdentityId,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "delete from identity where user_id = $1 and id = $2 returning address";
                let Some(row) = tx.first(sql, params![user, id])? else {
                    return Ok(false);
                };
                let workspace = workspace_of(tx, user)?;
                by.did(ActKind::IdentityRemoved, Object::User(user))
                    .before(row.get::<String>(0)?)
                    .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }
}
