//! Consent: events are only added to, and a contact's columns are their fold.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, id};
use crate::on_both;
use model::consent::CONFIRM_LIFE;
use model::{Consent, ConsentState, CopyId, Language, Sha256, Time, Topic};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::time::Duration;
use store::{Contact, Method, NewAgreement, ShownText};

on_both!(
    r_cons_05_columns_are_the_fold_of_events,
    agreeing_takes_effect_once_confirmed,
    a_confirmation_works_once,
    a_confirmation_comes_too_late,
    a_withdrawal_is_stronger_than_an_older_link,
    a_withdrawal_and_a_confirmation_at_once,
    an_unknown_confirmation_does_nothing,
    texts_are_kept_by_their_digest,
);

/// The digest of the token in a confirmation mail.
const TOKEN: Sha256 = Sha256([9; 32]);

async fn r_cons_05_columns_are_the_fold_of_events(house: House) {
    let topics = proptest::sample::subsequence(Topic::ALL.to_vec(), 1..=4);
    let step = (
        topics,
        proptest::sample::select(ConsentState::ALL.to_vec()),
        0..1_000i64,
    );
    let walk = proptest::collection::vec(step, 1..25);
    // A connection cannot be opened from inside a strategy's closure, so the cases are drawn here.
    let mut runner = TestRunner::deterministic();
    for case in 0..12 {
        let contact = house.contact(&format!("c{case}@example.org")).await;
        let steps = walk.new_tree(&mut runner).unwrap().current();
        for (topics, state, seconds) in &steps {
            let at = NOW + Duration::from_secs(seconds.unsigned_abs());
            house.consent(&contact, topics, *state, at).await;
        }
        let events = house
            .store
            .consent_events(house.workspace, contact.id)
            .await
            .unwrap();
        let fold = events
            .iter()
            .rev()
            .fold(Consent::default(), |c, e| c.after(e.topic, e.state, e.at));
        assert_eq!(
            house.contact_now(contact.id).await.consent,
            fold,
            "{steps:?}"
        );
        assert_eq!(events.len(), steps.iter().map(|s| s.0.len()).sum::<usize>());
        assert!(
            events.windows(2).all(|w| w[0].seq > w[1].seq),
            "newest first"
        );
    }
}

/// A contact who agreed on the page of one of their copies: contact, copy, the request's id.
async fn requested(house: &House, topics: &[Topic]) -> (Contact, CopyId, [u8; 16]) {
    let contact = house.contact("bob@example.org").await;
    let copy = house.copy_for(&contact, model::mode::NOTHING).await;
    let request = agreed_on_page(house, &contact, copy, topics).await;
    (contact, copy, request)
}

/// They agree on the page of this copy; the request's id.
async fn agreed_on_page(
    house: &House,
    contact: &Contact,
    copy: CopyId,
    topics: &[Topic],
) -> [u8; 16] {
    let text = house
        .store
        .consent_text_keep(Language::En, "May we?", "<p>May we?</p>", NOW)
        .await
        .unwrap();
    let request = id();
    let made = house.store.consent_request(
        NewAgreement {
            id: request,
            outbox: id(),
            contact: contact.id,
            copy: Some(copy),
            topics: topics.to_vec(),
            text,
            shown: None,
            method: Method::Page,
        },
        NOW,
    );
    made.await.unwrap();
    request
}

async fn agreeing_takes_effect_once_confirmed(house: House) {
    let (contact, copy, id) = requested(&house, &[Topic::Open, Topic::Details]).await;
    let waiting = house.contact_now(contact.id).await.consent;
    assert_eq!(waiting.open.state, ConsentState::Requested);
    assert_eq!(waiting.click.state, ConsentState::Unknown, "not agreed to");

    let request = house.store.consent_request_find(id).await.unwrap().unwrap();
    assert_eq!(
        (request.contact, request.copy, request.answered_at),
        (contact.id, Some(copy), None)
    );
    assert_eq!(request.topics, [Topic::Open, Topic::Details]);
    assert_eq!(
        (request.text, request.expires_at),
        (Sha256::of("<p>May we?</p>"), NOW + CONFIRM_LIFE)
    );

    // The mail is in the outbox, from nobody, to them.
    let parcels = house.claim(NOW).await;
    let mail = parcels
        .iter()
        .find(|p| p.errand == store::Errand::Confirm { request: id })
        .unwrap();
    assert_eq!(
        (mail.sender.as_str(), mail.recipient.as_str()),
        ("", "bob@example.org")
    );

    assert!(
        house
            .store
            .consent_confirm(id, TOKEN, NOW + MINUTE)
            .await
            .unwrap()
    );
    let given = house.contact_now(contact.id).await.consent;
    let proof = house
        .store
        .consent_proofs(contact.id)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((proof.request.id, proof.token), (id, TOKEN));
    let steps: Vec<_> = proof.events.iter().map(|e| (e.topic, e.state)).collect();
    let (asked, said) = (ConsentState::Requested, ConsentState::Given);
    assert_eq!(
        steps,
        [
            (Topic::Open, asked),
            (Topic::Details, asked),
            (Topic::Open, said),
            (Topic::Details, said)
        ]
    );
    assert!(
        proof
            .events
            .windows(2)
            .all(|e| e[1].entry.previous == e[0].entry.hash)
    );
    assert_eq!(
        given.open,
        model::consent::Standing {
            state: ConsentState::Given,
            since: Some(NOW + MINUTE)
        }
    );
    assert_eq!(given.details.state, ConsentState::Given);
    assert_eq!(given.click.state, ConsentState::Unknown);
    let events = house
        .store
        .consent_events(house.workspace, contact.id)
        .await
        .unwrap();
    assert_eq!(events[0].method, "confirmation");
    assert!(
        house
            .store
            .consent_events(model::WorkspaceId([9; 16]), contact.id)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_confirmation_works_once(house: House) {
    let (contact, _, id) = requested(&house, &Topic::ALL).await;
    assert!(house.store.consent_confirm(id, TOKEN, NOW).await.unwrap());
    house.withdraws(&contact, &Topic::ALL, NOW + MINUTE).await;
    assert!(
        !house
            .store
            .consent_confirm(id, TOKEN, NOW + MINUTE * 2)
            .await
            .unwrap()
    );
    assert_eq!(
        house.contact_now(contact.id).await.consent.open.state,
        ConsentState::Withdrawn
    );
}

async fn a_confirmation_comes_too_late(house: House) {
    let (contact, _, id) = requested(&house, &Topic::ALL).await;
    assert!(
        !house
            .store
            .consent_confirm(id, TOKEN, NOW + CONFIRM_LIFE)
            .await
            .unwrap()
    );
    assert_eq!(
        house.contact_now(contact.id).await.consent.open.state,
        ConsentState::Requested
    );
    let in_time = NOW + CONFIRM_LIFE - Duration::from_millis(1);
    assert!(
        house
            .store
            .consent_confirm(id, TOKEN, in_time)
            .await
            .unwrap()
    );
}

async fn a_withdrawal_is_stronger_than_an_older_link(house: House) {
    let (contact, _, id) = requested(&house, &[Topic::Open, Topic::Click]).await;
    house
        .withdraws(&contact, &[Topic::Open], NOW + MINUTE)
        .await;
    assert!(
        house
            .store
            .consent_confirm(id, TOKEN, NOW + MINUTE * 2)
            .await
            .unwrap(),
        "clicks still stand"
    );
    let consent = house.contact_now(contact.id).await.consent;
    assert_eq!(
        (consent.open.state, consent.click.state),
        (ConsentState::Withdrawn, ConsentState::Given)
    );
}

async fn a_withdrawal_and_a_confirmation_at_once(house: House) {
    for round in 0..10 {
        let contact = house.contact(&format!("r{round}@example.org")).await;
        let copy = house.copy_for(&contact, INDIVIDUAL).await;
        let request = agreed_on_page(&house, &contact, copy, &Topic::ALL).await;
        let (confirming, withdrawing) = (house.store.clone(), house.store.clone());
        let (workspace, who) = (house.workspace, contact.id);
        let confirm =
            tokio::spawn(async move { confirming.consent_confirm(request, TOKEN, NOW).await });
        let withdraw = tokio::spawn(async move {
            let (state, method) = (ConsentState::Withdrawn, Method::Page);
            withdrawing
                .consent_set(workspace, who, &Topic::ALL, state, method, None, NOW)
                .await
        });
        confirm.await.unwrap().unwrap();
        withdraw.await.unwrap().unwrap();
        // Whichever came first, the withdrawal stands.
        assert_eq!(
            house.contact_now(contact.id).await.consent.open.state,
            ConsentState::Withdrawn
        );
    }
}

async fn an_unknown_confirmation_does_nothing(house: House) {
    assert!(
        !house
            .store
            .consent_confirm([7; 16], TOKEN, NOW)
            .await
            .unwrap()
    );
    assert_eq!(
        house.store.consent_request_find([7; 16]).await.unwrap(),
        None
    );
}

async fn texts_are_kept_by_their_digest(house: House) {
    let digest = house
        .store
        .consent_text_keep(Language::De, "Dürfen wir?", "<p>Dürfen wir?</p>", NOW)
        .await
        .unwrap();
    assert_eq!(
        house
            .store
            .consent_text_keep(Language::De, "Dürfen wir?", "<p>Dürfen wir?</p>", Time(0))
            .await
            .unwrap(),
        digest
    );
    assert_eq!(
        house.store.consent_text(digest).await.unwrap(),
        Some(ShownText {
            language: Language::De,
            body: "Dürfen wir?".into(),
            page: "<p>Dürfen wir?</p>".into(),
        })
    );
    assert_eq!(
        house.store.consent_text(Sha256::of("else")).await.unwrap(),
        None
    );
}
