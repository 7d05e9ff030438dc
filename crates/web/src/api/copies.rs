//! One copy, with the hits on it and how each was judged.

use super::messages::CopyItem;
use crate::Shared;
use crate::auth::ApiUser;
use crate::error::{Error, Result};
use crate::pages::visible;
use axum::Json;
use axum::extract::{Path, State};
use model::{CopyId, MessageId};
use serde::Serialize;
use utoipa::ToSchema;

/// A reason of a verdict.
#[derive(Serialize, ToSchema)]
struct ReasonItem {
    /// Stable, for programs.
    code: String,
    /// For people.
    sentence: &'static str,
}

/// One request to a tracked URL, judged.
#[derive(Serialize, ToSchema)]
struct HitItem {
    id: String,
    /// `open`, `click`.
    axis: &'static str,
    /// The number of the link, for clicks.
    link: Option<u16>,
    /// To the minute.
    at: String,
    /// Who fetched, for programs and …
    opener: String,
    /// … for people.
    opener_name: String,
    /// `human`, `human_via_proxy`, `unknown`, `machine`, `self`.
    meaning: &'static str,
    /// Percent.
    confidence: u8,
    reasons: Vec<ReasonItem>,
    /// The version of the rules that judged it last.
    rules: u32,
    /// What it meant at first, where comparing it with other hits, or newer rules, changed the verdict.
    revised_from: Option<&'static str>,
    /// Client, browser, os, device, network, country, city, as far as known; null below `detailed`.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    facts: Option<model::Facts>,
    /// A repetition within seconds; not counted.
    repeat: bool,
}

/// Signs that a copy was opened elsewhere.
#[derive(Serialize, ToSchema)]
struct ElsewhereItem {
    /// Percent.
    confidence: u8,
    reasons: Vec<ReasonItem>,
}

/// What a mail server or a mail program wrote back.
#[derive(Serialize, ToSchema)]
struct ReportItem {
    /// `failed`, `delayed`, `delivered`, `relayed`, `expanded`, `displayed`, `displayed_by_itself`, `deleted`,
    /// `complained`.
    action: String,
    /// Who says so, as the report names itself.
    reporter: String,
    /// The mail server that decided; may be empty.
    host: String,
    /// RFC 3463.
    status: Option<String>,
    /// It bore the id of the envelope, which only those on the mail's way know. Else anyone who knows the mail could have
    /// written it.
    envelope_known: bool,
    /// To the minute.
    at: String,
}

/// The server that takes a recipient's mail.
#[derive(Serialize, ToSchema)]
struct MailHostItem {
    host: Option<String>,
    /// The network it stands in, where a table knows it.
    network: Option<String>,
    /// ISO 3166 country of that network.
    country: Option<String>,
}

/// A copy with everything that is known about it.
#[derive(Serialize, ToSchema)]
pub(super) struct CopyDetail {
    #[serde(flatten)]
    copy: CopyItem,
    /// It asks the recipient whether they agree to be tracked.
    ask: bool,
    /// The relay's last answer.
    answer: Option<String>,
    /// Since when it is in its state.
    state_at: String,
    /// It carries the link with which the recipient can say that they have read it.
    receipt_asked: bool,
    /// When the recipient pressed the receipt button.
    receipt_at: Option<String>,
    /// Signs that it was opened elsewhere, maybe forwarded. Only where details may be recorded; never who.
    elsewhere: Option<ElsewhereItem>,
    /// As public DNS says; null where it was not looked up.
    mail_host: Option<MailHostItem>,
    /// Claims, in the order they came in. None counts as an opening.
    reports: Vec<ReportItem>,
    /// Oldest first, at most 1000.
    hits: Vec<HitItem>,
}

/// One copy with its hits.
#[utoipa::path(get, path = "/api/v1/messages/{id}/copies/{copy}", operation_id = "show_copy", tag = "messages",
    params(("id" = String, Path), ("copy" = String, Path)), responses(
    (status = 200, body = CopyDetail),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(
    State(web): State<Shared>,
    user: ApiUser,
    Path((message, copy)): Path<(String, String)>,
) -> Result<Json<CopyDetail>> {
    let missing = || Error::NotFound("copy");
    let message: MessageId = message.parse().map_err(|_| missing())?;
    let copy: CopyId = copy.parse().map_err(|_| missing())?;
    visible(&web, &user, message).await?;
    let around = web
        .app
        .store
        .copy_in_context(copy)
        .await?
        .filter(|c| c.copy.message == message);
    let copy = around.ok_or_else(missing)?.copy;
    let hits = web.app.store.hits(copy.id).await?;
    let reason = |code: String| ReasonItem {
        sentence: (web.app.explain)(&code),
        code,
    };
    let hit = |hit: store::StoredHit| HitItem {
        id: hit.id.to_string(),
        axis: hit.axis.as_str(),
        link: (hit.axis == model::Axis::Click).then_some(hit.link),
        at: hit.at.rfc3339(),
        opener_name: (web.app.opener_name)(&hit.verdict.opener),
        opener: hit.verdict.opener,
        meaning: hit.verdict.meaning.as_str(),
        confidence: hit.verdict.confidence,
        reasons: hit.verdict.reasons.into_iter().map(reason).collect(),
        rules: hit.rules,
        revised_from: hit.revised_from.map(model::Meaning::as_str),
        facts: hit.facts,
        repeat: hit.repeat,
    };
    let reports = web.app.store.reports(copy.id).await?;
    let report = |report: store::Report| ReportItem {
        action: report.action,
        reporter: report.reporter,
        host: report.host,
        status: report.status,
        envelope_known: report.known,
        at: report.at.rfc3339(),
    };
    let mail_host = web.app.store.mail_host(copy.contact).await?;
    Ok(Json(CopyDetail {
        mail_host: mail_host.map(|found| MailHostItem {
            host: found.host,
            network: found.network,
            country: found.country,
        }),
        reports: reports.into_iter().map(report).collect(),
        ask: copy.ask,
        elsewhere: copy.elsewhere.as_ref().map(|signs| ElsewhereItem {
            confidence: signs.confidence,
            reasons: signs.reasons.iter().cloned().map(reason).collect(),
        }),
        answer: copy.answer.clone(),
        state_at: copy.state_at.rfc3339(),
        receipt_asked: copy.receipt_asked,
        receipt_at: copy.receipt_at.map(model::Time::rfc3339),
        hits: hits.into_iter().map(hit).collect(),
        copy: CopyItem::of(&copy),
    }))
}
