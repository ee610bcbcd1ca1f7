//! A log that cannot be written: nobody who chats may notice.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{
    disk::Ballast,
    person::{each_gets, pairs, settle, told},
    server::Server,
    world::{entered, run, skip, until, works},
};

/// Ways in which standard error is of no use.
const WAYS: [&str; 4] = ["a full disk", "a pipe without a reader", "a pipe that nobody reads", "none at all"];

/// Runs it with this standard error, and with no more than so many open files.
fn spawn(mut command: Command, way: &str, files: u32) -> Child {
    let program = command.get_program().to_owned();
    let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let dir = command.get_current_dir().unwrap().to_owned();
    let closed = if way == "none at all" { "2>&-" } else { "" };
    command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\" {closed}")]);
    command.arg(program).args(args).current_dir(dir).stdin(Stdio::null()).env("GCHAT_LOG_LEVEL", "trace");
    match way {
        "a full disk" => command.stderr(File::options().write(true).open("/dev/full").unwrap()),
        "none at all" => command.stderr(Stdio::null()),
        _ => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().unwrap();
    if way == "a pipe without a reader" {
        drop(child.stderr.take());
    }
    child
}

/// Opens sockets until the server has no file for another one, which it shows by not answering.
fn use_up_files(server: &Server) -> Vec<TcpStream> {
    let ask = |mut socket: TcpStream| {
        socket.set_read_timeout(Some(std::time::Duration::from_secs(1))).unwrap();
        socket.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let answered = BufReader::new(&socket).read_line(&mut String::new()).is_ok_and(|bytes| bytes > 0);
        answered.then_some(socket)
    };
    std::iter::from_fn(|| ask(TcpStream::connect(server.address).unwrap())).take(1_000).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_talk_whatever_becomes_of_the_log() {
    for way in WAYS {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Server::begin_unseen(dir.path(), "", |command| spawn(command, way, 70));
        // Each failure to accept is a warning.
        let held = tokio::task::block_in_place(|| use_up_files(&server));
        assert!((1..100).contains(&held.len()), "{way}: {} sockets", held.len());
        drop(held);
        let pairs = pairs(&server, 2);
        each_gets(&pairs, 200).await;
        assert!(server.is_ready().await && server.is_running(), "{way}");
        settle(&server, pairs).await;
        server.stop();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_was_full_heals_without_a_log() {
    let test = "log::a_disk_that_was_full_heals_without_a_log";
    if !entered(test, &["--mount"], "mount -t tmpfs none /mnt") {
        return;
    }
    let dir = Path::new("/mnt");
    run(&["mount", "-t", "tmpfs", "-o", "size=16m", "none", "/mnt"]);
    for way in ["a full disk", "a pipe without a reader"] {
        let server = Server::begin_unseen(dir, "", |command| spawn(command, way, 1_000));
        let pairs = pairs(&server, 2);
        each_gets(&pairs, 20).await;
        let ballast = Ballast::at(&dir.join("ballast"));
        until("people are told", async || told(&pairs, "unavailable") >= 4).await;
        until("/ready tells", async || !server.is_ready().await).await;
        drop(ballast);
        each_gets(&pairs, 20).await;
        until("/ready is back", async || server.is_ready().await).await;
        settle(&server, pairs).await;
        server.stop();
        for file in ["gchat.db", "gchat.db-lock"] {
            std::fs::remove_file(dir.join(file)).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_out_of_files_is_told_once_and_not_ten_times_a_second() {
    let test = "log::running_out_of_files_is_told_once_and_not_ten_times_a_second";
    if !works(&["strace", "-f", "-q", "-o", "/dev/null", "true"]) {
        return skip(test, "strace cannot be used here");
    }
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let server = Server::begin_unseen(dir.path(), "", |mut command| {
        let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let program = command.get_program().to_owned();
        command = Command::new("sh");
        command.args(["-c", "ulimit -n 70 && exec \"$0\" \"$@\""]).arg(program).args(args);
        command
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap()
    });
    let held = use_up_files(&server);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-q", "-e", "trace=accept4", "-e", "signal=none", "-p", &server.id()]);
    let mut strace = strace.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(strace.stderr.take().unwrap()).lines();
    let refused = lines.map(Result::unwrap).filter(|line| line.contains("EMFILE")).take(12).count();
    assert!(Command::new("kill").args(["-INT", &strace.id().to_string()]).status().unwrap().success());
    strace.wait().unwrap();
    assert_eq!(refused, 12);
    drop(held);
    server.stop();
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("cannot be accepted").count(), 1, "{log}");
}
