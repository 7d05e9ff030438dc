//! Group commit, from inside: pieces of work that share a commit do not share their fate.

use super::*;
use crate::value::params;
use std::sync::mpsc as std_mpsc;

async fn open(folder: &tempfile::TempDir) -> Sqlite {
    let db = Sqlite::open(&folder.path().join("overt.db")).unwrap();
    let table = "create table t (n bigint primary key, bytes bytea)";
    db.write(|tx| tx.script(table)).await.unwrap();
    db
}

async fn insert(db: &Sqlite, n: i64) -> Result<u64, Error> {
    db.write(move |tx| tx.execute("insert into t (n) values ($1)", params![n]))
        .await
}

async fn count(db: &Sqlite) -> i64 {
    let rows = db
        .read(|tx| tx.query("select count(*) from t", &[]))
        .await
        .unwrap();
    rows[0].get(0).unwrap()
}

/// Holds the writer, so that what is written meanwhile shares one commit; sending or dropping lets it go.
async fn hold(db: &Sqlite) -> std_mpsc::Sender<()> {
    let (go, wait) = std_mpsc::channel();
    let (held, holding) = oneshot::channel();
    let holder = db.clone();
    tokio::spawn(async move {
        let work = move |_: &mut Tx<'_>| {
            let _ = held.send(());
            let _ = wait.recv();
            Ok(())
        };
        holder.write(work).await
    });
    holding.await.unwrap();
    go
}

#[test]
fn parameters_become_numbers_and_nothing_else_changes() {
    assert_eq!(respell("select $2 || '$' || $1"), "select ?2 || '$' || ?1");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_one_commit_what_fails_or_panics_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let go = hold(&db).await;
    let panicking = db.write(|tx| -> Result<(), Error> {
        tx.execute("insert into t (n) values (100)", &[])?;
        panic!("as a bug would");
    });
    let refusing = db.write(|tx| {
        tx.execute("insert into t (n) values (200)", &[])?;
        Err::<(), _>(Error::Conflict("changed my mind".into()))
    });
    let all = async {
        tokio::join!(
            insert(&db, 1),
            insert(&db, 1),
            panicking,
            refusing,
            insert(&db, 2)
        )
    };
    // The five are in the queue before the writer goes on.
    let (ended, ()) = tokio::join!(all, async {
        while db.writer.capacity() > QUEUE_MAX - 5 {
            tokio::task::yield_now().await;
        }
        drop(go);
    });
    assert_eq!(ended.0, Ok(1));
    assert!(matches!(ended.1, Err(Error::Conflict(_))), "{:?}", ended.1);
    assert!(matches!(ended.2, Err(Error::Unavailable(_))));
    assert_eq!(ended.3, Err(Error::Conflict("changed my mind".into())));
    assert_eq!(ended.4, Ok(1));
    assert_eq!(count(&db).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_so_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    insert(&db, 1).await.unwrap();
    let pages = db.write(|tx| {
        let Tx::Sqlite(connection) = tx else {
            unreachable!()
        };
        let pages: i64 = connection.query_row("pragma page_count", [], |row| row.get(0))?;
        // A file that may not grow fails as a full disk does: SQLITE_FULL.
        Ok(connection.query_row(
            &format!("pragma max_page_count = {}", pages + 3),
            [],
            |row| row.get::<_, i64>(0),
        )?)
    });
    pages.await.unwrap();
    let go = hold(&db).await;
    let big = |n: i64| {
        db.write(move |tx| {
            tx.execute(
                "insert into t values ($1, $2)",
                params![n, vec![7u8; 100_000]],
            )
        })
    };
    let all = async { tokio::join!(insert(&db, 2), big(3), insert(&db, 4)) };
    let (ended, ()) = tokio::join!(all, async {
        while db.writer.capacity() > QUEUE_MAX - 3 {
            tokio::task::yield_now().await;
        }
        drop(go);
    });
    assert_eq!(ended.1, Err(Error::Full));
    // Its neighbours in the commit either stayed or were told; nobody was told wrongly.
    let kept = [&ended.0, &ended.2].iter().filter(|r| r.is_ok()).count() as i64;
    assert!(
        [&ended.0, &ended.2]
            .iter()
            .all(|r| r.is_ok() || **r == Err(Error::Full)),
        "{ended:?}"
    );
    assert_eq!(count(&db).await, 1 + kept);

    let room = db.write(|tx| tx.script("pragma max_page_count = 100000"));
    room.await.unwrap();
    assert_eq!(big(5).await, Ok(1), "there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_cannot_begin_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    db.write(|tx| {
        let Tx::Sqlite(connection) = tx else {
            unreachable!()
        };
        Ok(connection.busy_timeout(std::time::Duration::ZERO)?)
    })
    .await
    .unwrap();
    let other = Connection::open(folder.path().join("overt.db")).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let Err(Error::Unavailable(why)) = insert(&db, 1).await else {
        panic!("another process holds the file")
    };
    assert!(why.contains("locked"), "{why}");
    other.execute_batch("rollback").unwrap();
    assert_eq!(insert(&db, 1).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_write_and_sees_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    assert!(
        db.read(|tx| tx.execute("insert into t (n) values (1)", &[]))
            .await
            .is_err()
    );
    let (go, wait) = std_mpsc::channel::<()>();
    let (begun, beginning) = oneshot::channel();
    let reading = {
        let db = db.clone();
        tokio::spawn(async move {
            db.read(move |tx| {
                let before: i64 = tx.query("select count(*) from t", &[])?[0].get(0)?;
                let _ = begun.send(());
                let _ = wait.recv();
                let after: i64 = tx.query("select count(*) from t", &[])?[0].get(0)?;
                Ok((before, after))
            })
            .await
        })
    };
    beginning.await.unwrap();
    insert(&db, 1).await.unwrap();
    drop(go);
    assert_eq!(reading.await.unwrap(), Ok((0, 0)));
    assert_eq!(count(&db).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_leaves_the_reader_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let mut going = Vec::new();
    for _ in 0..READERS {
        let (go, wait) = std_mpsc::channel::<()>();
        let (begun, beginning) = oneshot::channel();
        let reader = db.clone();
        let caller = tokio::spawn(async move {
            let work = move |_: &mut Tx<'_>| {
                let _ = begun.send(());
                let _ = wait.recv();
                Ok(())
            };
            reader.read(work).await
        });
        beginning.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        going.push(go);
    }
    // All readers are still at work for callers who left: the next one waits for them.
    let mut next = std::pin::pin!(count(&db));
    assert!(futures_util::poll!(&mut next).is_pending());
    going.clear();
    assert_eq!(next.await, 0);
}
