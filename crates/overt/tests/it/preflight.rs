//! Before many mails go out: what providers look up about the sender, and what their users complain about.

use crate::advertising::{enter_agreed, give_postal_address};
use crate::support::database::Database;
use crate::support::dns::Dns;
use crate::support::mail::html_mail;
use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::sink::Sink;
use serde_json::Value;
use std::net::Ipv4Addr;
use wire::smtp::Reply;

const NEWS: &str = "X-Overt-Class: marketing\r\n";
const RELAY: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 25);

/// What `overt doctor` says about one thing: its state and its words.
fn found(overt: &Overt, at: &str, what: &str) -> (String, String) {
    let mut doctor = overt.command("doctor");
    doctor
        .arg("--json")
        .env("OVERT_MAIL_HOSTS__NAME_SERVER", at);
    let output = run(&mut doctor, b"");
    let findings: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let mut all = findings.as_array().unwrap().iter();
    let found = all
        .find(|f| f["check"] == what)
        .unwrap_or_else(|| panic!("{}", said(&output)));
    let text = |name| found[name].as_str().unwrap().to_owned();
    (text("state"), text("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_04_what_providers_look_up_is_looked_up_before() {
    let sink = Sink::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("dkim.pem");
    std::fs::write(
        &key,
        wire::dkim::generate(wire::dkim::Algorithm::Ed25519).unwrap(),
    )
    .unwrap();
    let signing = format!(
        "[{{ domain = \"studio.example\", selector = \"s1\", key = \"{}\" }}]",
        key.display()
    );
    let settings = [("DKIM", &*signing), ("HOSTNAME", "mx.studio.example")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    let pem = std::fs::read(&key).unwrap();
    let record = wire::dkim::Signer::new("studio.example", "s1", &pem)
        .unwrap()
        .record();

    let dns = Dns::with(
        &[
            ("studio.example", "some-verification=1"),
            ("studio.example", "v=spf1 ip4:198.51.100.25 -all"),
            (&record.name, &record.text),
            ("_dmarc.studio.example", "v=DMARC1; p=quarantine"),
        ],
        &[("mx.studio.example", RELAY)],
        &[(RELAY, "mx.studio.example")],
    )
    .await;
    let at = dns.at.to_string();
    for what in ["spf", "dkim record", "dmarc", "ptr", "complaints"] {
        let (state, text) = found(&overt, &at, what);
        assert_eq!(state, "fine", "{what}: {text}");
    }

    let other = record.text.replace("p=", "p=AAAA");
    let wrong = Dns::with(
        &[
            ("studio.example", "v=spf1 mx -all"),
            ("studio.example", "v=spf1 a -all"),
            (&record.name, &other),
        ],
        &[("mx.studio.example", RELAY)],
        &[(RELAY, "elsewhere.example")],
    )
    .await;
    let at = wrong.at.to_string();
    for (what, state, words) in [
        ("spf", "broken", "2 SPF records"),
        ("dkim record", "broken", "another key"),
        ("dmarc", "watch", "_dmarc.studio.example"),
        ("ptr", "watch", "leads back"),
    ] {
        let (is, text) = found(&overt, &at, what);
        assert!(
            is == state && text.contains(words),
            "{what} is {is}: {text}"
        );
    }

    let nothing = Dns::with(&[("studio.example", "v=spf1 +all")], &[], &[]).await;
    let at = nothing.at.to_string();
    for (what, state, words) in [
        ("spf", "broken", "everybody"),
        ("dkim record", "broken", "not in DNS"),
        ("ptr", "watch", "no address"),
    ] {
        let (is, text) = found(&overt, &at, what);
        assert!(
            is == state && text.contains(words),
            "{what} is {is}: {text}"
        );
    }
}

/// A complaint as providers send it that keep to themselves who complained (RFC 5965): the mail comes along.
fn complaint(delivered: &str) -> String {
    format!(
        "From: <feedback@provider.example>\r\nTo: <dana@studio.example>\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\nA complaint.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\
         User-Agent: Provider-FBL/1.0\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
         {delivered}\r\n--b--\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_04_complaints_are_shown_and_too_many_pause_advertising() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    give_postal_address(&overt).await;
    let people = [
        "ann@reader.example",
        "bob@reader.example",
        "cem@reader.example",
    ];
    for person in people {
        enter_agreed(&overt, person, "be").await;
    }
    overt.send_with(&people, "Offer", NEWS).await;
    for person in &people[..2] {
        let delivered = sink.mail(person, "Offer").await.source();
        let report = complaint(&delivered);
        let output = run(&mut overt.command("report"), report.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        if *person == people[0] {
            // One is to be looked at.
            overt.sent("Offer", people[2]).await;
            let (state, text) = found(&overt, "127.0.0.1:9", "complaints");
            assert!(state == "watch" && text.contains("1 of 3"), "{text}");
        }
    }
    let cookie = overt.sign_in().await;
    let page = overt.page("/numbers", &cookie).await;
    assert!(
        page.contains("66.67 %") && page.contains("Advertising is paused"),
        "{page}"
    );
    let copy = overt.copy("Offer", people[0], |_| true).await;
    let list = overt.api("messages?limit=100").await;
    let mail = list["items"][0]["id"].as_str().unwrap();
    let copy = copy["id"].as_str().unwrap();
    let page = overt
        .page(&format!("/messages/{mail}?copy={copy}"), &cookie)
        .await;
    assert!(
        page.contains("called it spam, says Provider-FBL/1.0"),
        "{page}"
    );

    let mail = html_mail(&people, "Next", NEWS);
    let answer = overt.submit(&people, mail.as_bytes()).await;
    assert_eq!(answer.code, 550, "{answer}");
    assert!(answer.text.contains("called such mail spam"), "{answer}");
    // Who complained is told nothing more of the kind, whoever else is.
    for (person, listed) in [(people[0], true), (people[2], false)] {
        let page = format!("/contacts/suppressed?address={person}");
        let page = overt.page(&page, &cookie).await;
        assert_eq!(page.contains("called such a mail spam"), listed, "{page}");
    }
    // Letters go on.
    overt.send(&people, "Letter").await;
    sink.mail(people[2], "Letter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_04_what_dns_contradicts_does_not_leave_as_advertising() {
    let two = [
        ("studio.example", "v=spf1 mx -all"),
        ("studio.example", "v=spf1 a -all"),
    ];
    let wrong = Dns::with(&two, &[], &[]).await;
    let missing = Dns::with(&[], &[], &[]).await;
    for (name_server, is_refused) in [
        (wrong.at.to_string(), true),
        // A record that is missing may be made up for by the relay, and nobody answers there.
        (missing.at.to_string(), false),
        ("127.0.0.1:9".to_owned(), false),
    ] {
        let sink = Sink::start().await;
        let settings = [
            ("PREFLIGHT__LOOK_UP", "true"),
            ("MAIL_HOSTS__NAME_SERVER", &name_server),
        ];
        let mut overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
        give_postal_address(&overt).await;
        let to = ["ann@reader.example"];
        enter_agreed(&overt, to[0], "be").await;
        let mail = html_mail(&to, "Offer", NEWS);
        let answer = overt.submit(&to, mail.as_bytes()).await;
        if is_refused {
            assert_eq!(answer.code, 550, "{answer}");
            assert!(answer.text.contains("What DNS says"), "{answer}");
            let log = overt.process().log();
            assert!(log.contains("2 SPF records"), "{log}");
        } else {
            assert_eq!(answer.code, 250, "{name_server}: {answer}");
            sink.mail(to[0], "Offer").await;
        }
        // Letters go on.
        overt.send(&to, "Letter").await;
        sink.mail(to[0], "Letter").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_04_too_many_complaints_stop_what_was_accepted_before() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    give_postal_address(&overt).await;
    let people = ["ann@reader.example", "bob@reader.example"];
    let cem = "cem@reader.example";
    for person in people.into_iter().chain([cem]) {
        enter_agreed(&overt, person, "be").await;
    }
    overt.send_with(&people, "Offer", NEWS).await;
    let mut complaints = Vec::new();
    for person in people {
        overt.sent("Offer", person).await;
        complaints.push(complaint(&sink.mail(person, "Offer").await.source()));
    }
    sink.refuse(cem, usize::MAX, Reply::new(451, (4, 7, 1), "later"));
    overt.send_with(&[cem], "Next", NEWS).await;
    overt
        .copy("Next", cem, |copy| copy["state"] == "deferred")
        .await;
    // How many complained is counted anew once a minute, and after a start.
    overt.stop();
    for complaint in complaints {
        let output = run(&mut overt.command("report"), complaint.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    overt.serve(&[]).await;
    let copy = overt
        .copy("Next", cem, |copy| copy["state"] == "bounced")
        .await;
    assert_eq!(copy["refusal"], "too_many_complaints");
    let report = sink
        .mail(crate::support::overt::OWNER, "Not delivered")
        .await;
    assert!(report.source().contains("called such mail"));
    assert_eq!(sink.mails_to(cem).len(), 0);
}
