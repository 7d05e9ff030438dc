//! Modes and axes: how much may be known, about what.
//!
//! Modes are a total order; the effective mode is always a minimum, so one more rule can only lower it
//! (R-MODE-01, R-MODE-03).

use crate::UnknownWord;
use crate::word::words;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

words! {
    /// How much may be recorded about one axis of one copy: a total order, the lowest first.
    #[derive(Default)]
    Mode {
        /// Nothing: no pixel, no rewritten link, original URLs.
        #[default]
        None = "none",
        /// One token for a whole batch, counters by day. Needs a jurisdiction profile that allows it.
        Aggregate = "aggregate",
        /// One date, the day of the last open, for list cleaning only. Needs a jurisdiction profile that allows it.
        Hygiene = "hygiene",
        /// The event, its minute and the verdict.
        Individual = "individual",
        /// Also parsed facts: mail client, browser, operating system, device class, country.
        Detailed = "detailed",
    }
}

impl Mode {
    /// Does it tell what one person did?
    pub fn is_personal(self) -> bool {
        self >= Self::Individual
    }
}

words! {
    /// What is observed.
    Axis {
        /// The mail was displayed.
        Open = "open",
        /// A link was followed.
        Click = "click",
        /// A hosted document was looked at.
        Document = "document",
    }
}

/// One value for each axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct PerAxis<T> {
    /// For opens.
    pub open: T,
    /// For clicks.
    pub click: T,
    /// For documents.
    pub document: T,
}

impl<T> PerAxis<T> {
    /// The value that `of` gives for each axis.
    pub fn each(mut of: impl FnMut(Axis) -> T) -> Self {
        Self {
            open: of(Axis::Open),
            click: of(Axis::Click),
            document: of(Axis::Document),
        }
    }

    /// The value for one axis.
    pub fn get(&self, axis: Axis) -> &T {
        match axis {
            Axis::Open => &self.open,
            Axis::Click => &self.click,
            Axis::Document => &self.document,
        }
    }
}

impl<T: Copy> PerAxis<T> {
    /// The same value on every axis.
    pub const fn all(value: T) -> Self {
        Self {
            open: value,
            click: value,
            document: value,
        }
    }
}

/// Tracking on every axis is `none`.
pub const NOTHING: PerAxis<Mode> = PerAxis::all(Mode::None);

/// The sender's choice for one mail: the `X-Overt-Track` header, the API's `track` field, the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Track nothing in this mail.
    Off,
    /// Only opens.
    Open,
    /// Only clicks.
    Click,
    /// Everything that is allowed.
    #[default]
    All,
}

impl Switch {
    /// The name used in headers, the API and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Open => "open",
            Self::Click => "click",
            Self::All => "all",
        }
    }

    /// The ceiling this choice puts on each axis. It lowers; it never grants.
    pub fn ceiling(self) -> PerAxis<Mode> {
        let (on, off) = (Mode::Detailed, Mode::None);
        match self {
            Self::Off => NOTHING,
            Self::Open => PerAxis {
                open: on,
                click: off,
                document: off,
            },
            Self::Click => PerAxis {
                open: off,
                click: on,
                document: off,
            },
            Self::All => PerAxis::all(on),
        }
    }
}

impl FromStr for Switch {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let word = text.trim().to_ascii_lowercase();
        [Self::Off, Self::Open, Self::Click, Self::All]
            .into_iter()
            .find(|s| s.as_str() == word)
            .ok_or_else(|| UnknownWord {
                given: text.trim().into(),
                expected: &["off", "open", "click", "all"],
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_mode_01_modes_are_ordered_and_unknown_words_are_errors() {
        assert!(Mode::ALL.windows(2).all(|w| w[0] < w[1]));
        for mode in Mode::ALL {
            assert_eq!(mode.as_str().parse(), Ok(mode));
        }
        assert!("full".parse::<Mode>().is_err());
        assert!(serde_json::from_str::<Mode>("\"full\"").is_err());
    }

    #[test]
    fn switch_words() {
        assert_eq!(" Off ".parse(), Ok(Switch::Off));
        assert_eq!(Switch::Click.ceiling().open, Mode::None);
        assert!("yes".parse::<Switch>().is_err());
    }
}
