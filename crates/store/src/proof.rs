//! What proves an agreement: what was shown, what was answered, the mail in between, and the places in the ledger.

use crate::db::Tx;
use crate::value::{Row, params};
use crate::{ConsentRequest, Error, ShownText, Store, consent, ledger};
use model::age::Relation;
use model::ledger::Entry;
use model::{ConsentState, ContactId, Country, GuardianId, Sha256, Time, Topic};

/// A confirmed agreement of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What was asked for.
    pub request: ConsentRequest,
    /// The digest of the token in the confirmation mail.
    pub token: Sha256,
    /// The `Message-ID` of the confirmation mail, in its angle brackets.
    pub message_id: Option<String>,
    /// What the relay said when it took the confirmation mail.
    pub answer: Option<String>,
    /// What was shown.
    pub shown: ShownText,
    /// What came of it, oldest first.
    pub events: Vec<ProvenEvent>,
    /// Who agreed for the contact, where they were too young to agree alone.
    pub guardian: Option<ProvenGuardian>,
}

/// A guardian behind an agreement. Their address is no part of a proof that is shown around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenGuardian {
    /// Their id.
    pub id: GuardianId,
    /// What they are to the contact.
    pub relation: Relation,
    /// The limit of age that the contact has not reached.
    pub threshold: u8,
    /// The country whose limit that is.
    pub country: Option<Country>,
    /// The text that they agreed to.
    pub text: String,
    /// When somebody of the workspace checked it with them, where that was asked for.
    pub checked_at: Option<Time>,
}

/// One event and its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenEvent {
    /// About what.
    pub topic: Topic,
    /// What it became.
    pub state: ConsentState,
    /// When.
    pub at: Time,
    /// The entry in the ledger.
    pub entry: Entry,
}

fn event(row: &Row) -> Result<ProvenEvent, Error> {
    Ok(ProvenEvent {
        topic: row.get(6)?,
        state: row.get(7)?,
        at: row.get(8)?,
        entry: ledger::entry(row, 0)?,
    })
}

impl Store {
    /// The proofs of what a contact agreed to and confirmed, newest first.
    pub async fn consent_proofs(&self, contact: ContactId) -> Result<Vec<Proof>, Error> {
        self.db.read(move |tx| of(tx, contact)).await
    }
}

/// The proofs of all agreements that a contact confirmed, newest first.
pub(crate) fn of(tx: &mut Tx<'_>, contact: ContactId) -> Result<Vec<Proof>, Error> {
    let sql = "select r.id, r.token_sha256, r.mail_id, r.answer, t.language, t.body, t.page from consent_request r
        join consent_text t on t.sha256 = r.text_sha256
        where r.contact_id = $1 and r.answered_at is not null and r.token_sha256 is not null
        order by r.answered_at desc, r.id";
    let rows = tx.query(sql, params![contact])?;
    rows.iter().map(|row| proof(tx, row)).collect()
}

fn proof(tx: &mut Tx<'_>, row: &Row) -> Result<Proof, Error> {
    let gone = || Error::Corrupt("a consent request vanished".into());
    let request = consent::find(tx, row.get(0)?)?.ok_or_else(gone)?;
    // The two steps of this agreement and no other: by their moments and the text they were about, or
    // what another site says it showed.
    let sql = format!(
        "select {}, e.topic, e.state, e.at from consent_event e
         join ledger_entry l on l.workspace_id = e.workspace_id and l.seq = e.ledger_seq
         where e.contact_id = $1 and e.at in ($3, $4) and (e.text_sha256 = $2 or e.method = 'api'
           or e.text_sha256 in (select g.text_sha256 from guardian g where g.request_id = $5)) order by e.seq",
        ledger::ENTRY
    );
    let values = params![
        request.contact,
        request.text.0,
        request.created_at,
        request.answered_at,
        request.id
    ];
    Ok(Proof {
        events: tx.rows(&sql, values, event)?,
        guardian: guardian(tx, request.id)?,
        request,
        token: Sha256(row.get(1)?),
        message_id: row.get(2)?,
        answer: row.get(3)?,
        shown: ShownText {
            language: row.get(4)?,
            body: row.get(5)?,
            page: row.get(6)?,
        },
    })
}

fn guardian(tx: &mut Tx<'_>, request: [u8; 16]) -> Result<Option<ProvenGuardian>, Error> {
    let sql =
        "select g.id, g.relation, g.threshold, g.country, t.body, g.checked_at from guardian g
               join consent_text t on t.sha256 = g.text_sha256 where g.request_id = $1";
    tx.one(sql, params![request], |row| {
        Ok(ProvenGuardian {
            id: row.get(0)?,
            relation: row.get(1)?,
            threshold: row.get(2)?,
            country: row.get(3)?,
            text: row.get(4)?,
            checked_at: row.get(5)?,
        })
    })
}
