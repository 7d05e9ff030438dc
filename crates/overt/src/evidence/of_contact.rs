//! The evidence about one contact's consents: what is in the archive, and what a stranger verifies in it (R-CONS-16).
//!
//! It holds what that person said and was shown, and no other person's data: users of the organisation stand in it by
//! their ids, and the ledger's entries of others are commitments that nobody can open.

use super::{About, Archive, Files, pack, put};
use anyhow::{Context, Result, bail, ensure};
use model::evidence::Opened;
use model::url::Origin;
use model::{
    ConsentState, ContactId, Country, EmailAddress, Language, PublicKey, Sha256, SignedReceipt,
    SigningKey, Time, Topic, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use store::{By, Evidence, Store};

const CONTACT: &str = "contact.json";
const LEDGER: &str = "ledger.json";
const CONFIRMATIONS: &str = "confirmations.json";
const README: &str = "README.txt";

/// Who it is about, and where they stand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subject {
    /// The person, by a random id that means something to the controller alone.
    pub(crate) subject_ref: ContactId,
    /// Their address.
    pub(crate) address: String,
    /// Their name, as far as it is known.
    pub(crate) name: String,
    /// Their language.
    pub(crate) language: Option<Language>,
    /// Their country.
    pub(crate) country: Option<Country>,
    /// The organisation.
    pub(crate) controller: String,
    /// The organisation's id, which its ledger begins with.
    pub(crate) workspace: WorkspaceId,
    /// Where each topic stood when the archive was made.
    pub(crate) standing: Vec<Stands>,
}

/// Where one topic stands.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stands {
    pub(crate) topic: Topic,
    pub(crate) state: ConsentState,
    pub(crate) since: Option<Time>,
}

impl Subject {
    pub(crate) fn of(evidence: &Evidence, now: Time) -> Self {
        let contact = &evidence.contact;
        let stands = |topic: Topic| {
            let standing = contact.consent.get(topic);
            Stands {
                topic,
                state: standing.at(now),
                since: standing.since,
            }
        };
        Self {
            subject_ref: contact.id,
            address: contact.address.to_string(),
            name: contact.name.clone(),
            language: contact.language,
            country: contact.country,
            controller: evidence.controller.clone(),
            workspace: contact.workspace,
            standing: Topic::ALL.map(stands).into(),
        }
    }
}

/// Draws the archive: notes that somebody does, signs the end of the ledger, and packs what proves the contact's
/// consents. None if they are no contact of the workspace.
pub(crate) async fn draw(
    store: &Store,
    origin: &Origin,
    key: &SigningKey,
    (workspace, contact): (WorkspaceId, ContactId),
    by: By,
) -> Result<Option<Vec<u8>>> {
    let now = by.at;
    store.consent_evidence_drawn(workspace, contact, by).await?;
    let end = store.ledger_end(workspace).await?;
    store
        .ledger_head_keep(workspace, end.sign(now, key))
        .await?;
    let Some(evidence) = store.consent_evidence(workspace, contact).await? else {
        return Ok(None);
    };
    if let Err(broken) = evidence.opened.verify(contact, &key.public()) {
        bail!("this proves nothing: {broken}; `overt audit verify` looks at the whole ledger");
    }
    let around = store.around(contact.0).await?;
    let around = around.context("they were erased just now")?;
    let mut files = Files::new();
    put(&mut files, CONTACT, "", &Subject::of(&evidence, now))?;
    put(&mut files, LEDGER, "", &evidence.opened)?;
    put(&mut files, CONFIRMATIONS, "", &evidence.confirmations)?;
    for (digest, shown, _) in &evidence.texts {
        files.insert(page_of(*digest), (shown.page.clone().into_bytes(), ""));
        let name = format!("texts/{digest}.txt");
        files.insert(name, (shown.body.clone().into_bytes(), ""));
    }
    let receipts = evidence.proofs.iter().rev();
    let receipts = receipts.filter_map(|proof| track::receipt_of(origin, &around, proof, key));
    for (n, receipt) in receipts.enumerate() {
        let name = format!("receipts/{}.json", n + 1);
        files.insert(name, (receipt.text()?.into_bytes(), ""));
    }
    let told = story(&evidence.opened).join("\n");
    let readme = format!("{ABOUT}\nWhat happened\n-------------\n\n{told}\n");
    files.insert(README.into(), (readme.into_bytes(), ""));
    let about = About::Contact(contact);
    pack(&now.rfc3339(), about, &files, key).map(Some)
}

fn page_of(digest: Sha256) -> String {
    format!("texts/{digest}.html")
}

const ABOUT: &str = "\
Evidence of one person's consents
=================================

Verify it:   overt consent verify FILE --key KEY
The key:     overt audit key, or /.well-known/overt-key on the tracker origin. Get it from another channel.

contact.json         who it is about, and where they stood when this was drawn
texts/*.html         the part of the page that they were shown, byte for byte; its SHA-256 is its name
texts/*.txt          the same as plain text
confirmations.json   what they agreed to on a page, and the mail that asked them to confirm it; where they are too young to
                     agree alone, who was asked instead, by an id, and what that person agreed to
receipts/*.json      the receipts, as they can download them themselves
ledger.json          each event with its place in the ledger, the key that opens it, and the entries from there to a
                     head that was signed. Entries in between are other people's: commitments that nobody can open

manifest.json lists every file with its SHA-256 and is signed (manifest.sig). The signature over the whole file is its
ZIP comment. This holds personal data of one person. If they are erased where it was drawn, erase it, too: with the
key in it their entries can still be opened.
";

/// What happened, a line an event.
pub(crate) fn story(opened: &Opened) -> Vec<String> {
    let line = |placed: &model::evidence::Placed| {
        let event = &placed.event;
        let text = event
            .text
            .map(|t| format!(", text {}", &t.to_string()[..16]));
        format!(
            "{}  {:<8}  {:<9}  {} (entry {}{})",
            event.at.rfc3339(),
            event.topic.as_str(),
            event.state.as_str(),
            how(&event.method),
            placed.entry,
            text.unwrap_or_default()
        )
    };
    opened.events.iter().map(line).collect()
}

/// How an event came about, in words.
fn how(method: &str) -> &str {
    match method {
        "ask_line" => "asked by a line in a mail",
        "page" => "on their own page",
        "form" => "on a form on another site",
        "api" => "on the site's own form",
        "confirmation" => "through the link in the confirmation mail",
        "unsubscribe" => "along with unsubscribing",
        "guardian" => "by a guardian, through the link in the mail to them",
        "age" => "along with what was said of their age",
        "complaint" => "along with a complaint about advertising",
        "import" => "entered here, with how it can be shown",
        "user" => "noted here at their request",
        other => other,
    }
}

/// What a verified archive is about.
pub(crate) struct Proven {
    pub(crate) subject: Subject,
    pub(crate) opened: Opened,
    pub(crate) texts: usize,
    pub(crate) receipts: usize,
}

/// Do the files of an archive, each as it was signed, prove what they say?
pub(crate) fn verify(archive: &Archive, key: &PublicKey) -> Result<Proven> {
    let About::Contact(contact) = archive.manifest.about else {
        bail!(
            "this archive is about a time, not about a person: `overt evidence verify` verifies it"
        );
    };
    let subject: Subject = read(archive, CONTACT)?;
    ensure!(
        subject.subject_ref == contact,
        "{CONTACT} is about somebody else"
    );
    let _: EmailAddress = subject.address.parse().context(CONTACT)?;
    let opened: Opened = read(archive, LEDGER)?;
    ensure!(
        opened.workspace == subject.workspace,
        "{LEDGER} is of another organisation"
    );
    opened.verify(contact, key).context(LEDGER)?;
    let mut texts: Vec<Sha256> = opened.events.iter().filter_map(|p| p.event.text).collect();
    texts.sort_unstable_by_key(|digest| digest.0);
    texts.dedup();
    for digest in &texts {
        let name = page_of(*digest);
        let page = archive
            .files
            .get(&name)
            .with_context(|| format!("{name} is missing"))?;
        ensure!(
            Sha256::of_bytes(page) == *digest,
            "{name} is not the page that its name says"
        );
    }
    let mut receipts = 0;
    for (name, bytes) in archive
        .files
        .range("receipts/".to_owned().."receipts0".to_owned())
    {
        receipt(bytes, &opened, key).with_context(|| name.clone())?;
        receipts += 1;
    }
    Ok(Proven {
        subject,
        texts: texts.len(),
        receipts,
        opened,
    })
}

/// A receipt speaks of events that are in the ledger.
fn receipt(bytes: &[u8], opened: &Opened, key: &PublicKey) -> Result<()> {
    let signed: SignedReceipt = SignedReceipt::verify(std::str::from_utf8(bytes)?, key)?;
    let in_ledger = |event: &model::receipt::ReceiptEvent| {
        opened.entries.iter().any(|entry| entry.hash == event.hash)
    };
    ensure!(
        signed.receipt().events.iter().all(in_ledger),
        "it speaks of an event that is not in {LEDGER}"
    );
    Ok(())
}

fn read<T: for<'de> Deserialize<'de>>(archive: &Archive, name: &str) -> Result<T> {
    let bytes = archive
        .files
        .get(name)
        .with_context(|| format!("{name} is missing"))?;
    serde_json::from_slice(bytes).with_context(|| name.to_owned())
}
