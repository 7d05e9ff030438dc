//! Who came for several copies within a minute: the same question for one program over many people's copies, and for one
//! person's device over many mails.

use model::{CopyId, HitId, Time};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

/// Hits this far apart at most belong together.
const WITHIN: Duration = Duration::from_mins(1);

/// From this many different copies on it is a crowd.
const COPIES: usize = 3;

/// Hits kept of one key; older ones drop out. A minute's crowd shows itself long before.
const KEPT_PER_KEY: usize = 64;

/// Keys kept; at the bound those without a recent hit are dropped, and if none is, all: crowds then show later or not.
const KEYS_MAX: usize = 50_000;

type Entry = (Time, CopyId, HitId);

pub(super) struct Crowd<K> {
    recent: HashMap<K, VecDeque<Entry>>,
}

impl<K> Default for Crowd<K> {
    fn default() -> Self {
        Self {
            recent: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash> Crowd<K> {
    /// Takes a hit in. Gives the members of every crowd it is part of, itself among them.
    pub(super) fn add(
        &mut self,
        key: K,
        at: Time,
        copy: CopyId,
        hit: HitId,
    ) -> Vec<(CopyId, HitId)> {
        if self.recent.len() >= KEYS_MAX && !self.recent.contains_key(&key) {
            self.forget_before(at - WITHIN);
            if self.recent.len() >= KEYS_MAX {
                self.recent.clear();
            }
        }
        let entries = self.recent.entry(key).or_default();
        let place = entries.partition_point(|e| e.0 <= at);
        entries.insert(place, (at, copy, hit));
        let members = members(entries, at);
        if entries.len() > KEPT_PER_KEY {
            entries.pop_front();
        }
        members
    }

    /// Drops what can match nothing any more.
    pub(super) fn forget_before(&mut self, limit: Time) {
        // Looking through all keys at every hit would cost more than it saves.
        if self.recent.len() > KEYS_MAX / 2 {
            self.recent
                .retain(|_, entries| entries.back().is_some_and(|e| e.0 >= limit));
        }
    }
}

/// The entries of every minute that holds this moment and is crowded.
fn members(entries: &VecDeque<Entry>, at: Time) -> Vec<(CopyId, HitId)> {
    let mut found = Vec::new();
    for (index, first) in entries.iter().enumerate() {
        let end = first.0 + WITHIN;
        if first.0 > at || end < at {
            continue;
        }
        let minute = entries.range(index..).take_while(|e| e.0 <= end);
        let mut copies: Vec<CopyId> = minute.clone().map(|e| e.1).collect();
        copies.sort_unstable();
        copies.dedup();
        if copies.len() >= COPIES {
            found.extend(minute.map(|e| (e.1, e.2)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(crowd: &mut Crowd<u8>, second: i64, copy: u8) -> usize {
        let hit = HitId([second.unsigned_abs() as u8; 16]);
        crowd
            .add(1, Time(second * 1_000), CopyId([copy; 16]), hit)
            .len()
    }

    #[test]
    fn three_copies_in_a_minute_are_a_crowd_in_any_order() {
        for order in [[0, 30, 60], [60, 0, 30], [30, 60, 0]] {
            let mut crowd = Crowd::default();
            let counts = order.map(|s| add(&mut crowd, s, s as u8));
            assert_eq!(counts, [0, 0, 3], "{order:?}");
        }
        let mut crowd = Crowd::default();
        assert_eq!([0, 30, 61].map(|s| add(&mut crowd, s, s as u8)), [0, 0, 0]);
        let mut crowd = Crowd::default();
        assert_eq!(
            [0, 1, 2].map(|s| add(&mut crowd, s, 7)),
            [0, 0, 0],
            "one copy thrice"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut crowd = Crowd::default();
        for second in 0..1_000 {
            add(&mut crowd, second, 1);
        }
        assert_eq!(crowd.recent[&1].len(), KEPT_PER_KEY);
    }
}
