//! Stored hits under newer rules: what changes is counted anew, and nothing else.

use crate::house::{House, INDIVIDUAL, NOW, RULES, hit};
use crate::on_both;
use model::event::Happening;
use model::{Axis, CopyId, Meaning, Tick, Topic, Verdict};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::{JudgeAgain, Reclassified};

on_both!(
    a_dry_run_tells_and_changes_nothing,
    applied_the_counters_follow_and_the_first_meaning_is_kept,
    what_stands_is_under_the_new_rules_and_what_cannot_be_told_stays_under_the_old,
    what_is_found_out_late_is_shown_and_is_no_news,
    whoever_withdrew_is_not_judged_again,
    batches_reach_every_copy_once,
);

const NEWER: u32 = RULES + 1;

/// Rules by which every machine was a person, every other hit what it was, and link 9 is beyond telling.
fn machines_are_people() -> JudgeAgain {
    Arc::new(|hits, _| {
        let again = |hit: &store::StoredHit| {
            let mut verdict = hit.verdict.clone();
            if verdict.meaning == Meaning::Machine {
                verdict.meaning = Meaning::Human;
            }
            (hit.link != 9).then_some(verdict)
        };
        hits.iter().map(again).collect()
    })
}

async fn reclassify(house: &House, apply: bool) -> Reclassified {
    house
        .store
        .hits_reclassify(NEWER, None, apply, machines_are_people(), NOW)
        .await
        .unwrap()
}

async fn copy_with(house: &House, at: &str, hits: &[(Axis, u16, Meaning)]) -> CopyId {
    let contact = house.agreed(at).await;
    let copy = house.copy_for(&contact, INDIVIDUAL).await;
    let hits = hits.iter().map(|(axis, link, meaning)| {
        let mut hit = hit(copy, *axis, *meaning, NOW);
        hit.link = *link;
        hit
    });
    house.record(hits.collect(), NOW).await;
    house.fold_all().await;
    copy
}

async fn a_dry_run_tells_and_changes_nothing(house: House) {
    let copy = copy_with(
        &house,
        "bob@example.org",
        &[
            (Axis::Open, 0, Meaning::Machine),
            (Axis::Click, 1, Meaning::Unknown),
        ],
    )
    .await;
    let before = (
        house.read(copy).await,
        house.store.hits(copy).await.unwrap(),
    );
    let feed = house.store.event_last().await.unwrap();
    let told = reclassify(&house, false).await;
    assert_eq!((told.judged, told.untold, told.last), (2, 0, Some(copy)));
    let meanings = |(axis, from, to): &(Axis, Verdict, Verdict)| (*axis, from.meaning, to.meaning);
    assert_eq!(
        told.changes.iter().map(meanings).collect::<Vec<_>>(),
        [(Axis::Open, Meaning::Machine, Meaning::Human)]
    );
    let after = (
        house.read(copy).await,
        house.store.hits(copy).await.unwrap(),
    );
    assert_eq!(before, after);
    assert_eq!(feed, house.store.event_last().await.unwrap());
}

async fn applied_the_counters_follow_and_the_first_meaning_is_kept(house: House) {
    let machine = (Axis::Open, 0, Meaning::Machine);
    let copy = copy_with(&house, "bob@example.org", &[machine, machine]).await;
    assert_eq!(house.read(copy).await.tick(), Tick::Sent);
    assert_eq!(reclassify(&house, true).await.changes.len(), 2);
    let read = house.read(copy).await;
    assert_eq!((read.seen.opens.human, read.seen.opens.machine), (2, 0));
    assert_eq!((read.first_read_at, read.tick()), (Some(NOW), Tick::Read));
    for hit in house.store.hits(copy).await.unwrap() {
        assert_eq!(hit.verdict.meaning, Meaning::Human);
        assert_eq!(
            (hit.revised_from, hit.rules),
            (Some(Meaning::Machine), NEWER)
        );
    }
    let again = reclassify(&house, true).await;
    assert_eq!(
        (again.judged, again.last),
        (0, None),
        "all is under these rules now"
    );
}

async fn what_stands_is_under_the_new_rules_and_what_cannot_be_told_stays_under_the_old(
    house: House,
) {
    let copy = copy_with(
        &house,
        "bob@example.org",
        &[
            (Axis::Click, 1, Meaning::Human),
            (Axis::Click, 9, Meaning::Machine),
        ],
    )
    .await;
    let told = reclassify(&house, true).await;
    assert_eq!((told.judged, told.untold, told.changes.len()), (2, 1, 0));
    for hit in house.store.hits(copy).await.unwrap() {
        assert_eq!(hit.revised_from, None);
        assert_eq!(hit.rules, if hit.link == 9 { RULES } else { NEWER });
    }
    assert_eq!(house.read(copy).await.seen.clicks.machine, 1);
}

async fn what_is_found_out_late_is_shown_and_is_no_news(house: House) {
    let copy = copy_with(
        &house,
        "bob@example.org",
        &[(Axis::Open, 0, Meaning::Machine)],
    )
    .await;
    let feed = house.store.event_last().await.unwrap();
    reclassify(&house, true).await;
    house.store.news_tell(NOW, Duration::ZERO).await.unwrap();
    let events = house
        .store
        .events_after(house.workspace, Some(house.user), feed, 100)
        .await
        .unwrap();
    let kinds: Vec<_> = events.iter().map(|e| (e.kind, e.copy)).collect();
    assert_eq!(kinds, [(Happening::Seen, Some(copy))]);
}

async fn whoever_withdrew_is_not_judged_again(house: House) {
    let copy = copy_with(
        &house,
        "bob@example.org",
        &[(Axis::Open, 0, Meaning::Machine)],
    )
    .await;
    let contact = house.contact("bob@example.org").await;
    house.withdraws(&contact, &Topic::ALL, NOW).await;
    let told = reclassify(&house, true).await;
    assert_eq!((told.judged, told.changes.len()), (0, 0));
    assert_eq!(house.read(copy).await.seen.opens.human, 0);
}

async fn batches_reach_every_copy_once(house: House) {
    let mut copies = BTreeSet::new();
    for n in 0..60 {
        let at = format!("bob{n}@example.org");
        copies.insert(copy_with(&house, &at, &[(Axis::Open, 0, Meaning::Machine)]).await);
    }
    let (mut after, mut batches, mut changed) = (None, 0, 0);
    loop {
        let batch = house
            .store
            .hits_reclassify(NEWER, after, false, machines_are_people(), NOW)
            .await
            .unwrap();
        changed += batch.changes.len();
        let Some(last) = batch.last else { break };
        assert!(after < Some(last));
        (after, batches) = (Some(last), batches + 1);
    }
    assert_eq!((changed, batches), (60, 2));
    assert_eq!(after, copies.last().copied());
}
