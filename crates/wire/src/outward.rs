//! HTTP requests to addresses that somebody else named: a user, a mail, another server.
//!
//! Such an address must not lead to this machine or into its network (server-side request forgery). So the name is
//! resolved once, every address it has is checked, and the connection goes to an address that was checked: what the
//! name resolves to a moment later makes no difference. Redirects are not followed, proxies of the environment are not
//! asked, answers are read up to a bound and for a bounded time.
//!
//! Left out: HTTP/2, compression, cookies, and keeping connections; none of it is worth its risk here.

mod address;
mod exchange;
mod target;

pub use address::is_public;
pub use exchange::{Answer, Failure, Limits, Request};
pub use target::{BadTarget, Target};

use crate::tls::{Roots, TlsError, client_config};
use ipnet::IpNet;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// The addresses of a name, as somebody says.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
/// Whom to ask for them.
pub type Resolver = Arc<dyn Fn(&str, u16) -> Resolving + Send + Sync>;

/// Makes requests, and knows where they may not go. Cheap to clone.
#[derive(Clone)]
pub struct Outward {
    private: Arc<[IpNet]>,
    tls: Arc<rustls::ClientConfig>,
    resolver: Resolver,
}

impl Outward {
    /// Requests to public addresses, and to those private networks, if any. Asks the system's resolver.
    pub fn new(private: &[IpNet], roots: &Roots) -> Result<Self, TlsError> {
        let resolver: Resolver = Arc::new(|host, port| {
            let host = host.to_owned();
            Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
        });
        Ok(Self {
            private: private.into(),
            tls: client_config(roots)?,
            resolver,
        })
    }

    /// The same, asking somebody else for addresses.
    #[must_use]
    pub fn asking(mut self, resolver: Resolver) -> Self {
        self.resolver = resolver;
        self
    }

    /// May a request go there? `loopback`: only within this machine, which is all that goes without TLS.
    fn may_go(&self, address: IpAddr, loopback: bool) -> bool {
        let address = address.to_canonical();
        let is_allowed = self.private.iter().any(|net| net.contains(&address));
        if loopback {
            address.is_loopback() && is_allowed
        } else {
            is_public(address) || is_allowed
        }
    }

    /// Looks a target up, and says whether a request may go there. It is looked up and checked again with each request.
    pub async fn admits(&self, target: &Target) -> Result<(), Failure> {
        self.addresses(target).await.map(|_| ())
    }

    /// The addresses of a target, each of which a request may go to. One that is not allowed spoils them all: a name
    /// with such an address is either a mistake or an attempt.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        let port = target.port();
        let found = match target.address() {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => (self.resolver)(target.host(), port)
                .await
                .map_err(|_| Failure::NoAddress)?,
        };
        if found.is_empty() {
            return Err(Failure::NoAddress);
        }
        let loopback = !target.is_secure();
        if found.iter().any(|to| !self.may_go(to.ip(), loopback)) {
            return Err(Failure::NotAllowed { secure: !loopback });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
