//! `overt report`: takes in a report that came back by mail, from a pipe: a Sieve rule, an alias, a mail filter.

use super::{ConfigFile, block_on, open};
use crate::{ambient, keys, log};
use anyhow::{Context, Result};
use std::io::Read;
use std::process::ExitCode;
use store::ReportScope;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let (mut mail, longest) = (Vec::new(), mail::report::REPORT_BYTES_MAX as u64);
    // One byte more shows that it is too long.
    let mut input = std::io::stdin().lock().take(longest + 1);
    input.read_to_end(&mut mail).context("standard input")?;
    let kept = block_on(async {
        let store = open(&config).await?;
        let (now, random) = ((ambient::REAL.now)(), ambient::REAL.random);
        let keys = keys::load(&config.data)?;
        let ours = (&keys.tokens, &config.tracker.origin, &keys.suppression);
        send::keep_report(&store, ReportScope::default(), &mail, ours, random, now)
            .await
            .context("standard input")
    })?;
    match kept {
        0 => println!("The report is about no mail of this instance."),
        1 => println!("Kept with the copy that it is about."),
        n => println!("Kept with the {n} copies that it is about."),
    }
    Ok(ExitCode::from(u8::from(kept == 0)))
}
