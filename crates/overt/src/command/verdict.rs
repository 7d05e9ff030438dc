//! `overt verdict`: requests as JSON lines in, verdicts as JSON lines out, so that others can test the rules with their
//! own logs.
//!
//! A line that is no request is told on standard error, with its number and what to mend, and left out; the others are
//! judged, and the exit code says that something was left out.

use crate::config::Networks;
use crate::{ambient, log, networks};
use anyhow::{Context, Result, bail};
use std::hash::RandomState;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::process::ExitCode;
use verdict::line::{Judged, Line, Settling, judge_line};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each line needs id, kind (open, click or document) and at (RFC 3339), and may have method, scheme, remote, headers,\n\
copy, link, links, sent_at, delivered_at and recipient_host. For example:\n  \
{\"id\":1,\"kind\":\"open\",\"at\":\"2026-11-21T20:48:00Z\",\"remote\":\"192.0.2.7\",\"headers\":{\"User-Agent\":\"curl/8.14.1\"}}\n\
A line that is no request is told on standard error and left out; the exit code is then 1.")]
pub(crate) struct Arguments {
    /// Judge the requests together once all have been read: bursts, two clients from one source, a person after a
    /// scanner. Holds them all in memory
    #[arg(long)]
    settle: bool,
    #[command(flatten)]
    networks: Networks,
}

/// Longest line; a request's headers fit many times over.
const LINE_BYTES_MAX: usize = 1024 * 1024;
/// With `--settle`, so many requests at most: some 1 KB of memory each.
const SETTLED_MAX: usize = 5_000_000;
/// So many mistakes are told one by one.
const MISTAKES_TOLD_MAX: usize = 20;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    match judge_all(arguments) {
        // Nobody listens any more, as behind `| head`.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        ended => ended,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
}

fn judge_all(arguments: &Arguments) -> Result<ExitCode> {
    let judge = networks::judge(&arguments.networks)?;
    for told in networks::too_old(judge.tables(), (ambient::REAL.now)()) {
        eprintln!("overt: {told}");
    }
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = BufWriter::new(std::io::stdout().lock());
    let mut settling = arguments.settle.then(|| Settling::new(RandomState::new()));
    let (mut text, mut held, mut mistakes) = (Vec::new(), 0, Mistakes::default());
    for number in 1usize.. {
        // Who feeds us line by line waits for the answer.
        if input.buffer().is_empty() {
            output.flush()?;
        }
        let fits = next_line(&mut input, &mut text)
            .with_context(|| format!("standard input, line {number}"))?;
        match fits {
            Some(true) if text.trim_ascii().is_empty() => continue,
            Some(true) => {}
            Some(false) => {
                mistakes.tell(number, &"longer than 1 MB");
                continue;
            }
            None => break,
        }
        let line = match Line::read(&text) {
            Ok(line) => line,
            Err(mistake) => {
                mistakes.tell(number, &mistake);
                continue;
            }
        };
        let judged = judge_line(&judge, &line);
        match &mut settling {
            None => write(&mut output, &judged)?,
            Some(_) if held == SETTLED_MAX => {
                bail!("--settle holds at most {SETTLED_MAX} requests; split the log")
            }
            Some(settling) => {
                held += 1;
                settling.add(&line, judged);
            }
        }
    }
    for judged in settling.map(Settling::finish).unwrap_or_default() {
        write(&mut output, &judged)?;
    }
    output.flush()?;
    Ok(mistakes.end())
}

/// Reads a line into `text`, whether it fits or is too long and was passed over; none at the end.
fn next_line(input: &mut impl BufRead, text: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    text.clear();
    let most = LINE_BYTES_MAX as u64 + 1;
    if input.by_ref().take(most).read_until(b'\n', text)? == 0 {
        return Ok(None);
    }
    let fits = text.len() <= LINE_BYTES_MAX;
    while text.len() > LINE_BYTES_MAX && text.last() != Some(&b'\n') {
        text.clear();
        input.by_ref().take(most).read_until(b'\n', text)?;
    }
    Ok(Some(fits))
}

/// Lines that were left out.
#[derive(Default)]
struct Mistakes {
    count: usize,
}

impl Mistakes {
    fn tell(&mut self, line: usize, mistake: &impl std::fmt::Display) {
        self.count += 1;
        if self.count <= MISTAKES_TOLD_MAX {
            eprintln!("overt: standard input, line {line}: {mistake}");
        }
    }

    fn end(&self) -> ExitCode {
        match self.count {
            0 => return ExitCode::SUCCESS,
            1 => eprintln!("overt: one line was left out; the others were judged"),
            count => eprintln!("overt: {count} lines were left out; the others were judged"),
        }
        ExitCode::from(1)
    }
}

fn write(output: &mut impl Write, judged: &Judged) -> Result<()> {
    let mut line = serde_json::to_vec(judged)?;
    line.push(b'\n');
    output.write_all(&line)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_too_long_is_passed_over_and_the_next_one_read() {
        let longest = vec![b'x'; LINE_BYTES_MAX - 1];
        let mut input = [&longest[..], b"\n", &longest[..], b"xxx\nlast"].concat();
        input.splice(0..0, *b"first\n");
        let (mut input, mut text) = (&input[..], Vec::new());
        let mut lines = Vec::new();
        while let Some(fits) = next_line(&mut input, &mut text).unwrap() {
            lines.push((fits, text.len()));
        }
        let read: Vec<_> = lines.iter().map(|(fits, _)| *fits).collect();
        assert_eq!(read, [true, true, false, true]);
        assert_eq!(lines[3].1, 4);
    }
}
