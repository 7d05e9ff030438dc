//! A workspace as it asks: what it says about itself, what it wants to know things for, and the notice made of that.
//!
//! The aims are the workspace's own where it stated any, else the built-in words. A topic's aim is stated in every
//! language or in none: a notice that names another purpose than the real one is worse than none (R-CONS-19).

use super::wording::wording;
use super::{Draft, Incomplete, Notice, fill};
use crate::consent::Topic;
use crate::filled::{Filled, NotFilled, one_line};
use crate::id::WorkspaceId;
use crate::language::Language;
use crate::processor::Processor;
use crate::url::Origin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a workspace wants to know things for, in its own words: for each topic, one line in each language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Aims(BTreeMap<Topic, BTreeMap<Language, Filled>>);

/// Why an aim cannot be stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAim {
    /// In some languages only.
    #[error("write it in all five languages, or in none for the built-in words: {0} is missing")]
    Missing(&'static str),
    /// Not a line of text.
    #[error("{0}: {1}")]
    Text(&'static str, NotFilled),
}

impl Aims {
    /// What a topic is wanted for, where the workspace said so.
    pub fn get(&self, topic: Topic, language: Language) -> Option<&str> {
        let texts = self.0.get(&topic)?;
        texts.get(&language).map(Filled::as_str)
    }

    /// States a topic's aim in all languages, or takes the statement back.
    pub fn state(&mut self, topic: Topic, given: &[(Language, &str)]) -> Result<(), BadAim> {
        let mut texts = BTreeMap::new();
        for (language, text) in given {
            // The notice ends the sentence itself.
            let text = text.trim().trim_end_matches('.');
            if !text.is_empty() {
                let text = text.parse();
                let text = text.map_err(|why| BadAim::Text(named(*language), why))?;
                texts.insert(*language, text);
            }
        }
        if texts.is_empty() {
            self.0.remove(&topic);
            return Ok(());
        }
        if let Some(missing) = Language::ALL.iter().find(|l| !texts.contains_key(l)) {
            return Err(BadAim::Missing(named(*missing)));
        }
        self.0.insert(topic, texts);
        Ok(())
    }
}

/// A language, as the dashboard calls it.
fn named(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::Fr => "French",
        Language::De => "German",
        Language::It => "Italian",
        Language::Es => "Spanish",
    }
}

/// Everything that a notice is made of.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: &'a str,
    /// Its postal address, in lines.
    pub postal_address: &'a str,
    /// Where a person answers.
    pub contact: &'a str,
    /// What it wants to know things for.
    pub aims: &'a Aims,
    /// Where the notice and the ways out are.
    pub origin: &'a Origin,
    /// How long hits are kept.
    pub retention_days: u32,
    /// Who takes part beside the workspace.
    pub processors: &'a [Processor],
    /// The hosts of programs that are told what happens.
    pub webhook_hosts: &'a [String],
}

impl Asking<'_> {
    /// What a topic is wanted for: the workspace's own words, or the built-in ones.
    pub fn aim(&self, topic: Topic, language: Language) -> String {
        match self.aims.get(topic, language) {
            Some(own) => own.to_owned(),
            None => self.say(wording(language).aim),
        }
    }

    /// The notice about these topics, or what is missing for it.
    pub fn notice(&self, language: Language, topics: &[Topic]) -> Result<Notice, Incomplete> {
        let lines = self.postal_address.lines().map(str::trim);
        let address: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        let processors = self.processors.iter();
        let w = wording(language);
        let mut recipients = vec![self.say(w.recipients)];
        recipients.extend(processors.map(|p| one_line(&format!("{} ({})", p.name, p.country))));
        let told = |host: &String| one_line(&fill(w.told, &[("place", host)]));
        recipients.extend(self.webhook_hosts.iter().map(told));
        let aim = |topic: &Topic| (*topic, self.aim(*topic, language));
        Notice::try_from(Draft {
            language: language.as_str().to_owned(),
            controller: one_line(self.name),
            address: one_line(&address.join(", ")),
            contact: one_line(self.contact),
            aims: topics.iter().map(aim).collect(),
            retention_days: self.retention_days,
            recipients,
            withdrawal: format!("{}/p", self.origin),
            full_notice: format!("{}/n/{}", self.origin, self.workspace),
        })
    }

    fn say(&self, text: &str) -> String {
        let name = one_line(self.name);
        fill(
            text,
            &[("workspace", name.as_str()), ("host", self.origin.host())],
        )
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const AIM: [(Language, &str); 5] = [
        (Language::En, "to know when to call."),
        (Language::Fr, "savoir quand appeler"),
        (Language::De, "zu wissen, wann ein Anruf passt"),
        (Language::It, "sapere quando chiamare"),
        (Language::Es, "saber cuándo llamar"),
    ];

    pub(crate) fn notice(aims: &Aims, language: Language) -> Notice {
        let origin = "https://t.sample.example".parse().unwrap();
        let asking = Asking {
            workspace: WorkspaceId([1; 16]),
            name: "Sample Ltd",
            postal_address: "1 Way\nTown",
            contact: "privacy@sample.example",
            aims,
            origin: &origin,
            retention_days: 90,
            processors: &[],
            webhook_hosts: &[],
        };
        asking.notice(language, &Topic::ALL).unwrap()
    }

    #[test]
    fn r_cons_13_another_aim_is_another_text() {
        let mut aims = Aims::default();
        let before = notice(&aims, Language::En);
        assert!(
            before
                .text()
                .contains("Purpose: to see whether mails from Sample Ltd arrive")
        );
        aims.state(Topic::Open, &AIM).unwrap();
        let after = notice(&aims, Language::En);
        assert_ne!(before.sha256(), after.sha256());
        assert!(after.text().contains("Purpose: to know when to call."));
        assert!(!before.covers(Topic::Open, &after));
        assert!(before.covers(Topic::Click, &after), "that is as it was");
        let text = serde_json::to_string(&aims).unwrap();
        assert_eq!(serde_json::from_str::<Aims>(&text).unwrap(), aims);
        aims.state(Topic::Open, &[]).unwrap();
        assert_eq!(notice(&aims, Language::En).sha256(), before.sha256());
    }

    #[test]
    fn r_cons_19_an_aim_is_stated_in_every_language_or_in_none() {
        let mut aims = Aims::default();
        let some = aims.state(Topic::Open, &AIM[..4]).unwrap_err();
        assert_eq!(some, BadAim::Missing("Spanish"));
        let broken = aims.state(Topic::Open, &[(Language::En, "one\ntwo")]);
        assert!(matches!(broken, Err(BadAim::Text("English", _))));
        assert_eq!(aims, Aims::default(), "nothing is half stated");
        aims.state(Topic::Open, &AIM).unwrap();
        for language in Language::ALL {
            let own = aims.get(Topic::Open, language).unwrap();
            assert!(notice(&aims, language).text().contains(own));
        }
    }
}
