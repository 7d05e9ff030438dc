//! Figures for the metrics: what waits, and how long already.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, hit};
use crate::on_both;
use model::{Axis, Meaning};
use store::Figures;

on_both!(nothing_waits_at_first, what_waits_is_counted);

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
    house.store.hits_record(vec![unsure], NOW).await.unwrap();
    assert_eq!(house.store.figures().await.unwrap().unfolded, 1);
    house.fold_all().await;
    let figures = house.store.figures().await.unwrap();
    assert_eq!((figures.unfolded, figures.news_held), (0, 1));
    assert_eq!((figures.outbox, figures.outbox_since), (2, Some(NOW)));
}
