//! The compliance desk: who tracks whom and on what basis, limits, policy, requests, breaches, acts, papers.
//!
//! Members see what is theirs: their limits, the policy, the register of their own mails. The rest is for the roles
//! that see all. Limits are set by the role `compliance`; by an owner only as long as nobody has that role, so that a
//! workspace of one is not stuck.

mod aims;
mod breach;
mod consents;
mod csv;
mod forms;
mod lists;
mod paper;
mod people;
mod policy;
mod register;
mod report;
mod sheet;
mod today;

use super::view::When;
use super::{Page, show as render};
use crate::Shared;
use crate::auth::User;
use crate::error::{Error, Result};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use model::role::Act;
use model::{Role, Time, Topic};
use std::collections::HashMap;
use std::time::Duration;
use store::{Limits, RegisterFilter};

pub(crate) use report::month_report;

const DAY: Duration = Duration::from_hours(24);

/// A page: where it is below the desk, its name, and whether members see it, too.
type Leaf = (&'static str, &'static str, bool);

/// The pages of the desk by what they are about; the first of a group is where the group leads.
const GROUPS: [(&str, &[Leaf]); 5] = [
    ("Today", &[("overview", "Today", true)]),
    (
        "Cases",
        &[
            ("requests", "Requests", false),
            ("breaches", "Breaches", false),
        ],
    ),
    (
        "Consents",
        &[
            ("consents", "Who agreed", false),
            ("expiring", "Expiring", false),
            ("aims", "Aims", false),
            ("forms", "Forms", false),
        ],
    ),
    (
        "Tracking",
        &[
            ("register", "Register", true),
            ("lowered", "Lowered", false),
            ("people", "People", false),
            ("policy", "Policy", true),
        ],
    ),
    (
        "Records",
        &[
            ("acts", "Acts", false),
            ("report", "Months", false),
            ("paper", "Papers", false),
        ],
    ),
];

/// One way on, in the bars above each page of the desk.
pub(crate) struct Way {
    name: &'static str,
    href: String,
    is_here: bool,
}

/// The groups, and the pages of the one that this page is in, where there are several.
pub(crate) fn ways(here: &str, sees_all: impl std::borrow::Borrow<bool>) -> (Vec<Way>, Vec<Way>) {
    let href = |page| match page {
        "overview" => "/compliance".to_owned(),
        page => format!("/compliance/{page}"),
    };
    let seen = |(_, _, for_all): &&Leaf| *for_all || *sees_all.borrow();
    let (mut groups, mut pages) = (Vec::new(), Vec::new());
    for (name, leaves) in GROUPS {
        let leaves: Vec<_> = leaves.iter().filter(seen).collect();
        let Some((first, ..)) = leaves.first() else {
            continue;
        };
        let is_here = leaves.iter().any(|(page, ..)| *page == here);
        groups.push(Way {
            name,
            href: href(first),
            is_here,
        });
        if is_here && leaves.len() > 1 {
            pages = leaves
                .iter()
                .map(|(page, name, _)| Way {
                    name,
                    href: href(page),
                    is_here: *page == here,
                })
                .collect();
        }
    }
    (groups, pages)
}

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/compliance", get(overview))
        .route(
            "/compliance/policy",
            get(policy::show).post(policy::publish),
        )
        .route("/compliance/policy/acknowledge", post(policy::acknowledge))
        .route("/compliance/register", get(register::page))
        .route("/compliance/register.csv", get(register::file))
        .route("/compliance/lowered", get(lists::lowered))
        .route("/compliance/aims", get(aims::show).post(aims::state))
        .route("/compliance/forms", get(forms::show).post(forms::publish))
        .route("/compliance/forms/{id}/close", post(forms::close))
        .route("/compliance/consents", get(consents::page))
        .route("/compliance/expiring", get(lists::expiring))
        .route("/compliance/requests", get(lists::requests))
        .route("/compliance/acts", get(lists::acts))
        .route("/compliance/report", get(report::page))
        .route("/compliance/people", get(people::show).post(people::invite))
        .route("/compliance/people/review", post(people::review))
        .route("/compliance/people/{id}/limits", post(people::limits))
        .route("/compliance/people/{id}/role", post(people::role))
        .route("/compliance/people/{id}/active", post(people::active))
        .route("/compliance/people/{id}/reset", post(people::reset))
        .route("/compliance/breaches", get(lists::breaches))
        .route(
            "/compliance/breaches/new",
            get(breach::new).post(breach::create),
        )
        .route(
            "/compliance/breaches/{id}",
            get(breach::show).post(breach::change),
        )
        .route(
            "/compliance/breaches/{id}/affected.csv",
            get(breach::affected),
        )
        .route("/compliance/paper", get(paper::index))
        .route("/compliance/paper/{name}", get(paper::show))
        .route(
            "/password/{secret}",
            get(people::password).post(people::choose),
        )
}

/// May this user set ceilings and limits?
pub(crate) async fn may_limit(web: &Shared, user: &store::User) -> Result<bool> {
    Ok(match user.role {
        Role::Compliance => true,
        Role::Owner => {
            let members = web.app.store.members(user.workspace).await?;
            !members
                .iter()
                .any(|m| m.user.role == Role::Compliance && m.limits.active)
        }
        Role::Admin | Role::Member => false,
    })
}

/// Goes on if the user may set ceilings and limits.
pub(crate) async fn must_limit(web: &Shared, user: &store::User) -> Result<()> {
    if may_limit(web, user).await? {
        return Ok(());
    }
    let role = user.role.as_str();
    Err(Error::Forbidden(format!(
        "Your role ({role}) may not set ceilings or limits: the role compliance does, or an owner where nobody has it."
    )))
}

/// A change of a limit says why.
pub(crate) fn reason(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 500 || text.chars().any(char::is_control) {
        return Err(Error::Invalid {
            field: "reason",
            why: "say why, in one line of at most 500 characters".into(),
        });
    }
    Ok(text)
}

/// `2026-11-22`, as its first moment in UTC.
fn day(text: &str) -> Option<Time> {
    moment(
        text.parse::<Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight()),
    )
}

fn moment(at: DateTime) -> Option<Time> {
    let zoned = at.to_zoned(TimeZone::UTC).ok()?;
    Some(Time(zoned.timestamp().as_millisecond()))
}

/// The day of a moment as people write it, in UTC.
fn in_words(at: Time) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.strftime("%-d %b %Y").to_string()
}

/// The day of a moment, in UTC.
fn date(at: Time) -> String {
    at.rfc3339().chars().take(10).collect()
}

#[derive(Template)]
#[template(path = "desk/overview.html")]
struct Overview {
    page: Page,
    sees_all: bool,
    limits: Limits,
    month: Option<Month>,
}

struct Month {
    figures: Vec<(&'static str, String, &'static str)>,
    hands: Vec<today::Hand>,
}

/// `GET /compliance`
async fn overview(State(web): State<Shared>, user: User) -> Result<Response> {
    let (store, now) = (&web.app.store, (web.app.ambient.now)());
    let member = store.member(user.workspace, user.id).await?;
    let limits = member.ok_or(Error::NotFound("user"))?.limits;
    let sees_all = user.role.may(Act::SeeAll);
    let month = if sees_all {
        let from = now - 30 * DAY;
        let filter = RegisterFilter {
            from: Some(from),
            limit: 1_000,
            ..RegisterFilter::default()
        };
        let mails = store.register(user.workspace, filter).await?;
        let members = store.members(user.workspace).await?;
        let trackers = members
            .iter()
            .filter(|m| m.limits.active && m.limits.may_track)
            .count();
        let agreed = store.agreed_to(user.workspace, &Topic::ALL, now).await?;
        let copies: u32 = mails.iter().map(store::Registered::tracked_copies).sum();
        Some(Month {
            figures: vec![
                (
                    "Users who may track",
                    trackers.to_string(),
                    "/compliance/people",
                ),
                (
                    "Mails with tracking",
                    format!("{}, tracked copies: {copies}", mails.len()),
                    "/compliance/register",
                ),
                (
                    "People whose consent counts",
                    agreed.to_string(),
                    "/compliance/consents?state=given",
                ),
            ],
            hands: today::hands(&web, &user).await?,
        })
    } else {
        None
    };
    Ok(render(&Overview {
        page: Page::of(&user, "compliance", "Compliance"),
        sees_all,
        limits,
        month,
    }))
}

/// The names of the workspace's users, by id.
async fn names(web: &Shared, user: &User) -> Result<HashMap<model::UserId, String>> {
    let members = web.app.store.members(user.workspace).await?;
    Ok(members
        .into_iter()
        .map(|m| (m.user.id, m.user.name))
        .collect())
}
