//! Who may do what.

use crate::word::words;

words! {
    /// What a user is in a workspace.
    Role {
        /// May do everything, also name other owners.
        Owner = "owner",
        /// Runs the workspace.
        Admin = "admin",
        /// Sends mail and sees what became of it.
        Member = "member",
        /// Reads everything about tracking, sets ceilings, sends nothing.
        Compliance = "compliance",
    }
}

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Send mail.
    Send,
    /// See the messages of all users, not only one's own.
    SeeAll,
    /// Set ceilings and limits. An owner does only as long as nobody is `compliance`.
    SetCeiling,
    /// Draw the evidence of somebody's consents, which names them and opens their entries of the ledger.
    Prove,
    /// Change users, identities of others, the relay.
    Administer,
}

impl Role {
    /// May this role do that?
    pub fn may(self, act: Act) -> bool {
        match act {
            Act::Send => self != Self::Compliance,
            Act::SeeAll => self != Self::Member,
            Act::SetCeiling | Act::Prove => matches!(self, Self::Compliance | Self::Owner),
            Act::Administer => matches!(self, Self::Owner | Self::Admin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compliance_sees_all_and_sends_nothing() {
        assert!(Role::Compliance.may(Act::SeeAll) && Role::Compliance.may(Act::SetCeiling));
        assert!(!Role::Compliance.may(Act::Send) && !Role::Admin.may(Act::SetCeiling));
    }
}
