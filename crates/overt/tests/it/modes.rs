//! What is tracked and how closely, as recipients' mail programs and senders see it: sums, the day of the last open, the
//! kill switch, and what is never in a mail.

use crate::support::database::Database;
use crate::support::mail::{Mail, SITE};
use crate::support::overt::{OWNER, Overt};
use crate::support::process::{run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::until;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ANN: &str = "ann@reader.example";
const BOB: &str = "bob@reader.example";

/// So many people in one country, who know the sender from an untracked mail.
async fn people(overt: &Overt, country: &str, count: usize) -> Vec<String> {
    let people: Vec<String> = (0..count)
        .map(|n| format!("p{n:02}@{country}.example"))
        .collect();
    let to: Vec<&str> = people.iter().map(String::as_str).collect();
    overt.send(&to, &format!("Hello-{country}")).await;
    let cookie = overt.sign_in().await;
    let contacts = overt.api("contacts?limit=100").await;
    for contact in contacts["items"].as_array().unwrap() {
        if people.iter().any(|person| contact["address"] == **person) {
            let path = format!("/contacts/{}/describe", contact["id"].as_str().unwrap());
            let answer = overt
                .submit_form(&path, &cookie, &[("country", country)])
                .await;
            assert_eq!(answer.status(), 303);
        }
    }
    people
}

async fn detail(overt: &Overt, subject: &str) -> serde_json::Value {
    let list = overt.api("messages?limit=100").await;
    let mails = list["items"].as_array().unwrap();
    let mail = mails
        .iter()
        .find(|mail| mail["subject"] == subject)
        .unwrap();
    overt
        .api(&format!("messages/{}", mail["id"].as_str().unwrap()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_07_r_mode_08_a_crowd_is_counted_and_nobody_in_it_known() {
    let sink = Sink::start().await;
    let settings = [("PROFILES", "[\"it\"]")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    let crowd = people(&overt, "it", 25).await;
    let to: Vec<&str> = crowd.iter().map(String::as_str).collect();

    overt.send(&to[..3], "Three").await;
    for person in &to[..3] {
        assert!(!sink.mail(person, "Three").await.is_tracked());
    }
    assert_eq!(overt.sent("Three", to[0]).await["reason"], "too_few");

    overt.send(&to, "Crowd").await;
    let mut pixels = BTreeSet::new();
    for person in &to {
        let mail = sink.mail(person, "Crowd").await;
        pixels.insert(mail.pixel());
        assert!(mail.url("/c/").is_none(), "the exemption is about pictures");
        assert!(
            mail.body()
                .contains("Dana counts how often this mail is opened, without learning by whom.")
        );
        assert!(
            mail.header("Overt-Tracking")
                .unwrap()
                .starts_with("open=aggregate, click=none")
        );
    }
    assert_eq!(pixels.len(), 1, "one picture for all");
    let pixel = pixels.first().unwrap();
    let reader = Reader::default();
    for _ in 0..4 {
        reader.open(pixel).await;
    }
    let sums = detail(&overt, "Crowd").await["sums"].clone();
    assert_eq!(
        sums[0]["requests"],
        serde_json::Value::Null,
        "too few to tell: {sums}"
    );
    for _ in 0..60 {
        reader.open(pixel).await;
    }
    let sums = detail(&overt, "Crowd").await["sums"].clone();
    assert_eq!(
        (&sums[0]["requests"], &sums[0]["recipients"]),
        (&25.into(), &25.into())
    );
    let copy = overt.sent("Crowd", to[0]).await;
    assert_eq!(
        (&copy["tick"], &copy["mode"]["open"]),
        (&"limited".into(), &"aggregate".into())
    );
    assert_eq!(overt.hits("Crowd", to[0]).await, 0);

    // One of them objects on their own page: the count of this mail ends, the picture stays the same.
    let before = detail(&overt, "Crowd").await["sums"].clone();
    let page = sink.mail(to[7], "Crowd").await.page();
    assert!(
        reader
            .page(&page)
            .await
            .contains("The picture and the links of this mail are the same")
    );
    reader.press(&page, ("answer", "refuse"), &[]).await;
    reader.open(pixel).await;
    assert_eq!(detail(&overt, "Crowd").await["sums"], before);
    overt.send(&to, "Next").await;
    assert_eq!(overt.sent("Next", to[7]).await["reason"], "refused");
    assert!(!sink.mail(to[7], "Next").await.is_tracked());
    assert!(sink.mail(to[8], "Next").await.is_tracked());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_09_the_day_of_the_last_open_and_the_list_that_it_is_for() {
    let sink = Sink::start().await;
    let settings = [("PROFILES", "[\"fr\"]")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    let two = people(&overt, "fr", 2).await;
    let to: Vec<&str> = two.iter().map(String::as_str).collect();
    overt
        .send_with(&to, "Order", "X-Overt-Class: transactional\r\n")
        .await;
    let mail = sink.mail(to[0], "Order").await;
    assert!(
        mail.body()
            .contains("keeps the day on which you last opened a mail")
    );
    overt.sent("Order", to[0]).await;
    overt.sent("Order", to[1]).await;
    Reader::default().open(&mail.pixel()).await;
    let copy = overt.sent("Order", to[0]).await;
    assert_eq!(
        (&copy["tick"], &copy["opens"]["human"]),
        (&"limited".into(), &0.into())
    );
    assert_eq!(overt.hits("Order", to[0]).await, 0);
    let today = model::Time(jiff::Timestamp::now().as_millisecond()).day();
    let inactive = overt.api(&format!("list-cleaning?since={today}")).await;
    let items = inactive["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{inactive}");
    assert_eq!(items[0]["address"], to[1]);
    // Mail of another class, to the same people, has nothing in it.
    overt.send(&to, "Letter").await;
    assert!(!sink.mail(to[0], "Letter").await.is_tracked());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_18_the_kill_switch_under_load() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Before").await;
    let mail = sink.mail(ANN, "Before").await;
    let (pixel, link) = (mail.pixel(), mail.link());
    let (going, clicks) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(AtomicUsize::new(0)),
    );
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (going, clicks) = (going.clone(), clicks.clone());
            let (pixel, link) = (pixel.clone(), link.clone());
            tokio::spawn(async move {
                let reader = Reader::default();
                while going.load(Ordering::Relaxed) {
                    reader.open(&pixel).await;
                    assert_eq!(reader.click(&link).await.as_deref(), Some(SITE));
                    clicks.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    until("hits pour in", async || {
        (overt.hits("Before", ANN).await > 20).then_some(())
    })
    .await;
    let cookie = overt.sign_in().await;
    let off = overt.submit_form("/settings/stop", &cookie, &[]).await;
    assert!(off.status().is_redirection(), "{}", off.status());
    // Whatever was asked for from a second later on is not recorded, however much is asked.
    let second = Instant::now() + Duration::from_secs(1);
    until("a second has passed", async || {
        (Instant::now() >= second).then_some(())
    })
    .await;
    let (hits, done) = (
        overt.hits("Before", ANN).await,
        clicks.load(Ordering::Relaxed),
    );
    until("readers go on", async || {
        (clicks.load(Ordering::Relaxed) > done + 40).then_some(())
    })
    .await;
    going.store(false, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(overt.hits("Before", ANN).await, hits);
    overt.send(&[ANN], "After").await;
    assert_eq!(overt.sent("After", ANN).await["reason"], "kill_switch");
    assert!(!sink.mail(ANN, "After").await.is_tracked());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_18_the_operator_has_one_for_the_whole_server() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Before").await;
    let pixel = sink.mail(ANN, "Before").await.pixel();
    let turned = |args: &[&str]| {
        let output = run(overt.command("tracking").arg("--json").args(args), b"");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let state: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        state["tracking"].as_bool().unwrap()
    };
    assert!(turned(&[]));
    assert!(!turned(&["off", "--because", "an audit"]));
    let reader = Reader::default();
    reader.open(&pixel).await;
    overt.send(&[ANN], "After").await;
    assert_eq!(overt.sent("After", ANN).await["reason"], "kill_switch");
    assert!(turned(&["on"]));
    reader.open(&pixel).await;
    until("an open counts again", async || {
        (overt.hits("Before", ANN).await == 1).then_some(())
    })
    .await;
    overt.send(&[ANN], "Again").await;
    assert!(sink.mail(ANN, "Again").await.is_tracked());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_15_the_relay_is_told_not_to_track_in_every_mail() {
    let sink = Sink::start().await;
    let settings = [("RELAY__SERVICE", "mailjet")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN, BOB], "Offer").await;
    assert!(sink.mail(ANN, "Offer").await.is_tracked());
    assert!(!sink.mail(BOB, "Offer").await.is_tracked());
    let ours = [overt.tracker.as_str(), "https://example.com/"];
    for mail in sink.mails() {
        let subject = mail.subject();
        assert_eq!(
            mail.header("X-Mailjet-TrackOpen").as_deref(),
            Some("0"),
            "{subject}"
        );
        assert_eq!(
            mail.header("X-Mailjet-TrackClick").as_deref(),
            Some("0"),
            "{subject}"
        );
        for url in mail.urls() {
            assert!(
                ours.iter().any(|host| url.starts_with(host)),
                "{subject}: {url}"
            );
        }
    }
}

/// What a program shows of a mail or could ask for: everything but the fields that say how it travelled.
fn seen(mail: &Mail) -> String {
    let source = mail.source();
    let (_, rest) = source.split_once("\r\nFrom: ").unwrap();
    rest.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_02_r_mode_19_two_untracked_people_get_the_same_bytes_as_written() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.send(&[ANN, BOB], "Same").await;
    let (ann, bob) = (sink.mail(ANN, "Same").await, sink.mail(BOB, "Same").await);
    assert_eq!(seen(&ann), seen(&bob));
    let written = crate::support::mail::html_mail(&[ANN, BOB], "Same", "");
    assert_eq!(format!("From: {}", seen(&ann)), written);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_14_a_test_mail_obeys_like_any_other() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    // To oneself, alone and beside somebody who agreed.
    overt.send(&[OWNER], "Test").await;
    assert!(!sink.mail(OWNER, "Test").await.is_tracked());
    assert_eq!(overt.sent("Test", OWNER).await["reason"], "own_address");
    overt.send(&[OWNER, ANN], "Both").await;
    assert!(!sink.mail(OWNER, "Both").await.is_tracked());
    assert!(sink.mail(ANN, "Both").await.is_tracked());
}
