//! The words of an export, a file a language: what the page says, and the sentences that go into the record itself.
//!
//! `{name}` stands for something that is filled in.

mod de;
mod en;
mod es;
mod fr;
mod it;

use crate::language::Language;
use crate::processor::Processor;
use crate::request::Right;
use crate::source::{LegalBasis, Source, SourceKind};
use crate::time::Time;

/// Everything an export says, in one language.
pub struct Words {
    pub(super) language: Language,
    /// `{day} {month} {year}, {time}`.
    pub(super) moment: &'static str,
    pub(super) title: &'static str,
    pub(super) drawn: &'static str,
    pub(super) about: &'static str,
    /// Address, name, language, country, notes, since.
    pub(super) labels: [&'static str; 6],
    pub(super) consent: &'static str,
    pub(super) consent_none: &'static str,
    /// Opens, links, documents, details.
    pub(super) topics: [&'static str; 4],
    /// Asked, requested, given, refused, withdrawn, expired, asserted.
    pub(super) states: [&'static str; 7],
    pub(super) text_shown: &'static str,
    pub(super) mails: &'static str,
    pub(super) mails_none: &'static str,
    pub(super) no_subject: &'static str,
    pub(super) from: &'static str,
    pub(super) of_opens: &'static str,
    pub(super) of_links: &'static str,
    /// None, aggregate, hygiene, individual, detailed.
    pub(super) modes: [&'static str; 5],
    pub(super) opened: &'static str,
    pub(super) followed: &'static str,
    pub(super) viewed: &'static str,
    /// A person, a person through their provider, a machine, the sender, nobody can tell.
    pub(super) who: [&'static str; 5],
    pub(super) receipt: &'static str,
    pub(super) requests: &'static str,
    /// Access, rectification, erasure, restriction, portability, objection.
    pub(super) request_kinds: [&'static str; Right::ALL.len()],
    pub(super) due: &'static str,
    pub(super) used_for: &'static str,
    pub(super) seen_by: &'static str,
    pub(super) came_from: &'static str,
    pub(super) judged: &'static str,
    pub(super) you_may: &'static str,
    pub(super) stored: &'static str,
    pub(super) stored_about: &'static str,
    pub(super) purposes: [&'static str; 3],
    pub(super) logic: [&'static str; 3],
    pub(super) rights: [&'static str; 3],
    pub(super) author: &'static str,
    pub(super) others: &'static str,
    /// A program that is told of events, by its host.
    pub(super) told: &'static str,
    pub(super) nobody_else: &'static str,
    /// Written to, customer, person, colleague, public, bought.
    pub(super) sources: [&'static str; 6],
    pub(super) noted: &'static str,
    /// Consent, contract, legal obligation, legitimate interests.
    pub(super) bases: [&'static str; 4],
}

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &en::WORDS,
            Language::Fr => &fr::WORDS,
            Language::De => &de::WORDS,
            Language::It => &it::WORDS,
            Language::Es => &es::WORDS,
        }
    }

    /// What the data is used for (GDPR Art. 15(1)(a)).
    pub fn purposes(&self) -> Vec<String> {
        self.purposes.map(str::to_owned).into()
    }

    /// How judgements come about (Art. 15(1)(h)).
    pub fn logic(&self) -> Vec<String> {
        self.logic.map(str::to_owned).into()
    }

    /// What the person may ask for (Art. 15(1)(e), (f)).
    pub fn rights(&self) -> Vec<String> {
        self.rights.map(str::to_owned).into()
    }

    /// Who gets to see it (Art. 15(1)(c)): those who wrote, the controller's others, its processors, and the programs
    /// that it has told of events, by their hosts.
    pub fn recipients(
        &self,
        controller: &str,
        authors: &[String],
        processors: &[Processor],
        webhooks: &[String],
    ) -> Vec<String> {
        let authors = authors
            .iter()
            .map(|name| fill(self.author, &[("name", name)]));
        let mut all: Vec<_> = authors.collect();
        all.push(fill(self.others, &[("who", controller)]));
        all.extend(processors.iter().map(Processor::sentence));
        let told = |host: &String| fill(self.told, &[("host", host), ("who", controller)]);
        all.extend(webhooks.iter().map(told));
        all.push(self.nobody_else.to_owned());
        all
    }

    /// Where the address came from (Art. 15(1)(g)).
    pub fn source(&self, source: &Source) -> Vec<String> {
        let kind = match source.kind {
            SourceKind::Written => 0,
            SourceKind::Customer => 1,
            SourceKind::Person => 2,
            SourceKind::Colleague => 3,
            SourceKind::Public => 4,
            SourceKind::BoughtList => 5,
        };
        let how = self.sources[kind].to_owned();
        let how = if source.place.is_empty() {
            how
        } else {
            format!("{how} {}", source.place)
        };
        let (at, by) = (self.moment(source.at), source.by.as_str());
        let mut said = vec![how, fill(self.noted, &[("by", by), ("at", &at)])];
        said.extend(source.basis.map(|basis| {
            let n = match basis {
                LegalBasis::Consent => 0,
                LegalBasis::Contract => 1,
                LegalBasis::LegalObligation => 2,
                LegalBasis::LegitimateInterests => 3,
            };
            self.bases[n].to_owned()
        }));
        said
    }

    /// A moment, to the minute, in UTC.
    pub fn moment(&self, at: Time) -> String {
        let text = at.rfc3339();
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let month = part(5, 7).parse::<usize>().unwrap_or(1).clamp(1, 12);
        let day = part(8, 10).trim_start_matches('0');
        let values = [
            ("day", day),
            ("month", self.language.months()[month - 1]),
            ("year", part(0, 4)),
            ("time", part(11, 16)),
        ];
        fill(self.moment, &values)
    }
}

/// Puts values in for `{name}`, in one pass.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(n, _)| *n == name);
        out.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_each_language() {
        let at = Time(1_795_294_080_000);
        let told = |language| Words::of(language).moment(at);
        assert_eq!(told(Language::En), "21 November 2026, 20:48");
        assert_eq!(told(Language::De), "21. November 2026, 20:48");
        assert_eq!(told(Language::Fr), "21 novembre 2026, 20:48");
        assert_eq!(told(Language::It), "21 novembre 2026, 20:48");
        assert_eq!(told(Language::Es), "21 de noviembre de 2026, 20:48");
        assert_eq!(fill("a {x}{y} {", &[("x", "{y}")]), "a {y} ");
    }

    #[test]
    fn who_sees_it_names_the_processors_and_the_programs_that_are_told() {
        let post = Processor::stated("Post AG", "delivers mail", "CH", "").unwrap();
        for language in Language::ALL {
            let words = Words::of(language);
            let (posts, hooks) = ([post.clone()], ["hooks.example".to_owned()]);
            let all = words.recipients("Studio", &["Ann".into()], &posts, &hooks);
            assert_eq!(all.len(), 5, "{language:?}");
            assert!(all[3].starts_with("hooks.example"), "{language:?}");
            assert!(
                all[0].contains("Ann")
                    && all[1].contains("Studio")
                    && all[2].contains("Post AG (CH)")
            );
        }
    }
}
