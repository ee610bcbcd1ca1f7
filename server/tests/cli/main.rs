//! The binary as an administrator meets it: its answers, its refusals, and what it leaves behind.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod backups;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use gchat::connection_code::ConnectionCode;
use tempfile::TempDir;

/// Runs the binary in `dir`: whether it succeeded, its standard output and standard error.
fn gchat(dir: &Path, args: &[&str]) -> (bool, String, String) {
    with(dir, args, &[])
}

fn with(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> (bool, String, String) {
    let mut command = command(dir, args);
    let out = command.envs(env.iter().copied()).output().unwrap();
    (out.status.success(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gchat"));
    command.args(args).current_dir(dir);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GCHAT_")) {
        command.env_remove(name);
    }
    command
}

/// A server that is ended when a test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Waits for the end of one that was asked to stop. Whether it ended well.
    fn ended(mut self) -> bool {
        self.0.wait().unwrap().success()
    }

    /// Asks it to stop, as systemd does, and waits. Whether it ended well.
    fn stop(self) -> bool {
        self.ask_to_stop();
        self.ended()
    }

    fn ask_to_stop(&self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }
}

/// Starts the demo: the process, and the address that it says it has.
fn demo(dir: &Path, listen: &str) -> (Running, String) {
    let args = ["demo", "--listen", listen, "--data-dir", "campus", "--classmates", "0"];
    let mut child = command(dir, &args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let running = Running(child);
    let line = lines.next().expect("it ended before it said where it is").unwrap();
    let address = line.strip_prefix("Global Chat demo: ").unwrap_or_else(|| panic!("{line}")).to_owned();
    (running, address)
}

#[test]
fn a_site_is_added_listed_and_removed() {
    let dir = TempDir::new().unwrap();
    let (ok, code, hints) = gchat(
        dir.path(),
        &["site", "add", "https://moodle.example/", "--origin", "https://WWW.moodle.example:443/"],
    );
    assert!(ok, "{hints}");
    assert_eq!(code.lines().count(), 1, "the code alone is the answer");
    let code: ConnectionCode = code.parse().unwrap();
    assert_eq!((code.url.as_str(), code.key.len()), ("https://moodle.example/gchat/", 32));
    assert_eq!(code.site.len(), 12);

    let (ok, list, _) = gchat(dir.path(), &["site", "list"]);
    assert!(ok && list.contains(&code.site) && list.contains(&code.kid));
    assert!(list.contains("origins  https://moodle.example https://www.moodle.example\n"), "{list}");
    assert!(!list.contains(code.to_string().trim_start_matches("gchat1.")));

    let (ok, _, error) = gchat(dir.path(), &["site", "add", "https://moodle.example"]);
    assert!(!ok && error.contains("this address is in use by another site"), "{error}");

    let (ok, _, error) = gchat(dir.path(), &["site", "remove", &code.site]);
    assert!(!ok && error.contains("repeat it with --yes"), "{error}");
    let (ok, ..) = gchat(dir.path(), &["site", "remove", "HTTPS://Moodle.Example:443/", "--yes"]);
    assert!(ok);
    let (ok, list, _) = gchat(dir.path(), &["site", "list"]);
    assert!(ok && list.is_empty());
}

#[test]
fn a_key_is_rotated_in_two_steps() {
    let dir = TempDir::new().unwrap();
    let server = ["--server-url", "https://chat.example"];
    let (_, first, _) =
        gchat(dir.path(), &[&["site", "add", "http://10.0.0.7/moodle"], &server[..]].concat());
    let first: ConnectionCode = first.parse().unwrap();
    assert_eq!(first.url, "https://chat.example/");
    let (ok, _, error) = gchat(dir.path(), &["site", "rotate", &first.site, "--finish"]);
    assert!(!ok && error.contains("one key only"), "{error}");
    let (ok, second, _) = gchat(dir.path(), &[&["site", "rotate", &first.site], &server[..]].concat());
    assert!(ok);
    let second: ConnectionCode = second.parse().unwrap();
    assert_eq!(second.site, first.site);
    assert!(second.kid != first.kid && second.key != first.key);
    let (ok, _, error) = gchat(dir.path(), &["site", "rotate", &first.site]);
    assert!(!ok && error.contains("--finish"), "a third key would end the one in use: {error}");
    let (ok, said, _) = gchat(dir.path(), &["site", "rotate", &first.site, "--finish"]);
    assert!(ok && said.contains("from the next start: no server runs"), "{said}");
    let (_, list, _) = gchat(dir.path(), &["site", "list"]);
    assert!(list.contains(&second.kid) && !list.contains(&first.kid), "{list}");
}

#[test]
fn a_database_is_made_by_init_and_left_alone_afterwards() {
    let dir = TempDir::new().unwrap();
    let (ok, said, error) = gchat(dir.path(), &["init"]);
    assert!(ok && said == "the database gchat.db was made\n", "{said}{error}");
    assert!(gchat(dir.path(), &["site", "add", "https://moodle.example"]).0);
    let (ok, said, _) = gchat(dir.path(), &["init"]);
    assert!(ok && said.contains("is there already, and was left as it is"), "{said}");
    assert!(gchat(dir.path(), &["site", "list"]).1.contains("https://moodle.example"));
}

#[test]
fn a_plain_address_for_an_https_site_is_warned_of() {
    let dir = TempDir::new().unwrap();
    for (site, server, warned) in [
        ("https://a.example", "http://a.example/gchat/", true),
        ("https://b.example", "https://b.example/gchat/", false),
        ("http://c.example", "http://c.example/gchat/", false),
    ] {
        let (ok, code, said) = gchat(dir.path(), &["site", "add", site, "--server-url", server]);
        assert!(ok && code.parse::<ConnectionCode>().is_ok(), "{said}");
        assert_eq!(said.contains("WARNING") && said.contains("open no plain sockets"), warned, "{said}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_fix() {
    let dir = TempDir::new().unwrap();
    let refused = |args: &[&str], fix: &str| {
        let (ok, out, error) = gchat(dir.path(), args);
        assert!(!ok && out.is_empty(), "{args:?}");
        assert!(error.starts_with("gchat: ") && error.contains(fix), "{args:?}: {error}");
    };
    for args in [&["site", "list"][..], &["serve"], &["check"], &["backup", "b.db"], &["site", "rotate", "x"]]
    {
        refused(args, "there is none: make a new one with `gchat init`");
    }
    refused(&["site", "add", "moodle.example"], "such as https://moodle.example");
    refused(&["site", "add", "ftp://moodle.example"], "such as https://moodle.example");
    refused(
        &["site", "add", "https://moodle.example", "--server-url", "chat"],
        "must be an http or https URL",
    );
    refused(
        &["site", "add", "https://moodle.example", "--origin", "https://www.moodle.example/course"],
        "scheme, host and port alone",
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "what was refused leaves nothing behind");
    refused(&["serve", "--config", "nowhere.toml"], "check the path");
    std::fs::write(dir.path().join("bad.toml"), "\nlisen = 1\n").unwrap();
    refused(&["serve", "--config", "bad.toml"], "bad.toml, line 2: unknown key `lisen`");
    refused(&["config", "check", "--config", "bad.toml"], "bad.toml, line 2");
    std::fs::write(dir.path().join("diary.db"), "dear diary, today ".repeat(99)).unwrap();
    refused(&["serve", "--database", "diary.db"], "it is no SQLite database");
}

#[test]
fn the_environment_stands_above_the_file_and_below_the_flags() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("gchat.toml"), "database = \"file.db\"\n").unwrap();
    let add = ["site", "add", "https://moodle.example", "--config", "gchat.toml"];
    let env = [("GCHAT_DATABASE", "env.db"), ("GCHAT_PUBLIC_URL", "https://chat.example/x")];
    let (ok, code, error) = with(dir.path(), &add, &env);
    assert!(ok, "{error}");
    assert_eq!(code.parse::<ConnectionCode>().unwrap().url, "https://chat.example/x/");
    assert!(dir.path().join("env.db").exists() && !dir.path().join("file.db").exists());
    assert!(with(dir.path(), &[&add[..], &["--database", "flag.db"]].concat(), &env).0);
    assert!(dir.path().join("flag.db").exists());

    let proxies = [("GCHAT_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")];
    assert!(with(dir.path(), &["config", "check"], &proxies).0);
    // What another program has for itself is told of, a mistyped setting is refused.
    let (ok, _, said) = with(dir.path(), &["config", "check"], &[("GCHAT_SERVICE_HOST", "10.0.0.7")]);
    assert!(ok && said.contains("GCHAT_SERVICE_HOST, which is no setting and is ignored"), "{said}");
    for command in [&["config", "check"][..], &["serve"]] {
        let (ok, _, said) = with(dir.path(), command, &[("GCHAT_LIMITS_MESSAGE_BRUST", "5")]);
        assert!(!ok && said.contains("write GCHAT_LIMITS_MESSAGE_BURST"), "{said}");
        let (ok, _, said) = with(dir.path(), command, &[("GCHAT_DATABASE", "no/such/folder/gchat.db")]);
        assert!(!ok && said.contains("there is no folder no/such/folder: make it"), "{said}");
    }
    // Each names the setting and what it should be.
    for (name, value, form) in [
        ("GCHAT_LISTEN", "localhost:8787", "write for example \"127.0.0.1:8787\""),
        ("GCHAT_LOG_FORMAT", "xml", "expected `text` or `json`"),
        ("GCHAT_TRUSTED_PROXIES", "nginx", "write for example \"127.0.0.1\""),
        ("GCHAT_LIMITS_MESSAGE_BURST", "0", "must be at least 1"),
        ("GCHAT_LIMITS_GRACE_MS", "15s", "u64"),
        ("GCHAT_PUBLIC_URL", "moodle.example", "such as \"https://moodle.example/gchat/\""),
        ("GCHAT_LOG_LEVEL", "info,=,", "write error, warn, info"),
    ] {
        let (ok, _, error) = with(dir.path(), &["config", "check"], &[(name, value)]);
        assert!(!ok && error.contains(name) && error.contains(form), "{name}={value}: {error}");
    }
    let (ok, _, error) = gchat(dir.path(), &["serve", "--listen", "localhost:8787"]);
    assert!(!ok && error.contains("--listen <ADDR:PORT>") && error.contains("localhost:8787"), "{error}");
}

/// The next state that the process tells, other than that it is alive.
fn told(socket: &std::os::unix::net::UnixDatagram) -> String {
    loop {
        let mut text = [0; 200];
        let n = socket.recv(&mut text).expect("something should have been told");
        let text = String::from_utf8_lossy(&text[..n]).trim().to_owned();
        if text != "WATCHDOG=1" {
            return text;
        }
    }
}

fn ask(address: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn its_supervisor_is_told_when_it_is_ready_that_it_is_alive_and_when_it_stops() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert!(gchat(dir.path(), &["init"]).0);
    let mut command = command(dir.path(), &["serve", "--listen", &free]);
    let child = command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000").stderr(Stdio::null());
    let running = Running(child.spawn().unwrap());
    assert_eq!(told(&socket), "READY=1");
    assert_eq!(ask(&free, "/ready"), "HTTP/1.1 200 OK");
    for _ in 0..3 {
        let mut text = [0; 20];
        let n = socket.recv(&mut text).unwrap();
        assert_eq!(text[..n].trim_ascii(), b"WATCHDOG=1", "again and again");
    }
    running.ask_to_stop();
    assert_eq!(told(&socket), "STOPPING=1");
    assert!(running.ended());
}

#[test]
fn where_nobody_listens_for_its_state_it_serves_all_the_same() {
    let dir = TempDir::new().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert!(gchat(dir.path(), &["init"]).0);
    let mut command = command(dir.path(), &["serve", "--listen", &free]);
    let child = command.env("NOTIFY_SOCKET", dir.path().join("nobody")).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines(); // kept: it goes on logging
    let running = Running(child);
    let warned = log.any(|line| line.unwrap().contains("NOTIFY_SOCKET"));
    assert!(warned && ask(&free, "/ready").ends_with("200 OK"));
    assert!(running.stop());
}

#[test]
fn it_explains_itself() {
    let dir = TempDir::new().unwrap();
    let (ok, template, _) = gchat(dir.path(), &["config", "template"]);
    assert!(ok);
    assert_eq!(template, include_str!("../../gchat.example.toml"));
    std::fs::write(dir.path().join("gchat.toml"), template.replace("#public_url =", "")).unwrap();
    assert!(gchat(dir.path(), &["config", "check", "--config", "gchat.toml"]).0);
    for (args, has) in [
        (&["--version"][..], concat!("gchat ", env!("CARGO_PKG_VERSION"))),
        (&["completions", "bash"], "_gchat()"),
        (&["man"], ".TH gchat 1"),
        (&["--help"], "demo"),
    ] {
        let (ok, out, error) = gchat(dir.path(), args);
        assert!(ok && out.contains(has), "{args:?}: {out} {error}");
    }
}

#[test]
fn the_demo_keeps_its_site_and_follows_its_address() {
    let dir = TempDir::new().unwrap();
    let sites = || gchat(dir.path(), &["site", "list", "--database", "campus/gchat.db"]).1;
    let (running, first) = demo(dir.path(), "127.0.0.1:0");
    let before = sites();
    assert!(before.contains(&format!("demo  {}", first.trim_end_matches('/'))), "{before}");
    assert!(running.stop(), "it ends well when it is asked to");
    let (running, second) = demo(dir.path(), "127.0.0.1:0");
    let after = sites();
    assert!(after.contains(second.trim_end_matches('/')), "{after}");
    let key = |list: &str| list.lines().find(|l| l.contains("key ")).map(str::to_owned);
    assert_eq!(key(&before), key(&after), "its tokens stay good");
    drop(running); // as a power cut would
    let (running, _) = demo(dir.path(), second.trim_start_matches("http://").trim_end_matches('/'));
    assert_eq!(sites(), after);
    assert!(running.stop());
}

/// What `make demo` says, with a cargo that compiles nothing and says what it was asked for.
fn make_demo(built_before: bool) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    let program = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    program("bin/cargo", "echo \"cargo: $*\"");
    if built_before {
        program("target/debug/gchat", "");
    }
    let makefile = concat!(env!("CARGO_MANIFEST_DIR"), "/../Makefile");
    std::fs::copy(makefile, dir.path().join("Makefile")).unwrap();
    let path = format!("{}/bin:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let mut make = Command::new("make");
    // Also where these tests are run by make.
    make.arg("demo")
        .current_dir(dir.path())
        .env("PATH", path)
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL");
    String::from_utf8(make.output().unwrap().stdout).unwrap()
}

#[test]
fn make_demo_says_how_long_it_takes_and_what_it_does_before_it_compiles() {
    let first = make_demo(false);
    let (said, asked) = first.split_once("cargo: ").unwrap_or_else(|| panic!("{first}"));
    for part in ["Compiling the server", "minutes", "Ctrl+C ends it"] {
        assert!(said.contains(part), "{first}");
    }
    assert!(asked.starts_with("run ") && asked.trim_end().ends_with("-- demo"), "{first}");
    let again = make_demo(true);
    assert!(again.starts_with("Building what has changed") && !again.contains("minutes"), "{again}");
}

#[test]
fn the_demo_says_what_it_does_and_sends_its_pages_compressed() {
    use std::io::{Read as _, Write as _};
    let dir = TempDir::new().unwrap();
    let args = ["demo", "--listen", "127.0.0.1:0", "--data-dir", "campus"];
    let mut child = command(dir.path(), &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    let running = Running(child);
    for part in
        ["12 simulated classmates", "campus (--data-dir DIR)", "Ctrl+C ends the demo", "--classmates N"]
    {
        assert!(said.contains(part), "{said}");
    }
    let address = out.strip_prefix("Global Chat demo: http://").unwrap().trim_end_matches('/').to_owned();
    let get = |path: &str| {
        let mut socket = std::net::TcpStream::connect(&address).unwrap();
        write!(
            socket,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer.len() - end)
    };
    let plain = include_str!("../../../moodle/block_gchat/js/gchat.js").len();
    for path in ["/", "/gchat/client/gchat.js"] {
        let (head, bytes) = get(path);
        assert!(head.contains("content-encoding: gzip"), "{path}: {head}");
        assert!(!path.ends_with(".js") || bytes < plain, "{bytes} of {plain}");
    }
    // Where it cannot listen it makes nothing.
    let (ok, _, error) = gchat(dir.path(), &["demo", "--listen", &address, "--data-dir", "second"]);
    assert!(!ok && error.contains("is another server running there?"), "{error}");
    assert!(!dir.path().join("second").exists());
    assert!(running.stop());
}
