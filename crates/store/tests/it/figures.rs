//! Figures for the metrics: what waits, and how long already.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, hit};
use crate::on_both;
use crate::webhook::made;
use model::{Axis, Meaning};
use store::Figures;

on_both!(
    nothing_waits_at_first,
    what_waits_is_counted,
    webhooks_are_counted_by_how_it_goes
);

async fn nothing_waits_at_first(house: House) {
    assert_eq!(house.store.figures().await.unwrap(), Figures::default());
}

async fn what_waits_is_counted(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    house
        .accept(house.draft(&[&bob], INDIVIDUAL, NOW + MINUTE))
        .await;
    let mut unsure = hit(copy, Axis::Open, Meaning::Human, NOW);
    unsure.verdict.confidence = 60;
    house.record(vec![unsure], NOW).await;
    assert_eq!(house.store.figures().await.unwrap().unfolded, 1);
    house.fold_all().await;
    let figures = house.store.figures().await.unwrap();
    assert_eq!((figures.unfolded, figures.news_held), (0, 1));
    assert_eq!((figures.outbox, figures.outbox_since), (2, Some(NOW)));
}

async fn webhooks_are_counted_by_how_it_goes(house: House) {
    for _ in 0..6 {
        made(&house, &[]).await;
    }
    let ann = house.contact("ann@example.org").await;
    assert!(house.corrects(ann.id, "Ann", None, None).await);
    let state = |n: u8, set: &str| {
        format!(
            "update webhook set {set} where id in (select id from webhook where off is null and failures = 0 limit {n});"
        )
    };
    let states = [
        state(1, "failures = 2, lost = 7"),
        state(1, "off = 'paused'"),
        state(1, "off = 'gone'"),
        state(1, "off = 'failing', lost = 1"),
    ];
    house.run(&states.concat()).await;
    let figures = house.store.figures().await.unwrap();
    assert_eq!((figures.webhooks_on, figures.webhooks_refusing), (2, 1));
    assert_eq!((figures.webhooks_paused, figures.webhooks_off), (1, 2));
    assert_eq!(
        (figures.webhook_events, figures.webhook_events_lost),
        (6, 8)
    );
}
