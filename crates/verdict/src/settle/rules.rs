//! The rules over the hits of one copy, as a function of the set of hits: no state, no order.
//!
//! Numbers C3–C12, R1 and R4 are those of the classification reference. Machines stay machines: these rules add
//! suspicion to what looked like a person, or take away doubt where a scanner's visit explains it.

use super::Seen;
use crate::agent::unmasked;
use crate::open::DOUBTED;
use crate::reason::Reason as R;
use model::{Axis, Meaning, Time, Verdict};
use std::time::Duration;

/// C3: distinct links this close are a burst.
const BURST: Duration = Duration::from_secs(2);
/// C3: two links this close are suspicious.
const PAIR: Duration = Duration::from_secs(1);
/// C8, C12, R1: the time around a burst that belongs to the scanner.
const AROUND_BURST: Duration = Duration::from_mins(5);
/// C6: two names of one source within this time.
const TWO_AGENTS: Duration = Duration::from_mins(10);
/// O4: a second load this much later speaks for a person.
const LOADED_AGAIN: Duration = Duration::from_hours(2);
/// O4: how much the two signs move the scales.
const APPLE_STEP: u8 = 15;
/// R4: how much less sure an open on arrival is where hosts scan.
const GATEWAY_STEP: u8 = 20;

/// What became of a copy's hits.
pub(super) struct Settled {
    /// In the order of the hits: the revised verdict, or nothing where the first one stands.
    pub(super) verdicts: Vec<Option<Verdict>>,
    /// Was there a burst?
    pub(super) burst: bool,
}

pub(super) fn settle(seen: &[Seen], links: Option<u16>) -> Settled {
    let bursts = Bursts::find(seen, links);
    let verdicts = (0..seen.len())
        .map(|index| revise(index, seen, &bursts))
        .collect();
    Settled {
        verdicts,
        burst: !bursts.spans.is_empty(),
    }
}

/// Did it come from a data centre?
pub(super) fn is_hosting(verdict: &Verdict) -> bool {
    has(verdict, R::HostingNetwork)
}

/// Is it Apple's relay, of which nobody knows whether a person read?
pub(super) fn is_apple(verdict: &Verdict) -> bool {
    has(verdict, R::ApplePrivacy)
}

fn has(verdict: &Verdict, reason: R) -> bool {
    verdict.reasons.iter().any(|code| code == reason.code())
}

/// The bursts among a copy's clicks.
struct Bursts {
    /// By index of the hit.
    members: Vec<bool>,
    /// By index of the hit: one of two links in one second.
    pairs: Vec<bool>,
    /// First and last moment of each.
    spans: Vec<(Time, Time)>,
}

impl Bursts {
    fn find(seen: &[Seen], links: Option<u16>) -> Self {
        let mut clicks: Vec<usize> = (0..seen.len())
            .filter(|i| seen[*i].axis == Axis::Click && seen[*i].alone.meaning != Meaning::Own)
            .collect();
        clicks.sort_by_key(|i| (seen[*i].at, seen[*i].hit));
        let mut found = Self {
            members: vec![false; seen.len()],
            pairs: vec![false; seen.len()],
            spans: Vec::new(),
        };
        for (place, first) in clicks.iter().enumerate() {
            let start = seen[*first].at;
            let within = |time| {
                let length = clicks[place..].partition_point(|i| seen[*i].at <= start + time);
                &clicks[place..place + length]
            };
            let burst = within(BURST);
            let different = different_links(burst, seen);
            if different >= 3 || (different == 2 && links == Some(2)) {
                for i in burst {
                    found.members[*i] = true;
                }
                let end = burst.last().map_or(start, |i| seen[*i].at);
                found.spans.push((start, end));
            }
            let pair = within(PAIR);
            if different_links(pair, seen) == 2 {
                for i in pair {
                    found.pairs[*i] = true;
                }
            }
        }
        found
    }

    /// Is this moment within the time that belongs to a burst?
    fn around(&self, at: Time) -> bool {
        self.spans
            .iter()
            .any(|(start, end)| *start - AROUND_BURST <= at && at <= *end + AROUND_BURST)
    }

    /// Is it after all that?
    fn is_after(&self, at: Time) -> bool {
        !self.around(at) && self.spans.iter().any(|(_, end)| *end < at)
    }

    /// Is it in the time in which a scanner loads pictures (R1)?
    fn pictures(&self, at: Time) -> bool {
        self.spans
            .iter()
            .any(|(start, end)| *start - AROUND_BURST <= at && at <= *end + BURST)
    }

    fn any(&self, seen: &[Seen], is: impl Fn(&Seen) -> bool) -> bool {
        seen.iter()
            .zip(&self.members)
            .any(|(s, member)| *member && is(s))
    }
}

fn different_links(hits: &[usize], seen: &[Seen]) -> usize {
    let mut links: Vec<u16> = hits.iter().map(|i| seen[*i].link).collect();
    links.sort_unstable();
    links.dedup();
    links.len()
}

fn revise(index: usize, seen: &[Seen], bursts: &Bursts) -> Option<Verdict> {
    let hit = &seen[index];
    if matches!(hit.alone.meaning, Meaning::Own | Meaning::Machine) {
        return None;
    }
    if bursts.members[index] {
        return Some(machine(hit, 95, R::LinkBurst)); // C3
    }
    if hit.marks.many_copies {
        return Some(machine(hit, 90, R::ManyCopies)); // C4
    }
    match hit.axis {
        Axis::Click | Axis::Document => click(index, seen, bursts),
        Axis::Open => open(hit, seen, bursts),
    }
}

fn click(index: usize, seen: &[Seen], bursts: &Bursts) -> Option<Verdict> {
    let hit = &seen[index];
    if seen.iter().any(|other| is_other_name(hit, other)) {
        // C6. People share an address at home and in offices, so two good browsers make doubt and not a machine.
        return Some(if hit.alone.is_certain() {
            changed(hit, Meaning::Unknown, 40, R::TwoAgents)
        } else {
            machine(hit, 90, R::TwoAgents)
        });
    }
    if bursts.pairs[index] {
        return Some(machine(hit, 80, R::LinkPair)); // C3
    }
    // The same program, not only the same network: a scanner in the office has the address of everyone there.
    if bursts.any(seen, |b| {
        b.source.same_block(&hit.source) && b.source.agent == hit.source.agent
    }) {
        return Some(machine(hit, 85, R::BurstSource));
    }
    if hit.alone.meaning == Meaning::Human {
        // C8 holds only away from a burst.
        return bursts
            .around(hit.at)
            .then(|| changed(hit, Meaning::Unknown, 60, R::SoonAfterBurst));
    }
    let elsewhere = !bursts.any(seen, |b| b.source.same_block(&hit.source));
    if bursts.is_after(hit.at) && elsewhere && hit.alone.opener == "browser" {
        if has(&hit.alone, R::OrdinaryNetwork) || has(&hit.alone, R::PrivateRelay) {
            return Some(changed(hit, Meaning::Human, 85, R::AfterBurst)); // C12
        }
        if has(&hit.alone, R::NetworkNotChecked) {
            return Some(changed(hit, Meaning::Human, 70, R::AfterBurst)); // C12
        }
    }
    None
}

/// C6: the same link, the same source, another name, within minutes.
fn is_other_name(hit: &Seen, other: &Seen) -> bool {
    other.axis == hit.axis
        && other.link == hit.link
        && other.source.same_address(&hit.source)
        && other.source.agent != hit.source.agent
        && other.alone.meaning != Meaning::Own
        && hit.at.since(other.at).max(other.at.since(hit.at)) <= TWO_AGENTS
}

fn open(hit: &Seen, seen: &[Seen], bursts: &Bursts) -> Option<Verdict> {
    let alone = &hit.alone;
    if bursts.pictures(hit.at) && alone.meaning != Meaning::HumanViaProxy {
        let same_program = bursts.any(seen, |b| {
            b.source.same_block(&hit.source)
                // Somebody with a mail client in the office where the scanner stands.
                && (b.source.agent == hit.source.agent || !has(alone, R::MailClient))
        });
        let like_it = has(alone, R::BrowserImage) && is_hosting(alone);
        if same_program || like_it {
            return Some(machine(hit, 90, R::OpenBeforeBurst)); // R1
        }
    }
    if is_apple(alone) {
        let again = seen.iter().any(|other| {
            other.axis == Axis::Open
                && is_apple(&other.alone)
                && hit.at.since(other.at) >= LOADED_AGAIN
        });
        return match (again, hit.marks.background_sync) {
            (true, false) => Some(moved(hit, alone.confidence + APPLE_STEP, R::LoadedAgain)),
            (false, true) => Some(moved(
                hit,
                alone.confidence.saturating_sub(APPLE_STEP),
                R::BackgroundSync,
            )),
            _ => None,
        };
    }
    // O6, where the delivery was not known when the hit was judged alone.
    let early = hit.marks.seconds_after_delivery && !has(alone, R::SecondsAfterDelivery);
    if early && alone.meaning == Meaning::HumanViaProxy && has(alone, R::ImageProxy) {
        return Some(moved(
            hit,
            alone.confidence.min(DOUBTED),
            R::SecondsAfterDelivery,
        ));
    }
    if hit.marks.gateway_domain && alone.meaning.is_human() {
        return Some(moved(
            hit,
            alone.confidence.saturating_sub(GATEWAY_STEP),
            R::GatewayDomain,
        )); // R4
    }
    None
}

/// It was a machine after all; one that went by a person's program's name is called a scanner.
fn machine(hit: &Seen, confidence: u8, reason: R) -> Verdict {
    let mut verdict = changed(hit, Meaning::Machine, confidence, reason);
    verdict.opener = unmasked(&hit.alone.opener).into();
    verdict
}

fn moved(hit: &Seen, confidence: u8, reason: R) -> Verdict {
    changed(hit, hit.alone.meaning, confidence, reason)
}

fn changed(hit: &Seen, meaning: Meaning, confidence: u8, reason: R) -> Verdict {
    let first = std::iter::once(reason.code().to_owned());
    Verdict {
        opener: hit.alone.opener.clone(),
        meaning,
        confidence,
        reasons: first.chain(hit.alone.reasons.iter().cloned()).collect(),
    }
}
