//! The key file beside backups: written with each backup, and again after each erasure, so that it never holds the key
//! of anybody who was erased. What was in the file before is written over.

use crate::private_file;
use anyhow::{Context, Result};
use model::Time;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use store::{BackupKeys, Store};

/// Writes the file anew if somebody was erased since. Does nothing where there is none.
pub(crate) async fn refresh(store: &Store, file: &Path, now: Time) -> Result<()> {
    let Ok(open) = File::open(file) else {
        return Ok(());
    };
    let known = BackupKeys::erasures(BufReader::new(open)).ok();
    if known == Some(store.erasures().await?) {
        return Ok(());
    }
    write(store, file, now).await
}

/// Writes the file.
pub(crate) async fn write(store: &Store, file: &Path, now: Time) -> Result<()> {
    let cannot = || format!("cannot write {}", file.display());
    let new = file.with_extension("new");
    let opened = private_file::replace(&new)?;
    let kept = opened.try_clone().with_context(cannot)?;
    store.backup_keys(BufWriter::new(opened), now).await?;
    kept.sync_all().with_context(cannot)?;
    let old = OpenOptions::new().write(true).open(file);
    std::fs::rename(&new, file).with_context(cannot)?;
    if let Ok(old) = old {
        blank(old).with_context(cannot)?;
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(cannot)
}

/// Overwrites a file that has no name any more. On a disk that writes elsewhere each time, that is all one can do.
fn blank(mut file: File) -> std::io::Result<()> {
    let mut left = file.metadata()?.len();
    let zeros = [0; 4096];
    while left > 0 {
        let now = left.min(zeros.len() as u64);
        file.write_all(&zeros[..usize::try_from(now).unwrap_or(zeros.len())])?;
        left -= now;
    }
    file.sync_all()
}
