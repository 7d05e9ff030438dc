//! `overt reclassify`, as an operator uses it after an update.

use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use serde_json::Value;

const ANN: &str = "ann@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn hits_of_older_rules_are_judged_again_and_ticks_follow() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Offer").await;
    let mail = sink.mail(ANN, "Offer").await;
    Reader::default().open(&mail.url("/o/").unwrap()).await;
    overt
        .copy("Offer", ANN, |copy| copy["tick"] == "read")
        .await;
    // As if rules of old had taken a bare agent for a person.
    let database = rusqlite::Connection::open(overt.data().join("overt.db")).unwrap();
    let old = "update hit set rules = 1, opener = 'unknown', reasons = 'bare_agent local_network'";
    database.execute_batch(old).unwrap();

    let reclassify = |arguments: &[&str]| {
        let output = run(overt.command("reclassify").args(arguments), b"");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        output
    };
    let dry = said(&reclassify(&[]));
    assert!(
        dry.contains("1 hits were judged") && dry.contains("--apply"),
        "{dry}"
    );
    let told: Value = serde_json::from_slice(&reclassify(&["--json"]).stdout).unwrap();
    let change = &told["changes"][0];
    assert_eq!(
        (&change["from"], &change["to"]),
        (&"human".into(), &"unknown".into())
    );
    overt
        .copy("Offer", ANN, |copy| copy["tick"] == "read")
        .await;

    let applied = said(&reclassify(&["--apply"]));
    assert!(applied.contains("Done."), "{applied}");
    let copy = overt
        .copy("Offer", ANN, |copy| copy["tick"] == "unsure")
        .await;
    let mails = overt.api("messages?limit=100").await;
    let mut mail = mails["items"].as_array().unwrap().iter();
    let mail = mail.find(|m| m["subject"] == "Offer").unwrap();
    let [mail, copy] = [mail, &copy].map(|item| item["id"].as_str().unwrap());
    let detail = overt.api(&format!("messages/{mail}/copies/{copy}")).await;
    let hit = &detail["hits"][0];
    assert_eq!(hit["revised_from"], "human");
    assert!(hit["rules"].as_u64() > Some(1), "{hit}");
    let nothing = said(&reclassify(&[]));
    assert!(nothing.starts_with("0 hits"), "{nothing}");
}
