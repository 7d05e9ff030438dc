//! The workspace's tracking policy, version by version, and who acknowledged the one in force.
//!
//! Publishing another version puts every user back to untracked mail until they acknowledge it. Versions stay: an
//! acknowledgement in the account of acts points to the exact text.

use crate::act::{By, Object};
use crate::db::Tx;
use crate::user::workspace_of;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::{ActKind, Sha256, Time, UserId, WorkspaceId};

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The digest of its text, which names it.
    pub version: Sha256,
    /// The text.
    pub body: String,
    /// When it came into force.
    pub published_at: Time,
    /// Who published it; none for the one that came with the workspace.
    pub user: Option<UserId>,
    /// It is the one in force.
    pub in_force: bool,
}

fn policy(row: &Row) -> Result<Policy, Error> {
    Ok(Policy {
        version: Sha256(row.get(0)?),
        body: row.get(1)?,
        published_at: row.get(2)?,
        user: row.get(3)?,
        in_force: row.get(4)?,
    })
}

const COLUMNS: &str = "p.sha256, p.body, p.published_at, p.user_id,
    case when p.sha256 = w.policy_sha256 then 1 else 0 end";

/// Puts a version into force. Text that was in force before keeps its row and gets a new moment.
pub(crate) fn publish(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    body: &str,
    by: &By,
) -> Result<(), Error> {
    let version = Sha256::of(body);
    let sql = "insert into policy (workspace_id, sha256, body, published_at, user_id) values ($1, $2, $3, $4, $5)
               on conflict (workspace_id, sha256) do update set published_at = excluded.published_at,
               user_id = excluded.user_id";
    tx.execute(sql, params![workspace, version.0, body, by.at, by.user])?;
    let sql = "update workspace set policy_sha256 = $2 where id = $1 and policy_sha256 <> $2";
    tx.execute(sql, params![workspace, version.0]).map(|_| ())
}

impl Store {
    /// All versions of a workspace's policy, the one in force first.
    pub async fn policies(&self, workspace: WorkspaceId) -> Result<Vec<Policy>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {COLUMNS} from policy p join workspace w on w.id = p.workspace_id
                     where p.workspace_id = $1 order by 5 desc, p.published_at desc limit 200"
                );
                tx.rows(&sql, params![workspace], policy)
            })
            .await
    }

    /// The version in force.
    pub async fn policy(&self, workspace: WorkspaceId) -> Result<Policy, Error> {
        let first = self.policies(workspace).await?.into_iter().next();
        first.ok_or_else(|| Error::Corrupt("a workspace has no policy".into()))
    }

    /// Puts another version into force. False if it is the one in force.
    pub async fn policy_publish(
        &self,
        workspace: WorkspaceId,
        body: &str,
        by: By,
    ) -> Result<bool, Error> {
        let body = body.to_owned();
        self.db
            .write(move |tx| {
                let version = Sha256::of(&body);
                let sql = "select policy_sha256 from workspace where id = $1";
                let Some(row) = tx.first(sql, params![workspace])? else {
                    return Ok(false);
                };
                let before = Sha256(row.get(0)?);
                if before == version {
                    return Ok(false);
                }
                publish(tx, workspace, &body, &by)?;
                by.did(
                    ActKind::PolicyPublished,
                    Object::Thing("policy", version.to_string()),
                )
                .before(before.to_string())
                .after(version.to_string())
                .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// The user read this version and will keep to it. False if it is not the one in force any more.
    pub async fn policy_acknowledge(
        &self,
        user: UserId,
        version: Sha256,
        now: Time,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update \"user\" set policy_sha256 = $2, policy_at = $3 where id = $1 and exists
                    (select 1 from workspace w where w.id = \"user\".workspace_id and w.policy_sha256 = $2)";
                if tx.execute(sql, params![user, version.0, now])? == 0 {
                    return Ok(false);
                }
                let workspace = workspace_of(tx, user)?;
                By::user(user, now)
                    .did(ActKind::PolicyAcknowledged, Object::Thing("policy", version.to_string()))
                    .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }
}
