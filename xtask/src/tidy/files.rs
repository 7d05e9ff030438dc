//! Rules about files: how they begin, how long they get, what may not stand in them, where their links lead.

use super::{Finding, finding};
use anyhow::{Context, Result};
use std::path::Path;

/// From here on a file has lost its one subject.
const LINES_MAX: usize = 600;
/// From here on it is named, so that somebody thinks about it.
const LINES_MANY: usize = 500;
/// Folders that are not ours to tidy.
const SKIPPED: &[&str] = &["target", "node_modules", ".git", "tmp"];
/// Endings of files that are written by hand.
const CODE: &[&str] = &["rs", "toml", "sql", "html", "css", "js", "mjs", "sh"];

// Put together, so that this file does not find itself.
const UNDONE: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
const IGNORED: &str = concat!("#[ign", "ore");

pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut files = Vec::new();
    walk(root, &mut |file| {
        files.push(file.to_owned());
        Ok(())
    })?;
    files.sort();
    let mut findings = Vec::new();
    for file in files {
        let kind = file
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        if !CODE.contains(&kind) && kind != "md" {
            continue;
        }
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let name = file
            .strip_prefix(root)
            .unwrap_or(&file)
            .to_string_lossy()
            .into_owned();
        if kind == "md" {
            let folder = file.parent().unwrap_or(root);
            links(
                &name,
                &text,
                |target| folder.join(target).exists(),
                &mut findings,
            );
        } else {
            if kind == "rs" {
                rust(&name, &text, &mut findings);
            }
            undone(&name, &text, &mut findings);
        }
    }
    Ok(findings)
}

/// Shows every file that is ours to tidy.
pub(crate) fn walk(folder: &Path, show: &mut impl FnMut(&Path) -> Result<()>) -> Result<()> {
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let entry = entry?;
        let skipped = SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref());
        match entry.file_type()? {
            kind if kind.is_dir() && !skipped => walk(&entry.path(), show)?,
            kind if kind.is_file() => show(&entry.path())?,
            _ => {}
        }
    }
    Ok(())
}

fn undone(name: &str, text: &str, findings: &mut Vec<Finding>) {
    for (number, line) in (1..).zip(text.lines()) {
        for word in UNDONE.into_iter().filter(|word| has_word(line, word)) {
            if !names_an_issue(line) {
                let mend = format!("do it, or open an issue and write {word}(#number)");
                findings.push(finding(
                    format!("{name}:{number}"),
                    format!("{word} without an issue"),
                    mend,
                ));
            }
        }
    }
}

fn rust(name: &str, text: &str, findings: &mut Vec<Finding>) {
    if wants_head(name) && !text.starts_with("//!") {
        let mend = "begin with `//!`: why this file exists, what it promises, what it leaves out";
        findings.push(finding(
            format!("{name}:1"),
            "it does not say what it is for",
            mend,
        ));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX && !is_test(name) {
        let mend = format!("at most {LINES_MAX}: find the two nouns in it and give each a file");
        findings.push(finding(
            format!("{name}:{LINES_MAX}"),
            format!("{lines} lines"),
            mend,
        ));
    } else if lines > LINES_MANY && !is_test(name) {
        crate::say(&format!(
            "{name} has {lines} lines; at {LINES_MAX} it must be split"
        ));
    }
    for (number, line) in (1..).zip(text.lines()) {
        if line.contains(IGNORED) {
            let mend =
                "make it run everywhere, or take it out: a test that is not run is a comment";
            findings.push(finding(
                format!("{name}:{number}"),
                "a test that never runs",
                mend,
            ));
        }
    }
}

/// Sources and the roots of integration tests. `mod tests;` beside its source needs no second head.
fn wants_head(name: &str) -> bool {
    let Some((_, within)) = name.split_once("/tests/") else {
        return !name.ends_with("/tests.rs");
    };
    !within.contains('/') || within.ends_with("/main.rs")
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

fn has_word(line: &str, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    line.match_indices(word).any(|(at, _)| {
        edge(line[..at].chars().next_back()) && edge(line[at + word.len()..].chars().next())
    })
}

fn names_an_issue(line: &str) -> bool {
    line.split('#')
        .skip(1)
        .any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Links to files beside the document. Whether the rest of the world is still there, no test should ask.
fn links(name: &str, text: &str, exists: impl Fn(&str) -> bool, findings: &mut Vec<Finding>) {
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let prose = line.split('`').step_by(2).collect::<String>(); // what stands in backticks is an example
        for target in targets(&prose) {
            let path = target.split(['#', '?', ' ']).next().unwrap_or_default();
            let elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !elsewhere && !exists(path) {
                let mend = "correct the path, or take the link out";
                findings.push(finding(
                    format!("{name}:{number}"),
                    format!("a link to {path:?}, which is not there"),
                    mend,
                ));
            }
        }
    }
}

/// What `](target)`, `src="target"` and `[name]: target` lead to.
fn targets(line: &str) -> Vec<&str> {
    let mut targets: Vec<&str> = Vec::new();
    for (begin, end) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
        targets.extend(
            line.split(begin)
                .skip(1)
                .filter_map(|rest| rest.split_once(end))
                .map(|(target, _)| target),
        );
    }
    if line.starts_with('[')
        && let Some((_, target)) = line.split_once("]: ")
    {
        targets.push(target.trim());
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(rule: impl Fn(&str, &str, &mut Vec<Finding>), name: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        rule(name, text, &mut findings);
        findings.into_iter().map(|f| f.place).collect()
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        assert_eq!(
            places(rust, "crates/x/src/a.rs", "use b;\n"),
            ["crates/x/src/a.rs:1"]
        );
        assert_eq!(
            places(rust, "crates/x/tests/a.rs", ""),
            ["crates/x/tests/a.rs:1"]
        );
        assert_eq!(
            places(rust, "crates/x/tests/it/main.rs", ""),
            ["crates/x/tests/it/main.rs:1"]
        );
        for fine in ["crates/x/src/a/tests.rs", "crates/x/tests/it/open.rs"] {
            assert_eq!(places(rust, fine, "x\n"), [""; 0], "{fine}");
        }
    }

    #[test]
    fn long_files_but_for_tests() {
        let long = "//! x\n".repeat(LINES_MAX + 1);
        assert_eq!(places(rust, "crates/x/src/a.rs", &long).len(), 1);
        assert_eq!(places(rust, "crates/x/src/a/tests.rs", &long), [""; 0]);
    }

    #[test]
    fn undone_work_has_an_issue_and_tests_run() {
        let [todo, fixme] = UNDONE;
        let text = format!("-- {todo}: x\n-- {fixme}(#12) y\n-- {todo}S\n-- {fixme} #x\n");
        assert_eq!(places(undone, "a.sql", &text), ["a.sql:1", "a.sql:4"]);
        assert_eq!(
            places(rust, "crates/x/src/a.rs", &format!("//!\n{IGNORED}]\n")),
            ["crates/x/src/a.rs:2"]
        );
    }

    #[test]
    fn links_lead_somewhere() {
        let text = "[a](there.md#part) [b](gone.md)\n```\n[c](example.md)\n```\n[d](https://x/) [e](#part) `[x](y)`\n\
                    ![f](gone.png \"title\")\n[g]: also/gone.md\n<img src=\"gone.svg\">\n";
        let mut findings = Vec::new();
        links(
            "README.md",
            text,
            |target| target == "there.md",
            &mut findings,
        );
        let places: Vec<_> = findings.into_iter().map(|f| f.place).collect();
        assert_eq!(
            places,
            ["README.md:1", "README.md:6", "README.md:7", "README.md:8"]
        );
    }
}
