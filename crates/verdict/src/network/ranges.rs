//! Address ranges and names in the smallest form there is: sorted lists, and one binary search to look up.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// Address ranges with a value each, sorted by their first address. Of IPv6 only the upper 64 bits count: nothing finer
/// is routed or published, and it halves the table.
pub(super) struct Ranges<V> {
    v4: Vec<Range<u32, V>>,
    v6: Vec<Range<u64, V>>,
}

/// First address, last address, value.
type Range<A, V> = (A, A, V);

impl<V> Default for Ranges<V> {
    fn default() -> Self {
        Self {
            v4: Vec::new(),
            v6: Vec::new(),
        }
    }
}

impl<V: Copy + PartialEq> Ranges<V> {
    pub(super) fn add(&mut self, first: IpAddr, last: IpAddr, value: V) {
        match (first, last) {
            (IpAddr::V4(a), IpAddr::V4(b)) => self.v4.push((a.into(), b.into(), value)),
            (IpAddr::V6(a), IpAddr::V6(b)) => self.v6.push((upper(a), upper(b), value)),
            _ => {}
        }
    }

    pub(super) fn add_net(&mut self, net: IpNet, value: V) {
        self.add(net.network(), net.broadcast(), value);
    }

    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Takes another list in and makes both searchable. Gives the number of ranges.
    pub(super) fn join(&mut self, other: Self) -> usize {
        self.v4.extend(other.v4);
        self.v6.extend(other.v6);
        self.seal();
        self.len()
    }

    /// Sorts, and joins neighbours of one value: published lists are cut finer than needed.
    pub(super) fn seal(&mut self) {
        seal(&mut self.v4, |address| address.checked_add(1));
        seal(&mut self.v6, |address| address.checked_add(1));
    }

    pub(super) fn get(&self, address: IpAddr) -> Option<V> {
        match address {
            IpAddr::V4(a) => find(&self.v4, a.into()),
            IpAddr::V6(a) => find(&self.v6, upper(a)),
        }
    }
}

fn upper(address: Ipv6Addr) -> u64 {
    (u128::from(address) >> 64) as u64
}

fn seal<A: Ord + Copy, V: PartialEq>(ranges: &mut Vec<Range<A, V>>, next: impl Fn(A) -> Option<A>) {
    ranges.sort_unstable_by_key(|range| (range.0, range.1));
    ranges.dedup_by(|range, before| {
        let touches = next(before.1).is_none_or(|after| range.0 <= after);
        let joins = touches && range.2 == before.2;
        if joins {
            before.1 = before.1.max(range.1);
        }
        joins
    });
    ranges.shrink_to_fit();
}

fn find<A: Ord + Copy, V: Copy>(ranges: &[Range<A, V>], address: A) -> Option<V> {
    let next = ranges.partition_point(|range| range.0 <= address);
    let (_, last, value) = ranges[..next].last()?;
    (address <= *last).then_some(*value)
}

/// The names of AS numbers: one text and places in it, because a hundred thousand small strings would weigh twice that.
#[derive(Default)]
pub(super) struct Names {
    text: String,
    places: Vec<(u32, u32, u8)>,
}

impl Names {
    pub(super) fn add(&mut self, mut names: Vec<(u32, &str)>) {
        names.sort_unstable();
        names.dedup_by_key(|n| n.0);
        names.retain(|(asn, _)| self.get(*asn).is_none());
        for (asn, name) in names {
            let mut end = name.len().min(usize::from(u8::MAX));
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            self.places.push((asn, self.text.len() as u32, end as u8));
            self.text.push_str(&name[..end]);
        }
        self.places.sort_unstable();
        self.places.shrink_to_fit();
        self.text.shrink_to_fit();
    }

    pub(super) fn get(&self, asn: u32) -> Option<&str> {
        let place = self.places.binary_search_by_key(&asn, |p| p.0).ok()?;
        let (_, start, len) = self.places[place];
        let start = start as usize;
        self.text
            .get(start..start + usize::from(len))
            .filter(|name| !name.is_empty())
    }
}
