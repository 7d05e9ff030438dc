//! Mailbox challenges: who asked to be let in to their own data, and the mail that shows that it is theirs.
//!
//! A contact gets a few a day at most. Old ones go when the next is made, and with the contact.

use crate::db::Tx;
use crate::value::params;
use crate::{Error, Store};
use model::challenge::{CHALLENGE_LIFE, CHALLENGED_WORKSPACES_MAX, CHALLENGES_MAX};
use model::{ContactId, EmailAddress, Time, WorkspaceId};

/// Addresses that are looked up in one transaction; further ones wait for the next.
const KNOCKS_MAX: u16 = 50;

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

    /// Notes that somebody asked for what is known of this address. Nothing is looked up here: the same row is written
    /// whoever it is, so that neither the answer nor how long it takes tells who is known (R-DSR-02).
    pub async fn knock(
        &self,
        address: &EmailAddress,
        id: [u8; 16],
        now: Time,
    ) -> Result<(), Error> {
        let key = address.key();
        self.db
            .write(move |tx| {
                let sql = "insert into knock (id, address, at) values ($1, $2, $3)";
                tx.execute(sql, params![id, key, now]).map(drop)
            })
            .await
    }

    /// Looks up the addresses that were noted, and challenges whoever is known under one, in every workspace. How many
    /// addresses it looked at; of who was known there is no word.
    pub async fn knocks_answer(&self, random: fn() -> [u8; 16], now: Time) -> Result<usize, Error> {
        self.db
            .write(move |tx| {
                let sql = "select id, address from knock order by at, id limit $1";
                let knocks = tx.query(sql, params![KNOCKS_MAX])?;
                for knock in &knocks {
                    let (id, key): ([u8; 16], String) = (knock.get(0)?, knock.get(1)?);
                    let sql = "select id, workspace_id from contact where address_key = $1
                               order by created_at, id limit $2";
                    for row in tx.query(sql, params![key, CHALLENGED_WORKSPACES_MAX])? {
                        challenge(tx, row.get(1)?, row.get(0)?, random, now)?;
                    }
                    tx.execute("delete from knock where id = $1", params![id])?;
                }
                Ok(knocks.len())
            })
            .await
    }

    /// A challenge.
    pub async fn challenge_find(&self, id: [u8; 16]) -> Result<Option<Challenge>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select id, contact_id, created_at, expires_at, used_at from challenge where id = $1";
                tx.one(sql, params![id], |row| {
                    Ok(Challenge {
                        id: row.get(0)?,
                        contact: row.get(1)?,
                        created_at: row.get(2)?,
                        expires_at: row.get(3)?,
                        used_at: row.get(4)?,
                    })
                })
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
    let made: i64 = tx.number(sql, params![contact])?;
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
