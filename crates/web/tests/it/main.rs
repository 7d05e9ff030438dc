//! The dashboard and the API as a browser and a program meet them: whole requests through the whole router, on a
//! SQLite store of its own for each test.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod aims;
mod api;
mod client;
mod consents;
mod desk;
mod live;
mod mailbox;
mod metrics;
mod numbers;
mod pages;
mod sample;
mod sign_in;
mod tenants;
mod webhooks;
