//! Accepts connections, bounds them, puts TLS under them, and stops gracefully.

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use super::connection::{Conversation, End, turn_away};
use super::data::Budget;
use super::handler::Handler;
use super::limits::Limits;
use super::peers::{Peer, Peers};
use super::reply::Reply;
use super::session::{Setting, closing};

/// How a listener speaks.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The name in the greeting.
    pub hostname: String,
    /// TLS, and when it begins.
    pub tls: ServerTls,
    /// All bounds.
    pub limits: Limits,
}

/// When TLS begins on a listener.
#[derive(Clone, Debug)]
pub enum ServerTls {
    /// Never. AUTH is then offered to this machine only.
    Off,
    /// When the client says STARTTLS (port 587).
    StartTls(Arc<rustls::ServerConfig>),
    /// At once (port 465, RFC 8314).
    Implicit(Arc<rustls::ServerConfig>),
}

/// What all connections of a listener share.
struct Server<H> {
    config: Arc<ServerConfig>,
    handler: Arc<H>,
    budget: Arc<Budget>,
    peers: Arc<Peers>,
    stopping: watch::Receiver<bool>,
}

/// Serves a listener until `stop`. Then no connection is accepted, idle sessions hear `421`, and
/// mails under way may end within [`Limits::stop_grace`]; returns when all is quiet.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    handler: Arc<H>,
    stop: impl Future<Output = ()>,
) {
    let (stopping_tx, stopping) = watch::channel(false);
    let server = Arc::new(Server {
        budget: Budget::new(config.limits.buffered_bytes_max),
        peers: Peers::new(&config.limits),
        config,
        handler,
        stopping,
    });
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = connections.join_next() => report(&ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => server.admit(&mut connections, stream, peer),
                Err(error) => {
                    // Out of file handles, mostly: let sessions end before trying again.
                    warn!(%error, "cannot accept SMTP connections: {error}");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    let _ = stopping_tx.send(true);
    let quiet = async {
        while let Some(ended) = connections.join_next().await {
            report(&ended);
        }
    };
    if timeout(server.config.limits.stop_grace, quiet)
        .await
        .is_err()
    {
        let left = connections.len();
        warn!(
            smtp.sessions = left,
            "ended {left} SMTP sessions that did not end by themselves"
        );
        connections.shutdown().await;
    }
}

/// A handler's panic ends its session, not the server.
fn report(ended: &Result<(), tokio::task::JoinError>) {
    if ended.as_ref().is_err_and(tokio::task::JoinError::is_panic) {
        warn!("an SMTP session ended by a panic");
    }
}

impl<H: Handler> Server<H> {
    fn admit(self: &Arc<Self>, connections: &mut JoinSet<()>, stream: TcpStream, peer: SocketAddr) {
        if connections.len() >= self.config.limits.connections_max {
            let busy = closing((4, 3, 2), "Too many connections; try again soon");
            refuse_at_once(stream, &busy, &self.config.tls);
            return;
        }
        let server = Arc::clone(self);
        connections.spawn(async move {
            // What goes wrong with one connection is the peer's affair; it saw it too.
            if let Err(error) = server.converse(stream, peer).await {
                debug!(%error, "an SMTP connection broke: {error}");
            }
        });
    }

    async fn converse(&self, mut stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let loopback = peer.ip().to_canonical().is_loopback();
        let Some(seat) = self.peers.seat(Peer::new(peer.ip())) else {
            if !matches!(self.config.tls, ServerTls::Implicit(_)) {
                let busy = closing((4, 7, 0), "Too many connections from your address");
                turn_away(&mut stream, &busy).await;
            }
            return Ok(());
        };
        let started = Instant::now();
        let talk = |tls: bool, greet: bool| Conversation {
            setting: Arc::new(self.setting(tls, loopback)),
            handler: &*self.handler,
            seat: &seat,
            stopping: self.stopping.clone(),
            started,
            greet,
        };
        let (tls, greet) = match &self.config.tls {
            ServerTls::Implicit(tls) => (tls, true),
            ServerTls::Off => return talk(false, true).run(&mut stream).await.map(drop),
            ServerTls::StartTls(tls) => {
                if talk(false, true).run(&mut stream).await? == End::Closed {
                    return Ok(());
                }
                (tls, false)
            }
        };
        let handshake = TlsAcceptor::from(Arc::clone(tls)).accept(stream);
        let mut stopping = self.stopping.clone();
        let mut stream = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return Ok(()),
            stream = timeout(self.config.limits.handshake, handshake) => stream??,
        };
        talk(true, greet).run(&mut stream).await.map(drop)
    }

    fn setting(&self, tls: bool, loopback: bool) -> Setting {
        Setting {
            hostname: self.config.hostname.clone(),
            limits: self.config.limits.clone(),
            budget: Arc::clone(&self.budget),
            tls,
            starttls_offered: !tls && matches!(self.config.tls, ServerTls::StartTls(_)),
            requires_auth: self.handler.requires_auth(),
            auth_allowed: tls || loopback,
        }
    }
}

/// Over the bound there is no task to spare: one attempt to say why, without waiting. A TLS client
/// could not read it.
fn refuse_at_once(stream: TcpStream, reply: &Reply, tls: &ServerTls) {
    if matches!(tls, ServerTls::Implicit(_)) {
        return;
    }
    let mut output = Vec::new();
    reply.write(&mut output);
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write_all(&output); // a fresh socket has room for one line
    }
}
