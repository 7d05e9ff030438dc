//! Who may do what.

use crate::mode::UnknownWord;
use std::str::FromStr;

/// What a user is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything, also name other owners.
    Owner,
    /// Runs the workspace.
    Admin,
    /// Sends mail and sees what became of it.
    Member,
    /// Reads everything about tracking, sets ceilings, sends nothing.
    Compliance,
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
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Member, Self::Compliance];

    /// The word for the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Compliance => "compliance",
        }
    }

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

impl FromStr for Role {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or_else(|| UnknownWord {
                given: text.into(),
                expected: "owner, admin, member, compliance",
            })
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
