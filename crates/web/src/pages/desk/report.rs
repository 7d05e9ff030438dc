//! The monthly report: what happened, for those who answer for it.

use super::super::view::consent_word;
use super::csv::FILE;
use super::sheet::{Cell, Sheet};
use super::{DAY, date, day};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Params;
use axum::extract::State;
use axum::response::Response;
use model::Time;
use model::role::Act;
use serde::Deserialize;
use store::{RegisterFilter, Registered};

/// Which month.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Which {
    month: String,
}

/// What happened in a month, for those who answer for it: lines of a name and a figure, by heading.
pub(crate) async fn month_report(
    web: &Shared,
    user: &store::User,
    month: &str,
) -> Result<Vec<(&'static str, String, u64)>> {
    let (store, workspace) = (&web.app.store, user.workspace);
    let bad = || Error::Query(format!("{month:?} is no month: write 2026-11."));
    let first: jiff::civil::Date = format!("{month}-01").parse().map_err(|_| bad())?;
    let next = first
        .checked_add(jiff::Span::new().months(1))
        .map_err(|_| bad())?;
    let (from, to) = (
        day(&first.to_string()).ok_or_else(bad)?,
        day(&next.to_string()).ok_or_else(bad)?,
    );
    let mut lines = Vec::new();
    let filter = RegisterFilter {
        from: Some(from),
        to: Some(to),
        limit: FILE,
        ..RegisterFilter::default()
    };
    let members = store.members(workspace).await?;
    let mails = store.register(workspace, filter).await?;
    for m in &members {
        let copies: u32 = mails
            .iter()
            .filter(|l| l.user == m.user.id)
            .map(Registered::tracked_copies)
            .sum();
        if copies > 0 {
            lines.push(("Tracked copies", m.user.name.clone(), copies.into()));
        }
    }
    for (state, n) in store.consent_counts(workspace, from, to).await? {
        let words = consent_word(state).to_owned();
        lines.push(("Changes of consent", words, n.into()));
    }
    for e in store.exceptions(workspace, from, to).await? {
        lines.push(("Lowered", e.reason.sentence().to_owned(), e.copies.into()));
    }
    let within = |at: Time| at >= from && at < to;
    let requests = store.requests(workspace, u16::MAX).await?;
    let count =
        |what: &dyn Fn(&store::Request) -> bool| requests.iter().filter(|r| what(r)).count() as u64;
    let came = count(&|r| within(r.clock.received_at));
    let answered = count(&|r| r.clock.answered_at.is_some_and(within));
    let late = count(&|r| {
        within(r.clock.due_at) && r.clock.answered_at.is_none_or(|at| at > r.clock.due_at)
    });
    lines.push(("Requests of persons", "Came in".into(), came));
    lines.push(("Requests of persons", "Answered".into(), answered));
    lines.push(("Requests of persons", "Not answered in time".into(), late));
    let breaches = store.breaches(workspace).await?;
    let noted = breaches.iter().filter(|b| within(b.aware_at)).count() as u64;
    lines.push(("Breaches", "Became known".into(), noted));
    let expiring = store
        .consents_expiring(workspace, to, 60 * DAY, 1_000)
        .await?;
    lines.push((
        "Consents",
        "End within 60 days of the month’s end".into(),
        expiring.len() as u64,
    ));
    Ok(lines)
}

/// `GET /compliance/report`
pub(super) async fn page(
    State(web): State<Shared>,
    user: User,
    Params(which): Params<Which>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let now = (web.app.ambient.now)();
    let month = if which.month.is_empty() {
        date(now).chars().take(7).collect()
    } else {
        which.month
    };
    let lines = month_report(&web, &user, &month).await?;
    let first: jiff::civil::Date = format!("{month}-01").parse().unwrap_or_default();
    let before = first.saturating_sub(jiff::Span::new().months(1));
    let row = |(about, what, n): (&'static str, String, u64)| {
        vec![
            Cell::Text(about.into()),
            Cell::Text(what),
            Cell::Text(n.to_string()),
        ]
    };
    Ok(Sheet {
        intro: "What happened in this month, for whoever answers for it. Programs find the same at /api/v1/compliance/report."
            .into(),
        columns: vec!["About", "What", "How many"],
        rows: lines.into_iter().map(row).collect(),
        empty: ("Nothing happened in this month", "Tracked mails, changes of consent and requests are counted here."),
        downloads: vec![(
            format!("/compliance/report?month={}", before.strftime("%Y-%m")),
            "The month before",
        )],
        ..Sheet::of(
            &user,
            format!("Report for {}", first.strftime("%B %Y")),
            "report",
        )
    }
    .respond())
}
