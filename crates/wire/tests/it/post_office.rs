//! A running server that keeps what it takes, and ways to reach it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wire::smtp::{
    Credentials, Envelope, Handler, Limits, Relay, Reply, Security, ServerConfig, ServerTls,
    Timeouts, Unavailable, serve,
};
use wire::tls::{Roots, client_config, server_config};

/// Who sent it, how, and what.
pub(crate) type Taken = (Option<String>, Envelope, Vec<u8>);

/// Keeps every mail. Knows ann with the password "secret".
pub(crate) struct Shelf {
    pub(crate) requires_auth: bool,
    pub(crate) taken: Mutex<Vec<Taken>>,
}

impl Handler for Shelf {
    type User = String;

    fn requires_auth(&self) -> bool {
        self.requires_auth
    }

    async fn authenticate(
        &self,
        name: &str,
        password: &str,
    ) -> Result<Option<String>, Unavailable> {
        Ok((name == "ann" && password == "secret").then(|| name.to_owned()))
    }

    async fn sender(&self, _: Option<&String>, from: &str) -> Result<(), Reply> {
        if from.starts_with("forged@") {
            return Err(Reply::new(550, (5, 7, 1), "Not one of your identities"));
        }
        Ok(())
    }

    async fn recipient(&self, _: Option<&String>, to: &str) -> Result<(), Reply> {
        match to {
            to if to.starts_with("unknown") => Err(Reply::new(550, (5, 1, 1), "No such user")),
            to if to.starts_with("full") => Err(Reply::new(452, (4, 2, 2), "Mailbox full")),
            _ => Ok(()),
        }
    }

    async fn message(&self, user: Option<&String>, envelope: Envelope, data: Vec<u8>) -> Reply {
        assert!(!data.starts_with(b"Panic: "), "a panic on demand");
        if data.starts_with(b"Refuse: ") {
            return Reply::new(554, (5, 6, 0), "I do not like it");
        }
        self.taken
            .lock()
            .unwrap()
            .push((user.cloned(), envelope, data));
        Reply::new(250, (2, 0, 0), "Kept")
    }
}

/// Certificate and key for `localhost`, as PEM.
pub(crate) fn certificate() -> &'static (String, String) {
    static MADE: OnceLock<(String, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    })
}

pub(crate) fn server_tls() -> Arc<rustls::ServerConfig> {
    let (chain, key) = certificate();
    server_config(chain.as_bytes(), key.as_bytes()).unwrap()
}

pub(crate) fn client_tls() -> Arc<rustls::ClientConfig> {
    client_config(&Roots::Pem(certificate().0.clone().into_bytes())).unwrap()
}

pub(crate) struct Office {
    pub(crate) address: SocketAddr,
    pub(crate) kept: Arc<Shelf>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

pub(crate) async fn open(tls: ServerTls, requires_auth: bool, limits: Limits) -> Office {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let kept = Arc::new(Shelf {
        requires_auth,
        taken: Mutex::default(),
    });
    let config = Arc::new(ServerConfig {
        hostname: "mail.example".into(),
        tls,
        limits,
    });
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(serve(listener, config, Arc::clone(&kept), async {
        let _ = stopped.await;
    }));
    Office {
        address,
        kept,
        stop,
        server,
    }
}

impl Office {
    /// What was taken so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.kept.taken.lock().unwrap().clone()
    }

    pub(crate) fn relay(&self, security: Security) -> Relay {
        relay(self.address, security)
    }

    /// Stops the server and waits for its end.
    pub(crate) async fn close(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
    }
}

pub(crate) fn relay(address: SocketAddr, security: Security) -> Relay {
    Relay {
        host: "localhost".into(),
        port: address.port(),
        security,
        auth: None,
        hello: "client.example".into(),
        timeouts: Timeouts::default(),
    }
}

pub(crate) fn credentials(password: &str) -> Credentials {
    Credentials {
        name: "ann".into(),
        password: password.into(),
    }
}
