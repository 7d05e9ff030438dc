//! DKIM keys for an instance, and dkimpy to check what it signs: an implementation that shares nothing with ours.

use super::mail::Mail;
use super::overt::Overt;
use super::process::{run, said};
use std::fmt::Write as _;
use std::process::Command;
use wire::dkim::{Algorithm, Signer, generate};

/// Gives an instance that does not run yet these keys: domain, selector, algorithm.
pub(crate) fn give_keys(overt: &Overt, keys: &[(&str, &str, Algorithm)]) {
    let file = overt.data().join("overt.toml");
    let mut config = std::fs::read_to_string(&file).unwrap();
    let mut records = String::new();
    for (domain, selector, algorithm) in keys {
        let pem = generate(*algorithm).unwrap();
        std::fs::write(overt.data().join(format!("{selector}.pem")), &pem).unwrap();
        write!(
            config,
            "\n[[dkim]]\ndomain = \"{domain}\"\nselector = \"{selector}\"\nkey = \"{selector}.pem\"\n"
        )
        .unwrap();
        let signer = Signer::new(domain, selector, pem.as_bytes()).unwrap();
        let record = signer.record();
        writeln!(records, "{} {}", record.name, record.text).unwrap();
    }
    std::fs::write(&file, config).unwrap();
    std::fs::write(overt.data().join("records"), records).unwrap();
}

/// What dkimpy says of each signature, from the top: algorithm, domain, selector. All of them must verify.
pub(crate) fn verified(overt: &Overt, mail: &Mail) -> Vec<String> {
    let helper = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../wire/tests/dkimpy_verify.py"
    );
    let mut verify = Command::new("/usr/bin/python3");
    verify.arg(helper).arg(overt.data().join("records"));
    let output = run(&mut verify, &mail.bytes);
    assert!(output.status.success(), "{}", said(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    let verified = lines
        .lines()
        .map(|line| line.strip_prefix("ok ").unwrap().to_owned());
    verified.collect()
}
