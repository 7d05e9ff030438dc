//! Requests and verdicts as JSON lines, for `overt verdict`: so that others can test the rules with their own logs.
//!
//! Only the forms and the two passes are here; reading and writing is the command's. What goes out holds nothing raw of
//! what came in but the `id`, which is given back as it was.

use crate::settle::{CopyKnown, Sighting, Source, Window};
use crate::{Judge, RULES_VERSION};
use model::{CopyId, Facts, HitId, Meaning, MessageId, Verdict};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

mod request;

use request::Name;
pub use request::{Line, Mistake};

/// One verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// As it was given.
    pub id: serde_json::Value,
    /// Opener, meaning, confidence in percent, reasons.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What may be told of the person's side. Every member is there, null where nothing is known.
    #[serde(flatten, serialize_with = "all_members")]
    pub facts: Facts,
    /// What it meant when judged alone, where comparing changed the verdict.
    pub revised_from: Option<Meaning>,
    /// The rules that were used.
    pub rules: u32,
}

/// The first pass: judges one request alone.
pub fn judge_line(judge: &Judge, line: &Line) -> Judged {
    let (verdict, facts) = judge.judge(&line.request());
    Judged {
        id: line.id.clone(),
        verdict,
        facts,
        revised_from: None,
        rules: RULES_VERSION,
    }
}

/// Facts with every member, where the stored form leaves the unknown ones out: readers of a log want one shape.
fn all_members<S: Serializer>(facts: &Facts, serializer: S) -> Result<S::Ok, S::Error> {
    let Facts {
        client,
        browser,
        os,
        device,
        network,
        country,
        city,
    } = facts;
    [
        ("client", client),
        ("browser", browser),
        ("os", os),
        ("device", device),
        ("network", network),
        ("country", country),
        ("city", city),
    ]
    .into_iter()
    .collect::<BTreeMap<_, _>>()
    .serialize(serializer)
}

/// The second pass (`--settle`): judges the requests together when all have been seen. It holds no raw address or
/// user-agent, and as many requests as it is given.
pub struct Settling<K> {
    key: K,
    judged: Vec<Judged>,
    sightings: Vec<(usize, Sighting)>,
    copies: HashMap<Name, (CopyId, HashMap<Name, u16>)>,
}

impl<K: BuildHasher> Settling<K> {
    /// Nothing seen yet. The key hashes sources: `std::hash::RandomState` will do.
    pub fn new(key: K) -> Self {
        Self {
            key,
            judged: Vec::new(),
            sightings: Vec::new(),
            copies: HashMap::new(),
        }
    }

    /// Takes in a request that was judged alone.
    pub fn add(&mut self, line: &Line, judged: Judged) {
        let index = self.judged.len();
        if let Some(name) = &line.copy {
            let count = self.copies.len() as u128;
            let (copy, links) = self
                .copies
                .entry(name.clone())
                .or_insert_with(|| (CopyId(count.to_be_bytes()), HashMap::new()));
            // A mail has no more links than fit; those beyond count as one.
            let next = u16::try_from(links.len() + 1).unwrap_or(u16::MAX);
            let number = line
                .link
                .clone()
                .map_or(0, |link| *links.entry(link).or_insert(next));
            let sighting = Sighting {
                hit: HitId((index as u128).to_be_bytes()),
                axis: line.kind,
                link: number,
                at: line.at,
                source: Source::of(&line.request(), &self.key),
                verdict: judged.verdict.clone(),
                copy: *copy,
                known: CopyKnown {
                    // A log of one mail a copy: each counts as a message of its own.
                    message: Some(MessageId(copy.0)),
                    links: line.links,
                    delivered_at: line.delivered_at(),
                    recipient_host: line.recipient_host(),
                    ..CopyKnown::default()
                },
            };
            self.sightings.push((index, sighting));
        }
        self.judged.push(judged);
    }

    /// All verdicts, in the order of the requests.
    pub fn finish(mut self) -> Vec<Judged> {
        self.sightings.sort_by_key(|(index, s)| (s.at, *index));
        let mut window = Window::new(self.sightings.len(), []);
        let mut latest = BTreeMap::new();
        for (_, sighting) in self.sightings {
            for revision in window.add(sighting) {
                latest.insert(
                    u128::from_be_bytes(revision.hit.0) as usize,
                    revision.verdict,
                );
            }
        }
        for (index, verdict) in latest {
            let judged = &mut self.judged[index];
            if judged.verdict == verdict {
                continue;
            }
            judged.revised_from = Some(judged.verdict.meaning);
            judged.verdict = verdict;
            if judged.verdict.meaning == Meaning::Machine {
                judged.facts = std::mem::take(&mut judged.facts).without_person();
            }
        }
        self.judged
    }
}

#[cfg(test)]
mod tests;
