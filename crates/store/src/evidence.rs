//! Everything that proves one contact's consents, read at one moment (R-CONS-16).

use crate::act::{By, Object};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Contact, Error, Proof, ShownText, Store, contact, ledger, proof};
use model::age::Relation;
use model::evidence::{HexKey, Opened, Placed};
use model::{ActKind, ContactId, Country, GuardianId, Language, Sha256, Time, WorkspaceId};

/// What proves a contact's consents.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Whose.
    pub contact: Contact,
    /// The name of the organisation that they dealt with.
    pub controller: String,
    /// The events, and what shows that they were written when they happened.
    pub opened: Opened,
    /// What was shown, by its digest, with when it was first shown.
    pub texts: Vec<(Sha256, ShownText, Time)>,
    /// What was agreed to on a page, with the mail that was to confirm it, oldest first.
    pub confirmations: Vec<Confirmation>,
    /// Those that were confirmed, newest first.
    pub proofs: Vec<Proof>,
}

/// An agreement and the mail that asked to confirm it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Confirmation {
    /// The topics, with commas between them.
    pub topics: String,
    /// The text that was shown.
    pub text: Sha256,
    /// When it was agreed to.
    pub requested_at: Time,
    /// Until when it could be confirmed.
    pub expires_at: Time,
    /// When it was.
    pub confirmed_at: Option<Time>,
    /// The digest of the token in the mail.
    pub token_sha256: Option<Sha256>,
    /// The `Message-ID` of the mail.
    pub message_id: Option<String>,
    /// The digest of the mail as it left, with its signature.
    pub mail_sha256: Option<Sha256>,
    /// What the next server said when it took the mail.
    pub server_said: Option<String>,
    /// Who was asked to agree for the person, who is too young to agree alone: then the mail went to them.
    pub guardian: Option<Asked>,
}

/// A guardian who was asked. Their address is no part of a proof that is shown around; the mail's digest is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Asked {
    /// Their id, which the receipt names, too.
    pub id: GuardianId,
    /// What they are to the person, as that said.
    pub relation: Relation,
    /// The limit of age, in years, that the person has not reached.
    pub threshold: u8,
    /// The country whose limit that is.
    pub country: Option<Country>,
    /// The text that they agreed to, by the digest of the part of the page that showed it.
    pub text: Option<Sha256>,
    /// When they pressed the button.
    pub agreed_at: Option<Time>,
    /// When somebody of the organisation checked it with them; absent where that was not asked for.
    pub checked_at: Option<Time>,
    /// When they said no, or somebody else was named.
    pub ended_at: Option<Time>,
}

fn asked(row: &Row, from: usize) -> Result<Option<Asked>, Error> {
    let Some(id) = row.get(from)? else {
        return Ok(None);
    };
    Ok(Some(Asked {
        id,
        relation: row.get(from + 1)?,
        threshold: row.get(from + 2)?,
        country: row.get(from + 3)?,
        text: digest(row, from + 4)?,
        agreed_at: row.get(from + 5)?,
        checked_at: row.get(from + 6)?,
        ended_at: row.get(from + 7)?,
    }))
}

fn digest(row: &Row, column: usize) -> Result<Option<Sha256>, Error> {
    Ok(row.get::<Option<[u8; 32]>>(column)?.map(Sha256))
}

fn confirmation(row: &Row) -> Result<Confirmation, Error> {
    Ok(Confirmation {
        topics: row.get(0)?,
        text: Sha256(row.get(1)?),
        requested_at: row.get(2)?,
        expires_at: row.get(3)?,
        confirmed_at: row.get(4)?,
        token_sha256: digest(row, 5)?,
        message_id: row.get(6)?,
        mail_sha256: digest(row, 7)?,
        server_said: row.get(8)?,
        guardian: asked(row, 9)?,
    })
}

impl Store {
    /// What proves a contact's consents. None if they are no contact of the workspace. Events that no signed head stands
    /// behind yet are in it, but their entries are not: sign the end of the ledger before.
    pub async fn consent_evidence(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
    ) -> Result<Option<Evidence>, Error> {
        self.db.read(move |tx| read(tx, workspace, contact)).await
    }

    /// Notes that somebody draws the evidence about a contact. Sealed with them, like all that is noted about them.
    pub async fn consent_evidence_drawn(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        by: By,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                if contact::lock(tx, contact)?.is_none_or(|found| found.workspace != workspace) {
                    return Ok(());
                }
                by.did(ActKind::EvidenceDrawn, Object::Contact(contact))
                    .after("evidence of consent".to_owned())
                    .write(tx, workspace)
            })
            .await
    }

    /// Keeps what names the mail that asks to confirm an agreement: its `Message-ID`, and the digest of its bytes.
    pub async fn consent_mail_keep(
        &self,
        request: [u8; 16],
        message_id: &str,
        mail: Sha256,
    ) -> Result<(), Error> {
        let message_id = message_id.to_owned();
        self.db
            .write(move |tx| {
                let sql = "update consent_request set mail_id = $2, mail_sha256 = $3 where id = $1";
                tx.execute(sql, params![request, message_id, mail.0])
                    .map(|_| ())
            })
            .await
    }
}

fn read(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ContactId) -> Result<Option<Evidence>, Error> {
    let sql = format!(
        "select {}, w.name, y.key from contact k join workspace w on w.id = k.workspace_id
         join contact_key y on y.contact_id = k.id where k.id = $1 and k.workspace_id = $2",
        contact::COLUMNS
    );
    let Some(row) = tx.first(&sql, params![id, workspace])? else {
        return Ok(None);
    };
    let (contact, after) = (contact::contact(&row, 0)?, contact::COLUMNS_COUNT);
    let key = HexKey::of(row.get(after + 1)?);
    let sql = format!(
        "select e.ledger_seq, {} from consent_event e where e.contact_id = $1 order by e.seq",
        ledger::EVENT
    );
    let mut placed = Vec::new();
    for row in tx.query(&sql, params![id])? {
        let entry = ledger::place(&row, 0)?;
        let event = ledger::event(&row, id, 1)?;
        placed.push(Placed { entry, event });
    }
    Ok(Some(Evidence {
        controller: row.get(after)?,
        contact,
        opened: opened(tx, workspace, key, placed)?,
        texts: texts(tx, id)?,
        confirmations: {
            let sql = "select r.topics, r.text_sha256, r.created_at, r.expires_at, r.answered_at, r.token_sha256,
                       r.mail_id, r.mail_sha256, r.answer, g.id, g.relation, g.threshold, g.country, g.text_sha256,
                       g.given_at, g.checked_at, g.ended_at from consent_request r
                       left join guardian g on g.request_id = r.id where r.contact_id = $1 order by r.created_at, r.id";
            tx.rows(sql, params![id], confirmation)?
        },
        proofs: proof::of(tx, id)?,
    }))
}

/// The events with the pieces of the chain that show them.
fn opened(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    key: HexKey,
    events: Vec<Placed>,
) -> Result<Opened, Error> {
    let sql =
        "select seq, hash, at, signature from ledger_head where workspace_id = $1 order by seq";
    let all = tx.rows(sql, params![workspace], ledger::signed_head)?;
    let places: Vec<u64> = events.iter().map(|placed| placed.entry).collect();
    let (mut entries, mut heads) = (Vec::new(), Vec::new());
    for (first, last) in Opened::pieces(&places, &all) {
        let sql = format!(
            "select {} from ledger_entry l where l.workspace_id = $1 and l.seq between $2 and $3 order by l.seq",
            ledger::ENTRY
        );
        let values = params![workspace, first.cast_signed(), last.cast_signed()];
        for row in tx.query(&sql, values)? {
            entries.push(ledger::entry(&row, 0)?);
        }
        heads.extend(all.iter().filter(|head| head.head.seq == last).cloned());
    }
    Ok(Opened {
        workspace,
        key,
        events,
        entries,
        heads,
    })
}

fn texts(tx: &mut Tx<'_>, contact: ContactId) -> Result<Vec<(Sha256, ShownText, Time)>, Error> {
    let sql = "select sha256, language, body, page, created_at from consent_text
               where sha256 in (select text_sha256 from consent_event where contact_id = $1
                                union select text_sha256 from consent_request where contact_id = $1
                                union select text_sha256 from guardian where contact_id = $1)
               order by created_at, sha256";
    let text = |row: &Row| {
        let shown = ShownText {
            language: row.get::<Language>(1)?,
            body: row.get(2)?,
            page: row.get(3)?,
        };
        Ok((Sha256(row.get(0)?), shown, row.get(4)?))
    };
    tx.rows(sql, params![contact], text)
}
