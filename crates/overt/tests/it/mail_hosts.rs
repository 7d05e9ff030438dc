//! Whose server takes a recipient's mail: asked of a real name server, shown, and known to verdicts.

use crate::support::database::Database;
use crate::support::dns::Dns;
use crate::support::overt::Overt;
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::until;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// Has a domain of her own, with Google.
const ANN: &str = "ann@studio.example";
/// Has one with a server of his own.
const BOB: &str = "bob@workshop.example";
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const YAHOO: &str = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html";
const SLACK: &str = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";

/// Where Yahoo's proxies stand, as a table of networks says it.
const YAHOO_NETWORK: &str = "98.136.0.0,98.139.255.255,36646,Yahoo\n";
const YAHOO_ADDRESS: &str = "98.137.12.80";

/// Reads and clicks as a provider's proxy and a chat's preview do.
async fn opened_elsewhere(sink: &Sink, address: &str) {
    let mail = sink.mail(address, &format!("Offer for {address}")).await;
    let from_yahoo = [(X_FORWARDED_FOR, HeaderValue::from_static(YAHOO_ADDRESS))];
    let yahoo = Reader::new(YAHOO, None, from_yahoo.into_iter().collect());
    let slack = Reader::new(SLACK, None, HeaderMap::new());
    yahoo.open(&mail.pixel()).await;
    slack.click(&mail.link()).await;
}

/// Somebody's copy, once this much of it is known.
async fn detail(overt: &Overt, address: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let subject = format!("Offer for {address}");
    let copy = overt.sent(&subject, address).await;
    let list = overt.api("messages?limit=100").await;
    let mut mails = list["items"].as_array().unwrap().iter();
    let mail = mails.find(|mail| mail["subject"] == subject).unwrap();
    let [mail, copy] = [mail, &copy].map(|item| item["id"].as_str().unwrap());
    let path = format!("messages/{mail}/copies/{copy}");
    until("a copy is known well enough", async || {
        let detail = overt.api(&path).await;
        wanted(&detail).then_some(detail)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_of_ones_own_belongs_to_the_provider_whose_server_takes_its_mail() {
    let sink = Sink::start().await;
    let address = Ipv4Addr::new(66, 249, 93, 26);
    let google = [
        ("aspmx.l.google.com", address),
        ("alt1.aspmx.l.google.com", address),
    ];
    let own = [("mail.workshop.example", Ipv4Addr::new(198, 51, 100, 25))];
    let dns = Dns::start(&[("studio.example", &google), ("workshop.example", &own)]).await;
    let server = dns.at.to_string();
    let table = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(table.path(), YAHOO_NETWORK).unwrap();
    let settings = [
        ("MAIL_HOSTS__LOOK_UP", "true"),
        ("MAIL_HOSTS__NAME_SERVER", &*server),
        ("NETWORKS__ASN", table.path().to_str().unwrap()),
        ("TRACKER__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]"),
    ];
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    let cookie = overt.sign_in().await;
    let limits = [
        ("reason", "to see which signs there are"),
        ("tracking", "on"),
        ("open", "detailed"),
        ("click", "detailed"),
        ("document", "none"),
    ];
    let raised = overt
        .submit_form("/settings/limits", &cookie, &limits)
        .await;
    assert!(raised.status().is_redirection());
    for address in [ANN, BOB] {
        overt
            .agreed_to(&sink, address, &["open", "click", "details"])
            .await;
        overt
            .send(&[address], &format!("Offer for {address}"))
            .await;
    }
    let known = detail(&overt, ANN, |copy| copy["mail_host"] != Value::Null).await;
    assert_eq!(
        known["mail_host"],
        json!({"host": "aspmx.l.google.com", "network": "Google", "country": null})
    );
    // A proxy that fetches within seconds of delivery is not taken for a person's.
    overt.stop();
    overt.set("CLOCK_OFFSET_SECONDS", "60");
    overt.serve(&[]).await;
    opened_elsewhere(&sink, ANN).await;
    let told = detail(&overt, ANN, |copy| copy["elsewhere"] != Value::Null).await;
    let codes = told["elsewhere"]["reasons"].as_array().unwrap();
    let codes: Vec<_> = codes.iter().map(|reason| &reason["code"]).collect();
    assert_eq!(codes, ["other_host", "shared_in_chat"]);
    // Nobody knows through whose proxy he reads.
    detail(&overt, BOB, |copy| {
        copy["mail_host"]["host"] == "mail.workshop.example"
    })
    .await;
    opened_elsewhere(&sink, BOB).await;
    let both = |copy: &Value| copy["hits"].as_array().unwrap().len() == 2;
    assert_eq!(detail(&overt, BOB, both).await["elsewhere"], Value::Null);
}
