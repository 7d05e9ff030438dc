//! What each workspace tells people before they agree, version by version, and which agreements that has outgrown.
//!
//! The notice says what the workspace says of itself and what the operator discloses, so a new version begins where
//! either changes: with the workspace's settings, in the same transaction, and when a server starts. From then on an
//! agreement counts as far as it covers the version of today: see [`Outgrown`].

use crate::act::Object;
use crate::db::Tx;
use crate::value::{FromValue, Row, Value, params};
use crate::workspace::read_workspace;
use crate::{Author, By, Disclosure, Error, Store, Workspace, person, webhook};
use model::filled::one_line;
use model::notice::{Aims, Asking, BadAim, Draft, Outgrown, Version};
use model::url::Origin;
use model::{ActKind, Language, Time, Topic, WorkspaceId};
use std::sync::Arc;
use std::time::Duration;

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
        webhook_hosts: &'a [String],
        origin: &'a Origin,
        disclosure: &'a Disclosure,
    ) -> Asking<'a> {
        Asking {
            workspace: self.id,
            name: &self.name,
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

/// Begins another version of the notice if it says something else than the last. An incomplete one is shown to nobody,
/// so it begins nothing. True if what people agreed to until now is outgrown.
pub(crate) fn renew(
    tx: &mut Tx<'_>,
    told: Option<&Told>,
    id: WorkspaceId,
    now: Time,
) -> Result<bool, Error> {
    let Some(told) = told else {
        return Ok(false);
    };
    hold(tx, id)?;
    let Some(workspace) = read_workspace(tx, id)? else {
        return Ok(false);
    };
    let author = person::author_of(tx, &workspace)?;
    let hosts = webhook::hosts(tx, id)?;
    let asking = workspace.asking(&author, &hosts, &told.origin, &told.disclosure);
    let notices = Language::ALL.map(|language| asking.notice(language, &Topic::ALL));
    let Ok(notices) = notices.into_iter().collect() else {
        return Ok(false);
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
        return Ok(false);
    }
    let sql = "insert into notice (workspace_id, since, slots) values ($1, $2, $3)
               on conflict (workspace_id, since) do update set slots = excluded.slots";
    tx.execute(sql, params![id, now, written(&today.drafts())?])?;
    versions.retain(|version| version.since < now);
    versions.push(today);
    let outgrown = Outgrown::by(&versions);
    let sql = "update workspace set outgrown = $2 where id = $1";
    tx.execute(sql, params![id, written(&outgrown)?])?;
    let until_now = now - Duration::from_millis(1);
    Ok(Topic::ALL
        .into_iter()
        .any(|topic| outgrown.has(topic, until_now)))
}

impl Store {
    /// The same store, which knows what its server tells people, and so when a notice says something new.
    #[must_use]
    pub fn telling(mut self, origin: Origin, disclosure: Arc<Disclosure>) -> Self {
        self.told = Some(Arc::new(Told { origin, disclosure }));
        self
    }

    /// Begins new versions where notices say something else than when the server last ran: for how long things are
    /// kept, who takes part, where it is. The names of the workspaces of which agreements are outgrown by it.
    pub async fn notices_renew(&self, now: Time) -> Result<Vec<String>, Error> {
        let told = self.told.clone();
        self.db
            .write(move |tx| {
                let mut names = Vec::new();
                for row in tx.query("select id, name from workspace order by id", &[])? {
                    if renew(tx, told.as_deref(), row.get(0)?, now)? {
                        names.push(one_line(&row.get::<String>(1)?));
                    }
                }
                Ok(names)
            })
            .await
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

    /// How many agreed to a topic as the notice speaks of it today: theirs is the agreement that a change may outgrow.
    pub async fn agreed_to(&self, id: WorkspaceId, topic: Topic) -> Result<u64, Error> {
        self.db
            .read(move |tx| {
                let Some(outgrown) = tx.one(
                    "select outgrown from workspace where id = $1",
                    params![id],
                    |row| row.get::<Outgrown>(0),
                )?
                else {
                    return Ok(0);
                };
                let t = topic.as_str();
                let sql = format!(
                    "select count(*) from contact where workspace_id = $1 and {t}_state = 'given'
                     and {t}_since >= $2 and {t}_since < $3"
                );
                let mut between =
                    |from: i64, to: i64| tx.number::<u64>(&sql, params![id, from, to]);
                let mut agreed = between(i64::MIN, i64::MAX)?;
                for (from, to) in outgrown.times(topic) {
                    agreed -= between(*from, *to)?;
                }
                Ok(agreed)
            })
            .await
    }
}
