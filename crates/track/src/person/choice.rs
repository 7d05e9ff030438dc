//! Where each topic stands with the person, sorted by what they can do about it.

use super::Visit;
use model::consent::CONFIRM_LIFE;
use model::{ConsentState, Time, Topic};
use store::{Around, usable};

/// The topics of one contact.
pub(super) struct Choice {
    /// Agreed to, or waiting for a confirmation that can still come: can be taken back.
    pub(super) held: Vec<Topic>,
    /// Everything else that the workspace may use: can be agreed to or refused.
    pub(super) free: Vec<Topic>,
}

/// A topic that was agreed to, as the page shows it.
pub(super) struct Held {
    pub(super) topic: Topic,
    pub(super) name: &'static str,
    pub(super) since: String,
    pub(super) button: &'static str,
}

impl Choice {
    pub(super) fn of(around: &Around, now: Time) -> Self {
        let is_held = |topic: &Topic| {
            let standing = around.contact.consent.get(*topic);
            match standing.at(now) {
                ConsentState::Given => true,
                // Silence is no answer: after the mail's button has run out, the choice is open again.
                ConsentState::Requested => standing
                    .since
                    .is_some_and(|at| now.since(at) < CONFIRM_LIFE),
                _ => false,
            }
        };
        let (held, rest): (Vec<_>, Vec<_>) = Topic::ALL.into_iter().partition(is_held);
        let usable = usable(&around.instance, &around.workspace);
        let free = rest
            .into_iter()
            .filter(|topic| usable.contains(topic))
            .collect();
        Self { held, free }
    }
}

impl Visit<'_> {
    /// What was agreed to, and since when.
    pub(super) fn held(&self) -> Vec<Held> {
        let held = self.choice.held.iter().map(|&topic| {
            let standing = self.person.around.contact.consent.get(topic);
            let date = standing.since.map(|at| self.t.date(at)).unwrap_or_default();
            let (since, button) = match standing.state {
                ConsentState::Requested if self.needs_guardian() => {
                    (self.t.guardian_since, self.t.withdraw_request)
                }
                ConsentState::Requested => (self.t.requested_since, self.t.withdraw_request),
                _ if self.needs_guardian() => (self.t.guardian_agreed, self.t.withdraw),
                _ => (self.t.agreed_since, self.t.withdraw),
            };
            let since = self.names.fill_with(since, &[("date", &date)]);
            Held {
                topic,
                name: self.t.topic(topic),
                since,
                button,
            }
        });
        held.collect()
    }

    /// What the person said earlier about what is asked now.
    pub(super) fn notes(&self) -> Vec<String> {
        let said =
            |topic: &Topic| Some(format!("{}: {}", self.t.topic(*topic), self.note(*topic)?));
        self.choice.free.iter().filter_map(said).collect()
    }

    /// What the person said about a topic earlier, if it was not yes.
    fn note(&self, topic: Topic) -> Option<String> {
        let standing = self.person.around.contact.consent.get(topic);
        let text = match standing.at(self.now) {
            ConsentState::Refused => self.t.said_no,
            ConsentState::Withdrawn => self.t.said_withdrawn,
            ConsentState::Expired => self.t.said_expired,
            ConsentState::Outdated => self.t.said_outdated,
            ConsentState::Unknown
            | ConsentState::Asked
            | ConsentState::Asserted
            | ConsentState::Requested
            | ConsentState::Given => return None,
        };
        let date = standing.since.map(|at| self.t.date(at)).unwrap_or_default();
        Some(self.names.fill_with(text, &[("date", &date)]))
    }
}
