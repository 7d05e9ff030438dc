//! Webhooks: what other programs are told, how it is signed, and when it is tried again. The rules only; nothing is
//! sent from here.
//!
//! The form is that of Standard Webhooks (standardwebhooks.com), so that receivers verify with a library they have.

pub mod data;
mod secret;

pub use data::Data;
pub use secret::{WebhookKey, WebhookSecret};

use crate::event::Happening;
use crate::time::Time;
use crate::word::words;
use crate::{ConsentState, SuppressionCause};
use std::time::Duration;

words! {
    /// What an endpoint is told.
    WebhookEvent {
        /// A contact agreed to be tracked, and confirmed it.
        ConsentGiven = "consent.given",
        /// A contact said no.
        ConsentRefused = "consent.refused",
        /// A contact took a consent back (GDPR Art. 7(3)).
        ConsentWithdrawn = "consent.withdrawn",
        /// What is known about a contact was put right (Art. 16).
        ContactCorrected = "contact.corrected",
        /// A contact was erased (Art. 17).
        ContactErased = "contact.erased",
        /// The use of a contact's data was stopped, or allowed again (Art. 18).
        ContactRestricted = "contact.restricted",
        /// A contact objected to direct marketing (Art. 21(2)).
        ContactObjected = "contact.objected",
        /// A contact wants no more advertising.
        ContactUnsubscribed = "contact.unsubscribed",
        /// The relay took a copy.
        MessageSent = "message.sent",
        /// A mail server on the way reported that it delivered a copy.
        MessageDelivered = "message.delivered",
        /// A copy could not be delivered.
        MessageBounced = "message.bounced",
        /// A person opened a mail for the first time.
        MessageOpened = "message.opened",
        /// A person followed a link of a mail for the first time.
        MessageClicked = "message.clicked",
        /// The recipient confirmed deliberately that they read a mail.
        MessageReceipt = "message.receipt",
        /// Somebody pressed "send a test event".
        Test = "webhook.test",
    }
}

impl WebhookEvent {
    /// Goes to every endpoint, chosen or not: whoever was given somebody's data must hear that it was corrected,
    /// erased or restricted (GDPR Art. 19), and that the consent behind it is gone.
    pub fn is_owed(self) -> bool {
        matches!(
            self,
            Self::ConsentWithdrawn
                | Self::ContactCorrected
                | Self::ContactErased
                | Self::ContactRestricted
        )
    }

    /// A fact about a mail; the others are what a person decided.
    pub fn is_about_mail(self) -> bool {
        self.as_str().starts_with("message.")
    }

    /// What an administrator can choose: all but those that are owed and the test.
    pub fn choices() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|event| !event.is_owed() && *event != Self::Test)
    }

    /// What it says, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::ConsentGiven => "agreed to be tracked",
            Self::ConsentRefused => "said no to being tracked",
            Self::ConsentWithdrawn => "took a consent back",
            Self::ContactCorrected => "was corrected",
            Self::ContactErased => "was erased",
            Self::ContactRestricted => "was restricted",
            Self::ContactObjected => "objected to advertising",
            Self::ContactUnsubscribed => "wants no more advertising",
            Self::MessageSent => "was taken by the relay",
            Self::MessageDelivered => "was delivered, says a mail server",
            Self::MessageBounced => "could not be delivered",
            Self::MessageOpened => "was opened by a person for the first time",
            Self::MessageClicked => "had a link followed by a person for the first time",
            Self::MessageReceipt => "was confirmed as read by the recipient",
            Self::Test => "a test",
        }
    }

    /// What a change of consent is told as. One that somebody else's word gave and that ended with it is gone like one
    /// that was taken back.
    pub fn of_consent(state: ConsentState) -> Option<Self> {
        match state {
            ConsentState::Given => Some(Self::ConsentGiven),
            ConsentState::Refused => Some(Self::ConsentRefused),
            ConsentState::Withdrawn | ConsentState::Expired => Some(Self::ConsentWithdrawn),
            _ => None,
        }
    }

    /// What the end of advertising is told as; an erasure is told by itself.
    pub fn of_suppression(cause: SuppressionCause) -> Option<Self> {
        match cause {
            SuppressionCause::Unsubscribed
            | SuppressionCause::Noted
            | SuppressionCause::Complained => Some(Self::ContactUnsubscribed),
            SuppressionCause::Objected => Some(Self::ContactObjected),
            SuppressionCause::Erased => None,
        }
    }

    /// What an entry of the feed is told as.
    pub fn of_happening(kind: Happening) -> Option<Self> {
        match kind {
            Happening::Sent => Some(Self::MessageSent),
            Happening::Bounced => Some(Self::MessageBounced),
            Happening::Read => Some(Self::MessageOpened),
            Happening::Clicked => Some(Self::MessageClicked),
            Happening::Receipt => Some(Self::MessageReceipt),
            Happening::Accepted | Happening::Deferred | Happening::Seen | Happening::Consent => {
                None
            }
        }
    }
}

words! {
    /// Why an endpoint is told nothing at present.
    WebhookOff {
        /// Somebody turned it off.
        Paused = "paused",
        /// It answered 410: it is gone for good.
        Gone = "gone",
        /// For as long as one event is tried it did not take a single one.
        Failing = "failing",
    }
}

words! {
    /// Where one event for one endpoint stands.
    DeliveryState {
        /// It waits for its first attempt, or the next.
        Waiting = "waiting",
        /// The endpoint took it.
        Delivered = "delivered",
        /// It was tried as often as is tried, or the endpoint is gone.
        Failed = "failed",
    }
}

/// How long an old secret goes on signing beside a new one.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// The waits between attempts, as Standard Webhooks advises: ten attempts in a little over three days.
pub const RETRIES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// When an event that has been tried so often is tried again; never after the last wait.
pub fn next_attempt(attempts: u32, now: Time) -> Option<Time> {
    let wait = RETRIES.get(usize::try_from(attempts).ok()?.checked_sub(1)?)?;
    Some(now + *wait)
}

/// How long an endpoint that has just failed so many times in a row is left in peace, whatever waits for it: so one
/// that is down costs a few attempts an hour and not one for each event.
pub fn rest(failures: u32) -> Duration {
    const FIRST: Duration = Duration::from_secs(4);
    const LONGEST: Duration = Duration::from_mins(5);
    FIRST
        .saturating_mul(1 << failures.saturating_sub(1).min(10))
        .min(LONGEST)
}

/// The longest that an endpoint is left in peace because it asks for it: what people decided must not be kept back for
/// long by whoever should hear of it.
pub const ASKED_REST_MAX: Duration = Duration::from_hours(1);

/// For how long an endpoint asks to be left in peace, up to that bound: seconds or a date (RFC 9110 §10.2.3). None for
/// what says neither, and for a date that is over.
pub fn asked_rest(retry_after: &str, now: Time) -> Option<Duration> {
    let text = retry_after.trim();
    let rest = if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        Time::from_rfc2822(text)?.since(now)
    };
    (!rest.is_zero()).then(|| rest.min(ASKED_REST_MAX))
}

/// Has an endpoint that last took something before `since` failed for as long as one event is tried?
pub fn has_failed_for_long(since: Time, now: Time) -> bool {
    now.since(since) >= RETRIES.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_sec_16_ten_attempts_in_a_little_over_three_days() {
        let mut at = Time(0);
        let mut attempts = 1;
        while let Some(next) = next_attempt(attempts, at) {
            assert!(next > at);
            (at, attempts) = (next, attempts + 1);
        }
        assert_eq!(attempts, 10);
        assert!(at > Time(0) + Duration::from_hours(72) && at < Time(0) + Duration::from_hours(96));
        assert!(!has_failed_for_long(Time(1), at) && has_failed_for_long(Time(0), at));
    }

    #[test]
    fn an_endpoint_that_is_down_is_asked_less_and_less() {
        let rests: Vec<_> = (1..40).map(rest).collect();
        assert!(rests.is_sorted());
        assert_eq!(rests[0], Duration::from_secs(4));
        assert_eq!(rests.last(), Some(&Duration::from_mins(5)));
    }

    #[test]
    fn an_endpoint_may_ask_for_a_rest_of_an_hour_at_most() {
        let now = Time::from_rfc3339("2026-11-21T20:48:00Z").unwrap();
        let seconds = |s| Some(Duration::from_secs(s));
        for (says, rest) in [
            ("120", seconds(120)),
            (" 1 ", seconds(1)),
            ("Sat, 21 Nov 2026 20:50:00 GMT", seconds(120)),
            ("86400", seconds(3_600)),
            ("99999999999999999999", seconds(3_600)),
            ("Sat, 21 Nov 2099 20:50:00 GMT", seconds(3_600)),
            ("0", None),
            ("Sat, 21 Nov 2026 20:47:59 GMT", None),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(asked_rest(says, now), rest, "{says:?}");
        }
    }

    #[test]
    fn r_dsr_08_what_the_law_wants_told_cannot_be_chosen_away() {
        let owed: Vec<_> = WebhookEvent::ALL.iter().filter(|e| e.is_owed()).collect();
        assert_eq!(owed.len(), 4);
        assert!(WebhookEvent::choices().all(|event| !event.is_owed()));
        assert_eq!(
            WebhookEvent::choices().count(),
            WebhookEvent::ALL.len() - owed.len() - 1
        );
    }
}
