//! A database that is not there, or not there any more: nothing takes its place unasked, and nothing is acknowledged
//! that would be lost.

use std::{fs, path::Path, sync::Arc};

use gchat::store::{
    Page, Store as _, StoreError,
    sqlite::{
        SqliteStore,
        backup::{backup, check},
    },
};
use tempfile::TempDir;

use crate::util::{AnyStore, between, message, send, site};

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What serving, a tool, a check and a backup say of a path.
async fn refusals(path: &Path) -> Vec<String> {
    let refusals = [
        SqliteStore::serve(path).await.map(drop),
        SqliteStore::open(path).await.map(drop),
        check(path).await.map(drop),
        backup(path, &path.with_file_name("backup"), 0).await.map(drop),
    ];
    refusals.map(|refused| refused.unwrap_err().to_string()).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_made_only_where_that_is_asked_for() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    for sentence in refusals(&path).await {
        assert!(sentence.contains("there is none: make a new one with `gchat init`"), "{sentence}");
    }
    assert_eq!(names(dir.path()), [""; 0], "nothing is left behind");

    // An empty file is no database either; nor is one that was only begun.
    fs::write(&path, "").unwrap();
    for sentence in &refusals(&path).await[..2] {
        assert!(sentence.contains("there is none"), "{sentence}");
    }
    assert_eq!(fs::read(&path).unwrap(), b"");

    SqliteStore::make(&path).await.unwrap().close().await;
    let epoch = SqliteStore::serve(&path).await.unwrap();
    epoch.close().await;
    SqliteStore::make(&path).await.unwrap().close().await; // it is there: nothing changes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_without_its_database_is_refused_and_kept() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    fs::write(dir.path().join("gchat.db-wal"), "what was written last").unwrap();
    let made = SqliteStore::make(&path).await.map(drop).unwrap_err().to_string();
    for sentence in refusals(&path).await.iter().chain([&made]) {
        assert!(
            sentence.contains("there is none, but its log") && sentence.contains("put the database back"),
            "{sentence}"
        );
    }
    assert_eq!(names(dir.path()), ["gchat.db-wal"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_its_place_is_not_written_until_it_is_back() {
    let dir = TempDir::new().unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    let path = home.join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let store: AnyStore = Arc::new(SqliteStore::serve(&path).await.unwrap());
    let school = site(&store).await;
    send(&store, school, 2, 3, "before").await;
    let refused = async |what: &str| {
        let ready = store.ready().await.unwrap_err();
        assert!(matches!(&ready, StoreError::Blocked(why) if why.contains(what)), "{ready}");
        let sent = store.append(message(school, 2, 3, "not now")).await.unwrap_err();
        assert!(matches!(&sent, StoreError::Blocked(why) if why.contains(what)), "{sent}");
        let (head, _) = store.history(school, between(2, 3), Page::Newest, 9).await.unwrap();
        assert!(head.seq.0 > 0, "reading goes on");
    };

    for file in ["home", "home/gchat.db", "home/gchat.db-wal"] {
        let (file, away) = (dir.path().join(file), dir.path().join("away"));
        fs::rename(&file, &away).unwrap();
        refused("is gone from its place").await;
        if file != home {
            fs::copy(&away, &file).unwrap();
            refused("is another file by now").await;
        }
        fs::rename(&away, &file).unwrap();
        send(&store, school, 2, 3, "back again").await;
        store.ready().await.unwrap();
    }

    // What was acknowledged is saved with the end, even where the log was deleted.
    fs::remove_file(home.join("gchat.db-wal")).unwrap();
    refused("which saves what was in it").await;
    store.close().await;
    let store = SqliteStore::serve(&path).await.unwrap();
    let store: AnyStore = Arc::new(store);
    let (head, _) = store.history(school, between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.seq.0, 4);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_ends_away_from_its_place_leaves_what_is_there_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let store: AnyStore = Arc::new(SqliteStore::serve(&path).await.unwrap());
    let school = site(&store).await;
    send(&store, school, 2, 3, "kept").await;
    fs::rename(&path, dir.path().join("away")).unwrap();
    fs::rename(dir.path().join("gchat.db-wal"), dir.path().join("away-wal")).unwrap();
    fs::write(&path, "another").unwrap();
    fs::write(dir.path().join("gchat.db-wal"), "another's").unwrap();
    store.close().await;
    assert_eq!(fs::read_to_string(dir.path().join("gchat.db-wal")).unwrap(), "another's");
    assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    let store: AnyStore = Arc::new(SqliteStore::serve(&dir.path().join("away")).await.unwrap());
    let (head, _) = store.history(school, between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.seq.0, 1);
    store.close().await;
}
