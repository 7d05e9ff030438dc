//! `cargo xtask requirements`: the list in `docs/requirements.md` held against the tests that carry its ids.
//!
//! A test proves a requirement by its name: `r_mode_03_…` is for R-MODE-03. `tidy` fails where the two disagree: a line
//! that neither a test shows nor an open point excuses, or a test for an id that is not on the list. With `--run` the
//! tests are run, on both databases and in the browser, and each line says what came out.

mod list;
mod outcome;

use crate::tidy::{Finding, finding};
use anyhow::{Result, bail};
use list::{FILE, Requirement, Test};
use std::path::Path;

/// What there is to show for a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Tests, and nothing open.
    Tested,
    /// Tests, and something open.
    Partly,
    /// No test.
    Open,
}

impl State {
    fn of(requirement: &Requirement, tests: &[&Test]) -> Self {
        match (tests.is_empty(), requirement.open.is_empty()) {
            (true, _) => Self::Open,
            (false, true) => Self::Tested,
            (false, false) => Self::Partly,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Partly => "partly",
            Self::Open => "open",
        }
    }
}

/// Prints id, state and tests; with `rerun` what those tests say now.
pub(crate) fn run(rerun: bool) -> Result<()> {
    let root = crate::root();
    let (requirements, tests) = (list::requirements(&root)?, list::tests(&root)?);
    let outcomes = rerun.then(outcome::run).transpose()?;
    let mut states = Vec::new();
    let mut failed = Vec::new();
    for requirement in &requirements {
        let own: Vec<&Test> = tests
            .iter()
            .filter(|test| test.ids.contains(&requirement.id))
            .collect();
        let state = State::of(requirement, &own);
        states.push(state);
        let mark = if requirement.blocks { '*' } else { ' ' };
        println!(
            "{:<9}{mark} {:<6}  {}",
            requirement.id,
            state.word(),
            requirement.what
        );
        for test in own {
            match outcomes.as_ref().map(|all| all.of(&test.name)) {
                None => println!("              {}  ({})", test.name, test.file),
                Some(came) => {
                    println!("              {}  {came}", test.name);
                    if !came.is_good() {
                        failed.push(test.name.as_str());
                    }
                }
            }
        }
        if !requirement.open.is_empty() {
            println!("              open: {}", requirement.open);
        }
    }
    let count = |wanted| states.iter().filter(|state| **state == wanted).count();
    println!(
        "\n{} requirements (* blocks a release): {} tested, {} partly, {} open",
        requirements.len(),
        count(State::Tested),
        count(State::Partly),
        count(State::Open)
    );
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("did not pass: {}", failed.join(", "))
    }
}

/// What `tidy` has to say about the list.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>> {
    Ok(disagreements(
        &list::requirements(root)?,
        &list::tests(root)?,
    ))
}

fn disagreements(requirements: &[Requirement], tests: &[Test]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for requirement in requirements {
        let shown = tests.iter().any(|test| test.ids.contains(&requirement.id));
        if !shown && requirement.open.is_empty() {
            findings.push(finding(
                FILE,
                format!(
                    "{} has no test and nothing is said to be open",
                    requirement.id
                ),
                format!(
                    "write a test named {}_…, or say in the last column what is missing",
                    requirement.id.to_lowercase().replace('-', "_")
                ),
            ));
        }
    }
    for test in tests {
        for id in &test.ids {
            if !requirements.iter().any(|one| one.id == *id) {
                findings.push(finding(
                    test.file.as_str(),
                    format!("{} is for {id}, which is not on the list", test.name),
                    format!("correct the name, or add the line to {FILE}"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(id: &str, open: &str) -> Requirement {
        Requirement {
            id: id.into(),
            blocks: true,
            what: "A thing".into(),
            open: open.into(),
        }
    }

    fn named(name: &str) -> Test {
        Test {
            name: name.into(),
            ids: list::ids(name),
            file: "x.rs".into(),
        }
    }

    #[test]
    fn a_line_without_test_or_excuse_is_found_and_so_is_a_test_without_line() {
        let lines = [
            requirement("R-MODE-01", ""),
            requirement("R-MODE-02", ""),
            requirement("R-MODE-03", "later"),
        ];
        let tests = [
            named("r_mode_01_modes_are_ordered"),
            named("r_mood_01_no_such_id"),
        ];
        let findings = disagreements(&lines, &tests);
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].what.starts_with("R-MODE-02"));
        assert!(findings[0].mend.contains("r_mode_02_…"));
        assert!(findings[1].what.contains("R-MOOD-01"));
    }

    #[test]
    fn an_open_point_beside_a_test_is_not_hidden() {
        let own = named("r_mode_01_modes_are_ordered");
        assert_eq!(
            State::of(&requirement("R-MODE-01", ""), &[&own]),
            State::Tested
        );
        assert_eq!(
            State::of(&requirement("R-MODE-01", "half"), &[&own]),
            State::Partly
        );
        assert_eq!(
            State::of(&requirement("R-MODE-01", "all"), &[]),
            State::Open
        );
    }
}
