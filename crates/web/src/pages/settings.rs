//! Settings: what belongs to the user (identities, secrets, password) and what belongs to the workspace (ceilings,
//! kill switch, language, the relay). The user's own forms are in `account`, the workspace's in `workspace`.

use super::view::{Flaw, When};
use super::{Page, may_limit, show as render};
use crate::Shared;
use crate::auth::{May, User};
use crate::error::{Error, Result};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use model::role::Act;
use model::{Language, Mode, Topic};
use store::{Credential, CredentialKind, Identity, Instance, Workspace};

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
    webhooks_in_trouble: usize,
    /// How many people agreed to something that counts today.
    agreed: u64,
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

    fn flaw(&self, form: &str) -> Flaw {
        Flaw(self.wrong_in(form).is_some())
    }

    fn wrong_in(&self, form: &str) -> Option<&str> {
        self.note
            .wrong
            .as_ref()
            .filter(|(at, _)| *at == form)
            .map(|(_, why)| why.as_str())
    }
}

/// How many people's agreement counts today: so many a change of what they were told may end.
pub(super) async fn agreed(web: &Shared, user: &User) -> Result<u64> {
    let now = (web.app.ambient.now)();
    let agreed = web.app.store.agreed_to(user.workspace, &Topic::ALL, now);
    Ok(agreed.await?)
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
    let may_administer = user.role.may(Act::Administer);
    let webhooks_in_trouble = if may_administer {
        let all = store.webhooks(user.workspace).await?.into_iter();
        all.filter(|webhook| webhook.health().needs_a_hand())
            .count()
    } else {
        0
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
        may_administer,
        webhooks_in_trouble,
        agreed: agreed(web, user).await?,
        note,
    };
    Ok((status, render(&page)).into_response())
}

/// `GET /settings`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    page(&web, &user, Note::default()).await
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
