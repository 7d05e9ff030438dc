//! Which server takes a recipient's mail: looked up in DNS after a copy has left, where the operator wants it.
//!
//! Asking tells the local resolver no more than delivering the mail does. One question at a time, five seconds each; an answer
//! holds for a week; a domain that was asked about is remembered in memory, up to a bound. What cannot be answered now is
//! asked again with the next mail.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use model::{Ambient, Time};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use store::{MailHost, Store};
use tokio::time::{sleep, timeout};
use verdict::Tables;

/// How long an answer holds.
const HOLDS: Duration = Duration::from_hours(7 * 24);
const LOOK_EVERY: Duration = Duration::from_secs(5);
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Domains that are remembered. At the bound all are forgotten and asked about again.
const KNOWN_MAX: usize = 10_000;

/// What DNS says of a domain: the server that is to be tried first, and an address of it. None: it takes no mail.
pub(crate) type Answer = Option<(String, Option<IpAddr>)>;

/// Somebody to ask. Tests have one of their own.
pub(crate) trait Ask: Send + Sync {
    /// The answer about a domain; an error where none can be had now.
    fn ask(&self, domain: &str) -> impl Future<Output = Result<Answer, String>> + Send;
}

/// DNS.
pub(crate) struct Resolver(TokioResolver);

impl Resolver {
    /// The texts at a name, each put together from its pieces; none where there is no such name.
    pub(crate) async fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let found = none_is_empty(self.0.txt_lookup(format!("{name}.")).await)?;
        let text = |data: &RData| match data {
            RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
            _ => None,
        };
        Ok(found.iter().filter_map(text).collect())
    }

    /// The addresses of a host.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        match self.0.lookup_ip(format!("{host}.")).await {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) if error.is_nx_domain() || error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The names of an address (RFC 1035 §3.5).
    pub(crate) async fn names(&self, address: IpAddr) -> Result<Vec<String>, String> {
        let found = none_is_empty(self.0.reverse_lookup(address).await)?;
        let name = |data: &RData| match data {
            RData::PTR(name) => Some(name.0.to_ascii().trim_end_matches('.').to_owned()),
            _ => None,
        };
        Ok(found.iter().filter_map(name).collect())
    }
}

/// The data of an answer. That there is none is an answer, too.
fn none_is_empty(answer: Result<Lookup, NetError>) -> Result<Vec<RData>, String> {
    match answer {
        Ok(found) => Ok(found
            .answers()
            .iter()
            .map(|record| record.data.clone())
            .collect()),
        Err(error) if error.is_nx_domain() || error.is_no_records_found() => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

impl Resolver {
    /// Asks this server; without one, those that the machine is set up with.
    pub(crate) fn new(name_server: Option<SocketAddr>) -> anyhow::Result<Self> {
        let Some(at) = name_server else {
            return Ok(Self(TokioResolver::builder_tokio()?.build()?));
        };
        let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        for connection in &mut connections {
            connection.port = at.port();
        }
        let server = NameServerConfig::new(at.ip(), true, connections.into());
        let config = ResolverConfig::from_name_servers(vec![server]);
        let provider = TokioRuntimeProvider::default();
        Ok(Self(
            TokioResolver::builder_with_config(config, provider).build()?,
        ))
    }
}

impl Ask for Resolver {
    async fn ask(&self, domain: &str) -> Result<Answer, String> {
        let name = format!("{domain}."); // in full: no search list
        let found = match self.0.mx_lookup(name).await {
            Ok(found) => found.answers().to_vec(),
            Err(error) if error.is_nx_domain() => return Ok(None),
            Err(error) if error.is_no_records_found() => Vec::new(),
            Err(error) => return Err(error.to_string()),
        };
        let servers = found.iter().filter_map(|record| match &record.data {
            RData::MX(mx) => Some((mx.preference, mx.exchange.to_ascii())),
            _ => None,
        });
        // Without MX records the domain itself takes the mail (RFC 5321 §5.1); "." means that nobody does (RFC 7505).
        let first = servers
            .min()
            .map_or_else(|| domain.to_owned(), |(_, host)| host);
        let host = first.trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() {
            return Ok(None);
        }
        let address = match self.0.lookup_ip(format!("{host}.")).await {
            Ok(found) => found.iter().next(),
            Err(_) if found.is_empty() => return Ok(None),
            Err(_) => None,
        };
        Ok(Some((host, address)))
    }
}

/// Looks up the servers of those to whom mail left.
pub(crate) struct MailHosts<A> {
    pub(crate) store: Store,
    pub(crate) ambient: Ambient,
    pub(crate) tables: Tables,
    pub(crate) resolver: A,
}

impl<A: Ask> MailHosts<A> {
    /// Looks for ever. It can be dropped at any moment.
    pub(crate) async fn run(self) {
        let (mut known, mut last) = (HashMap::new(), 0);
        loop {
            match self.step(&mut known, last).await {
                Ok(seen) if seen > last => last = seen,
                Ok(_) => sleep(LOOK_EVERY).await,
                Err(error) => {
                    tracing::warn!(%error, "mail servers cannot be noted: {error}");
                    sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// One batch; the last event that was looked at.
    async fn step(
        &self,
        known: &mut HashMap<String, (Time, MailHost)>,
        last: i64,
    ) -> Result<i64, store::Error> {
        let now = (self.ambient.now)();
        let (seen, wanted) = self.store.mail_hosts_wanted(last, now - HOLDS).await?;
        for one in wanted {
            let fresh = known.get(&one.domain).filter(|(at, _)| *at >= now - HOLDS);
            let host = match fresh {
                Some((_, host)) => host.clone(),
                None => match timeout(ANSWER_MAX, self.resolver.ask(&one.domain)).await {
                    Ok(Ok(answer)) => self.placed(answer, now),
                    _ => continue,
                },
            };
            if known.len() >= KNOWN_MAX {
                known.clear();
            }
            known.insert(one.domain, (now, host.clone()));
            self.store.mail_host_note(one.contact, host, now).await?;
        }
        Ok(seen)
    }

    fn placed(&self, answer: Answer, now: Time) -> MailHost {
        let Some((host, address)) = answer else {
            return MailHost::default();
        };
        let place = address.map(|address| self.tables.place(address, now));
        let (network, country) = place.unwrap_or_default();
        MailHost {
            host: Some(host),
            network: network.map(str::to_owned),
            country,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Knows one domain, and counts how often it is asked.
    #[derive(Default)]
    struct Stub(AtomicUsize);

    impl Ask for &Stub {
        async fn ask(&self, domain: &str) -> Result<Answer, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            match domain {
                "studio.example" => Ok(Some((
                    "mx.studio.example".into(),
                    "66.249.93.7".parse().ok(),
                ))),
                "nobody.example" => Ok(None),
                _ => Err("no answer".into()),
            }
        }
    }

    #[tokio::test]
    async fn an_answer_gets_its_network_and_is_none_where_nobody_takes_mail() {
        let folder = tempfile::tempdir().unwrap();
        let config = store::Config::Sqlite(folder.path().join("overt.db"));
        let stub = Stub::default();
        let hosts = MailHosts {
            store: Store::open(&config).await.unwrap(),
            ambient: crate::ambient::REAL,
            tables: Tables::built_in().unwrap(),
            resolver: &stub,
        };
        let found = hosts.placed(hosts.resolver.ask("studio.example").await.unwrap(), Time(0));
        assert_eq!(found.host.as_deref(), Some("mx.studio.example"));
        assert_eq!(
            found.network.as_deref(),
            Some("Google"),
            "the built-in excerpt knows it"
        );
        let none = hosts.placed(hosts.resolver.ask("nobody.example").await.unwrap(), Time(0));
        assert_eq!(none, MailHost::default());
        assert_eq!(
            hosts.step(&mut HashMap::new(), 0).await,
            Ok(0),
            "nothing has left"
        );
        assert_eq!(stub.0.load(Ordering::Relaxed), 2);
    }
}
