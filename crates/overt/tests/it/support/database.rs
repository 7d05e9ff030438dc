//! Where an instance keeps things: a file, or a database of its own on a PostgreSQL server.

use super::process::Process;
use super::{free_port, tool, until};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Which database an instance uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    /// A fresh database on the server at this address (`postgres://user@host:port`).
    Postgres(String),
}

impl Database {
    /// SQLite always, PostgreSQL where `OVERT_TEST_POSTGRES` names a throw-away server.
    pub(crate) fn each() -> Vec<Self> {
        let server = std::env::vars().find(|(name, _)| name == "OVERT_TEST_POSTGRES");
        let server = server.map(|(_, url)| Self::Postgres(url));
        [Some(Self::Sqlite), server].into_iter().flatten().collect()
    }

    /// What goes into `overt.toml`. A fresh PostgreSQL database is made; it goes with its server.
    pub(crate) async fn create(&self) -> String {
        let Self::Postgres(url) = self else {
            return "overt.db".into();
        };
        let client = connect(url).await;
        let unique = free_port(); // no two tests of this run get the same
        let name = format!("overt_{}_{unique}", std::process::id());
        client
            .batch_execute(&format!("create database {name}"))
            .await
            .unwrap();
        with_database(url, &name)
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let server: tokio_postgres::Config = url.parse().unwrap();
    let (client, connection) = server.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The address with another database's name.
fn with_database(url: &str, name: &str) -> String {
    let mut url: reqwest::Url = url.parse().unwrap();
    url.set_path(name);
    url.into()
}

/// A PostgreSQL server that a test may mistreat.
pub(crate) struct Server {
    process: Process,
    port: u16,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let port = free_port();
        std::fs::create_dir(&data).unwrap();
        let root = rustix::process::getuid().is_root();
        if root {
            // PostgreSQL refuses to run as root.
            let owned = Command::new("chown")
                .arg("-R")
                .arg("postgres")
                .arg(folder.path())
                .status();
            assert!(
                owned.is_ok_and(|s| s.success()),
                "no user postgres: apt-get install postgresql"
            );
        }
        let bin = binaries();
        let as_postgres = |program: &str| {
            let program = bin.join(program);
            if root {
                let mut command = tool("setpriv", "util-linux");
                command
                    .args([
                        "--reuid=postgres",
                        "--regid=postgres",
                        "--init-groups",
                        "--",
                    ])
                    .arg(program);
                command
            } else {
                Command::new(program)
            }
        };
        let mut initdb = as_postgres("initdb");
        initdb
            .args(["--auth=trust", "--username=overt", "--no-sync", "-D"])
            .arg(&data);
        let output = initdb.current_dir(folder.path()).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut server = as_postgres("postgres");
        server
            .current_dir(folder.path())
            .arg("-D")
            .arg(&data)
            .arg("-p")
            .arg(port.to_string());
        server.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=off",
        ]);
        let process = Process::start(server);
        let server = Self {
            process,
            port,
            _folder: folder,
        };
        let address: tokio_postgres::Config = server.url().parse().unwrap();
        until("PostgreSQL answers", async || {
            address.connect(tokio_postgres::NoTls).await.ok().map(drop)
        })
        .await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://overt@127.0.0.1:{}/postgres", self.port)
    }

    /// A connection to the database of the one instance on it, past the program.
    pub(crate) async fn connect_to_instance(&self) -> tokio_postgres::Client {
        let all = connect(&self.url()).await;
        let sql = "select datname from pg_database where datname like 'overt!_%' escape '!'";
        let row = all.query_one(sql, &[]).await.unwrap();
        connect(&with_database(&self.url(), row.get(0))).await
    }

    /// Stops every process of the server where it stands: connections stay open, nothing answers.
    pub(crate) fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let main = self.process.id();
        let children = format!("/proc/{main}/task/{main}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        let children = children
            .split_whitespace()
            .filter_map(|id| id.parse::<i32>().ok());
        for id in std::iter::once(main as i32).chain(children) {
            if let Some(id) = rustix::process::Pid::from_raw(id) {
                let _ = rustix::process::kill_process(id, signal); // a session may have ended meanwhile
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.thaw();
        // SIGQUIT: at once, its children with it.
        self.process.signal(rustix::process::Signal::QUIT);
        self.process.ended();
    }
}

/// Debian keeps the server's programs out of the PATH, a folder a version.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.retain(|folder| folder.join("initdb").is_file());
    folders.sort();
    let newest: Option<&PathBuf> = folders.last();
    newest
        .map(|folder| Path::to_owned(folder))
        .expect("initdb is not installed: apt-get install postgresql")
}
