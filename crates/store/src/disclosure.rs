//! What the operator's file says that persons and authorities are told: for how long things are kept, and who takes
//! part. Notices, exports and papers are made from it, so that none of them can say something else than is done.

use crate::Terms;
use model::Processor;

/// What the operator discloses.
#[derive(Debug, Clone, Default)]
pub struct Disclosure {
    /// How long things are kept.
    pub terms: Terms,
    /// Who takes part in the processing, beside the controller.
    pub processors: Vec<Processor>,
}

impl Disclosure {
    /// For how many days single hits are kept.
    pub fn hits_days(&self) -> u32 {
        u32::try_from(self.terms.hits.as_secs() / 86_400).unwrap_or(u32::MAX)
    }
}
