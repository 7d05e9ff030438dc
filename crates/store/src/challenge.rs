//! Mailbox challenges: who asked to be let in to their own data, and the mail that shows that it is theirs.
//!
//! A contact gets a few a day at most. Old ones go when the next is made, and with the contact.

use crate::db::Tx;
use crate::value::params;
use crate::{Error, Store};
use model::challenge::{CHALLENGE_LIFE, CHALLENGED_WORKSPACES_MAX, CHALLENGES_MAX};
use model::{ContactId, EmailAddress, Time, WorkspaceId};

/// A challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    /// The id inside the token.
    pub id: [u8; 16],
    /// Whose mailbox is to answer.
    pub contact: ContactId,
    /// When the mail was asked for.
    pub created_at: Time,
    /// Until when its link works.
    pub expires_at: Time,
    /// When it let somebody act; it does so once.
    pub used_at: Option<Time>,
}

impl Challenge {
    /// Does its link still work?
    pub fn is_open(&self, now: Time) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}

impl Store {
    /// Puts a challenge to this contact into the outbox. False if they had several within a day.
    pub async fn challenge(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        random: fn() -> [u8; 16],
        now: Time,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| challenge(tx, workspace, contact, random, now))
            .await
    }

    /// Challenges whoever is known under this address, in every workspace. Whether anybody is stays in here: there is
    /// no answer (R-DSR-02).
    pub async fn challenge_whoever(
        &self,
        address: &EmailAddress,
        random: fn() -> [u8; 16],
        now: Time,
    ) -> Result<(), Error> {
        let key = address.key();
        self.db
            .write(move |tx| {
                let sql = "select id, workspace_id from contact where address_key = $1
                           order by created_at, id limit $2";
                for row in tx.query(sql, params![key, CHALLENGED_WORKSPACES_MAX])? {
                    challenge(tx, row.get(1)?, row.get(0)?, random, now)?;
                }
                Ok(())
            })
            .await
    }

    /// A challenge.
    pub async fn challenge_find(&self, id: [u8; 16]) -> Result<Option<Challenge>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select id, contact_id, created_at, expires_at, used_at from challenge where id = $1";
                let row = tx.first(sql, params![id])?;
                row.map(|row| {
                    Ok(Challenge {
                        id: row.get(0)?,
                        contact: row.get(1)?,
                        created_at: row.get(2)?,
                        expires_at: row.get(3)?,
                        used_at: row.get(4)?,
                    })
                })
                .transpose()
            })
            .await
    }

    /// Uses a challenge up. True for the one who did; false if it was used before or is too old.
    pub async fn challenge_use(&self, id: [u8; 16], now: Time) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update challenge set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
                Ok(tx.execute(sql, params![id, now])? > 0)
            })
            .await
    }
}

fn challenge(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    contact: ContactId,
    random: fn() -> [u8; 16],
    now: Time,
) -> Result<bool, Error> {
    let sql = format!(
        "select address from contact where id = $1 and workspace_id = $2 {}",
        tx.lock_rows("contact")
    );
    let Some(row) = tx.first(&sql, params![contact, workspace])? else {
        return Ok(false);
    };
    let address: String = row.get(0)?;
    tx.execute(
        "delete from challenge where contact_id = $1 and created_at <= $2",
        params![contact, now - CHALLENGE_LIFE],
    )?;
    let sql = "select count(*) from challenge where contact_id = $1";
    let made: i64 = tx
        .first(sql, params![contact])?
        .map_or(Ok(0), |row| row.get(0))?;
    if made >= CHALLENGES_MAX {
        return Ok(false);
    }
    let (id, outbox) = (random(), random());
    let sql =
        "insert into challenge (id, contact_id, created_at, expires_at) values ($1, $2, $3, $4)";
    tx.execute(sql, params![id, contact, now, now + CHALLENGE_LIFE])?;
    let sql = "insert into outbox (id, kind, workspace_id, request_id, contact_id, sender, recipient, created_at, due_at,
               attempts) values ($1, 'challenge', $2, $3, $4, '', $5, $6, $6, 0)";
    tx.execute(sql, params![outbox, workspace, id, contact, address, now])?;
    Ok(true)
}
