//! What a person is given: everything that is theirs, and nobody else's.

use crate::house::{House, NOW, address, id};
use crate::known::{SENTINEL, known};
use crate::on_both;
use model::WorkspaceId;
use model::export::{Export, csv, html};
use serde_json::Value;
use store::inventory::TABLES;

on_both!(
    r_dsr_01_every_table_of_a_contact_is_in_the_export,
    r_dsr_01_the_export_tells_the_story,
    r_dsr_01_nothing_of_others_is_in_it
);

async fn drawn(house: &House) -> Export {
    let known = known(house).await;
    let export = house
        .store
        .contact_export(house.workspace, known.contact, NOW)
        .await;
    export.unwrap().unwrap()
}

async fn r_dsr_01_every_table_of_a_contact_is_in_the_export(house: House) {
    let export = drawn(&house).await;
    for table in TABLES.iter().filter(|table| table.is_of_contact()) {
        let found = export.tables.iter().find(|t| t.name == table.name);
        let found = found.unwrap_or_else(|| panic!("{} is missing", table.name));
        // Keys apart: they have nothing in them to give.
        if !["contact_key", "act"].contains(&table.name) {
            assert!(
                !found.rows.is_empty(),
                "{} is empty: see known.rs",
                table.name
            );
        }
    }
    for name in ["message", "link", "consent_text"] {
        assert!(!export.rows(name).is_empty(), "{name}");
    }
    // As the schema in the repository has it.
    let schema = store::export_schema();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if text != include_str!("../../../../docs/export.schema.json") {
        let new = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("export.schema.json");
        std::fs::write(&new, text).unwrap();
        panic!(
            "the inventory has changed: copy {} over docs/export.schema.json",
            new.display()
        );
    }
    let tables = schema["properties"]["tables"]["items"]["oneOf"]
        .as_array()
        .unwrap();
    for table in &export.tables {
        let of = tables
            .iter()
            .find(|t| t["properties"]["name"]["const"] == *table.name)
            .unwrap();
        let properties = &of["properties"]["rows"]["items"]["properties"];
        for (row, column) in table
            .rows
            .iter()
            .flat_map(|row| row.iter().map(move |cell| (row, cell.0)))
        {
            let kinds = properties[column]["type"].as_array().unwrap();
            let kind = match &row[column] {
                Value::Null => "null",
                Value::Number(_) => "integer",
                _ => "string",
            };
            assert!(
                kinds.contains(&kind.into()),
                "{}.{column}: {}",
                table.name,
                row[column]
            );
        }
    }
    let back: Export = serde_json::from_str(&export.json().unwrap()).unwrap();
    assert_eq!(back.tables, export.tables);
}

async fn r_dsr_01_the_export_tells_the_story(house: House) {
    let export = drawn(&house).await;
    assert_eq!(export.controller, "Sample Ltd");
    assert_eq!(export.address, format!("{SENTINEL}@example.org"));
    assert!(
        export.recipients[0].contains("Ann Sample"),
        "{:?}",
        export.recipients
    );
    assert!(!export.sources.is_empty());
    let copy = &export.rows("copy")[0];
    assert_eq!(
        (&copy["mode_open"], &copy["opens_human"]),
        (&"detailed".into(), &1.into())
    );
    let hits = export.rows("hit");
    assert_eq!(hits.len(), 2);
    assert!(hits[0]["facts"].as_str().unwrap().contains("Thunderbird"));
    assert_eq!(hits[0]["at"], "2026-11-21T20:48:00.000Z");
    let page = html(&export);
    for told in [
        "What Sample Ltd holds about",
        "you agreed",
        "you took it back",
        "You will be told.",
        "it was opened, by a person; details: ",
        "that it happened, the minute, and details of the device",
        "you pressed “I have read this”",
        "Ann Sample",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(!page.contains("<script") && !page.contains(" src=") && !page.contains("http-equiv"));
    let files = csv(&export);
    let copies = files.iter().find(|(name, _)| name == "copy.csv").unwrap();
    assert_eq!(copies.1.lines().count(), 3, "{}", copies.1);
}

async fn r_dsr_01_nothing_of_others_is_in_it(house: House) {
    let other = house.agreed("other@example.net").await;
    let mut draft = house.draft(&[&other], crate::house::DETAILED, NOW);
    draft.message.subject = "Between the two of us".into();
    house.accept(draft).await;
    let known = known(&house).await;
    let (store, workspace) = (&house.store, house.workspace);
    let export = store
        .contact_export(workspace, known.contact, NOW)
        .await
        .unwrap()
        .unwrap();
    let text = export.json().unwrap();
    assert!(!text.contains("example.net") && !text.contains("two of us"));
    assert!(!text.contains("$argon2id$"));
    let elsewhere = store
        .contact_export(WorkspaceId(id()), known.contact, NOW)
        .await
        .unwrap();
    assert!(elsewhere.is_none(), "another workspace's contact is nobody");
    assert_ne!(other.address, address(&export.address));
}
