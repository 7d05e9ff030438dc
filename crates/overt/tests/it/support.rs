//! The harness: the real binary in a folder of its own, a mail server at the other end, and people who use both.
//!
//! Nothing here knows the insides of Overt. What a test says it says through SMTP, HTTP, the command line and signals.
//! Tests wait for conditions; how long at most is [`PATIENCE`], which only a failing test uses up.

pub(crate) mod database;
pub(crate) mod dialogue;
pub(crate) mod dns;
pub(crate) mod fake_relay;
pub(crate) mod mail;
pub(crate) mod overt;
pub(crate) mod process;
pub(crate) mod reader;
pub(crate) mod signing;
pub(crate) mod sink;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take. Two cores share many servers here, so this is generous.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until there is something to see, and gives it.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "it did not come about: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A free port below the range from which the system takes ports for outgoing connections, so that none of those can
/// take it between now and its use. No two tests of a run get the same.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 22_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Tests are processes with numbers in a row; each has a stretch of its own.
    let offset = (std::process::id().wrapping_mul(16) % u32::from(COUNT)) as u16;
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (offset + step % COUNT) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A tool that the tests need from the system.
pub(crate) fn tool(program: &str, package: &str) -> std::process::Command {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        let sbin = ["/usr/sbin".into(), "/sbin".into()];
        std::env::split_paths(&path)
            .chain(sbin)
            .any(|dir| dir.join(program).is_file())
    });
    assert!(
        found,
        "{program} is not installed: apt-get install {package}"
    );
    std::process::Command::new(program)
}
