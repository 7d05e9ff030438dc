//! Our client hands mail to our server.

use wire::smtp::{
    Body, Envelope, Limits, Notify, Recipient, Ret, Security, SendError, ServerTls, Stage,
};

use crate::post_office::{client_tls, credentials, open, server_tls};

fn envelope(from: &str, to: &[&str]) -> Envelope {
    Envelope {
        from: from.into(),
        recipients: to.iter().copied().map(Recipient::new).collect(),
        ..Envelope::default()
    }
}

const MAIL: &[u8] = b"Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n";

#[tokio::test]
async fn every_kind_of_security() {
    for (tls, security) in [
        (ServerTls::Off, Security::None),
        (ServerTls::Off, Security::StartTlsIfOffered(client_tls())),
        (ServerTls::StartTls(server_tls()), Security::None),
        (
            ServerTls::StartTls(server_tls()),
            Security::StartTls(client_tls()),
        ),
        (
            ServerTls::StartTls(server_tls()),
            Security::StartTlsIfOffered(client_tls()),
        ),
        (
            ServerTls::Implicit(server_tls()),
            Security::Tls(client_tls()),
        ),
    ] {
        let encrypted = !matches!(tls, ServerTls::Off) && !matches!(security, Security::None);
        let office = open(tls, true, Limits::default()).await;
        let mut relay = office.relay(security);
        relay.auth = Some(credentials("secret"));
        let mut connection = relay.connect().await.unwrap();
        let sent = connection
            .send(&envelope("ann@example.org", &["bob@example.org"]), MAIL)
            .await
            .unwrap();
        assert_eq!(sent.outcome(0).unwrap().to_string(), "250 2.0.0 Kept");
        connection.quit().await;
        let taken = office.taken();
        let [(user, mail, data)] = &taken[..] else {
            panic!("{} mails", taken.len());
        };
        assert_eq!(user.as_deref(), Some("ann"));
        assert_eq!(
            (mail.tls, mail.helo.as_str()),
            (encrypted, "client.example")
        );
        assert_eq!(data, MAIL);
        office.close().await;
    }
}

#[tokio::test]
async fn the_envelope_arrives_as_it_was_sent() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut connection = office.relay(Security::None).connect().await.unwrap();
    let mail = "Subject: gr\u{fc}n\r\n\r\ntext\r\n".as_bytes();
    let mut sent = envelope("\"ann a\"@example.org", &["j\u{f6}rg@example.org"]);
    sent.ret = Some(Ret::Headers);
    sent.envid = Some("id+2B1".into());
    sent.recipients[0].notify = Some(Notify::NEVER);
    sent.recipients[0].orcpt = Some("utf-8;j\\x{F6}rg@example.org".into());
    connection.send(&sent, mail).await.unwrap();
    let (_, got, data) = office.taken().remove(0);
    sent.body = Body::EightBit;
    sent.smtputf8 = true;
    sent.size = Some(mail.len() as u64);
    sent.helo = "client.example".into();
    assert_eq!(got, sent);
    assert_eq!(data, mail);
}

#[tokio::test]
async fn each_recipient_gets_its_own_answer_and_the_connection_lives_on() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut connection = office.relay(Security::None).connect().await.unwrap();
    let mixed = ["a@b", "unknown@b", "full@b", "c@b"];
    let sent = connection
        .send(&envelope("x@y", &mixed), MAIL)
        .await
        .unwrap();
    let codes = |sent: &wire::smtp::Delivery, count: usize| -> Vec<u16> {
        (0..count).map(|n| sent.outcome(n).unwrap().code).collect()
    };
    assert_eq!(codes(&sent, 4), [250, 550, 452, 250]);

    let nobody = connection
        .send(&envelope("x@y", &["unknown@b", "full@b"]), MAIL)
        .await
        .unwrap();
    assert_eq!(codes(&nobody, 2), [550, 452]);
    assert_eq!(nobody.message, None);

    let forged = connection.send(&envelope("forged@y", &["a@b"]), MAIL).await;
    let forged = forged.unwrap_err();
    assert!(
        !forged.is_temporary() && forged.stage() == Stage::Mail,
        "{forged}"
    );

    let disliked = connection
        .send(&envelope("x@y", &["a@b", "unknown@b"]), b"Refuse: me\r\n")
        .await
        .unwrap();
    assert_eq!(codes(&disliked, 2), [554, 550]);

    let many: Vec<String> = (0..230).map(|n| format!("u{n}@b")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let sent = connection
        .send(&envelope("x@y", &many), MAIL)
        .await
        .unwrap();
    assert!(codes(&sent, 230).iter().all(|code| *code == 250));

    assert!(connection.usable());
    let taken: Vec<usize> = office
        .taken()
        .iter()
        .map(|t| t.1.recipients.len())
        .collect();
    assert_eq!(taken, [2, 230]);
}

#[tokio::test]
async fn a_large_mail_arrives_whole() {
    let office = open(ServerTls::Implicit(server_tls()), false, Limits::default()).await;
    let mut connection = office
        .relay(Security::Tls(client_tls()))
        .connect()
        .await
        .unwrap();
    let mail = b".0123456789abcdef 0123456789abcdef 0123456789abcdef\r\n".repeat(200_000);
    connection
        .send(&envelope("x@y", &["a@b"]), &mail)
        .await
        .unwrap();
    assert!(office.taken()[0].2 == mail);
}

#[tokio::test]
async fn a_mail_over_the_size_is_not_sent() {
    let limits = Limits {
        message_bytes_max: 10_000,
        ..Limits::default()
    };
    let office = open(ServerTls::Off, false, limits).await;
    let mut connection = office.relay(Security::None).connect().await.unwrap();
    let mail = b"0123456\r\n".repeat(2000);
    let error = connection
        .send(&envelope("x@y", &["a@b"]), &mail)
        .await
        .unwrap_err();
    assert!(
        !error.is_temporary() && error.to_string().contains("552 5.3.4"),
        "{error}"
    );
    assert!(connection.usable());
}

#[tokio::test]
async fn a_wrong_password_is_not_the_mails_fault() {
    let office = open(ServerTls::Off, true, Limits::default()).await;
    let mut relay = office.relay(Security::None);
    relay.auth = Some(credentials("wrong"));
    let error = relay.connect().await.err().unwrap();
    assert!(matches!(error, SendError::AuthRefused { .. }), "{error}");
    assert!(error.is_temporary());
    assert!(!error.to_string().contains("wrong"));
    // Without any: the relay wants some, and says so at MAIL.
    relay.auth = None;
    let mut connection = relay.connect().await.unwrap();
    let error = connection
        .send(&envelope("x@y", &["a@b"]), MAIL)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::AuthRefused { .. }), "{error}");
}

#[tokio::test]
async fn tls_that_cannot_be_trusted_is_not_used() {
    let office = open(ServerTls::StartTls(server_tls()), false, Limits::default()).await;
    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let roots = wire::tls::Roots::Pem(stranger.cert.pem().into_bytes());
    let other_ca = wire::tls::client_config(&roots).unwrap();
    for security in [
        Security::StartTls(other_ca.clone()),
        Security::StartTlsIfOffered(other_ca),
    ] {
        let error = office.relay(security).connect().await.err().unwrap();
        assert!(matches!(error, SendError::Tls { .. }), "{error}");
    }
    let mut by_address = office.relay(Security::StartTls(client_tls()));
    by_address.host = "127.0.0.1".into(); // the certificate is for localhost
    let error = by_address.connect().await.err().unwrap();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn tls_that_is_wanted_but_not_offered_is_an_error() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let relay = office.relay(Security::StartTls(client_tls()));
    let error = relay.connect().await.err().unwrap();
    assert!(
        error.to_string().contains("does not offer STARTTLS"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stopped_server_is_noticed_on_reuse() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut connection = office.relay(Security::None).connect().await.unwrap();
    office.close().await;
    let error = connection
        .send(&envelope("x@y", &["a@b"]), MAIL)
        .await
        .unwrap_err();
    assert!(error.session_ended() && !error.outcome_unknown(), "{error}");
    assert!(!connection.usable());
}

#[tokio::test]
async fn nobody_listens() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let relay = office.relay(Security::None);
    office.close().await;
    let error = relay.connect().await.err().unwrap();
    assert!(matches!(error, SendError::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&format!("localhost:{}", relay.port)),
        "{text}"
    );
}
