//! The demo: a whole Overt in a throw-away folder, with a sample user, three contacts and a mailbox page.
//!
//! Nothing in it is special. Mail goes in through the same submission, out through the same courier and a relay that
//! happens to be a mailbox on this machine; pixels, links, consent and dashboard are those of `overt serve`.

pub(crate) mod check;

use crate::ambient;
use crate::base::Base;
use crate::command::init::{NewUser, create_user, let_track, secret_key};
use crate::config::{Config, Networks};
use crate::networks::judge;
use crate::runtime::Running;
use crate::{keys, listen};
use anyhow::{Context, Result};
use model::secret::Secret;
use model::{
    ConsentState, EmailAddress, Language, LegalBasis, Role, Source, SourceKind, Topic, UserId,
    WorkspaceId,
};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{By, CredentialKind, Method, Store};
use tokio::net::TcpListener;
use web::MailboxDir;
use wire::smtp::{Envelope, Handler, Limits, Reply, ServerConfig, ServerTls, Unavailable};

const SENDER: &str = "dana@studio.example";
const MESSAGE_BYTES_MAX: usize = 50 * 1024 * 1024;

/// A sample contact.
#[derive(Debug, Clone)]
pub(crate) struct SampleContact {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    /// What they said about being tracked.
    pub(crate) consent: ConsentState,
}

/// The three kinds of people there are.
pub(crate) const CONTACTS: [SampleContact; 3] = [
    SampleContact {
        name: "Ada",
        address: "ada@reader.example",
        consent: ConsentState::Given,
    },
    SampleContact {
        name: "Bruno",
        address: "bruno@reader.example",
        consent: ConsentState::Unknown,
    },
    SampleContact {
        name: "Carla",
        address: "carla@reader.example",
        consent: ConsentState::Withdrawn,
    },
];

/// A running demo.
pub(crate) struct Demo {
    pub(crate) dashboard: String,
    pub(crate) tracker: String,
    pub(crate) mailbox: String,
    pub(crate) smtp: SocketAddr,
    pub(crate) from: EmailAddress,
    /// For the dashboard.
    pub(crate) password: String,
    /// For SMTP.
    pub(crate) app_password: String,
    pub(crate) api_key: String,
    pub(crate) contacts: Vec<SampleContact>,
    /// The configuration file, for commands that look into this demo.
    pub(crate) config: PathBuf,
    running: Running,
}

impl Demo {
    /// Starts it. Ports are free ones, or `port` and the three after it.
    pub(crate) async fn start(folder: &Path, port: Option<u16>) -> Result<Self> {
        let dashboard = bind(port, 0).await?;
        let tracker = bind(port, 1).await?;
        let mailbox = bind(port, 2).await?;
        let submission = bind(port, 3).await?;
        let sink = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;

        keys::create(folder)?;
        let file = folder.join(crate::config::FILE);
        let addresses = (origin(&dashboard)?, origin(&tracker)?, origin(&mailbox)?);
        let smtp = submission.local_addr()?;
        let (relay, admin) = (sink.local_addr()?, &addresses.0);
        std::fs::write(&file, settings(admin, &addresses.1, smtp, relay))?;
        let base = Base::of(&Config::of_file(&file)?).await?;
        let people = sample(&base.store).await?;
        let mailboxes = CONTACTS.iter().map(|contact| contact.address.to_owned());
        let mails = Arc::new(MailboxDir::new(ambient::REAL, mailboxes.collect()));

        let mut running = Running::new();
        let config = Arc::new(ServerConfig {
            hostname: "localhost".into(),
            tls: ServerTls::Off,
            limits: limits(),
        });
        let handler = Arc::new(Sink {
            mails: mails.clone(),
        });
        running.spawn(|stop| wire::smtp::serve(sink, config, handler, stop));
        running.work(&base, send::Schedule::default(), 2, verdict::settle::HOLD);
        running.track(
            &base,
            Arc::new(judge(&Networks::default())?),
            Vec::new(),
            tracker,
            None,
        );
        running.submit(&base, submission, ServerTls::Off, MESSAGE_BYTES_MAX);
        running.web(&base, Some(smtp.to_string()), false, dashboard, None);
        running.serve(web::mailbox(mails), mailbox, None);
        Ok(Self {
            dashboard: addresses.0,
            tracker: addresses.1,
            mailbox: addresses.2,
            smtp,
            from: SENDER.parse()?,
            password: people.password,
            app_password: people.app_password,
            api_key: people.api_key,
            contacts: CONTACTS.to_vec(),
            config: file,
            running,
        })
    }

    /// Stops it.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// The line for programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        let contacts: Vec<_> = self
            .contacts
            .iter()
            .map(|c| serde_json::json!({ "address": c.address, "name": c.name, "consent": c.consent.as_str() }))
            .collect();
        serde_json::json!({
            "dashboard": self.dashboard, "tracker": self.tracker, "mailbox": self.mailbox,
            "smtp": self.smtp.to_string(), "smtp_user": self.from, "smtp_password": self.app_password,
            "from": self.from, "api_key": self.api_key, "contacts": contacts,
            "dashboard_user": self.from, "dashboard_password": self.password, "config": self.config,
        })
    }
}

/// Its configuration, with which other commands can be tried on it, too. Made-up domains have no records in DNS, and a
/// receiver of webhooks to try out runs on this machine.
fn settings(admin: &str, tracker: &str, submit: SocketAddr, relay: SocketAddr) -> String {
    let bare = |origin: &str| origin.trim_start_matches("http://").to_owned();
    format!(
        "database = \"overt.db\"\nhostname = \"localhost\"\n\
         [admin]\nlisten = \"{}\"\norigin = \"{admin}\"\n\
         [tracker]\nlisten = \"{}\"\norigin = \"{tracker}\"\n\
         [submit]\nlisten = [\"{submit}\"]\n\
         [relay]\nhost = \"{}\"\nport = {}\nsecurity = \"none\"\n\
         [mail_hosts]\nlook_up = false\n\
         [preflight]\nlook_up = false\n\
         [webhooks]\nallow_private = [\"127.0.0.0/8\"]\n",
        bare(admin),
        bare(tracker),
        relay.ip(),
        relay.port(),
    )
}

async fn bind(port: Option<u16>, offset: u16) -> Result<TcpListener> {
    let port = port
        .map_or(Some(0), |port| port.checked_add(offset))
        .context("--port is too high")?;
    listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

fn origin(listener: &TcpListener) -> Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

fn limits() -> Limits {
    // What submission takes, plus what instrumenting adds.
    Limits {
        message_bytes_max: MESSAGE_BYTES_MAX * 2,
        ..Limits::default()
    }
}

struct People {
    password: String,
    app_password: String,
    api_key: String,
}

/// The sample user and contacts.
async fn sample(store: &Store) -> Result<People> {
    let (now, random) = ((ambient::REAL.now)(), ambient::REAL.random);
    let workspace = WorkspaceId(random());
    store
        .workspace_create(
            workspace,
            secret_key(random),
            "Studio Dana",
            Language::En,
            now,
        )
        .await?;
    say_where(store, workspace).await?;
    let password = Secret::new(random()).as_str()[..12].to_owned();
    let address: EmailAddress = SENDER.parse()?;
    let new = NewUser {
        workspace,
        name: "Dana",
        address: &address,
        password: &password,
        role: Role::Owner,
    };
    let user = create_user(store, &new).await?;
    let_track(store, &user).await?;
    let source = Source {
        kind: SourceKind::Person,
        place: "made up for this demo".into(),
        at: now,
        by: "Dana".into(),
        basis: Some(LegalBasis::Consent),
    };
    for sample in &CONTACTS {
        let fresh = store::Fresh::draw(random);
        let contact = store
            .contact_find_or_create(
                workspace,
                &sample.address.parse()?,
                sample.name,
                source.clone(),
                fresh,
                now,
            )
            .await?;
        let topics = [Topic::Open, Topic::Click];
        let told: &[ConsentState] = match sample.consent {
            ConsentState::Unknown => &[],
            ConsentState::Withdrawn => &[ConsentState::Given, ConsentState::Withdrawn],
            _ => &[ConsentState::Given],
        };
        for state in told {
            store
                .consent_set(
                    workspace,
                    contact.id,
                    &topics,
                    *state,
                    Method::Demo,
                    None,
                    now,
                )
                .await?;
        }
    }
    let app_password = credential(store, user.id, CredentialKind::AppPassword).await?;
    let api_key = credential(store, user.id, CredentialKind::ApiKey).await?;
    Ok(People {
        password,
        app_password,
        api_key,
    })
}

/// Only who says where they can be reached may ask for agreement, or advertise; the address is made up.
async fn say_where(store: &Store, workspace: WorkspaceId) -> Result<()> {
    let found = store.workspace(workspace).await?;
    let mut settings = found.context("the workspace is gone")?;
    settings.postal_address = "Mill Lane 1\n10115 Berlin".into();
    let by = By::operator((ambient::REAL.now)());
    store.workspace_update(settings, by).await?;
    Ok(())
}

async fn credential(store: &Store, user: UserId, kind: CredentialKind) -> Result<String> {
    let (now, random) = ((ambient::REAL.now)(), ambient::REAL.random);
    let secret = Secret::new(random());
    store
        .credential_create(kind, random(), user, "demo", secret.digest(), now, None)
        .await?;
    Ok(secret.as_str().to_owned())
}

/// The mail server at the end of the line: puts everything into the mailboxes of the page.
struct Sink {
    mails: Arc<MailboxDir>,
}

impl Handler for Sink {
    type User = ();

    fn requires_auth(&self) -> bool {
        false
    }

    async fn authenticate(&self, _: &str, _: &str) -> Result<Option<()>, Unavailable> {
        Ok(None)
    }

    async fn sender(&self, _: Option<&()>, _: &str) -> Result<(), Reply> {
        Ok(())
    }

    /// Addresses that begin with `bounce` do not exist, so that the demo can also show what a failure looks like.
    async fn recipient(&self, _: Option<&()>, to: &str) -> Result<(), Reply> {
        if to.starts_with("bounce") {
            Err(Reply::new(550, (5, 1, 1), "no such mailbox here"))
        } else {
            Ok(())
        }
    }

    async fn message(&self, _: Option<&()>, envelope: Envelope, data: Vec<u8>) -> Reply {
        let to: Vec<_> = envelope.recipients.into_iter().map(|r| r.address).collect();
        self.mails.deliver(&to, data);
        Reply::new(250, (2, 0, 0), "in the mailbox")
    }
}
