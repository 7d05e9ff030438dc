//! Real programs, driven: what people read mail with, and what checks links for them. Each test lets one fetch from a running
//! Overt and says what that must be judged to be.
//!
//! A test target of its own, beside the end-to-end tests. They need a screen, a session bus and half a minute each, so they are run by `cargo xtask clients` and not with the other tests.
//! Nothing leaves this machine: mails are handed over as files, and machines are led to the tracker by a proxy setting.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy knows #[test] functions as tests, not what they call"
)]

#[allow(dead_code, reason = "the end-to-end tests use the rest")]
mod support;

#[path = "clients/machines.rs"]
mod machines;
#[path = "clients/people.rs"]
mod people;
#[path = "clients/screen.rs"]
mod screen;

use crate::support::overt::Overt;
use crate::support::sink::Sink;
use crate::support::until;
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

const ANN: &str = "ann@reader.example";

/// A tracked mail in a file, and the Overt that waits for what becomes of it.
struct Sent {
    overt: Overt,
    folder: TempDir,
    _sink: Sink,
}

impl Sent {
    async fn new() -> Self {
        let sink = Sink::start().await;
        let overt = Overt::start(&sink).await;
        overt.agreed(&sink, ANN).await;
        overt.send(&[ANN], "Offer").await;
        let mail = sink.mail(ANN, "Offer").await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("offer.eml"), mail.source()).unwrap();
        Self {
            overt,
            folder,
            _sink: sink,
        }
    }

    fn mail(&self) -> PathBuf {
        self.folder.path().join("offer.eml")
    }

    /// The mail as it would be if the tracker had a name: rules for hosts do not know addresses.
    fn name_the_tracker(&self, name: &str) {
        let text = std::fs::read_to_string(self.mail()).unwrap();
        let named = text.replace(&self.overt.tracker, &format!("http://{name}"));
        assert_ne!(text, named);
        std::fs::write(self.mail(), named).unwrap();
    }

    /// The hits on the mail so far.
    async fn hits(&self) -> Vec<Value> {
        let list = self.overt.api("messages?limit=100").await;
        let mut mails = list["items"].as_array().unwrap().iter();
        let mail = mails.find(|mail| mail["subject"] == "Offer").unwrap();
        let [mail, copy] = [&mail["id"], &mail["copies"][0]["id"]].map(|id| id.as_str().unwrap());
        let copy = self
            .overt
            .api(&format!("messages/{mail}/copies/{copy}"))
            .await;
        copy["hits"].as_array().unwrap().clone()
    }

    /// A hit on this axis, if there is one.
    async fn hit(&self, axis: &str) -> Option<Value> {
        let hits = self.hits().await;
        hits.into_iter().find(|hit| hit["axis"] == axis)
    }

    /// Waits for a hit on this axis: "opener meaning".
    async fn judged(&self, axis: &str) -> String {
        let hit = until("a hit", async || self.hit(axis).await).await;
        eprintln!("{hit}");
        let word = |member: &str| hit[member].as_str().unwrap().to_owned();
        format!("{} {}", word("opener"), word("meaning"))
    }
}
