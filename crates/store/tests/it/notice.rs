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
    r_cons_13_the_same_organisation_and_the_same_recipient_may_be_called_otherwise,
    r_cons_13_a_server_says_before_it_starts_whose_agreement_would_end,
    r_cons_13_r_cons_14_lists_show_as_given_what_counts_today,
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
async fn server(
    house: &House,
    disclosure: Arc<Disclosure>,
    minutes: u32,
) -> (Store, Vec<(String, u64)>) {
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
        store
            .agreed_to(house.workspace, &[Topic::Open], NOW)
            .await
            .unwrap(),
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
        store
            .agreed_to(house.workspace, &[Topic::Open], NOW)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store
            .agreed_to(house.workspace, &[Topic::Click], NOW)
            .await
            .unwrap(),
        1
    );

    // Who agrees anew is covered, and the old words bring the old agreements back.
    let bob = house.contact("bob@example.org").await;
    let at = NOW + 3 * MINUTE;
    house.gives(&bob, &[Topic::Open], at).await;
    assert_eq!(
        store
            .agreed_to(house.workspace, &[Topic::Open], NOW)
            .await
            .unwrap(),
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
        // What counted for nothing already loses nothing more.
        let is_news = minutes == 3;
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
    // So is another organisation that takes over; the settings go through the same gate.
    let mut workspace = store.workspace(house.workspace).await.unwrap().unwrap();
    workspace.name = "Sample Holding".into();
    workspace.identity = "Sample Holding".into();
    let by = By::user(house.user, NOW + 8 * MINUTE);
    store.workspace_update(workspace, by).await.unwrap();
    assert_eq!(state().await, ConsentState::Outdated);
}

async fn r_cons_13_the_same_organisation_and_the_same_recipient_may_be_called_otherwise(
    house: House,
) {
    describe(&house).await;
    let (store, _) = server(&house, disclosure(90, &[]), 0).await;
    let (hook, by) = (model::WebhookId(id()), |minutes| {
        By::user(house.user, NOW + minutes * MINUTE)
    });
    let at = |host: &str| store::NewWebhook {
        label: "CRM".into(),
        url: format!("https://{host}/overt"),
        events: Vec::new(),
    };
    let made = store.webhook_create(house.workspace, hook, at("crm.example"), by(0));
    made.await.unwrap();
    let ann = house.contact("ann@example.org").await;
    let at_once = NOW + MINUTE;
    house
        .consent(&ann, &Topic::ALL, ConsentState::Given, at_once)
        .await;
    let state = async || {
        let contact = store.contact(house.workspace, ann.id).await;
        contact.unwrap().unwrap().consent.click.state
    };
    let texts = async || house.number("select count(*) from notice").await;
    let before = texts().await;

    // Another name, another machine of theirs, another one of ours: new texts, the same agreement.
    let mut workspace = store.workspace(house.workspace).await.unwrap().unwrap();
    assert_eq!(workspace.identity, workspace.name);
    workspace.name = "Sample Group".into();
    store.workspace_update(workspace, by(2)).await.unwrap();
    assert_eq!(
        (state().await, texts().await),
        (ConsentState::Given, before + 1)
    );
    let change = |host, same, minutes| {
        store.webhook_change(house.workspace, hook, at(host), same, by(minutes))
    };
    assert!(change("crm2.example", true, 3).await.unwrap());
    assert_eq!(
        (state().await, texts().await),
        (ConsentState::Given, before + 2)
    );
    let moved = "https://track.sample.example".parse().unwrap();
    let elsewhere = house.store.clone().telling(moved, disclosure(90, &[]));
    let outgrown = elsewhere.notices_renew(NOW + 4 * MINUTE).await.unwrap();
    assert_eq!(outgrown, []);
    assert_eq!(
        (state().await, texts().await),
        (ConsentState::Given, before + 3)
    );

    // Somebody else behind the new address.
    assert!(change("broker.example", false, 5).await.unwrap());
    assert_eq!(state().await, ConsentState::Outdated);
    assert!(change("crm.example", false, 6).await.unwrap());
    assert_eq!(state().await, ConsentState::Given, "back where it was");
}

async fn r_cons_13_a_server_says_before_it_starts_whose_agreement_would_end(house: House) {
    describe(&house).await;
    server(&house, disclosure(90, &[]), 0).await;
    house.agreed("ann@example.org").await;
    house.agreed("bob@example.org").await;
    house.contact("eve@example.org").await;
    let origin = || "https://t.sample.example".parse().unwrap();
    let longer = house.store.clone().telling(origin(), disclosure(180, &[]));
    let later = NOW + MINUTE;
    let before = house.number("select count(*) from notice").await;
    let foreseen = longer.notices_foresee(later).await.unwrap();
    assert_eq!(foreseen, [("Sample Ltd".to_owned(), 2)]);
    assert_eq!(house.number("select count(*) from notice").await, before);
    assert_eq!(longer.notices_renew(later).await.unwrap(), foreseen);
    assert_eq!(longer.notices_foresee(later).await.unwrap(), []);
    let shorter = house.store.clone().telling(origin(), disclosure(30, &[]));
    assert_eq!(shorter.notices_foresee(later).await.unwrap(), []);
}

async fn r_cons_13_r_cons_14_lists_show_as_given_what_counts_today(house: House) {
    use ConsentState::{Expired, Given, Outdated, Requested, Withdrawn};
    const DAY: std::time::Duration = std::time::Duration::from_hours(24);
    describe(&house).await;
    let (store, _) = server(&house, disclosure(90, &[]), 0).await;
    for (name, state) in [
        ("old", Given),
        ("asked", Requested),
        ("back", Withdrawn),
        ("ran", Expired),
    ] {
        let contact = house.contact(&format!("{name}@example.org")).await;
        house.consent(&contact, &[Topic::Open], state, NOW).await;
    }
    // A year later the notice says more; somebody agrees to that.
    let year = NOW + 365 * DAY;
    let by = By::user(house.user, year);
    let stated = store.aims_state(house.workspace, Topic::Open, words("to call"), by);
    assert_eq!(stated.await.unwrap(), Ok(()));
    let new = house.contact("new@example.org").await;
    house.consent(&new, &[Topic::Open], Given, year).await;

    // What the lists say is what each row says of itself.
    for now in [year, year + 729 * DAY, year + 730 * DAY] {
        let all = store::ContactFilter {
            limit: 9,
            ..store::ContactFilter::default()
        };
        let all = store.contacts(house.workspace, all).await.unwrap();
        for state in ConsentState::ALL {
            let filter = store::ContactFilter {
                topic: Some(Topic::Open),
                state: Some((state, now)),
                limit: 9,
                ..store::ContactFilter::default()
            };
            let listed = store.contacts(house.workspace, filter).await.unwrap();
            let is = |contact: &&store::Contact| contact.consent.open.at(now) == state;
            let expected: Vec<_> = all.iter().filter(is).cloned().collect();
            assert_eq!(listed, expected, "{state:?} at {now}");
        }
    }
    let given = async |state, now| {
        let filter = store::ContactFilter {
            state: Some((state, now)),
            limit: 9,
            ..store::ContactFilter::default()
        };
        store.contacts(house.workspace, filter).await.unwrap().len()
    };
    assert_eq!(
        (given(Given, year).await, given(Outdated, year).await),
        (1, 2)
    );
    let ends = async |now| {
        let found = store.consents_expiring(house.workspace, now, 60 * DAY, 9);
        let found = found.await.unwrap().into_iter();
        found.map(|e| e.address).collect::<Vec<_>>()
    };
    // The old agreement would end now, did it count.
    assert_eq!(ends(NOW + 700 * DAY).await, Vec::<String>::new());
    assert_eq!(ends(year + 700 * DAY).await, ["new@example.org"]);
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
