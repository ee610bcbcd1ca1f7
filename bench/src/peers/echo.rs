//! The floor: what is written comes back, over a bare TCP connection.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::peer::{Connection, Peer, Person, Told};

/// A running `gchat-echo`.
pub(super) struct Echo {
    pub(super) address: SocketAddr,
}

#[async_trait]
impl Peer for Echo {
    async fn connect(&self, person: &Person) -> Result<Box<dyn Connection>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(Client { stream, user: person.user, read: Vec::new() }))
    }
}

struct Client {
    stream: TcpStream,
    user: u64,
    read: Vec<u8>,
}

#[async_trait]
impl Connection for Client {
    async fn say(&mut self, _: u64, text: &str) -> Result<()> {
        Ok(self.stream.write_all(format!("{text}\n").as_bytes()).await?)
    }

    async fn next(&mut self) -> Result<Told> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                let text = String::from_utf8(line)?.trim_end().to_owned();
                return Ok(Told::Message { from: self.user, text });
            }
            ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the echo has ended");
        }
    }
}
