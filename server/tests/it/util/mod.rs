//! Starts servers, signs tokens and calls, and speaks the protocol over real sockets. Nothing here sleeps: waiting is
//! for frames, with a deadline that fails the test.

pub(crate) mod client;
pub(crate) mod host;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod server;

pub(crate) use client::TestClient;
pub(crate) use host::{Host, circle};
pub(crate) use server::TestServer;

use serde_json::Value;

/// What a student of the course c7 holds.
pub(crate) fn c7() -> Vec<Value> {
    vec![circle("c7", "student")]
}

/// Ana (2) and Bruno (3), students of c7.
pub(crate) async fn two() -> (TestServer, Host, TestClient, TestClient) {
    let (server, host) = TestServer::start().await;
    let ana = TestClient::person(&server, &host, 2, "Ana", &c7()).await;
    let bruno = TestClient::person(&server, &host, 3, "Bruno", &c7()).await;
    (server, host, ana, bruno)
}
