//! The command line: set-up, configuration, exit codes, and `overt doctor`.

use crate::support::database::Database;
use crate::support::overt::{OWNER, Overt, PASSWORD};
use crate::support::process::{Process, overt, run, said};
use crate::support::sink::Sink;
use crate::support::{free_port, until};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

#[test]
fn setting_up_twice_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(&mut init(folder.path()), format!("{PASSWORD}\n").as_bytes());
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let files = ["overt.toml", "keys.toml", "overt.db"];
    let read = || files.map(|file| std::fs::read(folder.path().join(file)).unwrap());
    let before = read();
    let second = run(&mut init(folder.path()), format!("{PASSWORD}\n").as_bytes());
    assert_eq!(second.status.code(), Some(1));
    assert!(
        said(&second).contains("overt.toml exists already"),
        "{}",
        said(&second)
    );
    assert!(read() == before);
    // Without the file but with the database: the owner is there already.
    std::fs::remove_file(folder.path().join("overt.toml")).unwrap();
    let third = run(&mut init(folder.path()), format!("{PASSWORD}\n").as_bytes());
    assert_eq!(third.status.code(), Some(1));
    assert!(
        said(&third).contains("is a user of this database already"),
        "{}",
        said(&third)
    );
}

#[test]
fn setting_up_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let short = run(&mut init(folder.path()), b"short\n");
    assert_eq!(short.status.code(), Some(1));
    assert!(
        said(&short).contains("at least 10 characters"),
        "{}",
        said(&short)
    );
    assert!(!folder.path().join("overt.toml").exists());
    let missing = run(overt().args(["init", "--dir"]).arg(folder.path()), b"");
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        said(&missing).contains("not given: Name of your organisation"),
        "{}",
        said(&missing)
    );
    for wrong in [
        &["init", "--owner", "nobody"][..],
        &["init", "--relay-security", "perhaps"],
        &["sing"],
        &["serve", "--role", "king"],
        &[],
    ] {
        assert_eq!(
            run(overt().args(wrong), b"").status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
    for fine in [&["--help"][..], &["--version"], &["serve", "--help"]] {
        assert_eq!(
            run(overt().args(fine), b"").status.code(),
            Some(0),
            "{fine:?}"
        );
    }
}

#[tokio::test]
async fn configuration_errors_are_named_all_at_once() {
    let mut overt = Overt::set_up(&Database::Sqlite, 25, &[]).await;
    let config = overt.data().join("overt.toml");
    let written = std::fs::read_to_string(&config).unwrap();

    std::fs::write(
        &config,
        written.replace("port = 25", "port = 25\nhots = \"x\""),
    )
    .unwrap();
    let unknown = serve(&overt);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        said(&unknown).contains("unknown field `hots`"),
        "{}",
        said(&unknown)
    );
    std::fs::write(&config, "this is not toml").unwrap();
    assert!(said(&serve(&overt)).contains("is not valid TOML"));
    std::fs::write(&config, &written).unwrap();

    overt.set("RELAY__USER", "somebody");
    overt.set("SUBMIT__LISTEN_TLS", "[\"127.0.0.1:1\"]");
    overt.set("TRACKER__CERTIFICATE", "chain.pem");
    let tracker = overt.tracker.clone();
    overt.set("ADMIN__ORIGIN", &tracker);
    overt.set("TRACKER__ORIGIN", &tracker);
    let all = said(&serve(&overt));
    for wrong in [
        "[relay] user and password",
        "[submit] listen_tls needs",
        "[tracker] certificate and key",
        "origins of their own",
    ] {
        assert!(all.contains(wrong), "{wrong} is not in: {all}");
    }
    let mut elsewhere = overt.command("serve");
    elsewhere.env("OVERT_RELAY__PASWORD", "typo");
    assert!(said(&run(&mut elsewhere, b"")).contains("pasword"));
    let nowhere = run(
        crate::support::process::overt().args(["serve", "--config", "/nowhere/overt.toml"]),
        b"",
    );
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(
        said(&nowhere).contains("run `overt init` first"),
        "{}",
        said(&nowhere)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    let second = serve(&overt);
    assert_eq!(second.status.code(), Some(1));
    assert!(
        said(&second).contains("cannot listen on 127.0.0.1:"),
        "{}",
        said(&second)
    );
    // The first is none the worse for it.
    overt.send(&["ann@reader.example"], "Still here").await;
    sink.mail("ann@reader.example", "Still here").await;
    overt.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_sees_what_is_well_and_what_is_not() {
    let mut sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    let well = doctor(&overt);
    assert_eq!(well.0, 0, "{}", well.1);
    for check in ["keys", "database", "disk", "relay", "clock"] {
        assert_eq!(state(&well.1, check), "fine", "{}", well.1);
    }
    assert_eq!(
        state(&well.1, "tracker"),
        "watch",
        "a loopback address is nothing for recipients: {}",
        well.1
    );
    let plain = run(&mut overt.command("doctor"), b"");
    assert!(
        plain.status.success() && said(&plain).contains("ok     relay: 127.0.0.1:"),
        "{}",
        said(&plain)
    );

    sink.down().await;
    overt.stop();
    let (code, ill) = doctor(&overt);
    assert_eq!(code, 1);
    assert_eq!(
        (state(&ill, "relay"), state(&ill, "tracker")),
        ("broken", "broken")
    );
    assert!(found(&ill, "relay").contains("Check [relay]"), "{ill}");
    assert!(
        found(&ill, "tracker").contains("is `overt serve` or"),
        "{ill}"
    );

    // Somebody else where the tracker should be.
    sink.up().await;
    overt.set(
        "TRACKER__ORIGIN",
        &overt.admin.clone().replace("127.0.0.1", "localhost"),
    );
    let mut web = overt.command("serve");
    web.args(["--role", "web"]);
    overt.run(web).await;
    let (_, wrong) = doctor(&overt);
    assert_eq!(state(&wrong, "tracker"), "broken", "{wrong}");

    std::fs::set_permissions(
        overt.data().join("keys.toml"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    let (_, open) = doctor(&overt);
    assert!(found(&open, "keys").contains("chmod 600"), "{open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_a_wrong_password_of_the_relay() {
    // Overt itself is a server that asks for a password.
    let sink = Sink::start().await;
    let first = Overt::start(&sink).await;
    let port = first.smtp.port();
    let user = [
        ("RELAY__USER", OWNER),
        ("RELAY__PASSWORD", "wrong-password"),
    ];
    let second = Overt::set_up(&Database::Sqlite, port, &user).await;
    let (code, findings) = doctor(&second);
    assert_eq!(code, 1);
    assert!(
        found(&findings, "relay").contains("refuses the sign-in: 535"),
        "{findings}"
    );
    let user = [
        ("RELAY__USER", OWNER),
        ("RELAY__PASSWORD", first.app_password.as_str()),
    ];
    let third = Overt::set_up(&Database::Sqlite, port, &user).await;
    assert!(found(&doctor(&third).1, "relay").contains("signed in"));
}

/// A password stands nowhere but in the file where it was put.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_configuration_does_not_show_its_secrets() {
    let overt = Overt::set_up(
        &Database::Sqlite,
        free_port(),
        &[("RELAY__PASSWORD", "SENTINEL")],
    )
    .await;
    let output = serve(&overt);
    assert_eq!(output.status.code(), Some(1));
    assert!(!said(&output).contains("SENTINEL"), "{}", said(&output));
    let config = overt.data().join("overt.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "\npassword = \"SENTINEL\nuser = 1").unwrap();
    let output = serve(&overt);
    assert!(!said(&output).contains("SENTINEL"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_starting_or_idle_is_quick_and_clean() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    overt.stop();
    assert!(overt.process().log().contains("stopping"));
    // Clients that stay connected do not hold it up.
    overt.serve(&[]).await;
    let _idle = overt.dialogue().await;
    let mut stream = tokio::net::TcpStream::connect(overt.tracker.trim_start_matches("http://"))
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET /healthz HTTP/1.1\r\n")
        .await
        .unwrap();
    overt.stop();
    let mut twice = Process::start(overt.command("serve"));
    until("it has begun", async || {
        (!twice.log().is_empty()).then_some(())
    })
    .await;
    assert_eq!(twice.stop(), 0, "{}", twice.log());
}

fn init(folder: &Path) -> Command {
    let mut init = overt();
    init.arg("init").arg("--dir").arg(folder).args([
        "--workspace",
        "Studio",
        "--owner",
        OWNER,
        "--name",
        "Dana",
    ]);
    init.args([
        "--password-stdin",
        "--admin-origin",
        "https://overt.example",
        "--tracker-origin",
        "https://t.example",
    ]);
    init.args(["--relay-host", "smtp.example"]);
    init
}

fn serve(overt: &Overt) -> Output {
    run(&mut overt.command("serve"), b"")
}

fn doctor(overt: &Overt) -> (i32, Value) {
    let output = run(overt.command("doctor").arg("--json"), b"");
    let findings =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    (output.status.code().unwrap(), findings)
}

fn finding<'a>(findings: &'a Value, check: &str) -> &'a Value {
    findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap()
}

fn state<'a>(findings: &'a Value, check: &str) -> &'a str {
    finding(findings, check)["state"].as_str().unwrap()
}

fn found<'a>(findings: &'a Value, check: &str) -> &'a str {
    finding(findings, check)["text"].as_str().unwrap()
}
