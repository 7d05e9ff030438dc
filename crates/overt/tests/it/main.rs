//! End-to-end tests: the real binary, from the command line and over the network, and what recipients get of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy knows #[test] functions as tests, not what they call"
)]

mod support;

mod addresses;
mod advertising;
mod age;
mod audit;
mod bad_mail;
mod bad_requests;
mod commands;
mod consent;
mod demo;
mod disk_full;
mod evidence;
mod forms;
mod guard;
mod injection;
mod instrument;
mod mail_hosts;
mod metrics;
mod modes;
mod postfix;
mod preflight;
mod profiles;
mod proof;
mod receipt;
mod reclassify;
mod relay;
mod report;
mod restart;
mod rights;
mod scope;
mod sentinel;
mod signed;
mod smtp;
mod store_down;
mod unreadable;
mod users;
mod verdict;
mod webhooks;
