//! DKIM signatures (RFC 6376, with the algorithms of RFC 8301 and RFC 8463) for mail that leaves.
//!
//! Promises: [`Signer::sign`] gives the header field for a mail exactly as [`crate::smtp::Relay`]
//! will send it, whatever its line ends, and gives the same bytes for the same mail, key and time.
//! Relaxed canonicalisation on both sides, because relays refold header fields and trim lines; no
//! `l=` tag, because it lets strangers append to a signed mail. `From` is listed once more than it
//! is there, so that nobody can add a second one (RFC 6376 §8.15). One signer has one key; a mail
//! may carry a signature of each kind, as RFC 8463 §6 advises while not everybody reads Ed25519.
//! Left out: verifying, expiry (`x=`), and taking away signatures that the mail had before.
//!
//! Over aws-lc-rs and not `mail-auth` 0.13.3. That reads the clock itself and cannot be told the
//! time; it takes lines of blanks at the end of a body for text, against RFC 6376 §3.4.4, so that
//! dkimpy refuses what it signs; and it brings its DNS resolver even for signing: 103 more crates
//! for `wire`, which has 40, and 88 s of compiling them (measured 2026-11-21).

mod canonical;
mod field;
mod key;
mod record;

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::BASE64;
use thiserror::Error;

pub use key::{Algorithm, generate};
pub use record::Record;

use canonical::{Field, HeaderError};
use field::Folded;
use key::Key;

/// What a signature covers, where the mail has it: what readers see, what decides how the body is
/// read, and both unsubscribe fields (RFC 8058 §4 asks for them). Fields that relays add or
/// rewrite (`Received`, `Return-Path`, `Sender`) are not here.
const COVERED: [&str; 14] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];
/// A mail with more than this many covered fields is no honest mail, and its `h=` tag would grow
/// with it.
const FIELDS_COVERED_MAX: usize = 100;
/// RFC 1035 §2.3.4.
const LABEL_BYTES_MAX: usize = 63;
const NAME_BYTES_MAX: usize = 253;

/// Why there is no signer: a matter for whoever set up the domain and its key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignerError {
    /// Not a domain name that can stand in a signature.
    #[error(
        "`{0}` is not a domain name for DKIM; write it like example.org, international names in their xn-- form"
    )]
    Domain(String),
    /// Not a selector.
    #[error(
        "`{0}` is not a DKIM selector; use letters, digits and hyphens, like overt1 or 2026-11"
    )]
    Selector(String),
    /// Not one of ours to cover.
    #[error("`{0}` is not the name of a header field")]
    FieldName(String),
    /// No private key in the text.
    #[error(
        "there is no private key in this text; give an unencrypted PEM key that begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----"
    )]
    NoKey,
    /// Another kind of key, or damaged.
    #[error(
        "this private key cannot sign with DKIM: it is damaged or neither RSA nor Ed25519; generate one of these"
    )]
    KeyKind,
    /// RFC 8301 asks for 2048 bits at signers; the crypto library signs with nothing shorter.
    #[error("this RSA key is too short: DKIM needs 2048 bits; generate a new key and publish it")]
    KeyTooShort,
    /// The RSA key is longer than verifiers must read (RFC 8301 §3.2).
    #[error(
        "this RSA key is too long: receivers need not check more than 4096 bits; generate one of 2048"
    )]
    KeyTooLong,
    /// The crypto library has failed: no memory or no randomness.
    #[error("no key could be generated; try again")]
    Generation,
}

/// Why a mail has no signature. It can still be sent, unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// The header cannot be split into fields, so that no two readers would agree what was signed.
    #[error(
        "the mail cannot be signed: line {line} of its header is neither a field nor the continuation of one"
    )]
    Header {
        /// Counted from 1.
        line: usize,
    },
    /// RFC 6376 §5.4: `From` must be signed.
    #[error("the mail cannot be signed: it has no From field")]
    NoFrom,
    /// More than 100 fields that would have to be covered.
    #[error(
        "the mail cannot be signed: it has more than {FIELDS_COVERED_MAX} header fields that a signature must cover"
    )]
    TooManyFields,
    /// The crypto library has failed, which it does only without memory.
    #[error("the mail could not be signed; try again")]
    Crypto,
}

impl From<HeaderError> for SignError {
    fn from(error: HeaderError) -> Self {
        Self::Header { line: error.line }
    }
}

/// One key of one domain, ready to sign. Its `Debug` form shows public parts only.
#[derive(Debug)]
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
    covered: Vec<String>,
}

impl Signer {
    /// `key_pem` is an unencrypted private key: RSA as PKCS#8 or PKCS#1, Ed25519 as PKCS#8. The
    /// public half must be published as [`Signer::record`] says before mail is signed with it.
    pub fn new(domain: &str, selector: &str, key_pem: &[u8]) -> Result<Self, SignerError> {
        let name_bytes = selector.len() + "._domainkey.".len() + domain.len();
        if !is_dns_name(domain) || !domain.contains('.') || name_bytes > NAME_BYTES_MAX {
            return Err(SignerError::Domain(domain.to_owned()));
        }
        if !is_dns_name(selector) {
            return Err(SignerError::Selector(selector.to_owned()));
        }
        Ok(Self {
            domain: domain.to_ascii_lowercase(),
            selector: selector.to_owned(),
            key: Key::from_pem(key_pem)?,
            covered: COVERED.map(str::to_owned).to_vec(),
        })
    }

    /// Covers one more header field than the usual ones, where a mail has it.
    pub fn covering(mut self, field: &str) -> Result<Self, SignerError> {
        let known = |name: &String| name.eq_ignore_ascii_case(field);
        if !canonical::is_field_name(field.as_bytes()) || field.contains(';') {
            return Err(SignerError::FieldName(field.to_owned()));
        }
        if !self.covered.iter().any(known) {
            self.covered.push(field.to_owned());
        }
        Ok(self)
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// What must stand in the DNS for receivers to believe its signatures.
    pub fn record(&self) -> Record {
        Record::new(&self.selector, &self.domain, &self.key)
    }

    /// The `DKIM-Signature` field, with its CRLF, to put in front of `mail` (header, empty line,
    /// body). `now` is seconds since 1970 and becomes `t=`. Lines may end in CRLF or in a bare CR
    /// or LF: what is signed is what a relay gets, with CRLF everywhere.
    pub fn sign(&self, mail: &[u8], now: u64) -> Result<Vec<u8>, SignError> {
        let (fields, body) = canonical::split(mail)?;
        let (names, mut signed) = self.cover(&fields)?;
        let unsigned = self.field(&names, &body_hash(body), now);
        unsigned.write(&mut signed);
        let signature = self.key.sign(&signed).ok_or(SignError::Crypto)?;
        Ok(unsigned.end_with(&BASE64.encode(&signature)))
    }

    /// The names for `h=`, and the canonical fields in the same order. Of several fields with one
    /// name the last comes first (RFC 6376 §5.4.2); none may be left out, or it could be forged.
    fn cover(&self, fields: &[Field<'_>]) -> Result<(Vec<&str>, Vec<u8>), SignError> {
        let mut names = Vec::new();
        let mut signed = Vec::new();
        for name in &self.covered {
            for field in fields.iter().rev().filter(|field| field.is(name)) {
                field.write(&mut signed);
                signed.extend_from_slice(b"\r\n");
                names.push(name.as_str());
            }
            if name == "From" {
                if names.is_empty() {
                    return Err(SignError::NoFrom);
                }
                names.push(name);
            }
            if names.len() > FIELDS_COVERED_MAX {
                return Err(SignError::TooManyFields);
            }
        }
        Ok((names, signed))
    }

    /// The field up to `b=`: this is what is signed besides the others.
    fn field(&self, names: &[&str], body_hash: &[u8], now: u64) -> Folded {
        let mut field = Folded::new("DKIM-Signature");
        field.word("v=1;");
        field.word(&format!("a={};", self.algorithm().tag()));
        field.word("c=relaxed/relaxed;");
        field.word(&format!("d={};", self.domain));
        field.word(&format!("s={};", self.selector));
        field.word(&format!("t={now};"));
        field.list("h=", names);
        field.word(&format!("bh={};", BASE64.encode(body_hash)));
        field.line("b=");
        field
    }
}

fn body_hash(body: &[u8]) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    canonical::body(body, |bytes| hash.update(bytes));
    hash.finish().as_ref().to_vec()
}

/// Letters, digits, hyphens; underscores too, which the DNS has no quarrel with.
fn is_dns_name(name: &str) -> bool {
    name.split('.').all(|label| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    })
}

#[cfg(test)]
mod tests;
