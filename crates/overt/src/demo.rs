//! The demo: a whole Overt in a throw-away folder, with a sample user, three contacts and a mailbox page.
//!
//! Nothing in it is special. Mail goes in through the same submission, out through the same courier and a relay that
//! happens to be a mailbox on this machine; pixels, links, consent and dashboard are those of `overt serve`.

pub(crate) mod check;

use crate::ambient;
use crate::command::init::{NewUser, create_user, let_track, secret_key};
use crate::config::Networks;
use crate::networks::judge;
use crate::runtime::{Base, Running};
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
use std::time::Duration;
use store::{By, CredentialKind, Method, Store, User};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use web::MailboxDir;
use wire::smtp::{
    Envelope, Handler, Limits, Relay, Reply, Security, ServerConfig, ServerTls, Timeouts,
    Unavailable,
};

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
        let keys = keys::load(folder)?;
        let disclosure = Arc::<store::Disclosure>::default();
        let store = Store::open(&store::Config::Sqlite(folder.join("overt.db")))
            .await?
            .with_webhook_key(keys.webhook.clone())
            .telling(origin(&tracker)?.parse()?, disclosure.clone());
        let base = Base {
            store: store.clone(),
            keyring: Arc::new(keys.tokens),
            signing: Arc::new(keys.signing),
            suppression: Arc::new(keys.suppression),
            profiles: Arc::new(model::Profiles::new(&[], &[])?),
            ambient: ambient::REAL,
            admin: origin(&dashboard)?.parse()?,
            tracker: origin(&tracker)?.parse()?,
            hostname: "localhost".into(),
            relay: sink_as_relay(&sink)?,
            tracking_off: "",
            signers: Arc::default(),
            // Made-up domains have no records.
            preflight: Arc::default(),
            // A receiver to try out runs on this machine.
            webhooks: notify::Webhooks::new(keys.webhook, &["127.0.0.0/8".parse()?])?,
            webhook_timeout: Duration::from_secs(crate::config::WEBHOOK_SECONDS_MAX),
            ages: Arc::new(model::Ages::built_in()?),
            disclosure,
            security_contact: None,
            wake: Arc::new(Notify::new()),
            changed: Arc::new(Notify::new()),
            fold: Arc::new(Notify::new()),
            meters: Arc::default(),
        };
        let settings_file = folder.join(crate::config::FILE);
        let (admin, public) = (origin(&dashboard)?, origin(&tracker)?);
        std::fs::write(
            &settings_file,
            settings(&admin, &public, &submission.local_addr()?),
        )?;
        let people = sample(&store).await?;
        let mailboxes = CONTACTS.iter().map(|contact| contact.address.to_owned());
        let mails = Arc::new(MailboxDir::new(ambient::REAL, mailboxes.collect()));
        let smtp = submission.local_addr()?;
        let addresses = (origin(&dashboard)?, origin(&tracker)?, origin(&mailbox)?);

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
            config: settings_file,
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

/// A configuration file, so that `overt audit`, `evidence` and the like can be tried on the running demo.
fn settings(admin: &str, tracker: &str, submit: &SocketAddr) -> String {
    let bare = |origin: &str| origin.trim_start_matches("http://").to_owned();
    format!(
        "database = \"overt.db\"\nhostname = \"localhost\"\n\
         [admin]\nlisten = \"{}\"\norigin = \"{admin}\"\n\
         [tracker]\nlisten = \"{}\"\norigin = \"{tracker}\"\n\
         [submit]\nlisten = [\"{submit}\"]\n\
         [relay]\nhost = \"127.0.0.1\"\nport = 25\nsecurity = \"none\"\n",
        bare(admin),
        bare(tracker),
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

fn sink_as_relay(sink: &TcpListener) -> Result<Relay> {
    Ok(Relay {
        host: "127.0.0.1".into(),
        port: sink.local_addr()?.port(),
        security: Security::None,
        auth: None,
        hello: "localhost".into(),
        timeouts: Timeouts::default(),
    })
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
    // Who says where they can be reached may ask for agreement.
    if let Some(made) = store.workspace(workspace).await? {
        let postal_address = "1 Sample Street, 1010 Sample Town".to_owned();
        let told = store::Workspace {
            postal_address,
            ..made
        };
        let by = store::By::operator(now);
        store.workspace_update(told, by).await?;
    }
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
    say_where(store, workspace, &user).await?;
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

/// Newsletters and advertising must name the sender's address; it is made up, like everything here.
async fn say_where(store: &Store, workspace: WorkspaceId, user: &User) -> Result<()> {
    let by = By::user(user.id, (ambient::REAL.now)());
    let found = store.workspace(workspace).await?;
    let mut settings = found.context("the workspace is gone")?;
    settings.postal_address = "Mill Lane 1\n10115 Berlin".into();
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
