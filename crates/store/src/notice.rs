//! What each workspace tells people before they agree, version by version, and which agreements that has outgrown.
//!
//! The notice says what the workspace says of itself and what the operator discloses, so a new version begins where
//! either changes: with the workspace's settings, in the same transaction, and when a server starts. From then on an
//! agreement counts as far as it covers the version of today: see [`Outgrown`].

use crate::act::Object;
use crate::db::Tx;
use crate::value::{FromValue, Row, Value, params};
use crate::workspace::read_workspace;
use crate::{Author, By, Disclosure, Error, Store, Workspace, person, standing, webhook};
use model::filled::one_line;
use model::notice::{Aims, Asking, BadAim, Draft, Outgrown, Version, WebhookHost};
use model::url::Origin;
use model::{ActKind, ConsentState, Language, Time, Topic, WorkspaceId};
use std::sync::Arc;

/// What a server tells people beside what a workspace says: where it is, and what its operator discloses.
pub(crate) struct Told {
    pub(crate) origin: Origin,
    pub(crate) disclosure: Arc<Disclosure>,
}

impl Workspace {
    /// What its notices are made of.
    pub fn asking<'a>(
        &'a self,
        author: &'a Author,
        webhook_hosts: &'a [WebhookHost],
        origin: &'a Origin,
        disclosure: &'a Disclosure,
    ) -> Asking<'a> {
        Asking {
            workspace: self.id,
            name: &self.name,
            identity: &self.identity,
            postal_address: &self.postal_address,
            contact: match self.contact.trim() {
                "" => &author.address,
                contact => contact,
            },
            aims: &self.aims,
            origin,
            retention_days: disclosure.hits_days(),
            processors: &disclosure.processors,
            webhook_hosts,
        }
    }
}

impl FromValue for Aims {
    fn from_value(value: &Value) -> Option<Self> {
        json(value)
    }
}

impl FromValue for Outgrown {
    fn from_value(value: &Value) -> Option<Self> {
        json(value)
    }
}

fn json<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    match value {
        Value::Text(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn written(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Corrupt(error.to_string()))
}

/// The versions of a workspace's notice, oldest first.
fn versions(tx: &mut Tx<'_>, id: WorkspaceId) -> Result<Vec<Version>, Error> {
    let sql = "select since, slots from notice where workspace_id = $1 order by since";
    let version = |row: &Row| {
        let slots: String = row.get(1)?;
        let drafts: Vec<Draft> = serde_json::from_str(&slots)
            .map_err(|error| Error::Corrupt(format!("a notice: {error}")))?;
        Version::read(row.get(0)?, drafts).map_err(|error| Error::Corrupt(error.to_string()))
    };
    tx.rows(sql, params![id], version)
}

/// Waits for whoever changes what this workspace tells; before the turn in the ledger, as with all rows.
pub(crate) fn hold(tx: &mut Tx<'_>, id: WorkspaceId) -> Result<(), Error> {
    let lock = tx.lock_rows("w");
    let sql = format!("select 1 from workspace w where w.id = $1 {lock}");
    tx.first(&sql, params![id]).map(drop)
}

/// The next version of the notice if it says something else than the last, and what is outgrown with it. An incomplete
/// one is shown to nobody, so it begins nothing.
fn next(
    tx: &mut Tx<'_>,
    told: &Told,
    id: WorkspaceId,
    now: Time,
) -> Result<Option<(Version, Outgrown)>, Error> {
    let Some(workspace) = read_workspace(tx, id)? else {
        return Ok(None);
    };
    let author = person::author_of(tx, &workspace)?;
    let hosts = webhook::hosts(tx, id)?;
    let asking = workspace.asking(&author, &hosts, &told.origin, &told.disclosure);
    let notices = Language::ALL.map(|language| asking.notice(language, &Topic::ALL));
    let Ok(notices) = notices.into_iter().collect() else {
        return Ok(None);
    };
    let mut versions = versions(tx, id)?;
    let today = Version {
        since: now,
        notices,
    };
    if versions
        .last()
        .is_some_and(|last| last.notices == today.notices)
    {
        return Ok(None);
    }
    versions.retain(|version| version.since < now);
    versions.push(today.clone());
    Ok(Some((today, Outgrown::by(&versions))))
}

/// Begins another version of the notice if it says something else than the last. How many people's agreements are
/// outgrown by it.
pub(crate) fn renew(
    tx: &mut Tx<'_>,
    told: Option<&Told>,
    id: WorkspaceId,
    now: Time,
) -> Result<u64, Error> {
    let Some(told) = told else {
        return Ok(0);
    };
    hold(tx, id)?;
    let Some((today, outgrown)) = next(tx, told, id, now)? else {
        return Ok(0);
    };
    let lost = lost(tx, id, &outgrown, now)?;
    let sql = "insert into notice (workspace_id, since, slots) values ($1, $2, $3)
               on conflict (workspace_id, since) do update set slots = excluded.slots";
    tx.execute(sql, params![id, now, written(&today.drafts())?])?;
    let sql = "update workspace set outgrown = $2 where id = $1";
    tx.execute(sql, params![id, written(&outgrown)?])?;
    Ok(lost)
}

/// How many people have agreed to something that counts today and would not any more.
fn lost(tx: &mut Tx<'_>, id: WorkspaceId, then: &Outgrown, now: Time) -> Result<u64, Error> {
    let today = standing::outgrown(tx, id)?;
    let loses = |topic: &Topic| {
        let counts = standing::is(*topic, ConsentState::Given, &today, now);
        let outdated = standing::is(*topic, ConsentState::Outdated, then, now);
        format!("({counts} and {outdated})")
    };
    let any: Vec<_> = Topic::ALL.iter().map(loses).collect();
    let any = any.join(" or ");
    let sql = format!("select count(*) from contact k where k.workspace_id = $1 and ({any})");
    tx.number(&sql, params![id])
}

/// The workspaces of which this counts anybody, by name.
fn each(
    tx: &mut Tx<'_>,
    count: impl Fn(&mut Tx<'_>, WorkspaceId) -> Result<u64, Error>,
) -> Result<Vec<(String, u64)>, Error> {
    let mut counted = Vec::new();
    for row in tx.query("select id, name from workspace order by id", &[])? {
        let people = count(tx, row.get(0)?)?;
        if people > 0 {
            counted.push((one_line(&row.get::<String>(1)?), people));
        }
    }
    Ok(counted)
}

impl Store {
    /// The same store, which knows what its server tells people, and so when a notice says something new.
    #[must_use]
    pub fn telling(mut self, origin: Origin, disclosure: Arc<Disclosure>) -> Self {
        self.told = Some(Arc::new(Told { origin, disclosure }));
        self
    }

    /// Begins new versions where notices say something else than when the server last ran: for how long things are
    /// kept, who takes part, where it is. The names of the workspaces of which agreements are outgrown by it, and how many
    /// people's.
    pub async fn notices_renew(&self, now: Time) -> Result<Vec<(String, u64)>, Error> {
        let told = self.told.clone();
        self.db
            .write(move |tx| each(tx, |tx, id| renew(tx, told.as_deref(), id, now)))
            .await
    }

    /// What [`Store::notices_renew`] would say. Nothing changes.
    pub async fn notices_foresee(&self, now: Time) -> Result<Vec<(String, u64)>, Error> {
        let Some(told) = self.told.clone() else {
            return Ok(Vec::new());
        };
        let foresee = move |tx: &mut Tx<'_>, id| match next(tx, &told, id, now)? {
            Some((_, outgrown)) => lost(tx, id, &outgrown, now),
            None => Ok(0),
        };
        self.db.read(move |tx| each(tx, foresee)).await
    }

    /// States what a topic is wanted for, in every language or in none, which means the built-in words. It is in force
    /// at once, also for mails already sent. The error names what is wrong with the texts.
    pub async fn aims_state(
        &self,
        id: WorkspaceId,
        topic: Topic,
        texts: Vec<(Language, String)>,
        by: By,
    ) -> Result<Result<(), BadAim>, Error> {
        let told = self.told.clone();
        self.db
            .write(move |tx| {
                hold(tx, id)?;
                let Some(before) = tx.one(
                    "select aims from workspace where id = $1",
                    params![id],
                    |row| row.get::<Aims>(0),
                )?
                else {
                    return Ok(Ok(()));
                };
                let given: Vec<_> = texts.iter().map(|(l, text)| (*l, text.as_str())).collect();
                let mut aims = before.clone();
                if let Err(bad) = aims.state(topic, &given) {
                    return Ok(Err(bad));
                }
                if aims == before {
                    return Ok(Ok(()));
                }
                let sql = "update workspace set aims = $2 where id = $1";
                tx.execute(sql, params![id, written(&aims)?])?;
                renew(tx, told.as_deref(), id, by.at)?;
                let said = |aims: &Aims| {
                    let words = aims
                        .get(topic, Language::En)
                        .unwrap_or("the built-in words");
                    Some(format!("{}: {words}", topic.as_str()))
                };
                by.did(ActKind::AimsStated, Object::Workspace)
                    .before(said(&before))
                    .after(said(&aims))
                    .write(tx, id)?;
                Ok(Ok(()))
            })
            .await
    }
}
