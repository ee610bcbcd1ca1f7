//! Signals: a stop at any moment is a good end, and who was stopped for a while takes nobody for silent.

use std::{
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rusqlite::Connection;
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    person::{Socket, dial, each_gets, hear, pairs, say, told},
    server::{Server, answer, gchat},
    world::{PATIENCE, skip, until, works},
};

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), process]).status().unwrap().success());
}

/// Whether a process has a handler for SIGTERM (proc(5), `SigCgt`).
fn handles_a_stop(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << 14) != 0
}

/// Waits for what another process has as its first child.
async fn child_of(process: &Child) -> String {
    let path = format!("/proc/{0}/task/{0}/children", process.id());
    let children = || std::fs::read_to_string(&path).unwrap_or_default();
    until("it has a child", async || !children().trim().is_empty()).await;
    children().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_comes_during_the_start_of_the_first_process_of_a_container_is_not_lost() {
    let test = "signals::a_stop_that_comes_during_the_start_of_the_first_process_of_a_container_is_not_lost";
    if !works(&["unshare", "--pid", "--fork", "--kill-child", "true"]) {
        return skip(test, "there are no namespaces for processes");
    }
    let dir = tempfile::tempdir().unwrap();
    answer(dir.path(), &["init"]);
    // The start waits for a write lock: it lasts for seconds.
    let held = Connection::open(dir.path().join("gchat.db")).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let serve = gchat(dir.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let mut inside = Command::new("unshare");
    inside.args(["--pid", "--fork", "--kill-child"]).arg(serve.get_program()).args(serve.get_args());
    let mut inside = inside.current_dir(dir.path()).stdin(Stdio::null()).spawn().unwrap();
    let server = child_of(&inside).await;
    until("its handlers are there", async || handles_a_stop(&server)).await;
    signal("TERM", &server);
    let status = tokio::task::block_in_place(|| inside.wait().unwrap());
    assert!(status.success(), "it ended as asked, and not for the lock: {status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_terminal_drains_and_nohup_is_respected() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::begin(dir.path(), "", &[]);
    let pairs = pairs(&server, 1);
    each_gets(&pairs, 10).await;
    signal("HUP", &server.id());
    until("both are told to come back", async || told(&pairs, "1012") == 2).await;
    until("it ends", async || !server.is_running()).await;
    server.ended_well();
    drop(pairs);

    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::begin_unseen(dir.path(), "", |command| {
        let mut nohup = Command::new("sh");
        nohup
            .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
            .arg(command.get_program())
            .args(command.get_args());
        nohup.current_dir(dir.path()).process_group(0).spawn().unwrap()
    });
    until("it is ready", async || server.is_ready().await).await;
    signal("HUP", &server.id());
    assert!(server.is_ready().await && server.is_running());
    server.stop();
}

/// Signs in somebody who sends nothing by themselves.
async fn sign_in(server: &Server, user: i64) -> Socket {
    let mut socket = dial(server.address).await.unwrap();
    let hello = json!({"type": "hello", "protocol": 1, "token": server.host.token(user), "session": Uuid::new_v4(),
                       "visible": false});
    say(&mut socket, hello).await;
    while hear(&mut socket).await.expect("welcome")["type"] != "welcome" {}
    socket
}

/// The code with which a socket ends.
async fn end(socket: &mut Socket) -> u16 {
    let ended = async {
        loop {
            if let Err(code) = hear(socket).await {
                return code;
            }
        }
    };
    timeout(PATIENCE, ended).await.expect("it ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_stopped_for_a_while_takes_nobody_for_silent_who_kept_sending() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::begin(dir.path(), "heartbeat_ms = 300\nsilence_ms = 2000", &[]);
    let mut talkers = Vec::new();
    for user in 2..30 {
        talkers.push(sign_in(&server, user).await);
    }
    signal("STOP", &server.id());
    for _ in 0..15 {
        for socket in &mut talkers {
            say(socket, json!({"type": "ping"})).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await; // of the time that it is stopped
    }
    signal("CONT", &server.id());
    for socket in &mut talkers {
        for _ in 0..15 {
            while timeout(PATIENCE, hear(socket)).await.expect("an answer").expect("it stays")["type"]
                != "pong"
            {}
        }
    }
    // Whoever says nothing from now on is.
    assert_eq!(end(&mut talkers[0]).await, 4003);
    drop(talkers);
    server.stop();
}
