//! A full disk: mail is refused for now, readers notice nothing, and with room again everything goes on.

use crate::support::database::Database;
use crate::support::mail::{SITE, html_mail};
use crate::support::overt::Overt;
use crate::support::process::clean;
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::{tool, until};
use std::io::Write;

const ANN: &str = "ann@reader.example";

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_outside_and_readers_notice_nothing() {
    let sink = Sink::start().await;
    let mut overt = Overt::set_up(&Database::Sqlite, sink.port, &[("DATA", "disk")]).await;
    std::fs::create_dir(overt.data().join("disk")).unwrap();
    // A small disk of its own, in a mount namespace that ends with the process.
    let mut command = clean(tool("unshare", "util-linux"));
    if !rustix::process::getuid().is_root() {
        command.arg("--map-root-user");
    }
    let script = "mount -t tmpfs -o size=12m none \"$1/disk\" && cp -p \"$1/keys.toml\" \"$1\"/overt.db* \"$1/disk\" && \
        exec \"$2\" serve --config \"$1/overt.toml\"";
    command
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(overt.data())
        .arg(env!("CARGO_BIN_EXE_overt"));
    command.envs(overt.environment());
    overt.run(command).await;
    overt.sign_up().await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Before").await;
    let mail = sink.mail(ANN, "Before").await;
    overt.sent("Before", ANN).await;

    let disk = format!(
        "/proc/{}/root{}/disk",
        overt.process().id(),
        overt.data().display()
    );
    let ballast = std::path::Path::new(&disk).join("ballast");
    fill(&ballast);
    // Large enough to need room that is not there.
    let large = html_mail(&[ANN], "Large", "")
        .replace("Hello", &"Hello again. ".repeat(100_000))
        .replace("again. Hello", "again.\r\nHello");
    let mut dialogue = overt.dialogue().await;
    let answer = dialogue
        .mail(crate::support::overt::OWNER, ANN, large.as_bytes())
        .await;
    assert!(answer.starts_with("452 4.3.1"), "{answer}");
    let answer = overt
        .post_mail(&format!("to={ANN}"), large.as_bytes())
        .await;
    assert_eq!(answer.status(), 503);
    let reader = Reader::default();
    reader.open(&mail.pixel()).await;
    assert_eq!(reader.click(&mail.link()).await.as_deref(), Some(SITE));
    let health = reader
        .request(reqwest::Method::GET, &format!("{}/healthz", overt.tracker))
        .await;
    assert!(health.status().is_success());

    std::fs::remove_file(&ballast).unwrap();
    overt
        .copy("Before", ANN, |copy| {
            copy["opens"]["human"] == 1 && copy["clicks"]["human"] == 1
        })
        .await;
    assert_eq!(overt.hits("Before", ANN).await, 2);
    until("mail is taken again", async || {
        overt
            .submit(&[ANN], large.as_bytes())
            .await
            .is_positive()
            .then_some(())
    })
    .await;
    sink.mail(ANN, "Large").await;
    overt.sent("Large", ANN).await;
    assert_eq!(
        sink.mails()
            .iter()
            .filter(|mail| mail.subject() == "Large")
            .count(),
        1,
        "what was refused came all the same"
    );
    overt.stop();
}

/// Writes until nothing more fits.
fn fill(path: &std::path::Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}
