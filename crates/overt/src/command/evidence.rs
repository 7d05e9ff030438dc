//! `overt evidence`: draws a signed archive for auditors, and verifies one without a server.

use super::{ConfigFile, block_on, open};
use crate::evidence::gather::{Period, gather};
use crate::evidence::{About, pack, read, verify};
use crate::{ambient, keys, log, private_file};
use anyhow::{Result, bail};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{ActKind, PublicKey, Time};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::By;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// The first day, in UTC, as in 2026-10-01
    #[arg(long)]
    from: Option<Date>,
    /// The last day
    #[arg(long)]
    to: Option<Date>,
    /// The ZIP file to write
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Is every byte of an archive what the instance signed? Needs no server; exit code 1 if not
    Verify {
        /// The archive
        file: PathBuf,
        /// The instance's public key, from `overt audit key`
        #[arg(long)]
        key: PublicKey,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    if let Some(What::Verify { file, key }) = &arguments.what {
        let manifest = verify(&read(file)?, key)?.manifest;
        let about = match &manifest.about {
            About::Days(from, to) => format!("{from} to {to}"),
            About::Contact(_) => {
                "of one contact, which `overt consent verify` looks at in full".into()
            }
        };
        println!(
            "The signature holds. {} files, {about}, drawn {}; each is as it was signed.",
            manifest.files.len(),
            manifest.made_at
        );
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(from), Some(to), Some(out)) = (arguments.from, arguments.to, &arguments.out) else {
        bail!(
            "of which time, and where to? `overt evidence --from 2026-10-01 --to 2026-12-31 --out evidence.zip`"
        );
    };
    if from > to {
        bail!("--from {from} comes after --to {to}");
    }
    let config = arguments.config.load()?;
    let key = keys::load(&config.data)?.signing;
    let period = Period {
        from: first_moment(from)?,
        before: first_moment(to.checked_add(1.day())?)?,
    };
    let now = (ambient::REAL.now)();
    let bytes = block_on(async {
        let store = open(&config).await?;
        let files = gather(&store, &config, &key, period).await?;
        let about = About::Days(from.to_string(), to.to_string());
        let bytes = pack(&now.rfc3339(), about, &files, &key)?;
        for chain in store.ledger_chains().await? {
            let what = format!("{from} to {to}");
            store
                .act_note(
                    chain.workspace,
                    ActKind::EvidenceDrawn,
                    &what,
                    By::operator(now),
                )
                .await?;
        }
        Ok(bytes)
    })?;
    keep(out, &bytes)?;
    println!(
        "{}: {} octets, signed with {}",
        out.display(),
        bytes.len(),
        key.public()
    );
    println!(
        "Verify it anywhere: overt evidence verify {} --key {}",
        out.display(),
        key.public()
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes an archive: for its owner only, since it holds who did what; and nothing is overwritten.
pub(crate) fn keep(out: &Path, bytes: &[u8]) -> Result<()> {
    Ok(private_file::create(out)?.write_all(bytes)?)
}

fn first_moment(day: Date) -> Result<Time> {
    Ok(Time(
        day.to_zoned(TimeZone::UTC)?.timestamp().as_millisecond(),
    ))
}
