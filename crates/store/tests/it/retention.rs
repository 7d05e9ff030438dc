//! Retention: what is over its term goes, nothing else does, and each run leaves evidence.

use crate::house::{DETAILED, House, MINUTE, NOW, hit, id};
use crate::known::known;
use crate::on_both;
use model::{Axis, Meaning, RequestId, Right, Time, Topic};
use std::time::Duration;
use store::{By, Cause, Due, NewRequest, Terms};

on_both!(
    r_ret_02_single_hits_become_sums_by_day,
    r_ret_02_what_was_never_confirmed_goes_after_a_week,
    r_ret_02_proof_outlives_the_consent_by_the_limitation_period,
    r_ret_02_answered_requests_go_after_their_term,
    r_ret_02_a_run_with_nothing_to_do_leaves_nothing,
    r_ret_03_a_dry_run_says_what_would_go_and_changes_nothing,
);

const DAY: Duration = Duration::from_hours(24);

async fn run(house: &House, now: Time) -> Vec<(String, u64)> {
    let gone = house
        .store
        .retention_run(Terms::default(), id(), now)
        .await
        .unwrap();
    gone.into_iter().collect()
}

async fn r_ret_02_single_hits_become_sums_by_day(house: House) {
    let contact = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&contact, DETAILED).await;
    let mut repeat = hit(copy, Axis::Open, Meaning::Human, NOW + MINUTE);
    repeat.repeat = true;
    let hits = vec![
        hit(copy, Axis::Open, Meaning::Human, NOW),
        hit(copy, Axis::Open, Meaning::Human, NOW + 2 * MINUTE),
        repeat,
        hit(copy, Axis::Click, Meaning::Machine, NOW),
        hit(copy, Axis::Open, Meaning::Human, NOW + 10 * DAY),
    ];
    house.record(hits, NOW).await;
    house.fold_all().await;
    let before = house.read(copy).await;

    assert!(
        !run(&house, NOW + 89 * DAY)
            .await
            .iter()
            .any(|(table, _)| table == "hit")
    );
    let now = NOW + 91 * DAY;
    assert!(run(&house, now).await.contains(&("hit".to_owned(), 4)));
    assert_eq!(house.store.hits(copy).await.unwrap().len(), 1);
    let days = house
        .store
        .hit_days(house.workspace, Time(0), now)
        .await
        .unwrap();
    let day = Time(NOW.0 - NOW.0.rem_euclid(86_400_000));
    let sums = [
        (day, Axis::Click, Meaning::Machine, 1),
        (day, Axis::Open, Meaning::Human, 2),
    ];
    assert_eq!(days, sums, "a repetition is not counted");
    assert_eq!(house.read(copy).await, before, "what the sender sees stays");
    let evidence = house.store.disposals(now, now + MINUTE, 9).await.unwrap();
    assert_eq!(
        (evidence[0].cause, evidence[0].counts["hit"]),
        (Cause::Retention, 4)
    );
    // The next ones of that day add to it.
    run(&house, NOW + 101 * DAY).await;
    let days = house
        .store
        .hit_days(house.workspace, Time(0), now)
        .await
        .unwrap();
    assert_eq!(days.iter().map(|d| d.3).sum::<u64>(), 4);
}

async fn r_ret_02_what_was_never_confirmed_goes_after_a_week(house: House) {
    known(&house).await;
    let waiting = "select count(*) from consent_request";
    run(&house, NOW + 7 * DAY).await;
    assert_eq!(house.number(waiting).await, 1);
    run(&house, NOW + 7 * DAY + MINUTE).await;
    assert_eq!(house.number(waiting).await, 0);
}

async fn r_ret_02_proof_outlives_the_consent_by_the_limitation_period(house: House) {
    let alive = house.agreed("alive@example.org").await;
    let over = house.agreed("over@example.org").await;
    let end = NOW + 100 * DAY;
    house.withdraws(&over, &Topic::ALL, end).await;
    let events = |contact| house.store.consent_events(house.workspace, contact);
    run(&house, end + 1_095 * DAY).await;
    assert_eq!(events(over.id).await.unwrap().len(), 8);
    run(&house, end + 1_096 * DAY).await;
    assert_eq!(events(over.id).await.unwrap().len(), 0);
    assert_eq!(
        events(alive.id).await.unwrap().len(),
        4,
        "as long as the consent"
    );
    // A consent that ran out is over, too, though nobody said so.
    let ran_out = NOW + 730 * DAY;
    run(&house, ran_out + 1_095 * DAY).await;
    assert_eq!(events(alive.id).await.unwrap().len(), 4);
    run(&house, ran_out + 1_096 * DAY).await;
    assert_eq!(events(alive.id).await.unwrap().len(), 0);
    let rows = house.ledger().await;
    assert!(
        rows.iter()
            .all(|row| row.opening != store::Opening::EventMissing)
    );
}

async fn r_ret_02_answered_requests_go_after_their_term(house: House) {
    for answered in [true, false] {
        let new = NewRequest {
            id: RequestId(id()),
            contact: None,
            right: Right::Access,
            note: String::new(),
        };
        let request = new.id;
        house
            .store
            .request_add(house.workspace, new, NOW)
            .await
            .unwrap();
        if answered {
            let (answer, by) = ("sent".parse().unwrap(), By::operator(NOW));
            let done = house
                .store
                .request_answer(house.workspace, request, &answer, by);
            assert!(done.await.unwrap());
        }
    }
    run(&house, NOW + 1_096 * DAY).await;
    let left = house.store.requests(house.workspace, 9).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].answer, None, "what is not answered stays");
}

async fn r_ret_02_a_run_with_nothing_to_do_leaves_nothing(house: House) {
    assert_eq!(run(&house, NOW).await, []);
    assert!(
        house
            .store
            .disposals(Time(0), NOW + DAY, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn r_ret_03_a_dry_run_says_what_would_go_and_changes_nothing(house: House) {
    known(&house).await;
    let now = NOW + 30 * DAY;
    let shorter = Terms {
        hits: 10 * DAY,
        ..Terms::default()
    };
    let told = async |terms| {
        let due: Vec<Due> = house.store.retention_due(terms, now).await.unwrap();
        let line = |d: &Due| format!("{} {} {} {:?}", d.class, d.table, d.rows, d.oldest);
        due.iter().map(line).collect::<Vec<_>>()
    };
    let golden = [
        "session credential 0 None",
        "session challenge 1 Some(2026-11-22T20:48:00Z)",
        "feed event 11 Some(2026-11-21T20:48:00Z)",
        "webhooks webhook_delivery 0 None",
        "hits hit 2 Some(2026-11-21T20:48:00Z)",
        "unconfirmed guardian 1 Some(2026-11-21T20:48:00Z)",
        "unconfirmed consent_request 1 Some(2026-11-21T20:48:00Z)",
        "unconfirmed consent_text 0 None",
        "proof guardian 0 None",
        "proof consent_request 0 None",
        "proof consent_event 0 None",
        "cases request 0 None",
    ];
    assert_eq!(told(shorter).await, golden);
    assert_eq!(told(shorter).await, golden, "nothing went");
    assert_eq!(told(Terms::default()).await[4], "hits hit 0 None");
}
