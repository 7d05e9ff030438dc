//! The data inventory: every table and column, what it holds, whose it is, and for how long it is kept.
//!
//! One list, and nothing beside it: what a person is given on request, what erasing them removes, what a backup
//! encrypts, what is cleared away when, and the data part of the records of processing (GDPR Art. 30(1)(c), (f)) all
//! follow from here. A test walks the real schema of both databases and fails on a table or column that is not listed,
//! and on one that is listed but not there (R-RET-01).
//!
//! Left out: keys and configuration, which are files; and what the database itself keeps of deleted rows, for which see
//! `erasure`.

mod tables;

pub use tables::TABLES;

use crate::Terms;
use model::{Language, term};

/// A table of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its rows are, as a sentence for the records of processing.
    pub holds: &'static str,
    /// Whose a row is.
    pub owner: Owner,
    /// What becomes of a contact's rows when the contact is erased.
    pub erased: Erased,
    /// How long a row is kept.
    pub kept: Kept,
    /// Its columns, in no particular order.
    pub columns: &'static [Column],
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What kind of value it holds.
    pub kind: Kind,
    /// What it holds, as a phrase for the records of processing.
    pub holds: &'static str,
    /// How long its value is kept, where that is shorter than its row.
    pub kept: Option<Kept>,
}

/// What kind of value a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A random id or a number by which rows find each other. It says nothing by itself.
    Key,
    /// Something about a person, if only about what they did.
    Personal,
    /// Nothing about a person.
    Plain,
    /// A secret or its digest. Never given out, not even to the person.
    Secret,
}

/// Whose a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's: it is about the program itself.
    Nobody,
    /// The workspace's that this column names.
    Workspace(&'static str),
    /// The user's that this column names.
    User(&'static str),
    /// The contact's that this column names; nobody's where the column is null.
    Contact(&'static str),
    /// Of whoever owns the row of another table whose `id` this column names; nobody's where the column is null.
    Of(&'static str, &'static str),
}

/// What becomes of a contact's row when the contact is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// It is deleted.
    Gone,
    /// It stays, because it shows what the controller did, and says no more about whom: these columns are set so.
    Detached(&'static str),
}

/// How long something is kept: its retention class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// As long as the instance or workspace exists.
    Always,
    /// As long as the user has an account.
    Account,
    /// Until it expires or is revoked.
    Session,
    /// As long as the contact is one, which ends by erasing them.
    Contact,
    /// The mail and what became of it: a configurable number of days, or until the contact is erased.
    Mail,
    /// Until the mail has left or bounced.
    Queue,
    /// Single requests to tracked addresses: a configurable number of days; then they are folded into counts by day.
    Hits,
    /// Questions that were never confirmed: a configurable number of days.
    Unconfirmed,
    /// Proof of consent and its withdrawal: as long as the consent, and a configurable limitation period after.
    Proof,
    /// Requests of persons and their answers: a configurable number of days after the answer.
    Cases,
    /// The live feed: a configurable number of days.
    Feed,
    /// What webhooks were told: a configurable number of days.
    Webhooks,
}

impl Kept {
    /// All classes.
    pub const ALL: [Self; 12] = [
        Self::Always,
        Self::Account,
        Self::Session,
        Self::Contact,
        Self::Mail,
        Self::Queue,
        Self::Hits,
        Self::Unconfirmed,
        Self::Proof,
        Self::Cases,
        Self::Feed,
        Self::Webhooks,
    ];

    /// The word for it, also in `[retention]` of the configuration where a period can be set.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Account => "account",
            Self::Session => "session",
            Self::Contact => "contact",
            Self::Mail => "mail",
            Self::Queue => "queue",
            Self::Hits => "hits",
            Self::Unconfirmed => "unconfirmed",
            Self::Proof => "proof",
            Self::Cases => "cases",
            Self::Feed => "feed",
            Self::Webhooks => "webhooks",
        }
    }

    /// When it goes, as a sentence for the records of processing and for whoever asks for their data.
    pub fn sentence(self, terms: &Terms) -> String {
        let days = terms.of(self).map_or(0, |term| term.as_secs() / 86_400);
        let days = u32::try_from(days).unwrap_or(u32::MAX);
        let term = term::in_words(days, Language::En);
        match self {
            Self::Always => "Kept as long as the instance or the workspace exists.".into(),
            Self::Account => "Kept as long as the user has an account.".into(),
            Self::Session => "Deleted when it expires or is revoked.".into(),
            Self::Contact | Self::Mail => "Deleted when the contact is erased.".into(),
            Self::Queue => "Deleted when the mail has left or bounced.".into(),
            Self::Hits => format!("Deleted after {term}; counts by day remain."),
            Self::Unconfirmed => {
                format!("Deleted after {term} if not confirmed; else kept as proof.")
            }
            Self::Proof => {
                format!("Kept as long as the consent, and {term} after its end to prove it.")
            }
            Self::Cases => format!("Deleted {term} after the answer."),
            Self::Feed | Self::Webhooks => format!("Deleted after {term}."),
        }
    }
}

/// The table of this name.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

impl Table {
    /// Is a row of it, in the end, some contact's?
    pub fn is_of_contact(&self) -> bool {
        match self.owner {
            Owner::Contact(_) => true,
            Owner::Of(_, parent) => table(parent).is_some_and(Self::is_of_contact),
            Owner::Nobody | Owner::Workspace(_) | Owner::User(_) => false,
        }
    }

    /// Does any column hold something about a person?
    pub fn is_personal(&self) -> bool {
        self.columns.iter().any(|c| c.kind == Kind::Personal)
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name as it stands in a statement.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }

    /// The condition under which a row is the contact's whose id is `$1`; none for tables that are nobody's so.
    pub(crate) fn of_contact(&self) -> Option<String> {
        match self.owner {
            Owner::Contact(column) => Some(format!("{column} = $1")),
            Owner::Of(column, parent) => {
                let inner = table(parent)?.of_contact()?;
                Some(format!(
                    "{column} in (select id from {parent} where {inner})"
                ))
            }
            Owner::Nobody | Owner::Workspace(_) | Owner::User(_) => None,
        }
    }
}
