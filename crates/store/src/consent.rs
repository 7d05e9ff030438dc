//! What happened to a contact's consent: events that are only added to. Each is an entry in the ledger, and moves what is
//! read where a copy is decided about, in the same transaction.

mod agreement;
mod shown;

pub use agreement::{ConsentRequest, NewAgreement};
pub(crate) use agreement::{agree, ask_to_confirm, find, request};
pub use shown::ShownText;
pub(crate) use shown::keep;

use crate::act::{By, Object};
use crate::db::Tx;
use crate::event::{self, News};
use crate::value::params;
use crate::webhook::{self, Happened};
use crate::{Error, Store, age, contact, hygiene, ledger, withdrawal};
use model::event::Happening;
use model::evidence::CommittedEvent;
use model::ledger::Head;
use model::{
    ActKind, ConsentState, ContactId, Sha256, Time, Topic, UserId, WebhookEvent, WorkspaceId,
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
    contact::lock(tx, change.contact)?;
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

impl Store {
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
                contact::lock(tx, contact)?;
                if user.is_some() {
                    let words: Vec<_> = topics.iter().map(|t| t.as_str()).collect();
                    let after = format!("{} {}", words.join(","), state.as_str());
                    let by = By {
                        user,
                        at: now,
                        reason: None,
                    };
                    by.did(ActKind::ContactConsentSet, Object::Contact(contact))
                        .after(after)
                        .write(tx, workspace)?;
                }
                write(tx, &topics, &change)
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
                tx.rows(sql, params![contact, workspace], |row| {
                    Ok(ConsentEvent {
                        seq: row.get(0)?,
                        topic: row.get(1)?,
                        state: row.get(2)?,
                        at: row.get(3)?,
                        method: row.get(4)?,
                    })
                })
            })
            .await
    }
}
