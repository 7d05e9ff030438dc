//! Users as those see them who answer for them, and what follows for their mail.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, hit, id};
use crate::on_both;
use model::decision::Ceiling;
use model::mode::NOTHING;
use model::{Axis, Meaning, Mode, PerAxis, Reason, Role, Sha256, UserId};
use store::{CredentialKind, Error};

on_both!(
    r_gov_02_a_new_user_may_not_track,
    r_gov_02_who_has_not_acknowledged_the_policy_in_force_does_not_track,
    r_gov_02_taking_the_right_away_stops_recording_of_mail_already_sent,
    a_workspace_keeps_an_owner,
    whoever_is_deactivated_is_out_everywhere,
    a_reset_works_once,
);

async fn another(house: &House, at: &str) -> UserId {
    let user = UserId(id());
    house
        .store
        .user_create(house.person(user, at), house.by())
        .await
        .unwrap();
    user
}

/// The reasons of those of the sender's ceilings that allow nothing.
async fn against(house: &House, user: UserId) -> Vec<Reason> {
    let member = house
        .store
        .member(house.workspace, user)
        .await
        .unwrap()
        .unwrap();
    let nothing = |c: &Ceiling| c.modes == NOTHING;
    member
        .limits
        .ceilings()
        .iter()
        .filter(|c| nothing(c))
        .map(|c| c.reason)
        .collect()
}

async fn r_gov_02_a_new_user_may_not_track(house: House) {
    let bea = another(&house, "bea@sample.example").await;
    assert_eq!(
        against(&house, bea).await,
        [Reason::NotGranted, Reason::NotAcknowledged]
    );
    house.may_track(bea).await;
    assert_eq!(against(&house, bea).await, []);
}

async fn r_gov_02_who_has_not_acknowledged_the_policy_in_force_does_not_track(house: House) {
    let (store, workspace) = (&house.store, house.workspace);
    let first = store.policy(workspace).await.unwrap();
    assert!(first.in_force && first.body == model::policy::FIRST);
    let text = "Another policy.\n".repeat(10);
    assert!(
        store
            .policy_publish(workspace, &text, house.by())
            .await
            .unwrap()
    );
    assert!(
        !store
            .policy_publish(workspace, &text, house.by())
            .await
            .unwrap()
    );
    assert_eq!(against(&house, house.user).await, [Reason::NotAcknowledged]);
    // What was read before is not what is in force.
    assert!(
        !store
            .policy_acknowledge(house.user, first.version, NOW)
            .await
            .unwrap()
    );
    let now = store.policy(workspace).await.unwrap();
    assert!(
        store
            .policy_acknowledge(house.user, now.version, NOW)
            .await
            .unwrap()
    );
    assert_eq!(against(&house, house.user).await, []);
    assert_eq!(
        store.policies(workspace).await.unwrap().len(),
        2,
        "versions stay"
    );
}

async fn r_gov_02_taking_the_right_away_stops_recording_of_mail_already_sent(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    let recorded = async || {
        let hit = hit(copy, Axis::Open, Meaning::Human, NOW);
        house.record(vec![hit], NOW).await.stored
    };
    assert_eq!(recorded().await, 1);
    let set = async |may_track, ceiling| {
        let (workspace, user) = (house.workspace, house.user);
        let set = house
            .store
            .user_set_limits(workspace, user, may_track, ceiling, house.by());
        assert!(set.await.unwrap());
    };
    set(false, PerAxis::all(Mode::Detailed)).await;
    assert_eq!(recorded().await, 0);
    set(true, PerAxis::all(Mode::None)).await;
    assert_eq!(recorded().await, 0);
    set(true, PerAxis::all(Mode::Individual)).await;
    assert_eq!(recorded().await, 1);
    let text = "Another policy.\n".repeat(10);
    house
        .store
        .policy_publish(house.workspace, &text, house.by())
        .await
        .unwrap();
    assert_eq!(recorded().await, 0);
}

async fn a_workspace_keeps_an_owner(house: House) {
    let (store, workspace) = (&house.store, house.workspace);
    let role = store
        .user_set_role(workspace, house.user, Role::Member, house.by())
        .await;
    assert!(matches!(role, Err(Error::Conflict(_))), "{role:?}");
    let out = store
        .user_set_active(workspace, house.user, false, house.by())
        .await;
    assert!(matches!(out, Err(Error::Conflict(_))), "{out:?}");
    let bea = another(&house, "bea@sample.example").await;
    assert!(
        store
            .user_set_role(workspace, house.user, Role::Member, house.by())
            .await
            .unwrap()
    );
    let out = store
        .user_set_active(workspace, bea, false, house.by())
        .await;
    assert!(
        matches!(out, Err(Error::Conflict(_))),
        "the last one now: {out:?}"
    );
}

async fn whoever_is_deactivated_is_out_everywhere(house: House) {
    let (store, workspace) = (&house.store, house.workspace);
    let bea = another(&house, "bea@sample.example").await;
    house.may_track(bea).await;
    let key = Sha256::of("key");
    let kind = CredentialKind::ApiKey;
    store
        .credential_create(kind, id(), bea, "script", key, NOW, None)
        .await
        .unwrap();
    assert!(
        store
            .credential_user(kind, key, NOW)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .user_set_active(workspace, bea, false, house.by())
            .await
            .unwrap()
    );
    assert_eq!(store.credential_user(kind, key, NOW).await.unwrap(), None);
    let address = crate::house::address("bea@sample.example");
    assert_eq!(store.user_by_address(&address).await.unwrap(), None);
    assert_eq!(against(&house, bea).await, [Reason::NotGranted]);
    assert!(
        store
            .user_set_active(workspace, bea, true, house.by())
            .await
            .unwrap()
    );
    assert!(store.user_by_address(&address).await.unwrap().is_some());
    assert_eq!(
        store.credential_user(kind, key, NOW).await.unwrap(),
        None,
        "gone for good"
    );
}

async fn a_reset_works_once(house: House) {
    let store = &house.store;
    let issue = async |hash| {
        let until = NOW + MINUTE;
        let (workspace, user) = (house.workspace, house.user);
        store
            .user_reset_issue(workspace, user, id(), hash, until, house.by())
            .await
            .unwrap()
    };
    let (first, second) = (Sha256::of("first"), Sha256::of("second"));
    assert!(issue(first).await && issue(second).await);
    let used = async |hash, at| {
        store
            .user_reset_use(hash, "$new$".into(), at)
            .await
            .unwrap()
    };
    assert!(!used(first, NOW).await, "a newer one was made");
    assert!(!used(second, NOW + MINUTE).await, "too late");
    assert!(store.user_reset_find(second, NOW).await.unwrap().is_some());
    assert!(used(second, NOW).await);
    assert!(!used(second, NOW).await, "a second time");
    assert_eq!(
        store.user(house.user).await.unwrap().unwrap().password_hash,
        "$new$"
    );
}
