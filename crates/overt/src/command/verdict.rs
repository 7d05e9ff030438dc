//! `overt verdict`: requests as JSON lines in, verdicts as JSON lines out, so that others can test the rules with their
//! own logs.

use crate::config::Networks;
use crate::{log, networks};
use anyhow::{Context, Result, bail};
use std::hash::RandomState;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;
use verdict::line::{Judged, Line, Settling, judge_line};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Judge the requests together once all have been read: bursts, two clients from one source, a person after a
    /// scanner. Holds them all in memory
    #[arg(long)]
    settle: bool,
    #[command(flatten)]
    networks: Networks,
}

/// Longest line; a request's headers fit many times over.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// With `--settle`, so many requests at most.
const SETTLED_MAX: usize = 5_000_000;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let judge = networks::judge(&arguments.networks)?;
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut settling = arguments.settle.then(|| Settling::new(RandomState::new()));
    let mut text = String::new();
    for number in 1usize.. {
        text.clear();
        let length = input
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_line(&mut text)
            .with_context(|| format!("standard input, line {number}"))?;
        if length == 0 {
            break;
        }
        if length as u64 == LINE_BYTES_MAX {
            bail!("standard input, line {number}: longer than 1 MB");
        }
        if text.trim().is_empty() {
            continue;
        }
        // The parser's message may quote the line, and with it addresses; its place is enough to find it.
        let line: Line = serde_json::from_str(&text).map_err(|e| {
            anyhow::anyhow!(
                "standard input, line {number}, column {}: {}",
                e.column(),
                kind(&e)
            )
        })?;
        let judged = judge_line(&judge, &line);
        match &mut settling {
            None => write(&mut output, &judged)?,
            Some(_) if number > SETTLED_MAX => {
                bail!("--settle holds at most {SETTLED_MAX} requests; split the log")
            }
            Some(settling) => settling.add(&line, judged),
        }
    }
    for judged in settling.map(Settling::finish).unwrap_or_default() {
        write(&mut output, &judged)?;
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn kind(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => {
            "a member is missing or has the wrong form (see `overt verdict --help`)"
        }
        _ => "this is not JSON",
    }
}

fn write(output: &mut impl Write, judged: &Judged) -> Result<()> {
    serde_json::to_writer(&mut *output, judged)?;
    output.write_all(b"\n")?;
    Ok(())
}
