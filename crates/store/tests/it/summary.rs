//! Sums: the tracked are the denominator, and what cannot be told stands apart.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, hit};
use crate::on_both;
use model::mode::NOTHING;
use model::tick::Counts;
use model::{Axis, Meaning, UserId};
use store::Summary;

on_both!(nothing_is_nothing, each_copy_counts_where_it_belongs);

async fn nothing_is_nothing(house: House) {
    let none = house
        .store
        .summary(house.workspace, None, NOW, NOW + MINUTE);
    assert_eq!(none.await.unwrap(), Summary::default());
}

async fn each_copy_counts_where_it_belongs(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let mut copies = Vec::new();
    for modes in [INDIVIDUAL; 5].into_iter().chain([NOTHING]) {
        copies.push(house.copy_for(&bob, modes).await);
    }
    let hits = [
        (0, Axis::Open, Meaning::Human),
        (0, Axis::Open, Meaning::Unknown),
        (1, Axis::Open, Meaning::Unknown),
        (2, Axis::Open, Meaning::Machine),
        (2, Axis::Click, Meaning::Machine),
        (3, Axis::Click, Meaning::Human),
        (3, Axis::Click, Meaning::Unknown),
        (4, Axis::Click, Meaning::Unknown),
    ];
    let hits = hits.map(|(copy, axis, meaning)| hit(copies[copy], axis, meaning, NOW));
    house.record(hits.to_vec(), NOW).await;
    house.fold_all().await;
    let counts = |human, unknown, machine| Counts {
        human,
        unknown,
        machine,
    };
    let expected = Summary {
        copies: 6,
        undelivered: 0,
        tracked: 5,
        limited: 0,
        opens_tracked: 5,
        read: 2,
        perhaps: 2,
        clicks_tracked: 5,
        clicked: 1,
        clicked_perhaps: 1,
        opens: counts(1, 2, 1),
        clicks: counts(1, 2, 1),
    };
    let sum = async |user: Option<UserId>, from, to| {
        let summary = house.store.summary(house.workspace, user, from, to);
        summary.await.unwrap()
    };
    assert_eq!(sum(None, NOW, NOW + MINUTE).await, expected);
    assert_eq!(sum(Some(house.user), NOW, NOW + MINUTE).await, expected);
    assert_eq!(sum(None, NOW - MINUTE, NOW).await, Summary::default());
    let stranger = Some(UserId([9; 16]));
    assert_eq!(sum(stranger, NOW, NOW + MINUTE).await, Summary::default());
}
