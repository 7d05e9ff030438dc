//! `/.well-known/security.txt` (RFC 9116): where to say that something here is broken, for whoever finds it.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use model::url::Origin;
use model::{Ambient, Time};
use std::time::Duration;

const PATH: &str = "/.well-known/security.txt";
/// How long what it says may be relied on. The file is made anew for each request, so it never runs out by itself; RFC
/// 9116 §2.5.5 wants less than a year.
const GOOD_FOR: Duration = Duration::from_hours(90 * 24);

/// The one page, on the origin that it names. Without a contact there is none: the RFC demands one.
pub(crate) fn router(contact: Option<&str>, origin: &Origin, ambient: Ambient) -> Router {
    let Some(contact) = contact.map(str::to_owned) else {
        return Router::new();
    };
    let canonical = format!("{}{PATH}", origin.as_str());
    let page = move || {
        let text = text(&contact, &canonical, (ambient.now)());
        async { ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text) }
    };
    Router::new().route(PATH, get(page))
}

fn text(contact: &str, canonical: &str, now: Time) -> String {
    let expires = jiff::Timestamp::from_millisecond((now + GOOD_FOR).0).unwrap_or_default();
    format!(
        "Contact: {contact}\nExpires: {expires:.0}\nPreferred-Languages: en\nCanonical: {canonical}\n"
    )
}

/// A way to reach somebody, as RFC 9116 §2.5.3 takes it: a `mailto:`, `https:` or `tel:` URI on one line.
pub(crate) fn is_contact(uri: &str) -> bool {
    let known = ["mailto:", "https://", "tel:"];
    let printable = uri.bytes().all(|b| b.is_ascii_graphic());
    printable
        && known
            .iter()
            .any(|scheme| uri.len() > scheme.len() && uri.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_sec_18_the_fields_are_there_and_hold_for_less_than_a_year() {
        let now = Time(1_795_000_000_000);
        let text = text(
            "mailto:it@example.org",
            "https://o.example/.well-known/security.txt",
            now,
        );
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).trim()
        };
        assert_eq!(field("Contact:"), "mailto:it@example.org");
        assert_eq!(
            field("Canonical:"),
            "https://o.example/.well-known/security.txt"
        );
        let expires: jiff::Timestamp = field("Expires:").parse().unwrap();
        let days = (expires.as_millisecond() - now.0) / 86_400_000;
        assert!((30..365).contains(&days), "{days}");
    }

    #[test]
    fn a_contact_is_a_uri_on_one_line() {
        assert!(
            is_contact("mailto:security@example.org") && is_contact("https://example.org/report")
        );
        for wrong in [
            "security@example.org",
            "mailto:",
            "http://example.org",
            "mailto:a@b\nEvil: 1",
            "",
        ] {
            assert!(!is_contact(wrong), "{wrong}");
        }
    }
}
