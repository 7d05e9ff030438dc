//! Style sheet and script, in the program itself. Their addresses hold a digest of their content, so browsers may keep
//! them for ever, and a new version is a new address.

use crate::error::Error;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::Sha256;
use std::sync::LazyLock;

struct Asset {
    url: String,
    kind: &'static str,
    body: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, body: &'static str) -> Self {
        let digest = Sha256::of(body).to_string();
        Self {
            url: format!("/assets/{stem}.{}.{ending}", &digest[..12]),
            kind,
            body,
        }
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "style",
        "css",
        "text/css; charset=utf-8",
        include_str!("../assets/style.css"),
    )
});
static LIVE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "live",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/live.js"),
    )
});
static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "icon",
        "svg",
        "image/svg+xml",
        include_str!("../assets/icon.svg"),
    )
});

/// The style sheet's address.
pub(crate) fn style() -> &'static str {
    &STYLE.url
}

/// The script's address.
pub(crate) fn script() -> &'static str {
    &LIVE.url
}

/// The icon's address.
pub(crate) fn icon() -> &'static str {
    &ICON.url
}

/// `GET /assets/{name}`
pub(crate) async fn serve(Path(name): Path<String>) -> Result<Response, Error> {
    let asset = [&*STYLE, &*LIVE, &*ICON]
        .into_iter()
        .find(|a| a.url.strip_prefix("/assets/") == Some(&name));
    let asset = asset.ok_or(Error::NotFound("file"))?;
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.body).into_response())
}
