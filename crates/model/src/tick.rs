//! What the sender sees beside a copy.

use crate::mode::{Mode, PerAxis};
use crate::word::words;
use serde::Serialize;

words! {
    /// The tick of a copy.
    Tick {
        /// `–`: not tracked.
        Untracked = "untracked",
        /// A broken `–`: nothing is told about this person. They are only counted in a sum, or only the day of their last
        /// open is kept for list cleaning.
        Limited = "limited",
        /// `✓`: sent; not known to be read.
        Sent = "sent",
        /// Hollow second tick: there was a signal that cannot be told from a machine.
        Unsure = "unsure",
        /// `✓✓`: read.
        Read = "read",
    }
}

impl Tick {
    /// The tick of a copy from its modes and counters. A receipt is the recipient's own word, so it counts in every
    /// mode. A human click shows that the mail was read, and one that cannot be told from a machine's that it perhaps was,
    /// but only where opens may be recorded at all (R-MODE-16).
    pub fn of(modes: &PerAxis<Mode>, seen: &Seen) -> Self {
        let [opens, clicks, documents] =
            [modes.open, modes.click, modes.document].map(Mode::is_personal);
        if seen.receipt || (opens && (seen.opens.human > 0 || seen.clicks.human > 0)) {
            Self::Read
        } else if opens && (seen.opens.unknown > 0 || seen.clicks.unknown > 0) {
            Self::Unsure
        } else if opens || clicks || documents {
            Self::Sent
        } else if *modes == crate::mode::NOTHING {
            Self::Untracked
        } else {
            Self::Limited
        }
    }
}

/// How often, by what it says about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// People, seen directly or through their provider's proxy.
    pub human: u32,
    /// Cannot be told.
    pub unknown: u32,
    /// Machines.
    pub machine: u32,
}

/// What was seen of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Opens.
    pub opens: Counts,
    /// Clicks.
    pub clicks: Counts,
    /// The recipient pressed the receipt button.
    pub receipt: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: PerAxis<Mode> = PerAxis::all(Mode::Individual);

    fn opens(human: u32, unknown: u32, machine: u32) -> Seen {
        Seen {
            opens: Counts {
                human,
                unknown,
                machine,
            },
            ..Seen::default()
        }
    }

    #[test]
    fn ticks() {
        assert_eq!(
            Tick::of(&crate::mode::NOTHING, &Seen::default()),
            Tick::Untracked
        );
        assert_eq!(Tick::of(&ON, &opens(0, 0, 7)), Tick::Sent);
        assert_eq!(Tick::of(&ON, &opens(0, 1, 0)), Tick::Unsure);
        assert_eq!(Tick::of(&ON, &opens(1, 1, 1)), Tick::Read);
        let receipt = Seen {
            receipt: true,
            ..Seen::default()
        };
        assert_eq!(Tick::of(&crate::mode::NOTHING, &receipt), Tick::Read);
    }

    #[test]
    fn what_tells_of_no_person_has_a_tick_of_its_own() {
        for mode in [Mode::Aggregate, Mode::Hygiene] {
            let counted = PerAxis {
                open: mode,
                ..crate::mode::NOTHING
            };
            assert_eq!(Tick::of(&counted, &opens(1, 1, 1)), Tick::Limited);
            let clicks = PerAxis {
                click: Mode::Individual,
                ..counted
            };
            assert_eq!(Tick::of(&clicks, &opens(1, 0, 0)), Tick::Sent);
        }
    }

    #[test]
    fn r_mode_16_a_click_is_no_open_where_opens_are_not_consented() {
        let click = Seen {
            clicks: Counts {
                human: 1,
                ..Counts::default()
            },
            ..Seen::default()
        };
        let clicks_only = PerAxis {
            open: Mode::None,
            ..ON
        };
        assert_eq!(Tick::of(&clicks_only, &click), Tick::Sent);
        assert_eq!(Tick::of(&ON, &click), Tick::Read);
        let perhaps = Seen {
            clicks: Counts {
                unknown: 1,
                ..Counts::default()
            },
            ..Seen::default()
        };
        assert_eq!(Tick::of(&clicks_only, &perhaps), Tick::Sent);
        assert_eq!(Tick::of(&ON, &perhaps), Tick::Unsure);
    }
}
