//! Who agrees for a contact too young to agree alone: named, asked, agreed, checked, taken back, and over with age.

use crate::house::{House, MINUTE, NOW, address, id};
use crate::on_both;
use model::age::Relation;
use model::{
    ActKind, AgeAnswer, AgeStanding, ConsentState, GuardianId, Language, Sha256, SuppressionKey,
    Time, Topic,
};
use std::time::Duration;
use store::{
    ActFilter, By, Contact, Errand, Guardian, GuardianAsked, GuardianGave, Method, NewAgreement,
    NewGuardian, Terms,
};

on_both!(
    r_age_03_a_guardian_agrees_once_and_takes_it_back_for_ever,
    r_age_03_only_what_the_guardian_agreed_to_counts,
    r_age_03_the_child_withdraws_alone_and_then_nobody_agrees_for_them,
    r_age_03_whoever_reaches_the_age_decides_alone_and_the_guardians_word_ends,
    r_age_03_whoever_turns_out_too_young_loses_what_they_agreed_to,
    r_age_03_a_workspace_can_want_to_check_it_first,
    r_age_03_no_and_late_and_overtaken_give_nothing,
    r_age_03_mails_to_guardians_are_few_and_never_to_who_wants_none,
    r_age_03_an_unanswered_guardian_goes_after_a_week_and_a_proven_one_with_the_proof,
    r_age_03_the_proof_names_the_guardian_and_their_text,
    r_age_03_a_limit_reached_elsewhere_says_nothing_after_a_correction,
);

const DAY: Duration = Duration::from_hours(24);
const MOTHER: &str = "mother@home.example";
const BOTH: [Topic; 2] = [Topic::Open, Topic::Click];

/// A contact who said that they are too young.
async fn child(house: &House, at: &str) -> Contact {
    let contact = house.contact(at).await;
    say(house, &contact, AgeStanding::Below, NOW).await;
    house.contact(at).await
}

async fn say(house: &House, contact: &Contact, standing: AgeStanding, at: Time) {
    let answer = AgeAnswer {
        standing,
        threshold: 15,
        country: "FR".parse().ok(),
        asked_at: at,
    };
    let by = By::operator(at).because("by the person, on their page");
    let set = house
        .store
        .contact_set_age(house.workspace, contact.id, answer, by);
    assert!(set.await.unwrap());
}

async fn text(house: &House, body: &str) -> Sha256 {
    let kept = house.store.consent_text_keep(Language::En, body, body, NOW);
    kept.await.unwrap()
}

async fn name(
    house: &House,
    contact: &Contact,
    at: &str,
    topics: &[Topic],
    now: Time,
) -> (GuardianId, GuardianAsked) {
    let guardian = GuardianId(id());
    let address = address(at);
    let new = NewGuardian {
        id: guardian,
        mark: SuppressionKey::new(&[5; 32]).mark(house.workspace, &address),
        address,
        relation: Relation::Parent,
        agreement: NewAgreement {
            id: id(),
            outbox: id(),
            contact: contact.id,
            copy: None,
            topics: topics.to_vec(),
            text: text(house, "What the child was shown.").await,
            shown: None,
            method: Method::Page,
        },
    };
    let asked = house.store.guardian_ask(new, now).await.unwrap();
    (guardian, asked)
}

async fn named(house: &House, contact: &Contact, topics: &[Topic]) -> GuardianId {
    let (guardian, asked) = name(house, contact, MOTHER, topics, NOW).await;
    assert_eq!(asked, GuardianAsked::Noted);
    guardian
}

async fn give(house: &House, guardian: GuardianId, at: Time) -> GuardianGave {
    let text = text(house, "I have parental responsibility.").await;
    let by = By::operator(at).because("by the guardian");
    let gave = house
        .store
        .guardian_give(guardian, Sha256([1; 32]), text, by);
    gave.await.unwrap()
}

async fn found(house: &House, guardian: GuardianId) -> Guardian {
    house.store.guardian(guardian).await.unwrap().unwrap()
}

/// Where they stand by age, and on opens and clicks.
async fn stands(house: &House, contact: &Contact) -> (AgeStanding, ConsentState, ConsentState) {
    let now = house.store.contact(house.workspace, contact.id).await;
    let now = now.unwrap().unwrap();
    let state = |topic| now.consent.get(topic).state;
    (now.standing(), state(Topic::Open), state(Topic::Click))
}

/// To whom mails to guardians wait.
async fn mails(house: &House) -> Vec<String> {
    let parcels = house.store.outbox_claim(id(), NOW, MINUTE, 99).await;
    (parcels.unwrap().into_iter())
        .filter(|parcel| matches!(parcel.errand, Errand::Guardian { .. }))
        .map(|parcel| parcel.recipient)
        .collect()
}

async fn r_age_03_a_guardian_agrees_once_and_takes_it_back_for_ever(house: House) {
    use AgeStanding::{Below, Guardian};
    use ConsentState::{Given, Requested, Unknown, Withdrawn};
    let child = child(&house, "child@example.org").await;
    let mother = named(&house, &child, &BOTH).await;
    assert_eq!(stands(&house, &child).await, (Below, Requested, Requested));
    assert_eq!(mails(&house).await, [MOTHER]);
    assert_eq!(
        give(&house, mother, NOW + MINUTE).await,
        GuardianGave::Counts
    );
    assert_eq!(stands(&house, &child).await, (Guardian, Given, Given));
    assert_eq!(
        give(&house, mother, NOW + 2 * MINUTE).await,
        GuardianGave::Late
    );
    let events = house.store.consent_events(house.workspace, child.id).await;
    assert_eq!(&*events.unwrap()[0].method, "guardian");

    let later = NOW + 5 * 365 * DAY;
    let taken = house.store.guardian_withdraw(mother, later).await.unwrap();
    assert_eq!(taken, BOTH);
    assert_eq!(stands(&house, &child).await, (Below, Withdrawn, Withdrawn));
    let again = house.store.guardian_withdraw(mother, later).await.unwrap();
    assert_eq!(again, []);
    assert_ne!(stands(&house, &child).await.1, Unknown);
}

async fn r_age_03_only_what_the_guardian_agreed_to_counts(house: House) {
    use AgeStanding::Guardian;
    use ConsentState::{Given, Requested, Withdrawn};
    // Agreed to opens before anybody knew how young they are.
    let child = house.contact("child@example.org").await;
    house.gives(&child, &[Topic::Open], NOW).await;
    say(&house, &child, AgeStanding::Below, NOW).await;
    let mother = named(&house, &child, &[Topic::Click]).await;
    give(&house, mother, NOW).await;
    assert_eq!(stands(&house, &child).await, (Guardian, Withdrawn, Given));
    // What they tick later waits for a guardian again, and no mailbox of their own confirms it.
    let (father, asked) = name(&house, &child, "father@home.example", &[Topic::Open], NOW).await;
    assert_eq!(asked, GuardianAsked::Noted);
    assert_eq!(stands(&house, &child).await, (Guardian, Requested, Given));
    let request = found(&house, father).await.request.id;
    let alone = house.store.consent_confirm(request, Sha256([2; 32]), NOW);
    assert!(!alone.await.unwrap());
    assert_eq!(stands(&house, &child).await, (Guardian, Requested, Given));
    // Each takes back their own word and no other's.
    assert_eq!(
        give(&house, father, NOW + MINUTE).await,
        GuardianGave::Counts
    );
    let taken = house
        .store
        .guardian_withdraw(mother, NOW + 2 * MINUTE)
        .await;
    assert_eq!(taken.unwrap(), [Topic::Click]);
    assert_eq!(stands(&house, &child).await, (Guardian, Given, Withdrawn));
}

async fn r_age_03_the_child_withdraws_alone_and_then_nobody_agrees_for_them(house: House) {
    let child = child(&house, "child@example.org").await;
    let mother = named(&house, &child, &BOTH).await;
    give(&house, mother, NOW).await;
    house.withdraws(&child, &BOTH, NOW + MINUTE).await;
    assert_eq!(stands(&house, &child).await.0, AgeStanding::Below);
    let taken = house
        .store
        .guardian_withdraw(mother, NOW + 2 * MINUTE)
        .await;
    assert_eq!(taken.unwrap(), []);
}

async fn r_age_03_whoever_reaches_the_age_decides_alone_and_the_guardians_word_ends(house: House) {
    use ConsentState::{Expired, Given};
    let child = child(&house, "child@example.org").await;
    let mother = named(&house, &child, &BOTH).await;
    give(&house, mother, NOW).await;
    say(&house, &child, AgeStanding::Reached, NOW + DAY).await;
    assert_eq!(
        stands(&house, &child).await,
        (AgeStanding::Reached, Expired, Expired)
    );
    let taken = house
        .store
        .guardian_withdraw(mother, NOW + DAY)
        .await
        .unwrap();
    assert_eq!(taken, []);
    // Asked anew, they agree themselves, and no guardian can take that back.
    let now = house
        .store
        .contact(house.workspace, child.id)
        .await
        .unwrap();
    assert!(now.unwrap().consent.may_ask(NOW + DAY));
    house.gives(&child, &BOTH, NOW + 2 * DAY).await;
    let taken = house.store.guardian_withdraw(mother, NOW + 3 * DAY).await;
    assert_eq!(taken.unwrap(), []);
    assert_eq!(stands(&house, &child).await.1, Given);
    let told = "select count(*) from consent_event where state = 'expired' and method = 'age'";
    assert_eq!(house.number(told).await, 2);
}

async fn r_age_03_whoever_turns_out_too_young_loses_what_they_agreed_to(house: House) {
    let child = house.agreed("child@example.org").await;
    say(&house, &child, AgeStanding::Below, NOW + MINUTE).await;
    let withdrawn = ConsentState::Withdrawn;
    assert_eq!(
        stands(&house, &child).await,
        (AgeStanding::Below, withdrawn, withdrawn)
    );
    let pending = "select count(*) from withdrawal";
    assert_eq!(
        house.number(pending).await,
        4,
        "what was recorded goes, too"
    );
    // Said twice, it changes nothing.
    say(&house, &child, AgeStanding::Below, NOW + 2 * MINUTE).await;
    let events = house.store.consent_events(house.workspace, child.id).await;
    assert_eq!(events.unwrap().len(), 8);
}

async fn checks_guardians(house: &House) {
    let workspace = house.store.workspace(house.workspace).await.unwrap();
    let workspace = store::Workspace {
        checks_guardians: true,
        ..workspace.unwrap()
    };
    let set = house.store.workspace_update(workspace, house.by());
    set.await.unwrap();
}

/// A guardian who agreed, which somebody still has to check.
pub(crate) async fn unchecked(house: &House) -> GuardianId {
    checks_guardians(house).await;
    let child = child(house, "child@example.org").await;
    let guardian = named(house, &child, &BOTH).await;
    assert_eq!(give(house, guardian, NOW).await, GuardianGave::Waits);
    guardian
}

async fn r_age_03_a_workspace_can_want_to_check_it_first(house: House) {
    use AgeStanding::{Below, Guardian};
    use ConsentState::{Given, Requested};
    checks_guardians(&house).await;
    let child = child(&house, "child@example.org").await;
    let mother = named(&house, &child, &BOTH).await;
    let check = async |at| {
        let by = By::user(house.user, at).because("on the telephone");
        let checked = house.store.guardian_check(house.workspace, mother, by);
        checked.await.unwrap()
    };
    assert!(!check(NOW).await, "nobody agreed yet");
    assert_eq!(
        give(&house, mother, NOW + MINUTE).await,
        GuardianGave::Waits
    );
    assert_eq!(stands(&house, &child).await, (Below, Requested, Requested));
    assert!(!check(NOW + 7 * DAY).await, "a week is over");
    let other = model::WorkspaceId(id());
    let foreign = house.store.guardian_check(other, mother, house.by());
    assert!(!foreign.await.unwrap());
    assert!(check(NOW + DAY).await);
    assert_eq!(stands(&house, &child).await, (Guardian, Given, Given));
    assert!(!check(NOW + DAY).await);
    let filter = ActFilter {
        kinds: vec![ActKind::GuardianChecked],
        limit: 9,
        ..ActFilter::default()
    };
    let acts = house.store.acts(house.workspace, filter).await.unwrap();
    assert_eq!((acts.len(), acts[0].user), (1, Some(house.user)));
    let taken = house.store.guardian_withdraw(mother, NOW + 2 * DAY).await;
    assert_eq!(taken.unwrap(), BOTH);
}

async fn r_age_03_no_and_late_and_overtaken_give_nothing(house: House) {
    use ConsentState::{Refused, Requested};
    let one = child(&house, "one@example.org").await;
    let mother = named(&house, &one, &BOTH).await;
    assert!(house.store.guardian_refuse(mother, NOW).await.unwrap());
    assert_eq!(stands(&house, &one).await.1, Refused);
    assert_eq!(
        found(&house, mother).await.address,
        "",
        "it goes with the no"
    );
    assert!(!house.store.guardian_refuse(mother, NOW).await.unwrap());
    assert_eq!(give(&house, mother, NOW).await, GuardianGave::Late);

    let two = child(&house, "two@example.org").await;
    let mother = named(&house, &two, &BOTH).await;
    assert_eq!(
        give(&house, mother, NOW + 7 * DAY).await,
        GuardianGave::Late
    );
    assert_eq!(stands(&house, &two).await.1, Requested);
    house.withdraws(&two, &BOTH, NOW).await;
    assert_eq!(give(&house, mother, NOW).await, GuardianGave::Late);

    // A wrong address, and then the right one: the first cannot agree any more.
    let three = child(&house, "three@example.org").await;
    let (wrong, _) = name(&house, &three, "wrong@home.example", &BOTH, NOW).await;
    let (right, _) = name(&house, &three, "right@home.example", &BOTH, NOW).await;
    assert_eq!(give(&house, wrong, NOW).await, GuardianGave::Late);
    assert_eq!(found(&house, wrong).await.address, "");
    assert_eq!(give(&house, right, NOW).await, GuardianGave::Counts);

    // Nobody agrees for who may agree alone.
    let grown = house.contact("grown@example.org").await;
    let (_, asked) = name(&house, &grown, "x@home.example", &BOTH, NOW).await;
    assert_eq!(asked, GuardianAsked::Nothing);
}

async fn r_age_03_mails_to_guardians_are_few_and_never_to_who_wants_none(house: House) {
    let one = child(&house, "one@example.org").await;
    for n in 0..3 {
        let at = format!("{n}@home.example");
        let asked = name(&house, &one, &at, &BOTH, NOW).await.1;
        assert_eq!(asked, GuardianAsked::Noted);
    }
    let more = name(&house, &one, "3@home.example", &BOTH, NOW).await.1;
    assert_eq!(more, GuardianAsked::Enough);
    let tomorrow = NOW + DAY + MINUTE;
    let more = name(&house, &one, "4@home.example", &BOTH, tomorrow)
        .await
        .1;
    assert_eq!(more, GuardianAsked::Noted);
    mails(&house).await;

    // To one address, whoever names it: the answers do not tell.
    for n in 0..5 {
        let child = child(&house, &format!("child{n}@example.org")).await;
        assert_eq!(
            name(&house, &child, MOTHER, &BOTH, NOW).await.1,
            GuardianAsked::Noted
        );
    }
    assert_eq!(mails(&house).await.len(), 3);
    // Naming somebody else in between, each time, gets nobody more of them.
    for n in 0..5 {
        let child = child(&house, &format!("other{n}@example.org")).await;
        name(&house, &child, "father@home.example", &BOTH, NOW).await;
        name(&house, &child, &format!("{n}@b.example"), &BOTH, NOW).await;
    }
    let to = mails(&house).await;
    let to_father = to.iter().filter(|to| *to == "father@home.example");
    assert_eq!(to_father.count(), 3);
    let child = child(&house, "last@example.org").await;
    let mark = SuppressionKey::new(&[5; 32]).mark(house.workspace, &address("no@home.example"));
    let cause = model::SuppressionCause::Objected;
    let listed = house.store.suppress(house.workspace, mark, cause, NOW);
    listed.await.unwrap();
    let asked = name(&house, &child, "no@home.example", &BOTH, NOW).await.1;
    assert_eq!(asked, GuardianAsked::Noted);
    assert_eq!(mails(&house).await, Vec::<String>::new());
}

async fn r_age_03_an_unanswered_guardian_goes_after_a_week_and_a_proven_one_with_the_proof(
    house: House,
) {
    let count = "select count(*) from guardian";
    let run = async |now| {
        let ran = house.store.retention_run(Terms::default(), id(), now);
        ran.await.unwrap();
        house.number(count).await
    };
    let one = child(&house, "one@example.org").await;
    named(&house, &one, &BOTH).await;
    let two = child(&house, "two@example.org").await;
    let (kept, _) = name(&house, &two, "kept@home.example", &BOTH, NOW).await;
    give(&house, kept, NOW).await;
    assert_eq!(run(NOW + 7 * DAY).await, 2);
    assert_eq!(run(NOW + 7 * DAY + MINUTE).await, 1);
    let end = NOW + 30 * DAY;
    house.store.guardian_withdraw(kept, end).await.unwrap();
    assert_eq!(run(end + 1_094 * DAY).await, 1);
    assert_eq!(run(end + 1_096 * DAY).await, 0);
}

async fn r_age_03_the_proof_names_the_guardian_and_their_text(house: House) {
    let child = child(&house, "child@example.org").await;
    let mother = named(&house, &child, &BOTH).await;
    give(&house, mother, NOW + MINUTE).await;
    let proof = house
        .store
        .consent_proofs(child.id)
        .await
        .unwrap()
        .remove(0);
    let guardian = proof.guardian.unwrap();
    assert_eq!((guardian.id, guardian.relation), (mother, Relation::Parent));
    assert_eq!(guardian.text, "I have parental responsibility.");
    assert_eq!(guardian.threshold, 15);
    let states: Vec<_> = proof.events.iter().map(|event| event.state).collect();
    let (asked, given) = (ConsentState::Requested, ConsentState::Given);
    assert_eq!(states, [asked, asked, given, given]);
    // Both texts are part of the evidence, and go when the child is erased.
    let evidence = house
        .store
        .consent_evidence(house.workspace, child.id)
        .await;
    assert_eq!(evidence.unwrap().unwrap().texts.len(), 2);
    let on = model::ErasedBy::Person;
    let erased = house
        .store
        .contact_erase(house.workspace, child.id, on, None, house.by(), id);
    assert_eq!(erased.await.unwrap().unwrap().erased["guardian"], 1);
    assert_eq!(house.number("select count(*) from consent_text").await, 0);
    assert!(house.store.guardian(mother).await.unwrap().is_none());
}

async fn r_age_03_a_limit_reached_elsewhere_says_nothing_after_a_correction(house: House) {
    let person = house.contact("moved@example.org").await;
    say(&house, &person, AgeStanding::Reached, NOW).await;
    assert!(
        house
            .corrects(person.id, "Ann", None, "FR".parse().ok())
            .await
    );
    assert_eq!(stands(&house, &person).await.0, AgeStanding::Reached);
    assert!(
        house
            .corrects(person.id, "Ann", None, "DE".parse().ok())
            .await
    );
    assert_eq!(stands(&house, &person).await.0, AgeStanding::Unknown);
}
