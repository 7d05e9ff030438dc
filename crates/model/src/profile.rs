//! Jurisdictions and the legal profession as data: what is allowed without consent, how far consent reaches, what
//! must be said, and when a first mail may be sent at all.
//!
//! Which profiles apply to a contact? Those that list its country, and those the operator picked for itself (its
//! *home*: a French firm stays bound by French law when it writes to Texas). A contact whose country is unknown, or
//! that no file lists, gets all jurisdictions at once. Where several apply, only what all of them allow remains, so
//! picking one more can only lower (R-MODE-03). Nothing picked means `eu`, the strict default.
//!
//! Profiles never give consent. They say what is possible without it and set a ceiling on what is possible with it.
//! They leave out what the mail's bytes look like: whoever instruments must be able to say all of
//! [`Profiles::must_say`], or track nothing.

mod file;
mod vocabulary;

pub use file::Profile;
pub use vocabulary::{ColdMail, MailConsent, ProfileKind, Statement};

use crate::age::AgeStanding;
use crate::class::{LegalTags, MessageClass};
use crate::consent::Consent;
use crate::country::Country;
use crate::data::{BadData, Fact, day};
use crate::decision::Ceiling;
use crate::entitlement::{Entitlement, agreed, shared_by};
use crate::mode::{Axis, Mode, PerAxis};
use crate::permitted::Permitted;
use crate::reason::Reason;
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// The profile that applies everywhere when the operator picked none.
pub const DEFAULT: &str = "eu";

const BUILT_IN: [(&str, &str); 10] = [
    ("eu.toml", include_str!("../profiles/eu.toml")),
    ("fr.toml", include_str!("../profiles/fr.toml")),
    ("it.toml", include_str!("../profiles/it.toml")),
    ("de.toml", include_str!("../profiles/de.toml")),
    ("uk.toml", include_str!("../profiles/uk.toml")),
    ("ch.toml", include_str!("../profiles/ch.toml")),
    ("ca.toml", include_str!("../profiles/ca.toml")),
    ("us-notice.toml", include_str!("../profiles/us-notice.toml")),
    ("legal.toml", include_str!("../profiles/legal.toml")),
    ("legal-ak.toml", include_str!("../profiles/legal-ak.toml")),
];

/// What the rules ask about one mail to one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Case {
    /// The contact's country; none gets the strictest rules.
    pub country: Option<Country>,
    /// The kind of mail.
    pub class: MessageClass,
    /// What is known about the contact's age.
    pub age: AgeStanding,
    /// Is the sender's service directed to children?
    pub directed_to_children: bool,
    /// What the contact is to a lawyer who writes.
    pub tags: LegalTags,
}

/// What the rules say about one case: what the decision takes in beside consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// The highest mode that is reachable at all, with consent.
    pub ceiling: Ceiling,
    /// The modes that need no consent.
    pub without_consent: PerAxis<Permitted>,
    /// This contact may be tracked only if every recipient of the same message agreed (R-LAW-01).
    pub each_must_agree: bool,
}

/// A profile whose review is overdue: still in force, but somebody must look at it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "profile {id} was to be reviewed by {review_by}: have its facts checked, then move `review_by` on"
)]
pub struct Stale {
    /// The profile.
    pub id: String,
    /// The last day on which it was fresh, as in `2027-05-21`.
    pub review_by: String,
}

/// All profiles of an instance, and which of them the operator is bound by.
#[derive(Debug, Clone)]
pub struct Profiles {
    all: BTreeMap<String, Profile>,
    home: BTreeSet<String>,
}

impl Profiles {
    /// The built-in profiles, replaced or joined by the operator's own files (name and text); `home` names those
    /// that bind the operator wherever its contacts are.
    pub fn new(own: &[(&str, &str)], home: &[&str]) -> Result<Self, BadData> {
        let mut all = BTreeMap::new();
        for (file, text) in BUILT_IN.iter().chain(own) {
            let profile = Profile::parse(file, text)?;
            all.insert(profile.id.clone(), profile);
        }
        let mut profiles = Self {
            all,
            home: BTreeSet::new(),
        };
        for id in if home.is_empty() { &[DEFAULT] } else { home } {
            profiles.pick(id)?;
        }
        Ok(profiles)
    }

    /// Adds a profile to the home, and what it builds on.
    fn pick(&mut self, id: &str) -> Result<(), BadData> {
        let Some(profile) = self.all.get(id) else {
            let known: Vec<_> = self.all.keys().map(String::as_str).collect();
            let mend = format!("Pick from: {}.", known.join(", "));
            let problem = "there is no such profile";
            return Err(BadData::new("profiles", id, problem, &mend));
        };
        let base = profile.builds_on.clone();
        // One that is picked already ends the way down, circles included.
        if self.home.insert(id.to_owned())
            && let Some(base) = base
        {
            self.pick(&base)?;
        }
        Ok(())
    }

    /// The profiles that apply to a contact of this country.
    fn applying(&self, country: Option<Country>) -> impl Iterator<Item = &Profile> {
        let lists = move |p: &&Profile| country.is_some_and(|c| p.countries.contains(&c));
        let is_known = self.all.values().any(|p| lists(&p));
        self.all.values().filter(move |p| {
            let jurisdiction = p.kind == ProfileKind::Jurisdiction && !is_known;
            jurisdiction || lists(p) || self.home.contains(&p.id)
        })
    }

    /// All that the rules say about a case.
    pub fn ruling(&self, case: &Case) -> Ruling {
        Ruling {
            ceiling: self.ceiling(case),
            without_consent: self.without_consent(case),
            each_must_agree: self.each_must_agree(case),
        }
    }

    /// Is there anybody at all to whom [`each_must_agree`](Self::each_must_agree) applies? Where not, recipients need
    /// not be looked at together.
    pub fn some_must_agree(&self) -> bool {
        let applies =
            |p: &&Profile| p.kind == ProfileKind::Jurisdiction || self.home.contains(&p.id);
        self.all.values().filter(applies).any(Profile::asks_each)
    }

    /// What each recipient of a message agreed to, where one of them may be tracked only if all did (R-LAW-01); none
    /// where nobody is such. Nothing that needs no consent counts here.
    pub fn agreed_by_each<'r>(
        &self,
        recipients: impl Iterator<Item = (Case, &'r Consent)>,
        now: Time,
    ) -> Option<Entitlement> {
        let mut is_asked = false;
        let of = |(case, consent)| {
            is_asked |= self.each_must_agree(&case);
            agreed(Some(consent), now)
        };
        let all: Vec<Entitlement> = recipients.map(of).collect();
        is_asked.then(|| shared_by(&all))
    }

    /// The highest mode that is reachable at all, with consent, and why not more.
    pub fn ceiling(&self, case: &Case) -> Ceiling {
        let of_profiles = self
            .applying(case.country)
            .map(|p| (p.ceiling(case), p.kind.reason()));
        let of_age = (
            case.age.highest(case.directed_to_children),
            Reason::TooYoung,
        );
        let (mode, reason) =
            of_profiles.fold(
                of_age,
                |lowest, next| if next.0 < lowest.0 { next } else { lowest },
            );
        Ceiling {
            reason,
            modes: PerAxis::all(mode),
        }
    }

    /// The modes that need no consent. Somebody who refused or withdrew gets none of them all the same.
    pub fn without_consent(&self, case: &Case) -> PerAxis<Permitted> {
        PerAxis::each(|axis| {
            let sets = self.applying(case.country);
            let sets = sets.map(|p| p.without_consent(case, axis));
            sets.reduce(Permitted::both).unwrap_or_default()
        })
    }

    /// May this contact be tracked only if every recipient of the same message agreed (R-LAW-01)?
    pub fn each_must_agree(&self, case: &Case) -> bool {
        self.applying(case.country).any(|p| p.each_must_agree(case))
    }

    /// What the mail must say; `tracked` if anything in it is. Whoever cannot say it must not send (or track) it.
    pub fn must_say(&self, case: &Case, tracked: bool) -> BTreeSet<Statement> {
        self.applying(case.country)
            .flat_map(|p| p.must_say(case, tracked))
            .collect()
    }

    /// What a first mail to somebody in this country needs. A person where it is not known whether a business.
    pub fn cold_mail(&self, country: Option<Country>, is_business: bool) -> ColdMail {
        let rules = self
            .applying(country)
            .filter_map(|p| p.cold_mail(is_business));
        rules.max().unwrap_or(ColdMail::Consent)
    }

    /// The facts that allow something on this axis without consent: profile and fact, for the register (R-GOV-01).
    pub fn basis(&self, case: &Case, axis: Axis) -> Vec<(&str, &Fact)> {
        if self.without_consent(case).get(axis).is_nothing() {
            return Vec::new();
        }
        let mut facts = Vec::new();
        for profile in self.applying(case.country) {
            facts.extend(
                profile
                    .basis(case, axis)
                    .map(|fact| (profile.id.as_str(), fact)),
            );
        }
        facts
    }

    /// The profiles in use whose review is overdue.
    pub fn stale(&self, now: Time) -> Vec<Stale> {
        let today = day(now);
        let used = |p: &&Profile| p.kind == ProfileKind::Jurisdiction || self.home.contains(&p.id);
        let overdue = self
            .all
            .values()
            .filter(used)
            .filter(|p| p.review_by < today);
        overdue
            .map(|p| Stale {
                id: p.id.clone(),
                review_by: p.review_by.to_string(),
            })
            .collect()
    }

    /// All profiles there are, for the set-up and the compliance desk.
    pub fn all(&self) -> impl Iterator<Item = &Profile> {
        self.all.values()
    }

    /// Is the operator itself bound by this profile?
    pub fn is_home(&self, id: &str) -> bool {
        self.home.contains(id)
    }

    /// The highest modes per axis that need no consent, for screens.
    pub fn highest_without_consent(&self, case: &Case) -> PerAxis<Mode> {
        let (sets, ceiling) = (self.without_consent(case), self.ceiling(case).modes);
        PerAxis::each(|axis| sets.get(axis).at_most(*ceiling.get(axis)))
    }
}

#[cfg(test)]
mod tests;
