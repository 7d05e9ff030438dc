//! One breach: what is known of it, the clock, whom it may touch, and a letter to them.

use super::super::view::Flaw;
use super::super::{Page, show as render};
use super::csv::{csv, csv_file};
use super::{When, moment};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Id};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::breach::{Account, Risk, due};
use model::role::Act;
use model::source::Unclear;
use model::{ActKind, BreachId, Time};
use serde::Deserialize;
use store::{Breach, By};

/// Addresses that are counted and listed.
const AFFECTED_MAX: u32 = 1_000_000;
/// Characters of a field.
const FIELD_MAX: usize = 5_000;

#[derive(Template)]
#[template(path = "desk/breach.html")]
struct BreachPage {
    page: Page,
    form: Form,
    /// Class and words.
    clock: (&'static str, String),
    /// What is still to be written, in words.
    missing: String,
    wrong: Option<Unclear>,
    affected: Option<(usize, String)>,
    letter: String,
    authority_told_at: Option<Time>,
    persons_told_at: Option<Time>,
}

#[derive(Deserialize, Clone, Default)]
pub(super) struct Form {
    aware: String,
    from: String,
    to: String,
    risk: String,
    nature: String,
    persons: String,
    records: String,
    contact: String,
    consequences: String,
    measures: String,
    delay: String,
    #[serde(default)]
    authority: Option<String>,
    #[serde(default)]
    told: Option<String>,
}

impl BreachPage {
    const REST: [(&str, &str); 4] = [
        ("aware", "When we became aware of it"),
        ("from", "It began"),
        ("to", "It ended"),
        ("risk", "Risk to persons"),
    ];
    const RISKS: [(&str, &str); 3] = [
        ("unlikely", "unlikely to be a risk: nobody has to be told"),
        ("likely", "a risk: the authority has to be told"),
        ("high", "a high risk: the persons have to be told, too"),
    ];

    fn fields(&self) -> [(&'static str, &'static str, &str); 7] {
        let f = &self.form;
        [
            ("nature", "What happened", &f.nature),
            (
                "persons",
                "Which kinds of persons, and about how many",
                &f.persons,
            ),
            (
                "records",
                "Which kinds of records, and about how many",
                &f.records,
            ),
            ("contact", "Whom to ask: name and contact", &f.contact),
            (
                "consequences",
                "What is likely to come of it",
                &f.consequences,
            ),
            (
                "measures",
                "What was done about it, and will be",
                &f.measures,
            ),
            (
                "delay",
                "Why the authority is told later than in 72 hours, if it is",
                &f.delay,
            ),
        ]
    }

    fn flaw(&self, field: &str) -> Flaw {
        Flaw(
            self.wrong
                .as_ref()
                .is_some_and(|wrong| wrong.field == field),
        )
    }

    /// The words beside the field that is wrong.
    fn wrong_words(&self) -> &'static str {
        let field = self.wrong.as_ref().map_or("", |wrong| wrong.field);
        let texts = self.fields().into_iter();
        let mut all = texts
            .map(|(name, words, _)| (name, words))
            .chain(Self::REST);
        all.find(|(name, _)| *name == field)
            .map_or("", |(_, words)| words)
    }

    fn is(&self, risk: &str) -> bool {
        self.form.risk == risk
    }

    fn authority_told(&self) -> Option<When> {
        self.authority_told_at.map(When)
    }

    fn persons_told(&self) -> Option<When> {
        self.persons_told_at.map(When)
    }
}

/// How the clock stands: a class for its colour, and words.
pub(super) fn clock(b: &Breach, now: Time) -> (&'static str, String) {
    let hours = |from: Time, to: Time| to.since(from).as_secs() / 3_600;
    let due = due(b.aware_at);
    match (b.risk, b.authority_told_at) {
        (Risk::Unlikely, _) => (
            "quiet",
            "No risk is likely: it stays in this register.".into(),
        ),
        (_, Some(at)) if at > due => (
            "wrong",
            format!("The authority was told {} hours late.", hours(due, at)),
        ),
        (Risk::High, Some(_)) if b.persons_told_at.is_none() => (
            "wrong",
            "The authority has been told; the persons have not.".into(),
        ),
        (_, Some(_)) => ("good", "The authority was told in time.".into()),
        (_, None) if now > due => (
            "wrong",
            format!(
                "The authority should have been told {} hours ago.",
                hours(due, now)
            ),
        ),
        (_, None) => (
            "wrong",
            format!("{} hours left to tell the authority.", hours(now, due)),
        ),
    }
}

/// `2026-11-22T10:30`, as a form has it.
fn written(at: Time) -> String {
    at.rfc3339().chars().take(16).collect()
}

fn form_of(b: &Breach) -> Form {
    let a = b.account.clone();
    let ticked = |at: Option<Time>| at.map(|_| "on".to_owned());
    Form {
        aware: written(b.aware_at),
        from: written(b.from),
        to: written(b.to),
        risk: b.risk.as_str().into(),
        nature: a.nature,
        persons: a.persons,
        records: a.records,
        contact: a.contact,
        consequences: a.consequences,
        measures: a.measures,
        delay: a.delay,
        authority: ticked(b.authority_told_at),
        told: ticked(b.persons_told_at),
    }
}

/// What the form says; the moments of telling are those of noting it.
fn read(form: &Form, id: BreachId, old: Option<&Breach>, now: Time) -> Result<Breach, Unclear> {
    let wrong = |field, why: &str| Unclear {
        field,
        why: why.to_owned(),
    };
    let at = |field, text: &str| {
        let parsed = text.parse().ok().and_then(moment);
        parsed.ok_or_else(|| wrong(field, "write a moment, as in 2026-11-22T10:30"))
    };
    let aware_at = at("aware", &form.aware)?;
    let (from, to) = (at("from", &form.from)?, at("to", &form.to)?);
    if aware_at > now {
        return Err(wrong(
            "aware",
            "nobody can become aware of it in the future",
        ));
    }
    if from > to {
        return Err(wrong("to", "it ends before it begins"));
    }
    let field = |field, text: &str| {
        if text.chars().count() > FIELD_MAX {
            let why = format!("at most {FIELD_MAX} characters");
            return Err(Unclear { field, why });
        }
        Ok(text.trim().replace("\r\n", "\n"))
    };
    let noted = |ticked: bool, before: Option<Time>| ticked.then(|| before.unwrap_or(now));
    let risk = form.risk.parse();
    let breach = Breach {
        id,
        aware_at,
        from,
        to,
        risk: risk.map_err(|_| wrong("risk", "choose how high it is"))?,
        account: Account {
            nature: field("nature", &form.nature)?,
            persons: field("persons", &form.persons)?,
            records: field("records", &form.records)?,
            contact: field("contact", &form.contact)?,
            consequences: field("consequences", &form.consequences)?,
            measures: field("measures", &form.measures)?,
            delay: field("delay", &form.delay)?,
        },
        authority_told_at: noted(
            form.authority.is_some(),
            old.and_then(|b| b.authority_told_at),
        ),
        persons_told_at: noted(form.told.is_some(), old.and_then(|b| b.persons_told_at)),
    };
    if let Some(told) = breach.authority_told_at {
        let missing = breach.account.missing(aware_at, told);
        if let Some((field, _)) = missing.first() {
            let why = format!(
                "before the authority counts as told, write {}",
                words(&missing)
            );
            return Err(Unclear { field, why });
        }
    }
    Ok(breach)
}

/// What is still to be written, in words.
fn words(missing: &[(&'static str, &'static str)]) -> String {
    let words: Vec<_> = missing.iter().map(|(_, words)| *words).collect();
    words.join(", ")
}

fn letter(b: &Breach, controller: &str) -> String {
    let or = |text: &str, what: &str| {
        if text.is_empty() {
            format!("[{what}]")
        } else {
            text.to_owned()
        }
    };
    let a = &b.account;
    format!(
        "Subject: Your data at {controller}\n\nWe are writing to you because data about you was affected by the \
         following.\n\n{}\n\nWhat this can mean for you: {}\n\nWhat we have done, and will do: {}\n\nWhat you can do: \
         [advice]\n\nWhom you can ask: {}\n\n{controller}\n",
        or(&a.nature, "what happened, in plain words"),
        or(&a.consequences, "likely consequences"),
        or(&a.measures, "measures"),
        or(&a.contact, "name and contact"),
    )
}

async fn page(
    web: &Shared,
    user: &User,
    b: Option<&Breach>,
    form: Form,
    wrong: Option<Unclear>,
) -> Result<Response> {
    let (store, now) = (&web.app.store, (web.app.ambient.now)());
    let (clock, missing, affected, text) = match b {
        None => {
            let words = "72 hours run from when one of you knew. Enter what you know now; the rest can follow.";
            let clock = ("quiet", words.to_owned());
            (clock, String::new(), None, String::new())
        }
        Some(b) => {
            let touched = store
                .breach_affected(user.workspace, b.from, b.to, AFFECTED_MAX)
                .await?;
            let workspace = store
                .workspace(user.workspace)
                .await?
                .ok_or(Error::NotFound("workspace"))?;
            let missing = if b.risk == Risk::Unlikely || b.authority_told_at.is_some() {
                String::new()
            } else {
                self::words(&b.account.missing(b.aware_at, now))
            };
            let href = format!("/compliance/breaches/{}/affected.csv", b.id);
            (
                self::clock(b, now),
                missing,
                Some((touched.len(), href)),
                letter(b, &workspace.name),
            )
        }
    };
    let status = if wrong.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let title = if b.is_some() {
        "A breach"
    } else {
        "Enter a breach"
    };
    let page = BreachPage {
        page: Page::of(user, "compliance", title),
        form,
        clock,
        missing,
        wrong,
        affected,
        letter: text,
        authority_told_at: b.and_then(|b| b.authority_told_at),
        persons_told_at: b.and_then(|b| b.persons_told_at),
    };
    Ok((status, render(&page)).into_response())
}

async fn find(web: &Shared, user: &User, id: BreachId) -> Result<Breach> {
    user.may(Act::SeeAll)?;
    let found = web.app.store.breach(user.workspace, id).await?;
    found.ok_or(Error::NotFound("breach"))
}

/// `GET /compliance/breaches/new`
pub(super) async fn new(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let now = written((web.app.ambient.now)());
    let form = Form {
        aware: now.clone(),
        from: now.clone(),
        to: now,
        risk: Risk::Likely.as_str().into(),
        ..Form::default()
    };
    page(&web, &user, None, form, None).await
}

async fn save(
    web: &Shared,
    user: &User,
    id: BreachId,
    old: Option<Breach>,
    form: Form,
) -> Result<Response> {
    let now = (web.app.ambient.now)();
    match read(&form, id, old.as_ref(), now) {
        Ok(breach) => {
            let by = By::user(user.id, now);
            web.app
                .store
                .breach_write(user.workspace, breach, by)
                .await?;
            Ok(Redirect::to(&format!("/compliance/breaches/{id}")).into_response())
        }
        Err(why) => page(web, user, old.as_ref(), form, Some(why)).await,
    }
}

/// `POST /compliance/breaches/new`
pub(super) async fn create(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Form>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let id = BreachId((web.app.ambient.random)());
    save(&web, &user, id, None, form).await
}

/// `GET /compliance/breaches/{id}`
pub(super) async fn show(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<BreachId>,
) -> Result<Response> {
    let b = find(&web, &user, id).await?;
    page(&web, &user, Some(&b), form_of(&b), None).await
}

/// `POST /compliance/breaches/{id}`
pub(super) async fn change(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<BreachId>,
    Fields(form): Fields<Form>,
) -> Result<Response> {
    let old = find(&web, &user, id).await?;
    save(&web, &user, id, Some(old), form).await
}

/// `GET /compliance/breaches/{id}/affected.csv`: drawing it is an act.
pub(super) async fn affected(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<BreachId>,
) -> Result<Response> {
    let b = find(&web, &user, id).await?;
    let (store, now) = (&web.app.store, (web.app.ambient.now)());
    let touched = store
        .breach_affected(user.workspace, b.from, b.to, AFFECTED_MAX)
        .await?;
    let lines: Vec<_> = touched.iter().map(|address| csv(address)).collect();
    let what = format!("whom breach {id} may touch");
    store
        .act_note(
            user.workspace,
            ActKind::RegisterExported,
            &what,
            By::user(user.id, now),
        )
        .await?;
    Ok(csv_file(
        "affected.csv",
        format!("address\r\n{}\r\n", lines.join("\r\n")),
    ))
}
