//! Reaching a relay: connect, greet, TLS, sign in. What comes then is `transaction.rs`.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::auth::{Credentials, plain_response};
use super::error::{SendError, Stage};
use super::reply::Reply;
use super::stream::{Bytes, Stream};

/// Addresses of one host that are tried.
const ADDRESSES_MAX: usize = 6;

/// A server that takes mail for further delivery, and how to talk to it.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Host name or IP address; also the name that its certificate must have.
    pub host: String,
    /// 587, 465 or 25, mostly.
    pub port: u16,
    /// TLS.
    pub security: Security,
    /// Sign in with these.
    pub auth: Option<Credentials>,
    /// What we call ourselves in EHLO: a host name, or `[192.0.2.1]`.
    pub hello: String,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

/// How the connection is protected. Certificates are verified wherever TLS is used.
#[derive(Clone, Debug)]
pub enum Security {
    /// Not at all: for relays on this machine. Passwords are then sent to loopback only.
    None,
    /// STARTTLS, or nothing is sent.
    StartTls(Arc<rustls::ClientConfig>),
    /// STARTTLS where the relay offers it; an attacker on the way can take the offer away.
    StartTlsIfOffered(Arc<rustls::ClientConfig>),
    /// TLS from the first byte (port 465).
    Tls(Arc<rustls::ClientConfig>),
}

/// How long to wait for the relay. The defaults are those of RFC 5321 §4.5.3.2 where it has any.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// TCP, for each address of the host; and the TLS handshake.
    pub connect: Duration,
    /// The greeting, and each command's reply.
    pub command: Duration,
    /// Each 64 KB of the mail.
    pub block: Duration,
    /// The answer after the final dot.
    pub message: Duration,
    /// One mail from MAIL to that answer, however busily the relay drips.
    pub transaction: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(5),
            block: Duration::from_mins(3),
            message: Duration::from_mins(10),
            transaction: Duration::from_hours(1),
        }
    }
}

impl Timeouts {
    /// The same for everything: for a person who waits, as in a relay test.
    pub fn all(time: Duration) -> Self {
        Self {
            connect: time,
            command: time,
            block: time,
            message: time,
            transaction: time,
        }
    }
}

/// What the relay said it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// PIPELINING.
    pub pipelining: bool,
    /// SIZE: the largest mail in bytes; `Some(0)` when it does not tell.
    pub size: Option<u64>,
    /// 8BITMIME.
    pub eight_bit: bool,
    /// SMTPUTF8.
    pub smtputf8: bool,
    /// DSN: whether notifications can be asked for. If not, they end here.
    pub dsn: bool,
    /// STARTTLS.
    pub starttls: bool,
    /// AUTH mechanisms in upper case.
    pub auth: Vec<String>,
}

/// A session with a relay, ready for mails.
pub struct Connection {
    pub(super) stream: Stream,
    pub(super) extensions: Extensions,
    pub(super) timeouts: Timeouts,
    /// False from the moment something is under way until it has ended well.
    pub(super) usable: bool,
}

impl Relay {
    /// Connects and gets everything ready for the first mail.
    pub async fn connect(&self) -> Result<Connection, SendError> {
        let tcp = self.dial().await?;
        let loopback = tcp
            .peer_addr()
            .is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        let (bytes, mut encrypted): (Box<dyn Bytes>, bool) = match &self.security {
            Security::Tls(config) => (self.handshake(config, Box::new(tcp)).await?, true),
            _ => (Box::new(tcp), false),
        };
        let mut stream = Stream::new(self.name(), bytes);
        let greeting = stream.reply(Stage::Greeting, self.timeouts.command).await?;
        self.expect(220, Stage::Greeting, greeting)?;
        let mut extensions = self.hello(&mut stream).await?;
        let starttls = match &self.security {
            Security::StartTls(config) => Some(config),
            Security::StartTlsIfOffered(config) if extensions.starttls => Some(config),
            _ => None,
        };
        if let Some(config) = starttls {
            stream = self.starttls(config, stream, &extensions).await?;
            encrypted = true;
            extensions = self.hello(&mut stream).await?; // RFC 3207 §4.2: what was said before is void
        }
        if let Some(credentials) = &self.auth {
            self.sign_in(&mut stream, credentials, &extensions, encrypted || loopback)
                .await?;
        }
        Ok(Connection {
            stream,
            extensions,
            timeouts: self.timeouts.clone(),
            usable: true,
        })
    }

    fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    async fn dial(&self) -> Result<TcpStream, SendError> {
        let unreachable = |cause: String| SendError::Unreachable {
            relay: self.name(),
            cause,
        };
        let time = self.timeouts.connect;
        let addresses = timeout(time, lookup_host((self.host.as_str(), self.port)))
            .await
            .map_err(|_| unreachable("the name could not be looked up in time".into()))?
            .map_err(|error| unreachable(format!("the name cannot be looked up ({error})")))?;
        let mut cause = "the name has no address".to_owned();
        for address in addresses.take(ADDRESSES_MAX) {
            match timeout(time, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    // A mail is a few small writes that each wait for an answer.
                    tcp.set_nodelay(true)
                        .map_err(|error| unreachable(error.to_string()))?;
                    return Ok(tcp);
                }
                Ok(Err(error)) => cause = error.to_string(),
                Err(_) => "nobody answers".clone_into(&mut cause),
            }
        }
        Err(unreachable(cause))
    }

    async fn handshake(
        &self,
        config: &Arc<rustls::ClientConfig>,
        bytes: Box<dyn Bytes>,
    ) -> Result<Box<dyn Bytes>, SendError> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| self.no_tls("its name cannot stand in a certificate".into()))?;
        let handshake = TlsConnector::from(Arc::clone(config)).connect(name, bytes);
        match timeout(self.timeouts.connect, handshake).await {
            Ok(Ok(tls)) => Ok(Box::new(tls)),
            Ok(Err(error)) => Err(self.no_tls(explained(&error))),
            Err(_) => Err(SendError::Timeout {
                relay: self.name(),
                stage: Stage::Tls,
            }),
        }
    }

    async fn starttls(
        &self,
        config: &Arc<rustls::ClientConfig>,
        mut stream: Stream,
        extensions: &Extensions,
    ) -> Result<Stream, SendError> {
        if !extensions.starttls {
            let cause = "it does not offer STARTTLS; check the port, or use TLS from the start";
            return Err(self.no_tls(cause.into()));
        }
        let reply = stream
            .ask("STARTTLS", Stage::Tls, self.timeouts.command)
            .await?;
        self.expect(220, Stage::Tls, reply)?;
        let bytes = self.handshake(config, stream.into_bytes()?).await?;
        Ok(Stream::new(self.name(), bytes))
    }

    /// EHLO, or HELO where the relay is older than that.
    async fn hello(&self, stream: &mut Stream) -> Result<Extensions, SendError> {
        let name = &self.hello;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(SendError::Protocol {
                relay: self.name(),
                stage: Stage::Hello,
                cause: "our own host name is empty or has characters that no host name has".into(),
            });
        }
        let time = self.timeouts.command;
        let reply = stream
            .ask(&format!("EHLO {name}"), Stage::Hello, time)
            .await?;
        if reply.is_positive() {
            return Ok(Extensions::parse(&reply.text));
        }
        if reply.is_permanent() {
            let reply = stream
                .ask(&format!("HELO {name}"), Stage::Hello, time)
                .await?;
            self.expect(250, Stage::Hello, reply)?;
            return Ok(Extensions::default());
        }
        Err(self.session_refused(Stage::Hello, reply))
    }

    async fn sign_in(
        &self,
        stream: &mut Stream,
        credentials: &Credentials,
        extensions: &Extensions,
        private: bool,
    ) -> Result<(), SendError> {
        if !private {
            let why = "not sent: the connection is not encrypted; use STARTTLS or TLS";
            return Err(self.auth_refused(Reply::new(538, (5, 7, 11), why)));
        }
        let time = self.timeouts.command;
        let offers = |mechanism: &str| extensions.auth.iter().any(|known| known == mechanism);
        let reply = if offers("PLAIN") {
            let command = format!("AUTH PLAIN {}", plain_response(credentials));
            stream.ask(&command, Stage::Auth, time).await?
        } else if offers("LOGIN") {
            let mut reply = stream.ask("AUTH LOGIN", Stage::Auth, time).await?;
            for answer in [&credentials.name, &credentials.password] {
                if reply.code != 334 {
                    break;
                }
                let answer = data_encoding::BASE64.encode(answer.as_bytes());
                reply = stream.ask(&answer, Stage::Auth, time).await?;
            }
            reply
        } else {
            let why = match extensions.auth.as_slice() {
                [] => "not sent: the relay offers no sign-in here; check the port".to_owned(),
                offered => format!(
                    "not sent: the relay offers {}, and only PLAIN and LOGIN are spoken here",
                    offered.join(", ")
                ),
            };
            return Err(self.auth_refused(Reply::new(504, (5, 5, 4), why)));
        };
        match reply {
            reply if reply.is_positive() => Ok(()),
            reply if reply.is_temporary() => Err(self.session_refused(Stage::Auth, reply)),
            reply if reply.is_permanent() => Err(self.auth_refused(reply)),
            _ => Err(self.odd(Stage::Auth)),
        }
    }

    fn expect(&self, code: u16, stage: Stage, reply: Reply) -> Result<(), SendError> {
        match reply {
            reply if reply.code == code => Ok(()),
            reply if reply.is_temporary() || reply.is_permanent() => {
                Err(self.session_refused(stage, reply))
            }
            _ => Err(self.odd(stage)),
        }
    }

    /// Before a mail was named, even a 5xx says nothing about it.
    fn session_refused(&self, stage: Stage, reply: Reply) -> SendError {
        SendError::Temporary {
            relay: self.name(),
            stage,
            reply,
        }
    }

    fn auth_refused(&self, reply: Reply) -> SendError {
        SendError::AuthRefused {
            relay: self.name(),
            reply,
        }
    }

    fn no_tls(&self, cause: String) -> SendError {
        SendError::Tls {
            relay: self.name(),
            cause,
        }
    }

    fn odd(&self, stage: Stage) -> SendError {
        SendError::Protocol {
            relay: self.name(),
            stage,
            cause: "that reply has no place here".into(),
        }
    }
}

impl Extensions {
    /// Reads the lines of an EHLO reply; the first is the relay's name.
    fn parse(text: &str) -> Self {
        let mut found = Self::default();
        for line in text.split('\n').skip(1) {
            // `AUTH=LOGIN` is how very old servers put it.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next().map(str::to_ascii_uppercase).as_deref() {
                Some("PIPELINING") => found.pipelining = true,
                Some("8BITMIME") => found.eight_bit = true,
                Some("SMTPUTF8") => found.smtputf8 = true,
                Some("DSN") => found.dsn = true,
                Some("STARTTLS") => found.starttls = true,
                Some("SIZE") => {
                    found.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0));
                }
                Some("AUTH") => found.auth.extend(words.map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        found
    }
}

/// What a person can do about a failed handshake.
fn explained(error: &std::io::Error) -> String {
    let about_certificate = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        .is_some_and(|inner| matches!(inner, rustls::Error::InvalidCertificate(_)));
    if about_certificate {
        return format!("{error}; use the name in its certificate as host, or give its CA");
    }
    format!("{error}; the port may want another kind of TLS (465: from the start, 587: STARTTLS)")
}
