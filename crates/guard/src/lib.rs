//! Other people's trackers in mail: found, named, neutralised.
//!
//! | question | module |
//! |---|---|
//! | what in a mail refers to something elsewhere, and how | `find`, `vector`, `markup`, `css`, `style` |
//! | does an address name one recipient | `individual` |
//! | whose address is it | `vendor`, with `data/vendors.psv` and `data/senders.psv` |
//! | is it a tracker, and why | `judge`, `reason` |
//! | where does a tracked link lead | `unwrap` |
//! | a whole mail | `scan` |
//! | a mail without its trackers | `clean`, `neutral`, `protect`, `plain` |
//!
//! Nothing is ever fetched, and nobody is asked: every outcome comes from the bytes of the mail and from tables. What
//! Overt itself puts into mails is in the tables like everybody's.
//!
//! Pure: no I/O, no clock, no randomness. Bounded: tokens, references, decoding rounds, what is inflated; each bound says
//! what happens at it. Linear in the size of the mail.

mod clean;
mod css;
mod find;
mod individual;
mod judge;
mod markup;
mod neutral;
mod plain;
mod protect;
mod reason;
mod scan;
mod style;
mod table;
mod unwrap;
mod vector;
mod vendor;

pub use clean::{Action, Cleaned, Mode, Pictures, clean};
pub use judge::{Confidence, Finding, Kind};
pub use reason::Reason;
pub use scan::{Note, Scan, scan};
pub use style::Hidden;
pub use table::TableError;
pub use vector::{Load, Vector};
pub use vendor::Catalogue;
