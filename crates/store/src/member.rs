//! Users as those see them who answer for them: rights, limits, last sign-in; inviting, deactivating, resetting.
//!
//! A workspace always keeps an owner who can sign in.

use crate::act::{By, Object};
use crate::db::Tx;
use crate::limits::{self, Limits, limits};
use crate::user::{COLUMNS, user};
use crate::value::{Row, params};
use crate::workspace::ceiling_text;
use crate::{Error, Store, User};
use model::{ActKind, Mode, PerAxis, Role, Sha256, Time, UserId, WorkspaceId};

/// A user and their standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user: User,
    /// Since when the account exists.
    pub created_at: Time,
    /// Since when it is out of use.
    pub deactivated_at: Option<Time>,
    /// When they last signed in to the dashboard.
    pub signed_in_at: Option<Time>,
    /// When they last acknowledged a tracking policy.
    pub acknowledged_at: Option<Time>,
    /// What they may track.
    pub limits: Limits,
}

fn select() -> String {
    format!(
        "select {COLUMNS}, u.created_at, u.deactivated_at, u.signed_in_at, u.policy_at, {}
         from \"user\" u join workspace w on w.id = u.workspace_id where u.workspace_id = $1",
        limits::COLUMNS
    )
}

fn member(row: &Row) -> Result<Member, Error> {
    Ok(Member {
        user: user(row)?,
        created_at: row.get(6)?,
        deactivated_at: row.get(7)?,
        signed_in_at: row.get(8)?,
        acknowledged_at: row.get(9)?,
        limits: limits(row, 10)?,
    })
}

fn find(tx: &mut Tx<'_>, workspace: WorkspaceId, id: UserId) -> Result<Option<Member>, Error> {
    let sql = format!("{} and u.id = $2", select());
    tx.one(&sql, params![workspace, id], member)
}

/// Is there an owner who can sign in, beside this user?
fn must_leave_an_owner(tx: &mut Tx<'_>, m: &Member) -> Result<(), Error> {
    if m.user.role != Role::Owner || m.deactivated_at.is_some() {
        return Ok(());
    }
    let sql = "select 1 from \"user\" where workspace_id = $1 and id <> $2 and role = 'owner'
               and deactivated_at is null";
    if tx.has(sql, params![m.user.workspace, m.user.id])? {
        return Ok(());
    }
    let why = "a workspace needs an owner who can sign in";
    Err(Error::Conflict(why.into()))
}

/// What a user may track, as the account of acts has it.
fn limits_text(may_track: bool, ceiling: &PerAxis<Mode>) -> String {
    let right = if may_track {
        "may track"
    } else {
        "may not track"
    };
    format!("{right}, {}", ceiling_text(ceiling))
}

impl Store {
    /// All users of a workspace, by name.
    pub async fn members(&self, workspace: WorkspaceId) -> Result<Vec<Member>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!("{} order by u.name, u.id", select());
                tx.rows(&sql, params![workspace], member)
            })
            .await
    }

    /// One user of a workspace.
    pub async fn member(
        &self,
        workspace: WorkspaceId,
        id: UserId,
    ) -> Result<Option<Member>, Error> {
        self.db.read(move |tx| find(tx, workspace, id)).await
    }

    /// Gives a user another role. False if there is no such user; a conflict if no owner would be left.
    pub async fn user_set_role(
        &self,
        workspace: WorkspaceId,
        id: UserId,
        role: Role,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let Some(m) = find(tx, workspace, id)? else {
                    return Ok(false);
                };
                if m.user.role == role {
                    return Ok(true);
                }
                must_leave_an_owner(tx, &m)?;
                tx.execute(
                    "update \"user\" set role = $2 where id = $1",
                    params![id, role],
                )?;
                by.did(ActKind::UserRoleSet, Object::User(id))
                    .before(m.user.role.as_str().to_owned())
                    .after(role.as_str().to_owned())
                    .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Takes a user's account out of use, with all sessions, app passwords and keys; or back into use. False if there
    /// is no such user; a conflict if no owner would be left.
    pub async fn user_set_active(
        &self,
        workspace: WorkspaceId,
        id: UserId,
        active: bool,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let Some(m) = find(tx, workspace, id)? else {
                    return Ok(false);
                };
                if m.deactivated_at.is_none() == active {
                    return Ok(true);
                }
                if !active {
                    must_leave_an_owner(tx, &m)?;
                    tx.execute("delete from credential where user_id = $1", params![id])?;
                }
                let since = (!active).then_some(by.at);
                let sql = "update \"user\" set deactivated_at = $2 where id = $1";
                tx.execute(sql, params![id, since])?;
                let kind = if active {
                    ActKind::UserReactivated
                } else {
                    ActKind::UserDeactivated
                };
                by.did(kind, Object::User(id)).write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Sets what a user may track. False if there is no such user.
    pub async fn user_set_limits(
        &self,
        workspace: WorkspaceId,
        id: UserId,
        may_track: bool,
        ceiling: PerAxis<Mode>,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let Some(m) = find(tx, workspace, id)? else {
                    return Ok(false);
                };
                let before = limits_text(m.limits.may_track, &m.limits.ceiling);
                let after = limits_text(may_track, &ceiling);
                if before == after {
                    return Ok(true);
                }
                let sql =
                    "update \"user\" set may_track = $2, ceiling_open = $3, ceiling_click = $4,
                           ceiling_document = $5 where id = $1";
                let c = ceiling;
                tx.execute(sql, params![id, may_track, c.open, c.click, c.document])?;
                by.did(ActKind::UserCeilingSet, Object::User(id))
                    .before(before)
                    .after(after)
                    .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Makes a secret with which a user chooses a password, once; an earlier one is void. False if there is no such
    /// user, or the account is out of use.
    pub async fn user_reset_issue(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        credential: [u8; 16],
        hash: Sha256,
        expires_at: Time,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                if find(tx, workspace, user)?.is_none_or(|m| m.deactivated_at.is_some()) {
                    return Ok(false);
                }
                let sql = "delete from credential where user_id = $1 and kind = 'reset'";
                tx.execute(sql, params![user])?;
                let sql = "insert into credential (hash, id, user_id, kind, label, created_at, expires_at)
                           values ($1, $2, $3, 'reset', '', $4, $5)";
                tx.execute(sql, params![hash.0, credential, user, by.at, expires_at])?;
                by.did(ActKind::UserResetIssued, Object::User(user)).write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Whose secret this is, while it is good.
    pub async fn user_reset_find(&self, hash: Sha256, now: Time) -> Result<Option<User>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from credential c join \"user\" u on u.id = c.user_id where c.hash = $1
                     and c.kind = 'reset' and c.expires_at > $2 and u.deactivated_at is null"
                );
                tx.one(&sql, params![hash.0, now], user)
            })
            .await
    }

    /// Uses the secret up: the user has this password now. False if it is not good any more.
    pub async fn user_reset_use(
        &self,
        hash: Sha256,
        password: String,
        now: Time,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql =
                    "delete from credential where hash = $1 and kind = 'reset' and expires_at > $2
                           returning user_id";
                let Some(row) = tx.first(sql, params![hash.0, now])? else {
                    return Ok(false);
                };
                let user: UserId = row.get(0)?;
                crate::user::set_password(tx, user, &password, &By::user(user, now))?;
                Ok(true)
            })
            .await
    }
}
