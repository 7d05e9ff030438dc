//! Sums without persons: when a count tells nothing about one of those who are counted (R-MODE-08).
//!
//! A sum over one is a person, and so is the difference between two sums. So a token is shared by a crowd or not made
//! at all, sums are kept for a whole message and never for a part of its recipients, and small ones are not shown.

use crate::mode::{Axis, Mode, PerAxis};

/// So many copies of a message must share a token.
pub const CROWD_MIN: u32 = 20;
/// Smaller counts are shown nowhere.
pub const CELL_MIN: u32 = 5;
/// Whoever has still to be counted: as if all the world shared the token.
pub const EVERYBODY: PerAxis<u32> = PerAxis::all(u32::MAX);
/// Nobody shares it.
pub const NOBODY: PerAxis<u32> = PerAxis::all(0);

/// How many of these copies are only counted, on each axis.
pub fn crowd(copies: &[PerAxis<Mode>]) -> PerAxis<u32> {
    PerAxis::each(|axis: Axis| {
        let counted = copies
            .iter()
            .filter(|modes| *modes.get(axis) == Mode::Aggregate);
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    })
}

/// A count as it may be shown; none where it is too small for that.
pub fn shown(count: u32) -> Option<u32> {
    (count >= CELL_MIN).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_mode_08_small_cells_are_not_shown() {
        let cells: Vec<_> = [0, 1, 4, 5, 20].map(shown).into();
        assert_eq!(cells, [None, None, None, Some(5), Some(20)]);
    }

    #[test]
    fn a_crowd_is_those_who_are_only_counted() {
        let modes = |open, click| PerAxis {
            open,
            click,
            document: Mode::None,
        };
        let copies = [
            modes(Mode::Aggregate, Mode::Aggregate),
            modes(Mode::Aggregate, Mode::None),
            modes(Mode::Individual, Mode::Hygiene),
        ];
        let crowd = crowd(&copies);
        assert_eq!((crowd.open, crowd.click, crowd.document), (2, 1, 0));
    }
}
