//! `overt doctor`: checks what a running server depends on, and says what to do.

use super::{ConfigFile, block_on, open};
use crate::config::{Config, Http};
use crate::finding::Finding::{self, Broken, Fine, Unanswered, Watch};
use crate::mail_hosts::Resolver;
use crate::preflight;
use crate::runtime::test_relay;
use crate::{ambient, base, keys, log, networks};
use anyhow::Result;
use model::Time;
use model::complaints::{self, Alarm};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::{Health, Store, Webhook};
use wire::smtp::{Relay, Timeouts};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// The findings as JSON
    #[arg(long)]
    json: bool,
}

/// Domains that are looked up in DNS; of further ones nothing is.
const DOMAINS_MAX: usize = 20;
/// Below this the next mails may find no room.
const DISK_BYTES_MIN: u64 = 500 * 1024 * 1024;
/// Tokens and reports bear times; people compare them.
const CLOCK_DRIFT_MAX: Duration = Duration::from_mins(1);
/// Mail clients and image proxies change their names about this often.
const BUILT_IN_AGE_MAX: Duration = Duration::from_hours(365 * 24);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Webhooks in trouble that are listed, the worst first.
const WEBHOOKS_MAX: u16 = 20;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let findings = block_on(examine(&config))?;
    let broken = findings
        .iter()
        .any(|(_, finding)| matches!(finding, Broken(_)));
    if arguments.json {
        let list: Vec<_> = findings
            .iter()
            .map(|(what, finding)| json(what, finding))
            .collect();
        println!("{}", serde_json::to_string_pretty(&list)?);
    } else {
        for (what, finding) in &findings {
            let (mark, text) = match finding {
                Fine(text) => ("ok   ", text),
                Watch(text) | Unanswered(text) => ("look ", text),
                Broken(text) => ("WRONG", text),
            };
            println!("{mark}  {what}: {text}");
        }
    }
    Ok(ExitCode::from(u8::from(broken)))
}

fn json(what: &str, finding: &Finding) -> serde_json::Value {
    let (state, text) = match finding {
        Fine(text) => ("fine", text),
        Watch(text) | Unanswered(text) => ("watch", text),
        Broken(text) => ("broken", text),
    };
    serde_json::json!({ "check": what, "state": state, "text": text })
}

async fn examine(config: &Config) -> Result<Vec<(&'static str, Finding)>> {
    let (tracker, far_clock) = tracker(&config.tracker).await;
    let mut findings = vec![
        ("keys", keys(config)),
        ("database", database(config).await),
        ("disk", disk(config)),
        ("relay", relay(config).await),
        ("tracker", tracker),
        ("clock", clock(far_clock)),
        ("dkim", dkim(config)),
        ("notices", notices(config).await),
        ("profiles", profiles(config)),
        ("networks", networks(config)),
    ];
    findings.extend(sending(config).await);
    Ok(findings)
}

/// Whose agreement ends when the server starts with this configuration.
async fn notices(config: &Config) -> Finding {
    let foreseen = async {
        let disclosure = Arc::new(config.disclosure()?);
        let store = open(config).await?;
        let store = store.telling(config.tracker.origin.clone(), disclosure);
        anyhow::Ok(store.notices_foresee((ambient::REAL.now)()).await?)
    };
    match foreseen.await {
        Ok(none) if none.is_empty() => {
            Fine("they say nothing that people have not agreed to".into())
        }
        Ok(some) => {
            let each = some
                .iter()
                .map(|(name, people)| format!("{people} of {name}"));
            Watch(format!(
                "with this configuration they say more than people agreed to. When `overt serve` starts with it, these \
                 agreements end: {}. A shorter [retention] and fewer [[processors]] keep them",
                each.collect::<Vec<_>>().join(", ")
            ))
        }
        Err(error) => Unanswered(format!("cannot be looked at: {error:#}")),
    }
}

/// What recipients' providers see of whoever sends here, and what they told of it.
async fn sending(config: &Config) -> Vec<(&'static str, Finding)> {
    let store = Store::open(&config.store()).await;
    let resolver = Resolver::new(config.mail_hosts.name_server);
    let (Ok(store), Ok(resolver), Ok(signers)) = (store, resolver, base::signers(config)) else {
        return Vec::new(); // said above, but for a resolver: then there is nobody to ask
    };
    let mut findings = Vec::new();
    for domain in (store.sending_domains(DOMAINS_MAX).await).unwrap_or_default() {
        findings.extend(preflight::domain(&resolver, &domain, &signers).await);
    }
    let ptr = preflight::name_behind(&resolver, &config.relay.host, &config.hostname).await;
    findings.push(("ptr", ptr));
    findings.extend(complaints(&store).await.unwrap_or_default());
    findings.extend(webhooks(&store).await.unwrap_or_default());
    findings
}

/// Other programs that are told nothing, though somebody wants them to be.
async fn webhooks(store: &Store) -> Result<Vec<(&'static str, Finding)>, store::Error> {
    let finding = |(workspace, webhook): &(String, Webhook)| {
        let what = format!("{workspace}: the webhook to {}", webhook.host());
        let said = match &webhook.tried {
            Some((at, answer)) => format!("{answer}, {at}"),
            None => "it was not tried yet".into(),
        };
        match webhook.health() {
            Health::Off(why) => Broken(format!(
                "{what} is off ({why}; {said}): mend the receiver, then turn it on under Settings, Webhooks. Until then \
                 nobody there hears who withdrew a consent or was erased"
            )),
            Health::On | Health::Refusing => Watch(format!(
                "{what} takes nothing at present ({said}): {} events wait{}",
                webhook.waiting,
                match webhook.next_at {
                    Some(at) => format!(", the next try is at {at}"),
                    None => String::new(),
                }
            )),
        }
    };
    let in_trouble = store.webhooks_in_trouble(WEBHOOKS_MAX).await?;
    if in_trouble.is_empty() {
        let fine = Fine("every one that is on takes what it is told".into());
        return Ok(vec![("webhooks", fine)]);
    }
    let findings = in_trouble.iter().map(finding);
    Ok(findings.map(|finding| ("webhooks", finding)).collect())
}

/// How many called the advertising of each workspace spam.
async fn complaints(store: &Store) -> Result<Vec<(&'static str, Finding)>, store::Error> {
    let since = (ambient::REAL.now)() - complaints::SPAN;
    let mut findings = Vec::new();
    for chain in store.ledger_chains().await? {
        let of = store.complaints(chain.workspace, since).await?;
        let text = format!(
            "{}: {} of {} copies of advertising within 7 days ({})",
            chain.name,
            of.complained,
            of.sent,
            of.share()
        );
        findings.push((
            "complaints",
            match of.alarm() {
                Alarm::None => Fine(text),
                Alarm::Watch => Watch(format!(
                    "{text}: from 0.3 % on it is paused; write only to those who asked for it"
                )),
                Alarm::Pause => Broken(format!(
                    "{text}: advertising is paused until fewer complain"
                )),
            },
        ));
    }
    Ok(findings)
}

fn keys(config: &Config) -> Finding {
    match keys::load(&config.data) {
        Ok(_) => Fine(format!(
            "{} is readable by its owner only",
            keys::path(&config.data).display()
        )),
        Err(error) => Broken(format!("{error:#}")),
    }
}

async fn database(config: &Config) -> Finding {
    let waiting = async { Store::open(&config.store()).await?.outbox_size().await };
    match waiting.await {
        Ok((0, _)) => Fine("answers; nothing waits in the outbox".into()),
        Ok((count, since)) => {
            let late =
                since.is_some_and(|at| (ambient::REAL.now)().since(at) > Duration::from_hours(1));
            let text = format!("answers; {count} mails wait in the outbox");
            if late {
                Watch(format!(
                    "{text}, the oldest for more than an hour: is `overt serve` running, does the relay work?"
                ))
            } else {
                Fine(text)
            }
        }
        Err(error) => Broken(error.to_string()),
    }
}

fn profiles(config: &Config) -> Finding {
    match base::profiles(config) {
        Err(error) => Broken(format!("{error:#}")),
        Ok(profiles) => {
            let stale = profiles.stale((ambient::REAL.now)());
            if stale.is_empty() {
                let home = profiles.all().filter(|p| profiles.is_home(&p.id));
                let names: Vec<_> = home.map(|p| p.id.as_str()).collect();
                Fine(format!(
                    "{} in force; all reviewed in time",
                    names.join(", ")
                ))
            } else {
                let texts: Vec<_> = stale.iter().map(ToString::to_string).collect();
                Watch(texts.join("; "))
            }
        }
    }
}

fn disk(config: &Config) -> Finding {
    let folder = config.data.display();
    match rustix::fs::statvfs(&config.data) {
        Err(error) => Broken(format!("{folder} cannot be examined: {error}")),
        Ok(disk) => {
            let free = disk.f_bavail * disk.f_frsize;
            let text = format!("{} MB free in {folder}", free / 1_000_000);
            if free < DISK_BYTES_MIN {
                Broken(format!(
                    "{text}: make room; mail is refused when it runs out"
                ))
            } else {
                Fine(text)
            }
        }
    }
}

async fn relay(config: &Config) -> Finding {
    match base::relay(config) {
        Err(error) => Broken(format!("{error:#}")),
        Ok(relay) => {
            let relay = Relay {
                timeouts: Timeouts::all(TIMEOUT),
                ..relay
            };
            match test_relay(&relay).await {
                Ok(said) => Fine(said),
                Err(why) => Broken(format!(
                    "{why}. Check [relay] in the configuration: host, port, security, user, password"
                )),
            }
        }
    }
}

/// Asks for the tracker by its public name, as recipients do. Gives its clock along.
async fn tracker(http: &Http) -> (Finding, Option<Time>) {
    let origin = &http.origin;
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return (Broken(format!("cannot make requests: {error}")), None),
    };
    let answer = client.get(format!("{origin}/healthz")).send().await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let why = if error.is_timeout() {
                "it does not answer within 10 seconds: does a firewall drop the port?".into()
            } else if error.is_connect() {
                format!(
                    "no connection ({}): does its name point to this machine, is the port open, is `overt serve` or \
                     the reverse proxy running on {}, is the certificate valid?",
                    innermost(&error),
                    http.listen
                )
            } else {
                innermost(&error)
            };
            return (
                Broken(format!(
                    "{origin} cannot be reached by its public name: {why}"
                )),
                None,
            );
        }
    };
    let date = answer
        .headers()
        .get("date")
        .and_then(|d| d.to_str().ok())
        .and_then(Time::from_rfc2822);
    let status = answer.status();
    let is_ours = answer
        .headers()
        .get("referrer-policy")
        .is_some_and(|value| value == "no-referrer");
    if !status.is_success() || !is_ours {
        let text = format!(
            "{origin} answers {status}, but that is not the tracker: does the proxy pass it on to {}?",
            http.listen
        );
        return (Broken(text), date);
    }
    let local = origin.host() == "localhost"
        || origin
            .host()
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
    let finding = if local {
        Watch(format!(
            "{origin} answers, but recipients elsewhere cannot reach a loopback address"
        ))
    } else if origin.is_secure() && http.certificate.is_none() && http.trusted_proxies.is_empty() {
        Watch(format!(
            "{origin} answers, through a reverse proxy that is not named: nobody's network can be told from it, so verdicts are \
             less sure and bursts of one source are not seen. Have it send X-Forwarded-For, and write its address into \
             trusted_proxies under [tracker]"
        ))
    } else if !origin.is_secure() {
        Watch(format!(
            "{origin} answers, without TLS: mail clients warn about such links, and browsers say less about themselves"
        ))
    } else {
        Fine(format!(
            "{origin} answers (asked from this machine; ask from outside, too)"
        ))
    };
    (finding, date)
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The keys can be used; whether DNS has their records is for the operator to see.
fn dkim(config: &Config) -> Finding {
    match base::signers(config) {
        Err(error) => Broken(format!("{error:#}")),
        Ok(signers) => {
            let records: Vec<_> = signers
                .all()
                .map(|signer| signer.record().zone_line())
                .collect();
            if records.is_empty() {
                Fine("mail is not signed here; the relay may do it. A mail that arrives signed goes out untracked".into())
            } else {
                Watch(format!(
                    "keys are fine; DNS must have\n       {}",
                    records.join("\n       ")
                ))
            }
        }
    }
}

/// The tables that verdicts are looked up in, and their age.
fn networks(config: &Config) -> Finding {
    let tables = match networks::tables(&config.networks) {
        Ok(tables) => tables,
        Err(error) => return Broken(format!("{error:#}")),
    };
    let now = (ambient::REAL.now)();
    let (mut texts, mut stale) = (Vec::new(), false);
    if let Some(reviewed) = tables.reviewed() {
        let age = now.since(reviewed);
        let mut text = format!("built-in tables: {} days old", age.as_secs() / 86_400);
        if age > BUILT_IN_AGE_MAX {
            stale = true;
            text += ", programs and proxies have changed since: update Overt";
        }
        texts.push(text);
    }
    if tables.loaded().is_empty() {
        texts.push(
            "no tables of networks are loaded: verdicts say \"not checked\" and are less sure. [networks] in the \
             configuration names files"
                .into(),
        );
    }
    for loaded in tables.loaded() {
        let days = now.since(loaded.as_of).as_secs() / 86_400;
        let mut text = format!(
            "{}: {} ranges, {days} days old",
            loaded.list.name(),
            loaded.ranges
        );
        if loaded.is_stale(now) {
            stale = true;
            text += ", too old to be believed: fetch it anew and restart";
        }
        texts.push(text);
    }
    let text = texts.join("; ");
    if stale { Watch(text) } else { Fine(text) }
}

fn clock(far: Option<Time>) -> Finding {
    let now = (ambient::REAL.now)();
    match far {
        None => Watch(format!(
            "{now}; nothing to compare it with, as the tracker did not answer"
        )),
        Some(far) => {
            let drift = now.since(far).max(far.since(now));
            if drift > CLOCK_DRIFT_MAX {
                Broken(format!(
                    "{now}, but the tracker's proxy says {far}: set up time synchronisation"
                ))
            } else {
                Fine(format!("{now}"))
            }
        }
    }
}
