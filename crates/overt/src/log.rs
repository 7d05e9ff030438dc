//! Logs: to standard error, plain on a terminal, JSON where a program reads them (`OVERT_LOG_FORMAT=json`).
//!
//! What is logged never holds addresses, subjects, IP addresses, user-agents or tokens; that is the business of the
//! places that log, and of the tests that look for it. Libraries' own debug output is never switched on by default.

use tracing_subscriber::EnvFilter;

/// Starts logging. `quiet` is for commands whose output is their answer: only warnings and worse.
#[allow(clippy::disallowed_methods)] // the binary reads the environment
pub(crate) fn start(quiet: bool) {
    let wanted = std::env::var("OVERT_LOG").ok();
    let default = if quiet { "error" } else { "info" };
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or(default))
        .unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let colour = std::env::var_os("NO_COLOR").is_none()
        && std::io::IsTerminal::is_terminal(&std::io::stderr());
    if std::env::var("OVERT_LOG_FORMAT").as_deref() == Ok("json") {
        let _ = builder.json().try_init();
    } else {
        let _ = builder.with_ansi(colour).try_init();
    }
}
