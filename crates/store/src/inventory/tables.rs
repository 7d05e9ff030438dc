//! The list itself: a table a block, a column a line. A new table or column gets its line here, or the tests fail.

mod house;
mod mail;
mod person;

use super::{Column, Erased, Kept, Kind, Owner, Table};

const fn key(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Key, holds)
}

const fn personal(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Personal, holds)
}

const fn plain(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Plain, holds)
}

const fn secret(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Secret, holds)
}

const fn column(name: &'static str, kind: Kind, holds: &'static str) -> Column {
    Column {
        name,
        kind,
        holds,
        kept: None,
    }
}

impl Column {
    const fn until(mut self, kept: Kept) -> Self {
        self.kept = Some(kept);
        self
    }
}

const fn table(
    name: &'static str,
    holds: &'static str,
    owner: Owner,
    kept: Kept,
    columns: &'static [Column],
) -> Table {
    Table {
        name,
        holds,
        owner,
        erased: Erased::Gone,
        kept,
        columns,
    }
}

impl Table {
    const fn detached(mut self, set: &'static str) -> Self {
        self.erased = Erased::Detached(set);
        self
    }
}

/// Every table there is, parents before children: rows are restored in this order and erased in the opposite one.
pub const TABLES: &[Table] = &all();

const COUNT: usize = house::TABLES.len() + person::TABLES.len() + mail::TABLES.len();

const fn all() -> [Table; COUNT] {
    let mut all = [house::TABLES[0]; COUNT];
    let parts = [house::TABLES, person::TABLES, mail::TABLES];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].len() {
            all[at] = parts[part][i];
            (i, at) = (i + 1, at + 1);
        }
        part += 1;
    }
    all
}
