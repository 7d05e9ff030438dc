//! What comes in on forms, whoever it is of.

use crate::house::{House, MINUTE, NOW, address, id};
use crate::on_both;
use model::consent::CONFIRM_LIFE;
use model::{ConsentState, EmailAddress, Language, Sha256, SuppressionCause, Topic};
use store::{By, Errand, Method, NewIntake};

on_both!(
    r_cons_07_what_comes_in_on_a_form_is_asked_to_be_confirmed,
    r_cons_10_a_form_tells_nobody_who_is_known,
    r_cons_10_who_wants_no_mail_gets_none_and_nobody_gets_many,
    r_ret_02_who_never_confirmed_a_form_goes,
);

fn mark(of: &EmailAddress) -> model::SuppressionMark {
    model::SuppressionMark(Sha256::of(of.as_str()).0)
}

async fn came(house: &House, at: &str) -> [u8; 16] {
    let store = &house.store;
    let text = store.consent_text_keep(Language::De, "Dürfen wir?", "<p>Dürfen wir?</p>", NOW);
    let (request, address) = (id(), address(at));
    let new = NewIntake {
        id: request,
        outbox: id(),
        workspace: house.workspace,
        mark: mark(&address),
        address,
        language: Language::De,
        topics: vec![Topic::Open, Topic::Click],
        text: text.await.unwrap(),
        shown: None,
        method: Method::Form,
        place: "https://www.sample.example/news".into(),
        by: "Newsletter".into(),
    };
    store.intake(new, NOW).await.unwrap();
    request
}

async fn confirmations(house: &House) -> usize {
    let claim = house.store.outbox_claim(id(), NOW, MINUTE, 99);
    let parcels = claim.await.unwrap();
    let mails = parcels
        .iter()
        .filter(|p| matches!(p.errand, Errand::Confirm { .. }));
    mails.count()
}

async fn r_cons_07_what_comes_in_on_a_form_is_asked_to_be_confirmed(house: House) {
    let (store, ann) = (&house.store, address("ann@example.org"));
    let request = came(&house, "ann@example.org").await;
    let known = || store.contact_by_address(house.workspace, &ann);
    assert!(known().await.unwrap().is_none(), "written down, no more");
    assert_eq!(store.intakes_take(id, NOW).await.unwrap(), 1);
    let contact = known().await.unwrap().unwrap();
    assert_eq!(contact.consent.open.state, ConsentState::Requested);
    assert_eq!(contact.language, Some(Language::De));
    assert_eq!(contact.source.place, "https://www.sample.example/news");
    assert_eq!(confirmations(&house).await, 1);
    let token = Sha256::of("token");
    assert!(store.consent_confirm(request, token, NOW).await.unwrap());
    let given = known().await.unwrap().unwrap().consent;
    assert_eq!(given.click.state, ConsentState::Given);
    assert_eq!(given.document.state, ConsentState::Unknown);
    let proof = store.consent_proofs(contact.id).await.unwrap().remove(0);
    assert_eq!(proof.events.len(), 4);
}

async fn r_cons_10_a_form_tells_nobody_who_is_known(house: House) {
    house.contact("ann@example.org").await;
    let rows = async |table: &str| house.number(&format!("select count(*) from {table}")).await;
    let tables = ["contact", "consent_request", "outbox", "consent_event"];
    let mut before = Vec::new();
    for table in tables {
        before.push(rows(table).await);
    }
    for at in ["ann@example.org", "nobody@example.org"] {
        came(&house, at).await;
    }
    for (table, before) in tables.iter().zip(before) {
        assert_eq!(rows(table).await, before, "{table}");
    }
    assert_eq!(rows("intake").await, 2);
}

async fn r_cons_10_who_wants_no_mail_gets_none_and_nobody_gets_many(house: House) {
    let (store, eve) = (&house.store, address("eve@example.org"));
    let cause = SuppressionCause::Objected;
    let listed = store.suppress(house.workspace, mark(&eve), cause, NOW);
    listed.await.unwrap();
    came(&house, "eve@example.org").await;
    let bob = house.contact("bob@example.org").await;
    let by = By::operator(NOW);
    let restrict = store.contact_restrict(house.workspace, bob.id, true, by);
    assert!(restrict.await.unwrap());
    came(&house, "bob@example.org").await;
    for _ in 0..6 {
        came(&house, "ann@example.org").await;
        assert!(store.intakes_take(id, NOW).await.unwrap() > 0);
    }
    assert_eq!(store.intakes_take(id, NOW).await.unwrap(), 0);
    let known = store.contact_by_address(house.workspace, &eve);
    assert!(known.await.unwrap().is_none());
    assert_eq!(confirmations(&house).await, 3);
}

async fn r_ret_02_who_never_confirmed_a_form_goes(house: House) {
    let store = &house.store;
    for at in ["ann@example.org", "bob@example.org", "eve@example.org"] {
        came(&house, at).await;
    }
    let confirmed = came(&house, "dan@example.org").await;
    store.intakes_take(id, NOW).await.unwrap();
    let token = Sha256::of("token");
    assert!(store.consent_confirm(confirmed, token, NOW).await.unwrap());
    // Somebody wrote to Bob; somebody here entered Eve.
    let bob = house.contact("bob@example.org").await;
    house.copy_for(&bob, model::mode::NOTHING).await;
    let entry = (
        crate::origin::entry("eve@example.org"),
        store::Fresh::draw(id),
    );
    let by = house.by();
    let entered = store.contacts_enter(house.workspace, vec![entry], &by);
    entered.await.unwrap();
    let week = NOW + CONFIRM_LIFE;
    assert_eq!(store.contacts_erase_unconfirmed(id, week).await.unwrap(), 0);
    let over = week + MINUTE;
    assert_eq!(store.contacts_erase_unconfirmed(id, over).await.unwrap(), 1);
    let ann = address("ann@example.org");
    let ann = store.contact_by_address(house.workspace, &ann);
    assert!(ann.await.unwrap().is_none());
    assert_eq!(house.number("select count(*) from contact").await, 3);
}
