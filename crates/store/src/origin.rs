//! Where contacts come from, whether they agreed to be mailed, and who is still to be told that they are here.

use crate::act::{By, Object};
use crate::consent::{self, Change, Method};
use crate::contact::{self, Contact, Fresh};
use crate::db::Tx;
use crate::value::{Row, Value, params};
use crate::{Error, Store};
use futures_util::future::try_join_all;
use model::profile::MailConsent;
use model::roll::{Claim, Entry, Evidence};
use model::source::TELL_WITHIN;
use model::{
    ActKind, ConsentState, ContactId, ErasedBy, Source, SourceKind, Time, Tongue, Topic,
    WorkspaceId,
};

/// A contact's consent to be sent advertising. It never means consent to be tracked (R-CONS-11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAgreement {
    /// What it is.
    pub consent: MailConsent,
    /// Since when.
    pub since: Option<Time>,
    /// How it can be shown: text, time, method, source and who, in words.
    pub proof: Option<String>,
}

/// Somebody who has not been told yet that their address is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The contact.
    pub contact: Contact,
    /// Until when they must be told.
    pub tell_by: Time,
}

pub(crate) fn source(row: &Row, at: usize) -> Result<Source, Error> {
    Ok(Source {
        kind: row.get(at)?,
        place: row.get(at + 1)?,
        at: row.get(at + 2)?,
        by: row.get(at + 3)?,
        basis: row.get(at + 4)?,
    })
}

pub(crate) fn agreement(row: &Row, at: usize) -> Result<MailAgreement, Error> {
    let word: String = row.get(at)?;
    let until: Option<Time> = row.get(at + 1)?;
    let consent = match (word.as_str(), until) {
        ("none", _) => MailConsent::None,
        ("express", _) => MailConsent::Express,
        ("implied", Some(until)) => MailConsent::Implied(until),
        _ => return Err(Error::Corrupt(format!("a consent to be mailed {word:?}"))),
    };
    Ok(MailAgreement {
        consent,
        since: row.get(at + 2)?,
        proof: row.get(at + 3)?,
    })
}

fn columns(agreement: &MailAgreement) -> [Value; 4] {
    let (word, until) = match agreement.consent {
        MailConsent::None => ("none", None),
        MailConsent::Implied(until) => ("implied", Some(until)),
        MailConsent::Express => ("express", None),
    };
    let proof = agreement.proof.as_deref();
    [
        word.into(),
        until.into(),
        agreement.since.into(),
        proof.into(),
    ]
}

/// The kinds of source whose owners must be told, as a list for SQL.
fn to_be_told() -> String {
    let told = |kind: &&SourceKind| {
        let source = Source {
            kind: **kind,
            ..Source::written("", Time(0))
        };
        source.tell_by().is_some()
    };
    let kinds: Vec<_> = SourceKind::ALL.iter().filter(told).collect();
    let quoted: Vec<_> = kinds.iter().map(|k| format!("'{k}'")).collect();
    quoted.join(", ")
}

fn set_source(tx: &mut Tx<'_>, id: ContactId, source: &Source) -> Result<(), Error> {
    let sql =
        "update contact set source_kind = $2, source_place = $3, source_at = $4, source_by = $5,
               source_basis = $6 where id = $1";
    let s = source;
    tx.execute(sql, params![id, s.kind, &s.place, s.at, &s.by, s.basis])
        .map(|_| ())
}

fn set_agreement(tx: &mut Tx<'_>, id: ContactId, agreement: &MailAgreement) -> Result<(), Error> {
    let sql =
        "update contact set mail_consent = $2, mail_consent_until = $3, mail_consent_since = $4,
               mail_consent_proof = $5 where id = $1";
    let [word, until, since, proof] = columns(agreement);
    tx.execute(sql, &[id.into(), word, until, since, proof])
        .map(|_| ())
}

/// Enters a contact; one that is known already learns what is new. True if it was made.
fn put(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    (entry, fresh): &(Entry, Fresh),
    by: &By,
) -> Result<(ContactId, bool), Error> {
    let person = (entry.address.clone(), entry.name.clone(), *fresh);
    let known = &contact::find_or_create(tx, workspace, person, &entry.source, by.at)?;
    set_source(tx, known.id, &entry.source)?;
    let sql =
        "update contact set country = coalesce($2, country), language = coalesce($3, language),
               business = $4, told_at = coalesce(told_at, $5), unconfirmed_until = null where id = $1";
    let values = params![
        known.id,
        entry.country,
        entry.language.clone(),
        entry.business,
        entry.told_at
    ];
    tx.execute(sql, values)?;
    // What was only asserted changes nothing here: it counts as not known.
    if let Some(Claim::Shown(consent, evidence)) = &entry.mail {
        set_agreement(tx, known.id, &MailAgreement::shown(*consent, evidence))?;
    }
    put_tracking(tx, workspace, known, entry, by)?;
    by.did(ActKind::ContactEntered, Object::Contact(known.id))
        .write(tx, workspace)?;
    Ok((known.id, known.id == fresh.id))
}

/// What an entry claims about consent to be tracked. With evidence it is given, unless the person decided otherwise
/// since; without, it is noted as asserted where nothing else is known (R-CONS-10).
fn put_tracking(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    known: &Contact,
    entry: &Entry,
    by: &By,
) -> Result<(), Error> {
    let (topics, evidence) = match &entry.tracking {
        None => return Ok(()),
        Some(Claim::Shown(topics, evidence)) => (topics, Some(evidence)),
        Some(Claim::Asserted(topics)) => (topics, None),
    };
    let newer = |topic: &Topic| {
        let standing = known.consent.get(*topic);
        match evidence {
            Some(evidence) => standing.since.is_none_or(|since| since < evidence.at),
            None => standing.state == ConsentState::Unknown,
        }
    };
    let topics: Vec<Topic> = topics.iter().copied().filter(newer).collect();
    let text = match evidence {
        None => None,
        Some(evidence) => {
            let language = entry.language.as_ref().and_then(Tongue::written);
            let (language, body) = (language.unwrap_or_default(), evidence.document());
            Some(consent::keep(tx, language, &body, &body, by.at)?)
        }
    };
    let change = Change {
        contact: known.id,
        workspace,
        state: evidence.map_or(ConsentState::Asserted, |_| ConsentState::Given),
        at: evidence.map_or(by.at, |evidence| evidence.at),
        method: Method::Import,
        user: by.user,
        text,
    };
    consent::write(tx, &topics, &change)
}

impl MailAgreement {
    /// An agreement that can be shown.
    pub fn shown(consent: MailConsent, evidence: &Evidence) -> Self {
        Self {
            consent,
            since: Some(evidence.at),
            proof: Some(evidence.document()),
        }
    }
}

/// Entries that are written side by side: they share commits.
const AT_ONCE: usize = 64;

impl Store {
    /// Enters contacts, each in a transaction of its own; those that are known already learn what is new. Each comes
    /// back with whether it was made.
    pub async fn contacts_enter(
        &self,
        workspace: WorkspaceId,
        entries: Vec<(Entry, Fresh)>,
        by: &By,
    ) -> Result<Vec<(ContactId, bool)>, Error> {
        let mut done = Vec::with_capacity(entries.len());
        for some in entries.chunks(AT_ONCE) {
            let writes = some.iter().map(|entry| {
                let (entry, by) = (entry.clone(), by.clone());
                self.db.write(move |tx| put(tx, workspace, &entry, &by))
            });
            done.extend(try_join_all(writes).await?);
        }
        Ok(done)
    }

    /// Notes where a contact's address comes from.
    pub async fn contact_set_source(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        source: Source,
        business: bool,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update contact set business = $3 where id = $1 and workspace_id = $2";
                if tx.execute(sql, params![id, workspace, business])? == 0 {
                    return Ok(false);
                }
                set_source(tx, id, &source)?;
                by.did(ActKind::ContactDescribed, Object::Contact(id))
                    .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Notes that a contact agreed to be mailed, or does no longer.
    pub async fn contact_set_agreement(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        agreement: MailAgreement,
        by: By,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "select 1 from contact where id = $1 and workspace_id = $2";
                if !tx.has(sql, params![id, workspace])? {
                    return Ok(false);
                }
                set_agreement(tx, id, &agreement)?;
                by.did(ActKind::ContactAgreementSet, Object::Contact(id))
                    .write(tx, workspace)?;
                Ok(true)
            })
            .await
    }

    /// Those who must still be told that their address is here, the most urgent first (R-ORIG-06).
    pub async fn contacts_untold(
        &self,
        workspace: WorkspaceId,
        limit: u16,
    ) -> Result<Vec<Untold>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select {} from contact k where k.workspace_id = $1 and k.told_at is null
                     and k.source_kind in ({}) order by k.source_at, k.id limit $2",
                    contact::COLUMNS,
                    to_be_told()
                );
                let untold = |row: &Row| {
                    let contact = contact::contact(row, 0)?;
                    let tell_by = contact.source.at + TELL_WITHIN;
                    Ok(Untold { contact, tell_by })
                };
                tx.rows(&sql, params![workspace, limit], untold)
            })
            .await
    }

    /// Erases those whose month has passed without anybody telling them that their address is here (R-ORIG-06); how
    /// many. A bounded number at a time: what is left over is erased with the next call.
    pub async fn contacts_erase_untold(
        &self,
        random: fn() -> [u8; 16],
        now: Time,
    ) -> Result<usize, Error> {
        const AT_ONCE: u16 = 500;
        let overdue: Vec<(WorkspaceId, ContactId)> = self
            .db
            .read(move |tx| {
                let sql = format!(
                    "select workspace_id, id from contact where told_at is null and source_kind in ({})
                     and source_at < $1 order by source_at, id limit $2",
                    to_be_told()
                );
                let ids = |row: &Row| Ok((row.get(0)?, row.get(1)?));
                tx.rows(&sql, params![now - TELL_WITHIN, AT_ONCE], ids)
            })
            .await?;
        for (workspace, contact) in &overdue {
            let by = By::operator(now).because("never told where their address comes from");
            let on = ErasedBy::Retention;
            self.contact_erase(*workspace, *contact, on, None, by, random)
                .await?;
        }
        Ok(overdue.len())
    }
}
