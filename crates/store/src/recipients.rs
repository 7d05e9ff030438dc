//! The recipients of one message, as far as rules ask about them together: some want every recipient's agreement, and a
//! sum wants a crowd of which nobody said no. Who are alike in all that counts are one entry, so thousands are a few.

use crate::allowed::{consent, per_axis};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Error, Store};
use model::notice::Outgrown;
use model::profile::Case;
use model::{Consent, MessageId, Mode, PerAxis};

/// Recipients of a message who are alike in everything that the rules ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alike {
    /// What the rules of law ask about.
    pub case: Case,
    /// What they agreed to; of several, the time of the one who agreed first.
    pub consent: Consent,
    /// What was decided about their copies.
    pub modes: PerAxis<Mode>,
    /// Their data is kept but not used (GDPR Art. 18).
    pub restricted: bool,
    /// How many they are.
    pub count: u32,
}

impl Store {
    /// Everybody who gets a message, but for the sender's own addresses.
    pub async fn recipients(&self, message: MessageId) -> Result<Vec<Alike>, Error> {
        self.db.read(move |tx| recipients(tx, message)).await
    }
}

pub(crate) fn recipients(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<Alike>, Error> {
    let sql = "select k.country, k.age, k.tags, m.class, w.directed_to_children, k.open_state, min(k.open_since),
        k.click_state, min(k.click_since), k.document_state, min(k.document_since), k.details_state,
        min(k.details_since), c.mode_open, c.mode_click, c.mode_document, count(*),
        cast(case when k.restricted_at is null then 0 else 1 end as bigint) as restricted, w.outgrown
        from copy c join contact k on k.id = c.contact_id join message m on m.id = c.message_id
        join workspace w on w.id = c.workspace_id
        where c.message_id = $1 and coalesce(c.reason_open, '') <> 'own_address'
        group by k.country, k.age, k.tags, m.class, w.directed_to_children, k.open_state, k.click_state,
        k.document_state, k.details_state, c.mode_open, c.mode_click, c.mode_document, restricted, w.outgrown";
    tx.rows(sql, params![message], alike)
}

fn alike(row: &Row) -> Result<Alike, Error> {
    Ok(Alike {
        case: Case {
            country: row.get(0)?,
            age: row.get(1)?,
            tags: row.get(2)?,
            class: row.get(3)?,
            directed_to_children: row.get(4)?,
        },
        consent: row.get::<Outgrown>(18)?.left(consent(row, 5)?),
        modes: per_axis(row, 13)?,
        restricted: row.get(17)?,
        count: row.get(16)?,
    })
}
