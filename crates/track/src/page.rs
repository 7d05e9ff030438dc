//! What all pages share: language, frame, headers, and the plain ones that only say something.
//!
//! A page carries its style in itself, allowed by hash; the policy allows nothing else: no script, no picture, no
//! frame, no form to elsewhere. An address that is wrong in any way gets one and the same page, so that pages do not
//! tell what exists.

use crate::texts::Texts;
use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use model::url::Origin;
use model::{Language, Sha256};
use std::sync::LazyLock;

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64.encode(&Sha256::of(STYLE).0);
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// Seconds until a page that cannot be shown is worth another try.
const RETRY_AFTER_SECONDS: &str = "60";

/// What a request says about the reader's language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    wish: Option<Language>,
}

impl Reader {
    /// The language chosen on the page (`?lang=`), else what the browser prefers.
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri) -> Self {
        let query = form_urlencoded::parse(uri.query().unwrap_or("").as_bytes());
        let chosen = query
            .into_iter()
            .find(|(key, _)| key == "lang")
            .and_then(|(_, code)| code.parse().ok());
        let preferred = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        Self {
            wish: chosen.or_else(|| preferred.and_then(Language::preferred)),
        }
    }

    /// The texts in the reader's language, or in `otherwise` when the browser names none that there are texts for.
    pub(crate) fn texts_or(self, otherwise: Language) -> &'static Texts {
        Texts::of(self.wish.unwrap_or(otherwise))
    }

    /// The texts where nothing else is known.
    pub(crate) fn texts(self) -> &'static Texts {
        self.texts_or(Language::default())
    }
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "plain.html")]
pub(crate) struct Plain {
    pub(crate) t: &'static Texts,
    pub(crate) title: String,
    pub(crate) before: Vec<String>,
    /// Short lines between the paragraphs.
    pub(crate) points: Vec<&'static str>,
    pub(crate) after: Vec<String>,
    /// The way back to the person's page.
    pub(crate) back: Option<String>,
    /// Whether it shows the way in for people who have no link, or whose link does not work.
    pub(crate) leads_to_start: bool,
}

impl Plain {
    /// A page without a way back.
    pub(crate) fn new(t: &'static Texts, title: &str, paragraphs: &[&str]) -> Self {
        Self {
            t,
            title: title.to_owned(),
            before: paragraphs.iter().map(|&p| p.to_owned()).collect(),
            points: Vec::new(),
            after: Vec::new(),
            back: None,
            leads_to_start: false,
        }
    }

    /// The answer.
    pub(crate) fn answer(&self, status: StatusCode) -> Response {
        html(status, self.t, self)
    }
}

/// Lets a page stand in a frame of one site, and of no other.
pub(crate) fn framed_by(mut page: Response, site: &str) -> Response {
    let policy = POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {site}"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        let headers = page.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// A page as an answer.
pub(crate) fn html(status: StatusCode, t: &Texts, page: &impl Template) -> Response {
    let body = match page.render() {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered: {error}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, t.language.as_str()),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
    ];
    (status, headers, body).into_response()
}

/// Forged, unknown and mistyped addresses alike.
pub(crate) fn missing(reader: Reader) -> Response {
    let t = reader.texts();
    let mut page = Plain::new(t, t.missing_title, &[t.missing]);
    page.leads_to_start = true;
    page.answer(StatusCode::NOT_FOUND)
}

/// The store does not answer.
pub(crate) fn unavailable(reader: Reader) -> Response {
    let t = reader.texts();
    let page = Plain::new(t, t.unavailable_title, &[t.unavailable]);
    let mut response = page.answer(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(
        header::RETRY_AFTER,
        HeaderValue::from_static(RETRY_AFTER_SECONDS),
    );
    response
}

/// A POST that did not come from one of our pages, or that no page of ours makes.
pub(crate) fn elsewhere(reader: Reader, status: StatusCode) -> Response {
    let t = reader.texts();
    Plain::new(t, t.elsewhere_title, &[t.elsewhere]).answer(status)
}

/// A link whose MAC does not fit. It must not show where it wanted to lead.
pub(crate) fn forged_link(reader: Reader) -> Response {
    let t = reader.texts();
    Plain::new(t, t.forged_title, &[t.forged, t.forged_next]).answer(StatusCode::NOT_FOUND)
}

pub(crate) async fn home(request: Request) -> Response {
    let t = Reader::of(request.headers(), request.uri()).texts();
    let mut page = Plain::new(t, t.home_title, &[t.home]);
    page.leads_to_start = true;
    page.answer(StatusCode::OK)
}

pub(crate) async fn not_found(request: Request) -> Response {
    missing(Reader::of(request.headers(), request.uri()))
}

pub(crate) async fn not_allowed(request: Request) -> Response {
    elsewhere(
        Reader::of(request.headers(), request.uri()),
        StatusCode::METHOD_NOT_ALLOWED,
    )
}

/// A form that was sent from one of our pages.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a POST, or says why not: sent from another site, or too large.
    ///
    /// There are no cookies to abuse, and nobody elsewhere knows the token in the address; that another site's button
    /// must not press ours is a second lock. Browsers of before 2023 send only `Origin`, and `null` there when the page
    /// has our referrer policy.
    pub(crate) async fn read(request: Request, origin: &Origin) -> Result<Self, StatusCode> {
        let (parts, body) = request.into_parts();
        if !is_from_here(&parts.headers, origin) {
            return Err(StatusCode::FORBIDDEN);
        }
        let body = axum::body::to_bytes(Body::new(body), crate::app::BODY_BYTES_MAX).await;
        let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }

    /// The first value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

fn is_from_here(headers: &HeaderMap, origin: &Origin) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, None | Some("null")) => true,
        (None, Some(from)) => {
            let host = from.split_once("://").map(|(_, host)| host);
            from == origin.as_str() || (host.is_some() && host == text("host"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (
                name.parse::<header::HeaderName>().unwrap(),
                HeaderValue::from_static(value),
            )
        });
        is_from_here(
            &headers.collect(),
            &"https://t.example.org".parse().unwrap(),
        )
    }

    #[test]
    fn r_sec_08_only_our_own_pages_may_post() {
        assert!(accepts(&[]));
        assert!(accepts(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
        assert!(accepts(&[("sec-fetch-site", "none")]));
        assert!(accepts(&[("origin", "https://t.example.org")]));
        assert!(accepts(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(accepts(&[("origin", "null")]));
        assert!(!accepts(&[("sec-fetch-site", "cross-site")]));
        assert!(!accepts(&[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://t.example.org")
        ]));
        assert!(!accepts(&[
            ("origin", "https://evil.example"),
            ("host", "t.example.org")
        ]));
        assert!(!accepts(&[(
            "origin",
            "https://t.example.org.evil.example"
        )]));
        assert!(!accepts(&[("origin", "")]));
    }

    #[test]
    fn the_readers_language() {
        let texts = |accept: &str, uri: &str| {
            let headers = [(header::ACCEPT_LANGUAGE, accept.parse().unwrap())]
                .into_iter()
                .collect();
            Reader::of(&headers, &uri.parse().unwrap())
                .texts_or(Language::It)
                .language
        };
        assert_eq!(texts("de-CH, en", "/p/x"), Language::De);
        assert_eq!(texts("de-CH, en", "/p/x?lang=fr"), Language::Fr);
        assert_eq!(texts("de-CH, en", "/p/x?lang=%3Cscript%3E"), Language::De);
        assert_eq!(texts("ja", "/p/x"), Language::It);
    }
}
