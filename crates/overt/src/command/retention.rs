//! `overt retention`: clears away what has been kept for its term, which a server does by itself every hour, or only
//! says what that would be.

use super::{ConfigFile, block_on, open};
use crate::{ambient, log};
use anyhow::Result;
use std::process::ExitCode;
use store::Due;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only say what would go: before a term in `[retention]` is shortened
    #[arg(long)]
    dry_run: bool,
    /// The report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let terms = config.retention.terms();
    let ambient = ambient::REAL;
    block_on(async {
        let store = open(&config).await?;
        let now = (ambient.now)();
        let due = store.retention_due(terms, now).await?;
        if !arguments.dry_run {
            store.retention_run(terms, (ambient.random)(), now).await?;
        }
        if arguments.json {
            println!("{}", serde_json::to_string_pretty(&due)?);
        } else {
            print!("{}", report(&due, arguments.dry_run));
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn report(due: &[Due], dry: bool) -> String {
    let head = if dry {
        "What would go now (nothing was changed):"
    } else {
        "What went:"
    };
    let mut out = format!(
        "{head}\n{:>8}  {:<12} {:<10}  what\n",
        "rows", "class", "before"
    );
    for d in due {
        let before = d.before.rfc3339();
        let day = before.get(..10).unwrap_or(&before);
        out += &format!("{:>8}  {:<12} {day}  {}\n", d.rows, d.class, d.what);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Time;

    #[test]
    fn r_ret_03_the_report_of_a_dry_run() {
        let due = [Due {
            class: "hits",
            what: "single hits; their sums by day stay",
            table: "hit",
            before: Time(1_795_294_080_000),
            rows: 4_711,
            oldest: None,
        }];
        let golden = "What would go now (nothing was changed):
    rows  class        before      what
    4711  hits         2026-11-21  single hits; their sums by day stay
";
        assert_eq!(report(&due, true), golden);
    }
}
