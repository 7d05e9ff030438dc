//! What proves a contact's consents: theirs alone, and it leads to a signed head.

use crate::house::{House, MINUTE, NOW, id};
use crate::on_both;
use model::evidence::Broken;
use model::{ActKind, ConsentState, Language, Sha256, SigningKey, Topic};
use store::{ActFilter, By, Contact, ContactFilter, Method, NewAgreement};

on_both!(
    r_cons_16_evidence_opens_one_contacts_entries_and_no_others,
    r_cons_16_an_erased_contact_has_no_evidence_any_more,
    consents_are_found_by_topic_state_and_text,
);

fn signing() -> SigningKey {
    SigningKey::new(&[7; 32]).unwrap()
}

async fn sign(house: &House) {
    let end = house.store.ledger_end(house.workspace).await.unwrap();
    let signed = end.sign(NOW, &signing());
    let keep = house.store.ledger_head_keep(house.workspace, signed);
    keep.await.unwrap();
}

/// They agree on their page and confirm.
async fn agree(house: &House, contact: &Contact, page: &str) -> [u8; 16] {
    let (store, request) = (&house.store, id());
    let text = store.consent_text_keep(Language::En, "May we?", page, NOW);
    let new = NewAgreement {
        id: request,
        outbox: id(),
        contact: contact.id,
        copy: None,
        topics: vec![Topic::Open],
        text: text.await.unwrap(),
        shown: None,
        method: Method::Page,
    };
    assert!(store.consent_request(new, NOW).await.unwrap());
    store
        .consent_mail_keep(request, "<1@sample.example>", Sha256::of("the mail"))
        .await
        .unwrap();
    let token = Sha256::of(&format!("{request:?}"));
    let confirmed = store.consent_confirm(request, token, NOW + MINUTE).await;
    assert!(confirmed.unwrap());
    request
}

async fn r_cons_16_evidence_opens_one_contacts_entries_and_no_others(house: House) {
    let (ann, bob) = (
        house.contact("ann@example.org").await,
        house.contact("bob@example.org").await,
    );
    agree(&house, &ann, "<p>May we, Ann?</p>").await;
    sign(&house).await;
    agree(&house, &bob, "<p>May we, Bob?</p>").await;
    let withdrawn = ConsentState::Withdrawn;
    let set = house.store.consent_set(
        house.workspace,
        ann.id,
        &[Topic::Open],
        withdrawn,
        Method::Page,
        None,
        NOW + 2 * MINUTE,
    );
    set.await.unwrap();

    // Before the end is signed, the last event is in it and not proven.
    let read = || house.store.consent_evidence(house.workspace, ann.id);
    let early = read().await.unwrap().unwrap().opened;
    let found = early.verify(ann.id, &signing().public()).unwrap_err();
    assert!(matches!(found, Broken::Missing(_)), "{found}");

    let by = By::user(house.user, NOW);
    let note = house
        .store
        .consent_evidence_drawn(house.workspace, ann.id, by);
    note.await.unwrap();
    sign(&house).await;
    let evidence = read().await.unwrap().unwrap();
    evidence.opened.verify(ann.id, &signing().public()).unwrap();
    let states: Vec<_> = evidence
        .opened
        .events
        .iter()
        .map(|placed| placed.event.state)
        .collect();
    assert_eq!(
        states,
        [ConsentState::Requested, ConsentState::Given, withdrawn]
    );
    let texts: Vec<_> = evidence.texts.iter().map(|(_, t, _)| &t.page).collect();
    assert_eq!(texts, ["<p>May we, Ann?</p>"]);
    let [confirmation] = evidence.confirmations.as_slice() else {
        panic!("{:?}", evidence.confirmations)
    };
    assert_eq!(
        confirmation.message_id.as_deref(),
        Some("<1@sample.example>")
    );
    assert_eq!(confirmation.mail_sha256, Some(Sha256::of("the mail")));
    assert_eq!(evidence.proofs.len(), 1);
    let acts = ActFilter {
        kinds: vec![ActKind::EvidenceDrawn],
        limit: 9,
        ..ActFilter::default()
    };
    let acts = house.store.acts(house.workspace, acts).await.unwrap();
    assert_eq!(acts[0].object, format!("contact:{}", ann.id));
    assert_eq!(acts[0].user, Some(house.user));
}

async fn r_cons_16_an_erased_contact_has_no_evidence_any_more(house: House) {
    let ann = house.contact("ann@example.org").await;
    agree(&house, &ann, "<p>May we, Ann?</p>").await;
    let erase = house.store.contact_erase(
        house.workspace,
        ann.id,
        model::ErasedBy::Person,
        None,
        By::operator(NOW),
        id,
    );
    assert!(erase.await.unwrap().is_some());
    let gone = house.store.consent_evidence(house.workspace, ann.id);
    assert!(gone.await.unwrap().is_none());
}

async fn consents_are_found_by_topic_state_and_text(house: House) {
    let ann = house.contact("ann@example.org").await;
    house.contact("bob@example.org").await;
    agree(&house, &ann, "<p>May we, Ann?</p>").await;
    let count = async |topic: Option<Topic>, text: Option<&str>| {
        let filter = ContactFilter {
            state: topic.map(|_| (ConsentState::Given, NOW)),
            topic,
            text: text.map(Sha256::of),
            limit: 9,
            ..ContactFilter::default()
        };
        let found = house.store.contacts(house.workspace, filter);
        found.await.unwrap().len()
    };
    assert_eq!(count(None, None).await, 2);
    assert_eq!(count(Some(Topic::Open), None).await, 1);
    assert_eq!(count(Some(Topic::Click), None).await, 0);
    assert_eq!(count(None, Some("<p>May we, Ann?</p>")).await, 1);
    assert_eq!(count(None, Some("<p>May we?</p>")).await, 0);
}
