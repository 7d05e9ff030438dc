//! The people mail was sent to, and where their consent stands.

use super::view::{When, consent_word};
use super::{Page, show as render};
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::Params;
use crate::{Shared, paging};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::ConsentState;
use model::role::Act;
use serde::Deserialize;
use store::{Contact, ContactFilter, Untold};

const PAGE: u16 = 100;
/// Of those who must still be told, so many are named.
const UNTOLD_MAX: u16 = 20;

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage {
    page: Page,
    filter: Filter,
    filtered: bool,
    contacts: Vec<Line>,
    more: Option<String>,
    may_send: bool,
    /// Who must still be told that their address is here.
    untold: Vec<Untold>,
}

struct Line {
    contact: Contact,
    consent: ConsentState,
}

impl Line {
    fn words(&self) -> &'static str {
        consent_word(self.consent)
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    search: String,
    state: String,
    after: String,
}

impl ContactsPage {
    fn tell_by(untold: &Untold) -> When {
        When(untold.tell_by)
    }
}

/// `GET /contacts`
pub(super) async fn list(
    State(web): State<Shared>,
    user: User,
    Params(filter): Params<Filter>,
) -> Result<Response> {
    let state = match filter.state.as_str() {
        "" => None,
        word => Some(
            word.parse()
                .map_err(|_| Error::Query(format!("There is no state {word:?}.")))?,
        ),
    };
    let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let wanted = ContactFilter {
        search: given(&filter.search),
        state: state.map(|state| (state, (web.app.ambient.now)())),
        after: given(&filter.after),
        limit: PAGE + 1,
        ..ContactFilter::default()
    };
    let mut found = web.app.store.contacts(user.workspace, wanted).await?;
    let more = paging::cut(&mut found, PAGE.into(), |last| {
        let mut query = url::form_urlencoded::Serializer::new(String::from("/contacts?"));
        query
            .append_pair("search", &filter.search)
            .append_pair("state", &filter.state);
        query.append_pair("after", last.address.as_str()).finish()
    });
    let now = (web.app.ambient.now)();
    let line = |contact: Contact| Line {
        consent: contact.consent.summary(now),
        contact,
    };
    let filtered = [&filter.search, &filter.state, &filter.after]
        .iter()
        .any(|f| !f.is_empty());
    let untold = if filtered {
        Vec::new()
    } else {
        web.app
            .store
            .contacts_untold(user.workspace, UNTOLD_MAX)
            .await?
    };
    let contacts = found.into_iter().map(line).collect();
    Ok(render(&ContactsPage {
        page: Page::of(&user, "contacts", "Contacts"),
        filter,
        filtered,
        contacts,
        more,
        may_send: user.role.may(Act::Send),
        untold,
    }))
}
