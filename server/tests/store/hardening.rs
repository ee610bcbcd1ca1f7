//! Files that cannot be served, and what keeps a database from being lost: locks, checks, backups, restores.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use gchat::{
    id::{RightsVersion, Seq},
    store::{
        Appended, NewMessage, Origin, Page, Store as _, StoreError,
        sqlite::{
            SqliteStore,
            backup::{backup, check},
            restore::{Replayed, restore},
        },
    },
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::util::{AnyStore, between, change, message, record, send, site, snapshot, user};

const NOW: i64 = 1_795_376_400_000;

async fn serve(path: &Path) -> AnyStore {
    std::sync::Arc::new(SqliteStore::serve(path).await.unwrap())
}

async fn refused(path: &Path) -> String {
    match SqliteStore::serve(path).await.map(drop) {
        Err(StoreError::Unusable(sentence)) => sentence,
        other => panic!("not refused: {other:?}"),
    }
}

/// A database of a closed server with a few hundred messages in it.
async fn written() -> (TempDir, PathBuf) {
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

fn files(dir: &Path) -> Vec<String> {
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
async fn a_restore_begins_an_epoch_keeps_the_old_file_and_erases_again() {
    let (dir, path) = written().await;
    let store = serve(&path).await;
    let school = store.sites().await.unwrap()[0].site;
    let other = store.add_site(record("other")).await.unwrap();
    send(&store, other, 2, 3, "of a site that will be removed").await;
    for id in 2..=5 {
        store.put_user(school, user(id), snapshot(1, "somebody"), Origin::Call).await.unwrap();
    }
    let first = store.epoch();
    assert_eq!(store.epoch_began(), 0);
    // Erased before the backup, and back since: not to be erased again.
    store.remove_user(school, user(5), RightsVersion(2)).await.unwrap();
    store.put_user(school, user(5), snapshot(3, "back again"), Origin::Call).await.unwrap();
    let copy = backup(&path, &dir.path().join("backup.db"), NOW).await.unwrap().path;

    store.remove_user(school, user(2), RightsVersion(4)).await.unwrap();
    store.remove_user(school, user(77), RightsVersion(4)).await.unwrap();
    store.remove_site(other).await.unwrap();
    send(&store, school, 3, 4, "written after the backup").await;
    store.close().await;

    let restored = restore(&copy, &path, NOW + 1_000).await.unwrap();
    assert_eq!((restored.taken_at, restored.erasures), (Some(NOW), Replayed::Done { people: 1, sites: 1 }));
    let set_aside = restored.set_aside.unwrap();
    assert_eq!(set_aside.file_name().unwrap(), "gchat.db.before-restore-2026-11-22T19-40-01Z");
    assert_eq!(check(&set_aside).await.unwrap().messages, 301, "with what was written after the backup");
    check(&path).await.unwrap();

    let store = serve(&path).await;
    assert_ne!(store.epoch(), first);
    assert_eq!(store.epoch_began(), NOW + 1_000);
    assert_eq!(store.sites().await.unwrap().len(), 1, "the removed site does not rise again");
    assert!(store.user(school, user(2)).await.unwrap().unwrap().removed);
    let (head, messages) = store.history(school, &between(2, 3), Page::Newest, 100).await.unwrap();
    assert_eq!(head.seq, Seq(43));
    assert!(messages.iter().all(|m| m.sender != user(2) || m.text.is_none()), "nor does what they wrote");
    assert_eq!(&*store.user(school, user(5)).await.unwrap().unwrap().snapshot.name, "back again");
    let (head, _) = store.history(school, &between(3, 4), Page::Newest, 1).await.unwrap();
    assert_eq!(head.seq, Seq(0));
    store.close().await;

    // Once more, from the same backup: what the restored file knows is not lost on the way.
    let again = restore(&copy, &path, NOW + 2_000).await.unwrap();
    assert_eq!(again.erasures, Replayed::Done { people: 1, sites: 1 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_knows_by_their_first_text_what_was_edited_before_the_backup() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let store = serve(&path).await;
    let site = site(&store).await;
    let first = message(site, 2, 3, "first");
    store.append(first.clone()).await.unwrap();
    let edited = change(&store, site, 2, 3, 1, |message| message.text = Some("edited".into())).await;
    let copy = backup(&path, &dir.path().join("backup.db"), NOW).await.unwrap().path;
    store.close().await;
    // Onto another machine: nothing of the first database is there.
    let elsewhere = dir.path().join("elsewhere.db");
    restore(&copy, &elsewhere, NOW).await.unwrap();
    let store = serve(&elsewhere).await;
    let again = Appended::Repeated { message: edited, published: Seq(0) };
    assert_eq!(store.append(first.clone()).await.unwrap(), again);
    let other = NewMessage { text: "edited".into(), ..first };
    assert_eq!(store.append(other).await.unwrap(), Appended::Conflict);
    store.close().await;
}

/// What a message is known by goes with its erasure, here and in a file that was restored from before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_erased_message_no_hash_is_left_and_its_repeated_send_is_answered_as_a_new_one() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("gchat.db");
    SqliteStore::make(&path).await.unwrap().close().await;
    let store = serve(&path).await;
    let site = site(&store).await;
    store.put_user(site, user(2), snapshot(1, "Ana"), Origin::Call).await.unwrap();
    let sent = [message(site, 2, 3, "edited"), message(site, 2, 3, "deleted"), message(site, 2, 3, "left")];
    for message in &sent {
        store.append(message.clone()).await.unwrap();
    }
    change(&store, site, 2, 3, 1, |message| message.text = Some("x".into())).await;
    change(&store, site, 2, 3, 2, |message| message.text = None).await;
    send(&store, site, 3, 2, "theirs").await;
    change(&store, site, 2, 3, 4, |message| message.text = Some("y".into())).await;
    let copy = backup(&path, &dir.path().join("backup.db"), NOW).await.unwrap().path;
    let hashes = |path: &Path| -> Vec<(i64, Vec<u8>)> {
        let conn = Connection::open(path).unwrap();
        let sql = "SELECT seq, first_hash FROM messages WHERE first_hash IS NOT NULL ORDER BY seq";
        let mut rows = conn.prepare(sql).unwrap();
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    let before = hashes(&copy);
    assert_eq!(before.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 4]);

    store.remove_user(site, user(2), RightsVersion(2)).await.unwrap();
    for message in &sent {
        assert_eq!(store.find_sent(message).await.unwrap(), None);
        assert_eq!(store.append(message.clone()).await.unwrap(), Appended::SenderRemoved);
    }
    store.close().await;
    assert_eq!(hashes(&path), before[2..], "only the other person's");
    let bytes = fs::read(&path).unwrap();
    for (seq, hash) in &before[..2] {
        assert!(!bytes.windows(32).any(|part| part == hash), "of {seq} nothing is left on the disk either");
    }
    restore(&copy, &path, NOW).await.unwrap();
    assert_eq!(hashes(&path), before[2..], "nor in what was restored");

    let store = serve(&path).await;
    store.put_user(site, user(2), snapshot(3, "Ana"), Origin::Call).await.unwrap();
    for (n, message) in sent.into_iter().enumerate() {
        let Appended::New { message, .. } = store.append(message).await.unwrap() else { panic!("not new") };
        assert_eq!(message.seq, Seq(5 + n as i64));
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_over_a_damaged_file_says_what_it_does_not_know_and_keeps_it_with_its_log() {
    let (dir, path) = written().await;
    let copy = backup(&path, &dir.path().join("backup.db"), NOW).await.unwrap().path;
    fs::write(&path, "this was a database once, and is no more. ".repeat(200)).unwrap();
    fs::write(dir.path().join("gchat.db-wal"), "a log").unwrap();
    let restored = restore(&copy, &path, NOW).await.unwrap();
    assert!(matches!(&restored.erasures, Replayed::Unknown(why) if why.contains("no SQLite database")));
    let set_aside = restored.set_aside.unwrap();
    assert!(fs::read_to_string(&set_aside).unwrap().starts_with("this was a database once"));
    assert_eq!(fs::read_to_string(format!("{}-wal", set_aside.display())).unwrap(), "a log");
    let store = serve(&path).await;
    assert_eq!(store.sites().await.unwrap().len(), 1);
    store.close().await;

    // Where nothing was before, there is nothing to keep and nothing to erase.
    let elsewhere = dir.path().join("elsewhere.db");
    let restored = restore(&copy, &elsewhere, NOW).await.unwrap();
    assert_eq!((restored.set_aside, restored.erasures), (None, Replayed::Nothing));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_fails_changes_nothing() {
    let (dir, path) = written().await;
    let copy = backup(&path, &dir.path().join("backup.db"), NOW).await.unwrap().path;
    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 4_096 / 2 * 4_096;
    bytes[middle..middle + 4_096].fill(0x5a);
    fs::write(&copy, &bytes).unwrap();
    let before = (files(dir.path()), fs::read(&path).unwrap());
    let error = restore(&copy, &path, NOW).await.unwrap_err().to_string();
    assert!(
        error.contains("was not restored: it is damaged") && error.contains("take another one"),
        "{error}"
    );
    fs::write(dir.path().join("diary"), "dear diary ".repeat(500)).unwrap();
    let error = restore(&dir.path().join("diary"), &path, NOW).await.unwrap_err().to_string();
    assert!(error.contains("it is no SQLite database"), "{error}");
    let error = restore(&path, &path, NOW).await.unwrap_err().to_string();
    assert!(error.contains("it is the database itself"), "{error}");
    fs::remove_file(dir.path().join("diary")).unwrap();
    assert!((files(dir.path()), fs::read(&path).unwrap()) == before, "{:?}", files(dir.path()));
    // Somebody has it open.
    let good = backup(&path, &dir.path().join("good.db"), NOW).await.unwrap().path;
    let tool: AnyStore = std::sync::Arc::new(SqliteStore::open(&path).await.unwrap());
    let error = restore(&good, &path, NOW).await.unwrap_err().to_string();
    assert!(error.contains("another process has the database open"), "{error}");
    tool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_was_interrupted_is_finished_by_the_next() {
    let (dir, path) = written().await;
    let copy = backup(&path, &dir.path().join("backup.db"), NOW).await.unwrap().path;
    let store = serve(&path).await;
    let school = store.sites().await.unwrap()[0].site;
    store.remove_user(school, user(2), RightsVersion(4)).await.unwrap();
    store.close().await;
    // As a power cut leaves it between the two renames: the new file complete, the old one away.
    let made = dir.path().join("gchat.db-restoring");
    restore(&copy, &path, NOW).await.unwrap();
    fs::rename(&path, &made).unwrap();
    let sentence = refused(&path).await;
    assert!(sentence.contains("interrupted: repeat `gchat restore`"), "{sentence}");
    assert!(!path.exists(), "no empty one was begun");
    let again = restore(&copy, &path, NOW + 1).await.unwrap();
    assert_eq!(again.erasures, Replayed::Done { people: 1, sites: 0 }, "the erasure has come through");
    assert!(!made.exists());
    let store = serve(&path).await;
    assert!(store.user(school, user(2)).await.unwrap().unwrap().removed);
    store.close().await;
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
