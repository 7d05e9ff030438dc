//! Our client against relays that follow a script and no rules.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::smtp::{
    Connection, Delivery, Envelope, Recipient, Relay, Security, SendError, Stage, Timeouts,
};

use crate::post_office::{client_tls, credentials, relay};

/// What a relay does next.
#[derive(Clone, Debug)]
enum Act {
    Say(&'static str),
    Flood(&'static str, usize),
    /// Reads until the peer has sent this.
    Hear(&'static str),
    /// Says and hears nothing more, but stays.
    Hang,
}
use Act::{Flood, Hang, Hear, Say};

/// Plays `script` once, then hangs up.
async fn scripted(script: Vec<Act>) -> Relay {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut relay = relay(listener.local_addr().unwrap(), Security::None);
    relay.timeouts = Timeouts::all(Duration::from_secs(2));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        drop(listener);
        let mut heard = Vec::new();
        for act in script {
            // The client may have given up on us: then the play is over.
            if play(act, &mut stream, &mut heard).await.is_err() {
                return;
            }
        }
    });
    relay
}

async fn play(act: Act, stream: &mut TcpStream, heard: &mut Vec<u8>) -> std::io::Result<()> {
    match act {
        Say(text) => stream.write_all(text.as_bytes()).await,
        Flood(text, times) => {
            for _ in 0..times {
                stream.write_all(text.as_bytes()).await?;
            }
            Ok(())
        }
        Hear(text) => {
            let mut piece = [0; 4096];
            loop {
                let found = heard
                    .windows(text.len())
                    .position(|window| window == text.as_bytes());
                if let Some(at) = found {
                    heard.drain(..at + text.len());
                    return Ok(());
                }
                match stream.read(&mut piece).await? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    n => heard.extend_from_slice(&piece[..n]),
                }
            }
        }
        Hang => std::future::pending().await,
    }
}

async fn connect(script: &[Act]) -> Result<Connection, SendError> {
    scripted(script.to_vec()).await.connect().await
}

/// EHLO without extensions, then `script`.
async fn send(script: &[Act]) -> (Result<Delivery, SendError>, bool) {
    let mut whole = vec![Say("220 x\r\n"), Hear("EHLO"), Say("250 x\r\n")];
    whole.extend_from_slice(script);
    let mut connection = connect(&whole).await.unwrap();
    let mail = Envelope {
        from: "a@b".into(),
        recipients: vec![Recipient::new("c@d")],
        ..Envelope::default()
    };
    let sent = connection.send(&mail, b"hi\r\n").await;
    (sent, connection.usable())
}

async fn connect_error(script: &[Act]) -> SendError {
    let error = connect(script).await.err().unwrap();
    assert!(error.is_temporary(), "{error}");
    assert!(error.to_string().contains("localhost:"), "{error}");
    error
}

fn is_protocol(error: &SendError, at: Stage) -> bool {
    matches!(error, SendError::Protocol { stage, .. } if *stage == at)
}

#[tokio::test]
async fn greetings() {
    let closed = connect_error(&[]).await;
    assert!(matches!(
        closed,
        SendError::Closed {
            stage: Stage::Greeting,
            ..
        }
    ));
    let hangs = connect_error(&[Hang]).await;
    assert!(matches!(
        hangs,
        SendError::Timeout {
            stage: Stage::Greeting,
            ..
        }
    ));
    let drips = connect_error(&[Say("220-a\r\n220"), Hang]).await;
    assert!(matches!(drips, SendError::Timeout { .. }));
    let web = connect_error(&[Say("HTTP/1.1 400 Bad Request\r\n\r\n"), Hang]).await;
    assert!(is_protocol(&web, Stage::Greeting));
    let odd = connect_error(&[Say("250 hello\r\n"), Hang]).await;
    assert!(is_protocol(&odd, Stage::Greeting));
    // Even a 5xx says nothing about a mail that was not named yet.
    let refused = connect_error(&[Say("554 5.7.1 go away\r\n"), Hang]).await;
    assert!(
        matches!(refused, SendError::Temporary { .. }) && refused.to_string().contains("go away")
    );
    let busy = connect_error(&[Say("421 4.3.2 busy\r\n")]).await;
    assert!(matches!(busy, SendError::Temporary { .. }));
}

#[tokio::test]
async fn endless_replies() {
    let line = connect_error(&[Flood("222222222222222222222222222222222", 300_000)]).await;
    assert!(is_protocol(&line, Stage::Greeting), "{line}");
    let lines = connect_error(&[Flood("220-\r\n", 2_000_000)]).await;
    assert!(is_protocol(&lines, Stage::Greeting), "{lines}");
}

#[tokio::test]
async fn ehlo_falls_back_to_helo() {
    let script = [
        Say("220 x\r\n"),
        Hear("EHLO"),
        Say("502 what\r\n"),
        Hear("HELO"),
        Say("250 x\r\n"),
        Hang,
    ];
    let connection = connect(&script).await.unwrap();
    assert!(!connection.extensions().pipelining);
    let script = [Say("220 x\r\n"), Hear("EHLO"), Say("451 later\r\n"), Hang];
    assert!(matches!(
        connect_error(&script).await,
        SendError::Temporary {
            stage: Stage::Hello,
            ..
        }
    ));
}

#[tokio::test]
async fn starttls_answers_must_not_bring_more() {
    let script = vec![
        Say("220 x\r\n"),
        Hear("EHLO"),
        Say("250-x\r\n250 STARTTLS\r\n"),
        Hear("STARTTLS"),
        Say("220 go\r\n250-x\r\n250 AUTH PLAIN\r\n"),
        Hang,
    ];
    let mut relay = scripted(script.clone()).await;
    relay.security = Security::StartTls(client_tls());
    let error = relay.connect().await.err().unwrap();
    assert!(is_protocol(&error, Stage::Tls), "{error}");

    let mut refusing = script.clone();
    refusing[4] = Say("454 4.7.0 not now\r\n");
    let mut relay = scripted(refusing).await;
    relay.security = Security::StartTlsIfOffered(client_tls());
    assert!(relay.connect().await.is_err());

    let mut silent = script;
    silent[4] = Say("220 go\r\n");
    let mut relay = scripted(silent).await;
    relay.security = Security::StartTls(client_tls());
    let error = relay.connect().await.err().unwrap();
    assert!(
        matches!(
            error,
            SendError::Timeout {
                stage: Stage::Tls,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn plain_text_where_tls_is_expected() {
    let mut relay = scripted(vec![Say("220 x ESMTP\r\n"), Hang]).await;
    relay.security = Security::Tls(client_tls());
    let error = relay.connect().await.err().unwrap();
    assert!(error.to_string().contains("587: STARTTLS"), "{error}");
}

#[tokio::test]
async fn signing_in() {
    let script = |offer: &'static str, rest: &[Act]| {
        let mut whole = vec![Say("220 x\r\n"), Hear("EHLO"), Say(offer)];
        whole.extend_from_slice(rest);
        whole.push(Hang);
        whole
    };
    let login = script(
        "250-x\r\n250 AUTH CRAM-MD5 LOGIN\r\n",
        &[
            Hear("AUTH LOGIN\r\n"),
            Say("334 VXNlcm5hbWU6\r\n"),
            Hear("YW5u\r\n"),
            Say("334 UGFzc3dvcmQ6\r\n"),
            Hear("c2VjcmV0\r\n"),
            Say("235 ok\r\n"),
        ],
    );
    let mut relay = scripted(login).await;
    relay.auth = Some(credentials("secret"));
    relay.connect().await.unwrap();

    for (script, expected) in [
        (script("250 x\r\n", &[]), "offers no sign-in"),
        (
            script("250-x\r\n250 AUTH XOAUTH2\r\n", &[]),
            "offers XOAUTH2",
        ),
        (
            script(
                "250-x\r\n250 AUTH PLAIN\r\n",
                &[Hear("AUTH"), Say("535 5.7.8 no\r\n")],
            ),
            "535 5.7.8 no",
        ),
    ] {
        let mut relay = scripted(script).await;
        relay.auth = Some(credentials("secret"));
        let error = relay.connect().await.err().unwrap();
        assert!(matches!(error, SendError::AuthRefused { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let later = script(
        "250-x\r\n250 AUTH PLAIN\r\n",
        &[Hear("AUTH"), Say("454 4.7.0 db\r\n")],
    );
    let mut relay = scripted(later).await;
    relay.auth = Some(credentials("secret"));
    assert!(matches!(
        relay.connect().await,
        Err(SendError::Temporary { .. })
    ));
}

#[tokio::test]
async fn before_the_final_dot() {
    let (sent, usable) = send(&[Hear("MAIL")]).await;
    assert!(sent.unwrap_err().session_ended() && !usable);

    let (sent, usable) = send(&[Hear("MAIL"), Say("421 4.4.2 idle\r\n")]).await;
    assert!(sent.unwrap_err().session_ended() && !usable);

    let (sent, usable) = send(&[Hear("MAIL"), Say("451 4.7.1 greylisted\r\n"), Hang]).await;
    assert!(matches!(
        sent.unwrap_err(),
        SendError::Temporary {
            stage: Stage::Mail,
            ..
        }
    ));
    assert!(usable);

    let (sent, usable) = send(&[Hear("MAIL"), Say("354 go\r\n"), Hang]).await;
    assert!(is_protocol(&sent.unwrap_err(), Stage::Mail) && !usable);

    let up_to_rcpt = [Hear("MAIL"), Say("250 ok\r\n"), Hear("RCPT")];
    let (sent, _) = send(&[&up_to_rcpt[..], &[Hang]].concat()).await;
    assert!(matches!(
        sent.unwrap_err(),
        SendError::Timeout {
            stage: Stage::Recipient,
            ..
        }
    ));

    let (sent, _) = send(&[&up_to_rcpt[..], &[Say("421 4.3.2 bye\r\n")]].concat()).await;
    let error = sent.unwrap_err();
    assert!(error.is_temporary() && !error.session_ended(), "{error}");

    let up_to_data = [&up_to_rcpt[..], &[Say("250 ok\r\n"), Hear("DATA")]].concat();
    let (sent, usable) = send(&[&up_to_data[..], &[Say("250 odd\r\n"), Hang]].concat()).await;
    assert!(is_protocol(&sent.unwrap_err(), Stage::Data) && !usable);

    let refused = [
        Say("451 4.3.0 no\r\n"),
        Hear("RSET"),
        Say("250 ok\r\n"),
        Hang,
    ];
    let (sent, usable) = send(&[&up_to_data[..], &refused].concat()).await;
    assert_eq!(sent.unwrap().outcome(0).unwrap().code, 451);
    assert!(usable);
}

#[tokio::test]
async fn after_the_final_dot_the_outcome_is_unknown() {
    let up_to_dot = [
        Hear("MAIL"),
        Say("250 ok\r\n"),
        Hear("RCPT"),
        Say("250 ok\r\n"),
        Hear("DATA"),
        Say("354 go\r\n"),
        Hear("hi\r\n.\r\n"),
    ];
    for end in [
        &[][..],
        &[Hang],
        &[Say("nonsense\r\n")],
        &[Say("354 again\r\n")],
    ] {
        let (sent, usable) = send(&[&up_to_dot[..], end].concat()).await;
        let error = sent.unwrap_err();
        assert!(
            error.outcome_unknown() && error.is_temporary() && !usable,
            "{error}"
        );
    }
    let (sent, _) = send(&[&up_to_dot[..], &[Say("421 4.3.0 down\r\n")]].concat()).await;
    assert!(!sent.unwrap_err().outcome_unknown());
    let (sent, usable) = send(&[&up_to_dot[..], &[Say("552 5.2.2 full\r\n"), Hang]].concat()).await;
    assert_eq!(sent.unwrap().outcome(0).unwrap().code, 552);
    assert!(usable);
}

#[tokio::test]
async fn going_away_after_354() {
    let script = [
        Hear("MAIL"),
        Say("250 ok\r\n"),
        Hear("RCPT"),
        Say("250 ok\r\n"),
        Hear("DATA"),
        Say("354 go\r\n"),
    ];
    let (sent, usable) = send(&script).await;
    let error = sent.unwrap_err();
    // The mail is small enough to vanish into the socket; then it counts as sent.
    let closed = matches!(
        error,
        SendError::Closed {
            stage: Stage::Body | Stage::Message,
            ..
        }
    );
    assert!(closed && !usable, "{error}");
}

#[tokio::test]
async fn pipelined_refusals_are_read_to_the_end() {
    let whole = [
        Say("220 x\r\n"),
        Hear("EHLO"),
        Say("250-x\r\n250 PIPELINING\r\n"),
        Hear("DATA\r\n"),
        Say("550 5.1.8 no\r\n503 5.5.1 no\r\n503 5.5.1 no\r\n"),
        Hear("DATA\r\n"),
        // A relay may say 354 though nobody was accepted.
        Say("250 ok\r\n550 5.1.1 no\r\n354 go\r\n"),
        Hear(".\r\n"),
        Say("554 5.5.1 nobody\r\n"),
        Hear("RSET\r\n"),
        Say("250 ok\r\n"),
        Hang,
    ];
    let mut connection = connect(&whole).await.unwrap();
    let mail = Envelope {
        from: "a@b".into(),
        recipients: vec![Recipient::new("c@d")],
        ..Envelope::default()
    };
    let error = connection.send(&mail, b"hi\r\n").await.unwrap_err();
    assert!(!error.is_temporary() && connection.usable(), "{error}");
    let sent = connection.send(&mail, b"hi\r\n").await.unwrap();
    assert_eq!((sent.recipients[0].code, sent.message), (550, None));
    assert!(connection.usable());
}

#[tokio::test]
async fn a_relay_that_stops_reading() {
    let script = [
        Say("220 x\r\n"),
        Hear("EHLO"),
        Say("250 x\r\n"),
        Hear("MAIL"),
        Say("250 ok\r\n"),
        Hear("RCPT"),
        Say("250 ok\r\n"),
        Hear("DATA"),
        Say("354 go\r\n"),
        Hang,
    ];
    let mut connection = connect(&script).await.unwrap();
    let mail = Envelope {
        from: "a@b".into(),
        recipients: vec![Recipient::new("c@d")],
        ..Envelope::default()
    };
    let more_than_any_socket_holds = b"0123456789\r\n".repeat(4_000_000);
    let error = connection
        .send(&mail, &more_than_any_socket_holds)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            SendError::Timeout {
                stage: Stage::Body,
                ..
            }
        ),
        "{error}"
    );
    assert!(!error.outcome_unknown() && !connection.usable());
}

#[tokio::test]
async fn a_relay_that_drips_ends() {
    let mut script = vec![
        Say("220 x\r\n"),
        Hear("EHLO"),
        Say("250 x\r\n"),
        Hear("MAIL"),
    ];
    script.push(Flood("250-more\r\n", 3)); // and never the last line
    script.push(Hang);
    let mut relay = scripted(script).await;
    relay.timeouts = Timeouts {
        transaction: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let mut connection = relay.connect().await.unwrap();
    let mail = Envelope {
        recipients: vec![Recipient::new("c@d")],
        ..Envelope::default()
    };
    let error = connection.send(&mail, b"hi\r\n").await.unwrap_err();
    assert!(
        matches!(
            error,
            SendError::Timeout {
                stage: Stage::Mail,
                ..
            }
        ),
        "{error}"
    );
}
