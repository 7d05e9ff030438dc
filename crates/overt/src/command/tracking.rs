//! `overt tracking`: the kill switch of the whole server, for whoever runs it. Each workspace has one of its own under
//! Settings. Off means: from this second nothing is put into mails and nothing recorded, also of mails already sent, while
//! mail goes out and links lead on (R-MODE-18).

use super::{ConfigFile, block_on, open};
use crate::{ambient, log};
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;
use store::By;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What it is to be; without it, only what it is
    #[arg(value_enum)]
    turn: Option<Turn>,
    /// Why; it stands in the account of acts
    #[arg(long, default_value = "", hide_default_value = true)]
    because: String,
    /// The state as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Turn {
    /// Consent decides
    On,
    /// Nothing is tracked
    Off,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    block_on(async {
        let store = open(&config).await?;
        if let Some(turn) = arguments.turn {
            let by = By::operator((ambient::REAL.now)()).because(&arguments.because);
            store.instance_set_tracking(turn == Turn::On, by).await?;
        }
        let is_on = store.instance().await?.tracking;
        if arguments.json {
            println!("{}", json!({ "tracking": is_on }));
        } else if is_on {
            println!("Tracking is on: consent, limits and the workspaces' own switches decide.");
        } else {
            println!(
                "Tracking is off on this whole server. Mail goes out and links lead on; nothing is recorded."
            );
        }
        Ok(ExitCode::SUCCESS)
    })
}
