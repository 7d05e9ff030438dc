//! The visible line of a tracked copy: who learns what, and on what ground. It claims an agreement only where there is
//! one, and says so where somebody is only counted, or only a day is kept.

use crate::words::Line;
use model::{Axis, Language, Mode, PerAxis};

/// What is learnt of an axis, and why that is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Learnt {
    Agreed,
    ByNotice,
    Counted,
    LastDay,
}

const ALL: [Learnt; 4] = [
    Learnt::Agreed,
    Learnt::ByNotice,
    Learnt::Counted,
    Learnt::LastDay,
];

/// The line for these modes; `agreed` tells on which axes the recipient consented.
pub(crate) fn tracked(
    language: Language,
    sender: &str,
    modes: &PerAxis<Mode>,
    agreed: &PerAxis<bool>,
) -> Line {
    let learnt = |axis| match *modes.get(axis) {
        Mode::None => None,
        Mode::Aggregate => Some(Learnt::Counted),
        Mode::Hygiene => Some(Learnt::LastDay),
        Mode::Individual | Mode::Detailed if *agreed.get(axis) => Some(Learnt::Agreed),
        Mode::Individual | Mode::Detailed => Some(Learnt::ByNotice),
    };
    let sentences = ALL.into_iter().filter_map(|what| {
        let of = |axis| learnt(axis) == Some(what);
        sentence(language, sender, what, of(Axis::Open), of(Axis::Click))
    });
    Line {
        sentence: sentences.collect::<Vec<_>>().join(" "),
        link: link(language),
    }
}

fn sentence(
    language: Language,
    sender: &str,
    what: Learnt,
    open: bool,
    click: bool,
) -> Option<String> {
    use Language::{De, En, Es, Fr, It};
    if !open && !click {
        return None;
    }
    let seen = seen(language, open, click);
    Some(match (what, language) {
        (Learnt::Agreed, En) => format!("With your agreement, {sender} learns {seen}."),
        (Learnt::Agreed, Fr) => format!("Avec votre accord, {sender} apprend {seen}."),
        (Learnt::Agreed, De) => format!("Mit Ihrem Einverständnis erfährt {sender}, {seen}."),
        (Learnt::Agreed, It) => format!("Con il suo consenso, {sender} viene a sapere {seen}."),
        (Learnt::Agreed, Es) => format!("Con su acuerdo, {sender} sabe {seen}."),
        (Learnt::ByNotice, En) => format!("{sender} learns {seen}."),
        (Learnt::ByNotice, Fr) => format!("{sender} apprend {seen}."),
        (Learnt::ByNotice, De) => format!("{sender} erfährt, {seen}."),
        (Learnt::ByNotice, It) => format!("{sender} viene a sapere {seen}."),
        (Learnt::ByNotice, Es) => format!("{sender} sabe {seen}."),
        (Learnt::Counted, _) => counted(language, sender, open, click),
        (Learnt::LastDay, En) => format!(
            "{sender} keeps the day on which you last opened a mail, to stop writing to people who read no more."
        ),
        (Learnt::LastDay, Fr) => format!(
            "{sender} garde le jour où vous avez ouvert un message pour la dernière fois, afin de ne plus écrire à ceux qui ne lisent plus."
        ),
        (Learnt::LastDay, De) => format!(
            "{sender} merkt sich den Tag, an dem Sie zuletzt eine E-Mail geöffnet haben, um denen nicht mehr zu schreiben, die nicht mehr lesen."
        ),
        (Learnt::LastDay, It) => format!(
            "{sender} conserva il giorno in cui lei ha aperto un messaggio per l’ultima volta, per non scrivere più a chi non legge più."
        ),
        (Learnt::LastDay, Es) => format!(
            "{sender} guarda el día en que usted abrió un mensaje por última vez, para no escribir más a quien ya no lee."
        ),
    })
}

/// What is learnt of one person.
fn seen(language: Language, open: bool, click: bool) -> &'static str {
    match (language, open, click) {
        (Language::En, true, true) => "when this mail is opened and which links are followed",
        (Language::En, true, false) => "when this mail is opened",
        (Language::En, ..) => "which links in this mail are followed",
        (Language::Fr, true, true) => "quand ce message est ouvert et quels liens sont suivis",
        (Language::Fr, true, false) => "quand ce message est ouvert",
        (Language::Fr, ..) => "quels liens de ce message sont suivis",
        (Language::De, true, true) => "wann diese E-Mail geöffnet und welchen Links gefolgt wird",
        (Language::De, true, false) => "wann diese E-Mail geöffnet wird",
        (Language::De, ..) => "welchen Links in dieser E-Mail gefolgt wird",
        (Language::It, true, true) => {
            "quando questo messaggio viene aperto e quali link vengono seguiti"
        }
        (Language::It, true, false) => "quando questo messaggio viene aperto",
        (Language::It, ..) => "quali link di questo messaggio vengono seguiti",
        (Language::Es, true, true) => "cuándo se abre este mensaje y qué enlaces se siguen",
        (Language::Es, true, false) => "cuándo se abre este mensaje",
        (Language::Es, ..) => "qué enlaces de este mensaje se siguen",
    }
}

/// What is learnt of a crowd.
fn counted(language: Language, sender: &str, open: bool, click: bool) -> String {
    match language {
        Language::En => {
            let what = match (open, click) {
                (true, true) => "this mail is opened and its links are followed",
                (true, false) => "this mail is opened",
                _ => "the links in this mail are followed",
            };
            format!("{sender} counts how often {what}, without learning by whom.")
        }
        Language::Fr => {
            let what = match (open, click) {
                (true, true) => "ce message est ouvert et ses liens sont suivis",
                (true, false) => "ce message est ouvert",
                _ => "les liens de ce message sont suivis",
            };
            format!("{sender} compte combien de fois {what}, sans savoir par qui.")
        }
        Language::De => {
            let what = match (open, click) {
                (true, true) => "diese E-Mail geöffnet und ihren Links gefolgt wird",
                (true, false) => "diese E-Mail geöffnet wird",
                _ => "den Links in dieser E-Mail gefolgt wird",
            };
            format!("{sender} zählt, wie oft {what}, ohne zu erfahren, von wem.")
        }
        Language::It => {
            let what = match (open, click) {
                (true, true) => "questo messaggio viene aperto e i suoi link vengono seguiti",
                (true, false) => "questo messaggio viene aperto",
                _ => "i link di questo messaggio vengono seguiti",
            };
            format!("{sender} conta quante volte {what}, senza sapere da chi.")
        }
        Language::Es => {
            let what = match (open, click) {
                (true, true) => "se abre este mensaje y se siguen sus enlaces",
                (true, false) => "se abre este mensaje",
                _ => "se siguen los enlaces de este mensaje",
            };
            format!("{sender} cuenta cuántas veces {what}, sin saber quién lo hace.")
        }
    }
}

fn link(language: Language) -> &'static str {
    match language {
        Language::En => "See what is recorded, or stop it",
        Language::Fr => "Voir ce qui est enregistré, ou y mettre fin",
        Language::De => "Ansehen, was gespeichert wird, oder beenden",
        Language::It => "Vedere che cosa viene registrato, o interromperlo",
        Language::Es => "Ver lo que se registra, o detenerlo",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn line(language: Language, open: Mode, click: Mode, agreed: bool) -> String {
        let modes = PerAxis {
            open,
            click,
            document: Mode::None,
        };
        tracked(language, "Ann Lee", &modes, &PerAxis::all(agreed)).sentence
    }

    #[test]
    fn every_line_names_the_sender_and_what_is_learnt() {
        use Mode::{Aggregate, Hygiene, Individual, None};
        for language in Language::ALL {
            let mut lines = BTreeSet::new();
            for (open, click) in [
                (Individual, Individual),
                (Individual, None),
                (None, Individual),
                (Aggregate, Aggregate),
                (Aggregate, None),
                (None, Aggregate),
                (Hygiene, None),
            ] {
                let line = line(language, open, click, true);
                assert!(line.contains("Ann Lee") && line.ends_with('.'), "{line}");
                lines.insert(line);
            }
            assert_eq!(lines.len(), 7, "each says something else");
        }
    }

    #[test]
    fn an_agreement_is_claimed_only_where_there_is_one() {
        for language in Language::ALL {
            let agreed = line(language, Mode::Individual, Mode::Individual, true);
            let told = line(language, Mode::Individual, Mode::Individual, false);
            assert_ne!(agreed, told);
            // What is not personal claims none, whatever was agreed.
            for mode in [Mode::Aggregate, Mode::Hygiene] {
                let with = line(language, mode, Mode::None, true);
                assert_eq!(with, line(language, mode, Mode::None, false));
            }
            let both = line(language, Mode::Aggregate, Mode::Individual, true);
            assert_eq!(both.matches("Ann Lee").count(), 2, "{both}");
        }
        assert_eq!(
            line(Language::En, Mode::Individual, Mode::None, false),
            "Ann Lee learns when this mail is opened."
        );
    }
}
