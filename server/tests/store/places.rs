//! A database that is not there, or not there any more: nothing takes its place unasked, and nothing is acknowledged
//! that would be lost.

use std::{fs, path::Path, sync::Arc};

use gchat::store::{
    Page, Store as _, StoreError,
    sqlite::{
        SqliteStore,
        backup::{backup, check},
        restore::new_epoch,
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
        let (head, _) = store.history(school, &between(2, 3), Page::Newest, 9).await.unwrap();
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
    let (head, _) = store.history(school, &between(2, 3), Page::Newest, 9).await.unwrap();
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
    let (head, _) = store.history(school, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.seq.0, 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_backup_or_restore_left_goes_with_the_next() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let backups = dir.path().join("backups");
    fs::create_dir(&backups).unwrap();
    let file = |name: &str| fs::write(backups.join(name), "half of it").unwrap();
    ["gchat-2026-11-22T03-30-00Z.db-part", "gchat-2026-11-23T03-30-00Z.db-part", "other.db-part"]
        .iter()
        .for_each(|name| file(name));
    // One that is under way.
    let working = fs::File::open(backups.join("gchat-2026-11-23T03-30-00Z.db-part")).unwrap();
    working.lock().unwrap();
    backup(&path, &backups, 0).await.unwrap();
    let left = ["gchat-1970-01-01T00-00-00Z.db", "gchat-2026-11-23T03-30-00Z.db-part", "other.db-part"];
    assert_eq!(names(&backups), left);
    let twice =
        backup(&path, &backups.join("gchat-2026-11-23T03-30-00Z.db"), 0).await.unwrap_err().to_string();
    assert!(twice.contains("its file cannot be made"), "{twice}");

    fs::write(dir.path().join("gchat.db-part"), "half of a restore").unwrap();
    SqliteStore::serve(&path).await.unwrap().close().await;
    assert!(!dir.path().join("gchat.db-part").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_epoch_is_given_to_a_database_that_nobody_serves() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    assert!(new_epoch(&path, 1).await.unwrap_err().to_string().contains("there is none"));
    SqliteStore::make(&path).await.unwrap().close().await;
    let served = SqliteStore::serve(&path).await.unwrap();
    let before = served.epoch();
    assert!(new_epoch(&path, 1).await.unwrap_err().to_string().contains("another gchat serves it"));
    served.close().await;
    new_epoch(&path, 1_795_376_400_000).await.unwrap();
    let served = SqliteStore::serve(&path).await.unwrap();
    assert_ne!(served.epoch(), before);
    assert_eq!(served.epoch_began(), 1_795_376_400_000, "tokens from before are refused");
    served.close().await;
}
