//! `overt audit export`: the ledger as lines for a log server, which may keep what this machine's owner would rather not.
//!
//! A line says what happened, when, by which user, to what, and the hash of its entry; never what somebody wrote, no name
//! and no address. Lines come in the order of the chain; `--since` goes on behind the last that arrived, `--follow` stays.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;
use store::{Chain, Exported, Store};
use tokio::time::sleep;

/// Lines that are read at once.
const PAGE: u16 = 1_000;
/// How often it is looked for new ones.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// Only what comes after this entry; needs --workspace where there are several
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    since: u64,
    /// Only this workspace, by its id or name
    #[arg(long)]
    workspace: Option<String>,
    /// Go on with new entries as they come
    #[arg(long)]
    follow: bool,
    /// Each line as syslog takes it (RFC 5424), instead of bare JSON
    #[arg(long)]
    syslog: bool,
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    at: String,
    workspace: String,
    seq: u64,
    kind: &'a str,
    user: Option<String>,
    object: Option<&'a str>,
    /// Of the entry, for holding the line against the chain.
    hash: String,
}

pub(super) async fn export(store: &Store, hostname: &str, wanted: &Export) -> Result<ExitCode> {
    let mut chains: Vec<(Chain, u64)> = (store.ledger_chains().await?.into_iter())
        .filter(|chain| {
            let named = |name: &String| *name == chain.name || *name == chain.workspace.to_string();
            wanted.workspace.as_ref().is_none_or(named)
        })
        .map(|chain| (chain, wanted.since))
        .collect();
    if let (Some(name), []) = (&wanted.workspace, chains.as_slice()) {
        bail!("--workspace {name}: there is no workspace of that id or name");
    }
    if wanted.since > 0 && chains.len() > 1 {
        bail!(
            "--since counts within one workspace, and there are several: name one with --workspace"
        );
    }
    loop {
        let mut written = false;
        for (chain, at) in &mut chains {
            let lines = store.ledger_export(chain.workspace, *at, PAGE).await?;
            if let Some(last) = lines.last() {
                (*at, written) = (last.seq, true);
            }
            let text: Result<String> = (lines.iter())
                .map(|line| written_out(chain, line, hostname, wanted.syslog))
                .collect();
            let mut out = std::io::stdout().lock();
            match out.write_all(text?.as_bytes()).and_then(|()| out.flush()) {
                // Whoever read has gone: that is how a pipe ends.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    return Ok(ExitCode::SUCCESS);
                }
                done => done.context("cannot write the lines")?,
            }
        }
        if !written {
            if !wanted.follow {
                return Ok(ExitCode::SUCCESS);
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

fn written_out(chain: &Chain, line: &Exported, hostname: &str, syslog: bool) -> Result<String> {
    let at = line.at.rfc3339();
    let json = serde_json::to_string(&Line {
        at: at.clone(),
        workspace: chain.workspace.to_string(),
        seq: line.seq,
        kind: &line.kind,
        user: line.user.map(|user| user.to_string()),
        object: line.object.as_deref(),
        hash: line.hash.to_string(),
    })?;
    Ok(if syslog {
        // Facility 13 is for audits, severity 5 for what is normal and worth noting. No structured data: its names
        // need a number of a company's own.
        format!("<109>1 {at} {hostname} overt - {} - {json}\n", line.kind)
    } else {
        json + "\n"
    })
}
