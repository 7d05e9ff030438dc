//! A receipt: asked for by the sender, given by the recipient with a button, or not. It needs no agreement to be tracked.

use crate::support::mail::html_mail;
use crate::support::overt::{OWNER, Overt};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use reqwest::Method;

const ANN: &str = "ann@reader.example";
const BOB: &str = "bob@reader.example";
const ASKED: &str = "X-Overt-Receipt: yes\r\n";

async fn detail(overt: &Overt, subject: &str, to: &str) -> serde_json::Value {
    let list = overt.api("messages?limit=100").await;
    let mut mails = list["items"].as_array().unwrap().iter();
    let mail = mails.find(|mail| mail["subject"] == subject).unwrap();
    let mut copies = mail["copies"].as_array().unwrap().iter();
    let copy = copies.find(|copy| copy["address"] == to).unwrap();
    let [mail, copy] = [mail, copy].map(|item| item["id"].as_str().unwrap());
    overt.api(&format!("messages/{mail}/copies/{copy}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_asked_for_and_given_by_the_recipients_own_act() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, BOB).await;
    overt.send_with(&[ANN, BOB, OWNER], "Contract", ASKED).await;
    let mail = sink.mail(ANN, "Contract").await;
    assert!(!mail.is_tracked() && mail.header("X-Overt-Receipt").is_none());
    assert_eq!(
        mail.header("Overt-Tracking").as_deref(),
        Some("open=none, click=none, document=none, receipt")
    );
    assert!(mail.body().contains("Dana would like to hear from you"));
    let link = mail.url("/r/").unwrap();
    assert!(mail.url("/p/").is_none(), "nothing else of ours is in it");
    let bobs = sink.mail(BOB, "Contract").await;
    assert!(bobs.is_tracked() && bobs.url("/r/").is_some_and(|bobs| bobs != link));
    assert!(sink.mail(OWNER, "Contract").await.url("/r/").is_none());

    // Looking says nothing; the button does, once, whatever was agreed.
    overt.sent("Contract", ANN).await;
    let reader = Reader::default();
    assert!(
        reader
            .page(&link)
            .await
            .contains("Tell Dana that you have read")
    );
    reader.request(Method::HEAD, &link).await;
    let copy = detail(&overt, "Contract", ANN).await;
    assert_eq!(
        (&copy["receipt_asked"], &copy["receipt_at"], &copy["tick"]),
        (&true.into(), &serde_json::Value::Null, &"untracked".into())
    );
    let answer = reader.post(&link, &[]).await;
    assert!(answer.status().is_success(), "{}", answer.status());
    overt
        .copy("Contract", ANN, |copy| copy["tick"] == "read")
        .await;
    let copy = detail(&overt, "Contract", ANN).await;
    assert!(copy["receipt_at"].is_string(), "{copy}");
    assert_eq!(copy["hits"].as_array().unwrap().len(), 0, "no tracking");
    let own = detail(&overt, "Contract", OWNER).await;
    assert_eq!(own["receipt_asked"], false);

    // The senders see it on the message's page.
    let list = overt.api("messages?limit=100").await;
    let mail = list["items"][0]["id"].as_str().unwrap();
    let cookie = overt.sign_in().await;
    let page = overt.page(&format!("/messages/{mail}"), &cookie).await;
    assert!(page.contains("pressed “I have read this”"), "{page}");
    assert!(page.contains("does not ask this person for a receipt"));

    // A reply that quotes the mail hands nobody else's link on.
    let quoted =
        html_mail(&[ANN], "Quoted", "").replace("Hello", &format!("<a href=\"{link}\">x</a>"));
    assert!(overt.submit(&[ANN], quoted.as_bytes()).await.is_positive());
    assert!(sink.mail(ANN, "Quoted").await.url("/r/").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_mode_02_a_signed_mail_stays_as_it_is_and_its_sender_is_told() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let signed = html_mail(&[ANN], "Signed", "").replace(
        "Content-Type: text/html; charset=utf-8\r\n\r\n",
        "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n",
    ) + "--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n";
    let answer = overt
        .post_mail(&format!("to={ANN}&receipt=true"), signed.as_bytes())
        .await;
    assert_eq!(answer.status(), 202);
    let answer = answer.text().await.unwrap();
    assert!(answer.contains("\"receipt_asked\":false"), "{answer}");
    let mail = sink.mail(ANN, "Signed").await;
    assert!(mail.source().ends_with(&signed), "{}", mail.source());
    let list = overt.api("messages?limit=100").await;
    let mail = list["items"][0]["id"].as_str().unwrap();
    let cookie = overt.sign_in().await;
    let page = overt.page(&format!("/messages/{mail}"), &cookie).await;
    assert!(page.contains("the mail is signed or encrypted"), "{page}");
}
