//! The real binary in a process of its own, where its memory and its end are to be looked at.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use gchat::store::{SiteRecord, SiteStore, Store, sqlite::SqliteStore};
use tempfile::TempDir;

use super::Host;

/// A running `gchat serve`; dropping it ends the process.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    _dir: TempDir,
}

impl Process {
    /// With one site, and these variables of the environment.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> (Self, Host) {
        let dir = TempDir::new().unwrap();
        let database = dir.path().join("gchat.db");
        let host = Host::new("https://moodle.example");
        let store = SqliteStore::make(&database).await.unwrap();
        let site = SiteRecord {
            site: gchat::id::SiteId(0),
            issuer: host.issuer.clone(),
            url: host.url.clone(),
            origins: vec![host.url.clone()],
            keys: vec![host.key.clone()],
            policy: Default::default(),
            policy_version: Default::default(),
            floor: Default::default(),
        };
        SiteStore::add_site(&store, site).await.unwrap();
        store.close().await;
        let mut child = Command::new(env!("CARGO_BIN_EXE_gchat"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(&database)
            .env("GCHAT_LOG_FORMAT", "json")
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log.by_ref().map(Result::unwrap).find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line).ok()?;
            line["fields"]["listen"].as_str()?.parse().ok()
        });
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || log.for_each(drop));
        (Self { child, address: address.expect("the log says where it listens"), _dir: dir }, host)
    }

    /// Of the process now, KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that it ever was.
    pub(crate) fn peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// How long server and test were ready to run and had no core, at most, in all their time (proc(5), schedstat).
    pub(crate) fn starved(&self) -> Duration {
        let waited = |process: &str| {
            let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
            let waits = tasks.filter_map(|task| {
                let line = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
                line.split(' ').nth(1)?.parse().ok()
            });
            Duration::from_nanos(waits.max().unwrap_or(0))
        };
        waited(&self.child.id().to_string()) + waited("self")
    }

    fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
