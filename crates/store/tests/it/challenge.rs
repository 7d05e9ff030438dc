//! Mailbox challenges: one use, one day, a few a day, and no word about who is known.

use crate::house::{House, MINUTE, NOW, address, id, written};
use crate::on_both;
use model::challenge::{CHALLENGE_LIFE, CHALLENGES_MAX};
use model::{RequestId, SuppressionCause};
use store::{By, Challenge, Errand, Fresh, OwnAct};

on_both!(
    r_dsr_02_a_challenge_works_once_and_for_a_day,
    r_dsr_04_a_link_is_used_up_with_its_act_or_not_at_all,
    r_dsr_02_a_mailbox_is_not_flooded,
    r_dsr_02_whoever_is_known_gets_a_mail_from_each_workspace,
    r_dsr_02_asking_writes_the_same_whoever_it_is,
);

async fn waiting(house: &House) -> Vec<(String, Challenge)> {
    let parcels = house.store.outbox_claim(id(), NOW, MINUTE, 99).await;
    let mut found = Vec::new();
    for parcel in parcels.unwrap() {
        let Errand::Challenge { challenge } = parcel.errand else {
            panic!("{parcel:?}")
        };
        let challenge = house.store.challenge_find(challenge).await.unwrap();
        found.push((parcel.recipient, challenge.unwrap()));
    }
    found
}

async fn r_dsr_02_a_challenge_works_once_and_for_a_day(house: House) {
    let bob = house.contact("bob@example.org").await;
    for _ in 0..2 {
        let made = house
            .store
            .challenge(house.workspace, bob.id, id, NOW)
            .await;
        assert!(made.unwrap());
    }
    let made = waiting(&house).await;
    let [(to, first), (_, second)] = made.as_slice() else {
        panic!("{made:?}")
    };
    assert_eq!((to.as_str(), first.contact), ("bob@example.org", bob.id));
    let store = &house.store;
    let act = async |challenge, at| {
        let (act, by) = (OwnAct::TakeAlong, By::operator(at));
        let done = store.own_act(challenge, act, RequestId(id()), by);
        done.await.unwrap()
    };
    assert!(act(first.id, NOW).await);
    assert!(!act(first.id, NOW).await);
    let used = store.challenge_find(first.id).await.unwrap().unwrap();
    assert!(!used.is_open(NOW) && used.used_at == Some(NOW));
    assert!(second.is_open(NOW) && !second.is_open(NOW + CHALLENGE_LIFE));
    assert!(!act(second.id, NOW + CHALLENGE_LIFE).await);
    assert!(!act(id(), NOW).await);
    assert_eq!(store.requests_of(bob.id).await.unwrap().len(), 1);
}

/// What keeps an act from being carried out leaves the link good for another try.
async fn r_dsr_04_a_link_is_used_up_with_its_act_or_not_at_all(house: House) {
    let bob = house.contact("bob@example.org").await;
    let made = house.store.challenge(house.workspace, bob.id, id, NOW);
    assert!(made.await.unwrap());
    let (_, challenge) = waiting(&house).await.remove(0);
    let mark = crate::suppression::mark(&house, "bob@example.org");
    let correct = async || {
        let act = OwnAct::Correct {
            name: "Robert".into(),
            language: None,
            country: None,
        };
        let (note, by) = (RequestId(id()), By::operator(NOW));
        house.store.own_act(challenge.id, act, note, by).await
    };
    let erase = async || {
        let by = By::operator(NOW);
        house.store.own_erase(challenge.id, mark, by, id).await
    };
    house.run("alter table act rename to act_away").await;
    assert!(correct().await.is_err() && erase().await.is_err());
    house.run("alter table act_away rename to act").await;
    let still = house.store.challenge_find(challenge.id).await.unwrap();
    assert!(still.is_some_and(|challenge| challenge.is_open(NOW)));
    let known = house.contact("bob@example.org").await;
    assert_eq!((known.id, known.name.as_str()), (bob.id, ""));
    let listed = house.store.suppressed(house.workspace, vec![mark]);
    assert_eq!(listed.await.unwrap(), [None]);

    assert!(erase().await.unwrap().is_some());
    assert_eq!(erase().await, Ok(None), "once");
    let listed = house.store.suppressed(house.workspace, vec![mark]);
    let cause = listed.await.unwrap()[0].map(|listed| listed.cause);
    assert_eq!(cause, Some(SuppressionCause::Erased));
}

async fn r_dsr_02_a_mailbox_is_not_flooded(house: House) {
    let bob = house.contact("bob@example.org").await;
    let ask = async |at| {
        let made = house.store.challenge(house.workspace, bob.id, id, at).await;
        made.unwrap()
    };
    for _ in 0..CHALLENGES_MAX {
        assert!(ask(NOW).await);
    }
    assert!(!ask(NOW).await);
    house.store.knock(&bob.address, id(), NOW).await.unwrap();
    house.store.knocks_answer(id, NOW).await.unwrap();
    assert_eq!(waiting(&house).await.len() as i64, CHALLENGES_MAX);
    assert!(ask(NOW + CHALLENGE_LIFE).await);
    assert_eq!(house.number("select count(*) from challenge").await, 1);
}

async fn r_dsr_02_whoever_is_known_gets_a_mail_from_each_workspace(house: House) {
    house.contact("bob@example.org").await;
    house.contact("eve@example.org").await;
    let other = model::WorkspaceId(id());
    let store = &house.store;
    let made = store.workspace_create(other, [9; 32], "Other Ltd", model::Language::Fr, NOW);
    made.await.unwrap();
    let fresh = Fresh::draw(id);
    let bob = address("Bob@Example.org");
    let made = store.contact_find_or_create(other, &bob, "", written(), fresh, NOW);
    made.await.unwrap();
    store.knock(&bob, id(), NOW).await.unwrap();
    store.knocks_answer(id, NOW).await.unwrap();
    let to: Vec<_> = waiting(&house)
        .await
        .into_iter()
        .map(|(to, _)| to)
        .collect();
    assert_eq!(to.len(), 2);
    assert!(
        to.iter()
            .all(|to| to.eq_ignore_ascii_case("bob@example.org"))
    );
}

/// What a request leaves behind while its answer goes out: one row, the same for somebody known, somebody unknown, and
/// somebody whose mailbox had its share. Only what looks later makes a difference, and leaves nothing of strangers.
async fn r_dsr_02_asking_writes_the_same_whoever_it_is(house: House) {
    let bob = house.contact("bob@example.org").await;
    for _ in 0..CHALLENGES_MAX {
        let made = house.store.challenge(house.workspace, bob.id, id, NOW);
        made.await.unwrap();
    }
    house.contact("eve@example.org").await;
    let rows = async || {
        let mut rows = Vec::new();
        for table in store::inventory::TABLES {
            let sql = format!("select count(*) from \"{}\"", table.name);
            rows.push((table.name, house.number(&sql).await));
        }
        rows
    };
    let mut waiting_before = rows().await;
    for who in ["eve@example.org", "nobody@example.org", "bob@example.org"] {
        house.store.knock(&address(who), id(), NOW).await.unwrap();
        let knocks = waiting_before.iter_mut().find(|(name, _)| *name == "knock");
        knocks.unwrap().1 += 1;
        assert_eq!(rows().await, waiting_before, "{who}");
    }
    assert_eq!(house.store.knocks_answer(id, NOW).await.unwrap(), 3);
    assert_eq!(house.store.knocks_answer(id, NOW).await.unwrap(), 0);
    assert_eq!(house.number("select count(*) from knock").await, 0);
    let mails = waiting(&house).await;
    let to = |who: &str| mails.iter().filter(|(to, _)| to == who).count() as i64;
    assert_eq!(
        (
            to("eve@example.org"),
            to("nobody@example.org"),
            to("bob@example.org")
        ),
        (1, 0, CHALLENGES_MAX)
    );
}
