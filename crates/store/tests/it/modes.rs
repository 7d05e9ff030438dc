//! What may be recorded, as things stand when a hit arrives: law, age, crowds, the day of the last open.

use crate::house::{DETAILED, House, INDIVIDUAL, MINUTE, NOW, hit};
use crate::on_both;
use model::crowd::{CELL_MIN, CROWD_MIN};
use model::hit::Tally;
use model::mode::NOTHING;
use model::{
    AgeAnswer, AgeStanding, Axis, ConsentState, CopyId, Day, LegalTag, LegalTags, Meaning,
    MessageClass, MessageId, Mode, PerAxis, Profiles, Tick, Time, Topic,
};
use std::sync::Arc;
use std::time::Duration;
use store::{Contact, Recorded, Sum};

on_both!(
    r_mode_07_a_sum_is_a_number_a_day_and_nothing_else,
    r_sec_12_a_sum_never_exceeds_the_people_asked,
    r_mode_08_small_sums_are_not_told_and_small_crowds_not_counted,
    r_mode_08_no_difference_of_sums_tells_of_one_contact,
    r_mode_13_one_no_stops_the_sum_of_all,
    r_mode_18_the_kill_switch_stops_sums_and_days_too,
    r_mode_09_one_date_overwritten_and_nothing_else,
    r_mode_09_a_no_takes_the_date_away,
    r_mode_17_list_cleaning_knows_only_those_who_are_tracked_so,
    r_mode_12_consent_after_sending_raises_nothing,
    r_mode_12_what_is_lowered_after_sending_is_lowered,
    r_mode_05_what_cannot_be_read_when_a_hit_arrives_allows_nothing,
    r_law_01_a_withdrawal_of_one_recipient_counts_for_all,
    r_law_02_the_other_side_is_not_recorded_whatever_was_sent,
    r_age_02_children_are_not_recorded_as_persons,
    r_age_04_the_answer_is_kept_and_no_date_of_birth,
);

const COUNTED: PerAxis<Mode> = PerAxis {
    open: Mode::Aggregate,
    ..NOTHING
};
const DAYS: PerAxis<Mode> = PerAxis {
    open: Mode::Hygiene,
    ..NOTHING
};
const DAY: Duration = Duration::from_hours(24);

fn under(mut house: House, home: &[&str]) -> House {
    let law = Arc::new(Profiles::new(&[], home).unwrap());
    house.store = house.store.under(law);
    house
}

async fn describe(house: &House, contact: &Contact, country: &str, tags: &[LegalTag]) {
    let (country, tags) = (country.parse().ok(), LegalTags::of(tags));
    let done = house
        .store
        .contact_describe(house.workspace, contact.id, country, tags, house.by());
    assert!(done.await.unwrap());
}

/// A message to so many Italians, who are only counted.
async fn crowd(house: &House, people: u32) -> (MessageId, Vec<Contact>, Vec<CopyId>) {
    let mut contacts = Vec::new();
    for n in 0..people {
        let contact = house.contact(&format!("p{n}@example.it")).await;
        describe(house, &contact, "IT", &[]).await;
        contacts.push(contact);
    }
    let all: Vec<&Contact> = contacts.iter().collect();
    let (message, copies) = house.accept(house.draft(&all, COUNTED, NOW)).await;
    (message, contacts, copies)
}

async fn count(house: &House, message: MessageId, times: usize, at: Time) -> Recorded {
    let tally = Tally {
        message,
        axis: Axis::Open,
        link: 0,
        at,
    };
    let counted = house.store.tallies_record(vec![tally; times], at).await;
    counted.unwrap()
}

async fn opens(house: &House, message: MessageId) -> Vec<Sum> {
    house.store.sums(message).await.unwrap()
}

fn stored(stored: usize, refused: usize) -> Recorded {
    Recorded { stored, refused }
}

async fn r_mode_07_a_sum_is_a_number_a_day_and_nothing_else(house: House) {
    let house = under(house, &["it"]);
    let (message, _, copies) = crowd(&house, CROWD_MIN).await;
    assert_eq!(count(&house, message, 3, NOW + MINUTE).await, stored(3, 0));
    assert_eq!(
        count(&house, message, 2, NOW + MINUTE * 2).await,
        stored(2, 0)
    );
    assert_eq!(count(&house, message, 4, NOW + DAY).await, stored(4, 0));
    let one = |sql: &'static str| house.number(sql);
    assert_eq!(one("select count(*) from tally").await, 2, "a row a day");
    assert_eq!(one("select count(*) from hit").await, 0);
    assert_eq!(
        one("select count(*) from event where kind <> 'accepted'").await,
        0
    );
    let days = house.texts("select day from tally order by day").await;
    assert_eq!(days, [NOW.day().to_string(), (NOW + DAY).day().to_string()]);
    let sum = opens(&house, message).await;
    assert_eq!((sum[0].count, sum[0].crowd), (Some(9), CROWD_MIN));
    // Nothing of it is told of a person, and a personal token of such a copy is none.
    let copy = house.read(copies[0]).await;
    assert_eq!((copy.tick(), copy.seen.opens.human), (Tick::Limited, 0));
    let own = hit(copies[0], Axis::Open, Meaning::Human, NOW);
    let recorded = house.record(vec![own], NOW).await;
    assert_eq!(recorded, stored(0, 1));
}

async fn r_sec_12_a_sum_never_exceeds_the_people_asked(house: House) {
    let house = under(house, &["it"]);
    let (message, ..) = crowd(&house, CROWD_MIN).await;
    for _ in 0..10 {
        count(&house, message, 1_000, NOW).await;
    }
    assert_eq!(opens(&house, message).await[0].count, Some(CROWD_MIN));
    assert_eq!(count(&house, message, 1, NOW + DAY).await, stored(0, 1));
    // A message that does not exist, and an axis on which nobody is counted.
    assert_eq!(
        count(&house, MessageId([9; 16]), 1, NOW).await,
        stored(0, 1)
    );
    let click = Tally {
        message,
        axis: Axis::Click,
        link: 1,
        at: NOW,
    };
    let clicks = house.store.tallies_record(vec![click], NOW).await.unwrap();
    assert_eq!(clicks, stored(0, 1));
}

async fn r_mode_08_small_sums_are_not_told_and_small_crowds_not_counted(house: House) {
    let house = under(house, &["it"]);
    let (message, ..) = crowd(&house, CROWD_MIN).await;
    count(&house, message, CELL_MIN as usize - 1, NOW).await;
    assert_eq!(opens(&house, message).await[0].count, None);
    count(&house, message, 1, NOW).await;
    assert_eq!(opens(&house, message).await[0].count, Some(CELL_MIN));
    let (few, ..) = crowd(&house, CROWD_MIN - 1).await;
    assert_eq!(count(&house, few, 7, NOW).await, stored(0, 7));
}

/// Two messages whose recipients differ by one person: neither sums nor any other number tells what that one did.
async fn r_mode_08_no_difference_of_sums_tells_of_one_contact(house: House) {
    let house = under(house, &["it"]);
    let (with, contacts, _) = crowd(&house, CROWD_MIN + 1).await;
    let others: Vec<&Contact> = contacts[1..].iter().collect();
    let (without, _) = house.accept(house.draft(&others, COUNTED, NOW)).await;
    count(&house, with, 1, NOW).await; // the one
    assert_eq!(
        (
            opens(&house, with).await[0].count,
            opens(&house, without).await[0].count
        ),
        (None, None)
    );
    // What sums over messages by user and time tell stays the same whether the one was counted or not.
    let summary = async || {
        let (from, to) = (NOW, NOW + MINUTE);
        house
            .store
            .summary(house.workspace, Some(house.user), from, to)
            .await
            .unwrap()
    };
    let before = summary().await;
    count(&house, with, 6, NOW).await;
    assert_eq!(summary().await, before);
    assert_eq!((before.tracked, before.opens_tracked), (0, 0));
    assert_eq!(before.limited, before.copies);
}

async fn r_mode_13_one_no_stops_the_sum_of_all(house: House) {
    let house = under(house, &["it"]);
    for state in [ConsentState::Refused, ConsentState::Withdrawn] {
        let (message, contacts, _) = crowd(&house, CROWD_MIN + 5).await;
        assert_eq!(count(&house, message, 6, NOW).await, stored(6, 0));
        house
            .consent(&contacts[3], &[Topic::Open], state, NOW)
            .await;
        assert_eq!(
            count(&house, message, 3, NOW).await,
            stored(0, 3),
            "{state:?}"
        );
        // Clearing away what a withdrawal leaves does not set it going again.
        while house
            .store
            .withdrawal_step([1; 16], NOW + DAY)
            .await
            .unwrap()
        {}
        assert_eq!(count(&house, message, 3, NOW + DAY).await, stored(0, 3));
        assert_eq!(
            opens(&house, message).await[0].count,
            Some(6),
            "what was counted stays"
        );
        house
            .consent(&contacts[3], &[Topic::Open], ConsentState::Unknown, NOW)
            .await;
    }
    // Moved to a country that allows no sums.
    let (message, contacts, _) = crowd(&house, CROWD_MIN + 5).await;
    describe(&house, &contacts[0], "DE", &[]).await;
    assert_eq!(count(&house, message, 1, NOW).await, stored(0, 1));
}

async fn r_mode_18_the_kill_switch_stops_sums_and_days_too(house: House) {
    let house = under(house, &["it"]);
    let (message, contacts, _) = crowd(&house, CROWD_MIN).await;
    house
        .store
        .instance_set_tracking(false, house.by())
        .await
        .unwrap();
    assert_eq!(count(&house, message, 1, NOW).await, stored(0, 1));
    let house = under(house, &["fr"]);
    describe(&house, &contacts[0], "FR", &[]).await;
    let copy = newsletter(&house, &contacts[0]).await;
    assert_eq!(open(&house, copy, NOW).await, stored(0, 1));
    house
        .store
        .instance_set_tracking(true, house.by())
        .await
        .unwrap();
    assert_eq!(open(&house, copy, NOW).await, stored(1, 0));
}

/// A newsletter that somebody asked for, of which only the day of the last open may be kept.
async fn newsletter(house: &House, contact: &Contact) -> CopyId {
    let mut draft = house.draft(&[contact], DAYS, NOW);
    draft.message.class = MessageClass::RequestedNewsletter;
    house.accept(draft).await.1[0]
}

async fn open(house: &House, copy: CopyId, at: Time) -> Recorded {
    let opened = hit(copy, Axis::Open, Meaning::Human, at);
    house.record(vec![opened], at).await
}

async fn last_day(house: &House) -> Vec<String> {
    let sql = "select coalesce(last_open_day, '-') from contact order by address";
    house.texts(sql).await
}

async fn r_mode_09_one_date_overwritten_and_nothing_else(house: House) {
    let house = under(house, &["fr"]);
    let bob = house.contact("bob@example.fr").await;
    describe(&house, &bob, "FR", &[]).await;
    let copy = newsletter(&house, &bob).await;
    assert_eq!(open(&house, copy, NOW).await, stored(1, 0));
    assert_eq!(last_day(&house).await, [NOW.day().to_string()]);
    assert_eq!(open(&house, copy, NOW + DAY * 3).await, stored(1, 0));
    // One that arrives late moves nothing back.
    assert_eq!(open(&house, copy, NOW + DAY).await, stored(1, 0));
    assert_eq!(last_day(&house).await, [(NOW + DAY * 3).day().to_string()]);
    for meaning in [Meaning::Machine, Meaning::Own] {
        let later = NOW + DAY * 9;
        let machine = hit(copy, Axis::Open, meaning, later);
        let recorded = house.record(vec![machine], later).await;
        assert_eq!(recorded, stored(0, 1), "{meaning:?}");
    }
    let click = hit(copy, Axis::Click, Meaning::Human, NOW);
    let clicked = house.record(vec![click], NOW).await;
    assert_eq!(clicked, stored(0, 1));
    assert_eq!(last_day(&house).await, [(NOW + DAY * 3).day().to_string()]);
    for table in ["hit", "news", "tally"] {
        let sql = format!("select count(*) from {table}");
        assert_eq!(house.number(&sql).await, 0, "{table}");
    }
    house.fold_all().await;
    let copy = house.read(copy).await;
    assert_eq!((copy.tick(), copy.first_read_at), (Tick::Limited, None));
    assert_eq!(copy.seen.opens.human, 0);
}

async fn r_mode_09_a_no_takes_the_date_away(house: House) {
    let house = under(house, &["fr"]);
    let bob = house.contact("bob@example.fr").await;
    describe(&house, &bob, "FR", &[]).await;
    let copy = newsletter(&house, &bob).await;
    open(&house, copy, NOW).await;
    house
        .consent(&bob, &[Topic::Open], ConsentState::Refused, NOW)
        .await;
    assert_eq!(last_day(&house).await, ["-"]);
    assert_eq!(open(&house, copy, NOW).await, stored(0, 1));
    // A mail of another class is not covered: nothing is kept of it.
    let eve = house.contact("eve@example.fr").await;
    describe(&house, &eve, "FR", &[]).await;
    let letter = house.copy_for(&eve, DAYS).await;
    assert_eq!(open(&house, letter, NOW).await, stored(0, 1));
}

async fn r_mode_17_list_cleaning_knows_only_those_who_are_tracked_so(house: House) {
    let house = under(house, &["fr"]);
    let mut people = Vec::new();
    for name in ["asleep", "awake", "untracked"] {
        let contact = house.contact(&format!("{name}@example.fr")).await;
        describe(&house, &contact, "FR", &[]).await;
        people.push(contact);
    }
    let copies = [
        newsletter(&house, &people[0]).await,
        newsletter(&house, &people[1]).await,
        house.copy_for(&people[2], NOTHING).await,
    ];
    house.run("update copy set state = 'sent'").await;
    open(&house, copies[0], NOW - DAY * 2).await;
    open(&house, copies[1], NOW + DAY).await;
    let inactive = async |since: Day| {
        let found = house
            .store
            .contacts_inactive(house.workspace, since, None, 9);
        let found = found.await.unwrap();
        found
            .iter()
            .map(|one| one.address.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(inactive(NOW.day()).await, ["asleep@example.fr"]);
    let reach = async |since: Day| {
        let reach = house
            .store
            .list_cleaning_reach(house.workspace, since)
            .await;
        let reach = reach.unwrap();
        (reach.tracked, reach.not_applicable)
    };
    assert_eq!(
        reach(NOW.day()).await,
        (2, 1),
        "not applicable to whoever is not tracked"
    );
    assert_eq!(reach((NOW + DAY).day()).await, (0, 3));
    // Of whoever is not tracked nothing is known: they did not \"not open\".
    assert_eq!(
        inactive((NOW + DAY).day()).await,
        [""; 0],
        "no such mail since then"
    );
}

async fn r_mode_12_consent_after_sending_raises_nothing(house: House) {
    let bob = house.contact("bob@example.org").await;
    let copy = house.copy_for(&bob, NOTHING).await;
    house.gives(&bob, &Topic::ALL, NOW).await;
    assert_eq!(open(&house, copy, NOW).await, stored(0, 1));
    // Nor does a day or a sum become a person.
    let house = under(house, &["us-notice"]);
    describe(&house, &bob, "US", &[]).await;
    for modes in [DAYS, COUNTED] {
        let copy = house.copy_for(&bob, modes).await;
        open(&house, copy, NOW).await;
    }
    assert_eq!(house.number("select count(*) from hit").await, 0);
    // Nor does more consent than was decided on give facts.
    house.allow_details().await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    assert_eq!(open(&house, copy, NOW).await, stored(1, 0));
    assert_eq!(
        house
            .number("select count(*) from hit where facts is not null")
            .await,
        0
    );
}

async fn r_mode_12_what_is_lowered_after_sending_is_lowered(house: House) {
    let house = under(house, &["us-notice"]);
    let bob = house.contact("bob@example.com").await;
    describe(&house, &bob, "US", &[]).await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    assert_eq!(open(&house, copy, NOW).await, stored(1, 0));
    // The same mail, read in France: of correspondence nothing may be kept there without consent.
    describe(&house, &bob, "FR", &[]).await;
    assert_eq!(open(&house, copy, NOW).await, stored(0, 1));
    describe(&house, &bob, "", &[]).await;
    assert_eq!(
        open(&house, copy, NOW).await,
        stored(0, 1),
        "unknown is strictest"
    );
    describe(&house, &bob, "US", &[]).await;
    assert_eq!(open(&house, copy, NOW).await, stored(1, 0));
    // A class that may carry none, whatever was decided.
    house.run("update message set class = 'cold'").await;
    assert_eq!(open(&house, copy, NOW).await, stored(0, 1));
}

async fn r_mode_05_what_cannot_be_read_when_a_hit_arrives_allows_nothing(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, DETAILED).await;
    assert_eq!(open(&house, copy, NOW).await, stored(1, 0));
    for damage in [
        "update contact set open_state = 'perhaps'",
        "update contact set open_state = 'given', age = 'old'",
        "update contact set age = 'unknown', tags = 'friend'",
        "update contact set tags = '', country = 'Atlantis'",
        "update message set class = 'spam'",
        "update workspace set ceiling_open = 'all'",
    ] {
        house.run(damage).await;
        assert_eq!(open(&house, copy, NOW).await, stored(0, 1), "{damage}");
        let mend = "update contact set country = null; update message set class = 'correspondence'";
        if damage.contains("Atlantis") || damage.contains("spam") {
            house.run(mend).await;
            assert_eq!(open(&house, copy, NOW).await, stored(1, 0), "{damage}");
        }
    }
}

async fn r_law_01_a_withdrawal_of_one_recipient_counts_for_all(house: House) {
    let house = under(house, &["eu", "legal"]);
    let client = house.agreed("client@example.org").await;
    let lawyer = house.agreed("lawyer@example.org").await;
    describe(&house, &client, "US", &[LegalTag::Client]).await;
    let (_, copies) = house
        .accept(house.draft(&[&client, &lawyer], INDIVIDUAL, NOW))
        .await;
    assert_eq!(open(&house, copies[0], NOW).await, stored(1, 0));
    house.withdraws(&lawyer, &[Topic::Open], NOW).await;
    for copy in copies {
        assert_eq!(open(&house, copy, NOW).await, stored(0, 1));
    }
}

async fn r_law_02_the_other_side_is_not_recorded_whatever_was_sent(house: House) {
    let house = under(house, &["us-notice", "legal-ak"]);
    let other = house.agreed("other@example.com").await;
    describe(&house, &other, "US", &[LegalTag::Client]).await;
    let copy = house.copy_for(&other, INDIVIDUAL).await;
    assert_eq!(open(&house, copy, NOW).await, stored(1, 0));
    describe(&house, &other, "US", &[LegalTag::Opposing]).await;
    assert_eq!(open(&house, copy, NOW).await, stored(0, 1));
}

async fn r_age_02_children_are_not_recorded_as_persons(house: House) {
    let directed_to_children = async |yes: bool| {
        let found = house.store.workspace(house.workspace).await;
        let mut workspace = found.unwrap().unwrap();
        workspace.directed_to_children = yes;
        house
            .store
            .workspace_update(workspace, house.by())
            .await
            .unwrap();
    };
    let bob = house.agreed("bob@example.org").await;
    let copy = house.copy_for(&bob, INDIVIDUAL).await;
    for (children, standing, as_a_person) in [
        (false, AgeStanding::Unknown, true),
        (true, AgeStanding::Unknown, false),
        (true, AgeStanding::Reached, true),
        (false, AgeStanding::Below, false),
        (true, AgeStanding::Below, false),
        (true, AgeStanding::Guardian, true),
    ] {
        directed_to_children(children).await;
        set_age(&house, &bob, standing).await;
        // As if they had agreed in this standing; how they come to that is another matter.
        house.gives(&bob, &Topic::ALL, NOW).await;
        let expected = if as_a_person {
            stored(1, 0)
        } else {
            stored(0, 1)
        };
        assert_eq!(
            open(&house, copy, NOW).await,
            expected,
            "{children} {standing}"
        );
    }
}

async fn set_age(house: &House, contact: &Contact, standing: AgeStanding) {
    let answer = AgeAnswer {
        standing,
        threshold: 15,
        country: "FR".parse().ok(),
        asked_at: NOW,
    };
    let done = house
        .store
        .contact_set_age(house.workspace, contact.id, answer, house.by());
    assert!(done.await.unwrap());
}

async fn r_age_04_the_answer_is_kept_and_no_date_of_birth(house: House) {
    let bob = house.contact("bob@example.fr").await;
    assert_eq!(bob.age, None);
    describe(&house, &bob, "FR", &[]).await;
    set_age(&house, &bob, AgeStanding::Reached).await;
    let age = async || house.contact("bob@example.fr").await.age;
    let kept = age().await.unwrap();
    assert_eq!(
        (kept.standing, kept.threshold, kept.asked_at),
        (AgeStanding::Reached, 15, NOW)
    );
    // Another country, another limit: what was said there tells nothing.
    describe(&house, &bob, "DE", &[]).await;
    assert_eq!(age().await, None);
    set_age(&house, &bob, AgeStanding::Below).await;
    describe(&house, &bob, "SE", &[]).await;
    assert_eq!(
        age().await.unwrap().standing,
        AgeStanding::Below,
        "a no stays one"
    );
    // No column of any table is a date of birth.
    let columns = store::inventory::TABLES
        .iter()
        .flat_map(|table| table.columns);
    let suspects = ["birth", "born", "dob", "geburt"];
    for column in columns {
        let named = |word: &&str| column.name.contains(*word) || column.holds.contains(*word);
        let is_denial = column.holds.contains("no date of birth");
        assert!(is_denial || !suspects.iter().any(named), "{}", column.name);
    }
}
