//! One profile file: its shape, and the checks that stop a wrong one from being used.

use crate::class::{LegalTag, LegalTags, MessageClass};
use crate::country::Country;
use crate::data::{BadData, Confidence, Fact, date, read};
use crate::filled::Filled;
use crate::mode::{Axis, Mode};
use crate::permitted::Permitted;
use crate::profile::{Case, ColdMail, ProfileKind, Statement};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One file's rules. Those in [`Profiles`](super::Profiles) have passed the checks: each rests on a fact that stands in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The word it is picked by; also the file's name.
    pub id: String,
    /// Its name for people.
    pub name: Filled,
    /// Jurisdiction or profession.
    pub kind: ProfileKind,
    /// Does it ask consent for reading from a person's device (ePrivacy Art. 5(3) and its kin)?
    #[serde(default)]
    pub terminal_consent: bool,
    /// The countries it is the law of.
    #[serde(default)]
    pub countries: Vec<Country>,
    /// The profile it adds to.
    pub builds_on: Option<String>,
    /// When it was last checked.
    #[serde(deserialize_with = "date")]
    pub reviewed: jiff::civil::Date,
    /// The last day on which that is fresh enough.
    #[serde(deserialize_with = "date")]
    pub review_by: jiff::civil::Date,
    /// The facts its rules rest on.
    #[serde(rename = "fact")]
    pub facts: BTreeMap<String, Fact>,
    #[serde(default)]
    without_consent: Vec<Allowance>,
    #[serde(default)]
    ceiling: Vec<Cap>,
    #[serde(default)]
    each_must_agree: Vec<EachMustAgree>,
    #[serde(default)]
    must_say: Vec<MustSay>,
    cold_mail: Option<ColdRule>,
    age: Option<Because>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowance {
    classes: Vec<MessageClass>,
    axes: Vec<Axis>,
    modes: Vec<Mode>,
    because: String,
}

/// A ceiling even for those who agreed. No classes or no tags: for all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cap {
    #[serde(default)]
    classes: Vec<MessageClass>,
    #[serde(default)]
    tags: Vec<LegalTag>,
    mode: Mode,
    because: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct EachMustAgree {
    tags: Vec<LegalTag>,
    because: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MustSay {
    #[serde(default)]
    tracked_only: bool,
    #[serde(default)]
    classes: Vec<MessageClass>,
    what: Vec<Statement>,
    because: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColdRule {
    person: ColdMail,
    business: ColdMail,
    because: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Because {
    because: String,
}

fn applies<T: PartialEq>(to: &[T], item: &T) -> bool {
    to.is_empty() || to.contains(item)
}

impl Profile {
    /// Reads one file.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, BadData> {
        let profile: Self = read(file, text)?;
        match profile.fault(file.trim_end_matches(".toml")) {
            None => Ok(profile),
            Some((key, problem, mend)) => Err(BadData::new(file, key, problem, mend)),
        }
    }

    /// What is wrong with it: key, problem, mend.
    fn fault(&self, stem: &str) -> Option<(String, String, &'static str)> {
        let fault =
            |key: &str, problem: &str, mend| Some((key.to_owned(), problem.to_owned(), mend));
        if self.id != stem {
            return fault(
                "id",
                &format!("the file is named {stem}, the profile {}", self.id),
                "Give both the same name.",
            );
        }
        if let Some((key, name)) = self
            .becauses()
            .find(|(_, name)| !self.facts.contains_key(*name))
        {
            let key = format!("{key}.because = {name:?}");
            return fault(
                &key,
                "there is no such fact",
                "Add it as [fact.…] with says, source, date and confidence.",
            );
        }
        if self.review_by < self.reviewed {
            return fault(
                "review_by",
                "it is before `reviewed`",
                "Set it to the day by which somebody must look again.",
            );
        }
        let is_law = self.kind == ProfileKind::Jurisdiction;
        if is_law == self.countries.is_empty() {
            return fault(
                "countries",
                "a jurisdiction has countries, a profession none",
                "List them, or change `kind`.",
            );
        }
        if is_law != (self.cold_mail.is_some() && self.age.is_some()) {
            return fault(
                "cold_mail, age",
                "a jurisdiction has both, a profession neither",
                "Add or remove the sections.",
            );
        }
        if !is_law && !self.without_consent.is_empty() {
            return fault(
                "without_consent",
                "a profession cannot allow what the law does not",
                "Remove the section.",
            );
        }
        for rule in &self.without_consent {
            let fact = &self.facts[&rule.because];
            if fact.confidence == Confidence::Unconfirmed {
                let mend = "Have counsel confirm it, name the opinion as its source, and write confidence = \"counsel\".";
                return fault(
                    "without_consent.because",
                    "it rests on an unconfirmed fact",
                    mend,
                );
            }
            let highest = if self.terminal_consent {
                Mode::Hygiene
            } else {
                Mode::Individual
            };
            if rule
                .modes
                .iter()
                .any(|mode| *mode > highest || *mode == Mode::None)
            {
                let problem = format!(
                    "without consent the highest mode here is {highest}, and none needs no rule"
                );
                return fault(
                    "without_consent.modes",
                    &problem,
                    "Remove the mode from the list.",
                );
            }
        }
        let cold_is_none = |c: &Cap| {
            c.mode == Mode::None && c.tags.is_empty() && applies(&c.classes, &MessageClass::Cold)
        };
        if self.terminal_consent && !self.ceiling.iter().any(cold_is_none) {
            return fault(
                "ceiling",
                "cold mail is not held at none",
                "Add [[ceiling]] classes = [\"cold\"], mode = \"none\".",
            );
        }
        None
    }

    fn becauses(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let allowances = self
            .without_consent
            .iter()
            .map(|r| ("without_consent", r.because.as_str()));
        let ceilings = self.ceiling.iter().map(|r| ("ceiling", r.because.as_str()));
        let each = self
            .each_must_agree
            .iter()
            .map(|r| ("each_must_agree", r.because.as_str()));
        let says = self
            .must_say
            .iter()
            .map(|r| ("must_say", r.because.as_str()));
        let cold = self
            .cold_mail
            .iter()
            .map(|r| ("cold_mail", r.because.as_str()));
        let age = self.age.iter().map(|r| ("age", r.because.as_str()));
        allowances
            .chain(ceilings)
            .chain(each)
            .chain(says)
            .chain(cold)
            .chain(age)
    }

    pub(super) fn ceiling(&self, case: &Case) -> Mode {
        let fits = |cap: &&Cap| {
            let tagged = cap.tags.is_empty() || case.tags.has_any(LegalTags::of(&cap.tags));
            tagged && applies(&cap.classes, &case.class)
        };
        self.ceiling
            .iter()
            .filter(fits)
            .map(|cap| cap.mode)
            .min()
            .unwrap_or(Mode::Detailed)
    }

    fn allowances(&self, case: &Case, axis: Axis) -> impl Iterator<Item = &Allowance> {
        self.without_consent
            .iter()
            .filter(move |a| a.classes.contains(&case.class) && a.axes.contains(&axis))
    }

    pub(super) fn without_consent(&self, case: &Case, axis: Axis) -> Permitted {
        match self.kind {
            ProfileKind::Jurisdiction => {
                let sets = self.allowances(case, axis).map(|a| Permitted::of(&a.modes));
                sets.fold(Permitted::NOTHING, Permitted::either)
            }
            // A profession stands on top of the law: it passes on what that allows, or stops it.
            ProfileKind::Profession if self.each_must_agree(case) => Permitted::NOTHING,
            ProfileKind::Profession => Permitted::of(&Mode::ALL),
        }
    }

    pub(super) fn basis<'a>(&'a self, case: &Case, axis: Axis) -> impl Iterator<Item = &'a Fact> {
        self.allowances(case, axis)
            .filter_map(|a| self.facts.get(&a.because))
    }

    pub(super) fn each_must_agree(&self, case: &Case) -> bool {
        self.each_must_agree
            .iter()
            .any(|rule| case.tags.has_any(LegalTags::of(&rule.tags)))
    }

    pub(super) fn asks_each(&self) -> bool {
        !self.each_must_agree.is_empty()
    }

    pub(super) fn must_say(&self, case: &Case, tracked: bool) -> impl Iterator<Item = Statement> {
        let fits = move |rule: &&MustSay| {
            applies(&rule.classes, &case.class) && (tracked || !rule.tracked_only)
        };
        self.must_say
            .iter()
            .filter(fits)
            .flat_map(|rule| rule.what.iter().copied())
    }

    pub(super) fn cold_mail(&self, is_business: bool) -> Option<ColdMail> {
        self.cold_mail.as_ref().map(|rule| {
            if is_business {
                rule.business
            } else {
                rule.person
            }
        })
    }
}
