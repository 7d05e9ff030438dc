//! A visit to one of the recipient's pages: from the token in the address to what the page is about.

use crate::app::App;
use crate::page::{self, Reader};
use axum::response::Response;
use http::StatusCode;
use model::token::Claim;
use model::{Language, Purpose};
use std::time::Duration;
use store::Around;

/// A page waits so long for the store, then says that one should come back.
const STORE_WAIT_MAX: Duration = Duration::from_secs(5);

/// Why there is no page.
pub(crate) enum Trouble {
    /// Forged, unknown, erased: nobody learns which.
    Missing,
    /// The store does not answer.
    Unavailable,
    /// A POST that is not ours.
    Elsewhere(StatusCode),
}

impl Trouble {
    /// The page that says so.
    pub(crate) fn answer(&self, reader: Reader) -> Response {
        match self {
            Self::Missing => page::missing(reader),
            Self::Unavailable => page::unavailable(reader),
            Self::Elsewhere(status) => page::elsewhere(reader, *status),
        }
    }
}

/// What a token says, which is the rest of the path after `prefix`.
pub(crate) fn claim(
    app: &App,
    purpose: Purpose,
    prefix: &str,
    path: &str,
) -> Result<Claim, Trouble> {
    let token = path.strip_prefix(prefix).unwrap_or("");
    app.tracker
        .keyring
        .verify(purpose, token, "")
        .map_err(|_| Trouble::Missing)
}

/// Waits for the store, but not for ever.
pub(crate) async fn stored<T>(
    work: impl Future<Output = Result<T, store::Error>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(STORE_WAIT_MAX, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a recipient's page has to wait for the store: {error}");
            Err(Trouble::Unavailable)
        }
        Err(_) => Err(Trouble::Unavailable),
    }
}

/// The language for a reader whose browser names none of ours.
pub(crate) fn language_of(around: &Around) -> Language {
    around.contact.language.unwrap_or(around.workspace.language)
}
