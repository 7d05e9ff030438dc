//! Agreements that come in from forms, here or on other sites: written down first, looked at afterwards.
//!
//! Whoever entered an address may not be its owner, so it counts as `requested` and a mail asks its owner to confirm
//! (R-CONS-07). Neither the answer nor its time tells whether somebody is known: the same row is written whoever it is,
//! and the role `work` takes it up. What it makes of somebody unknown goes again after a week, unless they confirmed it
//! or were written to (R-RET-02).

use crate::act::By;
use crate::consent::{self, Method};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Fresh, NewAgreement, Store, contact};
use model::consent::CONFIRM_LIFE;
use model::{
    ContactId, EmailAddress, ErasedBy, Language, LegalBasis, Sha256, Source, SourceKind,
    SuppressionMark, Time, Topic, WorkspaceId,
};
use std::time::Duration;

/// Agreements that are taken up in one transaction; further ones wait for the next.
const AT_ONCE: u16 = 50;
/// Mails asking one person to confirm, within a day. More would make forms a way to flood a mailbox.
const MAILS_A_DAY_MAX: i64 = 3;
const DAY: Duration = Duration::from_hours(24);

/// What somebody agreed to on a form.
#[derive(Debug, Clone)]
pub struct NewIntake {
    /// The id inside the confirmation token.
    pub id: [u8; 16],
    /// The place of the confirmation mail in the outbox.
    pub outbox: [u8; 16],
    /// With whom.
    pub workspace: WorkspaceId,
    /// The address they entered.
    pub address: EmailAddress,
    /// That address's mark on the list of those who want no advertising.
    pub mark: SuppressionMark,
    /// The language they read it in.
    pub language: Language,
    /// To what.
    pub topics: Vec<Topic>,
    /// The text that was shown; for a site's own form, the text that the confirmation shows.
    pub text: Sha256,
    /// For a site's own form: what it says it showed, and how.
    pub shown: Option<Sha256>,
    /// [`Method::Form`] or [`Method::Api`].
    pub method: Method,
    /// The page it stood on.
    pub place: String,
    /// Who collected it.
    pub by: String,
}

impl Store {
    /// Writes an agreement down, whoever it is of.
    pub async fn intake(&self, new: NewIntake, now: Time) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let topics: Vec<_> = new.topics.iter().map(|t| t.as_str()).collect();
                let sql = "insert into intake (id, workspace_id, outbox, address, mark, language, topics, text_sha256,
                           shown_sha256, method, place, by_whom, at)
                           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
                let values = params![
                    new.id, new.workspace, new.outbox, new.address.as_str(), new.mark.0, new.language,
                    topics.join(","), new.text.0, new.shown.map(|s| s.0), new.method.as_str(), &new.place, &new.by, now
                ];
                tx.execute(sql, values).map(drop)
            })
            .await
    }

    /// Takes up what was written down: who is unknown becomes a contact for a week, and a mail asks to confirm. Nothing
    /// comes of it for who wants no mail, whose data is left alone, or who got several such mails today; of that there
    /// is no word. How many it looked at.
    pub async fn intakes_take(&self, random: fn() -> [u8; 16], now: Time) -> Result<usize, Error> {
        self.db
            .write(move |tx| {
                let sql = "select id, workspace_id, outbox, address, mark, language, topics, text_sha256, shown_sha256,
                           method, place, by_whom, at from intake order by at, id limit $1";
                let rows = tx.query(sql, params![AT_ONCE])?;
                for row in &rows {
                    let id: [u8; 16] = row.get(0)?;
                    // Another worker may have taken it up a moment ago.
                    if tx.execute("delete from intake where id = $1", params![id])? > 0 {
                        take(tx, &read(row)?, random, now)?;
                    }
                }
                Ok(rows.len())
            })
            .await
    }

    /// Erases those whom a form made known, who never confirmed it, and to whom nobody wrote. A bounded number at a time.
    pub async fn contacts_erase_unconfirmed(
        &self,
        random: fn() -> [u8; 16],
        now: Time,
    ) -> Result<usize, Error> {
        let over: Vec<(WorkspaceId, ContactId)> = self
            .db
            .read(move |tx| {
                let sql = "select workspace_id, id from contact k where unconfirmed_until < $1
                           and not exists (select 1 from copy c where c.contact_id = k.id)
                           order by unconfirmed_until, id limit $2";
                let ids = |row: &Row| Ok((row.get(0)?, row.get(1)?));
                tx.rows(sql, params![now, AT_ONCE], ids)
            })
            .await?;
        for (workspace, contact) in &over {
            let by = By::operator(now).because("entered on a form and never confirmed");
            let on = ErasedBy::Retention;
            self.contact_erase(*workspace, *contact, on, None, by, random)
                .await?;
        }
        Ok(over.len())
    }
}

fn read(row: &Row) -> Result<NewIntake, Error> {
    let topics: String = row.get(6)?;
    let method: String = row.get(9)?;
    Ok(NewIntake {
        id: row.get(0)?,
        workspace: row.get(1)?,
        outbox: row.get(2)?,
        address: row.get(3)?,
        mark: SuppressionMark(row.get(4)?),
        language: row.get(5)?,
        topics: topics.split(',').filter_map(|t| t.parse().ok()).collect(),
        text: Sha256(row.get(7)?),
        shown: row.get::<Option<[u8; 32]>>(8)?.map(Sha256),
        method: if method == Method::Api.as_str() {
            Method::Api
        } else {
            Method::Form
        },
        place: row.get(10)?,
        by: row.get(11)?,
    })
}

fn take(
    tx: &mut Tx<'_>,
    new: &NewIntake,
    random: fn() -> [u8; 16],
    now: Time,
) -> Result<(), Error> {
    let sql = "select 1 from suppression where workspace_id = $1 and mark = $2";
    if tx.has(sql, params![new.workspace, new.mark.0])? {
        return Ok(());
    }
    let source = Source {
        kind: SourceKind::Person,
        place: new.place.clone(),
        at: now,
        by: new.by.clone(),
        basis: Some(LegalBasis::Consent),
    };
    let fresh = Fresh::draw(random);
    let person = (new.address.clone(), String::new(), fresh);
    let known = contact::find_or_create(tx, new.workspace, person, &source, now)?;
    if known.id == fresh.id {
        let sql = "update contact set language = $2, unconfirmed_until = $3 where id = $1";
        tx.execute(sql, params![known.id, new.language, now + CONFIRM_LIFE])?;
    }
    let sql = "select count(*) from consent_request where contact_id = $1 and created_at >= $2";
    let mails: i64 = tx.number(sql, params![known.id, now - DAY])?;
    let alone = !known.standing().needs_guardian();
    if !alone || known.obstacle().is_some() || mails >= MAILS_A_DAY_MAX {
        return Ok(());
    }
    let agreement = NewAgreement {
        id: new.id,
        outbox: new.outbox,
        contact: known.id,
        copy: None,
        topics: new.topics.clone(),
        text: new.text,
        shown: new.shown,
        method: new.method,
    };
    consent::ask_to_confirm(tx, &agreement, now).map(drop)
}
