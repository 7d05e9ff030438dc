//! Which agreements the notice of today has outgrown (R-CONS-13).
//!
//! A notice is told in versions, each in every language. Whoever agreed while an earlier one stood agreed to what that
//! one said: where it does not cover the one of today, the agreement counts as outdated, in the decision and when hits
//! are recorded. Nothing is lost: when the notice says no more than it did, the agreement counts again.

use super::{Draft, Incomplete, Notice};
use crate::consent::{Consent, ConsentState, Topic};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A version of the notice, about all topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Since when it stood.
    pub since: Time,
    /// The notice in each language.
    pub notices: Vec<Notice>,
}

impl Version {
    /// As it is kept: the slots, since sentences can change.
    pub fn drafts(&self) -> Vec<Draft> {
        self.notices.iter().map(Draft::from).collect()
    }

    /// Reads what was kept.
    pub fn read(since: Time, drafts: Vec<Draft>) -> Result<Self, Incomplete> {
        let notices = drafts.into_iter().map(Notice::try_from);
        let notices = notices.collect::<Result<_, _>>()?;
        Ok(Self { since, notices })
    }

    /// Does it say of a topic, in every language, at least what another version says?
    fn covers(&self, topic: Topic, other: &Self) -> bool {
        let same = |notice: &Notice| {
            let mut mine = self.notices.iter();
            mine.find(|mine| mine.language() == notice.language())
        };
        let covers = |notice| same(notice).is_some_and(|mine| mine.covers(topic, notice));
        other.notices.iter().all(covers)
    }
}

/// For each topic the times in which an agreement was to less than the notice says today.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outgrown(BTreeMap<Topic, Vec<(i64, i64)>>);

impl Outgrown {
    /// What the last of these versions has outgrown, the oldest first. The first reaches back to the beginning.
    pub fn by(versions: &[Version]) -> Self {
        let mut outgrown = BTreeMap::<_, Vec<_>>::new();
        let Some(today) = versions.last() else {
            return Self::default();
        };
        for (n, pair) in versions.windows(2).enumerate() {
            let from = if n == 0 { i64::MIN } else { pair[0].since.0 };
            for topic in Topic::ALL {
                if !pair[0].covers(topic, today) {
                    outgrown
                        .entry(topic)
                        .or_default()
                        .push((from, pair[1].since.0));
                }
            }
        }
        Self(outgrown)
    }

    /// The times, in milliseconds, from the first of each pair up to the second.
    pub fn times(&self, topic: Topic) -> &[(i64, i64)] {
        self.0.get(&topic).map_or(&[], Vec::as_slice)
    }

    /// Is an agreement of that moment one to less?
    pub fn has(&self, topic: Topic, agreed_at: Time) -> bool {
        let mut times = self.times(topic).iter();
        times.any(|(from, to)| (*from..*to).contains(&agreed_at.0))
    }

    /// What somebody agreed to, as far as that is what the notice says today.
    #[must_use]
    pub fn left(&self, consent: Consent) -> Consent {
        let outdated = |consent: Consent, topic: &Topic| {
            let standing = consent.get(*topic);
            match (standing.state, standing.since) {
                (ConsentState::Given | ConsentState::Requested, Some(since))
                    if self.has(*topic, since) =>
                {
                    consent.after(*topic, ConsentState::Outdated, since)
                }
                _ => consent,
            }
        };
        self.0.keys().fold(consent, outdated)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Aims;
    use super::super::asking::tests::{AIM, notice};
    use super::*;
    use crate::language::Language;

    fn version(since: i64, aims: &Aims) -> Version {
        let notices = Language::ALL.map(|language| notice(aims, language));
        let kept = Version {
            since: Time(since),
            notices: notices.into(),
        };
        let read = Version::read(kept.since, kept.drafts()).unwrap();
        assert_eq!(read, kept);
        read
    }

    fn given(outgrown: &Outgrown, state: ConsentState, at: i64) -> Consent {
        let consent = Consent::default().after(Topic::Open, state, Time(at));
        outgrown.left(consent.after(Topic::Click, state, Time(at)))
    }

    #[test]
    fn r_cons_13_old_consents_keep_their_scope() {
        use ConsentState::{Given, Outdated, Refused, Requested};
        let (built_in, mut own) = (Aims::default(), Aims::default());
        own.state(Topic::Open, &AIM).unwrap();
        let mut versions = vec![version(100, &built_in)];
        assert_eq!(Outgrown::by(&versions), Outgrown::default());
        versions.push(version(200, &own));
        let outgrown = Outgrown::by(&versions);
        for (at, state, open) in [
            (50, Given, Outdated),
            (150, Given, Outdated),
            (150, Requested, Outdated),
            (150, Refused, Refused),
            (200, Given, Given),
            (250, Requested, Requested),
        ] {
            let left = given(&outgrown, state, at);
            assert_eq!(left.open.state, open, "{at} {state:?}");
            assert_eq!(left.open.since, Some(Time(at)));
            assert_eq!(left.click.state, state, "the other topic is as it was");
        }
        let old = given(&outgrown, Given, 150).open;
        assert!(
            Consent {
                open: old,
                ..Consent::default()
            }
            .may_ask(Time(300))
        );
        assert!(old.obstacle(Time(300)).is_some());

        // Back to the old words: the old agreements count again, those to the words in between do not.
        versions.push(version(300, &built_in));
        let outgrown = Outgrown::by(&versions);
        assert_eq!(given(&outgrown, Given, 150).open.state, Given);
        assert_eq!(given(&outgrown, Given, 250).open.state, Outdated);
        let text = serde_json::to_string(&outgrown).unwrap();
        assert_eq!(serde_json::from_str::<Outgrown>(&text).unwrap(), outgrown);
    }

    #[test]
    fn r_cons_13_one_language_that_says_more_is_enough() {
        let (mut own, mut more) = (Aims::default(), Aims::default());
        own.state(Topic::Open, &AIM).unwrap();
        let mut texts = AIM;
        texts[3].1 = "sapere tutto";
        more.state(Topic::Open, &texts).unwrap();
        let outgrown = Outgrown::by(&[version(100, &own), version(200, &more)]);
        assert!(outgrown.has(Topic::Open, Time(150)));
        assert!(!outgrown.has(Topic::Open, Time(200)));
    }
}
