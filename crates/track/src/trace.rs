//! Where a request came from, as far as settling may compare it: keyed hashes under a key that lives a day.
//!
//! The hashes are made here, while the request's address is still at hand, and never leave this process. With the key
//! gone they are noise, and what they were compared for starts anew.

use model::Time;
use siphasher::sip::SipHasher24;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use verdict::Request;
use verdict::settle::Source;

/// How long a key is used.
const KEY_LIVES: Duration = Duration::from_hours(24);

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// Which key: only traces under one key can be compared.
    pub key: u64,
    /// The hashes.
    pub source: Source,
}

/// Makes traces, and a new key every day.
pub(crate) struct Tracer {
    random: fn() -> [u8; 16],
    current: Mutex<Current>,
}

struct Current {
    number: u64,
    since: Time,
    key: Key,
}

/// `SipHash` is made for this: keyed, and not to be turned round without the key.
#[derive(Clone)]
struct Key([u8; 16]);

impl BuildHasher for Key {
    type Hasher = SipHasher24;
    fn build_hasher(&self) -> SipHasher24 {
        SipHasher24::new_with_key(&self.0)
    }
}

impl Tracer {
    /// With a first key, made from `random`.
    pub(crate) fn new(random: fn() -> [u8; 16], now: Time) -> Self {
        Self {
            random,
            current: Mutex::new(Current {
                number: 0,
                since: now,
                key: Key(random()),
            }),
        }
    }

    /// Where this request came from.
    pub(crate) fn trace(&self, request: &Request<'_>) -> Trace {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if request.at.since(current.since) >= KEY_LIVES {
            *current = Current {
                number: current.number + 1,
                since: request.at,
                key: Key((self.random)()),
            };
        }
        Trace {
            key: current.number,
            source: Source::of(request, &current.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Axis;
    use std::sync::atomic::{AtomicU8, Ordering};

    fn random() -> [u8; 16] {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        [NEXT.fetch_add(1, Ordering::Relaxed); 16]
    }

    fn request(at: Time) -> Request<'static> {
        Request {
            kind: Axis::Open,
            at,
            method: "GET",
            https: true,
            remote: Some([198, 51, 100, 7].into()),
            headers: verdict::Headers::default(),
            own_session: false,
            delivered_at: None,
        }
    }

    #[test]
    fn a_source_is_comparable_for_a_day_and_not_after_it() {
        let tracer = Tracer::new(random, Time(0));
        let first = tracer.trace(&request(Time(0)));
        assert_eq!(first, tracer.trace(&request(Time(0) + KEY_LIVES / 2)));
        let next = tracer.trace(&request(Time(0) + KEY_LIVES));
        assert_ne!(first.key, next.key);
        assert_ne!(first.source, next.source, "under a key of its own");
        let other_process = Tracer::new(random, Time(0)).trace(&request(Time(0)));
        assert_ne!(first.source, other_process.source);
    }
}
