//! Where contacts come from, what is claimed about them, and who must still be told.

use crate::house::{House, MINUTE, NOW, address, id};
use crate::on_both;
use model::profile::MailConsent;
use model::roll::{Claim, Entry, Evidence};
use model::source::TELL_WITHIN;
use model::{AssessmentId, ConsentState, LegalBasis, Source, SourceKind, Time, Topic};
use std::time::Duration;
use store::{Assessment, Contact, Fresh, MailAgreement, Outcome};

on_both!(
    r_orig_01_who_is_written_to_has_a_source_that_says_just_that,
    r_orig_01_an_entry_says_where_the_address_comes_from,
    r_cons_10_evidence_makes_a_consent_and_an_assertion_does_not,
    r_cons_11_no_reason_to_mail_is_consent_to_track,
    r_cons_10_an_import_never_overrides_what_the_person_decided_since,
    r_orig_05_an_assessment_holds_until_its_review,
    r_orig_06_who_was_not_told_in_time_is_overdue,
);

const DAY: Duration = Duration::from_hours(24);

fn evidence(at: Time) -> Evidence {
    Evidence {
        text: "Newsletter, version 3".into(),
        at,
        method: "web form".into(),
        source: "CRM, entry 7".into(),
        who: "Ann".into(),
    }
}

pub(crate) fn express() -> MailAgreement {
    MailAgreement::shown(MailConsent::Express, &evidence(NOW - DAY))
}

pub(crate) fn entry(at: &str) -> Entry {
    Entry {
        address: address(at),
        name: "Eve".into(),
        country: "DE".parse().ok(),
        language: None,
        business: true,
        source: Source {
            kind: SourceKind::Public,
            place: "directory".into(),
            at: NOW - DAY,
            by: "Ann".into(),
            basis: Some(LegalBasis::LegitimateInterests),
        },
        told_at: None,
        mail: None,
        tracking: None,
    }
}

pub(crate) fn assessment(review_by: Time) -> Assessment {
    Assessment {
        id: AssessmentId(id()),
        title: "Dentists in Berlin".into(),
        purpose: "to offer chairs".into(),
        necessity: "they do not read advertisements".into(),
        balance: "a business address, one mail".into(),
        author: "Ann".into(),
        at: NOW,
        review_by,
    }
}

async fn enter(house: &House, entry: Entry) -> (Contact, bool) {
    let by = house.by();
    let entries = vec![(entry, Fresh::draw(id))];
    let entered = house.store.contacts_enter(house.workspace, entries, &by);
    let (id, made) = entered.await.unwrap()[0];
    let found = house.store.contact(house.workspace, id).await.unwrap();
    (found.unwrap(), made)
}

async fn r_orig_01_who_is_written_to_has_a_source_that_says_just_that(house: House) {
    let source = house.contact("bob@example.org").await.source;
    assert_eq!(source.kind, SourceKind::Written);
    assert_eq!((source.by.as_str(), source.at), ("Ann Sample", NOW));
    assert_eq!((source.place.as_str(), source.basis), ("", None));
}

async fn r_orig_01_an_entry_says_where_the_address_comes_from(house: House) {
    let (eve, made) = enter(&house, entry("eve@example.org")).await;
    assert!(made && eve.business && eve.country == "DE".parse().ok());
    assert_eq!(eve.source, entry("eve@example.org").source);
    // A contact that was only written to learns where it comes from, and stays the same contact.
    let bob = house.contact("bob@example.org").await;
    let (known, made) = enter(&house, entry("Bob@example.org")).await;
    assert!(!made && known.id == bob.id);
    assert_eq!(known.source.kind, SourceKind::Public);
}

async fn r_cons_10_evidence_makes_a_consent_and_an_assertion_does_not(house: House) {
    let both = vec![Topic::Open, Topic::Click];
    let mut shown = entry("eve@example.org");
    shown.tracking = Some(Claim::Shown(both.clone(), evidence(NOW - DAY)));
    shown.mail = Some(Claim::Shown(MailConsent::Express, evidence(NOW - DAY)));
    let (eve, _) = enter(&house, shown).await;
    let open = eve.consent.get(Topic::Open);
    assert_eq!(
        (open.state, open.since),
        (ConsentState::Given, Some(NOW - DAY))
    );
    assert_eq!(
        eve.consent.get(Topic::Document).state,
        ConsentState::Unknown
    );
    assert_eq!(eve.agreement, express());

    let mut asserted = entry("bob@example.org");
    asserted.tracking = Some(Claim::Asserted(both));
    asserted.mail = Some(Claim::Asserted(MailConsent::Express));
    let (bob, _) = enter(&house, asserted).await;
    let open = bob.consent.get(Topic::Open);
    assert_eq!(open.state, ConsentState::Asserted);
    assert_eq!(open.obstacle(NOW), Some(model::Reason::NeverAsked));
    assert!(bob.consent.may_ask(NOW));
    assert_eq!(bob.agreement.consent, MailConsent::None);
}

/// Whatever the reason for which somebody may be mailed, nothing of it lets anybody track them.
async fn r_cons_11_no_reason_to_mail_is_consent_to_track(house: House) {
    let consents = [
        None,
        Some(MailConsent::Express),
        Some(MailConsent::Implied(NOW + DAY)),
    ];
    for kind in SourceKind::ALL
        .iter()
        .filter(|k| **k != SourceKind::Written)
    {
        for basis in LegalBasis::ALL {
            for (n, consent) in consents.iter().enumerate() {
                let mut entry = entry(&format!("{kind}-{basis}-{n}@example.org"));
                (entry.source.kind, entry.source.basis) = (*kind, Some(basis));
                entry.mail = consent.map(|c| Claim::Shown(c, evidence(NOW - DAY)));
                let (contact, _) = enter(&house, entry).await;
                assert_eq!(contact.consent, model::Consent::default());
                assert_eq!(
                    contact.agreement.consent,
                    consent.unwrap_or(MailConsent::None)
                );
            }
        }
    }
}

async fn r_cons_10_an_import_never_overrides_what_the_person_decided_since(house: House) {
    let bob = house.contact("bob@example.org").await;
    house.withdraws(&bob, &[Topic::Open], NOW - DAY).await;
    for claim in [
        Claim::Shown(vec![Topic::Open], evidence(NOW - DAY - DAY)),
        Claim::Asserted(vec![Topic::Open]),
    ] {
        let mut older = entry("bob@example.org");
        older.tracking = Some(claim);
        let (after, _) = enter(&house, older).await;
        assert_eq!(
            after.consent.get(Topic::Open).state,
            ConsentState::Withdrawn
        );
    }
    let mut newer = entry("bob@example.org");
    newer.tracking = Some(Claim::Shown(vec![Topic::Open], evidence(NOW)));
    let (after, _) = enter(&house, newer).await;
    assert_eq!(after.consent.get(Topic::Open).state, ConsentState::Given);
}

async fn r_orig_05_an_assessment_holds_until_its_review(house: House) {
    let (store, workspace) = (&house.store, house.workspace);
    let found = |named, at| store.assessment_in_force(workspace, named, at);
    assert_eq!(found(None, NOW).await.unwrap(), None);
    let (short, long) = (assessment(NOW + DAY), assessment(NOW + DAY + DAY));
    for a in [&short, &long] {
        let kept = store.assessment_keep(workspace, a.clone(), house.by());
        kept.await.unwrap();
    }
    assert_eq!(found(None, NOW).await.unwrap(), Some(long.id));
    assert_eq!(found(Some(short.id), NOW).await.unwrap(), Some(short.id));
    assert_eq!(found(Some(short.id), NOW + DAY).await.unwrap(), None);
    assert_eq!(found(None, NOW + DAY + DAY).await.unwrap(), None);
    let stranger = Some(AssessmentId([9; 16]));
    assert_eq!(found(stranger, NOW).await.unwrap(), None);
    assert_eq!(store.assessments(workspace).await.unwrap(), [long, short]);
}

async fn r_orig_06_who_was_not_told_in_time_is_overdue(house: House) {
    let (eve, _) = enter(&house, entry("eve@example.org")).await;
    let mut customer = entry("cem@example.org");
    customer.source.kind = SourceKind::Customer;
    enter(&house, customer).await;
    house.contact("bob@example.org").await;
    let mut told = entry("told@example.org");
    told.told_at = Some(NOW);
    enter(&house, told).await;

    let untold = house
        .store
        .contacts_untold(house.workspace, 10)
        .await
        .unwrap();
    let [only] = untold.as_slice() else {
        panic!("{untold:?}")
    };
    assert_eq!(
        (only.contact.id, only.tell_by),
        (eve.id, NOW - DAY + TELL_WITHIN)
    );
    let erase = |at| house.store.contacts_erase_untold(id, at);
    assert_eq!(erase(only.tell_by).await.unwrap(), 0, "not before the time");
    let late = only.tell_by + MINUTE;

    // A mail that told them stops the clock.
    let copy = house.copy_for(&eve, crate::house::INDIVIDUAL).await;
    let parcels = house.claim(NOW).await;
    let parcel = parcels
        .into_iter()
        .find(|p| matches!(p.errand, store::Errand::Copy { copy: c, .. } if c == copy));
    let sent = Outcome::Sent {
        answer: "250 ok".into(),
        carried: store::Carried {
            told: true,
            ..store::Carried::default()
        },
        report: None,
    };
    house.finish(parcel.unwrap(), sent, NOW).await;
    assert_eq!(erase(late).await.unwrap(), 0);
    let eve = house.contact_now(eve.id).await;
    assert_eq!(eve.told_at, Some(NOW));
    // Nobody told Ida: she goes, and the others stay.
    let (ida, _) = enter(&house, entry("ida@example.org")).await;
    assert_eq!(erase(late).await.unwrap(), 1);
    assert_eq!(
        house.store.contact(house.workspace, ida.id).await.unwrap(),
        None
    );
    assert_eq!(erase(late).await.unwrap(), 0);
    assert!(
        house
            .store
            .contact(house.workspace, eve.id)
            .await
            .unwrap()
            .is_some()
    );
}
