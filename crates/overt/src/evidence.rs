//! An evidence archive: a ZIP file whose list of contents is signed, so that an auditor can check it anywhere.
//!
//! `manifest.json` names every file with its SHA-256; `manifest.sig` is the instance's Ed25519 signature over the
//! manifest's bytes. The same records make the same files: entries stand in the order of their names, with a fixed
//! date and uncompressed.

pub(crate) mod gather;

use anyhow::{Context, Result, bail};
use model::sign::{Signature, Signed};
use model::{PublicKey, Sha256, SigningKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";
/// Files of an archive, and octets of one of them, that are looked at.
const FILES_MAX: usize = 10_000;
const FILE_MAX: u64 = 1 << 30;

/// The list of contents.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// `overt evidence 1`
    pub(crate) schema: String,
    /// When it was drawn.
    pub(crate) made_at: String,
    /// The first day of the time it is about.
    pub(crate) from: String,
    /// The last day.
    pub(crate) to: String,
    /// The files, by name.
    pub(crate) files: BTreeMap<String, Listed>,
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

/// Makes the archive.
pub(crate) fn pack(
    made_at: &str,
    from: &str,
    to: &str,
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
        from: from.into(),
        to: to.into(),
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
    Ok(zip.finish()?.into_inner())
}

/// Is every byte of the archive what was signed with this key?
pub(crate) fn verify(path: &Path, key: &PublicKey) -> Result<Manifest> {
    let file =
        std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut zip = ZipArchive::new(file).context("this is no ZIP archive, or a damaged one")?;
    if zip.len() > FILES_MAX {
        bail!("more than {FILES_MAX} files: no evidence archive has so many");
    }
    let mut files = BTreeMap::new();
    for i in 0..zip.len() {
        let entry = zip.by_index(i).context("a damaged entry")?;
        let name = entry
            .name()
            .context("an entry without a readable name")?
            .into_owned();
        let mut bytes = Vec::new();
        entry
            .take(FILE_MAX)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{name} is damaged"))?;
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
        let bytes = files
            .remove(name)
            .with_context(|| format!("{name} is missing"))?;
        if Sha256::of_bytes(&bytes) != listed.sha256 {
            bail!("{name} was changed");
        }
    }
    if let Some(name) = files.keys().next() {
        bail!("{name} is not in the list of contents");
    }
    Ok(manifest)
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

    #[test]
    fn what_was_packed_verifies_and_any_flipped_byte_is_found() {
        let key = SigningKey::new(&[7; 32]).unwrap();
        let packed = || {
            pack(
                "2026-11-22T00:00:00Z",
                "2026-11-01",
                "2026-11-30",
                &files(),
                &key,
            )
            .unwrap()
        };
        let bytes = packed();
        assert_eq!(bytes, packed(), "the same records make the same archive");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evidence.zip");
        let check = |bytes: &[u8], key: &SigningKey| {
            std::fs::write(&path, bytes).unwrap();
            verify(&path, &key.public())
        };
        assert_eq!(check(&bytes, &key).unwrap().files.len(), 2);
        assert!(check(&bytes, &SigningKey::new(&[8; 32]).unwrap()).is_err());
        // What stands in the files and in the manifest; headers of the ZIP hold nothing that is evidence.
        for needle in [&b"{}"[..], b"1\n2\n", b"2026-11-30", b"CC6.1"] {
            let at = bytes
                .windows(needle.len())
                .position(|w| w == needle)
                .unwrap();
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(check(&changed, &key).is_err(), "{needle:?}");
        }
        let mut more = files();
        more.insert("added.json".into(), (b"{}".to_vec(), ""));
        let other = pack("", "", "", &more, &SigningKey::new(&[9; 32]).unwrap()).unwrap();
        assert!(check(&other, &key).is_err());
    }
}
