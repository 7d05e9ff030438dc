//! `overt contact import`: a list of people into a workspace, every one with where the address comes from; or one person
//! out of another instance's export (GDPR Art. 20).

use super::{ConfigFile, block_on, open};
use crate::{ambient, log};
use anyhow::{Context, Result, bail, ensure};
use model::export::Export;
use model::roll::{Entry, LIST_BYTES_MAX, Roll};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{By, Fresh};

/// Octets of an export that are read: years of mail to one person. What is cut off there is no JSON any more.
const EXPORT_BYTES_MAX: usize = 256 << 20;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Enter the people of a CSV file, or one person's export; lines that are wrong are left out and named, with exit
    /// code 1
    Import {
        /// The file. Its first line names the columns: address, source, where, when, who and basis are needed
        file: PathBuf,
        /// The file is what `overt export --format json` wrote elsewhere: who they are and where the address comes from
        /// is taken over; what they agreed to there counts as asserted, for nobody agreed to anything here
        #[arg(long)]
        from_export: bool,
        /// The name of the workspace, where there are several
        #[arg(long)]
        workspace: Option<String>,
        /// Why consents are entered here; needed if a line has one with its evidence
        #[arg(long)]
        reason: Option<String>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let What::Import {
        file,
        from_export,
        workspace,
        reason,
    } = &arguments.what;
    let ambient = ambient::REAL;
    let name = file.display();
    let text = read(file, *from_export).with_context(|| format!("cannot read {name}"))?;
    let roll = if *from_export {
        one(&text, (ambient.now)())
    } else {
        Roll::read(&text, (ambient.now)()).map_err(Into::into)
    };
    let roll = roll.with_context(|| name.to_string())?;
    let entries: Vec<Entry> = roll.entries.into_iter().map(|(_, entry)| entry).collect();
    let reason = reason.as_deref().unwrap_or("").trim();
    ensure!(
        !reason.is_empty() || !entries.iter().any(Entry::grants),
        "{name} says that people agreed, with evidence: say with --reason why that is entered here"
    );
    let config = arguments.config.load()?;
    block_on(async {
        let store = open(&config).await?;
        let mut chains = store.ledger_chains().await?;
        chains.retain(|chain| workspace.as_ref().is_none_or(|name| *name == chain.name));
        let [chain] = chains.as_slice() else {
            bail!("name one workspace with --workspace");
        };
        let by = By::operator((ambient.now)()).because(reason);
        let drawn = entries
            .into_iter()
            .map(|e| (e, Fresh::draw(ambient.random)));
        let done = store
            .contacts_enter(chain.workspace, drawn.collect(), &by)
            .await?;
        let made = done.iter().filter(|(_, made)| *made).count();
        println!(
            "{made} new, {} known already, {} left out",
            done.len() - made,
            roll.wrong.len()
        );
        for (line, why) in &roll.wrong {
            eprintln!("{name}, line {line}: {why}");
        }
        Ok(ExitCode::from(u8::from(!roll.wrong.is_empty())))
    })
}

/// The person of an export.
fn one(text: &str, now: model::Time) -> Result<Roll> {
    let export: Export = serde_json::from_str(text).context("this is no export as JSON")?;
    Ok(Roll {
        entries: vec![(1, export.portable(now)?)],
        wrong: Vec::new(),
    })
}

/// No more than a list, or an export, can have; what is longer is refused by its length.
fn read(file: &Path, export: bool) -> std::io::Result<String> {
    let mut text = String::new();
    let most = if export {
        EXPORT_BYTES_MAX
    } else {
        LIST_BYTES_MAX
    };
    std::fs::File::open(file)?
        .take(most as u64 + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}
