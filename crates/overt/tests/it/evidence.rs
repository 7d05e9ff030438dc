//! What an auditor takes home: a signed archive of records that verifies without a server and names no recipient.

use crate::support::overt::Overt;
use crate::support::process::{overt, run, said};
use crate::support::sink::Sink;
use std::process::Output;

const ANN: &str = "ann@reader.example";

fn draw(overt: &Overt, out: &str) -> Output {
    let period = ["--from", "2026-01-01", "--to", "2099-12-31", "--out", out];
    run(overt.command("evidence").args(period), b"")
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_drawn_verifies_offline_and_names_no_recipient() {
    let sink = Sink::start().await;
    let mut server = Overt::start(&sink).await;
    server.agreed(&sink, ANN).await;
    server.send(&[ANN], "An offer").await;
    let path = server.data().join("evidence.zip");
    let file = path.to_str().unwrap();
    let drawn = draw(&server, file);
    assert_eq!(drawn.status.code(), Some(0), "{}", said(&drawn));
    assert_ne!(
        draw(&server, file).status.code(),
        Some(0),
        "nothing is overwritten"
    );
    let key = said(&run(server.command("audit").arg("key"), b""));
    let key = key.trim();

    server.stop();
    let verify = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        run(
            overt().args(["evidence", "verify", file, "--key", key]),
            b"",
        )
    };
    let bytes = std::fs::read(&path).unwrap();
    let sound = verify(&bytes);
    assert_eq!(sound.status.code(), Some(0), "{}", said(&sound));
    assert!(
        said(&sound).contains("The signature holds"),
        "{}",
        said(&sound)
    );
    let has = |needle: &str| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
    assert!(!has(ANN), "a recipient's address");
    for part in [
        "roles.json",
        "users.json",
        "acts.jsonl",
        "ledger-verified.json",
        "register.jsonl",
        "data-inventory.json",
        "records-of-processing.json",
        "consent.given",
        "user.signed_in",
        "\"tampering\": null",
    ] {
        assert!(has(part), "{part}");
    }
    let place = bytes.windows(9).position(|w| w == b"tampering").unwrap();
    let mut changed = bytes.clone();
    changed[place] ^= 1;
    let found = verify(&changed);
    assert_eq!(found.status.code(), Some(1), "{}", said(&found));
    assert!(
        said(&found).contains("ledger-verified.json"),
        "{}",
        said(&found)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_aud_01_drawing_evidence_is_an_act_itself() {
    let sink = Sink::start().await;
    let server = Overt::start(&sink).await;
    let at = |name: &str| server.data().join(name).to_str().unwrap().to_owned();
    assert_eq!(draw(&server, &at("first.zip")).status.code(), Some(0));
    assert_eq!(draw(&server, &at("second.zip")).status.code(), Some(0));
    let has = |name: &str| {
        let bytes = std::fs::read(at(name)).unwrap();
        bytes.windows(14).any(|w| w == b"evidence.drawn")
    };
    assert!(!has("first.zip") && has("second.zip"));
}
