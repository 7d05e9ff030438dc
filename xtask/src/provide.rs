//! What the tests need from the machine: looked for, and installed with the package manager where it is missing.

use crate::step;
use anyhow::{Result, bail};
use std::os::unix::fs::MetadataExt;
use std::process::Command;

/// A program or the path of a file, the Debian package that brings it, and what for.
pub(crate) struct Need {
    program: &'static str,
    package: &'static str,
    why: &'static str,
}

const fn need(program: &'static str, package: &'static str, why: &'static str) -> Need {
    Need {
        program,
        package,
        why,
    }
}

pub(crate) const FOR_TESTS: &[Need] = &[
    need(
        "initdb",
        "postgresql",
        "the store's tests run on it as well as on SQLite",
    ),
    need(
        "postfix",
        "postfix",
        "a real mail server to send through and to be sent to",
    ),
    // It has no program of its own, and Postfix only recommends it.
    need("postfix", "libsasl2-modules", "Postfix signs in with it"),
    need("swaks", "swaks", "an SMTP client that is not ours"),
    need(
        "/usr/lib/python3/dist-packages/dkim/__init__.py",
        "python3-dkim",
        "verifies our DKIM signatures",
    ),
    need(
        "/usr/lib/python3/dist-packages/nacl/__init__.py",
        "python3-nacl",
        "the same, for Ed25519",
    ),
    need(
        "/usr/lib/python3/dist-packages/html5lib/__init__.py",
        "python3-html5lib",
        "reads mails beside our own parser",
    ),
    need("c++", "g++", "the fuzzer's own part is C++"),
    need("chromium", "chromium", "the browser tests"),
    need("node", "nodejs", "runs the browser tests"),
    need(
        "npm",
        "npm",
        "fetches what the browser tests are written with",
    ),
];
pub(crate) const FOR_LOAD: &[Need] = &[
    need("nginx", "nginx-light", "the yardstick"),
    need("wrk", "wrk", "makes the load"),
    need("swaks", "swaks", "sends the mail whose pixel is fetched"),
    need("sqlite3", "sqlite3", "counts what was stored"),
];

pub(crate) const FOR_CLIENTS: &[Need] = &[
    need("Xvfb", "xvfb", "a screen nobody looks at"),
    need("xdotool", "xdotool", "presses keys on it"),
    need(
        "dbus-run-session",
        "dbus",
        "programs with windows want a session bus",
    ),
    need("thunderbird", "thunderbird", "people read mail with it"),
    need("claws-mail", "claws-mail", "the same"),
    need(
        "/usr/lib/x86_64-linux-gnu/claws-mail/plugins/fancy.so",
        "claws-mail-fancy-plugin",
        "shows HTML there",
    ),
    need("evolution", "evolution", "the same"),
    need("chromium", "chromium", "webmail is read in it"),
    need("spamassassin", "spamassassin", "follows short addresses"),
    need("rspamd", "rspamd", "follows redirectors"),
    need("redis-server", "redis-server", "rspamd remembers there"),
];

/// Installs what is missing, if it may; else says the command.
pub(crate) fn provide(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs
        .iter()
        .filter(|need| step::find(need.program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    for need in &missing {
        crate::say(&format!(
            "missing: {} (package {}): {}",
            need.program, need.package, need.why
        ));
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !is_root()? {
        bail!(
            "install what is missing, then run this again:\n  sudo apt-get install --no-install-recommends {}",
            packages.join(" ")
        );
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        // What apt says is not the outcome of a test.
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(std::io::stderr());
        command
    };
    step::run(apt().args(["update", "-qq"]))?;
    step::run(
        apt()
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(packages),
    )
}

pub(crate) fn is_root() -> Result<bool> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}
