//! What an auditor does with the command line: is the ledger whole, and what if somebody was at it.

use crate::support::dialogue::Dialogue;
use crate::support::overt::{OWNER, Overt};
use crate::support::process::{Process, overt, run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::until;
use serde_json::Value;
use std::process::Output;

const ANN: &str = "ann@reader.example";

fn audit(overt: &Overt, arguments: &[&str]) -> Output {
    run(overt.command("audit").args(arguments), b"")
}

/// Goes past the program into its file, and past the triggers that keep the program from rewriting by mistake.
fn sql(overt: &Overt, statements: &str) {
    let database = rusqlite::Connection::open(overt.data().join("overt.db")).unwrap();
    let triggers =
        "select coalesce(group_concat('drop trigger ' || name, ';'), '') from sqlite_master
                    where type = 'trigger'";
    let drops: String = database.query_row(triggers, [], |row| row.get(0)).unwrap();
    database
        .execute_batch(&format!("{drops};{statements}"))
        .unwrap();
}

fn number(overt: &Overt, query: &str) -> i64 {
    let database = rusqlite::Connection::open(overt.data().join("overt.db")).unwrap();
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_aud_02_what_was_done_to_the_ledger_is_found_with_its_place() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    // Asked about four things, agreed to two, confirmed two, behind what was done to set all up: nothing of it names her.
    let whole = audit(&overt, &["verify"]);
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    let first = number(&overt, "select min(ledger_seq) from consent_event");
    let place = |n: i64| first + n - 1;
    let entries = format!("{} entries", place(8));
    assert!(said(&whole).contains(&entries), "{}", said(&whole));

    // Signed when the server works, and kept elsewhere.
    overt.stop();
    overt.serve(&[]).await;
    let head = until("a signed head", async || {
        let out = String::from_utf8(audit(&overt, &["head"]).stdout).unwrap();
        (!out.is_empty()).then_some(out)
    })
    .await;
    assert!(!head.contains("ann"), "{head}");
    let kept = overt.data().join("kept.json");
    std::fs::write(&kept, &head).unwrap();
    let kept = kept.to_str().unwrap();
    let report = audit(&overt, &["verify", "--json", "--head", kept]);
    assert_eq!(report.status.code(), Some(0), "{}", said(&report));
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(
        (&report[0]["entries"], &report[0]["signed_heads"]),
        (&place(8).into(), &2.into())
    );
    overt.stop();

    let copy = |from: &str, to: &str| {
        std::fs::copy(overt.data().join(from), overt.data().join(to)).unwrap();
    };
    sql(&overt, "pragma wal_checkpoint(truncate)");
    copy("overt.db", "sound.db");
    let [second, third, fourth, fifth] = [2, 3, 4, 5].map(place);
    let (sixth, seventh) = (place(6), place(7));
    let signed = number(&overt, "select max(seq) from ledger_head");
    let swap = format!(
        "update ledger_entry set seq = 99 where seq = {second};
         update ledger_entry set seq = {second} where seq = {fourth};
         update ledger_entry set seq = {fourth} where seq = 99"
    );
    let wipe = "delete from ledger_head; delete from consent_event; delete from act; delete from ledger_entry";
    let cases = [
        (
            format!("update ledger_entry set at = at - 1 where seq = {third}"),
            format!("entry {third} was changed"),
        ),
        (
            format!("delete from ledger_entry where seq = {fifth}"),
            format!("entry {fifth} is missing"),
        ),
        (swap, format!("in the place of entry {second}")),
        (
            format!("delete from ledger_entry where seq > {sixth}"),
            format!("entry {seventh} and all after it are missing"),
        ),
        (
            "update ledger_head set hash = zeroblob(32)".into(),
            format!("the signed head of entry {signed}"),
        ),
        (
            format!("update consent_event set state = 'given' where ledger_seq = {first}"),
            format!("the event behind entry {first}"),
        ),
        (
            "update act set user_id = null, reason = 'it was me' where ledger_seq = 2".into(),
            "the event behind entry 2".into(),
        ),
        (
            format!("update ledger_entry set kind = 'Not a kind' where seq = {fourth}"),
            format!("entry {fourth} was changed"),
        ),
        (wipe.into(), "entry 1 and all after it are missing".into()),
    ];
    for (statements, says) in cases {
        copy("sound.db", "overt.db");
        sql(&overt, &statements);
        let found = audit(&overt, &["verify", "--head", kept]);
        assert_eq!(
            found.status.code(),
            Some(1),
            "{statements}: {}",
            said(&found)
        );
        assert!(
            said(&found).contains(&says),
            "{statements}: {}",
            said(&found)
        );
    }

    // Erasing her key is not tampering.
    copy("sound.db", "overt.db");
    sql(&overt, "delete from contact_key");
    let erased = audit(&overt, &["verify", "--head", kept]);
    assert_eq!(erased.status.code(), Some(0), "{}", said(&erased));
    assert!(
        said(&erased).contains("8 entries of erased contacts"),
        "{}",
        said(&erased)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r_cons_15_a_receipt_is_downloaded_and_verifies_offline() {
    let sink = Sink::start().await;
    let mut server = Overt::start(&sink).await;
    server.send(&[ANN], "Before").await;
    server.agreed(&sink, ANN).await;
    server.send(&[ANN], "After").await;
    let page = sink.mail(ANN, "After").await.page();
    let reader = Reader::default();
    let path = format!("{}/receipt.json", page.split('?').next().unwrap());
    assert!(
        reader
            .page(&page)
            .await
            .contains("/receipt.json\" download")
    );
    let text = reader.page(&path).await;
    assert_eq!(
        reader.page(&path).await,
        text,
        "the same consent, the same bytes"
    );
    let token = page.split("/p/").nth(1).unwrap();
    assert!(
        !text.contains("reader.example") && !text.contains(token),
        "{text}"
    );
    let origin = page.split("/p/").next().unwrap();
    let key = reader
        .page(&format!("{origin}/.well-known/overt-key"))
        .await;
    let key = key.trim();
    assert_eq!(said(&audit(&server, &["key"])).trim(), key);

    // The server is gone, and so is its folder as far as the verifier knows.
    let file = server.data().join("receipt.json");
    let file = file.to_str().unwrap();
    server.stop();
    let verify = |text: &[u8]| {
        std::fs::write(file, text).unwrap();
        run(overt().args(["consent", "verify", file, "--key", key]), b"")
    };
    let sound = verify(text.as_bytes());
    assert_eq!(sound.status.code(), Some(0), "{}", said(&sound));
    for words in [
        "The signature holds",
        "opening mails",
        "confirmed by mail",
        "250",
    ] {
        assert!(said(&sound).contains(words), "{words}: {}", said(&sound));
    }
    for place in (0..text.len()).step_by(97) {
        let mut flipped = text.clone().into_bytes();
        flipped[place] ^= 1;
        let found = verify(&flipped);
        assert_eq!(
            found.status.code(),
            Some(1),
            "byte {place}: {}",
            said(&found)
        );
    }

    // Taken back, there is nothing any more to have a receipt of.
    server.serve(&[]).await;
    reader.press(&page, ("withdraw", "all"), &[]).await;
    let gone = reader.request(reqwest::Method::GET, &path).await;
    assert_eq!(gone.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_aud_04_a_log_server_gets_every_entry_and_nothing_that_somebody_wrote() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    overt.agreed(&sink, ANN).await;
    // A wrong password at SMTP is an act (R-AUD-01), and once a minute is enough.
    for _ in 0..3 {
        let mut dialogue = Dialogue::open(overt.smtp).await;
        dialogue.say("EHLO client.example").await;
        let answer = dialogue.auth_plain(OWNER, "SENTINEL-PASSWORD").await;
        assert!(answer.starts_with("535"), "{answer}");
        dialogue.auth_plain("stranger@nowhere.example", "x").await;
    }
    let export = |arguments: &[&str]| {
        let output = audit(&overt, &[&["export"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let failures = |text: &str| text.matches("user.sign_in_failed").count();
    until("the failure is noted", async || {
        (failures(&export(&[])) > 0).then_some(())
    })
    .await;

    let text = export(&[]);
    assert_eq!(failures(&text), 1, "{text}");
    let lines: Vec<Value> = (text.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let places: Vec<_> = lines.iter().map(|line| line["seq"].as_u64()).collect();
    let all: Vec<_> = (1..=lines.len() as u64).map(Some).collect();
    assert_eq!(places, all, "every entry, in order");
    let report = audit(&overt, &["verify", "--json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report[0]["entries"], lines.len());
    assert_eq!(report[0]["head"]["hash"], lines.last().unwrap()["hash"]);
    for word in [
        "@",
        "SENTINEL",
        "Studio",
        "Dana",
        "Sample Street",
        &overt.app_password,
        &overt.api_key,
    ] {
        assert!(!text.contains(word), "{word} in {text}");
    }

    // Goes on where it left off, and stays.
    let rest = export(&["--since", "3"]);
    assert_eq!(rest.lines().count(), lines.len() - 3);
    let last = lines.len().to_string();
    let mut following = overt.command("audit");
    following.args(["export", "--syslog", "--follow", "--since", &last]);
    let mut following = Process::start(following);
    let cookie = overt.sign_in().await;
    let off = overt.submit_form("/settings/stop", &cookie, &[]).await;
    assert!(off.status().is_redirection(), "{}", off.status());
    assert!(following.says("switch.turned").await);
    let log = following.log();
    let line = log
        .lines()
        .find(|line| line.contains("switch.turned"))
        .unwrap();
    let fields: Vec<_> = line.splitn(8, ' ').collect();
    assert_eq!(fields[0], "<109>1", "{line}");
    assert!(fields[1].ends_with('Z') && fields[3] == "overt" && fields[5] == "switch.turned");
    let body: Value = serde_json::from_str(fields[7]).unwrap();
    assert_eq!(
        (&body["kind"], &body["object"]),
        (&"switch.turned".into(), &"workspace".into())
    );
}

#[test]
fn r_aud_04_the_rights_of_a_role_are_printed_for_any_name() {
    let printed = run(
        overt().args(["audit", "grants", "--role", "a\"; drop table act; --"]),
        b"",
    );
    assert_eq!(printed.status.code(), Some(0), "{}", said(&printed));
    let script = String::from_utf8(printed.stdout).unwrap();
    assert!(
        script
            .contains("grant select, insert on \"ledger_entry\" to \"a\"\"; drop table act; --\";")
    );
}
