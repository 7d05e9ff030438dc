//! Hits: recorded only as far as allowed at that moment, kept once, counted once.

use crate::house::{DETAILED, House, INDIVIDUAL, MINUTE, NOW, hit, id, sent};
use crate::on_both;
use model::event::Happening;
use model::hit::Hit;
use model::mode::NOTHING;
use model::{Axis, CopyId, Meaning, Mode, PerAxis, Tick, Time, Topic};
use std::time::Duration;
use store::Recorded;

on_both!(
    a_hit_is_kept_as_judged,
    the_same_hit_is_kept_once,
    nothing_above_the_frozen_mode,
    a_withdrawal_reaches_the_past,
    consent_to_one_axis_is_not_consent_to_another,
    an_expired_consent_records_nothing,
    ceilings_and_kill_switches_stop_at_once,
    facts_only_in_detailed,
    an_unknown_or_damaged_copy_holds_up_nobody,
    counters_follow_the_judgement,
    a_repetition_is_kept_and_not_counted,
    a_click_without_consent_to_opens_is_no_reading,
    first_and_last_reading,
    the_feed_tells_of_firsts,
    two_folders_count_once,
    folding_and_delivering_at_once,
    a_receipt_counts_in_every_mode,
    a_full_batch,
);

const STORED: Recorded = Recorded {
    stored: 1,
    refused: 0,
};
const REFUSED: Recorded = Recorded {
    stored: 0,
    refused: 1,
};

async fn record(house: &House, hit: Hit) -> Recorded {
    let now = hit.at;
    house.record(vec![hit], now).await
}

async fn tracked(house: &House, modes: PerAxis<Mode>) -> CopyId {
    let bob = house.agreed("bob@example.org").await;
    house.copy_for(&bob, modes).await
}

async fn a_hit_is_kept_as_judged(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let mut one = hit(
        copy,
        Axis::Click,
        Meaning::HumanViaProxy,
        NOW + Duration::from_millis(59_999),
    );
    one.link = 65_535;
    assert_eq!(record(&house, one.clone()).await, STORED);
    let kept = house.store.hits(copy).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].id, kept[0].copy, kept[0].axis, kept[0].link),
        (one.id, copy, Axis::Click, 65_535)
    );
    assert_eq!(kept[0].verdict, one.verdict);
    assert_eq!(kept[0].at, NOW, "only its minute");
    assert_eq!(kept[0].facts, None);
}

async fn the_same_hit_is_kept_once(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = hit(copy, Axis::Open, Meaning::Human, NOW);
    record(&house, one.clone()).await;
    house.fold_all().await;
    // A recorder that did not hear of the commit tries again.
    house.record(vec![one.clone(), one], NOW).await;
    house.fold_all().await;
    assert_eq!(house.store.hits(copy).await.unwrap().len(), 1);
    assert_eq!(house.read(copy).await.seen.opens.human, 1);
}

async fn nothing_above_the_frozen_mode(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let opens_only = PerAxis {
        click: Mode::None,
        ..INDIVIDUAL
    };
    for (modes, axis, expected) in [
        (NOTHING, Axis::Open, REFUSED),
        (opens_only, Axis::Click, REFUSED),
        (opens_only, Axis::Open, STORED),
        (PerAxis::all(Mode::Aggregate), Axis::Open, REFUSED),
        (PerAxis::all(Mode::Hygiene), Axis::Open, REFUSED),
    ] {
        let copy = house.copy_for(&bob, modes).await;
        assert_eq!(
            record(&house, hit(copy, axis, Meaning::Human, NOW)).await,
            expected,
            "{modes:?} {axis:?}"
        );
    }
}

async fn a_withdrawal_reaches_the_past(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let old = house.copy_for(&bob, INDIVIDUAL).await;
    assert_eq!(
        record(&house, hit(old, Axis::Open, Meaning::Human, NOW)).await,
        STORED
    );
    house.withdraws(&bob, &Topic::ALL, NOW + MINUTE).await;
    for axis in [Axis::Open, Axis::Click] {
        assert_eq!(
            record(&house, hit(old, axis, Meaning::Human, NOW + MINUTE)).await,
            REFUSED
        );
    }
    assert_eq!(house.store.hits(old).await.unwrap().len(), 1);
}

async fn consent_to_one_axis_is_not_consent_to_another(house: House) {
    let bob = house.contact("bob@example.org").await;
    house
        .gives(&bob, &[Topic::Click, Topic::Details], NOW)
        .await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    assert_eq!(
        record(&house, hit(copy, Axis::Open, Meaning::Human, NOW)).await,
        REFUSED
    );
    assert_eq!(
        record(&house, hit(copy, Axis::Document, Meaning::Human, NOW)).await,
        REFUSED
    );
    assert_eq!(
        record(&house, hit(copy, Axis::Click, Meaning::Human, NOW)).await,
        STORED
    );
}

async fn an_expired_consent_records_nothing(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let later = NOW + model::consent::CONSENT_LIFE;
    assert_eq!(
        record(&house, hit(copy, Axis::Open, Meaning::Human, later)).await,
        REFUSED
    );
}

async fn ceilings_and_kill_switches_stop_at_once(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let try_both = async || {
        let opened = record(&house, hit(copy, Axis::Open, Meaning::Human, NOW))
            .await
            .stored;
        let clicked = record(&house, hit(copy, Axis::Click, Meaning::Human, NOW))
            .await
            .stored;
        (opened, clicked)
    };
    assert_eq!(try_both().await, (1, 1));
    house
        .store
        .instance_set_tracking(false, house.by())
        .await
        .unwrap();
    assert_eq!(try_both().await, (0, 0), "the operator's switch");
    house
        .store
        .instance_set_tracking(true, house.by())
        .await
        .unwrap();

    let workspace = house
        .store
        .workspace(house.workspace)
        .await
        .unwrap()
        .unwrap();
    let off = store::Workspace {
        tracking: false,
        ..workspace.clone()
    };
    house.store.workspace_update(off, house.by()).await.unwrap();
    assert_eq!(try_both().await, (0, 0), "the workspace's switch");
    let low = PerAxis {
        open: Mode::None,
        ..workspace.ceiling
    };
    house
        .store
        .workspace_update(
            store::Workspace {
                ceiling: low,
                ..workspace.clone()
            },
            house.by(),
        )
        .await
        .unwrap();
    assert_eq!(try_both().await, (0, 1), "the workspace's ceiling");
    house
        .store
        .workspace_update(workspace, house.by())
        .await
        .unwrap();
    house
        .run("update instance set ceiling_click = 'aggregate'")
        .await;
    assert_eq!(try_both().await, (1, 0), "the operator's ceiling");
}

async fn facts_only_in_detailed(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, DETAILED).await;
    let facts = async |minute: u32| {
        record(
            &house,
            hit(copy, Axis::Open, Meaning::Human, NOW + MINUTE * minute),
        )
        .await;
        house.store.hits(copy).await.unwrap().pop().unwrap().facts
    };
    assert_eq!(facts(0).await, None, "the workspace allows individual");
    house.allow_details().await;
    assert_eq!(
        facts(1).await.unwrap().client.as_deref(),
        Some("Thunderbird")
    );
    house.withdraws(&bob, &[Topic::Details], NOW).await;
    assert_eq!(facts(2).await, None, "not agreed to any more");
    assert_eq!(
        house
            .number("select count(*) from hit where facts is not null")
            .await,
        1
    );
}

async fn an_unknown_or_damaged_copy_holds_up_nobody(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let (good, damaged) = (
        house.copy_for(&bob, INDIVIDUAL).await,
        house.copy_for(&bob, DETAILED).await,
    );
    house
        .run("update copy set mode_open = 'all of it' where mode_open = 'detailed'")
        .await;
    let batch =
        [good, damaged, CopyId(id())].map(|copy| hit(copy, Axis::Open, Meaning::Human, NOW));
    let recorded = house.record(batch.to_vec(), NOW).await;
    assert_eq!(
        recorded,
        Recorded {
            stored: 1,
            refused: 2
        }
    );
}

async fn counters_follow_the_judgement(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let mut hits = Vec::new();
    for (meaning, times) in [
        (Meaning::Human, 1),
        (Meaning::HumanViaProxy, 2),
        (Meaning::Unknown, 3),
        (Meaning::Machine, 4),
        (Meaning::Own, 5),
    ] {
        for _ in 0..times {
            hits.push(hit(copy, Axis::Open, meaning, NOW));
        }
        hits.push(hit(copy, Axis::Click, meaning, NOW));
    }
    house.record(hits, NOW).await;
    assert_eq!(house.read(copy).await.seen.opens.human, 0, "not folded yet");
    house.fold_all().await;
    let seen = house.read(copy).await.seen;
    assert_eq!(
        (seen.opens.human, seen.opens.unknown, seen.opens.machine),
        (3, 3, 4)
    );
    assert_eq!(
        (seen.clicks.human, seen.clicks.unknown, seen.clicks.machine),
        (2, 1, 1)
    );
}

async fn a_repetition_is_kept_and_not_counted(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let again = Hit {
        repeat: true,
        ..hit(copy, Axis::Open, Meaning::Human, NOW)
    };
    house
        .record(vec![hit(copy, Axis::Open, Meaning::Human, NOW), again], NOW)
        .await;
    house.fold_all().await;
    assert_eq!(house.read(copy).await.seen.opens.human, 1);
    let kept = house.store.hits(copy).await.unwrap();
    assert_eq!(
        (kept.len(), kept.iter().filter(|h| h.repeat).count()),
        (2, 1)
    );
}

async fn a_click_without_consent_to_opens_is_no_reading(house: House) {
    // R-MODE-16
    let bob = house.contact("bob@example.org").await;
    house.gives(&bob, &[Topic::Click], NOW).await;
    let copy = house
        .copy_for(
            &bob,
            PerAxis {
                open: Mode::None,
                ..INDIVIDUAL
            },
        )
        .await;
    record(&house, hit(copy, Axis::Click, Meaning::Human, NOW)).await;
    house.fold_all().await;
    let read = house.read(copy).await;
    assert_eq!(
        (read.seen.clicks.human, read.first_read_at, read.tick()),
        (1, None, Tick::Sent)
    );
}

async fn first_and_last_reading(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let at = |minutes: u32| NOW + MINUTE * minutes;
    // Batches arrive out of order; a machine's visit is no reading.
    for (axis, meaning, minute) in [
        (Axis::Open, Meaning::Human, 5),
        (Axis::Open, Meaning::Machine, 1),
        (Axis::Click, Meaning::Human, 9),
        (Axis::Open, Meaning::HumanViaProxy, 3),
        (Axis::Open, Meaning::Unknown, 20),
    ] {
        record(&house, hit(copy, axis, meaning, at(minute))).await;
        house.fold_all().await;
    }
    let read = house.read(copy).await;
    assert_eq!(
        (read.first_read_at, read.last_read_at),
        (Some(at(3)), Some(at(9)))
    );
    assert_eq!(
        house.store.copy_ticks(read.message).await.unwrap(),
        [(Tick::Read, 1)],
        "the column follows"
    );
}

async fn told(house: &House, after: i64) -> Vec<(Happening, Time)> {
    let events = house
        .store
        .events_after(house.workspace, Some(house.user), after, 100)
        .await
        .unwrap();
    events.iter().map(|e| (e.kind, e.at)).collect()
}

async fn the_feed_tells_of_firsts(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let later = NOW + MINUTE * 7;
    for (axis, meaning, at, expected) in [
        (Axis::Open, Meaning::Machine, NOW, Happening::Seen),
        (Axis::Open, Meaning::Human, NOW, Happening::Read),
        (Axis::Open, Meaning::Human, later, Happening::Seen),
        (Axis::Click, Meaning::Unknown, later, Happening::Seen),
        (Axis::Click, Meaning::Human, later, Happening::Clicked),
    ] {
        let before = house.store.event_last().await.unwrap();
        record(&house, hit(copy, axis, meaning, at)).await;
        house.fold_all().await;
        assert_eq!(
            told(&house, before).await,
            [(expected, at)],
            "{axis:?} {meaning:?}"
        );
    }
    // Both firsts in one batch; a batch of repetitions tells nothing.
    let bob = house.contact("bob@example.org").await;
    let other = house.copy_for(&bob, INDIVIDUAL).await;
    let before = house.store.event_last().await.unwrap();
    let batch = [Axis::Open, Axis::Click].map(|axis| hit(other, axis, Meaning::Human, NOW));
    house.record(batch.to_vec(), NOW).await;
    house.fold_all().await;
    assert_eq!(
        told(&house, before).await,
        [(Happening::Read, NOW), (Happening::Clicked, NOW)]
    );
    let before = house.store.event_last().await.unwrap();
    record(
        &house,
        Hit {
            repeat: true,
            ..hit(other, Axis::Open, Meaning::Human, NOW)
        },
    )
    .await;
    house.fold_all().await;
    assert_eq!(told(&house, before).await, []);
}

async fn two_folders_count_once(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let mut copies = Vec::new();
    for _ in 0..4 {
        copies.push(house.copy_for(&bob, INDIVIDUAL).await);
    }
    let hits: Vec<_> = (0..4_000)
        .map(|n| hit(copies[n % 4], Axis::Open, Meaning::Human, NOW))
        .collect();
    for batch in hits.chunks(1_000) {
        house.record(batch.to_vec(), NOW).await;
    }
    let folders: Vec<_> = (0..4)
        .map(|_| {
            let store = house.store.clone();
            tokio::spawn(async move {
                let mut folded = 0;
                loop {
                    match store.hits_fold().await.unwrap() {
                        0 => return folded,
                        n => folded += n,
                    }
                }
            })
        })
        .collect();
    let mut folded = 0;
    for folder in folders {
        folded += folder.await.unwrap();
    }
    assert_eq!(folded, 4_000);
    for copy in copies {
        assert_eq!(house.read(copy).await.seen.opens.human, 1_000);
    }
}

async fn folding_and_delivering_at_once(house: House) {
    // Both change copies and both write to the feed: neither may wait for the other crosswise.
    let bob = house.agreed("bob@example.org").await;
    let (_, copies) = house
        .accept(house.draft(&[&bob; 30], INDIVIDUAL, NOW))
        .await;
    let (folding, delivering) = (house.store.clone(), house.store.clone());
    let seen = copies.clone();
    let fold = tokio::spawn(async move {
        for _ in 0..10 {
            let hits = seen
                .iter()
                .map(|copy| hit(*copy, Axis::Open, Meaning::Human, NOW))
                .collect();
            folding.hits_record(hits, NOW).await.unwrap();
            folding.hits_fold().await.unwrap();
        }
    });
    let deliver = tokio::spawn(async move {
        for parcel in delivering
            .outbox_claim(id(), NOW, MINUTE, 100)
            .await
            .unwrap()
        {
            let outcome = sent();
            delivering
                .outbox_finish(parcel, outcome, NOW)
                .await
                .unwrap();
        }
    });
    fold.await.unwrap();
    deliver.await.unwrap();
    house.fold_all().await;
    for copy in copies {
        let copy = house.read(copy).await;
        assert_eq!(
            (copy.seen.opens.human, copy.state),
            (10, store::CopyState::Sent)
        );
    }
}

async fn a_receipt_counts_in_every_mode(house: House) {
    let bob = house.contact("bob@example.org").await;
    let copy = house.copy_for(&bob, NOTHING).await;
    let before = house.store.event_last().await.unwrap();
    assert!(
        house
            .store
            .copy_receipt(copy, NOW + Duration::from_secs(30))
            .await
            .unwrap()
    );
    assert!(
        !house.store.copy_receipt(copy, NOW + MINUTE).await.unwrap(),
        "the first stands"
    );
    assert!(!house.store.copy_receipt(CopyId(id()), NOW).await.unwrap());
    let read = house.read(copy).await;
    assert_eq!((read.receipt_at, read.tick()), (Some(NOW), Tick::Read));
    assert_eq!(told(&house, before).await, [(Happening::Receipt, NOW)]);
}

async fn a_full_batch(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let hits: Vec<_> = (0..1_000)
        .map(|_| hit(copy, Axis::Open, Meaning::Unknown, NOW))
        .collect();
    let recorded = house.record(hits, NOW).await;
    assert_eq!(
        recorded,
        Recorded {
            stored: 1_000,
            refused: 0
        }
    );
    assert_eq!(house.record(Vec::new(), NOW).await, Recorded::default());
    house.fold_all().await;
    let read = house.read(copy).await;
    assert_eq!(
        (read.seen.opens.unknown, read.tick()),
        (1_000, Tick::Unsure)
    );
}
