//! Requests of persons and their clocks.

use crate::house::{House, NOW, id};
use crate::on_both;
use model::filled::Filled;
use model::request::{NotExtended, Standing};
use model::{RequestId, Right, Time, WorkspaceId};
use std::time::Duration;
use store::{By, NewRequest};

on_both!(
    r_dsr_03_a_request_runs_until_it_is_answered,
    r_dsr_03_a_term_is_extended_once_with_a_reason,
    requests_are_the_workspaces_own
);

const DAY: Duration = Duration::from_hours(24);

fn text(words: &str) -> Filled {
    words.parse().unwrap()
}

async fn add(house: &House, right: Right, at: Time) -> RequestId {
    let contact = house.contact("bob@example.org").await;
    let new = NewRequest {
        id: RequestId(id()),
        contact: Some(contact.id),
        right,
        note: "by letter".into(),
    };
    let key = new.id;
    house
        .store
        .request_add(house.workspace, new, at)
        .await
        .unwrap();
    key
}

async fn r_dsr_03_a_request_runs_until_it_is_answered(house: House) {
    let late = add(&house, Right::Access, NOW - 40 * DAY).await;
    let fresh = add(&house, Right::Erasure, NOW).await;
    let listed = house.store.requests(house.workspace, 9).await.unwrap();
    let standings: Vec<_> = listed
        .iter()
        .map(|r| (r.id, r.clock.standing(NOW)))
        .collect();
    assert_eq!(
        standings,
        [(late, Standing::Overdue), (fresh, Standing::Open)]
    );
    assert_eq!(listed[0].address.as_deref(), Some("bob@example.org"));
    assert_eq!(
        (listed[0].right, listed[0].note.as_str()),
        (Right::Access, "by letter")
    );

    let answer = text("the export, by mail");
    let answered = house
        .store
        .request_answer(house.workspace, late, &answer, By::operator(NOW));
    assert!(answered.await.unwrap());
    let again = house
        .store
        .request_answer(house.workspace, late, &answer, By::operator(NOW + DAY));
    assert!(!again.await.unwrap(), "answered once");
    let listed = house.store.requests(house.workspace, 9).await.unwrap();
    assert_eq!(listed[1].clock.standing(NOW + DAY), Standing::AnsweredLate);
    assert_eq!(listed[1].answer.as_deref(), Some("the export, by mail"));
}

async fn r_dsr_03_a_term_is_extended_once_with_a_reason(house: House) {
    let request = add(&house, Right::Access, NOW).await;
    let (store, workspace) = (&house.store, house.workspace);
    let why = text("three thousand mails");
    let clock = store
        .request_extend(workspace, request, 2, &why, By::operator(NOW))
        .await
        .unwrap();
    let due = clock.unwrap().unwrap().due_at;
    assert!(due > NOW + 85 * DAY);
    let again = store
        .request_extend(workspace, request, 1, &why, By::operator(NOW))
        .await
        .unwrap();
    assert_eq!(again, Some(Err(NotExtended::Twice)));
    let kept = store.request(workspace, request).await.unwrap().unwrap();
    assert_eq!(
        (kept.clock.due_at, kept.extension.as_deref()),
        (due, Some(why.as_str()))
    );
}

async fn requests_are_the_workspaces_own(house: House) {
    let request = add(&house, Right::Access, NOW).await;
    let other = WorkspaceId(id());
    let (store, why) = (&house.store, text("x"));
    assert_eq!(store.request(other, request).await.unwrap(), None);
    assert!(
        !store
            .request_answer(other, request, &why, By::operator(NOW))
            .await
            .unwrap()
    );
    assert_eq!(
        store
            .request_extend(other, request, 1, &why, By::operator(NOW))
            .await
            .unwrap(),
        None
    );
    assert!(store.requests(other, 9).await.unwrap().is_empty());
}
