//! What is filled into texts: who wrote to whom, about what, when.

use crate::texts::{Texts, fill};
use model::url::Origin;
use store::CopyInContext;

/// The names around one copy, as its recipient may read them.
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
    pub(crate) fn of(around: &CopyInContext, t: &Texts, origin: &Origin) -> Self {
        let or = |text: &str, otherwise: &str| {
            let text = text.trim();
            if text.is_empty() {
                otherwise.to_owned()
            } else {
                text.to_owned()
            }
        };
        let address = &around.message.sender;
        Self {
            sender: or(&around.sender_name, address),
            address: address.clone(),
            workspace: or(&around.workspace.name, address),
            recipient: around.copy.address.clone(),
            subject: or(&around.message.subject, t.no_subject),
            date: t.date(around.message.accepted_at),
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
