//! Every mail in `cases/`: what is found in it, and exactly what changes when everything is edited.
//!
//! Beside `x.eml` stands `x.report`. How to add one: `cases/README.md`. Whatever the report says, each case must also
//! keep the promises that hold for all mail.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mail::{Plan, Role, Skip, plan};

use crate::promises::{added, everything, promises};

#[test]
fn cases() {
    let bless = std::env::var_os("MAIL_BLESS").is_some();
    let mut failures = Vec::new();
    let files = case_files();
    assert!(
        files.len() >= 300,
        "the case folder has gone missing: {} cases",
        files.len()
    );
    for file in files {
        let raw = std::fs::read(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let report = report(&raw);
        if let Err(why) = std::panic::catch_unwind(|| promises(&raw)) {
            let why = why
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| why.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            failures.push(format!(
                "{name}: a promise is broken: {}",
                why.unwrap_or_default()
            ));
        }
        let expected_file = file.with_extension("report");
        if bless {
            std::fs::write(&expected_file, &report).unwrap();
        } else if std::fs::read_to_string(&expected_file).unwrap_or_default() != report {
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

fn report(raw: &[u8]) -> String {
    let mut out = String::new();
    let plan = match plan(raw) {
        Ok(plan) => plan,
        Err(broken) => return format!("broken: {broken}\n"),
    };
    match plan.untouchable() {
        Some(why) => writeln!(out, "untouchable: {} ({why})", why.code()).unwrap(),
        None => writeln!(out, "editable").unwrap(),
    }
    for part in plan.parts().iter().take(60) {
        write!(
            out,
            "part {} {} {} {}",
            part.path,
            part.content_type,
            part.encoding,
            part.role.code()
        )
        .unwrap();
        if let Some(charset) = &part.charset {
            write!(out, " charset={charset}").unwrap();
        }
        if let Some(why) = part.hindrance {
            write!(out, " hindered={}", why.code()).unwrap();
        }
        out.push('\n');
    }
    if plan.parts().len() > 60 {
        writeln!(out, "… {} parts in all", plan.parts().len()).unwrap();
    }
    for link in plan.links() {
        let skipped = link
            .skipped
            .map(Skip::code)
            .map(|code| format!(" skipped={code}"))
            .unwrap_or_default();
        writeln!(
            out,
            "link {} {}{skipped} {}",
            link.number,
            link.kind.code(),
            link.destination.escape_debug()
        )
        .unwrap();
    }
    for link in plan.text_links() {
        let skipped = link
            .skipped
            .map(Skip::code)
            .map(|code| format!(" skipped={code}"))
            .unwrap_or_default();
        writeln!(
            out,
            "in text: link {}{skipped} {}",
            link.number,
            link.destination.escape_debug()
        )
        .unwrap();
    }
    for picture in plan.pictures() {
        writeln!(out, "picture {}", picture.source.escape_debug()).unwrap();
    }
    let headers = added();
    match plan.render(&everything(&plan, &headers)) {
        Ok(copy) => {
            write_kept_lines(&mut out, &plan, &copy);
            write_changes(&mut out, &opened(raw), &opened(&copy));
        }
        Err(why) => writeln!(out, "cannot be rendered: {why}").unwrap(),
    }
    out
}

/// The mail with its base64 bodies decoded, so that a change can be read.
fn opened(raw: &[u8]) -> Vec<u8> {
    let Ok(plan) = plan(raw) else {
        return raw.to_vec();
    };
    let mut out = Vec::new();
    let mut at = 0;
    for part in editable_base64(&plan) {
        out.extend_from_slice(&raw[at..part.range.start]);
        let compact: Vec<u8> = raw[part.range.clone()]
            .iter()
            .copied()
            .filter(|b| !b.is_ascii_whitespace())
            .collect();
        match data_encoding::BASE64.decode(&compact) {
            Ok(decoded) => out.extend_from_slice(&decoded),
            Err(_) => out.extend_from_slice(&raw[part.range.clone()]),
        }
        at = part.range.end;
    }
    out.extend_from_slice(&raw[at..]);
    out
}

fn editable_base64<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = &'p mail::Part> {
    plan.parts()
        .iter()
        .filter(|part| part.encoding == "base64" && matches!(part.role, Role::Html | Role::Text))
}

/// How many base64 lines before the change stayed as they were.
fn write_kept_lines(out: &mut String, before: &Plan<'_>, copy: &[u8]) {
    let after = plan(copy).unwrap();
    for (old, new) in editable_base64(before).zip(editable_base64(&after)) {
        let lines = |bytes: &[u8]| {
            bytes
                .split_inclusive(|b| *b == b'\n')
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        };
        let (old_lines, new_lines) = (
            lines(&before.raw()[old.range.clone()]),
            lines(&copy[new.range.clone()]),
        );
        let kept = old_lines
            .iter()
            .zip(&new_lines)
            .take_while(|(a, b)| a == b)
            .count();
        let longest = new_lines.iter().map(Vec::len).max().unwrap_or_default();
        writeln!(
            out,
            "base64 part {}: first {kept} of {} lines kept, longest line now {longest}",
            old.path,
            old_lines.len()
        )
        .unwrap();
    }
}

/// The lines that differ, `-` before and `+` after, bytes other than printable ASCII escaped.
fn write_changes(out: &mut String, before: &[u8], after: &[u8]) {
    let before: Vec<&[u8]> = before.split_inclusive(|b| *b == b'\n').collect();
    let after: Vec<&[u8]> = after.split_inclusive(|b| *b == b'\n').collect();
    let (mut at, mut to) = (0, 0);
    while at < before.len() || to < after.len() {
        if at < before.len() && to < after.len() && before[at] == after[to] {
            (at, to) = (at + 1, to + 1);
            continue;
        }
        let (old, new) = resynchronise(&before[at..], &after[to..]);
        for line in &before[at..at + old] {
            writeln!(out, "- {}", line.escape_ascii()).unwrap();
        }
        for line in &after[to..to + new] {
            writeln!(out, "+ {}", line.escape_ascii()).unwrap();
        }
        (at, to) = (at + old, to + new);
    }
}

/// How many lines differ on both sides before two equal lines follow each other again, or the end.
fn resynchronise(before: &[&[u8]], after: &[&[u8]]) -> (usize, usize) {
    for distance in 1..before.len() + after.len() {
        for old in 0..=distance.min(before.len()) {
            let new = distance - old;
            if new > after.len() {
                continue;
            }
            let (rest, rest_after) = (&before[old..], &after[new..]);
            let equal = rest
                .iter()
                .zip(rest_after)
                .take(2)
                .filter(|(a, b)| a == b)
                .count();
            if equal == 2
                || equal == 1 && rest.len() == 1 && rest_after.len() == 1
                || rest.is_empty() && rest_after.is_empty()
            {
                return (old, new);
            }
        }
    }
    (before.len(), after.len())
}
