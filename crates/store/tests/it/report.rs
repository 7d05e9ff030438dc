//! Reports that came back: kept with the right copy, or with none.

use crate::house::{House, NOW, id};
use crate::on_both;
use model::mode::NOTHING;
use model::{ConsentState, CopyId, SuppressionCause, SuppressionKey, Topic, UserId, WorkspaceId};
use store::{NewReport, ReportScope};

on_both!(
    a_report_finds_its_copy_by_mail_and_address,
    the_envelopes_id_proves_that_it_came_from_the_way,
    nobody_reports_about_somebody_elses_mail,
    the_same_report_again_and_too_many_are_not_kept,
    a_report_is_no_opening,
    r_msg_04_complaints_about_advertising_are_counted_if_they_prove_their_copy,
    r_with_05_who_calls_advertising_spam_is_unsubscribed_and_withdraws,
);

const KEY: [u8; 32] = [5; 32];

fn report(header: &str, address: &str, action: &str) -> NewReport {
    NewReport {
        id: id(),
        envelope: None,
        header_id: Some(header.into()),
        address_keys: vec![address.into()],
        action: action.into(),
        reporter: "mx.example.org".into(),
        host: String::new(),
        status: Some("2.0.0".into()),
    }
}

async fn two_copies(house: &House) -> Vec<CopyId> {
    let bob = house.contact("bob@example.org").await;
    let eve = house.contact("eve@example.org").await;
    house
        .accept(house.draft(&[&bob, &eve], NOTHING, NOW))
        .await
        .1
}

async fn keep(house: &House, scope: ReportScope, report: NewReport) -> Option<CopyId> {
    let key = SuppressionKey::new(&KEY);
    let kept = house.store.report_keep(scope, report, &key, NOW);
    kept.await.unwrap()
}

const ANY: ReportScope = ReportScope {
    workspace: None,
    user: None,
};

async fn a_report_finds_its_copy_by_mail_and_address(house: House) {
    let copies = two_copies(&house).await;
    let about_eve = report("1@sample.example", "eve@example.org", "delivered");
    assert_eq!(keep(&house, ANY, about_eve).await, Some(copies[1]));
    let kept = house.store.reports(copies[1]).await.unwrap();
    assert_eq!((kept.len(), kept[0].known, kept[0].at), (1, false, NOW));
    assert_eq!(
        (&*kept[0].action, &*kept[0].reporter),
        ("delivered", "mx.example.org")
    );
    assert_eq!(house.store.reports(copies[0]).await.unwrap(), []);
    for (header, address) in [
        ("2@sample.example", "eve@example.org"),
        ("1@sample.example", "mallory@example.org"),
    ] {
        assert_eq!(
            keep(&house, ANY, report(header, address, "delivered")).await,
            None
        );
    }
}

async fn the_envelopes_id_proves_that_it_came_from_the_way(house: House) {
    let copies = two_copies(&house).await;
    // Forwarded meanwhile: the address is another, the envelope is not.
    let mut forwarded = report("", "bob@elsewhere.example", "delivered");
    forwarded.envelope = Some(copies[0].to_string());
    assert_eq!(keep(&house, ANY, forwarded).await, Some(copies[0]));
    assert!(house.store.reports(copies[0]).await.unwrap()[0].known);
    let mut senders_own = report("1@sample.example", "bob@example.org", "relayed");
    senders_own.envelope = Some("QQ314".into());
    assert_eq!(keep(&house, ANY, senders_own).await, Some(copies[0]));
    assert!(
        !house
            .store
            .reports(copies[0])
            .await
            .unwrap()
            .iter()
            .all(|r| r.known)
    );
}

async fn nobody_reports_about_somebody_elses_mail(house: House) {
    let copies = two_copies(&house).await;
    let mut by_envelope = report("1@sample.example", "bob@example.org", "displayed");
    by_envelope.envelope = Some(copies[0].to_string());
    for scope in [
        ReportScope {
            workspace: Some(WorkspaceId(id())),
            user: None,
        },
        ReportScope {
            workspace: Some(house.workspace),
            user: Some(UserId(id())),
        },
    ] {
        assert_eq!(keep(&house, scope, by_envelope.clone()).await, None);
    }
    let own = ReportScope {
        workspace: Some(house.workspace),
        user: Some(house.user),
    };
    assert_eq!(keep(&house, own, by_envelope).await, Some(copies[0]));
}

async fn the_same_report_again_and_too_many_are_not_kept(house: House) {
    let copies = two_copies(&house).await;
    for _ in 0..2 {
        keep(
            &house,
            ANY,
            report("1@sample.example", "bob@example.org", "delivered"),
        )
        .await;
    }
    assert_eq!(house.store.reports(copies[0]).await.unwrap().len(), 1);
    for n in 0..30 {
        let mut other = report("1@sample.example", "bob@example.org", "displayed");
        other.reporter = format!("forger {n}");
        keep(&house, ANY, other).await;
    }
    assert_eq!(house.store.reports(copies[0]).await.unwrap().len(), 20);
}

async fn a_report_is_no_opening(house: House) {
    let copies = two_copies(&house).await;
    let before = house.read(copies[0]).await;
    keep(
        &house,
        ANY,
        report("1@sample.example", "bob@example.org", "displayed"),
    )
    .await;
    assert_eq!(house.read(copies[0]).await, before);
}

async fn r_msg_04_complaints_about_advertising_are_counted_if_they_prove_their_copy(house: House) {
    let [bob, eve] = ["bob@example.org", "eve@example.org"];
    let people = [house.contact(bob).await, house.contact(eve).await];
    let mut copies = Vec::new();
    for class in [
        model::MessageClass::Marketing,
        model::MessageClass::Correspondence,
    ] {
        let mut draft = house.draft(&[&people[0], &people[1]], NOTHING, NOW);
        draft.message.class = class;
        draft.copies.iter_mut().for_each(|copy| copy.outbox = None);
        copies.extend(house.accept(draft).await.1);
    }
    let counted = async || {
        let found = house.store.complaints(house.workspace, NOW).await.unwrap();
        (found.complained, found.sent)
    };
    assert_eq!(counted().await, (0, 2));
    // Made up by somebody who has the mail: shown, not counted.
    keep(&house, ANY, report("1@sample.example", bob, "complained")).await;
    assert_eq!(counted().await, (0, 2));
    for copy in [copies[1], copies[2]] {
        let proven = NewReport {
            envelope: Some(copy.to_string()),
            ..report("1@sample.example", eve, "complained")
        };
        assert_eq!(keep(&house, ANY, proven).await, Some(copy));
    }
    assert_eq!(counted().await, (1, 2), "a letter is no advertising");
    let later = NOW + crate::house::MINUTE;
    let found = house.store.complaints(house.workspace, later).await;
    assert_eq!(found.unwrap(), model::complaints::Complaints::default());
}

async fn r_with_05_who_calls_advertising_spam_is_unsubscribed_and_withdraws(house: House) {
    let bob = house.agreed("bob@example.org").await;
    let mark = SuppressionKey::new(&KEY).mark(house.workspace, &bob.address);
    let listed = async || {
        let found = house.store.suppressed(house.workspace, vec![mark]).await;
        found.unwrap()[0].map(|one| one.cause)
    };
    let states = async || {
        let now = house.store.contact(house.workspace, bob.id).await;
        let now = now.unwrap().unwrap();
        Topic::ALL.map(|topic| now.consent.get(topic).state)
    };
    let mut copies = Vec::new();
    for class in [
        model::MessageClass::Correspondence,
        model::MessageClass::RequestedNewsletter,
    ] {
        let mut draft = house.draft(&[&bob], NOTHING, NOW);
        draft.message.class = class;
        copies.extend(house.accept(draft).await.1);
    }
    let complaint = |copy: Option<CopyId>, reporter: &str| NewReport {
        envelope: copy.map(|copy| copy.to_string()),
        reporter: reporter.into(),
        ..report("1@sample.example", "bob@example.org", "complained")
    };
    // About a letter, or made up by somebody who knows the mail: nobody is unsubscribed by that.
    keep(&house, ANY, complaint(Some(copies[0]), "one")).await;
    keep(&house, ANY, complaint(None, "two")).await;
    assert_eq!(listed().await, None);
    assert_eq!(states().await, [ConsentState::Given; 4]);

    keep(&house, ANY, complaint(Some(copies[1]), "three")).await;
    assert_eq!(listed().await, Some(SuppressionCause::Complained));
    assert_eq!(states().await, [ConsentState::Withdrawn; 4]);
    let events = house.store.consent_events(house.workspace, bob.id).await;
    let events = events.unwrap();
    assert_eq!(&*events[0].method, "complaint");
    let sql = "select count(*) from ledger_entry where kind = 'consent.withdrawn'";
    assert_eq!(house.number(sql).await, 4);

    // The same report again does not overrule what they said since.
    house.store.unsuppress(house.workspace, mark).await.unwrap();
    keep(&house, ANY, complaint(Some(copies[1]), "three")).await;
    assert_eq!(listed().await, None);
}
