//! Every mail in `cases/`: what is found in it, and exactly what changes when everything is edited.
//!
//! Beside `x.eml` stands `x.report`. How to add one: `cases/README.md`. Whatever the report says, each case must also
//! keep the promises that hold for all mail; those are in `promises` below.

#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test, in helpers too"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mail::{Edits, Image, Line, Link, Plan, Role, Skip, plan};

const TRACKER: &str = "https://t.example/c/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL?to=";
const IMAGE: Image<'_> = Image {
    url: "https://t.example/o/0123456789.gif",
    alt: "Read receipt, \"declared\" & visible",
};
const LINE: Line<'_> = Line {
    text: "Cette lettre est suivie : l’expéditeur voit si elle est lue.",
    link_text: "Voir ou arrêter",
    url: "https://t.example/p/0123456789?a=1&b=2",
    lang: "fr",
};

#[allow(clippy::unnecessary_wraps, reason = "the shape of `Edits::link`")]
fn wrap(link: &Link) -> Option<String> {
    let escaped: String = link
        .destination
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    Some(format!("{TRACKER}{escaped}"))
}

fn unwrap(destination: &str) -> String {
    let Some(escaped) = destination.strip_prefix(TRACKER) else {
        return destination.to_owned();
    };
    let mut bytes = Vec::new();
    let mut rest = escaped.bytes();
    while let Some(b) = rest.next() {
        if b == b'%' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            bytes.push(b);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn everything<'e>(plan: &Plan<'_>, headers: &'e [(String, String)]) -> Edits<'e> {
    let touchable = plan.untouchable().is_none();
    Edits {
        link: if touchable { &wrap } else { &|_| None },
        image: touchable.then_some(IMAGE),
        line: (plan.can_carry_line() && plan.untouchable() != Some(mail::Untouchable::DkimSigned))
            .then_some(LINE),
        add_headers: headers,
        drop_headers: &["bcc", "X-Control"],
        ..Edits::default()
    }
}

fn added() -> Vec<(String, String)> {
    vec![("X-Added".to_owned(), "one; two".to_owned())]
}

#[test]
fn cases() {
    let bless = std::env::var_os("MAIL_BLESS").is_some();
    let mut failures = Vec::new();
    let files = case_files();
    assert!(
        files.len() >= 150,
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

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
    files.sort();
    files
}

/// What holds for every mail.
fn promises(raw: &[u8]) {
    let Ok(before) = plan(raw) else { return };
    assert_eq!(
        before.render(&Edits::default()).unwrap(),
        raw,
        "no edits, same bytes"
    );

    let headers = added();
    let edits = everything(&before, &headers);
    let copy = before.render(&edits).unwrap();
    let after = plan(&copy).unwrap();
    assert_eq!(after.parts().len(), before.parts().len(), "the same parts");
    for (part, edited) in before.parts().iter().zip(after.parts()) {
        assert_eq!(
            (&part.path, &part.content_type, part.role),
            (&edited.path, &edited.content_type, edited.role)
        );
        if !matches!(part.role, Role::Html | Role::Text | Role::Multipart) {
            assert_eq!(
                raw[part.range.clone()],
                copy[edited.range.clone()],
                "part {} is as it was",
                part.path
            );
        }
    }
    // Where people get to by clicking: the same places in the same order, our own line aside.
    let reached = |plan: &Plan<'_>| -> Vec<String> {
        plan.links()
            .iter()
            .map(|link| unwrap(&link.destination))
            .filter(|url| !url.starts_with("https://t.example/p/"))
            .collect()
    };
    assert_eq!(reached(&before), reached(&after), "destinations");
    assert_eq!(after.header("X-Added").as_deref(), Some("one; two"));
    assert!(after.header("Bcc").is_none(), "Bcc is gone");
    assert_eq!(before.subject(), after.subject());
    assert_eq!(before.addresses("To"), after.addresses("To"));

    // Lines and line ends.
    let bare = |bytes: &[u8]| {
        bytes
            .iter()
            .enumerate()
            .filter(|(at, b)| **b == b'\n' && (*at == 0 || bytes[at - 1] != b'\r'))
            .count()
    };
    if bare(raw) == 0 && raw.contains(&b'\n') {
        assert_eq!(bare(&copy), 0, "CRLF stays CRLF");
    }
    let longest = |bytes: &[u8]| {
        bytes
            .split(|b| *b == b'\n')
            .map(<[u8]>::len)
            .max()
            .unwrap_or_default()
    };
    assert!(
        longest(&copy) <= longest(raw).max(999),
        "no line longer than allowed"
    );
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
