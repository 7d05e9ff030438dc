//! The recipient's own page shows everything that is recorded about one person, and nothing about anybody else; the
//! page of one mail shows that mail.

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
    house.record(hits, NOW).await;

    let page = house.store.person(shared[0].0).await.unwrap().unwrap();
    assert_eq!(
        (
            page.around.mail.as_ref().unwrap().0.id,
            page.around.contact.id
        ),
        (shared[0], bob.id)
    );
    let ids = |page: &store::Person| page.copies.iter().map(|(c, ..)| c.id).collect::<Vec<_>>();
    assert_eq!(ids(&page), [shared[0]], "a mail's link shows that mail");
    assert_eq!(
        (page.others, page.other_entries),
        (1, 1),
        "and counts the others"
    );
    assert!(house.store.person(id()).await.unwrap().is_none());
    // The same by their own id: who writes is told by the newest mail.
    let page = house.store.person(bob.id.0).await.unwrap().unwrap();
    assert!(page.around.mail.is_none() && page.is_recorded());
    assert_eq!(ids(&page), [second[0], shared[0]]);
    assert_eq!((page.others, page.other_entries), (0, 0));
    assert_eq!(page.around.author.address, "ann@sample.example");
}
