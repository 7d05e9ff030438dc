//! The register of who tracks whom, what was lowered, whose consent ends; and whom a breach touches.

use crate::house::{DETAILED, House, INDIVIDUAL, MINUTE, NOW};
use crate::on_both;
use model::consent::CONSENT_LIFE;
use model::mode::NOTHING;
use model::{ConsentState, Topic};
use std::time::Duration;
use store::RegisterFilter;

on_both!(
    r_gov_01_each_tracked_delivery_appears_exactly_once,
    r_gov_03_consents_that_end_soon_are_listed,
    r_ropa_02_whom_a_breach_may_touch,
);

async fn r_gov_01_each_tracked_delivery_appears_exactly_once(house: House) {
    let (bob, eve) = (
        house.agreed("bob@example.org").await,
        house.contact("eve@example.org").await,
    );
    for _ in 0..3 {
        house.copy_for(&bob, INDIVIDUAL).await;
        house.copy_for(&bob, DETAILED).await;
        house.copy_for(&eve, NOTHING).await;
    }
    // Page by page, with pages that cut through.
    let (mut after, mut tracked, mut seen) = (None, 0, std::collections::BTreeSet::new());
    loop {
        let filter = RegisterFilter {
            after,
            limit: 4,
            ..RegisterFilter::default()
        };
        let page = house.store.register(house.workspace, filter).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place());
        for line in page {
            assert!(seen.insert(line.message.to_string()), "listed twice");
            assert_eq!(line.user, house.user);
            tracked += i64::from(line.tracked_copies());
        }
    }
    let real = "select count(*) from copy where mode_open <> 'none' or mode_click <> 'none' or mode_document <> 'none'";
    assert_eq!(tracked, house.number(real).await);
    assert_eq!((tracked, seen.len()), (6, 6));
    // What was learnt goes with a withdrawal; that the mails carried tracking stays.
    house
        .withdraws(&bob, &[Topic::Open, Topic::Click], NOW)
        .await;
    let later = NOW + MINUTE;
    while house
        .store
        .withdrawal_step(crate::house::id(), later)
        .await
        .unwrap()
    {}
    assert_eq!(house.number(real).await, 0);
    let filter = RegisterFilter {
        limit: 10,
        ..RegisterFilter::default()
    };
    let lines = house.store.register(house.workspace, filter).await.unwrap();
    assert_eq!(
        lines
            .iter()
            .map(store::Registered::tracked_copies)
            .sum::<u32>(),
        6
    );
}

async fn r_gov_03_consents_that_end_soon_are_listed(house: House) {
    let days = |n: u64| Duration::from_hours(24 * n);
    let (bob, eve) = (
        house.contact("bob@example.org").await,
        house.contact("eve@example.org").await,
    );
    let given = ConsentState::Given;
    house
        .consent(&bob, &[Topic::Open], given, NOW - CONSENT_LIFE + days(59))
        .await;
    house
        .consent(&bob, &[Topic::Click], given, NOW - CONSENT_LIFE + days(61))
        .await;
    house
        .consent(&eve, &[Topic::Open], given, NOW - CONSENT_LIFE - days(1))
        .await;
    let found = house
        .store
        .consents_expiring(house.workspace, NOW, days(60), 10)
        .await
        .unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].contact, found[0].topic), (bob.id, Topic::Open));
    assert_eq!(found[0].ends_at, NOW + days(59));
}

async fn r_ropa_02_whom_a_breach_may_touch(house: House) {
    let bob = house.agreed("bob@example.org").await;
    house.contact("never@example.org").await;
    house.copy_for(&bob, INDIVIDUAL).await;
    let affected = async |from, to| {
        house
            .store
            .breach_affected(house.workspace, from, to, 10)
            .await
            .unwrap()
    };
    assert_eq!(
        affected(NOW - MINUTE, NOW + MINUTE * 60).await,
        ["bob@example.org"]
    );
    assert!(
        affected(NOW - MINUTE * 60, NOW - MINUTE * 30)
            .await
            .is_empty()
    );
}
