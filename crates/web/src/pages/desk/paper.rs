//! The generated papers, as pages to print and as JSON to compare.

use super::super::{Page, show as render};
use super::When;
use super::sheet::{Cell, Sheet};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Id;
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::Language;
use model::paper::{self, Section, Setup};
use model::role::Act;

#[derive(Template)]
#[template(path = "desk/paper.html")]
struct PaperPage {
    page: Page,
    made: When,
    sections: Vec<Section>,
    downloads: Vec<(String, &'static str)>,
}

const PAPERS: [(&str, &str, &str); 5] = [
    (
        "records",
        "Records of processing",
        "Art. 30 GDPR: what is processed, for what, how long, who gets it",
    ),
    (
        "impact",
        "Impact assessment",
        "Art. 35 GDPR: a start, with your real modes and numbers",
    ),
    (
        "interests",
        "Assessment of legitimate interests",
        "for mail to people who did not ask for it; never for tracking",
    ),
    (
        "notice",
        "Text for the privacy notice",
        "Art. 13 GDPR: a paragraph for each mode in use, in five languages",
    ),
    (
        "processor",
        "Annex for a processor",
        "Art. 28 GDPR: what is processed, and who else takes part",
    ),
];

/// The languages of the text for the privacy notice, by their own names.
const LANGUAGES: [(Language, &str); 5] = [
    (Language::En, "English"),
    (Language::De, "Deutsch"),
    (Language::Fr, "Français"),
    (Language::It, "Italiano"),
    (Language::Es, "Español"),
];

impl PaperPage {
    /// The language of a section that is not in the page's own.
    fn language(section: &Section) -> Option<&'static str> {
        let named = LANGUAGES.iter().find(|(_, name)| *name == section.title);
        named.map(|(language, _)| language.as_str())
    }
}

fn sections(name: &str, setup: &Setup) -> Option<Vec<Section>> {
    Some(match name {
        "records" => paper::records(setup),
        "impact" => paper::impact_assessment(setup),
        "interests" => paper::interest_assessment(setup),
        "processor" => paper::processor_annex(setup),
        "notice" => {
            let section = |(language, title): (Language, &str)| Section {
                title: title.into(),
                lines: paper::privacy_notice(setup, language),
            };
            LANGUAGES.into_iter().map(section).collect()
        }
        _ => return None,
    })
}

/// `GET /compliance/paper`
pub(super) async fn index(user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let row = |(name, title, about): (&str, &str, &str)| {
        vec![
            Cell::Link(format!("/compliance/paper/{name}"), title.into()),
            Cell::Text(about.into()),
        ]
    };
    Ok(Sheet {
        page: Page::of(&user, "compliance", "Papers"),
        here: "paper",
        sees_all: true,
        intro: "Texts that follow your settings as they are today. They are drafts: have them read by your counsel."
            .into(),
        filter: None,
        columns: vec!["Paper", "What it is"],
        rows: PAPERS.into_iter().map(row).collect(),
        empty: ("", ""),
        more: None,
        downloads: Vec::new(),
        next: None,
    }
    .respond())
}

/// `GET /compliance/paper/{name}`, and the same with `.json` behind it.
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Id(name): Id<String>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let (name, as_json) = match name.strip_suffix(".json") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let known = PAPERS.iter().find(|(known, ..)| *known == name);
    let (_, title, _) = known.ok_or(Error::NotFound("paper"))?;
    let now = (web.app.ambient.now)();
    let (store, disclosure) = (&web.app.store, &web.app.disclosure);
    let setup = store.paper_setup(user.workspace, disclosure, now).await?;
    let setup = setup.ok_or(Error::NotFound("workspace"))?;
    let sections = sections(name, &setup).ok_or(Error::NotFound("paper"))?;
    if as_json {
        // A line a fact, and the same facts in the same order: two of different days can be compared by line.
        let text = serde_json::to_string_pretty(&paper::as_json(name, now, &setup, &sections));
        let text = text.map_err(|_| Error::Internal)? + "\n";
        return Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response());
    }
    Ok(render(&PaperPage {
        page: Page::of(&user, "compliance", *title),
        made: When(now),
        sections,
        downloads: vec![(format!("/compliance/paper/{name}.json"), "As JSON")],
    }))
}
