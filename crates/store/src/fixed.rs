//! What is only ever added to, held by the database itself and not by the program's good manners (R-AUD-04, R-CONS-05).
//!
//! On PostgreSQL the program can run as a role that owns nothing and is granted no more than it needs: [`grants`] is the
//! script for that, and the tests run as such a role. On SQLite whoever has the file has everything; there triggers keep
//! the program from rewriting by mistake.

use crate::inventory::TABLES;

/// What of a table stays as it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fixed {
    /// Rows are neither changed nor deleted.
    Rows,
    /// Rows are not changed. They go when their person is erased, or when their term is over, and the ledger says so.
    Contents,
}

const FIXED: [(&str, Fixed); 6] = [
    ("ledger_entry", Fixed::Rows),
    ("ledger_head", Fixed::Rows),
    ("ledger_sealed", Fixed::Rows),
    ("act", Fixed::Rows),
    ("consent_event", Fixed::Contents),
    ("consent_text", Fixed::Contents),
];

fn fixed(table: &str) -> Option<Fixed> {
    let found = FIXED.iter().find(|(name, _)| *name == table);
    found.map(|(_, fixed)| *fixed)
}

/// The script that lets a PostgreSQL role run the program and no more: to be run by the owner of the tables, after the
/// program made them and after each update of it. It can be run again and again.
pub fn grants(role: &str) -> String {
    let role = role.replace('"', "\"\"");
    let mut script = format!(
        "-- Run as the owner of the tables. The program itself then signs in as \"{role}\".\n\
         do $$ begin execute format('grant usage on schema %I to \"{}\"', current_schema()); end $$;\n\
         grant select on migration to \"{role}\";\n",
        role.replace('\'', "''").replace('%', "%%")
    );
    for table in TABLES {
        let may = match (table.name, fixed(table.name)) {
            (_, Some(Fixed::Rows)) => "select, insert",
            // To hold a row until the commit one must be allowed to change something in it.
            ("consent_text", Some(Fixed::Contents)) => {
                "select, insert, delete, update (created_at)"
            }
            (_, Some(Fixed::Contents)) => "select, insert, delete",
            (_, None) => "select, insert, update, delete",
        };
        let table = table.quoted();
        script += &format!(
            "revoke all on {table} from \"{role}\"; grant {may} on {table} to \"{role}\";\n"
        );
    }
    script
}

/// The triggers that SQLite keeps to it with.
pub(crate) fn triggers() -> String {
    let mut script = String::new();
    for (table, fixed) in FIXED {
        let acts: &[&str] = match fixed {
            Fixed::Rows => &["update", "delete"],
            Fixed::Contents => &["update"],
        };
        for act in acts {
            script += &format!(
                "create trigger {table}_no_{act} before {act} on {table} begin\n  \
                 select raise(abort, '{table} is only ever added to'); end;\n"
            );
        }
    }
    script
}
