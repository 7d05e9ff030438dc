//! Files that only their owner may read: keys, backups, evidence, what is known about somebody.

use anyhow::{Context, Result};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A new file. One that is there already is not written over.
pub(crate) fn create(path: &Path) -> Result<File> {
    opened(path, OpenOptions::new().create_new(true))
}

/// A file that is made, or emptied.
pub(crate) fn replace(path: &Path) -> Result<File> {
    opened(path, OpenOptions::new().create(true).truncate(true))
}

fn opened(path: &Path, options: &mut OpenOptions) -> Result<File> {
    let opened = options.write(true).mode(0o600).open(path);
    opened.with_context(|| format!("cannot write {}", path.display()))
}
