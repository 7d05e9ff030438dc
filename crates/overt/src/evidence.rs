//! An evidence archive: a ZIP file whose list of contents is signed, so that an auditor can check it anywhere.
//!
//! `manifest.json` names every file with its SHA-256; `manifest.sig` is the instance's Ed25519 signature over the
//! manifest's bytes. A second signature, over every byte before it, is the archive's comment: a ZIP file has names,
//! dates and lengths outside of its files, and what was changed there shows, too. The same records make the same
//! files: entries stand in the order of their names, with a fixed date and uncompressed.

pub(crate) mod gather;
pub(crate) mod of_contact;

use anyhow::{Context, Result, bail};
use model::sign::{Signature, Signed};
use model::{ContactId, PublicKey, Sha256, SigningKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";
/// Files of an archive, and octets of it, that are looked at.
const FILES_MAX: usize = 10_000;
const FILE_MAX: u64 = 1 << 30;
/// Characters of a signature, as it stands in the comment.
const SEAL: usize = 86;

/// The list of contents.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// `overt evidence 1`
    pub(crate) schema: String,
    /// When it was drawn.
    pub(crate) made_at: String,
    /// What it is about.
    pub(crate) about: About,
    /// The files, by name.
    pub(crate) files: BTreeMap<String, Listed>,
}

/// What an archive is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum About {
    /// All that happened from the first of these days to the last.
    Days(String, String),
    /// The consents of one contact.
    Contact(ContactId),
}

/// An archive whose every byte is what was signed.
pub(crate) struct Archive {
    /// The list of contents.
    pub(crate) manifest: Manifest,
    /// The files in it.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// One file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    /// SHA-256 of its bytes.
    pub(crate) sha256: Sha256,
    /// Their number.
    pub(crate) bytes: u64,
    /// Which criteria of AICPA TSC it may serve as evidence for; the auditor decides.
    pub(crate) criteria: String,
}

/// A file on its way in: its bytes and the criteria.
pub(crate) type Files = BTreeMap<String, (Vec<u8>, &'static str)>;

/// Adds a record as JSON that people can read, too.
fn put(
    files: &mut Files,
    name: impl Into<String>,
    criteria: &'static str,
    value: &impl Serialize,
) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    files.insert(name.into(), (bytes, criteria));
    Ok(())
}

/// Makes the archive.
pub(crate) fn pack(
    made_at: &str,
    about: About,
    files: &Files,
    key: &SigningKey,
) -> Result<Vec<u8>> {
    let listed = |(name, (bytes, criteria)): (&String, &(Vec<u8>, &'static str))| {
        let listed = Listed {
            sha256: Sha256::of_bytes(bytes),
            bytes: bytes.len() as u64,
            criteria: (*criteria).into(),
        };
        (name.clone(), listed)
    };
    let manifest = Manifest {
        schema: "overt evidence 1".into(),
        made_at: made_at.into(),
        about,
        files: files.iter().map(listed).collect(),
    };
    let manifest = serde_json::to_vec_pretty(&manifest)?;
    let signature = key.sign(Signed::Evidence, &manifest).to_string();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o644);
    let mut add = |name: &str, bytes: &[u8]| -> Result<()> {
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
        Ok(())
    };
    add(MANIFEST, &manifest)?;
    add(SIGNATURE, format!("{signature}\n").as_bytes())?;
    for (name, (bytes, _)) in files {
        add(name, bytes)?;
    }
    zip.set_raw_comment([b'-'; SEAL].into())?;
    let mut bytes = zip.finish()?.into_inner();
    bytes.truncate(bytes.len().saturating_sub(SEAL));
    let seal = key.sign(Signed::Archive, &bytes).to_string();
    bytes.extend(seal.into_bytes());
    Ok(bytes)
}

/// No more than an archive can have; what is longer is refused by its length.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let file =
        std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

/// Is every byte of the archive what was signed with this key? If not, the error names the place.
pub(crate) fn verify(bytes: &[u8], key: &PublicKey) -> Result<Archive> {
    let unreadable = "this is no ZIP archive, or its directory was changed";
    let mut zip = ZipArchive::new(Cursor::new(bytes)).context(unreadable)?;
    if zip.len() > FILES_MAX {
        bail!("more than {FILES_MAX} files: no evidence archive has so many");
    }
    // They are stored as they are, so all together they fit into the archive, unless entries lie over each other.
    let mut room = bytes.len() as u64;
    let mut files = BTreeMap::new();
    for i in 0..zip.len() {
        let entry = zip.by_index(i).context("a damaged entry")?;
        let name = entry
            .name()
            .context("an entry without a readable name")?
            .into_owned();
        let mut bytes = Vec::new();
        entry
            .take(room + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{name} is damaged"))?;
        room = room
            .checked_sub(bytes.len() as u64)
            .with_context(|| format!("{name} lies over other files"))?;
        if files.insert(name.clone(), bytes).is_some() {
            bail!("{name} is there twice");
        }
    }
    let manifest = files.remove(MANIFEST).context("it has no manifest.json")?;
    let signature = files.remove(SIGNATURE).context("it has no manifest.sig")?;
    let signature: Signature = std::str::from_utf8(&signature)
        .ok()
        .and_then(|text| text.parse().ok())
        .context("manifest.sig is no signature")?;
    if !key.verifies(Signed::Evidence, &manifest, &signature) {
        bail!("the list of contents was not signed with that key, or it was changed since");
    }
    let manifest: Manifest = serde_json::from_slice(&manifest).context("manifest.json")?;
    for (name, listed) in &manifest.files {
        let file = files
            .get(name)
            .with_context(|| format!("{name} is missing"))?;
        if Sha256::of_bytes(file) != listed.sha256 || file.len() as u64 != listed.bytes {
            bail!("{name} was changed");
        }
    }
    if let Some(name) = files
        .keys()
        .find(|name| !manifest.files.contains_key(*name))
    {
        bail!("{name} is not in the list of contents");
    }
    let (sealed, seal) = bytes.split_at(bytes.len().saturating_sub(SEAL));
    let seal = std::str::from_utf8(seal)
        .ok()
        .and_then(|text| text.parse::<Signature>().ok());
    if !seal.is_some_and(|seal| key.verifies(Signed::Archive, sealed, &seal)) {
        bail!(
            "every file is as it was signed, but the archive around them was changed: its headers or its comment"
        );
    }
    Ok(Archive { manifest, files })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        [("a.json", "{}"), ("b/c.jsonl", "1\n2\n")]
            .into_iter()
            .map(|(name, text)| (name.to_owned(), (text.as_bytes().to_vec(), "CC6.1")))
            .collect()
    }

    fn packed(files: &Files, seed: u8) -> Vec<u8> {
        let about = About::Days("2026-11-01".into(), "2026-11-30".into());
        let key = SigningKey::new(&[seed; 32]).unwrap();
        pack("2026-11-22T00:00:00Z", about, files, &key).unwrap()
    }

    #[test]
    fn what_was_packed_verifies_and_any_flipped_byte_is_found() {
        let key = SigningKey::new(&[7; 32]).unwrap().public();
        let bytes = packed(&files(), 7);
        assert_eq!(
            bytes,
            packed(&files(), 7),
            "the same records make the same archive"
        );
        assert_eq!(verify(&bytes, &key).unwrap().files.len(), 2);
        let other = SigningKey::new(&[8; 32]).unwrap().public();
        assert!(verify(&bytes, &other).is_err());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(verify(&changed, &key).is_err(), "byte {at}");
        }
        let mut longer = bytes.clone();
        longer.push(b' ');
        assert!(verify(&longer, &key).is_err());
        let mut more = files();
        more.insert("added.json".into(), (b"{}".to_vec(), ""));
        assert!(verify(&packed(&more, 9), &key).is_err());
    }

    /// A directory may name the same bytes again and again, until memory would not hold them.
    #[test]
    fn files_that_lie_over_each_other_are_not_unpacked() {
        let mut two = Files::new();
        two.insert("a".into(), (vec![b'x'; 50_000], ""));
        two.insert("b".into(), (vec![b'x'], ""));
        let mut bytes = packed(&two, 7);
        // An entry of the directory: its mark, 42 bytes more, and its name behind them (APPNOTE 4.3.12).
        let marks: Vec<_> = (0..bytes.len() - 46)
            .filter(|at| bytes[*at..].starts_with(b"PK\x01\x02"))
            .collect();
        let [.., a, b] = marks[..] else {
            panic!("{marks:?}")
        };
        bytes.copy_within(a..a + 46, b);
        let key = SigningKey::new(&[7; 32]).unwrap().public();
        let found = verify(&bytes, &key).err().unwrap().to_string();
        assert_eq!(found, "b lies over other files");
    }

    #[test]
    fn the_place_of_a_change_is_named() {
        let key = SigningKey::new(&[7; 32]).unwrap().public();
        let bytes = packed(&files(), 7);
        for (needle, place) in [
            (&b"1\n2\n"[..], "b/c.jsonl"),
            (b"2026-11-30", "manifest.json"),
        ] {
            let at = bytes
                .windows(needle.len())
                .position(|w| w == needle)
                .unwrap();
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let found = format!("{:#}", verify(&changed, &key).err().unwrap());
            assert!(found.contains(place), "{found}");
        }
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        let found = verify(&changed, &key).err().unwrap().to_string();
        assert!(found.contains("headers or its comment"), "{found}");
    }
}
