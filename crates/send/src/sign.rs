//! DKIM: which keys sign for which domain.
//!
//! A mail is signed after instrumenting, when nothing about it changes any more. Then a signature it came with may be
//! dropped if instrumenting breaks it; without keys of our own such a mail goes out untracked.

use crate::instrument::DECLARATION_HEADER;
use model::Time;
use wire::dkim::{Signer, SignerError};

/// The keys of this server.
#[derive(Debug, Default)]
pub struct Signers(Vec<(String, Signer)>);

impl Signers {
    /// Adds a key. What declares the tracking is signed along with the rest.
    pub fn add(&mut self, domain: &str, selector: &str, key_pem: &[u8]) -> Result<(), SignerError> {
        let signer = Signer::new(domain, selector, key_pem)?.covering(DECLARATION_HEADER)?;
        self.0.push((domain.to_ascii_lowercase(), signer));
        Ok(())
    }

    /// All keys, for showing their DNS records.
    pub fn all(&self) -> impl Iterator<Item = &Signer> {
        self.0.iter().map(|(_, signer)| signer)
    }

    /// Is there a key for mail from this domain? Subdomains need keys of their own, so that alignment is never in doubt.
    pub fn sign_for(&self, domain: &str) -> bool {
        self.of(domain).next().is_some()
    }

    /// The signature fields to put in front of a mail from this domain; empty without a key for it.
    pub(crate) fn sign(&self, domain: &str, mail: &[u8], now: Time) -> Vec<u8> {
        let seconds = u64::try_from(now.0 / 1_000).unwrap_or(0);
        let mut fields = Vec::new();
        for signer in self.of(domain) {
            match signer.sign(mail, seconds) {
                Ok(field) => fields.extend(field),
                // Unsigned mail may still arrive; held-back mail does not.
                Err(error) => {
                    tracing::warn!(%error, "a mail leaves without a DKIM signature: {error}");
                }
            }
        }
        fields
    }

    fn of(&self, domain: &str) -> impl Iterator<Item = &Signer> {
        self.0
            .iter()
            .filter(move |(d, _)| d.eq_ignore_ascii_case(domain))
            .map(|(_, signer)| signer)
    }
}
