//! Sealing what a backup holds of a person under that person's own key, so that destroying the key reaches into every
//! backup ever made (R-DSR-05). AES-256-GCM; the key is derived for one backup from the keys of all whom the content
//! names, so that it opens only as long as all of them live.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use std::fmt;

/// The key that rows of one backup are sealed under.
pub struct SealKey(LessSafeKey);

/// It was sealed under another key, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was sealed does not open: another key, or it was changed")]
pub struct NotOpened;

impl SealKey {
    /// Derives it from the contacts' keys, in the order of the contacts' ids, and the backup's random id.
    pub fn derive<'a>(
        contacts: impl IntoIterator<Item = &'a [u8; 32]>,
        backup: &[u8; 16],
    ) -> Result<Self, NotOpened> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, backup);
        let mut context = hmac::Context::with_key(&root);
        context.update(b"overt backup v1 row key\0");
        for key in contacts {
            context.update(key);
        }
        let key = UnboundKey::new(&AES_256_GCM, context.sign().as_ref()).map_err(|_| NotOpened)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a row. `number` must never repeat within a backup; `of` is what it is a row of.
    pub fn seal(&self, number: u64, of: &str, content: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let mut sealed = content.to_vec();
        let aad = Aad::from(of.as_bytes());
        self.0
            .seal_in_place_append_tag(nonce(number), aad, &mut sealed)
            .map_err(|_| NotOpened)?;
        Ok(sealed)
    }

    /// Opens a row.
    pub fn open(&self, number: u64, of: &str, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let mut content = sealed.to_vec();
        let aad = Aad::from(of.as_bytes());
        let opened = self.0.open_in_place(nonce(number), aad, &mut content);
        opened.map(|plain| plain.to_vec()).map_err(|_| NotOpened)
    }
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_dsr_05_a_row_opens_with_all_its_keys_in_its_place_only() {
        let key = |contacts: &[[u8; 32]], backup| SealKey::derive(contacts, &[backup; 16]).unwrap();
        let both = [[1; 32], [2; 32]];
        let sealed = key(&both, 9).seal(7, "copy", b"ann@example.org").unwrap();
        assert!(!sealed.windows(3).any(|w| w == b"ann"));
        assert_eq!(
            key(&both, 9).open(7, "copy", &sealed).unwrap(),
            b"ann@example.org"
        );
        assert_eq!(key(&both[..1], 9).open(7, "copy", &sealed), Err(NotOpened));
        assert_eq!(key(&both, 8).open(7, "copy", &sealed), Err(NotOpened));
        assert_eq!(key(&both, 9).open(8, "copy", &sealed), Err(NotOpened));
        assert_eq!(key(&both, 9).open(7, "hit", &sealed), Err(NotOpened));
        let mut changed = sealed.clone();
        changed[0] ^= 1;
        assert_eq!(key(&both, 9).open(7, "copy", &changed), Err(NotOpened));
    }
}
