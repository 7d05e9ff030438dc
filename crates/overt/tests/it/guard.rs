//! `overt scan` and `overt clean`: what comes out, what is told, and that nobody is asked.

use crate::support::process::{overt, run, said};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

const TOKEN: &str = "8d7f3c2a91b04e56a1b2c3d4e5f60718";
const MODES: [&str; 3] = ["html", "text", "protect"];

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guard/tests/cases")
}

fn case(name: &str) -> Vec<u8> {
    std::fs::read(cases().join(format!("{name}.eml"))).unwrap()
}

/// What comes out, and the report.
fn clean(mode: &str, source: &[u8]) -> (Vec<u8>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let mut command = overt();
    command
        .args(["clean", "--mode", mode, "--report"])
        .arg(&report);
    let output = run(&mut command, source);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report = std::fs::read(&report).unwrap();
    (output.stdout, serde_json::from_slice(&report).unwrap())
}

/// A newsletter whose addresses all lead to one host.
fn newsletter(host: &str) -> Vec<u8> {
    format!(
        "From: News <news@shop.example>\r\nTo: Ada <ada@reader.example>\r\nSubject: Sentinel subject\r\nMIME-Version: 1.0\r\n\
         List-Unsubscribe: <http://{host}/unsubscribe?u={TOKEN}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><link rel=stylesheet href=\"http://{host}/s.css\"></head><body>\
         <p>Sentinel words.</p><a href=\"http://{host}/track/click?u={TOKEN}&amp;url=https%3A%2F%2Fshop.example%2F\">Sale</a>\
         <a href=\"http://{host}/unsubscribe?u={TOKEN}\">Unsubscribe</a><img src=\"http://{host}/logo.png\" width=200 height=80 alt=Shop>\
         <img src=\"http://{host}/o.gif?u={TOKEN}\" width=1 height=1></body></html>\r\n"
    )
    .into_bytes()
}

#[test]
fn r_gw_01_a_report_keeps_hosts_and_counts_and_nothing_of_the_mail() {
    let source = newsletter("t.shop.example");
    for mode in MODES {
        let (_, report) = clean(mode, &source);
        let text = report.to_string();
        for sentinel in [TOKEN, "Sentinel", "ada@reader.example", "news@", "o.gif"] {
            assert!(!text.contains(sentinel), "{mode}: {sentinel} in {text}");
        }
        assert!(text.contains("t.shop.example"), "{text}");
        assert_eq!(report["mode"], mode);
        assert_eq!(report["changed"], true, "{text}");
    }
}

#[test]
fn r_gw_02_nobody_is_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let source = newsletter(&listener.local_addr().unwrap().to_string());
    for mode in MODES {
        let (out, _) = clean(mode, &source);
        let out = String::from_utf8(out).unwrap();
        assert!(
            out.contains("List-Unsubscribe: <http://127.0.0.1"),
            "{mode}: the way out stays"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.eml"), &source).unwrap();
    let output = run(overt().arg("scan").arg(folder.path()), b"");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // Whoever had connected would wait here: both ends are on this machine.
    let asked = listener.accept();
    assert!(asked.is_err(), "somebody connected: {asked:?}");
}

#[test]
fn r_gw_04_signed_and_encrypted_mail_comes_out_as_it_came() {
    for name in [
        "whole-smime-signed",
        "whole-pgp-encrypted",
        "whole-inline-pgp",
    ] {
        let source = case(name);
        for mode in MODES {
            let (out, report) = clean(mode, &source);
            assert!(out == source, "{name}, {mode}");
            let notes = report["notes"].as_array().unwrap();
            assert!(
                notes.iter().any(|note| note["code"] == "untouched"),
                "{name}, {mode}: {report}"
            );
            assert_eq!(
                (&report["changed"], &report["clean"]),
                (&false.into(), &true.into())
            );
        }
    }
}

#[test]
fn r_gw_05_what_overt_puts_in_overt_takes_out() {
    let folder = tempfile::tempdir().unwrap();
    let source = "From: ann@sender.example\r\nTo: ada@reader.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
                  <html><body><p>Look at <a href=\"https://shop.example/a?b=1&amp;c=2\">this</a>.</p></body></html>\r\n";
    let mut command = overt();
    command
        .args([
            "instrument",
            "--sample",
            "--to",
            "ada@reader.example",
            "--out",
        ])
        .arg(folder.path());
    assert_eq!(run(&mut command, source.as_bytes()).status.code(), Some(0));
    let copy = std::fs::read(folder.path().join("1.eml")).unwrap();
    let tracked = String::from_utf8(copy.clone()).unwrap();
    assert!(
        tracked.contains("/o/") && tracked.contains("/c/"),
        "{tracked}"
    );
    for mode in MODES {
        let (out, report) = clean(mode, &copy);
        let out = String::from_utf8(out).unwrap();
        assert!(
            !out.contains("/o/") && !out.contains("/c/"),
            "{mode}: {out}"
        );
        assert!(out.contains("shop.example/a?b"), "{mode}: {out}");
        let kinds: Vec<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (&f["kind"], &f["vendor"]))
            .collect();
        for kind in ["open_beacon", "tracked_link"] {
            assert!(
                kinds.contains(&(&kind.into(), &"Overt".into())),
                "{mode}: {kinds:?}"
            );
        }
    }
}

#[test]
fn a_mail_in_doubt_goes_through_and_is_told_of() {
    let source = case("whole-ambiguous");
    let output = run(overt().args(["clean", "--mode", "protect"]), &source);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout == source, "nothing is lost");
    assert!(said(&output).contains("structure"), "{}", said(&output));
    let output = run(overt().args(["clean", "--mode", "html"]), b"no mail at all");
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(1), &b"no mail at all"[..])
    );
}

#[test]
fn scan_tells_in_three_ways() {
    let folder = tempfile::tempdir().unwrap();
    let maildir = folder.path().join("box");
    for sub in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(maildir.join(sub)).unwrap();
    }
    std::fs::write(maildir.join("cur/1:2,S"), case("vendor-sendgrid")).unwrap();
    std::fs::write(maildir.join("new/2"), case("innocent-spacers")).unwrap();
    let mut mbox = b"From a Mon\n".to_vec();
    mbox.extend(case("vendor-mailchimp"));
    mbox.extend_from_slice(b"\nFrom b Tue\n");
    mbox.extend(case("beacon-tiny-last"));
    std::fs::write(folder.path().join("old.mbox"), mbox).unwrap();

    let table = run(overt().arg("scan").arg(folder.path()), b"");
    let table = String::from_utf8(table.stdout).unwrap();
    for words in [
        "4 mails looked at",
        "open beacon     in 3 mails",
        "SendGrid",
        "Mailchimp",
        "old.mbox, mail 2",
        "unknown service",
    ] {
        assert!(table.contains(words), "{words} in {table}");
    }
    assert!(!table.contains("new/2"), "nothing to tell of it: {table}");

    let lines = run(overt().args(["scan", "--json"]).arg(folder.path()), b"");
    let lines: Vec<Value> = lines
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    let beacons = |line: &Value| {
        line["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["kind"] == "open_beacon")
            .count()
    };
    assert_eq!(lines.iter().map(beacons).collect::<Vec<_>>(), [1, 0, 1, 1]);

    let page = run(overt().args(["scan", "--html"]).arg(folder.path()), b"");
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(
        page.contains("<td>SendGrid<td class=\"number\">1 mail"),
        "{page}"
    );
    assert!(
        !page.contains(TOKEN) && !page.contains("http"),
        "no address of a mail: {page}"
    );

    let missing = run(overt().args(["scan", "/nowhere/at/all"]), b"");
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        said(&missing).contains("/nowhere/at/all"),
        "{}",
        said(&missing)
    );
}
