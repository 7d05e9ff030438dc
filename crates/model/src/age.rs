//! From which age somebody may consent alone, and what follows for those who may not (R-AGE-01, R-AGE-02).
//!
//! A birth date is never asked for and never stored: the question is "are you at least 15?", and the answer, the
//! threshold, the country and the moment are all that is kept (R-AGE-04).

use crate::country::Country;
use crate::data::{BadData, Fact, date, day, read};
use crate::mode::Mode;
use crate::time::Time;
use crate::word::words;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Where the law says nothing we know of: the highest that GDPR Art. 8(1) has.
pub const AGE_IF_UNKNOWN: u8 = 16;

/// So long a "no" stays what it is on the person's own page: else whoever is told that a guardian must agree says "yes"
/// with the next press.
pub const NO_STANDS_FOR: Duration = Duration::from_hours(24);

const FILE: &str = "ages.toml";

words! {
    /// What is known about a contact's age.
    AgeStanding {
        /// Never asked.
        Unknown = "unknown",
        /// Said to have reached the threshold of their country.
        Reached = "reached",
        /// Said not to have reached it.
        Below = "below",
        /// Has not reached it; who has parental responsibility agreed, and that was verified.
        Guardian = "guardian",
    }
}

impl AgeStanding {
    /// The highest mode that may be reached. Nobody below the threshold is tracked as a person, nor anybody of
    /// unknown age where the service is directed to children.
    pub fn highest(self, directed_to_children: bool) -> Mode {
        match self {
            Self::Below => Mode::Hygiene,
            Self::Unknown if directed_to_children => Mode::Hygiene,
            Self::Unknown | Self::Reached | Self::Guardian => Mode::Detailed,
        }
    }

    /// Must somebody with parental responsibility agree for them?
    pub fn needs_guardian(self) -> bool {
        matches!(self, Self::Below | Self::Guardian)
    }

    /// Must they be asked for their age before they can agree to anything?
    pub fn must_be_asked(self, directed_to_children: bool) -> bool {
        directed_to_children && self == Self::Unknown
    }
}

words! {
    /// What a guardian is to a child, as the child says.
    Relation {
        /// Mother or father.
        Parent = "parent",
        /// Appointed to be.
        Guardian = "guardian",
        /// Anybody else with parental responsibility.
        Other = "other",
    }
}

/// What a contact said about their age, as far as it is kept: never a date (R-AGE-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeAnswer {
    /// What follows from it.
    pub standing: AgeStanding,
    /// The age in years that was asked about.
    pub threshold: u8,
    /// The country whose limit that is; none where it was not known.
    pub country: Option<Country>,
    /// When they were asked.
    pub asked_at: Time,
}

impl AgeAnswer {
    /// May the person say something else on their own page now?
    pub fn may_change(&self, now: Time) -> bool {
        self.standing != AgeStanding::Below || now.since(self.asked_at) >= NO_STANDS_FOR
    }
}

/// The age limit of one country, and where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold<'a> {
    /// Years.
    pub age: u8,
    /// Its source; none where the country is not in the table and [`AGE_IF_UNKNOWN`] applies.
    pub fact: Option<&'a Fact>,
}

/// The age limits of all countries in the table.
#[derive(Debug, Clone)]
pub struct Ages {
    by_country: BTreeMap<Country, (u8, Fact)>,
    review_by: jiff::civil::Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "date", rename = "reviewed")]
    _reviewed: jiff::civil::Date,
    #[serde(deserialize_with = "date")]
    review_by: jiff::civil::Date,
    source: BTreeMap<String, Fact>,
    age: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    age: u8,
    countries: Vec<Country>,
    because: String,
}

impl Ages {
    /// The table that comes with the program.
    pub fn built_in() -> Result<Self, BadData> {
        Self::parse(FILE, include_str!("../ages.toml"))
    }

    /// A table of the operator's own.
    pub fn parse(file: &str, text: &str) -> Result<Self, BadData> {
        let parsed: File = read(file, text)?;
        let mut by_country = BTreeMap::new();
        for group in parsed.age {
            let key = format!("age.because = {:?}", group.because);
            let Some(fact) = parsed.source.get(&group.because) else {
                return Err(BadData::new(
                    file,
                    key,
                    "there is no such source",
                    "Add it as [source.…], or name one that is there.",
                ));
            };
            if !(13..=18).contains(&group.age) {
                let problem = format!("{} is outside 13 to 18", group.age);
                return Err(BadData::new(
                    file,
                    "age.age",
                    problem,
                    "Write the national limit in years.",
                ));
            }
            for country in group.countries {
                if by_country
                    .insert(country, (group.age, fact.clone()))
                    .is_some()
                {
                    let problem = format!("{country} stands there twice");
                    return Err(BadData::new(
                        file,
                        "age.countries",
                        problem,
                        "Keep the one that is right.",
                    ));
                }
            }
        }
        Ok(Self {
            by_country,
            review_by: parsed.review_by,
        })
    }

    /// The limit that applies to a person of this country.
    pub fn threshold(&self, country: Option<Country>) -> Threshold<'_> {
        match country.and_then(|c| self.by_country.get(&c)) {
            Some((age, fact)) => Threshold {
                age: *age,
                fact: Some(fact),
            },
            None => Threshold {
                age: AGE_IF_UNKNOWN,
                fact: None,
            },
        }
    }

    /// Has nobody looked at the table for too long?
    pub fn is_stale(&self, now: Time) -> bool {
        day(now) > self.review_by
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EU_EEA: &str =
        "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO";

    #[test]
    fn r_age_01_every_eu_and_eea_country_has_a_limit_with_its_source() {
        let ages = Ages::built_in().unwrap();
        for code in EU_EEA.split(' ') {
            let limit = ages.threshold(Some(code.parse().unwrap()));
            assert!((13..=16).contains(&limit.age), "{code}");
            assert!(limit.fact.is_some(), "{code}");
        }
        let age = |code: &str| ages.threshold(code.parse().ok()).age;
        assert_eq!(
            [age("SE"), age("IT"), age("FR"), age("DE"), age("GB")],
            [13, 14, 15, 16, 13]
        );
    }

    proptest! {
        #[test]
        fn r_age_01_unknown_countries_count_as_16(code in "[A-Z]{2}") {
            let ages = Ages::built_in().unwrap();
            let limit = ages.threshold(code.parse().ok());
            prop_assert!(limit.fact.is_some() || limit.age == 16);
            prop_assert_eq!(ages.threshold(None), Threshold { age: 16, fact: None });
        }
    }

    #[test]
    fn r_age_02_children_are_never_tracked_as_persons() {
        use AgeStanding::{Below, Guardian, Reached, Unknown};
        for (standing, directed_to_children, as_a_person) in [
            (Unknown, false, true),
            (Unknown, true, false),
            (Reached, false, true),
            (Reached, true, true),
            (Below, false, false),
            (Below, true, false),
            (Guardian, false, true),
            (Guardian, true, true),
        ] {
            let highest = standing.highest(directed_to_children);
            assert_eq!(
                highest >= Mode::Individual,
                as_a_person,
                "{standing} {directed_to_children}"
            );
        }
    }

    #[test]
    fn r_age_03_whoever_is_below_the_limit_needs_a_guardian_and_cannot_press_again_at_once() {
        use AgeStanding::{Below, Guardian, Reached, Unknown};
        assert!(Below.needs_guardian() && Guardian.needs_guardian());
        assert!(!Unknown.needs_guardian() && !Reached.needs_guardian());
        for standing in [Below, Guardian, Reached] {
            assert!(!standing.must_be_asked(true));
        }
        assert!(Unknown.must_be_asked(true) && !Unknown.must_be_asked(false));
        let said = |standing| AgeAnswer {
            standing,
            threshold: 16,
            country: None,
            asked_at: Time(0),
        };
        assert!(!said(Below).may_change(Time(0) + NO_STANDS_FOR - Duration::from_secs(1)));
        assert!(said(Below).may_change(Time(0) + NO_STANDS_FOR));
        assert!(said(Guardian).may_change(Time(0)) && said(Reached).may_change(Time(0)));
    }

    #[test]
    fn r_age_04_the_words_of_age_hold_no_date() {
        let words: Vec<_> = AgeStanding::ALL.iter().map(|a| a.as_str()).collect();
        assert_eq!(words, ["unknown", "reached", "below", "guardian"]);
    }

    #[test]
    fn wrong_tables_are_refused_with_the_place() {
        let text = include_str!("../ages.toml");
        for (from, to, key) in [
            ("because = \"dk\"", "because = \"denmark\"", "age.because"),
            ("\"DK\"", "\"DE\"", "age.countries"),
            ("\"DK\"", "\"Denmark\"", "countries"),
            ("age = 14", "age = 41", "age.age"),
            ("2027-05-21", "soon", "review_by"),
        ] {
            let error = Ages::parse("own.toml", &text.replace(from, to)).unwrap_err();
            assert!(
                error.file == "own.toml" && error.key.contains(key),
                "{error}"
            );
        }
    }

    #[test]
    fn a_table_goes_stale_after_its_review_date() {
        let ages = Ages::built_in().unwrap();
        let last = "2027-05-21T23:59:59Z"
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_millisecond();
        assert!(!ages.is_stale(Time(last)));
        assert!(ages.is_stale(Time(last + 1_000)));
    }
}
