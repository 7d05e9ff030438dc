//! The sections of `overt.toml`, their defaults, and what they mean to the crates that are set up with them.

use model::url::Origin;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use wire::smtp::Timeouts;

/// An HTTP listener and the origin it is known by.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    pub(crate) origin: Origin,
    /// PEM files; without them plain HTTP, for a reverse proxy on the same machine.
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    /// Networks whose `X-Forwarded-For` is believed: your reverse proxy.
    #[serde(default)]
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
}

/// SMTP submission.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Submit {
    /// With STARTTLS if there is a certificate; without one, sign-in works from this machine only.
    pub(crate) listen: Vec<SocketAddr>,
    /// With TLS from the first byte (RFC 8314).
    pub(crate) listen_tls: Vec<SocketAddr>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    /// Largest mail in bytes.
    pub(crate) message_bytes_max: usize,
}

impl Default for Submit {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 587))],
            listen_tls: Vec::new(),
            certificate: None,
            key: None,
            message_bytes_max: 50 * 1024 * 1024,
        }
    }
}

/// The mail server that everything is handed to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Relay {
    pub(crate) host: String,
    /// The mail service behind it, where its host does not tell: so that it can be told not to track by itself.
    pub(crate) service: Option<String>,
    #[serde(default = "submission_port")]
    pub(crate) port: u16,
    #[serde(default)]
    pub(crate) security: Security,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    /// A PEM file of the authority that signed the relay's certificate, if the system does not know it.
    pub(crate) ca: Option<PathBuf>,
    #[serde(default = "four")]
    pub(crate) connections: usize,
    /// The longest wait for the relay at each step. Without it: half a minute to connect, then as RFC 5321 §4.5.3.2 says.
    pub(crate) timeout_seconds: Option<std::num::NonZeroU64>,
}

/// A DKIM key (RFC 6376).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dkim {
    /// The domain in From that it signs for.
    pub(crate) domain: String,
    pub(crate) selector: String,
    /// A PEM file: RSA of 2048 to 4096 bits, or Ed25519.
    pub(crate) key: PathBuf,
}

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Security {
    /// STARTTLS, or nothing is sent.
    #[default]
    Starttls,
    /// STARTTLS where it is offered.
    StarttlsIfOffered,
    /// TLS from the first byte.
    Tls,
    /// None: for a relay on this machine.
    None,
}

/// When senders are told.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Notify {
    /// How long "was read" and "was clicked" wait where it is not certain that it was a person.
    pub(crate) settle_seconds: u64,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            settle_seconds: verdict::settle::HOLD.as_secs(),
        }
    }
}

impl Notify {
    pub(crate) fn hold(self) -> Duration {
        // Longer than hits are compared would be waiting for nothing.
        Duration::from_secs(self.settle_seconds).min(verdict::settle::KEPT_FOR)
    }
}

/// The servers that take recipients' mail.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MailHosts {
    /// Ask for them once a copy has left, show them on the message's page, and let verdicts know them.
    pub(crate) look_up: bool,
    /// The name server that is asked, with its port; without one, those that this machine is set up with.
    pub(crate) name_server: Option<SocketAddr>,
}

/// What is looked at before advertising leaves.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Preflight {
    /// Look the sender's records up in DNS, at `name_server` of `[mail_hosts]` or as this machine is set up.
    pub(crate) look_up: bool,
}

impl Default for Preflight {
    fn default() -> Self {
        Self { look_up: true }
    }
}

/// Figures for a monitoring system, at `/metrics` of the admin origin.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metrics {
    /// Whoever reaches the origin may read them; else an owner or admin, with an API key as bearer token.
    pub(crate) open: bool,
}

/// The longest that one attempt may be set to take.
pub(crate) const WEBHOOK_SECONDS_MAX: u64 = 15;

/// Sending events to other programs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Webhooks {
    /// Networks that may be sent to although they are not public, such as `10.1.2.0/24`. Of this machine, such as
    /// `127.0.0.1/32`, also without TLS.
    pub(crate) allow_private: Vec<ipnet::IpNet>,
    /// The longest wait for an answer.
    pub(crate) timeout_seconds: u64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            timeout_seconds: WEBHOOK_SECONDS_MAX,
        }
    }
}

impl Webhooks {
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

/// Tables of networks, from files of the operator's: optional, and each makes verdicts surer. A list may come in
/// several files, as IPv4 and IPv6 often do. A file's own date tells how old its data is.
#[derive(Debug, Clone, Default, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Networks {
    /// AS numbers: `first,last,number,name` a line
    #[arg(long, value_name = "FILE")]
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) asn: Vec<PathBuf>,
    /// Countries: `first,last,country` a line
    #[arg(long, value_name = "FILE")]
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) country: Vec<PathBuf>,
    /// Apple's published relay ranges, CSV
    #[arg(long, value_name = "FILE")]
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) apple: Vec<PathBuf>,
    /// Google's published fetcher ranges, JSON
    #[arg(long, value_name = "FILE")]
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) google: Vec<PathBuf>,
    /// Microsoft's published endpoints or service tags, JSON
    #[arg(long, value_name = "FILE")]
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) microsoft: Vec<PathBuf>,
    /// A city database of your own, MMDB; kept in memory as long as its file is
    #[arg(long, value_name = "FILE")]
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) city: Vec<PathBuf>,
}

impl Networks {
    /// The files, each with the list that it belongs to.
    pub(crate) fn files(&self) -> impl Iterator<Item = (verdict::List, &PathBuf)> {
        use verdict::List;
        [
            (List::Asn, &self.asn),
            (List::Country, &self.country),
            (List::AppleEgress, &self.apple),
            (List::GoogleRanges, &self.google),
            (List::MicrosoftRanges, &self.microsoft),
            (List::City, &self.city),
        ]
        .into_iter()
        .flat_map(|(list, files)| files.iter().map(move |file| (list, file)))
    }

    pub(super) fn lists_mut(&mut self) -> [&mut Vec<PathBuf>; 6] {
        [
            &mut self.asn,
            &mut self.country,
            &mut self.apple,
            &mut self.google,
            &mut self.microsoft,
            &mut self.city,
        ]
    }
}

/// `"file"` or `["file", "file"]`.
fn one_or_more<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a file, or a list of files")]
    enum Files {
        One(PathBuf),
        More(Vec<PathBuf>),
    }
    Ok(match Files::deserialize(from)? {
        Files::One(file) => vec![file],
        Files::More(files) => files,
    })
}

/// When to try again.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    pub(crate) first_seconds: u64,
    pub(crate) longest_seconds: u64,
    pub(crate) give_up_after_seconds: u64,
    pub(crate) delay_report_after_seconds: u64,
}

impl Default for Retry {
    fn default() -> Self {
        let schedule = send::Schedule::default();
        Self {
            first_seconds: schedule.first.as_secs(),
            longest_seconds: schedule.longest.as_secs(),
            give_up_after_seconds: schedule.give_up_after.as_secs(),
            delay_report_after_seconds: schedule.delay_report_after.as_secs(),
        }
    }
}

impl Retry {
    pub(crate) fn schedule(&self) -> send::Schedule {
        send::Schedule {
            first: Duration::from_secs(self.first_seconds),
            longest: Duration::from_secs(self.longest_seconds),
            give_up_after: Duration::from_secs(self.give_up_after_seconds),
            delay_report_after: Duration::from_secs(self.delay_report_after_seconds),
        }
    }
}

impl Relay {
    pub(crate) fn timeouts(&self) -> Timeouts {
        let Some(seconds) = self.timeout_seconds else {
            return Timeouts::default();
        };
        let step = Duration::from_secs(seconds.get());
        // A whole mail may take longer than one step of it.
        Timeouts {
            transaction: Timeouts::default().transaction,
            ..Timeouts::all(step)
        }
    }
}

fn submission_port() -> u16 {
    587
}

fn four() -> usize {
    4
}

/// Single hits are kept no longer than a mail is of interest; recipients are told how long before they agree.
pub(crate) const HITS_DAYS_MAX: u16 = 90;

/// Who takes part in the processing by order of the controllers (GDPR Art. 28).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Processor {
    name: String,
    /// What it does, as in "delivers mail".
    purpose: String,
    /// Two letters.
    country: String,
    /// What protects the data there, where that is needed.
    #[serde(default)]
    safeguards: String,
}

impl Processor {
    pub(crate) fn read(&self) -> Result<model::Processor, model::source::Unclear> {
        model::Processor::stated(&self.name, &self.purpose, &self.country, &self.safeguards)
    }
}

/// For how many days things are kept. What has none here is kept as the data inventory says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    /// Single hits; then only their sums by day are left.
    pub(crate) hits_days: u16,
    /// Agreements that nobody confirmed.
    pub(crate) unconfirmed_days: u16,
    /// Proof of a consent, from its end: the limitation period.
    pub(crate) proof_days: u16,
    /// Requests of persons, from the answer.
    pub(crate) cases_days: u16,
    /// The live feed.
    pub(crate) feed_days: u16,
    /// What webhooks were told.
    pub(crate) webhooks_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        let terms = store::Terms::default();
        let days = |term: Duration| u16::try_from(term.as_secs() / 86_400).unwrap_or(u16::MAX);
        Self {
            hits_days: days(terms.hits),
            unconfirmed_days: days(terms.unconfirmed),
            proof_days: days(terms.proof),
            cases_days: days(terms.cases),
            feed_days: days(terms.feed),
            webhooks_days: days(terms.webhooks),
        }
    }
}

impl Retention {
    pub(crate) fn terms(self) -> store::Terms {
        let days = |n: u16| Duration::from_hours(24 * u64::from(n));
        store::Terms {
            hits: days(self.hits_days),
            unconfirmed: days(self.unconfirmed_days),
            proof: days(self.proof_days),
            cases: days(self.cases_days),
            feed: days(self.feed_days),
            webhooks: days(self.webhooks_days),
        }
    }
}
