//! A country, by the two letters of ISO 3166-1. Whether the letters are in use is not checked: an unknown country
//! gets the strictest rules anyway, and a list here would only grow stale.

use crate::word::serde_as_text;
use std::fmt;
use std::str::FromStr;

/// A country code in upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// The text is not a country code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a country code: write the two letters of ISO 3166-1, as in FR")]
pub struct BadCountry(String);

impl Country {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = BadCountry;
    fn from_str(text: &str) -> Result<Self, BadCountry> {
        let letters: [u8; 2] = text
            .trim()
            .to_ascii_uppercase()
            .into_bytes()
            .try_into()
            .map_err(|_| BadCountry(text.into()))?;
        // The European institutions write EL and UK; both are reserved in ISO 3166-1 for just that.
        match &letters {
            b"UK" => Ok(Self(*b"GB")),
            b"EL" => Ok(Self(*b"GR")),
            _ if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(BadCountry(text.into())),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

serde_as_text!(Country);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(" fr ".parse::<Country>().unwrap().as_str(), "FR");
        assert_eq!("UK".parse::<Country>(), "gb".parse());
        assert_eq!("EL".parse::<Country>(), "GR".parse());
        for bad in ["", "F", "FRA", "F1", "é", "France", "F "] {
            assert!(bad.parse::<Country>().is_err(), "{bad:?}");
        }
    }
}
