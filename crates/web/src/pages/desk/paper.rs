//! The generated papers, as pages to print and as JSON to compare.

use super::super::{Page, show as render};
use super::sheet::{Cell, Sheet};
use super::{DAY, When};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Id;
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::paper::{self, Data, Section, Setup};
use model::role::Act;
use model::{ConsentState, Language, Mode, PerAxis};
use store::{RegisterFilter, Registered};

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

/// What the papers are made from, as it is now.
async fn setup(web: &Shared, user: &User) -> Result<Setup> {
    let (store, now) = (&web.app.store, (web.app.ambient.now)());
    let workspace = store
        .workspace(user.workspace)
        .await?
        .ok_or(Error::NotFound("workspace"))?;
    let instance = store.instance().await?;
    let members = store.members(user.workspace).await?;
    let on = instance.tracking && workspace.tracking;
    let axis = |a: Mode, b: Mode| if on { a.min(b) } else { Mode::None };
    let (i, w) = (instance.ceiling, workspace.ceiling);
    let year = now - 365 * DAY;
    let filter = RegisterFilter {
        from: Some(year),
        limit: 100_000,
        ..RegisterFilter::default()
    };
    let mails = store.register(user.workspace, filter).await?;
    let counts = store.consent_counts(user.workspace, year, now).await?;
    let of = |states: &[ConsentState]| {
        counts
            .iter()
            .filter(|(state, _)| states.contains(state))
            .map(|(_, n)| n)
            .sum()
    };
    let data = store::inventory::TABLES
        .iter()
        .filter(|t| t.is_personal())
        .map(|t| Data {
            table: t.name,
            what: t.holds,
            until: t.kept.sentence(),
        });
    Ok(Setup {
        controller: workspace.name,
        postal_address: workspace.postal_address,
        contact: workspace.contact,
        modes: PerAxis {
            open: axis(i.open, w.open),
            click: axis(i.click, w.click),
            document: axis(i.document, w.document),
        },
        users: members.iter().filter(|m| m.limits.active).count() as u32,
        trackers: members
            .iter()
            .filter(|m| m.limits.active && m.limits.may_track)
            .count() as u32,
        tracked_mails: mails.len() as u32,
        tracked_copies: mails.iter().map(Registered::tracked_copies).sum(),
        given: of(&[ConsentState::Given]),
        taken_back: of(&[ConsentState::Refused, ConsentState::Withdrawn]),
        data: data.collect(),
    })
}

fn sections(name: &str, setup: &Setup) -> Option<Vec<Section>> {
    Some(match name {
        "records" => paper::records(setup),
        "impact" => paper::impact_assessment(setup),
        "interests" => paper::interest_assessment(setup),
        "processor" => paper::processor_annex(setup),
        "notice" => {
            let languages = [
                (Language::En, "English"),
                (Language::De, "Deutsch"),
                (Language::Fr, "Français"),
                (Language::It, "Italiano"),
                (Language::Es, "Español"),
            ];
            let section = |(language, title): (Language, &str)| Section {
                title: title.into(),
                lines: paper::privacy_notice(setup, language),
            };
            languages.into_iter().map(section).collect()
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
        page: Page::of(&user, "compliance", "Paper"),
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
    let setup = setup(&web, &user).await?;
    let sections = sections(name, &setup).ok_or(Error::NotFound("paper"))?;
    let now = (web.app.ambient.now)();
    if as_json {
        return Ok(Json(paper::as_json(name, now, &setup, &sections)).into_response());
    }
    Ok(render(&PaperPage {
        page: Page::of(&user, "compliance", *title),
        made: When(now),
        sections,
        downloads: vec![(format!("/compliance/paper/{name}.json"), "As JSON")],
    }))
}
