//! `cargo xtask lint`: formatting, and clippy with warnings as errors.

use crate::{all, step};
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    all(&[
        (
            "format (mend: cargo fmt --all)",
            step::run(&mut step::cargo(&["fmt", "--all", "--check", "--", "-l"])),
        ),
        ("clippy", clippy()),
    ])
}

fn clippy() -> Result<()> {
    step::run(&mut step::cargo(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}
