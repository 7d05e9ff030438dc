//! `overt consent verify`: reads a receipt that a person kept, and says in plain words what it proves.

use crate::config::Config;
use crate::{keys, log};
use anyhow::{Context, Result};
use model::receipt::RECEIPT_BYTES_MAX;
use model::{ConsentState, PublicKey, Receipt, SignedReceipt, Topic};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Verify a receipt offline, and say who agreed to what and when; exit code 1 if it was changed
    Verify {
        /// The receipt as it was downloaded
        file: PathBuf,
        /// The public key of the instance that signed it, as at <tracker>/.well-known/overt-key [default: this instance's]
        #[arg(long, allow_hyphen_values = true)]
        key: Option<PublicKey>,
        /// The configuration file, for this instance's key
        #[arg(long, env = "OVERT_CONFIG")]
        config: Option<PathBuf>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let What::Verify { file, key, config } = &arguments.what;
    let key = match key {
        Some(key) => *key,
        None => {
            own_key(config.as_deref()).context("no --key given, and this machine's is not there")?
        }
    };
    let text = read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let signed = SignedReceipt::verify(&text, &key).with_context(|| file.display().to_string())?;
    println!("The signature holds: nothing was changed since it was signed with {key}.\n");
    tell(signed.receipt());
    Ok(ExitCode::SUCCESS)
}

fn own_key(config: Option<&Path>) -> Result<PublicKey> {
    Ok(keys::load(&Config::load(config)?.data)?.signing.public())
}

/// No more than a receipt can have; what is longer is refused by its length.
fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let limit = RECEIPT_BYTES_MAX as u64 + 1;
    std::fs::File::open(file)?
        .take(limit)
        .read_to_string(&mut text)?;
    Ok(text)
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
