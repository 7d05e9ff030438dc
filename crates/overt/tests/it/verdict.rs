//! `overt verdict`, as somebody tests the rules with their own log.

use crate::support::process::{overt, run, said};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Output, Stdio};

fn verdict(arguments: &[&str], log: &str) -> Output {
    run(overt().arg("verdict").args(arguments), log.as_bytes())
}

fn verdicts(output: &Output) -> Vec<Value> {
    let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const CURL: &str = r#"{"id":"a","kind":"open","at":"2026-11-21T20:48:00Z","headers":{"User-Agent":"curl/8.14.1"}}"#;

#[test]
fn a_log_comes_out_as_verdicts_in_its_order() {
    let members = [
        "id",
        "opener",
        "meaning",
        "confidence",
        "reasons",
        "client",
        "browser",
        "os",
        "device",
        "network",
        "country",
        "revised_from",
    ];
    for arguments in [&[][..], &["--settle"]] {
        let output = verdict(
            arguments,
            &format!("{CURL}\r\n\n{}\n", CURL.replace("\"a\"", "2")),
        );
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let judged = verdicts(&output);
        assert_eq!(
            (&judged[0]["id"], &judged[1]["id"]),
            (&"a".into(), &2.into())
        );
        for one in &judged {
            assert_eq!(one["meaning"], "machine");
            for member in members {
                assert!(one.get(member).is_some(), "{member} in {one}");
            }
        }
    }
    let nothing = verdict(&[], "");
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(0), 0));
}

#[test]
fn a_line_that_is_no_request_is_told_with_its_mend_and_costs_no_other() {
    let secret = r#"{"id":1,"kind":"open","at":"2026-11-21T20:48:00Z","remote":"secret.example"}"#;
    let giant = format!("\"{}\"", "x".repeat(2 << 20));
    let log = [CURL, "{\"id\":", secret, &giant, "{\"id\":\"\u{0}\"}", CURL].join("\n");
    let output = verdict(&[], &log);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(verdicts(&output).len(), 2, "the others are judged");
    let told = String::from_utf8(output.stderr).unwrap();
    for part in [
        "line 2: this is not JSON",
        "line 3: `remote` must be an IP address",
        "line 4: longer than 1 MB",
        "line 5: ",
        "4 lines were left out",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains("secret"), "{told}");
    let many = verdict(&[], &"?\n".repeat(1000));
    assert!(String::from_utf8(many.stderr).unwrap().lines().count() < 30);
}

#[test]
fn who_feeds_line_by_line_is_answered_line_by_line() {
    let mut child = overt()
        .arg("verdict")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        writeln!(log, "{CURL}").unwrap();
        assert!(answers.next().unwrap().unwrap().contains("machine"));
    }
    drop(log);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn settling_tells_a_burst_whatever_the_order() {
    let click = |second: u32, link: u32| {
        format!(
            r#"{{"id":{link},"kind":"click","at":"2026-11-21T20:48:0{second}Z","remote":"192.0.2.7","copy":"c","link":{link},
            "headers":{{"User-Agent":["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"],
            "Sec-Fetch-Mode":"navigate","Sec-Fetch-User":"?1"}}}}"#
        )
        .replace('\n', "")
    };
    let log = [click(2, 3), click(1, 1), click(1, 2)].join("\n");
    let alone = verdicts(&verdict(&[], &log));
    assert!(alone.iter().all(|one| one["meaning"] == "human"));
    let settled = verdicts(&verdict(&["--settle"], &log));
    for (one, id) in settled.iter().zip([3, 1, 2]) {
        assert_eq!(one["id"], id);
        assert_eq!(
            (&one["meaning"], &one["revised_from"]),
            (&"machine".into(), &"human".into())
        );
    }
}
