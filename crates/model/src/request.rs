//! Requests of persons for their rights, and the clock that runs from the day one comes in (GDPR Art. 12(3)).
//!
//! A request is answered within one month, counted by the calendar: what comes on 31 January is due on the last day of
//! February. Where it is complex, one extension by up to two months is allowed; the person is told why within the first.
//! Weekends and holidays would lengthen the term (Regulation 1182/71, Art. 3(4)); here they do not, so that a date
//! shown is never too late.

use crate::time::Time;
use crate::word::words;
use jiff::ToSpan;

words! {
    /// The right a person makes use of.
    Right {
        /// To know what is held about them (Art. 15).
        Access = "access",
        /// To have it put right (Art. 16).
        Rectification = "rectification",
        /// To have it erased (Art. 17).
        Erasure = "erasure",
        /// To have it kept but not used (Art. 18).
        Restriction = "restriction",
        /// To have it in a form that another service can read (Art. 20).
        Portability = "portability",
        /// To say no to its use; to direct marketing without reasons (Art. 21).
        Objection = "objection",
    }
}

impl Right {
    /// The article of the GDPR.
    pub fn article(self) -> &'static str {
        match self {
            Self::Access => "Art. 15 GDPR",
            Self::Rectification => "Art. 16 GDPR",
            Self::Erasure => "Art. 17 GDPR",
            Self::Restriction => "Art. 18 GDPR",
            Self::Portability => "Art. 20 GDPR",
            Self::Objection => "Art. 21 GDPR",
        }
    }
}

/// The most months by which an answer may be put off.
pub const EXTENSION_MONTHS_MAX: u8 = 2;

/// The times of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// When it came in.
    pub received_at: Time,
    /// Until when it must be answered.
    pub due_at: Time,
    /// Has the term been extended?
    pub extended: bool,
    /// When it was answered.
    pub answered_at: Option<Time>,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not answered; there is time left.
    Open,
    /// Not answered, and due within a week.
    Pressing,
    /// Not answered, and too late.
    Overdue,
    /// Answered in time.
    Answered,
    /// Answered, but too late.
    AnsweredLate,
}

/// Why a term cannot be extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotExtended {
    /// It is too many months, or none.
    #[error("a term may be extended by one or two months")]
    Months,
    /// It was extended already.
    #[error("the term was extended already; the law allows one extension")]
    Twice,
    /// The month in which the person must be told is over.
    #[error("the term is over; an extension must be told to the person before it ends")]
    TooLate,
    /// There is nothing to extend.
    #[error("the request is answered already")]
    Answered,
}

impl Clock {
    /// The clock of a request that came in just now.
    pub fn start(received_at: Time) -> Self {
        Self {
            received_at,
            due_at: months_after(received_at, 1),
            extended: false,
            answered_at: None,
        }
    }

    /// The clock with the term extended by some months, counted from the day the request came in.
    pub fn extend(self, months: u8, now: Time) -> Result<Self, NotExtended> {
        match self {
            _ if !(1..=EXTENSION_MONTHS_MAX).contains(&months) => Err(NotExtended::Months),
            Self {
                answered_at: Some(_),
                ..
            } => Err(NotExtended::Answered),
            Self { extended: true, .. } => Err(NotExtended::Twice),
            Self { due_at, .. } if now > due_at => Err(NotExtended::TooLate),
            _ => Ok(Self {
                due_at: months_after(self.received_at, 1 + months),
                extended: true,
                ..self
            }),
        }
    }

    /// How it stands.
    pub fn standing(&self, now: Time) -> Standing {
        const WEEK: std::time::Duration = std::time::Duration::from_hours(7 * 24);
        match self.answered_at {
            Some(at) if at > self.due_at => Standing::AnsweredLate,
            Some(_) => Standing::Answered,
            None if now > self.due_at => Standing::Overdue,
            None if now + WEEK >= self.due_at => Standing::Pressing,
            None => Standing::Open,
        }
    }
}

/// So many months later by the calendar, on the last day of the month where it has no such day. In UTC.
fn months_after(at: Time, months: u8) -> Time {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    let zoned = moment.to_zoned(jiff::tz::TimeZone::UTC);
    let later = zoned.checked_add(i64::from(months).months());
    // Beyond the calendar's end there is no term to keep.
    later.map_or(at, |later| Time(later.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn r_dsr_03_a_month_is_a_month_of_the_calendar() {
        for (received, due) in [
            ("2026-11-21T20:48:00Z", "2026-12-21T20:48:00Z"),
            ("2027-01-31T09:00:00Z", "2027-02-28T09:00:00Z"),
            ("2028-01-31T09:00:00Z", "2028-02-29T09:00:00Z"),
            ("2026-08-31T23:59:59Z", "2026-09-30T23:59:59Z"),
            ("2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z"),
        ] {
            assert_eq!(Clock::start(at(received)).due_at, at(due), "{received}");
        }
    }

    #[test]
    fn r_dsr_03_one_extension_by_two_months_at_most_and_in_time() {
        let clock = Clock::start(at("2027-01-31T09:00:00Z"));
        let now = at("2027-02-10T00:00:00Z");
        // From the day it came in, not from the short February.
        let longer = clock.extend(1, now).unwrap();
        assert_eq!(longer.due_at, at("2027-03-31T09:00:00Z"));
        let longer = clock.extend(2, now).unwrap();
        assert_eq!(longer.due_at, at("2027-04-30T09:00:00Z"));
        assert_eq!(longer.extend(1, now), Err(NotExtended::Twice));
        assert_eq!(clock.extend(3, now), Err(NotExtended::Months));
        assert_eq!(clock.extend(0, now), Err(NotExtended::Months));
        let late = at("2027-03-01T00:00:00Z");
        assert_eq!(clock.extend(1, late), Err(NotExtended::TooLate));
        let answered = Clock {
            answered_at: Some(now),
            ..clock
        };
        assert_eq!(answered.extend(1, now), Err(NotExtended::Answered));
    }

    #[test]
    fn r_dsr_03_the_clock_warns_a_week_before() {
        let clock = Clock::start(at("2026-11-01T12:00:00Z"));
        for (now, standing) in [
            ("2026-11-20T12:00:00Z", Standing::Open),
            ("2026-11-24T12:00:00Z", Standing::Pressing),
            ("2026-12-01T12:00:00Z", Standing::Pressing),
            ("2026-12-01T12:00:01Z", Standing::Overdue),
        ] {
            assert_eq!(clock.standing(at(now)), standing, "{now}");
        }
        let answered = |on| Clock {
            answered_at: Some(at(on)),
            ..clock
        };
        let later = at("2027-06-01T00:00:00Z");
        let in_time = answered("2026-12-01T12:00:00Z");
        assert_eq!(in_time.standing(later), Standing::Answered);
        let late = answered("2026-12-02T00:00:00Z");
        assert_eq!(late.standing(later), Standing::AnsweredLate);
    }
}
