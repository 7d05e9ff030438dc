//! What is filled into texts: who wrote to whom, about what, when.

use crate::texts::{Texts, fill};
use model::url::Origin;
use store::{Around, Author, Workspace};

/// The names around one person, and the mail it is about, as they may read them.
pub(crate) struct Names {
    sender: String,
    address: String,
    workspace: String,
    recipient: String,
    subject: String,
    date: String,
    host: String,
}

impl Names {
    /// The names, with dates and stand-ins in the language of `t`.
    pub(crate) fn of(around: &Around, t: &Texts, origin: &Origin) -> Self {
        let (copy, message) = around.mail.as_ref().map(|(c, m)| (c, m)).unzip();
        let recipient = copy.map_or(around.contact.address.as_str(), |copy| &copy.address);
        let subject = message.map_or("", |message| &message.subject);
        let date = message.map(|message| t.date(message.accepted_at));
        Self {
            recipient: recipient.to_owned(),
            subject: or(subject, t.no_subject),
            date: date.unwrap_or_default(),
            ..Self::of_workspace(&around.workspace, &around.author, origin)
        }
    }

    /// The names of a workspace alone; those of a recipient and a mail are empty.
    pub(crate) fn of_workspace(workspace: &Workspace, author: &Author, origin: &Origin) -> Self {
        Self {
            sender: or(&author.name, &author.address),
            address: author.address.clone(),
            workspace: or(&workspace.name, &author.address),
            recipient: String::new(),
            subject: String::new(),
            date: String::new(),
            host: origin.host().to_owned(),
        }
    }

    /// The subject, or the words for none.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    /// Puts the names into a text.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.fill_with(text, &[])
    }

    /// Puts the names and something else into a text. What is else goes first.
    pub(crate) fn fill_with(&self, text: &str, values: &[(&str, &str)]) -> String {
        let names = [
            ("sender", self.sender.as_str()),
            ("address", &self.address),
            ("workspace", &self.workspace),
            ("recipient", &self.recipient),
            ("subject", &self.subject),
            ("date", &self.date),
            ("host", &self.host),
        ];
        fill(text, &[values, names.as_slice()].concat())
    }
}

/// A text, or another where it is blank.
pub(crate) fn or(text: &str, otherwise: &str) -> String {
    let text = text.trim();
    if text.is_empty() { otherwise } else { text }.to_owned()
}
