//! `overt clean`: a mail on standard input, the same mail without trackers on standard output, for a mail filter.
//!
//! The mail always comes out: where it must not or cannot be changed it comes out as it came, byte for byte.

use super::scan::report::MailReport;
use crate::log;
use anyhow::{Context, Result, ensure};
use guard::{Action, Cleaned, Mode, Pictures};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// html: looks the same, without beacons and with links that lead straight where that is certain. protect: nothing in it
    /// loads anything. text: plain text
    #[arg(long, value_enum)]
    mode: Form,
    /// Write what was found and done there, as JSON, without whole addresses (- is standard error)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// With --mode protect: block all pictures from the web, or keep those taken for content. Their servers then see that
    /// the mail is read
    #[arg(long, value_enum, default_value_t = Kept::None)]
    pictures: Kept,
    /// Whom the mail is for, beyond what it says itself; may be given several times
    #[arg(long = "recipient")]
    recipients: Vec<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    Html,
    Text,
    Protect,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kept {
    None,
    Content,
}

/// The same bound as at submission.
const MAIL_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// What was done, for programs.
#[derive(Serialize)]
struct Report {
    mode: &'static str,
    /// False where the mail had to stay as it came.
    clean: bool,
    changed: bool,
    /// How many references each thing was done with.
    done: BTreeMap<Action, usize>,
    #[serde(flatten)]
    mail: MailReport,
    /// In the order of the findings.
    actions: Vec<Action>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let mut source = Vec::new();
    let mut input = std::io::stdin().lock().take(MAIL_BYTES_MAX + 1);
    input
        .read_to_end(&mut source)
        .context("cannot read the mail from standard input")?;
    ensure!(
        source.len() as u64 <= MAIL_BYTES_MAX,
        "the mail on standard input is larger than 50 MB"
    );
    let (mode, word) = match arguments.mode {
        Form::Html => (Mode::Html, "html"),
        Form::Text => (Mode::Text, "text"),
        Form::Protect => (Mode::Protect, "protect"),
    };
    let pictures = match arguments.pictures {
        Kept::None => Pictures::Block,
        Kept::Content => Pictures::KeepContent,
    };
    let mail = match mail::whole(&source) {
        Ok(mail) => mail,
        Err(broken) => {
            std::io::stdout().write_all(&source)?;
            return Err(broken).context("standard input, which went through as it came");
        }
    };
    let cleaned = guard::clean(&mail, mode, pictures, &arguments.recipients)?;
    std::io::stdout().write_all(&cleaned.bytes)?;
    if let Some(path) = &arguments.report {
        let report = report(word, &mail, &source, &cleaned);
        let mut file: Box<dyn Write> = if path.as_os_str() == "-" {
            Box::new(std::io::stderr())
        } else {
            Box::new(
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
            )
        };
        serde_json::to_writer_pretty(&mut file, &report)?;
        file.write_all(b"\n")?;
    }
    if !cleaned.is_clean() {
        let why: Vec<_> = cleaned.scan.notes.iter().map(ToString::to_string).collect();
        eprintln!(
            "overt: the mail went through as it came: {}",
            why.join("; ")
        );
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}

fn report(mode: &'static str, mail: &mail::Whole<'_>, source: &[u8], cleaned: &Cleaned) -> Report {
    let mut done: BTreeMap<Action, usize> = BTreeMap::new();
    for action in &cleaned.actions {
        *done.entry(*action).or_default() += 1;
    }
    Report {
        mode,
        clean: cleaned.is_clean(),
        changed: cleaned.bytes != source,
        done,
        mail: MailReport::of("", mail, &cleaned.scan, false),
        actions: cleaned.actions.clone(),
    }
}
