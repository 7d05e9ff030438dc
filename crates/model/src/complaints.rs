//! How many called a workspace's advertising spam, and what follows from that (R-MSG-04).
//!
//! Gmail and Yahoo ask bulk senders for less than 0.1 % and turn mail away from 0.3 % on (sender guidelines of both, since
//! February 2024).

use std::time::Duration;

/// Over how long it is counted.
pub const SPAN: Duration = Duration::from_hours(7 * 24);
/// From here on somebody should look.
const WATCH_PER_MILLE: u64 = 1;
/// From here on such mail is paused …
const PAUSE_PER_MILLE: u64 = 3;
/// … if it was so many at least: one press of a button among a hundred mails is no rate.
const PAUSE_AT_LEAST: u64 = 2;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Complaints {
    /// Copies of advertising that left.
    pub sent: u64,
    /// Of these, called spam by their recipients, as providers report.
    pub complained: u64,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// Nothing.
    None,
    /// Somebody should look.
    Watch,
    /// Advertising is paused.
    Pause,
}

impl Complaints {
    /// What follows from it.
    pub fn alarm(self) -> Alarm {
        let reaches = |per_mille| self.complained * 1_000 >= per_mille * self.sent;
        match self.complained {
            0 => Alarm::None,
            PAUSE_AT_LEAST.. if reaches(PAUSE_PER_MILLE) => Alarm::Pause,
            _ if reaches(WATCH_PER_MILLE) => Alarm::Watch,
            _ => Alarm::None,
        }
    }

    /// The share, as in `0.25 %`.
    pub fn share(self) -> String {
        format!(
            "{:.2} %",
            100.0 * self.complained as f64 / self.sent.max(1) as f64
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_msg_04_from_a_tenth_of_a_percent_to_look_at_from_three_tenths_to_pause() {
        for (complained, sent, alarm) in [
            (0, 0, Alarm::None),
            (0, 10_000, Alarm::None),
            (1, 1_001, Alarm::None),
            (1, 1_000, Alarm::Watch),
            (1, 10, Alarm::Watch),
            (2, 1_000, Alarm::Watch),
            (2, 667, Alarm::Watch),
            (2, 666, Alarm::Pause),
            (3, 1_000, Alarm::Pause),
            (299, 100_000, Alarm::Watch),
            (300, 100_000, Alarm::Pause),
        ] {
            let counted = Complaints { sent, complained };
            assert_eq!(counted.alarm(), alarm, "{complained} of {sent}");
        }
        let counted = Complaints {
            sent: 1_200,
            complained: 3,
        };
        assert_eq!(counted.share(), "0.25 %");
    }
}
