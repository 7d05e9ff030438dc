//! The notice of today, and the agreements that it has outgrown: in the decision, when hits are recorded, in a
//! confirmation.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, hit, id};
use crate::on_both;
use model::consent::{ConsentState, Topic};
use model::{Axis, Language, Meaning, Mode, Processor, Sha256};
use std::sync::Arc;
use store::{By, Disclosure, Method, NewAgreement, Store};

on_both!(
    r_cons_13_a_new_purpose_ends_what_was_agreed_to_for_another,
    r_cons_13_a_recipient_more_and_a_longer_retention_are_not_covered,
    r_cons_13_who_agreed_to_the_old_text_does_not_confirm_to_the_new_one,
);

fn disclosure(days: u64, processors: &[&str]) -> Arc<Disclosure> {
    let processor = |name: &&str| Processor::stated(name, "delivers mail", "DE", "").unwrap();
    let mut disclosure = Disclosure {
        processors: processors.iter().map(processor).collect(),
        ..Disclosure::default()
    };
    disclosure.terms.hits = std::time::Duration::from_hours(24 * days);
    Arc::new(disclosure)
}

/// The same database under a server that discloses this; it begins to run now.
async fn server(house: &House, disclosure: Arc<Disclosure>, minutes: u32) -> (Store, Vec<String>) {
    let origin = "https://t.sample.example".parse().unwrap();
    let store = house.store.clone().telling(origin, disclosure);
    let outgrown = store.notices_renew(NOW + minutes * MINUTE).await.unwrap();
    (store, outgrown)
}

/// The house has said who it is, so it may ask.
async fn describe(house: &House) {
    let identity = store::Identity {
        id: model::IdentityId(id()),
        workspace: house.workspace,
        user: house.user,
        address: crate::house::address("ann@sample.example"),
        name: String::new(),
    };
    let made = house.store.identity_create(identity, house.by());
    made.await.unwrap();
    let found = house.store.workspace(house.workspace).await.unwrap();
    let mut workspace = found.unwrap();
    workspace.postal_address = "1 Way\nTown".into();
    let told = house.store.workspace_update(workspace, house.by());
    told.await.unwrap();
}

fn words(text: &str) -> Vec<(Language, String)> {
    Language::ALL
        .map(|language| (language, format!("{text} ({})", language.as_str())))
        .into()
}

async fn r_cons_13_a_new_purpose_ends_what_was_agreed_to_for_another(house: House) {
    describe(&house).await;
    let (store, outgrown) = server(&house, disclosure(90, &[]), 0).await;
    assert!(outgrown.is_empty(), "the first notice outgrows nothing");
    let ann = house.agreed("ann@example.org").await;
    let copy = house.copy_for(&ann, INDIVIDUAL).await;
    let recorded = async |axis: Axis| {
        let one = vec![hit(copy, axis, Meaning::Human, NOW + 9 * MINUTE)];
        store
            .hits_record(one, NOW + 9 * MINUTE)
            .await
            .unwrap()
            .stored
    };
    assert_eq!(
        (recorded(Axis::Open).await, recorded(Axis::Click).await),
        (1, 1)
    );
    assert_eq!(
        store.agreed_to(house.workspace, Topic::Open).await.unwrap(),
        1
    );

    let state = async |texts, minutes| {
        let by = By::user(house.user, NOW + minutes * MINUTE);
        store
            .aims_state(house.workspace, Topic::Open, texts, by)
            .await
            .unwrap()
    };
    assert!(
        state(words("to call in time")[..3].to_vec(), 1)
            .await
            .is_err()
    );
    assert_eq!(recorded(Axis::Open).await, 1, "nothing was stated");
    assert_eq!(state(words("to call in time"), 2).await, Ok(()));

    // In force at once, also for mails already sent; the other topic stays as it was.
    assert_eq!(
        (recorded(Axis::Open).await, recorded(Axis::Click).await),
        (0, 1)
    );
    let allowed = store.copy_allowed(copy, NOW + 9 * MINUTE).await.unwrap();
    assert_eq!(
        (allowed.open, allowed.click),
        (Mode::None, Mode::Individual)
    );
    let alike = store
        .recipients(store_message(&house, copy).await)
        .await
        .unwrap();
    assert_eq!(alike[0].consent.open.state, ConsentState::Outdated);
    let read = async || {
        store
            .contact(house.workspace, ann.id)
            .await
            .unwrap()
            .unwrap()
    };
    let old = read().await.consent;
    assert_eq!(
        old.open.obstacle(NOW + 9 * MINUTE),
        Some(model::Reason::Outdated)
    );
    assert_eq!(old.click.state, ConsentState::Given);
    assert_eq!(
        store.agreed_to(house.workspace, Topic::Open).await.unwrap(),
        0
    );
    assert_eq!(
        store
            .agreed_to(house.workspace, Topic::Click)
            .await
            .unwrap(),
        1
    );

    // Who agrees anew is covered, and the old words bring the old agreements back.
    let bob = house.contact("bob@example.org").await;
    let at = NOW + 3 * MINUTE;
    house.gives(&bob, &[Topic::Open], at).await;
    assert_eq!(
        store.agreed_to(house.workspace, Topic::Open).await.unwrap(),
        1
    );
    assert_eq!(state(Vec::new(), 4).await, Ok(()));
    assert_eq!(read().await.consent.open.state, ConsentState::Given);
    let bob = store
        .contact(house.workspace, bob.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bob.consent.open.state, ConsentState::Outdated);
}

async fn store_message(house: &House, copy: model::CopyId) -> model::MessageId {
    let found = house.store.copy_in_context(copy).await.unwrap();
    found.unwrap().message.id
}

async fn r_cons_13_a_recipient_more_and_a_longer_retention_are_not_covered(house: House) {
    describe(&house).await;
    server(&house, disclosure(90, &["Post AG"]), 0).await;
    let ann = house.agreed("ann@example.org").await;
    let state = async || {
        let contact = house.store.contact(house.workspace, ann.id).await;
        contact.unwrap().unwrap().consent.click.state
    };
    for (minutes, days, processors, expected) in [
        (1, 90, &["Post AG"][..], ConsentState::Given),
        (2, 30, &["Post AG"], ConsentState::Given),
        (3, 91, &["Post AG"], ConsentState::Outdated),
        (
            4,
            90,
            &["Post AG", "Data Broker Ltd"],
            ConsentState::Outdated,
        ),
        (5, 90, &[], ConsentState::Given),
    ] {
        let (_, outgrown) = server(&house, disclosure(days, processors), minutes).await;
        assert_eq!(state().await, expected, "{days} {processors:?}");
        let is_news = expected == ConsentState::Outdated;
        assert_eq!(!outgrown.is_empty(), is_news, "{days} {processors:?}");
    }
    // So is a program that is told of it; without it, all is as before.
    let (store, _) = server(&house, disclosure(90, &[]), 6).await;
    let hook = model::WebhookId(id());
    let new = store::NewWebhook {
        label: "CRM".into(),
        url: "https://crm.example/overt".into(),
        events: Vec::new(),
    };
    let by = || By::user(house.user, NOW + 7 * MINUTE);
    store
        .webhook_create(house.workspace, hook, new, by())
        .await
        .unwrap();
    assert_eq!(state().await, ConsentState::Outdated);
    assert!(
        store
            .webhook_delete(house.workspace, hook, by())
            .await
            .unwrap()
    );
    assert_eq!(state().await, ConsentState::Given);
    // Another name is another controller; the settings go through the same gate.
    let mut workspace = store.workspace(house.workspace).await.unwrap().unwrap();
    workspace.name = "Sample Holding".into();
    let by = By::user(house.user, NOW + 8 * MINUTE);
    store.workspace_update(workspace, by).await.unwrap();
    assert_eq!(state().await, ConsentState::Outdated);
}

async fn r_cons_13_who_agreed_to_the_old_text_does_not_confirm_to_the_new_one(house: House) {
    describe(&house).await;
    let (store, _) = server(&house, disclosure(90, &[]), 0).await;
    let bob = house.contact("bob@example.org").await;
    let text = store.consent_text_keep(Language::En, "May we?", "<p>May we?</p>", NOW);
    let request = id();
    let new = NewAgreement {
        id: request,
        outbox: id(),
        contact: bob.id,
        copy: None,
        topics: vec![Topic::Open, Topic::Click],
        text: text.await.unwrap(),
        shown: None,
        method: Method::Page,
    };
    assert!(store.consent_request(new, NOW).await.unwrap());
    let by = By::user(house.user, NOW + MINUTE);
    let stated = store.aims_state(house.workspace, Topic::Open, words("to call"), by);
    assert_eq!(stated.await.unwrap(), Ok(()));
    let token = Sha256::of("token");
    assert!(
        store
            .consent_confirm(request, token, NOW + 2 * MINUTE)
            .await
            .unwrap()
    );
    let bob = store
        .contact(house.workspace, bob.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bob.consent.open.state, ConsentState::Outdated);
    assert_eq!(bob.consent.click.state, ConsentState::Given);
}
