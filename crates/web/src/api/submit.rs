//! `POST /api/v1/messages`: a mail as it is, with its envelope in the query.

use super::messages::Modes;
use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::{Error, Result};
use crate::extract::unread;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use mail_parser::MessageParser;
use model::role::Act;
use model::{AssessmentId, EmailAddress, MessageClass, Switch};
use send::{Recipient, Submission};
use serde::Serialize;
use utoipa::ToSchema;

/// Largest mail: what common providers take, with room for base64.
pub(super) const MAIL_BYTES_MAX: usize = 50 << 20;

/// What was decided about one recipient.
#[derive(Serialize, ToSchema)]
struct Decided {
    id: String,
    /// The recipient.
    address: String,
    mode: Modes,
    /// Why not more; a stable code.
    reason: Option<&'static str>,
    /// `sent` or `untracked`.
    tick: &'static str,
    /// It asks the recipient whether they agree to be tracked.
    ask: bool,
    /// It carries the link with which the recipient can say that they have read it. False although it was wanted: the mail
    /// is signed, encrypted or has no text.
    receipt_asked: bool,
    /// Why it is not sent to them at all; null if it is.
    refusal: Option<Refused>,
}

/// Why the rules of law keep a mail from somebody.
#[derive(Serialize, ToSchema)]
struct Refused {
    /// A stable code.
    reason: &'static str,
    /// A sentence that says what to do.
    why: &'static str,
}

/// An accepted mail. From now on it is delivered or bounced.
#[derive(Serialize, ToSchema)]
struct Accepted {
    id: String,
    /// In the order of the envelope.
    copies: Vec<Decided>,
}

/// The envelope and the wishes for one mail.
#[derive(Default)]
struct Envelope {
    from: Option<EmailAddress>,
    to: Vec<EmailAddress>,
    track: Option<Switch>,
    ask: Option<bool>,
    receipt: Option<bool>,
    class: Option<MessageClass>,
    assessment: Option<AssessmentId>,
}

impl Envelope {
    fn parse(query: &str) -> Result<Self> {
        let mut envelope = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let wrong =
                |why: &dyn std::fmt::Display| Error::Query(format!("{name}={value}: {why}"));
            match name.as_ref() {
                "from" => envelope.from = Some(value.parse().map_err(|e| wrong(&e))?),
                "to" => envelope.to.push(value.parse().map_err(|e| wrong(&e))?),
                "track" => envelope.track = Some(value.parse().map_err(|e| wrong(&e))?),
                "assessment" => {
                    envelope.assessment = Some(value.parse().map_err(|e| wrong(&e))?);
                }
                "class" => envelope.class = Some(value.parse().map_err(|e| wrong(&e))?),
                "ask" => {
                    envelope.ask = Some(value.parse().map_err(|_| wrong(&"write true or false"))?);
                }
                "receipt" => {
                    envelope.receipt =
                        Some(value.parse().map_err(|_| wrong(&"write true or false"))?);
                }
                _ => {
                    return Err(Error::Query(format!(
                        "{name}: known are from, to, track, ask, receipt, class and assessment"
                    )));
                }
            }
        }
        Ok(envelope)
    }

    /// Fills in recipients from the mail's own header where the query names none, and gives the sender likewise.
    fn complete(&mut self, mail: &[u8]) -> Result<EmailAddress> {
        let parsed = MessageParser::default().parse_headers(mail);
        let parsed = parsed.ok_or_else(|| invalid("this is not a mail: it has no header"))?;
        if self.to.is_empty() {
            let fields = [parsed.to(), parsed.cc(), parsed.bcc()];
            let entries = fields.into_iter().flatten().flat_map(|list| list.iter());
            for text in entries.filter_map(|entry| entry.address.as_deref()) {
                let address: EmailAddress = text
                    .parse()
                    .map_err(|e| invalid(&format!("To, Cc or Bcc: {e}")))?;
                if self.to.iter().all(|known| known.key() != address.key()) {
                    self.to.push(address);
                }
            }
        }
        if self.to.is_empty() {
            let why = "to: neither the query nor the mail's header names a recipient";
            return Err(Error::Query(why.into()));
        }
        if let Some(from) = self.from.take() {
            return Ok(from);
        }
        let author = parsed.from().and_then(|from| from.first());
        let text = author.and_then(|author| author.address.as_deref());
        let why = "from: neither the query nor the mail's header names the sender";
        let text = text.ok_or_else(|| Error::Query(why.into()))?;
        text.parse().map_err(|e| invalid(&format!("From: {e}")))
    }
}

fn invalid(why: &str) -> Error {
    Error::Invalid {
        field: "mail",
        why: why.into(),
    }
}

/// Sends a mail. The body is the mail as it is; recipients get their own copies of it.
#[utoipa::path(post, path = "/api/v1/messages", operation_id = "send_message", tag = "messages",
    params(
        ("from" = Option<String>, Query, description = "Envelope sender, one of the user's identities; else the From header's."),
        ("to" = Option<Vec<String>>, Query, description = "Envelope recipient; may be repeated; else To, Cc and Bcc of the header."),
        ("track" = Option<String>, Query, description = "`off`, `open`, `click`, `all`; overrides the mail's X-Overt-Track header."),
        ("class" = Option<String>, Query, description = "`correspondence` (the default), `transactional`, `requested_newsletter`, `marketing`, `cold`; overrides the mail's X-Overt-Class header. Rules of law differ by it; `cold` is never tracked."),
        ("assessment" = Option<String>, Query, description = "The assessment of legitimate interests behind cold mail, by its id; else the one that holds longest."),
        ("ask" = Option<bool>, Query, description = "Ask recipients who were never asked whether they agree."),
        ("receipt" = Option<bool>, Query, description = "Put a link into the mail with which recipients can say that they have read it, if they want to. Works in every mode; overrides the mail's X-Overt-Receipt header."),
    ),
    request_body(content = String, content_type = "message/rfc822"),
    responses(
        (status = 202, body = Accepted, headers(("location" = String, description = "The message."))),
        (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn submit(
    State(web): State<Shared>,
    user: ApiUser,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse> {
    user.may(Act::Send)?;
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    if !kind
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("message/rfc822"))
    {
        return Err(Error::UnsupportedMedia("a mail (message/rfc822)"));
    }
    let mut envelope = Envelope::parse(query.as_deref().unwrap_or(""))?;
    let mail = body.map_err(|rejection| unread(&rejection, MAIL_BYTES_MAX))?;
    let from = envelope.complete(&mail)?;
    let Envelope {
        to,
        track: switch,
        ask,
        receipt,
        class,
        assessment,
        ..
    } = envelope;
    let recipients = to
        .into_iter()
        .map(|address| Recipient {
            address,
            notify: None,
            orcpt: None,
        })
        .collect();
    let (user, source) = (user.0, mail.into());
    let accepted = web
        .app
        .sender
        .accept(Submission {
            user,
            from,
            recipients,
            source,
            switch,
            ask,
            class,
            assessment,
            receipt,
            report_refusals: false,
            ret: None,
            envid: None,
        })
        .await?;
    let location = format!("/api/v1/messages/{}", accepted.message);
    let copies = accepted.copies.into_iter().map(|copy| Decided {
        id: copy.id.to_string(),
        address: copy.address.to_string(),
        mode: Modes::of(&copy.modes),
        reason: copy.reason.map(model::Reason::code),
        tick: copy.tick.as_str(),
        ask: copy.ask,
        receipt_asked: copy.receipt_asked,
        refusal: copy.refusal.map(|reason| Refused {
            reason: reason.code(),
            why: reason.sentence(),
        }),
    });
    let body = Accepted {
        id: accepted.message.to_string(),
        copies: copies.collect(),
    };
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(body),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] =
        b"From: Ann <ann@x.example>\r\nTo: b@x.example, C <c@x.example>\r\nCc: B@x.example\r\n\
        Bcc: d@x.example\r\nSubject: s\r\n\r\nbody\r\n";

    #[test]
    fn what_the_query_leaves_out_comes_from_the_header() {
        let mut envelope = Envelope::parse("track=click&ask=true&receipt=true").unwrap();
        assert_eq!(envelope.complete(MAIL).unwrap().as_str(), "ann@x.example");
        let to: Vec<_> = envelope.to.iter().map(EmailAddress::as_str).collect();
        assert_eq!(to, ["b@x.example", "c@x.example", "d@x.example"]);
        assert_eq!(
            (envelope.track, envelope.ask, envelope.receipt),
            (Some(Switch::Click), Some(true), Some(true))
        );
    }

    #[test]
    fn the_query_wins() {
        let query = "from=bounces%40x.example&to=e@x.example&to=f%40x.example";
        let mut envelope = Envelope::parse(query).unwrap();
        assert_eq!(
            envelope.complete(MAIL).unwrap().as_str(),
            "bounces@x.example"
        );
        assert_eq!(envelope.to.len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "to=nonsense",
            "track=yes",
            "ask=maybe",
            "receipt=1",
            "tracking=off",
            "from=",
        ] {
            assert!(
                matches!(Envelope::parse(query), Err(Error::Query(_))),
                "{query}"
            );
        }
        let nobody = Envelope::default().complete(b"Subject: s\r\n\r\nbody");
        assert!(matches!(nobody, Err(Error::Query(_))));
    }
}
