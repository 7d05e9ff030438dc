//! `overt consent`: what one contact agreed to, the evidence of it as one file, and what such a file or a receipt that a
//! person kept proves, in plain words.

use super::evidence::keep;
use super::person::{Whom, find};
use super::{ConfigFile, block_on, open};
use crate::evidence::of_contact::{Proven, Subject, draw, story, verify as verify_proof};
use crate::evidence::{read, verify};
use crate::{ambient, keys, log};
use anyhow::{Context, Result};
use model::{ConsentState, PublicKey, Receipt, SignedReceipt, Topic};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{By, Evidence};

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
    /// Show what a contact agreed to or not, and how that came about
    Show {
        #[command(flatten)]
        whom: Whom,
        /// The same as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the evidence of a contact's consents into one file that anybody can verify offline
    Export {
        #[command(flatten)]
        whom: Whom,
        /// The ZIP file to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Verify a receipt or the evidence about a contact offline, and say who agreed to what and when; exit code 1 if it
    /// was changed
    Verify {
        /// The receipt as it was downloaded, or the file of `overt consent export`
        file: PathBuf,
        /// The public key of the instance that signed it, as at <tracker>/.well-known/overt-key [default: this instance's]
        #[arg(long, allow_hyphen_values = true)]
        key: Option<PublicKey>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = &arguments.config;
    match &arguments.what {
        What::Show { whom, json } => show(whom, *json, config)?,
        What::Export { whom, out } => export(whom, out, config)?,
        What::Verify { file, key } => {
            let key = match key {
                Some(key) => *key,
                None => {
                    own_key(config).context("no --key given, and this machine's is not there")?
                }
            };
            verify_file(file, &key).with_context(|| file.display().to_string())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(whom: &Whom, as_json: bool, config: &ConfigFile) -> Result<()> {
    let config = config.load()?;
    let evidence = block_on(async {
        let store = open(&config).await?;
        let contact = find(&store, whom).await?;
        let evidence = store.consent_evidence(contact.workspace, contact.id);
        evidence.await?.context("they were erased just now")
    })?;
    let subject = Subject::of(&evidence, (ambient::REAL.now)());
    if as_json {
        println!(
            "{}",
            serde_json::to_string_pretty(&shown(&evidence, &subject))?
        );
        return Ok(());
    }
    println!("{}, contact of {}\n", subject.address, subject.controller);
    for stands in &subject.standing {
        let since = stands.since.map(|at| format!(" since {at}"));
        let state = stands.state.as_str();
        println!(
            "{:<26}{state}{}",
            word(stands.topic),
            since.unwrap_or_default()
        );
    }
    let lines = story(&evidence.opened);
    let lead = if lines.is_empty() {
        "\nNothing happened yet: they were never asked."
    } else {
        ""
    };
    println!("{lead}");
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

fn shown(evidence: &Evidence, subject: &Subject) -> serde_json::Value {
    let text = |(sha256, shown, at): &(model::Sha256, store::ShownText, model::Time)| json!({ "sha256": sha256, "language": shown.language.as_str(), "since": at });
    json!({
        "contact": subject,
        "events": evidence.opened.events,
        "confirmations": evidence.confirmations,
        "texts": evidence.texts.iter().map(text).collect::<Vec<_>>(),
    })
}

fn export(whom: &Whom, out: &Path, config: &ConfigFile) -> Result<()> {
    let config = config.load()?;
    let key = keys::load(&config.data)?.signing;
    let bytes = block_on(async {
        let store = open(&config).await?;
        let contact = find(&store, whom).await?;
        let who = (contact.workspace, contact.id);
        let by = By::operator((ambient::REAL.now)());
        let drawn = draw(&store, &config.tracker.origin, &key, who, by).await?;
        drawn.context("they were erased just now")
    })?;
    keep(out, &bytes)?;
    let (file, public) = (out.display(), key.public());
    println!("{file}: {} octets, signed with {public}", bytes.len());
    println!("Verify it anywhere: overt consent verify {file} --key {public}");
    println!(
        "It holds personal data of {}: hand it to nobody who need not have it.",
        whom.address
    );
    Ok(())
}

/// A ZIP archive begins with these.
const ZIP: &[u8] = b"PK";

fn verify_file(file: &Path, key: &PublicKey) -> Result<()> {
    let bytes = read(file)?;
    if bytes.starts_with(ZIP) {
        let proven = verify_proof(&verify(&bytes, key)?, key)?;
        tell_proven(&proven, key);
        return Ok(());
    }
    let text = String::from_utf8(bytes).context("neither a receipt nor an archive of evidence")?;
    let signed = SignedReceipt::verify(&text, key)?;
    println!("The signature holds: nothing was changed since it was signed with {key}.\n");
    tell(signed.receipt());
    Ok(())
}

fn tell_proven(proven: &Proven, key: &PublicKey) {
    let Proven {
        subject,
        opened,
        texts,
        receipts,
    } = proven;
    println!("The signature holds: nothing was changed since it was signed with {key}.\n");
    println!("Asked by      {}", subject.controller);
    println!("Who agreed    {}", subject.address);
    println!(
        "Proven        {} events, each as the ledger of that time committed to it; {texts} pages as shown, {receipts} receipts\n",
        opened.events.len()
    );
    for line in story(opened) {
        println!("{line}");
    }
}

fn own_key(config: &ConfigFile) -> Result<PublicKey> {
    Ok(keys::load(&config.load()?.data)?.signing.public())
}

fn tell(receipt: &Receipt) {
    for party in receipt.controller.iter() {
        println!("Asked by      {} <{}>", party.name, party.contact);
    }
    println!(
        "Who agreed    the person known to them as {}",
        receipt.subject_ref
    );
    for purpose in receipt.purpose.iter() {
        println!("Agreed to     {}: {}", word(purpose.axis), purpose.text);
    }
    for event in receipt.events.iter() {
        let what = match event.state {
            ConsentState::Requested => "ticked the box",
            ConsentState::Given => "confirmed by mail",
            other => other.as_str(),
        };
        println!(
            "              {}  {}: {what}",
            event.time,
            word(event.topic)
        );
    }
    if let Some(mail) = &receipt.double_opt_in {
        println!("Mailbox       {}", mail.transport_proof);
    }
    println!("Kept          {}", receipt.retention);
    println!(
        "Text shown    SHA-256 {} ({})",
        receipt.notice.sha256, receipt.notice.lang
    );
    println!("To withdraw   {}", receipt.withdrawal_method);
}

fn word(topic: Topic) -> &'static str {
    match topic {
        Topic::Open => "opening mails",
        Topic::Click => "pressing links",
        Topic::Document => "looking at documents",
        Topic::Details => "details of the device",
    }
}
