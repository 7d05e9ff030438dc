//! A moment, in milliseconds since 1970-01-01 UTC: one form in the database, in memory and on the wire.

use std::fmt;
use std::time::Duration;

/// A moment in UTC, with millisecond resolution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The same moment rounded down to its minute: all that `individual` mode may keep of a hit.
    #[must_use]
    pub fn minute(self) -> Self {
        Self(self.0 - self.0.rem_euclid(60_000))
    }

    /// The calendar day in UTC: all that sums and list cleaning may keep.
    pub fn day(self) -> Day {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        Day(moment.to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// The moment as RFC 3339 text, as in `2026-11-21T20:48:00Z`. Out-of-range moments give the epoch.
    pub fn rfc3339(self) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        format!("{moment:.0}")
    }

    /// The same to the millisecond, as in `2026-11-21T20:48:00.123Z`, for records that must not lose it.
    pub fn rfc3339_millis(self) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        format!("{moment:.3}")
    }

    /// The moment as an RFC 5322 date, as in `Sat, 21 Nov 2026 20:48:00 +0000`.
    pub fn rfc2822(self) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        jiff::fmt::rfc2822::to_string(&moment.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default()
    }

    /// Reads an RFC 5322 date, or one of HTTP (RFC 9110 §5.6.7); none for what is no moment.
    pub fn from_rfc2822(text: &str) -> Option<Self> {
        let moment = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Self(moment.timestamp().as_millisecond()))
    }

    /// Reads what [`rfc3339`](Self::rfc3339) and its like write; none for what is no moment.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(Self(moment.as_millisecond()))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl std::ops::Sub<Duration> for Time {
    type Output = Self;
    fn sub(self, d: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let moment: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(moment.as_millisecond()))
    }
}

/// A calendar day in UTC. Its text, as in `2026-11-21`, sorts like the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

/// The text is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a day: write it as in 2026-11-21")]
pub struct BadDay(String);

impl Day {
    /// The moment at which it begins.
    pub fn begins_at(self) -> Time {
        let begin = self.0.to_zoned(jiff::tz::TimeZone::UTC);
        Time(begin.map_or(i64::MIN, |moment| moment.timestamp().as_millisecond()))
    }
}

impl std::str::FromStr for Day {
    type Err = BadDay;
    fn from_str(text: &str) -> Result<Self, BadDay> {
        let day = text
            .parse()
            .ok()
            .filter(|_| text.len() == "2026-11-21".len());
        day.map(Self).ok_or_else(|| BadDay(text.into()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minute_rounds_down_also_before_1970() {
        assert_eq!(Time(119_999).minute(), Time(60_000));
        assert_eq!(Time(-1).minute(), Time(-60_000));
    }

    #[test]
    fn days() {
        let day = Time(1_795_294_080_123).day();
        assert_eq!(day.to_string(), "2026-11-21");
        assert_eq!("2026-11-21".parse(), Ok(day));
        assert_eq!(day.begins_at().rfc3339(), "2026-11-21T00:00:00Z");
        assert_eq!(Time(day.begins_at().0 - 1).day().to_string(), "2026-11-20");
        for bad in [
            "",
            "yesterday",
            "2026-13-01",
            "20261121",
            "2026-11-21T00:00",
        ] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }

    #[test]
    fn texts() {
        let t = Time(1_795_294_080_123);
        assert_eq!(t.rfc3339(), "2026-11-21T20:48:00Z");
        assert_eq!(t.rfc3339_millis(), "2026-11-21T20:48:00.123Z");
        assert_eq!(t.rfc2822(), "Sat, 21 Nov 2026 20:48:00 +0000");
        for same in [&t.rfc2822(), "Sat, 21 Nov 2026 20:48:00 GMT"] {
            assert_eq!(
                Time::from_rfc2822(same),
                Time::from_rfc3339("2026-11-21T20:48:00Z")
            );
        }
        assert_eq!(Time::from_rfc2822("tomorrow"), None);
    }
}
