//! Mails where they lie: `.eml`, mbox, Maildir, folders of these. One at a time is in memory.
//!
//! Symbolic links are not followed below the path that was named, so that no walk goes in circles.

use anyhow::{Context, Result};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The same bound as at submission. A larger mail is passed over and named.
const MAIL_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// Folders within folders.
const DEPTH_MAX: usize = 32;

/// Which mail.
#[derive(Debug, Clone)]
pub(super) struct Source {
    file: PathBuf,
    /// Counted from one, in an mbox.
    number: Option<usize>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.number {
            Some(number) => write!(f, ", mail {number}"),
            None => Ok(()),
        }
    }
}

/// Hand over every mail under a path. What comes back could not be read: what, and why.
pub(super) fn each(
    path: &Path,
    mut take: impl FnMut(Source, &[u8]) -> Result<()>,
) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let about =
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if about.is_dir() {
        folder(path, 0, &mut take, &mut problems)?;
    } else {
        file(path, &mut take, &mut problems)?;
    }
    Ok(problems)
}

type Take<'t> = dyn FnMut(Source, &[u8]) -> Result<()> + 't;

fn folder(
    path: &Path,
    depth: usize,
    take: &mut Take<'_>,
    problems: &mut Vec<String>,
) -> Result<()> {
    let is_maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let mut entries: Vec<_> = match std::fs::read_dir(path) {
        Ok(entries) => entries.filter_map(std::result::Result::ok).collect(),
        Err(why) => {
            problems.push(format!("{}: {why}", path.display()));
            return Ok(());
        }
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let holds_mails = path
        .parent()
        .is_some_and(|parent| parent.join("cur").is_dir() && parent.join("new").is_dir())
        && path
            .file_name()
            .is_some_and(|name| name == "cur" || name == "new");
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            if is_maildir && name == "tmp" {
                continue; // Not delivered yet.
            }
            if depth < DEPTH_MAX {
                folder(&path, depth + 1, take, problems)?;
            } else {
                problems.push(format!(
                    "{}: folders lie too deep, over {DEPTH_MAX}",
                    path.display()
                ));
            }
        } else if kind.is_file() {
            let ending = path
                .extension()
                .map(|e| e.to_string_lossy().to_ascii_lowercase());
            let is_mail = matches!(ending.as_deref(), Some("eml" | "mbox" | "mbx"));
            if holds_mails || is_mail {
                file(&path, take, problems)?;
            }
        }
    }
    Ok(())
}

fn file(path: &Path, take: &mut Take<'_>, problems: &mut Vec<String>) -> Result<()> {
    let opened = File::open(path).and_then(|file| {
        let mut reader = BufReader::new(file);
        let is_mbox = reader.fill_buf()?.starts_with(b"From ");
        Ok((reader, is_mbox))
    });
    let (mut reader, is_mbox) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            problems.push(format!("{}: {why}", path.display()));
            return Ok(());
        }
    };
    let source = |number| Source {
        file: path.to_owned(),
        number,
    };
    if is_mbox {
        return mbox(reader, &source, take, problems);
    }
    let mut bytes = Vec::new();
    let read = reader
        .by_ref()
        .take(MAIL_BYTES_MAX + 1)
        .read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() as u64 > MAIL_BYTES_MAX => {
            problems.push(format!(
                "{}: larger than 50 MB, passed over",
                path.display()
            ));
            Ok(())
        }
        Ok(_) => take(source(None), &bytes),
        Err(why) => {
            problems.push(format!("{}: {why}", path.display()));
            Ok(())
        }
    }
}

/// `From ` at the start of a line after an empty one begins the next mail; `>From ` stood for itself before it was stored.
fn mbox(
    mut reader: impl BufRead,
    source: &dyn Fn(Option<usize>) -> Source,
    take: &mut Take<'_>,
    problems: &mut Vec<String>,
) -> Result<()> {
    let (mut mail, mut line) = (Vec::new(), Vec::new());
    let (mut number, mut after_empty, mut too_large) = (0, true, false);
    loop {
        line.clear();
        let length = match reader
            .by_ref()
            .take(MAIL_BYTES_MAX)
            .read_until(b'\n', &mut line)
        {
            Ok(length) => length,
            Err(why) => {
                problems.push(format!("{}: {why}", source(Some(number))));
                return Ok(());
            }
        };
        let begins = after_empty && line.starts_with(b"From ");
        if length == 0 || begins {
            if too_large {
                problems.push(format!(
                    "{}: larger than 50 MB, passed over",
                    source(Some(number))
                ));
            } else if !mail.is_empty() {
                take(source(Some(number)), &mail)?;
            }
            if length == 0 {
                return Ok(());
            }
            mail.clear();
            (number, too_large, after_empty) = (number + 1, false, false);
            continue;
        }
        after_empty = matches!(line.as_slice(), b"\n" | b"\r\n");
        let marks = line.iter().take_while(|b| **b == b'>').count();
        let quoted = marks > 0 && line[marks..].starts_with(b"From ");
        too_large |= (mail.len() + line.len()) as u64 > MAIL_BYTES_MAX;
        if !too_large {
            mail.extend_from_slice(if quoted { &line[1..] } else { &line });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(path: &Path) -> (Vec<(String, String)>, Vec<String>) {
        let mut found = Vec::new();
        let problems = each(path, |source, bytes| {
            let name = source.to_string();
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            found.push((name, String::from_utf8_lossy(bytes).into_owned()));
            Ok(())
        });
        (found, problems.unwrap())
    }

    #[test]
    fn an_mbox_is_taken_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old");
        let text =
            "From a Mon\nSubject: 1\n\nx\n>From y\nFrom here on\n\nFrom b Tue\nSubject: 2\n\nz\n";
        std::fs::write(&path, text).unwrap();
        let (found, problems) = all(&path);
        let expected = [
            ("old, mail 1", "Subject: 1\n\nx\nFrom y\nFrom here on\n\n"),
            ("old, mail 2", "Subject: 2\n\nz\n"),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        assert_eq!((found, problems), (expected, Vec::<String>::new()));
    }

    #[test]
    fn a_maildir_and_what_lies_in_folders() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "Subject: x\n\n").unwrap();
        };
        for name in [
            "box/cur/1:2,S",
            "box/new/2",
            "box/tmp/3",
            "box/.Sent/cur/4",
            "box/.Sent/new/5",
            "a/b.eml",
            "a/c.txt",
        ] {
            write(name);
        }
        let (found, problems) = all(folder.path());
        let names: Vec<_> = found.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b.eml", "4", "5", "1:2,S", "2"]);
        assert_eq!(problems, [""; 0]);
    }
}
