//! The store on both databases: every test here runs on a fresh SQLite file and on a fresh PostgreSQL schema.
//!
//! PostgreSQL is tested where `OVERT_TEST_POSTGRES` names a throw-away server; `cargo xtask test` always starts one.
//! There are no mocks: what the rest of the program is promised is what a real database does.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop; clippy sees no `#[test]` in helpers

mod act;
mod asking;
mod backup;
mod challenge;
mod consent;
mod contact;
mod erasure;
mod event;
mod evidence;
mod export;
mod figures;
mod guardian;
mod hit;
mod house;
mod intake;
mod inventory;
mod known;
mod ledger;
mod mail_host;
mod member;
mod message;
mod modes;
mod notice;
mod origin;
mod outbox;
mod person;
mod reclassify;
mod register;
mod report;
mod request;
mod restriction;
mod retention;
mod schema;
mod settle;
mod summary;
mod suppression;
mod user;
mod webhook;
mod withdrawal;

/// Runs tests on both databases. A test that is not listed is dead code, which lint refuses.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::house::House::on_sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(house) = crate::house::House::on_postgres().await {
                    super::$test(house).await;
                }
            })+
        }
    };
}
pub(crate) use on_both;
