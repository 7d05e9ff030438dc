//! Servers that take contacts' mail: asked for once mail left, noted, and forgotten with the contact.

use crate::house::{House, MINUTE, NOW, sent};
use crate::on_both;
use model::mode::NOTHING;
use store::{HostWanted, MailHost};

on_both!(asked_for_once_mail_has_left, noted_anew_and_told);

async fn asked_for_once_mail_has_left(house: House) {
    let wanted = async |after| house.store.mail_hosts_wanted(after, NOW).await.unwrap();
    let bob = house.contact("bob@Example.org").await;
    house.accept(house.draft(&[&bob], NOTHING, NOW)).await;
    assert_eq!(wanted(0).await, (0, vec![]), "it has not left");
    let parcel = house.claim(NOW).await.remove(0);
    house.finish(parcel, sent(), NOW).await;
    let (last, found) = wanted(0).await;
    let bobs = HostWanted {
        contact: bob.id,
        domain: "example.org".into(),
    };
    assert_eq!(found, [bobs]);
    assert_eq!(
        wanted(last).await,
        (last, vec![]),
        "each mail is looked at once"
    );
    let note = house.store.mail_host_note(bob.id, MailHost::default(), NOW);
    note.await.unwrap();
    assert_eq!(wanted(0).await.1, [], "looked up a moment ago");
    let later = house.store.mail_hosts_wanted(0, NOW + MINUTE);
    assert_eq!(later.await.unwrap().1.len(), 1, "too long ago");
}

async fn noted_anew_and_told(house: House) {
    let bob = house.contact("bob@example.org").await;
    assert_eq!(house.store.mail_host(bob.id).await.unwrap(), None);
    let found = |host: Option<&str>| MailHost {
        host: host.map(str::to_owned),
        network: Some("Example".into()),
        country: None,
    };
    for host in [None, Some("mx1.example.org"), Some("mx2.example.org")] {
        let note = house.store.mail_host_note(bob.id, found(host), NOW);
        note.await.unwrap();
        let told = house.store.mail_host(bob.id).await.unwrap();
        assert_eq!(told, host.map(|host| found(Some(host))));
    }
    let nobody = model::ContactId([9; 16]);
    let note = house.store.mail_host_note(nobody, found(Some("mx")), NOW);
    note.await.unwrap();
    assert_eq!(house.store.mail_host(nobody).await.unwrap(), None);
}
