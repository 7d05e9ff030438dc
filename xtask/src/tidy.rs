//! `cargo xtask tidy`: the house rules that no compiler checks. Every failure names the place and the mend.

mod files;
mod graph;
mod licence;

pub(crate) use files::walk;

use anyhow::{Result, bail};

/// One rule broken at one place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// File, and line where one is to blame.
    place: String,
    pub(crate) what: String,
    pub(crate) mend: String,
}

pub(crate) fn finding(
    place: impl Into<String>,
    what: impl Into<String>,
    mend: impl Into<String>,
) -> Finding {
    Finding {
        place: place.into(),
        what: what.into(),
        mend: mend.into(),
    }
}

pub(crate) fn run() -> Result<()> {
    let mut findings = graph::check()?;
    findings.extend(files::check(&crate::root())?);
    findings.extend(crate::requirements::check(&crate::root())?);
    for f in &findings {
        eprintln!("{}: {}\n    mend: {}", f.place, f.what, f.mend);
    }
    match findings.len() {
        0 => Ok(()),
        n => bail!("{n} to mend"),
    }
}
