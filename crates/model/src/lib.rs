//! The nouns of Overt and the rules between them.
//!
//! Everything here is pure: no I/O, no clock, no randomness, no async. Time and random bytes come in as
//! arguments, so every rule can be tested with every input.
//!
//! The one invariant that the rest of the program stands on: **a tracked URL can be minted only from a
//! grant, and only [`decide`] makes a grant.** The grants have no public constructor, and
//! [`Keyring`] takes nothing else (R-MODE-04).
//!
//! A grant cannot be written down by hand:
//! ```compile_fail,E0451
//! use model::{CopyId, Mode, OpenGrant, Subject};
//! let _ = OpenGrant { subject: Subject::Copy(CopyId([0; 16])), mode: Mode::Detailed };
//! ```
//! A token cannot be minted from an id, nor past the methods that ask for a grant:
//! ```compile_fail,E0308
//! let ring = model::Keyring::new(&[(1, [0; 32])])?;
//! let _ = ring.open(&model::CopyId([0; 16]));
//! # Ok::<(), model::token::BadKeyring>(())
//! ```
//! ```compile_fail,E0624
//! let ring = model::Keyring::new(&[(1, [0; 32])])?;
//! let _ = ring.mint(model::Purpose::Open, &[0; 16], 0, b"");
//! # Ok::<(), model::token::BadKeyring>(())
//! ```
//! With a grant from the decision it works:
//! ```
//! use model::decision::{Ceiling, Circumstances, decide};
//! use model::{Consent, ConsentState, CopyId, Keyring, MessageId, Mode, PerAxis, Reason, Time, Topic};
//! use model::{crowd, entitlement};
//! let (now, copy, message) = (Time(0), CopyId([0; 16]), MessageId([1; 16]));
//! let consent = Consent::default().after(Topic::Open, ConsentState::Given, now);
//! let entitled = entitlement::agreed(Some(&consent), now);
//! let ceilings = [Ceiling { reason: Reason::WorkspaceCeiling, modes: PerAxis::all(Mode::Individual) }];
//! let (crowd, obstacle) = (crowd::NOBODY, None);
//! let about = Circumstances { ceilings: &ceilings, entitled: &entitled, crowd, obstacle };
//! let decision = decide(copy, message, &about);
//! let ring = Keyring::new(&[(1, [0; 32])])?;
//! let _ = decision.open.map(|grant| ring.open(&grant));
//! # Ok::<(), model::token::BadKeyring>(())
//! ```

pub mod act;
pub mod address;
pub mod age;
pub mod ambient;
pub mod breach;
pub mod canonical;
pub mod challenge;
pub mod class;
pub mod complaints;
pub mod consent;
pub mod country;
pub mod crowd;
pub mod data;
pub mod decision;
pub mod entitlement;
pub mod erasure;
pub mod event;
pub mod evidence;
pub mod export;
pub mod filled;
pub mod form;
pub mod hit;
pub mod id;
pub mod language;
pub mod ledger;
pub mod mode;
pub mod notice;
pub mod paper;
pub mod permitted;
pub mod policy;
pub mod processor;
pub mod profile;
pub mod reason;
pub mod receipt;
pub mod request;
pub mod role;
pub mod roll;
pub mod seal;
pub mod secret;
pub mod sending;
pub mod sign;
pub mod source;
pub mod suppression;
pub mod term;
pub mod tick;
pub mod time;
pub mod token;
pub mod url;
pub mod webhook;
mod word;

pub use act::ActKind;
pub use address::EmailAddress;
pub use age::{AgeAnswer, AgeStanding, Ages};
pub use ambient::Ambient;
pub use class::{LegalTag, LegalTags, MessageClass};
pub use consent::{Consent, ConsentState, Topic};
pub use country::Country;
pub use decision::{ClickGrant, Decision, OpenGrant, Subject, decide};
pub use entitlement::Entitlement;
pub use erasure::{ErasedBy, ErasureReceipt};
pub use hit::{Facts, Meaning, Verdict};
pub use id::{
    AssessmentId, BreachId, ContactId, CopyId, DeliveryId, FormId, GuardianId, HitId, IdentityId,
    MessageId, RequestId, UserId, WebhookId, WorkspaceId,
};
pub use language::{Language, Tongue};
pub use mode::{Axis, Mode, PerAxis, Switch};
pub use notice::Notice;
pub use permitted::Permitted;
pub use processor::Processor;
pub use profile::Profiles;
pub use reason::Reason;
pub use receipt::{Receipt, SignedReceipt};
pub use request::Right;
pub use role::Role;
pub use secret::{Secret, Sha256};
pub use sign::{PublicKey, SigningKey};
pub use source::{LegalBasis, Source, SourceKind};
pub use suppression::{SuppressionCause, SuppressionKey, SuppressionMark};
pub use tick::Tick;
pub use time::{Day, Time};
pub use token::{Keyring, Purpose, Token};
pub use webhook::{DeliveryState, WebhookEvent, WebhookKey, WebhookOff, WebhookSecret};
pub use word::UnknownWord;
