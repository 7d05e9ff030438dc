//! `overt instrument`: mail on standard input, instrumented copies into a folder, a report of every part and link.
//!
//! Consent decides as for any mail. The mail and its copies are known to the store, so that hits on them count; the
//! sender delivers them. A sample ([`sample`]) is known to nobody.

mod report;
mod sample;
mod table;

use super::ConfigFile;
use crate::base::Base;
use crate::config::Config;
use crate::log;
use anyhow::{Context, Result, bail, ensure};
use model::url::Origin;
use model::{EmailAddress, Keyring};
use report::Report;
use send::instrument::Tools;
use send::{HandedOver, Recipient, Submission};
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A recipient; may be given several times
    #[arg(long = "to", required = true)]
    to: Vec<EmailAddress>,
    /// The folder for the copies: 1.eml, 2.eml, … in the order of --to
    #[arg(long)]
    out: PathBuf,
    /// Print what was done with each copy, part and link, tracked or not and why; with a file, write it there as JSON, for
    /// programs (- is standard output)
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[allow(clippy::option_option)] // clap's way to tell: not given, without a file, with one
    report: Option<Option<PathBuf>>,
    #[command(flatten)]
    config: ConfigFile,
    /// Needs no configuration: throw-away keys, the origin <https://sample.invalid>, as if everyone had agreed. For
    /// looking and testing; nothing in it can ever be tracked
    #[arg(long)]
    sample: bool,
}

/// The same bound as at submission.
const MAIL_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// What links are made with; the report says with it which can be tracked.
struct Means {
    keyring: Arc<Keyring>,
    tracker: Origin,
    /// The mail is signed when its copies are written.
    signs_anew: bool,
}

impl Means {
    fn tools(&self) -> Tools<'_> {
        Tools {
            keyring: &self.keyring,
            tracker: &self.tracker,
            signs_anew: self.signs_anew,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let mut seen = HashSet::new();
    if let Some(twice) = arguments.to.iter().find(|to| !seen.insert(to.key())) {
        bail!("--to {twice} is given twice: each recipient gets one copy");
    }
    let source = read_mail()?;
    let plan = mail::plan(&source).context("standard input")?;
    // Before anything is decided and stored: a folder that cannot be written to is seen now.
    std::fs::create_dir_all(&arguments.out)
        .with_context(|| format!("cannot make the folder {}", arguments.out.display()))?;
    let told = arguments.report.as_ref();
    let told = told.map(|file| Told::to(file.as_deref())).transpose()?;
    let (copies, means) = if arguments.sample {
        sample::copies(&plan, &arguments.to)?
    } else {
        let config = arguments.config.load()?;
        super::block_on(hand_over(&config, &plan, &arguments.to))?
    };
    let mut missing = false;
    for (index, copy) in copies.iter().enumerate() {
        let path = arguments.out.join(report::file_name(index));
        match &copy.bytes {
            Some(bytes) => create(&path)?
                .write_all(bytes)
                .with_context(|| format!("cannot write {}", path.display()))?,
            None => {
                missing = true;
                let why = copy.reason.map_or("", model::Reason::sentence);
                eprintln!("{} is not written: {why}", path.display());
            }
        }
    }
    if let Some(told) = told {
        told.tell(&Report::of(&plan, &copies, &means.tools()))
            .context("cannot write the report")?;
    }
    Ok(ExitCode::from(u8::from(missing)))
}

/// Where the report goes, and for whom it is.
enum Told {
    Person,
    Program(Box<dyn Write>),
}

impl Told {
    fn to(file: Option<&Path>) -> Result<Self> {
        Ok(match file {
            None => Self::Person,
            Some(path) if path == Path::new("-") => Self::Program(Box::new(std::io::stdout())),
            Some(path) => Self::Program(Box::new(create(path)?)),
        })
    }

    fn tell(self, report: &Report<'_>) -> std::io::Result<()> {
        match self {
            Self::Person => write!(std::io::stdout(), "{report}"),
            Self::Program(mut file) => {
                serde_json::to_writer_pretty(&mut file, report)?;
                file.write_all(b"\n")
            }
        }
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

fn read_mail() -> Result<Vec<u8>> {
    let mut source = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAIL_BYTES_MAX + 1)
        .read_to_end(&mut source)
        .context("cannot read the mail from standard input")?;
    ensure!(
        source.len() as u64 <= MAIL_BYTES_MAX,
        "the mail on standard input is larger than 50 MB"
    );
    Ok(source)
}

/// The copies as consent, law and settings have it, for the user whose identity is in From.
async fn hand_over(
    config: &Config,
    plan: &mail::Plan<'_>,
    to: &[EmailAddress],
) -> Result<(Vec<HandedOver>, Means)> {
    let base = Base::of(config).await?;
    let author = plan.addresses("From").into_iter().next();
    let author = author.context("standard input: the mail has no From header field")?;
    let from: EmailAddress = author
        .address
        .parse()
        .context("standard input: the From header field")?;
    let user = base.store.user_by_identity(&from).await?;
    let user = user.with_context(|| {
        format!("standard input: {from}, in From, is nobody's identity here: add it under Settings")
    })?;
    let recipient = |address: &EmailAddress| Recipient {
        address: address.clone(),
        notify: None,
        orcpt: None,
    };
    let submission = Submission {
        user,
        from,
        recipients: to.iter().map(recipient).collect(),
        source: plan.raw().to_vec(),
        switch: None,
        ask: None,
        class: None,
        assessment: None,
        receipt: None,
        report_refusals: false,
        ret: None,
        envid: None,
    };
    let sender = base.sender();
    let signs_anew = sender.signers.sign_for(submission.from.domain());
    let copies = sender.hand_over(submission).await?;
    let means = Means {
        keyring: base.keyring,
        tracker: base.tracker,
        signs_anew,
    };
    Ok((copies, means))
}
