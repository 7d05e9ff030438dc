//! A receipt with its signature, and what a stranger does to verify it.

use super::Receipt;
use crate::canonical::{NotCanonical, canonical};
use crate::sign::{PublicKey, Signature, Signed, SigningKey};
use serde::{Deserialize, Serialize};

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
pub struct SignedReceipt {
    #[serde(flatten)]
    receipt: Receipt,
    signature: ReceiptSignature,
}

/// Why a text is not a valid receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// Not a receipt at all, or one with a field missing or unknown.
    #[error("this is not a consent receipt: {0}")]
    Form(String),
    /// Longer than a receipt can be.
    #[error("this is not a consent receipt: it is longer than 256 KiB")]
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
        let value = key.sign(Signed::Receipt, canonical(&self)?.as_bytes());
        let signature = ReceiptSignature {
            algorithm: Algorithm::Ed25519,
            key: key.public(),
            value,
        };
        Ok(SignedReceipt {
            receipt: self,
            signature,
        })
    }
}

impl SignedReceipt {
    /// The receipt's file: canonical JSON.
    pub fn text(&self) -> Result<String, BadReceipt> {
        Ok(canonical(self)?)
    }

    /// What was signed.
    pub fn receipt(&self) -> &Receipt {
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
        let receipt: Receipt = serde_json::from_value(value).map_err(form)?;
        if signature.key != *key {
            return Err(BadReceipt::OtherKey(signature.key));
        }
        let signed = canonical(&receipt)?;
        let whole = Self { receipt, signature };
        if !key.verifies(Signed::Receipt, signed.as_bytes(), &whole.signature.value)
            || whole.text()? != text
        {
            return Err(BadReceipt::Changed);
        }
        Ok(whole)
    }
}
