//! `overt backup`: everything in the database into one file, while the server runs. What is about contacts is sealed under
//! keys that stand in another file, which must not lie beside it.

use super::{ConfigFile, block_on, open};
use crate::{ambient, backup_keys, log, private_file};
use anyhow::{Context, Result};
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The file to write; an existing one is not written over
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let ambient = ambient::REAL;
    block_on(async {
        let store = open(&config).await?;
        let file = &arguments.file;
        let cannot = || format!("cannot write {}", file.display());
        let opened = private_file::create(file)?;
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
