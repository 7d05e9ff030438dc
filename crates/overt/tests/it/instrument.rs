//! `overt instrument`: copies for a sender who delivers them himself.

use crate::advertising::{enter_agreed, give_postal_address};
use crate::support::database::Database;
use crate::support::mail::{Mail, SITE, html_mail};
use crate::support::overt::Overt;
use crate::support::process::{overt, run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use wire::smtp::Envelope;

const ANN: &str = "ann@reader.example";
const EVE: &str = "eve@reader.example";

fn mail(folder: &Path, file: &str, to: &str) -> Mail {
    Mail {
        envelope: Envelope::default(),
        to: to.into(),
        bytes: Arc::new(std::fs::read(folder.join(file)).unwrap()),
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_handed_over_and_what_comes_back_counts() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        overt.agreed(&sink, ANN).await;
        let delivered = sink.mails().len();

        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("report.json");
        let mut command = overt.command("instrument");
        command.args(["--to", EVE, "--to", ANN, "--out"]);
        command.arg(folder.path()).arg("--report").arg(&report);
        let source = html_mail(&[EVE, ANN], "Piped", "");
        let output = run(&mut command, source.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));

        // Each by their own consent, in the order of --to.
        let eve = mail(folder.path(), "1.eml", EVE);
        let ann = mail(folder.path(), "2.eml", ANN);
        assert!(!eve.is_tracked() && ann.is_tracked());
        assert!(!ann.source().contains("Received:"));
        let report = json(&report);
        let copies = &report["copies"];
        assert_eq!(copies[0]["reason"], "never_asked", "{report}");
        assert_eq!(
            (&copies[1]["to"], &copies[1]["mode"]["click"]),
            (&ANN.into(), &"individual".into())
        );
        let link = &report["links"][0];
        assert_eq!(link["destination"], SITE, "{report}");
        assert_eq!(link["tracked_in"], serde_json::json!(["2.eml"]));
        assert_eq!(report["parts"][0]["role"], "html", "{report}");

        // Known here, and handed over: nobody else delivers it.
        let copy = overt.copy("Piped", ANN, |_| true).await;
        assert_eq!(
            (&copy["state"], &copy["tick"]),
            (&"handed_over".into(), &"sent".into())
        );
        let reader = Reader::default();
        reader.open(&ann.pixel()).await;
        assert_eq!(reader.click(&ann.link()).await.as_deref(), Some(SITE));
        overt
            .copy("Piped", ANN, |copy| copy["tick"] == "read")
            .await;
        overt.send(&[EVE], "By us").await;
        sink.mail(EVE, "By us").await;
        assert_eq!(sink.mails().len(), delivered + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_forbidden_in_the_meantime_stops_no_other() {
    const BOB: &str = "bob@reader.example";
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    give_postal_address(&overt).await;
    for person in [ANN, BOB, EVE] {
        enter_agreed(&overt, person, "be").await;
    }
    // Bob takes back his consent to advertising right after the mail was accepted.
    let database = rusqlite::Connection::open(overt.data().join("overt.db")).unwrap();
    database
        .execute_batch(
            "create trigger in_the_meantime after insert on copy when new.address like 'bob@%' begin
               update contact set mail_consent = 'none', source_kind = 'public' where id = new.contact_id; end",
        )
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = overt.command("instrument");
    command.args(["--to", ANN, "--to", BOB, "--to", EVE, "--out"]);
    command.arg(folder.path());
    let source = html_mail(&[ANN, BOB, EVE], "Offer", "X-Overt-Class: marketing\r\n");
    let output = run(&mut command, source.as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let forbidden = model::Reason::NoMailConsent.sentence();
    assert!(said(&output).contains(forbidden), "{}", said(&output));
    let written = |file: &str| folder.path().join(file).is_file();
    assert_eq!(
        ["1.eml", "2.eml", "3.eml"].map(written),
        [true, false, true]
    );
    let copy = overt
        .copy("Offer", BOB, |copy| copy["state"] == "bounced")
        .await;
    assert_eq!(copy["refusal"], "no_mail_consent", "{copy}");
    overt
        .copy("Offer", EVE, |copy| copy["state"] == "handed_over")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_leaves_nothing_behind() {
    let sink = Sink::start().await;
    let overt_ = Overt::start(&sink).await;
    let folder = tempfile::tempdir().unwrap();
    let failing = |arguments: &[&str], input: &str| {
        let mut command = overt_.command("instrument");
        command.args(arguments).arg("--out").arg(folder.path());
        let output = run(&mut command, input.as_bytes());
        (output.status.code(), said(&output))
    };
    let stranger = html_mail(&[ANN], "x", "").replace("From:", "From: no@body.example\r\nX-Was:");
    let (code, words) = failing(&["--to", ANN], &stranger);
    assert_eq!(code, Some(1));
    assert!(words.contains("nobody's identity here"), "{words}");
    let (code, words) = failing(&["--to", ANN, "--to", ANN], &html_mail(&[ANN], "x", ""));
    assert!(code == Some(1) && words.contains("given twice"), "{words}");
    let (code, words) = failing(&["--to", ANN], "no mail");
    assert!(
        code == Some(1) && words.contains("standard input"),
        "{words}"
    );
    assert_eq!(failing(&["--to", "nobody"], "").0, Some(2));
    assert_eq!(failing(&[], "").0, Some(2));
    let none = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(none, 0, "no copy without a decision");
    let nowhere = run(
        overt()
            .args(["instrument", "--to", ANN, "--config", "/nowhere/overt.toml"])
            .args(["--out".as_ref(), folder.path().as_os_str()]),
        html_mail(&[ANN], "x", "").as_bytes(),
    );
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(said(&nowhere).contains("overt init"), "{}", said(&nowhere));
}

#[test]
fn a_sample_needs_nothing_and_can_never_be_tracked() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = overt();
    command.args(["instrument", "--sample", "--to", ANN, "--report", "-"]);
    command.arg("--out").arg(folder.path());
    let output = run(&mut command, html_mail(&[ANN], "Sample", "").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let copy = mail(folder.path(), "1.eml", ANN);
    assert!(copy.source().contains("https://sample.invalid/o/"));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["links"][0]["tracked"], true);
}

#[test]
fn the_report_for_people_goes_copy_by_copy_part_by_part_and_link_by_link() {
    let folder = tempfile::tempdir().unwrap();
    let table = |source: &str, more: &[&str]| {
        let mut command = overt();
        command.args(["instrument", "--sample", "--to", ANN]);
        command.args(more).arg("--out").arg(folder.path());
        let output = run(command.arg("--report"), source.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let source = "From: a@b.example\r\nSubject: =?utf-8?Q?Red=1B[31m?=\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
        <a href=\"https://shop.example/\">Shop</a> <a href=\"mailto:a@b.example\">Write</a>\r\n\
        --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=x.pdf\r\n\r\n%PDF\r\n--b--\r\n";
    assert_eq!(
        table(source, &["--to", EVE]),
        "\
Red\u{fffd}[31m
The body can be tracked.

Copy   To                  Tracked
1.eml  ann@reader.example  opens: individual, clicks: individual
2.eml  eve@reader.example  opens: individual, clicks: individual

Part   Type             What is done with it
whole  multipart/mixed  holds the parts below it
1      text/html        image, links and line go in here
2      application/pdf  a file, left as it is

Link  Part  Tracked                Leads to
1     1     yes                    https://shop.example/
2     1     no: not a web address  mailto:a@b.example
"
    );
    let signed = source.replace("multipart/mixed", "multipart/signed");
    let table = table(&signed, &[]);
    assert!(table.contains("The body stays as it is: "), "{table}");
    let html = table
        .lines()
        .find(|line| line.contains("text/html"))
        .unwrap();
    assert!(
        html.contains("left as it is: the mail, or a file in it, is signed"),
        "{table}"
    );
    assert!(table.contains("1.eml  ann@reader.example  no: "), "{table}");
    assert!(table.ends_with("\nNo links were looked at.\n"), "{table}");
}
