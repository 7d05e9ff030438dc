//! Consent from the first question to the withdrawal, as recipients meet it; and machines that look at everything.

use crate::support::database::Database;
use crate::support::mail::SITE;
use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use reqwest::Method;
use serde_json::Value;

const ANN: &str = "ann@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn from_the_question_to_the_withdrawal() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        let reader = Reader::default();

        // Never asked: nothing. Then asked, by a line in a mail that is untracked itself.
        overt.send(&[ANN], "First").await;
        let first = sink.mail(ANN, "First").await;
        assert!(!first.is_tracked() && first.url("/p/").is_none());
        assert_eq!(overt.sent("First", ANN).await["reason"], "never_asked");
        overt
            .send_with(&[ANN], "Question", "X-Overt-Ask: on\r\n")
            .await;
        let question = sink.mail(ANN, "Question").await;
        assert!(
            !question.is_tracked() && question.url(SITE.split(".com").nth(1).unwrap()).is_some()
        );
        let declared = question.header("Overt-Tracking").unwrap();
        assert!(
            declared.starts_with("open=none, click=none, document=none, "),
            "{declared}"
        );
        overt.sent("Question", ANN).await;
        overt.send(&[ANN], "Silence").await;
        assert_eq!(
            overt.sent("Silence", ANN).await["reason"],
            "asked_no_answer"
        );

        // Nothing is ticked for her; agreeing to nothing is not agreeing.
        let page = question.page();
        let shown = reader.page(&page).await;
        assert!(!shown.contains(" checked"), "{shown}");
        let nothing = reader
            .post(&page, &fields(&shown, &[("answer", "agree")]))
            .await;
        assert_eq!(nothing.status(), 422);
        reader
            .press(&page, ("answer", "agree"), &["open", "click"])
            .await;
        overt.send(&[ANN], "Unconfirmed").await;
        assert_eq!(
            overt.sent("Unconfirmed", ANN).await["reason"],
            "awaiting_confirmation"
        );
        let confirmation = sink.mail(ANN, "Please confirm").await;
        assert!(!confirmation.is_tracked());
        let link = confirmation.url("/p/confirm/").unwrap();
        reader.press(&link, ("answer", "agree"), &[]).await;

        // From now on it is tracked, in the open.
        overt.send(&[ANN], "Tracked").await;
        let tracked = sink.mail(ANN, "Tracked").await;
        assert!(
            tracked
                .body()
                .contains("With your agreement, Dana learns when this mail is opened")
        );
        assert_eq!(overt.sent("Tracked", ANN).await["tick"], "sent");
        let pixel = reader.open(&tracked.pixel()).await;
        let read = overt
            .copy("Tracked", ANN, |copy| copy["tick"] == "read")
            .await;
        assert_eq!(read["opens"]["human"], 1);
        assert_eq!(reader.click(&tracked.link()).await.as_deref(), Some(SITE));
        overt
            .copy("Tracked", ANN, |copy| copy["clicks"]["human"] == 1)
            .await;
        assert_eq!(overt.hits("Tracked", ANN).await, 2);
        assert!(reader.page(&tracked.page()).await.contains("Tracked"));

        // Taken back: the same bytes, the same way, nothing stored; also for mails already sent.
        reader
            .press(&tracked.page(), ("withdraw", "all"), &[])
            .await;
        assert_eq!(reader.open(&tracked.pixel()).await, pixel);
        assert_eq!(reader.click(&tracked.link()).await.as_deref(), Some(SITE));
        // A hit is on disk before its answer, so there is nothing to wait for.
        assert_eq!(overt.hits("Tracked", ANN).await, 2);
        overt.send(&[ANN], "Withdrawn").await;
        assert_eq!(overt.sent("Withdrawn", ANN).await["reason"], "withdrawn");
        assert!(!sink.mail(ANN, "Withdrawn").await.is_tracked());

        // The old confirmation is used up.
        let again = reader
            .post(&link, &[("answer".into(), "agree".into())])
            .await;
        assert_eq!(again.status(), 409);
        overt.send(&[ANN], "Still").await;
        assert_eq!(overt.sent("Still", ANN).await["reason"], "withdrawn");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_a_no_and_the_question_does_not_come_back() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt
        .send_with(&[ANN], "Question", "X-Overt-Ask: on\r\n")
        .await;
    let page = sink.mail(ANN, "Question").await.page();
    overt.sent("Question", ANN).await;
    Reader::default()
        .press(&page, ("answer", "refuse"), &[])
        .await;
    overt
        .send_with(&[ANN], "Again", "X-Overt-Ask: on\r\n")
        .await;
    assert_eq!(overt.sent("Again", ANN).await["reason"], "refused");
    let again = sink.mail(ANN, "Again").await;
    assert!(
        again.url("/p/").is_none(),
        "somebody who said no is asked again at once"
    );
}

/// Two mails on their way at once: whichever leaves first asks, the other does not.
#[tokio::test(flavor = "multi_thread")]
async fn r_cons_12_two_mails_at_once_ask_once() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let ask = "X-Overt-Ask: on\r\n";
    tokio::join!(
        overt.send_with(&[ANN], "One", ask),
        overt.send_with(&[ANN], "Two", ask)
    );
    let mails = [sink.mail(ANN, "One").await, sink.mail(ANN, "Two").await];
    let asking = mails.iter().filter(|mail| mail.url("/p/").is_some());
    assert_eq!(asking.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_19_nobody_is_asked_in_a_language_without_a_text() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let ask = "X-Overt-Ask: on\r\n";
    let foreign = format!("{ask}Content-Language: pt-BR\r\n");
    overt.send_with(&[ANN], "Foreign", &foreign).await;
    let reason = "no_approved_text";
    assert_eq!(overt.sent("Foreign", ANN).await["reason"], reason);
    assert!(sink.mail(ANN, "Foreign").await.url("/p/").is_none());
    assert_eq!(consent(&overt, ANN).await, "unknown");

    // In one with a text she is asked; but not somebody who reads another.
    let bob = "bob@leitor.example";
    let list = overt.data().join("list.csv");
    let line = "address,language,source,where,when,who,basis\n\
        bob@leitor.example,pt,customer,shop,2026-11-01,Ann,contract\n";
    std::fs::write(&list, line).unwrap();
    let mut import = overt.command("contact");
    let entered = run(import.args(["import", list.to_str().unwrap()]), b"");
    assert_eq!(entered.status.code(), Some(0), "{}", said(&entered));
    let german = format!("{ask}Content-Language: de, pt\r\n");
    overt.send_with(&[ANN, bob], "Frage", &german).await;
    assert!(sink.mail(ANN, "Frage").await.url("/p/").is_some());
    assert!(sink.mail(bob, "Frage").await.url("/p/").is_none());
    assert_eq!(overt.sent("Frage", bob).await["reason"], reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_silences_mails_already_sent() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Before").await;
    let mail = sink.mail(ANN, "Before").await;
    let cookie = overt.sign_in().await;
    let off = overt.submit_form("/settings/stop", &cookie, &[]).await;
    assert!(off.status().is_redirection(), "{}", off.status());
    let reader = Reader::default();
    reader.open(&mail.pixel()).await;
    assert_eq!(reader.click(&mail.link()).await.as_deref(), Some(SITE));
    assert_eq!(overt.hits("Before", ANN).await, 0);
    overt.send(&[ANN], "After").await;
    assert_eq!(overt.sent("After", ANN).await["reason"], "kill_switch");
}

/// Mail scanners fetch everything, often twice. Nothing that a person decides may change by it.
#[tokio::test(flavor = "multi_thread")]
async fn scanners_decide_nothing() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt
        .send_with(&[ANN], "Question", "X-Overt-Ask: on\r\n")
        .await;
    overt.sent("Question", ANN).await;
    scan(&sink).await;
    assert_eq!(consent(&overt, ANN).await, "asked");
    let reader = Reader::default();
    let page = sink.mail(ANN, "Question").await.page();
    reader.press(&page, ("answer", "agree"), &["open"]).await;
    sink.mail(ANN, "Please confirm").await;
    scan(&sink).await;
    assert_eq!(consent(&overt, ANN).await, "requested");
    let link = sink
        .mail(ANN, "Please confirm")
        .await
        .url("/p/confirm/")
        .unwrap();
    reader.press(&link, ("answer", "agree"), &[]).await;
    overt.send(&[ANN], "Tracked").await;
    sink.mail(ANN, "Tracked").await;
    scan(&sink).await;
    assert_eq!(consent(&overt, ANN).await, "given");
    // What scanners fetched is there, labelled, and does not count as read.
    let copy = overt
        .copy("Tracked", ANN, |copy| copy["opens"] != zero())
        .await;
    assert_ne!(copy["tick"], "read", "{copy}");
}

async fn scan(sink: &Sink) {
    let scanner = Reader::new(
        "python-requests/2.32.3",
        None,
        reqwest::header::HeaderMap::new(),
    );
    for mail in sink.mails() {
        for url in mail
            .urls()
            .into_iter()
            .filter(|url| url.starts_with("http://127.0.0.1:"))
        {
            for method in [Method::GET, Method::HEAD, Method::GET, Method::HEAD] {
                let status = scanner.request(method, &url).await.status();
                // A confirmation that was used says so.
                assert!(
                    status.is_success() || status.is_redirection() || status == 409,
                    "{status} from {url}"
                );
            }
        }
    }
}

/// The state of a contact, once it has come to rest.
async fn consent(overt: &Overt, address: &str) -> String {
    let contacts = overt.api("contacts").await;
    let items = contacts["items"].as_array().unwrap();
    let contact = items
        .iter()
        .find(|contact| contact["address"] == address)
        .unwrap();
    contact["state"].as_str().unwrap().to_owned()
}

fn zero() -> Value {
    serde_json::json!({ "human": 0, "unknown": 0, "machine": 0 })
}

fn fields(page: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let digest = page
        .split("name=\"text\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    let more = more
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    std::iter::once(("text".to_owned(), digest.to_owned()))
        .chain(more)
        .collect()
}
