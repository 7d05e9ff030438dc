//! Tokens: what stands in a URL for a copy and a purpose.
//!
//! A token is 36 bytes — a random 128-bit id, a link number, a key id and a MAC of 128 bits — in 48 characters
//! of base64url. It holds no personal data, readable or hashed. Each purpose has its own key derived from the
//! instance's key, so a token made for one purpose is worth nothing for another (R-SEC-02). A click token's MAC
//! also covers the destination, byte for byte: a redirect needs this module and nothing else, and can lead only
//! where the sender pointed (R-SEC-01).
//!
//! Keys rotate: new tokens use the newest key, old keys go on verifying. Dropping an old key breaks every link
//! made with it, so the operator is never asked to.

use crate::decision::{ClickGrant, OpenGrant, Subject};
use crate::id::{ContactId, CopyId, GuardianId, MessageId};
use crate::mode::Axis;
use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE64URL_NOPAD;
use std::fmt;

const ID: usize = 16;
const HEAD: usize = ID + 2 + 2;
const MAC: usize = 16;
/// Characters of a token in its text form.
pub const TOKEN_CHARS: usize = 48;

/// What a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// `/o`: the copy was displayed.
    Open,
    /// `/c`: one of the copy's links was followed.
    Click,
    /// `/p`: the recipient's own page.
    Person,
    /// `/p/confirm`: the link in a confirmation mail; its id names the request, not a copy.
    Confirm,
    /// `/r`: the recipient's deliberate "I have read this".
    Receipt,
    /// `/u`: one-click unsubscribe.
    Unsubscribe,
    /// `/p/own`: the link in a mail that proves whose mailbox it is; its id names the challenge.
    Own,
    /// `/p/guardian`: where somebody with parental responsibility agrees for a child, and takes it back; its id names them.
    Guardian,
    /// `/o` of a message: displayed by one of a crowd.
    OpenSum,
    /// `/c` of a message: one of a crowd followed a link.
    ClickSum,
}

impl Purpose {
    const ALL: [Self; 10] = [
        Self::Open,
        Self::Click,
        Self::Person,
        Self::Confirm,
        Self::Receipt,
        Self::Unsubscribe,
        Self::Own,
        Self::Guardian,
        Self::OpenSum,
        Self::ClickSum,
    ];

    fn label(self) -> &'static [u8] {
        match self {
            Self::Open => b"overt token v1 open",
            Self::Click => b"overt token v1 click",
            Self::Person => b"overt token v1 person",
            Self::Confirm => b"overt token v1 confirm",
            Self::Receipt => b"overt token v1 receipt",
            Self::Unsubscribe => b"overt token v1 unsubscribe",
            Self::Own => b"overt token v1 own",
            Self::Guardian => b"overt token v1 guardian",
            Self::OpenSum => b"overt token v1 open sum",
            Self::ClickSum => b"overt token v1 click sum",
        }
    }
}

/// A token in its text form, ready for a URL. Never logged: `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The 48 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a verified token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The copy; for [`Purpose::Person`] also the contact, for [`Purpose::Confirm`] and [`Purpose::Own`] the request,
    /// for sums the message.
    pub id: [u8; ID],
    /// The number of the link within the message; zero for other purposes.
    pub link: u16,
}

/// What the token of a tracked URL says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracked {
    /// A copy, or the message that a crowd shares.
    pub subject: Subject,
    /// The number of the link within the message; zero for opens.
    pub link: u16,
}

impl Claim {
    /// The copy that the token names.
    pub fn copy(&self) -> CopyId {
        CopyId(self.id)
    }
}

/// The token was not made here for this purpose and destination. It does not say which of these failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this link was not made here, or it was changed on the way")]
pub struct Forged;

struct Derived {
    id: u16,
    keys: [hmac::Key; Purpose::ALL.len()],
}

/// The instance's keys.
pub struct Keyring {
    /// Newest first; never empty.
    keys: Vec<Derived>,
}

/// The key file holds no key, or two with one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a keyring needs at least one key, and each key an id of its own")]
pub struct BadKeyring;

impl Keyring {
    /// A keyring from secrets of 256 random bits, each with its id. The one with the highest id signs.
    pub fn new(secrets: &[(u16, [u8; 32])]) -> Result<Self, BadKeyring> {
        let mut keys: Vec<Derived> = secrets
            .iter()
            .map(|(id, secret)| {
                let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
                let keys = Purpose::ALL.map(|purpose| {
                    hmac::Key::new(
                        hmac::HMAC_SHA256,
                        hmac::sign(&master, purpose.label()).as_ref(),
                    )
                });
                Derived { id: *id, keys }
            })
            .collect();
        keys.sort_by_key(|k| std::cmp::Reverse(k.id));
        if keys.is_empty() || keys.windows(2).any(|w| w[0].id == w[1].id) {
            return Err(BadKeyring);
        }
        Ok(Self { keys })
    }

    /// The token of a pixel: of a copy's, or of the one that a crowd shares.
    pub fn open(&self, grant: &OpenGrant) -> Token {
        match grant.subject() {
            Subject::Copy(copy) => self.mint(Purpose::Open, copy.bytes(), 0, b""),
            Subject::Message(message) => self.mint(Purpose::OpenSum, message.bytes(), 0, b""),
        }
    }

    /// The token of one link. `destination` is exactly what will stand in the URL.
    pub fn click(&self, grant: &ClickGrant, link: u16, destination: &str) -> Token {
        let to = destination.as_bytes();
        match grant.subject() {
            Subject::Copy(copy) => self.mint(Purpose::Click, copy.bytes(), link, to),
            Subject::Message(message) => self.mint(Purpose::ClickSum, message.bytes(), link, to),
        }
    }

    /// The token of the recipient's page. Not a tracked URL: visiting it records nothing.
    pub fn person(&self, copy: CopyId) -> Token {
        self.mint(Purpose::Person, copy.bytes(), 0, b"")
    }

    /// The token of the page of somebody to whom no mail was sent yet. Its id names the contact.
    pub fn person_of(&self, contact: ContactId) -> Token {
        self.mint(Purpose::Person, contact.bytes(), 0, b"")
    }

    /// The token in a mail that proves whose mailbox it is.
    pub fn own(&self, challenge: &[u8; ID]) -> Token {
        self.mint(Purpose::Own, challenge, 0, b"")
    }

    /// The token in a mail to somebody with parental responsibility. It works as long as what they agreed to stands.
    pub fn guardian(&self, guardian: GuardianId) -> Token {
        self.mint(Purpose::Guardian, guardian.bytes(), 0, b"")
    }

    /// The token in a confirmation mail.
    pub fn confirm(&self, request: &[u8; ID]) -> Token {
        self.mint(Purpose::Confirm, request, 0, b"")
    }

    /// The token of the receipt page. A receipt is the recipient's own act, so it needs no grant.
    pub fn receipt(&self, copy: CopyId) -> Token {
        self.mint(Purpose::Receipt, copy.bytes(), 0, b"")
    }

    /// The token to unsubscribe with. It works without a grant, in tracked and untracked mail alike (R-MODE-06).
    pub fn unsubscribe(&self, copy: CopyId) -> Token {
        self.mint(Purpose::Unsubscribe, copy.bytes(), 0, b"")
    }

    /// Checks a token for one purpose. `destination` is empty for all but clicks.
    pub fn verify(&self, purpose: Purpose, text: &str, destination: &str) -> Result<Claim, Forged> {
        if text.len() != TOKEN_CHARS {
            return Err(Forged);
        }
        let mut bytes = [0u8; HEAD + MAC];
        let length = BASE64URL_NOPAD
            .decode_mut(text.as_bytes(), &mut bytes)
            .map_err(|_| Forged)?;
        let (head, mac) = bytes.split_at(HEAD);
        let key_id = u16::from_be_bytes([head[ID + 2], head[ID + 3]]);
        let key = self.keys.iter().find(|k| k.id == key_id).ok_or(Forged)?;
        let expected = tag(&key.keys[purpose as usize], head, destination.as_bytes());
        if length != bytes.len() || constant_time::verify_slices_are_equal(&expected, mac).is_err()
        {
            return Err(Forged);
        }
        let mut id = [0; ID];
        id.copy_from_slice(&head[..ID]);
        Ok(Claim {
            id,
            link: u16::from_be_bytes([head[ID], head[ID + 1]]),
        })
    }

    /// Checks the token of a tracked URL: what it stands for, and which link. `destination` is empty for opens.
    pub fn tracked(&self, axis: Axis, text: &str, destination: &str) -> Result<Tracked, Forged> {
        let (one, sum) = match axis {
            Axis::Open => (Purpose::Open, Purpose::OpenSum),
            Axis::Click => (Purpose::Click, Purpose::ClickSum),
            Axis::Document => return Err(Forged),
        };
        let of = |subject, claim: Claim| Tracked {
            subject,
            link: claim.link,
        };
        match self.verify(one, text, destination) {
            Ok(claim) => Ok(of(Subject::Copy(claim.copy()), claim)),
            Err(Forged) => {
                let claim = self.verify(sum, text, destination)?;
                Ok(of(Subject::Message(MessageId(claim.id)), claim))
            }
        }
    }

    fn mint(&self, purpose: Purpose, id: &[u8; ID], link: u16, destination: &[u8]) -> Token {
        let key = &self.keys[0];
        let mut bytes = [0u8; HEAD + MAC];
        bytes[..ID].copy_from_slice(id);
        bytes[ID..ID + 2].copy_from_slice(&link.to_be_bytes());
        bytes[ID + 2..HEAD].copy_from_slice(&key.id.to_be_bytes());
        let mac = tag(&key.keys[purpose as usize], &bytes[..HEAD], destination);
        bytes[HEAD..].copy_from_slice(&mac);
        Token(BASE64URL_NOPAD.encode(&bytes))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys)", self.keys.len())
    }
}

/// The head has a fixed length, so head and destination cannot be confused.
fn tag(key: &hmac::Key, head: &[u8], destination: &[u8]) -> [u8; MAC] {
    let mut context = hmac::Context::with_key(key);
    context.update(head);
    context.update(destination);
    let mut mac = [0; MAC];
    mac.copy_from_slice(&context.sign().as_ref()[..MAC]);
    mac
}

#[cfg(test)]
mod tests;
