//! Children and their guardians, with the real program: the question, the mail to who has parental responsibility, their
//! yes, their way back, and the day on which the child decides alone.

use crate::support::database::Database;
use crate::support::mail::Mail;
use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::reader::{Reader, hidden_fields};
use crate::support::sink::Sink;
use reqwest::{Method, StatusCode};
use serde_json::Value;

const KIM: &str = "kim@reader.example";
const MUM: &str = "mum@home.example";

/// The service is directed to children; with `checks`, somebody checks what guardians agree to.
async fn directed_to_children(overt: &Overt, checks: bool) {
    let cookie = overt.sign_in().await;
    let mut fields = vec![
        ("reason", "a magazine for children"),
        ("tracking", "on"),
        ("directed_to_children", "on"),
        ("open", "individual"),
        ("click", "individual"),
        ("document", "none"),
    ];
    if checks {
        fields.push(("checks_guardians", "on"));
    }
    let answer = overt
        .submit_form("/settings/limits", &cookie, &fields)
        .await;
    assert_eq!(answer.status(), 303);
}

async fn contact(overt: &Overt) -> Value {
    let contacts = overt.api("contacts?limit=100").await;
    let items = contacts["items"].as_array().unwrap();
    items.iter().find(|c| c["address"] == KIM).unwrap().clone()
}

/// Where they stand: by age, and as to opens.
async fn stands(overt: &Overt) -> (String, String) {
    let kim = contact(overt).await;
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    (
        text(&kim["age"]["standing"]),
        text(&kim["consent"]["open"]["state"]),
    )
}

/// A mail with the question, and the page behind it.
async fn question(overt: &Overt, sink: &Sink) -> String {
    overt
        .send_with(&[KIM], "Question", "X-Overt-Ask: on\r\n")
        .await;
    sink.mail(KIM, "Question").await.page()
}

/// Ticks, and says whose mailbox is to agree.
async fn names(reader: &Reader, page: &str, guardian: &str) -> (StatusCode, String) {
    let shown = reader
        .press(page, ("answer", "agree"), &["open", "click"])
        .await;
    assert!(
        shown.contains("Who has parental responsibility for you?"),
        "{shown}"
    );
    let mut fields = hidden_fields(&shown);
    for (name, value) in [
        ("guardian", guardian),
        ("relation", "parent"),
        ("answer", "agree"),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let answer = reader.post(page, &fields).await;
    (answer.status(), answer.text().await.unwrap())
}

/// The newest mail to the guardian.
async fn asked(sink: &Sink, number: usize) -> Mail {
    crate::support::until("the guardian is asked", async || {
        sink.mails_to(MUM).into_iter().nth(number)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn r_age_03_a_guardian_agrees_for_a_child_and_takes_it_back() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        directed_to_children(&overt, false).await;
        let reader = Reader::default();
        let page = question(&overt, &sink).await;

        // First how old they are, and nothing else; whoever is too young is told what follows.
        let shown = reader.page(&page).await;
        assert!(shown.contains("Are you at least 16?"), "{shown}");
        assert!(!shown.contains("type=\"checkbox\""), "{shown}");
        let said_no = reader.press(&page, ("age", "below"), &[]).await;
        assert!(said_no.contains("You cannot agree alone yet"), "{said_no}");
        assert_eq!(stands(&overt).await, ("below".into(), "asked".into()));
        let second_thoughts = [("age".to_owned(), "reached".to_owned())];
        reader.post(&page, &second_thoughts).await;
        assert_eq!(stands(&overt).await.0, "below", "not with the next press");

        // Their own address is nobody else's; a real one gets everything that they were shown, untracked.
        assert_eq!(names(&reader, &page, KIM).await.0, 422);
        let (status, told) = names(&reader, &page, MUM).await;
        assert!(
            status.is_success() && told.contains("once that person has agreed"),
            "{told}"
        );
        let mail = asked(&sink, 0).await;
        assert!(!mail.is_tracked() && mail.subject().contains("kim@reader.example needs you"));
        for words in [
            "Who asks: Studio Dana",
            "How long: ",
            "younger than 16",
            "- Tell Studio Dana",
        ] {
            assert!(mail.body().contains(words), "{words}: {}", mail.body());
        }
        let link = mail.url("/p/guardian/").unwrap();
        for method in [Method::GET, Method::HEAD, Method::GET, Method::HEAD] {
            assert_eq!(reader.request(method, &link).await.status(), 200);
        }
        assert_eq!(stands(&overt).await, ("below".into(), "requested".into()));
        overt.send(&[KIM], "Waiting").await;
        assert!(!sink.mail(KIM, "Waiting").await.is_tracked());
        // No mailbox of the child's own confirms it.
        assert!(
            !sink
                .mails_to(KIM)
                .iter()
                .any(|m| m.subject().contains("confirm"))
        );

        // The guardian agrees, once.
        let done = reader.press(&link, ("answer", "agree"), &[]).await;
        assert!(
            done.contains("You have agreed for kim@reader.example"),
            "{done}"
        );
        assert_eq!(stands(&overt).await, ("guardian".into(), "given".into()));
        overt.send(&[KIM], "Tracked").await;
        let tracked = sink.mail(KIM, "Tracked").await;
        assert!(tracked.is_tracked());
        reader.open(&tracked.pixel()).await;
        overt
            .copy("Tracked", KIM, |copy| copy["tick"] == "read")
            .await;

        // Record and receipt name the guardian by a random id, relation, text and method; never by address.
        let file = overt.data().join("receipt.json");
        let receipt = reader.page(&format!("{page}/receipt.json")).await;
        assert!(
            !receipt.contains(MUM) && !receipt.contains(KIM),
            "{receipt}"
        );
        let record: Value = serde_json::from_str(&receipt).unwrap();
        let guardian = &record["guardian"];
        assert_eq!(guardian["relation"], "mother or father", "{receipt}");
        assert_eq!(record["age"]["ok"], false);
        assert_eq!(record["age"]["threshold"], 16);
        for name in [
            "subject_ref",
            "notice_sha256",
            "verification",
            "withdrawal_method",
        ] {
            assert!(!guardian[name].as_str().unwrap().is_empty(), "{name}");
        }
        std::fs::write(&file, &receipt).unwrap();
        let key = said(&run(overt.command("audit").arg("key"), b""));
        let verify = ["verify", file.to_str().unwrap(), "--key", key.trim()];
        let proven = run(overt.command("consent").args(verify), b"");
        assert_eq!(proven.status.code(), Some(0), "{}", said(&proven));
        // The guardian keeps one, too: the same record, as long as what they said counts.
        let theirs = reader.page(&format!("{link}/receipt.json")).await;
        assert_eq!(theirs, receipt);
        let shown = reader.page(&link).await;
        assert!(shown.contains("/receipt.json\" download"), "{shown}");
        // And the evidence says who was asked, by that id.
        let zip = overt.data().join("kim.zip");
        let draw = ["export", KIM, "--out", zip.to_str().unwrap()];
        let drawn = run(overt.command("consent").args(draw), b"");
        assert_eq!(drawn.status.code(), Some(0), "{}", said(&drawn));
        let mut archive = zip::ZipArchive::new(std::fs::File::open(&zip).unwrap()).unwrap();
        let asked: Value =
            serde_json::from_reader(archive.by_name("confirmations.json").unwrap()).unwrap();
        assert_eq!(asked[0]["guardian"]["id"], guardian["subject_ref"]);
        assert_eq!(asked[0]["guardian"]["relation"], "parent");
        assert!(asked[0]["guardian"]["agreed_at"].is_string(), "{asked}");
        assert!(!asked.to_string().contains(MUM), "{asked}");
        let export = ["--format", "json"];
        let export = run(overt.command("export").arg(KIM).args(export), b"");
        assert!(said(&export).contains(MUM), "it is about the child, too");

        // One link, one press: taken back, also for mails that arrived.
        let held = reader.page(&link).await;
        assert!(
            held.contains("What you agreed to for kim@reader.example"),
            "{held}"
        );
        let hits = overt.hits("Tracked", KIM).await;
        let gone = reader.press(&link, ("answer", "withdraw"), &[]).await;
        assert!(gone.contains("Done: withdrawn"), "{gone}");
        let nothing = format!("{link}/receipt.json");
        let nothing = reader.request(Method::GET, &nothing).await;
        assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
        assert_eq!(stands(&overt).await, ("below".into(), "withdrawn".into()));
        reader.open(&tracked.pixel()).await;
        assert!(overt.hits("Tracked", KIM).await <= hits);
        let over = reader.request(Method::GET, &link).await;
        assert_eq!(over.status(), StatusCode::GONE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_age_03_whoever_reaches_the_age_decides_alone_and_the_guardians_link_is_over() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    directed_to_children(&overt, true).await;
    let reader = Reader::default();
    let page = question(&overt, &sink).await;
    reader.press(&page, ("age", "below"), &[]).await;
    names(&reader, &page, MUM).await;
    let link = asked(&sink, 0).await.url("/p/guardian/").unwrap();

    // Somebody checks it here before it counts.
    let waits = reader.press(&link, ("answer", "agree"), &[]).await;
    assert!(waits.contains("It does not count yet"), "{waits}");
    assert_eq!(stands(&overt).await, ("below".into(), "requested".into()));
    let (cookie, kim) = (overt.sign_in().await, contact(&overt).await);
    let kim = format!("/contacts/{}", kim["id"].as_str().unwrap());
    let shown = overt.page(&kim, &cookie).await;
    assert!(
        shown.contains("it counts once it is checked") && shown.contains(MUM),
        "{shown}"
    );
    let mark = "name=\"guardian\" value=\"";
    let guardian = shown.split(mark).nth(1).unwrap().split('"').next().unwrap();
    let fields = [("guardian", guardian), ("reason", "spoke on the telephone")];
    let checked = overt
        .submit_form(&format!("{kim}/guardian"), &cookie, &fields)
        .await;
    assert_eq!(checked.status(), 303);
    assert_eq!(stands(&overt).await, ("guardian".into(), "given".into()));

    // The child's own page has the button; a forwarded mail's page does not.
    assert!(!reader.page(&page).await.contains("at least 16 now"));
    reader.press(&page, ("right", "own"), &[]).await;
    let own = sink.mail(KIM, "Your data").await.url("/p/own/").unwrap();
    let see = reader.page(&own).await;
    let see = see.split("href=\"/p/").nth(1).unwrap();
    let origin = own.split("/p/own/").next().unwrap();
    let see = format!("{origin}/p/{}", see.split('"').next().unwrap());
    let grown = reader.press(&see, ("age", "reached"), &[]).await;
    assert!(grown.contains("From now on you decide yourself"), "{grown}");
    assert_eq!(stands(&overt).await, ("reached".into(), "expired".into()));
    let over = reader.request(Method::GET, &link).await;
    assert_eq!(over.status(), StatusCode::GONE);
    let over = over.text().await.unwrap();
    assert!(over.contains("old enough to decide alone now"), "{over}");

    // They decide themselves, by their own mailbox, and no guardian takes that back.
    reader.press(&see, ("answer", "agree"), &["open"]).await;
    let confirm = sink.mail(KIM, "Please confirm").await;
    let confirm = confirm.url("/p/confirm/").unwrap();
    reader.press(&confirm, ("answer", "agree"), &[]).await;
    assert_eq!(stands(&overt).await, ("reached".into(), "given".into()));
    let fields = [("answer".to_owned(), "withdraw".to_owned())];
    assert_eq!(reader.post(&link, &fields).await.status(), StatusCode::GONE);
    assert_eq!(stands(&overt).await.1, "given");
}
