//! Our server against clients that push its bounds.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::smtp::{Envelope, Limits, Recipient, Security, ServerTls};

use crate::post_office::{open, server_tls};

struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn say(&mut self, text: &[u8]) {
        self.0.write_all(text).await.unwrap();
    }

    async fn hear(&mut self, last: &str) -> String {
        let mut heard = String::new();
        let mut piece = [0; 4096];
        while !heard.contains(last) {
            let n = self.0.read(&mut piece).await.unwrap();
            assert!(n > 0, "closed after {heard:?}, without {last:?}");
            heard.push_str(std::str::from_utf8(&piece[..n]).unwrap());
        }
        heard
    }

    async fn rest(mut self) -> String {
        let mut heard = String::new();
        self.0.read_to_string(&mut heard).await.unwrap();
        heard
    }

    async fn begin_mail(&mut self) {
        self.say(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
            .await;
        self.hear("354").await;
    }
}

#[tokio::test]
async fn a_sixty_megabyte_mail_hears_why() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut client = Client::connect(office.address).await;
    client.begin_mail().await;
    let block = b"0123456789012345678901234567890123456789012345678901234567\r\n".repeat(1000);
    for _ in 0..1000 {
        client.say(&block).await;
    }
    client.say(b".\r\nQUIT\r\n").await;
    let heard = client.hear("221").await;
    assert!(heard.contains("552 5.3.4"), "{heard}");
    assert!(office.taken().is_empty());
}

#[tokio::test]
async fn a_mail_without_end_is_cut_off() {
    let limits = Limits {
        message_bytes_max: 100_000,
        ..Limits::default()
    };
    let office = open(ServerTls::Off, false, limits).await;
    let mut client = Client::connect(office.address).await;
    client.begin_mail().await;
    let block = b"0123456789\r\n".repeat(5000);
    let mut sent = 0;
    while client.0.write_all(&block).await.is_ok() {
        sent += block.len();
        assert!(sent < 100 << 20, "it reads for ever");
    }
}

#[tokio::test]
async fn smuggling_ends_the_session_with_an_answer() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut client = Client::connect(office.address).await;
    client.begin_mail().await;
    client
        .say(b"hi\n.\nMAIL FROM:<evil@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nevil\r\n.\r\n")
        .await;
    let heard = client.rest().await;
    assert!(heard.contains("550 5.6.11"), "{heard}");
    assert_eq!(heard.lines().count(), 1, "{heard}");
    assert!(office.taken().is_empty());
}

#[tokio::test]
async fn ten_thousand_recipients() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mail = Envelope {
        from: "a@b".into(),
        recipients: (0..10_000)
            .map(|n| Recipient::new(format!("u{n}@b")))
            .collect(),
        ..Envelope::default()
    };
    let mut connection = office.relay(Security::None).connect().await.unwrap();
    let sent = connection.send(&mail, b"hi\r\n").await.unwrap();
    let accepted = (0..10_000)
        .filter(|n| sent.outcome(*n).unwrap().code == 250)
        .count();
    assert_eq!(accepted, 1000);
    assert_eq!(sent.outcome(9_999).unwrap().enhanced, Some((4, 5, 3)));
    assert_eq!(office.taken()[0].1.recipients.len(), 1000);
}

#[tokio::test]
async fn too_many_connections() {
    let limits = Limits {
        connections_max: 2,
        ..Limits::default()
    };
    let office = open(ServerTls::Off, false, limits).await;
    let mut first = Client::connect(office.address).await;
    first.hear("220").await;
    let mut second = Client::connect(office.address).await;
    second.hear("220").await;
    let third = Client::connect(office.address).await;
    assert!(third.rest().await.starts_with("421 4.3.2"));
    first.say(b"QUIT\r\n").await;
    assert!(first.rest().await.starts_with("221"));
    // Its seat is free as soon as the server has noticed.
    loop {
        let mut next = Client::connect(office.address).await;
        if next.hear("\r\n").await.starts_with("220") {
            break;
        }
    }
}

#[tokio::test]
async fn too_many_connections_from_one_address() {
    let limits = Limits {
        connections_per_peer_max: 1,
        ..Limits::default()
    };
    let office = open(ServerTls::Off, false, limits).await;
    let mut first = Client::connect(office.address).await;
    first.hear("220").await;
    let second = Client::connect(office.address).await;
    assert!(second.rest().await.starts_with("421 4.7.0"));
}

#[tokio::test]
async fn half_a_handshake_times_out() {
    let limits = Limits {
        handshake: std::time::Duration::from_millis(100),
        ..Limits::default()
    };
    for tls in [
        ServerTls::Implicit(server_tls()),
        ServerTls::StartTls(server_tls()),
    ] {
        let upgrade = matches!(tls, ServerTls::StartTls(_));
        let office = open(tls, false, limits.clone()).await;
        let mut client = Client::connect(office.address).await;
        if upgrade {
            client.say(b"EHLO x\r\nSTARTTLS\r\n").await;
            client.hear("220 2.0.0").await;
        }
        client.say(&[22, 3, 1, 2, 0, 1]).await; // the beginning of a ClientHello
        let mut rest = Vec::new();
        let _ = client.0.read_to_end(&mut rest).await; // an end or a reset, both will do
        assert_eq!(rest, b"");
    }
}

#[tokio::test]
async fn a_panicking_handler_ends_its_session_only() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut client = Client::connect(office.address).await;
    client.begin_mail().await;
    client.say(b"Panic: please\r\n.\r\n").await;
    assert_eq!(client.rest().await, "");
    let mut next = Client::connect(office.address).await;
    next.begin_mail().await;
    next.say(b"Subject: fine\r\n.\r\n").await;
    next.hear("250 2.0.0 Kept").await;
}

#[tokio::test]
async fn a_browser_is_sent_away() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut client = Client::connect(office.address).await;
    client
        .say(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n")
        .await;
    let heard = client.rest().await;
    assert!(
        heard.contains("421 4.7.0") && !heard.contains("250"),
        "{heard}"
    );
}

#[tokio::test]
async fn mails_in_the_middle_survive_a_stop() {
    let office = open(ServerTls::Off, false, Limits::default()).await;
    let mut client = Client::connect(office.address).await;
    client.begin_mail().await;
    let kept = std::sync::Arc::clone(&office.kept);
    let closing = tokio::spawn(office.close());
    client.say(b"Subject: late\r\n.\r\n").await;
    let heard = client.rest().await;
    assert!(heard.contains("250 2.0.0 Kept"), "{heard}");
    closing.await.unwrap();
    assert_eq!(kept.taken.lock().unwrap().len(), 1);
}
