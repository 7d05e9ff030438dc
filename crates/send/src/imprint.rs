//! What the law makes a mail say besides what tracking makes it say: who sends it, how to stop it, and, once, where
//! the address comes from. Visible lines at the end of the mail, and the header fields of RFC 8058.
//!
//! Overt adds the lines itself, to every mail of a kind that needs them, from the workspace's settings and the
//! contact's source. It does not look whether the sender wrote the same: said twice harms nobody, left out does.

mod words;

use model::profile::Statement;
use model::sending::Duties;
use model::url::Origin;
use model::{EmailAddress, Keyring, Language};
use store::CopyInContext;

/// RFC 2369 §3.2.
pub(crate) const UNSUBSCRIBE_HEADER: &str = "List-Unsubscribe";
const ONE_CLICK_HEADER: &str = "List-Unsubscribe-Post";
/// RFC 8058 §3.1: exactly this.
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// A line of it: a sentence and a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The sentence.
    pub sentence: String,
    /// What the link says.
    pub link: &'static str,
    /// Where it leads.
    pub url: String,
}

/// The lines of one copy; none where nothing must be said.
pub(crate) fn lines(
    duties: &Duties,
    around: &CopyInContext,
    language: Language,
    keyring: &Keyring,
    tracker: &Origin,
) -> Vec<Said> {
    let must = |statement| duties.says.contains(&statement);
    let (copy, workspace) = (around.copy.id, &around.workspace);
    let mut lines = Vec::new();
    if duties.tells_source() {
        let words = words::source(language, &around.contact.source, tracker.host());
        lines.push(Said {
            sentence: words.0,
            link: words.1,
            url: tracker.person(&keyring.person(copy)),
        });
    }
    if must(Statement::SenderIdentity) || must(Statement::Unsubscribe) {
        let postal = one_line(&workspace.postal_address);
        let who: Vec<_> = [workspace.name.as_str(), &postal]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let words = words::imprint(language, &who.join(", "), contact(around));
        lines.push(Said {
            sentence: words.0,
            link: words.1,
            url: tracker.unsubscribe(&keyring.unsubscribe(copy)),
        });
    }
    lines
}

/// The header fields with which mail programs show a button to unsubscribe. Only where the mail has none of its own:
/// whoever runs a list elsewhere keeps theirs.
pub(crate) fn headers(
    duties: &Duties,
    around: &CopyInContext,
    keyring: &Keyring,
    tracker: &Origin,
) -> Vec<(String, String)> {
    if !duties.says.contains(&Statement::Unsubscribe) {
        return Vec::new();
    }
    let url = tracker.unsubscribe(&keyring.unsubscribe(around.copy.id));
    let mut value = format!("<{url}>");
    // For programs that know only mail. A person reads that mailbox, and notes it on the contact's page.
    if let Ok(address) = contact(around).parse::<EmailAddress>()
        && address.as_str().bytes().all(is_plain)
    {
        value += &format!(", <mailto:{address}?subject=unsubscribe>");
    }
    vec![
        (UNSUBSCRIBE_HEADER.into(), value),
        (ONE_CLICK_HEADER.into(), ONE_CLICK.into()),
    ]
}

/// How to reach the sender: as the settings say, else by answering.
fn contact(around: &CopyInContext) -> &str {
    match around.workspace.contact.trim() {
        "" => &around.message.sender,
        contact => contact,
    }
}

/// Lines of an address on an envelope, in one.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(", ")
}

/// Needs no encoding in a `mailto:` address (RFC 6068 §2).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"@.-_+".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelopes_address_becomes_one_line() {
        assert_eq!(
            one_line("Mill Lane 1\r\n\n 10115 Berlin \n"),
            "Mill Lane 1, 10115 Berlin"
        );
        assert_eq!(one_line(" \n"), "");
    }
}
