//! What a page says after a button was pressed: a title, some sentences, the topics it was about, the way back.

use crate::names::Names;
use crate::page::Plain;
use crate::texts::Texts;
use axum::response::Response;
use http::StatusCode;
use model::Topic;

/// The parts of such a page; the names are filled in when it is answered.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) status: StatusCode,
    pub(super) title: &'a str,
    pub(super) before: &'a [&'a str],
    pub(super) topics: &'a [Topic],
    pub(super) after: &'a [&'a str],
}

impl Said<'_> {
    /// The page. `back` leads to the person's own page.
    pub(super) fn answer(&self, t: &'static Texts, names: &Names, back: String) -> Response {
        let fill = |texts: &[&str]| texts.iter().map(|text| names.fill(text)).collect();
        let page = Plain {
            t,
            title: self.title.to_owned(),
            before: fill(self.before),
            points: self.topics.iter().map(|topic| t.topic(*topic)).collect(),
            after: fill(self.after),
            leads_to_start: false,
            back: Some(back),
        };
        page.answer(self.status)
    }
}
