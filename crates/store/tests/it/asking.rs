//! The question: one copy of all that wait carries it, and only while it may still be asked.

use crate::house::{House, MINUTE, NOW, bounced};
use crate::on_both;
use model::consent::ASK_AGAIN_AFTER;
use model::mode::NOTHING;
use model::{ConsentState, Topic};
use store::{By, Carried, Contact, Errand, Method, Outcome, Parcel};

on_both!(
    r_cons_12_of_two_mails_on_their_way_one_asks,
    r_cons_12_a_copy_that_never_left_gives_the_question_back,
    r_cons_12_what_was_said_in_between_stops_the_question,
);

fn sent(asked: bool) -> Outcome {
    Outcome::Sent {
        answer: "250 2.0.0 ok".into(),
        carried: Carried {
            asked,
            ..Carried::default()
        },
        report: None,
    }
}

/// Two copies to one person, as they are about to leave.
async fn two(house: &House) -> (Contact, [Parcel; 2], [model::CopyId; 2]) {
    let ann = house.contact("ann@example.org").await;
    let copies = [
        house.copy_for(&ann, NOTHING).await,
        house.copy_for(&ann, NOTHING).await,
    ];
    let claim = house.store.outbox_claim([1; 16], NOW, MINUTE, 9);
    let parcels = claim.await.unwrap();
    let of = |copy| {
        let is = |p: &&Parcel| matches!(p.errand, Errand::Copy { copy: c, .. } if c == copy);
        parcels.iter().find(is).unwrap().clone()
    };
    (ann, copies.map(of), copies)
}

async fn r_cons_12_of_two_mails_on_their_way_one_asks(house: House) {
    let (_, [first, _], [one, two]) = two(&house).await;
    let (a, b) = tokio::join!(
        house.store.ask_claim(one, NOW),
        house.store.ask_claim(one, NOW)
    );
    assert!(a.unwrap() && b.unwrap(), "a copy tried again keeps it");
    assert!(!house.store.ask_claim(two, NOW).await.unwrap());
    let later = NOW + 30 * MINUTE;
    assert!(!house.store.ask_claim(two, later).await.unwrap());
    house.finish(first, sent(true), later).await;
    // It has left with the question: they count as asked.
    assert!(!house.store.ask_claim(two, later).await.unwrap());
    let again = later + ASK_AGAIN_AFTER;
    assert!(house.store.ask_claim(two, again).await.unwrap());
}

async fn r_cons_12_a_copy_that_never_left_gives_the_question_back(house: House) {
    let (_, [first, _], [one, two]) = two(&house).await;
    assert!(house.store.ask_claim(one, NOW).await.unwrap());
    house
        .finish(first, bounced("550 5.1.1 nobody here", None), NOW)
        .await;
    let later = NOW + 2 * MINUTE;
    assert!(house.store.ask_claim(two, later).await.unwrap());
}

async fn r_cons_12_what_was_said_in_between_stops_the_question(house: House) {
    let (ann, _, [one, two]) = two(&house).await;
    let restrict = |on| {
        let by = By::operator(NOW);
        house
            .store
            .contact_restrict(house.workspace, ann.id, on, by)
    };
    restrict(true).await.unwrap();
    assert!(!house.store.ask_claim(one, NOW).await.unwrap());
    restrict(false).await.unwrap();
    assert!(house.store.ask_claim(one, NOW).await.unwrap());
    let (refused, page) = (ConsentState::Refused, Method::Page);
    let said = house.store.consent_set(
        house.workspace,
        ann.id,
        &[Topic::Open],
        refused,
        page,
        None,
        NOW,
    );
    said.await.unwrap();
    for copy in [one, two] {
        assert!(!house.store.ask_claim(copy, NOW).await.unwrap());
    }
}
