//! The inventory is the schema: each table and column of both databases is in it, and nothing else is.

use crate::house::House;
use crate::on_both;
use std::collections::BTreeSet;
use store::Config;
use store::inventory::{Kind, Owner, TABLES, table};

on_both!(
    r_ret_01_every_column_is_in_the_inventory,
    r_ret_01_whose_a_row_is_can_be_followed_in_the_schema
);

/// `table.column`, as the database says it.
async fn columns(house: &House) -> BTreeSet<String> {
    let sql = match &house.config {
        Config::Sqlite(_) => {
            "select m.name || '.' || c.name from sqlite_master m join pragma_table_info(m.name) c
             where m.type = 'table' and m.name not like 'sqlite_%'"
        }
        Config::Postgres(_) => {
            "select table_name || '.' || column_name from information_schema.columns
             where table_schema = current_schema()"
        }
    };
    house.texts(sql).await.into_iter().collect()
}

async fn r_ret_01_every_column_is_in_the_inventory(house: House) {
    let listed: BTreeSet<_> = TABLES
        .iter()
        .flat_map(|t| {
            t.columns
                .iter()
                .map(move |c| format!("{}.{}", t.name, c.name))
        })
        .collect();
    let real = columns(&house).await;
    assert!(
        real.len() > 100,
        "the walk finds the schema: {}",
        real.len()
    );
    let missing: Vec<_> = real.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "not in `store::inventory::tables`; say what they hold: {missing:?}"
    );
    let gone: Vec<_> = listed.difference(&real).collect();
    assert!(gone.is_empty(), "in the inventory, but not there: {gone:?}");
}

async fn r_ret_01_whose_a_row_is_can_be_followed_in_the_schema(house: House) {
    let real = columns(&house).await;
    for (i, t) in TABLES.iter().enumerate() {
        let column = match t.owner {
            Owner::Nobody => None,
            Owner::Workspace(column) | Owner::User(column) | Owner::Contact(column) => Some(column),
            Owner::Of(column, parent) => {
                let before = TABLES[..i].iter().any(|p| p.name == parent);
                assert!(before, "{}: its parent {parent} comes before it", t.name);
                assert!(
                    table(parent)
                        .unwrap()
                        .columns
                        .iter()
                        .any(|c| c.name == "id")
                );
                Some(column)
            }
        };
        if let Some(column) = column {
            assert!(real.contains(&format!("{}.{column}", t.name)), "{}", t.name);
        }
        // What names a contact or a copy is that contact's.
        for name in ["contact_id", "copy_id"] {
            assert!(
                t.is_of_contact() || !t.columns.iter().any(|c| c.name == name),
                "{}.{name}: whose is it?",
                t.name
            );
        }
    }
}

#[test]
fn r_ret_01_what_is_said_reads_as_sentences() {
    let mut names = BTreeSet::new();
    for t in TABLES {
        assert!(names.insert(t.name), "{} is listed twice", t.name);
        assert!(t.holds.ends_with('.'), "{}: {}", t.name, t.holds);
        assert!(t.kept.sentence(&store::Terms::default()).ends_with('.'));
        for c in t.columns {
            assert!(
                !c.holds.is_empty() && !c.holds.ends_with('.'),
                "{}.{}",
                t.name,
                c.name
            );
        }
        if t.is_of_contact() {
            let personal = t
                .columns
                .iter()
                .any(|c| matches!(c.kind, Kind::Personal | Kind::Secret));
            assert!(
                personal,
                "{}: a contact's, and nothing personal in it",
                t.name
            );
        }
    }
}
