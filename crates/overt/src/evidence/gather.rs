//! What goes into an evidence archive: records, one by one, no screenshots. No addresses of recipients, no secrets.

use super::{Files, put};
use crate::ambient;
use crate::command::audit::examine;
use crate::config::Config;
use anyhow::Result;
use model::role::Act as Right;
use model::{ActKind, ConsentState, Role, SigningKey, Time, WorkspaceId};
use serde_json::{Value, json};
use store::{Act, ActFilter, Chain, Member, RegisterFilter, Store};

/// Records of one file.
const MAX: u32 = 1_000_000;
/// Entries of the ledger that are read at once.
const PAGE: u16 = 1_000;

/// The time an archive is about.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub(crate) from: Time,
    pub(crate) before: Time,
}

impl Period {
    fn holds(self, at: Time) -> bool {
        at >= self.from && at < self.before
    }
}

/// One JSON a line.
fn put_lines(
    files: &mut Files,
    name: impl Into<String>,
    criteria: &'static str,
    lines: &[Value],
) -> Result<()> {
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, line)?;
        bytes.push(b'\n');
    }
    files.insert(name.into(), (bytes, criteria));
    Ok(())
}

const README: &str = "\
Evidence drawn from Overt
=========================

Verify it:   overt evidence verify FILE --key KEY
The key:     overt audit key, or /.well-known/overt-key on the tracker origin. Get it from another channel.

manifest.json lists every file with its SHA-256; manifest.sig is the Ed25519 signature over manifest.json.
In manifest.json, `criteria` names AICPA Trust Services Criteria a file may serve as evidence for. That is a
suggestion for the auditor: this archive is no attestation, and no statement that anything complies with anything.

Files ending in .jsonl hold one record a line. Times are RFC 3339 in UTC. Nothing in here names a recipient.
";

/// Everything, for all workspaces of the instance.
pub(crate) async fn gather(
    store: &Store,
    config: &Config,
    key: &SigningKey,
    period: Period,
) -> Result<Files> {
    let mut files = Files::new();
    files.insert("README.txt".into(), (README.into(), ""));
    roles(&mut files)?;
    keys(&mut files, config, key)?;
    let disposals: Vec<_> = store
        .disposals(period.from, period.before, u16::MAX)
        .await?
        .into_iter()
        .map(|d| json!({ "at": d.at.rfc3339(), "cause": d.cause.as_str(), "rows": d.counts }))
        .collect();
    put_lines(&mut files, "disposals.jsonl", "C1.2 P4.3", &disposals)?;
    let texts: Vec<_> = store
        .consent_texts()
        .await?
        .into_iter()
        .map(|(sha256, language, at)| json!({ "sha256": sha256, "language": language.as_str(), "since": at.rfc3339() }))
        .collect();
    put_lines(&mut files, "consent-texts.jsonl", "P1.1 P2.1", &texts)?;
    inventory(&mut files, config)?;
    for chain in store.ledger_chains().await? {
        workspace(&mut files, store, key, &chain, period).await?;
        processing(&mut files, store, config, chain.workspace).await?;
    }
    Ok(files)
}

/// The records of processing, as the settings make them today: kept with the archive, so that two can be compared.
async fn processing(
    files: &mut Files,
    store: &Store,
    config: &Config,
    id: WorkspaceId,
) -> Result<()> {
    let now = (ambient::REAL.now)();
    let setup = store.paper_setup(id, &config.disclosure()?, now).await?;
    let Some(setup) = setup else {
        return Ok(());
    };
    let sections = model::paper::records(&setup);
    let paper = model::paper::as_json("records", now, &setup, &sections);
    put(
        files,
        format!("{id}/records-of-processing.json"),
        "P1.1 P3",
        &paper,
    )
}

fn roles(files: &mut Files) -> Result<()> {
    let rights = [
        (Right::Send, "send mail"),
        (
            Right::SeeAll,
            "see everybody's messages and the compliance desk",
        ),
        (
            Right::SetCeiling,
            "set ceilings and limits (an owner only while nobody is compliance)",
        ),
        (Right::Prove, "draw the evidence of one contact's consents"),
        (Right::Administer, "run users, identities and the relay"),
    ];
    let of = |role: Role| {
        let may: Vec<_> = rights
            .iter()
            .filter(|(r, _)| role.may(*r))
            .map(|(_, words)| *words)
            .collect();
        json!({ "role": role.as_str(), "may": may })
    };
    put(files, "roles.json", "CC6.1 CC6.3", &Role::ALL.map(of))
}

fn keys(files: &mut Files, config: &Config, key: &SigningKey) -> Result<()> {
    let path = crate::keys::path(&config.data);
    let changed = std::fs::metadata(&path).and_then(|m| m.modified()).ok();
    let changed = changed.and_then(|at| jiff::Timestamp::try_from(at).ok());
    let dkim: Vec<_> = config
        .dkim
        .iter()
        .map(|d| json!({ "domain": d.domain, "selector": d.selector }))
        .collect();
    let value = json!({
        "signing": { "algorithm": "Ed25519", "public": key.public().to_string() },
        "token_keys": crate::keys::token_ids(&config.data)?,
        "key_file_changed_at": changed.map(|at| at.to_string()),
        "dkim": dkim,
    });
    put(files, "keys.json", "CC6.1 CC6.7 C1.1", &value)
}

fn inventory(files: &mut Files, config: &Config) -> Result<()> {
    let terms = config.retention.terms();
    let table = |t: &store::inventory::Table| {
        let columns: Vec<_> = t
            .columns
            .iter()
            .map(|c| json!({ "name": c.name, "holds": c.holds }))
            .collect();
        json!({ "table": t.name, "holds": t.holds, "kept": t.kept.sentence(&terms), "personal": t.is_personal(),
            "columns": columns })
    };
    let tables: Vec<_> = store::inventory::TABLES.iter().map(table).collect();
    put(files, "data-inventory.json", "P3 P4.1 C1.1", &tables)
}

fn act(a: &Act) -> Value {
    json!({ "entry": a.seq, "at": a.at.rfc3339(), "kind": a.kind.as_str(), "user": a.user, "object": a.object,
        "before": a.before, "after": a.after, "reason": a.reason })
}

/// Everything of one workspace.
async fn workspace(
    files: &mut Files,
    store: &Store,
    key: &SigningKey,
    chain: &Chain,
    period: Period,
) -> Result<()> {
    let id = chain.workspace;
    users(files, store, id).await?;
    acts(files, store, id, period).await?;
    ledger(files, store, key, chain, period).await?;
    consents(files, store, id, period).await?;
    records(files, store, id, period).await
}

async fn users(files: &mut Files, store: &Store, id: WorkspaceId) -> Result<()> {
    let at = |t: Option<Time>| t.map(Time::rfc3339);
    let user = |m: Member| {
        let c = m.limits.ceiling;
        json!({ "id": m.user.id, "name": m.user.name, "address": m.user.address, "role": m.user.role.as_str(),
            "created_at": m.created_at.rfc3339(), "deactivated_at": at(m.deactivated_at),
            "last_sign_in_at": at(m.signed_in_at), "may_track": m.limits.may_track,
            "ceiling": { "open": c.open.as_str(), "click": c.click.as_str(), "document": c.document.as_str() },
            "policy_in_force_acknowledged": m.limits.acknowledged, "acknowledged_at": at(m.acknowledged_at) })
    };
    let users: Vec<_> = store.members(id).await?.into_iter().map(user).collect();
    put(
        files,
        format!("{id}/users.json"),
        "CC6.1 CC6.2 CC6.3",
        &users,
    )
}

/// Acts that change who may do what.
const SETTINGS: [ActKind; 7] = [
    ActKind::WorkspaceDescribed,
    ActKind::CeilingSet,
    ActKind::SwitchTurned,
    ActKind::InstanceSwitchTurned,
    ActKind::UserCeilingSet,
    ActKind::UserRoleSet,
    ActKind::PolicyPublished,
];

/// What users did, once as a whole and once by what auditors ask for.
async fn acts(files: &mut Files, store: &Store, id: WorkspaceId, period: Period) -> Result<()> {
    let name = |file: &str| format!("{id}/{file}");
    let filter = ActFilter {
        from: Some(period.from),
        to: Some(period.before),
        limit: MAX,
        ..ActFilter::default()
    };
    let mut acts = store.acts(id, filter).await?;
    acts.reverse();
    let all: Vec<_> = acts.iter().map(act).collect();
    let of = |kinds: &[ActKind]| -> Vec<Value> {
        let meant = acts.iter().filter(|a| kinds.contains(&a.kind));
        meant.map(act).collect()
    };
    put_lines(files, name("acts.jsonl"), "CC6 CC7.2 CC8.1", &all)?;
    let reviews = of(&[ActKind::AccessReviewed]);
    put_lines(files, name("access-reviews.jsonl"), "CC6.2 CC6.3", &reviews)?;
    put_lines(
        files,
        name("settings-changes.jsonl"),
        "CC8.1 CC6.3",
        &of(&SETTINGS),
    )?;
    let sign_ins = json!({
        "succeeded": of(&[ActKind::UserSignedIn]).len(),
        "failed": of(&[ActKind::UserSignInFailed]).len(),
    });
    put(files, name("sign-ins.json"), "CC6.1", &sign_ins)
}

/// How often people agreed, refused and withdrew.
async fn consents(files: &mut Files, store: &Store, id: WorkspaceId, period: Period) -> Result<()> {
    let counts = store.consent_counts(id, period.from, period.before).await?;
    let count = |state| {
        let found = counts.iter().find(|(s, _)| *s == state);
        found.map_or(0, |(_, n)| *n)
    };
    let (given, refused) = (count(ConsentState::Given), count(ConsentState::Refused));
    let by_state: serde_json::Map<_, _> = counts
        .iter()
        .map(|(s, n)| (s.as_str().to_owned(), json!(n)))
        .collect();
    let answers = given + refused;
    let rate = (answers > 0).then(|| f64::from(refused * 1_000 / answers) / 10.0);
    let told = json!({ "events": by_state, "refusal_percent": rate });
    put(files, format!("{id}/consent-counts.json"), "P2.1", &told)
}

/// Requests, breaches, register.
async fn records(files: &mut Files, store: &Store, id: WorkspaceId, period: Period) -> Result<()> {
    let name = |file: &str| format!("{id}/{file}");
    let requests: Vec<_> = store
        .requests(id, u16::MAX)
        .await?
        .into_iter()
        .filter(|r| period.holds(r.clock.received_at) || r.clock.answered_at.is_some_and(|at| period.holds(at)))
        .map(|r| {
            json!({ "id": r.id, "right": r.right.as_str(), "received_at": r.clock.received_at.rfc3339(),
                "due_at": r.clock.due_at.rfc3339(), "extended": r.clock.extended,
                "answered_at": r.clock.answered_at.map(Time::rfc3339) })
        })
        .collect();
    put_lines(files, name("requests.jsonl"), "P5.1 P5.2 P8.1", &requests)?;
    let breaches = store.breaches(id).await?;
    let breaches: Vec<_> = breaches
        .into_iter()
        .filter(|b| period.holds(b.aware_at))
        .collect();
    put(files, name("breaches.json"), "CC7.4 CC7.5 P6", &breaches)?;
    let filter = RegisterFilter {
        from: Some(period.from),
        to: Some(period.before),
        limit: MAX,
        ..RegisterFilter::default()
    };
    let lines: Vec<_> = store
        .register(id, filter)
        .await?
        .into_iter()
        .map(|l| {
            let modes = |(m, n): &(model::PerAxis<model::Mode>, u32)| {
                json!({ "open": m.open.as_str(), "click": m.click.as_str(), "document": m.document.as_str(),
                    "copies": n })
            };
            let why = |(r, n): &(model::Reason, u32)| json!({ "reason": r.code(), "copies": n });
            json!({ "message": l.message, "user": l.user, "sent_at": l.at.rfc3339(), "class": l.class.as_str(),
                "tracked": l.tracked.iter().map(modes).collect::<Vec<_>>(),
                "untracked": l.untracked.iter().map(why).collect::<Vec<_>>(), "texts": l.texts })
        })
        .collect();
    put_lines(files, name("register.jsonl"), "P3 P4.1", &lines)
}

/// What verifying found, the signed heads, and the entries of the period: commitments, which name nobody.
async fn ledger(
    files: &mut Files,
    store: &Store,
    key: &SigningKey,
    chain: &Chain,
    period: Period,
) -> Result<()> {
    let id = chain.workspace;
    let heads = store.ledger_heads(id).await?;
    let finding = examine(store, chain, &heads, &key.public()).await?;
    put(
        files,
        format!("{id}/ledger-verified.json"),
        "CC7.2 CC7.3",
        &finding,
    )?;
    let heads: Vec<_> = heads
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<_, _>>()?;
    put_lines(
        files,
        format!("{id}/ledger-heads.jsonl"),
        "CC7.2 CC7.3",
        &heads,
    )?;
    let (mut entries, mut after) = (Vec::new(), 0);
    loop {
        let rows = store.ledger_page(id, after, PAGE).await?;
        let last = rows.len() < usize::from(PAGE);
        after = rows.last().map_or(after, |row| row.entry.seq);
        for row in rows.into_iter().filter(|row| period.holds(row.entry.at)) {
            entries.push(serde_json::to_value(row.entry)?);
        }
        if last || entries.len() >= MAX as usize {
            break;
        }
    }
    put_lines(
        files,
        format!("{id}/ledger-entries.jsonl"),
        "CC7.2 P2.1",
        &entries,
    )
}
