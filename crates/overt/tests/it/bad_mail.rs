//! Mail and SMTP clients as they should not be: a clear answer to whoever caused it, and nothing lost or leaked.

use crate::support::database::Database;
use crate::support::dialogue::Dialogue;
use crate::support::mail::html_mail;
use crate::support::overt::{OWNER, Overt};
use crate::support::reader::raw;
use crate::support::sink::Sink;
use crate::support::{free_port, until};
use std::collections::HashSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANN: &str = "ann@reader.example";
const MEGABYTE: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mail_is_refused_with_a_reason() {
    let sink = Sink::start().await;
    let overt = Overt::start(&sink).await;
    let head = "From: dana@studio.example\r\nSubject: bad\r\n";
    let long = format!("{head}\r\n{}\r\n", "x".repeat(300_000));
    let cases: [(&str, Vec<u8>, &str); 8] = [
        (
            "a bare LF",
            format!("{head}\r\nsmuggled\n.\nMAIL FROM:<x@y>\r\n").into(),
            "bare",
        ),
        (
            "a bare CR",
            format!("{head}\r\nhalf\ra line").into(),
            "bare",
        ),
        ("a NUL", format!("{head}\r\nno\0thing").into(), "NUL"),
        ("an endless line", long.into(), "line"),
        (
            "no header",
            b"just some text\r\nand more".to_vec(),
            "does not begin with header fields",
        ),
        (
            "nothing at all",
            Vec::new(),
            "does not begin with header fields",
        ),
        (
            "no author",
            b"Subject: whose is it\r\n\r\nbody".to_vec(),
            "no From header field",
        ),
        (
            "an odd author",
            b"From: not an address\r\n\r\nbody".to_vec(),
            "From",
        ),
    ];
    for (what, mail, why) in cases {
        let mut dialogue = overt.dialogue().await;
        let answer = dialogue.mail(OWNER, ANN, &mail).await;
        assert!(answer.starts_with('5'), "{what}: {answer}");
        assert!(
            answer.to_lowercase().contains(&why.to_lowercase()),
            "{what}: {answer}"
        );
    }
    // Only a header is a mail, if a poor one.
    let mut dialogue = overt.dialogue().await;
    let answer = dialogue
        .mail(
            OWNER,
            ANN,
            b"From: dana@studio.example\r\nSubject: only a header\r\n",
        )
        .await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    sink.mail(ANN, "only a header").await;
    // What smuggles a second mail into a lenient next server went nowhere.
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_recipients() {
    const NAMED: usize = 10_000;
    const TAKEN: usize = 1_000;
    let sink = Sink::start().await;
    let mut overt = Overt::with(&Database::Sqlite, sink.port, &[("RELAY__CONNECTIONS", "8")]).await;
    let mut dialogue = overt.dialogue().await;
    let before = overt.process().memory();
    assert!(
        dialogue
            .say(&format!("MAIL FROM:<{OWNER}>"))
            .await
            .starts_with("250")
    );
    let (mut taken, mut later) = (0, 0);
    for chunk in (0..NAMED).collect::<Vec<_>>().chunks(500) {
        let commands: String = chunk
            .iter()
            .map(|n| format!("RCPT TO:<reader{n}@reader.example>\r\n"))
            .collect();
        dialogue.write(commands.as_bytes()).await;
        for _ in chunk {
            let answer = dialogue.hear().await;
            match &answer[..9] {
                "250 2.1.5" => taken += 1,
                "452 4.5.3" => later += 1,
                _ => panic!("{answer}"),
            }
        }
    }
    assert_eq!((taken, later), (TAKEN, NAMED - TAKEN));
    assert!(dialogue.say("DATA").await.starts_with("354"));
    dialogue
        .write(html_mail(&["everybody@reader.example"], "Many", "").as_bytes())
        .await;
    let answer = dialogue.say(".").await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    until("all have it", async || {
        (sink.mails().len() >= TAKEN).then_some(())
    })
    .await;
    let different: HashSet<_> = sink.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!((different.len(), sink.mails().len()), (TAKEN, TAKEN));
    let grown = overt.process().memory().saturating_sub(before);
    assert!(
        grown < 100 * MEGABYTE,
        "{} MB for one mail",
        grown / MEGABYTE
    );
    // One more recipient than the API takes is an error that names the bound.
    let query: String = (0..=TAKEN)
        .map(|n| format!("&to=r{n}@reader.example"))
        .collect();
    let answer = overt
        .post_mail(
            &query[1..],
            html_mail(&["x@y.example"], "Api", "").as_bytes(),
        )
        .await;
    assert_eq!(answer.status(), 422);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("1 to 1000 recipients")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_megabytes() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    let mut dialogue = overt.dialogue().await;
    let declared = dialogue
        .say(&format!("MAIL FROM:<{OWNER}> SIZE={}", 60 * MEGABYTE))
        .await;
    assert!(declared.starts_with("552 5.3.4"), "{declared}");
    let line = format!("{}\r\n", "x".repeat(998));
    let block = line.repeat(1_000);
    let mut mail = b"From: dana@studio.example\r\nSubject: large\r\n\r\n".to_vec();
    while (mail.len() as u64) < 60 * MEGABYTE {
        mail.extend_from_slice(block.as_bytes());
    }
    let undeclared = dialogue.mail(OWNER, ANN, &mail).await;
    assert!(undeclared.starts_with("552 5.3.4"), "{undeclared}");
    // The session goes on, and so does the service.
    let small = dialogue
        .mail(OWNER, ANN, html_mail(&[ANN], "Small", "").as_bytes())
        .await;
    assert!(small.starts_with("250"), "{small}");
    sink.mail(ANN, "Small").await;
    let post = format!(
        "POST /api/v1/messages?to={ANN} HTTP/1.1
Host: x
Authorization: Bearer {}
\
         Content-Type: message/rfc822
Content-Length: {}

",
        overt.api_key,
        mail.len()
    );
    let post = [post.as_bytes(), &mail].concat();
    let answer = raw(overt.admin.trim_start_matches("http://"), &post).await;
    // The server closes while bytes are under way, and that can take the answer with it.
    assert!(
        answer.starts_with("HTTP/1.1 413") || answer.is_empty(),
        "{answer}"
    );
    // Just below the bound it goes through, whole.
    mail.truncate(45 << 20);
    let answer = overt.submit(&[ANN], &mail).await;
    assert!(answer.is_positive(), "{answer}");
    let large = sink.mail(ANN, "large").await;
    assert!(large.bytes.len() >= 45 << 20);
    drop(large);
    until("the memory is given back", async || {
        (overt.process().memory() < 400 * MEGABYTE).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_wrong_passwords() {
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    let before = overt.process().memory();
    let mut guessing = tokio::task::JoinSet::new();
    for guesser in 0..20 {
        let smtp = overt.smtp;
        guessing.spawn(async move {
            let mut refused = 0;
            while refused < 50 {
                let (mut dialogue, greeting) = Dialogue::open_from("127.0.0.66", smtp).await;
                assert!(greeting.starts_with("220 "), "{greeting}");
                dialogue.say("EHLO guesser.example").await;
                loop {
                    let answer = dialogue
                        .auth_plain(OWNER, &format!("guess-{guesser}-{refused}"))
                        .await;
                    assert!(!answer.starts_with('2'), "{answer}");
                    refused += 1;
                    if !answer.starts_with("535") {
                        assert!(answer.starts_with("421 4.7.0"), "{answer}");
                        break;
                    }
                }
            }
        });
    }
    while let Some(guesser) = guessing.join_next().await {
        guesser.unwrap();
    }
    let grown = overt.process().memory().saturating_sub(before);
    assert!(
        grown < 30 * MEGABYTE,
        "{} MB for wrong passwords",
        grown / MEGABYTE
    );
    // Who guesses is locked out, right password or not; everybody else is not.
    let (mut guesser, _) = Dialogue::open_from("127.0.0.66", overt.smtp).await;
    guesser.say("EHLO guesser.example").await;
    assert!(
        guesser
            .auth_plain(OWNER, &overt.app_password)
            .await
            .starts_with("421 4.7.0")
    );
    overt.send(&[ANN], "Undisturbed").await;
    sink.mail(ANN, "Undisturbed").await;
}

/// Who dawdles holds nobody up.
#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_and_half_handshakes() {
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let sink = Sink::start().await;
    let mut overt = Overt::start(&sink).await;
    overt.stop();
    std::fs::write(overt.data().join("chain.pem"), certificate.cert.pem()).unwrap();
    std::fs::write(
        overt.data().join("key.pem"),
        certificate.signing_key.serialize_pem(),
    )
    .unwrap();
    let port = free_port();
    overt.set("SUBMIT__LISTEN_TLS", &format!("[\"127.0.0.1:{port}\"]"));
    overt.set("SUBMIT__CERTIFICATE", "chain.pem");
    overt.set("SUBMIT__KEY", "key.pem");
    overt.serve(&[]).await;

    // The beginning of a ClientHello, a greeting never answered, half a command, half a mail.
    let mut dawdlers = Vec::new();
    for _ in 0..60 {
        let mut half = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        half.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            .await
            .unwrap();
        dawdlers.push(half);
        let mut half = TcpStream::connect(overt.smtp).await.unwrap();
        half.write_all(b"EHLO half").await.unwrap();
        dawdlers.push(half);
    }
    let mut half_mail = overt.dialogue().await;
    half_mail.say(&format!("MAIL FROM:<{OWNER}>")).await;
    half_mail.say(&format!("RCPT TO:<{ANN}>")).await;
    half_mail.say("DATA").await;
    half_mail
        .write(b"From: dana@studio.example\r\nSubject: never ends\r\n")
        .await;

    // Over plain SMTP with STARTTLS, and over TLS from the start, others are served.
    overt.send(&[ANN], "Prompt").await;
    sink.mail(ANN, "Prompt").await;
    let roots = wire::tls::Roots::Pem(certificate.cert.pem().into_bytes());
    let tls = wire::tls::client_config(&roots).unwrap();
    for (port, security) in [
        (port, wire::smtp::Security::Tls(tls.clone())),
        (overt.smtp.port(), wire::smtp::Security::StartTls(tls)),
    ] {
        let relay = wire::smtp::Relay {
            host: "localhost".into(),
            port,
            security,
            auth: Some(wire::smtp::Credentials {
                name: OWNER.into(),
                password: overt.app_password.clone(),
            }),
            hello: "client.example".into(),
            timeouts: wire::smtp::Timeouts::default(),
        };
        relay.connect().await.unwrap().quit().await;
    }
    // Nonsense instead of a handshake is answered by a close.
    let mut nonsense = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    nonsense.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(crate::support::PATIENCE, nonsense.read_to_end(&mut rest))
        .await
        .unwrap();
    // A web browser on the SMTP port is shown the door: its requests must not become mail commands.
    let (mut browser, _) = Dialogue::open_from("127.0.0.1", overt.smtp).await;
    let answer = browser.say("POST / HTTP/1.1").await;
    assert!(answer.starts_with("421"), "{answer}");
    // More from one address than one address gets: the next hears why.
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(Dialogue::open_from("127.0.0.77", overt.smtp).await);
    }
    let (_, turned_away) = Dialogue::open_from("127.0.0.77", overt.smtp).await;
    assert!(turned_away.starts_with("421 4.7.0"), "{turned_away}");
    overt.send(&[ANN], "Still prompt").await;
    sink.mail(ANN, "Still prompt").await;
    assert!(
        sink.mails()
            .iter()
            .all(|mail| mail.subject() != "never ends")
    );
}
