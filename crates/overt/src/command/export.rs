//! `overt export`: everything held about one person, to be handed to them (GDPR Art. 15 and 20).

use super::person::{Whom, find};
use super::{ConfigFile, block_on, open};
use crate::{ambient, log, private_file};
use anyhow::{Context, Result, bail};
use model::Language;
use model::export::{Export, csv, html};
use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    whom: Option<Whom>,
    /// A page to read, the same for programs, or a table a file
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
    /// The language of its sentences: en, fr, de, it, es [default: theirs, else the workspace's]
    #[arg(long)]
    language: Option<Language>,
    /// The file to write; with csv, the folder [default: standard output, which csv cannot use]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the JSON Schema of the JSON form, and nothing else
    #[arg(long, exclusive = true)]
    schema: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Html,
    Json,
    Csv,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    if arguments.schema {
        println!("{}", serde_json::to_string_pretty(&store::export_schema())?);
        return Ok(ExitCode::SUCCESS);
    }
    let Some(whom) = &arguments.whom else {
        bail!("whose data? Give their address: `overt export ann@example.org`");
    };
    let config = arguments.config.load()?;
    let export = block_on(async {
        let store = open(&config).await?;
        let contact = find(&store, whom).await?;
        let now = (ambient::REAL.now)();
        let workspace = store.workspace(contact.workspace).await?;
        let theirs = contact.language.or(workspace.map(|w| w.language));
        let language = arguments.language.or(theirs).unwrap_or_default();
        let told = (&config.disclosure()?, language);
        let export = store.contact_export(contact.workspace, contact.id, told, now);
        export.await?.context("they were erased just now")
    })?;
    write(&export, arguments.format, arguments.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn write(export: &Export, format: Format, out: Option<&Path>) -> Result<()> {
    let text = match (format, out) {
        (Format::Csv, None) => bail!("csv is a file a table: name a folder with --out"),
        (Format::Csv, Some(folder)) => {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.with_context(|| format!("cannot make {}", folder.display()))?;
            for (name, content) in csv(export) {
                private(&folder.join(name), &content)?;
            }
            return Ok(());
        }
        (Format::Html, _) => html(export),
        (Format::Json, _) => export.json()? + "\n",
    };
    match out {
        Some(file) => private(file, &text),
        None => Ok(std::io::stdout().write_all(text.as_bytes())?),
    }
}

/// Readable by its owner only: it is somebody's life.
fn private(file: &Path, content: &str) -> Result<()> {
    private_file::replace(file)?
        .write_all(content.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}
