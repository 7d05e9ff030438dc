//! The façade: one way to run SQL, whichever database is behind it.
//!
//! A unit of work is a plain synchronous closure over a [`Tx`]. On SQLite it runs on the writer thread, where
//! waiting closures share one commit; on PostgreSQL it runs on a blocking thread, in a transaction of its own.
//! Statements are written once, with `$1` parameters and in the SQL that both understand.

use crate::postgres::{self, Postgres};
use crate::sqlite::{self, Sqlite};
use crate::value::{FromValue, Row, Value};
use crate::{Config, Error};

#[derive(Clone)]
pub(crate) enum Db {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    pub(crate) async fn open(config: &Config) -> Result<Self, Error> {
        match config {
            Config::Sqlite(path) => Sqlite::open(path).map(Self::Sqlite),
            Config::Postgres(url) => Postgres::open(url).await.map(Self::Postgres),
        }
    }

    /// Runs `work` in a transaction; when this returns `Ok`, what it wrote is on disk.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        match self {
            Self::Sqlite(db) => db.write(work).await,
            Self::Postgres(db) => db.run(work).await,
        }
    }

    /// Sees to it that what was deleted is gone from the files, too, as far as the database can: see `erasure`.
    pub(crate) async fn scrub(&self, tables: Vec<String>) -> Result<(), Error> {
        match self {
            Self::Sqlite(db) => db.empty_log().await,
            Self::Postgres(db) => db.vacuum(tables).await,
        }
    }

    /// Runs `work` on a consistent view of the data. It must not write.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        match self {
            Self::Sqlite(db) => db.read(work).await,
            Self::Postgres(db) => db.run(work).await,
        }
    }
}

/// Rows that one statement inserts or asks for on PostgreSQL. One size, so that one plan is kept for it.
const ROWS_IN_STATEMENT: usize = 50;

/// `($1, $2), ($3, $4)`: the places of so many rows.
fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<_> = (1..=columns)
            .map(|column| format!("${}", row * columns + column))
            .collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// A running transaction.
pub(crate) enum Tx<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(postgres::Session<'a>),
}

impl Tx<'_> {
    /// Runs a statement; how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Self::Postgres(session) => session.execute(sql, params),
        }
    }

    /// Runs one statement for each set of parameters: in one round trip where that matters.
    pub(crate) fn execute_many(&mut self, sql: &str, sets: &[Vec<Value>]) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => sqlite::execute_many(connection, sql, sets),
            Self::Postgres(session) => session.execute_many(sql, sets),
        }
    }

    /// Inserts rows of equal length. `into` is the statement up to `values`, `tail` what comes behind them.
    ///
    /// PostgreSQL's price is by statement and SQLite's by row, so the one gets many rows in a statement.
    pub(crate) fn insert(
        &mut self,
        into: &str,
        tail: &str,
        rows: &[Vec<Value>],
    ) -> Result<(), Error> {
        let Some(columns) = rows.first().map(Vec::len) else {
            return Ok(());
        };
        let statement = |rows| format!("{into} values {} {tail}", places(rows, columns));
        let whole = match self {
            Self::Sqlite(_) => 0,
            Self::Postgres(_) => rows.len() - rows.len() % ROWS_IN_STATEMENT,
        };
        if whole > 0 {
            let sets: Vec<_> = rows[..whole]
                .chunks(ROWS_IN_STATEMENT)
                .map(<[_]>::concat)
                .collect();
            self.execute_many(&statement(ROWS_IN_STATEMENT), &sets)?;
        }
        self.execute_many(&statement(1), &rows[whole..])
    }

    /// The rows of a query.
    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        match self {
            Self::Sqlite(connection) => sqlite::query(connection, sql, params),
            Self::Postgres(session) => session.query(sql, params),
        }
    }

    /// The rows of one query for each set of parameters, in the order of the sets.
    pub(crate) fn query_many(
        &mut self,
        sql: &str,
        sets: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, Error> {
        match self {
            Self::Sqlite(connection) => sqlite::query_many(connection, sql, sets),
            Self::Postgres(session) => session.query_many(sql, sets),
        }
    }

    /// The rows of a query that ends in a column's name and asks for these values of it, in no particular order.
    ///
    /// Many values in a statement on PostgreSQL, one on SQLite, as with [`insert`](Self::insert).
    pub(crate) fn query_in(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let whole = match self {
            Self::Sqlite(_) => 0,
            Self::Postgres(_) => values.len() - values.len() % ROWS_IN_STATEMENT,
        };
        let mut rows = Vec::with_capacity(values.len());
        for (many, part) in [(ROWS_IN_STATEMENT, &values[..whole]), (1, &values[whole..])] {
            let sets: Vec<_> = part.chunks(many).map(<[_]>::to_vec).collect();
            let sql = format!("{sql} in {}", places(1, many));
            rows.extend(self.query_many(&sql, &sets)?.into_iter().flatten());
        }
        Ok(rows)
    }

    /// Hands the rows of a query over one by one: for as many as a table has.
    pub(crate) fn each(
        &mut self,
        sql: &str,
        take: &mut dyn FnMut(&mut Tx<'_>, Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let portal = match self {
            Self::Sqlite(connection) => {
                let connection = *connection;
                return sqlite::each(connection, sql, |row| {
                    take(&mut Tx::Sqlite(connection), row)
                });
            }
            Self::Postgres(session) => session.open(sql)?,
        };
        loop {
            let rows = match self {
                Self::Sqlite(_) => return Ok(()),
                Self::Postgres(session) => session.fetch(&portal)?,
            };
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                take(self, row)?;
            }
        }
    }

    /// From here on all statements see the data of one moment. The first thing that a reading transaction does;
    /// `SQLite`'s do so anyway.
    pub(crate) fn freeze(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => {
                session.script("set transaction isolation level repeatable read, read only")
            }
        }
    }

    /// The first row of a query, if there is one.
    pub(crate) fn first(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// The rows of a query, each as what it says.
    pub(crate) fn rows<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        read: impl FnMut(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.iter().map(read).collect()
    }

    /// The first row of a query as what it says, if there is one.
    pub(crate) fn one<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        read: impl FnOnce(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.first(sql, params)?.as_ref().map(read).transpose()
    }

    /// Has a query any row?
    pub(crate) fn has(&mut self, sql: &str, params: &[Value]) -> Result<bool, Error> {
        self.first(sql, params).map(|row| row.is_some())
    }

    /// The one number that a query gives; 0 if it gives none.
    pub(crate) fn number<T: FromValue + Default>(
        &mut self,
        sql: &str,
        params: &[Value],
    ) -> Result<T, Error> {
        let number = self.one(sql, params, |row| row.get(0))?;
        Ok(number.unwrap_or_default())
    }

    /// Runs a script of several statements without parameters.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).map_err(Error::from),
            Self::Postgres(session) => session.script(sql),
        }
    }

    /// Put behind a select: its rows stay as they are until the commit, and rows that another worker holds are left
    /// to that worker. `SQLite` has one writer, so there nobody else holds anything.
    pub(crate) fn lock_free_rows(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "for update skip locked",
        }
    }

    /// Put behind a select: waits for whoever holds its rows of `table`; then they stay as they are until the commit.
    pub(crate) fn lock_rows(&self, table: &str) -> String {
        match self {
            Self::Sqlite(_) => String::new(),
            Self::Postgres(_) => format!("for no key update of {table}"),
        }
    }

    /// The next `n` numbers of a named sequence; returns the last of them. The row stays locked until the commit,
    /// so numbers become visible in order and without gaps: what a feed reader relies on. Everybody who writes waits for
    /// that row: take numbers last, after all other rows that may have to be waited for.
    pub(crate) fn next_numbers(&mut self, name: &str, n: i64) -> Result<i64, Error> {
        let sql = "insert into counter (name, value) values ($1, $2)
             on conflict (name) do update set value = counter.value + excluded.value returning value";
        let row = self.first(sql, &[name.into(), n.into()])?;
        row.ok_or_else(|| Error::Corrupt("a counter gave no number".into()))?
            .get(0)
    }
}
