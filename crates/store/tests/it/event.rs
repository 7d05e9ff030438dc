//! The feed: numbers without gaps, visible in order, so that a reader who knows the last one misses nothing.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, id};
use crate::on_both;
use model::event::Happening;
use model::{Language, Topic, WorkspaceId};
use std::time::Duration;
use store::Terms;

on_both!(
    numbers_have_no_gaps_for_a_reader,
    everybody_sees_their_own,
    old_events_are_forgotten
);

async fn numbers_have_no_gaps_for_a_reader(house: House) {
    let mut contacts = Vec::new();
    for n in 0..4 {
        contacts.push(house.contact(&format!("c{n}@example.org")).await);
    }
    let start = house.store.event_last().await.unwrap();
    let writers: Vec<_> = (0..4)
        .map(|n| {
            let draft = |n: usize| house.draft(&[&contacts[n]], INDIVIDUAL, NOW);
            let drafts: Vec<_> = (0..25).map(|_| draft(n)).collect();
            let store = house.store.clone();
            tokio::spawn(async move {
                for draft in drafts {
                    store.message_accept(draft).await.unwrap();
                }
            })
        })
        .collect();
    // Meanwhile somebody follows.
    let mut last = start;
    while last < start + 100 {
        for addressed in house.store.events_of_all_after(last, 10).await.unwrap() {
            assert_eq!(addressed.event.seq, last + 1);
            assert_eq!(addressed.event.kind, Happening::Accepted);
            last = addressed.event.seq;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(house.store.event_last().await.unwrap(), start + 100);
}

async fn everybody_sees_their_own(house: House) {
    let (other, elsewhere) = (house.colleague().await, WorkspaceId(id()));
    house
        .store
        .workspace_create(elsewhere, [8; 32], "Another Ltd", Language::De, NOW)
        .await
        .unwrap();
    let bob = house.contact("bob@example.org").await;
    let (message, _) = house.accept(house.draft(&[&bob], INDIVIDUAL, NOW)).await;
    house.gives(&bob, &[Topic::Open], NOW).await;

    let kinds = async |workspace, user| {
        let events = house
            .store
            .events_after(workspace, user, 0, 9)
            .await
            .unwrap();
        events.into_iter().map(|e| e.kind).collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(house.workspace, Some(house.user)).await,
        [Happening::Accepted, Happening::Consent]
    );
    assert_eq!(
        kinds(house.workspace, Some(other)).await,
        [Happening::Consent]
    );
    assert_eq!(
        kinds(house.workspace, None).await,
        [Happening::Accepted, Happening::Consent]
    );
    assert_eq!(kinds(elsewhere, None).await, []);
    let first = &house.store.events_of_all_after(0, 1).await.unwrap()[0];
    assert_eq!(
        (first.workspace, first.user, first.event.message),
        (house.workspace, Some(house.user), Some(message))
    );
}

async fn old_events_are_forgotten(house: House) {
    let bob = house.contact("bob@example.org").await;
    for minute in 0..3 {
        house
            .accept(house.draft(&[&bob], INDIVIDUAL, NOW + MINUTE * minute))
            .await;
    }
    // Nothing is kept of the feed longer than to the moment of the run.
    let terms = Terms {
        feed: Duration::ZERO,
        ..Terms::default()
    };
    let forgotten = async |now| {
        let gone = house.store.retention_run(terms, id(), now).await.unwrap();
        gone["event"]
    };
    assert_eq!(forgotten(NOW + MINUTE).await, 1);
    let left = house.store.events_of_all_after(0, 9).await.unwrap();
    assert_eq!(left.iter().map(|e| e.event.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(forgotten(NOW + MINUTE * 9).await, 2);
    // Numbers go on: a reader that remembers 3 must not be sent 1 again.
    house.accept(house.draft(&[&bob], INDIVIDUAL, NOW)).await;
    assert_eq!(house.store.event_last().await.unwrap(), 4);
}
