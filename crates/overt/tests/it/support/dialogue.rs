//! An SMTP conversation by hand, for what no proper client would say.

use super::PATIENCE;
use data_encoding::BASE64;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

pub(crate) struct Dialogue {
    stream: BufReader<TcpStream>,
}

impl Dialogue {
    /// Connects and hears the greeting.
    pub(crate) async fn open(to: SocketAddr) -> Self {
        let (dialogue, greeting) = Self::open_from("127.0.0.1", to).await;
        assert!(greeting.starts_with("220 "), "{greeting}");
        dialogue
    }

    /// Connects from one of this machine's own addresses.
    pub(crate) async fn open_from(from: &str, to: SocketAddr) -> (Self, String) {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::new(from.parse().unwrap(), 0))
            .unwrap();
        let stream = timeout(PATIENCE, socket.connect(to))
            .await
            .unwrap()
            .unwrap();
        let mut dialogue = Self {
            stream: BufReader::new(stream),
        };
        let greeting = dialogue.hear().await;
        (dialogue, greeting)
    }

    /// Says EHLO and signs in.
    pub(crate) async fn signed_in(to: SocketAddr, user: &str, password: &str) -> Self {
        let mut dialogue = Self::open(to).await;
        dialogue.sign_in(user, password).await;
        dialogue
    }

    pub(crate) async fn sign_in(&mut self, user: &str, password: &str) {
        let offers = self.say("EHLO client.example").await;
        assert!(offers.contains("AUTH PLAIN LOGIN"), "{offers}");
        let answer = self.auth_plain(user, password).await;
        assert!(answer.starts_with("235 "), "{answer}");
    }

    pub(crate) async fn auth_plain(&mut self, user: &str, password: &str) -> String {
        let response = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
        self.say(&format!("AUTH PLAIN {response}")).await
    }

    /// MAIL, RCPT and DATA for one mail, and the answer to its end.
    pub(crate) async fn mail(&mut self, from: &str, to: &str, data: &[u8]) -> String {
        for command in [format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>")] {
            let answer = self.say(&command).await;
            if !answer.starts_with("250") {
                return answer;
            }
        }
        let answer = self.say("DATA").await;
        if !answer.starts_with("354") {
            return answer;
        }
        self.write(data).await;
        self.say("\r\n.").await
    }

    /// A command and its whole answer; empty when the server hung up.
    pub(crate) async fn say(&mut self, command: &str) -> String {
        self.write(command.as_bytes()).await;
        self.write(b"\r\n").await;
        self.hear().await
    }

    /// Bytes as they are. The server may have hung up.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.stream.get_mut().write_all(bytes))
            .await
            .expect("the server does not read");
    }

    /// One answer, with all its lines; empty when the server hung up.
    pub(crate) async fn hear(&mut self) -> String {
        let mut answer = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.stream.read_line(&mut line))
                .await
                .expect("the server says nothing");
            if read.unwrap_or(0) == 0 {
                return answer;
            }
            answer.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return answer;
            }
        }
    }
}
