//! The notice: what a person is told before they choose (R-CONS-17). It cannot exist with anything left out.
//!
//! Its canonical text is fixed for each language and known by its SHA-256; what is shown and what is recorded are
//! made from the same lines (R-CONS-03). A change of any slot is a new text, and [`Notice::covers`] says whether
//! those who agreed to the old one agreed to that as well (R-CONS-13).
//!
//! Pages, buttons and their looks are left to whoever shows it.

mod asking;
mod draft;
mod outgrown;
mod wording;

pub use asking::{Aims, Asking, BadAim, WebhookHost};
pub use draft::{AimDraft, Draft, Incomplete, RETENTION_DAYS_MAX, RecipientDraft};
pub use outgrown::{Outgrown, Version};

use crate::consent::Topic;
use crate::filled::{Filled, Several};
use crate::language::Language;
use crate::secret::Sha256;
use crate::term;
use std::fmt::Write as _;
use wording::{Wording, wording};

/// Who asks, and how to reach them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// The name.
    pub name: Filled,
    /// The name by which this organisation was first known: it stays where only the name changes.
    pub identity: Filled,
    /// The postal address.
    pub address: Filled,
    /// An address or page where a person answers.
    pub contact: Filled,
}

/// One choice: a topic, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    /// What is observed.
    pub topic: Topic,
    /// What for, as it reads after "Purpose:" in the notice's language.
    pub aim: Filled,
    /// The workspace's own words; else the built-in ones, which mean the same whatever name stands in them.
    pub is_own: bool,
    /// How much the built-in sentences said about the topic; see `extent` in `wording`.
    pub extent: u32,
}

/// Who gets to see what is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// As people read it.
    pub words: Filled,
    /// What makes it the same recipient, whatever its machines are called.
    pub identity: Filled,
}

/// A complete notice in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    language: Language,
    controller: Controller,
    aims: Several<Aim>,
    retention_days: u32,
    recipients: Several<Recipient>,
    withdrawal: Filled,
    full_text: Filled,
}

impl Notice {
    /// The language of its text.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Who asks.
    pub fn controller(&self) -> &Controller {
        &self.controller
    }

    /// What is asked, in the order it is shown.
    pub fn topics(&self) -> impl Iterator<Item = Topic> {
        self.aims.iter().map(|aim| aim.topic)
    }

    /// What the person is told, as lead and sentence, complete before the first choice.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let w = wording(self.language);
        let say = |text| self.fill(text, "");
        let mut data: Vec<_> = self.topics().map(|topic| w.data(topic)).collect();
        data.push(w.data_always);
        vec![
            (w.who.0, say(w.who.1)),
            (w.data_lead, data.join(" ")),
            (w.how_long.0, say(w.how_long.1)),
            (w.who_sees.0, say(w.who_sees.1)),
            (w.way_out.0, say(w.way_out.1)),
            (w.rights.0, say(w.rights.1)),
            (w.refusal.0, say(w.refusal.1)),
            (w.more.0, say(w.more.1)),
        ]
    }

    /// The choices, each with a box of its own that nobody ticks beforehand (R-CONS-01, R-CONS-02).
    pub fn choices(&self) -> Vec<(Topic, String)> {
        let w: &Wording = wording(self.language);
        let choice = |aim: &Aim| (aim.topic, self.fill(w.choice(aim.topic), aim.aim.as_str()));
        self.aims.iter().map(choice).collect()
    }

    /// The canonical text: every line as shown, boxes empty.
    pub fn text(&self) -> String {
        let mut text = format!("[{}]\n", self.language.as_str());
        for (lead, line) in self.lines() {
            let _ = writeln!(text, "{lead}: {line}");
        }
        for (topic, choice) in self.choices() {
            let _ = writeln!(text, "[ ] ({}) {choice}", topic.as_str());
        }
        text
    }

    /// What the text is known by.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(&self.text())
    }

    /// Did those who agreed to a topic of this notice agree to what `other` says of it as well? Not to a new aim, to
    /// another controller, one more recipient, a longer retention or more data. Yes where the same organisation has
    /// another name or address, the same recipient another machine, or the sentences say the same in other words. A
    /// translation needs to be agreed to anew: whether it says the same is not for a program to judge.
    pub fn covers(&self, topic: Topic, other: &Self) -> bool {
        let aim = |notice: &Self| notice.aims.iter().find(|aim| aim.topic == topic).cloned();
        let (Some(mine), Some(theirs)) = (aim(self), aim(other)) else {
            return false;
        };
        let told = |theirs: &Recipient| {
            let mut mine = self.recipients.iter();
            mine.any(|mine| mine.identity == theirs.identity)
        };
        self.language == other.language
            && self.controller.identity == other.controller.identity
            && other.retention_days <= self.retention_days
            && other.recipients.iter().all(told)
            && theirs.extent <= mine.extent
            && mine.is_own == theirs.is_own
            && (!mine.is_own || mine.aim == theirs.aim)
    }

    /// Values go in at once: one that looks like a slot stays text.
    fn fill(&self, text: &str, aim: &str) -> String {
        let mut recipients: Vec<_> = self.recipients.iter().map(|r| r.words.as_str()).collect();
        recipients.dedup();
        let recipients = recipients.join(", ");
        let term = term::in_words(self.retention_days, self.language);
        let slots = [
            ("controller", self.controller.name.as_str()),
            ("address", self.controller.address.as_str()),
            ("contact", self.controller.contact.as_str()),
            ("term", &term),
            ("recipients", &recipients),
            ("withdrawal", self.withdrawal.as_str()),
            ("full_notice", self.full_text.as_str()),
            ("aim", aim),
        ];
        fill(text, &slots)
    }
}

fn fill(text: &str, slots: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after.split_once('}').and_then(|(name, tail)| {
            let slot = slots.iter().find(|(slot, _)| *slot == name);
            slot.map(|(_, value)| (*value, tail))
        });
        let (value, tail) = value.unwrap_or(("{", after));
        out.push_str(value);
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
