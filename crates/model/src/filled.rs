//! Texts and lists that may not be empty. A record of consent with a blank where the controller should stand
//! proves nothing, so the blank cannot be written in the first place.

use crate::word::serde_as_text;
use std::fmt;

/// Longest text of one slot. The longest real one is a paragraph.
pub const FILLED_BYTES_MAX: usize = 4_000;

/// One line of text with something in it: trimmed, no control characters, so that a value cannot forge the line
/// after it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Filled(String);

/// Why a text or list does not count as filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFilled {
    /// Nothing there.
    #[error("it is empty; write something")]
    Empty,
    /// More than a slot holds.
    #[error("it is longer than 4000 bytes; shorten it")]
    TooLong,
    /// Line ends, tabs, or characters that turn the direction of text.
    #[error("it has line ends or other control characters; write it in one line")]
    Control,
    /// The same thing twice.
    #[error("it says the same thing twice; keep one")]
    Twice,
}

impl Filled {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Filled {
    type Err = NotFilled;
    fn from_str(text: &str) -> Result<Self, NotFilled> {
        let text = text.trim();
        // Bidi controls and line separators can make a line read as another one.
        let steers = |c: char| {
            c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        match text {
            "" => Err(NotFilled::Empty),
            _ if text.len() > FILLED_BYTES_MAX => Err(NotFilled::TooLong),
            _ if text.chars().any(steers) => Err(NotFilled::Control),
            _ => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(Filled);

/// Names come from people: what would end a line or turn its direction becomes a blank.
pub fn one_line(text: &str) -> String {
    let steers = |c: char| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |c: char| if c.is_control() || steers(c) { ' ' } else { c };
    text.chars().map(plain).collect()
}

/// At least one, each only once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Several<T>(Vec<T>);

impl<T: PartialEq> Several<T> {
    /// The list, if it has something in it and nothing twice.
    pub fn new(items: Vec<T>) -> Result<Self, NotFilled> {
        let twice = |(i, item): (usize, &T)| items[..i].contains(item);
        if items.is_empty() {
            Err(NotFilled::Empty)
        } else if items.iter().enumerate().any(twice) {
            Err(NotFilled::Twice)
        } else {
            Ok(Self(items))
        }
    }
}

impl<T> std::ops::Deref for Several<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: serde::Deserialize<'de> + PartialEq> serde::Deserialize<'de> for Several<T> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_blank_counts_as_filled() {
        assert_eq!(" a b ".parse::<Filled>().unwrap().as_str(), "a b");
        for (text, why) in [
            ("", NotFilled::Empty),
            (" \u{a0}\n", NotFilled::Empty),
            ("a\nb", NotFilled::Control),
            ("a\u{202e}b", NotFilled::Control),
            (&*"x".repeat(FILLED_BYTES_MAX + 1), NotFilled::TooLong),
        ] {
            assert_eq!(text.parse::<Filled>(), Err(why), "{text:?}");
        }
        assert_eq!(Several::<u8>::new(vec![]), Err(NotFilled::Empty));
        assert_eq!(Several::new(vec![1, 2, 1]), Err(NotFilled::Twice));
        assert!(serde_json::from_str::<Several<Filled>>("[\" \"]").is_err());
    }
}
