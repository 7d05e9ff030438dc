//! Users: the people who log in.

use crate::act::{By, Object};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::{ActKind, EmailAddress, Mode, Role, UserId, WorkspaceId};
use std::time::Duration;

/// How often a wrong password for one account is noted.
const FAILURES_NOTED_EVERY: Duration = Duration::from_mins(1);

/// A person who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The workspace they belong to.
    pub workspace: WorkspaceId,
    /// Their name, as recipients may read it.
    pub name: String,
    /// The address they sign in with.
    pub address: EmailAddress,
    /// The Argon2id hash of their password, in PHC form.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
}

pub(crate) const COLUMNS: &str = "u.id, u.workspace_id, u.name, u.address, u.password_hash, u.role";

pub(crate) fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: row.get(0)?,
        workspace: row.get(1)?,
        name: row.get(2)?,
        address: row.get(3)?,
        password_hash: row.get(4)?,
        role: row.get(5)?,
    })
}

/// The workspace that a user belongs to.
pub(crate) fn workspace_of(tx: &mut Tx<'_>, id: UserId) -> Result<WorkspaceId, Error> {
    let sql = "select workspace_id from \"user\" where id = $1";
    let row = tx.first(sql, params![id])?;
    let row = row.ok_or_else(|| Error::Conflict("this user does not exist".into()))?;
    row.get(0)
}

pub(crate) fn set_password(tx: &mut Tx<'_>, id: UserId, hash: &str, by: &By) -> Result<(), Error> {
    let sql = "update \"user\" set password_hash = $2 where id = $1";
    tx.execute(sql, params![id, hash])?;
    let sql = "delete from credential where user_id = $1 and kind = 'session'";
    tx.execute(sql, params![id])?;
    let workspace = workspace_of(tx, id)?;
    by.did(ActKind::UserPasswordSet, Object::User(id))
        .write(tx, workspace)
}

impl Store {
    /// Makes a user, who may not track anybody yet. Their sign-in address must not be in use on this instance.
    pub async fn user_create(&self, u: User, by: By) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "insert into \"user\" (id, workspace_id, name, address, address_key, password_hash, role,
                           may_track, ceiling_open, ceiling_click, ceiling_document, created_at)
                           values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8, $8, $9)";
                let values =
                    params![u.id, u.workspace, u.name, &u.address, u.address.key(), u.password_hash, u.role,
                    Mode::Detailed, by.at];
                tx.execute(sql, values)?;
                by.did(ActKind::UserCreated, Object::User(u.id))
                    .after(u.role.as_str().to_owned())
                    .write(tx, u.workspace)
            })
            .await
    }

    /// A user by id.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!("select {COLUMNS} from \"user\" u where u.id = $1");
                tx.one(&sql, params![id], user)
            })
            .await
    }

    /// The user who signs in with this address, if their account is in use.
    pub async fn user_by_address(&self, address: &EmailAddress) -> Result<Option<User>, Error> {
        let key = address.key();
        self.db
            .read(move |tx| {
                let sql = format!("select {COLUMNS} from \"user\" u where u.address_key = $1 and u.deactivated_at is null");
                tx.one(&sql, params![key], user)
            })
            .await
    }

    /// All users of a workspace, by name.
    pub async fn users(&self, workspace: WorkspaceId) -> Result<Vec<User>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!("select {COLUMNS} from \"user\" u where u.workspace_id = $1 order by u.name, u.id");
                tx.rows(&sql, params![workspace], user)
            })
            .await
    }

    /// Replaces a user's password hash and ends all their sessions.
    pub async fn user_set_password(&self, id: UserId, hash: String, by: By) -> Result<(), Error> {
        self.db
            .write(move |tx| set_password(tx, id, &hash, &by))
            .await
    }

    /// Notes that somebody tried a user's address with a wrong password: once a minute at most, so that whoever tries
    /// many cannot fill the account of acts.
    pub async fn user_sign_in_failed(&self, id: UserId, by: By) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                // Two at once, on two machines, would both find nothing: harmless.
                let kind = ActKind::UserSignInFailed;
                let sql = "select 1 from act where workspace_id = $1 and object = $2 and kind = $3 and at > $4 limit 1";
                let (workspace, object) = (workspace_of(tx, id)?, Object::User(id));
                let since = by.at - FAILURES_NOTED_EVERY;
                let values = params![workspace, object.text(), kind, since];
                if tx.has(sql, values)? {
                    return Ok(());
                }
                by.did(kind, object).write(tx, workspace)
            })
            .await
    }
}
