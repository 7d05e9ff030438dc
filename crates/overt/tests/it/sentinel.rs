//! What must never be written down: marked in requests and mails, then looked for in every byte that was.

use crate::support::mail::{html_mail, token};
use crate::support::overt::Overt;
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::{database::Database, until};
use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};
use std::path::Path;

const ANN: &str = "ann@reader.example";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) SentinelBrowser/7.31 Safari/537.36";
const SOURCE: &str = "127.99.1.2";
const FORWARDED: &str = "198.51.100.77";
const REFERER: &str = "https://sentinel-referer.example/inbox";
const BODY: &str = "Sentinel-of-the-body-8f3a";
const SUBJECT: &str = "Sentinel-of-the-subject";
const LANGUAGE: &str = "tlh-sentinel";

#[tokio::test(flavor = "multi_thread")]
async fn what_requests_say_of_people_is_nowhere() {
    let sink = Sink::start().await;
    // Everything is recorded that can be, and the logs are at their most talkative.
    let settings = [
        ("TRACKER__TRUSTED_PROXIES", "[\"127.99.0.0/16\"]"),
        ("LOG", "trace"),
    ];
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    let cookie = overt.sign_in().await;
    let limits = [
        ("reason", "everything, to look for what must not be kept"),
        ("tracking", "on"),
        ("open", "detailed"),
        ("click", "detailed"),
        ("document", "detailed"),
    ];
    assert!(
        overt
            .submit_form("/settings/limits", &cookie, &limits)
            .await
            .status()
            .is_redirection()
    );
    overt
        .send_with(&[ANN], "Question", "X-Overt-Ask: on\r\n")
        .await;
    let question = sink.mail(ANN, "Question").await;
    let marked = |forwarded: bool| {
        let mut headers = HeaderMap::new();
        headers.insert("referer", HeaderValue::from_static(REFERER));
        headers.insert("accept-language", HeaderValue::from_static(LANGUAGE));
        if forwarded {
            headers.insert("x-forwarded-for", HeaderValue::from_static(FORWARDED));
        }
        Reader::new(AGENT, Some(SOURCE.parse().unwrap()), headers)
    };
    let reader = marked(true);
    reader
        .press(
            &question.page(),
            ("answer", "agree"),
            &["open", "click", "details"],
        )
        .await;
    let confirmation = sink.mail(ANN, "Please confirm").await;
    let confirm = confirmation.url("/p/confirm/").unwrap();
    reader.press(&confirm, ("answer", "agree"), &[]).await;

    overt
        .submit(
            &[ANN],
            html_mail(&[ANN], SUBJECT, "")
                .replace("Hello", BODY)
                .as_bytes(),
        )
        .await;
    let mail = sink.mail(ANN, SUBJECT).await;
    assert!(mail.body().contains(BODY));
    let tokens: Vec<String> = [
        mail.pixel(),
        mail.link(),
        mail.page(),
        confirm,
        question.page(),
    ]
    .iter()
    .map(|u| token(u))
    .collect();
    for reader in [marked(true), marked(false)] {
        reader.open(&mail.pixel()).await;
        reader.click(&mail.link()).await;
        reader.page(&mail.page()).await;
        for method in [Method::HEAD, Method::POST, Method::PUT] {
            reader.request(method, &mail.page()).await;
        }
        for wrong in [
            "/o/forged.gif",
            "/c/forged?to=https://example.com",
            "/p/forged",
            "/nowhere",
        ] {
            reader
                .request(Method::GET, &format!("{}{wrong}", overt.tracker))
                .await;
        }
        reader.request(Method::GET, &overt.admin).await;
    }
    overt
        .copy(SUBJECT, ANN, |copy| {
            copy["opens"] != none() && copy["clicks"] != none()
        })
        .await;
    overt.sent(SUBJECT, ANN).await;

    let mut sentinels: Vec<(String, Vec<u8>)> = [
        "SentinelBrowser",
        SOURCE,
        FORWARDED,
        "sentinel-referer",
        "tlh-sentinel",
    ]
    .iter()
    .map(|text| ((*text).to_owned(), text.as_bytes().to_vec()))
    .collect();
    for token in &tokens {
        assert_eq!(token.len(), 48, "{token}");
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        sentinels.push(("a token".into(), token.as_bytes().to_vec()));
        sentinels.push(("the secret part of a token".into(), bytes[20..].to_vec()));
    }
    sentinels.push((
        "the app password".into(),
        overt.app_password.as_bytes().to_vec(),
    ));
    sentinels.push(("the API key".into(), overt.api_key.as_bytes().to_vec()));
    sentinels.push((
        "the password".into(),
        crate::support::overt::PASSWORD.as_bytes().to_vec(),
    ));
    look_for(&sentinels, overt.data());

    let people = [ANN, SUBJECT, BODY, "dana@studio.example"]
        .map(|text| (text.to_owned(), text.as_bytes().to_vec()));
    let log = overt.process().log();
    for (name, bytes) in sentinels.iter().chain(&people) {
        assert!(
            !contains(log.as_bytes(), bytes),
            "{name} is in the log:\n{}",
            lines_with(&log, bytes)
        );
    }

    // The mail itself is gone from the disk soon after it left, also from the write-ahead log.
    let body = [(
        "the body of a delivered mail".to_owned(),
        BODY.as_bytes().to_vec(),
    )];
    until("the body is gone from the disk", async || {
        found(&body, overt.data()).is_empty().then_some(())
    })
    .await;
    overt.stop();
    look_for(&body, overt.data());
    look_for(&sentinels, overt.data());
}

/// The detector detects: while a mail waits, its body is where it is looked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_mail_is_on_the_disk() {
    let sink = Sink::down_at(crate::support::free_port());
    let overt = Overt::start(&sink).await;
    overt
        .submit(
            &[ANN],
            html_mail(&[ANN], "Waiting", "")
                .replace("Hello", BODY)
                .as_bytes(),
        )
        .await;
    assert!(
        !found(
            &[("the body".into(), BODY.as_bytes().to_vec())],
            overt.data()
        )
        .is_empty()
    );
}

/// Files with secrets or people in them are for their owner only.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.send(&[ANN], "Private").await;
    for entry in std::fs::read_dir(overt.data()).unwrap().flatten() {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(
            mode & 0o077,
            0,
            "{} has mode {mode:o}",
            entry.path().display()
        );
    }
}

fn none() -> serde_json::Value {
    serde_json::json!({ "human": 0, "unknown": 0, "machine": 0 })
}

fn look_for(sentinels: &[(String, Vec<u8>)], folder: &Path) {
    assert_eq!(found(sentinels, folder), Vec::<String>::new());
}

/// Which sentinels are in which files.
fn found(sentinels: &[(String, Vec<u8>)], folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        // A file may go between being listed and being read: the write-ahead log does.
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let here = sentinels
            .iter()
            .filter(|(_, sentinel)| contains(&bytes, sentinel));
        found.extend(here.map(|(name, _)| format!("{name} in {}", entry.file_name().display())));
    }
    found
}

fn contains(bytes: &[u8], sentinel: &[u8]) -> bool {
    bytes
        .windows(sentinel.len())
        .any(|window| window == sentinel)
}

fn lines_with(log: &str, sentinel: &[u8]) -> String {
    log.lines()
        .filter(|line| contains(line.as_bytes(), sentinel))
        .take(5)
        .collect::<Vec<_>>()
        .join("\n")
}
