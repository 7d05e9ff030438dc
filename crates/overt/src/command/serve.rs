//! `overt serve`: all roles, or some.

use super::{block_on, configured, open, stop_signal};
use crate::config::{Config, Http, Security};
use crate::mail_hosts::{MailHosts, Resolver};
use crate::runtime::{Base, Running};
use crate::{ambient, keys, listen, log, networks, preflight};
use anyhow::{Context, Result, bail};
use model::{Ages, Profiles};
use send::{Preflight, Signers};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::Notify;
use wire::smtp::{Credentials, Relay, ServerTls};
use wire::tls::{Roots, client_config, server_config_from_files};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The configuration file [default: ./overt.toml, then the user's, then /etc/overt/overt.toml]
    #[arg(long, env = "OVERT_CONFIG")]
    config: Option<PathBuf>,
    /// Only this role; may be given several times [default: all]
    #[arg(long = "role", value_enum)]
    roles: Vec<Role>,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// Take mail by SMTP
    Submit,
    /// Answer pixels, links and recipients' pages
    Track,
    /// Fold hits, deliver mail
    Work,
    /// Dashboard and API
    Web,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    log::start(false);
    let config = configured(arguments.config.as_deref())?;
    block_on(serve(config, arguments.roles))
}

async fn serve(config: Config, roles: Vec<Role>) -> Result<ExitCode> {
    let wants = |role| roles.is_empty() || roles.contains(&role);
    let stopped = stop_signal()?; // a stop that comes while starting is a clean one, too
    let base = base(&config).await?;
    for name in base.store.notices_renew((base.ambient.now)()).await? {
        tracing::warn!(
            "{name}: the notice says more than people agreed to, since [retention], [[processors]] or the tracker's \
             origin changed. Nothing more is recorded of those who agreed to less; they are asked anew. Compliance › \
             Aims shows how many still agree."
        );
    }
    let mut running = Running::new();
    if wants(Role::Work) {
        running.work(
            &base,
            config.retry.schedule(),
            config.relay.connections,
            config.notify.hold(),
        );
        running.keep_backup_keys(&base, config.backup_keys.clone());
    }
    if wants(Role::Work) && config.mail_hosts.look_up {
        let hosts = MailHosts {
            store: base.store.clone(),
            ambient: base.ambient,
            tables: networks::tables(&config.networks)?,
            resolver: Resolver::new(config.mail_hosts.name_server)
                .context("[mail_hosts] there is no resolver to ask")?,
        };
        running.spawn(async move |stopped| {
            tokio::select! { () = hosts.run() => {}, () = stopped => {} }
        });
    }
    if wants(Role::Track) {
        let judge = Arc::new(networks::judge(&config.networks)?);
        let listener = listen::bind(config.tracker.listen).await?;
        tracing::info!(
            "tracker: {} on {}",
            config.tracker.origin,
            listener.local_addr()?
        );
        running.track(
            &base,
            judge,
            config.tracker.trusted_proxies.clone(),
            listener,
            http_tls(&config.tracker)?,
        );
    }
    if wants(Role::Submit) {
        let tls = pair(
            config.submit.certificate.as_deref(),
            config.submit.key.as_deref(),
        )?;
        for (addresses, implicit) in [
            (&config.submit.listen, false),
            (&config.submit.listen_tls, true),
        ] {
            for address in addresses {
                let mode = match &tls {
                    None => ServerTls::Off,
                    Some(tls) if implicit => ServerTls::Implicit(tls.clone()),
                    Some(tls) => ServerTls::StartTls(tls.clone()),
                };
                let listener = listen::bind(*address).await?;
                tracing::info!("submission: {}", listener.local_addr()?);
                running.submit(&base, listener, mode, config.submit.message_bytes_max);
            }
        }
    }
    if wants(Role::Web) {
        let listener = listen::bind(config.admin.listen).await?;
        tracing::info!(
            "dashboard: {} on {}",
            config.admin.origin,
            listener.local_addr()?
        );
        let submission = config
            .submit
            .listen_tls
            .first()
            .or(config.submit.listen.first());
        let hint = submission.map(|address| format!("{}:{}", config.hostname, address.port()));
        running.web(
            &base,
            hint,
            config.metrics.open,
            listener,
            http_tls(&config.admin)?,
        );
    }
    tracing::info!("ready");
    stopped.await;
    tracing::info!("stopping: finishing what is under way");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Store, keys and relay of a configuration.
pub(crate) async fn base(config: &Config) -> Result<Base> {
    let law = Arc::new(profiles(config)?);
    let keys = keys::load(&config.data)?;
    let disclosure = Arc::new(config.disclosure()?);
    let signers = Arc::new(signers(config)?);
    let store = open(config)
        .await?
        .under(law.clone())
        .with_webhook_key(keys.webhook.clone())
        .telling(config.tracker.origin.clone(), disclosure.clone());
    Ok(Base {
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
        ages: Arc::new(Ages::built_in().context("the built-in table of age limits is damaged")?),
        disclosure,
        security_contact: config.security_contact.clone(),
        wake: Arc::new(Notify::new()),
        changed: Arc::new(Notify::new()),
        fold: Arc::new(Notify::new()),
        meters: Arc::default(),
    })
}

/// What is looked at before advertising leaves. Without a resolver nobody can be asked, and nothing is held back.
fn preflight(config: &Config, signers: Arc<Signers>) -> Preflight {
    if !config.preflight.look_up {
        return Preflight::default();
    }
    match Resolver::new(config.mail_hosts.name_server) {
        Ok(resolver) => {
            let (relay, hostname) = (config.relay.host.clone(), config.hostname.clone());
            let look_up = preflight::look_up(resolver, signers, relay, hostname);
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

fn http_tls(http: &Http) -> Result<Option<Arc<rustls::ServerConfig>>> {
    pair(http.certificate.as_deref(), http.key.as_deref())
}

fn pair(
    certificate: Option<&Path>,
    key: Option<&Path>,
) -> Result<Option<Arc<rustls::ServerConfig>>> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(server_config_from_files(certificate, key)?)),
        (None, None) => Ok(None),
        _ => bail!("certificate and key go together: set both or neither"),
    }
}
