//! Everything that can go wrong for whoever asks, and its two faces: problem+json (RFC 9457) and a page.
//!
//! A handler returns an [`Error`]; [`dress`] turns it into what the asker can read, by path and `Accept`. Causes go to
//! the log, never outside.

use crate::pages::{ErrorPage, Page};
use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

/// What the asker did wrong, or could not get.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// It does not exist, or not for this user.
    #[error("There is no such {0} here.")]
    NotFound(&'static str),
    /// Known, but not allowed.
    #[error("{0}")]
    Forbidden(String),
    /// Not signed in.
    #[error("Sign in first, or send an API key as “Authorization: Bearer …”.")]
    Unauthorized,
    /// The query of the address is not understood.
    #[error("{0}")]
    Query(String),
    /// A field of the body is not acceptable.
    #[error("{field}: {why}")]
    Invalid { field: &'static str, why: String },
    /// It exists already, or something else stands in the way.
    #[error("{0}")]
    Conflict(String),
    /// Too often.
    #[error("Too many attempts. Try again in a minute.")]
    TooMany,
    /// The body is over its bound.
    #[error("The body is larger than the {0} MB that are taken here.")]
    TooLarge(usize),
    /// The body ended early, or came too slowly.
    #[error("The body did not arrive whole. Nothing was changed; send it again.")]
    BrokenOff,
    /// The body is of another kind.
    #[error("The body must be {0}.")]
    UnsupportedMedia(&'static str),
    /// The address exists, this method on it does not.
    #[error("This address does not answer this method.")]
    MethodNotAllowed,
    /// Not now.
    #[error("The database does not answer at the moment. Nothing was changed; try again shortly.")]
    Unavailable,
    /// Our fault.
    #[error("Something went wrong here; it has been noted in the log.")]
    Internal,
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Query(_) => StatusCode::BAD_REQUEST,
            Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenOff => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMedia(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable(_) | store::Error::Full => {
                tracing::error!("a page could not be answered: {error}");
                Self::Unavailable
            }
            // Not logged: the cause may quote a row, and a row may hold an address.
            store::Error::Conflict(_) => Self::Conflict("That exists already.".into()),
            store::Error::Corrupt(_) => {
                tracing::error!("a page could not be answered: {error}");
                Self::Internal
            }
        }
    }
}

impl From<send::Refusal> for Error {
    fn from(refusal: send::Refusal) -> Self {
        match refusal {
            send::Refusal::NotYourIdentity(_) | send::Refusal::MayNotSend => {
                Self::Forbidden(refusal.to_string())
            }
            send::Refusal::Nobody(..) => Self::Invalid {
                field: "to",
                why: refusal.to_string(),
            },
            send::Refusal::BadMail(why) => Self::Invalid { field: "mail", why },
            send::Refusal::TryLater(cause) => cause.into(),
        }
    }
}

impl From<model::source::Unclear> for Error {
    fn from(unclear: model::source::Unclear) -> Self {
        Self::Invalid {
            field: unclear.field,
            why: unclear.why,
        }
    }
}

/// Undressed: [`dress`] finds the error among the response's extensions.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of an error, as RFC 9457 has it. `type` is left out, which means `about:blank`: the status says it.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Problem {
    /// The status in words.
    title: &'static str,
    /// The status as a number.
    status: u16,
    /// What was wrong and what to do.
    detail: String,
    /// The field of the body that was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

/// Gives errors the form that the asker can read.
pub(crate) async fn dress(request: Request, next: Next) -> Response {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let page = !request.uri().path().starts_with("/api/") && accept.contains("text/html");
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let here = request
        .uri()
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);

    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<Error>() else {
        return response;
    };
    let mut dressed = match (&error, page) {
        (Error::Unauthorized, true) if reads && here != "/" => {
            let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
            Redirect::to(&format!("/sign-in?next={next}")).into_response()
        }
        (Error::Unauthorized, true) => Redirect::to("/sign-in").into_response(),
        (_, true) => as_page(&error),
        (_, false) => as_problem(&error),
    };
    // A 405 names the methods there are (RFC 9110 §15.5.6); the router has put them there already.
    if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
        dressed.headers_mut().insert(header::ALLOW, allow);
    }
    dressed
}

fn as_page(error: &Error) -> Response {
    let status = error.status();
    let page = ErrorPage {
        page: Page::public(match error {
            Error::NotFound(_) => "Not found",
            Error::Forbidden(_) => "Not allowed",
            Error::Unavailable => "Please come back in a few minutes",
            _ => "That did not work",
        }),
        detail: error.to_string(),
    };
    (status, page.render_html()).into_response()
}

fn as_problem(error: &Error) -> Response {
    let status = error.status();
    let field = if let Error::Invalid { field, .. } = error {
        Some(*field)
    } else {
        None
    };
    let title = status.canonical_reason().unwrap_or("Error");
    let body = Problem {
        title,
        status: status.as_u16(),
        detail: error.to_string(),
        field,
    };
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if *error == Error::Unauthorized {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if *error == Error::TooMany {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}
