//! A workspace as it asks: what it says about itself, what it wants to know things for, and the notice made of that.
//!
//! The aims are the workspace's own where it stated any, else the built-in words. A topic's aim is stated in every
//! language or in none: a notice that names another purpose than the real one is worse than none (R-CONS-19).

use super::wording::{extent, wording};
use super::{AimDraft, Draft, Incomplete, Notice, RecipientDraft, fill};
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
                let text = text.map_err(|why| BadAim::Text(language.name(), why))?;
                texts.insert(*language, text);
            }
        }
        if texts.is_empty() {
            self.0.remove(&topic);
            return Ok(());
        }
        if let Some(missing) = Language::ALL.iter().find(|l| !texts.contains_key(l)) {
            return Err(BadAim::Missing(missing.name()));
        }
        self.0.insert(topic, texts);
        Ok(())
    }
}

/// Where a workspace has events sent to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WebhookHost {
    /// The host, as people read it.
    pub host: String,
    /// The host by which the same recipient was first told of: it stays where that only moves to another one.
    pub recipient: String,
}

/// Everything that a notice is made of.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: &'a str,
    /// The name by which the same organisation was first known.
    pub identity: &'a str,
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
    /// The hosts of programs that are told what happens, in order.
    pub webhook_hosts: &'a [WebhookHost],
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
        let aim = |topic: &Topic| AimDraft {
            topic: *topic,
            aim: self.aim(*topic, language),
            is_own: self.aims.get(*topic, language).is_some(),
            extent: extent(*topic),
        };
        Notice::try_from(Draft {
            language: language.as_str().to_owned(),
            controller: one_line(self.name),
            identity: one_line(self.identity),
            address: one_line(&address.join(", ")),
            contact: one_line(self.contact),
            aims: topics.iter().map(aim).collect(),
            retention_days: self.retention_days,
            recipients: self.recipients(language),
            withdrawal: format!("{}/p", self.origin),
            full_notice: format!("{}/n/{}", self.origin, self.workspace),
        })
    }

    /// Who sees it: the workspace's own people, on whatever machine; processors, who are others in another country; and
    /// whoever runs the programs that are told.
    fn recipients(&self, language: Language) -> Vec<RecipientDraft> {
        let w = wording(language);
        let own = RecipientDraft {
            words: self.say(w.recipients),
            identity: "the workspace".to_owned(),
        };
        let processor = |p: &Processor| {
            let words = one_line(&format!("{} ({})", p.name, p.country));
            let identity = format!("processor {words}");
            RecipientDraft { words, identity }
        };
        let told = |told: &WebhookHost| RecipientDraft {
            words: one_line(&fill(w.told, &[("place", &told.host)])),
            identity: one_line(&format!("webhook {}", told.recipient)),
        };
        let processors = self.processors.iter().map(processor);
        let told = self.webhook_hosts.iter().map(told);
        std::iter::once(own).chain(processors).chain(told).collect()
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

    fn asking<'a>(aims: &'a Aims, origin: &'a Origin) -> Asking<'a> {
        Asking {
            workspace: WorkspaceId([1; 16]),
            name: "Sample Ltd",
            identity: "Sample Ltd",
            postal_address: "1 Way\nTown",
            contact: "privacy@sample.example",
            aims,
            origin,
            retention_days: 90,
            processors: &[],
            webhook_hosts: &[],
        }
    }

    pub(crate) fn notice(aims: &Aims, language: Language) -> Notice {
        let origin = "https://t.sample.example".parse().unwrap();
        let notice = asking(aims, &origin).notice(language, &Topic::ALL);
        notice.unwrap()
    }

    /// A program that is told, at this host, and known by that one.
    fn told(host: &str, recipient: &str) -> WebhookHost {
        WebhookHost {
            host: host.into(),
            recipient: recipient.into(),
        }
    }

    #[test]
    fn r_cons_13_who_it_is_and_where_the_machine_stands_may_be_called_otherwise() {
        let aims = Aims::default();
        let origin = "https://t.sample.example".parse().unwrap();
        let moved = "https://track.sample.example".parse().unwrap();
        let hook = [told("crm.example", "crm.example")];
        let plain = Asking {
            webhook_hosts: &hook,
            ..asking(&aims, &origin)
        };
        let say = |asking: Asking<'_>| asking.notice(Language::En, &Topic::ALL).unwrap();
        let before = say(plain);
        let covers = |after: Asking<'_>| {
            let after = say(after);
            assert_ne!(before.sha256(), after.sha256(), "another text in any case");
            before.covers(Topic::Open, &after)
        };
        // The same organisation, the same recipients: whoever agreed agreed to this.
        let name = "Sample Group Ltd";
        assert!(covers(Asking { name, ..plain }));
        let origin = &moved;
        assert!(covers(Asking { origin, ..plain }));
        let postal_address = "2 Way\nCity";
        assert!(covers(Asking {
            postal_address,
            ..plain
        }));
        let (same, none) = ([told("new.crm.example", "crm.example")], []);
        assert!(covers(Asking {
            webhook_hosts: &same,
            ..plain
        }));
        assert!(covers(Asking {
            webhook_hosts: &none,
            ..plain
        }));
        // Another one, or one more.
        let (name, identity) = ("Buyer Ltd", "Buyer Ltd");
        assert!(!covers(Asking {
            name,
            identity,
            ..plain
        }));
        let other = [told("b.example", "b.example")];
        assert!(!covers(Asking {
            webhook_hosts: &other,
            ..plain
        }));
        // A host that two lead to is named once.
        let both = [hook[0].clone(), told("crm.example", "old.example")];
        let twice = say(Asking {
            webhook_hosts: &both,
            ..plain
        })
        .text();
        assert_eq!(twice.matches("the program at crm.example").count(), 1);
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
