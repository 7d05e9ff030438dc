//! Rules of law as dated data: how their files are read, and what every fact in them must say about itself.
//!
//! A wrong file is an error when the program starts, never a rule that quietly does not apply. The error names
//! the file, the place in it and the mend.

use crate::filled::Filled;
use crate::time::Time;
use crate::word::words;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// A data file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {problem}. {mend}")]
pub struct BadData {
    /// The file's name.
    pub file: String,
    /// The key, with the line where there is one.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub mend: String,
}

impl BadData {
    pub(crate) fn new(
        file: &str,
        key: impl Into<String>,
        problem: impl Into<String>,
        mend: &str,
    ) -> Self {
        let (file, key, problem, mend) = (file.into(), key.into(), problem.into(), mend.into());
        Self {
            file,
            key,
            problem,
            mend,
        }
    }
}

words! {
    /// How sure a fact is.
    Confidence {
        /// Read in the named text itself.
        Seen = "seen",
        /// Read in a commentary on it.
        SecondHand = "second_hand",
        /// General knowledge of a published text, not read again.
        Known = "known",
        /// Not established. Nothing may be permitted on its strength.
        Unconfirmed = "unconfirmed",
        /// Our own choice; no law demands exactly this.
        Design = "design",
        /// Confirmed by the operator's own counsel.
        Counsel = "counsel",
    }
}

/// One fact that rules rest on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it says, in one sentence.
    pub says: Filled,
    /// Where that is written.
    pub source: Filled,
    /// When the source is from: a year, a month or a day.
    #[serde(deserialize_with = "partial_date")]
    pub date: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Reads a TOML file into its shape.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, BadData> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let before = text.get(..at).unwrap_or_default();
        let line = text
            .lines()
            .nth(before.matches('\n').count())
            .unwrap_or_default();
        let name = line.split('=').next().unwrap_or_default().trim();
        let key = format!("line {}, {name}", before.matches('\n').count() + 1);
        BadData::new(
            file,
            key,
            error.message(),
            "Correct this line; the files in `profiles/` show the form.",
        )
    })
}

/// `2026-11-21`, as a date.
pub(crate) fn date<'de, D: Deserializer<'de>>(d: D) -> Result<jiff::civil::Date, D::Error> {
    let text = String::deserialize(d)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("{text:?} is no date; write it as \"2026-11-21\"")))
}

/// `2026`, `2026-11` or `2026-11-21`. Sources are often dated to the month only, and a made-up day is a lie.
pub(crate) fn partial_date<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text = String::deserialize(d)?;
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.clone(),
    };
    match whole.parse::<jiff::civil::Date>() {
        Ok(_) if whole.len() == 10 => Ok(text),
        _ => Err(D::Error::custom(format!(
            "{text:?} is no date; write \"2026\", \"2026-11\" or \"2026-11-21\""
        ))),
    }
}

/// The day of a moment, in UTC.
pub(crate) fn day(at: Time) -> jiff::civil::Date {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "says = \"a\"\nsource = \"b\"\ndate = \"2026-04\"\nconfidence = \"seen\"\n";

    #[test]
    fn errors_name_file_key_and_mend() {
        assert!(read::<Fact>("x.toml", GOOD).is_ok());
        for (from, to, key, problem) in [
            (
                "seen",
                "sure",
                "line 4, confidence",
                "unknown variant `sure`",
            ),
            ("2026-04", "April", "line 3, date", "is no date"),
            ("2026-04", "2026-4-01", "line 3, date", "is no date"),
            ("\"b\"", "\" \"", "line 2, source", "empty"),
            ("source", "sauce", "line 2, sauce", "unknown field"),
            ("date = \"2026-04\"\n", "", "line 1", "missing field `date`"),
        ] {
            let error = read::<Fact>("x.toml", &GOOD.replace(from, to)).unwrap_err();
            assert!(error.key.contains(key), "{error}");
            assert!(error.problem.contains(problem), "{error}");
            assert!(error.to_string().starts_with("x.toml: line "), "{error}");
        }
    }
}
