//! What is known of the network an address belongs to.
//!
//! Only the address ranges that matter most ship with the program. Whole tables (AS numbers, countries, Apple's relay, Google's
//! and Microsoft's ranges) are handed in by the caller as bytes with the date they are of, because they rot and have
//! licences of their own. Where no table knows an address the answer is "not checked", never a guess, and a table past
//! its age is as good as none.

mod format;
mod ranges;

use crate::table::{TableError, rows};
use ipnet::IpNet;
use maxminddb::path;
use model::Time;
use ranges::{Names, Ranges};
use std::net::IpAddr;
use std::time::Duration;

/// A list may be so long: several times the longest that is published.
pub const LIST_BYTES_MAX: usize = 256 << 20;

/// Lists that an operator may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// `first,last,AS number,name` a line, IPv4 or IPv6 (as in the npm package `@ip-location-db/asn`).
    Asn,
    /// `first,last,country` a line.
    Country,
    /// Apple's published egress ranges: `prefix,country,…` a line.
    AppleEgress,
    /// Google's published fetcher ranges, JSON.
    GoogleRanges,
    /// Microsoft's published endpoints or service tags, JSON.
    MicrosoftRanges,
    /// A city database, MMDB, as `GeoLite2-City` is.
    City,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 6] = [
        Self::Asn,
        Self::Country,
        Self::AppleEgress,
        Self::GoogleRanges,
        Self::MicrosoftRanges,
        Self::City,
    ];

    /// As metrics and configuration name it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Asn => "asn",
            Self::Country => "country",
            Self::AppleEgress => "apple",
            Self::GoogleRanges => "google",
            Self::MicrosoftRanges => "microsoft",
            Self::City => "city",
        }
    }

    /// As messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asn => "AS number table",
            Self::Country => "country table",
            Self::AppleEgress => "Apple egress list",
            Self::GoogleRanges => "Google address ranges",
            Self::MicrosoftRanges => "Microsoft address ranges",
            Self::City => "city database",
        }
    }

    /// From this age on the list is not believed any more. Registrations move slowly; relays, clouds and lines to homes do not.
    pub fn age_max(self) -> Duration {
        let days = match self {
            Self::Asn | Self::Country => 365,
            Self::AppleEgress | Self::GoogleRanges | Self::MicrosoftRanges | Self::City => 90,
        };
        Duration::from_hours(days * 24)
    }
}

/// A list as it is loaded: for `overt doctor` and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Which.
    pub list: List,
    /// The date of its data.
    pub as_of: Time,
    /// How many ranges it holds after neighbours were joined; of a database its nodes.
    pub ranges: usize,
}

impl Loaded {
    /// Is it too old to be believed?
    pub fn is_stale(&self, now: Time) -> bool {
        now.since(self.as_of) > self.list.age_max()
    }
}

/// How an address stands to the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No address, or no table that knows it.
    Unchecked,
    /// Loopback or private: not the internet, and not a data centre.
    Local,
    /// An ordinary network.
    Plain,
    /// One of Apple's relay partners.
    Relay,
    /// A data centre: machines, and people on a VPN.
    Hosting,
    /// Google's own.
    Google,
    /// Microsoft's own.
    Microsoft,
    /// A mail-security vendor's own; the opener it stands for.
    Security(&'static str),
    /// A security vendor whose people also surf through it.
    Shared(&'static str),
}

/// The network of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network<'t> {
    pub(crate) standing: Standing,
    pub(crate) asn: Option<u32>,
    pub(crate) name: Option<&'t str>,
    pub(crate) country: Option<[u8; 2]>,
    pub(crate) city: Option<&'t str>,
    /// In Apple's published list.
    pub(crate) apple_relay: bool,
}

impl Network<'_> {
    /// Was the network checked, and is it one where people are? `None`: not checked.
    pub(crate) fn is_ordinary(&self) -> Option<bool> {
        match self.standing {
            Standing::Unchecked => None,
            Standing::Local | Standing::Plain | Standing::Relay => Some(true),
            _ => Some(false),
        }
    }

    /// Does it come from one of these AS numbers? `None`: it cannot be checked.
    pub(crate) fn is_one_of(&self, networks: &[u32]) -> Option<bool> {
        match (self.standing, self.asn) {
            (Standing::Local, _) | (_, None) => None,
            _ if networks.is_empty() => None,
            (_, Some(asn)) => Some(networks.contains(&asn)),
        }
    }
}

/// One line of `networks.psv`.
struct Known {
    asn: u32,
    standing: Standing,
    name: &'static str,
}

/// In memory, as its file is.
type Database = maxminddb::Reader<Vec<u8>>;

/// All address tables.
pub(crate) struct Networks {
    known: Vec<Known>,
    excerpt: Ranges<u32>,
    asn: Ranges<u32>,
    names: Names,
    country: Ranges<[u8; 2]>,
    apple: Ranges<()>,
    google: Ranges<()>,
    microsoft: Ranges<()>,
    cities: Vec<Database>,
    loaded: Vec<Loaded>,
}

impl Networks {
    pub(crate) fn built_in() -> Result<Self, TableError> {
        let mut known = Vec::new();
        for row in rows::<4>("networks", include_str!("../data/networks.psv")) {
            let row = row?;
            let [_, class, opener, name] = row.cells;
            let standing = match class {
                "google" => Standing::Google,
                "microsoft" => Standing::Microsoft,
                "relay" => Standing::Relay,
                "hosting" => Standing::Hosting,
                "security" => Standing::Security(opener),
                "shared" => Standing::Shared(opener),
                other => return Err(row.wrong(format!("{other:?} is no class of network"))),
            };
            for asn in row.numbers(0)? {
                known.push(Known {
                    asn,
                    standing,
                    name,
                });
            }
        }
        known.sort_by_key(|k| k.asn);
        let mut excerpt = Ranges::default();
        for row in rows::<2>("prefixes", include_str!("../data/prefixes.psv")) {
            let row = row?;
            let asn = row.numbers(1)?.first().copied();
            let asn = asn.ok_or_else(|| row.wrong("the AS number is missing"))?;
            for net in row.cells[0].split_whitespace() {
                let net: IpNet = net.parse().map_err(|_| {
                    row.wrong("the first cell holds address ranges like 192.0.2.0/24")
                })?;
                excerpt.add_net(net, asn);
            }
        }
        excerpt.seal();
        Ok(Self {
            known,
            excerpt,
            asn: Ranges::default(),
            names: Names::default(),
            country: Ranges::default(),
            apple: Ranges::default(),
            google: Ranges::default(),
            microsoft: Ranges::default(),
            cities: Vec::new(),
            loaded: Vec::new(),
        })
    }

    pub(crate) fn loaded(&self) -> &[Loaded] {
        &self.loaded
    }

    /// Adds a list, or one more file of it: IPv4 and IPv6 often come apart. Either all of a file is taken or nothing.
    pub(crate) fn load(&mut self, list: List, bytes: &[u8], as_of: Time) -> Result<(), TableError> {
        if bytes.len() > LIST_BYTES_MAX {
            return Err(format::bad(list, 0, "longer than 256 MiB"));
        }
        let ranges = match list {
            List::Asn => {
                let (numbers, names) = format::numbers(list, bytes)?;
                self.names.add(names);
                self.asn.join(numbers)
            }
            List::Country => self.country.join(format::countries(list, bytes)?),
            List::AppleEgress => self.apple.join(format::prefixes(list, bytes)?),
            List::GoogleRanges => self.google.join(format::json(list, bytes)?),
            List::MicrosoftRanges => self.microsoft.join(format::json(list, bytes)?),
            List::City => {
                self.cities.push(format::database(list, bytes)?);
                let nodes = |database: &Database| database.metadata().node_count as usize;
                self.cities.iter().map(nodes).sum()
            }
        };
        // Of several files the oldest sets the age.
        match self.loaded.iter_mut().find(|l| l.list == list) {
            Some(known) => (known.ranges, known.as_of) = (ranges, known.as_of.min(as_of)),
            None => self.loaded.push(Loaded {
                list,
                as_of,
                ranges,
            }),
        }
        Ok(())
    }

    /// What is known of an address at a moment.
    pub(crate) fn look_up(&self, address: Option<IpAddr>, now: Time) -> Network<'_> {
        let mut network = Network {
            standing: Standing::Unchecked,
            asn: None,
            name: None,
            country: None,
            city: None,
            apple_relay: false,
        };
        let Some(address) = address.map(|a| a.to_canonical()) else {
            return network;
        };
        if is_local(address) {
            network.standing = Standing::Local;
            return network;
        }
        let fresh = |list| {
            self.loaded
                .iter()
                .any(|l| l.list == list && !l.is_stale(now))
        };
        if fresh(List::Asn) {
            network.asn = self.asn.get(address);
        }
        if network.asn.is_none() {
            network.asn = self.excerpt.get(address);
        }
        if let Some(asn) = network.asn {
            let known = self
                .known
                .binary_search_by_key(&asn, |k| k.asn)
                .ok()
                .map(|i| &self.known[i]);
            network.standing = known.map_or(Standing::Plain, |k| k.standing);
            network.name = known.map(|k| k.name).or_else(|| self.names.get(asn));
        } else if fresh(List::GoogleRanges) && self.google.get(address).is_some() {
            (network.standing, network.asn, network.name) =
                (Standing::Google, Some(15169), Some("Google"));
        } else if fresh(List::MicrosoftRanges) && self.microsoft.get(address).is_some() {
            (network.standing, network.asn, network.name) =
                (Standing::Microsoft, Some(8075), Some("Microsoft"));
        }
        if fresh(List::Country) {
            network.country = self.country.get(address);
        }
        if fresh(List::City) {
            network.city = self.city(address);
        }
        network.apple_relay = fresh(List::AppleEgress) && self.apple.get(address).is_some();
        network
    }
}

impl Networks {
    /// The English name of the city. A database that is damaged where it is looked into knows none.
    fn city(&self, address: IpAddr) -> Option<&str> {
        let of = |database| -> Option<&str> {
            let found = Database::lookup(database, address).ok()?;
            let name = found.decode_path(&path!["city", "names", "en"]);
            // Some write nothing but the name.
            let name = name.or_else(|_| found.decode_path(&path!["city"]));
            name.ok()?
        };
        self.cities.iter().find_map(of)
    }
}

/// Is this no address of the internet: loopback, private, link-local, behind a carrier's translation?
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            // Behind a carrier's translation (RFC 6598) is not the internet, either.
            let shared = u32::from(v4) >> 22 == 0x6440_0000 >> 22;
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || shared
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_unspecified()
        }
    }
}

#[cfg(test)]
mod tests;
