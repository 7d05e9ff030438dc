//! The rules over the hits of one copy, as a function of the set of hits: no state, no order.
//!
//! Numbers C3–C12, R1 and R4 are those of the classification reference. Machines stay machines: these rules add
//! suspicion to what looked like a person, or take away doubt where a scanner's visit explains it.

use super::Seen;
use super::bursts::Bursts;
use crate::agent::unmasked;
use crate::open::DOUBTED;
use crate::reason::Reason as R;
use model::{Axis, Meaning, Verdict};
use std::time::Duration;

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
    /// In the order of the hits, from the first that was asked about: the revised verdict, or nothing where the first one stands.
    pub(super) verdicts: Vec<Option<Verdict>>,
    /// Was there a burst?
    pub(super) burst: bool,
}

/// What became of the hits from the one at `from` on.
pub(super) fn settle(seen: &[Seen], from: usize, links: Option<u16>) -> Settled {
    let bursts = Bursts::find(seen, links);
    let verdicts = (from..seen.len())
        .map(|index| revise(index, seen, &bursts))
        .collect();
    Settled {
        verdicts,
        burst: bursts.by_machine(),
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

/// What a sign found by comparing makes of a verdict on one request alone: the one place that holds how much each counts.
/// A burst may be `by_hand`.
pub(crate) fn weigh(alone: &Verdict, sign: R, by_hand: bool) -> Verdict {
    let sure = alone.confidence;
    match sign {
        // As good a person's as each request alone, as fast as a scanner: nobody can tell.
        R::LinkBurst | R::LinkPair | R::OpenBeforeBurst if by_hand => {
            changed(alone, Meaning::Unknown, 50, sign)
        }
        R::LinkBurst => machine(alone, 95, sign), // C3
        R::LinkPair => machine(alone, 80, sign),  // C3
        R::BurstSource => machine(alone, 85, sign),
        // C6. People share an address at home and in offices, so two good browsers make doubt and not a machine.
        R::TwoAgents if alone.is_certain() => changed(alone, Meaning::Unknown, 40, sign),
        // C4, R1, C6
        R::ManyCopies | R::OpenBeforeBurst | R::TwoAgents => machine(alone, 90, sign),
        R::SoonAfterBurst => changed(alone, Meaning::Unknown, 60, sign), // C8
        // C12
        R::AfterBurst if has(alone, R::NetworkNotChecked) => {
            changed(alone, Meaning::Human, 70, sign)
        }
        R::AfterBurst => changed(alone, Meaning::Human, 85, sign),
        R::LoadedAgain => moved(alone, sure + APPLE_STEP, sign), // O4
        R::BackgroundSync => moved(alone, sure.saturating_sub(APPLE_STEP), sign), // O4
        R::SecondsAfterDelivery => moved(alone, sure.min(DOUBTED), sign), // O6
        R::GatewayDomain => moved(alone, sure.saturating_sub(GATEWAY_STEP), sign), // R4
        _ => alone.clone(),
    }
}

fn revise(index: usize, seen: &[Seen], bursts: &Bursts) -> Option<Verdict> {
    let hit = &seen[index];
    if matches!(hit.alone.meaning, Meaning::Own | Meaning::Machine) {
        return None;
    }
    let (sign, by_hand) = if let Some(burst) = bursts.of(index) {
        (R::LinkBurst, burst.by_hand)
    } else if hit.marks.many_copies {
        (R::ManyCopies, false)
    } else {
        match hit.axis {
            Axis::Click | Axis::Document => click(index, seen, bursts)?,
            Axis::Open => open(hit, seen, bursts)?,
        }
    };
    Some(weigh(&hit.alone, sign, by_hand))
}

fn click(index: usize, seen: &[Seen], bursts: &Bursts) -> Option<(R, bool)> {
    let hit = &seen[index];
    if seen.iter().any(|other| is_other_name(hit, other)) {
        return Some((R::TwoAgents, false));
    }
    if let Some(by_hand) = bursts.pair(index) {
        return Some((R::LinkPair, by_hand));
    }
    // The same program, not only the same network: a scanner in the office has the address of everyone there.
    if bursts.has_member(seen, |b| {
        b.source.same_block(&hit.source) && b.source.agent == hit.source.agent
    }) {
        return Some((R::BurstSource, false));
    }
    if hit.alone.meaning == Meaning::Human {
        // C8 holds only away from a burst.
        return bursts.around(hit.at).then_some((R::SoonAfterBurst, false));
    }
    let elsewhere = !bursts.has_member(seen, |b| b.source.same_block(&hit.source));
    let network = [R::OrdinaryNetwork, R::PrivateRelay, R::NetworkNotChecked];
    let of_people = network.into_iter().any(|reason| has(&hit.alone, reason));
    let late = bursts.is_after(hit.at) && elsewhere;
    (late && hit.alone.opener == "browser" && of_people).then_some((R::AfterBurst, false))
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

fn open(hit: &Seen, seen: &[Seen], bursts: &Bursts) -> Option<(R, bool)> {
    let alone = &hit.alone;
    if let Some(by_hand) = before_burst(hit, seen, bursts) {
        return Some((R::OpenBeforeBurst, by_hand));
    }
    if is_apple(alone) {
        let again = seen.iter().any(|other| {
            other.axis == Axis::Open
                && is_apple(&other.alone)
                && hit.at.since(other.at) >= LOADED_AGAIN
        });
        return match (again, hit.marks.background_sync) {
            (true, false) => Some((R::LoadedAgain, false)),
            (false, true) => Some((R::BackgroundSync, false)),
            _ => None,
        };
    }
    // O6, where the delivery was not known when the hit was judged alone.
    let early = hit.marks.seconds_after_delivery && !has(alone, R::SecondsAfterDelivery);
    if early && alone.meaning == Meaning::HumanViaProxy && has(alone, R::ImageProxy) {
        return Some((R::SecondsAfterDelivery, false));
    }
    (hit.marks.gateway_domain && alone.meaning.is_human()).then_some((R::GatewayDomain, false))
}

/// R1: did a burst follow this picture, from the same program? If so: perhaps by hand?
fn before_burst(hit: &Seen, seen: &[Seen], bursts: &Bursts) -> Option<bool> {
    if hit.alone.meaning == Meaning::HumanViaProxy {
        return None;
    }
    let by_machine = bursts.list.iter().filter(|burst| !burst.by_hand);
    let by_hand = bursts.list.iter().filter(|burst| burst.by_hand);
    by_machine.chain(by_hand).find_map(|burst| {
        let of_it = burst.hits.iter().any(|i| {
            let source = &seen[*i].source;
            let program = source.agent == hit.source.agent;
            // Somebody with a mail client in the office where the scanner stands.
            let other = !burst.by_hand && !has(&hit.alone, R::MailClient);
            source.same_block(&hit.source) && (program || other)
        });
        let like_it = !burst.by_hand && has(&hit.alone, R::BrowserImage) && is_hosting(&hit.alone);
        (burst.is_before(hit.at) && (of_it || like_it)).then_some(burst.by_hand)
    })
}

/// It was a machine after all; one that went by a person's program's name is called a scanner.
fn machine(alone: &Verdict, confidence: u8, reason: R) -> Verdict {
    let mut verdict = changed(alone, Meaning::Machine, confidence, reason);
    verdict.opener = unmasked(&alone.opener).into();
    verdict
}

/// More sure or less. Whom nobody would bet on is not called a person.
fn moved(alone: &Verdict, confidence: u8, reason: R) -> Verdict {
    let meaning = if alone.meaning.is_human() && confidence <= DOUBTED {
        Meaning::Unknown
    } else {
        alone.meaning
    };
    changed(alone, meaning, confidence, reason)
}

fn changed(alone: &Verdict, meaning: Meaning, confidence: u8, reason: R) -> Verdict {
    let first = std::iter::once(reason.code().to_owned());
    Verdict {
        opener: alone.opener.clone(),
        meaning,
        confidence,
        reasons: first.chain(alone.reasons.iter().cloned()).collect(),
    }
}
