//! Migrations: numbered scripts, each run once, in order, in one transaction with its mark.

use crate::Error;
use crate::db::{Db, Tx};
use crate::fixed;
use crate::value::params;

/// The scripts, in the order in which they run. Never edit one that was released; add another.
const SCRIPTS: &[(i64, &str)] = &[(1, include_str!("../migrations/0001_begin.sql"))];

/// Brings the database to the newest schema. A database that is newer than this program is refused.
pub(crate) async fn run(db: &Db) -> Result<(), Error> {
    db.write(|tx| {
        // Two processes that start together on PostgreSQL: the second waits here for the first. A lock of our own,
        // because on an empty database there is no table yet to lock.
        if matches!(tx, Tx::Postgres(_)) {
            tx.script("select pg_advisory_xact_lock(7313410)")?;
        }
        // Looked for first: a role that may not make tables may still run the program.
        let there = match tx {
            Tx::Sqlite(_) => "select 1 from sqlite_master where name = 'migration'",
            Tx::Postgres(_) => "select 1 where to_regclass('migration') is not null",
        };
        if !tx.has(there, &[])? {
            tx.script("create table migration (number bigint primary key)")?;
        }
        let done: i64 = tx.number("select coalesce(max(number), 0) from migration", &[])?;
        let newest = SCRIPTS.last().map_or(0, |(number, _)| *number);
        if done > newest {
            return Err(Error::Corrupt(format!(
                "the database has schema {done}, this program knows up to {newest}: use the newer program"
            )));
        }
        for (number, script) in SCRIPTS.iter().filter(|(number, _)| *number > done) {
            tx.script(script)?;
            if matches!(tx, Tx::Sqlite(_)) {
                tx.script(&fixed::triggers())?;
            }
            tx.execute("insert into migration (number) values ($1)", params![*number])?;
        }
        Ok(())
    })
    .await
}
