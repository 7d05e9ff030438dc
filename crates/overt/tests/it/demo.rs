//! `overt demo`: the whole loop in a throw-away folder.

use crate::support::process::{Process, overt, run, said};
use crate::support::reader::Reader;
use crate::support::until;
use serde_json::Value;
use wire::smtp::{Credentials, Envelope, Recipient, Relay, Security, Timeouts};

#[test]
fn the_loop_closes_unattended() {
    let output = run(overt().args(["demo", "--check"]), b"");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.lines().count() >= 8 && said.lines().all(|line| line.starts_with("ok ")),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_a_line_and_a_mailbox_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = overt();
    command
        .args(["demo", "--json"])
        .env("TMPDIR", folder.path());
    let mut demo = Process::start(command);
    assert!(demo.says("\n").await);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let said = demo.log();
    assert_eq!(said.lines().count(), 1, "{said}");
    let line: Value = serde_json::from_str(&said).unwrap();
    let text = |key: &str| {
        line[key]
            .as_str()
            .unwrap_or_else(|| panic!("{key} is missing: {line}"))
            .to_owned()
    };
    for origin in ["dashboard", "tracker"] {
        let answer = reqwest::get(format!("{}/healthz", text(origin)))
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{origin}");
    }
    let contacts = line["contacts"].as_array().unwrap();
    let consents: Vec<_> = contacts
        .iter()
        .map(|contact| contact["consent"].as_str().unwrap())
        .collect();
    assert_eq!(consents, ["given", "unknown", "withdrawn"]);
    let ada = contacts[0]["address"].as_str().unwrap().to_owned();

    let (host, port) = text("smtp")
        .rsplit_once(':')
        .map(|(h, p)| (h.to_owned(), p.parse().unwrap()))
        .unwrap();
    let relay = Relay {
        host,
        port,
        security: Security::None,
        auth: Some(Credentials {
            name: text("smtp_user"),
            password: text("smtp_password"),
        }),
        hello: "client.example".into(),
        timeouts: Timeouts::default(),
    };
    let from = text("from");
    let mail = format!("From: {from}\r\nTo: {ada}\r\nSubject: For programs\r\n\r\nhello\r\n");
    let envelope = Envelope {
        from,
        recipients: vec![Recipient::new(&ada)],
        ..Envelope::default()
    };
    let mut connection = relay.connect().await.unwrap();
    assert!(
        connection
            .send(&envelope, mail.as_bytes())
            .await
            .unwrap()
            .outcome(0)
            .unwrap()
            .is_positive()
    );

    let (reader, mailbox) = (Reader::default(), text("mailbox"));
    let entry = until("the mail is in the mailbox", async || {
        let list: Value =
            serde_json::from_str(&reader.page(&format!("{mailbox}/messages.json")).await).unwrap();
        list.as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(
        (entry["to"].as_str(), entry["subject"].as_str()),
        (Some(&*ada), Some("For programs"))
    );
    assert!(entry["at"].is_string(), "{entry}");
    let raw = reader
        .page(&format!(
            "{mailbox}/messages/{}.eml",
            entry["id"].as_str().unwrap()
        ))
        .await;
    assert!(
        raw.contains("Subject: For programs\r\n") && raw.ends_with("\r\nhello\r\n"),
        "{raw}"
    );
    let http = reqwest::Client::new();
    let list = http
        .get(format!("{}/api/v1/messages", text("dashboard")))
        .bearer_auth(text("api_key"))
        .send()
        .await;
    assert!(list.unwrap().status().is_success());

    assert_eq!(demo.stop(), 0);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "the folder is still there"
    );
}
