//! A database that is moved, deleted or unmounted under a server that runs.

use std::{fs, path::Path, process::Command};

use super::{
    person::{acked, can_read, each_gets, pairs, settle, told},
    server::{Server, gchat},
    world::{entered, run, until},
};

/// What a start in this folder says; it must fail.
fn refused(dir: &Path) -> String {
    let out = gchat(dir, &["serve", "--config", "gchat.toml"]).output().unwrap();
    assert_eq!(out.status.code(), Some(3));
    String::from_utf8(out.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_moved_is_not_written_and_goes_on_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::begin(dir.path(), "", &[]);
    let pairs = pairs(&server, 2);
    each_gets(&pairs, 20).await;
    let lives = || pairs.iter().flat_map(|pair| &pair.lives);
    let file = |name: &str| dir.path().join(name);
    for other in [None, Some("a file that somebody has put in its place")] {
        let before: Vec<_> = lives().map(|life| life.told("unavailable")).collect();
        fs::rename(file("gchat.db"), file("away")).unwrap();
        other.inspect(|other| fs::write(file("gchat.db"), other).unwrap());
        // Whoever was refused once has heard of all that was acknowledged.
        let refused_all = || lives().zip(&before).all(|(life, before)| life.told("unavailable") > before + 1);
        until("everybody is told to try again", async || refused_all()).await;
        // Nobody need send for it to be noticed: `/ready` looks itself.
        assert!(!server.is_ready().await);
        let kept = acked(&pairs);
        let refusals = told(&pairs, "unavailable");
        until("more refusals", async || told(&pairs, "unavailable") >= refusals + 20).await;
        assert_eq!(acked(&pairs), kept, "nothing is acknowledged");
        assert!(can_read(&server, &pairs[0]).await >= 40, "reading goes on");
        other.inspect(|_| assert!(refused(dir.path()).contains("gchat.db cannot be used")));
        fs::rename(file("away"), file("gchat.db")).unwrap();
        each_gets(&pairs, 20).await;
        until("/ready is back", async || server.is_ready().await).await;
    }
    assert!(server.is_running(), "it was not started anew");
    settle(&server, pairs).await;
    server.stop();
    let log = fs::read_to_string(file("log")).unwrap();
    for (line, times) in
        [("is gone from its place", 1), ("is another file by now", 1), ("in its place again", 2)]
    {
        let told = log.lines().filter(|l| l.contains(line) && !l.contains("the store is not ready")).count();
        assert!((1..=times).contains(&told), "{line}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_deletion_no_empty_database_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::begin(dir.path(), "", &[]);
    let pairs = pairs(&server, 1);
    each_gets(&pairs, 20).await;
    fs::remove_file(dir.path().join("gchat.db")).unwrap();
    // The log says it although nobody asks `/ready`.
    until("the log tells", async || {
        fs::read_to_string(dir.path().join("log")).unwrap().contains("is gone from its place")
    })
    .await;
    assert!(Command::new("kill").args(["-KILL", &server.id()]).status().unwrap().success());
    drop((server, pairs));
    assert!(refused(dir.path()).contains("there is none, but its log"));
    fs::remove_file(dir.path().join("gchat.db-wal")).unwrap();
    assert!(refused(dir.path()).contains("make a new one with `gchat init`"));
    assert!(!dir.path().join("gchat.db").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_that_is_not_mounted_is_noticed_while_serving_and_at_start() {
    let test = "place::a_volume_that_is_not_mounted_is_noticed_while_serving_and_at_start";
    if !entered(test, &["--mount"], "mount -t tmpfs none /mnt") {
        return;
    }
    let dir = Path::new("/mnt");
    run(&["mount", "-t", "tmpfs", "-o", "size=16m", "none", "/mnt"]);
    let volume = dir.join("volume");
    fs::create_dir(&volume).unwrap();
    run(&["mount", "-t", "tmpfs", "-o", "size=16m", "none", "/mnt/volume"]);
    // The server is not in the volume with more than its database.
    let settings = "[limits]\nmessages_per_second = 1000";
    fs::write(dir.join("gchat.toml"), format!("database = \"/mnt/volume/gchat.db\"\n{settings}")).unwrap();
    super::server::answer(dir, &["init", "--config", "gchat.toml"]);
    let server = Server::over(dir);
    assert!(server.is_ready().await);
    run(&["umount", "--lazy", "/mnt/volume"]);
    until("/ready tells", async || !server.is_ready().await).await;
    server.stop();
    assert!(refused(dir).contains("see whether its disk is mounted"));
    assert_eq!(fs::read_dir(&volume).unwrap().count(), 0, "nothing was made in the empty folder");
}
