//! The languages that recipients' texts exist in.

use crate::mode::UnknownWord;
use std::str::FromStr;

/// A language of recipients' pages and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
    /// Italian.
    It,
    /// Spanish.
    Es,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 5] = [Self::En, Self::Fr, Self::De, Self::It, Self::Es];

    /// The ISO 639-1 code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
            Self::It => "it",
            Self::Es => "es",
        }
    }

    /// The first language of a `Content-Language` or `Accept-Language` value that there are texts for.
    pub fn preferred(header: &str) -> Option<Self> {
        header
            .split(',')
            .take(20)
            .find_map(|tag| tag.split([';', '-', '_']).next()?.trim().parse().ok())
    }
}

impl serde::Serialize for Language {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|l| l.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownWord {
                given: text.into(),
                expected: "en, fr, de, it, es",
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferred_language() {
        assert_eq!(
            Language::preferred("pt-BR, de-CH;q=0.8, en"),
            Some(Language::De)
        );
        assert_eq!(Language::preferred("FR"), Some(Language::Fr));
        assert_eq!(Language::preferred(""), None);
    }
}
