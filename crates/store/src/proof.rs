//! What proves an agreement: what was shown, what was answered, the mail in between, and the places in the ledger.

use crate::value::{Row, params};
use crate::{ConsentRequest, Error, ShownText, Store, consent, ledger};
use model::ledger::Entry;
use model::{ConsentState, ContactId, Sha256, Time, Topic};

/// The newest confirmed agreement of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What was asked for.
    pub request: ConsentRequest,
    /// The digest of the token in the confirmation mail.
    pub token: Sha256,
    /// What the relay said when it took the confirmation mail.
    pub answer: Option<String>,
    /// What was shown.
    pub shown: ShownText,
    /// What came of it, oldest first.
    pub events: Vec<ProvenEvent>,
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
    /// The proof of a contact's newest confirmed agreement; none if they never confirmed one.
    pub async fn consent_proof(&self, contact: ContactId) -> Result<Option<Proof>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select r.id, r.token_sha256, r.answer, t.language, t.body, t.page from consent_request r
                    join consent_text t on t.sha256 = r.text_sha256
                    where r.contact_id = $1 and r.answered_at is not null and r.token_sha256 is not null
                    order by r.answered_at desc limit 1";
                let Some(row) = tx.first(sql, params![contact])? else {
                    return Ok(None);
                };
                let id: [u8; 16] = row.get(0)?;
                let Some(request) = consent::find(tx, id)? else {
                    return Ok(None);
                };
                // The two steps of this agreement and no other: by their moments and the text they were about.
                let sql = format!(
                    "select {}, e.topic, e.state, e.at from consent_event e
                     join ledger_entry l on l.workspace_id = e.workspace_id and l.seq = e.ledger_seq
                     where e.contact_id = $1 and e.text_sha256 = $2 and e.at in ($3, $4) order by e.seq",
                    ledger::ENTRY
                );
                let values = params![contact, request.text.0, request.created_at, request.answered_at];
                let events = tx.query(&sql, values)?.iter().map(event).collect::<Result<_, _>>()?;
                Ok(Some(Proof {
                    request,
                    token: Sha256(row.get(1)?),
                    answer: row.get(2)?,
                    shown: ShownText {
                        language: row.get(3)?,
                        body: row.get(4)?,
                        page: row.get(5)?,
                    },
                    events,
                }))
            })
            .await
    }
}
