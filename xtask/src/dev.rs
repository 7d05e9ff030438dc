//! `cargo xtask dev`: the demo on ports that stay the same, so that open pages survive a restart.

use crate::step;
use anyhow::Result;

/// The first of four ports.
const PORT: &str = "4080";

pub(crate) fn run(rest: &[&str]) -> Result<()> {
    let mut demo = step::cargo(&["run", "--package", "overt", "--", "demo"]);
    if !rest.contains(&"--port") {
        demo.args(["--port", PORT]);
    }
    step::run(demo.args(rest))
}
