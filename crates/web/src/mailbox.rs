//! The demo's mailbox page: a calm little mail client, so that one person can be sender and recipient at once.
//!
//! It has an origin of its own, no sign-in, and only mails that the demo's own SMTP sink delivered. Mails are shown as
//! they were delivered: their HTML in a sandboxed frame that may load images and open links, and may run nothing.

use crate::assets;
use crate::compose::linked;
use crate::error::Error;
use crate::pages::view::When;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use mail_parser::{Message, MessageParser, PartType};
use model::{Ambient, Time};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Mails kept; the oldest go first.
const MAILS_MAX: usize = 2_000;
/// Octets kept; the oldest mails go first.
const BYTES_MAX: usize = 256 << 20;

/// Delivered mails, in memory.
pub struct MailboxDir {
    ambient: Ambient,
    /// Addresses that have a mailbox before their first mail.
    addresses: Vec<String>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    mails: VecDeque<Delivered>,
    bytes: usize,
    last_id: u64,
}

#[derive(Clone)]
struct Delivered {
    id: u64,
    to: String,
    from: String,
    subject: String,
    at: Time,
    source: Arc<[u8]>,
}

impl Delivered {
    fn at(&self) -> When {
        When(self.at)
    }
}

impl MailboxDir {
    /// An empty mailbox for each address.
    pub fn new(ambient: Ambient, addresses: Vec<String>) -> Self {
        Self {
            ambient,
            addresses,
            kept: Mutex::default(),
        }
    }

    /// Takes a mail for its envelope's recipients. Each gets an id of their own; ids only grow.
    pub fn deliver(&self, to: &[String], bytes: Vec<u8>) {
        let parsed = MessageParser::default();
        let head = parsed.parse_headers(&bytes);
        let subject = head
            .as_ref()
            .and_then(|m| m.subject())
            .unwrap_or_default()
            .to_owned();
        let author = head
            .as_ref()
            .and_then(|m| m.from())
            .and_then(|from| from.first());
        let from = author
            .and_then(|a| a.name.as_deref().or(a.address.as_deref()))
            .unwrap_or_default()
            .to_owned();
        let (at, source): (_, Arc<[u8]>) = ((self.ambient.now)(), bytes.into());

        let mut kept = self.kept();
        for to in to {
            kept.last_id += 1;
            kept.bytes += source.len();
            let (id, to, from, subject) = (kept.last_id, to.clone(), from.clone(), subject.clone());
            kept.mails.push_back(Delivered {
                id,
                to,
                from,
                subject,
                at,
                source: source.clone(),
            });
            while kept.mails.len() > MAILS_MAX || kept.bytes > BYTES_MAX {
                let Some(oldest) = kept.mails.pop_front() else {
                    break;
                };
                kept.bytes -= oldest.source.len();
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: u64) -> Option<Delivered> {
        self.kept().mails.iter().find(|m| m.id == id).cloned()
    }

    /// All mailboxes: those named at the start, then those that mail came for.
    fn boxes(&self) -> Vec<String> {
        let mut boxes = self.addresses.clone();
        for mail in &self.kept().mails {
            if boxes
                .iter()
                .all(|known| !known.eq_ignore_ascii_case(&mail.to))
            {
                boxes.push(mail.to.clone());
            }
        }
        boxes
    }

    /// The mails of one mailbox, newest first.
    fn mails_of(&self, address: &str) -> Vec<Delivered> {
        self.kept()
            .mails
            .iter()
            .rev()
            .filter(|m| m.to.eq_ignore_ascii_case(address))
            .cloned()
            .collect()
    }
}

type Dir = State<Arc<MailboxDir>>;

/// The mailbox page, for a listener of its own.
pub fn mailbox(dir: Arc<MailboxDir>) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/messages.json", get(index))
        .route("/messages/{id}", get(open))
        .route("/messages/{id}/body", get(body))
        .route("/assets/{name}", get(assets::serve))
        .route("/healthz", get(async || "ok\n"))
        .fallback(async || Error::NotFound("page"))
        .layer(from_fn(crate::error::dress))
        .layer(from_fn(private))
        .with_state(dir)
}

/// The frame shows the mail; everything else is ours. No referrer at all: a mail client sends none, so the tracker must
/// see none.
async fn private(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let ours = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
        frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(ours));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    boxes: Vec<String>,
    here: String,
    mails: Vec<Delivered>,
    open: Option<Opened>,
}

/// A mail as the page shows it.
struct Opened {
    mail: Delivered,
    from: String,
    to: String,
}

impl MailboxPage {
    fn is_here(&self, address: &str) -> bool {
        self.here.eq_ignore_ascii_case(address)
    }

    fn is_open(&self, id: u64) -> bool {
        self.open.as_ref().is_some_and(|open| open.mail.id == id)
    }
}

#[derive(Deserialize)]
struct Choice {
    r#box: Option<String>,
}

async fn list(State(dir): Dir, Query(choice): Query<Choice>) -> Response {
    let boxes = dir.boxes();
    let here = choice
        .r#box
        .or_else(|| boxes.first().cloned())
        .unwrap_or_default();
    let mails = dir.mails_of(&here);
    page(&MailboxPage {
        boxes,
        here,
        mails,
        open: None,
    })
}

#[derive(Serialize)]
struct Entry {
    id: String,
    to: String,
    subject: String,
    at: Time,
}

/// `GET /messages.json`: every mail, oldest first.
async fn index(State(dir): Dir) -> axum::Json<Vec<Entry>> {
    let entry = |m: &Delivered| Entry {
        id: m.id.to_string(),
        to: m.to.clone(),
        subject: m.subject.clone(),
        at: m.at,
    };
    axum::Json(dir.kept().mails.iter().map(entry).collect())
}

/// `GET /messages/{id}`: the mail on its page; with `.eml` behind, its bytes as delivered.
async fn open(State(dir): Dir, Path(name): Path<String>) -> Result<Response, Error> {
    let (id, raw) = name
        .strip_suffix(".eml")
        .map_or((name.as_str(), false), |id| (id, true));
    let mail = find(&dir, id)?;
    if raw {
        // As text, so that a browser shows it. `nosniff` keeps it text.
        let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Ok((kind, mail.source.to_vec()).into_response());
    }
    let parsed = MessageParser::default().parse_headers(&*mail.source);
    let people = |list: Option<&mail_parser::Address<'_>>| -> String {
        let person = |a: &mail_parser::Addr<'_>| match (a.name.as_deref(), a.address.as_deref()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => name.or(address).unwrap_or_default().to_owned(),
        };
        list.map(|list| list.iter().map(person).collect::<Vec<_>>().join(", "))
            .unwrap_or_default()
    };
    let from = people(parsed.as_ref().and_then(Message::from));
    let to = people(parsed.as_ref().and_then(Message::to));
    let (boxes, here, mails) = (dir.boxes(), mail.to.clone(), dir.mails_of(&mail.to));
    Ok(page(&MailboxPage {
        boxes,
        here,
        mails,
        open: Some(Opened { mail, from, to }),
    }))
}

/// `GET /messages/{id}/body`: what the frame shows.
async fn body(State(dir): Dir, Path(id): Path<String>) -> Result<Response, Error> {
    const POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
        img-src http: https: data:; style-src 'unsafe-inline'";
    // In front of the mail's own markup, which stays as it is: links open outside the frame.
    const BEFORE: &str = "<!DOCTYPE html><meta charset=\"utf-8\"><base target=\"_blank\">";
    let mail = find(&dir, &id)?;
    let parsed = MessageParser::default().parse(&*mail.source);
    let html = parsed.as_ref().and_then(own_html);
    let text = || {
        parsed
            .as_ref()
            .and_then(|m| m.body_text(0))
            .unwrap_or_default()
    };
    let shown = if let Some(html) = html {
        format!("{BEFORE}{html}")
    } else {
        const STYLE: &str = "white-space:pre-wrap;font:16px/1.5 system-ui,sans-serif;margin:0;overflow-wrap:anywhere";
        let lines: Vec<String> = text().lines().map(linked).collect();
        format!(
            "{BEFORE}<body style=\"margin:1rem\"><p style=\"{STYLE}\">{}</p>",
            lines.join("\n")
        )
    };
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(shown)).into_response())
}

/// The mail's own HTML part; not one that the parser made of the text part.
fn own_html(mail: &Message<'_>) -> Option<String> {
    mail.html_part(0).and_then(|part| match &part.body {
        PartType::Html(html) => Some(html.to_string()),
        _ => None,
    })
}

fn find(dir: &MailboxDir, id: &str) -> Result<Delivered, Error> {
    id.parse()
        .ok()
        .and_then(|id| dir.find(id))
        .ok_or(Error::NotFound("mail"))
}

fn page(template: &MailboxPage) -> Response {
    template.render().map_or_else(
        |_| Error::Internal.into_response(),
        |html| Html(html).into_response(),
    )
}
