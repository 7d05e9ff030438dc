//! Secrets that programs and people present — app passwords, API keys, sessions — and texts known by their hash.
//!
//! A secret is 128 random bits, so a plain SHA-256 of it can be stored: there is nothing to guess. Passwords that
//! people choose are another matter; those are stretched with Argon2id where they are checked.

use crate::word::serde_as_text;
use aws_lc_rs::digest;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use std::fmt;

/// A random secret in the text form that is shown once: 26 lower-case letters and digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret made of 128 random bits.
    pub fn new(random: [u8; 16]) -> Self {
        Self(BASE32_NOPAD.encode(&random).to_ascii_lowercase())
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn digest(&self) -> Sha256 {
        Sha256::of_secret(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// The digest of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(out)
    }

    /// The digest of a presented secret. Case, blanks and dashes are forgiven: people copy these by hand.
    pub fn of_secret(presented: &str) -> Self {
        let bare: String = presented
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .take(128)
            .collect();
        Self::of(&bare.to_ascii_lowercase())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// The text is not a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest: expected 64 characters of 0–9 a–f")]
pub struct BadDigest;

impl std::str::FromStr for Sha256 {
    type Err = BadDigest;
    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| BadDigest)?;
        bytes.try_into().map(Self).map_err(|_| BadDigest)
    }
}

serde_as_text!(Sha256);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_by_hand() {
        let secret = Secret::new([0xab; 16]);
        assert_eq!(secret.as_str().len(), 26);
        let typed = format!(
            " {}-{} ",
            &secret.as_str()[..4].to_uppercase(),
            &secret.as_str()[4..]
        );
        assert_eq!(Sha256::of_secret(&typed), secret.digest());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn digest_is_sha_256() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sha256::of("abc").to_string(), text);
        assert_eq!(text.parse(), Ok(Sha256::of("abc")));
        assert_eq!(text.to_uppercase().parse::<Sha256>(), Err(BadDigest));
        assert_eq!(text[1..].parse::<Sha256>(), Err(BadDigest));
    }
}
