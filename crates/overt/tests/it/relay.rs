//! Relays that are away, refuse, babble or hang up: mail waits, and its sender is told the truth.

use crate::support::database::Database;
use crate::support::fake_relay::{Fake, Trouble};
use crate::support::free_port;
use crate::support::mail::{Mail, html_mail};
use crate::support::overt::{OWNER, Overt};
use crate::support::sink::Sink;
use wire::smtp::{Envelope, Notify, Recipient, Reply, Ret};

const ANN: &str = "ann@reader.example";
const BEN: &str = "ben@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_away_is_waited_for() {
    for database in Database::each() {
        let mut sink = Sink::down_at(free_port());
        let overt = Overt::with(&database, sink.port, &[]).await;
        overt.send(&[ANN], "Patience").await;
        let copy = overt
            .copy("Patience", ANN, |copy| copy["state"] == "deferred")
            .await;
        let mails = overt.api("messages").await;
        let path = format!(
            "messages/{}/copies/{}",
            text(&mails["items"][0]["id"]),
            text(&copy["id"])
        );
        let answer = overt.api(&path).await["answer"].clone();
        assert!(
            text(&answer).contains("cannot reach 127.0.0.1:"),
            "{answer}"
        );
        sink.up().await;
        sink.mail(ANN, "Patience").await;
        overt.sent("Patience", ANN).await;
        assert_eq!(sink.mails().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_misbehaves_is_tried_again() {
    for trouble in [
        Trouble::Babbles,
        Trouble::HangsUpAtOnce,
        Trouble::HangsUpAfterData,
        Trouble::Hangs,
        Trouble::SaysNonsense,
    ] {
        let relay = Fake::start(trouble, 2).await;
        let overt = Overt::with(
            &Database::Sqlite,
            relay.port,
            &[("RELAY__TIMEOUT_SECONDS", "2")],
        )
        .await;
        overt.send(&[ANN], "Stubborn").await;
        overt.sent("Stubborn", ANN).await;
        assert!(relay.visits() >= 3, "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn later_means_later_and_never_means_a_report() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        sink.refuse(ANN, 2, Reply::new(450, (4, 2, 1), "busy, come again"));
        sink.refuse(BEN, 100, Reply::new(550, (5, 1, 1), "no such user here"));
        let mut ben = Recipient::new(BEN);
        ben.orcpt = Some("rfc822;b+2Be+2Bn@elsewhere.example".into());
        let envelope = Envelope {
            from: OWNER.into(),
            recipients: vec![Recipient::new(ANN), ben],
            envid: Some("QQ314159".into()),
            ret: Some(Ret::Headers),
            ..Envelope::default()
        };
        let answer = overt
            .submit_envelope(envelope, html_mail(&[ANN, BEN], "Two fates", "").as_bytes())
            .await;
        assert!(answer.is_positive(), "{answer}");
        sink.mail(ANN, "Two fates").await;
        overt.sent("Two fates", ANN).await;
        let copy = overt
            .copy("Two fates", BEN, |copy| copy["state"] == "bounced")
            .await;
        assert_eq!(copy["state"], "bounced");

        let report = sink.mail(OWNER, "Not delivered").await;
        assert_eq!(
            report.envelope.from, "",
            "a report comes from nobody, so that it is never reported about"
        );
        assert_report(&report, "failed", "5.1.1", BEN);
        let status = report.delivery_status();
        assert!(
            status.contains("Original-Recipient: rfc822;b+e+n@elsewhere.example"),
            "{status}"
        );
        assert!(
            status.contains("Original-Envelope-Id: QQ314159"),
            "{status}"
        );
        assert!(
            status.contains("Diagnostic-Code: smtp; 550 5.1.1 no such user here"),
            "{status}"
        );
        assert_eq!(
            report.header("Auto-Submitted").as_deref(),
            Some("auto-replied")
        );
        let source = report.source();
        assert!(
            source.contains("report-type=\"delivery-status\"")
                || source.contains("report-type=delivery-status"),
            "{source}"
        );
        assert!(
            source.contains("text/rfc822-headers")
                && source.contains("Message-ID: <Two-fates@studio.example>"),
            "{source}"
        );
        assert!(
            !source.contains("have a look"),
            "the body is nobody's business here: {source}"
        );
        assert_eq!(sink.mails_to(OWNER).len(), 1);
        assert!(sink.mails_to(BEN).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_report_gets_none() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    sink.refuse(ANN, 100, Reply::new(550, (5, 1, 1), "no such user"));
    sink.refuse(BEN, 100, Reply::new(550, (5, 1, 1), "no such user"));
    let mut ann = Recipient::new(ANN);
    ann.notify = Some(Notify::NEVER);
    let envelope = Envelope {
        from: OWNER.into(),
        recipients: vec![ann],
        ..Envelope::default()
    };
    overt
        .submit_envelope(envelope, html_mail(&[ANN], "Never", "").as_bytes())
        .await;
    overt
        .copy("Never", ANN, |copy| copy["state"] == "bounced")
        .await;
    // A later mail's report is there: one about the first would have come before it.
    overt.send(&[BEN], "Failure").await;
    let report = sink.mail(OWNER, "Not delivered").await;
    assert!(report.subject().contains("Failure"), "{}", report.subject());
    assert_eq!(sink.mails_to(OWNER).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_configured_time_a_mail_is_given_up() {
    let sink = Sink::start().await;
    let settings = [("RETRY__GIVE_UP_AFTER_SECONDS", "3")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    sink.refuse(ANN, 100, Reply::new(451, (4, 3, 2), "try again later"));
    overt.send(&[ANN], "Too late").await;
    overt
        .copy("Too late", ANN, |copy| copy["state"] == "bounced")
        .await;
    let report = sink.mail(OWNER, "Not delivered").await;
    // What expires fails for good, whatever the last answer was (RFC 3463: X.4.7).
    assert_report(&report, "failed", "5.4.7", ANN);
    assert!(
        report.body().contains("try again later"),
        "{}",
        report.body()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_to_know_is_told_once_that_it_takes_longer() {
    let sink = Sink::start().await;
    let settings = [("RETRY__DELAY_REPORT_AFTER_SECONDS", "1")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    sink.refuse(ANN, 4, Reply::new(450, (4, 2, 1), "busy, come again"));
    let wants = Notify {
        delay: true,
        ..Notify::NEVER
    };
    send_and_be_told(&overt, "Slow", wants).await;
    let report = sink.mail(OWNER, "Delayed").await;
    assert_report(&report, "delayed", "4.2.1", ANN);
    sink.mail(ANN, "Slow").await;
    overt.sent("Slow", ANN).await;
    assert_eq!(sink.mails_to(OWNER).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_refused_as_a_whole_is_reported_in_the_relays_words() {
    let relay = Fake::start(Trouble::RefusesSender, 1).await;
    let overt = Overt::with(&Database::Sqlite, relay.port, &[]).await;
    overt.send(&[ANN], "Unwelcome").await;
    overt
        .copy("Unwelcome", ANN, |copy| copy["state"] == "bounced")
        .await;
    let report = relay.mail(OWNER).await;
    assert_report(&report, "failed", "5.1.8", ANN);
    assert!(
        report
            .delivery_status()
            .contains("Diagnostic-Code: smtp; 550 5.1.8 bad sender"),
        "{}",
        report.source()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_relay_cannot_report_success_it_is_said_so() {
    let relay = Fake::start(Trouble::None, 0).await;
    let overt = Overt::with(&Database::Sqlite, relay.port, &[]).await;
    let wants = Notify {
        success: true,
        ..Notify::NEVER
    };
    send_and_be_told(&overt, "Success", wants).await;
    overt.sent("Success", ANN).await;
    let report = relay.mail(OWNER).await;
    assert_report(&report, "relayed", "2.", ANN);
}

/// Sends a mail to Ann whose sender wants to know this of it.
async fn send_and_be_told(overt: &Overt, subject: &str, wants: Notify) {
    let mut ann = Recipient::new(ANN);
    ann.notify = Some(wants);
    let envelope = Envelope {
        from: OWNER.into(),
        recipients: vec![ann],
        ..Envelope::default()
    };
    let mail = html_mail(&[ANN], subject, "");
    overt.submit_envelope(envelope, mail.as_bytes()).await;
}

/// The part for programs says what happened to whom (RFC 3464 §2.3).
fn assert_report(report: &Mail, action: &str, status_begins: &str, recipient: &str) {
    let fields = report.delivery_status();
    let field = |name: &str| {
        let line = fields
            .lines()
            .find(|line| line.starts_with(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name} is missing:\n{fields}"))[name.len() + 2..]
            .trim()
            .to_owned()
    };
    assert_eq!(field("Action"), action);
    assert!(field("Status").starts_with(status_begins), "{fields}");
    assert_eq!(field("Final-Recipient"), format!("rfc822;{recipient}"));
    assert!(field("Reporting-MTA").starts_with("dns;"), "{fields}");
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}
