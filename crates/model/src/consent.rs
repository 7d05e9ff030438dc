//! What a contact agreed to, topic by topic.
//!
//! Consent to be tracked is neither consent to be mailed nor anything a sender may assume: unknown, asked,
//! refused, withdrawn, expired and outdated all mean the same to the decision — no. They are kept apart because what may
//! be done next differs (asking again, waiting, never).

use crate::mode::Axis;
use crate::reason::Reason;
use crate::time::Time;
use crate::word::words;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// A consent holds for 24 months, then it must be asked for again (R-CONS-14).
pub const CONSENT_LIFE: Duration = DAY.saturating_mul(730);
/// After no answer or a refusal nobody is asked again for 180 days (R-CONS-12).
pub const ASK_AGAIN_AFTER: Duration = DAY.saturating_mul(180);
/// A confirmation link works for seven days (R-CONS-07).
pub const CONFIRM_LIFE: Duration = DAY.saturating_mul(7);

words! {
    /// One thing a person may agree to. Each is a separate choice; none implies another (R-CONS-01). In
    /// the order that pages show them in.
    Topic {
        /// That a mail was opened, and when.
        Open = "open",
        /// That a link was followed.
        Click = "click",
        /// How long a document was looked at.
        Document = "document",
        /// Also with which mail client, system and from which country.
        Details = "details",
    }
}

words! {
    /// Where a topic stands with a contact.
    #[derive(Default)]
    ConsentState {
        /// Never asked.
        #[default]
        Unknown = "unknown",
        /// Asked; no answer.
        Asked = "asked",
        /// Agreed on the page; the confirmation mail is out.
        Requested = "requested",
        /// Agreed and confirmed.
        Given = "given",
        /// Said no.
        Refused = "refused",
        /// Took it back.
        Withdrawn = "withdrawn",
        /// Ran out.
        Expired = "expired",
        /// Agreed to a notice that said less than the one of today (R-CONS-13). Never written down: it follows from both.
        Outdated = "outdated",
        /// Somebody says they agreed, and cannot show it. Counts as never asked (R-CONS-10).
        Asserted = "asserted",
    }
}

/// A state and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The state that the last event left.
    pub state: ConsentState,
    /// When that was; none for a contact nothing ever happened to.
    pub since: Option<Time>,
}

impl Standing {
    /// The state as of `now`: a consent older than its life has expired.
    pub fn at(self, now: Time) -> ConsentState {
        match (self.state, self.since) {
            (ConsentState::Given, Some(since)) if now.since(since) < CONSENT_LIFE => {
                ConsentState::Given
            }
            (ConsentState::Given, _) => ConsentState::Expired,
            (state, _) => state,
        }
    }

    /// Why this is not a consent; none if it is.
    pub fn obstacle(self, now: Time) -> Option<Reason> {
        match self.at(now) {
            ConsentState::Given => None,
            ConsentState::Unknown | ConsentState::Asserted => Some(Reason::NeverAsked),
            ConsentState::Asked => Some(Reason::AskedNoAnswer),
            ConsentState::Requested => Some(Reason::AwaitingConfirmation),
            ConsentState::Refused => Some(Reason::Refused),
            ConsentState::Withdrawn => Some(Reason::Withdrawn),
            ConsentState::Expired => Some(Reason::Expired),
            ConsentState::Outdated => Some(Reason::Outdated),
        }
    }
}

/// Everything a contact agreed to or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Consent {
    /// Opens.
    pub open: Standing,
    /// Clicks.
    pub click: Standing,
    /// Documents.
    pub document: Standing,
    /// Parsed facts beside the events.
    pub details: Standing,
}

impl Consent {
    /// Where one topic stands.
    pub fn get(&self, topic: Topic) -> Standing {
        match topic {
            Topic::Open => self.open,
            Topic::Click => self.click,
            Topic::Document => self.document,
            Topic::Details => self.details,
        }
    }

    /// The topic that decides about an axis.
    pub fn axis(&self, axis: Axis) -> Standing {
        match axis {
            Axis::Open => self.open,
            Axis::Click => self.click,
            Axis::Document => self.document,
        }
    }

    /// The consent after one more event. Replaying all events of a contact gives its consent (R-CONS-05).
    #[must_use]
    pub fn after(mut self, topic: Topic, state: ConsentState, at: Time) -> Self {
        let standing = match topic {
            Topic::Open => &mut self.open,
            Topic::Click => &mut self.click,
            Topic::Document => &mut self.document,
            Topic::Details => &mut self.details,
        };
        *standing = Standing {
            state,
            since: Some(at),
        };
        self
    }

    /// One word for lists: the state that says most about the person.
    pub fn summary(&self, now: Time) -> ConsentState {
        use ConsentState::{
            Asked, Asserted, Expired, Given, Outdated, Refused, Requested, Withdrawn,
        };
        let states = Topic::ALL.map(|t| self.get(t).at(now));
        [
            Given, Withdrawn, Refused, Requested, Outdated, Expired, Asked, Asserted,
        ]
        .into_iter()
        .find(|s| states.contains(s))
        .unwrap_or_default()
    }

    /// May this person be asked for consent now? Not while a consent or a withdrawal stands, nor within 180 days of
    /// a refusal or an unanswered question.
    pub fn may_ask(&self, now: Time) -> bool {
        Topic::ALL
            .map(|t| self.get(t))
            .iter()
            .all(|s| match s.at(now) {
                ConsentState::Unknown
                | ConsentState::Asserted
                | ConsentState::Expired
                | ConsentState::Outdated => true,
                ConsentState::Given | ConsentState::Withdrawn => false,
                ConsentState::Asked | ConsentState::Requested | ConsentState::Refused => s
                    .since
                    .is_none_or(|since| now.since(since) >= ASK_AGAIN_AFTER),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Time = Time(1_700_000_000_000);

    #[test]
    fn r_cons_14_a_consent_expires() {
        let given = Consent::default().after(Topic::Open, ConsentState::Given, T0);
        assert_eq!(given.open.obstacle(T0 + CONSENT_LIFE - DAY), None);
        assert_eq!(
            given.open.obstacle(T0 + CONSENT_LIFE),
            Some(Reason::Expired)
        );
    }

    #[test]
    fn r_cons_12_nobody_is_asked_again_too_soon() {
        let fresh = Consent::default();
        assert!(fresh.may_ask(T0));
        for state in [
            ConsentState::Asked,
            ConsentState::Requested,
            ConsentState::Refused,
        ] {
            let asked = fresh.after(Topic::Open, state, T0);
            assert!(!asked.may_ask(T0 + ASK_AGAIN_AFTER - DAY), "{state:?}");
            assert!(asked.may_ask(T0 + ASK_AGAIN_AFTER), "{state:?}");
        }
        let withdrawn = fresh.after(Topic::Open, ConsentState::Withdrawn, T0);
        assert!(!withdrawn.may_ask(T0 + CONSENT_LIFE));
    }

    #[test]
    fn one_topic_does_not_touch_another() {
        let clicks = Consent::default().after(Topic::Click, ConsentState::Given, T0);
        assert_eq!(clicks.open.obstacle(T0), Some(Reason::NeverAsked));
        assert_eq!(clicks.summary(T0), ConsentState::Given);
    }
}
