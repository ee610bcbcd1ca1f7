//! Backups as an administrator makes them: beside a running server, by cron, and back again.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use gchat::connection_code::ConnectionCode;
use tempfile::TempDir;

use crate::{Running, ask, command, gchat};

const GUIDE: &str = include_str!("../../../docs/admin-guide.md");

/// A server with one site, and where it listens.
fn serve(dir: &Path) -> (Running, String) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let child = command(dir, &["serve", "--listen", &free]).stderr(Stdio::null()).spawn().unwrap();
    let running = Running(child);
    let began = std::time::Instant::now();
    while std::net::TcpStream::connect(&free).is_err() {
        assert!(began.elapsed().as_secs() < 60, "it does not listen");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    (running, free)
}

fn code(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let out = command(dir, args).output().unwrap();
    (out.status.code(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn a_backup_is_made_beside_a_running_server_and_restored_when_it_has_stopped() {
    let dir = TempDir::new().unwrap();
    let (_, first, _) = gchat(dir.path(), &["site", "add", "https://moodle.example"]);
    let first: ConnectionCode = first.parse().unwrap();
    let (running, address) = serve(dir.path());
    let (ok, told, error) = gchat(dir.path(), &["backup", "backup.db"]);
    assert!(ok && told.starts_with("the backup backup.db was made: 0 messages, "), "{told} {error}");
    assert!(ask(&address, "/ready").ends_with("200 OK"));
    let (status, error) = code(dir.path(), &["backup", "backup.db"]);
    assert!(status == Some(1) && error.contains("name another one"), "{error}");
    let (status, error) = code(dir.path(), &["backup", "no/folder/backup.db"]);
    assert!(status == Some(1) && error.contains("make its folder"), "{error}");

    let (ok, told, _) = gchat(dir.path(), &["check"]);
    assert!(ok && told == "the database gchat.db is sound: 0 messages\n", "{told}");
    let (ok, told, _) = gchat(dir.path(), &["check", "--database", "backup.db"]);
    assert!(ok && told.starts_with("the backup of 2") && told.ends_with("is sound: 0 messages\n"), "{told}");

    let (status, error) = code(dir.path(), &["restore", "backup.db"]);
    assert!(status == Some(3) && error.contains("another gchat serves it: stop that one first"), "{error}");
    let (status, error) = code(dir.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(status == Some(3) && error.contains("another gchat serves it"), "{error}");
    let (status, error) = code(dir.path(), &["serve", "--listen", "127.0.0.1:0", "--database", "backup.db"]);
    assert!(status == Some(3) && error.contains("it is a backup"), "{error}");

    gchat(dir.path(), &["site", "add", "https://second.example"]);
    assert!(running.stop());
    let (ok, told, hints) = gchat(dir.path(), &["restore", "backup.db"]);
    assert!(ok && told.contains(" was restored as gchat.db: 0 messages"), "{told} {hints}");
    assert!(hints.contains("The database that was there before is now gchat.db.before-restore-"), "{hints}");
    assert!(hints.contains("0 people, 0 sites"), "{hints}");
    let (_, sites, _) = gchat(dir.path(), &["site", "list"]);
    assert!(sites.contains(&first.site) && !sites.contains("second.example"), "{sites}");

    fs::write(dir.path().join("gchat.db"), "a diary ".repeat(1_000)).unwrap();
    let (status, error) = code(dir.path(), &["check"]);
    assert!(status == Some(3) && error.contains("it is no SQLite database"), "{error}");
    let (ok, _, hints) = gchat(dir.path(), &["restore", "backup.db"]);
    assert!(
        ok && hints.contains("WARNING") && hints.contains("have the site delete them once more"),
        "{hints}"
    );
    let (running, address) = serve(dir.path());
    assert!(ask(&address, "/ready").ends_with("200 OK"));
    assert!(running.stop());
}

/// What a browser is told of the store, that its copies belong to.
fn epoch(dir: &Path) -> String {
    let conn = rusqlite::Connection::open(dir.join("gchat.db")).unwrap();
    conn.query_row("SELECT hex(value) FROM meta WHERE name = 'epoch'", [], |row| row.get(0)).unwrap()
}

#[test]
fn after_a_snapshot_was_rolled_back_the_line_of_the_guide_gives_a_new_epoch() {
    let dir = TempDir::new().unwrap();
    gchat(dir.path(), &["site", "add", "https://moodle.example"]);
    fs::write(dir.path().join("gchat.toml"), "database = \"gchat.db\"\n").unwrap();
    let words = line("runuser -u gchat -- gchat epoch new ").replace("/etc/gchat/gchat.toml", "gchat.toml");
    let args: Vec<_> = words.trim_start_matches("runuser -u gchat -- gchat ").split(' ').collect();
    let before = epoch(dir.path());
    let (running, _) = serve(dir.path());
    let (status, error) = code(dir.path(), &args);
    assert!(status == Some(3) && error.contains("another gchat serves it"), "{error}");
    assert!(running.stop());
    assert_eq!(epoch(dir.path()), before);
    let (ok, told, hints) = gchat(dir.path(), &args);
    assert!(ok && told == "the database gchat.db has a new epoch\n", "{told} {hints}");
    assert!(hints.contains("people who were deleted") && hints.contains("Start the server now"), "{hints}");
    assert_ne!(epoch(dir.path()), before);
    let (running, address) = serve(dir.path());
    assert!(ask(&address, "/ready").ends_with("200 OK"));
    assert!(running.stop());
}

/// The line of the guide that begins so.
fn line<'a>(begins: &str) -> &'a str {
    GUIDE.lines().find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("the guide has no {begins}"))
}

#[test]
fn the_lines_of_the_guide_for_cron_and_systemd_make_a_backup_and_drop_old_ones() {
    let dir = TempDir::new().unwrap();
    let place = dir.path().display().to_string();
    gchat(dir.path(), &["site", "add", "https://moodle.example"]);
    fs::write(dir.path().join("gchat.toml"), format!("database = \"{place}/gchat.db\"\n")).unwrap();
    let folder = dir.path().join("backups");
    fs::create_dir(&folder).unwrap();
    // cron: minute, hour, three stars and the user; then the command, in which % would mean a new line.
    let cron = line("30 3 * * * gchat ").trim_start_matches("30 3 * * * gchat ");
    assert!(!cron.contains('%'), "{cron}");
    let systemd = line("ExecStart=/usr/local/bin/gchat backup").trim_start_matches("ExecStart=");
    let drop_old = line("ExecStartPost=/usr/bin/find ").trim_start_matches("ExecStartPost=");
    for text in [cron, &format!("{systemd} && {drop_old}")] {
        for name in ["gchat-2020-01-01T00-00-00Z.db", "something-else.db"] {
            fs::write(folder.join(name), "old").unwrap();
            let old = Command::new("touch").args(["-d", "60 days ago"]).arg(folder.join(name)).status();
            assert!(old.unwrap().success());
        }
        let text = text
            .replace("/usr/local/bin/gchat", env!("CARGO_BIN_EXE_gchat"))
            .replace("/etc/gchat/gchat.toml", &format!("{place}/gchat.toml"))
            .replace("/var/backups/gchat", &folder.display().to_string());
        let out = Command::new("sh").args(["-c", &text]).output().unwrap();
        assert!(out.status.success(), "{text}: {}", String::from_utf8_lossy(&out.stderr));
        let names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(names.len(), 2, "one was made, one dropped, one is not ours to drop: {names:?}");
        for name in names.iter().filter(|name| name.starts_with("gchat-")) {
            let path = folder.join(name);
            assert!(gchat(dir.path(), &["check", "--database", path.to_str().unwrap()]).0);
            fs::remove_file(path).unwrap();
        }
    }
}
