//! What a person is told before they choose, exactly as it is shown and kept (R-CONS-03, R-CONS-17).
//!
//! It is made from a complete [`model::Notice`]; while a slot of that is missing, nobody is asked. The part of the page
//! that shows it names no recipient: it is the same bytes for everybody, and those bytes are what is kept. The form in
//! it carries the text's digest: who agrees to a text that has changed meanwhile is asked to read it again.

use crate::app::Tracker;
use crate::names::Names;
use crate::texts::Texts;
use crate::visit::Trouble;
use askama::Template;
use model::notice::WebhookHost;
use model::{Notice, Sha256, Topic};
use store::{Author, Workspace};

/// A notice as shown.
pub(crate) struct Shown {
    /// The canonical text.
    pub(crate) text: String,
    /// The part of the page, byte for byte.
    pub(crate) page: String,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Part<'a> {
    t: &'static Texts,
    intro: String,
    lines: Vec<(&'static str, String)>,
    choices: Vec<(Topic, String)>,
    digest: &'a str,
}

/// The notice that this workspace can show about these topics; none while something it must say is missing.
pub(crate) fn complete(
    t: &Texts,
    (workspace, author, webhook_hosts): (&Workspace, &Author, &[WebhookHost]),
    tracker: &Tracker,
    topics: &[Topic],
) -> Option<Notice> {
    let (origin, disclosure) = (&tracker.origin, &tracker.disclosure);
    let asking = workspace.asking(author, webhook_hosts, origin, disclosure);
    asking.notice(t.language, topics).ok()
}

impl Shown {
    pub(crate) fn of(t: &'static Texts, names: &Names, notice: &Notice) -> Result<Self, Trouble> {
        let text = notice.text();
        let digest = Sha256::of(&text).to_string();
        let part = Part {
            t,
            intro: names.fill(t.choice_intro),
            lines: notice.lines(),
            choices: notice.choices(),
            digest: &digest,
        };
        let page = part.render().map_err(|error| {
            tracing::error!(%error, "a notice could not be rendered: {error}");
            Trouble::Unavailable
        })?;
        Ok(Self { text, page })
    }

    /// What the form carries.
    pub(crate) fn digest(&self) -> String {
        Sha256::of(&self.text).to_string()
    }
}
