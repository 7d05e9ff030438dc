//! Running the tests that carry an id, and what came out of each.

use crate::service::Postgres;
use crate::{provide, step, test};
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fmt;
use std::process::{Command, Stdio};

/// How often a test of this name passed and failed: the store's run once for each database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    passed: u32,
    failed: u32,
}

impl Outcome {
    /// It ran, and passed wherever it did.
    pub(super) fn is_good(self) -> bool {
        self.passed > 0 && self.failed == 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.passed, self.failed) {
            (0, 0) => f.write_str("did not run"),
            (1, 0) => f.write_str("passed"),
            (n, 0) => write!(f, "passed {n} times"),
            (_, n) => write!(f, "FAILED {n} times"),
        }
    }
}

/// What came out, by the test's name.
#[derive(Debug, Default)]
pub(super) struct Outcomes(HashMap<String, Outcome>);

impl Outcomes {
    /// Of the tests with this name.
    pub(super) fn of(&self, name: &str) -> Outcome {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Reads what libtest (`test store::sqlite::r_… ... ok`) and node (`ok 3 - r_…`) say.
    fn read(&mut self, said: &str) {
        for line in said.lines().map(str::trim) {
            let (name, passed) = if let Some(rest) = line.strip_prefix("test ") {
                let Some((path, came)) = rest.rsplit_once(" ... ") else {
                    continue;
                };
                let path = path.split(" - ").next().unwrap_or(path);
                (path.rsplit("::").next().unwrap_or(path), came == "ok")
            } else if let Some((number, name)) = line.split_once(" - ") {
                let passed = number.starts_with("ok ");
                if !passed && !number.starts_with("not ok ") {
                    continue;
                }
                (name.split(" # ").next().unwrap_or(name), passed)
            } else {
                continue;
            };
            let outcome = self.0.entry(name.to_owned()).or_default();
            if passed {
                outcome.passed += 1;
            } else {
                outcome.failed += 1;
            }
        }
    }
}

/// Runs them all; one that fails is an outcome, not an error.
pub(super) fn run() -> Result<Outcomes> {
    provide::provide(provide::FOR_TESTS)?;
    let mut outcomes = Outcomes::default();
    let postgres = Postgres::start().context("the throw-away PostgreSQL")?;
    let mut cargo = step::cargo(&["test", "--workspace", "--no-fail-fast", "--", "r_"]);
    outcomes.read(&said(cargo.env(test::POSTGRES, postgres.url()))?);
    let mut browser = test::browser(&["--test-reporter=tap", "--test-name-pattern=r_"])?;
    outcomes.read(&said(&mut browser)?);
    Ok(outcomes)
}

fn said(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run the tests")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_understood() {
        let mut all = Outcomes::default();
        all.read("running 2 tests\ntest a::sqlite::r_x_01_y ... ok\ntest a::postgres::r_x_01_y ... FAILED\n");
        all.read(
            "TAP version 13\n# Subtest: r_x_02 z\nok 1 - r_x_02 z\nnot ok 2 - r_x_03 q # slow\n",
        );
        assert_eq!(
            all.of("r_x_01_y"),
            Outcome {
                passed: 1,
                failed: 1
            }
        );
        assert!(all.of("r_x_02 z").is_good());
        assert!(!all.of("r_x_03 q").is_good());
        assert!(!all.of("r_x_04_never_ran").is_good());
    }
}
