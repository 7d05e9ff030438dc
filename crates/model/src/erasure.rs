//! The receipt of an erasure: who erased how much and when, in a form that the person can keep and anybody can verify
//! offline. It says nothing about them: it outlives what it is about.

use crate::filled::Filled;
use crate::secret::Sha256;
use crate::time::Time;
use crate::word::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// On whose act a contact was erased.
    ErasedBy {
        /// The person's own, on their page.
        Person = "person",
        /// A user's, on the person's request.
        User = "user",
        /// The operator's, at the command line.
        Operator = "operator",
        /// The program's, when the term of keeping was over.
        Retention = "retention",
        /// A backup's: it was read back in, and they had been erased since it was made.
        Restore = "restore",
    }
}

words! {
    /// The forms of record that are understood.
    ErasureSchema {
        /// The first.
        V1 = "overt erasure receipt 1",
    }
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureReceipt {
    /// The form of this record.
    pub schema: ErasureSchema,
    /// Who is responsible: the workspace's name.
    pub controller: Filled,
    /// Whose data it was, by a random id that means nothing any more.
    pub subject_ref: Filled,
    /// When.
    pub at: Time,
    /// On whose act.
    pub by: ErasedBy,
    /// How many rows of which kind are gone.
    pub erased: BTreeMap<String, u64>,
    /// Mails to them that had not left yet, and will not.
    pub cancelled: u64,
    /// What is left, a sentence each.
    pub remains: Vec<Filled>,
    /// The entry in the ledger that says so.
    pub ledger: LedgerPlace,
}

/// A place in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerPlace {
    /// Its number.
    pub seq: u64,
    /// The entry's hash.
    pub hash: Sha256,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::{BadReceipt, SignedReceipt};
    use crate::sign::SigningKey;

    #[test]
    fn r_dsr_04_a_receipt_of_erasure_verifies_offline_and_is_no_consent_receipt() {
        let receipt = ErasureReceipt {
            schema: ErasureSchema::V1,
            controller: "Sample Ltd".parse().unwrap(),
            subject_ref: "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap(),
            at: Time(1_795_294_080_000),
            by: ErasedBy::Person,
            erased: [("copy".to_owned(), 3)].into(),
            cancelled: 1,
            remains: vec![],
            ledger: LedgerPlace {
                seq: 7,
                hash: Sha256([1; 32]),
            },
        };
        let key = SigningKey::new(&[5; 32]).unwrap();
        let text = SignedReceipt::sign(receipt, &key).unwrap().text().unwrap();
        let verify = |text: &str| SignedReceipt::<ErasureReceipt>::verify(text, &key.public());
        assert_eq!(verify(&text).unwrap().receipt().cancelled, 1);
        let changed = text.replace("\"cancelled\":1", "\"cancelled\":0");
        assert_eq!(verify(&changed), Err(BadReceipt::Changed));
        let other = SignedReceipt::<crate::Receipt>::verify(&text, &key.public());
        assert!(matches!(other, Err(BadReceipt::Form(_))));
    }
}
