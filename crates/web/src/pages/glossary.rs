//! Every word and number that pages show, explained. Figures link here.

use super::view::Mark;
use super::{Page, show as render};
use crate::auth::User;
use askama::Template;
use axum::response::Response;
use model::{Reason, Tick};

#[derive(Template)]
#[template(path = "glossary.html")]
struct GlossaryPage {
    page: Page,
}

impl GlossaryPage {
    const READ: Mark = Mark::Tick(Tick::Read);
    const SENT: Mark = Mark::Tick(Tick::Sent);
    const UNSURE: Mark = Mark::Tick(Tick::Unsure);
    const LIMITED: Mark = Mark::Tick(Tick::Limited);
    const UNTRACKED: Mark = Mark::Tick(Tick::Untracked);

    fn reasons() -> &'static [Reason] {
        Reason::ALL
    }
}

/// `GET /glossary`
pub(super) async fn show(user: User) -> Response {
    render(&GlossaryPage {
        page: Page::of(&user, "glossary", "What the words mean"),
    })
}
