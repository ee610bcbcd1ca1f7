//! The story over SQLite, and what only a file can get wrong.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use gchat::{
    id::Seq,
    store::{Appended, Page, Store as _, StoreError, sqlite::SqliteStore},
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::util::{AnyStore, between, change, message, send, site};

async fn open() -> (TempDir, AnyStore) {
    let dir = TempDir::new().unwrap();
    SqliteStore::make(dir.path().join("gchat.db")).await.unwrap().close().await;
    let store = SqliteStore::serve(dir.path().join("gchat.db")).await.unwrap();
    (dir, Arc::new(store))
}

mod story {
    crate::every_story!(crate::sqlite::open);
}

async fn reopen(path: &Path) -> AnyStore {
    Arc::new(SqliteStore::make(path).await.unwrap())
}

async fn refused(path: &Path) -> String {
    match SqliteStore::make(path).await.map(drop) {
        Err(StoreError::Unusable(sentence)) => {
            assert!(sentence.contains(&path.display().to_string()), "{sentence}");
            sentence
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_reopened_file_has_everything_and_the_same_epoch() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    let store = reopen(&path).await;
    let epoch = store.epoch();
    let site = site(&store).await;
    send(&store, site, 2, 3, "kept").await;
    store.close().await;
    assert!(!dir.path().join("gchat.db-wal").exists(), "a closed database is one file");
    assert!(matches!(store.append(message(site, 2, 3, "late")).await, Err(StoreError::Closed)));
    assert!(matches!(store.sites().await, Err(StoreError::Closed)));
    assert!(matches!(store.ready().await, Err(StoreError::Closed)));
    store.close().await;

    let store = reopen(&path).await;
    assert_eq!(store.epoch(), epoch);
    store.ready().await.unwrap();
    let (_, messages) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(messages[0].text.as_deref(), Some("kept"));
    assert_eq!(send(&store, site, 2, 3, "next").await.0.seq, Seq(2));
}

#[tokio::test]
async fn what_waits_when_the_store_closes_is_committed_and_answered() {
    let (dir, store) = open().await;
    let site = site(&store).await;
    let sends: Vec<_> = (0..50).map(|n| message(site, 2, 3, &n.to_string())).collect();
    let appends = futures_util::future::join_all(sends.into_iter().map(|m| store.append(m)));
    let (answers, ()) = tokio::join!(appends, store.close());
    let answered = answers.into_iter().filter(|a| matches!(a, Ok(Appended::New { .. }))).count();
    let store = reopen(&dir.path().join("gchat.db")).await;
    let (head, _) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.seq.0 as usize, answered);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, store) = open().await;
    let site = site(&store).await;
    send(&store, site, 2, 3, "private").await;
    for name in ["gchat.db", "gchat.db-wal"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let garbage = dir.path().join("garbage.db");
    let content = "this is no database, but somebody's diary. ".repeat(100);
    std::fs::write(&garbage, &content).unwrap();
    assert!(refused(&garbage).await.contains("it is no SQLite database"));
    assert_eq!(std::fs::read_to_string(&garbage).unwrap(), content);

    let other = dir.path().join("other.db");
    let conn = Connection::open(&other).unwrap();
    conn.execute("CREATE TABLE songs (title TEXT)", []).unwrap();
    conn.close().unwrap();
    assert!(refused(&other).await.contains("belongs to another program"));

    let nowhere = dir.path().join("no/such/directory/gchat.db");
    assert!(refused(&nowhere).await.contains("make its directory"));

    // Only the code tells the kinds of such a refusal from each other.
    let folder = refused(dir.path()).await; // which cannot be read like a file
    assert!(folder.contains("disk I/O error (code 266)"), "{folder}");
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_is_begun_again() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    reopen(&path).await.close().await;
    let conn = Connection::open(&path).unwrap();
    let table: String = conn
        .query_row("SELECT sql FROM sqlite_schema WHERE name = '_sqlx_migrations'", [], |row| row.get(0))
        .unwrap();
    conn.close().unwrap();
    let cut = dir.path().join("cut.db");
    Connection::open(&cut).unwrap().execute(&table, []).unwrap();
    let store = reopen(&cut).await;
    let site = site(&store).await;
    send(&store, site, 2, 3, "hello").await;
    store.close().await;
}

#[tokio::test]
async fn a_schema_newer_than_the_binary_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    reopen(&path).await.close().await;
    let conn = Connection::open(&path).unwrap();
    conn.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', 1, x'00', 0)",
        [],
    )
    .unwrap();
    conn.close().unwrap();
    assert!(refused(&path).await.contains("its schema is 99, and this gchat knows up to 1"));
}

#[tokio::test]
async fn a_migration_that_was_changed_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    reopen(&path).await.close().await;
    let conn = Connection::open(&path).unwrap();
    conn.execute("UPDATE _sqlx_migrations SET checksum = x'00'", []).unwrap();
    conn.close().unwrap();
    assert!(refused(&path).await.contains("not the one of any release"));
}

const CANARY: &str = "a-very-private-canary";
/// And a word, which the index has in lower case, behind what it shares with the word before.
const WORD: &str = "Zyxomma";
const IN_THE_INDEX: &str = "yxomma";

fn is_in_a_file(text: &str, folder: &Path) -> bool {
    let holds = |bytes: Vec<u8>| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    std::fs::read_dir(folder).unwrap().any(|file| holds(std::fs::read(file.unwrap().path()).unwrap()))
}

#[tokio::test]
async fn an_erased_text_is_in_no_file() {
    let (dir, store) = open().await;
    let site = site(&store).await;
    send(&store, site, 2, 3, &format!("{CANARY} {WORD}")).await;
    send(&store, site, 3, 2, "another").await;
    store.index().await.unwrap();
    assert!(is_in_a_file(CANARY, dir.path()) && is_in_a_file(WORD, dir.path()));
    store.remove_user(site, crate::util::user(2), gchat::id::RightsVersion(1)).await.unwrap();
    store.close().await;
    assert!(!is_in_a_file(CANARY, dir.path()) && !is_in_a_file(IN_THE_INDEX, dir.path()));
}

#[tokio::test]
async fn what_was_edited_away_or_deleted_is_in_no_file() {
    let (dir, store) = open().await;
    let site = site(&store).await;
    for n in 1..=2 {
        send(&store, site, 2, 3, &format!("{CANARY} {WORD}")).await;
        store.index().await.unwrap();
        let text = (n == 1).then(|| "better so".into());
        change(&store, site, 2, 3, n, |message| message.text = text).await;
    }
    store.close().await;
    assert!(!is_in_a_file(CANARY, dir.path()) && !is_in_a_file(IN_THE_INDEX, dir.path()));
}

/// A send pays nothing for what was changed: the index of that has rows of changed messages only.
#[tokio::test]
async fn only_what_was_changed_is_indexed_by_rev_and_has_a_hash() {
    let (dir, store) = open().await;
    let site = site(&store).await;
    for n in 0..20 {
        send(&store, site, 2, 3, &n.to_string()).await;
    }
    change(&store, site, 2, 3, 4, |message| message.text = Some("x".into())).await;
    change(&store, site, 2, 3, 5, |message| message.text = None).await;
    store.close().await;
    let conn = Connection::open(dir.path().join("gchat.db")).unwrap();
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let indexed = "SELECT count(*) FROM messages INDEXED BY messages_changed WHERE changed IS NOT NULL";
    assert_eq!(count(indexed), 2);
    assert_eq!(count("SELECT count(first_hash) FROM messages"), 2);
    assert_eq!(count("SELECT count(DISTINCT first_hash) FROM messages"), 2);
    let newest = "SELECT last_seq * 100 + other_seq FROM conversations WHERE last_sender = 2";
    assert_eq!(count(newest), 2_000, "nobody else has written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_comes_alone_waits_for_no_other_thread() {
    let (_dir, store) = open().await;
    let site = site(&store).await;
    let (mut at_once, late) = (0, Instant::now() + Duration::from_secs(10));
    while at_once < 3 {
        assert!(Instant::now() < late, "it waits");
        match store.append(message(site, 2, 3, "at once")).now_or_never() {
            Some(sent) => {
                assert!(matches!(sent, Ok(Appended::New { .. })), "{sent:?}");
                at_once += 1;
            }
            // The thread that added the site, or committed this one, is not done yet.
            None => {
                at_once = 0;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_file_wait_for_each_other() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    let (server, tool) = (reopen(&path).await, reopen(&path).await);
    let site = site(&tool).await;
    let sends = |store: &AnyStore| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..50 {
                send(&store, site, 2, 3, &n.to_string()).await;
            }
        })
    };
    let (one, two) = (sends(&server), sends(&tool));
    one.await.unwrap();
    two.await.unwrap();
    let (head, _) = server.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.seq.0, 100);
}
