//! Opening: the schema comes once, stays, and is never run over by an older program.

use crate::house::House;
use crate::on_both;
use store::{Config, Error, Store};

on_both!(
    opening_again_changes_nothing,
    a_newer_schema_is_refused,
    many_may_open_an_empty_database_at_once
);

async fn opening_again_changes_nothing(house: House) {
    let again = Store::open(&house.config).await.unwrap();
    assert!(again.workspace(house.workspace).await.unwrap().is_some());
    assert_eq!(house.number("select count(*) from migration").await, 1);
    again.ping().await.unwrap();
}

async fn a_newer_schema_is_refused(house: House) {
    house
        .run("insert into migration (number) values (4711)")
        .await;
    let Err(Error::Corrupt(why)) = Store::open(&house.config).await else {
        panic!("an older program must not open this");
    };
    assert!(
        why.contains("4711") && why.contains("newer program"),
        "{why}"
    );
    // Nothing was touched.
    assert!(
        house
            .store
            .workspace(house.workspace)
            .await
            .unwrap()
            .is_some()
    );
}

async fn many_may_open_an_empty_database_at_once(house: House) {
    let empty = match &house.config {
        Config::Sqlite(path) => Config::Sqlite(path.with_file_name("empty.db")),
        Config::Postgres(url) => {
            house
                .run("create schema if not exists empty_for_a_race")
                .await;
            house
                .run("drop schema empty_for_a_race cascade; create schema empty_for_a_race")
                .await;
            let base = url.split("options=").next().unwrap();
            Config::Postgres(format!("{base}options=-csearch_path%3Dempty_for_a_race"))
        }
    };
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let config = empty.clone();
            tokio::spawn(async move { Store::open(&config).await.map(|_| ()) })
        })
        .collect();
    for opener in openers {
        assert_eq!(opener.await.unwrap(), Ok(()));
    }
    let store = Store::open(&empty).await.unwrap();
    assert!(store.instance().await.unwrap().tracking);
}

#[tokio::test]
async fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::on_sqlite().await;
    house.contact("bob@example.org").await;
    let Config::Sqlite(path) = &house.config else {
        unreachable!()
    };
    for name in ["overt.db", "overt.db-wal"] {
        let mode = std::fs::metadata(path.with_file_name(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_wrong_place_is_an_error_at_once() {
    let nowhere = Config::Sqlite("/nowhere/at/all/overt.db".into());
    assert!(
        matches!(Store::open(&nowhere).await, Err(Error::Unavailable(why)) if why.contains("/nowhere/at/all"))
    );
    let closed = Config::Postgres("postgres://nobody@127.0.0.1:1/nothing".into());
    assert!(matches!(
        Store::open(&closed).await,
        Err(Error::Unavailable(_))
    ));
    let nonsense = Config::Postgres("postgres://[".into());
    assert!(matches!(
        Store::open(&nonsense).await,
        Err(Error::Unavailable(_))
    ));
}

#[test]
fn addresses_of_databases() {
    let parse = |text: &str| -> Config { text.parse().unwrap() };
    assert_eq!(parse("overt.db"), Config::Sqlite("overt.db".into()));
    assert_eq!(
        parse("sqlite:/var/lib/overt.db"),
        Config::Sqlite("/var/lib/overt.db".into())
    );
    assert_eq!(
        parse("postgresql://h/d"),
        Config::Postgres("postgresql://h/d".into())
    );
}

/// The day of a last open may be used for list cleaning and nothing else: one file reads it. The inventory's list of what is
/// kept of persons, from which their own copy of everything follows, only names it.
#[test]
fn r_mode_09_the_day_of_the_last_open_has_one_reader() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut readers = Vec::new();
    let mut folders = vec![sources];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["tests", "target", "node_modules"].contains(&name.as_str()) {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|e| ["rs", "html", "js"].iter().any(|x| e == *x))
            {
                let text = std::fs::read_to_string(&path).unwrap();
                if text.contains("last_open_day") {
                    readers.push(name);
                }
            }
        }
    }
    readers.sort();
    assert_eq!(readers, ["hygiene.rs", "person.rs"]);
}
