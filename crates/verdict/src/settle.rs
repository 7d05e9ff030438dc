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

mod crowd;
mod rules;

use crate::request::Request;
use crowd::Crowd;
use model::{Axis, ContactId, CopyId, HitId, MessageId, Time, Verdict};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// How long a notification below [`CERTAIN`](crate::CERTAIN) waits: the burst that exposes a false open follows it by
/// half a minute in the median (craft-campaign 546).
pub const HOLD: Duration = Duration::from_secs(90);

/// How long hits are compared.
pub const KEPT_FOR: Duration = Duration::from_hours(24);

/// Of one copy, so that one hammered link cannot fill the window. A long newsletter, scanned whole, fits.
pub const COPY_HITS_MAX: usize = 256;

/// Mail hosts remembered as scanning on arrival. At the bound no new one is remembered.
pub const HOSTS_MAX: usize = 10_000;

/// A host counts as scanning on arrival after bursts on this many messages.
const BURSTS_TO_REMEMBER: usize = 3;

/// Opens this soon after delivery are doubted at hosts that scan on arrival.
const ON_ARRIVAL: Duration = Duration::from_mins(1);

/// Where a request came from, as keyed hashes: good for comparing within the window, for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Address, and its block of 256 (IPv6: /48). None where there is no address, or a local one: behind a proxy that is
    /// not trusted yet, everybody has the same.
    place: Option<(u64, u64)>,
    agent: u64,
}

impl Source {
    /// Hashes the source of a request. The hasher holds the key: `std::hash::RandomState`, made anew every day, is one.
    pub fn of(request: &Request<'_>, key: &impl BuildHasher) -> Self {
        let place = request
            .remote
            .map(|a| a.to_canonical())
            .filter(|a| !crate::is_local(*a));
        Self {
            place: place.map(|a| {
                (
                    key.hash_one(("address", a)),
                    key.hash_one(("block", block(a))),
                )
            }),
            agent: key.hash_one(("agent", request.headers.user_agent)),
        }
    }

    fn same_address(&self, other: &Self) -> bool {
        matches!((self.place, other.place), (Some(a), Some(b)) if a.0 == b.0)
    }

    fn same_block(&self, other: &Self) -> bool {
        matches!((self.place, other.place), (Some(a), Some(b)) if a.1 == b.1)
    }
}

fn block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => Ipv4Addr::from(u32::from(v4) & 0xffff_ff00).into(),
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 80)).into(),
    }
}

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
    /// The host that takes the recipient's mail (MX), or the domain.
    pub recipient_host: Option<String>,
}

/// A verdict that changed. A hit that turned into a machine's keeps only the facts of
/// [`without_person`](crate::without_person).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The hit.
    pub hit: HitId,
    /// Its verdict from now on.
    pub verdict: Verdict,
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

/// What was found by comparing with other copies. Marks are only ever set.
#[derive(Default)]
struct Marks {
    many_copies: bool,
    background_sync: bool,
    gateway_domain: bool,
}

struct Copy {
    seen: Vec<Seen>,
    links: Option<u16>,
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
    hosts: HashMap<String, HashSet<MessageId>>,
    known_hosts: HashSet<String>,
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
            hosts: HashMap::new(),
            known_hosts: known_hosts.into_iter().take(HOSTS_MAX).collect(),
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
        let found = self
            .hosts
            .iter()
            .filter(|(_, messages)| messages.len() >= BURSTS_TO_REMEMBER);
        self.known_hosts
            .iter()
            .map(String::as_str)
            .chain(found.map(|(host, _)| host.as_str()))
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
        let known = sighting.known.clone();
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
            if burst && id == copy {
                self.remember_host(&known);
            }
        }
        self.drop_beyond_bounds(copy, at);
        revisions
    }

    fn insert(&mut self, sighting: Sighting) {
        let gateway_domain = self.is_on_arrival(&sighting);
        let copy = self.copies.entry(sighting.copy).or_insert_with(|| Copy {
            seen: Vec::new(),
            links: None,
            last: sighting.at,
        });
        copy.links = copy.links.or(sighting.known.links);
        copy.seen.push(Seen {
            hit: sighting.hit,
            axis: sighting.axis,
            link: sighting.link,
            at: sighting.at,
            source: sighting.source,
            alone: sighting.verdict,
            revised: None,
            marks: Marks {
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
            Some((_, block)) if rules::is_hosting(&s.verdict) => {
                self.programs
                    .add((block, s.source.agent), s.at, s.copy, s.hit)
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
        let Some((host, delivered)) = s.known.recipient_host.as_ref().zip(s.known.delivered_at)
        else {
            return false;
        };
        let scans = self.known_hosts.contains(host)
            || self
                .hosts
                .get(host)
                .is_some_and(|messages| messages.len() >= BURSTS_TO_REMEMBER);
        s.axis == Axis::Open && scans && s.at.since(delivered) < ON_ARRIVAL
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

    /// Judges a copy's hits together and notes what changed. Tells whether there was a burst.
    fn settle(&mut self, id: CopyId, revisions: &mut Vec<Revision>) -> bool {
        let Some(copy) = self.copies.get_mut(&id) else {
            return false;
        };
        let settled = rules::settle(&copy.seen, copy.links);
        for (seen, verdict) in copy.seen.iter_mut().zip(settled.verdicts) {
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

    fn remember_host(&mut self, known: &CopyKnown) {
        let Some((host, message)) = known.recipient_host.as_ref().zip(known.message) else {
            return;
        };
        if self.known_hosts.contains(host) {
            return;
        }
        if !self.hosts.contains_key(host) && self.hosts.len() + self.known_hosts.len() >= HOSTS_MAX
        {
            return;
        }
        let messages = self.hosts.entry(host.clone()).or_default();
        if messages.len() < BURSTS_TO_REMEMBER {
            messages.insert(message);
        }
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
