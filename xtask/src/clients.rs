//! `cargo xtask clients`: real mail programs and link checkers, each judged by what it truly sends.
//!
//! Not a part of `cargo xtask test`: they bring half a gigabyte of packages and want a screen. What they sent on a given day
//! is kept as cases in `crates/verdict/tests/captured.jsonl`, which every test run judges.

use crate::{provide, step};
use anyhow::Result;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    provide::provide(provide::FOR_CLIENTS)?;
    let mut tests = step::cargo(&["test", "--package", "overt", "--test", "clients", "--"]);
    // One screen at a time: the machine has other things to do, too.
    tests.args(["--test-threads", "1"]);
    step::run(&mut tests)?;
    looks()?;
    crate::say(
        "every program was judged as it should be (Thunderbird, Claws Mail, Evolution, Chromium with and without a screen, \
         rspamd, SpamAssassin), and Thunderbird shows instrumented mails as it shows the originals",
    );
    Ok(())
}

/// Thunderbird shows instrumented mails as it shows the originals.
fn looks() -> Result<()> {
    let program = step::program()?;
    let mut node = Command::new("node");
    node.args(["--test", "thunderbird.test.mjs"])
        .current_dir(crate::root().join("crates/overt/tests/clients"))
        .env("OVERT_BIN", program);
    step::run(&mut node)
}
