//! The report: what the rules make of each behaviour that is known, beside simpler methods. `docs/verdict-report.md` is its
//! output: `cargo test -p verdict --test report -- --nocapture`.
//!
//! What is replayed was written down by somebody, so the figures say how well the rules know what is known, and nothing
//! of how often it happens. Families are never added up; where machines and people are mixed, the mix is stated.

#![allow(clippy::unwrap_used, reason = "a test stops at a surprise")]

mod calibration;
mod chance;
mod families;
mod methods;
#[path = "../it/sample.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod sample;

use calibration::{brier, reliability};
use chance::Chance;
use families::{Event, Family, MACHINES, PEOPLE};
use methods::{BASELINES, Says, likely, ours, says, told};
use sample::judge;

/// Copies of each family.
const COPIES: usize = 300;
/// Groups of copies in a mix; most are of one copy.
const MIXED: usize = 1_000;

/// Wilson's interval at 95 %.
fn wilson(hits: usize, of: usize) -> (f64, f64) {
    let (n, z) = (of as f64, 1.959_964);
    let p = hits as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    (
        ((middle - spread) / whole).max(0.0),
        (middle + spread) / whole,
    )
}

fn share(hits: usize, of: usize) -> String {
    if of == 0 {
        return "–".into();
    }
    let (low, high) = wilson(hits, of);
    let percent = 100.0 * hits as f64 / of as f64;
    format!("{percent:.1} ({:.1}–{:.1})", 100.0 * low, 100.0 * high)
}

/// The events of a crowd, or of a single copy.
fn group(family: &Family, chance: &mut Chance) -> Vec<Event> {
    let events = |copy| {
        let events = (family.events)(chance, copy);
        events.into_iter().map(move |event| Event { copy, ..event })
    };
    (0..family.crowd).flat_map(events).collect()
}

/// One family's row: of its people's and of its machines' requests, what was said. Gives the share that a gate is for.
fn row(family: &Family, people: bool) -> f64 {
    let (mut chance, judge) = (Chance::new(family.name.len() as u64), judge());
    let (mut events, mut alone, mut settled) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..COPIES / family.crowd {
        let group = group(family, &mut chance);
        let (each, together) = ours(&judge, &group);
        events.extend(group);
        alone.extend(each);
        settled.extend(together);
    }
    let count = |judged: &[verdict::line::Judged], human: bool, what: Says| {
        let of_truth = events.iter().zip(judged).filter(|(e, _)| e.human == human);
        of_truth.filter(|(_, j)| says(j) == what).count()
    };
    let mut gated = 1.0;
    for human in [true, false] {
        let of = events.iter().filter(|e| e.human == human).count();
        if of == 0 {
            continue;
        }
        let right = if human { Says::Human } else { Says::Machine };
        let good = count(&settled, human, right);
        if human == people {
            gated = good as f64 / of as f64;
        }
        let wrong = if human { Says::Machine } else { Says::Human };
        println!(
            "| {} | {} | {of} | {} | {} | {} | {} | {} |",
            family.name,
            if human { "people" } else { "machines" },
            share(count(&alone, human, right), of),
            share(good, of),
            share(count(&settled, human, Says::Unknown), of),
            share(count(&settled, human, wrong), of),
            brier(
                events
                    .iter()
                    .zip(&settled)
                    .filter(|(e, _)| e.human == human)
                    .map(|(e, j)| (likely(j), e.human))
            ),
        );
    }
    gated
}

fn families(title: &str, list: &[Family], people: bool) {
    println!("\n## {title}\n");
    println!(
        "| behaviour | truth | requests | right, each alone | right, together | unknown | wrong | Brier |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let gated: Vec<_> = list
        .iter()
        .map(|family| (family, row(family, people)))
        .collect();
    println!("\nReplayed from:\n");
    for family in list {
        println!("- {}: {}", family.name, family.source);
    }
    for (family, share) in gated {
        assert!(
            family.gate.is_none_or(|gate| share >= gate),
            "{}: {share:.3} is below its gate",
            family.name
        );
    }
}

/// A mix in which `share` of the groups meet machines alone, each family equally often.
fn mix(share: f64) -> Vec<Vec<Event>> {
    let mut chance = Chance::new((share * 100.0) as u64);
    let mut one = || {
        let machines = chance.part() < share;
        let list = if machines { MACHINES } else { PEOPLE };
        let family = &list[usize::from(chance.count(0, list.len() as u16 - 1))];
        group(family, &mut chance)
    };
    (0..MIXED).map(|_| one()).collect()
}

fn method_row(name: &str, events: &[Event], said: &[Says], brier: &str) {
    let count = |human: Option<bool>, what: Option<Says>| {
        let pairs = events.iter().zip(said);
        pairs
            .filter(|(e, s)| human.is_none_or(|h| e.human == h) && what.is_none_or(|w| **s == w))
            .count()
    };
    let (people, machines) = (count(Some(true), None), count(Some(false), None));
    println!(
        "| {name} | {} | {} | {} | {} | {brier} |",
        share(count(Some(true), Some(Says::Human)), people),
        share(count(Some(false), Some(Says::Machine)), machines),
        share(
            count(Some(false), Some(Says::Machine)),
            count(None, Some(Says::Machine))
        ),
        share(count(None, Some(Says::Unknown)), events.len()),
    );
}

fn mixes() {
    println!("\n## Beside simpler methods\n");
    println!(
        "A mix of {MIXED} groups of copies at each share of those that only machines come for; behind it, every family equally"
    );
    println!(
        "often, the hard ones too. The field's mix is another, so no figure here is anybody's accuracy."
    );
    for share_of in [0.1, 0.3, 0.6] {
        let (groups, judge) = (mix(share_of), judge());
        let events: Vec<Event> = groups.iter().flatten().copied().collect();
        println!(
            "\n### {:.0} % of the groups meet machines alone\n",
            share_of * 100.0
        );
        println!(
            "| method | people found | machines found | of those called machine, were | unknown | Brier |"
        );
        println!("|---|---|---|---|---|---|");
        let ours: Vec<_> = (groups.iter())
            .flat_map(|group| ours(&judge, group).1)
            .collect();
        let said: Vec<_> = ours.iter().map(says).collect();
        let stated: Vec<_> = (events.iter().zip(&ours))
            .map(|(event, judged)| (likely(judged), event.human))
            .collect();
        method_row(
            "Overt, all rules",
            &events,
            &said,
            &brier(stated.iter().copied()),
        );
        for baseline in &BASELINES {
            let of_group = |group: &Vec<Event>| {
                let says = group.iter().map(|e| (baseline.says)(e, group));
                says.collect::<Vec<_>>()
            };
            let said: Vec<_> = groups.iter().flat_map(of_group).collect();
            let sure = events.iter().zip(&said);
            let sure = sure.map(|(e, s)| (f64::from(u8::from(*s == Says::Human)), e.human));
            method_row(baseline.name, &events, &said, &brier(sure));
        }
        reliability(&stated);
        let outcomes: Vec<_> = groups.iter().map(|group| told(&judge, group)).collect();
        let wrong = outcomes.iter().filter(|(wrong, _)| *wrong).count();
        let with_people: Vec<_> = groups
            .iter()
            .zip(&outcomes)
            .filter(|(c, _)| c.iter().any(|e| e.human))
            .collect();
        let missed = with_people
            .iter()
            .filter(|(_, (_, missed))| *missed)
            .count();
        println!(
            "\nNews that was wrong: {} of the groups; a person whom no news told of: {} of those with a person.",
            share(wrong, groups.len()),
            share(missed, with_people.len())
        );
    }
}

#[test]
fn report() {
    println!("# What the verdicts are worth\n");
    println!(
        "Rules version {}. Percent, with Wilson's 95 % interval in brackets; {COPIES} copies a family, replayed with",
        verdict::RULES_VERSION
    );
    println!(
        "chance from a fixed seed. These are lab figures over documented behaviour: real-world accuracy is unknown."
    );
    println!(
        "Apple's relay cannot be told apart by anybody; \"unknown\" is the right answer there, and is counted as what it is."
    );
    println!(
        "Brier: the mean square between how likely the verdict says a person was there and whether one was; 0 is best, 0.25 is"
    );
    println!("what always saying \"half and half\" gets.");
    println!();
    println!(
        "The rules were written from the same sources that are replayed here, so 100 means \"does what was written\", an"
    );
    println!(
        "upper bound. The judge had a small hand-made table of networks; without one, more is unknown."
    );
    families("People", PEOPLE, true);
    families("Machines", MACHINES, false);
    mixes();
}

/// What is stored of settled hits leads to the same verdicts, as far as minutes tell.
#[test]
fn stored_hits_judged_again_by_the_same_rules_mean_the_same() {
    let judge = judge();
    for family in PEOPLE.iter().chain(MACHINES) {
        let (mut chance, mut told) = (Chance::new(7), 0);
        for _ in 0..20 {
            let group = group(family, &mut chance);
            let settled = ours(&judge, &group).1;
            for copy in 0..family.crowd {
                let of_copy = group.iter().zip(&settled).filter(|(e, _)| e.copy == copy);
                let (events, settled): (Vec<_>, Vec<_>) = of_copy.unzip();
                let kept = |(event, judged): (&&Event, &&verdict::line::Judged)| verdict::Kept {
                    axis: event.axis,
                    link: event.link,
                    at: methods::moment(event).minute(),
                    verdict: judged.verdict.clone(),
                };
                let kept: Vec<_> = events.iter().zip(&settled).map(kept).collect();
                let again = judge.judge_again(&kept, Some(events[0].links));
                for (again, judged) in again.into_iter().zip(settled) {
                    let Some(again) = again else { continue };
                    assert_eq!(again, judged.verdict, "{}", family.name);
                    told += 1;
                }
            }
        }
        assert!(told > 0, "{}: nothing of it can be told again", family.name);
    }
}

#[test]
fn intervals_are_wilsons() {
    // Newcombe 1998, table I: 81 of 263; and no error in 59 proves 93.9 %.
    let (low, high) = wilson(81, 263);
    assert!(
        (low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5,
        "{low} {high}"
    );
    assert!((wilson(59, 59).0 - 0.9389).abs() < 5e-4);
}
