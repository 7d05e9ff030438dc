//! Advertising as senders and recipients meet it: who may get it, what it must say, and how it ends.

use crate::support::database::Database;
use crate::support::mail::html_mail;
use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::reader::Reader;
use crate::support::signing::{give_keys, verified};
use crate::support::sink::Sink;
use reqwest::Method;
use serde_json::{Value, json};
use wire::dkim::Algorithm;
use wire::smtp::Reply;

const ANN: &str = "ann@reader.example";
const BOB: &str = "bob@reader.example";
const CEM: &str = "cem@reader.example";
const NEWS: &str = "X-Overt-Class: marketing\r\n";
const COLD: &str = "X-Overt-Class: cold\r\n";

/// Where an address comes from, as the API takes it.
fn contact(address: &str, kind: &str, country: &str) -> Value {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    json!({ "address": address, "country": country, "source": {
        "kind": kind, "where": "Chamber of commerce", "when": today, "who": "Dana", "basis": "legitimate_interests" } })
}

async fn post(overt: &Overt, path: &str, body: &Value) -> (u16, Value) {
    let answer = overt.post_json(path, body).await;
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap(),
    )
}

pub(crate) async fn enter(overt: &Overt, address: &str, kind: &str, country: &str) {
    let (status, answer) = post(overt, "contacts", &contact(address, kind, country)).await;
    assert!(status == 201 || status == 200, "{answer}");
}

/// A customer who agreed to get advertising, as can be shown.
pub(crate) async fn enter_agreed(overt: &Overt, address: &str, country: &str) {
    let mut body = contact(address, "customer", country);
    let when = body["source"]["when"].clone();
    body["mail_consent"] = json!({ "to": "express", "text": "Newsletter, version 3", "at": when, "method": "form",
        "source": "CRM 7", "who": "Dana" });
    assert_eq!(
        post(overt, "contacts", &body).await.0,
        422,
        "a consent needs a reason"
    );
    body["reason"] = json!("moved here");
    assert_eq!(post(overt, "contacts", &body).await.0, 201);
}

/// The workspace says where it is.
pub(crate) async fn give_postal_address(overt: &Overt) {
    set_postal_address(overt, "Mill Lane 1\r\n10115 Berlin").await;
}

async fn set_postal_address(overt: &Overt, text: &str) {
    let cookie = overt.sign_in().await;
    let fields = [
        ("name", "Studio Dana"),
        ("language", "en"),
        ("postal_address", text),
        ("contact", "hello@studio.example"),
    ];
    let answer = overt
        .submit_form("/settings/workspace", &cookie, &fields)
        .await;
    assert_eq!(answer.status(), 303);
}

async fn suppressed(overt: &Overt, address: &str) -> bool {
    let answer = overt.api(&format!("suppression?address={address}")).await;
    answer["suppressed"].as_bool().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_01_one_click_is_in_the_header_covered_by_dkim_and_works() {
    let sink = Sink::start().await;
    let mut overt = Overt::set_up(&Database::Sqlite, sink.port, &[]).await;
    give_keys(&overt, &[("studio.example", "s", Algorithm::Rsa)]);
    overt.serve(&[]).await;
    overt.sign_up().await;
    give_postal_address(&overt).await;
    enter(&overt, ANN, "customer", "DE").await;

    overt.send_with(&[ANN], "News", NEWS).await;
    let mail = sink.mail(ANN, "News").await;
    let header = mail.header("List-Unsubscribe").unwrap();
    assert!(
        header.starts_with(&format!("<{}/u/", overt.tracker)),
        "{header}"
    );
    assert!(
        header.ends_with("<mailto:hello@studio.example?subject=unsubscribe>"),
        "{header}"
    );
    assert_eq!(
        mail.header("List-Unsubscribe-Post").unwrap(),
        "List-Unsubscribe=One-Click"
    );
    let signed = mail.header("DKIM-Signature").unwrap().replace(' ', "");
    assert!(
        signed.contains(":List-Unsubscribe:List-Unsubscribe-Post"),
        "{signed}"
    );
    assert_eq!(verified(&overt, &mail), ["rsa-sha256 studio.example s"]);

    // R-MODE-06: she never agreed to be tracked, and the way out is there all the same.
    assert!(!mail.is_tracked());
    let url = header[1..].split('>').next().unwrap().to_owned();
    assert_eq!(
        mail.url("/u/").unwrap(),
        url,
        "the visible link is the same"
    );
    let reader = Reader::default();
    assert!(
        reader
            .page(&url)
            .await
            .contains("Stop such mails from Studio Dana?")
    );
    assert!(!suppressed(&overt, ANN).await, "GET changes nothing");
    let click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
    for _ in 0..2 {
        let answer = reader.post(&url, &click).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().get("set-cookie").is_none());
    }
    assert!(suppressed(&overt, "ANN@reader.example").await);

    // Advertising ends, letters go on, and she alone can have it back.
    let answer = overt
        .submit(&[ANN], html_mail(&[ANN], "More", NEWS).as_bytes())
        .await;
    assert_eq!(answer.code, 550, "{answer}");
    assert!(
        answer
            .to_string()
            .contains("does not want mail of this kind"),
        "{answer}"
    );
    overt.send(&[ANN], "A letter").await;
    let letter = sink.mail(ANN, "A letter").await;
    assert!(letter.header("List-Unsubscribe").is_none() && letter.url("/u/").is_none());
    reader.press(&url, ("answer", "again"), &[]).await;
    overt.send_with(&[ANN], "Again", NEWS).await;
    sink.mail(ANN, "Again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_01_the_senders_own_list_header_stays() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    give_postal_address(&overt).await;
    enter(&overt, ANN, "customer", "DE").await;
    let own = format!("{NEWS}List-Unsubscribe: <https://list.example/out>\r\n");
    overt.send_with(&[ANN], "Own", &own).await;
    let mail = sink.mail(ANN, "Own").await;
    assert_eq!(
        mail.header("List-Unsubscribe").unwrap(),
        "<https://list.example/out>"
    );
    assert!(mail.header("List-Unsubscribe-Post").is_none());
    assert!(mail.url("/u/").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_msg_02_a_queued_mail_to_somebody_who_unsubscribed_is_not_sent() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        give_postal_address(&overt).await;
        enter(&overt, ANN, "customer", "DE").await;
        overt.send_with(&[ANN], "First", NEWS).await;
        let url = sink.mail(ANN, "First").await.url("/u/").unwrap();
        sink.refuse(ANN, usize::MAX, Reply::new(451, (4, 7, 1), "later"));
        overt.send_with(&[ANN], "Second", NEWS).await;
        overt
            .copy("Second", ANN, |copy| copy["state"] == "deferred")
            .await;
        let click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
        Reader::default().post(&url, &click).await;
        let copy = overt
            .copy("Second", ANN, |copy| copy["state"] == "bounced")
            .await;
        assert_eq!(copy["refusal"], "unsubscribed");
        let report = sink
            .mail(crate::support::overt::OWNER, "Not delivered")
            .await;
        assert!(report.source().contains("does not want mail of this kind"));
        assert!(report.delivery_status().contains("Status: 5.7.1"));
        assert_eq!(sink.mails_to(ANN).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_orig_02_each_recipient_is_judged_alone_and_refusals_say_what_is_missing() {
    let sink = Sink::start().await;
    let settings = [("PROFILES", "[\"us-notice\"]")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    enter(&overt, ANN, "public", "US").await;
    set_postal_address(&overt, "").await;

    // R-ORIG-05, R-MSG-03: what is missing is named, one after the other.
    let to = format!("class=cold&to={ANN}");
    let cold = html_mail(&[ANN], "Offer", "");
    let refused = async || {
        let answer = overt.post_mail(&to, cold.as_bytes()).await;
        assert_eq!(answer.status(), 422);
        answer.text().await.unwrap()
    };
    assert!(
        refused()
            .await
            .contains("assessment of legitimate interests")
    );
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    let assessment = json!({ "title": "Dentists", "purpose": "chairs", "necessity": "no other way",
        "balance": "one mail", "review_by": soon.strftime("%Y-%m-%d").to_string() });
    let (status, kept) = post(&overt, "assessments", &assessment).await;
    assert_eq!(status, 201, "{kept}");
    assert!(refused().await.contains("postal address"));
    give_postal_address(&overt).await;

    // Bob was only ever written to, Cem is German: neither stops Ann's mail.
    enter(&overt, CEM, "public", "DE").await;
    overt.send_with(&[ANN, BOB, CEM], "Hello", COLD).await;
    let mail = sink.mail(ANN, "Hello").await;
    let body = mail.body().split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "a public place (Chamber of commerce)",
        "Art. 6(1)(f)",
        "object at any time",
        "Studio Dana, Mill Lane 1, 10115 Berlin",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    assert!(mail.url("/p/").is_some() && mail.url("/u/").is_some() && !mail.is_tracked());
    let bounced = async |to| {
        let copy = overt
            .copy("Hello", to, |copy| copy["state"] == "bounced")
            .await;
        copy["refusal"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        bounced(BOB).await,
        "no_mail_consent",
        "his country is not known"
    );
    assert_eq!(bounced(CEM).await, "no_mail_consent");
    let report = sink
        .mail(crate::support::overt::OWNER, "Not delivered")
        .await;
    assert!(report.source().contains("ask for their consent"));

    // Told once, she is not told again; the way out stays.
    overt.sent("Hello", ANN).await;
    overt.send_with(&[ANN], "Second", COLD).await;
    let second = sink.mail(ANN, "Second").await;
    assert!(!second.body().contains("Chamber of commerce") && second.url("/u/").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_orig_01_nobody_is_entered_without_a_source() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    for (cut, field) in [
        ("kind", "source"),
        ("where", "where"),
        ("when", "when"),
        ("who", "who"),
        ("basis", "basis"),
    ] {
        let mut body = contact(ANN, "public", "DE");
        body["source"].as_object_mut().unwrap().remove(cut);
        let (status, problem) = post(&overt, "contacts", &body).await;
        assert_eq!(
            (status, &problem["field"]),
            (422, &json!(field)),
            "{problem}"
        );
    }
    let mut body = contact(ANN, "public", "DE");
    body.as_object_mut().unwrap().remove("source");
    assert_eq!(post(&overt, "contacts", &body).await.0, 422);
    assert_eq!(overt.api("contacts").await["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_10_a_list_from_the_command_line() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let file = overt.data().join("list.csv");
    let source = format!("person,fair,{today},Dana,consent");
    let list = format!(
        "address,source,where,when,who,basis,tracking_consent,tracking_text,tracking_at,tracking_method,tracking_source,tracking_who\n\
         {ANN},{source},open click,\"Text, version 3\",{today},form,CRM 7,Dana\n\
         {BOB},{source},open click,,,,,\n\
         {CEM},,,,,,,,,,,\n"
    );
    std::fs::write(&file, list).unwrap();
    let import = |more: &[&str]| {
        let mut command = crate::support::process::overt();
        command.args(["contact", "import"]).arg(&file).args(more);
        command
            .arg("--config")
            .arg(overt.data().join("overt.toml"))
            .envs(overt.environment());
        run(&mut command, b"")
    };
    let output = import(&[]);
    assert!(
        !output.status.success() && said(&output).contains("--reason"),
        "{}",
        said(&output)
    );
    let output = import(&["--reason", "moved here from the old system"]);
    assert_eq!(output.status.code(), Some(1));
    let told = said(&output);
    assert!(
        told.contains("2 new, 0 known already, 1 left out"),
        "{told}"
    );
    assert!(told.contains("line 4: source: it is missing"), "{told}");
    let all = overt.api("contacts").await;
    let states: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["state"].clone())
        .collect();
    assert_eq!(states, ["given", "asserted"]);
    // What can be shown counts, what is only said does not.
    overt.send(&[ANN, BOB], "Both").await;
    assert!(sink.mail(ANN, "Both").await.is_tracked());
    assert!(!sink.mail(BOB, "Both").await.is_tracked());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_with_05_unsubscribing_silences_mails_already_sent() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    give_postal_address(&overt).await;
    enter(&overt, ANN, "customer", "DE").await;
    overt.agreed(&sink, ANN).await;
    overt.send_with(&[ANN], "Tracked", NEWS).await;
    let mail = sink.mail(ANN, "Tracked").await;
    overt.sent("Tracked", ANN).await;
    // R-WITH-01: two ways out, and they are not the same.
    assert!(mail.is_tracked() && mail.url("/u/").is_some());
    assert_ne!(mail.page(), mail.url("/u/").unwrap());
    let reader = Reader::default();
    reader.request(Method::GET, &mail.url("/u/").unwrap()).await;
    reader
        .press(&mail.url("/u/").unwrap(), ("answer", "stop"), &[])
        .await;
    reader.open(&mail.pixel()).await;
    assert!(reader.click(&mail.link()).await.is_some());
    assert_eq!(overt.hits("Tracked", ANN).await, 0);
}
