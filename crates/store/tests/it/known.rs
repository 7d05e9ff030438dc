//! A contact about whom there is something in every table: what rights and retention are tested with.

use crate::house::{DETAILED, House, NOW, address, hit, id};
use model::{
    Axis, ConsentState, ContactId, CopyId, Language, Meaning, MessageId, RequestId, Right, Topic,
    WebhookEvent,
};
use store::{Fresh, MailHost, Method, NewAgreement, NewReport, NewRequest, Outcome, ReportScope};

/// Stands in the contact's address, name, subject, links and notes, and must not outlive them.
pub(crate) const SENTINEL: &str = "zq7sentinel";

pub(crate) struct Known {
    pub(crate) contact: ContactId,
    /// A mail that was delivered, read and clicked.
    pub(crate) read: CopyId,
    pub(crate) message: MessageId,
    /// A mail that still waits in the outbox.
    pub(crate) waiting: CopyId,
    pub(crate) waiting_message: MessageId,
}

/// Makes them.
pub(crate) async fn known(house: &House) -> Known {
    house.allow_details().await;
    crate::webhook::made(house, &WebhookEvent::ALL).await;
    let at = address(&format!("{SENTINEL}@example.org"));
    let name = format!("Zoe {SENTINEL}");
    let made = house.store.contact_find_or_create(
        house.workspace,
        &at,
        &name,
        crate::house::written(),
        Fresh::draw(id),
        NOW,
    );
    let contact = made.await.unwrap();
    house.gives(&contact, &Topic::ALL, NOW).await;

    let mut new = house.draft(&[&contact], DETAILED, NOW);
    new.message.subject = format!("For {name} <{at}>");
    new.message.header_id = format!("for-{at}@sample.example");
    new.links[0].destination = format!("https://example.org/?to={SENTINEL}%40example.org");
    let (message, copies) = house.accept(new).await;
    let parcel = house.claim(NOW).await;
    let sent = Outcome::Sent {
        answer: format!("250 {at} ok"),
        carried: store::Carried::default(),
        report: None,
    };
    for parcel in parcel {
        house.finish(parcel, sent.clone(), NOW).await;
    }
    let read = copies[0];
    let hits = vec![
        hit(read, Axis::Open, Meaning::Human, NOW),
        hit(read, Axis::Click, Meaning::Human, NOW),
    ];
    house.record(hits, NOW).await;
    house.fold_all().await;
    house.store.copy_receipt(read, NOW).await.unwrap();
    let host = MailHost {
        host: Some(format!("mx.{SENTINEL}.example")),
        ..MailHost::default()
    };
    let noted = house.store.mail_host_note(contact.id, host, NOW);
    noted.await.unwrap();
    let report = NewReport {
        id: id(),
        envelope: Some(read.to_string()),
        header_id: None,
        address_keys: Vec::new(),
        action: "displayed".into(),
        reporter: format!("Mail program of {SENTINEL}"),
        host: String::new(),
        status: None,
    };
    let key = model::SuppressionKey::new(&[5; 32]);
    let kept = house
        .store
        .report_keep(ReportScope::default(), report, &key, NOW);
    assert_eq!(kept.await.unwrap(), Some(read));

    let body = &format!("You will be told. A mail goes to {at}.");
    let text = house
        .store
        .consent_text_keep(Language::En, body, body, NOW)
        .await
        .unwrap();
    house.withdraws(&contact, &[Topic::Details], NOW).await;
    let asked = house.store.consent_request(
        NewAgreement {
            id: id(),
            outbox: id(),
            contact: contact.id,
            copy: Some(read),
            topics: vec![Topic::Details],
            text,
            shown: None,
            method: Method::Page,
        },
        NOW,
    );
    assert!(asked.await.unwrap());
    let guardian = format!(
        "insert into guardian (id, request_id, contact_id, address, mark, relation, threshold, created_at,
         must_be_checked) select id, id, contact_id, 'mother.{SENTINEL}@example.org', id,
         'parent', 16, {}, 0 from consent_request",
        NOW.0
    );
    house.run(&guardian).await;
    let challenged = house.store.challenge(house.workspace, contact.id, id, NOW);
    assert!(challenged.await.unwrap());

    let host = store::MailHost {
        host: Some(format!("mx.{SENTINEL}.example")),
        network: None,
        country: None,
    };
    house
        .store
        .mail_host_note(contact.id, host, NOW)
        .await
        .unwrap();

    let report = format!(
        "insert into report (id, copy_id, action, reporter, host, known, at)
         select id, id, 'delivered', 'mx.{SENTINEL}.example', 'mx', 1, 0 from copy
         where address like '{SENTINEL}%'"
    );
    house.run(&report).await;

    let request = NewRequest {
        id: RequestId(id()),
        contact: Some(contact.id),
        right: Right::Access,
        note: format!("a letter from {SENTINEL}"),
    };
    house
        .store
        .request_add(house.workspace, request, NOW)
        .await
        .unwrap();
    let (waiting_message, copies) = house.accept(house.draft(&[&contact], DETAILED, NOW)).await;
    let withdrawn = house.store.consent_set(
        house.workspace,
        contact.id,
        &[Topic::Document],
        ConsentState::Withdrawn,
        Method::User,
        Some(house.user),
        NOW,
    );
    withdrawn.await.unwrap();
    Known {
        contact: contact.id,
        read,
        message,
        waiting: copies[0],
        waiting_message,
    }
}
