//! Configuration: `overt.toml`, then `OVERT_*` from the environment. Unknown keys are errors, in both.
//!
//! `OVERT_RELAY__PASSWORD=…` sets `password` in `[relay]`: two underscores step into a section.

use anyhow::{Context, Result, anyhow, bail};
use model::url::Origin;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wire::smtp::Timeouts;

/// The file's name.
pub(crate) const FILE: &str = "overt.toml";
/// Variables of the environment that are not configuration.
const NOT_CONFIGURATION: &[&str] = &["OVERT_LOG", "OVERT_LOG_FORMAT", "OVERT_CONFIG"];
/// Settings whose values in the environment are taken as they are: a password may look like a number or a list.
const ALWAYS_TEXT: &[&str] = &["user", "password"];

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The folder of keys and, for SQLite, of the database. Relative to the file.
    #[serde(default = "here")]
    pub(crate) data: PathBuf,
    /// A file in the data folder, or `postgres://user:password@host/name`.
    #[serde(default = "default_database")]
    pub(crate) database: String,
    /// The name of this server in SMTP and in reports.
    pub(crate) hostname: String,
    pub(crate) admin: Http,
    pub(crate) tracker: Http,
    #[serde(default)]
    pub(crate) submit: Submit,
    pub(crate) relay: Relay,
    /// DKIM keys; mail from their domains is signed.
    #[serde(default)]
    pub(crate) dkim: Vec<Dkim>,
    #[serde(default)]
    pub(crate) retry: Retry,
    #[serde(default)]
    pub(crate) notify: Notify,
    #[serde(default)]
    pub(crate) networks: Networks,
    /// The rules of law that bind this operator wherever its contacts are, such as `fr` or `legal`; `eu` if none.
    #[serde(default)]
    pub(crate) profiles: Vec<String>,
    /// A folder with the operator's own profiles, which replace or join those that come with the program.
    pub(crate) profile_dir: Option<PathBuf>,
    /// Turns the clock, for tests of deadlines.
    #[serde(default)]
    pub(crate) clock_offset_seconds: i64,
}

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
        ]
        .into_iter()
        .flat_map(|(list, files)| files.iter().map(move |file| (list, file)))
    }

    fn lists_mut(&mut self) -> [&mut Vec<PathBuf>; 5] {
        [
            &mut self.asn,
            &mut self.country,
            &mut self.apple,
            &mut self.google,
            &mut self.microsoft,
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

fn here() -> PathBuf {
    PathBuf::from(".")
}

fn default_database() -> String {
    "overt.db".into()
}

fn submission_port() -> u16 {
    587
}

fn four() -> usize {
    4
}

impl Config {
    /// Reads the file, lays the environment over it, and makes paths absolute.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => find()?,
        };
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "cannot read {}: run `overt init` first, or name it with --config",
                path.display()
            )
        })?;
        let table = text.parse::<toml::Table>().map_err(|error| {
            // The parser's own text quotes the line, and that may hold the relay's password.
            let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
            let line = before.matches('\n').count() + 1;
            anyhow!(
                "{} is not valid TOML, line {line}: {}",
                path.display(),
                error.message()
            )
        })?;
        // What is not text cannot be ours.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let table = overlay(table, variables)?;
        let mut config: Self = table
            .try_into()
            .with_context(|| format!("{} (or OVERT_* in the environment)", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        config.data = folder.join(&config.data);
        for file in [
            &mut config.admin.certificate,
            &mut config.admin.key,
            &mut config.tracker.certificate,
            &mut config.tracker.key,
            &mut config.submit.certificate,
            &mut config.submit.key,
            &mut config.relay.ca,
            &mut config.profile_dir,
        ] {
            *file = file.take().map(|file| folder.join(file));
        }
        for dkim in &mut config.dkim {
            dkim.key = folder.join(&dkim.key);
        }
        for file in config.networks.lists_mut().into_iter().flatten() {
            *file = folder.join(&*file);
        }
        config.check()?;
        Ok(config)
    }

    /// What the types cannot say. All that is wrong is named at once.
    fn check(&self) -> Result<()> {
        let mut wrong = Vec::new();
        for (name, http) in [("admin", &self.admin), ("tracker", &self.tracker)] {
            if http.certificate.is_some() != http.key.is_some() {
                wrong.push(format!(
                    "[{name}] certificate and key go together: set both or neither"
                ));
            }
        }
        if self.submit.certificate.is_some() != self.submit.key.is_some() {
            wrong.push("[submit] certificate and key go together: set both or neither".into());
        }
        if !self.submit.listen_tls.is_empty() && self.submit.certificate.is_none() {
            wrong.push("[submit] listen_tls needs certificate and key".into());
        }
        if self.admin.origin == self.tracker.origin {
            wrong.push("[admin] and [tracker] need origins of their own: recipients must never reach the dashboard's".into());
        }
        if self.relay.user.is_some() != self.relay.password.is_some() {
            wrong.push("[relay] user and password go together: set both or neither".into());
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            bail!("the configuration needs mending:\n  {}", wrong.join("\n  "))
        }
    }

    /// Which database.
    pub(crate) fn store(&self) -> store::Config {
        match self.database.parse() {
            Ok(store::Config::Sqlite(path)) => store::Config::Sqlite(self.data.join(path)),
            Ok(postgres) => postgres,
            Err(never) => match never {},
        }
    }
}

/// `./overt.toml`, then the user's, then the machine's.
#[allow(clippy::disallowed_methods)] // the binary reads the environment
fn find() -> Result<PathBuf> {
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
    let places = [
        Some(PathBuf::from(FILE)),
        user.map(|d| d.join("overt").join(FILE)),
        Some(Path::new("/etc/overt").join(FILE)),
    ];
    let places: Vec<_> = places.into_iter().flatten().collect();
    match places.iter().find(|place| place.is_file()) {
        Some(place) => Ok(place.clone()),
        None => {
            let list: Vec<_> = places.iter().map(|p| p.display().to_string()).collect();
            bail!(
                "no configuration found ({}): run `overt init` first, or name it with --config",
                list.join(", ")
            )
        }
    }
}

/// Lays `OVERT_*` over the table. A value is read as TOML where it is TOML (numbers, lists), else as text.
fn overlay(
    mut table: toml::Table,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<toml::Table> {
    for (name, value) in variables {
        let Some(path) = name
            .strip_prefix("OVERT_")
            .filter(|_| !NOT_CONFIGURATION.contains(&name.as_str()))
        else {
            continue;
        };
        let path = path.to_ascii_lowercase();
        let mut steps: Vec<_> = path.split("__").collect();
        let last = steps.pop().unwrap_or_default();
        let read = format!("v = {value}")
            .parse::<toml::Table>()
            .ok()
            .filter(|_| !ALWAYS_TEXT.contains(&last))
            .and_then(|mut parsed| parsed.remove("v"));
        let value = read.unwrap_or(toml::Value::String(value));
        let mut place = &mut table;
        for step in steps {
            let section = place
                .entry(step)
                .or_insert_with(|| toml::Value::Table(toml::Table::new()));
            place = section
                .as_table_mut()
                .with_context(|| format!("{name}: {step} is a value, not a section"))?;
        }
        place.insert(last.to_owned(), value);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        hostname = "mail.example.org"
        [admin]
        listen = "127.0.0.1:8080"
        origin = "https://overt.example.org"
        [tracker]
        listen = "127.0.0.1:8081"
        origin = "https://t.example.org"
        [relay]
        host = "smtp.example.org"
    "#;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config> {
        let variables = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let config: Config = overlay(text.parse()?, variables)?.try_into()?;
        config.check()?;
        Ok(config)
    }

    #[test]
    fn a_short_file_is_enough() {
        let config = load(MINIMAL, &[]).unwrap();
        assert_eq!(config.relay.port, 587);
        assert_eq!(config.relay.security, Security::Starttls);
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let config = load(
            MINIMAL,
            &[
                ("OVERT_RELAY__PORT", "2525"),
                ("OVERT_DATABASE", "postgres://h/d"),
                ("HOME", "/x"),
            ],
        );
        let config = config.unwrap();
        assert_eq!(
            (config.relay.port, config.database.as_str()),
            (2525, "postgres://h/d")
        );
    }

    #[test]
    fn a_password_may_look_like_anything() {
        for password in ["12345678", "007", "1e5", "true", "[1]", "\"quoted\""] {
            let set = [
                ("OVERT_RELAY__USER", "u"),
                ("OVERT_RELAY__PASSWORD", password),
            ];
            let config = load(MINIMAL, &set).unwrap();
            assert_eq!(config.relay.password.as_deref(), Some(password));
        }
    }

    #[test]
    fn unknown_keys_are_errors_wherever_they_stand() {
        assert!(load(&format!("{MINIMAL}\nhots = 1"), &[]).is_err());
        assert!(
            load(MINIMAL, &[("OVERT_RELAY__HOTS", "x")])
                .unwrap_err()
                .to_string()
                .contains("hots")
        );
    }

    #[test]
    fn a_list_of_networks_is_one_file_or_several() {
        let text =
            format!("{MINIMAL}\n[networks]\nasn = [\"v4.csv\", \"v6.csv\"]\napple = \"a.csv\"");
        let networks = load(&text, &[]).unwrap().networks;
        let files: Vec<_> = networks.files().map(|(_, file)| file.as_path()).collect();
        assert_eq!(files, ["v4.csv", "v6.csv", "a.csv"].map(Path::new));
        assert!(
            load(MINIMAL, &[])
                .unwrap()
                .networks
                .files()
                .next()
                .is_none()
        );
        assert!(load(&format!("{MINIMAL}\n[networks]\nasn = 1"), &[]).is_err());
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let text = MINIMAL
            .replace("https://t.example.org", "https://overt.example.org")
            .replace("[relay]", "[relay]\nuser = \"u\"");
        let error = load(&text, &[]).unwrap_err().to_string();
        assert!(
            error.contains("origins of their own") && error.contains("user and password"),
            "{error}"
        );
    }
}
