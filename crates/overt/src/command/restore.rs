//! `overt restore`: reads a backup into an empty database, without those who were erased since. Also the way from SQLite to
//! PostgreSQL: back up, set `database` to the new place, restore.

use super::{ConfigFile, block_on, open};
use crate::{ambient, backup_keys, log};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;
use store::BackupKeys;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The backup
    file: PathBuf,
    /// Its key file [default: the one in the configuration]
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Leave behind mail and events that waited when the backup was made; they may have left since
    #[arg(long)]
    without_queue: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let read = |file: &PathBuf| -> Result<_> {
        let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(BufReader::new(opened))
    };
    let keys = arguments.keys.as_ref().unwrap_or(&config.backup_keys);
    let keys = BackupKeys::read(read(keys)?).with_context(|| keys.display().to_string())?;
    let from = read(&arguments.file)?;
    let now = (ambient::REAL.now)();
    block_on(async {
        let store = open(&config).await?;
        let restored = store.restore(from, keys, !arguments.without_queue, now);
        let restored = restored
            .await
            .with_context(|| format!("{} was not restored", arguments.file.display()))?;
        backup_keys::write(&store, &config.backup_keys, now).await?;
        let made = restored
            .made_at
            .map(model::Time::rfc3339)
            .unwrap_or_default();
        println!(
            "{} rows of {made} are back; {} are not, because those they were about were erased since.",
            restored.rows, restored.dropped
        );
        Ok(ExitCode::SUCCESS)
    })
}
