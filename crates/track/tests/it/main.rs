//! The tracker origin as strangers meet it: requests in, answers out, on a temporary SQLite store.

mod click;
mod consent;
mod durable;
mod open;
mod page;
mod receipt;
mod site;
