//! One contact: what they agreed to and how that came about, asking them, and withdrawing at their request.

use super::age::AgeView;
use super::origin::{agreement_words, source_words};
use super::sent::scope;
use super::view::{CopyView, When, consent_word, topic_words};
use super::{Page, show as render};
use crate::Shared;
use crate::api::advertising::suppression;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Id};
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use model::country::BadCountry;
use model::role::Act;
use model::{ConsentState, ContactId, LegalTag, LegalTags, Source, Time, Topic};
use serde::Deserialize;
use store::{By, Contact, Method};

/// Mails listed on the page.
const MAILS_MAX: u16 = 100;

#[derive(Template)]
#[template(path = "contact.html")]
struct ContactPage {
    page: Page,
    contact: Contact,
    topics: Vec<TopicView>,
    history: Vec<Past>,
    mails: Vec<Mail>,
    may_send: bool,
    /// Where the address comes from.
    source: String,
    /// The same for its form: kind, place, day, who, basis.
    stated: [String; 5],
    /// Whether they agreed to get advertising.
    agreement: String,
    /// They get none.
    suppressed: bool,
    /// May say where they are and what they are to a lawyer: rules follow from it.
    may_describe: bool,
    /// What is known of their age.
    age: AgeView,
    /// The question may be put to this person now.
    may_ask: bool,
    /// There is something that can be withdrawn.
    withdrawable: bool,
    /// May take the evidence of it away as a file.
    may_prove: bool,
}

#[derive(Template)]
#[template(path = "withdraw.html")]
struct WithdrawPage {
    page: Page,
    contact: Contact,
}

struct TopicView {
    about: &'static str,
    state: ConsentState,
    since: Option<Time>,
}

impl TopicView {
    fn words(&self) -> &'static str {
        consent_word(self.state)
    }

    fn since(&self) -> Option<When> {
        self.since.map(When)
    }
}

struct Past {
    at: Time,
    what: String,
    how: &'static str,
}

impl Past {
    fn when(&self) -> When {
        When(self.at)
    }
}

struct Mail {
    copy: CopyView,
    message: store::Message,
}

impl Mail {
    fn sent_at(&self) -> When {
        When(self.message.accepted_at)
    }
}

#[derive(Deserialize)]
pub(super) struct Asking {
    ask: bool,
}

#[derive(Deserialize)]
pub(super) struct Description {
    country: String,
    lawyer: Option<String>,
    opposing: Option<String>,
    client: Option<String>,
}

impl ContactPage {
    /// A field of the stated source, for its form; empty where nobody stated one.
    fn stated(&self, n: usize) -> &str {
        &self.stated[n]
    }

    fn country(&self) -> String {
        let country = self.contact.country;
        country.map(|c| c.to_string()).unwrap_or_default()
    }

    /// The tags there are: name, words, and whether this contact has it.
    fn tags(&self) -> [(&'static str, &'static str, bool); 3] {
        let words = [
            (LegalTag::Lawyer, "another lawyer"),
            (LegalTag::Opposing, "the other side, or its lawyer"),
            (LegalTag::Client, "a client"),
        ];
        words.map(|(tag, words)| (tag.as_str(), words, self.contact.tags.has(tag)))
    }
}

fn stated(source: &Source) -> [String; 5] {
    let Some(basis) = source.basis else {
        return Default::default();
    };
    let mut day = source.at.rfc3339();
    day.truncate("2026-11-21".len());
    let (kind, basis) = (source.kind.as_str().into(), basis.as_str().into());
    [kind, source.place.clone(), day, source.by.clone(), basis]
}

pub(crate) async fn find(web: &Shared, user: &store::User, id: ContactId) -> Result<Contact> {
    web.app
        .store
        .contact(user.workspace, id)
        .await?
        .ok_or(Error::NotFound("contact"))
}

/// `GET /contacts/{id}`
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
) -> Result<Response> {
    let contact = find(&web, &user, id).await?;
    let now = (web.app.ambient.now)();
    let topics = Topic::ALL.map(|topic| {
        let standing = contact.consent.get(topic);
        TopicView {
            about: topic_words(topic),
            state: standing.at(now),
            since: standing.since,
        }
    });
    let events = web.app.store.consent_events(user.workspace, id).await?;
    let own = scope(&user);
    let mails = web
        .app
        .store
        .copies_of_contact(user.workspace, id, MAILS_MAX)
        .await?;
    let mails = mails
        .into_iter()
        .filter(|(_, message)| own.is_none_or(|own| own == message.user));
    let page = ContactPage {
        page: Page::of(&user, "contacts", contact.address.to_string()),
        withdrawable: withdrawable(&contact),
        may_send: user.role.may(Act::Send),
        may_describe: user.role.may(Act::SetCeiling),
        may_prove: user.role.may(Act::Prove),
        may_ask: contact.may_be_asked(now),
        age: AgeView::of(&web, &user, &contact).await?,
        source: source_words(&contact.source),
        stated: stated(&contact.source),
        agreement: agreement_words(&contact.agreement),
        suppressed: suppression(&web, &user, &contact.address).await?.is_some(),
        contact,
        topics: topics.into(),
        history: told(events),
        mails: mails
            .map(|(copy, message)| Mail {
                copy: CopyView { copy },
                message,
            })
            .collect(),
    };
    Ok(render(&page))
}

/// Is there a topic that is not withdrawn yet? A person may also withdraw what they were never asked: nobody will ask.
fn withdrawable(contact: &Contact) -> bool {
    Topic::ALL
        .iter()
        .any(|topic| contact.consent.get(*topic).state != ConsentState::Withdrawn)
}

/// Events of one moment and one outcome in one line.
fn told(events: Vec<store::ConsentEvent>) -> Vec<Past> {
    let mut history: Vec<(store::ConsentEvent, Vec<&'static str>)> = Vec::new();
    for event in events {
        let name = event.topic.as_str();
        match history.last_mut() {
            Some((last, names))
                if last.at == event.at
                    && last.state == event.state
                    && last.method == event.method =>
            {
                names.insert(0, name);
            }
            _ => history.push((event, vec![name])),
        }
    }
    let line = |(event, names): (store::ConsentEvent, Vec<&str>)| Past {
        at: event.at,
        what: format!("{}: {}", consent_word(event.state), names.join(", ")),
        how: method_words(&event.method),
    };
    history.into_iter().map(line).collect()
}

fn method_words(method: &str) -> &'static str {
    match method {
        "ask_line" => "by a line in a mail",
        "page" => "on their own page",
        "form" => "on a form of yours on another site",
        "api" => "on your site’s own form",
        "confirmation" => "through the link in the confirmation mail",
        "unsubscribe" => "along with unsubscribing",
        "complaint" => "along with calling advertising spam, as their provider reports",
        "import" => "with an entry or a list, by somebody here",
        "guardian" => "by somebody with parental responsibility, through the link mailed to them",
        "age" => "with what was noted about their age",
        "user" => "noted here at their request",
        "demo" => "sample data of the demo",
        _ => "in another way",
    }
}

/// `POST /contacts/{id}/ask`: the next mail to them carries the question, or no longer.
pub(super) async fn ask(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
    Fields(Asking { ask }): Fields<Asking>,
) -> Result<Response> {
    user.may(Act::Send)?;
    let contact = find(&web, &user, id).await?;
    if ask && contact.reads_no_text() {
        return Err(Error::Conflict(
            "This person reads a language without approved texts, so they may not be asked.".into(),
        ));
    }
    if ask && !contact.may_be_asked((web.app.ambient.now)()) {
        return Err(Error::Conflict(
            "This person may not be asked now: they have answered, or were asked not long ago."
                .into(),
        ));
    }
    web.app
        .store
        .contact_set_ask_next(user.workspace, id, ask)
        .await?;
    Ok(Redirect::to(&format!("/contacts/{id}")).into_response())
}

/// `POST /contacts/{id}/describe`: their country and what they are to a lawyer.
pub(super) async fn describe(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
    Fields(form): Fields<Description>,
) -> Result<Response> {
    user.may(Act::SetCeiling)?;
    find(&web, &user, id).await?;
    let country = match form.country.trim() {
        "" => None,
        text => Some(text.parse().map_err(|why: BadCountry| Error::Invalid {
            field: "country",
            why: why.to_string(),
        })?),
    };
    let ticked = [
        (form.lawyer, LegalTag::Lawyer),
        (form.opposing, LegalTag::Opposing),
        (form.client, LegalTag::Client),
    ];
    let tags: Vec<_> = ticked
        .into_iter()
        .filter_map(|(tick, tag)| tick.map(|_| tag))
        .collect();
    let (store, tags) = (&web.app.store, LegalTags::of(&tags));
    let by = By::user(user.id, (web.app.ambient.now)());
    store
        .contact_describe(user.workspace, id, country, tags, by)
        .await?;
    Ok(Redirect::to(&format!("/contacts/{id}")).into_response())
}

/// `POST /contacts/{id}/evidence`: what proves their consents, as a file. That somebody draws it is an act.
pub(super) async fn prove(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
) -> Result<Response> {
    user.may(Act::Prove)?;
    find(&web, &user, id).await?;
    let by = By::user(user.id, (web.app.ambient.now)());
    let drawn = (web.app.prove)(user.workspace, id, by).await;
    let drawn = drawn.map_err(Error::Conflict)?;
    let bytes = drawn.ok_or(Error::NotFound("contact"))?;
    let disposition = format!("attachment; filename=\"evidence-{id}.zip\"");
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, bytes).into_response())
}

/// `GET /contacts/{id}/withdraw`: says what will happen.
pub(super) async fn confirm_withdrawal(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
) -> Result<Response> {
    let contact = find(&web, &user, id).await?;
    Ok(render(&WithdrawPage {
        page: Page::of(&user, "contacts", "Withdraw on their request"),
        contact,
    }))
}

/// `POST /contacts/{id}/withdraw`
pub(super) async fn withdraw(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<ContactId>,
) -> Result<Response> {
    withdraw_all(&web, &user, id).await?;
    Ok(Redirect::to(&format!("/contacts/{id}")).into_response())
}

/// Notes that a contact withdrew from everything. Open to every role: it can only lower what is recorded.
pub(crate) async fn withdraw_all(web: &Shared, user: &store::User, id: ContactId) -> Result<()> {
    let contact = find(web, user, id).await?;
    let topics: Vec<Topic> = (Topic::ALL.into_iter())
        .filter(|topic| contact.consent.get(*topic).state != ConsentState::Withdrawn)
        .collect();
    let (state, now) = (ConsentState::Withdrawn, (web.app.ambient.now)());
    web.app
        .store
        .consent_set(
            user.workspace,
            id,
            &topics,
            state,
            Method::User,
            Some(user.id),
            now,
        )
        .await?;
    Ok(())
}
