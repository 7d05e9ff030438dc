//! The list as it stands in the document, and the tests as they stand in the code.

use anyhow::{Context, Result, bail};
use std::path::Path;

/// The document.
pub(super) const FILE: &str = "docs/requirements.md";

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    /// Such as `R-MODE-03`.
    pub(super) id: String,
    /// No release without it.
    pub(super) blocks: bool,
    pub(super) what: String,
    /// What is missing; empty if nothing is.
    pub(super) open: String,
}

/// A test that is named after a requirement, or several.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) ids: Vec<String>,
    pub(super) file: String,
}

/// The list, in its order.
pub(super) fn requirements(root: &Path) -> Result<Vec<Requirement>> {
    let text =
        std::fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
    let list = parse(&text);
    if list.is_empty() {
        bail!("{FILE} has no line of the form | R-MODE-01 | what | open |");
    }
    Ok(list)
}

fn parse(text: &str) -> Vec<Requirement> {
    let line = |line: &str| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let id = cells.next()?;
        let (what, open) = (cells.next()?.to_owned(), cells.next()?.to_owned());
        let plain = id.trim_matches('*').to_owned();
        plain.starts_with("R-").then(|| Requirement {
            blocks: id.starts_with("**"),
            id: plain,
            what,
            open,
        })
    };
    text.lines().filter_map(line).collect()
}

/// The tests in the code of the workspace and in its browser tests, by name.
pub(super) fn tests(root: &Path) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for folder in ["crates", "clients", "fuzz", "xtask"] {
        let folder = root.join(folder);
        if folder.exists() {
            crate::tidy::walk(&folder, &mut |file| {
                let kind = file.extension().and_then(|e| e.to_str());
                if !matches!(kind, Some("rs" | "js")) {
                    return Ok(());
                }
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                let place = file.strip_prefix(root).unwrap_or(file).to_string_lossy();
                tests.extend(found(&text, &place));
                Ok(())
            })?;
        }
    }
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    tests.dedup_by(|a, b| a.name == b.name);
    Ok(tests)
}

/// `fn r_…` in Rust, `test("r_… words"` in the browser's tests.
fn found(text: &str, file: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    for line in text.lines() {
        let name = ["fn r_", "test(\"r_", "test(`r_"].iter().find_map(|start| {
            let at = line.find(start)? + start.len() - "r_".len();
            let end = |c: char| match line.as_bytes()[at - 1] {
                b' ' => !(c.is_alphanumeric() || c == '_'),
                quote => c == char::from(quote),
            };
            line[at..].split(end).next()
        });
        if let Some(name) = name.filter(|name| !ids(name).is_empty()) {
            tests.push(Test {
                ids: ids(name),
                name: name.into(),
                file: file.into(),
            });
        }
    }
    tests
}

/// The ids in a test's name: `r_cons_01_r_cons_02_choices_are_equal` is for two.
pub(super) fn ids(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(['_', ' ']).collect();
    let id = |w: &[&str]| {
        let area = w[1].chars().all(|c| c.is_ascii_lowercase()) && !w[1].is_empty();
        let number = w[2].len() == 2 && w[2].bytes().all(|b| b.is_ascii_digit());
        (w[0] == "r" && area && number).then(|| format!("R-{}-{}", w[1].to_uppercase(), w[2]))
    };
    words.windows(3).filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_table_and_nothing_else() {
        let text = "| id | what | open |\n|---|---|---|\n| **R-A-01** | One | |\n| R-A-02 | Two | why |\nR-A-03\n";
        let list = parse(text);
        assert_eq!(list.len(), 2);
        assert!(list[0].blocks && list[0].open.is_empty());
        assert!(!list[1].blocks);
        assert_eq!(list[1].open, "why");
    }

    #[test]
    fn a_name_may_be_for_several() {
        assert_eq!(ids("r_cons_01_r_cons_02_apart"), ["R-CONS-01", "R-CONS-02"]);
        assert_eq!(ids("r_dsr_10_the_page"), ["R-DSR-10"]);
        assert_eq!(ids("r_with_02 two presses"), ["R-WITH-02"]);
        assert!(ids("for_a_mode_01").is_empty());
    }

    #[test]
    fn tests_are_found_in_rust_and_in_the_browser() {
        // Put together, so that the search does not find this file.
        let code = format!(
            "    fn {}() {{\n{}(\"{}\", async () => {{\n",
            "r_a_01_x", "test", "r_b_02 y z"
        );
        let names: Vec<_> = found(&code, "f").into_iter().map(|t| t.name).collect();
        assert_eq!(names, ["r_a_01_x", "r_b_02 y z"]);
    }
}
