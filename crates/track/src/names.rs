//! What is filled into texts: who wrote to whom, about what, when.

use crate::texts::{Texts, fill};
use model::url::Origin;
use store::Around;

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
        let or = |text: &str, otherwise: &str| {
            let text = text.trim();
            if text.is_empty() {
                otherwise.to_owned()
            } else {
                text.to_owned()
            }
        };
        let address = &around.author.address;
        let (copy, message) = around.mail.as_ref().map(|(c, m)| (c, m)).unzip();
        let subject = message.map_or("", |message| &message.subject);
        Self {
            sender: or(&around.author.name, address),
            address: address.clone(),
            workspace: or(&around.workspace.name, address),
            recipient: copy
                .map_or(around.contact.address.as_str(), |copy| &copy.address)
                .to_owned(),
            subject: or(subject, t.no_subject),
            date: message
                .map(|message| t.date(message.accepted_at))
                .unwrap_or_default(),
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
