//! The public half of a key as the DNS has it (RFC 6376 §3.6).

use super::key::Key;

/// RFC 1035 §3.3: a TXT record is made of strings of at most this many octets.
const STRING_BYTES_MAX: usize = 255;

/// One TXT record to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where, in full and without the final dot: `selector._domainkey.example.org`.
    pub name: String,
    /// What, as one text: `v=DKIM1; k=rsa; p=…`. Most providers' forms take it like this and
    /// split it themselves.
    pub text: String,
}

impl Record {
    pub(super) fn new(selector: &str, domain: &str, key: &Key) -> Self {
        Self {
            name: format!("{selector}._domainkey.{domain}"),
            text: format!(
                "v=DKIM1; k={}; p={}",
                key.algorithm().key_tag(),
                key.public_base64()
            ),
        }
    }

    /// The record as a line of a zone file, its text in strings of at most 255 octets.
    pub fn zone_line(&self) -> String {
        let mut line = format!("{}. IN TXT (", self.name);
        for (i, c) in self.text.chars().enumerate() {
            if i % STRING_BYTES_MAX == 0 {
                line.push_str(if i == 0 { " \"" } else { "\" \"" });
            }
            line.push(c);
        }
        line.push_str("\" )");
        line
    }
}
