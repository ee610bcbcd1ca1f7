//! Files that cannot be served, and what keeps a database from being lost: locks, checks, backups. (`restores` has the rest.)

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use gchat::{
    id::Seq,
    store::{
        Origin, Page, Store as _, StoreError,
        sqlite::{
            SqliteStore,
            backup::{backup, check},
            restore::restore,
        },
    },
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::util::{AnyStore, between, record, send, site, snapshot, user};

pub(super) const NOW: i64 = 1_795_376_400_000;

pub(super) async fn serve(path: &Path) -> AnyStore {
    std::sync::Arc::new(SqliteStore::serve(path).await.unwrap())
}

pub(super) async fn refused(path: &Path) -> String {
    match SqliteStore::serve(path).await.map(drop) {
        Err(StoreError::Unusable(sentence)) => sentence,
        other => panic!("not refused: {other:?}"),
    }
}

/// A database of a closed server with a few hundred messages in it.
pub(super) async fn written() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let store = serve(&path).await;
    let site = store.add_site(record("school")).await.unwrap();
    store.put_user(site, user(2), snapshot(1, "Ana"), Origin::Call).await.unwrap();
    for n in 0..300 {
        send(&store, site, 2, 3 + n % 7, &format!("message {n} {}", "x".repeat(200))).await;
    }
    store.close().await;
    (dir, path)
}

pub(super) fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_serves_a_file_and_tools_come_beside_it() {
    let (dir, path) = written().await;
    let server = serve(&path).await;
    assert!(refused(&path).await.contains("another gchat serves it: stop that one first"));
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(refused(&link).await.contains("another gchat serves it"), "another name is no other database");
    let tool: AnyStore = std::sync::Arc::new(SqliteStore::open(&path).await.unwrap());
    assert_eq!(tool.sites().await.unwrap().len(), 1);
    tool.close().await;
    let error = restore(&path.with_file_name("nowhere"), &path, NOW).await.unwrap_err().to_string();
    assert!(error.contains("there is no such file"), "{error}");
    fs::write(dir.path().join("any"), "x").unwrap();
    let error = restore(&dir.path().join("any"), &path, NOW).await.unwrap_err().to_string();
    assert!(error.contains("another gchat serves it"), "{error}");
    server.close().await;
    serve(&path).await.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_refused_at_start_and_found_by_the_check() {
    let (_dir, path) = written().await;
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 30 * 4_096, "{}", whole.len());
    assert_eq!(check(&path).await.unwrap().messages, 300);
    let pages = whole.len() / 4_096;
    let (mut at_start, mut by_check) = (0, 0);
    for page in 0..pages {
        fs::write(&path, &whole).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[0x5a; 2_048], u64::try_from(page).unwrap() * 4_096 + u64::from(page == 0) * 100)
            .unwrap();
        drop(file);
        by_check +=
            usize::from(matches!(check(&path).await, Err(StoreError::Unusable(_) | StoreError::Database(_))));
        match SqliteStore::serve(&path).await {
            Err(StoreError::Unusable(sentence)) => {
                assert!(sentence.contains("restore a backup"), "{sentence}");
                at_start += 1;
            }
            Err(other) => panic!("page {page}: not said what to do: {other}"),
            Ok(store) => store.close().await,
        }
    }
    // Text alone that was overwritten looks like any other text, to any check.
    assert!(by_check * 10 >= pages * 8 && at_start * 10 >= pages * 8, "{at_start}, {by_check} of {pages}");

    for (what, bytes) in [
        ("truncated", &whole[..whole.len() / 2]),
        ("a torn header", &[&[0; 16], &whole[16..]].concat()[..]),
        ("no database", b"dear diary, today nothing happened. dear diary, today nothing happened."),
    ] {
        fs::write(&path, bytes).unwrap();
        let sentence = refused(&path).await;
        assert!(sentence.contains("restore a backup"), "{what}: {sentence}");
        assert!(check(&path).await.is_err(), "{what}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{what}: left as it was");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_another_copy_left_is_refused_and_left_alone() {
    let (dir, path) = written().await;
    let copy = fs::read(&path).unwrap();
    // The same database, later, ended by a crash: its log is there.
    let store = serve(&path).await;
    let site = store.sites().await.unwrap()[0].site;
    for n in 0..50 {
        send(&store, site, 2, 3, &n.to_string()).await;
    }
    let crashed = TempDir::new().unwrap();
    for name in ["gchat.db", "gchat.db-wal"] {
        fs::copy(dir.path().join(name), crashed.path().join(name)).unwrap();
    }
    store.close().await;

    let path = crashed.path().join("gchat.db");
    let rightly = TempDir::new().unwrap();
    for name in ["gchat.db", "gchat.db-wal"] {
        fs::copy(crashed.path().join(name), rightly.path().join(name)).unwrap();
    }
    let store = serve(&rightly.path().join("gchat.db")).await;
    let (head, _) = store.history(site, &between(2, 3), Page::Newest, 1).await.unwrap();
    assert_eq!(head.seq, Seq(43 + 50), "its own log is followed");
    store.close().await;

    // Somebody puts the older copy in its place and forgets the log.
    fs::write(&path, &copy).unwrap();
    let log = fs::read(crashed.path().join("gchat.db-wal")).unwrap();
    let sentence = refused(&path).await;
    assert!(
        sentence.contains("gchat.db-wal was left by another copy") && sentence.contains("move that log away")
    );
    assert_eq!(fs::read(&path).unwrap(), copy);
    assert_eq!(fs::read(crashed.path().join("gchat.db-wal")).unwrap(), log, "both are left alone");
    fs::remove_file(crashed.path().join("gchat.db-wal")).unwrap();
    let _ = fs::remove_file(crashed.path().join("gchat.db-shm"));
    serve(&path).await.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_point_of_a_start_leaves_a_file_that_starts() {
    let (dir, path) = written().await;
    let before = fs::read(&path).unwrap();
    // Between the commit of the new mark and its way into the file.
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let mark = "UPDATE meta SET value = CAST(?1 || substr(value, 1, 16) AS BLOB) WHERE name = 'log'";
    let log = |mark: &str| {
        conn.execute(mark, [[7_u8; 16]]).unwrap();
        fs::read(dir.path().join("gchat.db-wal")).unwrap()
    };
    let drawn = log(mark);
    let foreign = log("UPDATE meta SET value = CAST(?1 || ?1 AS BLOB) WHERE name = 'log'");
    conn.close().unwrap();
    // And after it: the file has it, the log is empty or has it again.
    let store = serve(&path).await;
    let (file, again) = (fs::read(&path).unwrap(), fs::read(dir.path().join("gchat.db-wal")).unwrap());
    store.close().await;
    for (what, file, log, starts) in [
        ("neither", &before, None, true),
        ("the log", &before, Some(&drawn), true),
        ("the file", &file, None, true),
        ("both", &file, Some(&again), true),
        ("a foreign log", &before, Some(&foreign), false),
    ] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("gchat.db");
        fs::write(&path, file).unwrap();
        if let Some(log) = log {
            fs::write(dir.path().join("gchat.db-wal"), log).unwrap();
        }
        match SqliteStore::serve(&path).await {
            Ok(store) => {
                assert!(starts, "{what}");
                store.close().await;
            }
            Err(error) => assert!(!starts, "{what}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_check_knows_what_a_conversation_may_not_be() {
    for (damage, what) in [
        ("DELETE FROM messages WHERE seq = 2", "have gaps"),
        ("UPDATE messages SET rev = 3 WHERE seq = 2", "have messages with one rev"),
        ("UPDATE conversations SET other_seq = other_seq + 1", "do not know who wrote last"),
    ] {
        let (_dir, path) = written().await;
        check(&path).await.unwrap();
        Connection::open(&path).unwrap().execute(damage, []).unwrap();
        let error = check(&path).await.unwrap_err().to_string();
        assert!(error.contains(what), "{damage}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_of_one_moment_while_people_write() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let store = serve(&path).await;
    let site = site(&store).await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 0..500 {
                send(&store, site, 2, 3, &n.to_string()).await;
            }
        }
    });
    let mut last = 0;
    let mut backups = Vec::new();
    for n in 0..3 {
        let made = backup(&path, &dir.path().join(format!("{n}.db")), NOW).await.unwrap();
        assert!(made.messages >= last);
        last = made.messages;
        backups.push(made);
    }
    writing.await.unwrap();
    store.close().await;
    use std::os::unix::fs::PermissionsExt as _;
    for made in &backups {
        assert_eq!(fs::metadata(&made.path).unwrap().permissions().mode() & 0o777, 0o600);
        let sound = check(&made.path).await.unwrap();
        assert_eq!((sound.messages, sound.taken_at), (made.messages, Some(NOW)), "without gaps");
    }
    assert_eq!(files(dir.path()), ["0.db", "1.db", "2.db", "gchat.db", "gchat.db-lock"]);
    let sentence = refused(&backups[0].path).await;
    assert!(sentence.contains("it is a backup: bring it back with `gchat restore`"), "{sentence}");
    let again = backup(&path, &backups[0].path, NOW).await.unwrap_err().to_string();
    assert!(again.contains("name another one"), "{again}");
    let named = backup(&path, dir.path(), NOW).await.unwrap();
    assert_eq!(named.path.file_name().unwrap(), "gchat-2026-11-22T19-40-00Z.db");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_database_makes_no_backup() {
    let (dir, path) = written().await;
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 4_096 / 2 * 4_096;
    bytes[middle..middle + 4_096].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    let error = backup(&path, &dir.path().join("backup.db"), NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error}");
    assert!(!files(dir.path()).iter().any(|name| name.starts_with("backup")), "{:?}", files(dir.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stays_holds_up_nobody() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let store = serve(&path).await;
    let site = site(&store).await;
    send(&store, site, 2, 3, "before").await;
    // What a backup does: it reads one moment, for long.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(&path, flags).unwrap();
    reader.execute("BEGIN", []).unwrap();
    let count =
        || -> i64 { reader.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap() };
    let one = count();
    let size = || fs::metadata(dir.path().join("gchat.db-wal")).unwrap().len();
    let text = "x".repeat(4_000);
    let mut slowest = std::time::Duration::ZERO;
    let mut n = 0;
    while size() < 80 << 20 {
        let began = std::time::Instant::now();
        let sends = (0..256).map(|_| send(&store, site, 2, 3 + n % 50, &text));
        futures_util::future::join_all(sends).await;
        slowest = slowest.max(began.elapsed());
        n += 1;
    }
    assert!(slowest < std::time::Duration::from_secs(4), "the writer waited for it: {slowest:?}");
    assert_eq!((one, count()), (1, 1), "it sees its moment");
    reader.close().unwrap();
    // Once it has gone, the log is begun anew and grows no more.
    let generation = || {
        let mut number = [0; 4];
        fs::File::open(dir.path().join("gchat.db-wal")).unwrap().read_exact_at(&mut number, 12).unwrap();
        u32::from_be_bytes(number) // https://www.sqlite.org/fileformat2.html#walformat
    };
    let first = generation();
    let began = std::time::Instant::now();
    while generation() == first {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "the log is never begun anew");
        futures_util::future::join_all((0..256).map(|n| send(&store, site, 2, 3 + n % 50, "short"))).await;
    }
    let long = size();
    futures_util::future::join_all((0..2_560).map(|n| send(&store, site, 2, 3 + n % 50, "short"))).await;
    assert_eq!(size(), long, "it is written from its beginning");
    store.close().await;
}
