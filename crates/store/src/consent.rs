//! What happened to a contact's consent: events that are only added to, and the confirmations under way.

use crate::db::Tx;
use crate::event::{self, News};
use crate::value::{Row, params};
use crate::webhook::{self, Happened};
use crate::{Contact, Error, Store, act, age, contact, hygiene, ledger, withdrawal};
use model::consent::CONFIRM_LIFE;
use model::event::Happening;
use model::evidence::CommittedEvent;
use model::ledger::Head;
use model::{
    ActKind, ConsentState, ContactId, CopyId, Language, Sha256, Time, Topic, UserId, WebhookEvent,
    WorkspaceId,
};

/// How a change of consent came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The question went out as a line in a mail.
    AskLine,
    /// On the recipient's own page.
    Page,
    /// On a form of ours that stands on another site.
    Form,
    /// On a site's own form, which says by the API how it was.
    Api,
    /// Through the link in a confirmation mail.
    Confirmation,
    /// Along with an unsubscription: who wants no mail is not tracked in it either.
    Unsubscribe,
    /// Along with a complaint about advertising: who calls it spam wants no more of it.
    Complaint,
    /// By somebody with parental responsibility, through a link mailed to them.
    Guardian,
    /// With what was noted about their age: they could not agree alone, or can now.
    Age,
    /// A user noted it on the contact's request. Only withdrawals come this way.
    User,
    /// With a list or an entry by a user, who says how it can be shown.
    Import,
    /// The sample contacts of a demo.
    Demo,
}

impl Method {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AskLine => "ask_line",
            Self::Page => "page",
            Self::Form => "form",
            Self::Api => "api",
            Self::Confirmation => "confirmation",
            Self::Unsubscribe => "unsubscribe",
            Self::Complaint => "complaint",
            Self::Guardian => "guardian",
            Self::Age => "age",
            Self::User => "user",
            Self::Import => "import",
            Self::Demo => "demo",
        }
    }
}

/// One event of a contact's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentEvent {
    /// Its place among all of them.
    pub seq: i64,
    /// About what.
    pub topic: Topic,
    /// What it became.
    pub state: ConsentState,
    /// When.
    pub at: Time,
    /// How, as stored.
    pub method: String,
}

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

/// A notice as it was shown. Never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownText {
    /// Its language.
    pub language: Language,
    /// The canonical text.
    pub body: String,
    /// The part of the page, byte for byte.
    pub page: String,
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

/// A change to write down.
pub(crate) struct Change {
    pub(crate) contact: ContactId,
    pub(crate) workspace: WorkspaceId,
    pub(crate) state: ConsentState,
    pub(crate) at: Time,
    pub(crate) method: Method,
    pub(crate) user: Option<UserId>,
    pub(crate) text: Option<Sha256>,
}

/// Adds an event for each topic, an entry in the ledger for each event, and moves the contact's columns along with
/// them. The last thing that a transaction does, see [`Tx::next_numbers`].
pub(crate) fn write(tx: &mut Tx<'_>, topics: &[Topic], change: &Change) -> Result<(), Error> {
    if topics.is_empty() {
        return Ok(());
    }
    // Whoever changes this contact's consent at the same moment comes before or after, never in between.
    lock(tx, change.contact)?;
    let Some(key) = ledger::key(tx, change.contact)? else {
        return Err(Error::Conflict("this contact was erased".into()));
    };
    let last = tx.next_numbers("consent_event", topics.len() as i64)?;
    // Everybody else who writes waits for that number, so nobody appends in between.
    let mut head = ledger::head(tx, change.workspace)?;
    for (i, topic) in topics.iter().enumerate() {
        let seq = last - (topics.len() - 1 - i) as i64;
        let event = CommittedEvent {
            contact: change.contact,
            topic: *topic,
            state: change.state,
            at: change.at,
            method: change.method.as_str().to_owned(),
            user: change.user,
            text: change.text,
        };
        let kind = format!("consent.{}", change.state.as_str());
        let entry = ledger::append(
            tx,
            change.workspace,
            head,
            &key,
            change.at,
            &kind,
            &ledger::payload(&event)?,
        )?;
        head = Head::from(&entry);
        let sql = "insert into consent_event (seq, workspace_id, contact_id, topic, state, at, method, user_id,
                   text_sha256, ledger_seq) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let text = change.text.map(|t| t.0);
        tx.execute(
            sql,
            params![
                seq,
                change.workspace,
                change.contact,
                *topic,
                change.state,
                change.at,
                change.method.as_str(),
                change.user,
                text,
                entry.seq.cast_signed()
            ],
        )?;
        if change.state == ConsentState::Withdrawn {
            withdrawal::note(tx, change.contact, *topic, change.at)?;
        }
        let column = topic.as_str();
        let sql = format!(
            "update contact set {column}_state = $2, {column}_since = $3, ask_next = 0 where id = $1"
        );
        tx.execute(&sql, params![change.contact, change.state, change.at])?;
        let is_no = matches!(
            change.state,
            ConsentState::Refused | ConsentState::Withdrawn
        );
        if *topic == Topic::Open && is_no {
            hygiene::forget(tx, change.contact)?;
        }
    }
    if matches!(
        change.state,
        ConsentState::Refused | ConsentState::Withdrawn | ConsentState::Expired
    ) {
        age::left_alone(tx, change.contact)?;
    }
    if let Some(event) = WebhookEvent::of_consent(change.state) {
        let happened = Happened {
            event,
            at: change.at,
            contact: Some(change.contact),
            copy: None,
        };
        let detail = serde_json::json!({ "topics": topics, "method": change.method.as_str() });
        webhook::tell(tx, change.workspace, &happened, |_| detail.to_string())?;
    }
    let news = News {
        workspace: change.workspace,
        user: None,
        kind: Happening::Consent,
        message: None,
        copy: None,
        at: change.at,
    };
    event::write(tx, &[news])
}

/// The contact as it is now, and stays until the commit.
pub(crate) fn lock(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Contact>, Error> {
    let sql = format!(
        "select {} from contact k where k.id = $1 {}",
        contact::COLUMNS,
        tx.lock_rows("k")
    );
    tx.first(&sql, params![id])?
        .map(|row| contact::contact(&row, 0))
        .transpose()
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
    tx.first(REQUEST, params![id])?
        .as_ref()
        .map(|row| request(row, 0))
        .transpose()
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
    let Some(contact) = lock(tx, new.contact)? else {
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

/// Keeps a text and the part of the page; found by the digest of that part.
pub(crate) fn keep_text(
    tx: &mut Tx<'_>,
    language: Language,
    body: &str,
    page: &str,
    now: Time,
) -> Result<Sha256, Error> {
    let digest = Sha256::of(page);
    let sql = "insert into consent_text (sha256, language, body, page, created_at)
               values ($1, $2, $3, $4, $5) on conflict (sha256) do nothing";
    tx.execute(sql, params![digest.0, language, body, page, now])
        .map(|_| digest)
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
    /// Keeps a notice as it was shown: its text, and the part of the page. It is found by the digest of that part.
    pub async fn consent_text_keep(
        &self,
        language: Language,
        body: &str,
        page: &str,
        now: Time,
    ) -> Result<Sha256, Error> {
        let (body, page) = (body.to_owned(), page.to_owned());
        self.db
            .write(move |tx| keep_text(tx, language, &body, &page, now))
            .await
    }

    /// A notice that was shown.
    pub async fn consent_text(&self, digest: Sha256) -> Result<Option<ShownText>, Error> {
        self.db
            .read(move |tx| {
                let row = tx.first(
                    "select language, body, page from consent_text where sha256 = $1",
                    params![digest.0],
                )?;
                row.map(|row| {
                    Ok(ShownText {
                        language: row.get(0)?,
                        body: row.get(1)?,
                        page: row.get(2)?,
                    })
                })
                .transpose()
            })
            .await
    }

    /// Writes down what became of some topics of a contact. The decision and the collection see it at once.
    pub async fn consent_set(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        topics: &[Topic],
        state: ConsentState,
        method: Method,
        user: Option<UserId>,
        now: Time,
    ) -> Result<(), Error> {
        let topics = topics.to_vec();
        let change = Change {
            contact,
            workspace,
            state,
            at: now,
            method,
            user,
            text: None,
        };
        self.db
            .write(move |tx| {
                lock(tx, contact)?;
                if user.is_some() {
                    let words: Vec<_> = topics.iter().map(|t| t.as_str()).collect();
                    let after = format!("{} {}", words.join(","), state.as_str());
                    let (by, kind) = (
                        act::By {
                            user,
                            at: now,
                            reason: None,
                        },
                        ActKind::ContactConsentSet,
                    );
                    act::note_contact(tx, workspace, contact, kind, &by, Some(&after))?;
                }
                write(tx, &topics, &change)
            })
            .await
    }

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
                let count: i64 = tx.first(sql, params![contact, since])?.map_or(Ok(0), |row| row.get(0))?;
                Ok(count.unsigned_abs())
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

    /// Confirms with the token of this digest: the topics become given. False if the link was used, is too old, or the contact has decided otherwise
    /// in the meantime.
    pub async fn consent_confirm(
        &self,
        id: [u8; 16],
        token: Sha256,
        now: Time,
    ) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                let sql = "update consent_request set answered_at = $2, token_sha256 = $3
                           where id = $1 and answered_at is null and expires_at > $2
                           and not exists (select 1 from guardian g where g.request_id = $1)";
                if tx.execute(sql, params![id, now, token.0])? == 0 {
                    return Ok(false);
                }
                let gone = || Error::Corrupt("a consent request vanished".into());
                let request = find(tx, id)?.ok_or_else(gone)?;
                let Some(contact) = lock(tx, request.contact)? else {
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

    /// A contact's consent, event by event, newest first.
    pub async fn consent_events(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
    ) -> Result<Vec<ConsentEvent>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select seq, topic, state, at, method from consent_event
                           where contact_id = $1 and workspace_id = $2 order by seq desc limit 500";
                tx.query(sql, params![contact, workspace])?
                    .iter()
                    .map(|row| {
                        Ok(ConsentEvent {
                            seq: row.get(0)?,
                            topic: row.get(1)?,
                            state: row.get(2)?,
                            at: row.get(3)?,
                            method: row.get(4)?,
                        })
                    })
                    .collect()
            })
            .await
    }
}
