//! Where an address comes from: what Art. 14(2)(f) GDPR makes a controller tell the person, and what decides whether
//! advertising may be sent to them at all.
//!
//! Every contact has a source (R-ORIG-01). One that an operator states says all of it: kind, place, day, who got it,
//! and on which legal basis. One that comes into being because a user wrote to somebody says just that and claims
//! nothing else.

use crate::filled::Filled;
use crate::time::Time;
use crate::word::words;
use std::str::FromStr;
use std::time::Duration;

/// Characters of a place or a name within a source; people read them in a mail's footer.
pub const SOURCE_CHARS_MAX: usize = 200;
/// Within one month of getting an address its owner is told (Art. 14(3)(a) GDPR). No month is shorter than this.
pub const TELL_WITHIN: Duration = Duration::from_hours(24 * 28);

words! {
    /// How an address was come by.
    SourceKind {
        /// The person gave it.
        Person = "person",
        /// They gave it with an order or a contract.
        Customer = "customer",
        /// Somebody who knows them gave it.
        Colleague = "colleague",
        /// A public place: a website, a directory.
        Public = "public",
        /// A list that was bought or rented.
        BoughtList = "bought_list",
        /// A user wrote to it. Nothing more is known, and nobody can state this one.
        Written = "written",
    }
}

words! {
    /// The legal basis (Art. 6(1) GDPR) that the controller names for keeping the address.
    LegalBasis {
        /// Letter (a).
        Consent = "consent",
        /// Letter (b).
        Contract = "contract",
        /// Letter (c).
        LegalObligation = "legal_obligation",
        /// Letter (f).
        LegitimateInterests = "legitimate_interests",
    }
}

/// Where an address comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How it was come by.
    pub kind: SourceKind,
    /// Where: the form, the website, the list's name. Empty for [`SourceKind::Written`].
    pub place: String,
    /// When.
    pub at: Time,
    /// Who got it.
    pub by: String,
    /// On which basis it is kept; none where nobody said so.
    pub basis: Option<LegalBasis>,
}

/// What an operator says about a source, as texts from a form, a call or a line of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stated<'a> {
    /// A [`SourceKind`].
    pub kind: &'a str,
    /// Where.
    pub place: &'a str,
    /// A day (`2026-11-21`) or a moment (RFC 3339).
    pub at: &'a str,
    /// Who.
    pub by: &'a str,
    /// A [`LegalBasis`].
    pub basis: &'a str,
}

/// What is wrong with what was said about a person, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Unclear {
    /// The field.
    pub field: &'static str,
    /// What is wrong.
    pub why: String,
}

impl Unclear {
    pub(crate) fn new(field: &'static str, why: impl std::fmt::Display) -> Self {
        let why = why.to_string();
        Self { field, why }
    }
}

impl Source {
    /// The source of a contact that this user wrote to.
    pub fn written(by: &str, at: Time) -> Self {
        let by = by.chars().filter(|c| !c.is_control());
        Self {
            kind: SourceKind::Written,
            place: String::new(),
            at,
            by: by.take(SOURCE_CHARS_MAX).collect(),
            basis: None,
        }
    }

    /// The source as an operator states it, all of it (R-ORIG-01).
    pub fn stated(stated: &Stated<'_>, now: Time) -> Result<Self, Unclear> {
        let kind = word::<SourceKind>("kind", stated.kind)?;
        if kind == SourceKind::Written {
            let why = "“written” is what Overt notes by itself; say how the address was come by";
            return Err(Unclear::new("kind", why));
        }
        Ok(Self {
            kind,
            place: line("where", stated.place)?,
            at: past("when", stated.at, now)?,
            by: line("who", stated.by)?,
            basis: Some(word("basis", stated.basis)?),
        })
    }

    /// Did the person give the address? If not, Art. 14 GDPR says what they must be told, and when.
    pub fn is_from_person(&self) -> bool {
        matches!(self.kind, SourceKind::Person | SourceKind::Customer)
    }

    /// Until when somebody who did not give the address must have been told (R-ORIG-06). None for those who gave it,
    /// and for those a user wrote to: the mail itself told them who has their address.
    pub fn tell_by(&self) -> Option<Time> {
        let tell = !self.is_from_person() && self.kind != SourceKind::Written;
        tell.then(|| self.at + TELL_WITHIN)
    }
}

/// One word of a closed list.
fn word<T: FromStr>(field: &'static str, text: &str) -> Result<T, Unclear>
where
    T::Err: std::fmt::Display,
{
    let text = text.trim();
    if text.is_empty() {
        return Err(Unclear::new(field, "it is missing"));
    }
    text.to_ascii_lowercase()
        .parse()
        .map_err(|why| Unclear::new(field, why))
}

/// One line with something in it.
pub fn line(field: &'static str, text: &str) -> Result<String, Unclear> {
    let filled: Filled = text.parse().map_err(|why| Unclear::new(field, why))?;
    if filled.as_str().chars().count() > SOURCE_CHARS_MAX {
        let why = format!("at most {SOURCE_CHARS_MAX} characters, please");
        return Err(Unclear::new(field, why));
    }
    Ok(filled.as_str().to_owned())
}

/// Some lines of text, of which none is hidden.
pub fn paragraph(field: &'static str, text: &str) -> Result<String, Unclear> {
    const BYTES_MAX: usize = 4_000;
    let text = text.trim().replace("\r\n", "\n");
    let why = match text.len() {
        0 => "it is missing",
        n if n > BYTES_MAX => "it is longer than 4000 bytes; shorten it",
        _ if text.chars().any(|c| c.is_control() && c != '\n') => "it has control characters",
        _ => return Ok(text),
    };
    Err(Unclear::new(field, why))
}

/// A day that comes within a year: whoever plans further ahead looks away too long.
pub fn within_a_year(field: &'static str, text: &str, now: Time) -> Result<Time, Unclear> {
    const YEAR: Duration = Duration::from_hours(24 * 366);
    let at = moment(field, text)?;
    if at <= now || at > now + YEAR {
        return Err(Unclear::new(field, "choose a day within the next year"));
    }
    Ok(at)
}

/// A day or moment that has been.
pub fn past(field: &'static str, text: &str, now: Time) -> Result<Time, Unclear> {
    let at = moment(field, text)?;
    if at > now {
        return Err(Unclear::new(field, "it has not come yet"));
    }
    Ok(at)
}

/// A day, which means its first minute in UTC, or a moment.
pub fn moment(field: &'static str, text: &str) -> Result<Time, Unclear> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Unclear::new(field, "it is missing"));
    }
    let day = text
        .parse::<jiff::civil::Date>()
        .ok()
        .filter(|_| text.len() == 10);
    let stamp = match day {
        Some(day) => day
            .to_zoned(jiff::tz::TimeZone::UTC)
            .map(|zoned| zoned.timestamp()),
        None => text.parse::<jiff::Timestamp>(),
    };
    let why = "write a day like 2026-11-21, or a moment like 2026-11-21T20:48:00Z";
    stamp
        .map(|stamp| Time(stamp.as_millisecond()))
        .map_err(|_| Unclear::new(field, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_795_294_080_000); // 2026-11-21
    const GOOD: Stated<'_> = Stated {
        kind: "public",
        place: "Chamber of commerce, directory",
        at: "2026-11-01",
        by: "Ann Lee",
        basis: "legitimate_interests",
    };

    #[test]
    fn r_orig_01_a_stated_source_says_all_of_it() {
        let source = Source::stated(&GOOD, NOW).unwrap();
        assert_eq!(source.at.rfc3339(), "2026-11-01T00:00:00Z");
        assert_eq!(source.basis, Some(LegalBasis::LegitimateInterests));
        for (wrong, field) in [
            (Stated { kind: "", ..GOOD }, "kind"),
            (
                Stated {
                    kind: "found",
                    ..GOOD
                },
                "kind",
            ),
            (
                Stated {
                    kind: "written",
                    ..GOOD
                },
                "kind",
            ),
            (Stated { place: " ", ..GOOD }, "where"),
            (
                Stated {
                    place: "a\nb",
                    ..GOOD
                },
                "where",
            ),
            (Stated { at: "", ..GOOD }, "when"),
            (
                Stated {
                    at: "yesterday",
                    ..GOOD
                },
                "when",
            ),
            (
                Stated {
                    at: "2026-11-22",
                    ..GOOD
                },
                "when",
            ),
            (Stated { by: "", ..GOOD }, "who"),
            (Stated { basis: "", ..GOOD }, "basis"),
            (
                Stated {
                    basis: "why not",
                    ..GOOD
                },
                "basis",
            ),
        ] {
            let refused = Source::stated(&wrong, NOW).unwrap_err();
            assert_eq!(refused.field, field, "{wrong:?}");
        }
    }

    #[test]
    fn r_orig_06_the_month_runs_for_those_who_did_not_give_their_address() {
        for kind in SourceKind::ALL {
            let source = Source {
                kind,
                ..Source::stated(&GOOD, NOW).unwrap()
            };
            let told = match kind {
                SourceKind::Person | SourceKind::Customer | SourceKind::Written => None,
                SourceKind::Colleague | SourceKind::Public | SourceKind::BoughtList => {
                    Some("2026-11-29T00:00:00Z".to_owned())
                }
            };
            assert_eq!(source.tell_by().map(Time::rfc3339), told, "{kind}");
        }
        let written = Source::written("Ann\n Lee", NOW);
        assert_eq!((written.by.as_str(), written.basis), ("Ann Lee", None));
    }
}
