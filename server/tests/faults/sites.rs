//! Sites that are changed beside a running server: what the command says is so when it returns.

use std::process::Command;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    person::{dial, hear, say},
    server::{SITE, Server, answer, gchat},
};

async fn asked(server: &Server) -> (u16, Value) {
    let bearer = server.host.call("GET", "/api/v1/status", "");
    server.call("GET", "/api/v1/status", "", &bearer).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_key_is_refused_when_the_command_that_ends_it_returns() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::begin(dir.path(), "", &[]);
    let site = |args: &[&str]| answer(dir.path(), &[&["site"], args, &["--config", "gchat.toml"]].concat());
    site(&["rotate", "https://MOODLE.example:443/"]);
    assert_eq!(asked(&server).await.0, 200, "both keys count");
    let said = site(&["rotate", SITE, "--finish"]);
    assert!(said.contains("counts from now on"), "{said}");
    assert_eq!(asked(&server).await.1["code"], "bad_token");
    server.stop();
    site(&["rotate", SITE]);
    let said = site(&["rotate", SITE, "--finish"]);
    assert!(said.contains("no server runs on this database now"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_site_is_refused_when_the_command_returns_and_its_people_are_sent_away() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::begin(dir.path(), "", &[]);
    let mut socket = dial(server.address).await.unwrap();
    let hello = json!({"type": "hello", "protocol": 1, "token": server.host.token(2), "session": Uuid::new_v4(),
                       "visible": false});
    say(&mut socket, hello).await;
    assert_eq!(hear(&mut socket).await.unwrap()["type"], "welcome");
    let said = answer(dir.path(), &["site", "remove", SITE, "--yes", "--config", "gchat.toml"]);
    assert!(said.contains("is refused from now on"), "{said}");
    assert_eq!(asked(&server).await.1["code"], "bad_token");
    assert_eq!(hear(&mut socket).await.unwrap_err(), 4401);
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_is_told_of_after_a_bounded_wait() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::begin(dir.path(), "", &[]);
    let signal =
        |name: &str| assert!(Command::new("kill").args([name, &server.id()]).status().unwrap().success());
    signal("-STOP");
    let args = ["site", "remove", SITE, "--yes", "--config", "gchat.toml"];
    let out = tokio::task::block_in_place(|| gchat(dir.path(), &args).output().unwrap());
    signal("-CONT");
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success() && said.contains("has not answered within 10 seconds"), "{said}");
    server.stop();
}
