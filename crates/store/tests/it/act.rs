//! Acts: each that is on the list writes exactly its own entry, and the ledger opens every one of them.

use crate::house::{House, NOW, address, id};
use crate::on_both;
use model::ErasedBy;
use model::{ActKind, ConsentState, IdentityId, LegalTags, Mode, PerAxis, Sha256, Topic, UserId};
use store::{Act, ActFilter, By, CredentialKind, Identity, Method, Opening, Terms, Workspace};

on_both!(
    r_aud_01_every_act_of_the_list_writes_exactly_its_entry,
    r_aud_01_an_act_says_who_what_when_and_why,
    r_aud_01_failed_sign_ins_are_noted_once_a_minute_and_account,
    r_aud_01_what_changes_nothing_is_no_act,
    r_aud_02_an_act_changed_behind_its_entry_is_found,
    r_aud_03_an_erased_contact_seals_the_acts_about_them,
);

async fn all(house: &House) -> Vec<Act> {
    let filter = ActFilter {
        limit: 1_000,
        ..ActFilter::default()
    };
    house.store.acts(house.workspace, filter).await.unwrap()
}

async fn settings(house: &House) -> Workspace {
    house
        .store
        .workspace(house.workspace)
        .await
        .unwrap()
        .unwrap()
}

async fn second_user(house: &House) -> UserId {
    let user = UserId(id());
    let at = format!("{user}@sample.example").to_lowercase();
    let new = house.person(user, &at.replace(['_', '-'], "x"));
    house.store.user_create(new, house.by()).await.unwrap();
    user
}

async fn credential(house: &House, kind: CredentialKind) -> [u8; 16] {
    let (made, digest) = (id(), Sha256::of(&format!("{:?}", id())));
    let user = house.user;
    house
        .store
        .credential_create(kind, made, user, "laptop", digest, NOW, None)
        .await
        .unwrap();
    made
}

async fn identity(house: &House) -> IdentityId {
    let made = IdentityId(id());
    let identity = Identity {
        id: made,
        workspace: house.workspace,
        user: house.user,
        address: address(&format!("sales{}@sample.example", id()[15])),
        name: String::new(),
    };
    house
        .store
        .identity_create(identity, house.by())
        .await
        .unwrap();
    made
}

fn breach() -> store::Breach {
    store::Breach {
        id: model::BreachId([9; 16]),
        aware_at: NOW,
        from: NOW,
        to: NOW,
        risk: model::breach::Risk::Likely,
        account: model::breach::Account::default(),
        authority_told_at: None,
        persons_told_at: None,
    }
}

/// What has to be there before the act; its own acts do not count.
enum Ready {
    Nothing,
    Credential([u8; 16]),
    Identity(IdentityId),
    User(UserId),
    Contact(model::ContactId),
    Request(model::RequestId),
    Webhook(model::WebhookId),
    Challenge([u8; 16]),
    Guardian(model::GuardianId),
    Form(model::FormId),
}

async fn form(house: &House) -> model::FormId {
    let made = model::FormId(id());
    let draft = model::form::FormDraft {
        name: "Newsletter".into(),
        page: "https://www.sample.example/news".into(),
        kind: "sign_up".into(),
        topics: vec![Topic::Open],
    };
    let form = draft.publish(made).unwrap();
    let published = house.store.form_publish(house.workspace, form, house.by());
    published.await.unwrap();
    let open = house.store.form_open(made).await.unwrap().unwrap();
    assert_eq!(open.form.page.as_str(), "https://www.sample.example/news");
    made
}

async fn prepare(house: &House, kind: ActKind) -> Ready {
    match kind {
        ActKind::FormClosed => Ready::Form(form(house).await),
        ActKind::CredentialRevoked => {
            Ready::Credential(credential(house, CredentialKind::ApiKey).await)
        }
        ActKind::IdentityRemoved => Ready::Identity(identity(house).await),
        ActKind::UserPasswordSet
        | ActKind::UserSignInFailed
        | ActKind::UserRoleSet
        | ActKind::UserDeactivated
        | ActKind::UserResetIssued
        | ActKind::UserCeilingSet => Ready::User(second_user(house).await),
        ActKind::UserReactivated => {
            let user = second_user(house).await;
            let (store, by) = (&house.store, house.by());
            assert!(
                store
                    .user_set_active(house.workspace, user, false, by)
                    .await
                    .unwrap()
            );
            Ready::User(user)
        }
        ActKind::ContactConsentSet
        | ActKind::ContactDescribed
        | ActKind::ContactAgreementSet
        | ActKind::ContactAgeSet => Ready::Contact(house.contact("bob@example.org").await.id),
        ActKind::ContactCorrected => {
            let bob = house.contact("bob@example.org").await.id;
            let made = house.store.challenge(house.workspace, bob, id, NOW).await;
            assert!(made.unwrap());
            let parcels = house.store.outbox_claim(id(), NOW, crate::house::MINUTE, 9);
            let challenge = |parcel: store::Parcel| match parcel.errand {
                store::Errand::Challenge { challenge } => Some(challenge),
                _ => None,
            };
            let found = parcels.await.unwrap().into_iter().find_map(challenge);
            Ready::Challenge(found.unwrap())
        }
        ActKind::GuardianChecked => Ready::Guardian(crate::guardian::unchecked(house).await),
        ActKind::ContactErased | ActKind::ContactRestricted => {
            Ready::Contact(house.contact("eve@example.org").await.id)
        }
        ActKind::WebhookChanged
        | ActKind::WebhookRotated
        | ActKind::WebhookTurnedOff
        | ActKind::WebhookDeleted => Ready::Webhook(crate::webhook::made(house, &[]).await),
        ActKind::WebhookTurnedOn => {
            let made = crate::webhook::made(house, &[]).await;
            let off = house
                .store
                .webhook_turn_off(house.workspace, made, house.by());
            assert!(off.await.unwrap());
            Ready::Webhook(made)
        }
        ActKind::RequestAnswered | ActKind::RequestExtended => {
            let new = store::NewRequest {
                id: model::RequestId(id()),
                contact: None,
                right: model::Right::Access,
                note: String::new(),
            };
            let made = new.id;
            house
                .store
                .request_add(house.workspace, new, NOW)
                .await
                .unwrap();
            Ready::Request(made)
        }
        ActKind::ProofDisposed => {
            let long_ago = house.contact("past@example.org").await;
            let at = NOW - std::time::Duration::from_hours(24 * 1_500);
            house.withdraws(&long_ago, &Topic::ALL, at).await;
            Ready::Nothing
        }
        _ => Ready::Nothing,
    }
}

/// Carries out one act of the list. A kind that the list gains does not compile until it is carried out here.
async fn carry_out(house: &House, kind: ActKind, ready: Ready) {
    let (store, by) = (&house.store, house.by());
    match (kind, ready) {
        (ActKind::WorkspaceDescribed, _) => {
            let mut changed = settings(house).await;
            changed.name = "Renamed Ltd".into();
            store.workspace_update(changed, by).await.unwrap();
        }
        (ActKind::CeilingSet, _) => {
            let mut changed = settings(house).await;
            changed.ceiling = PerAxis::all(Mode::None);
            store.workspace_update(changed, by).await.unwrap();
        }
        (ActKind::SwitchTurned, _) => {
            let mut changed = settings(house).await;
            changed.tracking = !changed.tracking;
            store.workspace_update(changed, by).await.unwrap();
        }
        (ActKind::InstanceSwitchTurned, _) => {
            store.instance_set_tracking(false, by).await.unwrap();
        }
        (ActKind::UserCreated, _) => {
            second_user(house).await;
        }
        (ActKind::UserPasswordSet, Ready::User(user)) => {
            store
                .user_set_password(user, "$new$".into(), by)
                .await
                .unwrap();
        }
        (ActKind::UserSignedIn, _) => {
            credential(house, CredentialKind::Session).await;
        }
        (ActKind::UserSignInFailed, Ready::User(user)) => {
            store
                .user_sign_in_failed(user, By::operator(NOW))
                .await
                .unwrap();
        }
        (ActKind::UserRoleSet, Ready::User(user)) => {
            let role = model::Role::Member;
            assert!(
                store
                    .user_set_role(house.workspace, user, role, by)
                    .await
                    .unwrap()
            );
        }
        (ActKind::UserDeactivated, Ready::User(user)) => {
            assert!(
                store
                    .user_set_active(house.workspace, user, false, by)
                    .await
                    .unwrap()
            );
        }
        (ActKind::UserReactivated, Ready::User(user)) => {
            assert!(
                store
                    .user_set_active(house.workspace, user, true, by)
                    .await
                    .unwrap()
            );
        }
        (ActKind::UserResetIssued, Ready::User(user)) => {
            let (hash, until) = (Sha256::of("reset"), NOW + crate::house::MINUTE);
            let made = store.user_reset_issue(house.workspace, user, id(), hash, until, by);
            assert!(made.await.unwrap());
        }
        (ActKind::UserCeilingSet, Ready::User(user)) => {
            let ceiling = PerAxis::all(Mode::Individual);
            let set = store.user_set_limits(house.workspace, user, true, ceiling, by);
            assert!(set.await.unwrap());
        }
        (ActKind::AimsStated, _) => {
            let texts = model::Language::ALL.map(|l| (l, "to call in time".to_owned()));
            let stated = store.aims_state(house.workspace, Topic::Open, texts.into(), by);
            assert_eq!(stated.await.unwrap(), Ok(()));
        }
        (ActKind::FormPublished, _) => {
            form(house).await;
        }
        (ActKind::FormClosed, Ready::Form(made)) => {
            assert!(store.form_close(house.workspace, made, by).await.unwrap());
            assert!(store.form_open(made).await.unwrap().is_none());
        }
        (ActKind::PolicyPublished, _) => {
            let text = model::policy::FIRST.replace("2. ", "2. Really: ");
            assert!(
                store
                    .policy_publish(house.workspace, &text, by)
                    .await
                    .unwrap()
            );
        }
        (ActKind::PolicyAcknowledged, _) => {
            let version = store.policy(house.workspace).await.unwrap().version;
            assert!(
                store
                    .policy_acknowledge(house.user, version, NOW)
                    .await
                    .unwrap()
            );
        }
        (ActKind::BreachNoted, _) => {
            store
                .breach_write(house.workspace, breach(), by)
                .await
                .unwrap();
        }
        (ActKind::BreachChanged, _) => {
            let changed = store::Breach {
                authority_told_at: Some(NOW),
                ..breach()
            };
            store
                .breach_write(house.workspace, changed, by)
                .await
                .unwrap();
        }
        (ActKind::CredentialMade, _) => {
            credential(house, CredentialKind::AppPassword).await;
        }
        (ActKind::CredentialRevoked, Ready::Credential(made)) => {
            assert!(store.credential_revoke(house.user, made, by).await.unwrap());
        }
        (ActKind::IdentityAdded, _) => {
            identity(house).await;
        }
        (ActKind::IdentityRemoved, Ready::Identity(made)) => {
            assert!(store.identity_remove(house.user, made, by).await.unwrap());
        }
        (ActKind::ContactConsentSet, Ready::Contact(contact)) => {
            let (workspace, state) = (house.workspace, ConsentState::Withdrawn);
            let user = Some(house.user);
            store
                .consent_set(
                    workspace,
                    contact,
                    &Topic::ALL,
                    state,
                    Method::User,
                    user,
                    NOW,
                )
                .await
                .unwrap();
        }
        (ActKind::ContactDescribed, Ready::Contact(contact)) => {
            let country = "DE".parse().ok();
            let tags = LegalTags::default();
            let workspace = house.workspace;
            assert!(
                store
                    .contact_describe(workspace, contact, country, tags, by)
                    .await
                    .unwrap()
            );
        }
        (ActKind::ContactAgeSet, Ready::Contact(contact)) => {
            let answer = model::AgeAnswer {
                standing: model::AgeStanding::Reached,
                threshold: 15,
                country: "FR".parse().ok(),
                asked_at: NOW,
            };
            let set = store.contact_set_age(house.workspace, contact, answer, by);
            assert!(set.await.unwrap());
        }
        (ActKind::GuardianChecked, Ready::Guardian(guardian)) => {
            let checked = store.guardian_check(house.workspace, guardian, by);
            assert!(checked.await.unwrap());
        }
        (ActKind::ContactCorrected, Ready::Challenge(challenge)) => {
            let act = store::OwnAct::Correct {
                name: "Robert".into(),
                language: None,
                country: None,
            };
            let note = model::RequestId(id());
            assert!(store.own_act(challenge, act, note, by).await.unwrap());
        }
        (ActKind::ContactErased, Ready::Contact(contact)) => {
            let erased = store
                .contact_erase(house.workspace, contact, ErasedBy::User, None, by, id)
                .await;
            assert!(erased.unwrap().is_some());
        }
        (ActKind::ContactRestricted, Ready::Contact(contact)) => {
            let restricted = store
                .contact_restrict(house.workspace, contact, true, by)
                .await;
            assert!(restricted.unwrap());
        }
        (ActKind::RequestAnswered, Ready::Request(request)) => {
            let answer = "sent".parse().unwrap();
            let answered = store
                .request_answer(house.workspace, request, &answer, by)
                .await;
            assert!(answered.unwrap());
        }
        (ActKind::RequestExtended, Ready::Request(request)) => {
            let why = "much".parse().unwrap();
            let extended = store
                .request_extend(house.workspace, request, 1, &why, by)
                .await;
            extended.unwrap().unwrap().unwrap();
        }
        (ActKind::ProofDisposed, _) => {
            store
                .retention_run(Terms::default(), id(), NOW)
                .await
                .unwrap();
        }
        (ActKind::ContactEntered, _) => {
            let entry = (
                crate::origin::entry("eve@example.org"),
                store::Fresh::draw(id),
            );
            let entered = store.contacts_enter(house.workspace, vec![entry], &by);
            assert_eq!(entered.await.unwrap().len(), 1);
        }
        (ActKind::ContactAgreementSet, Ready::Contact(contact)) => {
            let agreement = crate::origin::express();
            let set = store.contact_set_agreement(house.workspace, contact, agreement, by);
            assert!(set.await.unwrap());
        }
        (ActKind::AddressSuppressed, _) => {
            let mark = crate::suppression::mark(house, "stranger@example.org");
            store
                .suppress_noted(house.workspace, mark, None, by)
                .await
                .unwrap();
        }
        (ActKind::AssessmentWritten, _) => {
            let assessment = crate::origin::assessment(NOW + crate::house::MINUTE);
            store
                .assessment_keep(house.workspace, assessment, by)
                .await
                .unwrap();
        }
        (ActKind::RegisterExported | ActKind::EvidenceDrawn | ActKind::AccessReviewed, _) => {
            store
                .act_note(house.workspace, kind, "2026-11", by)
                .await
                .unwrap();
        }
        (ActKind::WebhookCreated, _) => {
            crate::webhook::made(house, &[]).await;
        }
        (ActKind::WebhookChanged, Ready::Webhook(made)) => {
            let new = crate::webhook::new("https://elsewhere.example/hook", &[]);
            let changed = store.webhook_change(house.workspace, made, new, false, by);
            assert!(changed.await.unwrap());
        }
        (ActKind::WebhookRotated, Ready::Webhook(made)) => {
            let rotated = store.webhook_rotate(house.workspace, made, by);
            assert_eq!(rotated.await.unwrap(), Some(2));
        }
        (ActKind::WebhookTurnedOff, Ready::Webhook(made)) => {
            let off = store.webhook_turn_off(house.workspace, made, by);
            assert!(off.await.unwrap());
        }
        (ActKind::WebhookTurnedOn, Ready::Webhook(made)) => {
            let on = store.webhook_turn_on(house.workspace, made, by);
            assert!(on.await.unwrap());
        }
        (ActKind::WebhookDeleted, Ready::Webhook(made)) => {
            let deleted = store.webhook_delete(house.workspace, made, by);
            assert!(deleted.await.unwrap());
        }
        (kind, _) => panic!("{kind} is on the list, and nothing here carries it out"),
    }
}

async fn r_aud_01_every_act_of_the_list_writes_exactly_its_entry(house: House) {
    // The workspace itself was made with the house.
    let first = all(&house).await.pop().unwrap();
    assert_eq!(first.kind, ActKind::WorkspaceCreated);
    for kind in ActKind::ALL
        .iter()
        .filter(|k| **k != ActKind::WorkspaceCreated)
    {
        let ready = prepare(&house, *kind).await;
        let before = all(&house).await;
        carry_out(&house, *kind, ready).await;
        let after = all(&house).await;
        let new: Vec<_> = after[..after.len() - before.len()]
            .iter()
            .map(|a| a.kind)
            .collect();
        // A person's own correction is a request of theirs as well, answered in the same moment.
        let expected: &[_] = match kind {
            ActKind::ContactCorrected => &[ActKind::RequestAnswered, ActKind::ContactCorrected],
            kind => std::slice::from_ref(kind),
        };
        assert_eq!(new, expected);
    }
    let rows = house.ledger().await;
    // But for the four that said what was deleted when its term was over.
    let closed: Vec<_> = rows
        .iter()
        .filter(|r| r.opening != Opening::Opens)
        .collect();
    assert_eq!(closed.len(), Topic::ALL.len(), "{closed:?}");
    assert!(
        closed.iter().all(|r| r.opening == Opening::Sealed),
        "{closed:?}"
    );
    let claimed = house.store.ledger_claimed(house.workspace).await.unwrap();
    assert_eq!(claimed, rows.len() as u64);
    for act in all(&house).await {
        let entry = &rows[usize::try_from(act.seq).unwrap() - 1].entry;
        assert_eq!(entry.kind.as_str(), act.kind.as_str());
    }
}

async fn r_aud_01_an_act_says_who_what_when_and_why(house: House) {
    let mut changed = settings(&house).await;
    changed.ceiling.click = Mode::None;
    let by = house.by().because(" The works council asked for it. ");
    house.store.workspace_update(changed, by).await.unwrap();
    let act = all(&house).await.remove(0);
    assert_eq!(
        (act.kind, act.user, act.at),
        (ActKind::CeilingSet, Some(house.user), NOW)
    );
    assert_eq!(act.object, "workspace");
    assert_eq!(
        act.reason.as_deref(),
        Some("The works council asked for it.")
    );
    let both = (act.before.unwrap(), act.after.unwrap());
    assert!(
        both.0.contains("click individual") && both.1.contains("click none"),
        "{both:?}"
    );
}

async fn r_aud_01_failed_sign_ins_are_noted_once_a_minute_and_account(house: House) {
    let before = all(&house).await.len();
    let other = second_user(&house).await;
    for (user, second) in [
        (house.user, 0),
        (house.user, 59),
        (other, 59),
        (house.user, 60),
    ] {
        let at = NOW + std::time::Duration::from_secs(second);
        let noted = house.store.user_sign_in_failed(user, By::operator(at));
        noted.await.unwrap();
    }
    assert_eq!(all(&house).await.len() - before, 1 + 3);
}

async fn r_aud_01_what_changes_nothing_is_no_act(house: House) {
    let before = all(&house).await.len();
    let same = settings(&house).await;
    house
        .store
        .workspace_update(same, house.by())
        .await
        .unwrap();
    house
        .store
        .instance_set_tracking(true, house.by())
        .await
        .unwrap();
    assert!(
        !house
            .store
            .credential_revoke(house.user, id(), house.by())
            .await
            .unwrap()
    );
    assert_eq!(all(&house).await.len(), before);
}

async fn r_aud_02_an_act_changed_behind_its_entry_is_found(house: House) {
    let opening = async |seq: usize| {
        let rows = house.ledger().await;
        rows[seq - 1].opening
    };
    assert_eq!(opening(1).await, Opening::Opens);
    house
        .run("update act set after_text = 'Another Ltd' where ledger_seq = 1")
        .await;
    assert_eq!(opening(1).await, Opening::Differs);
    assert_eq!(opening(2).await, Opening::Opens);
    house.run("delete from act where ledger_seq = 2").await;
    assert_eq!(opening(2).await, Opening::EventMissing);
}

async fn r_aud_03_an_erased_contact_seals_the_acts_about_them(house: House) {
    let bob = house.contact("bob@example.org").await;
    let ready = Ready::Contact(bob.id);
    carry_out(&house, ActKind::ContactDescribed, ready).await;
    house.run("delete from contact_key").await;
    let rows = house.ledger().await;
    let last = rows.last().unwrap();
    assert_eq!(last.entry.kind.as_str(), "contact.described");
    assert_eq!(last.opening, Opening::Sealed);
    assert!(
        rows[..rows.len() - 1]
            .iter()
            .all(|r| r.opening == Opening::Opens)
    );
}
