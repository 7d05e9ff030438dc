//! Who may knock, and how often: pages that strangers can use without a token by network, what needs no consent by person;
//! and all together.
//!
//! Whoever knocks is counted in a fixed number of buckets by keyed hash; the key is drawn anew with every window and an
//! address is gone by then. Two in one bucket share a limit, which is the price of bounded memory.

use model::Time;
use siphasher::sip::SipHasher13;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const WINDOW: Duration = Duration::from_hours(1);
/// By one within a window. A household or an office asks less often, a guesser more.
const KNOCKS_MAX: u16 = 10;
/// From everywhere within a window: what the mail relay bears on top of everything else.
const TOTAL_MAX: u32 = 1_000;
const BUCKETS: usize = 4_096;

/// The counts of one window.
pub(crate) struct Doorman {
    random: fn() -> [u8; 16],
    counts: Mutex<Counts>,
}

struct Counts {
    since: Time,
    key: [u8; 16],
    total: u32,
    buckets: Box<[u16; BUCKETS]>,
}

impl Doorman {
    pub(crate) fn new(random: fn() -> [u8; 16], now: Time) -> Self {
        Self {
            random,
            counts: Mutex::new(Counts::begin(random(), now)),
        }
    }

    /// May this one knock? Counts it.
    pub(crate) fn admits(&self, who: impl Hash, now: Time) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(counts.since) >= WINDOW {
            *counts = Counts::begin((self.random)(), now);
        }
        let mut hasher = SipHasher13::new_with_key(&counts.key);
        who.hash(&mut hasher);
        let bucket = (hasher.finish() % BUCKETS as u64) as usize;
        let admitted = counts.total < TOTAL_MAX && counts.buckets[bucket] < KNOCKS_MAX;
        if admitted {
            counts.total += 1;
            counts.buckets[bucket] += 1;
        }
        admitted
    }
}

impl Counts {
    fn begin(key: [u8; 16], since: Time) -> Self {
        Self {
            since,
            key,
            total: 0,
            buckets: Box::new([0; BUCKETS]),
        }
    }
}

/// What one household has: a /64 of the one protocol, an address of the other. Who has no address shares one bucket.
pub(crate) fn network(from: Option<IpAddr>) -> [u8; 8] {
    match from.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            [4, 0, 0, 0, a, b, c, d]
        }
        Some(IpAddr::V6(address)) => {
            let mut household = [0; 8];
            household.copy_from_slice(&address.octets()[..8]);
            household
        }
        None => [0; 8],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> [u8; 8] {
        network(text.parse().ok())
    }

    #[test]
    fn r_sec_11_a_network_knocks_ten_times_an_hour() {
        let doorman = Doorman::new(|| [7; 16], Time(0));
        for n in 0..KNOCKS_MAX {
            assert!(doorman.admits(address(&format!("2001:db8::{n}")), Time(0)));
        }
        assert!(!doorman.admits(address("2001:db8::ffff"), Time(0)));
        assert!(doorman.admits(address("2001:db8:1::1"), Time(0)));
        assert!(doorman.admits(address("2001:db8::1"), Time(0) + WINDOW));
    }

    #[test]
    fn r_sec_11_all_together_are_bounded() {
        let doorman = Doorman::new(|| [7; 16], Time(0));
        let admitted = (0..5_000u32)
            .filter(|n| {
                doorman.admits(
                    network(Some(IpAddr::V4(std::net::Ipv4Addr::from(*n)))),
                    Time(0),
                )
            })
            .count();
        assert_eq!(admitted, TOTAL_MAX as usize);
    }
}
