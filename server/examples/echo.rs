//! The server with one route more, `/echo`, for Autobahn's cases (conformance/autobahn.py). Not in the binary.
//!
//! The listener, hyper's connection and the upgrade are those of `gchat serve`; only the limit on frames is higher, as
//! the cases send up to 16 MiB, and what comes goes back. Prints its address, and ends with its standard input.

use std::{io::Read as _, sync::Arc};

use anyhow::Context as _;
use axum::{Extension, Router, extract::WebSocketUpgrade, http::HeaderMap, response::Response, routing::get};
use gchat::{
    config::Config,
    server::Server,
    store::sqlite::SqliteStore,
    ws::{
        self,
        socket::{Broken, Message, Socket},
    },
};
use hyper::upgrade::OnUpgrade;

/// The largest message of the cases (9.1.6, 9.2.6).
const CASE_BYTES: usize = 16 << 20;

async fn upgrade(
    upgraded: Option<Extension<OnUpgrade>>,
    headers: HeaderMap,
    asked: WebSocketUpgrade,
) -> Response {
    ws::switch(upgraded, &headers, asked, CASE_BYTES, echo)
}

/// Reads and answers as the server's own loop does: whatever breaks the protocol ends the connection.
async fn echo(mut socket: Socket<ws::Stream>) {
    while let Ok(message) = socket.receive().await {
        let sent = match message {
            Message::Text(text) => socket.send(&[text]).await,
            Message::Binary(bytes) => socket.send_binary(&bytes).await,
            Message::Ping | Message::Pong => Ok(()),
            Message::Close => socket.answer_close().await.and(Err(Broken::Gone)),
        };
        if sent.is_err() {
            return;
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).context("name an empty folder for the database")?;
    let store = SqliteStore::make(&std::path::Path::new(&folder).join("echo.db")).await?;
    let config = Config { listen: "127.0.0.1:0".parse()?, ..Config::default() };
    let host = Router::new().route("/echo", get(upgrade));
    let server = Server::bind(config, Arc::new(store), Some(host)).await?;
    let address = server.local_addr()?;
    #[expect(clippy::print_stdout, reason = "whoever started it waits for the address")]
    {
        println!("ws://{address}/echo");
    }
    let parent_is_gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    server.run(async { drop(parent_is_gone.await) }).await
}
