//! Mail through submission: who may send as whom, what comes out at the other end, and that the rest is untouched.

use crate::support::database::Database;
use crate::support::mail::{Mail, html_mail, token};
use crate::support::overt::{OWNER, Overt};
use crate::support::process::{run, said};
use crate::support::sink::Sink;
use crate::support::tool;
use std::collections::HashSet;
use std::process::Output;

#[tokio::test(flavor = "multi_thread")]
async fn swaks_sends_with_plain_and_login() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        for mechanism in ["PLAIN", "LOGIN"] {
            let subject = format!("By {mechanism}");
            let output = swaks(
                &overt,
                &subject,
                &["--auth", mechanism, "--auth-password", &overt.app_password],
            );
            assert!(output.status.success(), "{}", said(&output));
            let mail = sink.mail("ann@reader.example", &subject).await;
            assert_eq!(mail.envelope.from, OWNER);
            assert!(
                mail.source().contains("\r\nThis is a test mailing\r\n"),
                "{}",
                mail.source()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_send_as_whom() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let auth = ["--auth", "PLAIN", "--auth-password", &overt.app_password];

    let wrong = swaks(
        &overt,
        "Wrong password",
        &["--auth", "PLAIN", "--auth-password", "not-the-password"],
    );
    assert!(
        !wrong.status.success() && said(&wrong).contains("535 5.7.8"),
        "{}",
        said(&wrong)
    );
    let login = swaks(
        &overt,
        "Sign-in password",
        &[
            "--auth",
            "PLAIN",
            "--auth-password",
            crate::support::overt::PASSWORD,
        ],
    );
    assert!(
        said(&login).contains("535 5.7.8"),
        "the password of the dashboard must not do: {}",
        said(&login)
    );
    let none = swaks(&overt, "No password", &[]);
    assert!(
        !none.status.success() && said(&none).contains("530 5.7.0"),
        "{}",
        said(&none)
    );
    let envelope = swaks(
        &overt,
        "Envelope",
        &[&auth[..], &["--from", "boss@studio.example"]].concat(),
    );
    assert!(
        said(&envelope).contains("550 5.7.1 boss@studio.example"),
        "{}",
        said(&envelope)
    );
    let header = swaks(
        &overt,
        "Header",
        &[&auth[..], &["--header", "From: boss@studio.example"]].concat(),
    );
    assert!(
        said(&header).contains("550 5.7.1 boss@studio.example"),
        "{}",
        said(&header)
    );
    let two = swaks(
        &overt,
        "Two",
        &[
            &auth[..],
            &["--header", "From: dana@studio.example, boss@studio.example"],
        ]
        .concat(),
    );
    assert!(said(&two).contains("550 5.7.1"), "{}", said(&two));

    let good = swaks(&overt, "Good", &auth);
    assert!(good.status.success(), "{}", said(&good));
    sink.mail("ann@reader.example", "Good").await;
    assert_eq!(
        sink.mails().len(),
        1,
        "what was refused went out all the same"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_senders_switch_is_obeyed_and_stays_here() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        let ann = "ann@reader.example";
        overt.agreed(&sink, ann).await;
        for (word, opens, clicks) in [
            ("off", false, false),
            ("open", true, false),
            ("click", false, true),
            ("all", true, true),
            ("", true, true),
        ] {
            let subject = if word.is_empty() {
                "Unswitched".to_owned()
            } else {
                format!("Switch-{word}")
            };
            let header = if word.is_empty() {
                String::new()
            } else {
                format!("X-Overt-Track: {word}\r\n")
            };
            overt.send_with(&[ann], &subject, &header).await;
            let mail = sink.mail(ann, &subject).await;
            assert_eq!(
                (mail.url("/o/").is_some(), mail.url("/c/").is_some()),
                (opens, clicks),
                "{word}"
            );
            assert!(
                !mail.source().to_lowercase().contains("x-overt-"),
                "{word}: {}",
                mail.source()
            );
            // Nothing covert: declared in the header, and in a line with a way out.
            let declared = mail.header("Overt-Tracking");
            assert_eq!(declared.is_some(), opens || clicks, "{word}: {declared:?}");
            if let Some(declared) = declared {
                let word = |on| if on { "individual" } else { "none" };
                let modes = format!(
                    "open={}, click={}, document=none, ",
                    word(opens),
                    word(clicks)
                );
                assert!(
                    declared.starts_with(&modes) && declared.contains(&mail.page()),
                    "{declared}"
                );
            }
            assert_eq!(mail.url("/p/").is_some(), opens || clicks, "{word}");
        }
        let answer = overt
            .submit(
                &[ann],
                html_mail(&[ann], "Odd", "X-Overt-Track: perhaps\r\n").as_bytes(),
            )
            .await;
        assert_eq!(answer.code, 554, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_a_copy_of_their_own() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let overt = Overt::with(&database, sink.port, &[]).await;
        let (ann, ben, cleo, never) = (
            "ann@reader.example",
            "ben@reader.example",
            "cleo@reader.example",
            "never@reader.example",
        );
        for address in [ann, ben, cleo] {
            overt.agreed(&sink, address).await;
        }
        // Cleo is a blind recipient; Ann is named twice.
        let mail = html_mail(
            &[ann, ben, never],
            "Own copies",
            &format!("Bcc: {cleo}\r\n"),
        );
        let answer = overt
            .submit(
                &[ann, ben, "ANN@Reader.Example", cleo, never],
                mail.as_bytes(),
            )
            .await;
        assert!(answer.is_positive(), "{answer}");
        let mut tokens = HashSet::new();
        for address in [ann, ben, cleo] {
            let copy = sink.mail(address, "Own copies").await;
            assert_eq!(copy.envelope.recipients.len(), 1, "one delivery a copy");
            assert_eq!(copy.header("Bcc"), None);
            assert!(
                !copy.source().contains(cleo),
                "the blind recipient is visible"
            );
            assert_eq!(
                copy.header("Message-ID").unwrap(),
                "<Own-copies@studio.example>"
            );
            assert_eq!(copy.header("To").unwrap(), [ann, ben, never].join(", "));
            for url in [copy.pixel(), copy.link(), copy.page()] {
                assert!(tokens.insert(token(&url)), "a token is there twice");
            }
        }
        let copy = sink.mail(never, "Own copies").await;
        assert!(!copy.is_tracked() && copy.header("Overt-Tracking").is_none());
        assert_eq!(
            sink.mails_to(ann)
                .iter()
                .filter(|mail| mail.subject() == "Own copies")
                .count(),
            1
        );
        for address in [ann, ben, cleo, never] {
            let copy = overt.sent("Own copies", address).await;
            assert_eq!(
                copy["tick"],
                if address == never {
                    "untracked"
                } else {
                    "sent"
                },
                "{copy}"
            );
        }
    }
}

/// An untracked mail leaves as it came, but for the trace field on top. Of a tracked one every byte outside the
/// additions is the same: taking the additions out gives the mail that was sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_tracked_is_not_touched() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let ann = "ann@reader.example";
    overt.agreed(&sink, ann).await;
    let odd = odd_mail();

    let untracked = [("off", "X-Overt-Track: off\r\n"), ("signed", "")];
    for (name, switch) in untracked {
        let body = if name == "signed" {
            signed_mail()
        } else {
            odd.clone()
        };
        let sent = [format!("{switch}Subject: {name}\r\n").as_bytes(), &body].concat();
        assert!(overt.submit(&[ann], &sent).await.is_positive());
        let expected = [format!("Subject: {name}\r\n").as_bytes(), &body].concat();
        assert_eq!(
            without_trace(&sink.mail(ann, name).await),
            String::from_utf8_lossy(&expected),
            "{name}"
        );
    }

    let sent = [b"Subject: tracked\r\n".as_slice(), &odd].concat();
    assert!(overt.submit(&[ann], &sent).await.is_positive());
    let mail = sink.mail(ann, "tracked").await;
    assert!(mail.is_tracked());
    let (before, after) = (
        String::from_utf8_lossy(&sent).into_owned(),
        without_trace(&mail),
    );
    // The parts before and after the HTML part, and every header field that was there, are the same bytes.
    let html = "Content-Type: text/html";
    let attachment = "--frontier\r\nContent-Type: application/octet-stream";
    let tail = &before[before.find(attachment).unwrap()..];
    assert!(after.ends_with(tail), "the attachment changed");
    let header_end = before.find("\r\n\r\n").unwrap();
    let added = &after[header_end..after.find("\r\n\r\n").unwrap()];
    assert!(
        after.starts_with(&before[..header_end]),
        "the header changed"
    );
    assert!(
        added.trim_start().starts_with("Overt-Tracking: "),
        "{added}"
    );
    let html_at = |text: &str| text.find(html).unwrap();
    let part_header =
        &before[html_at(&before)..][..before[html_at(&before)..].find("\r\n\r\n").unwrap()];
    assert!(after.contains(part_header));
    for kept in [
        "<P  CLASS='odd'>Gr=C3=BC=C3=9Fe =\r\naus K=C3=B6ln<br>",
        "<a  href=3D'mailto:x@y.example' >",
    ] {
        assert!(after.contains(kept), "{kept} is gone from\n{after}");
    }
}

fn odd_mail() -> Vec<u8> {
    let mail = "from:   Dana <dana@studio.example>\r\nTO: ann@reader.example\r\nMIME-version: 1.0 (odd)\r\n\
        Message-id: <odd@studio.example>\r\nDate:  Sat, 21 Nov 2026 10:00:00 +0000\r\nX-Empty:\r\n\
        X-Folded: one\r\n\ttwo\r\n three\r\nContent-type: Multipart/Mixed;\r\n boundary=\"frontier\"\r\n\r\n\
        A preamble.\r\n--frontier\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n\
        --inner\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nPlain  text, trailing blanks  \r\n.leading dot\r\n\
        --inner\r\nContent-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n\
        <HTML><body><P  CLASS='odd'>Gr=C3=BC=C3=9Fe =\r\naus K=C3=B6ln<br>\r\n\
        <a  href=3D'mailto:x@y.example' >write</a>\r\n<A HREF=3D\"https://example.com/a?b=3D1\">go</A></body></HTML>\r\n\
        --inner--\r\n--frontier\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        AAECAwQFBgcICQ==\r\n\r\n--frontier--\r\nAn epilogue.\r\n";
    mail.as_bytes().to_vec()
}

fn signed_mail() -> Vec<u8> {
    let mail = "From: Dana <dana@studio.example>\r\nTo: ann@reader.example\r\nMessage-ID: <signed@studio.example>\r\n\
        Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n<p><a href=\"https://example.com/\">x</a></p>\r\n--b\r\n\
        Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\nAAAA\r\n\
        -----END PGP SIGNATURE-----\r\n--b--\r\n";
    mail.as_bytes().to_vec()
}

/// The delivered mail without the trace field that every server adds (RFC 5321 §4.4).
fn without_trace(mail: &Mail) -> String {
    let source = mail.source();
    assert!(source.starts_with("Received: by "), "{source}");
    let mut lines = source
        .split_inclusive("\r\n")
        .skip(1)
        .skip_while(|line| line.starts_with([' ', '\t']));
    lines.by_ref().collect()
}

fn swaks(overt: &Overt, subject: &str, more: &[&str]) -> Output {
    let mut swaks = tool("swaks", "swaks");
    swaks.args([
        "--server",
        &overt.smtp.to_string(),
        "--to",
        "ann@reader.example",
    ]);
    swaks.args([
        "--header",
        &format!("Subject: {subject}"),
        "--auth-user",
        OWNER,
        "--helo",
        "client.example",
    ]);
    if !more.contains(&"--auth") {
        // A user name alone would make swaks ask for the rest.
        swaks = tool("swaks", "swaks");
        swaks.args([
            "--server",
            &overt.smtp.to_string(),
            "--to",
            "ann@reader.example",
            "--helo",
            "client.example",
        ]);
    }
    if !more.contains(&"--from") {
        swaks.args(["--from", OWNER]);
    }
    if !more.iter().any(|word| word.starts_with("From: ")) {
        swaks.args(["--header", &format!("From: {OWNER}")]);
    }
    run(swaks.args(more), b"")
}
