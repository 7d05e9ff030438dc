//! Rules of law as an operator meets them: picked in the configuration, seen in what is tracked and what is not.

use crate::support::database::Database;
use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::sink::Sink;

const ANN: &str = "ann@reader.example";
const BOB: &str = "bob@reader.example";

/// What the compliance desk says about somebody.
async fn describe(overt: &Overt, address: &str, fields: &[(&str, &str)]) {
    let contacts = overt.api("contacts?limit=100").await;
    let items = contacts["items"].as_array().unwrap();
    let contact = items.iter().find(|c| c["address"] == address).unwrap();
    let id = contact["id"].as_str().unwrap();
    let cookie = overt.sign_in().await;
    let path = format!("/contacts/{id}/describe");
    let answer = overt.submit_form(&path, &cookie, fields).await;
    assert_eq!(answer.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_orig_03_a_cold_mail_is_never_tracked_not_even_with_consent() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        crate::advertising::give_postal_address(&overt).await;
        crate::advertising::enter_agreed(&overt, ANN, "DE").await;
        overt.agreed(&sink, ANN).await;
        let classes = [
            ("", true),
            ("X-Overt-Class: marketing\r\n", true),
            ("X-Overt-Class: Cold\r\n", false),
        ];
        for (n, (header, tracked)) in classes.into_iter().enumerate() {
            let subject = format!("Class-{n}");
            overt.send_with(&[ANN], &subject, header).await;
            let mail = sink.mail(ANN, &subject).await;
            assert_eq!(mail.is_tracked(), tracked, "{header}");
            assert!(mail.header("X-Overt-Class").is_none(), "{header}");
            if !tracked {
                let copy = overt.sent(&subject, ANN).await;
                assert_eq!(copy["reason"], "jurisdiction");
            }
        }
        // The API's parameter overrides the mail's own word; a word that is none is refused.
        let mail =
            crate::support::mail::html_mail(&[ANN], "By-API", "X-Overt-Class: marketing\r\n");
        let sent = overt.post_mail("class=cold", mail.as_bytes()).await;
        assert_eq!(sent.status(), 202);
        assert!(!sink.mail(ANN, "By-API").await.is_tracked());
        let wrong = overt.post_mail("class=spam", mail.as_bytes()).await;
        assert_eq!(wrong.status(), 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_law_01_a_client_is_tracked_only_when_each_recipient_agreed() {
    let sink = Sink::start().await;
    let settings = [("PROFILES", "[\"eu\", \"legal-ak\"]")];
    let overt = Overt::with(&Database::Sqlite, sink.port, &settings).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN, BOB], "Nobody is a client").await;
    assert!(sink.mail(ANN, "Nobody is a client").await.is_tracked());

    describe(&overt, ANN, &[("country", "us"), ("client", "on")]).await;
    overt.send(&[ANN, BOB], "Bob did not agree").await;
    assert!(!sink.mail(ANN, "Bob did not agree").await.is_tracked());
    let copy = overt.sent("Bob did not agree", ANN).await;
    assert_eq!(copy["reason"], "others_must_agree");
    overt.agreed(&sink, BOB).await;
    overt.send(&[ANN, BOB], "Both agreed").await;
    assert!(sink.mail(ANN, "Both agreed").await.is_tracked());
    // R-LAW-03: never more than that it happened.
    assert_eq!(
        overt.sent("Both agreed", ANN).await["mode"]["open"],
        "individual"
    );

    // R-LAW-02: the other side never, consent or not.
    describe(&overt, ANN, &[("country", "us"), ("opposing", "on")]).await;
    overt.send(&[ANN], "Opposing").await;
    assert!(!sink.mail(ANN, "Opposing").await.is_tracked());
    let copy = overt.sent("Opposing", ANN).await;
    assert_eq!(copy["reason"], "legal_profession");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_profile_stops_the_start_and_names_file_place_and_mend() {
    let sink = Sink::start().await;
    let mut overt = Overt::set_up(&Database::Sqlite, sink.port, &[]).await;
    overt.set("PROFILES", "[\"atlantis\"]");
    let output = run(&mut overt.command("serve"), b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("there is no such profile. Pick from: ca,"),
        "{}",
        said(&output)
    );

    let folder = overt.data().join("profiles");
    std::fs::create_dir(&folder).unwrap();
    let fresh = include_str!("../../../model/profiles/legal.toml");
    std::fs::write(
        folder.join("legal.toml"),
        fresh.replace("mode = \"individual\"", "mode = \"some\""),
    )
    .unwrap();
    overt.set("PROFILES", "[\"legal\"]");
    overt.set("PROFILE_DIR", "profiles");
    let output = run(&mut overt.command("serve"), b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("legal.toml: line"),
        "{}",
        said(&output)
    );

    // Stale is no reason to stop, but one to look.
    let stale = fresh
        .replace("2027-05-21", "2026-11-21")
        .replace("reviewed = \"2026-11-21\"", "reviewed = \"2026-01-01\"");
    std::fs::write(
        folder.join("legal.toml"),
        stale.replace("review_by = \"2026-11-21\"", "review_by = \"2026-06-01\""),
    )
    .unwrap();
    let doctor = run(&mut overt.command("doctor"), b"");
    assert!(
        said(&doctor).contains("legal was to be reviewed by 2026-06-01"),
        "{}",
        said(&doctor)
    );
}
