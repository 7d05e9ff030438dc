//! Instance and workspace: names, ceilings, kill switches.

use crate::act::Object;
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{By, Error, Limits, Store, notice, policy};
use model::decision::Ceiling;
use model::notice::Aims;
use model::policy::FIRST;
use model::{ActKind, Language, Mode, PerAxis, Reason, Sha256, Time, Topic, WorkspaceId};

/// The operator's settings for the whole instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// The kill switch: false stops all instrumenting and recording within a second.
    pub tracking: bool,
    /// The highest modes anybody may use.
    pub ceiling: PerAxis<Mode>,
}

/// One organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name, as recipients read it.
    pub name: String,
    /// The name by which this organisation was first known here. Where another organisation takes over it is the new
    /// name, and nobody has agreed to anything with that one (R-CONS-13).
    pub identity: String,
    /// The kill switch of the workspace.
    pub tracking: bool,
    /// The highest modes its users may use.
    pub ceiling: PerAxis<Mode>,
    /// The language of recipients' texts when nothing better is known.
    pub language: Language,
    /// Ask contacts who were never asked, by a line in the next mail to them.
    pub ask: bool,
    /// The controller's postal address, as mails must say it; empty where nobody entered it.
    pub postal_address: String,
    /// How else to reach the controller: an address or a number. Empty means: by answering the mail.
    pub contact: String,
    /// Its service is directed to children: people of unknown age are not tracked as persons (R-AGE-02).
    pub directed_to_children: bool,
    /// What it wants tracking for, in its own words. Stated by [`Store::aims_state`] alone.
    pub aims: Aims,
    /// What a guardian agrees to counts only once somebody here has checked it with them (R-AGE-03).
    pub checks_guardians: bool,
}

impl Workspace {
    /// Has it said who it is and where it can be reached? Before, it can show no notice and may ask nobody (R-CONS-17).
    pub fn can_ask(&self) -> bool {
        !self.name.trim().is_empty() && !self.postal_address.trim().is_empty()
    }
}

const COLUMNS: &str = "w.id, w.name, w.tracking, w.ceiling_open, w.ceiling_click, w.ceiling_document, w.language, w.ask,
    w.postal_address, w.contact, w.directed_to_children, w.aims, w.checks_guardians, w.identity";

fn workspace(row: &Row) -> Result<Workspace, Error> {
    Ok(Workspace {
        id: row.get(0)?,
        name: row.get(1)?,
        tracking: row.get(2)?,
        ceiling: PerAxis {
            open: row.get(3)?,
            click: row.get(4)?,
            document: row.get(5)?,
        },
        language: row.get(6)?,
        ask: row.get(7)?,
        postal_address: row.get(8)?,
        contact: row.get(9)?,
        directed_to_children: row.get(10)?,
        aims: row.get(11)?,
        checks_guardians: row.get(12)?,
        identity: row.get(13)?,
    })
}

fn on_off(tracking: bool) -> String {
    if tracking { "on" } else { "off" }.into()
}

/// A ceiling as the account of acts has it: `open individual, click none, document none`.
pub(crate) fn ceiling_text(c: &PerAxis<Mode>) -> String {
    format!(
        "open {}, click {}, document {}",
        c.open, c.click, c.document
    )
}

/// What differs between two settings, as acts: kind, before, after.
fn changes(old: &Workspace, new: &Workspace) -> Vec<(ActKind, String, String)> {
    let described = |w: &Workspace| {
        let known_as = format!("first known as {}", w.identity);
        let ask = if w.ask { "asks" } else { "does not ask" };
        let of = [
            w.name.as_str(),
            if w.identity == w.name { "" } else { &known_as },
            w.language.as_str(),
            ask,
            if w.directed_to_children {
                "directed to children"
            } else {
                ""
            },
            if w.checks_guardians {
                "checks guardians"
            } else {
                ""
            },
            &w.postal_address,
            &w.contact,
        ];
        of.iter()
            .filter(|word| !word.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(", ")
    };
    [
        (ActKind::WorkspaceDescribed, described(old), described(new)),
        (
            ActKind::CeilingSet,
            ceiling_text(&old.ceiling),
            ceiling_text(&new.ceiling),
        ),
        (
            ActKind::SwitchTurned,
            on_off(old.tracking),
            on_off(new.tracking),
        ),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .collect()
}

pub(crate) fn read_instance(tx: &mut Tx<'_>) -> Result<Instance, Error> {
    let sql =
        "select tracking, ceiling_open, ceiling_click, ceiling_document from instance where id = 1";
    let row = tx
        .first(sql, &[])?
        .ok_or_else(|| Error::Corrupt("the instance row is missing".into()))?;
    Ok(Instance {
        tracking: row.get(0)?,
        ceiling: PerAxis {
            open: row.get(1)?,
            click: row.get(2)?,
            document: row.get(3)?,
        },
    })
}

pub(crate) fn read_workspace(tx: &mut Tx<'_>, id: WorkspaceId) -> Result<Option<Workspace>, Error> {
    tx.one(
        &format!("select {COLUMNS} from workspace w where w.id = $1"),
        params![id],
        workspace,
    )
}

/// The ceilings that stand over every decision about a sender's mail, the kill switches among them.
pub fn ceilings(instance: &Instance, workspace: &Workspace, sender: &Limits) -> Vec<Ceiling> {
    ceilings_of(instance, workspace.tracking, workspace.ceiling, sender)
}

pub(crate) fn ceilings_of(
    instance: &Instance,
    tracking: bool,
    ceiling: PerAxis<Mode>,
    sender: &Limits,
) -> Vec<Ceiling> {
    let on = instance.tracking && tracking;
    let switch = if on {
        PerAxis::all(Mode::Detailed)
    } else {
        model::mode::NOTHING
    };
    let mut ceilings = vec![
        Ceiling {
            reason: Reason::KillSwitch,
            modes: switch,
        },
        Ceiling {
            reason: Reason::InstanceCeiling,
            modes: instance.ceiling,
        },
        Ceiling {
            reason: Reason::WorkspaceCeiling,
            modes: ceiling,
        },
    ];
    ceilings.extend(sender.ceilings());
    ceilings
}

/// What the workspace could record at all, if the person agreed. Asking for more would be asking for nothing.
pub fn usable(instance: &Instance, workspace: &Workspace) -> Vec<Topic> {
    let (instance, workspace) = (instance.ceiling, workspace.ceiling);
    let [open, click, document] = [
        instance.open.min(workspace.open),
        instance.click.min(workspace.click),
        instance.document.min(workspace.document),
    ];
    let is_usable = |topic: &Topic| match topic {
        Topic::Open => open >= Mode::Individual,
        Topic::Click => click >= Mode::Individual,
        Topic::Document => document >= Mode::Individual,
        Topic::Details => open.max(click).max(document) >= Mode::Detailed,
    };
    Topic::ALL.into_iter().filter(is_usable).collect()
}

impl Store {
    /// The instance's settings.
    pub async fn instance(&self) -> Result<Instance, Error> {
        self.db.read(read_instance).await
    }

    /// Turns the instance's kill switch. It stands in every workspace's account of acts.
    pub async fn instance_set_tracking(&self, tracking: bool, by: By) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let sql = "update instance set tracking = $1 where id = 1 and tracking <> $1";
                if tx.execute(sql, params![tracking])? == 0 {
                    return Ok(());
                }
                for row in tx.query("select id from workspace order by id", &[])? {
                    by.did(ActKind::InstanceSwitchTurned, Object::Instance)
                        .before(on_off(!tracking))
                        .after(on_off(tracking))
                        .write(tx, row.get(0)?)?;
                }
                Ok(())
            })
            .await
    }

    /// Makes a workspace. Its tracking policy is the built-in one. Its ceiling is `individual`: facts about devices must be allowed deliberately.
    ///
    /// `key` is 32 random bytes: the secret under which acts that concern no contact are committed to.
    pub async fn workspace_create(
        &self,
        id: WorkspaceId,
        key: [u8; 32],
        name: &str,
        language: Language,
        now: Time,
    ) -> Result<(), Error> {
        let name = name.to_owned();
        self.db
            .write(move |tx| {
                let sql = "insert into workspace (id, name, identity, tracking, ceiling_open, ceiling_click, ceiling_document,
                           language, ask, postal_address, contact, policy_sha256, created_at)
                           values ($1, $2, $2, 1, $3, $3, $3, $4, 0, '', '', $5, $6)";
                tx.execute(sql, params![id, &name, Mode::Individual, language, Sha256::of(FIRST).0, now])?;
                policy::publish(tx, id, FIRST, &By::operator(now))?;
                let sql = "insert into workspace_key (workspace_id, key) values ($1, $2)";
                tx.execute(sql, params![id, key])?;
                By::operator(now).did(ActKind::WorkspaceCreated, Object::Workspace).after(name).write(tx, id)
            })
            .await
    }

    /// A workspace.
    pub async fn workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Error> {
        self.db.read(move |tx| read_workspace(tx, id)).await
    }

    /// Writes a workspace's settings. What changed is an act for each: the description, the ceiling, the switch. Its
    /// notice may say something new by it.
    pub async fn workspace_update(&self, w: Workspace, by: By) -> Result<(), Error> {
        let told = self.told.clone();
        self.db
            .write(move |tx| {
                let Some(old) = read_workspace(tx, w.id)? else {
                    return Ok(());
                };
                let sql = "update workspace set name = $2, tracking = $3, ceiling_open = $4, ceiling_click = $5,
                           ceiling_document = $6, language = $7, ask = $8, postal_address = $9, contact = $10,
                           directed_to_children = $11, checks_guardians = $12, identity = $13
                           where id = $1";
                let c = w.ceiling;
                let values =
                    params![w.id, &w.name, w.tracking, c.open, c.click, c.document, w.language, w.ask,
                        &w.postal_address, &w.contact, w.directed_to_children, w.checks_guardians, &w.identity];
                tx.execute(sql, values)?;
                notice::renew(tx, told.as_deref(), w.id, by.at)?;
                for (kind, before, after) in changes(&old, &w) {
                    by.did(kind, Object::Workspace).before(before).after(after).write(tx, w.id)?;
                }
                Ok(())
            })
            .await
    }
}
