//! The outbox: nothing is lost, nothing is handed to two, and the mail's bytes go when they are needed no more.

use crate::house::{House, MINUTE, NOW, bounced, id, sent};
use crate::on_both;
use model::mode::NOTHING;
use model::{ConsentState, Mode, PerAxis, Reason, Tick, Topic};
use std::collections::BTreeSet;
use store::{Carried, CopyState, Errand, Lowered, Outcome};

on_both!(
    a_sent_mail_leaves_and_its_source_with_it,
    the_source_stays_while_another_copy_waits,
    the_last_two_at_once_still_forget_the_source,
    a_deferred_mail_comes_back_when_it_is_due,
    a_delay_is_reported_once,
    a_bounced_mail_is_reported_to_its_sender,
    a_lease_runs_out_unless_renewed,
    what_is_given_back_is_free,
    a_late_finish_of_a_lost_parcel_changes_nothing,
    no_parcel_is_ever_in_two_hands,
    a_lowered_copy_is_written_down,
    being_asked_overrides_no_answer,
    what_the_sender_delivers_is_known_and_waits_nowhere,
);

fn errand_copy(errand: &Errand) -> model::CopyId {
    match errand {
        Errand::Copy { copy, .. } | Errand::Report { copy, .. } => *copy,
        other => panic!("no copy in {other:?}"),
    }
}

async fn a_sent_mail_leaves_and_its_source_with_it(house: House) {
    let parcel = house.claimed().await;
    let Errand::Copy { copy, message } = parcel.errand else {
        panic!("{parcel:?}")
    };
    assert_eq!(
        (parcel.sender.as_str(), parcel.recipient.as_str()),
        ("ann@sample.example", "bob@example.org")
    );
    assert_eq!((parcel.attempts, parcel.created_at), (0, NOW));
    assert_eq!(
        house
            .store
            .message_source(message)
            .await
            .unwrap()
            .as_deref(),
        Some(&b"mail"[..])
    );
    assert_eq!(house.read(copy).await.state, CopyState::Queued);

    house.finish(parcel, sent(), NOW + MINUTE).await;
    let copy = house.read(copy).await;
    assert_eq!((copy.state, copy.state_at), (CopyState::Sent, NOW + MINUTE));
    assert_eq!(copy.answer.as_deref(), Some("250 2.0.0 ok"));
    assert_eq!(house.store.message_source(message).await.unwrap(), None);
    assert_eq!(house.store.outbox_size().await.unwrap(), (0, None));
}

async fn two_copies(house: &House) -> (model::MessageId, Vec<store::Parcel>) {
    let (bob, eve) = (
        house.contact("bob@example.org").await,
        house.contact("eve@example.org").await,
    );
    let (message, _) = house.accept(house.draft(&[&bob, &eve], NOTHING, NOW)).await;
    (message, house.claim(NOW).await)
}

async fn the_source_stays_while_another_copy_waits(house: House) {
    let (message, mut parcels) = two_copies(&house).await;
    let (second, first) = (parcels.pop().unwrap(), parcels.pop().unwrap());
    house.finish(first, sent(), NOW).await;
    assert!(house.store.message_source(message).await.unwrap().is_some());
    // A report quotes the mail, so the source waits for it too.
    house
        .finish(second, bounced("550 5.1.1 unknown", Some(id())), NOW)
        .await;
    assert!(house.store.message_source(message).await.unwrap().is_some());
    let report = house.claim(NOW).await.remove(0);
    house.finish(report, sent(), NOW).await;
    assert_eq!(house.store.message_source(message).await.unwrap(), None);
}

async fn the_last_two_at_once_still_forget_the_source(house: House) {
    for _ in 0..10 {
        let (message, parcels) = two_copies(&house).await;
        let finishing: Vec<_> = parcels
            .into_iter()
            .map(|parcel| {
                let store = house.store.clone();
                tokio::spawn(async move { store.outbox_finish(parcel, sent(), NOW).await })
            })
            .collect();
        for task in finishing {
            task.await.unwrap().unwrap();
        }
        assert_eq!(house.store.message_source(message).await.unwrap(), None);
    }
}

async fn a_deferred_mail_comes_back_when_it_is_due(house: House) {
    let parcel = house.claimed().await;
    let copy = errand_copy(&parcel.errand);
    let due_at = NOW + MINUTE * 10;
    let deferred = Outcome::Deferred {
        answer: "451 later".into(),
        due_at,
        report: None,
    };
    house.finish(parcel, deferred, NOW).await;
    let read = house.read(copy).await;
    assert_eq!(
        (read.state, read.answer.as_deref()),
        (CopyState::Deferred, Some("451 later"))
    );
    assert!(house.claim(NOW + MINUTE * 9).await.is_empty());
    assert_eq!(house.store.outbox_size().await.unwrap(), (1, Some(due_at)));
    let again = house.claim(due_at).await;
    assert_eq!((again.len(), again[0].attempts), (1, 1));
}

async fn a_delay_is_reported_once(house: House) {
    let parcel = house.claimed().await;
    assert_eq!(parcel.notify.as_deref(), Some("FAILURE,DELAY"));
    let deferred = Outcome::Deferred {
        answer: "451 later".into(),
        due_at: NOW,
        report: Some(id()),
    };
    house.finish(parcel, deferred, NOW).await;
    let parcels = house.claim(NOW).await;
    let mail = parcels
        .iter()
        .find(|p| matches!(p.errand, Errand::Copy { .. }))
        .unwrap();
    assert_eq!(mail.notify.as_deref(), Some("FAILURE"));
    let told = |p: &&store::Parcel| matches!(&p.errand, Errand::Report { action, .. } if action == "delayed");
    assert_eq!(parcels.iter().filter(told).count(), 1);
}

async fn a_bounced_mail_is_reported_to_its_sender(house: House) {
    let parcel = house.claimed().await;
    let copy = errand_copy(&parcel.errand);
    house
        .finish(parcel, bounced("550 5.1.1 unknown", Some(id())), NOW)
        .await;
    assert_eq!(house.read(copy).await.state, CopyState::Bounced);
    let reports = house.claim(NOW).await;
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert!(
        matches!(&report.errand, Errand::Report { action, copy: about, .. } if action == "failed" && *about == copy)
    );
    // From nobody, so that it can never be reported about itself.
    assert_eq!(
        (report.sender.as_str(), report.recipient.as_str()),
        ("", "ann@sample.example")
    );
}

async fn a_lease_runs_out_unless_renewed(house: House) {
    let (mine, other) = (id(), id());
    let contact = house.contact("bob@example.org").await;
    house.accept(house.draft(&[&contact], NOTHING, NOW)).await;
    assert_eq!(
        house
            .store
            .outbox_claim(mine, NOW, MINUTE, 9)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        house
            .store
            .outbox_claim(other, NOW + MINUTE, MINUTE, 9)
            .await
            .unwrap()
            .is_empty()
    );
    house
        .store
        .outbox_renew(other, NOW + MINUTE * 9)
        .await
        .unwrap(); // holds nothing
    house
        .store
        .outbox_renew(mine, NOW + MINUTE * 3)
        .await
        .unwrap();
    assert!(
        house
            .store
            .outbox_claim(other, NOW + MINUTE * 2, MINUTE, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        house
            .store
            .outbox_claim(other, NOW + MINUTE * 4, MINUTE, 9)
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn what_is_given_back_is_free(house: House) {
    let parcel = house.claimed().await;
    house.store.outbox_give_back(parcel.owner).await.unwrap();
    let again = house.claim(NOW).await;
    assert_eq!((again.len(), again[0].attempts), (1, 0), "it was not tried");
}

async fn a_late_finish_of_a_lost_parcel_changes_nothing(house: House) {
    let late = house.claimed().await;
    let copy = errand_copy(&late.errand);
    let after = NOW + MINUTE * 2;
    let taken = house.claim(after).await.remove(0);
    // The first worker wakes up: it must neither free what the second holds ...
    let deferred = Outcome::Deferred {
        answer: "451 later".into(),
        due_at: NOW,
        report: None,
    };
    house.finish(late.clone(), deferred.clone(), after).await;
    assert_eq!(house.read(copy).await.state, CopyState::Queued);
    assert!(house.claim(after).await.is_empty());
    // ... nor, once the second is done, undo what became of it.
    house.finish(taken.clone(), sent(), after).await;
    let told = house.store.event_last().await.unwrap();
    house.finish(late, deferred, after).await;
    house.finish(taken, sent(), after).await;
    assert_eq!(house.read(copy).await.state, CopyState::Sent);
    assert_eq!(house.store.event_last().await.unwrap(), told, "told once");
}

async fn no_parcel_is_ever_in_two_hands(house: House) {
    let contact = house.contact("bob@example.org").await;
    for _ in 0..10 {
        house
            .accept(house.draft(&[&contact; 12], NOTHING, NOW))
            .await;
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let store = house.store.clone();
            tokio::spawn(async move {
                let (owner, mut mine) = (id(), Vec::new());
                loop {
                    let claimed = store.outbox_claim(owner, NOW, MINUTE, 7).await.unwrap();
                    if claimed.is_empty() {
                        return mine;
                    }
                    for parcel in claimed {
                        mine.push(parcel.id);
                        store.outbox_finish(parcel, sent(), NOW).await.unwrap();
                    }
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 120);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 120);
    assert_eq!(house.store.outbox_size().await.unwrap().0, 0);
    assert_eq!(
        house
            .number("select count(*) from message where source is not null")
            .await,
        0
    );
}

async fn a_lowered_copy_is_written_down(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house
        .copy_for(
            &bob,
            PerAxis {
                document: Mode::None,
                ..PerAxis::all(Mode::Individual)
            },
        )
        .await;
    assert_eq!(house.read(copy).await.tick(), Tick::Sent);
    let parcel = house.claim(NOW).await.remove(0);
    let why = Some(Reason::Withdrawn);
    let outcome = Outcome::Sent {
        answer: "250".into(),
        carried: store::Carried {
            lowered: Some(store::Lowered {
                modes: NOTHING,
                open: why,
                click: why,
            }),
            ..store::Carried::default()
        },
        report: None,
    };
    house.finish(parcel, outcome, NOW).await;
    let read = house.read(copy).await;
    assert_eq!((read.modes, read.reason()), (NOTHING, why));
    let ticks = house.store.copy_ticks(read.message).await.unwrap();
    assert_eq!(ticks, [(Tick::Untracked, 1)], "the column follows");
}

async fn being_asked_overrides_no_answer(house: House) {
    let parcel = house.claimed().await;
    let bob = house.contact("bob@example.org").await;
    // While the mail was on its way the person answered through an older one.
    house.withdraws(&bob, &[Topic::Open], NOW).await;
    house.gives(&bob, &[Topic::Click], NOW).await;
    let outcome = Outcome::Sent {
        answer: "250".into(),
        carried: store::Carried {
            asked: true,
            ..store::Carried::default()
        },
        report: None,
    };
    house.finish(parcel, outcome, NOW + MINUTE).await;
    let consent = house.contact("bob@example.org").await.consent;
    assert_eq!(consent.open.state, ConsentState::Withdrawn);
    assert_eq!(consent.click.state, ConsentState::Given);
    assert_eq!(consent.details.state, ConsentState::Asked);
    assert_eq!(consent.document.since, Some(NOW + MINUTE));
}

async fn what_the_sender_delivers_is_known_and_waits_nowhere(house: House) {
    let bob = house.contact("bob@example.org").await;
    let modes = PerAxis::all(Mode::Individual);
    let mut draft = house.draft(&[&bob], modes, NOW);
    draft.copies[0].outbox = None;
    let (message, copies) = house.accept(draft).await;
    let copy = house.read(copies[0]).await;
    assert_eq!((copy.state, copy.modes), (CopyState::HandedOver, modes));
    let source = house.store.message_source(message).await.unwrap();
    assert_eq!(source, None, "nothing has to be made from it any more");
    assert_eq!(house.store.outbox_size().await.unwrap(), (0, None));

    let carried = Carried {
        lowered: Some(Lowered {
            modes: NOTHING,
            open: Some(Reason::Withdrawn),
            click: Some(Reason::Withdrawn),
        }),
        asked: true,
        told: true,
        receipt_left_out: true,
    };
    let (store, at) = (&house.store, NOW + MINUTE);
    let noted = store.copy_handed_over(house.workspace, message, copy.id, Ok(carried), at);
    noted.await.unwrap();
    let copy = house.read(copy.id).await;
    assert_eq!(copy.reason(), Some(Reason::Withdrawn));
    assert_eq!(
        (copy.tick(), copy.state),
        (Tick::Untracked, CopyState::HandedOver)
    );
    let bob = house.contact_now(bob.id).await;
    assert_eq!(bob.consent.get(Topic::Open).at(NOW), ConsentState::Asked);

    let no = Err(Reason::Unsubscribed);
    let noted = store.copy_handed_over(house.workspace, message, copy.id, no, at);
    noted.await.unwrap();
    let copy = house.read(copy.id).await;
    assert_eq!(
        (copy.state, copy.refusal),
        (CopyState::Bounced, Some(Reason::Unsubscribed))
    );
}
