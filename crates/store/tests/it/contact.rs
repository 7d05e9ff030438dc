//! Contacts: one for each address, found by what a person would type.

use crate::house::{House, NOW, address, id, written};
use crate::on_both;
use model::{ConsentState, ContactId, Topic};
use std::collections::BTreeSet;
use store::ContactFilter;

on_both!(
    one_address_is_one_contact,
    two_mails_to_the_same_strangers_make_them_once,
    search_takes_every_sign_for_itself,
    pages_together_are_the_list,
    states_are_found_on_any_topic,
    a_note_to_ask,
);

async fn named(house: &House, at: &str, name: &str) -> ContactId {
    let (fresh, at) = (store::Fresh::draw(id), address(at));
    let made =
        house
            .store
            .contact_find_or_create(house.workspace, &at, name, written(), fresh, NOW);
    made.await.unwrap().id
}

async fn found(house: &House, search: &str) -> Vec<String> {
    let filter = ContactFilter {
        search: Some(search.into()),
        limit: 100,
        ..ContactFilter::default()
    };
    let contacts = house.store.contacts(house.workspace, filter).await.unwrap();
    contacts.iter().map(|c| c.address.to_string()).collect()
}

async fn one_address_is_one_contact(house: House) {
    let first = named(&house, "Bob@Example.org", "Bob").await;
    let bob = address("bob@example.ORG");
    let again = house.store.contact_find_or_create(
        house.workspace,
        &bob,
        "Robert",
        model::Source::written("Somebody else", NOW),
        store::Fresh::draw(id),
        NOW + crate::house::MINUTE,
    );
    let again = again.await.unwrap();
    assert_eq!(
        (again.id, again.name.as_str(), again.source.by.as_str()),
        (first, "Bob", "Ann Sample")
    );
    assert_eq!(again.created_at, NOW);
    assert_eq!(again.consent.summary(NOW), ConsentState::Unknown);
    assert_eq!(
        house.store.contact(house.workspace, first).await.unwrap(),
        Some(again)
    );
    assert_eq!(
        house
            .store
            .contact(model::WorkspaceId(id()), first)
            .await
            .unwrap(),
        None
    );
}

async fn two_mails_to_the_same_strangers_make_them_once(house: House) {
    let people = |reverse: bool| {
        let mut list: Vec<_> = (0..40)
            .map(|n| {
                (
                    address(&format!("p{n}@example.org")),
                    String::new(),
                    store::Fresh::draw(id),
                )
            })
            .collect();
        if reverse {
            list.reverse();
        }
        list
    };
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let (store, workspace, list) =
                (house.store.clone(), house.workspace, people(n % 2 == 0));
            let user = house.user;
            tokio::spawn(async move {
                let wanted: Vec<_> = list.iter().map(|p| p.0.clone()).collect();
                let made = store.recipients_make(workspace, user, list, written(), NOW);
                let ids = made.await.unwrap().expect("an account in use");
                let grounds = store.grounds(workspace, user, ids.clone()).await.unwrap();
                let got: Vec<_> = grounds
                    .contacts
                    .into_iter()
                    .map(|c| c.unwrap().address)
                    .collect();
                assert_eq!(got, wanted, "the order of the envelope");
                ids.into_iter().collect::<BTreeSet<_>>()
            })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for task in tasks {
        ids.extend(task.await.unwrap());
    }
    assert_eq!(ids.len(), 40);
}

async fn search_takes_every_sign_for_itself(house: House) {
    named(&house, "a_b@example.org", "100% Ann").await;
    named(&house, "axb@example.org", "100 Bert").await;
    named(&house, "c@example.org", r"back\slash").await;
    named(&house, "d@example.org", "JÜRGEN Ärger").await;
    assert_eq!(found(&house, "a_b").await, ["a_b@example.org"]);
    assert_eq!(found(&house, "100%").await, ["a_b@example.org"]);
    assert_eq!(found(&house, r"k\s").await, ["c@example.org"]);
    assert_eq!(found(&house, r"\").await, ["c@example.org"]);
    assert_eq!(found(&house, "jürgen ÄRGER").await, ["d@example.org"]);
    assert_eq!(found(&house, "AXB@").await, ["axb@example.org"]);
    assert_eq!(found(&house, "'; drop table contact; --").await, [""; 0]);
    assert_eq!(found(&house, "\0").await.len(), 4, "a NUL is nothing");
}

async fn pages_together_are_the_list(house: House) {
    for n in 0..25 {
        named(&house, &format!("Person{n}@example.org"), "").await;
    }
    let all = house.store.contacts(
        house.workspace,
        ContactFilter {
            limit: 1_000,
            ..ContactFilter::default()
        },
    );
    let all: Vec<_> = all.await.unwrap().into_iter().map(|c| c.address).collect();
    assert_eq!(all.len(), 25);
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let filter = ContactFilter {
            after,
            limit: 7,
            ..ContactFilter::default()
        };
        let page = house.store.contacts(house.workspace, filter).await.unwrap();
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        after = Some(last.address.to_string());
        pages.extend(page.into_iter().map(|c| c.address));
    }
    assert_eq!(pages, all);
}

async fn states_are_found_on_any_topic(house: House) {
    let bob = house.contact("bob@example.org").await;
    house.contact("eve@example.org").await;
    house
        .consent(&bob, &[Topic::Click], ConsentState::Refused, NOW)
        .await;
    let filter = ContactFilter {
        state: Some((ConsentState::Refused, NOW)),
        limit: 9,
        ..ContactFilter::default()
    };
    let refused = house.store.contacts(house.workspace, filter).await.unwrap();
    assert_eq!(refused.iter().map(|c| c.id).collect::<Vec<_>>(), [bob.id]);
}

async fn a_note_to_ask(house: House) {
    let bob = house.contact("bob@example.org").await;
    assert!(
        house
            .store
            .contact_set_ask_next(house.workspace, bob.id, true)
            .await
            .unwrap()
    );
    assert!(
        !house
            .store
            .contact_set_ask_next(model::WorkspaceId(id()), bob.id, true)
            .await
            .unwrap()
    );
    assert!(house.contact("bob@example.org").await.ask_next);
    // The mail that carries the question takes the note with it; one that does not leaves it.
    let mut draft = house.draft(&[&bob], model::mode::NOTHING, NOW);
    house.accept(draft.clone()).await;
    assert!(house.contact("bob@example.org").await.ask_next);
    draft = house.draft(&[&bob], model::mode::NOTHING, NOW);
    draft.copies[0].ask = true;
    house.accept(draft).await;
    assert!(!house.contact("bob@example.org").await.ask_next);
}
