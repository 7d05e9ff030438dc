//! Tables of networks from the operator's files, loaded once at the start.
//!
//! None is needed; without them a verdict says "not checked" and is less sure. A file that is named but cannot be used
//! is an error, because going on without it would quietly make every verdict worse.

use crate::config::Networks;
use anyhow::{Context, Result, bail};
use model::Time;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;
use verdict::{Judge, LIST_BYTES_MAX, Tables};

/// The tables that come with the program, and those of the files.
pub(crate) fn tables(networks: &Networks) -> Result<Tables> {
    let mut tables = Tables::built_in().context("the built-in verdict tables are damaged")?;
    for (list, file) in networks.files() {
        let (bytes, as_of) =
            read(file).with_context(|| format!("[networks] cannot read {}", file.display()))?;
        tables
            .load(list, &bytes, as_of)
            .with_context(|| format!("[networks] {}", file.display()))?;
    }
    Ok(tables)
}

/// The judge who looks things up in them.
pub(crate) fn judge(networks: &Networks) -> Result<Judge> {
    tables(networks).map(Judge::new)
}

/// No list is older than the providers' proxies are. Packages of npm unpack as of 1985.
const EARLIEST: Time = Time(1_262_304_000_000);

/// What is wrong with the age of the tables, a sentence each.
pub(crate) fn too_old(tables: &Tables, now: Time) -> impl Iterator<Item = String> {
    let stale = tables.loaded().iter().filter(move |l| l.is_stale(now));
    stale.map(move |l| {
        let days = now.since(l.as_of).as_secs() / 86_400;
        format!(
            "{}: {days} days old, too old to be believed: fetch it anew",
            l.list.name()
        )
    })
}

/// A file's bytes, and the day it is of.
fn read(path: &Path) -> Result<(Vec<u8>, Time)> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.len() > LIST_BYTES_MAX as u64 {
        bail!("it is longer than {} MB", LIST_BYTES_MAX >> 20);
    }
    let changed = about.modified()?.duration_since(UNIX_EPOCH)?;
    let as_of = Time(i64::try_from(changed.as_millis())?);
    if as_of < EARLIEST {
        bail!(
            "its date, {}, cannot be that of its data: set it, as in touch -d 2026-06-17 {}",
            as_of.day(),
            path.display()
        );
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len())?);
    file.take(LIST_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    Ok((bytes, as_of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use verdict::List;

    #[test]
    fn files_are_loaded_with_their_dates_and_named_when_they_are_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (
            folder.path().join("asn.csv"),
            folder.path().join("apple.csv"),
        );
        std::fs::write(&good, "198.51.100.0,198.51.100.255,64500,Example\n").unwrap();
        std::fs::write(&bad, "<html>").unwrap();
        let mut networks = Networks {
            asn: vec![good.clone()],
            ..Networks::default()
        };
        let tables_of = tables(&networks).unwrap();
        let loaded = tables_of.loaded()[0];
        let modified = std::fs::metadata(&good).unwrap().modified().unwrap();
        let modified = modified.duration_since(UNIX_EPOCH).unwrap().as_millis();
        assert_eq!((loaded.list, loaded.as_of.0 as u128), (List::Asn, modified));
        networks.apple = vec![bad];
        let error = format!("{:#}", tables(&networks).err().unwrap());
        assert!(
            error.contains("apple.csv") && error.contains("line 1"),
            "{error}"
        );
        let npm = File::open(&good).unwrap();
        npm.set_modified(UNIX_EPOCH + std::time::Duration::from_hours(138_656))
            .unwrap();
        networks.apple.clear();
        let error = format!("{:#}", tables(&networks).err().unwrap());
        assert!(
            error.contains("1985-10-26") && error.contains("touch -d"),
            "{error}"
        );
        let now = Time(i64::try_from(modified).unwrap());
        assert_eq!(too_old(&tables_of, now).count(), 0);
        let later = now + std::time::Duration::from_hours(366 * 24);
        let told = too_old(&tables_of, later).collect::<Vec<_>>();
        assert!(
            told[0].starts_with("AS number table: 366 days old"),
            "{told:?}"
        );
        networks.asn.clear();
        networks.apple = vec![folder.path().join("none.csv")];
        let error = format!("{:#}", tables(&networks).err().unwrap());
        assert!(error.contains("none.csv"), "{error}");
    }
}
