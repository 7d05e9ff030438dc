//! `overt reclassify`: judges stored hits again where older rules judged them, as far as what is stored still tells.
//!
//! No address and no user-agent is stored. What is judged again is what the reasons of a hit name: which program, what kind of
//! network, which headers, what comparing found. Without `--apply` it only tells what would change.

use super::{ConfigFile, block_on, open};
use crate::base::profiles;
use crate::config::Config;
use crate::{ambient, log};
use anyhow::{Context, Result};
use model::{Axis, Meaning};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use verdict::{Judge, RULES_VERSION, Tables};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Change the verdicts, and the counts with them
    #[arg(long)]
    apply: bool,
    /// The result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// What it came to.
#[derive(Serialize, Default)]
struct Outcome {
    rules: u32,
    applied: bool,
    /// Hits under older rules that were looked at.
    judged: usize,
    changed: usize,
    /// Their evidence is not known well enough any more; their verdicts stand.
    untold: usize,
    /// Hits of copies with too many of them.
    passed_over: usize,
    changes: Vec<Line>,
}

/// Hits that change alike.
#[derive(Serialize)]
struct Line {
    hits: usize,
    axis: &'static str,
    opener: String,
    from: &'static str,
    to: &'static str,
    /// The first reason of the new verdict.
    because: String,
}

type Alike = (Axis, String, Meaning, Meaning, String);

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let judge = Judge::new(Tables::built_in().context("the built-in verdict tables are damaged")?);
    let outcome = block_on(reclassify(&config, judge, arguments.apply))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&outcome)?);
    } else {
        print(&outcome);
    }
    Ok(ExitCode::SUCCESS)
}

async fn reclassify(config: &Config, judge: Judge, apply: bool) -> Result<Outcome> {
    let store = open(config).await?.under(Arc::new(profiles(config)?));
    let judge = track::judge_again(Arc::new(judge));
    let mut outcome = Outcome {
        rules: RULES_VERSION,
        applied: apply,
        ..Outcome::default()
    };
    let (mut alike, mut after) = (BTreeMap::<Alike, usize>::new(), None);
    let shown = std::io::stderr().is_terminal();
    loop {
        let now = (ambient::REAL.now)();
        let batch = store
            .hits_reclassify(RULES_VERSION, after, apply, judge.clone(), now)
            .await?;
        outcome.judged += batch.judged;
        outcome.untold += batch.untold;
        outcome.passed_over += batch.passed_over;
        outcome.changed += batch.changes.len();
        for (axis, from, to) in batch.changes {
            let because = to.reasons.first().cloned().unwrap_or_default();
            let key = (axis, to.opener, from.meaning, to.meaning, because);
            *alike.entry(key).or_default() += 1;
        }
        if batch.last.is_none() {
            break;
        }
        after = batch.last;
        if shown {
            eprint!("\r{} hits", outcome.judged);
        }
    }
    if shown {
        eprint!("\r");
    }
    let mut changes: Vec<_> = alike.into_iter().map(line).collect();
    changes.sort_by_key(|line| std::cmp::Reverse(line.hits));
    outcome.changes = changes;
    Ok(outcome)
}

fn line(((axis, opener, from, to, because), hits): (Alike, usize)) -> Line {
    Line {
        hits,
        axis: axis.as_str(),
        opener,
        from: from.as_str(),
        to: to.as_str(),
        because,
    }
}

fn print(outcome: &Outcome) {
    let Outcome {
        rules,
        judged,
        changed,
        untold,
        passed_over,
        ..
    } = outcome;
    println!(
        "{judged} hits were judged by rules older than version {rules}; of these {changed} are judged otherwise now."
    );
    if *untold > 0 {
        println!("Of {untold} not enough is stored to judge them again; their verdicts stand.");
    }
    if *passed_over > 0 {
        println!("{passed_over} hits were passed over: their copies have too many of them.");
    }
    if !outcome.changes.is_empty() {
        println!(
            "\n{:>8}  {:<9}{:<20}{:<17}{:<17}because",
            "hits", "axis", "opener", "from", "to"
        );
        for line in &outcome.changes {
            println!(
                "{:>8}  {:<9}{:<20}{:<17}{:<17}{}",
                line.hits, line.axis, line.opener, line.from, line.to, line.because
            );
        }
    }
    match (outcome.applied, changed) {
        (true, _) => {
            println!("\nDone. Counts and ticks follow; what each hit was taken for first is kept.");
        }
        (false, 0) => {}
        (false, _) => println!("\nNothing was changed. `overt reclassify --apply` changes it."),
    }
}
