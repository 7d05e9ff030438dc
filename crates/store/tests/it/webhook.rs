//! Webhooks: what is noted when something happens, who gets the turn, and what is no longer said.

use crate::house::{House, INDIVIDUAL, MINUTE, NOW, bounced, hit, id};
use crate::on_both;
use model::webhook::RETRIES;
use model::webhook::data::Data;
use model::{
    ActKind, Axis, DeliveryState, ErasedBy, Language, Meaning, SuppressionCause, Time, Topic,
    WebhookEvent, WebhookId, WebhookKey, WebhookOff,
};
use serde_json::{Value as Json, json};
use std::time::Duration;
use store::{ActFilter, Attempt, Contact, Health, NewReport, NewWebhook, ReportScope, Turn};

on_both!(
    r_with_07_a_withdrawal_is_noted_with_it_and_tried_until_it_is_taken,
    r_with_07_a_lease_that_runs_out_gives_the_same_event_to_another_worker,
    r_with_07_one_webhook_does_not_hold_up_another,
    r_with_07_whoever_is_off_hears_later_what_people_decided,
    r_dsr_08_a_correction_is_told_to_all_as_the_person_is_now,
    r_dsr_04_an_erasure_is_told_by_id_and_by_a_mark_that_only_the_receiver_can_read,
    r_with_09_a_restriction_is_told,
    r_sec_16_what_a_person_no_longer_permits_is_not_sent,
    r_sec_16_a_withdrawal_takes_what_was_told_out_of_the_log,
    r_sec_16_a_consent_that_was_taken_back_is_not_told_late,
    r_sec_16_gone_turns_it_off,
    how_it_goes_is_known_until_it_is_mended,
    who_asks_for_a_rest_gets_it,
    r_sec_16_whoever_takes_nothing_for_days_is_turned_off,
    r_sec_16_two_secrets_sign_for_a_day,
    r_ret_02_the_log_is_cleared_when_its_term_is_over,
    facts_about_mails,
    an_end_of_advertising_is_told_with_its_cause,
    what_is_noted_twice_is_sent_once,
    r_sec_11_what_mails_did_waits_up_to_a_bound_and_what_people_decided_beyond_it,
);

const KEY: [u8; 32] = [7; 32];

pub(crate) fn new(url: &str, events: &[WebhookEvent]) -> NewWebhook {
    NewWebhook {
        label: "CRM".into(),
        url: url.into(),
        events: events.to_vec(),
    }
}

pub(crate) async fn made(house: &House, events: &[WebhookEvent]) -> WebhookId {
    let webhook = WebhookId(id());
    let new = new("https://crm.example/hook", events);
    let by = house.by();
    house
        .store
        .webhook_create(house.workspace, webhook, new, by)
        .await
        .unwrap();
    webhook
}

/// The turn that is due, if one is.
async fn turn(house: &House, now: Time) -> Option<Turn> {
    house
        .store
        .webhook_turn(id(), now, MINUTE, 9)
        .await
        .unwrap()
}

/// What the next turn says, event by event; it is taken.
async fn told(house: &House, now: Time) -> Vec<(WebhookEvent, Json)> {
    let Some(turn) = turn(house, now).await else {
        return Vec::new();
    };
    let told = turn
        .deliveries
        .iter()
        .map(|d| (d.event, serde_json::to_value(&d.data).unwrap()));
    let told = told.collect();
    end(house, turn, &Attempt::Taken("200".into()), now).await;
    told
}

async fn end(house: &House, turn: Turn, how: &Attempt, now: Time) {
    let attempts = turn.deliveries.iter().map(|d| (d.id, how.clone()));
    let attempts = attempts.collect();
    house
        .store
        .webhook_finish(turn, attempts, now)
        .await
        .unwrap();
}

fn failed() -> Attempt {
    Attempt::Failed("500".into())
}

async fn withdraw(house: &House, contact: &Contact, now: Time) {
    house.withdraws(contact, &[Topic::Open], now).await;
}

async fn r_with_07_a_withdrawal_is_noted_with_it_and_tried_until_it_is_taken(house: House) {
    let hook = made(&house, &[]).await;
    let ann = house.agreed("ann@example.org").await;
    assert!(
        turn(&house, NOW).await.is_none(),
        "a consent given was not chosen"
    );
    withdraw(&house, &ann, NOW).await;

    let (mut now, mut first) = (NOW, None);
    for wait in RETRIES.iter().take(3) {
        let turn = turn(&house, now).await.unwrap();
        let [delivery] = &turn.deliveries[..] else {
            panic!("{turn:?}");
        };
        assert_eq!(delivery.event, WebhookEvent::ConsentWithdrawn);
        assert_eq!(
            *first.get_or_insert(delivery.id),
            delivery.id,
            "the same at each attempt"
        );
        end(&house, turn, &failed(), now).await;
        let just_before = now + *wait - Duration::from_millis(1);
        assert!(self::turn(&house, just_before).await.is_none());
        now = now + *wait;
    }
    let log = house.store.webhook_log(house.workspace, hook, 9);
    let log = log.await.unwrap();
    assert_eq!(
        (log[0].attempts, log[0].due_at, log[0].state),
        (3, Some(now), DeliveryState::Waiting)
    );
    assert_eq!(log[0].answer.as_deref(), Some("500"));

    let expected = json!({
        "contact": { "id": ann.id, "address": "ann@example.org" },
        "topics": ["open"],
        "method": "demo",
        "consent": { "open": "withdrawn", "click": "given", "document": "given", "details": "given" },
    });
    assert_eq!(
        told(&house, now).await,
        [(WebhookEvent::ConsentWithdrawn, expected)]
    );
    assert!(self::turn(&house, now + RETRIES[8]).await.is_none());
    let log = house.store.webhook_log(house.workspace, hook, 9);
    let log = log.await.unwrap();
    assert_eq!(
        (log.len(), log[0].attempts, log[0].state),
        (1, 4, DeliveryState::Delivered)
    );
}

async fn r_with_07_a_lease_that_runs_out_gives_the_same_event_to_another_worker(house: House) {
    made(&house, &[]).await;
    let ann = house.agreed("ann@example.org").await;
    withdraw(&house, &ann, NOW).await;
    let dead = turn(&house, NOW).await.unwrap();
    assert!(turn(&house, NOW + MINUTE / 2).await.is_none());
    let second = turn(&house, NOW + MINUTE).await.unwrap();
    assert_eq!(second.deliveries, dead.deliveries);
    // The first was not dead after all: its word comes too late to count.
    end(&house, dead, &failed(), NOW + MINUTE).await;
    end(&house, second, &Attempt::Taken("200".into()), NOW + MINUTE).await;
    assert!(turn(&house, NOW + MINUTE * 9).await.is_none());
}

async fn r_with_07_one_webhook_does_not_hold_up_another(house: House) {
    let (slow, quick) = (made(&house, &[]).await, made(&house, &[]).await);
    let ann = house.agreed("ann@example.org").await;
    withdraw(&house, &ann, NOW).await;
    let first = turn(&house, NOW).await.unwrap();
    let second = turn(&house, NOW).await.unwrap();
    let mut both = [first.webhook, second.webhook];
    both.sort_unstable();
    let mut expected = [slow, quick];
    expected.sort_unstable();
    assert_eq!(both, expected, "each has a turn of its own");
    assert!(turn(&house, NOW).await.is_none(), "and one at a time");
    let ids = [first.deliveries[0].id, second.deliveries[0].id];
    assert_ne!(ids[0], ids[1]);
}

async fn r_with_07_whoever_is_off_hears_later_what_people_decided(house: House) {
    let hook = made(&house, &WebhookEvent::ALL).await;
    let ann = house.agreed("ann@example.org").await;
    told(&house, NOW).await;
    let off = house
        .store
        .webhook_turn_off(house.workspace, hook, house.by());
    assert!(off.await.unwrap());
    withdraw(&house, &ann, NOW).await;
    let copy = house.copy_for(&ann, INDIVIDUAL).await;
    house.store.copy_receipt(copy, NOW).await.unwrap();
    assert!(turn(&house, NOW + MINUTE).await.is_none());
    let on = house
        .store
        .webhook_turn_on(house.workspace, hook, house.by());
    assert!(on.await.unwrap());
    let told = told(&house, NOW + MINUTE).await;
    let events: Vec<_> = told.iter().map(|(event, _)| *event).collect();
    assert_eq!(
        events,
        [WebhookEvent::ConsentWithdrawn],
        "what mails did is not collected"
    );
}

async fn r_dsr_08_a_correction_is_told_to_all_as_the_person_is_now(house: House) {
    made(&house, &[]).await;
    let ann = house.contact("ann@example.org").await;
    for name in ["Anne", "Annette"] {
        let language = Some(Language::De.into());
        let corrected = house.corrects(ann.id, name, language, "DE".parse().ok());
        assert!(corrected.await);
    }
    let told = told(&house, NOW).await;
    let contact = json!({
        "id": ann.id, "address": "ann@example.org", "name": "Annette", "language": "de", "country": "DE"
    });
    // Both came in the same moment: one event, and it says how things are.
    assert_eq!(
        told,
        [(
            WebhookEvent::ContactCorrected,
            json!({ "contact": contact })
        )]
    );
}

async fn r_with_09_a_restriction_is_told(house: House) {
    made(&house, &[]).await;
    let ann = house.contact("ann@example.org").await;
    let restrict = |on| {
        house
            .store
            .contact_restrict(house.workspace, ann.id, on, house.by())
    };
    assert!(restrict(true).await.unwrap());
    let who = json!({ "id": ann.id, "address": "ann@example.org" });
    let expected = json!({ "contact": who, "restricted": true });
    assert_eq!(
        told(&house, NOW).await,
        [(WebhookEvent::ContactRestricted, expected)]
    );
}

async fn r_dsr_04_an_erasure_is_told_by_id_and_by_a_mark_that_only_the_receiver_can_read(
    house: House,
) {
    let key = WebhookKey::new(&KEY);
    let store = house.store.clone().with_webhook_key(key.clone());
    let hook = made(&house, &[]).await;
    let ann = house.contact("Ann@example.org").await;
    let corrected = house.corrects(ann.id, "Ann", None, None);
    assert!(corrected.await);
    let erased = store.contact_erase(
        house.workspace,
        ann.id,
        ErasedBy::Person,
        None,
        house.by(),
        id,
    );
    assert!(erased.await.unwrap().is_some());

    let mark = key
        .secret(hook, 1)
        .mark(&"ann@example.org".parse().unwrap());
    let expected = json!({ "contact": { "id": ann.id, "address_hmac": mark } });
    // What was not told yet about them went with them.
    assert_eq!(
        told(&house, NOW).await,
        [(WebhookEvent::ContactErased, expected)]
    );
    let kept = house
        .texts("select detail from webhook_delivery where state = 'delivered'")
        .await;
    assert_eq!(kept, [""], "the mark is gone once it was told");
    let log = house.store.webhook_log(house.workspace, hook, 9);
    assert_eq!(log.await.unwrap()[0].contact, None);
}

/// A copy that was opened by a person, and told of as such.
async fn opened(house: &House, contact: &Contact) -> model::CopyId {
    let copy = house.copy_for(contact, INDIVIDUAL).await;
    let open = hit(copy, Axis::Open, Meaning::Human, NOW);
    house.record(vec![open], NOW).await;
    house.fold_all().await;
    house.store.news_tell(NOW, Duration::ZERO).await.unwrap();
    house.store.news_tell(NOW, Duration::ZERO).await.unwrap();
    copy
}

async fn r_sec_16_what_a_person_no_longer_permits_is_not_sent(house: House) {
    let hook = made(&house, &[WebhookEvent::MessageOpened]).await;
    let ann = house.agreed("ann@example.org").await;
    let copy = opened(&house, &ann).await;
    let first = turn(&house, NOW).await.unwrap();
    assert_eq!(first.deliveries[0].event, WebhookEvent::MessageOpened);
    assert!(
        matches!(&first.deliveries[0].data, Data::Message { copy: c, answer: None, .. } if *c == copy)
    );
    end(&house, first, &failed(), NOW).await;
    // The role `work` has not erased anything yet; consent counts at once.
    withdraw(&house, &ann, NOW + RETRIES[0]).await;
    let told = told(&house, NOW + RETRIES[0]).await;
    let events: Vec<_> = told.iter().map(|(event, _)| *event).collect();
    assert_eq!(events, [WebhookEvent::ConsentWithdrawn]);
    let webhook = house.store.webhook(house.workspace, hook).await.unwrap();
    assert_eq!(webhook.unwrap().withheld, 1);
}

async fn r_sec_16_a_withdrawal_takes_what_was_told_out_of_the_log(house: House) {
    let hook = made(&house, &[WebhookEvent::MessageOpened]).await;
    let ann = house.agreed("ann@example.org").await;
    opened(&house, &ann).await;
    assert_eq!(told(&house, NOW).await.len(), 1);
    withdraw(&house, &ann, NOW).await;
    let later = NOW + MINUTE;
    while house.store.withdrawal_step(id(), later).await.unwrap() {}
    let log = house.store.webhook_log(house.workspace, hook, 9);
    let left: Vec<_> = log.await.unwrap().iter().map(|l| l.event).collect();
    assert_eq!(left, [WebhookEvent::ConsentWithdrawn]);
    let disposals = house.store.disposals(NOW, later + MINUTE, 9).await.unwrap();
    assert_eq!(disposals[0].counts["webhook_delivery"], 1, "and counted");
}

async fn r_sec_16_a_consent_that_was_taken_back_is_not_told_late(house: House) {
    made(&house, &WebhookEvent::ALL).await;
    let ann = house.contact("ann@example.org").await;
    let both = [Topic::Open, Topic::Click];
    house.gives(&ann, &both, NOW).await;
    let first = turn(&house, NOW).await.unwrap();
    end(&house, first, &failed(), NOW).await;
    let later = NOW + RETRIES[0];
    withdraw(&house, &ann, later).await;
    let told = told(&house, later).await;
    assert_eq!(told.len(), 2);
    for (event, data) in told {
        let topics = match event {
            WebhookEvent::ConsentGiven => json!(["click"]),
            _ => json!(["open"]),
        };
        assert_eq!(data["topics"], topics);
        assert_eq!(data["consent"]["open"], "withdrawn");
    }
}

async fn how_it_goes_is_known_until_it_is_mended(house: House) {
    let (hook, other) = (made(&house, &[]).await, made(&house, &[]).await);
    let paused = house
        .store
        .webhook_turn_off(house.workspace, other, house.by());
    assert!(paused.await.unwrap());
    let find = async || {
        let found = house.store.webhook(house.workspace, hook).await.unwrap();
        found.unwrap()
    };
    let new = find().await;
    assert_eq!(
        (new.health(), new.tried, new.next_at),
        (Health::On, None, None)
    );
    let ann = house.agreed("ann@example.org").await;
    withdraw(&house, &ann, NOW).await;
    assert_eq!(find().await.next_at, Some(NOW));
    let in_trouble = || house.store.webhooks_in_trouble(9);
    assert_eq!(in_trouble().await.unwrap(), []);

    let first = turn(&house, NOW).await.unwrap();
    end(&house, first, &failed(), NOW).await;
    let ill = find().await;
    assert_eq!(ill.health(), Health::Refusing);
    assert_eq!(ill.tried, Some((NOW, "500".into())));
    assert_eq!(ill.next_at, Some(NOW + RETRIES[0]), "later than its rest");
    assert_eq!(ill.host(), "crm.example");
    assert_eq!(
        in_trouble().await.unwrap(),
        [("Sample Ltd".to_owned(), ill)],
        "who was turned off by hand is in no trouble"
    );

    let later = NOW + RETRIES[0];
    assert_eq!(told(&house, later).await.len(), 1);
    let well = find().await;
    assert_eq!(well.health(), Health::On);
    assert_eq!(
        (well.tried, well.next_at),
        (Some((later, "200".into())), None)
    );
    assert_eq!(in_trouble().await.unwrap(), []);
}

async fn who_asks_for_a_rest_gets_it(house: House) {
    let hook = made(&house, &[]).await;
    let people = ["ann@example.org", "bob@example.org"];
    for at in people {
        let contact = house.agreed(at).await;
        withdraw(&house, &contact, NOW).await;
    }
    let first = turn(&house, NOW).await.unwrap();
    // It takes one of two at a time.
    let rest = Duration::from_mins(20);
    let answers = [
        Attempt::Taken("200".into()),
        Attempt::Later("429".into(), rest),
    ];
    let ids = first.deliveries.iter().map(|d| d.id);
    let attempts: Vec<_> = ids.zip(answers).collect();
    let late = attempts[1].0;
    let finished = house.store.webhook_finish(first, attempts, NOW);
    finished.await.unwrap();
    // What happens meanwhile waits, too.
    let cem = house.agreed("cem@example.org").await;
    withdraw(&house, &cem, NOW).await;
    assert!(
        turn(&house, NOW + rest - Duration::from_millis(1))
            .await
            .is_none()
    );
    let second = turn(&house, NOW + rest).await.unwrap();
    assert_eq!(second.deliveries.len(), 2);
    assert!(second.deliveries.iter().any(|d| d.id == late));
    let log = house.store.webhook_log(house.workspace, hook, 9);
    let log = log.await.unwrap();
    let line = log.iter().find(|line| line.id == late).unwrap();
    assert_eq!((line.answer.as_deref(), line.attempts), (Some("429"), 1));
}

async fn r_sec_16_gone_turns_it_off(house: House) {
    let hook = made(&house, &[]).await;
    let ann = house.agreed("ann@example.org").await;
    withdraw(&house, &ann, NOW).await;
    let turn = turn(&house, NOW).await.unwrap();
    end(&house, turn, &Attempt::Gone("410".into()), NOW).await;
    let webhook = house.store.webhook(house.workspace, hook).await.unwrap();
    assert_eq!(webhook.unwrap().off, Some((WebhookOff::Gone, NOW)));
    let acts = house.store.acts(
        house.workspace,
        ActFilter {
            limit: 1,
            ..ActFilter::default()
        },
    );
    let act = acts.await.unwrap().remove(0);
    assert_eq!((act.kind, act.user), (ActKind::WebhookTurnedOff, None));
}

async fn r_sec_16_whoever_takes_nothing_for_days_is_turned_off(house: House) {
    let hook = made(&house, &[]).await;
    let ann = house.agreed("ann@example.org").await;
    withdraw(&house, &ann, NOW).await;
    let mut now = NOW;
    for attempt in 0..=RETRIES.len() {
        let webhook = house.store.webhook(house.workspace, hook).await.unwrap();
        assert_eq!(webhook.unwrap().off, None, "attempt {attempt}");
        let turn = turn(&house, now).await.unwrap();
        end(&house, turn, &failed(), now).await;
        now = now + RETRIES.get(attempt).copied().unwrap_or_default();
    }
    let find = || house.store.webhook(house.workspace, hook);
    let off = find().await.unwrap().unwrap().off;
    assert_eq!(off, Some((WebhookOff::Failing, now)));
    let log = || house.store.webhook_log(house.workspace, hook, 9);
    assert_eq!(log().await.unwrap()[0].state, DeliveryState::Failed);
    // Mended and turned on again: what is owed is told after all.
    let on = house
        .store
        .webhook_turn_on(house.workspace, hook, house.by());
    assert!(on.await.unwrap());
    assert_eq!(told(&house, now).await.len(), 1);
    assert_eq!(log().await.unwrap()[0].state, DeliveryState::Delivered);
    let again = find().await.unwrap().unwrap();
    assert_eq!((again.failures, again.waiting), (0, 0));
}

async fn r_sec_16_two_secrets_sign_for_a_day(house: House) {
    let hook = made(&house, &[]).await;
    let numbers = async |now| {
        let webhook = house.store.webhook(house.workspace, hook).await.unwrap();
        webhook.unwrap().secret_numbers(now)
    };
    assert_eq!(numbers(NOW).await, [1]);
    let rotated = house
        .store
        .webhook_rotate(house.workspace, hook, house.by());
    assert_eq!(rotated.await.unwrap(), Some(2));
    assert_eq!(numbers(NOW).await, [2, 1]);
    let day = Duration::from_hours(24);
    assert_eq!(numbers(NOW + day - Duration::from_millis(1)).await, [2, 1]);
    assert_eq!(numbers(NOW + day).await, [2]);
}

async fn r_ret_02_the_log_is_cleared_when_its_term_is_over(house: House) {
    made(&house, &[]).await;
    let ann = house.agreed("ann@example.org").await;
    withdraw(&house, &ann, NOW).await;
    let terms = store::Terms::default();
    let over = NOW + terms.webhooks;
    for (now, gone) in [(over, None), (over + MINUTE, Some(&1))] {
        let counts = house.store.retention_run(terms, id(), now).await.unwrap();
        assert_eq!(counts.get("webhook_delivery"), gone);
    }
}

async fn facts_about_mails(house: House) {
    let mail = WebhookEvent::ALL.into_iter();
    let mail: Vec<_> = mail.filter(|event| event.is_about_mail()).collect();
    made(&house, &mail).await;
    let ann = house.contact("ann@example.org").await;
    let copy = house.copy_for(&ann, INDIVIDUAL).await;
    let claimed = house.store.outbox_claim(id(), NOW, MINUTE, 1).await;
    let parcel = claimed.unwrap().remove(0);
    house
        .finish(parcel, bounced("550 no such user", None), NOW)
        .await;
    let (_, bounce) = told(&house, NOW).await.remove(0);
    assert_eq!(bounce["answer"], "550 no such user");
    assert_eq!(bounce["contact"]["address"], "ann@example.org");
    assert_eq!(bounce["copy"], copy.to_string());

    house.store.copy_receipt(copy, NOW).await.unwrap();
    for (envelope, action) in [
        (true, "delivered"),
        (false, "delivered"),
        (true, "displayed"),
    ] {
        let report = NewReport {
            id: id(),
            envelope: envelope.then(|| copy.to_string()),
            header_id: Some("unknown".into()),
            address_keys: Vec::new(),
            action: action.into(),
            reporter: format!("{action} {envelope}"),
            host: String::new(),
            status: None,
        };
        let key = model::SuppressionKey::new(&[5; 32]);
        let kept = house
            .store
            .report_keep(ReportScope::default(), report, &key, NOW);
        kept.await.unwrap();
    }
    let mut events: Vec<_> = told(&house, NOW).await.iter().map(|(e, _)| *e).collect();
    events.sort_unstable();
    let expected = [WebhookEvent::MessageDelivered, WebhookEvent::MessageReceipt];
    assert_eq!(
        events, expected,
        "a report counts when it bears the envelope's id"
    );

    // Whose data may not be used is not told about.
    house.store.copy_receipt(copy, NOW + MINUTE).await.unwrap();
    let restricted = house
        .store
        .contact_restrict(house.workspace, ann.id, true, house.by());
    assert!(restricted.await.unwrap());
    let told = told(&house, NOW + MINUTE).await;
    assert!(
        told.iter().all(|(event, _)| !event.is_about_mail()),
        "{told:?}"
    );
}

async fn an_end_of_advertising_is_told_with_its_cause(house: House) {
    made(
        &house,
        &[
            WebhookEvent::ContactObjected,
            WebhookEvent::ContactUnsubscribed,
        ],
    )
    .await;
    for (at, cause, event) in [
        (
            "ann@example.org",
            SuppressionCause::Unsubscribed,
            WebhookEvent::ContactUnsubscribed,
        ),
        (
            "bob@example.org",
            SuppressionCause::Objected,
            WebhookEvent::ContactObjected,
        ),
    ] {
        let contact = house.contact(at).await;
        let mark = crate::suppression::mark(&house, at);
        let stopped = house
            .store
            .unsubscribe(house.workspace, contact.id, mark, cause, NOW);
        stopped.await.unwrap();
        let told = told(&house, NOW).await;
        let found = told.iter().find(|(e, _)| *e == event);
        assert_eq!(found.unwrap().1["cause"], cause.as_str());
    }
}

async fn what_is_noted_twice_is_sent_once(house: House) {
    let hook = made(&house, &[]).await;
    for _ in 0..2 {
        let test = house.store.webhook_test(house.workspace, hook, NOW);
        assert!(test.await.unwrap());
    }
    assert_eq!(told(&house, NOW).await.len(), 1);
    let stranger = house
        .store
        .webhook_test(house.workspace, WebhookId(id()), NOW);
    assert!(!stranger.await.unwrap());
}

async fn r_sec_11_what_mails_did_waits_up_to_a_bound_and_what_people_decided_beyond_it(
    house: House,
) {
    let hook = made(&house, &[WebhookEvent::MessageReceipt]).await;
    let ann = house.agreed("ann@example.org").await;
    let copy = house.copy_for(&ann, INDIVIDUAL).await;
    let some_id = if house.is_sqlite() {
        "randomblob(16)"
    } else {
        "decode(md5(i::text), 'hex')"
    };
    // As if an endpoint had been down for long.
    let waited = format!(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
         insert into webhook_delivery (id, webhook_id, event, at, detail, state, due_at, attempts)
         select {some_id}, webhook.id, 'message.sent', i, '', 'waiting', i, 0 from n, webhook"
    );
    house.run(&waited).await;
    let standing = async || {
        let found = house.store.webhook(house.workspace, hook).await.unwrap();
        let webhook = found.unwrap();
        (webhook.waiting, webhook.lost)
    };
    // Not each event looks at the bound, but that none of so many does will not happen.
    let mut told = 0;
    while house.number("select lost from webhook").await == 0 {
        assert!(told < 5_000, "the bound is not kept");
        house.run("update copy set receipt_at = null").await;
        told += 1;
        let at = NOW + MINUTE * told;
        assert!(house.store.copy_receipt(copy, at).await.unwrap());
    }
    assert_eq!(standing().await, (50_000, 10_000 + told));
    let left = "select max(at) from webhook_delivery where event = 'message.sent'";
    assert_eq!(house.number(left).await, 50_000, "the newest are lost");
    withdraw(&house, &ann, NOW).await;
    assert_eq!(standing().await, (50_001, 10_000 + told));
}
