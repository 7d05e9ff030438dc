//! One form for all lists of the desk: a title, what it shows, a table, and what belongs there while it is empty.

use super::super::{Page, show as render};
use super::{DAY, When, date, day};
use crate::auth::User;
use crate::error::{Error, Result};
use askama::Template;
use askama::filters::{Escaper, Html, HtmlSafe};
use axum::response::Response;
use model::Time;
use serde::Deserialize;
use std::fmt;

/// Lines of a page.
pub(super) const PAGE: usize = 100;

/// One field of a table.
pub(super) enum Cell {
    Text(String),
    Link(String, String),
    At(Time),
    Lines(Vec<String>),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Html.write_escaped_str(&mut *f, text),
            Self::Link(href, text) => {
                f.write_str("<a href=\"")?;
                Html.write_escaped_str(&mut *f, href)?;
                f.write_str("\">")?;
                Html.write_escaped_str(&mut *f, text)?;
                f.write_str("</a>")
            }
            Self::At(at) => write!(f, "{}", When(*at)),
            Self::Lines(lines) => {
                for (i, line) in lines.iter().enumerate() {
                    if i > 0 {
                        f.write_str("<br>")?;
                    }
                    Html.write_escaped_str(&mut *f, line)?;
                }
                Ok(())
            }
        }
    }
}

impl HtmlSafe for Cell {}

/// Which time a list is about, as its form has it.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Span {
    pub(super) from: String,
    pub(super) to: String,
    /// Where the page before ended, in lists that have pages.
    pub(super) after: String,
}

impl Span {
    /// From and before; thirty days up to now where nothing is said. Fills the form in.
    pub(super) fn times(&mut self, now: Time) -> Result<(Time, Time)> {
        if self.from.is_empty() {
            self.from = date(now - 30 * DAY);
        }
        if self.to.is_empty() {
            self.to = date(now);
        }
        let bad = |text: &str| Error::Query(format!("{text:?} is no date: write 2026-11-22."));
        let from = day(&self.from).ok_or_else(|| bad(&self.from))?;
        let to = day(&self.to).ok_or_else(|| bad(&self.to))?;
        Ok((from, to + DAY))
    }
}

#[derive(Template)]
#[template(path = "desk/sheet.html")]
pub(super) struct Sheet {
    pub(super) page: Page,
    pub(super) here: &'static str,
    pub(super) sees_all: bool,
    pub(super) intro: String,
    pub(super) filter: Option<Span>,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Title and sentence for an empty list.
    pub(super) empty: (&'static str, &'static str),
    pub(super) more: Option<String>,
    pub(super) downloads: Vec<(String, &'static str)>,
    /// The next thing to do here.
    pub(super) next: Option<(&'static str, &'static str)>,
}

impl Sheet {
    /// An empty list with this title, under this tab, for somebody who sees all: the rest is filled in by struct update.
    pub(super) fn of(user: &User, title: impl Into<String>, here: &'static str) -> Self {
        Self {
            page: Page::of(user, "compliance", title),
            here,
            sees_all: true,
            intro: String::new(),
            filter: None,
            columns: Vec::new(),
            rows: Vec::new(),
            empty: ("", ""),
            more: None,
            downloads: Vec::new(),
            next: None,
        }
    }

    /// A row's fields with the names of their columns.
    fn cells<'a>(&'a self, row: &'a [Cell]) -> impl Iterator<Item = (&'static str, &'a Cell)> {
        self.columns.iter().copied().zip(row)
    }

    pub(super) fn respond(self) -> Response {
        render(&self)
    }
}
