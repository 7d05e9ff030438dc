//! The recipient's own page shows everything that is recorded about one person, and nothing about anybody else.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, hit, id};
use crate::on_both;
use model::{Axis, Meaning};

on_both!(a_person_sees_all_of_their_own);

async fn a_person_sees_all_of_their_own(house: House) {
    let (bob, eve) = (
        house.agreed("bob@example.org").await,
        house.agreed("eve@example.org").await,
    );
    let (_, shared) = house
        .accept(house.draft(&[&bob, &eve], INDIVIDUAL, NOW))
        .await;
    let (_, second) = house
        .accept(house.draft(&[&bob], INDIVIDUAL, NOW + MINUTE))
        .await;
    let hits = vec![
        hit(shared[0], Axis::Open, Meaning::Human, NOW),
        hit(shared[1], Axis::Open, Meaning::Human, NOW),
        hit(second[0], Axis::Click, Meaning::Machine, NOW),
    ];
    house.store.hits_record(hits, NOW).await.unwrap();

    let page = house.store.person(shared[0].0).await.unwrap().unwrap();
    assert_eq!(
        (page.around.mail.unwrap().0.id, page.around.contact.id),
        (shared[0], bob.id)
    );
    let shown: Vec<_> = page
        .copies
        .iter()
        .map(|(c, subject, hits)| (c.id, subject.as_str(), hits.len()))
        .collect();
    assert_eq!(
        shown,
        [(second[0], "An offer", 1), (shared[0], "An offer", 1)]
    );
    assert_eq!(house.store.person_copies(bob.id).await.unwrap(), 2);
    assert_eq!(house.store.person_copies(eve.id).await.unwrap(), 1);
    assert!(house.store.person(id()).await.unwrap().is_none());
    // The same by their own id: who writes is told by the newest mail.
    let page = house.store.person(bob.id.0).await.unwrap().unwrap();
    assert!(page.around.mail.is_none() && page.copies.len() == 2);
    assert_eq!(page.around.author.address, "ann@sample.example");
}
