use super::*;
use crate::class::MessageClass::{
    Cold, Correspondence, Marketing, RequestedNewsletter, Transactional,
};
use crate::source::LegalBasis;
use std::time::Duration;

const NOW: Time = Time(1_795_294_080_000);
const DAY: Duration = Duration::from_hours(24);

fn source(kind: SourceKind) -> Source {
    Source {
        kind,
        place: "a directory".into(),
        at: NOW - DAY,
        by: "Ann Lee".into(),
        basis: Some(LegalBasis::LegitimateInterests),
    }
}

fn person<'a>(country: &str, source: &'a Source) -> Addressee<'a> {
    Addressee {
        country: country.parse().ok(),
        business: false,
        tags: LegalTags::NONE,
        source,
        told_at: None,
        mail_consent: MailConsent::None,
        suppressed: false,
    }
}

fn mail(class: MessageClass) -> Occasion {
    Occasion {
        class,
        assessed: true,
        has_postal_address: true,
        has_place: true,
        now: NOW,
    }
}

fn profiles(home: &str) -> Profiles {
    Profiles::new(&[], &[home]).unwrap()
}

#[test]
fn r_msg_02_advertising_reaches_nobody_who_stopped_it_and_letters_do() {
    for kind in SourceKind::ALL {
        let source = source(kind);
        let to = Addressee {
            suppressed: true,
            mail_consent: MailConsent::Express,
            ..person("US", &source)
        };
        for class in MessageClass::ALL {
            let may = duties(&profiles("us-notice"), &mail(class), &to);
            match class {
                Correspondence | Transactional => assert!(may.is_ok(), "{class}"),
                _ => assert_eq!(may, Err(Reason::Unsubscribed), "{class}"),
            }
        }
    }
}

#[test]
fn r_orig_04_a_first_mail_needs_what_the_law_of_the_country_says() {
    let public = source(SourceKind::Public);
    let implied = |until| MailConsent::Implied(until);
    let (none, express) = (MailConsent::None, MailConsent::Express);
    let refused = Err(Reason::NoMailConsent);
    // profile at home, country, of a company, consent, outcome
    let table = [
        ("de", "DE", false, none, refused),
        ("de", "DE", true, none, refused),
        ("de", "DE", false, implied(NOW + DAY), refused),
        ("de", "DE", false, express, Ok(())),
        ("eu", "ES", true, none, refused),
        ("ca", "CA", false, none, refused),
        ("ca", "CA", false, implied(NOW + DAY), Ok(())),
        ("ca", "CA", false, implied(NOW), refused),
        ("ca", "CA", false, express, Ok(())),
        ("us-notice", "US", false, none, Ok(())),
        ("us-notice", "DE", false, none, refused),
        ("us-notice", "", false, none, refused),
        ("de", "US", false, none, refused),
    ];
    for (home, country, business, mail_consent, outcome) in table {
        let to = Addressee {
            business,
            mail_consent,
            ..person(country, &public)
        };
        let may = duties(&profiles(home), &mail(Cold), &to).map(|_| ());
        assert_eq!(may, outcome, "{home} → {country} {mail_consent:?}");
    }
}

#[test]
fn r_orig_04_what_it_is_called_does_not_make_it_wanted() {
    for class in [Marketing, RequestedNewsletter, Cold] {
        let public = source(SourceKind::Public);
        let to = person("DE", &public);
        assert_eq!(class_for(class, &to, NOW), Cold);
        assert_eq!(
            duties(&profiles("de"), &mail(class), &to),
            Err(Reason::NoMailConsent)
        );
    }
    let customer = source(SourceKind::Customer);
    let to = person("DE", &customer);
    assert_eq!(class_for(Marketing, &to, NOW), Marketing);
    assert!(duties(&profiles("de"), &mail(Marketing), &to).is_ok());
}

#[test]
fn r_orig_05_cold_mail_needs_an_assessment_unless_they_agreed() {
    let public = source(SourceKind::Public);
    let unassessed = Occasion {
        assessed: false,
        ..mail(Cold)
    };
    let to = person("US", &public);
    let rules = profiles("us-notice");
    assert_eq!(duties(&rules, &unassessed, &to), Err(Reason::NoAssessment));
    assert!(duties(&rules, &mail(Cold), &to).is_ok());
    let agreed = Addressee {
        mail_consent: MailConsent::Express,
        ..to
    };
    assert!(duties(&rules, &unassessed, &agreed).is_ok());
}

#[test]
fn r_orig_02_the_first_mail_says_where_the_address_comes_from() {
    let rules = profiles("us-notice");
    for kind in SourceKind::ALL {
        let source = source(kind);
        let to = person("US", &source);
        let first = duties(&rules, &mail(Cold), &to);
        match kind {
            SourceKind::Written => assert_eq!(first, Err(Reason::NoSource)),
            SourceKind::Person | SourceKind::Customer => {
                assert!(!first.unwrap().tells_source(), "{kind}");
            }
            _ => {
                let first = first.unwrap();
                for statement in [Statement::Art14, Statement::Objection] {
                    assert!(first.says.contains(&statement), "{kind} {statement}");
                }
                assert!(first.tells_source());
                let told = Addressee {
                    told_at: Some(NOW - DAY),
                    ..to
                };
                let second = duties(&rules, &mail(Cold), &told).unwrap();
                assert!(!second.tells_source() && second.says.contains(&Statement::Unsubscribe));
            }
        }
    }
}

#[test]
fn r_msg_03_what_the_law_wants_said_is_said_or_nothing_is_sent() {
    let customer = source(SourceKind::Customer);
    for (home, country, wants_postal) in [
        ("us-notice", "US", true),
        ("ca", "CA", true),
        ("de", "DE", true),
        ("eu", "ES", false),
        ("eu", "", true), // not known where: whatever any of them wants
    ] {
        for class in [Marketing, RequestedNewsletter] {
            let without = Occasion {
                has_postal_address: false,
                ..mail(class)
            };
            let to = person(country, &customer);
            let may = duties(&profiles(home), &without, &to);
            if wants_postal {
                assert_eq!(may, Err(Reason::NoPostalAddress), "{home} {country}");
            } else {
                let says = may.unwrap().says;
                assert!(says.contains(&Statement::SenderIdentity));
                assert!(says.contains(&Statement::Unsubscribe));
            }
            let no_place = Occasion {
                has_place: false,
                ..mail(class)
            };
            assert_eq!(
                duties(&profiles(home), &no_place, &to),
                Err(Reason::NoPlaceForDuties)
            );
        }
        // A letter has no such duties, signed or not.
        let letter = Occasion {
            has_place: false,
            has_postal_address: false,
            assessed: false,
            ..mail(Correspondence)
        };
        let may = duties(&profiles(home), &letter, &person(country, &customer)).unwrap();
        assert!(may.says.is_empty() && may.class == Correspondence);
    }
}
