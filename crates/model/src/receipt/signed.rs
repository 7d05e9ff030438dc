//! A receipt with its signature, and what a stranger does to verify it.

use super::Receipt;
use crate::canonical::{NotCanonical, canonical};
use crate::erasure::ErasureReceipt;
use crate::sign::{PublicKey, Signature, Signed, SigningKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A record that is signed and handed to the person it is about.
pub trait Signable: Serialize + DeserializeOwned {
    /// What its signature is for.
    const USE: Signed;
}

impl Signable for Receipt {
    const USE: Signed = Signed::Receipt;
}

impl Signable for ErasureReceipt {
    const USE: Signed = Signed::Erasure;
}

/// Longest text that is read as a receipt. Real ones have a few kilobytes.
pub const RECEIPT_BYTES_MAX: usize = 256 * 1024;

/// How it is signed. One way, so that nobody can pick a weaker one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Algorithm {
    Ed25519,
}

/// The signature inside a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptSignature {
    algorithm: Algorithm,
    /// The public key that was used: to pick one by, not to be trusted.
    pub key: PublicKey,
    value: Signature,
}

/// A signed receipt. It can only be had by signing or verifying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedReceipt<R = Receipt> {
    #[serde(flatten)]
    receipt: R,
    signature: ReceiptSignature,
}

/// Why a text is not a valid receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// Not a receipt at all, or one with a field missing or unknown.
    #[error("this is not such a receipt: {0}")]
    Form(String),
    /// Longer than a receipt can be.
    #[error("this is not such a receipt: it is longer than 256 KiB")]
    TooLong,
    /// Another key: perhaps another instance's receipt.
    #[error(
        "this receipt was signed with another key, {0}; verify it with that instance's public key"
    )]
    OtherKey(PublicKey),
    /// It was changed after it was signed, if only in its spacing.
    #[error(
        "this receipt was changed after it was signed; ask the person for the file as it was downloaded"
    )]
    Changed,
}

impl From<NotCanonical> for BadReceipt {
    fn from(error: NotCanonical) -> Self {
        Self::Form(error.to_string())
    }
}

impl Receipt {
    /// Signs the record. An error only if a number in it is beyond what JSON keeps exactly.
    pub fn sign(self, key: &SigningKey) -> Result<SignedReceipt, BadReceipt> {
        SignedReceipt::sign(self, key)
    }
}

impl<R: Signable> SignedReceipt<R> {
    /// Signs a record. An error only if a number in it is beyond what JSON keeps exactly.
    pub fn sign(receipt: R, key: &SigningKey) -> Result<Self, BadReceipt> {
        let value = key.sign(R::USE, canonical(&receipt)?.as_bytes());
        let signature = ReceiptSignature {
            algorithm: Algorithm::Ed25519,
            key: key.public(),
            value,
        };
        Ok(Self { receipt, signature })
    }

    /// The receipt's file: canonical JSON.
    pub fn text(&self) -> Result<String, BadReceipt> {
        Ok(canonical(self)?)
    }

    /// What was signed.
    pub fn receipt(&self) -> &R {
        &self.receipt
    }

    /// Reads a receipt's file and verifies it with the instance's public key. Needs nothing else.
    pub fn verify(text: &str, key: &PublicKey) -> Result<Self, BadReceipt> {
        let form = |e: serde_json::Error| BadReceipt::Form(e.to_string());
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(BadReceipt::TooLong);
        }
        let mut value: serde_json::Value = serde_json::from_str(text).map_err(form)?;
        // Taken out by hand: `flatten` would let unknown fields through.
        let signature = value
            .as_object_mut()
            .and_then(|fields| fields.remove("signature"));
        let signature = signature.ok_or_else(|| BadReceipt::Form("it has no signature".into()))?;
        let signature: ReceiptSignature = serde_json::from_value(signature).map_err(form)?;
        let receipt: R = serde_json::from_value(value).map_err(form)?;
        if signature.key != *key {
            return Err(BadReceipt::OtherKey(signature.key));
        }
        let signed = canonical(&receipt)?;
        let whole = Self { receipt, signature };
        if !key.verifies(R::USE, signed.as_bytes(), &whole.signature.value) || whole.text()? != text
        {
            return Err(BadReceipt::Changed);
        }
        Ok(whole)
    }
}
