//! `overt erase`: everything held about one person goes, after a look at what that is; a signed receipt comes out.
//!
//! As on the person's own page, a keyed digest of the address stays on the list of those who get no advertising: a list
//! that is imported later must not bring them back into a newsletter.

use super::person::{Whom, find};
use super::{ConfigFile, block_on, open};
use crate::{ambient, backup_keys, keys, log};
use anyhow::{Context, Result, bail};
use model::{ErasedBy, SignedReceipt};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use store::By;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    whom: Whom,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Where the receipt goes [default: standard output]
    #[arg(long)]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let whom = &arguments.whom;
    let config = arguments.config.load()?;
    let keys = keys::load(&config.data)?;
    block_on(async {
        let store = open(&config).await?.with_webhook_key(keys.webhook);
        let contact = find(&store, whom).await?;
        let (counts, waiting) = store.contact_erase_preview(contact.id).await?;
        eprint!("{}", told(whom, &counts, waiting));
        if !arguments.yes && !agreed(whom)? {
            bail!("nothing was erased");
        }
        let ambient = ambient::REAL;
        let mark = keys.suppression.mark(contact.workspace, &contact.address);
        let by = By::operator((ambient.now)());
        let erased = store.contact_erase(
            contact.workspace,
            contact.id,
            ErasedBy::Operator,
            Some(mark),
            by,
            ambient.random,
        );
        let receipt = erased.await?.context("they were erased just now")?;
        backup_keys::refresh(&store, &config.backup_keys, (ambient.now)())
            .await
            .context("erased, but their key is still in the key file of backups")?;
        for what in &receipt.remains {
            eprintln!("Left: {what}");
        }
        let text = SignedReceipt::sign(receipt, &keys.signing)?.text()? + "\n";
        match &arguments.receipt {
            None => print!("{text}"),
            Some(file) => std::fs::write(file, text)
                .with_context(|| format!("erased, but cannot write {}", file.display()))?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn told(whom: &Whom, counts: &BTreeMap<String, u64>, waiting: u64) -> String {
    let mut out = format!("What will be gone, for good, about {}:\n", whom.address);
    for table in store::inventory::TABLES {
        let count = counts.get(table.name).copied().unwrap_or_default();
        if count > 0 {
            out += &format!("  {count:>6}  {}\n", table.holds);
        }
    }
    out += "What stays: a keyed digest of the address, so that it gets no advertising when it is entered again.\n";
    if waiting > 0 {
        out += &format!(
            "Mails to them that have not left, and will not: {waiting}. Their senders are told.\n"
        );
    }
    out
}

/// Asks whoever sits there to write the address once more.
fn agreed(whom: &Whom) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody here to confirm it: add --yes");
    }
    eprint!("To erase them, write their address again: ");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().eq_ignore_ascii_case(whom.address.as_str()))
}
