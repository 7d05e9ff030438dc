//! What the server remembers about the addresses that talk to it: how many sessions each has, and
//! how often each gave a wrong password. In memory only, bounded, and forgotten by the minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::limits::Limits;

/// Addresses whose failures are remembered; about 1 MB. Beyond it the mildest is forgotten.
const FAILING_MAX: usize = 10_000;
/// One failure is forgiven in this time.
const FORGIVEN_EVERY: Duration = Duration::from_mins(1);

/// One address, or one IPv6 /64, which is what one customer has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Peer(IpAddr);

impl Peer {
    pub(super) fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    since: Instant,
}

impl Failures {
    fn at(self, now: Instant) -> u32 {
        let forgiven = now.duration_since(self.since).as_secs() / FORGIVEN_EVERY.as_secs();
        self.count
            .saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
    }
}

#[derive(Default)]
struct Table {
    sessions: HashMap<Peer, usize>,
    failures: HashMap<Peer, Failures>,
}

/// Shared by all sessions of a server.
pub(super) struct Peers {
    sessions_max: usize,
    failures_max: u32,
    table: Mutex<Table>,
}

/// One session of a peer; ends on drop.
pub(super) struct Seat {
    peers: Arc<Peers>,
    peer: Peer,
}

impl Peers {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            sessions_max: limits.connections_per_peer_max,
            failures_max: limits.auth_failures_per_peer_max,
            table: Mutex::default(),
        })
    }

    /// `None` when the peer has too many sessions already. The table of sessions is bounded by
    /// the number of connections.
    pub(super) fn seat(self: &Arc<Self>, peer: Peer) -> Option<Seat> {
        let mut table = self.table();
        let sessions = table.sessions.get(&peer).copied().unwrap_or(0);
        if sessions >= self.sessions_max {
            return None;
        }
        table.sessions.insert(peer, sessions + 1);
        Some(Seat {
            peers: Arc::clone(self),
            peer,
        })
    }

    /// A panic elsewhere leaves the table as it was: counters, nothing half done.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Whether this peer has given too many wrong passwords lately.
    pub(super) fn is_locked_out(&self) -> bool {
        let failures = self.peers.table().failures.get(&self.peer).copied();
        failures.is_some_and(|f| f.at(Instant::now()) >= self.peers.failures_max)
    }

    /// Remembers one wrong password.
    pub(super) fn failed(&self) {
        let now = Instant::now();
        let mut table = self.peers.table();
        let failures = &mut table.failures;
        if failures.len() >= FAILING_MAX && !failures.contains_key(&self.peer) {
            let mildest = failures
                .iter()
                .min_by_key(|(_, f)| f.at(now))
                .map(|(peer, _)| *peer);
            mildest.map(|peer| failures.remove(&peer));
        }
        let count = failures.get(&self.peer).map_or(0, |f| f.at(now));
        let count = count.saturating_add(1).min(self.peers.failures_max);
        failures.insert(self.peer, Failures { count, since: now });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.peers.table();
        if let Some(sessions) = table.sessions.get_mut(&self.peer) {
            *sessions -= 1;
            if *sessions == 0 {
                table.sessions.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(sessions_max: usize, failures_max: u32) -> Arc<Peers> {
        Peers::new(&Limits {
            connections_per_peer_max: sessions_max,
            auth_failures_per_peer_max: failures_max,
            ..Limits::default()
        })
    }

    fn peer(text: &str) -> Peer {
        Peer::new(text.parse().unwrap())
    }

    #[test]
    fn sessions_are_counted_per_peer_and_given_back() {
        let peers = peers(1, 1);
        let seat = peers.seat(peer("192.0.2.1"));
        assert!(seat.is_some());
        assert!(peers.seat(peer("::ffff:192.0.2.1")).is_none());
        assert!(peers.seat(peer("192.0.2.2")).is_some());
        drop(seat);
        assert!(peers.seat(peer("192.0.2.1")).is_some());
        assert!(peers.table().sessions.is_empty());
    }

    #[test]
    fn one_ipv6_customer_is_one_peer() {
        let peers = peers(1, 1);
        let _seat = peers.seat(peer("2001:db8::1")).unwrap();
        assert!(peers.seat(peer("2001:db8::ffff")).is_none());
        assert!(peers.seat(peer("2001:db8:0:1::1")).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_lock_out_and_are_forgiven() {
        let peers = peers(9, 2);
        let seat = peers.seat(peer("192.0.2.1")).unwrap();
        seat.failed();
        assert!(!seat.is_locked_out());
        seat.failed();
        assert!(seat.is_locked_out());
        assert!(!peers.seat(peer("192.0.2.2")).unwrap().is_locked_out());
        tokio::time::advance(FORGIVEN_EVERY).await;
        assert!(!seat.is_locked_out());
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_of_failures_is_bounded() {
        let peers = peers(1, 5);
        for n in 0..=u32::try_from(FAILING_MAX).unwrap() {
            peers
                .seat(Peer::new(IpAddr::V4(n.into())))
                .unwrap()
                .failed();
        }
        assert_eq!(peers.table().failures.len(), FAILING_MAX);
    }
}
