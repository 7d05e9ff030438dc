//! The public hot path: the pixel, the links, and the pages where recipients see and decide.
//!
//! Everything here is for strangers, so it promises little and keeps it. A pixel always answers with the same
//! bytes, a link with a valid MAC always leads where its sender pointed, and both do so with the store down. A hit
//! is durable before its answer goes out; where that would keep a reader waiting, the answer goes first and the hit
//! waits in bounded memory. GET and HEAD change nothing a person decides; that takes a POST.
//!
//! Left out on purpose: cookies, scripts, CORS, sessions. The right to act on a page is the unguessable token in its
//! address. Request addresses and user-agents live until the judgement and no longer; no log line has a path, for
//! paths have tokens in them. The binary owns the listener and puts `ConnectInfo<SocketAddr>` into requests.

mod again;
mod app;
mod click;
mod client;
mod doorman;
mod fold;
mod form;
mod full;
mod hit;
mod meter;
mod names;
mod open;
mod page;
mod person;
mod receipt;
mod recent;
mod recorder;
mod settling;
mod texts;
mod trace;
mod unsubscribe;
mod visit;

pub use again::judge_again;
pub use app::{Tracker, router};
pub use fold::Folding;
pub use meter::Judged;
pub use person::receipt_of;
pub use recorder::{Recorder, Seen, Stats};
pub use trace::Trace;
