//! Every mail in `cases/`: what is found in it and why.
//!
//! Beside `x.eml` stands `x.report`. How to add one: `cases/README.md`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use guard::{Kind, Scan, scan};

use crate::promises::promises;

#[test]
fn cases() {
    let bless = std::env::var_os("GUARD_BLESS").is_some();
    let mut failures = Vec::new();
    let files = case_files();
    assert!(
        files.len() >= 50,
        "the case folder has gone missing: {} cases",
        files.len()
    );
    for file in files {
        let raw = std::fs::read(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if let Err(why) = std::panic::catch_unwind(|| promises(&raw)) {
            let said = why.downcast_ref::<String>().cloned();
            let said = said.or_else(|| why.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            failures.push(format!(
                "{name}: a promise is broken: {}",
                said.unwrap_or_default()
            ));
        }
        let report = report(&raw);
        let expected = file.with_extension("report");
        if bless {
            std::fs::write(&expected, &report).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != report {
            failures.push(format!("{name}: the report differs. Now it is:\n{report}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
}

pub(crate) fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
    files.sort();
    files
}

pub(crate) fn looked_at(raw: &[u8]) -> Scan {
    scan(&mail::whole(raw).unwrap(), &[]).unwrap()
}

fn report(raw: &[u8]) -> String {
    let scan = looked_at(raw);
    let mut out = String::new();
    for note in &scan.notes {
        writeln!(out, "note {}", note.code()).unwrap();
    }
    if !scan.senders.is_empty() {
        writeln!(out, "header {}", scan.senders.join(", ")).unwrap();
    }
    for finding in &scan.findings {
        let reasons: Vec<_> = finding.reasons.iter().map(|reason| reason.code()).collect();
        let vendor = finding.vendor.unwrap_or("-");
        write!(
            out,
            "{:?} {:?} {vendor} {}",
            finding.kind,
            finding.confidence,
            finding.vector.code()
        )
        .unwrap();
        write!(
            out,
            " {} [{}]",
            finding.written.escape_debug(),
            reasons.join(" ")
        )
        .unwrap();
        if let Some(destination) = &finding.destination {
            write!(out, " -> {destination}").unwrap();
        }
        out.push('\n');
    }
    if scan
        .findings
        .iter()
        .all(|finding| finding.kind == Kind::Content)
    {
        out.push_str("nothing to warn of\n");
    }
    out
}
