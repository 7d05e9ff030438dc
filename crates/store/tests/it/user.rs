//! Users, their secrets and the addresses they may send from.

use crate::house::{House, NOW, address, id};
use crate::on_both;
use model::{IdentityId, Secret, UserId};
use std::time::Duration;
use store::{CredentialKind, Error, Identity};

on_both!(
    an_address_signs_in_one_user,
    a_secret_works_until_it_expires_or_is_revoked,
    a_secret_is_good_for_its_own_kind_only,
    use_is_noted_at_most_once_an_hour,
    an_idle_session_ends,
    a_new_password_ends_all_sessions,
    an_identity_belongs_to_one_user,
);

const HOUR: Duration = Duration::from_hours(1);

async fn an_address_signs_in_one_user(house: House) {
    let found = house
        .store
        .user_by_address(&address("ANN@Sample.Example"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, house.person(house.user, "ann@sample.example"));
    assert_eq!(house.store.user(house.user).await.unwrap(), Some(found));
    let twin = house.person(UserId(id()), "Ann@sample.example");
    assert!(matches!(
        house.store.user_create(twin, house.by()).await,
        Err(Error::Conflict(_))
    ));
    assert_eq!(house.store.users(house.workspace).await.unwrap().len(), 1);
    assert_eq!(
        house
            .store
            .user_by_address(&address("eve@sample.example"))
            .await
            .unwrap(),
        None
    );
}

async fn a_secret_works_until_it_expires_or_is_revoked(house: House) {
    let (kind, store) = (CredentialKind::AppPassword, &house.store);
    let (short, long, long_id) = (Secret::new(id()).digest(), Secret::new(id()).digest(), id());
    store
        .credential_create(
            kind,
            id(),
            house.user,
            "phone",
            short,
            NOW,
            Some(NOW + HOUR),
        )
        .await
        .unwrap();
    store
        .credential_create(kind, long_id, house.user, "laptop", long, NOW + HOUR, None)
        .await
        .unwrap();

    let just_before = NOW + HOUR - Duration::from_millis(1);
    assert_eq!(
        store
            .credential_user(kind, short, just_before)
            .await
            .unwrap()
            .unwrap()
            .id,
        house.user
    );
    assert_eq!(
        store
            .credential_user(kind, short, NOW + HOUR)
            .await
            .unwrap(),
        None
    );
    let cleared = store.retention_run(store::Terms::default(), id(), NOW + HOUR * 2);
    assert_eq!(cleared.await.unwrap()["credential"], 1);

    let listed = store.credentials(house.user, kind).await.unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|c| (c.id, c.label.as_str()))
            .collect::<Vec<_>>(),
        [(long_id, "laptop")]
    );
    assert!(
        !store
            .credential_revoke(UserId(id()), long_id, house.by())
            .await
            .unwrap(),
        "somebody else's"
    );
    assert!(
        store
            .credential_user(kind, long, NOW + HOUR * 100_000)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .credential_revoke(house.user, long_id, house.by())
            .await
            .unwrap()
    );
    assert!(
        !store
            .credential_revoke(house.user, long_id, house.by())
            .await
            .unwrap()
    );
    assert_eq!(
        store.credential_user(kind, long, NOW + HOUR).await.unwrap(),
        None
    );
}

async fn a_secret_is_good_for_its_own_kind_only(house: House) {
    let digest = Secret::new(id()).digest();
    let kind = CredentialKind::AppPassword;
    house
        .store
        .credential_create(kind, id(), house.user, "phone", digest, NOW, None)
        .await
        .unwrap();
    for other in [CredentialKind::Session, CredentialKind::ApiKey] {
        assert_eq!(
            house
                .store
                .credential_user(other, digest, NOW)
                .await
                .unwrap(),
            None,
            "{other:?}"
        );
    }
}

async fn use_is_noted_at_most_once_an_hour(house: House) {
    let (kind, digest) = (CredentialKind::ApiKey, Secret::new(id()).digest());
    house
        .store
        .credential_create(kind, id(), house.user, "script", digest, NOW, None)
        .await
        .unwrap();
    for (at, noted) in [
        (NOW, NOW),
        (NOW + HOUR - Duration::from_millis(1), NOW),
        (NOW + HOUR, NOW + HOUR),
    ] {
        assert!(
            house
                .store
                .credential_user(kind, digest, at)
                .await
                .unwrap()
                .is_some()
        );
        let listed = house.store.credentials(house.user, kind).await.unwrap();
        assert_eq!(listed[0].used_at, Some(noted), "used at {at}");
    }
}

async fn an_idle_session_ends(house: House) {
    let digest = Secret::new(id()).digest();
    let (kind, end) = (CredentialKind::Session, Some(NOW + HOUR * 100));
    house
        .store
        .credential_create(kind, id(), house.user, "", digest, NOW, end)
        .await
        .unwrap();
    let at = |hours: u32| {
        house
            .store
            .session_user(digest, NOW + HOUR * hours, HOUR * 12)
    };
    assert!(at(11).await.unwrap().is_some());
    assert!(at(22).await.unwrap().is_some(), "used at 11");
    assert_eq!(at(34).await.unwrap(), None, "not used for 12 hours");
    house.store.session_end(digest).await.unwrap();
    assert_eq!(at(22).await.unwrap(), None);
}

async fn a_new_password_ends_all_sessions(house: House) {
    let (session, phone) = (Secret::new(id()).digest(), Secret::new(id()).digest());
    let store = &house.store;
    store
        .credential_create(
            CredentialKind::Session,
            id(),
            house.user,
            "",
            session,
            NOW,
            None,
        )
        .await
        .unwrap();
    store
        .credential_create(
            CredentialKind::AppPassword,
            id(),
            house.user,
            "phone",
            phone,
            NOW,
            None,
        )
        .await
        .unwrap();
    store
        .user_set_password(house.user, "$new$".into(), house.by())
        .await
        .unwrap();
    assert_eq!(
        store.user(house.user).await.unwrap().unwrap().password_hash,
        "$new$"
    );
    assert_eq!(
        store
            .credential_user(CredentialKind::Session, session, NOW)
            .await
            .unwrap(),
        None
    );
    assert!(
        store
            .credential_user(CredentialKind::AppPassword, phone, NOW)
            .await
            .unwrap()
            .is_some()
    );
}

async fn an_identity_belongs_to_one_user(house: House) {
    let other = house.colleague().await;
    let identity = |user, at: &str| Identity {
        id: IdentityId(id()),
        workspace: house.workspace,
        user,
        address: address(at),
        name: "Sales".into(),
    };
    let sales = identity(house.user, "sales@sample.example");
    house
        .store
        .identity_create(sales.clone(), house.by())
        .await
        .unwrap();
    let claimed = house
        .store
        .identity_create(identity(other, "SALES@sample.example"), house.by())
        .await;
    assert!(matches!(claimed, Err(Error::Conflict(_))), "{claimed:?}");
    assert_eq!(
        house.store.identities(house.user).await.unwrap(),
        std::slice::from_ref(&sales)
    );
    assert_eq!(
        house
            .store
            .identities_of_workspace(house.workspace)
            .await
            .unwrap(),
        std::slice::from_ref(&sales)
    );
    assert!(
        !house
            .store
            .identity_remove(other, sales.id, house.by())
            .await
            .unwrap()
    );
    assert!(
        house
            .store
            .identity_remove(house.user, sales.id, house.by())
            .await
            .unwrap()
    );
    assert!(house.store.identities(house.user).await.unwrap().is_empty());
}
