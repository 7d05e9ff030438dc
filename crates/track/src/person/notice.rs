//! What a person is told before they choose, exactly as it is shown and kept (R-CONS-03, R-CONS-17).
//!
//! It is made from a complete [`model::Notice`]; while a slot of that is missing, nobody is asked. The part of the page
//! that shows it names no recipient: it is the same bytes for everybody, and those bytes are what is kept. The form in
//! it carries the text's digest: who agrees to a text that has changed meanwhile is asked to read it again.

use crate::app::Tracker;
use crate::names::{Names, one_line};
use crate::texts::Texts;
use crate::visit::Trouble;
use askama::Template;
use model::notice::Draft;
use model::{Notice, Sha256, Topic};
use store::{Author, Workspace};

/// A notice as shown.
pub(super) struct Shown {
    /// The canonical text.
    pub(super) text: String,
    /// The part of the page, byte for byte.
    pub(super) page: String,
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
    names: &Names,
    (workspace, author, webhook_hosts): (&Workspace, &Author, &[String]),
    tracker: &Tracker,
    topics: &[Topic],
) -> Option<Notice> {
    let contact = if workspace.contact.trim().is_empty() {
        &author.address
    } else {
        &workspace.contact
    };
    let aim = one_line(&names.fill(t.notice_aim));
    let lines = workspace.postal_address.lines().map(str::trim);
    let address: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let origin = &tracker.origin;
    let mut recipients = vec![one_line(&names.fill(t.notice_recipients))];
    let processors = tracker.disclosure.processors.iter();
    recipients.extend(processors.map(|p| one_line(&format!("{} ({})", p.name, p.country))));
    let told = |host: &String| one_line(&names.fill_with(t.notice_told, &[("place", host)]));
    recipients.extend(webhook_hosts.iter().map(told));
    let draft = Draft {
        language: t.language.as_str().to_owned(),
        controller: one_line(&workspace.name),
        address: one_line(&address.join(", ")),
        contact: one_line(contact),
        aims: topics.iter().map(|topic| (*topic, aim.clone())).collect(),
        retention_days: tracker.disclosure.hits_days(),
        recipients,
        withdrawal: format!("{origin}/p"),
        full_notice: format!("{origin}/n/{}", workspace.id),
    };
    Notice::try_from(draft).ok()
}

impl Shown {
    pub(super) fn of(t: &'static Texts, names: &Names, notice: &Notice) -> Result<Self, Trouble> {
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
    pub(super) fn digest(&self) -> String {
        Sha256::of(&self.text).to_string()
    }
}
