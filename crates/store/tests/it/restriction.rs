//! Restriction: a contact's data is kept, and used for nothing but giving it to them (GDPR Art. 18).

use crate::house::{DETAILED, House, NOW, hit};
use crate::on_both;
use model::{Axis, Meaning, Reason, Time};
use store::ContactFilter;

on_both!(r_with_09_a_restricted_contact_is_kept_and_not_used);

async fn r_with_09_a_restricted_contact_is_kept_and_not_used(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, DETAILED).await;
    let open = || vec![hit(copy, Axis::Open, Meaning::Human, NOW)];
    let (store, workspace) = (&house.store, house.workspace);
    assert_eq!(store.hits_record(open(), NOW).await.unwrap().stored, 1);
    house.fold_all().await;
    assert!(
        store
            .contact_restrict(workspace, bob.id, true, house.by())
            .await
            .unwrap()
    );

    // Not tracked, whatever they agreed to.
    assert_eq!(store.hits_record(open(), NOW).await.unwrap().stored, 0);
    let kept = store.contact(workspace, bob.id).await.unwrap().unwrap();
    assert_eq!(kept.obstacle(), Some(Reason::Restricted));
    assert!(kept.consent == bob.consent || kept.restricted_at == Some(NOW));
    // In no list and no sum.
    let listed = async |restricted| {
        let filter = ContactFilter {
            restricted,
            limit: 9,
            ..ContactFilter::default()
        };
        store.contacts(workspace, filter).await.unwrap().len()
    };
    assert_eq!((listed(false).await, listed(true).await), (0, 1));
    let sums = store
        .summary(workspace, None, Time(0), Time(i64::MAX))
        .await
        .unwrap();
    assert_eq!((sums.copies, sums.read), (0, 0));
    // But they are told all of it.
    let export = house.export(bob.id).await.unwrap();
    assert_eq!(export.rows("hit").len(), 1);
    assert_eq!(
        export.rows("contact")[0]["restricted_at"],
        NOW.rfc3339_millis()
    );

    assert!(
        store
            .contact_restrict(workspace, bob.id, false, house.by())
            .await
            .unwrap()
    );
    assert_eq!(listed(false).await, 1);
    assert_eq!(store.hits_record(open(), NOW).await.unwrap().stored, 1);
}
