//! Messages and copies.

use super::limit;
use crate::auth::ApiUser;
use crate::error::{Error, Result};
use crate::extract::{Id, Params};
use crate::pages::{scope, visible};
use crate::{Shared, paging};
use axum::Json;
use axum::extract::State;

use model::{MessageId, Reason, Tick};
use serde::{Deserialize, Serialize};
use store::{Copy, Cursor, Message, MessageFilter};
use utoipa::{IntoParams, ToSchema};

/// One value for each axis.
#[derive(Serialize, ToSchema)]
pub(super) struct Modes {
    /// `none`, `aggregate`, `hygiene`, `individual`, `detailed`: what may be recorded about opens.
    open: &'static str,
    /// About clicks.
    click: &'static str,
    /// About hosted documents.
    document: &'static str,
}

impl Modes {
    pub(super) fn of(modes: &model::PerAxis<model::Mode>) -> Self {
        Self {
            open: modes.open.as_str(),
            click: modes.click.as_str(),
            document: modes.document.as_str(),
        }
    }
}

/// How often, by what it says about a person.
#[derive(Serialize, ToSchema)]
pub(super) struct Counts {
    /// People, seen directly or through their provider's proxy.
    human: u32,
    /// Cannot be told from a machine.
    unknown: u32,
    /// Machines.
    machine: u32,
}

impl Counts {
    pub(super) fn of(counts: model::tick::Counts) -> Self {
        Self {
            human: counts.human,
            unknown: counts.unknown,
            machine: counts.machine,
        }
    }
}

/// A message as one recipient got it.
#[derive(Serialize, ToSchema)]
pub(super) struct CopyItem {
    id: String,
    /// The recipient.
    address: String,
    mode: Modes,
    /// Why it is not tracked, or why one of opens and clicks is not; a stable code.
    reason: Option<&'static str>,
    /// Why the rules of law kept it from being sent at all; a stable code.
    refusal: Option<&'static str>,
    /// `queued`, `sent`, `deferred`, `bounced`, or `handed_over` to a sender who delivers it.
    state: &'static str,
    /// `sent`, `read`, `unsure`; `untracked`; `limited`: only counted in a sum, or only the day of the last open is kept.
    tick: &'static str,
    opens: Counts,
    clicks: Counts,
    /// To the minute.
    first_read_at: Option<String>,
    /// To the minute.
    last_read_at: Option<String>,
}

impl CopyItem {
    pub(super) fn of(copy: &Copy) -> Self {
        Self {
            id: copy.id.to_string(),
            address: copy.address.clone(),
            mode: Modes::of(&copy.modes),
            reason: copy.reason().map(model::Reason::code),
            refusal: copy.refusal.map(model::Reason::code),
            state: copy.state.as_str(),
            tick: copy.tick().as_str(),
            opens: Counts::of(copy.seen.opens),
            clicks: Counts::of(copy.seen.clicks),
            first_read_at: copy.first_read_at.map(model::Time::rfc3339),
            last_read_at: copy.last_read_at.map(model::Time::rfc3339),
        }
    }
}

/// One mail as its sender wrote it.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageItem {
    id: String,
    /// The Message-ID header, in its angle brackets.
    message_id: String,
    subject: String,
    /// The address it was sent from.
    sender: String,
    sent_at: String,
    /// The first 100 copies, in the order of the envelope.
    copies: Vec<CopyItem>,
}

impl MessageItem {
    fn of(message: &Message, copies: &[Copy]) -> Self {
        Self {
            id: message.id.to_string(),
            message_id: format!("<{}>", message.header_id),
            subject: message.subject.clone(),
            sender: message.sender.clone(),
            sent_at: message.accepted_at.rfc3339(),
            copies: copies.iter().map(CopyItem::of).collect(),
        }
    }
}

/// A page of messages, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Messages {
    items: Vec<MessageItem>,
    /// What to send as `after` for the next page; null on the last.
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Query {
    /// Part of the subject or of a recipient's address.
    search: Option<String>,
    /// Sent from this address.
    sender: Option<String>,
    /// Messages that have a copy with this tick: `sent`, `read`, `unsure`, `limited`, `untracked`.
    tick: Option<String>,
    /// The `next` of the page before.
    #[serde(default)]
    after: String,
    /// Messages on the page: 1 to 100, else 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Messages, newest first.
#[utoipa::path(get, path = "/api/v1/messages", operation_id = "list_messages", tag = "messages", params(Query), responses(
    (status = 200, body = Messages),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(web): State<Shared>,
    user: ApiUser,
    Params(query): Params<Query>,
) -> Result<Json<Messages>> {
    let tick = query.tick.as_deref().map(str::parse::<Tick>).transpose();
    let limit = limit(query.limit)?;
    let filter = MessageFilter {
        user: scope(&user),
        search: query.search,
        sender: query.sender,
        tick: tick.map_err(|why| Error::Query(format!("tick: {why}")))?,
        bounced: false,
        after: paging::after(&query.after)?,
        limit: limit + 1,
    };
    let mut found = web.app.store.messages(user.workspace, filter).await?;
    let next = paging::cut(&mut found, limit.into(), |(m, _)| {
        Cursor {
            at: m.accepted_at,
            id: m.id,
        }
        .to_string()
    });
    Ok(Json(Messages {
        items: found
            .iter()
            .map(|(m, copies)| MessageItem::of(m, copies))
            .collect(),
        next,
    }))
}

/// A part of a message.
#[derive(Serialize, ToSchema)]
struct PartItem {
    /// `1.2` as in IMAP; `root` for a multipart at the top.
    path: String,
    content_type: String,
    /// `html`, `text`, `multipart`, `attachment`, `message`, `related`, `report`, `other`. Only the first two are ever
    /// changed, and only in tracked copies and those that ask.
    role: String,
    /// Why it cannot be changed; null if it can or never is.
    hindrance: Option<&'static str>,
}

/// A link of a message.
#[derive(Serialize, ToSchema)]
struct LinkItem {
    number: u16,
    destination: String,
    /// The path of its part.
    part: String,
    /// What carries it: `anchor`, `area`, `vml_button`, `svg`.
    kind: String,
    /// Why it is never tracked; null if it may be.
    skipped: Option<String>,
}

/// How often something was asked for that all who are only counted have in common. Anybody who has the address can ask
/// again: a count of requests, never above the number of recipients it is about, and no proof.
#[derive(Serialize, ToSchema)]
struct SumItem {
    /// `open`, `click`.
    axis: &'static str,
    /// The number of the link, for clicks.
    link: Option<u16>,
    /// Null below 5: too few to tell.
    requests: Option<u32>,
    /// Recipients who are counted together, 20 at least.
    recipients: u32,
}

impl SumItem {
    fn of(sum: &store::Sum) -> Self {
        Self {
            axis: sum.axis.as_str(),
            link: (sum.axis == model::Axis::Click).then_some(sum.link),
            requests: sum.count,
            recipients: sum.crowd,
        }
    }
}

/// A message with its links.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageDetail {
    #[serde(flatten)]
    message: MessageItem,
    /// Octets, as the sender wrote it.
    size: i64,
    /// The sender's choice: `off`, `open`, `click`, `all`.
    track: &'static str,
    /// The first 100, in order.
    parts: Vec<PartItem>,
    links: Vec<LinkItem>,
    /// Recipients who are only counted; apart from all that is told of persons.
    sums: Vec<SumItem>,
}

/// Copies that a message's detail lists.
const COPIES_MAX: u16 = 10_000;

/// One message with all its copies and links.
#[utoipa::path(get, path = "/api/v1/messages/{id}", operation_id = "show_message", tag = "messages", params(("id" = String, Path)), responses(
    (status = 200, body = MessageDetail),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(
    State(web): State<Shared>,
    user: ApiUser,
    Id(id): Id<MessageId>,
) -> Result<Json<MessageDetail>> {
    let message = visible(&web, &user, id).await?;
    let copies = web.app.store.copies(id, COPIES_MAX).await?;
    let parts = web.app.store.parts(id).await?.into_iter();
    let links = web.app.store.links(id).await?.into_iter();
    let sums = web.app.store.sums(id).await?;
    Ok(Json(MessageDetail {
        sums: sums.iter().map(SumItem::of).collect(),
        message: MessageItem::of(&message, &copies),
        size: message.size,
        track: message.switch.as_str(),
        parts: parts
            .map(|p| PartItem {
                path: p.path,
                content_type: p.content_type,
                role: p.role,
                hindrance: p.hindrance.map(Reason::code),
            })
            .collect(),
        links: links
            .map(|l| LinkItem {
                number: l.number,
                destination: l.destination,
                part: l.part,
                kind: l.kind,
                skipped: l.skipped,
            })
            .collect(),
    }))
}
