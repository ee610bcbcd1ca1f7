//! A clock that is set forwards and backwards by hours while people talk (libfaketime; the monotonic clock stays true,
//! as the kernel's does).

use std::sync::atomic::Ordering;

use super::{
    person::{Pair, each_gets, pairs, settle, told},
    server::{Server, answer},
    world::{first, skip, until},
};

const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_loses_and_reorders_nothing() {
    let test = "clock::a_clock_that_jumps_loses_and_reorders_nothing";
    let Some(library) = first(&LIBRARIES) else { return skip(test, "there is no libfaketime") };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clock");
    let set = |seconds: i64| {
        let new = dir.path().join("clock.new");
        std::fs::write(&new, format!("{seconds:+}s\n")).unwrap();
        std::fs::rename(new, &file).unwrap();
    };
    set(0);
    let env = [
        ("LD_PRELOAD", library),
        ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ];
    let server = Server::begin(dir.path(), "heartbeat_ms = 300\nsilence_ms = 20000", &env);
    let pairs = pairs(&server, 2);
    each_gets(&pairs, 10).await;

    let hours = 3 * 60 * 60;
    // Ahead: every lease has ended, and what the site signs has ended before it was signed.
    set(hours);
    until("leases end", async || told(&pairs, "4001") >= 4).await;
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
