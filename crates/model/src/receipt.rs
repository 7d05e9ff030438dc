//! The consent receipt: what a person agreed to, in a form that they can keep and anybody can verify offline.
//!
//! The fields are those of ISO/IEC TS 27560:2023 as the W3C DPVCG guide "Consent Records and Receipts" (2024-08-01)
//! gives them, and those that GDPR Art. 7 and 13 want besides. What is mandatory there is not optional here, so a
//! record with a hole in it cannot be made (R-CONS-04). A receipt never holds an address, IP address or user-agent of
//! the person.
//!
//! Its text is canonical JSON with the signature inside. Verifying demands exactly that text, so a change of any
//! byte shows, even of one that JSON would not care about (R-CONS-15).

mod signed;

pub use signed::{BadReceipt, RECEIPT_BYTES_MAX, ReceiptSignature, Signable, SignedReceipt};

use crate::consent::{ConsentState, Topic};
use crate::country::Country;
use crate::filled::{Filled, Several};
use crate::secret::Sha256;
use crate::time::Time;
use crate::word::words;
use serde::{Deserialize, Serialize};

/// A consent record of one person with one controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The form of this record.
    pub schema: Schema,
    /// The record's own id.
    pub record_id: Filled,
    /// The id of this copy of it.
    pub receipt_id: Filled,
    /// The person, by a random id that means something to the controller alone.
    pub subject_ref: Filled,
    /// What was shown when the person chose.
    pub notice: NoticeRef,
    /// What was agreed to or not, each by itself.
    pub purpose: Several<Purpose>,
    /// The legal basis, as a DPV term.
    pub lawful_basis: Filled,
    /// The kinds of data.
    pub data: Several<Datum>,
    /// Who is responsible.
    pub controller: Several<Party>,
    /// Who else gets the data; the controller itself where nobody does.
    pub recipients: Several<Filled>,
    /// Where it is stored.
    pub storage_location: Several<Filled>,
    /// Where it is processed.
    pub processing_location: Several<Filled>,
    /// Transfers to third countries, with their safeguards; none is an empty list.
    pub transfers: Vec<Filled>,
    /// For how long.
    pub retention: Filled,
    /// Whose law it was made under.
    pub jurisdiction: Filled,
    /// The page on which the consent is withdrawn.
    pub withdrawal_method: Filled,
    /// The rights the person has (GDPR Art. 13(2)(b)).
    pub rights: Several<Filled>,
    /// Where to complain (GDPR Art. 13(2)(d)).
    pub authority: Filled,
    /// How the choice was made.
    pub collection: Collection,
    /// What happened, oldest first.
    pub events: Several<ReceiptEvent>,
    /// The proof that the mailbox's owner agreed. Absent where the person was identified in another way.
    pub double_opt_in: Option<DoubleOptIn>,
    /// What was said about age; no birth date.
    pub age: AgeNote,
    /// Who agreed for a child.
    pub guardian: Option<Guardian>,
}

words! {
    /// The forms of record that are understood.
    Schema {
        /// The first.
        V1 = "overt consent receipt 1 (ISO/IEC TS 27560:2023, DPV 2)",
    }
}

/// The text that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRef {
    /// Its id.
    pub id: Filled,
    /// Its version.
    pub version: Filled,
    /// The digest of its canonical text.
    pub sha256: Sha256,
    /// The language it was shown in, as ISO 639-1.
    pub lang: Filled,
    /// Where it can be read.
    pub url: Filled,
    /// The digest of the page exactly as shown.
    pub rendered_snapshot_sha256: Sha256,
}

/// One thing that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// In the words that were shown.
    pub text: Filled,
    /// The DPV term, as an IRI.
    pub dpv: Filled,
    /// What is observed for it.
    pub axis: Topic,
}

/// A kind of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Datum {
    /// Which.
    #[serde(rename = "type")]
    pub kind: Filled,
    /// Is it needed for the purpose, or a choice of its own?
    pub necessity: Necessity,
    /// Is it of a special category (GDPR Art. 9)?
    pub special: bool,
}

words! {
    /// Whether data is needed for a purpose.
    Necessity {
        /// The purpose cannot be reached without it.
        Required = "required",
        /// It can.
        Optional = "optional",
    }
}

/// A controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its id here.
    pub id: Filled,
    /// Its name.
    pub name: Filled,
    /// Its postal address.
    pub address: Filled,
    /// How to reach it.
    pub contact: Filled,
    /// What it is, as a DPV term: a company, an association, a person.
    #[serde(rename = "type")]
    pub kind: Filled,
    /// Controller or joint controller.
    pub role: Filled,
}

/// How the choice was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// The way: page, form, API, import with evidence.
    pub method: Filled,
    /// The version of the form or page.
    pub form_version: Filled,
    /// The channel: mail, web.
    pub channel: Filled,
    /// The page, without anything that names the person.
    pub page_url: Filled,
    /// The campaign that asked, where one did.
    pub campaign: Option<Filled>,
}

/// One event of the consent, and its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptEvent {
    /// When.
    pub time: Time,
    /// Whose decision it was, by the record's ids.
    pub entity_id: Filled,
    /// About what.
    #[serde(rename = "type")]
    pub topic: Topic,
    /// What it became.
    pub state: ConsentState,
    /// Until when it holds; for a refusal, until when nobody asks again.
    pub valid_until: Time,
    /// Who acted: the person, a guardian, a user of the workspace.
    pub actor: Filled,
    /// What shows it: the digest of the answer, the `Message-ID` of the confirmation mail.
    pub evidence: Filled,
    /// The hash of the ledger's entry before.
    pub prev_hash: Sha256,
    /// The hash of the ledger's entry.
    pub hash: Sha256,
}

/// The confirmation by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleOptIn {
    /// When it was asked for.
    pub requested_at: Time,
    /// When the button in the mail was pressed.
    pub confirmed_at: Time,
    /// The digest of the token in that mail.
    pub token_hash: Sha256,
    /// What shows that the mail went to that mailbox: `Message-ID`, the next server's answer.
    pub transport_proof: Filled,
}

/// What was said about age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeNote {
    /// Said to have reached the threshold; absent where it was not asked.
    pub ok: Option<bool>,
    /// The threshold in years.
    pub threshold: u8,
    /// The country it is from; absent where it is not known.
    pub country: Option<Country>,
}

/// Who agreed for a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardian {
    /// The guardian, by a random id.
    pub subject_ref: Filled,
    /// What they are to the child.
    pub relation: Filled,
    /// The text they agreed to.
    pub notice_sha256: Sha256,
    /// How their responsibility was verified.
    pub verification: Filled,
    /// Their own page to withdraw.
    pub withdrawal_method: Filled,
}

#[cfg(test)]
mod tests;
