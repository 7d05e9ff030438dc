//! The commands, a file each.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod clean;
pub(crate) mod consent;
pub(crate) mod contact;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod erase;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod init;
pub(crate) mod instrument;
pub(crate) mod person;
pub(crate) mod reclassify;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod restore;
pub(crate) mod retention;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod tracking;
pub(crate) mod user;
pub(crate) mod verdict;

use crate::ambient;
use crate::config::Config;
use anyhow::{Context, Result};
use std::future::Future;
use std::path::PathBuf;
use store::Store;

/// Where the configuration is: an argument of every command that has one.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigFile {
    /// The configuration file [default: ./overt.toml, then the user's, then /etc/overt/overt.toml]
    #[arg(long, env = "OVERT_CONFIG", global = true)]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The configuration, with the clock turned as it says.
    pub(crate) fn load(&self) -> Result<Config> {
        let config = Config::load(self.config.as_deref())?;
        ambient::turn_clock(config.clock_offset_seconds);
        Ok(config)
    }
}

/// The database of a configuration.
pub(crate) async fn open(config: &Config) -> Result<Store> {
    Store::open(&config.store())
        .await
        .context("cannot open the database")
}

/// Runs asynchronous work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    install_crypto()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}

/// One TLS library's worth of cryptography for everything in this process.
fn install_crypto() -> Result<()> {
    // A second call in one process finds the provider in place, which is fine.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    rustls::crypto::CryptoProvider::get_default()
        .context("no cryptography provider")
        .map(|_| ())
}

/// Ends when somebody asks the process to stop. From this call on nobody's wish is missed, also one that comes before
/// the first wait; until then the system's way holds, which is to end at once.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}
