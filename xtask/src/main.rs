//! Chores: what developers and CI run beside `cargo` itself.
//!
//! Everything it says goes to standard error, so that standard output holds only what the runners it starts have to
//! say. Exit codes: 0 fine, 1 something failed, 2 usage.

mod clients;
mod dev;
mod lint;
mod load;
mod provide;
mod requirements;
mod service;
mod step;
mod test;
mod tidy;

use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "cargo xtask COMMAND

  test   everything: lint, tidy, all tests on both databases, the browser; installs what is missing.
         With arguments only `cargo test` with these, as in `cargo xtask test -p store`
  lint   rustfmt and clippy, warnings are errors
  tidy   the house rules that no compiler checks: who may use whom, licences, file heads, links
  dev    the demo on ports that stay the same
  load   opens per second, durable, beside nginx
  clients
         real mail programs and link checkers fetch from a running Overt; installs them; on loopback only
  requirements [--run]
         the list of docs/requirements.md and the tests that prove it; with --run what these say now";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", rest @ ..] => test::run(rest),
        ["lint"] => lint::run(),
        ["tidy"] => tidy::run(),
        ["dev", rest @ ..] => dev::run(rest),
        ["load"] => load::run(),
        ["clients"] => clients::run(),
        ["requirements"] => requirements::run(false),
        ["requirements", "--run"] => requirements::run(true),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Says what is going on.
fn say(line: &str) {
    eprintln!("xtask: {line}");
}

/// Runs checks one after the other, all of them also when one fails.
fn all(checks: &[(&str, Result<()>)]) -> Result<()> {
    let failed: Vec<_> = checks
        .iter()
        .filter(|(_, outcome)| outcome.is_err())
        .map(|(name, _)| *name)
        .collect();
    for (name, outcome) in checks {
        if let Err(error) = outcome {
            eprintln!("xtask: {name}: {error:#}");
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        anyhow::bail!("failed: {}", failed.join(", "))
    }
}
