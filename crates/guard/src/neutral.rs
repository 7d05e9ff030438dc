//! Trackers taken out where they stand, everything else left to the byte: what `html` does, and to plain text every mode.

use std::collections::HashSet;
use std::ops::Range;

use mail::{Span, Text};

use crate::css;
use crate::find::{Place, Site};
use crate::judge::Finding;
use crate::vector::{Load, Vector};

/// One transparent pixel, which takes whatever size the mail gives it.
pub(crate) const PIXEL: &str =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
/// Nothing, for what is no picture.
const NOTHING: &str = "data:,";

/// What to change in a body, in order and without overlap.
pub(crate) fn spans(text: &Text<'_>, findings: &[&Finding]) -> Vec<Span> {
    let mut spans: Vec<Span> = findings
        .iter()
        .filter_map(|finding| span(text, finding, findings))
        .collect();
    spans.sort_by_key(|span| (span.range.start, span.range.end));
    let mut end = 0;
    spans.retain(|span| {
        let fits = span.range.start >= end;
        if fits {
            end = span.range.end.max(end + 1);
        }
        fits
    });
    spans
}

fn is_blocked(finding: &Finding) -> bool {
    finding.kind.is_tracker() && finding.load == Load::Auto
}

fn span(text: &Text<'_>, finding: &Finding, all: &[&Finding]) -> Option<Span> {
    match &finding.site {
        Site::Value(place) if is_blocked(finding) => {
            let new = match finding.vector {
                Vector::ImageSet | Vector::Meta => "",
                vector if vector.is_drawn() => PIXEL,
                _ => NOTHING,
            };
            Some(value(place, new))
        }
        Site::Value(place) if finding.vector == Vector::Ping => Some(value(place, "")),
        Site::Value(place) => {
            let to = finding.destination.as_ref()?;
            Some(value(place, &mail::encode_html(to.as_str())))
        }
        Site::Style(place) if is_blocked(finding) => {
            let raw = text.read(place.value.clone());
            let style = mail::decode_attribute(&raw).unwrap_or_else(|| raw.clone());
            let blocked: HashSet<&str> = all
                .iter()
                .filter(|other| is_blocked(other) && other.site == finding.site)
                .map(|other| other.written.as_str())
                .collect();
            let lexemes = css::lexemes(&style);
            let found = css::references(&lexemes).into_iter();
            let pixel = format!("url({PIXEL})");
            let gone: Vec<_> = found
                .filter(|found| blocked.iter().any(|url| found.url.starts_with(*url)))
                .map(|found| (found.span, pixel.as_str()))
                .collect();
            Some(value(
                place,
                &mail::encode_html(css::replaced(&style, &gone)),
            ))
        }
        Site::Sheet(range) if is_blocked(finding) => {
            let new = if finding.vector == Vector::Import {
                NOTHING
            } else {
                PIXEL
            };
            Some(plain(range, format!("url({new})")))
        }
        Site::Text(Some(range)) => {
            let to = finding.destination.as_ref()?;
            Some(plain(range, to.as_str().to_owned()))
        }
        _ => None,
    }
}

fn value(place: &Place, new: &str) -> Span {
    let (text, after) = if place.quoted {
        (new.to_owned(), place.value.end + 1)
    } else {
        (format!("\"{new}\""), place.value.end)
    };
    Span {
        range: place.value.clone(),
        text,
        break_before: place.name,
        break_after: after,
    }
}

fn plain(range: &Range<usize>, text: String) -> Span {
    Span {
        range: range.clone(),
        text,
        break_before: range.start,
        break_after: range.end,
    }
}
