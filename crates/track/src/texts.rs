//! The words of the recipient's pages, a file a language. What a page says is in these files and nowhere else.
//!
//! `{name}` stands for something that is filled in; every language fills in the same. A text is plain text: what
//! comes in from mails and names is escaped by the template with everything else.

mod de;
mod en;
mod es;
mod fr;
mod it;

use jiff::tz::TimeZone;
use model::{Language, Meaning, Time, Topic};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Every text there is, in one language.
        pub(crate) struct Texts {
            /// The language.
            pub(crate) language: Language,
            /// The language's name, in itself.
            pub(crate) name: &'static str,
            $($(#[$doc])* pub(crate) $name: &'static str,)+
        }

        #[cfg(test)]
        impl Texts {
            /// All texts with their names.
            fn all(&self) -> Vec<(String, &'static str)> {
                let mut all = vec![("name".to_owned(), self.name)];
                $(all.push((stringify!($name).to_owned(), self.$name));)+
                all
            }
        }
    };
}

texts! {
    /// `{day} {month} {year}`.
    date,
    /// `{date} {time}`; the time is UTC, for a page without scripts does not know the reader's.
    moment,

    // Plain pages.
    home_title, home,
    missing_title, missing,
    forged_title, forged, forged_next,
    unavailable_title, unavailable,
    elsewhere_title, elsewhere,
    back,

    // The person's page: who, and whether this mail is tracked.
    person_title, wrote, no_subject,
    tracked_title, open_name, click_name,
    open_on, open_stopped, open_off,
    click_on, click_stopped, click_off,
    with_details,
    counted_on, day_on,

    // Their choice.
    agreed_title, agreed_since, requested_since, withdraw, withdraw_request, withdraw_all, withdraw_effect,
    proof_download, proof_about,
    choice_title, choice_again_title, choice_intro, said_no, said_withdrawn, said_expired, said_outdated,
    next_step, cannot_ask, details_alone,
    full_title, full_intro, full_choices, full_basis,
    agree, refuse, nothing_ticked,
    topic_open, topic_click, topic_document, topic_details,

    // What is recorded.
    recorded_title, recorded_intro, recorded_nothing, recorded_newest, recorded_others,
    mail_nothing, mail_one, mail_many, more_entries, receipt_entry,
    opened, clicked, sure, repeated, facts,
    human, human_via_proxy, unknown, machine, own,
    not_me, not_me_hint, not_me_button, not_me_title, not_me_done, not_me_often_title, not_me_often,
    me_button, me_title, me_done,

    // What else is known, and their rights.
    opener_browser, opener_unknown, opener_scanner, opener_crawler, opener_app, opener_program, opener_proxy, opener_preview, opener_scanner_of,
    known_title, known_name, known_address, known_language, known_country, known_source, known_since, not_known,
    source_written, source_customer, source_person, source_colleague, source_public, source_bought,
    rights_title,
    object, object_button, objected_title, objected, restrict, restrict_button, restricted_title, restricted, restrict_since,
    own_ask, own_button, own_sent_title, own_sent, own_enough,

    // After a choice.
    asked_title, asked, asked_next,
    refused_title, refused, refused_rest,
    withdrawn_title, withdrawn, withdrawn_past,
    changed_title, changed,
    enough_title, enough,

    // The confirmation link.
    confirm_title, confirm_intro, confirm_text, confirm_yes, confirm_no,
    confirmed_title, confirmed, confirmed_way_out,
    used_title, used,
    late_title, late,
    superseded_title, superseded, outgrown_title, outgrown,

    // The page behind the challenge, and the way to it.
    start_title, start, start_address, start_button, start_sent_title, start_sent, start_wrong, start_enough,
    form_title, form_next, form_sent, form_refused,
    own_title, own_intro, own_see, own_over_title, own_over,
    export_title, export, export_button, export_data, release_title, release, release_button, released, erase_title, erase, erase_button, erased_title, erased, erased_receipt,
    correct_title, correct, correct_button, correct_wrong, corrected_title, corrected,
    // Unsubscribing.
    stop_title, stop, stop_rest, stop_button,
    stopped_title, stopped,
    again_button, again_title, again,

    // The receipt.
    receipt_title, receipt, receipt_free, receipt_button,
    thanks_title, thanks,

    // Their age, and who agrees for those who are too young.
    age_title, age_ask, age_yes, age_no, below_title, below, reached_title, reached, now_title, now, now_button,
    guardian_title, guardian_ask, guardian_use, guardian_address, guardian_relation, guardian_choose, relation_parent, relation_guardian, relation_other,
    guardian_wrong, guardian_send, guardian_sent, guardian_sent_next, guardian_since, guardian_agreed, guardian_enough,
    // The page of that person.
    auth_title, auth_intro, is_parent, is_guardian, is_other, auth_declare, auth_checked, auth_checked_staff,
    auth_yes, auth_done_title, auth_keep, auth_wait_title, auth_wait, auth_no_done, auth_held_title, auth_held, auth_withdrawn, auth_over_title, auth_over_self, auth_over, auth_late, auth_about_title, auth_about,
    their_open, their_click, their_document, their_details,
}

impl Texts {
    /// The texts in a language.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &en::TEXTS,
            Language::Fr => &fr::TEXTS,
            Language::De => &de::TEXTS,
            Language::It => &it::TEXTS,
            Language::Es => &es::TEXTS,
        }
    }

    /// All of them, one a language.
    pub(crate) fn every() -> [&'static Self; Language::ALL.len()] {
        Language::ALL.map(Self::of)
    }

    /// A day.
    pub(crate) fn date(&self, at: Time) -> String {
        let moment = jiff::Timestamp::from_millisecond(at.0)
            .unwrap_or_default()
            .to_zoned(TimeZone::UTC);
        let month = usize::try_from(moment.month()).map_or("", |n| self.language.months()[n - 1]);
        let (day, year) = (moment.day().to_string(), moment.year().to_string());
        fill(
            self.date,
            &[("day", &day), ("month", month), ("year", &year)],
        )
    }

    /// A minute.
    pub(crate) fn moment(&self, at: Time) -> String {
        let moment = jiff::Timestamp::from_millisecond(at.0)
            .unwrap_or_default()
            .to_zoned(TimeZone::UTC);
        let time = format!("{:02}:{:02}", moment.hour(), moment.minute());
        fill(self.moment, &[("date", &self.date(at)), ("time", &time)])
    }

    /// A topic within a sentence or list.
    pub(crate) fn topic(&self, topic: Topic) -> &'static str {
        match topic {
            Topic::Open => self.topic_open,
            Topic::Click => self.topic_click,
            Topic::Document => self.topic_document,
            Topic::Details => self.topic_details,
        }
    }

    /// The same, said to somebody else than whom it is about.
    pub(crate) fn their_topic(&self, topic: Topic) -> &'static str {
        match topic {
            Topic::Open => self.their_open,
            Topic::Click => self.their_click,
            Topic::Document => self.their_document,
            Topic::Details => self.their_details,
        }
    }

    /// What a request says about the person.
    pub(crate) fn meaning(&self, meaning: Meaning) -> &'static str {
        match meaning {
            Meaning::Human => self.human,
            Meaning::HumanViaProxy => self.human_via_proxy,
            Meaning::Unknown => self.unknown,
            Meaning::Machine => self.machine,
            Meaning::Own => self.own,
        }
    }
}

impl Texts {
    /// Who fetched, in the reader's language. Names of programs and companies stay what they are.
    pub(crate) fn opener(&self, opener: &str) -> String {
        let name = verdict::opener_name(opener);
        let of = |text, name: &str| {
            let name = name.trim_start_matches("A ").trim_end_matches(" server");
            fill(text, &[("name", &name.replace("'s or ", ", "))])
        };
        let owned = |what: &str| {
            let owner = name.strip_suffix(what)?;
            owner.strip_suffix("'s").or(owner.strip_suffix('\''))
        };
        match opener {
            "browser" => self.opener_browser.to_owned(),
            "unknown" => self.opener_unknown.to_owned(),
            "scanner" => self.opener_scanner.to_owned(),
            "crawler" => self.opener_crawler.to_owned(),
            "android_app" => of(self.opener_app, "Android"),
            "apple_app" => of(self.opener_app, "iOS, macOS"),
            "http_tool" => of(self.opener_program, "HTTP"),
            "headless_browser" => of(self.opener_program, "headless browser"),
            "text_browser" => of(self.opener_program, "text browser"),
            _ => {
                if let Some(owner) = owned(" image proxy") {
                    of(self.opener_proxy, owner)
                } else if let Some(owner) = owned(" link preview") {
                    of(self.opener_preview, owner)
                } else if let Some(owner) = [" scanner", " mail scanner", " link scanner"]
                    .iter()
                    .find_map(|what| owned(what))
                {
                    of(self.opener_scanner_of, owner)
                } else if let Some(kind) = name
                    .strip_prefix("A ")
                    .and_then(|rest| rest.strip_suffix(" program"))
                {
                    of(self.opener_program, kind)
                } else {
                    name.to_owned()
                }
            }
        }
    }
}

/// Puts values in for `{name}`. In one pass, so that a value with braces in it stays as it is.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(
            values
                .iter()
                .find(|(n, _)| *n == name)
                .map_or("", |(_, value)| value),
        );
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn r_cons_19_every_text_exists_in_every_language_and_fills_in_the_same() {
        let english = Texts::of(Language::En).all();
        for language in Language::ALL {
            let texts = Texts::of(language);
            assert_eq!(texts.language, language);
            for ((key, text), (_, english)) in texts.all().iter().zip(&english) {
                assert!(!text.trim().is_empty(), "{key} in {language:?}");
                assert_eq!(text.trim(), *text, "{key} in {language:?}");
                assert_eq!(
                    placeholders(text),
                    placeholders(english),
                    "{key} in {language:?}"
                );
            }
        }
    }

    #[test]
    fn no_text_was_left_in_english() {
        let english = Texts::of(Language::En).all();
        for language in [Language::Fr, Language::De, Language::It, Language::Es] {
            for ((key, text), (_, english)) in Texts::of(language).all().iter().zip(&english) {
                let words = english
                    .split_whitespace()
                    .filter(|w| !w.starts_with('{'))
                    .count();
                assert!(words < 3 || text != english, "{key} in {language:?}");
            }
        }
    }

    #[test]
    fn who_fetched_is_said_in_the_readers_language() {
        let said = |language, opener| Texts::of(language).opener(opener);
        assert_eq!(said(Language::De, "browser"), "ein Webbrowser");
        assert_eq!(said(Language::De, "cisco"), "das Prüfprogramm von Cisco");
        assert_eq!(
            said(Language::Fr, "skype_preview"),
            "l’aperçu de liens de Skype, Teams"
        );
        assert_eq!(said(Language::Es, "trellix"), "el análisis de Trellix");
        assert_eq!(
            said(Language::It, "mastodon_preview"),
            "l’anteprima dei link di Mastodon"
        );
        assert_eq!(
            said(Language::De, "dotnet"),
            "ein Programm (.NET or PowerShell)"
        );
        assert_eq!(said(Language::Fr, "thunderbird"), "Thunderbird");
    }

    #[test]
    fn no_text_claims_what_only_a_court_can_say() {
        for language in Language::ALL {
            for (key, text) in Texts::of(language).all() {
                for word in ["GDPR", "RGPD", "DSGVO", "complian", "conform", "certif"] {
                    assert!(!text.contains(word), "{key} in {language:?} says {word}");
                }
            }
        }
    }

    #[test]
    fn filling_in() {
        assert_eq!(
            fill("a {x} b {y}", &[("x", "{y}"), ("y", "2")]),
            "a {y} b 2"
        );
        assert_eq!(fill("{odd", &[]), "");
    }

    #[test]
    fn dates() {
        let at = Time(1_795_294_080_000);
        assert_eq!(
            Texts::of(Language::En).moment(at),
            "21 November 2026, 20:48 UTC"
        );
        assert_eq!(Texts::of(Language::De).date(at), "21. November 2026");
        assert_eq!(Texts::of(Language::Es).date(at), "21 de noviembre de 2026");
        assert_eq!(
            Texts::of(Language::En).date(Time(i64::MAX)),
            "1 January 1970"
        );
    }
}
