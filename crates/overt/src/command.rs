//! The commands, a file each.

pub(crate) mod audit;
pub(crate) mod consent;
pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod instrument;
pub(crate) mod serve;
pub(crate) mod verdict;

use anyhow::{Context, Result};
use std::future::Future;

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

/// Waits until somebody asks the process to stop.
pub(crate) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = signal(SignalKind::interrupt());
    let terminate = signal(SignalKind::terminate());
    match (interrupt, terminate) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}
