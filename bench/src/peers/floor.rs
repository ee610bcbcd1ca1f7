//! `gchat-echo ADDRESS:PORT`: gives every connection back what it sent, and nothing else.
//!
//! What a message costs that is received and sent, before anything is done with it.

use anyhow::{Context as _, Result};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).context("gchat-echo needs an address and a port to listen on")?;
    let listener =
        TcpListener::bind(&address).await.with_context(|| format!("cannot listen on {address}"))?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(echo(socket));
    }
}

/// Until the other side ends, which an error also means.
async fn echo(mut socket: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer).await? {
            0 => return Ok(()),
            n => socket.write_all(&buffer[..n]).await?,
        }
    }
}
