//! Users: inviting, roles, deactivating, a link to choose a password, what each may track, and the access review.
//!
//! Administrators run accounts, the compliance desk sets limits: whoever makes an account cannot let it track.

use super::super::view::mode_words;
use super::super::{Page, show as render};
use super::{When, may_limit, must_limit, reason};
use crate::Shared;
use crate::auth::{self, May, PASSWORD_CHARS_MIN, User};
use crate::error::{Error, Result};
use crate::extract::{Fields, Id};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::role::Act;
use model::{ActKind, EmailAddress, IdentityId, Mode, PerAxis, Role, Secret, Sha256, Time, UserId};
use serde::Deserialize;
use std::time::Duration;
use store::{ActFilter, By, Identity, Member};

/// A link to choose a password works for so long.
const LINK_LIFE: Duration = Duration::from_hours(24);
/// Users of a workspace.
const PEOPLE_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "desk/people.html")]
struct PeoplePage {
    page: Page,
    me: UserId,
    people: Vec<Line>,
    may_limit: bool,
    may_administer: bool,
    roles: Vec<&'static str>,
    /// For whom, and the link.
    link: Option<(String, String)>,
    wrong: Option<String>,
    reviewed_at: Option<Time>,
}

struct Line {
    member: Member,
    /// How the limits came to be what they are, newest first.
    history: Vec<String>,
}

impl Line {
    fn may(&self) -> String {
        let l = &self.member.limits;
        if !l.may_track {
            return "may not track".into();
        }
        let word = |mode: Mode| mode_words(mode).to_owned();
        let c = l.ceiling;
        let (open, click, document) = (word(c.open), word(c.click), word(c.document));
        if open == click && click == document {
            return format!("may track: {open}");
        }
        format!("may track. Opens: {open}. Clicks: {click}. Documents: {document}")
    }

    fn signed_in(&self) -> Option<When> {
        self.member.signed_in_at.map(When)
    }

    fn axes(&self) -> [(&'static str, &'static str, Mode); 3] {
        let c = &self.member.limits.ceiling;
        [
            ("open", "Opens", c.open),
            ("click", "Clicks", c.click),
            ("document", "Documents", c.document),
        ]
    }
}

impl PeoplePage {
    const MODES: [(Mode, &str); 3] = [
        (Mode::None, "Nothing"),
        (Mode::Individual, "What happened, to the minute"),
        (Mode::Detailed, "Also the kind of program and the country"),
    ];

    fn reviewed(&self) -> Option<When> {
        self.reviewed_at.map(When)
    }
}

async fn page(
    web: &Shared,
    user: &User,
    link: Option<(String, String)>,
    wrong: Option<String>,
) -> Result<Response> {
    let store = &web.app.store;
    let limit_acts = ActFilter {
        kinds: vec![ActKind::UserCeilingSet],
        limit: 1_000,
        ..ActFilter::default()
    };
    let acts = store.acts(user.workspace, limit_acts).await?;
    let row = |member: Member| {
        let object = format!("user:{}", member.user.id);
        let of = |act: &store::Act| {
            let after = act.after.clone().unwrap_or_default();
            let why = act.reason.as_deref().unwrap_or("set on the machine");
            format!("{}: {after}. {why}", super::date(act.at))
        };
        let history = acts.iter().filter(|a| a.object == object).map(of).collect();
        Line { member, history }
    };
    let members = store.members(user.workspace).await?;
    let reviews = ActFilter {
        kinds: vec![ActKind::AccessReviewed],
        limit: 1,
        ..ActFilter::default()
    };
    let roles = Role::ALL
        .into_iter()
        .filter(|r| user.role == Role::Owner || *r != Role::Owner);
    let status = if wrong.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = PeoplePage {
        page: Page::of(user, "compliance", "People"),
        me: user.id,
        people: members.into_iter().map(row).collect(),
        may_limit: may_limit(web, user).await?,
        may_administer: user.role.may(Act::Administer),
        roles: roles.map(Role::as_str).collect(),
        link,
        wrong,
        reviewed_at: store
            .acts(user.workspace, reviews)
            .await?
            .first()
            .map(|a| a.at),
    };
    Ok((status, render(&page)).into_response())
}

/// `GET /compliance/people`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::SeeAll)?;
    page(&web, &user, None, None).await
}

#[derive(Deserialize)]
pub(super) struct Invitation {
    name: String,
    address: String,
    role: String,
}

/// A role that this user may give: only an owner names owners.
fn role_to_give(user: &User, word: &str) -> Result<Role> {
    let role: Role = word
        .parse()
        .map_err(|why: model::UnknownWord| Error::Invalid {
            field: "role",
            why: why.to_string(),
        })?;
    if role == Role::Owner && user.role != Role::Owner {
        return Err(Error::Forbidden("Only an owner names other owners.".into()));
    }
    Ok(role)
}

/// Makes a link with which somebody chooses a password.
async fn link(web: &Shared, user: &User, whom: UserId) -> Result<String> {
    let (now, random) = ((web.app.ambient.now)(), web.app.ambient.random);
    let secret = Secret::new(random());
    let by = By::user(user.id, now);
    let made = web
        .app
        .store
        .user_reset_issue(
            user.workspace,
            whom,
            random(),
            secret.digest(),
            now + LINK_LIFE,
            by,
        )
        .await?;
    if !made {
        return Err(Error::NotFound("user"));
    }
    Ok(format!("{}/password/{}", web.app.admin, secret.as_str()))
}

/// `POST /compliance/people`
pub(super) async fn invite(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Invitation>,
) -> Result<Response> {
    user.may(Act::Administer)?;
    let role = role_to_give(&user, &form.role)?;
    let wrong = async |why: &str| page(&web, &user, None, Some(why.to_owned())).await;
    let address: EmailAddress = match form.address.trim().parse() {
        Ok(address) => address,
        Err(_) => return wrong("that is no e-mail address.").await,
    };
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return wrong("the name has one line of 1 to 100 characters.").await;
    }
    if web.app.store.members(user.workspace).await?.len() >= PEOPLE_MAX {
        return wrong("this workspace has as many users as it can have.").await;
    }
    let (now, random) = ((web.app.ambient.now)(), web.app.ambient.random);
    let new = store::User {
        id: UserId(random()),
        workspace: user.workspace,
        name: name.to_owned(),
        address: address.clone(),
        // No password matches this until they choose one.
        password_hash: "!".into(),
        role,
    };
    match web
        .app
        .store
        .user_create(new.clone(), By::user(user.id, now))
        .await
    {
        Ok(()) => {}
        Err(store::Error::Conflict(_)) => {
            return wrong("somebody signs in with this address already.").await;
        }
        Err(error) => return Err(error.into()),
    }
    if role.may(Act::Send) {
        let identity = Identity {
            id: IdentityId(random()),
            workspace: user.workspace,
            user: new.id,
            address,
            name: new.name.clone(),
        };
        // An address that somebody else sends from already stays theirs; an administrator adds another later.
        match web
            .app
            .store
            .identity_create(identity, By::user(user.id, now))
            .await
        {
            Ok(()) | Err(store::Error::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let link = link(&web, &user, new.id).await?;
    page(&web, &user, Some((new.name, link)), None).await
}

fn back(id: UserId) -> Response {
    Redirect::to(&format!("/compliance/people#u{id}")).into_response()
}

/// Another user of the workspace, whom this one may administer: only an owner touches an owner, nobody themselves.
async fn other(web: &Shared, user: &User, id: UserId) -> Result<Member> {
    user.may(Act::Administer)?;
    let member = web.app.store.member(user.workspace, id).await?;
    let member = member.ok_or(Error::NotFound("user"))?;
    if id == user.id {
        return Err(Error::Forbidden(
            "Somebody else changes your own account.".into(),
        ));
    }
    if member.user.role == Role::Owner && user.role != Role::Owner {
        return Err(Error::Forbidden(
            "Only an owner changes an owner's account.".into(),
        ));
    }
    Ok(member)
}

#[derive(Deserialize)]
pub(super) struct NewLimits {
    #[serde(default)]
    may_track: Option<String>,
    open: String,
    click: String,
    document: String,
    reason: String,
}

/// `POST /compliance/people/{id}/limits`
pub(super) async fn limits(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<UserId>,
    Fields(form): Fields<NewLimits>,
) -> Result<Response> {
    must_limit(&web, &user).await?;
    let mode = |word: &str| {
        word.parse::<Mode>().map_err(|why| Error::Invalid {
            field: "limits",
            why: why.to_string(),
        })
    };
    let ceiling = PerAxis {
        open: mode(&form.open)?,
        click: mode(&form.click)?,
        document: mode(&form.document)?,
    };
    let by = By::user(user.id, (web.app.ambient.now)()).because(reason(&form.reason)?);
    let (may_track, workspace) = (form.may_track.is_some(), user.workspace);
    if !web
        .app
        .store
        .user_set_limits(workspace, id, may_track, ceiling, by)
        .await?
    {
        return Err(Error::NotFound("user"));
    }
    Ok(back(id))
}

#[derive(Deserialize)]
pub(super) struct NewRole {
    role: String,
}

fn an_owner_stays(error: store::Error) -> Error {
    match error {
        store::Error::Conflict(_) => Error::Conflict(
            "The workspace needs an owner who can sign in. Name another one first.".into(),
        ),
        other => other.into(),
    }
}

/// `POST /compliance/people/{id}/role`
pub(super) async fn role(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<UserId>,
    Fields(form): Fields<NewRole>,
) -> Result<Response> {
    other(&web, &user, id).await?;
    let role = role_to_give(&user, &form.role)?;
    let by = By::user(user.id, (web.app.ambient.now)());
    web.app
        .store
        .user_set_role(user.workspace, id, role, by)
        .await
        .map_err(an_owner_stays)?;
    Ok(back(id))
}

#[derive(Deserialize)]
pub(super) struct Activity {
    active: bool,
}

/// `POST /compliance/people/{id}/active`
pub(super) async fn active(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<UserId>,
    Fields(form): Fields<Activity>,
) -> Result<Response> {
    other(&web, &user, id).await?;
    let by = By::user(user.id, (web.app.ambient.now)());
    web.app
        .store
        .user_set_active(user.workspace, id, form.active, by)
        .await
        .map_err(an_owner_stays)?;
    Ok(back(id))
}

/// `POST /compliance/people/{id}/reset`
pub(super) async fn reset(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<UserId>,
) -> Result<Response> {
    let member = other(&web, &user, id).await?;
    let link = link(&web, &user, id).await?;
    page(&web, &user, Some((member.user.name, link)), None).await
}

#[derive(Deserialize)]
pub(super) struct Review {
    note: String,
}

/// `POST /compliance/people/review`
pub(super) async fn review(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<Review>,
) -> Result<Response> {
    user.may(Act::SeeAll)?;
    let note = reason(&form.note)?;
    let members = web.app.store.members(user.workspace).await?;
    let active = members.iter().filter(|m| m.limits.active).count();
    let trackers = members
        .iter()
        .filter(|m| m.limits.active && m.limits.may_track)
        .count();
    let what = format!("{active} users in use, {trackers} of them may track");
    let by = By::user(user.id, (web.app.ambient.now)()).because(note);
    web.app
        .store
        .act_note(user.workspace, ActKind::AccessReviewed, &what, by)
        .await?;
    Ok(Redirect::to("/compliance/people#review").into_response())
}

#[derive(Template)]
#[template(path = "desk/password.html")]
struct PasswordPage {
    page: Page,
    name: String,
    address: String,
    wrong: Option<String>,
}

async fn whose(web: &Shared, secret: &str) -> Result<(Sha256, store::User)> {
    let digest = Sha256::of_secret(secret);
    let found = web
        .app
        .store
        .user_reset_find(digest, (web.app.ambient.now)())
        .await?;
    let gone = || {
        Error::Conflict(
            "This link was used, replaced, or is older than a day. Ask for a new one.".into(),
        )
    };
    found.map(|user| (digest, user)).ok_or_else(gone)
}

fn password_page(user: &store::User, wrong: Option<String>) -> Response {
    let page = PasswordPage {
        page: Page::public("Choose a password"),
        name: user.name.clone(),
        address: user.address.to_string(),
        wrong,
    };
    render(&page)
}

/// `GET /password/{secret}`
pub(super) async fn password(
    State(web): State<Shared>,
    Id(secret): Id<String>,
) -> Result<Response> {
    let (_, user) = whose(&web, &secret).await?;
    Ok(password_page(&user, None))
}

#[derive(Deserialize)]
pub(super) struct Choice {
    password: String,
}

/// `POST /password/{secret}`
pub(super) async fn choose(
    State(web): State<Shared>,
    Id(secret): Id<String>,
    Fields(form): Fields<Choice>,
) -> Result<Response> {
    let (digest, user) = whose(&web, &secret).await?;
    let Some(hash) = auth::stretch_password(&web, form.password).await? else {
        let why = format!("The password needs at least {PASSWORD_CHARS_MIN} characters.");
        let page = password_page(&user, Some(why));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let now = (web.app.ambient.now)();
    if !web.app.store.user_reset_use(digest, hash, now).await? {
        return Err(Error::Conflict(
            "This link was used already. Ask for a new one.".into(),
        ));
    }
    Ok(Redirect::to("/sign-in").into_response())
}
