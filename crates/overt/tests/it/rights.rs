//! The rights of the person with the real program: a copy of everything, erasure down to the bytes, backups that do not
//! bring anybody back, and a withdrawal that erases.

use crate::support::overt::Overt;
use crate::support::process::{run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::until;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::Path;

const SENTINEL: &str = "zq7sentinel";
const ZOE: &str = "zq7sentinel@reader.example";
const ANN: &str = "ann@reader.example";

/// What a command printed on standard output, having gone well.
fn printed(overt: &Overt, name: &str, arguments: &[&str]) -> String {
    let output = run(overt.command(name).args(arguments), b"");
    assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Files of a folder in which a text stands.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        if bytes
            .windows(text.len())
            .any(|w| w.eq_ignore_ascii_case(text.as_bytes()))
        {
            found.push(entry.file_name().display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn r_dsr_04_erasing_somebody_leaves_no_byte_and_no_live_token() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    overt.agreed(&sink, ZOE).await;
    overt.send(&[ZOE], "For zq7sentinel@reader.example").await;
    let mail = sink.mail(ZOE, "For zq7").await;
    let reader = Reader::default();
    let picture = reader.open(&mail.pixel()).await;
    overt
        .copy("For zq7sentinel@reader.example", ZOE, |copy| {
            copy["opens"]["human"] == 1
        })
        .await;

    let export: Value =
        serde_json::from_str(&printed(&overt, "export", &[ZOE, "--format", "json"])).unwrap();
    assert_eq!(export["address"], ZOE);
    assert!(printed(&overt, "export", &[ZOE]).contains("The mail was opened"));
    let tables = overt.folder.path().join("tables");
    printed(
        &overt,
        "export",
        &[ZOE, "--format", "csv", "--out", tables.to_str().unwrap()],
    );
    assert!(files_with(&tables, SENTINEL).contains(&"contact.csv".to_owned()));

    let asked = run(overt.command("erase").arg(ZOE), b"");
    assert_eq!(asked.status.code(), Some(1), "not without being sure");
    assert!(said(&asked).contains("--yes"), "{}", said(&asked));
    let receipt = printed(&overt, "erase", &[ZOE, "--yes"]);
    assert!(
        receipt.contains("\"by\":\"operator\"") && !receipt.contains(SENTINEL),
        "{receipt}"
    );

    // The server runs all the while; its log of changes is emptied, too.
    until("no byte is left", async || {
        files_with(overt.data(), SENTINEL).is_empty().then_some(())
    })
    .await;
    assert!(!overt.process().log().contains(SENTINEL));
    assert_eq!(reader.open(&mail.pixel()).await, picture, "the same bytes");
    assert!(
        reader.click(&mail.link()).await.is_some(),
        "the link leads on"
    );
    let page = reader.request(Method::GET, &mail.page()).await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    let again = run(overt.command("erase").args([ZOE, "--yes"]), b"");
    assert!(said(&again).contains("no contact"), "{}", said(&again));
    // As on the person's own page: the address gets no advertising when somebody enters it again.
    let cookie = overt.sign_in().await;
    let page = format!("/contacts/suppressed?address={ZOE}");
    let page = overt.page(&page, &cookie).await;
    assert!(page.contains("They were erased"), "{page}");
    assert!(printed(&overt, "audit", &["verify"]).starts_with("whole"));
    overt.stop();
    assert_eq!(files_with(overt.data(), SENTINEL), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_dsr_05_a_backup_does_not_bring_back_who_was_erased() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    for address in [ZOE, ANN] {
        overt.agreed(&sink, address).await;
    }
    let file = overt.folder.path().join("backup.jsonl");
    let file = file.to_str().unwrap().to_owned();
    printed(&overt, "backup", &[&file]);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(SENTINEL));
    let keys = overt.data().join("backup-keys.jsonl");
    let before = std::fs::read_to_string(&keys).unwrap();
    printed(&overt, "erase", &[ZOE, "--yes"]);
    let after = std::fs::read_to_string(&keys).unwrap();
    assert_eq!(
        after.lines().count() + 1,
        before.lines().count(),
        "one key less"
    );
    overt.stop();

    // All is lost but the backup and what was kept apart from it.
    for name in ["overt.db", "overt.db-wal", "overt.db-shm"] {
        let _ = std::fs::remove_file(overt.data().join(name));
    }
    let said = printed(&overt, "restore", &[&file]);
    assert!(said.contains("are back"), "{said}");
    assert_eq!(files_with(overt.data(), SENTINEL), Vec::<String>::new());
    assert!(printed(&overt, "audit", &["verify"]).starts_with("whole"));
    let whose = run(overt.command("export").arg(ZOE), b"");
    assert_eq!(whose.status.code(), Some(1));
    let ann: Value =
        serde_json::from_str(&printed(&overt, "export", &[ANN, "--format", "json"])).unwrap();
    assert_eq!(ann["address"], ANN);
    // It serves again, and mails sent before lead to their page.
    overt.serve(&[]).await;
    let question = sink.mail(ANN, "Question").await;
    assert!(Reader::default().page(&question.page()).await.contains(ANN));
    let twice = run(overt.command("restore").arg(&file), b"");
    assert_eq!(twice.status.code(), Some(1), "never over a database in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn r_with_06_a_withdrawal_erases_and_links_lead_on() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Offer").await;
    let mail = sink.mail(ANN, "Offer").await;
    let reader = Reader::default();
    reader.open(&mail.pixel()).await;
    reader.click(&mail.link()).await;
    overt
        .copy("Offer", ANN, |copy| {
            copy["opens"]["human"] == 1 && copy["clicks"] != copy["nothing"]
        })
        .await;
    let said = reader.press(&mail.page(), ("withdraw", "all"), &[]).await;
    assert!(said.contains("being deleted"), "{said}");
    let copy = overt
        .copy("Offer", ANN, |copy| copy["tick"] == "untracked")
        .await;
    assert_eq!(copy["opens"]["human"], 0, "{copy}");
    until("the hits are gone", async || {
        (overt.hits("Offer", ANN).await == 0).then_some(())
    })
    .await;
    assert!(reader.click(&mail.link()).await.is_some());
    assert!(
        reader.page(&mail.page()).await.contains(ANN),
        "the page stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_dsr_03_requests_are_noted_and_answered() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    overt.send(&[ANN], "Hello").await;
    let noted = printed(
        &overt,
        "request",
        &["add", ANN, "--right", "access", "--note", "by letter"],
    );
    let id = noted.split_whitespace().next().unwrap().to_owned();
    assert!(printed(&overt, "request", &["list"]).contains("access         due "));
    // Forty days later it is overdue, and a watcher sees it by the exit code.
    overt.stop();
    overt.set("CLOCK_OFFSET_SECONDS", &(40 * 86_400).to_string());
    let late = run(overt.command("request").arg("list"), b"");
    assert_eq!(late.status.code(), Some(1), "{}", said(&late));
    assert!(said(&late).contains("OVERDUE since"), "{}", said(&late));
    let put_off = run(overt.command("request").args(["extend", &id, "much"]), b"");
    assert!(
        said(&put_off).contains("the term is over"),
        "{}",
        said(&put_off)
    );
    printed(&overt, "request", &["answer", &id, "the export, by mail"]);
    assert!(printed(&overt, "request", &["list"]).contains("answered, too late"));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_ret_03_a_dry_run_says_what_a_shorter_term_would_take() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    overt.send(&[ANN], "Offer").await;
    Reader::default()
        .open(&sink.mail(ANN, "Offer").await.pixel())
        .await;
    overt
        .copy("Offer", ANN, |copy| copy["opens"]["human"] == 1)
        .await;
    overt.stop();
    overt.set("CLOCK_OFFSET_SECONDS", &(10 * 86_400).to_string());
    let rows = |overt: &Overt| {
        let due: Value =
            serde_json::from_str(&printed(overt, "retention", &["--dry-run", "--json"])).unwrap();
        let hits = due
            .as_array()
            .unwrap()
            .iter()
            .find(|d| d["class"] == "hits")
            .unwrap();
        hits["rows"].as_u64().unwrap()
    };
    assert_eq!(rows(&overt), 0);
    overt.set("RETENTION__HITS_DAYS", "7");
    assert_eq!(rows(&overt), 1);
    assert_eq!(rows(&overt), 1, "nothing went");
    printed(&overt, "retention", &[]);
    assert_eq!(rows(&overt), 0);
    overt.set("RETENTION__HITS_DAYS", "91");
    let longer = run(overt.command("retention").arg("--dry-run"), b"");
    assert!(said(&longer).contains("at most 90"), "{}", said(&longer));
}
