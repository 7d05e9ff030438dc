//! `POST /api/v1/reports`: a report that came back to the sender's mailbox, handed in by a mail rule.

use crate::Shared;
use crate::auth::{ApiUser, May};
use crate::error::{Error, Result};
use crate::pages::scope;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use model::role::Act;
use send::ReportError;
use serde::Serialize;
use store::ReportScope;
use utoipa::ToSchema;

/// What a report was good for.
#[derive(Serialize, ToSchema)]
pub(super) struct Kept {
    /// How many of the user's copies it is about. Zero: it is about none of them, and was not kept.
    copies: usize,
}

/// Keeps a report about the user's own mail: of its delivery (RFC 3464), of its reading (RFC 8098) or a complaint about it
/// (RFC 5965). The body is the mail as it is. It is shown beside the copy as what a server or program says, and never counted as an opening.
/// A complaint about advertising that shows that it came from the recipient's provider unsubscribes the recipient.
#[utoipa::path(post, path = "/api/v1/reports", operation_id = "keep_report", tag = "messages",
    request_body(content = String, content_type = "message/rfc822"), responses(
    (status = 200, body = Kept),
    (status = "default", body = crate::error::Problem, content_type = "application/problem+json"),
))]
pub(super) async fn keep(
    State(web): State<Shared>,
    user: ApiUser,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Kept>> {
    user.may(Act::Send)?;
    let too_long = || Error::TooLarge(send::REPORT_BYTES_MAX >> 20);
    let mail = body.map_err(|_| too_long())?;
    let (app, ambient) = (&web.app, &web.app.ambient);
    let scope = ReportScope {
        workspace: Some(user.workspace),
        user: scope(&user),
    };
    let sender = &app.sender;
    let ours = (&*sender.keyring, &sender.tracker, &*sender.suppression);
    let now = (ambient.now)();
    let kept = send::keep_report(&app.store, scope, &mail, ours, ambient.random, now).await;
    match kept {
        Ok(copies) => Ok(Json(Kept { copies })),
        Err(ReportError::TooLong) => Err(too_long()),
        Err(error @ ReportError::NotOne) => Err(Error::Invalid {
            field: "mail",
            why: error.to_string(),
        }),
        Err(ReportError::Store(error)) => Err(error.into()),
    }
}
