//! SQLite: one writer thread that commits in groups, and a few readers.
//!
//! A commit costs an fsync whether it holds one row or a thousand, so the writer takes all the work that waits,
//! runs each piece in a savepoint of its own, commits once, and only then answers everybody. A piece that fails
//! rolls back alone; a commit that fails fails them all.

use crate::Error;
use crate::db::Tx;
use crate::value::{Row, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Pieces of work that may wait for the writer; one more waits outside, which slows the callers down.
const QUEUE_MAX: usize = 1_024;
/// Pieces of work in one commit.
const GROUP_MAX: usize = 256;
const READERS: usize = 4;
/// What was deleted lives on in the write-ahead log until that is emptied. So it is, about this often.
const LOG_KEPT: Duration = Duration::from_secs(5);
/// How long a statement waits for another process's lock, in milliseconds. Only `overt` commands run beside a server.
const BUSY_TIMEOUT_MS: u64 = 5_000;

#[derive(Clone)]
pub(crate) struct Sqlite {
    writer: mpsc::Sender<Work>,
    readers: Arc<Readers>,
}

struct Readers {
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

/// A piece of work: runs in the open transaction, and gives back what tells its caller how it ended. Where there is
/// no transaction it is given the reason instead, so that its caller learns it.
type Work = Box<dyn FnOnce(Result<&Connection, Error>) -> Ended + Send>;
/// Called after the commit with its outcome.
type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

struct Ended {
    keep: bool,
    answer: Answer,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        create_for_owner(path)?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
        use_write_ahead_log(&connection)?;
        // FULL: a commit is on disk when it returns, also after a power cut. That is what "durable" means here.
        connection.execute_batch(
            "pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on;",
        )?;
        // Random ids touch pages all over the indexes: they should be in memory. In KiB, by the minus.
        connection.execute_batch("pragma cache_size = -32768;")?;
        connection.set_prepared_statement_cache_capacity(128);
        let readers = (0..READERS)
            .map(|_| reader(path))
            .collect::<Result<Vec<_>, _>>()?;
        let (writer, queue) = mpsc::channel(QUEUE_MAX);
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_in_groups(&connection, queue))
            .map_err(|e| Error::Unavailable(format!("cannot start the writer thread: {e}")))?;
        Ok(Self {
            writer,
            readers: Arc::new(Readers {
                idle: Mutex::new(readers),
                free: Arc::new(Semaphore::new(READERS)),
            }),
        })
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let outcome = connection.and_then(|connection| run(connection, work));
            Ended {
                keep: outcome.is_ok(),
                answer: Box::new(move |committed| {
                    let _ = sender.send(outcome.and_then(|value| committed.map(|()| value)));
                }),
            }
        });
        let gone = |()| Error::Unavailable("the database writer has stopped".into());
        self.writer.send(work).await.map_err(|_| gone(()))?;
        receiver.await.map_err(|_| gone(()))?
    }

    /// Empties the write-ahead log, which holds older versions of pages. Waits for readers for a while; where one stays in
    /// the way, the writer's next pause does it.
    pub(crate) async fn empty_log(&self) -> Result<(), Error> {
        self.on_reader(
            |connection| Ok(connection.execute_batch("pragma wal_checkpoint(truncate)")?),
        )
        .await
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.on_reader(|connection| read_transaction(connection, work))
            .await
    }

    async fn on_reader<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let readers = self.readers.clone();
        let free = readers.free.clone().acquire_owned();
        let permit = free
            .await
            .map_err(|_| Error::Unavailable("the database is closed".into()))?;
        tokio::task::spawn_blocking(move || {
            // Held until the connection is back, also when the caller has long gone away.
            let _permit = permit;
            let taken = readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let connection =
                taken.ok_or_else(|| Error::Unavailable("no database reader is free".into()))?;
            let outcome = work(&connection);
            readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            outcome
        })
        .await
        .map_err(|e| Error::Unavailable(format!("the work on the database broke off: {e}")))?
    }
}

/// Makes the file if it is not there, readable by its owner only: it holds who wrote to whom. The files that `SQLite`
/// puts beside it take over its permissions.
fn create_for_owner(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt;
    let options = &mut std::fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(Error::Unavailable(
            format!("cannot make {}: {error}", path.display()),
        )),
        _ => Ok(()),
    }
}

/// Runs work; if it panics, that is its error and nobody else's.
fn run<T>(
    connection: &Connection,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(|| work(&mut Tx::Sqlite(connection)))).unwrap_or_else(|_| {
        Err(Error::Unavailable(
            "the work on the database broke off".into(),
        ))
    })
}

/// Turns the log on. Of several who open a new file at once one does it, and the others are told that it is busy without
/// SQLite's waiting for them, since two who wait for the whole file would wait for each other.
fn use_write_ahead_log(connection: &Connection) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match connection.execute_batch("pragma journal_mode = wal;") {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && begun.elapsed().as_millis() < u128::from(BUSY_TIMEOUT_MS) =>
            {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            done => return Ok(done?),
        }
    }
}

fn reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
    connection.execute_batch("pragma query_only = on;")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn read_transaction<T>(
    connection: &Connection,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    connection.execute_batch("begin")?;
    let outcome = run(connection, work);
    connection.execute_batch("rollback")?;
    outcome
}

/// The writer thread. Ends when the last [`Sqlite`] is dropped.
fn write_in_groups(connection: &Connection, mut queue: mpsc::Receiver<Work>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    let (mut emptied, mut changes) = (Instant::now(), 0);
    while queue.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        let mut answers = Vec::with_capacity(group.len());
        let committed = write_group(connection, &mut group, &mut answers);
        if committed.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("rollback");
        }
        // Work that did not even start, because the group broke before it, ends as the group did.
        if let Err(error) = &committed {
            answers.extend(group.drain(..).map(|work| work(Err(error.clone())).answer));
        }
        for answer in answers {
            answer(committed.clone());
        }
        let now_changes = connection.total_changes();
        if now_changes != changes && queue.is_empty() && emptied.elapsed() >= LOG_KEPT {
            // Where a reader is in the way, the next time will do.
            let _ = connection.execute_batch("pragma wal_checkpoint(truncate)");
            (emptied, changes) = (Instant::now(), now_changes);
        }
    }
}

fn write_group(
    connection: &Connection,
    group: &mut Vec<Work>,
    answers: &mut Vec<Answer>,
) -> Result<(), Error> {
    connection.execute_batch("begin immediate")?;
    group.reverse(); // so that the first comes off the end
    while let Some(work) = group.pop() {
        let begun = connection
            .execute_batch("savepoint work")
            .map_err(Error::from);
        let ended = work(begun.clone().map(|()| connection));
        answers.push(ended.answer);
        begun?;
        // A full disk may roll the whole transaction back: then nothing of this group was kept.
        if connection.is_autocommit() {
            return Err(Error::Full);
        }
        connection.execute_batch(if ended.keep {
            "release work"
        } else {
            "rollback to work; release work"
        })?;
    }
    connection.execute_batch("commit")?;
    Ok(())
}

pub(crate) fn execute(connection: &Connection, sql: &str, params: &[Value]) -> Result<u64, Error> {
    let mut statement = connection.prepare_cached(&respell(sql))?;
    execute_prepared(&mut statement, params)
}

pub(crate) fn execute_many(
    connection: &Connection,
    sql: &str,
    sets: &[Vec<Value>],
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(&respell(sql))?;
    sets.iter()
        .try_for_each(|params| execute_prepared(&mut statement, params).map(|_| ()))
}

fn execute_prepared(statement: &mut Statement<'_>, params: &[Value]) -> Result<u64, Error> {
    Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
}

pub(crate) fn query(
    connection: &Connection,
    sql: &str,
    params: &[Value],
) -> Result<Vec<Row>, Error> {
    let mut statement = connection.prepare_cached(&respell(sql))?;
    query_prepared(&mut statement, params)
}

pub(crate) fn query_many(
    connection: &Connection,
    sql: &str,
    sets: &[Vec<Value>],
) -> Result<Vec<Vec<Row>>, Error> {
    let mut statement = connection.prepare_cached(&respell(sql))?;
    sets.iter()
        .map(|params| query_prepared(&mut statement, params))
        .collect()
}

/// Hands the rows of a query over one by one.
pub(crate) fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..columns)
            .map(|column| row.get_ref(column).map(value))
            .collect::<Result<_, _>>()?;
        take(Row(values))?;
    }
    Ok(())
}

fn query_prepared(statement: &mut Statement<'_>, params: &[Value]) -> Result<Vec<Row>, Error> {
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns)
            .map(|column| row.get_ref(column).map(value))
            .collect::<Result<_, _>>()?;
        out.push(Row(values));
    }
    Ok(out)
}

/// SQLite takes `$1` for a *name*, numbered by its first appearance; `?1` is a number. PostgreSQL knows only `$1`.
fn respell(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        let parameter = c == '$' && rest.peek().is_some_and(char::is_ascii_digit);
        out.push(if parameter { '?' } else { c });
    }
    out
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Real(_) => Value::Null, // no column is a float
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{ConstraintViolation, DatabaseCorrupt, DiskFull, NotADatabase};
        match error.sqlite_error_code() {
            Some(ConstraintViolation) => Self::Conflict(error.to_string()),
            Some(DiskFull) => Self::Full,
            Some(DatabaseCorrupt | NotADatabase) => Self::Corrupt(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
