//! Where contacts come from, whether they agreed to be mailed, and who is still to be told that they are here.

use crate::contact::{self, Contact, Fresh};
use crate::db::Tx;
use crate::value::{Row, Value, params};
use crate::{Error, Store};
use model::profile::MailConsent;
use model::source::TELL_WITHIN;
use model::{ContactId, Country, EmailAddress, Language, Source, SourceKind, Time, WorkspaceId};

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

/// A contact as an operator enters or imports it.
#[derive(Clone)]
pub struct NewContact {
    /// The address.
    pub address: EmailAddress,
    /// The name; may be empty.
    pub name: String,
    /// Where the address comes from.
    pub source: Source,
    /// Their country, where it is known.
    pub country: Option<Country>,
    /// Their language, where it is known.
    pub language: Option<Language>,
    /// The address is a company's.
    pub business: bool,
    /// An agreement to be mailed that can be shown; none changes nothing.
    pub agreement: Option<MailAgreement>,
    /// What it begins with if it is new.
    pub fresh: Fresh,
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
pub(crate) fn put(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    new: &NewContact,
    now: Time,
) -> Result<(Contact, bool), Error> {
    let person = [(new.address.clone(), new.name.clone(), new.fresh)];
    let found = contact::find_or_create(tx, workspace, &person, &new.source, now)?;
    let gone = || Error::Corrupt("a contact vanished while it was made".into());
    let known = found.into_iter().next().ok_or_else(gone)?;
    let made = known.id == new.fresh.id;
    if !made {
        set_source(tx, known.id, &new.source)?;
    }
    let sql =
        "update contact set country = coalesce($2, country), language = coalesce($3, language),
               business = $4 where id = $1";
    let values = params![known.id, new.country, new.language, new.business];
    tx.execute(sql, values)?;
    if let Some(agreement) = &new.agreement {
        set_agreement(tx, known.id, agreement)?;
    }
    let sql = format!("select {} from contact k where k.id = $1", contact::COLUMNS);
    let row = tx.first(&sql, params![known.id])?.ok_or_else(gone)?;
    Ok((contact::contact(&row, 0)?, made))
}

impl Store {
    /// Enters contacts; those that are known already learn what is new. Each comes back with whether it was made.
    pub async fn contacts_put(
        &self,
        workspace: WorkspaceId,
        new: Vec<NewContact>,
        now: Time,
    ) -> Result<Vec<(Contact, bool)>, Error> {
        self.db
            .write(move |tx| {
                let put = |new: &NewContact| put(tx, workspace, new, now);
                new.iter().map(put).collect()
            })
            .await
    }

    /// Notes where a contact's address comes from.
    pub async fn contact_set_source(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        source: Source,
        business: bool,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update contact set business = $3 where id = $1 and workspace_id = $2";
                if tx.execute(sql, params![id, workspace, business])? == 0 {
                    return Ok(false);
                }
                set_source(tx, id, &source).map(|()| true)
            })
            .await
    }

    /// Notes that a contact agreed to be mailed, or does no longer.
    pub async fn contact_set_agreement(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        agreement: MailAgreement,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "select 1 from contact where id = $1 and workspace_id = $2";
                if tx.first(sql, params![id, workspace])?.is_none() {
                    return Ok(false);
                }
                set_agreement(tx, id, &agreement).map(|()| true)
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
                tx.query(&sql, params![workspace, limit])?
                    .iter()
                    .map(untold)
                    .collect()
            })
            .await
    }

    /// The contacts of all workspaces whose month has passed without their being told: they are to be erased.
    pub async fn contacts_overdue(
        &self,
        now: Time,
        limit: u16,
    ) -> Result<Vec<(WorkspaceId, ContactId)>, Error> {
        self.db
            .read(move |tx| {
                let sql = format!(
                    "select workspace_id, id from contact where told_at is null and source_kind in ({})
                     and source_at < $1 order by source_at, id limit $2",
                    to_be_told()
                );
                let ids = |row: &Row| Ok((row.get(0)?, row.get(1)?));
                tx.query(&sql, params![now - TELL_WITHIN, limit])?
                    .iter()
                    .map(ids)
                    .collect()
            })
            .await
    }
}
