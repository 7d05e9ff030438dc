//! Agreements that wait for their confirmation: what was agreed to and the text that was shown, until somebody presses the
//! button in the mail that asks about it.

use super::{Change, Method, write};
use crate::db::Tx;
use crate::value::{Row, params};
use crate::{Contact, Error, Store, contact};
use model::consent::CONFIRM_LIFE;
use model::{ConsentState, ContactId, CopyId, Sha256, Time, Topic};

/// An agreement that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRequest {
    /// The id inside the confirmation token.
    pub id: [u8; 16],
    /// Whose it is.
    pub contact: ContactId,
    /// The copy whose page it was made on, where it was made on one.
    pub copy: Option<CopyId>,
    /// What was agreed to.
    pub topics: Vec<Topic>,
    /// The text that was shown.
    pub text: Sha256,
    /// When it was made.
    pub created_at: Time,
    /// Until when it can be confirmed.
    pub expires_at: Time,
    /// When it was answered; a link works once.
    pub answered_at: Option<Time>,
}

/// An agreement to be confirmed by mail.
#[derive(Debug, Clone)]
pub struct NewAgreement {
    /// The id inside the confirmation token.
    pub id: [u8; 16],
    /// The place of the confirmation mail in the outbox.
    pub outbox: [u8; 16],
    /// Whose it is.
    pub contact: ContactId,
    /// The copy whose page it was made on, where it was made on one.
    pub copy: Option<CopyId>,
    /// What was agreed to.
    pub topics: Vec<Topic>,
    /// The text that was shown; where that was on another site, the one that the confirmation shows.
    pub text: Sha256,
    /// What another site says it showed, and how.
    pub shown: Option<Sha256>,
    /// Where it was agreed to.
    pub method: Method,
}

/// Reads a request whose columns begin at `from`.
pub(crate) fn request(row: &Row, from: usize) -> Result<ConsentRequest, Error> {
    let topics: String = row.get(from + 3)?;
    Ok(ConsentRequest {
        id: row.get(from)?,
        contact: row.get(from + 1)?,
        copy: row.get(from + 2)?,
        topics: topics.split(',').filter_map(|t| t.parse().ok()).collect(),
        text: Sha256(row.get(from + 4)?),
        created_at: row.get(from + 5)?,
        expires_at: row.get(from + 6)?,
        answered_at: row.get(from + 7)?,
    })
}

pub(crate) fn find(tx: &mut Tx<'_>, id: [u8; 16]) -> Result<Option<ConsentRequest>, Error> {
    tx.one(REQUEST, params![id], |row| request(row, 0))
}

const REQUEST: &str =
    "select id, contact_id, copy_id, topics, text_sha256, created_at, expires_at, answered_at
    from consent_request where id = $1";

/// The contact agreed: notes it, and has `mail` see to it that whoever must confirm it is asked. What they have agreed to
/// before stays as it is; false, and no mail, where that is all of it. The last thing that a transaction does, see
/// [`Tx::next_numbers`].
pub(crate) fn agree(
    tx: &mut Tx<'_>,
    new: &NewAgreement,
    now: Time,
    mail: impl FnOnce(&mut Tx<'_>, &Contact) -> Result<(), Error>,
) -> Result<bool, Error> {
    let Some(contact) = contact::lock(tx, new.contact)? else {
        return Ok(false);
    };
    let is_new = |t: &Topic| contact.consent.get(*t).at(now) != ConsentState::Given;
    let topics: Vec<Topic> = new.topics.iter().copied().filter(is_new).collect();
    if topics.is_empty() {
        return Ok(false);
    }
    let words: Vec<_> = topics.iter().map(|t| t.as_str()).collect();
    let sql =
        "insert into consent_request (id, contact_id, copy_id, topics, text_sha256, created_at,
               expires_at) values ($1, $2, $3, $4, $5, $6, $7)";
    let (id, expires) = (new.id, now + CONFIRM_LIFE);
    let values = params![
        id,
        contact.id,
        new.copy,
        words.join(","),
        new.text.0,
        now,
        expires
    ];
    tx.execute(sql, values)?;
    mail(tx, &contact)?;
    let change = Change {
        contact: contact.id,
        workspace: contact.workspace,
        state: ConsentState::Requested,
        at: now,
        method: new.method,
        user: None,
        text: Some(new.shown.unwrap_or(new.text)),
    };
    write(tx, &topics, &change).map(|()| true)
}

/// Notes what was agreed to, and puts the mail that asks to confirm it into the outbox.
pub(crate) fn ask_to_confirm(
    tx: &mut Tx<'_>,
    new: &NewAgreement,
    now: Time,
) -> Result<bool, Error> {
    agree(tx, new, now, |tx, contact| {
        let sql = "insert into outbox (id, kind, workspace_id, request_id, contact_id, sender, recipient,
                   created_at, due_at, attempts) values ($1, 'confirm', $2, $3, $4, '', $5, $6, $6, 0)";
        let to = contact.address.as_str();
        let values = params![new.outbox, contact.workspace, new.id, contact.id, to, now];
        tx.execute(sql, values).map(|_| ())
    })
}

impl Store {
    /// The contact agreed: notes it, and puts the confirmation mail into the outbox. What they have agreed to before
    /// stays as it is; false, and no mail, where that is all of it.
    pub async fn consent_request(&self, new: NewAgreement, now: Time) -> Result<bool, Error> {
        self.db.write(move |tx| ask_to_confirm(tx, &new, now)).await
    }

    /// How many confirmation mails this contact's page has asked for since a moment: each is a mail to them.
    pub async fn consent_requests_since(
        &self,
        contact: ContactId,
        since: Time,
    ) -> Result<u64, Error> {
        self.db
            .read(move |tx| {
                let sql = "select count(*) from consent_request where contact_id = $1 and created_at >= $2";
                tx.number(sql, params![contact, since])
            })
            .await
    }

    /// An agreement that waits for its confirmation, or was confirmed.
    pub async fn consent_request_find(
        &self,
        id: [u8; 16],
    ) -> Result<Option<ConsentRequest>, Error> {
        self.db.read(move |tx| find(tx, id)).await
    }

    /// Confirms with the token of this digest: the topics become given. False if the link was used, is too old, or the
    /// contact has decided otherwise in the meantime.
    pub async fn consent_confirm(
        &self,
        id: [u8; 16],
        token: Sha256,
        now: Time,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                // Nor does anybody whose age has to be known first, and is not (R-AGE-02): the link waits for that.
                let sql = "update consent_request set answered_at = $2, token_sha256 = $3
                           where id = $1 and answered_at is null and expires_at > $2
                           and not exists (select 1 from guardian g where g.request_id = $1)
                           and not exists (select 1 from contact k join workspace w on w.id = k.workspace_id
                             where k.id = consent_request.contact_id and w.directed_to_children = 1
                             and k.age = 'unknown')";
                if tx.execute(sql, params![id, now, token.0])? == 0 {
                    return Ok(false);
                }
                let gone = || Error::Corrupt("a consent request vanished".into());
                let request = find(tx, id)?.ok_or_else(gone)?;
                let Some(contact) = contact::lock(tx, request.contact)? else {
                    return Ok(false);
                };
                // A withdrawal after the request is the person's last word, not this older link. Nor can somebody agree alone
                // who turned out to be too young since.
                let still: Vec<Topic> = (request.topics.iter().copied())
                    .filter(|t| contact.consent.get(*t).state == ConsentState::Requested)
                    .filter(|_| !contact.standing().needs_guardian())
                    .collect();
                let sql = "update contact set unconfirmed_until = null where id = $1";
                tx.execute(sql, params![contact.id])?;
                let change = Change {
                    contact: contact.id,
                    workspace: contact.workspace,
                    state: ConsentState::Given,
                    at: now,
                    method: Method::Confirmation,
                    user: None,
                    text: Some(request.text),
                };
                write(tx, &still, &change)?;
                Ok(!still.is_empty())
            })
            .await
    }
}
