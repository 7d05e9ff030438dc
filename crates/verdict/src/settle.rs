//! Judging requests together: what one request hides, its neighbours show.
//!
//! A scanner's first fetch looks like a reader and is given away half a minute later, when the links follow in a burst;
//! a person often comes hours after the scanner, on the same copy. So judged hits are held here for a day, and every new
//! one may revise the verdicts of others.
//!
//! The window is memory only. It compares exact times and keyed hashes of where a request came from; the key is the
//! caller's, lives as long as the process or a day, and dies. After that nothing can be compared any more and the last
//! verdict stands. Bounds: [`Window::new`] takes the number of hits; at the bound the copies that were quiet longest are
//! forgotten, and their last verdicts stand. Of one copy at most [`COPY_HITS_MAX`] hits are kept; later ones are still
//! judged against those, but not kept.
//!
//! For one copy the outcome depends on the set of its hits and not on the order of their coming.

mod bursts;
mod crowd;
mod elsewhere;
mod hosts;
mod rules;
mod source;

pub(crate) use bursts::BY_HAND_LINKS_MAX;
pub(crate) use elsewhere::sureness;
pub(crate) use rules::weigh;
pub use source::Source;

use crate::open::SECONDS_AFTER_DELIVERY;
use crowd::Crowd;
use hosts::Hosts;
use model::hit::Elsewhere;
use model::{Axis, ContactId, CopyId, HitId, MessageId, Time, Verdict};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// How long the news of a person that is not certain should wait (R3): the burst that exposes a false open follows it by
/// half a minute in the median (craft-campaign 546).
pub const HOLD: Duration = Duration::from_secs(90);

/// How long hits are compared.
pub const KEPT_FOR: Duration = Duration::from_hours(24);

/// Of one copy, so that one hammered link cannot fill the window. A long newsletter, scanned whole, fits.
pub const COPY_HITS_MAX: usize = 256;

/// Opens this soon after delivery are doubted at hosts that scan on arrival.
const ON_ARRIVAL: Duration = Duration::from_mins(1);

/// A judged hit, with what is needed to compare it.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// Its id. The same id again is the same hit and changes nothing.
    pub hit: HitId,
    /// What was asked for.
    pub axis: Axis,
    /// The number of the link, for clicks.
    pub link: u16,
    /// The exact moment.
    pub at: Time,
    /// Where it came from.
    pub source: Source,
    /// What [`Judge`](crate::Judge) said.
    pub verdict: Verdict,
    /// The copy it was for.
    pub copy: CopyId,
    /// What is known of that copy; whatever is missing leaves its rules out.
    pub known: CopyKnown,
}

/// What the window may know of a copy.
#[derive(Debug, Clone, Default)]
pub struct CopyKnown {
    /// The message it is a copy of.
    pub message: Option<MessageId>,
    /// The contact it was sent to.
    pub contact: Option<ContactId>,
    /// How many links the message has.
    pub links: Option<u16>,
    /// When the relay took it (SMTP 250).
    pub delivered_at: Option<Time>,
    /// The domain of the recipient's address, in lower case. Gateways are a property of it: a server may take the mail of
    /// thousands of domains.
    pub recipient_domain: Option<String>,
    /// The host that takes the recipient's mail (MX), in lower case, where it was looked up.
    pub recipient_host: Option<String>,
}

impl CopyKnown {
    /// What scans on arrival, if anything does.
    fn gate(&self) -> Option<&String> {
        self.recipient_domain
            .as_ref()
            .or(self.recipient_host.as_ref())
    }

    /// The image proxy of the provider where the recipient has their mail.
    fn provider(&self) -> Option<&'static str> {
        [&self.recipient_domain, &self.recipient_host]
            .into_iter()
            .flatten()
            .find_map(|host| elsewhere::provider(host))
    }
}

/// A verdict that changed. A hit that turned into a machine's keeps only the facts of
/// [`Facts::without_person`](model::Facts::without_person).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The hit.
    pub hit: HitId,
    /// Its verdict from now on.
    pub verdict: Verdict,
}

/// Signs that a copy was opened elsewhere have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signs {
    /// As they were last told.
    pub before: Option<Elsewhere>,
    /// As they are; none: they are taken back.
    pub now: Option<Elsewhere>,
}

/// A hit in the window.
struct Seen {
    hit: HitId,
    axis: Axis,
    link: u16,
    at: Time,
    source: Source,
    /// As judged alone.
    alone: Verdict,
    /// As it stands, where that differs.
    revised: Option<Verdict>,
    marks: Marks,
}

/// What was found by comparing with the delivery and with other copies. Marks are only ever set.
#[derive(Default)]
struct Marks {
    seconds_after_delivery: bool,
    many_copies: bool,
    background_sync: bool,
    gateway_domain: bool,
}

struct Copy {
    seen: Vec<Seen>,
    links: Option<u16>,
    /// The image proxy of the provider where the recipient has their mail.
    provider: Option<&'static str>,
    /// The signs that it was opened elsewhere, as they were last told.
    elsewhere: Option<Elsewhere>,
    last: Time,
}

/// The hits of the last day, compared with each other.
pub struct Window {
    hits_max: usize,
    hits: usize,
    newest: Time,
    copies: HashMap<CopyId, Copy>,
    /// Copies by their last hit: the front is forgotten first.
    quiet: BTreeSet<(Time, CopyId)>,
    /// By block and agent: one program over several people's copies.
    programs: Crowd<(u64, u64)>,
    /// By contact: one device fetching several mails.
    devices: Crowd<ContactId>,
    hosts: Hosts,
}

impl Window {
    /// A window for so many hits (at least one; about 400 bytes each), that knows already which mail hosts scan on
    /// arrival, as [`scanning_hosts`](Self::scanning_hosts) once told.
    pub fn new(hits_max: usize, known_hosts: impl IntoIterator<Item = String>) -> Self {
        Self {
            hits_max: hits_max.max(1),
            hits: 0,
            newest: Time(i64::MIN),
            copies: HashMap::new(),
            quiet: BTreeSet::new(),
            programs: Crowd::default(),
            devices: Crowd::default(),
            hosts: Hosts::new(known_hosts),
        }
    }

    /// How many hits are held.
    pub fn len(&self) -> usize {
        self.hits
    }

    /// Are none held?
    pub fn is_empty(&self) -> bool {
        self.hits == 0
    }

    /// The mail hosts that were seen to scan on arrival: for the operator to see, and to hand to the next window.
    pub fn scanning_hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.scanning()
    }

    /// Takes a hit in, and tells every verdict that changes by it, the hit's own among them.
    pub fn add(&mut self, sighting: Sighting) -> Vec<Revision> {
        self.newest = self.newest.max(sighting.at);
        self.forget_old();
        let (copy, hit, at) = (sighting.copy, sighting.hit, sighting.at);
        if self
            .copies
            .get(&copy)
            .is_some_and(|c| c.seen.iter().any(|s| s.hit == hit))
        {
            return Vec::new();
        }
        let programs = self.programs_around(&sighting);
        let devices = self.devices_around(&sighting);
        let here = sighting.known.gate().cloned().zip(sighting.known.message);
        self.insert(sighting);
        let mut touched = BTreeSet::from([copy]);
        for (other, member) in programs {
            touched.extend(self.mark(other, member, |marks| &mut marks.many_copies));
        }
        for (other, member) in devices {
            touched.extend(self.mark(other, member, |marks| &mut marks.background_sync));
        }
        let mut revisions = Vec::new();
        for id in touched {
            let burst = self.settle(id, &mut revisions);
            if let (true, Some((host, message))) = (burst && id == copy, &here) {
                self.hosts.burst(host, *message);
            }
        }
        self.drop_beyond_bounds(copy, at);
        revisions
    }

    /// Signs that this copy was opened elsewhere, if they are others now than when this was last asked: more of them, or
    /// fewer, where what was taken for a person turned out to be a machine.
    pub fn elsewhere(&mut self, copy: CopyId) -> Option<Signs> {
        let copy = self.copies.get_mut(&copy)?;
        let now = elsewhere::elsewhere(&copy.seen, copy.provider);
        if now == copy.elsewhere {
            return None;
        }
        let before = std::mem::replace(&mut copy.elsewhere, now.clone());
        Some(Signs { before, now })
    }

    fn insert(&mut self, sighting: Sighting) {
        let gateway_domain = self.is_on_arrival(&sighting);
        let delivered = sighting.known.delivered_at.filter(|at| *at <= sighting.at);
        let seconds_after_delivery =
            delivered.is_some_and(|at| sighting.at.since(at) < SECONDS_AFTER_DELIVERY);
        let copy = self.copies.entry(sighting.copy).or_insert_with(|| Copy {
            seen: Vec::new(),
            links: None,
            provider: None,
            elsewhere: None,
            last: sighting.at,
        });
        copy.links = copy.links.or(sighting.known.links);
        copy.provider = copy.provider.or(sighting.known.provider());
        copy.seen.push(Seen {
            hit: sighting.hit,
            axis: sighting.axis,
            link: sighting.link,
            at: sighting.at,
            source: sighting.source,
            alone: sighting.verdict,
            revised: None,
            marks: Marks {
                seconds_after_delivery,
                gateway_domain,
                ..Marks::default()
            },
        });
        self.hits += 1;
        self.quiet.remove(&(copy.last, sighting.copy));
        copy.last = copy.last.max(sighting.at);
        self.quiet.insert((copy.last, sighting.copy));
    }

    /// C4: hits of one program in a data centre.
    fn programs_around(&mut self, s: &Sighting) -> Vec<(CopyId, HitId)> {
        match s.source.place {
            Some(place) if rules::is_hosting(&s.verdict) => {
                self.programs
                    .add((place.block, s.source.agent), s.at, s.copy, s.hit)
            }
            _ => Vec::new(),
        }
    }

    /// O4: Apple's fetches for one person.
    fn devices_around(&mut self, s: &Sighting) -> Vec<(CopyId, HitId)> {
        match s.known.contact {
            Some(contact) if rules::is_apple(&s.verdict) && s.axis == Axis::Open => {
                self.devices.add(contact, s.at, s.copy, s.hit)
            }
            _ => Vec::new(),
        }
    }

    /// R4: an open within a minute of delivery, at a host that scans on arrival.
    fn is_on_arrival(&self, s: &Sighting) -> bool {
        let known = s.known.gate().zip(s.known.delivered_at);
        known.is_some_and(|(host, delivered)| {
            s.axis == Axis::Open && s.at.since(delivered) < ON_ARRIVAL && self.hosts.scans(host)
        })
    }

    /// Sets a mark. Gives the copy when that is news.
    fn mark(
        &mut self,
        copy: CopyId,
        hit: HitId,
        which: impl Fn(&mut Marks) -> &mut bool,
    ) -> Option<CopyId> {
        let seen = self
            .copies
            .get_mut(&copy)?
            .seen
            .iter_mut()
            .find(|s| s.hit == hit)?;
        let news = !std::mem::replace(which(&mut seen.marks), true);
        news.then_some(copy)
    }

    /// Judges a copy's hits together and notes what changed. Tells whether there was a burst. A hit too many is judged against
    /// the others and changes none of them: what it did to them would be undone with the next one.
    fn settle(&mut self, id: CopyId, revisions: &mut Vec<Revision>) -> bool {
        let Some(copy) = self.copies.get_mut(&id) else {
            return false;
        };
        let from = if copy.seen.len() > COPY_HITS_MAX {
            COPY_HITS_MAX
        } else {
            0
        };
        let settled = rules::settle(&copy.seen, from, copy.links);
        for (seen, verdict) in copy.seen[from..].iter_mut().zip(settled.verdicts) {
            if seen.revised != verdict {
                revisions.push(Revision {
                    hit: seen.hit,
                    verdict: verdict.clone().unwrap_or_else(|| seen.alone.clone()),
                });
                seen.revised = verdict;
            }
        }
        settled.burst
    }

    fn drop_beyond_bounds(&mut self, copy: CopyId, at: Time) {
        if let Some(full) = self
            .copies
            .get_mut(&copy)
            .filter(|c| c.seen.len() > COPY_HITS_MAX)
        {
            full.seen.pop();
            self.hits -= 1;
        }
        while self.hits > self.hits_max {
            let Some((_, id)) = self.quiet.pop_first() else {
                return;
            };
            self.forget(id);
        }
        self.programs.forget_before(at - KEPT_FOR);
        self.devices.forget_before(at - KEPT_FOR);
    }

    fn forget_old(&mut self) {
        let limit = self.newest - KEPT_FOR;
        while let Some((_, id)) = self
            .quiet
            .first()
            .copied()
            .filter(|(last, _)| *last < limit)
        {
            self.quiet.pop_first();
            self.forget(id);
        }
    }

    fn forget(&mut self, id: CopyId) {
        self.hits -= self.copies.remove(&id).map_or(0, |copy| copy.seen.len());
    }
}

#[cfg(test)]
mod tests;
