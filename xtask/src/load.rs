//! `cargo xtask load`: not there yet.
use anyhow::Result;
pub(crate) fn run() -> Result<()> {
    crate::provide::provide(crate::provide::FOR_LOAD)
}
