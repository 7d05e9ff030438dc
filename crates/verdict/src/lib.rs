//! Who fetched, and what that says about a person.
//!
//! One request's evidence goes in; the opener family, its meaning, a confidence and reasons come out, with the few facts
//! that may be told. Two questions are kept apart all the way: *who fetched* and *what it says about a person*. An image
//! proxy is a machine that carries people's reading, and a browser in a data centre may be either.
//!
//! Promises: pure (no I/O, clock or randomness); bounded time on any input; no part of a raw user-agent or address in any
//! output; where a table is missing or old the verdict says so in a reason and gets less sure, never silently surer.
//! Confidences are priors from the literature, not measurements. That of `unknown` is how likely it was a person.
//!
//! [`Judge`] looks at one request alone. [`settle`] looks at requests together and revises. [`line`](mod@line) is the
//! JSON form of both, for `overt verdict`.

mod again;
mod agent;
mod click;
mod disown;
mod evidence;
mod facts;
pub mod line;
mod network;
mod open;
mod reason;
mod request;
pub mod settle;
mod table;
mod tell;

pub use again::Kept;
pub use agent::opener_name;
pub use disown::{disowned, owned_up};
pub use network::{LIST_BYTES_MAX, List, Loaded, is_local};
pub use reason::explain;
pub use request::{HEADER_BYTES_MAX, Headers, Request};
pub use table::TableError;
pub use tell::tell;

use evidence::Evidence;
use model::{Axis, Facts, Time, Verdict};

/// The version of rules and built-in tables together. It grows whenever the same request could get another verdict.
///
/// 2: a few links pressed in a row by what looks like a person are unknown, no longer a machine's.
/// 3: robots are known by how they name themselves, the large clouds and security vendors by their larger address blocks;
/// a click by what is no browser is a machine's.
pub const RULES_VERSION: u32 = 3;

/// Everything the rules look things up in.
pub struct Tables {
    agents: agent::Agents,
    networks: network::Networks,
    gateways: Vec<&'static str>,
}

impl Tables {
    /// The tables that are part of the program. An error means that the program was built with a broken table.
    pub fn built_in() -> Result<Self, TableError> {
        let gateways = table::rows::<2>("gateways", include_str!("../data/gateways.psv"))
            .map(|row| row.map(|row| row.cells[0]))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            agents: agent::Agents::built_in()?,
            networks: network::Networks::built_in()?,
            gateways,
        })
    }

    /// When the tables that come with the program were last looked after; none if that cannot be read.
    pub fn reviewed(&self) -> Option<Time> {
        let tables = [
            include_str!("../data/agents.psv"),
            include_str!("../data/openers.psv"),
            include_str!("../data/networks.psv"),
        ];
        let newest = tables.into_iter().filter_map(table::newest).max()?;
        serde_json::from_value(format!("{newest}T00:00:00Z").into()).ok()
    }

    /// Adds a list the operator brought, with the date of its data. A list in several files (IPv4 and IPv6) is loaded
    /// file by file. A file with a mistake is refused whole.
    pub fn load(&mut self, list: List, bytes: &[u8], as_of: Time) -> Result<(), TableError> {
        self.networks.load(list, bytes, as_of)
    }

    /// The lists that were added, with their age and size.
    pub fn loaded(&self) -> &[Loaded] {
        self.networks.loaded()
    }

    /// The name and the country of the network that an address belongs to, where a table knows them. For servers: what it
    /// says of people's addresses goes through [`Judge::judge`].
    pub fn place(&self, address: std::net::IpAddr, now: Time) -> (Option<&str>, Option<String>) {
        let network = self.networks.look_up(Some(address), now);
        let country = network.country;
        (
            network.name,
            country.and_then(|code| String::from_utf8(code.to_vec()).ok()),
        )
    }

    /// Is this the address of a page of a link-rewriting gateway?
    fn is_gateway(&self, referer: &str) -> bool {
        let Some((_, rest)) = referer.split_once("://") else {
            return false;
        };
        let host = rest
            .split(['/', '?', '#', ':'])
            .next()
            .unwrap_or("")
            .to_ascii_lowercase();
        self.gateways
            .iter()
            .any(|pattern| match pattern.split_once('*') {
                Some((start, end)) => {
                    host.len() > start.len() + end.len()
                        && host.starts_with(start)
                        && host.ends_with(end)
                }
                None => host == *pattern,
            })
    }
}

/// Judges single requests.
pub struct Judge {
    tables: Tables,
}

impl Judge {
    /// A judge who looks things up in these tables.
    pub fn new(tables: Tables) -> Self {
        Self { tables }
    }

    /// The tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Who made this request, what it says about a person, and what may be told of them.
    pub fn judge(&self, request: &Request<'_>) -> (Verdict, Facts) {
        let evidence = Evidence::gather(&self.tables, request);
        let verdict = match request.kind {
            Axis::Open => open::judge(&evidence),
            Axis::Click | Axis::Document => click::judge(&evidence),
        };
        let facts = facts::of(&evidence, &verdict, &self.tables.agents);
        (verdict, facts)
    }
}
