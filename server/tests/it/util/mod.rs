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
