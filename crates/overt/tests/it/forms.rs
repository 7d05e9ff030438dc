//! Consents that come in from other sites, end to end: a form of ours in a frame, and a site's own form by the API.

use crate::support::overt::Overt;
use crate::support::process::{overt, run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use serde_json::json;

const ANN: &str = "ann@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_07_from_a_form_on_another_site_to_a_tracked_mail() {
    let sink = Sink::start().await;
    let server = Overt::start(&sink).await;
    let cookie = server.sign_in().await;
    let draft = [
        ("name", "News"),
        ("site", "https://www.sender.example/news"),
        ("kind", "sign_up"),
        ("open", "on"),
        ("click", "on"),
    ];
    let published = server
        .submit_form("/compliance/forms", &cookie, &draft)
        .await;
    assert!(
        published.status().is_redirection(),
        "{}",
        published.status()
    );
    let page = server.page("/compliance/forms", &cookie).await;
    let address = page.split("src=&#34;").nth(1).unwrap();
    let address = address.split("&#34;").next().unwrap();

    let reader = Reader::default();
    let shown = reader.page(address).await;
    let text = shown.split("name=\"text\" value=\"").nth(1).unwrap();
    let text = text.split('"').next().unwrap();
    let fields = [
        ("address", ANN),
        ("open", "on"),
        ("text", text),
        ("answer", "agree"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = reader.post(address, &fields).await;
    assert_eq!(answer.status(), 200);
    let confirmation = sink.mail(ANN, "Please confirm").await;
    assert!(!confirmation.is_tracked());
    server.send(&[ANN], "Before").await;
    assert_eq!(
        server.sent("Before", ANN).await["reason"],
        "awaiting_confirmation"
    );
    let link = confirmation.url("/p/confirm/").unwrap();
    reader.press(&link, ("answer", "agree"), &[]).await;
    server.send(&[ANN], "Tracked").await;
    assert!(sink.mail(ANN, "Tracked").await.is_tracked());

    // And it can be proven.
    let out = server.data().join("ann.zip");
    let file = out.to_str().unwrap();
    let args = ["export", ANN, "--out", file];
    let drawn = run(server.command("consent").args(args), b"");
    assert_eq!(drawn.status.code(), Some(0), "{}", said(&drawn));
    let key = said(&run(server.command("audit").arg("key"), b""));
    let args = ["consent", "verify", file, "--key", key.trim()];
    let proven = run(overt().args(args), b"");
    assert_eq!(proven.status.code(), Some(0), "{}", said(&proven));
    assert!(
        said(&proven).contains("on a form on another site"),
        "{}",
        said(&proven)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_10_a_sites_own_form_counts_only_once_confirmed() {
    let sink = Sink::start().await;
    let server = Overt::start(&sink).await;
    let consent = json!({
        "address": ANN,
        "language": "en",
        "ticked": ["open"],
        "evidence": {
            "text": "[ ] Tell us when you open our mails.",
            "at": "2026-01-01T10:00:00Z",
            "method": "form",
            "page_url": "https://www.sender.example/news",
            "page_kind": "sign_up",
            "who": "Website",
        },
    });
    // Without evidence it is a claim, and nothing comes of it.
    server.send(&[ANN], "Hello").await;
    let mut claim = consent.clone();
    claim["evidence"] = json!({});
    let answer = server.post_json("consents", &claim).await;
    assert_eq!(answer.status(), 202);
    assert!(answer.text().await.unwrap().contains("asserted"));
    server.send(&[ANN], "Asserted").await;
    assert_eq!(server.sent("Asserted", ANN).await["reason"], "never_asked");
    assert!(!sink.mail(ANN, "Asserted").await.is_tracked());

    let answer = server.post_json("consents", &consent).await;
    assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
    let confirmation = sink.mail(ANN, "Please confirm").await;
    let link = confirmation.url("/p/confirm/").unwrap();
    let reader = Reader::default();
    let page = reader.page(&link).await;
    assert!(
        page.contains("Who asks"),
        "the whole notice is shown: {page}"
    );
    reader.press(&link, ("answer", "agree"), &[]).await;
    server.send(&[ANN], "Tracked").await;
    assert!(sink.mail(ANN, "Tracked").await.is_tracked());
    let show = ["show", ANN, "--json"];
    let shown = run(server.command("consent").args(show), b"");
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let events = shown["events"].as_array().unwrap().iter();
    let text =
        |e: &serde_json::Value, name| e["event"][name].as_str().unwrap_or_default().to_owned();
    let told: Vec<_> = events
        .map(|e| (text(e, "method"), text(e, "state")))
        .collect();
    let expected = [
        ("api", "asserted"),
        ("api", "requested"),
        ("confirmation", "given"),
    ]
    .map(|(method, state)| (method.to_owned(), state.to_owned()));
    assert!(told.into_iter().eq(expected), "{shown}");
}
