//! `overt serve`: all roles, or some.

use super::{ConfigFile, block_on, stop_signal};
use crate::base::Base;
use crate::config::{Config, Http};
use crate::mail_hosts::{MailHosts, Resolver};
use crate::runtime::Running;
use crate::{listen, log, networks};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use wire::smtp::ServerTls;
use wire::tls::server_config_from_files;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
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
    let config = arguments.config.load()?;
    block_on(serve(config, arguments.roles))
}

async fn serve(config: Config, roles: Vec<Role>) -> Result<ExitCode> {
    let wants = |role| roles.is_empty() || roles.contains(&role);
    let stopped = stop_signal()?; // a stop that comes while starting is a clean one, too
    let base = Base::of(&config).await?;
    for (name, people) in base.store.notices_renew((base.ambient.now)()).await? {
        tracing::warn!(
            "{name}: the notice says more than it did, since [retention], [[processors]] or Overt's own sentences changed. \
             Agreements that end: {people}. Nothing more is recorded of these people; they are asked anew. Compliance › \
             Aims shows how many still agree."
        );
    }
    let mut running = Running::new();
    if wants(Role::Work) {
        work(&mut running, &base, &config)?;
    }
    if wants(Role::Track) {
        track(&mut running, &base, &config).await?;
    }
    if wants(Role::Submit) {
        submit(&mut running, &base, &config).await?;
    }
    if wants(Role::Web) {
        web(&mut running, &base, &config).await?;
    }
    tracing::info!("ready");
    stopped.await;
    tracing::info!("stopping: finishing what is under way");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn work(running: &mut Running, base: &Base, config: &Config) -> Result<()> {
    let (schedule, hold) = (config.retry.schedule(), config.notify.hold());
    running.work(base, schedule, config.relay.connections, hold);
    running.keep_backup_keys(base, config.backup_keys.clone());
    if config.mail_hosts.look_up {
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
    Ok(())
}

async fn track(running: &mut Running, base: &Base, config: &Config) -> Result<()> {
    let tracker = &config.tracker;
    let judge = Arc::new(networks::judge(&config.networks)?);
    let listener = listen::bind(tracker.listen).await?;
    let address = listener.local_addr()?;
    tracing::info!("tracker: {} on {address}", tracker.origin);
    let proxies = tracker.trusted_proxies.clone();
    running.track(base, judge, proxies, listener, http_tls(tracker)?);
    Ok(())
}

async fn submit(running: &mut Running, base: &Base, config: &Config) -> Result<()> {
    let submit = &config.submit;
    let tls = pair(submit.certificate.as_deref(), submit.key.as_deref())?;
    let (plain, implicit) = match tls {
        None => (ServerTls::Off, ServerTls::Off),
        Some(tls) => (ServerTls::StartTls(tls.clone()), ServerTls::Implicit(tls)),
    };
    for (addresses, tls) in [(&submit.listen, plain), (&submit.listen_tls, implicit)] {
        for address in addresses {
            let listener = listen::bind(*address).await?;
            tracing::info!("submission: {}", listener.local_addr()?);
            running.submit(base, listener, tls.clone(), submit.message_bytes_max);
        }
    }
    Ok(())
}

async fn web(running: &mut Running, base: &Base, config: &Config) -> Result<()> {
    let (admin, submit) = (&config.admin, &config.submit);
    let listener = listen::bind(admin.listen).await?;
    let address = listener.local_addr()?;
    tracing::info!("dashboard: {} on {address}", admin.origin);
    let submission = submit.listen_tls.first().or(submit.listen.first());
    let hint = submission.map(|address| format!("{}:{}", config.hostname, address.port()));
    running.web(base, hint, config.metrics.open, listener, http_tls(admin)?);
    Ok(())
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
