//! Backups: everything comes back, on either database, but for those who were erased since.

use crate::house::{DETAILED, House, MINUTE, NOW, hit, id};
use crate::known::{SENTINEL, known};
use crate::on_both;
use model::{Axis, ErasedBy, Meaning};
use std::io::Write;
use std::sync::{Arc, Mutex};
use store::{BackupKeys, Config, Error, MessageFilter, Opening, Store};

on_both!(
    r_dsr_05_an_erased_contact_does_not_come_back,
    r_dsr_05_everything_else_comes_back_as_it_was,
    a_backup_moves_an_instance_to_the_other_database,
    a_backup_that_was_changed_or_cut_off_is_refused_whole,
    a_database_in_use_is_not_run_over,
    what_waited_may_be_left_behind,
);

/// A file in memory.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

async fn backup(store: &Store) -> Vec<u8> {
    let buffer = Buffer::default();
    let saved = store.backup(buffer.clone(), id(), NOW).await.unwrap();
    assert!(saved.sealed > 0 && saved.rows > saved.sealed, "{saved:?}");
    buffer.bytes()
}

async fn keys(store: &Store) -> Vec<u8> {
    let buffer = Buffer::default();
    store.backup_keys(buffer.clone(), NOW).await.unwrap();
    buffer.bytes()
}

async fn restore(into: &Store, backup: &[u8], keys: &[u8]) -> Result<store::Restored, Error> {
    let keys = BackupKeys::read(keys).unwrap();
    let from = std::io::Cursor::new(backup.to_vec());
    into.restore(from, keys, true, NOW + MINUTE).await
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|w| w.eq_ignore_ascii_case(text.as_bytes()))
}

/// An empty database beside the house, of its own kind or of the other.
async fn empty(house: &House, other_kind: bool) -> Option<House> {
    let mut empty = match (&house.config, other_kind) {
        (Config::Sqlite(_), false) | (Config::Postgres(_), true) => House::bare_on_sqlite().await,
        (Config::Postgres(_), false) | (Config::Sqlite(_), true) => {
            House::bare_on_postgres().await?
        }
    };
    empty.workspace = house.workspace;
    Some(empty)
}

async fn r_dsr_05_an_erased_contact_does_not_come_back(house: House) {
    let known = known(&house).await;
    let other = house.agreed("other@example.net").await;
    let copy = house.copy_for(&other, DETAILED).await;
    house
        .record(vec![hit(copy, Axis::Open, Meaning::Human, NOW)], NOW)
        .await;
    house.fold_all().await;
    let saved = backup(&house.store).await;
    let old_keys = keys(&house.store).await;
    assert!(
        !holds(&saved, SENTINEL),
        "not in the clear, even while they are a contact"
    );

    let (store, by) = (&house.store, house.by());
    let erased = store.contact_erase(house.workspace, known.contact, ErasedBy::User, None, by, id);
    erased.await.unwrap().unwrap();
    let left = keys(&house.store).await;
    let gone = known.contact.to_string();
    assert_eq!(BackupKeys::erasures(&left[..]).unwrap(), 1);
    let lines = String::from_utf8(left.clone()).unwrap();
    assert!(
        !lines.lines().skip(1).any(|line| line.contains(&gone)),
        "their key is gone"
    );

    let new = empty(&house, false).await.unwrap();
    let restored = restore(&new.store, &saved, &left).await.unwrap();
    assert!(restored.dropped > 10, "{restored:?}");
    assert_eq!(
        new.store
            .contact(house.workspace, known.contact)
            .await
            .unwrap(),
        None
    );
    assert!(
        new.store
            .copy_in_context(known.read)
            .await
            .unwrap()
            .is_none()
    );
    for table in store::inventory::TABLES {
        for column in table.columns {
            let cast = match &new.config {
                Config::Sqlite(_) => format!("cast(coalesce(\"{}\", '') as text)", column.name),
                Config::Postgres(_) => format!("coalesce(\"{}\"::text, '')", column.name),
            };
            let sql = format!("select {cast} from \"{}\"", table.name);
            let values = new.texts(&sql).await.join("\n");
            assert!(
                !holds(values.as_bytes(), SENTINEL),
                "{}.{}",
                table.name,
                column.name
            );
        }
    }
    // Others are as they were, and the chain is whole.
    let before = house.export(other.id).await;
    let after = new.export(other.id).await;
    assert_eq!(before.unwrap().tables, after.unwrap().tables);
    let rows = new.ledger().await;
    assert!(
        rows.iter()
            .all(|r| matches!(r.opening, Opening::Opens | Opening::Sealed))
    );
    assert!(rows.iter().any(|r| r.opening == Opening::Sealed));
    // Even with an old key file: the list of the erased stands above it.
    let merged = lines.lines().next().unwrap().to_owned()
        + "\n"
        + &String::from_utf8(old_keys)
            .unwrap()
            .lines()
            .skip(1)
            .collect::<Vec<_>>()
            .join("\n");
    let newer = empty(&house, false).await.unwrap();
    restore(&newer.store, &saved, merged.as_bytes())
        .await
        .unwrap();
    assert_eq!(
        newer
            .store
            .contact(house.workspace, known.contact)
            .await
            .unwrap(),
        None
    );
}

async fn same(house: &House, new: &House, contact: model::ContactId) {
    let before = house.export(contact).await.unwrap();
    let after = new.export(contact).await.unwrap();
    for (a, b) in before.tables.iter().zip(&after.tables) {
        let sorted = |t: &model::export::Table| {
            let mut rows: Vec<_> = t.rows.iter().map(|r| format!("{r:?}")).collect();
            rows.sort();
            rows
        };
        assert_eq!(sorted(a), sorted(b), "{}", a.name);
    }
    let rows = new.ledger().await;
    assert!(rows.iter().all(|r| r.opening == Opening::Opens), "{rows:?}");
    let filter = MessageFilter {
        search: Some(SENTINEL.to_owned()),
        limit: 9,
        ..MessageFilter::default()
    };
    let found = new.store.messages(house.workspace, filter).await.unwrap();
    assert_eq!(found.len(), 2, "found by recipient, as before");
    assert!(
        new.store
            .user_by_address(&"ann@sample.example".parse().unwrap())
            .await
            .unwrap()
            .is_some()
    );
    let waiting = house.store.outbox_size().await.unwrap();
    assert_eq!(new.store.outbox_size().await.unwrap(), waiting);
}

async fn r_dsr_05_everything_else_comes_back_as_it_was(house: House) {
    let known = known(&house).await;
    let (saved, keys) = (backup(&house.store).await, keys(&house.store).await);
    let mut new = empty(&house, false).await.unwrap();
    let restored = restore(&new.store, &saved, &keys).await.unwrap();
    assert_eq!(restored.dropped, 0);
    same(&house, &new, known.contact).await;
    let source = new
        .store
        .message_source(known.waiting_message)
        .await
        .unwrap();
    assert_eq!(source.as_deref(), Some(&b"mail"[..]));
    // It goes on: numbers go on counting, and what is written is read.
    let last = house.store.event_last().await.unwrap();
    assert_eq!(new.store.event_last().await.unwrap(), last);
    new.workspace = house.workspace;
    new.agreed("bob@example.org").await;
    assert!(new.store.event_last().await.unwrap() > last);
}

async fn a_backup_moves_an_instance_to_the_other_database(house: House) {
    let known = known(&house).await;
    let (saved, keys) = (backup(&house.store).await, keys(&house.store).await);
    let Some(new) = empty(&house, true).await else {
        return; // no PostgreSQL here
    };
    restore(&new.store, &saved, &keys).await.unwrap();
    same(&house, &new, known.contact).await;
}

async fn a_backup_that_was_changed_or_cut_off_is_refused_whole(house: House) {
    known(&house).await;
    let (saved, keys) = (backup(&house.store).await, keys(&house.store).await);
    let new = empty(&house, false).await.unwrap();
    let mut changed = saved.clone();
    let at = changed
        .windows(10)
        .position(|w| w == b"Sample Ltd")
        .unwrap();
    changed[at] = b'T';
    let cut = &saved[..saved.len() - 200];
    for (bytes, why) in [
        (&changed[..], "changed"),
        (cut, "cut off"),
        (&b""[..], "cut off"),
    ] {
        let Err(Error::Corrupt(text)) = restore(&new.store, bytes, &keys).await else {
            panic!("{why}: must be refused")
        };
        assert!(text.contains(why), "{text}");
        assert_eq!(new.number("select count(*) from workspace").await, 0);
    }
    // And after all that the right one still goes in.
    restore(&new.store, &saved, &keys).await.unwrap();
}

async fn a_database_in_use_is_not_run_over(house: House) {
    known(&house).await;
    let (saved, keys) = (backup(&house.store).await, keys(&house.store).await);
    let refused = restore(&house.store, &saved, &keys).await;
    assert!(matches!(refused, Err(Error::Conflict(why)) if why.contains("empty")));
}

async fn what_waited_may_be_left_behind(house: House) {
    known(&house).await;
    let (saved, keys) = (backup(&house.store).await, keys(&house.store).await);
    let new = empty(&house, false).await.unwrap();
    let keys = BackupKeys::read(&keys[..]).unwrap();
    let from = std::io::Cursor::new(saved);
    new.store.restore(from, keys, false, NOW).await.unwrap();
    assert_eq!(new.store.outbox_size().await.unwrap().0, 0);
}
