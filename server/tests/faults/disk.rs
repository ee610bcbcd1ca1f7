//! A disk that is full, and has room again.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{
    person::{can_read, each_gets, pairs, settle, told},
    server::{Server, answer, gchat},
    world::{entered, run, until},
};

/// Takes all the room that there is, until it is dropped: also what the server gives back by emptying its log.
pub(crate) struct Ballast {
    path: PathBuf,
    enough: Arc<AtomicBool>,
    taking: Option<JoinHandle<()>>,
}

impl Ballast {
    pub(crate) fn at(path: &Path) -> Self {
        let enough = Arc::<AtomicBool>::default();
        let mut ballast = std::fs::File::create(path).unwrap();
        let mut take = move || {
            for size in [65_536, 4_096, 512, 1] {
                while ballast.write_all(&vec![0; size]).is_ok() {}
            }
        };
        take();
        let until = enough.clone();
        let taking = std::thread::spawn(move || {
            while !until.load(Ordering::SeqCst) {
                take();
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Self { path: path.to_owned(), enough, taking: Some(taking) }
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::SeqCst);
        let _ = self.taking.take().unwrap().join();
        let _ = std::fs::remove_file(&self.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_what_it_cannot_keep_and_heals_by_itself() {
    let test = "disk::a_full_disk_refuses_what_it_cannot_keep_and_heals_by_itself";
    if !entered(test, &["--mount"], "mount -t tmpfs none /mnt") {
        return;
    }
    let dir = Path::new("/mnt");
    run(&["mount", "-t", "tmpfs", "-o", "size=16m", "none", "/mnt"]); // the log alone shall not fill it
    let mut server = Server::begin(dir, "", &[]);
    let pairs = pairs(&server, 2);
    each_gets(&pairs, 20).await;

    let ballast = Ballast::at(&dir.join("ballast"));
    until("people are told that nothing can be stored just now", async || told(&pairs, "unavailable") >= 4)
        .await;
    until("/ready tells", async || !server.is_ready().await).await;
    let refusals = told(&pairs, "unavailable");
    until("refusals come at once", async || told(&pairs, "unavailable") >= refusals + 20).await;
    for pair in &pairs {
        assert!(can_read(&server, pair).await >= 40, "reading goes on");
    }
    let out = gchat(dir, &["backup", "/mnt/backup.db", "--config", "gchat.toml"]).output().unwrap();
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(1) && error.contains("see to the room on its disk"), "{error}");
    assert!(!dir.join("backup.db").exists() && !dir.join("backup.db-part").exists(), "no half backup stays");

    drop(ballast);
    each_gets(&pairs, 20).await;
    until("/ready is back", async || server.is_ready().await).await;
    assert!(server.is_running(), "it was not started anew");
    let log = std::fs::read_to_string(dir.join("log")).unwrap();
    let told = |what: &str| log.matches(what).count();
    assert_eq!((told("the store is not ready"), told("the store is ready again")), (1, 1), "{log}");

    let all = settle(&server, pairs).await;
    let dir = server.stop();
    assert!(
        answer(&dir, &["check", "--config", "gchat.toml"]).contains(&format!("is sound: {all} messages"))
    );
}

#[test]
fn what_cannot_be_written_is_refused_at_start_with_what_to_do() {
    let test = "disk::what_cannot_be_written_is_refused_at_start_with_what_to_do";
    if !entered(test, &["--mount"], "mount -t tmpfs none /mnt") {
        return;
    }
    let dir = Path::new("/mnt");
    run(&["mount", "-t", "tmpfs", "-o", "size=2m", "none", "/mnt"]);
    answer(dir, &["site", "add", "https://moodle.example"]);
    let refused = |fix: &str| {
        let out = gchat(dir, &["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
        let error = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(3), "{error}");
        assert!(
            error.starts_with("gchat: the database gchat.db cannot be used: ") && error.contains(fix),
            "{error}"
        );
    };
    run(&["mount", "-o", "remount,ro", "/mnt"]);
    refused("mounted for writing");
    run(&["mount", "-o", "remount,rw", "/mnt"]);
    let ballast = Ballast::at(&dir.join("ballast"));
    refused("full");
    drop(ballast);
    answer(dir, &["check"]);
}
