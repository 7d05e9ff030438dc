//! Many copies in one line: of those who are tracked, how many read it; the others are named, never counted in.

use super::view::Mark;
use model::Tick;

/// How many copies of a message have which mark.
#[derive(Default)]
pub(super) struct Sums {
    read: u32,
    unsure: u32,
    sent: u32,
    limited: u32,
    untracked: u32,
    bounced: u32,
}

impl Sums {
    /// Counts `n` copies with this mark.
    pub(super) fn add(&mut self, mark: Mark, n: u32) {
        let sum = match mark {
            Mark::Tick(Tick::Read) => &mut self.read,
            Mark::Tick(Tick::Unsure) => &mut self.unsure,
            Mark::Tick(Tick::Sent) => &mut self.sent,
            Mark::Tick(Tick::Limited) => &mut self.limited,
            Mark::Tick(Tick::Untracked) => &mut self.untracked,
            Mark::Bounced => &mut self.bounced,
        };
        *sum += n;
    }

    /// All recipients.
    pub(super) fn total(&self) -> u32 {
        self.tracked() + self.limited + self.untracked + self.bounced
    }

    fn tracked(&self) -> u32 {
        self.read + self.unsure + self.sent
    }

    /// One mark for many: what is true of every tracked copy.
    pub(super) fn mark(&self) -> Mark {
        match self {
            _ if self.bounced == self.total() && self.bounced > 0 => Mark::Bounced,
            _ if self.tracked() == 0 && self.limited > 0 => Mark::Tick(Tick::Limited),
            _ if self.tracked() == 0 => Mark::Tick(Tick::Untracked),
            _ if self.read == self.tracked() => Mark::Tick(Tick::Read),
            _ if self.read == 0 && self.unsure > 0 => Mark::Tick(Tick::Unsure),
            _ => Mark::Tick(Tick::Sent),
        }
    }

    /// Of those who are tracked, how many read it; the others are named, never counted in.
    pub(super) fn words(&self) -> String {
        let mut parts = Vec::new();
        if self.tracked() > 0 {
            parts.push(format!("{} of {} read", self.read, self.tracked()));
        }
        for (n, what) in [
            (self.unsure, "unsure"),
            (self.limited, "not told by person"),
            (self.untracked, "not tracked"),
            (self.bounced, "not delivered"),
        ] {
            if n > 0 {
                parts.push(format!("{n} {what}"));
            }
        }
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tracked_are_the_denominator() {
        let mut sums = Sums::default();
        for (tick, n) in [
            (Tick::Read, 3),
            (Tick::Sent, 2),
            (Tick::Unsure, 1),
            (Tick::Untracked, 2),
            (Tick::Limited, 4),
        ] {
            sums.add(Mark::Tick(tick), n);
        }
        assert_eq!(
            sums.words(),
            "3 of 6 read; 1 unsure; 4 not told by person; 2 not tracked"
        );
        assert!(sums.mark() == Mark::Tick(Tick::Sent));
        assert_eq!(sums.total(), 12);
    }
}
