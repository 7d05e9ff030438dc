//! The evidence of one contact's consents: drawn from a running server, verified on a machine that has nothing of it.

use crate::support::overt::Overt;
use crate::support::process::{overt, run, said};
use crate::support::sink::Sink;
use std::path::Path;

const ANN: &str = "ann@reader.example";
const BOB: &str = "bob@other.example";

/// What `overt consent verify` says where there is neither configuration nor database.
fn verify(file: &Path, key: &str) -> std::process::Output {
    let file = file.to_str().unwrap();
    let args = ["consent", "verify", file, "--key", key];
    run(overt().args(args).current_dir("/"), b"")
}

fn position(bytes: &[u8], needle: &str) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|w| w == needle.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_16_the_evidence_about_a_contact_verifies_offline() {
    let sink = Sink::start().await;
    let mut server = Overt::start(&sink).await;
    server.agreed(&sink, BOB).await;
    server.agreed(&sink, ANN).await;
    let out = server.data().join("ann.zip");
    let file = out.to_str().unwrap();
    let drawn = run(
        server
            .command("consent")
            .args(["export", ANN, "--out", file]),
        b"",
    );
    assert_eq!(drawn.status.code(), Some(0), "{}", said(&drawn));
    let shown = run(server.command("consent").args(["show", ANN, "--json"]), b"");
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["contact"]["standing"][0]["state"], "given", "{shown}");
    assert_eq!(shown["events"].as_array().unwrap().len(), 8, "{shown}");
    let key = said(&run(server.command("audit").arg("key"), b""));
    let key = key.trim();
    server.stop();

    let proven = verify(&out, key);
    assert_eq!(proven.status.code(), Some(0), "{}", said(&proven));
    let words = said(&proven);
    for part in [
        ANN,
        "1 pages as shown",
        "1 receipts",
        "given",
        "confirmation mail",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let bytes = std::fs::read(&out).unwrap();
    assert!(position(&bytes, BOB).is_none(), "somebody else's address");
    let user = position(&bytes, "\"user\": \"");
    assert!(user.is_none(), "no user noted anything about her");
    for part in [
        "\"message_id\": \"<",
        "\"mail_sha256\": \"",
        "\"server_said\": \"250",
        "<fieldset class=\"choices\"",
        "receipts/1.json",
    ] {
        assert!(position(&bytes, part).is_some(), "{part}");
    }

    // Whatever is changed, the place is named.
    let changed = server.data().join("changed.zip");
    for (needle, place) in [
        ("\"state\": \"given\"", "contact.json"),
        ("\"commitment\": \"", "ledger.json"),
        ("\"message_id\": \"<", "confirmations.json"),
        ("<fieldset class=\"choices\"", ".html"),
        ("double_opt_in", "receipts/1.json"),
        ("overt evidence 1", "manifest.json"),
    ] {
        let mut copy = bytes.clone();
        let at = position(&bytes, needle).unwrap() + needle.len() - 2;
        copy[at] ^= 1;
        std::fs::write(&changed, &copy).unwrap();
        let found = verify(&changed, key);
        assert_eq!(found.status.code(), Some(1), "{needle}");
        assert!(said(&found).contains(place), "{needle}: {}", said(&found));
    }
    // All over the file, headers included.
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut copy = bytes.clone();
        copy[at] ^= 1;
        std::fs::write(&changed, &copy).unwrap();
        assert_eq!(verify(&changed, key).status.code(), Some(1), "byte {at}");
    }
    let other = "A".repeat(43);
    assert_eq!(verify(&out, &other).status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_16_the_desk_hands_it_out_and_notes_that_it_did() {
    let sink = Sink::start().await;
    let server = Overt::start(&sink).await;
    server.agreed(&sink, ANN).await;
    let cookie = server.sign_in().await;
    let contacts = server.api("contacts").await;
    let id = contacts["items"][0]["id"].as_str().unwrap().to_owned();
    let answer = server
        .submit_form(&format!("/contacts/{id}/evidence"), &cookie, &[])
        .await;
    assert_eq!(answer.status(), 200);
    let out = server.data().join("desk.zip");
    std::fs::write(&out, answer.bytes().await.unwrap()).unwrap();
    let key = said(&run(server.command("audit").arg("key"), b""));
    let proven = verify(&out, key.trim());
    assert_eq!(proven.status.code(), Some(0), "{}", said(&proven));
    let second = server.data().join("second.zip");
    let period = ["--from", "2026-01-01", "--to", "2099-12-31", "--out"];
    let period = period.into_iter().chain([second.to_str().unwrap()]);
    run(server.command("evidence").args(period), b"");
    let acts = std::fs::read(&second).unwrap();
    assert!(position(&acts, "evidence of consent").is_some());
    assert!(position(&acts, &format!("contact:{id}")).is_some());
}
