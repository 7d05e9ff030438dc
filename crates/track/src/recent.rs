//! Who asked for what within the last seconds: mail clients fetch a picture twice, people press a link twice.
//!
//! The memory is small, bounded and of this process alone: what it forgets is counted once more, never lost. It knows
//! copies and opener families, no addresses.

use model::{Axis, CopyId, Time};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// From the first hit on, the same again counts as a repetition for so long.
const WINDOW: Duration = Duration::from_secs(10);
/// Hits remembered. With more in ten seconds, all are forgotten and a repetition may be counted.
const REMEMBERED_MAX: usize = 16_384;

/// The memory.
#[derive(Default)]
pub(crate) struct Recent {
    counted: Mutex<HashMap<Key, Time>>,
}

/// What makes two hits the same.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) copy: CopyId,
    pub(crate) axis: Axis,
    pub(crate) link: u16,
    pub(crate) opener: String,
}

impl Recent {
    /// Was the same counted within the window? If not, it is remembered as counted now.
    pub(crate) fn is_repeat(&self, key: Key, now: Time) -> bool {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |at: Time| now.since(at) < WINDOW;
        if counted.get(&key).copied().is_some_and(fresh) {
            return true;
        }
        if counted.len() >= REMEMBERED_MAX {
            counted.retain(|_, at| fresh(*at));
        }
        if counted.len() >= REMEMBERED_MAX {
            counted.clear();
        }
        counted.insert(key, now);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(link: u16, opener: &str) -> Key {
        Key {
            copy: CopyId([1; 16]),
            axis: Axis::Click,
            link,
            opener: opener.into(),
        }
    }

    #[test]
    fn the_same_within_seconds_is_a_repetition() {
        let (recent, start) = (Recent::default(), Time(0));
        assert!(!recent.is_repeat(key(1, "browser"), start));
        assert!(recent.is_repeat(key(1, "browser"), start + WINDOW / 2));
        assert!(
            !recent.is_repeat(key(2, "browser"), start + WINDOW / 2),
            "another link"
        );
        assert!(
            !recent.is_repeat(key(1, "outlook"), start + WINDOW / 2),
            "another opener"
        );
        // Measured from what was counted: a program that asks for ever is counted every ten seconds.
        assert!(!recent.is_repeat(key(1, "browser"), start + WINDOW));
    }

    #[test]
    fn memory_is_bounded() {
        let recent = Recent::default();
        for n in 0..=REMEMBERED_MAX {
            recent.is_repeat(key(n as u16, &n.to_string()), Time(0));
        }
        assert!(recent.counted.lock().unwrap().len() <= REMEMBERED_MAX);
    }
}
