//! A clock that is set forwards and backwards, by hours and days (libfaketime; the clocks that only go forward stay true,
//! as the kernel's do).

use std::{path::Path, sync::atomic::Ordering};

use gchat::clock::now_ms;
use serde_json::json;
use uuid::Uuid;

use super::{
    person::{Pair, dial, each_gets, hear, pairs, say, settle, told},
    server::{Server, answer},
    world::{PATIENCE, first, skip, until},
};

const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

/// Sets the clock of the server whose folder this is, so many seconds from the true time.
fn set(dir: &Path, seconds: i64) {
    let new = dir.join("clock.new");
    std::fs::write(&new, format!("{seconds:+}s\n")).unwrap();
    std::fs::rename(new, dir.join("clock")).unwrap();
}

/// A server whose clock can be set.
fn begin(dir: &Path, library: &str, limits: &str) -> Server {
    begin_wrong(dir, library, limits, 0)
}

/// The same, whose clock is so many seconds from the true time when it starts.
fn begin_wrong(dir: &Path, library: &str, limits: &str, seconds: i64) -> Server {
    set(dir, seconds);
    let file = dir.join("clock");
    let env = [
        ("LD_PRELOAD", library),
        ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("GCHAT_LOG_LEVEL", "info,gchat::jobs=debug"),
    ];
    Server::begin(dir, limits, &env)
}

/// What the log says so far.
fn log(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log")).unwrap()
}

/// What becomes of somebody who shows a token: the type of the first answer, or the code of the refusal.
async fn shown(server: &Server, token: &str) -> String {
    let mut socket = dial(server.address).await.unwrap();
    let hello =
        json!({"type": "hello", "protocol": 1, "token": token, "session": Uuid::new_v4(), "visible": false});
    say(&mut socket, hello).await;
    let answer = hear(&mut socket).await.unwrap();
    answer["code"].as_str().or(answer["type"].as_str()).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_ahead_for_a_minute_makes_nothing_forgotten() {
    let test = "clock::a_clock_that_is_ahead_for_a_minute_makes_nothing_forgotten";
    let Some(library) = first(&LIBRARIES) else { return skip(test, "there is no libfaketime") };
    let dir = tempfile::tempdir().unwrap();
    let server = begin(dir.path(), library, "");
    let (token, other) = (server.host.token(2), server.host.token(3));
    assert_eq!(shown(&server, &token).await, "welcome");
    let logout = json!({"user": 2, "sid": "login-of-2"}).to_string();
    let call = server.host.call("POST", "/api/v1/logouts", &logout);
    assert_eq!(server.call("POST", "/api/v1/logouts", &logout, &call).await.0, 200);
    assert_eq!(shown(&server, &token).await, "logged_out");

    // Two days ahead, until the server has twice looked for what it may forget.
    let forgets = || log(dir.path()).matches("what has ended was forgotten").count();
    set(dir.path(), 2 * 24 * 60 * 60);
    until("the clock is seen", async || log(dir.path()).contains("was set forward")).await;
    let before = forgets();
    until("it has forgotten what has ended", async || forgets() > before).await;
    set(dir.path(), 0);
    until("the clock is seen", async || log(dir.path()).contains("was set back")).await;
    assert_eq!(shown(&server, &token).await, "logged_out", "the logout holds");
    assert_eq!(shown(&server, &other).await, "welcome", "another's token is good");
    assert_eq!(server.call("POST", "/api/v1/logouts", &logout, &call).await.1["code"], "replayed");
    assert_eq!(log(dir.path()).matches("the clock of this machine was set").count(), 2, "each told once");

    // The same over a restart while the clock is ahead.
    let mut server = server;
    set(dir.path(), 2 * 24 * 60 * 60);
    tokio::task::block_in_place(|| server.stop_and_start());
    until("it has looked for what has ended", async || forgets() > 0).await;
    set(dir.path(), 0);
    assert_eq!(shown(&server, &token).await, "logged_out", "the logout holds");
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_at_the_start_and_then_set_right_neither_voids_nor_prolongs_a_pause() {
    let test =
        "clock::a_clock_that_is_wrong_at_the_start_and_then_set_right_neither_voids_nor_prolongs_a_pause";
    let Some(library) = first(&LIBRARIES) else { return skip(test, "there is no libfaketime") };
    let hour = 60 * 60;
    // Ahead: the exam seems to be over. Behind: one of the past seems to go on.
    for (wrong, until_ms, at_first, code, then) in [
        (2 * hour, now_ms() + hour * 1_000, "welcome", 4011, "paused"),
        (-2 * hour, now_ms() - hour * 1_000, "paused", 4012, "welcome"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let server = begin_wrong(dir.path(), library, "", wrong);
        server.host.clock.store(wrong, Ordering::SeqCst); // of the same machine
        let token = || server.host.token_with(2, 600, Some(until_ms));
        let mut socket = dial(server.address).await.unwrap();
        let hello = json!({"type": "hello", "protocol": 1, "token": token(), "session": Uuid::new_v4(),
                           "visible": false});
        say(&mut socket, hello).await;
        assert_eq!(hear(&mut socket).await.unwrap()["type"], at_first);
        set(dir.path(), 0);
        server.host.clock.store(0, Ordering::SeqCst);
        let ended = async {
            loop {
                if let Err(code) = hear(&mut socket).await {
                    return code;
                }
            }
        };
        assert_eq!(tokio::time::timeout(PATIENCE, ended).await.expect("it is looked at again"), code);
        assert_eq!(shown(&server, &token()).await, then);
        server.stop();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_behind_keeps_nobody_online_and_no_lease_alive() {
    let test = "clock::a_clock_that_is_behind_keeps_nobody_online_and_no_lease_alive";
    let Some(library) = first(&LIBRARIES) else { return skip(test, "there is no libfaketime") };
    let dir = tempfile::tempdir().unwrap();
    let server = begin(dir.path(), library, "grace_ms = 1000");
    // Of five seconds; the skew of clocks is added.
    let mut short = dial(server.address).await.unwrap();
    let token = server.host.token_of(2, 5);
    say(
        &mut short,
        json!({"type": "hello", "protocol": 1, "token": token, "session": Uuid::new_v4(), "visible": false}),
    )
    .await;
    assert_eq!(hear(&mut short).await.unwrap()["type"], "welcome");
    assert_eq!(shown(&server, &server.host.token(3)).await, "welcome"); // and is gone
    set(dir.path(), -60 * 60);
    until("the clock is seen", async || log(dir.path()).contains("was set back")).await;
    until("who left is offline", async || server.status(-60 * 60).await["users_online"] == 1).await;
    let ended = async {
        loop {
            match hear(&mut short).await {
                Ok(frame) if frame["type"] == "ping" => say(&mut short, json!({"type": "pong"})).await,
                Ok(_) => {}
                Err(code) => return code,
            }
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, ended).await.expect("the lease ends"), 4001);
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_loses_and_reorders_nothing() {
    let test = "clock::a_clock_that_jumps_loses_and_reorders_nothing";
    let Some(library) = first(&LIBRARIES) else { return skip(test, "there is no libfaketime") };
    let dir = tempfile::tempdir().unwrap();
    let set = |seconds| set(dir.path(), seconds);
    let server = begin(dir.path(), library, "heartbeat_ms = 300\nsilence_ms = 20000");
    let pairs = pairs(&server, 2);
    each_gets(&pairs, 10).await;

    let hours = 3 * 60 * 60;
    // Ahead: leases go on, and nobody is cut off. What the site signs has ended before it was signed.
    set(hours);
    each_gets(&pairs, 10).await;
    assert_eq!(told(&pairs, "4001"), 0, "no lease has ended");
    let lives = || pairs.iter().flat_map(|pair| &pair.lives);
    lives().for_each(|life| life.stay_away(true));
    until("everybody leaves", async || server.connections_by(hours).await == 0).await;
    lives().for_each(|life| life.stay_away(false));
    until("tokens have ended", async || told(&pairs, "token_expired") >= 4).await;
    set(0);
    each_gets(&pairs, 10).await;
    // Ahead, with the site's own clock, as on one machine.
    let both = |seconds: i64| {
        set(seconds);
        server.host.clock.store(seconds, Ordering::SeqCst);
    };
    both(hours);
    each_gets(&pairs, 10).await;
    // Behind, past the start: connections stay, as their leases are far ahead; what is signed comes too early.
    set(-hours);
    each_gets(&pairs, 10).await;
    both(-hours);
    each_gets(&pairs, 10).await;
    heartbeats(&pairs).await;
    // Right again.
    both(0);
    each_gets(&pairs, 10).await;
    heartbeats(&pairs).await;
    assert_eq!(told(&pairs, "4003"), 0, "nobody was taken for silent");

    let all = settle(&server, pairs).await;
    let dir = server.stop();
    assert!(
        answer(&dir, &["check", "--config", "gchat.toml"]).contains(&format!("is sound: {all} messages"))
    );
}

/// Whoever is quiet is asked, whatever the clock says.
async fn heartbeats(pairs: &[Pair]) {
    let quiet = &pairs[0];
    quiet.lives.iter().for_each(|life| life.talk(false));
    let asked: Vec<_> = quiet.lives.iter().map(|life| life.pings()).collect();
    until("heartbeats", async || {
        quiet.lives.iter().zip(&asked).all(|(life, asked)| life.pings() >= asked + 2)
    })
    .await;
    quiet.lives.iter().for_each(|life| life.talk(true));
}
