//! Taking a person out of texts that are somebody else's: subjects and links of mails to them.

use crate::Contact;

/// What stands where an address or name stood.
const REMOVED: &str = "…";

/// Whom to take out.
pub(crate) struct Named {
    address_key: String,
    name: String,
}

impl Named {
    pub(crate) fn new(address_key: String, name: &str) -> Self {
        let name = name.trim().to_owned();
        Self { address_key, name }
    }

    pub(crate) fn of(contact: &Contact) -> Self {
        Self::new(contact.address.key(), &contact.name)
    }

    /// A text without the person's address, however it is written in addresses of pages, and without their full name.
    pub(crate) fn taken_out_of(&self, text: &str) -> String {
        let mut out = replaced(text, &self.address_key);
        for at in ["%40", "%2540"] {
            out = replaced(&out, &self.address_key.replace('@', at));
        }
        // One word alone may be any word.
        if self.name.contains(char::is_whitespace) {
            out = replaced(&out, &self.name);
        }
        out
    }
}

/// Replaces every occurrence, whatever its case.
fn replaced(text: &str, what: &str) -> String {
    let what: Vec<char> = what.chars().flat_map(char::to_lowercase).collect();
    let chars: Vec<char> = text.chars().collect();
    let same = |a: char, b: char| a == b || a.to_lowercase().eq(std::iter::once(b));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let window = chars.get(at..at + what.len());
        let found = window.is_some_and(|w| w.iter().zip(&what).all(|(a, b)| same(*a, *b)));
        if found && !what.is_empty() {
            out += REMOVED;
            at += what.len();
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_case_and_the_spelling() {
        for (text, what, left) in [
            ("To BOB@example.org!", "bob@example.org", "To …!"),
            ("bob@example.orgbob@example.org", "bob@example.org", "……"),
            ("Grüße an ZOË BÖLL", "zoë böll", "Grüße an …"),
            ("nothing here", "bob@example.org", "nothing here"),
            ("short", "shorter", "short"),
        ] {
            assert_eq!(replaced(text, what), left);
        }
    }

    #[test]
    fn a_name_of_one_word_may_be_any_word() {
        let bob = Named::new("bob@example.org".into(), " Bob ");
        assert_eq!(bob.taken_out_of("Bob, bob%40example.org"), "Bob, …");
        let full = Named::new("bob@example.org".into(), "Bob Hill");
        assert_eq!(full.taken_out_of("For Bob Hill"), "For …");
    }
}
