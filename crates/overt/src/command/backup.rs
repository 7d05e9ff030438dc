//! `overt backup`: everything in the database into one file, while the server runs. What is about contacts is sealed under
//! keys that stand in another file, which must not lie beside it.

use super::{block_on, configured, open};
use crate::{ambient, backup_keys, log};
use anyhow::{Context, Result};
use std::fs::OpenOptions;
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The file to write; an existing one is not written over
    file: PathBuf,
    /// The configuration file
    #[arg(long, env = "OVERT_CONFIG")]
    config: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = configured(arguments.config.as_deref())?;
    let ambient = ambient::REAL;
    block_on(async {
        let store = open(&config).await?;
        let file = &arguments.file;
        let cannot = || format!("cannot write {}", file.display());
        let options = &mut OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(file);
        let opened = opened.with_context(cannot)?;
        let kept = opened.try_clone().with_context(cannot)?;
        let now = (ambient.now)();
        let saved = store.backup(BufWriter::new(opened), (ambient.random)(), now);
        let saved = match saved.await {
            Ok(saved) => saved,
            Err(error) => {
                let _ = std::fs::remove_file(file); // half a backup is none
                return Err(error).context("no backup was made");
            }
        };
        kept.sync_all().with_context(cannot)?;
        backup_keys::write(&store, &config.backup_keys, now).await?;
        println!(
            "{} rows in {}, {} of them sealed. What opens them is in {}: keep that on another disk, in no backup set \
             and with no history.",
            saved.rows,
            file.display(),
            saved.sealed,
            config.backup_keys.display()
        );
        Ok(ExitCode::SUCCESS)
    })
}
