//! `cargo xtask test`: all that CI runs, in one go.
//!
//! What is missing on the machine is installed, PostgreSQL is started on a free port and stopped again. Every step
//! runs, also after one failed, so that one run shows all; the test runners come last, so that the output ends with
//! their own summaries.

use crate::service::Postgres;
use crate::{all, lint, provide, root, step, tidy};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// Where the store's tests find their PostgreSQL.
pub(crate) const POSTGRES: &str = "OVERT_TEST_POSTGRES";

pub(crate) fn run(only: &[&str]) -> Result<()> {
    provide::provide(provide::FOR_TESTS)?;
    if !only.is_empty() {
        return cargo_test(only);
    }
    let mut outcomes = vec![
        ("lint", lint::run()),
        ("tidy", tidy::run()),
        ("fuzz targets", fuzz()),
    ];
    outcomes.push(("cargo test", cargo_test(&["--workspace"])));
    outcomes.push((
        "browser tests",
        browser(&[]).and_then(|mut tests| step::run(&mut tests)),
    ));
    all(&outcomes)
}

fn cargo_test(which: &[&str]) -> Result<()> {
    let postgres = Postgres::start().context("the throw-away PostgreSQL")?;
    let mut tests = step::cargo(&["test", "--quiet", "--no-fail-fast"]);
    step::run(tests.args(which).env(POSTGRES, postgres.url()))
}

/// So long each target is fuzzed in a test run: enough to see that it works, and for what lies near the seeds.
const FUZZ_SECONDS: &str = "20";

fn fuzz() -> Result<()> {
    let script = root().join("fuzz/run");
    step::run(
        Command::new(script)
            .arg(FUZZ_SECONDS)
            .stdout(std::io::stderr()),
    )
}

/// Fetches what the browser tests are written with, if it is not what the lock file says already.
fn fetch(folder: &Path) -> Result<()> {
    let changed = |file: &str| {
        std::fs::metadata(folder.join(file))
            .and_then(|m| m.modified())
            .ok()
    };
    let (wanted, there) = (
        changed("package-lock.json"),
        changed("node_modules/.package-lock.json"),
    );
    if there.is_some() && there >= wanted {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdout(std::io::stderr());
    step::run(&mut npm)
}

/// The browser tests, ready to be run: what they are written with is fetched, what they drive is built.
pub(crate) fn browser(options: &[&str]) -> Result<Command> {
    let folder = root().join("crates/overt/tests/browser");
    fetch(&folder)?;
    let program = step::program()?;
    let mut node = Command::new("node");
    node.arg("--test")
        .args(options)
        .current_dir(folder)
        .env("OVERT_BIN", program);
    Ok(node)
}
