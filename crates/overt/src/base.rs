//! What a configuration comes to: the store, the keys, the relay and the rules that every role works with.

use crate::command::open;
use crate::config::{Config, Security};
use crate::mail_hosts::Resolver;
use crate::metrics::Meters;
use crate::{ambient, keys};
use anyhow::{Context, Result};
use model::url::Origin;
use model::{Ages, Ambient, Keyring, Profiles, SigningKey, SuppressionKey};
use send::{Preflight, Sender, Signers};
use std::sync::Arc;
use std::time::Duration;
use store::{Disclosure, Store};
use tokio::sync::Notify;
use wire::smtp::{Credentials, Relay};
use wire::tls::{Roots, client_config};

/// What every role needs.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) signing: Arc<SigningKey>,
    pub(crate) suppression: Arc<SuppressionKey>,
    pub(crate) ambient: Ambient,
    pub(crate) admin: Origin,
    pub(crate) tracker: Origin,
    pub(crate) hostname: String,
    pub(crate) relay: Relay,
    /// What keeps the service behind the relay from tracking by itself.
    pub(crate) tracking_off: &'static str,
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) signers: Arc<Signers>,
    /// What is looked at before advertising leaves.
    pub(crate) preflight: Arc<Preflight>,
    /// Where events may be sent, and the secrets.
    pub(crate) webhooks: notify::Webhooks,
    /// The longest that one attempt to send an event takes.
    pub(crate) webhook_timeout: Duration,
    /// From which age people may agree alone, country by country.
    pub(crate) ages: Arc<Ages>,
    /// How long things are kept, and who takes part.
    pub(crate) disclosure: Arc<Disclosure>,
    /// Where to report that something is not safe.
    pub(crate) security_contact: Option<String>,
    /// Mail to deliver.
    pub(crate) wake: Arc<Notify>,
    /// Something to show.
    pub(crate) changed: Arc<Notify>,
    /// Hits to fold.
    pub(crate) fold: Arc<Notify>,
    /// Figures of this process, which all roles add to.
    pub(crate) meters: Arc<Meters>,
}

impl Base {
    /// Store, keys, relay and rules of a configuration.
    pub(crate) async fn of(config: &Config) -> Result<Self> {
        let law = Arc::new(profiles(config)?);
        let keys = keys::load(&config.data)?;
        let disclosure = Arc::new(config.disclosure()?);
        let signers = Arc::new(signers(config)?);
        let store = open(config)
            .await?
            .under(law.clone())
            .with_webhook_key(keys.webhook.clone())
            .telling(config.tracker.origin.clone(), disclosure.clone());
        Ok(Self {
            store,
            keyring: Arc::new(keys.tokens),
            signing: Arc::new(keys.signing),
            suppression: Arc::new(keys.suppression),
            ambient: ambient::REAL,
            admin: config.admin.origin.clone(),
            tracker: config.tracker.origin.clone(),
            hostname: config.hostname.clone(),
            relay: relay(config)?,
            tracking_off: send::service::tracking_off(
                &config.relay.host,
                config.relay.service.as_deref(),
            )
            .context("[relay] service")?,
            profiles: law,
            preflight: Arc::new(preflight(config, signers.clone())),
            signers,
            webhooks: notify::Webhooks::new(keys.webhook, &config.webhooks.allow_private)
                .context("[webhooks]")?,
            webhook_timeout: config.webhooks.timeout(),
            ages: Arc::new(
                Ages::built_in().context("the built-in table of age limits is damaged")?,
            ),
            disclosure,
            security_contact: config.security_contact.clone(),
            wake: Arc::new(Notify::new()),
            changed: Arc::new(Notify::new()),
            fold: Arc::new(Notify::new()),
            meters: Arc::default(),
        })
    }

    /// What takes mail in and delivers it.
    pub(crate) fn sender(&self) -> Sender {
        Sender {
            store: self.store.clone(),
            keyring: self.keyring.clone(),
            tracker: self.tracker.clone(),
            profiles: self.profiles.clone(),
            suppression: self.suppression.clone(),
            signers: self.signers.clone(),
            preflight: self.preflight.clone(),
            ambient: self.ambient,
            wake: self.wake.clone(),
            changed: self.changed.clone(),
        }
    }
}

/// What is looked at before advertising leaves. Without a resolver nobody can be asked, and nothing is held back.
fn preflight(config: &Config, signers: Arc<Signers>) -> Preflight {
    if !config.preflight.look_up {
        return Preflight::default();
    }
    match Resolver::new(config.mail_hosts.name_server) {
        Ok(resolver) => {
            let (relay, hostname) = (config.relay.host.clone(), config.hostname.clone());
            let look_up = crate::preflight::look_up(resolver, signers, relay, hostname);
            Preflight::asking(look_up)
        }
        Err(error) => {
            tracing::warn!("DNS records are not looked at before advertising leaves: {error:#}");
            Preflight::default()
        }
    }
}

/// The relay of a configuration.
pub(crate) fn relay(config: &Config) -> Result<Relay> {
    let r = &config.relay;
    let roots = match &r.ca {
        None => Roots::System,
        Some(file) => {
            let pem = std::fs::read(file)
                .with_context(|| format!("cannot read [relay] ca, {}", file.display()))?;
            Roots::Pem(pem)
        }
    };
    let tls = || client_config(&roots).context("[relay]");
    let security = match r.security {
        Security::None => wire::smtp::Security::None,
        Security::Starttls => wire::smtp::Security::StartTls(tls()?),
        Security::StarttlsIfOffered => wire::smtp::Security::StartTlsIfOffered(tls()?),
        Security::Tls => wire::smtp::Security::Tls(tls()?),
    };
    let auth = r
        .user
        .clone()
        .zip(r.password.clone())
        .map(|(name, password)| Credentials { name, password });
    Ok(Relay {
        host: r.host.clone(),
        port: r.port,
        security,
        auth,
        hello: config.hostname.clone(),
        timeouts: r.timeouts(),
    })
}

/// The rules of law of a configuration: those that come with the program, and the operator's own files.
pub(crate) fn profiles(config: &Config) -> Result<Profiles> {
    let mut own = Vec::new();
    if let Some(folder) = &config.profile_dir {
        let shown = folder.display();
        let files = std::fs::read_dir(folder)
            .with_context(|| format!("cannot read profile_dir, {shown}"))?;
        for file in files {
            let path = file?.path();
            if path.extension().is_some_and(|e| e == "toml") {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read the profile {}", path.display()))?;
                own.push((name.into_owned(), text));
            }
        }
    }
    let own: Vec<_> = own.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let home: Vec<_> = config.profiles.iter().map(String::as_str).collect();
    let profiles = Profiles::new(&own, &home)?;
    for stale in profiles.stale((ambient::REAL.now)()) {
        tracing::warn!("{stale}");
    }
    Ok(profiles)
}

/// The DKIM keys of a configuration.
pub(crate) fn signers(config: &Config) -> Result<Signers> {
    let mut signers = Signers::default();
    for dkim in &config.dkim {
        let file = dkim.key.display();
        let pem = std::fs::read(&dkim.key)
            .with_context(|| format!("cannot read [[dkim]] key, {file}"))?;
        signers
            .add(&dkim.domain, &dkim.selector, &pem)
            .with_context(|| format!("[[dkim]] {file}"))?;
    }
    Ok(signers)
}
