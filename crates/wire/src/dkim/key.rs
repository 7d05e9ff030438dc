//! Private keys: read from PEM, generated, and put to use.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use data_encoding::BASE64;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

use super::SignerError;

/// RFC 8301 §3.2: what every verifier can check.
const RSA_BYTES_MAX: usize = 4096 / 8;
/// RFC 7468 §2.
const PEM_COLUMNS: usize = 64;

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-sha256`: everybody can check it (RFC 8301).
    Rsa,
    /// `ed25519-sha256`: a short key and record, not checked everywhere yet (RFC 8463).
    Ed25519,
}

impl Algorithm {
    /// The `a=` tag.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-sha256",
            Self::Ed25519 => "ed25519-sha256",
        }
    }

    /// The `k=` tag.
    pub(super) fn key_tag(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A new private key as PEM (PKCS#8): RSA of 2048 bits, whose record still fits everybody's DNS
/// forms, or Ed25519. [`super::Signer::new`] takes it, and [`super::Signer::record`] then has what
/// to publish. RSA takes about a second at worst.
pub fn generate(algorithm: Algorithm) -> Result<String, SignerError> {
    let der = match algorithm {
        Algorithm::Rsa => RsaKeyPair::generate(KeySize::Rsa2048)
            .and_then(|pair| -> Result<Pkcs8V1Der<'_>, _> { pair.as_der() }),
        Algorithm::Ed25519 => Ed25519KeyPair::generate()
            .and_then(|pair| -> Result<Pkcs8V1Der<'_>, _> { pair.as_der() }),
    };
    let der = der.map_err(|_| SignerError::Generation)?;
    Ok(pem(der.as_ref()))
}

fn pem(der: &[u8]) -> String {
    let mut text = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    let base64 = BASE64.encode(der);
    for (i, c) in base64.chars().enumerate() {
        if i > 0 && i % PEM_COLUMNS == 0 {
            text.push('\n');
        }
        text.push(c);
    }
    text.push_str("\n-----END PRIVATE KEY-----\n");
    text
}

/// A private key that is fit for DKIM.
#[derive(Debug)]
pub(super) enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, SignerError> {
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| SignerError::NoKey)?;
        let rsa = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                // Version 1 as OpenSSL writes it; "unchecked" only means that it need not hold
                // the public half.
                if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                    return Ok(Self::Ed25519(pair));
                }
                RsaKeyPair::from_pkcs8(der)
            }
            _ => return Err(SignerError::KeyKind),
        };
        match rsa {
            Ok(pair) if pair.public_modulus_len() > RSA_BYTES_MAX => Err(SignerError::KeyTooLong),
            Ok(pair) => Ok(Self::Rsa(pair)),
            Err(error) => Err(rejected(&error)),
        }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::Rsa,
            Self::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The signature of canonical header fields; `None` when the crypto library fails. Ed25519
    /// signs the SHA-256 of the fields and not the fields (RFC 8463 §3).
    pub(super) fn sign(&self, fields: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new(); // asked for and not used: PKCS#1 v1.5
                pair.sign(&RSA_PKCS1_SHA256, &random, fields, &mut signature)
                    .ok()?;
                Some(signature)
            }
            Self::Ed25519(pair) => {
                let hash = digest(&SHA256, fields);
                Some(pair.try_sign(hash.as_ref()).ok()?.as_ref().to_vec())
            }
        }
    }

    /// The public half as the record's `p=` tag has it: RSA as `SubjectPublicKeyInfo`, which is
    /// what everybody publishes and RFC 6376 appendix C shows, though its §3.6.1 asks for less; Ed25519
    /// bare (RFC 8463 §4.2).
    pub(super) fn public_base64(&self) -> String {
        match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                let der: Result<PublicKeyX509Der<'_>, _> = public.as_der();
                der.map_or_else(
                    |_| BASE64.encode(public.as_ref()),
                    |der| BASE64.encode(der.as_ref()),
                )
            }
            Self::Ed25519(pair) => BASE64.encode(pair.public_key().as_ref()),
        }
    }
}

/// The library tells its reasons apart only by their text; a test watches over it.
fn rejected(error: &KeyRejected) -> SignerError {
    match error.to_string().as_str() {
        "TooSmall" => SignerError::KeyTooShort,
        "TooLarge" => SignerError::KeyTooLong,
        _ => SignerError::KeyKind,
    }
}

#[cfg(test)]
mod tests;
