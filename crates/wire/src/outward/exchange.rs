//! One request and its answer, on a connection of its own.

use super::{Outward, Target};
use bytes::Bytes;
use http::header::{HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: http::Method,
    /// Beside `Host` and `User-Agent`. What cannot stand in a header is an error.
    pub headers: &'a [(&'static str, String)],
    /// The body; may be empty.
    pub body: Vec<u8>,
}

/// Bounds of one request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From looking up the name to the last byte of the answer. Then it failed.
    pub time: Duration,
    /// Bytes of the answer's body that are read; the rest is left unread.
    pub body: usize,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// When it wants to be asked again, as it says (RFC 9110 §10.2.3).
    pub retry_after: Option<String>,
    /// The body, up to the bound.
    pub body: Vec<u8>,
}

/// Why there is no answer. The texts are shown to whoever entered the address, and say nothing about the network here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The name has no address.
    #[error("the name has no address")]
    NoAddress,
    /// An address it has is not allowed.
    #[error(
        "{}",
        if *.secure { "it leads to an address inside this network, which is not allowed" }
        else { "without https only this machine itself can be asked, where the operator allows it" }
    )]
    NotAllowed {
        /// Was it `https`?
        secure: bool,
    },
    /// Nobody is there.
    #[error("no connection: {0}")]
    Connect(&'static str),
    /// The certificate does not fit, or TLS fails otherwise.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// It does not speak HTTP, or broke off.
    #[error("no proper HTTP answer")]
    Http,
    /// It took too long.
    #[error("no answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
}

const AGENT: &str = concat!("Overt/", env!("CARGO_PKG_VERSION"));
/// Longest head of an answer, and how many lines it may have.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 100;

impl Outward {
    /// Asks, and reads the answer. A redirect is an answer like any other.
    pub async fn ask(
        &self,
        target: &Target,
        request: Request<'_>,
        limits: Limits,
    ) -> Result<Answer, Failure> {
        let asking = self.exchange(target, request, limits.body);
        timeout(limits.time, asking)
            .await
            .unwrap_or(Err(Failure::TimedOut(limits.time)))
    }

    async fn exchange(
        &self,
        target: &Target,
        request: Request<'_>,
        body_max: usize,
    ) -> Result<Answer, Failure> {
        let request = assemble(target, request).ok_or(Failure::Http)?;
        let stream = connect(&self.addresses(target).await?).await?;
        if !target.is_secure() {
            return speak(stream, request, body_max).await;
        }
        let tls = |error: &dyn std::fmt::Display| Failure::Tls(error.to_string());
        let name = ServerName::try_from(target.host().to_owned()).map_err(|e| tls(&e))?;
        let connector = TlsConnector::from(self.tls.clone());
        let stream = connector.connect(name, stream).await.map_err(|e| tls(&e))?;
        speak(stream, request, body_max).await
    }
}

fn assemble(target: &Target, request: Request<'_>) -> Option<http::Request<Full<Bytes>>> {
    let mut built = http::Request::builder()
        .method(request.method)
        .uri(target.path_and_query())
        .header(HOST, target.authority())
        .header(USER_AGENT, AGENT);
    for (name, value) in request.headers {
        let value = HeaderValue::from_str(value).ok()?;
        built = built.header(HeaderName::from_static(name), value);
    }
    built.body(Full::new(request.body.into())).ok()
}

/// A connection to the first of these that takes one.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let mut failed = Failure::NoAddress;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                let _ = stream.set_nodelay(true); // an optimisation, no more
                return Ok(stream);
            }
            Err(error) => {
                failed = Failure::Connect(match error.kind() {
                    std::io::ErrorKind::ConnectionRefused => "it was refused",
                    std::io::ErrorKind::TimedOut => "nobody answers",
                    _ => "the address cannot be reached",
                });
            }
        }
    }
    Err(failed)
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: http::Request<Full<Bytes>>,
    body_max: usize,
) -> Result<Answer, Failure> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Failure::Http)?;
    let answered = async {
        let answer = sender
            .send_request(request)
            .await
            .map_err(|_| Failure::Http)?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| Some(value.to_str().ok()?.to_owned()));
        let (mut incoming, mut body) = (answer.into_body(), Vec::new());
        while body.len() < body_max {
            let Some(frame) = incoming.frame().await else {
                break;
            };
            if let Ok(data) = frame.map_err(|_| Failure::Http)?.into_data() {
                body.extend_from_slice(&data[..data.len().min(body_max - body.len())]);
            }
        }
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    };
    let (mut answered, mut connection) = (pin!(answered), pin!(connection));
    let mut open = true;
    loop {
        tokio::select! {
            answer = &mut answered => return answer,
            // It may end before its last bytes were looked at.
            _ = &mut connection, if open => open = false,
        }
    }
}
