//! Everything Overt remembers, behind one SQL for SQLite and PostgreSQL. The only place with SQL.
//!
//! [`Store`] is cheap to clone. Its methods are grouped by noun, a file each; each method is one transaction. When
//! a writing method returns `Ok`, what it wrote is on disk.
//!
//! What is never in here: raw IP addresses, raw user-agents, tokens, secrets in the clear, mail bodies beyond the
//! moment their last copy left.

mod act;
mod age;
mod allowed;
mod asking;
mod assessment;
mod backup;
mod breach;
mod challenge;
mod complaint;
mod consent;
mod contact;
mod copy;
mod credential;
mod db;
mod disclosure;
mod disown;
mod disposal;
mod erasure;
mod event;
mod evidence;
mod export;
mod figures;
mod fixed;
mod fold;
mod form;
mod grounds;
mod guardian;
mod hit;
mod hygiene;
mod identity;
mod intake;
pub mod inventory;
mod ledger;
mod limits;
mod mail_host;
mod member;
mod message;
mod migrate;
mod news;
mod notice;
mod origin;
mod outbox;
mod own;
mod paper;
mod person;
mod policy;
mod postgres;
mod proof;
mod recipients;
mod reclassify;
mod redact;
mod register;
mod report;
mod request;
mod retention;
mod settle;
mod sqlite;
mod standing;
mod summary;
mod suppression;
mod tally;
mod user;
mod value;
mod webhook;
mod withdrawal;
mod workspace;

pub use act::{Act, ActFilter, By};
pub use assessment::Assessment;
pub use backup::{BackupKeys, Restored, Saved};
pub use breach::Breach;
pub use challenge::Challenge;
pub use consent::{ConsentEvent, ConsentRequest, Method, NewAgreement, ShownText};
pub use contact::{Contact, ContactFilter, Fresh};
pub use copy::{Copy, CopyInContext, CopyState};
pub use credential::{Credential, CredentialKind};
pub use disclosure::Disclosure;
pub use disown::{Disown, OwnUp};
pub use disposal::{Cause, Disposal};
pub use event::AddressedEvent;
pub use evidence::{Confirmation, Evidence};
pub use export::export_schema;
pub use figures::Figures;
pub use fixed::grants;
pub use form::PublishedForm;
pub use grounds::Grounds;
pub use guardian::{Guardian, GuardianAsked, GuardianGave, NewGuardian};
pub use hit::{Recorded, StoredHit};
pub use hygiene::{Inactive, Reach};
pub use identity::Identity;
pub use intake::NewIntake;
pub use ledger::{Chain, Exported, LedgerRow, Opening};
pub use limits::Limits;
pub use mail_host::{HostWanted, MailHost};
pub use member::Member;
pub use message::{Cursor, Link, Message, MessageFilter, NewCopy, NewMessage, Part, Refused};
pub use origin::{MailAgreement, Untold};
pub use outbox::{Carried, Errand, Lowered, Outcome, Parcel};
pub use own::OwnAct;
pub use person::{Around, AroundWorkspace, Author, Person};
pub use policy::Policy;
pub use proof::{Proof, ProvenEvent, ProvenGuardian};
pub use recipients::Alike;
pub use reclassify::{JudgeAgain, Reclassified};
pub use register::{Exception, Expiring, RegisterFilter, Registered};
pub use report::{NewReport, Report, ReportScope};
pub use request::{NewRequest, Request};
pub use retention::{Due, Terms};
pub use settle::HitContext;
pub use summary::Summary;
pub use suppression::Suppression;
pub use tally::Sum;
pub use user::User;
pub use webhook::{Attempt, Delivery, Health, Logged, NewWebhook, Turn, Webhook};
pub use workspace::{Instance, Workspace, ceilings, usable};

use db::Db;
use model::{Profiles, WebhookKey};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// Which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Config {
    /// A file, made if it is not there.
    Sqlite(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

impl FromStr for Config {
    type Err = std::convert::Infallible;
    /// A `postgres://` or `postgresql://` address, else the path of an SQLite file.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Ok(Self::Postgres(text.into()))
        } else {
            Ok(Self::Sqlite(PathBuf::from(
                text.strip_prefix("sqlite:").unwrap_or(text),
            )))
        }
    }
}

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not now: unreachable, busy, stopped. Trying again later may help.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// No space left.
    #[error("the disk of the database is full: make room, then try again")]
    Full,
    /// A rule of the schema forbids it; usually the thing exists already.
    #[error("the database refused it: {0}")]
    Conflict(String),
    /// What was read is not what was written.
    #[error("the database is damaged or of another version: {0}")]
    Corrupt(String),
}

/// The store.
#[derive(Clone)]
pub struct Store {
    db: Db,
    /// What the law allows, which counts whenever something is recorded.
    law: Arc<Profiles>,
    /// What the secrets of webhooks follow from.
    webhooks: Option<WebhookKey>,
    /// What its server tells people beside what a workspace says; none in commands that tell nobody anything.
    told: Option<Arc<notice::Told>>,
}

impl Store {
    /// Opens the database, makes it if need be, and brings its schema up to date. The strictest rules of law apply to
    /// what is recorded, until [`under`](Self::under) names those that bind the operator.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let db = Db::open(config).await?;
        migrate::run(&db).await?;
        let law = Profiles::new(&[], &[]).map_err(|bad| Error::Corrupt(bad.to_string()))?;
        Ok(Self {
            db,
            law: Arc::new(law),
            webhooks: None,
            told: None,
        })
    }

    /// The same store, recording under these rules of law.
    #[must_use]
    pub fn under(mut self, law: Arc<Profiles>) -> Self {
        self.law = law;
        self
    }

    /// The rules of law that it records under.
    pub fn law(&self) -> &Profiles {
        &self.law
    }

    /// The same store, which can mark for each endpoint who was erased. Without the key they are told the id alone.
    #[must_use]
    pub fn with_webhook_key(mut self, key: WebhookKey) -> Self {
        self.webhooks = Some(key);
        self
    }

    /// Does the database answer?
    pub async fn ping(&self) -> Result<(), Error> {
        self.db
            .read(|tx| tx.query("select 1", &[]).map(|_| ()))
            .await
    }
}
