//! Servers that live as long as a chore: started on free ports in a throw-away folder, stopped by their process id.
//!
//! They end in any case: at the end of the scope, and, through `setpriv --pdeathsig`, when this process dies of Ctrl-C
//! or anything else.

use crate::{provide, step};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(10);

/// A running server.
pub(crate) struct Service {
    name: &'static str,
    child: Child,
    /// The signal that asks it to end soon.
    stop: &'static str,
}

impl Service {
    /// Starts `program`, on `cpu` only if one is given. What it says goes to `log`.
    pub(crate) fn start(
        name: &'static str,
        stop: &'static str,
        user: Option<&str>,
        cpu: Option<usize>,
        program: &Path,
        arguments: &[&OsStr],
        log: &Path,
    ) -> Result<Self> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", stop]);
        if let Some(user) = user {
            command.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        if let Some(cpu) = cpu {
            command.args(["taskset", "--cpu-list", &cpu.to_string()]);
        }
        let out = std::fs::File::create(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        command
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, child, stop })
    }

    /// Waits until it takes connections.
    pub(crate) fn wait_for(&mut self, port: u16, log: &Path) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START_MAX {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("{} ended at once with {status}:\n{said}", self.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!(
            "{} did not take connections on port {port} within {} s",
            self.name,
            START_MAX.as_secs()
        )
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-s", self.stop, &pid]).status();
        let begun = Instant::now();
        while begun.elapsed() < STOP_MAX {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        crate::say(&format!(
            "{} did not end when asked; it is killed",
            self.name
        ));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder that goes with its scope; one that an interrupted run left behind goes with the next run.
pub(crate) struct Folder(PathBuf);

const FOLDER: &str = "overt-xtask-";

impl Folder {
    pub(crate) fn new(purpose: &str) -> Result<Self> {
        let parent = std::env::temp_dir();
        for entry in std::fs::read_dir(&parent)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let owner = name
                .strip_prefix(FOLDER)
                .and_then(|rest| rest.split('-').next());
            if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let path = parent.join(format!("{FOLDER}{}-{purpose}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A port nobody listens on right now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// A PostgreSQL of our own.
pub(crate) struct Postgres {
    /// Before the folder, so that it has ended when the folder goes.
    _server: Service,
    _folder: Folder,
    port: u16,
}

impl Postgres {
    pub(crate) fn start() -> Result<Self> {
        let folder = Folder::new("postgres")?;
        let data = folder.path().join("data");
        let initdb_program = step::find("initdb").context("PostgreSQL is not installed")?;
        let server_program = initdb_program.with_file_name("postgres"); // of the same version
        // It refuses to run as root.
        let user = provide::is_root()?.then_some("postgres");
        let mut initdb = Command::new("setpriv");
        initdb.arg("--pdeathsig").arg("TERM");
        if let Some(user) = user {
            step::output(Command::new("chown").arg(user).arg(folder.path()))?;
            initdb.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        initdb.arg(&initdb_program).arg("-D").arg(&data);
        step::output(initdb.args([
            "-U",
            "overt",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale",
            "C.UTF-8",
            "--no-sync",
        ]))?;

        let (port, log) = (free_port()?, folder.path().join("log"));
        let port_text = port.to_string();
        let sockets = folder.path().as_os_str();
        let arguments: [&OsStr; 10] = [
            "-D".as_ref(),
            data.as_os_str(),
            "-p".as_ref(),
            port_text.as_ref(),
            "-k".as_ref(),
            sockets,
            "-c".as_ref(),
            "listen_addresses=127.0.0.1".as_ref(),
            // Tests run beside each other, each with a pool of its own.
            "-c".as_ref(),
            "max_connections=400".as_ref(),
        ];
        // SIGINT is its fast shutdown: it does not wait for clients to leave.
        let mut server = Service::start(
            "PostgreSQL",
            "INT",
            user,
            None,
            &server_program,
            &arguments,
            &log,
        )?;
        server.wait_for(port, &log)?;
        Ok(Self {
            _server: server,
            _folder: folder,
            port,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://overt@127.0.0.1:{}/postgres", self.port)
    }
}
