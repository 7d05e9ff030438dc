//! The sentences, in five languages. Plain ones: people read them who never heard of the sender.

use model::source::{LegalBasis, Source, SourceKind};
use model::{Language, Time};

/// Who sends this mail, and what the link to stop such mails says.
pub(super) fn imprint(language: Language, who: &str, contact: &str) -> (String, &'static str) {
    match language {
        Language::En => (
            format!("This mail comes from {who}. You can reach us at {contact}."),
            "Stop these mails",
        ),
        Language::Fr => (
            format!("Ce message vous est envoyé par {who}. Pour nous joindre : {contact}."),
            "Ne plus recevoir ces messages",
        ),
        Language::De => (
            format!("Diese E-Mail kommt von {who}. Sie erreichen uns unter {contact}."),
            "Diese E-Mails abbestellen",
        ),
        Language::It => (
            format!("Questo messaggio è inviato da {who}. Ci può contattare così: {contact}."),
            "Non ricevere più questi messaggi",
        ),
        Language::Es => (
            format!("Este mensaje lo envía {who}. Puede contactarnos así: {contact}."),
            "Dejar de recibir estos mensajes",
        ),
    }
}

/// Where the address comes from, and the rest of Art. 14 GDPR in short; the link leads to the whole of it.
pub(super) fn source(language: Language, source: &Source, host: &str) -> (String, &'static str) {
    let (from, basis) = (origin(language, source), basis(language, source.basis));
    let date = day(source.at);
    match language {
        Language::En => (
            format!(
                "You did not give us your address yourself. We have it from {from}, since {date}. We use your name \
                 and address to write to you about what we offer; the legal basis is {basis}. They are stored on \
                 {host} until you object. You may see, correct or erase what is stored, object at any time, and \
                 complain to a data protection authority."
            ),
            "What is stored about you, and your rights",
        ),
        Language::Fr => (
            format!(
                "Vous ne nous avez pas donné votre adresse vous-même. Nous la tenons, depuis le {date}, de {from}. \
                 Nous utilisons votre nom et votre adresse pour vous présenter nos offres ; base légale : {basis}. \
                 Elles sont conservées sur {host} jusqu’à ce que vous vous y opposiez. Vous pouvez consulter, \
                 corriger ou effacer ce qui est conservé, vous opposer à tout moment et saisir une autorité de \
                 protection des données."
            ),
            "Ce qui est conservé sur vous, et vos droits",
        ),
        Language::De => (
            format!(
                "Sie haben uns Ihre Adresse nicht selbst gegeben. Wir haben sie seit {date} von {from}. Wir \
                 verwenden Ihren Namen und Ihre Adresse, um Ihnen unsere Angebote vorzustellen; Rechtsgrundlage: \
                 {basis}. Sie sind auf {host} gespeichert, bis Sie widersprechen. Sie können einsehen, berichtigen \
                 oder löschen, was gespeichert ist, jederzeit widersprechen und sich bei einer \
                 Datenschutzaufsichtsbehörde beschweren."
            ),
            "Was über Sie gespeichert ist, und Ihre Rechte",
        ),
        Language::It => (
            format!(
                "Lei non ci ha dato il suo indirizzo. Lo abbiamo, dal {date}, da {from}. Usiamo il suo nome e il suo \
                 indirizzo per presentarle le nostre offerte; base giuridica: {basis}. Sono conservati su {host} \
                 finché lei non si oppone. Può vedere, correggere o cancellare ciò che è conservato, opporsi in \
                 qualsiasi momento e presentare reclamo a un’autorità per la protezione dei dati."
            ),
            "Che cosa è conservato su di lei, e i suoi diritti",
        ),
        Language::Es => (
            format!(
                "Usted no nos dio su dirección. La tenemos, desde el {date}, de {from}. Usamos su nombre y su \
                 dirección para presentarle nuestras ofertas; base jurídica: {basis}. Se guardan en {host} hasta \
                 que usted se oponga. Puede ver, corregir o borrar lo que se guarda, oponerse en cualquier momento \
                 y reclamar ante una autoridad de protección de datos."
            ),
            "Qué se guarda sobre usted, y sus derechos",
        ),
    }
}

fn origin(language: Language, source: &Source) -> String {
    let kind = match (language, source.kind) {
        (Language::En, SourceKind::Public) => "a public place",
        (Language::En, SourceKind::BoughtList) => "a list that we bought",
        (Language::En, SourceKind::Colleague) => "somebody who knows you",
        (Language::En, _) => "this",
        (Language::Fr, SourceKind::Public) => "une source publique",
        (Language::Fr, SourceKind::BoughtList) => "une liste que nous avons achetée",
        (Language::Fr, SourceKind::Colleague) => "quelqu’un qui vous connaît",
        (Language::Fr, _) => "ceci",
        (Language::De, SourceKind::Public) => "einer öffentlichen Stelle",
        (Language::De, SourceKind::BoughtList) => "einer Liste, die wir gekauft haben",
        (Language::De, SourceKind::Colleague) => "jemandem, der Sie kennt",
        (Language::De, _) => "hier",
        (Language::It, SourceKind::Public) => "una fonte pubblica",
        (Language::It, SourceKind::BoughtList) => "un elenco che abbiamo acquistato",
        (Language::It, SourceKind::Colleague) => "qualcuno che la conosce",
        (Language::It, _) => "questo",
        (Language::Es, SourceKind::Public) => "una fuente pública",
        (Language::Es, SourceKind::BoughtList) => "una lista que compramos",
        (Language::Es, SourceKind::Colleague) => "alguien que le conoce",
        (Language::Es, _) => "esto",
    };
    format!("{kind} ({})", source.place)
}

fn basis(language: Language, basis: Option<LegalBasis>) -> &'static str {
    use LegalBasis::{Consent, Contract, LegalObligation, LegitimateInterests};
    match (language, basis.unwrap_or(LegitimateInterests)) {
        (Language::En, Consent) => "your consent (Art. 6(1)(a) GDPR)",
        (Language::En, Contract) => "a contract with you (Art. 6(1)(b) GDPR)",
        (Language::En, LegalObligation) => "a legal obligation (Art. 6(1)(c) GDPR)",
        (Language::En, LegitimateInterests) => {
            "our legitimate interest in advertising (Art. 6(1)(f) GDPR)"
        }
        (Language::Fr, Consent) => "votre consentement (art. 6(1)(a) RGPD)",
        (Language::Fr, Contract) => "un contrat avec vous (art. 6(1)(b) RGPD)",
        (Language::Fr, LegalObligation) => "une obligation légale (art. 6(1)(c) RGPD)",
        (Language::Fr, LegitimateInterests) => {
            "notre intérêt légitime à faire de la publicité (art. 6(1)(f) RGPD)"
        }
        (Language::De, Consent) => "Ihre Einwilligung (Art. 6 Abs. 1 lit. a DSGVO)",
        (Language::De, Contract) => "ein Vertrag mit Ihnen (Art. 6 Abs. 1 lit. b DSGVO)",
        (Language::De, LegalObligation) => {
            "eine rechtliche Verpflichtung (Art. 6 Abs. 1 lit. c DSGVO)"
        }
        (Language::De, LegitimateInterests) => {
            "unser berechtigtes Interesse an Werbung (Art. 6 Abs. 1 lit. f DSGVO)"
        }
        (Language::It, Consent) => "il suo consenso (art. 6(1)(a) RGPD)",
        (Language::It, Contract) => "un contratto con lei (art. 6(1)(b) RGPD)",
        (Language::It, LegalObligation) => "un obbligo di legge (art. 6(1)(c) RGPD)",
        (Language::It, LegitimateInterests) => {
            "il nostro legittimo interesse alla pubblicità (art. 6(1)(f) RGPD)"
        }
        (Language::Es, Consent) => "su consentimiento (art. 6(1)(a) RGPD)",
        (Language::Es, Contract) => "un contrato con usted (art. 6(1)(b) RGPD)",
        (Language::Es, LegalObligation) => "una obligación legal (art. 6(1)(c) RGPD)",
        (Language::Es, LegitimateInterests) => {
            "nuestro interés legítimo en la publicidad (art. 6(1)(f) RGPD)"
        }
    }
}

/// The day alone, in the one form that reads the same everywhere.
fn day(at: Time) -> String {
    let mut text = at.rfc3339();
    text.truncate("2026-11-21".len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_orig_02_every_language_says_source_basis_and_rights() {
        let from = Source {
            kind: SourceKind::Public,
            place: "Chamber of commerce".into(),
            at: Time(1_795_294_080_000),
            by: "Ann Lee".into(),
            basis: Some(LegalBasis::LegitimateInterests),
        };
        let mut seen = std::collections::BTreeSet::new();
        for language in Language::ALL {
            let (text, link) = source(language, &from, "t.example.org");
            for part in ["Chamber of commerce", "2026-11-21", "6", "t.example.org"] {
                assert!(text.contains(part), "{part} in {text}");
            }
            let (imprint, stop) = imprint(language, "Acme, Mill Lane 1", "a@x.example");
            assert!(imprint.contains("Acme, Mill Lane 1") && imprint.contains("a@x.example"));
            assert!(text.ends_with('.') && imprint.ends_with('.'));
            assert!(seen.insert(link) && seen.insert(stop));
            let kinds = [
                SourceKind::Public,
                SourceKind::BoughtList,
                SourceKind::Colleague,
            ];
            let texts = kinds.map(|kind| {
                origin(
                    language,
                    &Source {
                        kind,
                        ..from.clone()
                    },
                )
            });
            assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2]);
        }
    }
}
