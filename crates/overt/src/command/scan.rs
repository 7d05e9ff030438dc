//! `overt scan`: other people's trackers in mails that lie in files and folders. Looks, changes nothing, asks nobody.

mod mailbox;
mod page;
pub(crate) mod report;
mod table;

use crate::log;
use anyhow::Result;
use mailbox::Source;
use report::MailReport;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use table::Summary;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Mails: an .eml file, an mbox file, a Maildir, or a folder with any of these in it
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// One line of JSON for each mail. It has whole addresses in it, which name the recipient: mind whom you give it to
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// A web page that explains itself, without addresses
    #[arg(long)]
    html: bool,
    /// Whom the mails were for, beyond what they say themselves; an address that hides in a picture is found with it. May be
    /// given several times
    #[arg(long = "recipient")]
    recipients: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut summary = Summary::default();
    let mut failed = false;
    let shows_progress = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
    for path in &arguments.paths {
        let each = |source: Source, bytes: &[u8]| -> Result<()> {
            let mail = match mail::whole(bytes) {
                Ok(mail) => mail,
                Err(broken) => {
                    failed = true;
                    eprintln!("overt: {source}: {broken}");
                    return Ok(());
                }
            };
            let scan = guard::scan(&mail, &arguments.recipients)?;
            let report = MailReport::of(&source.to_string(), &mail, &scan, arguments.json);
            summary.add(&report);
            if shows_progress && summary.mails.is_multiple_of(500) {
                eprint!("\r{} mails", summary.mails);
            }
            if arguments.json {
                serde_json::to_writer(&mut output, &report)?;
                output.write_all(b"\n")?;
            } else if !arguments.html {
                write!(output, "{}", table::Mail(&report))?;
            }
            Ok(())
        };
        let problems = mailbox::each(path, each)?;
        for problem in problems {
            failed = true;
            eprintln!("overt: {problem}");
        }
    }
    if shows_progress && summary.mails >= 500 {
        eprintln!("\r{} mails", summary.mails);
    }
    if arguments.html {
        write!(output, "{}", page::Page(&summary))?;
    } else if !arguments.json {
        write!(output, "{summary}")?;
    }
    output.flush()?;
    Ok(ExitCode::from(u8::from(failed)))
}
