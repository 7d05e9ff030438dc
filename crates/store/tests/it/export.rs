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
    r_dsr_01_nothing_of_others_is_in_it,
    r_dsr_01_the_page_is_in_the_persons_language,
    r_dsr_07_an_export_is_taken_over_and_drawn_again_the_same
);

async fn drawn(house: &House) -> Export {
    let known = known(house).await;
    house.export(known.contact).await.unwrap()
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
        "The mail was opened, by a person (",
        "A link was followed: https://example.org/?to=",
        "that it happened, the minute, and details of the device",
        "You pressed “I have read this”",
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
    let store = &house.store;
    let export = house.export(known.contact).await.unwrap();
    let text = export.json().unwrap();
    assert!(!text.contains("example.net") && !text.contains("two of us"));
    assert!(!text.contains("$argon2id$"));
    let elsewhere = store
        .contact_export(
            WorkspaceId(id()),
            known.contact,
            (&store::Disclosure::default(), model::Language::En),
            NOW,
        )
        .await
        .unwrap();
    assert!(elsewhere.is_none(), "another workspace's contact is nobody");
    assert_ne!(other.address, address(&export.address));
}

/// The page and the record's own sentences, in each language; what persons and the operator wrote stays as it is.
async fn r_dsr_01_the_page_is_in_the_persons_language(house: House) {
    let known = known(&house).await;
    let post = model::Processor::stated("Post AG", "stellt Mails zu", "CH", "").unwrap();
    let disclosure = store::Disclosure {
        terms: store::Terms {
            hits: std::time::Duration::from_hours(24 * 11),
            ..store::Terms::default()
        },
        processors: vec![post],
    };
    let hook = store::NewWebhook {
        label: "sales".into(),
        url: "https://hooks.example:8443/secret".into(),
        events: Vec::new(),
    };
    let made =
        house
            .store
            .webhook_create(house.workspace, model::WebhookId(id()), hook, house.by());
    made.await.unwrap();
    let mut pages = Vec::new();
    for language in model::Language::ALL {
        let told = (&disclosure, language);
        let export = house
            .store
            .contact_export(house.workspace, known.contact, told, NOW);
        let export = export.await.unwrap().unwrap();
        assert_eq!(export.language, language.as_str());
        assert!(
            export
                .recipients
                .contains(&"Post AG (CH): stellt Mails zu".to_owned())
        );
        let hook = |told: &String| told.contains("hooks.example") && !told.contains("8443");
        assert!(
            export.recipients.iter().any(hook),
            "{:?}",
            export.recipients
        );
        let hits = export.tables.iter().find(|t| t.name == "hit").unwrap();
        assert!(hits.kept.contains("11 days"), "{}", hits.kept);
        let page = html(&export);
        assert!(page.starts_with(&format!(
            "<!doctype html><html lang=\"{}\">",
            language.as_str()
        )));
        let (story, _) = page.split_once("<div lang=\"en\">").unwrap();
        let english = [
            "you agreed",
            "was opened",
            "Mails to you",
            "What it is used for",
            "Legal basis",
        ];
        let found = english
            .iter()
            .filter(|words| story.contains(**words))
            .count();
        assert_eq!(
            found > 0,
            language == model::Language::En,
            "{language:?}: {story}"
        );
        pages.push(story.to_owned());
    }
    for words in [
        "21. November 2026, 20:48",
        "Sie haben zugestimmt",
        "Die Mail wurde geöffnet",
    ] {
        assert!(pages[2].contains(words), "{words}: {}", pages[2]);
    }
    pages.sort();
    pages.dedup();
    assert_eq!(pages.len(), 5);
}

/// Profile, source and what was asserted are the same in an export of the second instance; consent is not, for it was
/// given to the first.
async fn r_dsr_07_an_export_is_taken_over_and_drawn_again_the_same(house: House) {
    let known = known(&house).await;
    let stated = model::source::Stated {
        kind: "customer",
        place: "order 12 in the shop",
        at: "2026-10-01",
        by: "Ann Sample",
        basis: "contract",
    };
    let source = model::Source::stated(&stated, NOW).unwrap();
    let by = || store::By::operator(NOW);
    let set = house
        .store
        .contact_set_source(house.workspace, known.contact, source, true, by());
    assert!(set.await.unwrap());
    house
        .run("update contact set name = 'Zoë Žák', language = 'de', country = 'AT'")
        .await;
    let eve = house.agreed("eve@example.org").await;
    let (second, by) = (House::on_sqlite().await, by());
    for contact in [known.contact, eve.id] {
        let first = drawn_of(&house, contact).await;
        let entry = first.portable(NOW).unwrap();
        let entries = vec![(entry.clone(), store::Fresh::draw(id))];
        let made = second.store.contacts_enter(second.workspace, entries, &by);
        let [(made, true)] = made.await.unwrap()[..] else {
            panic!("not made")
        };
        let again = drawn_of(&second, made).await;
        assert_eq!(again.portable(NOW).unwrap(), entry);
        for column in [
            "address",
            "name",
            "language",
            "country",
            "business",
            "source_kind",
            "source_place",
            "source_at",
            "source_by",
            "source_basis",
            "told_at",
        ] {
            let of = |export: &Export| export.rows("contact")[0][column].clone();
            assert_eq!(of(&again), of(&first), "{column}");
        }
        let there = second
            .store
            .contact(second.workspace, made)
            .await
            .unwrap()
            .unwrap();
        for topic in model::Topic::ALL {
            assert_ne!(
                there.consent.get(topic).state,
                model::ConsentState::Given,
                "{topic:?}"
            );
        }
    }
    let foreign = Export {
        schema: "something else".into(),
        ..drawn_of(&house, eve.id).await
    };
    assert_eq!(foreign.portable(NOW).unwrap_err().field, "schema");
}

/// An export as it comes out of a file.
async fn drawn_of(house: &House, contact: model::ContactId) -> Export {
    let told = (&store::Disclosure::default(), model::Language::En);
    let drawn = house
        .store
        .contact_export(house.workspace, contact, told, NOW);
    let json = drawn.await.unwrap().unwrap().json().unwrap();
    serde_json::from_str(&json).unwrap()
}
