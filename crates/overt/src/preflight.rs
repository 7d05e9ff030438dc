//! What providers look up about whoever sends: SPF, DKIM, DMARC of each sending domain, and the name behind the address
//! that mail comes from (R-MSG-04). Gmail, Yahoo and Microsoft ask bulk senders for all of these.
//!
//! `overt doctor` says what was found; before advertising leaves the same is looked at, and what is broken holds it back.
//!
//! What the relay does behind us is not known here: which addresses it sends from, whether it signs. So a missing record
//! is something to look at; only what fails whatever the relay does is broken, such as a key that differs from ours.

use crate::finding::Finding::{self, Broken, Fine, Unanswered, Watch};
use crate::mail_hosts::Resolver;
use send::Signers;
use send::preflight::{LookUp, Records};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long one question may take.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Labels of a domain that are taken off in search of a DMARC record.
const PARENTS_MAX: usize = 8;

/// What was found, with its name.
type Found = (&'static str, Finding);

/// Looks up what speaks against mail from a domain, and tells the operator in the log. `relay` and `hostname` as for
/// [`name_behind`].
pub(crate) fn look_up(
    resolver: Resolver,
    signers: Arc<Signers>,
    relay: String,
    hostname: String,
) -> LookUp {
    let all = Arc::new((resolver, signers, relay, hostname));
    Arc::new(move |domain| {
        let all = all.clone();
        Box::pin(async move {
            let (resolver, signers, relay, hostname) = &*all;
            let (records, ptr) = tokio::join!(
                self::domain(resolver, &domain, signers),
                name_behind(resolver, relay, hostname)
            );
            let mut worst = Records::Fit;
            for (what, finding) in records.into_iter().chain([("ptr", ptr)]) {
                let (says, text) = match finding {
                    Fine(_) => continue,
                    Watch(text) => (Records::Fit, text),
                    Unanswered(text) => (Records::NoAnswer, text),
                    Broken(text) => (Records::Contradict, text),
                };
                tracing::warn!("before advertising from {domain}: {what}: {text}");
                worst = worst.max(says);
            }
            worst
        })
    })
}

/// The records of a domain that mail is sent from.
pub(crate) async fn domain(resolver: &Resolver, domain: &str, signers: &Signers) -> [Found; 3] {
    let (spf, dkim, dmarc) = tokio::join!(
        spf(resolver, domain),
        dkim(resolver, domain, signers),
        dmarc(resolver, domain)
    );
    [("spf", spf), ("dkim record", dkim), ("dmarc", dmarc)]
}

/// A text record; an error where none can be had now.
async fn texts(resolver: &Resolver, name: &str) -> Result<Vec<String>, Finding> {
    match timeout(ANSWER_MAX, resolver.texts(name)).await {
        Ok(Ok(texts)) => Ok(texts),
        Ok(Err(why)) => Err(Unanswered(format!("{name} could not be looked up: {why}"))),
        Err(_) => Err(Unanswered(format!(
            "{name} could not be looked up: no answer"
        ))),
    }
}

/// RFC 7208 §4.5: exactly one record.
async fn spf(resolver: &Resolver, domain: &str) -> Finding {
    let texts = match texts(resolver, domain).await {
        Ok(texts) => texts,
        Err(finding) => return finding,
    };
    let is_spf = |text: &&String| {
        let version = text.split_whitespace().next().unwrap_or_default();
        version.eq_ignore_ascii_case("v=spf1")
    };
    let records: Vec<_> = texts.iter().filter(is_spf).collect();
    match records.as_slice() {
        [] => Watch(format!(
            "{domain} has no SPF record: publish a TXT record that names your relay, as in \"v=spf1 include:… -all\""
        )),
        [record] => {
            let everybody = ["all", "+all"];
            let mut terms = record.split_whitespace();
            if terms.any(|term| everybody.contains(&term.to_ascii_lowercase().as_str())) {
                Broken(format!(
                    "{domain} lets everybody send for it (\"{record}\"): end it in -all or ~all"
                ))
            } else {
                Fine(format!("{domain}: {record}"))
            }
        }
        several => Broken(format!(
            "{domain} has {} SPF records, so none counts: make one of them",
            several.len()
        )),
    }
}

/// Do the keys in DNS belong to ours? A signature of the domain in From is aligned with it (RFC 7489 §3.1.1).
async fn dkim(resolver: &Resolver, domain: &str, signers: &Signers) -> Finding {
    let records: Vec<_> = signers
        .all()
        .map(wire::dkim::Signer::record)
        .filter(|record| record.name.ends_with(&format!("._domainkey.{domain}")))
        .collect();
    if records.is_empty() {
        return Watch(format!(
            "mail from {domain} is not signed here: see that the relay signs it with d={domain}, or add a [[dkim]] key"
        ));
    }
    for record in &records {
        let texts = match texts(resolver, &record.name).await {
            Ok(texts) => texts,
            Err(finding) => return finding,
        };
        let ours = key(&record.text);
        if texts.is_empty() {
            return Broken(format!(
                "{} is not in DNS, so the signatures mean nothing; publish\n       {}",
                record.name,
                record.zone_line()
            ));
        }
        if !texts.iter().any(|text| key(text) == ours) {
            return Broken(format!(
                "{} has another key than this server, so every signature fails; publish\n       {}",
                record.name,
                record.zone_line()
            ));
        }
    }
    Fine(format!(
        "{domain}: DNS has the keys that this server signs with"
    ))
}

/// The public key in a record (RFC 6376 §3.6.1), without the blanks it may hold.
fn key(record: &str) -> Option<String> {
    let tag = record
        .split(';')
        .find_map(|tag| tag.trim().strip_prefix("p="))?;
    Some(tag.chars().filter(|c| !c.is_whitespace()).collect())
}

/// The domain's own record, or that of a domain above it.
async fn dmarc(resolver: &Resolver, domain: &str) -> Finding {
    let mut at = domain;
    for _ in 0..PARENTS_MAX {
        let texts = match texts(resolver, &format!("_dmarc.{at}")).await {
            Ok(texts) => texts,
            Err(finding) => return finding,
        };
        if let Some(record) = texts
            .iter()
            .find(|text| text.trim_start().starts_with("v=DMARC1"))
        {
            return Fine(format!("{domain}: {record}"));
        }
        match at.split_once('.') {
            Some((_, above)) if above.contains('.') => at = above,
            _ => break,
        }
    }
    Watch(format!(
        "{domain} has no DMARC record: publish a TXT record at _dmarc.{domain}, to begin with \"v=DMARC1; p=none\""
    ))
}

/// Does the address that mail comes from have a name, and does that name lead back to it? `relay` is where mail is handed
/// to; where that is this machine, its own name is asked about.
pub(crate) async fn name_behind(resolver: &Resolver, relay: &str, hostname: &str) -> Finding {
    let is_near = |address: &IpAddr| match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    };
    let mut host = relay;
    let mut addresses = addresses(resolver, host).await;
    if addresses.iter().all(is_near) {
        host = hostname;
        addresses = self::addresses(resolver, host).await;
    }
    if addresses.is_empty() {
        return Watch(format!("{host} has no address in DNS"));
    }
    for address in addresses {
        let asked = timeout(ANSWER_MAX, resolver.names(address)).await;
        let names = asked.ok().and_then(Result::ok).unwrap_or_default();
        let mut leads_back = false;
        for name in names {
            leads_back |= self::addresses(resolver, &name).await.contains(&address);
        }
        if !leads_back {
            return Watch(format!(
                "{host} has an address without a name that leads back to it (PTR): many servers take no mail from such a \
                 one. Whoever gave you the address sets its name"
            ));
        }
    }
    Fine(format!(
        "the addresses of {host} have names that lead back to them"
    ))
}

async fn addresses(resolver: &Resolver, host: &str) -> Vec<IpAddr> {
    if let Ok(address) = host.parse() {
        return vec![address];
    }
    let asked = timeout(ANSWER_MAX, resolver.addresses(host)).await;
    asked.ok().and_then(Result::ok).unwrap_or_default()
}
