//! Which modes may be used: a set, not a highest mode.
//!
//! Modes are ordered by how much they tell, but a law may permit a closer one without the looser one: France
//! exempts the day of the last open (`hygiene`) and has not confirmed an anonymous count (`aggregate`); Italy does
//! it the other way round. Taking a plain minimum would make "hygiene here, aggregate at most there" come out as
//! an aggregate that nobody permitted. Two sets meet in what both hold, and a ceiling picks the highest member
//! not above it.

use crate::mode::Mode;

/// A set of modes. `none` is always in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permitted(u8);

impl Permitted {
    /// Only `none`.
    pub const NOTHING: Self = Self(0);

    /// These modes, and `none`.
    pub fn of(modes: &[Mode]) -> Self {
        modes.iter().fold(Self::NOTHING, |set, mode| set.and(*mode))
    }

    /// The set with one mode more.
    #[must_use]
    pub fn and(self, mode: Mode) -> Self {
        match mode {
            Mode::None => self,
            _ => Self(self.0 | 1 << mode as u8),
        }
    }

    /// The set with one mode less.
    #[must_use]
    pub fn but(self, mode: Mode) -> Self {
        match mode {
            Mode::None => self,
            _ => Self(self.0 & !(1 << mode as u8)),
        }
    }

    /// What either permits.
    #[must_use]
    pub fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both permit.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// May this mode be used?
    pub fn has(self, mode: Mode) -> bool {
        mode == Mode::None || self.0 & 1 << mode as u8 != 0
    }

    /// The highest permitted mode that is not above the ceiling.
    pub fn at_most(self, ceiling: Mode) -> Mode {
        let fits = |mode: &Mode| *mode <= ceiling && self.has(*mode);
        Mode::ALL.into_iter().rev().find(fits).unwrap_or_default()
    }

    /// The highest permitted mode.
    pub fn highest(self) -> Mode {
        self.at_most(Mode::Detailed)
    }

    /// Is nothing but `none` permitted?
    pub fn is_nothing(self) -> bool {
        self == Self::NOTHING
    }

    /// The permitted modes above `none`, lowest first.
    pub fn iter(self) -> impl Iterator<Item = Mode> {
        let above = |mode: &Mode| *mode != Mode::None;
        Mode::ALL
            .into_iter()
            .filter(above)
            .filter(move |mode| self.has(*mode))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn any_permitted() -> impl Strategy<Value = Permitted> {
        proptest::sample::subsequence(&Mode::ALL[..], 0..=5).prop_map(|modes| Permitted::of(&modes))
    }

    fn any_mode() -> impl Strategy<Value = Mode> {
        proptest::sample::select(&Mode::ALL[..])
    }

    #[test]
    fn a_ceiling_never_lands_on_a_mode_that_nobody_permitted() {
        let france = Permitted::of(&[Mode::Hygiene]);
        let italy = Permitted::of(&[Mode::Aggregate]);
        assert_eq!(france.at_most(Mode::Aggregate), Mode::None);
        assert_eq!(france.at_most(Mode::Detailed), Mode::Hygiene);
        assert!(france.both(italy).is_nothing());
        assert_eq!(
            france.either(italy).iter().collect::<Vec<_>>(),
            [Mode::Aggregate, Mode::Hygiene]
        );
    }

    proptest! {
        #[test]
        fn r_mode_03_lowering_a_ceiling_or_a_set_never_raises(
            a in any_permitted(), b in any_permitted(), high in any_mode(), low in any_mode()
        ) {
            let low = low.min(high);
            prop_assert!(a.at_most(low) <= a.at_most(high));
            prop_assert!(a.both(b).at_most(high) <= a.at_most(high));
            prop_assert!(a.at_most(high) <= high);
            prop_assert!(a.has(a.at_most(high)));
            prop_assert_eq!(Permitted::of(&a.iter().collect::<Vec<_>>()), a);
        }
    }
}
