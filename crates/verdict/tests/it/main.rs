//! Tests of the judge as its callers see it.

#![allow(clippy::unwrap_used, reason = "a test stops at a surprise")]

mod captured;
mod cases;
mod sample;
mod secrecy;
