//! Settings: what belongs to the user (identities, secrets, password) and what belongs to the workspace (ceilings,
//! kill switch, language, the relay). The user's own forms are in `account`.

use super::view::When;
use super::{Page, may_limit, must_limit, reason, show as render};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use crate::extract::Fields;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use model::role::Act;
use model::{Language, Mode, PerAxis};
use serde::Deserialize;
use store::{By, Credential, CredentialKind, Identity, Instance, Workspace};

#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    page: Page,
    address: String,
    role: &'static str,
    identities: Vec<Identity>,
    app_passwords: Vec<CredentialLine>,
    api_keys: Vec<CredentialLine>,
    smtp: Option<String>,
    workspace: Workspace,
    instance: Instance,
    may_send: bool,
    may_set_ceiling: bool,
    /// May pull the brake, if not let it go.
    may_stop: bool,
    may_administer: bool,
    note: Note,
}

/// What the last form on the page came to.
#[derive(Default)]
pub(super) struct Note {
    /// A new secret, to be shown this once.
    pub(super) secret: Option<NewSecret>,
    /// The relay's answer.
    pub(super) relay: Option<Result<String, String>>,
    /// The form that was wrong, and why.
    pub(super) wrong: Option<(&'static str, String)>,
    /// A form that was done and whose result shows nowhere else.
    pub(super) done: Option<&'static str>,
}

pub(super) struct NewSecret {
    pub(super) what: &'static str,
    pub(super) label: String,
    pub(super) secret: String,
}

pub(super) struct CredentialLine {
    id: String,
    credential: Credential,
}

impl CredentialLine {
    fn created_at(&self) -> When {
        When(self.credential.created_at)
    }

    fn used_at(&self) -> Option<When> {
        self.credential.used_at.map(When)
    }
}

impl SettingsPage {
    const CEILINGS: [(Mode, &str); 5] = [
        (Mode::None, "Nothing"),
        (Mode::Aggregate, "Only sums, where the law allows them"),
        (
            Mode::Hygiene,
            "Also the day of the last open, where the law allows it",
        ),
        (Mode::Individual, "What happened, to the minute"),
        (Mode::Detailed, "Also the kind of program and the country"),
    ];
    const LANGUAGES: [(Language, &str); 5] = [
        (Language::En, "English"),
        (Language::Fr, "Français"),
        (Language::De, "Deutsch"),
        (Language::It, "Italiano"),
        (Language::Es, "Español"),
    ];

    fn axes(&self) -> [(&'static str, &'static str, Mode); 3] {
        let c = &self.workspace.ceiling;
        [
            ("open", "Opens", c.open),
            ("click", "Clicks", c.click),
            ("document", "Documents", c.document),
        ]
    }

    fn secrets(&self) -> [(&'static str, &[CredentialLine]); 2] {
        [
            ("App passwords", &self.app_passwords),
            ("API keys", &self.api_keys),
        ]
    }

    fn wrong_in(&self, form: &str) -> Option<&str> {
        self.note
            .wrong
            .as_ref()
            .filter(|(at, _)| *at == form)
            .map(|(_, why)| why.as_str())
    }
}

/// The page with a note on it.
pub(super) async fn page(web: &Shared, user: &User, note: Note) -> Result<Response> {
    let store = &web.app.store;
    let lines = async |kind| -> Result<Vec<CredentialLine>> {
        let found = store.credentials(user.id, kind).await?;
        let line = |credential: Credential| CredentialLine {
            id: HEXLOWER.encode(&credential.id),
            credential,
        };
        Ok(found.into_iter().map(line).collect())
    };
    let status = if note.wrong.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = SettingsPage {
        page: Page::of(user, "settings", "Settings"),
        address: user.address.to_string(),
        role: user.role.as_str(),
        identities: store.identities(user.id).await?,
        app_passwords: lines(CredentialKind::AppPassword).await?,
        api_keys: lines(CredentialKind::ApiKey).await?,
        smtp: web.app.smtp_hint.clone(),
        workspace: store
            .workspace(user.workspace)
            .await?
            .ok_or(Error::NotFound("workspace"))?,
        instance: store.instance().await?,
        may_send: user.role.may(Act::Send),
        may_set_ceiling: may_limit(web, user).await?,
        may_stop: user.role.may(Act::SeeAll),
        may_administer: user.role.may(Act::Administer),
        note,
    };
    Ok((status, render(&page)).into_response())
}

/// `GET /settings`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    page(&web, &user, Note::default()).await
}

/// Either half of the workspace form; each half is allowed to other roles.
#[derive(Deserialize)]
pub(super) struct WorkspaceForm {
    half: String,
    /// Why a limit was changed.
    #[serde(default)]
    reason: String,
    #[serde(default)]
    tracking: Option<String>,
    #[serde(default)]
    directed_to_children: Option<String>,
    #[serde(default)]
    open: String,
    #[serde(default)]
    click: String,
    #[serde(default)]
    document: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    ask: Option<String>,
    #[serde(default)]
    postal_address: String,
    #[serde(default)]
    contact: String,
}

/// `POST /settings/workspace`
pub(super) async fn workspace(
    State(web): State<Shared>,
    user: User,
    Fields(form): Fields<WorkspaceForm>,
) -> Result<Response> {
    let limits = form.half == "limits";
    match form.half.as_str() {
        "limits" => must_limit(&web, &user).await?,
        "stop" => user.may(Act::SeeAll)?,
        _ => user.may(Act::Administer)?,
    }
    let mut settings = web
        .app
        .store
        .workspace(user.workspace)
        .await?
        .ok_or(Error::NotFound("workspace"))?;
    let invalid = |why: model::mode::UnknownWord| Error::Invalid {
        field: "workspace",
        why: why.to_string(),
    };
    let why = if limits { reason(&form.reason)? } else { "" };
    if form.half == "stop" {
        // The brake is near for everybody who sees all; only the compliance desk lets it go.
        settings.tracking = false;
    } else if limits {
        settings.tracking = form.tracking.is_some();
        settings.directed_to_children = form.directed_to_children.is_some();
        let mode = |word: &str| word.parse::<Mode>().map_err(invalid);
        settings.ceiling = PerAxis {
            open: mode(&form.open)?,
            click: mode(&form.click)?,
            document: mode(&form.document)?,
        };
    } else {
        let name = form.name.trim();
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            let why = "recipients read this name: give it 1 to 200 characters".to_owned();
            return page(
                &web,
                &user,
                Note {
                    wrong: Some(("workspace", why)),
                    ..Note::default()
                },
            )
            .await;
        }
        settings.name = name.to_owned();
        settings.language = form.language.parse().map_err(invalid)?;
        settings.ask = form.ask.is_some();
        for (text, into) in [
            (&form.postal_address, &mut settings.postal_address),
            (&form.contact, &mut settings.contact),
        ] {
            match text.trim() {
                "" => into.clear(),
                text => *into = model::source::paragraph("workspace", text)?,
            }
        }
    }
    let by = By::user(user.id, (web.app.ambient.now)()).because(why);
    web.app.store.workspace_update(settings, by).await?;
    Ok(Redirect::to("/settings#workspace").into_response())
}

/// `POST /settings/relay`: asks the relay now.
pub(super) async fn relay(State(web): State<Shared>, user: User) -> Result<Response> {
    user.may(Act::Administer)?;
    let answer = (web.app.relay_test)().await;
    page(
        &web,
        &user,
        Note {
            relay: Some(answer),
            ..Note::default()
        },
    )
    .await
}
