//! What a restore does, keeps, and does again: epochs, erasures, the file that was there before.

use std::{fs, path::Path};

use gchat::{
    id::{RightsVersion, Seq},
    store::{
        Appended, NewMessage, Origin, Page, Store as _,
        sqlite::{
            SqliteStore,
            backup::{backup, check},
            restore::{Replayed, restore},
        },
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    hardening::{NOW, files, refused, serve, written},
    util::{AnyStore, between, change, message, record, send, site, snapshot, user},
};

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
