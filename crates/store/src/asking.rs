//! The question: which copy carries it, and that it was put.
//!
//! A mail is accepted long before it leaves, and two may wait at once. So the question is given out as a copy leaves,
//! to one of them, and only if it may still be asked then (R-CONS-12).

use crate::db::Tx;
use crate::value::params;
use crate::{Error, Store, consent, contact, copy, ledger};
use model::{Consent, ConsentState, CopyId, Time, Topic, WorkspaceId};
use std::time::Duration;

/// How long a copy that is in nobody's outbox, because its sender delivers it, has the question to itself.
const ASKING: Duration = Duration::from_mins(1);

impl Store {
    /// Gives the question to this copy, if the person may be asked now and no other copy that has not left yet has it
    /// (R-CONS-12). A copy that is tried again keeps it.
    pub async fn ask_claim(&self, copy: CopyId, now: Time) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let Some(found) = copy::read(tx, copy)? else {
                    return Ok(false);
                };
                let contact = contact::lock(tx, found.contact)?;
                if !contact.is_some_and(|contact| contact.may_be_asked(now)) {
                    return Ok(false);
                }
                let sql = "update contact set asking = $2, asking_at = $3 where id = $1 and (asking is null
                           or asking = $2 or (asking_at <= $4
                           and not exists (select 1 from outbox o where o.copy_id = contact.asking)))";
                let values = params![found.contact, copy, now, now - ASKING];
                Ok(tx.execute(sql, values)? > 0)
            })
            .await
    }
}

/// Notes that a copy left with the question.
pub(crate) fn asked(
    tx: &mut Tx<'_>,
    copy: CopyId,
    workspace: WorkspaceId,
    now: Time,
) -> Result<(), Error> {
    let Some(copy) = copy::read(tx, copy)? else {
        return Ok(());
    };
    let Some(contact) = contact::lock(tx, copy.contact)? else {
        return Ok(());
    };
    if ledger::key(tx, copy.contact)?.is_none() {
        return Ok(()); // erased since: nothing more is written about them
    }
    // What the person said since the mail was accepted stands: the question is noted only where it was still open.
    let open = |topic: &Topic| {
        let alone = Consent {
            open: contact.consent.get(*topic),
            ..Consent::default()
        };
        alone.may_ask(now)
    };
    let topics: Vec<_> = Topic::ALL.into_iter().filter(open).collect();
    let change = consent::Change {
        contact: copy.contact,
        workspace,
        state: ConsentState::Asked,
        at: now,
        method: consent::Method::AskLine,
        user: None,
        text: None,
    };
    consent::write(tx, &topics, &change)
}
