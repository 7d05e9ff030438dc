//! A relay by hand: speaks SMTP without any extension, and misbehaves on demand.

use super::mail::Mail;
use super::until;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wire::smtp::Envelope;

/// What is wrong with a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// The greeting is no SMTP.
    Babbles,
    HangsUpAtOnce,
    /// The mail was received, and no answer comes.
    HangsUpAfterData,
    /// Says nothing at all, but stays on the line.
    Hangs,
    /// Answers MAIL with 550, for the first session.
    RefusesSender,
    /// Answers MAIL with a line that is no reply.
    SaysNonsense,
}

/// A relay by hand, without any extension; in trouble for its first visits.
pub(crate) struct Fake {
    pub(crate) port: u16,
    visits: Arc<AtomicUsize>,
    taken: Arc<Mutex<Vec<Mail>>>,
    listening: JoinHandle<()>,
}

impl Fake {
    pub(crate) async fn start(trouble: Trouble, visits_in_trouble: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::<AtomicUsize>::default();
        let taken = Arc::<Mutex<Vec<Mail>>>::default();
        let (counted, shelf) = (visits.clone(), taken.clone());
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let visit = counted.fetch_add(1, Ordering::Relaxed);
                let trouble = if visit < visits_in_trouble {
                    trouble
                } else {
                    Trouble::None
                };
                let shelf = shelf.clone();
                tokio::spawn(async move { talk(stream, trouble, &shelf).await });
            }
        });
        Self {
            port,
            visits,
            taken,
            listening,
        }
    }

    /// How often somebody called.
    pub(crate) fn visits(&self) -> usize {
        self.visits.load(Ordering::Relaxed)
    }

    /// The first mail to an address; waits for it.
    pub(crate) async fn mail(&self, address: &str) -> Mail {
        until("a mail", async || {
            let taken = self.taken.lock().unwrap().clone();
            taken.into_iter().find(|mail| mail.to == address)
        })
        .await
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// One visit; ends with the stream.
async fn talk(stream: TcpStream, trouble: Trouble, shelf: &Mutex<Vec<Mail>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    match trouble {
        Trouble::HangsUpAtOnce => return None,
        Trouble::Hangs => std::future::pending().await,
        Trouble::Babbles => {
            let babble =
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n\0\xff\xfe".repeat(1_000);
            stream.get_mut().write_all(&babble).await.ok()?;
            return None;
        }
        _ => stream
            .get_mut()
            .write_all(b"220 fake.example SMTP\r\n")
            .await
            .ok()?,
    }
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let line = line(&mut stream).await?;
        let reply = match line.split([' ', ':']).next()?.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => "250 fake.example",
            "MAIL" if trouble == Trouble::SaysNonsense => "well, perhaps",
            // Bounces come from nobody, and are taken.
            "MAIL" if trouble == Trouble::RefusesSender && !address(&line).is_empty() => {
                "550 5.1.8 bad sender"
            }
            "MAIL" => {
                from = address(&line);
                "250 ok"
            }
            "RCPT" => {
                to = address(&line);
                "250 ok"
            }
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n").await.ok()?;
                let bytes = data(&mut stream).await?;
                if trouble == Trouble::HangsUpAfterData {
                    return None;
                }
                let envelope = Envelope {
                    from: from.clone(),
                    ..Envelope::default()
                };
                shelf.lock().unwrap().push(Mail {
                    envelope,
                    to: to.clone(),
                    bytes: bytes.into_bytes().into(),
                });
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        stream
            .get_mut()
            .write_all(format!("{reply}\r\n").as_bytes())
            .await
            .ok()?;
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (stream.read_line(&mut line).await.ok()? > 0).then(|| line.trim_end().to_owned())
}

async fn data(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut mail = String::new();
    loop {
        let line = line(stream).await?;
        match line.as_str() {
            "." => return Some(mail),
            line => mail.push_str(&format!("{}\r\n", line.strip_prefix('.').unwrap_or(line))),
        }
    }
}

fn address(command: &str) -> String {
    command
        .split(['<', '>'])
        .nth(1)
        .unwrap_or_default()
        .to_owned()
}
