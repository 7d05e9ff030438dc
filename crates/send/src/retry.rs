//! When to try again, and when to give up.

use model::Time;
use std::time::Duration;

/// The schedule of retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The pause after the first failure; it doubles with each further one.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How long a mail is tried for before it bounces. RFC 5321 §4.5.4.1 suggests four to five days.
    pub give_up_after: Duration,
    /// When a sender who asked for it is told that their mail takes longer.
    pub delay_report_after: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            first: Duration::from_mins(1),
            longest: Duration::from_hours(1),
            give_up_after: Duration::from_hours(24 * 4),
            delay_report_after: Duration::from_hours(4),
        }
    }
}

impl Schedule {
    /// When to try again after `attempts` failures; none when it is time to give up. `chance` spreads mails that
    /// failed together: a relay that comes back should not meet them all at once.
    pub fn next(&self, accepted: Time, attempts: u32, now: Time, chance: u8) -> Option<Time> {
        if now.since(accepted) >= self.give_up_after {
            return None;
        }
        let doubled = self
            .first
            .saturating_mul(1u32.checked_shl(attempts.min(30)).unwrap_or(u32::MAX));
        let pause = doubled.min(self.longest);
        // From 80 % to 120 % of the pause.
        let jittered = pause.mul_f64(0.8 + 0.4 * f64::from(chance) / 255.0);
        Some(now + jittered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Time = Time(1_700_000_000_000);

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let schedule = Schedule::default();
        let pause = |attempts| {
            schedule
                .next(T0, attempts, T0, 128)
                .map(|t| t.since(T0).as_secs())
        };
        assert_eq!(pause(0), Some(60));
        assert_eq!(pause(1), Some(120));
        assert!(pause(40).is_some_and(|s| (3_500..=3_700).contains(&s)));
        assert_eq!(schedule.next(T0, 3, T0 + schedule.give_up_after, 0), None);
    }

    #[test]
    fn chance_spreads() {
        let schedule = Schedule::default();
        let at = |chance| {
            schedule
                .next(T0, 0, T0, chance)
                .map(|t| t.since(T0).as_secs())
        };
        assert_eq!((at(0), at(255)), (Some(48), Some(72)));
    }
}
