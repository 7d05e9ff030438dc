//! The clock and chance, as the rest of the program gets them.

use anyhow::{Context, Result};
use aws_lc_rs::rand;
use model::{Ambient, Time};
use std::sync::atomic::{AtomicI64, Ordering};

/// How far the clock is turned, in milliseconds: zero outside tests of deadlines.
static TURNED_BY_MS: AtomicI64 = AtomicI64::new(0);

/// The real clock and the operating system's randomness.
pub(crate) const REAL: Ambient = Ambient { now, random };

/// Turns the clock: five years later must be a test, not a wait.
pub(crate) fn turn_clock(seconds: i64) {
    TURNED_BY_MS.store(seconds.saturating_mul(1_000), Ordering::Relaxed);
}

#[allow(clippy::disallowed_methods)] // the one place where the clock is read
fn now() -> Time {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Time(
        i64::try_from(since.as_millis())
            .unwrap_or(i64::MAX)
            .saturating_add(TURNED_BY_MS.load(Ordering::Relaxed)),
    )
}

fn random() -> [u8; 16] {
    bytes().unwrap_or_else(|_| {
        // Without randomness tokens could be guessed. There is nothing sensible to go on with.
        eprintln!("overt: the operating system gives no random numbers; stopping");
        std::process::abort();
    })
}

/// Random bytes, for keys.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut out = [0; N];
    rand::fill(&mut out)
        .ok()
        .context("the operating system gives no random numbers")?;
    Ok(out)
}
