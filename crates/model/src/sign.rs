//! Ed25519 signatures (RFC 8032) over receipts, chain heads and archives, which strangers verify offline.
//!
//! Every signature covers what it is for as well, so that a signed receipt can never be passed off as a signed head.

use crate::word::{serde_as_text, shown_as_base64};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use std::fmt;

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// A consent receipt.
    Receipt,
    /// The head of a ledger.
    Head,
    /// The list of contents of an evidence archive.
    Evidence,
    /// An evidence archive, every byte of the file.
    Archive,
    /// A receipt of an erasure.
    Erasure,
}

impl Signed {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Receipt => b"overt signature v1 receipt\0",
            Self::Head => b"overt signature v1 head\0",
            Self::Evidence => b"overt signature v1 evidence\0",
            Self::Archive => b"overt signature v1 archive\0",
            Self::Erasure => b"overt signature v1 erasure\0",
        }
    }

    fn message(self, content: &[u8]) -> Vec<u8> {
        [self.label(), content].concat()
    }
}

/// The instance's signing key.
pub struct SigningKey(Ed25519KeyPair);

/// The bytes are not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 key: expected 43 characters of A–Z a–z 0–9 - _")]
pub struct BadKey;

impl SigningKey {
    /// The key made of 32 random bytes, which are kept secret.
    pub fn new(seed: &[u8; 32]) -> Result<Self, BadKey> {
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|_| BadKey)
    }

    /// The public half, which is published.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    /// Signs. The same content always gives the same signature.
    pub fn sign(&self, what: Signed, content: &[u8]) -> Signature {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.0.sign(&what.message(content)).as_ref());
        Signature(bytes)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The public half of a signing key: 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// A signature: 86 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl PublicKey {
    /// Was this signed with the secret half, for this use?
    pub fn verifies(&self, what: Signed, content: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&what.message(content), &signature.0)
            .is_ok()
    }
}

macro_rules! base64_text {
    ($name:ident) => {
        shown_as_base64!($name);
        serde_as_text!($name);

        impl std::str::FromStr for $name {
            type Err = BadKey;
            fn from_str(text: &str) -> Result<Self, BadKey> {
                let bytes = BASE64URL_NOPAD
                    .decode(text.trim().as_bytes())
                    .map_err(|_| BadKey)?;
                bytes.try_into().map(Self).map_err(|_| BadKey)
            }
        }
    };
}

base64_text!(PublicKey);
base64_text!(Signature);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_use_one_content_one_key() {
        let key = SigningKey::new(&[7; 32]).unwrap();
        let signature = key.sign(Signed::Head, b"abc");
        assert!(key.public().verifies(Signed::Head, b"abc", &signature));
        assert!(!key.public().verifies(Signed::Receipt, b"abc", &signature));
        assert!(!key.public().verifies(Signed::Head, b"abd", &signature));
        let other = SigningKey::new(&[8; 32]).unwrap().public();
        assert!(!other.verifies(Signed::Head, b"abc", &signature));
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }

    #[test]
    fn rfc_8032_test_vector_1() {
        let seed = data_encoding::HEXLOWER
            .decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            .unwrap();
        let key = SigningKey::new(&seed.try_into().unwrap()).unwrap();
        assert_eq!(
            data_encoding::HEXLOWER.encode(&key.public().0),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
    }

    #[test]
    fn text_forms_round_trip() {
        let key = SigningKey::new(&[7; 32]).unwrap();
        let signature = key.sign(Signed::Evidence, b"");
        assert_eq!(signature.to_string().parse(), Ok(signature));
        assert_eq!(key.public().to_string().parse(), Ok(key.public()));
        assert_eq!("AAAA".parse::<PublicKey>(), Err(BadKey));
    }
}
