//! A network that loses packets, and one that goes silent without a word: half-open sockets.

use std::sync::atomic::Ordering;

use super::{
    person::{acked, each_gets, pairs, settle},
    server::{Server, answer},
    world::{entered, run, until},
};

const SPACES: &[&str] = &["--net", "--mount"];
const PROBE: &str = "ip link set lo up && nft add table inet probe";

fn rules(text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rules.nft");
    let table = format!(
        "table inet faults\ndelete table inet faults\ntable inet faults {{\nchain out {{\n\
         type filter hook output priority 0;\n{text}\n}}\n}}\n"
    );
    std::fs::write(&path, table).unwrap();
    run(&["nft", "-f", path.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_socket_is_closed_in_time_and_its_person_misses_nothing() {
    let test = "net::a_half_open_socket_is_closed_in_time_and_its_person_misses_nothing";
    if !entered(test, SPACES, PROBE) {
        return;
    }
    run(&["ip", "link", "set", "lo", "up"]);
    let dir = tempfile::tempdir().unwrap();
    let server = Server::begin(dir.path(), "heartbeat_ms = 1000\nsilence_ms = 4000", &[]);
    let pairs = pairs(&server, 2);
    each_gets(&pairs, 10).await;
    assert_eq!(server.connections().await, 4);

    // One who is silent, and one in the middle of a send: neither side hears of the other any more.
    let lives = [pairs[0].lives[0].clone(), pairs[1].lives[1].clone()];
    lives[0].talk(false);
    let ports = lives.each_ref().map(|life| life.port.load(Ordering::SeqCst));
    rules(&format!("tcp sport {{ {0}, {1} }} drop\ntcp dport {{ {0}, {1} }} drop", ports[0], ports[1]));
    let cut = std::time::Instant::now();
    lives[0].stay_away(true);
    lives[1].stay_away(true);
    until("the server gives the dead sockets up", async || server.connections().await == 2).await;
    assert!(cut.elapsed().as_millis() >= 2_000, "not before the silence: {:?}", cut.elapsed());
    assert!(
        cut.elapsed().as_secs() < 15,
        "within the silence, a heartbeat and a slow machine: {:?}",
        cut.elapsed()
    );
    // Their partners go on meanwhile; then they are back, on other sockets.
    let before = acked(&pairs);
    until("the partners talk", async || acked(&pairs) >= before + 20).await;
    lives.iter().for_each(|life| life.stay_away(false));
    lives[0].talk(true);
    each_gets(&pairs, 10).await;
    for (life, port) in lives.iter().zip(ports) {
        assert_ne!(life.port.load(Ordering::SeqCst), port, "on another socket");
    }

    let all = settle(&server, pairs).await;
    let dir = server.stop();
    assert!(
        answer(&dir, &["check", "--config", "gchat.toml"]).contains(&format!("is sound: {all} messages"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_packets_lose_no_message() {
    let test = "net::lost_packets_lose_no_message";
    if !entered(test, SPACES, PROBE) {
        return;
    }
    run(&["ip", "link", "set", "lo", "up"]);
    let dir = tempfile::tempdir().unwrap();
    let server = Server::begin(dir.path(), "", &[]);
    let pairs = pairs(&server, 2);
    each_gets(&pairs, 5).await;
    let port = server.address.port();
    // Every sixth packet each way; and resets, as proxies send them.
    rules(&format!(
        "tcp dport {port} numgen inc mod 6 == 0 drop\ntcp sport {port} numgen inc mod 6 == 0 drop\n\
         tcp dport {port} tcp flags & (syn|fin) == 0 numgen inc mod 97 == 0 reject with tcp reset"
    ));
    each_gets(&pairs, 25).await;
    rules("");
    each_gets(&pairs, 5).await;

    let all = settle(&server, pairs).await;
    let dir = server.stop();
    assert!(
        answer(&dir, &["check", "--config", "gchat.toml"]).contains(&format!("is sound: {all} messages"))
    );
}
