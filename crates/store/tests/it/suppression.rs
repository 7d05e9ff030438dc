//! The list of those who get no advertising, and what unsubscribing ends.

use crate::house::{DETAILED, House, INDIVIDUAL, MINUTE, NOW, address};
use crate::on_both;
use model::profile::MailConsent;
use model::{ConsentState, Reason, SuppressionCause, SuppressionKey, SuppressionMark, Topic};
use store::{Outcome, Refused};

on_both!(
    r_msg_05_a_mark_names_nobody_and_only_the_person_takes_it_off,
    r_msg_05_who_was_erased_and_comes_back_is_still_on_the_list,
    r_with_05_unsubscribing_withdraws_everything_and_ends_consent_to_mail,
    r_with_05_withdrawing_does_not_unsubscribe,
    r_msg_01_unsubscribing_twice_is_unsubscribing_once,
    a_refused_copy_is_on_record_and_bounced_and_stops_nobody_else,
    a_copy_that_the_rules_stopped_on_its_way_says_why,
);

pub(crate) fn mark(house: &House, at: &str) -> SuppressionMark {
    SuppressionKey::new(&[8; 32]).mark(house.workspace, &address(at))
}

async fn listed(house: &House, at: &str) -> Option<SuppressionCause> {
    let found = house
        .store
        .suppressed(house.workspace, vec![mark(house, at)]);
    found.await.unwrap()[0].map(|s| s.cause)
}

async fn unsubscribe(house: &House, contact: &store::Contact, cause: SuppressionCause) {
    let mark = mark(house, contact.address.as_str());
    let done = house
        .store
        .unsubscribe(house.workspace, contact.id, mark, cause, NOW + MINUTE);
    done.await.unwrap();
}

async fn r_msg_05_a_mark_names_nobody_and_only_the_person_takes_it_off(house: House) {
    let (workspace, store) = (house.workspace, &house.store);
    let bob = mark(&house, "Bob@Example.org");
    store
        .suppress_noted(workspace, bob, None, house.by())
        .await
        .unwrap();
    let others = [
        mark(&house, "ann@example.org"),
        bob,
        mark(&house, "bob@example.com"),
    ];
    let found = store.suppressed(workspace, others.to_vec()).await.unwrap();
    assert_eq!(
        found.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true, false]
    );
    assert_eq!(
        listed(&house, "bob@example.org").await,
        Some(SuppressionCause::Noted)
    );
    let elsewhere = store
        .suppressed(model::WorkspaceId([9; 16]), vec![bob])
        .await;
    assert_eq!(elsewhere.unwrap(), [None]);
    assert_eq!(store.suppression_size(workspace).await.unwrap(), 1);
    let readable = house
        .number("select count(*) from suppression where mark is null or length(mark) <> 32")
        .await;
    assert_eq!(readable, 0);
    store.unsuppress(workspace, bob).await.unwrap();
    assert_eq!(listed(&house, "bob@example.org").await, None);
}

async fn r_msg_05_who_was_erased_and_comes_back_is_still_on_the_list(house: House) {
    let bob = house.agreed("bob@example.org").await;
    unsubscribe(&house, &bob, SuppressionCause::Objected).await;
    let (by, on) = (house.by(), model::ErasedBy::Person);
    let erased = house
        .store
        .contact_erase(house.workspace, bob.id, on, None, by, crate::house::id);
    assert!(erased.await.unwrap().is_some());
    let entry = (
        crate::origin::entry("BOB@example.org"),
        store::Fresh::draw(crate::house::id),
    );
    let by = house.by();
    let entered = house
        .store
        .contacts_enter(house.workspace, vec![entry], &by);
    assert_ne!(entered.await.unwrap()[0].0, bob.id);
    let cause = listed(&house, "bob@example.org").await;
    assert_eq!(cause, Some(SuppressionCause::Objected));
}

async fn r_with_05_unsubscribing_withdraws_everything_and_ends_consent_to_mail(house: House) {
    let ann = house.agreed("ann@example.org").await;
    let bob = house.agreed("bob@example.org").await;
    let express = crate::origin::express();
    let set = house
        .store
        .contact_set_agreement(house.workspace, bob.id, express, house.by());
    assert!(set.await.unwrap());
    unsubscribe(&house, &bob, SuppressionCause::Unsubscribed).await;
    let after = house.contact_now(bob.id).await;
    for topic in Topic::ALL {
        assert_eq!(after.consent.get(topic).state, ConsentState::Withdrawn);
    }
    assert_eq!(after.agreement.consent, MailConsent::None);
    assert!(!after.consent.may_ask(NOW + MINUTE));
    let events = house
        .store
        .consent_events(house.workspace, bob.id)
        .await
        .unwrap();
    assert_eq!(events[0].method, "unsubscribe");
    // Another contact is nobody's business.
    let ann = house.store.contact(house.workspace, ann.id).await.unwrap();
    let state = ann.unwrap().consent.get(Topic::Open).state;
    assert_eq!(state, ConsentState::Given);
}

async fn r_with_05_withdrawing_does_not_unsubscribe(house: House) {
    let bob = house.agreed("bob@example.org").await;
    house.withdraws(&bob, &Topic::ALL, NOW + MINUTE).await;
    assert_eq!(listed(&house, "bob@example.org").await, None);
    assert_eq!(
        house.store.suppression_size(house.workspace).await.unwrap(),
        0
    );
}

async fn r_msg_01_unsubscribing_twice_is_unsubscribing_once(house: House) {
    let bob = house.agreed("bob@example.org").await;
    unsubscribe(&house, &bob, SuppressionCause::Unsubscribed).await;
    let events = house
        .store
        .consent_events(house.workspace, bob.id)
        .await
        .unwrap();
    unsubscribe(&house, &bob, SuppressionCause::Objected).await;
    let again = house
        .store
        .consent_events(house.workspace, bob.id)
        .await
        .unwrap();
    assert_eq!(events, again);
    let cause = listed(&house, "bob@example.org").await;
    assert_eq!(
        cause,
        Some(SuppressionCause::Unsubscribed),
        "the first stays"
    );
}

async fn a_refused_copy_is_on_record_and_bounced_and_stops_nobody_else(house: House) {
    let (bob, cem) = (
        house.contact("bob@example.org").await,
        house.contact("cem@example.org").await,
    );
    let mut draft = house.draft(&[&bob, &cem], INDIVIDUAL, NOW);
    let reason = Reason::Unsubscribed;
    let report = Some([3; 16]);
    draft.copies[0].refusal = Some(Refused { reason, report });
    let (message, copies) = house.accept(draft).await;
    let stored = house.store.copies(message, 10).await.unwrap();
    assert_eq!(
        (stored[0].refusal, stored[0].state, stored[1].refusal),
        (Some(reason), store::CopyState::Bounced, None)
    );
    assert!(
        stored[0]
            .answer
            .as_deref()
            .unwrap()
            .starts_with("550 5.7.1 ")
    );
    let parcels = house.claim(NOW).await;
    let errands: Vec<_> = parcels
        .iter()
        .map(|p| (p.errand.clone(), p.recipient.as_str()))
        .collect();
    let copy = store::Errand::Copy {
        copy: copies[1],
        message,
    };
    let action = "failed".to_owned();
    let report = store::Errand::Report {
        copy: copies[0],
        message,
        action,
    };
    assert_eq!(errands.len(), 2);
    assert!(errands.contains(&(copy, "cem@example.org")), "{errands:?}");
    assert!(
        errands.contains(&(report, "ann@sample.example")),
        "{errands:?}"
    );
}

async fn a_copy_that_the_rules_stopped_on_its_way_says_why(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, DETAILED).await;
    let parcels = house.claim(NOW).await;
    let outcome = Outcome::Bounced {
        answer: Refused::answer(Reason::Unsubscribed),
        report: None,
        refusal: Some(Reason::Unsubscribed),
    };
    house.finish(parcels[0].clone(), outcome, NOW).await;
    let around = house.store.copy_in_context(copy).await.unwrap().unwrap();
    assert_eq!(around.copy.refusal, Some(Reason::Unsubscribed));
}
