//! Our verdicts, and simpler ways to tell people from machines, over the same requests.

use crate::families::Event;
use crate::sample::{NOW, address, headers};
use model::{Axis, Meaning, Time};
use std::collections::BTreeMap;
use std::hash::RandomState;
use std::time::Duration;
use verdict::Judge;
use verdict::line::{Judged, Line, Settling, judge_line};
use verdict::settle::HOLD;

/// What a method says of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Human,
    Unknown,
    Machine,
}

/// Each group is judged at the same time of its own, so that none meets another and no table grows old.
pub(crate) fn moment(event: &Event) -> Time {
    NOW + Duration::from_secs_f64(event.at)
}

fn line(event: &Event) -> Line {
    let sent: Vec<(String, String)> = if event.headers.is_empty() {
        Vec::new()
    } else {
        headers(event.headers)
    };
    let agent = ("user-agent".to_owned(), event.agent.to_owned());
    let headers: BTreeMap<_, _> = sent.into_iter().chain([agent]).collect();
    let json = serde_json::json!({
        "id": null,
        "kind": event.axis,
        "at": moment(event).rfc3339_millis(),
        "method": event.method,
        "remote": address(event.network),
        "headers": headers,
        "copy": event.copy,
        "links": event.links,
        "link": (event.axis == Axis::Click).then_some(event.link),
        "delivered_at": NOW,
    });
    Line::read(json.to_string().as_bytes()).unwrap()
}

/// The events of a group, judged alone and judged together.
pub(crate) fn ours(judge: &Judge, events: &[Event]) -> (Vec<Judged>, Vec<Judged>) {
    let alone = events.iter().map(|e| judge_line(judge, &line(e))).collect();
    (alone, settled(judge, events))
}

fn settled(judge: &Judge, events: &[Event]) -> Vec<Judged> {
    let mut settling = Settling::new(RandomState::new());
    for event in events {
        let line = line(event);
        settling.add(&line, judge_line(judge, &line));
    }
    settling.finish()
}

pub(crate) fn says(judged: &Judged) -> Says {
    match judged.verdict.meaning {
        Meaning::Human | Meaning::HumanViaProxy => Says::Human,
        Meaning::Unknown => Says::Unknown,
        Meaning::Machine | Meaning::Own => Says::Machine,
    }
}

/// How likely a verdict says that it was a person, between zero and one.
pub(crate) fn likely(judged: &Judged) -> f64 {
    let sure = f64::from(judged.verdict.confidence) / 100.0;
    match says(judged) {
        Says::Human | Says::Unknown => sure,
        Says::Machine => 1.0 - sure,
    }
}

/// For the events of one copy: is somebody told "was read" or "was clicked" for what was none? And is a person missed?
/// Certain news is told at once, other news if it stands after the hold, as far as was seen by then.
pub(crate) fn told(judge: &Judge, events: &[Event]) -> (bool, bool) {
    let (mut wrong, mut right) = (false, false);
    for event in events {
        let alone = judge_line(judge, &line(event)).verdict;
        let stands = alone.is_certain() || {
            let until = event.at + HOLD.as_secs_f64();
            let seen: Vec<_> = events.iter().filter(|e| e.at <= until).copied().collect();
            let place = events
                .iter()
                .filter(|e| e.at <= until)
                .position(|e| std::ptr::eq(e, event));
            settled(judge, &seen)[place.unwrap()]
                .verdict
                .meaning
                .is_human()
        };
        if stands {
            wrong |= !event.human;
            right |= event.human;
        }
    }
    (wrong, !right && events.iter().any(|e| e.human))
}

/// Another way to tell.
pub(crate) struct Baseline {
    pub(crate) name: &'static str,
    pub(crate) says: fn(&Event, &[Event]) -> Says,
}

pub(crate) const BASELINES: [Baseline; 4] = [
    Baseline {
        name: "raw counts: everything is a person",
        says: |_, _| Says::Human,
    },
    Baseline {
        name: "a list of user-agents, as isbot has",
        says: |event, _| machine_if(listed_agent(event)),
    },
    Baseline {
        name: "two of three: within 2 s of sending, listed network, listed user-agent",
        says: |event, _| {
            let signs = [event.at < 2.0, listed_network(event), listed_agent(event)];
            machine_if(signs.iter().filter(|sign| **sign).count() >= 2)
        },
    },
    Baseline {
        name: "two activities of one copy in one second",
        says: |event, all| {
            let near = |e: &&Event| e.copy == event.copy && (e.at - event.at).abs() < 1.0;
            machine_if(all.iter().filter(near).count() >= 2)
        },
    },
];

fn machine_if(machine: bool) -> Says {
    if machine { Says::Machine } else { Says::Human }
}

/// Words of such lists, with the image proxies that they hold for bots (measured: classification §2.1).
fn listed_agent(event: &Event) -> bool {
    let agent = event.agent.to_ascii_lowercase();
    let words = [
        "bot",
        "crawl",
        "spider",
        "slurp",
        "curl",
        "wget",
        "python",
        "java/",
        "go-http",
        "headless",
        "libwww",
        "lynx",
        "checklink",
        "imageproxy",
        "mailproxy",
        "preview",
    ];
    agent.is_empty() || words.iter().any(|word| agent.contains(word))
}

fn listed_network(event: &Event) -> bool {
    ["microsoft", "proofpoint", "amazon", "gcloud"].contains(&event.network)
}
