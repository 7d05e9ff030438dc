//! Time: idle peers, slow mails, guessing, stopping. On an in-memory stream with the clock paused.

use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::super::data::Budget;
use super::super::envelope::Envelope;
use super::super::handler::Unavailable;
use super::super::limits::Limits;
use super::super::peers::{Peer, Peers};
use super::*;

struct Nobody;

impl Handler for Nobody {
    type User = ();

    fn requires_auth(&self) -> bool {
        true
    }

    async fn authenticate(&self, name: &str, _: &str) -> Result<Option<()>, Unavailable> {
        match name {
            "away" => Err(Unavailable),
            "ann" => Ok(Some(())),
            _ => Ok(None),
        }
    }

    async fn sender(&self, _: Option<&()>, _: &str) -> Result<(), Reply> {
        Ok(())
    }

    async fn recipient(&self, _: Option<&()>, _: &str) -> Result<(), Reply> {
        Ok(())
    }

    async fn message(&self, _: Option<&()>, _: Envelope, _: Vec<u8>) -> Reply {
        Reply::new(250, (2, 0, 0), "OK")
    }
}

struct Client {
    stream: DuplexStream,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<End>>,
    peers: Arc<Peers>,
}

fn peer() -> Peer {
    Peer::new([192, 0, 2, 1].into())
}

fn connect(limits: Limits) -> Client {
    let (stream, mut theirs) = duplex(1 << 16);
    let (stop, stopping) = watch::channel(false);
    let peers = Peers::new(&limits);
    let seat = peers.seat(peer()).unwrap();
    let setting = Arc::new(Setting {
        hostname: "mail.example".into(),
        budget: Budget::new(limits.buffered_bytes_max),
        limits,
        tls: true,
        starttls_offered: false,
        requires_auth: true,
        auth_allowed: true,
    });
    let server = tokio::spawn(async move {
        let conversation = Conversation {
            setting,
            handler: &Nobody,
            seat: &seat,
            stopping,
            started: Instant::now(),
            greet: true,
        };
        conversation.run(&mut theirs).await
    });
    Client {
        stream,
        stop,
        server,
        peers,
    }
}

impl Client {
    async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `last` has been heard.
    async fn hear(&mut self, last: &str) -> String {
        let mut heard = String::new();
        let mut piece = [0; 1024];
        while !heard.contains(last) {
            let n = self.stream.read(&mut piece).await.unwrap();
            assert!(n > 0, "closed after {heard:?}, without {last:?}");
            heard.push_str(std::str::from_utf8(&piece[..n]).unwrap());
        }
        heard
    }

    /// Reads to the end and hangs up.
    async fn rest(mut self) -> String {
        let mut heard = String::new();
        self.stream.read_to_string(&mut heard).await.unwrap();
        drop(self.stream);
        assert_eq!(self.server.await.unwrap().unwrap(), End::Closed);
        heard
    }

    async fn begin_mail(&mut self) {
        self.say(
            "EHLO x\r\nAUTH PLAIN AGFubgBwdw==\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n",
        )
        .await;
        self.hear("354").await;
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_session() {
    let mut client = connect(Limits::default());
    client.hear("220").await;
    let start = Instant::now();
    assert!(client.rest().await.starts_with("421 4.4.2"));
    assert!(start.elapsed() >= Limits::default().idle);
}

#[tokio::test(start_paused = true)]
async fn half_a_command_does_not_keep_it_alive() {
    let mut client = connect(Limits::default());
    client.say("EHL").await;
    assert!(client.rest().await.contains("421 4.4.2"));
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_drips_in_ends() {
    let mut client = connect(Limits::default());
    client.begin_mail().await;
    let start = Instant::now();
    while !client.server.is_finished() && start.elapsed() < Duration::from_hours(2) {
        if client.stream.write_all(b"drip\r\n").await.is_err() {
            break;
        }
        sleep(Duration::from_mins(1)).await;
    }
    let took = start.elapsed();
    assert!(
        took >= Limits::default().data_timeout && took < Duration::from_mins(20),
        "{took:?}"
    );
    assert!(client.rest().await.contains("421 4.4.2"));
}

#[tokio::test(start_paused = true)]
async fn a_session_does_not_grow_old() {
    let mut client = connect(Limits::default());
    let start = Instant::now();
    while client.stream.write_all(b"NOOP\r\n").await.is_ok() {
        sleep(Duration::from_mins(4)).await;
        assert!(start.elapsed() < Duration::from_hours(2));
    }
    assert!(start.elapsed() >= Limits::default().session_max);
    assert!(client.rest().await.contains("421 4.4.2"));
}

#[tokio::test(start_paused = true)]
async fn guessing_gets_slower_and_locks_the_peer_out() {
    let limits = Limits {
        auth_failures_per_peer_max: 2,
        ..Limits::default()
    };
    let mut client = connect(limits);
    client.say("EHLO x\r\n").await;
    client.hear("AUTH").await;
    let mut waited = Vec::new();
    for _ in 0..2 {
        let start = Instant::now();
        client.say("AUTH PLAIN AGV2ZQB4\r\n").await;
        client.hear("535 5.7.8").await;
        waited.push(start.elapsed());
    }
    assert!(
        waited[0] >= Limits::default().auth_delay && waited[1] >= 2 * waited[0],
        "{waited:?}"
    );
    assert!(client.peers.seat(peer()).unwrap().is_locked_out());
    client.say("AUTH PLAIN AGFubgBwdw==\r\n").await; // the right one, too late
    assert!(client.rest().await.starts_with("421 4.7.0"));
}

#[tokio::test(start_paused = true)]
async fn trouble_behind_is_not_a_wrong_password() {
    let mut client = connect(Limits::default());
    client.say("EHLO x\r\nAUTH PLAIN AGF3YXkAcHc=\r\n").await;
    client.hear("454 4.7.0").await;
    assert!(!client.peers.seat(peer()).unwrap().is_locked_out());
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_idle_sessions_and_lets_mails_end() {
    let mut idle = connect(Limits::default());
    idle.hear("220").await;
    idle.stop.send(true).unwrap();
    assert!(idle.rest().await.starts_with("421 4.3.2"));

    let mut busy = connect(Limits::default());
    busy.begin_mail().await;
    busy.stop.send(true).unwrap();
    busy.say("still here\r\n.\r\n").await;
    let rest = busy.rest().await;
    assert!(rest.starts_with("250 2.0.0 OK\r\n421 4.3.2"), "{rest}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_is_dropped() {
    let mut client = connect(Limits::default());
    // More replies than the stream holds, none of them read.
    while client
        .stream
        .write_all(&b"HELP\r\n".repeat(1000))
        .await
        .is_ok()
    {}
    let error = client.server.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn what_follows_starttls_in_the_clear_is_forgotten() {
    let (mut stream, mut theirs) = duplex(1 << 16);
    let limits = Limits::default();
    let peers = Peers::new(&limits);
    let seat = peers.seat(peer()).unwrap();
    let (_stop, stopping) = watch::channel(false);
    let setting = Arc::new(Setting {
        hostname: "mail.example".into(),
        budget: Budget::new(limits.buffered_bytes_max),
        limits,
        tls: false,
        starttls_offered: true,
        requires_auth: false,
        auth_allowed: false,
    });
    let conversation = Conversation {
        setting,
        handler: &Nobody,
        seat: &seat,
        stopping,
        started: Instant::now(),
        greet: false,
    };
    stream
        .write_all(b"STARTTLS\r\nMAIL FROM:<evil@b>\r\n")
        .await
        .unwrap();
    assert_eq!(conversation.run(&mut theirs).await.unwrap(), End::StartTls);
    drop(theirs);
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "220 2.0.0 Go ahead\r\n");
}
