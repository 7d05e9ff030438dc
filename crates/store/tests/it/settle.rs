//! Settling: verdicts that change after they were counted, and news that waits until it is sure.

use crate::house::{DETAILED, House, INDIVIDUAL, MINUTE, NOW, RULES, hit, sent};
use crate::on_both;
use model::event::Happening;
use model::hit::{Elsewhere, Hit};
use model::{
    Axis, ContactId, CopyId, Facts, HitId, LegalTag, LegalTags, Meaning, Mode, PerAxis, Profiles,
    Tick, Time, Topic, Verdict,
};
use std::sync::Arc;
use std::time::Duration;
use store::MailHost;

on_both!(
    a_read_that_was_a_machine_is_taken_back,
    a_machine_that_was_a_person_is_counted,
    the_first_meaning_is_kept_through_all_revisions,
    before_it_is_counted_only_the_verdict_changes,
    reading_times_are_those_of_the_hits_that_remain,
    a_repetition_is_revised_and_not_counted,
    a_machine_keeps_only_the_facts_of_its_network,
    what_is_unknown_or_stands_already_changes_nothing,
    certain_news_is_told_at_once,
    uncertain_news_waits_and_is_told_once,
    news_that_does_not_stand_is_never_told,
    what_becomes_certain_is_told_at_once,
    whoever_withdrew_is_not_told_about,
    a_first_after_a_retraction_is_news_again,
    revising_and_folding_at_once,
    the_context_of_hits,
    elsewhere_only_where_details_may_be_recorded,
    elsewhere_is_taken_back_by_whoever_told_it,
    r_law_03_forwarding_is_not_guessed_at_for_those_whom_lawyers_write_to,
    what_a_recipient_disowns_counts_for_nobody_and_stays_so,
    what_was_disowned_by_mistake_can_be_taken_back,
    what_is_taken_back_adds_nothing_that_may_not_be_recorded,
    only_a_persons_own_hits_that_count_as_theirs_can_be_disowned,
    r_law_03_disowning_corrects_and_tells_nothing_of_forwarding_where_lawyers_write,
);

const HOLD: Duration = Duration::from_secs(90);

fn judged(meaning: Meaning, confidence: u8) -> Verdict {
    Verdict {
        opener: "gmail_proxy".into(),
        meaning,
        confidence,
        reasons: vec!["link_burst".into(), "image_proxy".into()],
    }
}

fn sure(copy: CopyId, axis: Axis, meaning: Meaning, confidence: u8) -> Hit {
    let mut hit = hit(copy, axis, meaning, NOW);
    hit.verdict.confidence = confidence;
    hit
}

async fn tracked(house: &House, modes: PerAxis<Mode>) -> CopyId {
    let bob = house.agreed("bob@example.org").await;
    house.copy_for(&bob, modes).await
}

async fn folded(house: &House, hits: Vec<Hit>) {
    house.record(hits, NOW).await;
    house.fold_all().await;
}

async fn revise(house: &House, hit: HitId, to: Verdict) -> usize {
    house
        .store
        .hits_revise(vec![(hit, to)], RULES)
        .await
        .unwrap()
}

async fn tell(house: &House, now: Time) -> usize {
    house.store.news_tell(now, HOLD).await.unwrap()
}

/// What was told since, and the place to go on from.
async fn told(house: &House, after: &mut i64) -> Vec<Happening> {
    let events = house
        .store
        .events_after(house.workspace, Some(house.user), *after, 100)
        .await
        .unwrap();
    *after = house.store.event_last().await.unwrap();
    events.iter().map(|e| e.kind).collect()
}

async fn a_read_that_was_a_machine_is_taken_back(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = hit(copy, Axis::Open, Meaning::Human, NOW);
    folded(&house, vec![one.clone()]).await;
    assert_eq!(house.read(copy).await.tick(), Tick::Read);
    let mut feed = house.store.event_last().await.unwrap();
    let machine = judged(Meaning::Machine, 90);
    assert_eq!(revise(&house, one.id, machine.clone()).await, 1);
    let read = house.read(copy).await;
    assert_eq!((read.seen.opens.human, read.seen.opens.machine), (0, 1));
    assert_eq!((read.first_read_at, read.last_read_at), (None, None));
    assert_eq!(read.tick(), Tick::Sent);
    assert_eq!(
        house.store.copy_ticks(read.message).await.unwrap(),
        [(Tick::Sent, 1)],
        "the column follows"
    );
    let kept = &house.store.hits(copy).await.unwrap()[0];
    assert_eq!(kept.verdict, machine);
    assert_eq!(kept.revised_from, Some(Meaning::Human));
    assert_eq!(
        told(&house, &mut feed).await,
        [Happening::Seen],
        "pages change"
    );
}

async fn a_machine_that_was_a_person_is_counted(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = hit(copy, Axis::Click, Meaning::Unknown, NOW);
    folded(&house, vec![one.clone()]).await;
    revise(&house, one.id, judged(Meaning::Human, 85)).await;
    let read = house.read(copy).await;
    assert_eq!((read.seen.clicks.human, read.seen.clicks.unknown), (1, 0));
    assert_eq!((read.first_read_at, read.tick()), (Some(NOW), Tick::Read));
}

async fn the_first_meaning_is_kept_through_all_revisions(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = hit(copy, Axis::Click, Meaning::Unknown, NOW);
    folded(&house, vec![one.clone()]).await;
    for meaning in [Meaning::Human, Meaning::Machine, Meaning::Unknown] {
        revise(&house, one.id, judged(meaning, 70)).await;
        let kept = &house.store.hits(copy).await.unwrap()[0];
        assert_eq!(
            (kept.verdict.meaning, kept.revised_from),
            (meaning, Some(Meaning::Unknown))
        );
    }
    let seen = house.read(copy).await.seen.clicks;
    assert_eq!((seen.human, seen.unknown, seen.machine), (0, 1, 0));
}

async fn before_it_is_counted_only_the_verdict_changes(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = hit(copy, Axis::Open, Meaning::Human, NOW);
    house.record(vec![one.clone()], NOW).await;
    revise(&house, one.id, judged(Meaning::Machine, 90)).await;
    assert_eq!(house.read(copy).await.seen.opens.machine, 0);
    house.fold_all().await;
    let seen = house.read(copy).await.seen.opens;
    assert_eq!((seen.human, seen.machine), (0, 1));
}

async fn reading_times_are_those_of_the_hits_that_remain(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let at = |minutes: u32| NOW + MINUTE * minutes;
    let hits: Vec<_> = [1, 5, 9]
        .map(|minute| hit(copy, Axis::Open, Meaning::Human, at(minute)))
        .into();
    folded(&house, hits.clone()).await;
    revise(&house, hits[0].id, judged(Meaning::Machine, 90)).await;
    let read = house.read(copy).await;
    assert_eq!(
        (read.first_read_at, read.last_read_at),
        (Some(at(5)), Some(at(9)))
    );
    revise(&house, hits[2].id, judged(Meaning::Unknown, 50)).await;
    let read = house.read(copy).await;
    assert_eq!(
        (read.first_read_at, read.last_read_at),
        (Some(at(5)), Some(at(5)))
    );
    assert_eq!(read.tick(), Tick::Read);
}

async fn a_repetition_is_revised_and_not_counted(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let again = Hit {
        repeat: true,
        ..hit(copy, Axis::Open, Meaning::Human, NOW)
    };
    folded(&house, vec![again.clone()]).await;
    revise(&house, again.id, judged(Meaning::Machine, 90)).await;
    let kept = &house.store.hits(copy).await.unwrap()[0];
    assert_eq!(kept.verdict.meaning, Meaning::Machine);
    let seen = house.read(copy).await.seen.opens;
    assert_eq!((seen.human, seen.machine), (0, 0));
}

async fn a_machine_keeps_only_the_facts_of_its_network(house: House) {
    let bob = house.contact("bob@example.org").await;
    house.gives(&bob, &Topic::ALL, NOW).await;
    house.allow_details().await;
    let copy = house.copy_for(&bob, DETAILED).await;
    let mut one = hit(copy, Axis::Open, Meaning::Human, NOW);
    one.facts.network = Some("Example Cloud".into());
    let bare = hit(copy, Axis::Open, Meaning::Human, NOW);
    folded(&house, vec![one.clone(), bare.clone()]).await;
    for id in [one.id, bare.id] {
        revise(&house, id, judged(Meaning::Machine, 90)).await;
    }
    let kept = house.store.hits(copy).await.unwrap();
    let facts = |id| kept.iter().find(|h| h.id == id).unwrap().facts.clone();
    let network = Facts {
        network: Some("Example Cloud".into()),
        ..Facts::default()
    };
    assert_eq!((facts(one.id), facts(bare.id)), (Some(network), None));
}

async fn what_is_unknown_or_stands_already_changes_nothing(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = hit(copy, Axis::Open, Meaning::Human, NOW);
    folded(&house, vec![one.clone()]).await;
    let before = house.store.event_last().await.unwrap();
    assert_eq!(
        revise(&house, HitId([9; 16]), judged(Meaning::Machine, 90)).await,
        0
    );
    assert_eq!(revise(&house, one.id, one.verdict.clone()).await, 0);
    assert_eq!(house.store.hits(copy).await.unwrap()[0].revised_from, None);
    assert_eq!(house.store.event_last().await.unwrap(), before);
    // Of one hit twice, the last word counts.
    let both = [Meaning::Machine, Meaning::Unknown].map(|m| (one.id, judged(m, 70)));
    assert_eq!(
        house.store.hits_revise(both.to_vec(), RULES).await.unwrap(),
        1
    );
    assert_eq!(house.read(copy).await.seen.opens.unknown, 1);
}

async fn certain_news_is_told_at_once(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let mut feed = house.store.event_last().await.unwrap();
    folded(&house, vec![sure(copy, Axis::Open, Meaning::Human, 90)]).await;
    assert_eq!(told(&house, &mut feed).await, [Happening::Read]);
    tell(&house, NOW).await;
    assert_eq!(tell(&house, NOW + HOLD * 2).await, 0);
    assert_eq!(told(&house, &mut feed).await, []);
}

async fn uncertain_news_waits_and_is_told_once(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let mut feed = house.store.event_last().await.unwrap();
    let hits = [
        sure(copy, Axis::Open, Meaning::HumanViaProxy, 85),
        sure(copy, Axis::Click, Meaning::Human, 75),
    ];
    folded(&house, hits.to_vec()).await;
    assert_eq!(told(&house, &mut feed).await, [Happening::Seen]);
    assert_eq!(
        house.read(copy).await.tick(),
        Tick::Read,
        "the tick does not wait"
    );
    assert_eq!(tell(&house, NOW).await, 0);
    folded(
        &house,
        vec![sure(copy, Axis::Open, Meaning::HumanViaProxy, 85)],
    )
    .await;
    assert_eq!(tell(&house, NOW + HOLD - Duration::from_millis(1)).await, 0);
    assert_eq!(told(&house, &mut feed).await, [Happening::Seen]);
    assert_eq!(tell(&house, NOW + HOLD).await, 2);
    assert_eq!(
        told(&house, &mut feed).await,
        [Happening::Read, Happening::Clicked]
    );
    assert_eq!(tell(&house, NOW + HOLD * 9).await, 0);
    folded(&house, vec![sure(copy, Axis::Open, Meaning::Human, 95)]).await;
    assert_eq!(
        told(&house, &mut feed).await,
        [Happening::Seen],
        "it was told already"
    );
}

async fn news_that_does_not_stand_is_never_told(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = sure(copy, Axis::Open, Meaning::Human, 80);
    folded(&house, vec![one.clone()]).await;
    tell(&house, NOW).await;
    revise(&house, one.id, judged(Meaning::Machine, 90)).await;
    assert_eq!(tell(&house, NOW + HOLD).await, 0);
}

async fn what_becomes_certain_is_told_at_once(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    folded(
        &house,
        vec![sure(copy, Axis::Open, Meaning::HumanViaProxy, 85)],
    )
    .await;
    tell(&house, NOW).await;
    let mut feed = house.store.event_last().await.unwrap();
    folded(&house, vec![sure(copy, Axis::Open, Meaning::Human, 95)]).await;
    assert_eq!(told(&house, &mut feed).await, [Happening::Read]);
    assert_eq!(tell(&house, NOW + HOLD).await, 0, "and not again");
    let click = sure(copy, Axis::Click, Meaning::Unknown, 50);
    folded(&house, vec![click.clone()]).await;
    told(&house, &mut feed).await;
    revise(&house, click.id, judged(Meaning::Human, 95)).await;
    assert!(told(&house, &mut feed).await.contains(&Happening::Clicked));
}

async fn whoever_withdrew_is_not_told_about(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    folded(&house, vec![sure(copy, Axis::Open, Meaning::Human, 80)]).await;
    tell(&house, NOW).await;
    house.withdraws(&bob, &Topic::ALL, NOW + MINUTE).await;
    let mut feed = house.store.event_last().await.unwrap();
    tell(&house, NOW + HOLD).await;
    assert_eq!(told(&house, &mut feed).await, []);
}

async fn a_first_after_a_retraction_is_news_again(house: House) {
    let copy = tracked(&house, INDIVIDUAL).await;
    let one = sure(copy, Axis::Open, Meaning::Human, 95);
    folded(&house, vec![one.clone()]).await;
    revise(&house, one.id, judged(Meaning::Machine, 90)).await;
    let mut feed = house.store.event_last().await.unwrap();
    folded(&house, vec![sure(copy, Axis::Open, Meaning::Human, 95)]).await;
    assert_eq!(told(&house, &mut feed).await, [Happening::Read]);
}

async fn revising_and_folding_at_once(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let (_, copies) = house
        .accept(house.draft(&[&bob; 20], INDIVIDUAL, NOW))
        .await;
    let rounds: Vec<Vec<Hit>> = (0..10)
        .map(|_| {
            let human = |copy: &CopyId| hit(*copy, Axis::Open, Meaning::Human, NOW);
            copies.iter().map(human).collect()
        })
        .collect();
    let (folding, revising) = (house.store.clone(), house.store.clone());
    let (ready, mut recorded) = tokio::sync::mpsc::channel(1);
    let fold = tokio::spawn(async move {
        for round in rounds {
            let revisions = round.iter().map(|h| (h.id, judged(Meaning::Machine, 90)));
            let revisions = revisions.collect::<Vec<_>>();
            folding.hits_record(round, NOW).await.unwrap();
            ready.send(revisions).await.unwrap();
            folding.hits_fold().await.unwrap();
            folding.news_tell(NOW, Duration::ZERO).await.unwrap();
        }
    });
    let revise = tokio::spawn(async move {
        while let Some(revisions) = recorded.recv().await {
            revising.hits_revise(revisions, RULES).await.unwrap();
        }
    });
    fold.await.unwrap();
    revise.await.unwrap();
    house.fold_all().await;
    for copy in copies {
        let read = house.read(copy).await;
        let opens = read.seen.opens;
        assert_eq!(
            (opens.human, opens.machine, read.first_read_at),
            (0, 10, None)
        );
    }
}

async fn the_context_of_hits(house: House) {
    let bob = house.agreed("bob@Example.org").await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    let one = hit(copy, Axis::Open, Meaning::Human, NOW);
    house.record(vec![one.clone()], NOW).await;
    let ids = vec![one.id, HitId([9; 16])];
    let found = house.store.hits_in_context(ids.clone()).await.unwrap();
    let context = &found[&one.id];
    assert_eq!(found.len(), 1, "what was not recorded has none");
    assert_eq!(
        (context.contact, context.domain.as_str(), context.links),
        (bob.id, "example.org", 1)
    );
    assert_eq!((context.delivered_at, &context.mail_host), (None, &None));
    let host = MailHost {
        host: Some("mx.example.org".into()),
        ..MailHost::default()
    };
    house.store.mail_host_note(bob.id, host, NOW).await.unwrap();
    let at = NOW + Duration::from_millis(1_234);
    let claimed = house.store.outbox_claim([1; 16], NOW, MINUTE, 9).await;
    for parcel in claimed.unwrap() {
        house.finish(parcel, sent(), at).await;
    }
    let found = house.store.hits_in_context(ids).await.unwrap();
    assert_eq!(found[&one.id].delivered_at, Some(at), "not rounded");
    assert_eq!(found[&one.id].mail_host.as_deref(), Some("mx.example.org"));
}

async fn elsewhere_only_where_details_may_be_recorded(house: House) {
    let bob = house.contact("bob@example.org").await;
    house.gives(&bob, &Topic::ALL, NOW).await;
    let signs = |confidence| Elsewhere {
        confidence,
        reasons: vec!["other_host".into(), "shared_in_chat".into()],
    };
    let plain = house.copy_for(&bob, INDIVIDUAL).await;
    assert!(
        !house
            .store
            .copy_elsewhere(plain, None, Some(signs(60)), NOW)
            .await
            .unwrap()
    );
    assert_eq!(house.read(plain).await.elsewhere, None);
    house.allow_details().await;
    let detailed = house.copy_for(&bob, DETAILED).await;
    for (confidence, news) in [(60, true), (60, false), (50, false), (75, true)] {
        let noted = house
            .store
            .copy_elsewhere(detailed, None, Some(signs(confidence)), NOW);
        assert_eq!(noted.await.unwrap(), news, "{confidence}");
    }
    assert_eq!(house.read(detailed).await.elsewhere, Some(signs(75)));
    house.withdraws(&bob, &[Topic::Details], NOW + MINUTE).await;
    let later = NOW + MINUTE * 2;
    assert!(
        !house
            .store
            .copy_elsewhere(detailed, None, Some(signs(90)), later)
            .await
            .unwrap()
    );
}

fn signs(confidence: u8, reasons: &str) -> Elsewhere {
    Elsewhere {
        confidence,
        reasons: reasons.split(' ').map(str::to_owned).collect(),
    }
}

async fn elsewhere_is_taken_back_by_whoever_told_it(house: House) {
    house.allow_details().await;
    let copy = tracked(&house, DETAILED).await;
    let two = || Some(signs(60, "other_host shared_in_chat"));
    let three = || Some(signs(75, "other_host other_device shared_in_chat"));
    let note = async |before, now| {
        house
            .store
            .copy_elsewhere(copy, before, now, NOW)
            .await
            .unwrap()
    };
    assert!(note(None, three()).await);
    assert!(!note(two(), None).await, "another process's");
    assert_eq!(house.read(copy).await.elsewhere, three());
    assert!(note(three(), two()).await, "one sign less");
    assert_eq!(house.read(copy).await.elsewhere, two());
    assert!(note(two(), None).await);
    assert_eq!(house.read(copy).await.elsewhere, None);
}

async fn r_law_03_forwarding_is_not_guessed_at_for_those_whom_lawyers_write_to(house: House) {
    house.allow_details().await;
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, DETAILED).await;
    // Tagged after the mail was sent: the frozen mode does not know it.
    for tag in LegalTag::ALL {
        let tags = LegalTags::of(&[tag]);
        let described =
            house
                .store
                .contact_describe(house.workspace, bob.id, None, tags, house.by());
        assert!(described.await.unwrap());
        let noted =
            house
                .store
                .copy_elsewhere(copy, None, Some(signs(75, "other_host other_device")), NOW);
        assert!(!noted.await.unwrap(), "{tag:?}");
    }
    assert_eq!(house.read(copy).await.elsewhere, None);
}

/// As the rules would have it.
fn not_me(verdict: &Verdict, before: Option<&Elsewhere>) -> (Verdict, Elsewhere) {
    let mut verdict = verdict.clone();
    verdict.meaning = Meaning::Unknown;
    verdict.confidence = 5;
    verdict.reasons.insert(0, "not_me".into());
    let more = before.map_or(String::new(), |signs| {
        format!(" {}", signs.reasons.join(" "))
    });
    (verdict, signs(80, &format!("not_me{more}")))
}

async fn disown(house: &House, contact: ContactId, hit: HitId) -> bool {
    let said = house.store.hit_disown(contact, hit, not_me, NOW);
    said.await.unwrap()
}

async fn what_a_recipient_disowns_counts_for_nobody_and_stays_so(house: House) {
    house.allow_details().await;
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, DETAILED).await;
    let mut one = hit(copy, Axis::Open, Meaning::Human, NOW);
    one.facts = Facts {
        client: Some("Thunderbird".into()),
        country: Some("FR".into()),
        ..Facts::default()
    };
    folded(&house, vec![one.clone()]).await;
    let mut feed = house.store.event_last().await.unwrap();
    assert!(disown(&house, bob.id, one.id).await);
    let read = house.read(copy).await;
    assert_eq!((read.seen.opens.human, read.seen.opens.unknown), (0, 1));
    assert_eq!((read.first_read_at, read.tick()), (None, Tick::Unsure));
    assert_eq!(read.elsewhere, Some(signs(80, "not_me")));
    assert_eq!(
        told(&house, &mut feed).await,
        [Happening::Seen, Happening::Seen]
    );
    let kept = &house.store.hits(copy).await.unwrap()[0];
    assert_eq!(kept.revised_from, Some(Meaning::Human));
    let facts = kept.facts.clone().unwrap();
    assert_eq!(
        (facts.client, facts.country.as_deref()),
        (None, Some("FR")),
        "somebody else's"
    );
    // Neither the second press nor what is compared later changes it.
    assert!(!disown(&house, bob.id, one.id).await);
    assert_eq!(revise(&house, one.id, judged(Meaning::Human, 95)).await, 0);
    let other = Some(signs(60, "other_host shared_in_chat"));
    house
        .store
        .copy_elsewhere(copy, None, other, NOW)
        .await
        .unwrap();
    let read = house.read(copy).await;
    assert_eq!(
        (read.seen.opens.human, read.elsewhere),
        (0, Some(signs(80, "not_me")))
    );
}

/// Rules by which everything is a person's again.
fn theirs() -> (store::JudgeAgain, u32) {
    let again = |hit: &store::StoredHit| {
        let mut verdict = hit.verdict.clone();
        if !verdict.reasons.contains(&"not_me".to_owned()) {
            verdict.meaning = Meaning::Human;
            verdict.confidence = 95;
        }
        Some(verdict)
    };
    let judge = move |hits: &[store::StoredHit], _| hits.iter().map(again).collect();
    (Arc::new(judge), RULES + 1)
}

fn left(mut signs: Elsewhere) -> Option<Elsewhere> {
    signs.reasons.retain(|code| code != "not_me");
    (!signs.reasons.is_empty()).then_some(signs)
}

async fn own_up(house: &House, contact: ContactId, hit: HitId) -> bool {
    let said = house.store.hit_own_up(contact, hit, theirs(), left, NOW);
    said.await.unwrap()
}

async fn what_was_disowned_by_mistake_can_be_taken_back(house: House) {
    house.allow_details().await;
    let bob = house.agreed("bob@example.org").await;
    let eve = house.agreed("eve@example.org").await;
    let copy = house.copy_for(&bob, DETAILED).await;
    let [one, two] =
        [1, 2].map(|minute| hit(copy, Axis::Open, Meaning::Human, NOW + MINUTE * minute));
    folded(&house, vec![one.clone(), two.clone()]).await;
    let before = house.read(copy).await;
    assert!(!own_up(&house, bob.id, one.id).await, "nothing was said");
    for id in [one.id, two.id] {
        assert!(disown(&house, bob.id, id).await);
    }
    let mut feed = house.store.event_last().await.unwrap();
    assert!(!own_up(&house, eve.id, one.id).await, "another's");
    assert!(own_up(&house, bob.id, one.id).await);
    let read = house.read(copy).await;
    assert_eq!((read.seen.opens.human, read.seen.opens.unknown), (1, 1));
    assert_eq!(read.tick(), Tick::Read);
    assert_eq!(
        read.elsewhere,
        Some(signs(80, "not_me not_me")),
        "of the other reading it is still said"
    );
    assert_eq!(told(&house, &mut feed).await, [Happening::Seen], "no news");
    let kept = &house.store.hits(copy).await.unwrap()[0];
    assert_eq!(
        (kept.verdict.meaning, kept.rules),
        (Meaning::Human, RULES + 1)
    );
    assert!(own_up(&house, bob.id, two.id).await && !own_up(&house, bob.id, two.id).await);
    let read = house.read(copy).await;
    assert_eq!((read.seen, read.elsewhere), (before.seen, None));
    assert_eq!(
        (read.first_read_at, read.last_read_at),
        (before.first_read_at, before.last_read_at)
    );
    assert!(disown(&house, bob.id, one.id).await, "and said again");
}

async fn what_is_taken_back_adds_nothing_that_may_not_be_recorded(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    let read = hit(copy, Axis::Open, Meaning::Human, NOW);
    folded(&house, vec![read.clone()]).await;
    assert!(disown(&house, bob.id, read.id).await);
    house.withdraws(&bob, &Topic::ALL, NOW).await;
    assert!(!own_up(&house, bob.id, read.id).await);
    assert_eq!(house.read(copy).await.seen.opens.human, 0);
}

async fn only_a_persons_own_hits_that_count_as_theirs_can_be_disowned(house: House) {
    let (bob, eve) = (
        house.agreed("bob@example.org").await,
        house.agreed("eve@example.org").await,
    );
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    let read = hit(copy, Axis::Open, Meaning::Human, NOW);
    let scanned = hit(copy, Axis::Click, Meaning::Machine, NOW);
    folded(&house, vec![read.clone(), scanned.clone()]).await;
    assert!(!disown(&house, eve.id, read.id).await, "another's");
    assert!(!disown(&house, bob.id, scanned.id).await, "nobody's");
    assert!(!disown(&house, bob.id, HitId([9; 16])).await);
    assert_eq!(house.read(copy).await.seen.opens.human, 1);
    // Nobody's consent is needed for it; what may not be recorded any more is corrected all the same.
    house.withdraws(&bob, &Topic::ALL, NOW).await;
    assert!(disown(&house, bob.id, read.id).await);
    let after = house.read(copy).await;
    assert_eq!(
        (after.seen.opens.human, after.elsewhere),
        (0, None),
        "and nothing is added"
    );
}

async fn r_law_03_disowning_corrects_and_tells_nothing_of_forwarding_where_lawyers_write(
    house: House,
) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    let one = hit(copy, Axis::Open, Meaning::Human, NOW);
    folded(&house, vec![one.clone()]).await;
    let tags = LegalTags::of(&[LegalTag::Client]);
    let described = house
        .store
        .contact_describe(house.workspace, bob.id, None, tags, house.by());
    assert!(described.await.unwrap());
    assert!(disown(&house, bob.id, one.id).await);
    let read = house.read(copy).await;
    assert_eq!((read.seen.opens.human, read.elsewhere), (0, None));
    // A firm's own profile: whoever the mail goes to.
    let law = Profiles::new(&[], &["us-notice", "legal"]).unwrap();
    let eve = house.agreed("eve@example.org").await;
    let copy = house.copy_for(&eve, INDIVIDUAL).await;
    let two = hit(copy, Axis::Open, Meaning::Human, NOW);
    folded(&house, vec![two.clone()]).await;
    let firm = house.store.clone().under(Arc::new(law));
    assert!(firm.hit_disown(eve.id, two.id, not_me, NOW).await.unwrap());
    let read = house.read(copy).await;
    assert_eq!((read.seen.opens.human, read.elsewhere), (0, None));
}
