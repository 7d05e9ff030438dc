//! PostgreSQL: a small pool, every piece of work in a transaction of its own.
//!
//! The work is a synchronous closure, so that it is written once for both databases; here it runs on a blocking
//! thread and waits for the server statement by statement. Where one statement runs for many rows, they are sent
//! in one go (pipelining), which is what the hit writer lives on.

use crate::Error;
use crate::db::Tx;
use crate::value::{Row, Value};
use bytes::{BufMut, BytesMut};
use deadpool_postgres::{
    Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts, Transaction,
};
use futures_util::future::try_join_all;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_postgres::Portal;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

const CONNECTIONS_MAX: usize = 16;
/// Rows of a long result that are in memory at once.
const ROWS_FETCHED: i32 = 500;
const WAIT_MAX: Duration = Duration::from_secs(5);
/// No statement of ours runs for long; one that does is stopped rather than waited for.
const SERVER_OPTIONS: &str = "-c statement_timeout=20000 -c lock_timeout=5000";
/// A server that hangs stops nothing by itself: then we do, a little later.
const ANSWER_MAX: Duration = Duration::from_mins(1);

#[derive(Clone)]
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let mut config: tokio_postgres::Config = url.parse().map_err(|e| {
            Error::Unavailable(format!("the database address cannot be understood: {e}"))
        })?;
        let options = config.get_options().map_or_else(
            || SERVER_OPTIONS.to_owned(),
            |o| format!("{SERVER_OPTIONS} {o}"),
        );
        // On this machine there is nobody to hide from, and Debian's server offers a certificate nobody has signed.
        let here = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
        };
        if config.get_ssl_mode() == SslMode::Prefer && config.get_hosts().iter().all(here) {
            config.ssl_mode(SslMode::Disable);
        }
        config
            .options(options)
            .connect_timeout(WAIT_MAX)
            .application_name("overt");
        let manager_config = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(config, tls()?, manager_config);
        let timeouts = Timeouts {
            wait: Some(WAIT_MAX),
            create: Some(WAIT_MAX),
            recycle: Some(WAIT_MAX),
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS_MAX)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        drop(pool.get().await?); // so that a wrong address is an error at start, not at the first mail
        Ok(Self { pool })
    }

    /// Makes the space of deleted rows free. Not in a transaction, and for as long as it takes.
    pub(crate) async fn vacuum(&self, tables: Vec<String>) -> Result<(), Error> {
        let client = self.pool.get().await?;
        client.batch_execute("set statement_timeout = 0").await?;
        let vacuumed = client
            .batch_execute(&format!("vacuum {}", tables.join(", ")))
            .await;
        client.batch_execute("reset statement_timeout").await?;
        Ok(vacuumed?)
    }

    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let mut client = self.pool.get().await?;
        tokio::task::spawn_blocking(move || {
            let runtime = Handle::current();
            // To begin is no work: a server that does not even do that is not there.
            let transaction = answer(&runtime, WAIT_MAX, client.transaction())?;
            let session = Session {
                transaction: &transaction,
                runtime: &runtime,
            };
            let value = work(&mut Tx::Postgres(session))?;
            answer(&runtime, ANSWER_MAX, transaction.commit())?;
            Ok(value)
        })
        .await
        .map_err(|e| Error::Unavailable(format!("the work on the database broke off: {e}")))?
    }
}

/// Waits for an answer of the server, but not for ever.
fn answer<T, E>(
    runtime: &Handle,
    longest: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Error>
where
    Error: From<E>,
{
    let silent = |_| Error::Unavailable("it took a question and said nothing".into());
    let bounded = async { tokio::time::timeout(longest, work).await.map_err(silent) };
    Ok(runtime.block_on(bounded)??)
}

/// A running transaction.
pub(crate) struct Session<'a> {
    transaction: &'a Transaction<'a>,
    runtime: &'a Handle,
}

impl Session<'_> {
    fn answer<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        answer(self.runtime, ANSWER_MAX, work)
    }

    pub(crate) fn execute(&self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        self.answer(async {
            let statement = self.transaction.prepare_cached(sql).await?;
            Ok(self
                .transaction
                .execute(&statement, &borrow(params))
                .await?)
        })
    }

    pub(crate) fn execute_many(&self, sql: &str, sets: &[Vec<Value>]) -> Result<(), Error> {
        self.answer(async {
            let statement = self.transaction.prepare_cached(sql).await?;
            let statement = &statement;
            let all = sets
                .iter()
                .map(|set| async move { self.transaction.execute(statement, &borrow(set)).await });
            try_join_all(all).await?;
            Ok(())
        })
    }

    pub(crate) fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        self.answer(async {
            let statement = self.transaction.prepare_cached(sql).await?;
            rows(&self.transaction.query(&statement, &borrow(params)).await?)
        })
    }

    pub(crate) fn query_many(
        &self,
        sql: &str,
        sets: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, Error> {
        self.answer(async {
            let statement = self.transaction.prepare_cached(sql).await?;
            let statement = &statement;
            let all = sets
                .iter()
                .map(|set| async move { self.transaction.query(statement, &borrow(set)).await });
            try_join_all(all)
                .await?
                .iter()
                .map(|result| rows(result))
                .collect()
        })
    }

    /// A query whose rows are fetched piece by piece.
    pub(crate) fn open(&self, sql: &str) -> Result<Portal, Error> {
        self.answer(async {
            let statement = self.transaction.prepare(sql).await?;
            Ok(self.transaction.bind(&statement, &[]).await?)
        })
    }

    /// The next of its rows; none when there are no more.
    pub(crate) fn fetch(&self, portal: &Portal) -> Result<Vec<Row>, Error> {
        self.answer(async { rows(&self.transaction.query_portal(portal, ROWS_FETCHED).await?) })
    }

    pub(crate) fn script(&self, sql: &str) -> Result<(), Error> {
        self.answer(async { Ok(self.transaction.batch_execute(sql).await?) })
    }
}

fn borrow(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|p| p as &(dyn ToSql + Sync)).collect()
}

fn rows(rows: &[tokio_postgres::Row]) -> Result<Vec<Row>, Error> {
    rows.iter()
        .map(|row| {
            row.columns()
                .iter()
                .enumerate()
                .map(|(i, c)| value(row, i, c.type_()))
                .collect::<Result<_, _>>()
                .map(Row)
        })
        .collect()
}

fn value(row: &tokio_postgres::Row, column: usize, kind: &Type) -> Result<Value, Error> {
    Ok(match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(column)?.into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map(i64::from).into(),
        Type::TEXT | Type::VARCHAR => row.try_get::<_, Option<String>>(column)?.into(),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.into(),
        Type::BOOL => row.try_get::<_, Option<bool>>(column)?.into(),
        _ => {
            return Err(Error::Corrupt(format!(
                "column {column} has a type this program does not use: {kind}"
            )));
        }
    })
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Int(n), &Type::INT4) => out.put_i32(i32::try_from(*n)?),
            (Self::Int(n), &Type::INT8) => out.put_i64(*n),
            (Self::Text(text), _) => out.put_slice(text.as_bytes()),
            (Self::Blob(bytes), _) => out.put_slice(bytes),
            (Self::Int(_), _) => {
                return Err(format!("a number was given where the database expects {kind}").into());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// TLS is used when the address says `sslmode=require`, or when it says nothing and a server on another machine
/// offers it. The certificate must be one that this machine trusts.
fn tls() -> Result<tokio_postgres_rustls::MakeRustlsConnect, Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Unavailable(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let detail = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |d| d.message().to_owned());
        match error.code() {
            Some(code) if code.code().starts_with("23") => Self::Conflict(detail),
            Some(&SqlState::DISK_FULL) => Self::Full,
            Some(&SqlState::DATA_CORRUPTED) => Self::Corrupt(detail),
            _ => Self::Unavailable(detail),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Self::Unavailable(format!("PostgreSQL cannot be reached: {other}")),
        }
    }
}
