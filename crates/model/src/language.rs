//! The languages that recipients' texts exist in.

use crate::UnknownWord;
use std::str::FromStr;

/// A language of recipients' pages and lines.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
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

    /// Its name, in English, as the dashboard calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Fr => "French",
            Self::De => "German",
            Self::It => "Italian",
            Self::Es => "Spanish",
        }
    }

    /// The months, as in a date.
    pub fn months(self) -> [&'static str; 12] {
        match self {
            Self::En => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Self::Fr => [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            Self::De => [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            Self::It => [
                "gennaio",
                "febbraio",
                "marzo",
                "aprile",
                "maggio",
                "giugno",
                "luglio",
                "agosto",
                "settembre",
                "ottobre",
                "novembre",
                "dicembre",
            ],
            Self::Es => [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
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

impl FromStr for Language {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|l| l.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownWord {
                given: text.into(),
                expected: &["en", "fr", "de", "it", "es"],
            })
    }
}

/// The language that a person reads, as ISO 639 code: perhaps one that there are no texts in. Whoever reads such a one is
/// asked for nothing, because they could not know what (R-CONS-19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tongue(String);

impl Tongue {
    /// The code, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as a language that there are texts in.
    pub fn written(&self) -> Option<Language> {
        self.0.parse().ok()
    }

    /// Does a `Content-Language` value name no language that there are texts in?
    pub fn is_foreign(header: &str) -> bool {
        !header.trim().is_empty() && Language::preferred(header).is_none()
    }
}

impl From<Language> for Tongue {
    fn from(language: Language) -> Self {
        Self(language.as_str().to_owned())
    }
}

/// The text is no code of a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no language: write its code of two or three letters, as in en, fr, de, it, es or pt"
)]
pub struct BadTongue(String);

impl FromStr for Tongue {
    type Err = BadTongue;
    fn from_str(text: &str) -> Result<Self, BadTongue> {
        if (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(BadTongue(text.chars().take(16).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_cons_19_a_language_without_texts_is_known_as_such() {
        let tongue = |code: &str| code.parse::<Tongue>();
        assert_eq!(tongue("DE").unwrap().written(), Some(Language::De));
        assert_eq!(tongue("pt").unwrap().written(), None);
        assert!(tongue("p").is_err() && tongue("pt-BR").is_err() && tongue("").is_err());
        assert!(Tongue::is_foreign("pt-BR") && Tongue::is_foreign("ja, pt"));
        assert!(!Tongue::is_foreign("") && !Tongue::is_foreign("pt, en"));
    }

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
