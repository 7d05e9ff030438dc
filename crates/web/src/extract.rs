//! What requests bring, parsed on arrival; what does not parse becomes an [`Error`] that says so.

use crate::error::Error;
use axum::extract::rejection::{BytesRejection, FormRejection};
use axum::extract::{Form, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The query of the address. An unknown or malformed parameter is an error, not a surprise.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Error::Query(rejection.body_text())),
        }
    }
}

/// The fields of a form.
pub(crate) struct Fields<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Fields<T> {
    type Rejection = Error;
    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Form::from_request(request, state).await {
            Ok(Form(value)) => Ok(Self(value)),
            Err(FormRejection::InvalidFormContentType(_)) => Err(Error::UnsupportedMedia(
                "a form (application/x-www-form-urlencoded)",
            )),
            Err(FormRejection::BytesRejection(rejection)) => {
                Err(unread(&rejection, crate::FORM_BYTES_MAX))
            }
            Err(rejection) => Err(Error::Invalid {
                field: "form",
                why: rejection.body_text(),
            }),
        }
    }
}

/// Why a body could not be read: over its bound, or it stopped coming.
pub(crate) fn unread(rejection: &BytesRejection, bytes_max: usize) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge(bytes_max >> 20)
    } else {
        Error::BrokenOff
    }
}

/// The one identifier in a path. What is not an identifier names nothing.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::NotFound("page"))?;
        text.parse().map(Self).map_err(|_| Error::NotFound("page"))
    }
}
