//! A backup that erasing reaches into, in one form for both databases (R-DSR-05).
//!
//! A line of JSON a row. Rows of a contact are sealed under a key derived from that contact's own; so are subjects,
//! links and waiting mails that name one. The keys are not in the backup: they stand in a small file of their own,
//! written anew with each backup and after each erasure, with the keys of living contacts only. A backup without a key
//! for a row is a backup without that row, however old it is and wherever it lies.
//!
//! Restoring needs an empty database, of either kind: so a backup also moves an instance from SQLite to PostgreSQL. It
//! drops what has no key, and what is on the list of the erased, before anything is served. It is one transaction.
//!
//! Left out: configuration and the key file of tokens, which are files to be copied. What is not about contacts stands
//! in the backup in the clear (users, their digests of passwords, settings): keep it like the database itself.

mod keys;
mod line;
mod read;
mod write;

pub use keys::BackupKeys;

use crate::inventory::{Owner, TABLES, Table, table};
use crate::{Error, Store};
use model::Time;
use std::io::{BufRead, Write};

/// What a backup came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Saved {
    /// Rows in all.
    pub rows: u64,
    /// Of these, sealed under contacts' keys.
    pub sealed: u64,
}

/// What restoring came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restored {
    /// Rows that are back.
    pub rows: u64,
    /// Rows that are not, because their key is gone.
    pub dropped: u64,
    /// When the backup was made.
    pub made_at: Option<Time>,
}

impl Store {
    /// Writes a backup of one moment. Others go on reading and writing meanwhile. `id` is random.
    pub async fn backup<W: Write + Send + 'static>(
        &self,
        to: W,
        id: [u8; 16],
        now: Time,
    ) -> Result<Saved, Error> {
        self.db
            .read(move |tx| {
                tx.freeze()?;
                write::backup(tx, to, id, now)
            })
            .await
    }

    /// Reads a backup into this database, which must be empty. All or nothing.
    ///
    /// `queue` says whether mail that waited then waits again: right for moving, wrong where it may have left since.
    pub async fn restore<R: BufRead + Send + 'static>(
        &self,
        from: R,
        keys: BackupKeys,
        queue: bool,
        now: Time,
    ) -> Result<Restored, Error> {
        self.db
            .write(move |tx| read::restore(tx, from, &keys, queue, now))
            .await
    }

    /// The keys of the living, and the erased, as they belong into the key file beside backups.
    pub async fn backup_keys<W: Write + Send + 'static>(
        &self,
        to: W,
        now: Time,
    ) -> Result<(), Error> {
        self.db
            .read(move |tx| {
                tx.freeze()?;
                keys::write(tx, to, now)
            })
            .await
    }

    /// How many contacts were ever erased: with one more, the key file is old.
    pub async fn erasures(&self) -> Result<u64, Error> {
        self.db
            .read(|tx| keys::erased(tx).map(|erased| erased.len() as u64))
            .await
    }
}

/// The tables of a backup, in order. Keys stand in the file beside it; which migrations ran is the database's own; an
/// address that somebody wrote into a page waits for seconds, and nobody could erase it from a backup.
fn tables() -> impl Iterator<Item = &'static Table> {
    TABLES
        .iter()
        .filter(|table| !["migration", "contact_key", "knock", "intake"].contains(&table.name))
}

/// The contact that a row is of, as an expression over the row called `t`; none for tables that are nobody's so.
fn owner(of: &Table, row: &str) -> Option<String> {
    match of.owner {
        Owner::Contact(column) => Some(format!("{row}.{column}")),
        Owner::Of(column, parent) => {
            let inner = format!("{row}p");
            let owner = owner(table(parent)?, &inner)?;
            let parent = table(parent)?.quoted();
            Some(format!(
                "(select {owner} from {parent} {inner} where {inner}.id = {row}.{column})"
            ))
        }
        Owner::Nobody | Owner::Workspace(_) | Owner::User(_) => None,
    }
}

fn damaged(what: &str) -> Error {
    Error::Corrupt(format!("the backup cannot be used: {what}"))
}

fn io(error: &std::io::Error) -> Error {
    Error::Unavailable(format!("the backup: {error}"))
}
