//! Sessions, app passwords and API keys: one table, because all three are random secrets of one user.

use crate::act::{By, Object};
use crate::user::{COLUMNS, User, user};
use crate::value::params;
use crate::{Error, Store, user::workspace_of};
use data_encoding::HEXLOWER;
use model::{ActKind, Sha256, Time, UserId};
use std::time::Duration;

/// What a secret is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// A signed-in browser.
    Session,
    /// SMTP submission from a mail client.
    AppPassword,
    /// The API.
    ApiKey,
}

impl CredentialKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::AppPassword => "app_password",
            Self::ApiKey => "api_key",
        }
    }
}

/// A secret, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Names it in lists; not secret.
    pub id: [u8; 16],
    /// The user's own word for it.
    pub label: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was last used, to the hour.
    pub used_at: Option<Time>,
}

/// The last use is noted at most once an hour: a note per request would be a write per request.
const USE_NOTED_EVERY: Duration = Duration::from_hours(1);

impl Store {
    /// Makes a credential. `expires_at` is none for those that live until they are revoked.
    pub async fn credential_create(
        &self,
        kind: CredentialKind,
        id: [u8; 16],
        user: UserId,
        label: &str,
        hash: Sha256,
        now: Time,
        expires_at: Option<Time>,
    ) -> Result<(), Error> {
        let label = label.to_owned();
        self.db
            .write(move |tx| {
                let sql = "insert into credential (hash, id, user_id, kind, label, created_at, expires_at)
                           values ($1, $2, $3, $4, $5, $6, $7)";
                tx.execute(sql, params![hash.0, id, user, kind.as_str(), &label, now, expires_at])?;
                let (act, object, after) = match kind {
                    CredentialKind::Session => {
                        let sql = "update \"user\" set signed_in_at = $2 where id = $1";
                        tx.execute(sql, params![user, now])?;
                        (ActKind::UserSignedIn, Object::User(user), None)
                    }
                    CredentialKind::AppPassword | CredentialKind::ApiKey => {
                        let credential = Object::Thing("credential", HEXLOWER.encode(&id));
                        let what = format!("{}: {label}", kind.as_str());
                        (ActKind::CredentialMade, credential, Some(what))
                    }
                };
                let workspace = workspace_of(tx, user)?;
                By::user(user, now).did(act, object).after(after).write(tx, workspace)
            })
            .await
    }

    /// The user whose secret has this digest, if it has not expired.
    pub async fn credential_user(
        &self,
        kind: CredentialKind,
        hash: Sha256,
        now: Time,
    ) -> Result<Option<User>, Error> {
        self.credential_find(kind, hash, now, Time(i64::MIN)).await
    }

    /// The user whose session has this digest, if it has neither expired nor lain idle for `idle`.
    pub async fn session_user(
        &self,
        hash: Sha256,
        now: Time,
        idle: Duration,
    ) -> Result<Option<User>, Error> {
        self.credential_find(CredentialKind::Session, hash, now, now - idle)
            .await
    }

    async fn credential_find(
        &self,
        kind: CredentialKind,
        hash: Sha256,
        now: Time,
        active_since: Time,
    ) -> Result<Option<User>, Error> {
        let found = self
            .db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS}, c.used_at from credential c join \"user\" u on u.id = c.user_id
                     where c.hash = $1 and c.kind = $2 and u.deactivated_at is null and (c.expires_at is null or c.expires_at > $3)
                     and coalesce(c.used_at, c.created_at) > $4"
                );
                let values = params![hash.0, kind.as_str(), now, active_since];
                tx.one(&sql, values, |row| Ok((user(row)?, row.get::<Option<Time>>(6)?)))
            })
            .await?;
        let Some((user, used_at)) = found else {
            return Ok(None);
        };
        if used_at.is_none_or(|at| now.since(at) >= USE_NOTED_EVERY) {
            self.db
                .write(move |tx| {
                    tx.execute(
                        "update credential set used_at = $2 where hash = $1",
                        params![hash.0, now],
                    )
                    .map(|_| ())
                })
                .await?;
        }
        Ok(Some(user))
    }

    /// A user's credentials of one kind, newest first.
    pub async fn credentials(
        &self,
        user: UserId,
        kind: CredentialKind,
    ) -> Result<Vec<Credential>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select id, label, created_at, used_at from credential
                           where user_id = $1 and kind = $2 order by created_at desc, id";
                tx.rows(sql, params![user, kind.as_str()], |row| {
                    Ok(Credential {
                        id: row.get(0)?,
                        label: row.get(1)?,
                        created_at: row.get(2)?,
                        used_at: row.get(3)?,
                    })
                })
            })
            .await
    }

    /// Revokes one of a user's credentials; false if there was none of that id.
    pub async fn credential_revoke(
        &self,
        user: UserId,
        id: [u8; 16],
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "delete from credential where user_id = $1 and id = $2";
                if tx.execute(sql, params![user, id])? == 0 {
                    return Ok(false);
                }
                let workspace = workspace_of(tx, user)?;
                by.did(
                    ActKind::CredentialRevoked,
                    Object::Thing("credential", HEXLOWER.encode(&id)),
                )
                .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Ends the session with this digest.
    pub async fn session_end(&self, hash: Sha256) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                tx.execute(
                    "delete from credential where hash = $1 and kind = 'session'",
                    params![hash.0],
                )
                .map(|_| ())
            })
            .await
    }
}
