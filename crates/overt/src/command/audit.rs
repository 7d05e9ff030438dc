//! `overt audit`: is the ledger of consent whole, what is its signed head, and with which key was that signed; the ledger for
//! a log server, and the rights of a database role that cannot rewrite it.
//!
//! A chain cannot show by itself that its end was cut off or that all of it was written anew. Heads kept on another
//! machine can: `overt audit head` prints the newest, `overt audit verify --head FILE` compares with those kept.

mod export;

use super::{ConfigFile, block_on, open};
use crate::{keys, log};
use anyhow::{Context, Result, ensure};
use model::ledger::{Entry, Head, SignedHead, Tampering, verify};
use model::{PublicKey, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{Chain, Opening, Store};

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
    /// Verify every workspace's ledger; exit code 1 and the place if anything was altered
    Verify {
        /// A file of heads from `overt audit head`, kept elsewhere; may be given several times
        #[arg(long = "head")]
        heads: Vec<PathBuf>,
        /// The result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the newest signed head of every workspace, one JSON a line, to be kept on another machine
    Head,
    /// Print the ledger as lines for a log server: what, when, by whom, to what; no names, no addresses
    Export(export::Export),
    /// Print the SQL that lets a PostgreSQL role run the program without being able to rewrite the ledger
    Grants {
        /// The role that the program signs in as
        #[arg(long)]
        role: String,
    },
    /// Print the public key that receipts and heads are verified with
    Key,
}

/// Entries that are held in memory at once.
const PAGE: u16 = 1_000;

/// A file of heads: one an hour is 4 MB a year.
const HEADS_BYTES_MAX: u64 = 64 << 20;

/// A head on its way to another machine and back.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    workspace: WorkspaceId,
    head: SignedHead,
}

/// What was found in one workspace's ledger.
#[derive(Serialize)]
pub(crate) struct Finding {
    workspace: WorkspaceId,
    name: String,
    /// Entries up to the head, or up to the first that is not as it was.
    entries: u64,
    head: Option<Head>,
    /// Signed heads that were compared with.
    signed_heads: usize,
    /// Entries of erased contacts: in the chain, but nobody can tell any more what they said.
    sealed: u64,
    /// What is wrong, with its place.
    tampering: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    if let What::Grants { role } = &arguments.what {
        print!("{}", store::grants(role));
        return Ok(ExitCode::SUCCESS);
    }
    let config = arguments.config.load()?;
    let key = keys::load(&config.data)?.signing.public();
    if matches!(arguments.what, What::Key) {
        println!("{key}");
        return Ok(ExitCode::SUCCESS);
    }
    block_on(async {
        let store = open(&config).await?;
        match &arguments.what {
            What::Verify { heads, json } => verify_all(&store, &key, heads, *json).await,
            What::Export(wanted) => export::export(&store, &config.hostname, wanted).await,
            What::Head | What::Key | What::Grants { .. } => print_heads(&store).await,
        }
    })
}

async fn print_heads(store: &Store) -> Result<ExitCode> {
    for chain in store.ledger_chains().await? {
        let workspace = chain.workspace;
        match store.ledger_heads(workspace).await?.pop() {
            Some(head) => println!("{}", serde_json::to_string(&Kept { workspace, head })?),
            None => eprintln!(
                "{}: no head is signed yet; `overt serve` signs one within an hour of the first entry",
                chain.name
            ),
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify_all(
    store: &Store,
    key: &PublicKey,
    files: &[PathBuf],
    json: bool,
) -> Result<ExitCode> {
    let mut kept = Vec::new();
    for file in files {
        kept.extend(read_heads(file)?);
    }
    let mut findings = Vec::new();
    for chain in store.ledger_chains().await? {
        let mut heads = store.ledger_heads(chain.workspace).await?;
        let of_chain = kept.iter().filter(|k| k.workspace == chain.workspace);
        heads.extend(of_chain.map(|k| k.head.clone()));
        findings.push(examine(store, &chain, &heads, key).await?);
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        findings.iter().for_each(print);
    }
    let altered = findings.iter().any(|f| f.tampering.is_some());
    Ok(ExitCode::from(u8::from(altered)))
}

fn read_heads(file: &Path) -> Result<Vec<Kept>> {
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(HEADS_BYTES_MAX + 1).read_to_string(&mut text))
        .with_context(|| format!("cannot read the heads in {}", file.display()))?;
    ensure!(
        text.len() as u64 <= HEADS_BYTES_MAX,
        "{}: longer than {} MiB, which no file of heads is; give the ones you kept",
        file.display(),
        HEADS_BYTES_MAX >> 20
    );
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(i, line)| {
            serde_json::from_str(line).with_context(|| {
                format!(
                    "{}, line {}: not a head from `overt audit head`",
                    file.display(),
                    i + 1
                )
            })
        })
        .collect()
}

fn print(finding: &Finding) {
    let Finding {
        name,
        entries,
        signed_heads,
        sealed,
        ..
    } = finding;
    match (&finding.tampering, &finding.head) {
        (Some(what), _) => println!("ALTERED  {name}: {what}"),
        (None, Some(head)) => println!(
            "whole    {name}: {entries} entries, head {}, agrees with {signed_heads} signed heads; \
             {sealed} entries of erased contacts",
            head.hash
        ),
        (None, None) => {}
    }
}

/// Walks one chain piece by piece.
pub(crate) async fn examine(
    store: &Store,
    chain: &Chain,
    signed: &[SignedHead],
    key: &PublicKey,
) -> Result<Finding> {
    let mut finding = Finding {
        workspace: chain.workspace,
        name: chain.name.clone(),
        entries: 0,
        head: None,
        signed_heads: signed.len(),
        sealed: 0,
        tampering: None,
    };
    let mut heads = Vec::new();
    for head in signed {
        match head.verify(key) {
            Ok(head) => heads.push(head),
            Err(_) => {
                let at = head.head.seq;
                finding.tampering = Some(format!(
                    "the signed head of entry {at} is not from this instance, or was changed"
                ));
                return Ok(finding);
            }
        }
    }
    let mut at = Head::beginning(chain.workspace.bytes());
    loop {
        let rows = match store.ledger_page(chain.workspace, at.seq, PAGE).await {
            Err(store::Error::Corrupt(why)) => {
                finding.tampering = Some(why);
                return Ok(finding);
            }
            rows => rows?,
        };
        let last = rows.len() < usize::from(PAGE);
        let end = rows.last().map_or(at.seq, |row| row.entry.seq);
        let due: Vec<_> = heads
            .iter()
            .filter(|h| last || h.seq <= end)
            .copied()
            .collect();
        finding.sealed += rows.iter().filter(|r| r.opening == Opening::Sealed).count() as u64;
        let behind = rows.iter().find_map(|row| match row.opening {
            Opening::Opens | Opening::Sealed => None,
            Opening::Differs => Some((
                row.entry.seq,
                "the event behind entry {} says something else than was committed to",
            )),
            Opening::EventMissing => Some((row.entry.seq, "the event behind entry {} is gone")),
        });
        let entries: Vec<Entry> = rows.into_iter().map(|row| row.entry).collect();
        let walked = verify(at, &entries, &due);
        finding.tampering = match (&walked, behind) {
            // The chain itself comes first: an altered entry no longer opens, of course.
            (Err(tampering), _) => Some(tampering.to_string()),
            (Ok(_), Some((seq, what))) => Some(what.replace("{}", &seq.to_string())),
            (Ok(_), None) => None,
        };
        match walked {
            Ok(head) => at = head,
            Err(Tampering { at, .. }) => finding.entries = at.saturating_sub(1),
        }
        if finding.tampering.is_some() {
            return Ok(finding);
        }
        if last {
            break;
        }
    }
    finding.entries = at.seq;
    let claimed = store.ledger_claimed(chain.workspace).await?;
    if claimed > at.seq {
        let missing = at.seq + 1;
        finding.tampering = Some(format!(
            "entry {missing} and all after it are missing, up to {claimed}"
        ));
    } else {
        finding.head = Some(at);
    }
    Ok(finding)
}
