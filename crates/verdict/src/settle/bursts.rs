//! Bursts: several links of one copy within seconds.
//!
//! A scanner checks all that it finds, and people do not press that fast, with one exception: who walks a mail by key, or
//! opens links in tabs one after the other, does so within two seconds, from a browser that says each time that somebody
//! pressed. So a burst may be *by hand*: of one program on one address, each request surely a person's when judged alone
//! (in a checked network of people, with the sign of a gesture), few links, and not all that the mail has. It proves
//! neither, and what it touches is unknown.

use super::Seen;
use model::{Axis, Meaning, Time};
use std::time::Duration;

/// C3: distinct links this close are a burst.
const BURST: Duration = Duration::from_secs(2);
/// C3: two links this close are suspicious.
const PAIR: Duration = Duration::from_secs(1);
/// C8, C12, R1: the time around a burst that belongs to the scanner.
const AROUND: Duration = Duration::from_mins(5);
/// More links than this nobody presses in such a time.
pub(crate) const BY_HAND_LINKS_MAX: usize = 4;

pub(super) struct Burst {
    start: Time,
    end: Time,
    /// Its members, by index, in the order of their times.
    pub(super) hits: Vec<usize>,
    /// How far among the clicks in that order it reaches.
    until: usize,
    /// Perhaps a person's.
    pub(super) by_hand: bool,
}

/// The bursts among a copy's clicks.
pub(super) struct Bursts {
    pub(super) list: Vec<Burst>,
    /// One of two links in one second, and whether perhaps by hand. By index of the hit.
    pairs: Vec<Option<bool>>,
}

impl Bursts {
    /// In the hits of one copy, of a message with so many links.
    pub(super) fn find(seen: &[Seen], links: Option<u16>) -> Self {
        let mut clicks: Vec<usize> = (0..seen.len())
            .filter(|i| seen[*i].axis == Axis::Click && seen[*i].alone.meaning != Meaning::Own)
            .collect();
        clicks.sort_by_key(|i| (seen[*i].at, seen[*i].hit));
        let mut found = Self {
            list: Vec::new(),
            pairs: vec![None; seen.len()],
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
                found.add(start, place, burst, seen);
            }
            let pair = within(PAIR);
            if different_links(pair, seen) == 2 {
                let by_hand = is_by_hand(pair, seen, links);
                for i in pair {
                    // Of two pairs that share a hit the worse counts.
                    let before = found.pairs[*i].unwrap_or(true);
                    found.pairs[*i] = Some(before && by_hand);
                }
            }
        }
        for burst in &mut found.list {
            burst.by_hand = is_by_hand(&burst.hits, seen, links);
        }
        found
    }

    /// Adds a burst, or makes the last one longer where they overlap.
    fn add(&mut self, start: Time, place: usize, hits: &[usize], seen: &[Seen]) {
        let end = hits.last().map_or(start, |i| seen[*i].at);
        let until = place + hits.len();
        match self.list.last_mut().filter(|last| start <= last.end) {
            Some(last) => {
                last.end = last.end.max(end);
                let known = last.until.saturating_sub(place).min(hits.len());
                last.hits.extend(&hits[known..]);
                last.until = last.until.max(until);
            }
            None => self.list.push(Burst {
                start,
                end,
                hits: hits.to_vec(),
                until,
                by_hand: false,
            }),
        }
    }

    /// The burst that a hit is a member of.
    pub(super) fn of(&self, index: usize) -> Option<&Burst> {
        self.list.iter().find(|burst| burst.hits.contains(&index))
    }

    /// Is it one of two links in one second? If so: perhaps by hand?
    pub(super) fn pair(&self, index: usize) -> Option<bool> {
        self.pairs[index]
    }

    /// Was there one that no person made?
    pub(super) fn by_machine(&self) -> bool {
        self.machines().next().is_some()
    }

    /// Is this moment within the time that belongs to a scanner?
    pub(super) fn around(&self, at: Time) -> bool {
        self.machines()
            .any(|b| b.start - AROUND <= at && at <= b.end + AROUND)
    }

    /// Is it after all that?
    pub(super) fn is_after(&self, at: Time) -> bool {
        !self.around(at) && self.machines().any(|b| b.end < at)
    }

    /// Is there a member like this, of a burst that no person made?
    pub(super) fn has_member(&self, seen: &[Seen], is: impl Fn(&Seen) -> bool) -> bool {
        self.machines()
            .any(|b| b.hits.iter().any(|i| is(&seen[*i])))
    }

    fn machines(&self) -> impl Iterator<Item = &Burst> {
        self.list.iter().filter(|burst| !burst.by_hand)
    }
}

impl Burst {
    /// Is this the time in which a scanner loads pictures before it goes for the links (R1)?
    pub(super) fn is_before(&self, at: Time) -> bool {
        self.start - AROUND <= at && at <= self.end + BURST
    }
}

/// May a person have pressed these?
fn is_by_hand(hits: &[usize], seen: &[Seen], links: Option<u16>) -> bool {
    let different = different_links(hits, seen);
    let all = links.is_some_and(|links| different >= usize::from(links));
    let one_program = hits.windows(2).all(|two| {
        let (a, b) = (&seen[two[0]].source, &seen[two[1]].source);
        a.same_address(b) && a.agent == b.agent
    });
    let each = hits.iter().all(|i| seen[*i].alone.is_certain());
    each && one_program && !all && different <= BY_HAND_LINKS_MAX
}

fn different_links(hits: &[usize], seen: &[Seen]) -> usize {
    let mut links: Vec<u16> = hits.iter().map(|i| seen[*i].link).collect();
    links.sort_unstable();
    links.dedup();
    links.len()
}
