//! Configuration: `overt.toml`, then `OVERT_*` from the environment. Unknown keys are errors, in both.
//!
//! `OVERT_RELAY__PASSWORD=…` sets `password` in `[relay]`: two underscores step into a section.

mod section;

pub(crate) use section::{
    Dkim, HITS_DAYS_MAX, Http, MailHosts, Metrics, Networks, Notify, Preflight, Processor, Relay,
    Retention, Retry, Security, Submit, WEBHOOK_SECONDS_MAX, Webhooks,
};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

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
    pub(crate) retention: Retention,
    /// Who takes part beside the controller; named in notices, papers and exports.
    #[serde(default)]
    pub(crate) processors: Vec<Processor>,
    /// What opens backups; never lay it beside them.
    #[serde(default = "default_backup_keys")]
    pub(crate) backup_keys: PathBuf,
    #[serde(default)]
    pub(crate) mail_hosts: MailHosts,
    #[serde(default)]
    pub(crate) preflight: Preflight,
    #[serde(default)]
    pub(crate) metrics: Metrics,
    #[serde(default)]
    pub(crate) webhooks: Webhooks,
    #[serde(default)]
    pub(crate) networks: Networks,
    /// The rules of law that bind this operator wherever its contacts are, such as `fr` or `legal`; `eu` if none.
    #[serde(default)]
    pub(crate) profiles: Vec<String>,
    /// A folder with the operator's own profiles, which replace or join those that come with the program.
    pub(crate) profile_dir: Option<PathBuf>,
    /// Where to report that something here is not safe, as a `mailto:` or `https:` URI: published in security.txt.
    pub(crate) security_contact: Option<String>,
    /// Turns the clock, for tests of deadlines.
    #[serde(default)]
    pub(crate) clock_offset_seconds: i64,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

fn default_backup_keys() -> PathBuf {
    PathBuf::from("backup-keys.jsonl")
}

fn default_database() -> String {
    "overt.db".into()
}

impl Config {
    /// Reads the file, lays the environment over it, and makes paths absolute.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self> {
        // What is not text cannot be ours.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::read(path, variables)
    }

    /// Reads a file, whatever the environment says.
    pub(crate) fn of_file(path: &Path) -> Result<Self> {
        Self::read(Some(path), [])
    }

    fn read(
        path: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
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
        let table = overlay(table, variables)?;
        let mut config: Self = table.try_into().map_err(|error: toml::de::Error| {
            let wrong = without_value(&error.to_string());
            anyhow!(
                "{} (or OVERT_* in the environment): {wrong}",
                path.display()
            )
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        config.data = folder.join(&config.data);
        config.backup_keys = config.data.join(&config.backup_keys);
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
        if self.retention.hits_days > HITS_DAYS_MAX {
            wrong.push(format!("[retention] hits_days is at most {HITS_DAYS_MAX}"));
        }
        for processor in &self.processors {
            if let Err(unclear) = processor.read() {
                wrong.push(format!("[[processors]] {unclear}"));
            }
        }
        if !(1..=WEBHOOK_SECONDS_MAX).contains(&self.webhooks.timeout_seconds) {
            wrong.push(format!(
                "[webhooks] timeout_seconds is between 1 and {WEBHOOK_SECONDS_MAX}"
            ));
        }
        if let Some(contact) = &self.security_contact
            && !crate::security_txt::is_contact(contact)
        {
            wrong.push(
                "security_contact is a URI: write \"mailto:security@example.org\" or \"https://…\""
                    .into(),
            );
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            bail!("the configuration needs mending:\n  {}", wrong.join("\n  "))
        }
    }

    /// How long things are kept and who takes part, as persons are told.
    pub(crate) fn disclosure(&self) -> Result<store::Disclosure> {
        let processors = self.processors.iter().map(Processor::read);
        Ok(store::Disclosure {
            terms: self.retention.terms(),
            processors: processors.collect::<Result<_, _>>()?,
        })
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

/// What is wrong with a setting, without what stands there: it may be a password, also one in the wrong place.
fn without_value(error: &str) -> String {
    let named = [
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
        "unknown variant ",
    ];
    let Some(rest) = named.iter().find_map(|start| error.strip_prefix(start)) else {
        return error.trim_end().replace('\n', " ");
    };
    // The last one: the value may hold these words, too.
    let expected = rest
        .rsplit_once(", expected ")
        .map_or("", |(_, expected)| expected);
    format!(
        "what is set is not {}",
        expected.trim_end().replace('\n', " ")
    )
}

/// Lays `OVERT_*` over the table. A value is read as TOML where it is TOML (numbers, lists), else as text.
fn overlay(
    mut table: toml::Table,
    variables: impl IntoIterator<Item = (String, String)>,
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
mod tests;
