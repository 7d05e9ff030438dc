//! What a withdrawal takes away right after it.

use crate::house::{DETAILED, House, MINUTE, NOW, hit, id};
use crate::on_both;
use model::{Axis, CopyId, Meaning, Mode, Reason, Tick, Time, Topic};
use store::{Cause, Contact, Copy};

on_both!(
    r_with_06_withdrawing_opens_erases_their_history_and_nothing_else,
    r_with_06_withdrawing_clicks_leaves_what_opens_said,
    r_with_06_withdrawing_details_leaves_the_hits,
    r_with_04_no_token_of_that_axis_leads_to_the_person_again,
    a_mail_sent_after_agreeing_again_is_not_touched,
);

/// Somebody who agreed to all, and a mail that they opened twice and clicked once.
async fn reader(house: &House) -> (Contact, CopyId) {
    house.allow_details().await;
    let contact = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&contact, DETAILED).await;
    let hits = vec![
        hit(copy, Axis::Open, Meaning::Human, NOW),
        hit(copy, Axis::Click, Meaning::Human, NOW + MINUTE),
        hit(copy, Axis::Open, Meaning::Unknown, NOW + 2 * MINUTE),
    ];
    house.record(hits, NOW).await;
    house.fold_all().await;
    (contact, copy)
}

async fn withdraw(house: &House, contact: &Contact, topic: Topic, at: Time) {
    house.withdraws(contact, &[topic], at).await;
    assert!(
        !house.store.withdrawal_step(id(), at).await.unwrap(),
        "a moment later"
    );
    while house
        .store
        .withdrawal_step(id(), at + MINUTE)
        .await
        .unwrap()
    {}
}

async fn axes(house: &House, copy: CopyId) -> Vec<Axis> {
    let hits = house.store.hits(copy).await.unwrap();
    hits.iter().map(|h| h.axis).collect()
}

fn counts(copy: &Copy) -> (u32, u32) {
    let sum = |c: model::tick::Counts| c.human + c.unknown + c.machine;
    (sum(copy.seen.opens), sum(copy.seen.clicks))
}

async fn r_with_06_withdrawing_opens_erases_their_history_and_nothing_else(house: House) {
    let (contact, copy) = reader(&house).await;
    assert_eq!(house.read(copy).await.tick(), Tick::Read);
    withdraw(&house, &contact, Topic::Open, NOW + 3 * MINUTE).await;
    let after = house.read(copy).await;
    assert_eq!(axes(&house, copy).await, [Axis::Click]);
    assert_eq!((counts(&after), after.tick()), ((0, 1), Tick::Sent));
    assert_eq!((after.first_read_at, after.last_read_at), (None, None));
    assert_eq!(
        (after.modes.open, after.reason_open),
        (Mode::None, Some(Reason::Withdrawn))
    );
    assert_eq!(after.modes.click, Mode::Detailed);
    let feed = "select count(*) from event where kind in ('read') and copy_id is not null";
    assert_eq!(house.number(feed).await, 0);
    assert_eq!(
        house
            .number("select count(*) from news where kind = 'read'")
            .await,
        0
    );
    let evidence = house
        .store
        .disposals(NOW, NOW + 60 * MINUTE, 9)
        .await
        .unwrap();
    assert_eq!(evidence.len(), 1);
    assert_eq!(
        (evidence[0].cause, evidence[0].counts["hit"]),
        (Cause::Withdrawal, 2)
    );
}

async fn r_with_06_withdrawing_clicks_leaves_what_opens_said(house: House) {
    let (contact, copy) = reader(&house).await;
    assert_eq!(house.read(copy).await.last_read_at, Some(NOW + MINUTE));
    withdraw(&house, &contact, Topic::Click, NOW + 3 * MINUTE).await;
    let after = house.read(copy).await;
    assert_eq!(axes(&house, copy).await, [Axis::Open, Axis::Open]);
    assert_eq!(counts(&after), (2, 0));
    // The click was the later reading.
    assert_eq!(
        (after.first_read_at, after.last_read_at),
        (Some(NOW), Some(NOW))
    );
    assert_eq!(
        (after.modes.click, after.reason_click),
        (Mode::None, Some(Reason::Withdrawn))
    );
}

async fn r_with_06_withdrawing_details_leaves_the_hits(house: House) {
    let (contact, copy) = reader(&house).await;
    withdraw(&house, &contact, Topic::Details, NOW + 3 * MINUTE).await;
    let hits = house.store.hits(copy).await.unwrap();
    assert_eq!(hits.len(), 3);
    assert!(hits.iter().all(|h| h.facts.is_none()));
    let after = house.read(copy).await;
    assert_eq!(
        (after.modes.open, after.modes.click),
        (Mode::Individual, Mode::Individual)
    );
}

async fn r_with_04_no_token_of_that_axis_leads_to_the_person_again(house: House) {
    let (contact, copy) = reader(&house).await;
    withdraw(&house, &contact, Topic::Open, NOW + 3 * MINUTE).await;
    // Even if they change their mind: what was sent before stays silent.
    house
        .gives(&contact, &[Topic::Open], NOW + 9 * MINUTE)
        .await;
    let later = NOW + 10 * MINUTE;
    let hits = vec![
        hit(copy, Axis::Open, Meaning::Human, later),
        hit(copy, Axis::Click, Meaning::Human, later),
    ];
    let recorded = house.record(hits, later).await;
    assert_eq!((recorded.stored, recorded.refused), (1, 1));
    // The page of the same mail still knows them.
    assert!(house.store.person(copy.0).await.unwrap().is_some());
}

async fn a_mail_sent_after_agreeing_again_is_not_touched(house: House) {
    let (contact, old) = reader(&house).await;
    let at = NOW + 3 * MINUTE;
    house.withdraws(&contact, &[Topic::Open], at).await;
    house.gives(&contact, &[Topic::Open], at + MINUTE).await;
    let draft = house.draft(&[&contact], DETAILED, at + 2 * MINUTE);
    let new = house.accept(draft).await.1[0];
    let open = hit(new, Axis::Open, Meaning::Human, at + 3 * MINUTE);
    house.record(vec![open], at + 3 * MINUTE).await;
    house.fold_all().await;
    while house
        .store
        .withdrawal_step(id(), at + 4 * MINUTE)
        .await
        .unwrap()
    {}
    assert_eq!(axes(&house, old).await, [Axis::Click]);
    assert_eq!(house.read(new).await.tick(), Tick::Read);
}
