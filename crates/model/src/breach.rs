//! A breach of personal data and its clock (GDPR Art. 33 and 34).
//!
//! Every breach is entered, also one that nobody has to be told of (Art. 33(5)). Where a risk to persons is likely, the
//! authority is told within 72 hours of becoming aware; later only with the reasons for the delay. Where the risk is
//! high, the persons are told, too.

use crate::time::Time;
use crate::word::words;
use std::time::Duration;

/// How long after becoming aware of it the authority must be told.
pub const REPORT_WITHIN: Duration = Duration::from_hours(72);

words! {
    /// How likely and how bad it is for the persons concerned.
    Risk {
        /// Unlikely to be a risk: it is entered here, and nobody is told.
        Unlikely = "unlikely",
        /// A risk: the authority is told.
        Likely = "likely",
        /// A high risk: the persons are told as well.
        High = "high",
    }
}

/// What is known of it, in words: what Art. 33(3) asks for, and what 33(5) has the register keep.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Account {
    /// What happened (33(3)(a)).
    pub nature: String,
    /// Which kinds of persons and about how many (33(3)(a)).
    pub persons: String,
    /// Which kinds of records and about how many (33(3)(a)).
    pub records: String,
    /// Whom to ask: name and contact (33(3)(b)).
    pub contact: String,
    /// What is likely to come of it (33(3)(c)).
    pub consequences: String,
    /// What was done about it, and will be (33(3)(d)).
    pub measures: String,
    /// Why the authority was told later than in 72 hours (33(1)).
    pub delay: String,
}

impl Account {
    /// What is still to be written before the authority can be told at `at`: the field, and what belongs there.
    pub fn missing(&self, aware_at: Time, at: Time) -> Vec<(&'static str, &'static str)> {
        let late = at > due(aware_at);
        [
            (&self.nature, "nature", "what happened", true),
            (
                &self.persons,
                "persons",
                "kinds and number of persons",
                true,
            ),
            (
                &self.records,
                "records",
                "kinds and number of records",
                true,
            ),
            (&self.contact, "contact", "whom to ask", true),
            (
                &self.consequences,
                "consequences",
                "likely consequences",
                true,
            ),
            (&self.measures, "measures", "measures", true),
            (&self.delay, "delay", "reasons for the delay", late),
        ]
        .into_iter()
        .filter(|(text, _, _, needed)| *needed && text.trim().is_empty())
        .map(|(_, field, words, _)| (field, words))
        .collect()
    }
}

/// Until when the authority must be told.
pub fn due(aware_at: Time) -> Time {
    aware_at + REPORT_WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_ropa_02_the_clock_and_the_gate() {
        let aware = Time(1_000_000);
        let hours = |n| aware + Duration::from_hours(n);
        assert_eq!(due(aware), hours(72));
        let nothing = Account::default();
        assert_eq!(nothing.missing(aware, hours(1)).len(), 6);
        assert_eq!(nothing.missing(aware, hours(73)).len(), 7);
        let word = || "x".to_owned();
        let mut full = Account {
            nature: word(),
            persons: word(),
            records: word(),
            contact: word(),
            consequences: word(),
            measures: word(),
            delay: String::new(),
        };
        assert!(full.missing(aware, hours(72)).is_empty());
        assert_eq!(
            full.missing(aware, hours(73)),
            [("delay", "reasons for the delay")]
        );
        full.measures = "  ".into();
        assert_eq!(full.missing(aware, hours(1)), [("measures", "measures")]);
    }
}
