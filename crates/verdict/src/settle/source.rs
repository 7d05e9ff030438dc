//! Where requests came from, comparable without being known.

use crate::is_local;
use crate::request::Request;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a request came from, as keyed hashes: good for comparing within the window, for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// None where there is no address, or a local one: behind a proxy that is not trusted yet, everybody has the same.
    pub(super) place: Option<Place>,
    pub(super) agent: u64,
}

/// An address, and its block of 256 (IPv6: /48).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: u64,
    pub(super) block: u64,
}

impl Source {
    /// Hashes the source of a request. The hasher holds the key: `std::hash::RandomState`, made anew every day, is one.
    pub fn of(request: &Request<'_>, key: &impl BuildHasher) -> Self {
        let address = request.remote.map(|a| a.to_canonical());
        Self {
            place: address.filter(|a| !is_local(*a)).map(|a| Place {
                address: key.hash_one(("address", a)),
                block: key.hash_one(("block", block(a))),
            }),
            agent: key.hash_one(("agent", request.headers.user_agent)),
        }
    }

    pub(super) fn same_address(&self, other: &Self) -> bool {
        matches!((self.place, other.place), (Some(a), Some(b)) if a.address == b.address)
    }

    pub(super) fn same_block(&self, other: &Self) -> bool {
        matches!((self.place, other.place), (Some(a), Some(b)) if a.block == b.block)
    }
}

fn block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => Ipv4Addr::from(u32::from(v4) & 0xffff_ff00).into(),
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 80)).into(),
    }
}
