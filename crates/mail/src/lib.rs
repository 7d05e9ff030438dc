//! One mail as bytes.
//!
//! [`plan`] walks a mail once: its parts, its links with the place a browser would go to, and what stands in the way
//! of editing. [`Plan::render`] writes a copy in which exactly the chosen spans differ. Every byte outside them stays
//! as it was: other parts, other tags, line ends, soft line breaks, odd quoting and all.
//!
//! | question | module |
//! |---|---|
//! | where does a header field begin and end, how is one written | `header` |
//! | which part is what, and is that in doubt | `structure`, `media`, `part` |
//! | which encoded bytes stand behind a decoded position | `transfer` |
//! | which bytes are markup | `charset` |
//! | where are links and places in HTML | `html`, `entity` |
//! | where does a link lead | `link` |
//! | is it the way out of a mailing | `way_out` |
//! | where does a line go in plain text | `text` |
//! | where are web addresses in plain text | `address` |
//! | what is put in | `insert` |
//! | which spans may change | `body` |
//! | how a seven-bit text gets room for more | `widen` |
//! | the whole mail, and one copy of it | `plan`, `render` |
//! | bodies read whole and written anew | `whole` |
//! | what a report says that came back | [`report`](mod@report) |
//! | why not | `untouchable` |
//!
//! Pure: no I/O, no clock, no randomness. Bounded: header bytes and fields, depth, parts, links. Linear in the size
//! of the mail. When in doubt a mail is [`Untouchable`], and the reason is there to be shown.
//!
//! Left out: what is put behind links and why, composing mails, verifying or making signatures, decoding
//! attachments, `message/rfc822` parts (somebody else's mail is not ours to edit).

mod address;
mod body;
mod charset;
mod entity;
mod header;
mod html;
mod insert;
mod link;
mod media;
mod part;
mod plan;
mod render;
pub mod report;
mod structure;
mod text;
mod transfer;
mod untouchable;
mod way_out;
mod whole;
mod widen;

pub use body::Picture;
pub use entity::{decode_attribute, encode as encode_html};
pub use header::Mailbox;
pub use insert::{Image, Line};
pub use link::{Link, LinkKind, Skip};
pub use part::{Part, Role};
pub use plan::{Plan, plan};
pub use render::{Edits, RenderError, Replace};
pub use untouchable::{Broken, Untouchable};
pub use whole::{Change, Span, Text, Whole, whole};
