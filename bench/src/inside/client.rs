//! A client on a wire, no larger than what the scenarios ask of it: it opens, says hello, and reads frames.

use anyhow::{Context as _, Result, bail, ensure};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    campus::ORIGIN,
    wire::{End, Exchange},
};

/// One connection with what has been read of it.
pub struct Client {
    end: End,
    bytes: Vec<u8>,
    at: usize,
}

impl Client {
    /// Opens a WebSocket (RFC 6455, section 4.1). The key is always the same, which only a cache could mind.
    pub async fn open(exchange: &Exchange) -> Result<Self> {
        let mut end = exchange.dial();
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: {ORIGIN}\r\n\r\n"
        );
        end.write_all(request.as_bytes()).await?;
        let mut client = Self { end, bytes: Vec::new(), at: 0 };
        loop {
            client.more().await?;
            if let Some(head) = client.bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let status = String::from_utf8_lossy(&client.bytes[..12]).into_owned();
                ensure!(status == "HTTP/1.1 101", "the upgrade was answered with {status}");
                client.at = head + 4;
                return Ok(client);
            }
        }
    }

    /// Opens and signs in: `hello` is a whole frame's JSON. Returns after the welcome and this many rosters.
    pub async fn enter(exchange: &Exchange, hello: &str, rosters: usize) -> Result<(Self, String)> {
        let mut client = Self::open(exchange).await?;
        client.send(hello).await?;
        let welcome = client.of_type("welcome").await?;
        for _ in 0..rosters {
            client.of_type("roster").await?;
        }
        Ok((client, welcome))
    }

    /// Sends a text frame.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.end.write_all(&text_frame(text)?).await?)
    }

    /// The next text frame.
    pub async fn next(&mut self) -> Result<String> {
        loop {
            if let Some((opcode, from, to)) = self.whole() {
                let payload = self.bytes[from..to].to_vec();
                self.at = to;
                match opcode {
                    1 => return Ok(String::from_utf8(payload)?),
                    8 => bail!(
                        "closed with {}",
                        payload.get(..2).map_or(0, |c| u16::from_be_bytes([c[0], c[1]]))
                    ),
                    _ => continue,
                }
            }
            self.more().await?;
        }
    }

    /// The next frame of this type; others are passed over.
    pub async fn of_type(&mut self, name: &str) -> Result<String> {
        let start = format!("{{\"type\":\"{name}\"");
        loop {
            let frame = self.next().await?;
            if frame.starts_with(&start) {
                return Ok(frame);
            }
            ensure!(!frame.starts_with("{\"type\":\"error\""), "{frame}");
        }
    }

    /// The next frame of this type, read.
    pub async fn read<T: DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        Ok(serde_json::from_str(&self.of_type(name).await?)?)
    }

    /// Only the wire: what is kept of somebody who idles.
    pub fn into_end(self) -> End {
        self.end
    }

    /// Opcode, and where the payload of the first whole frame lies.
    fn whole(&self) -> Option<(u8, usize, usize)> {
        let bytes = self.bytes.get(self.at..)?;
        let (opcode, length) = (bytes.first()? & 0x0f, bytes.get(1)? & 0x7f);
        let (head, length) = match length {
            126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        (bytes.len() >= head + length).then_some((opcode, self.at + head, self.at + head + length))
    }

    async fn more(&mut self) -> Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        let read = self.end.read_buf(&mut self.bytes).await?;
        ensure!(read > 0, "the server hung up");
        Ok(())
    }
}

/// A text frame, masked with zeros: a mask is required, its value is the client's own affair.
pub fn text_frame(text: &str) -> Result<Vec<u8>> {
    let mut frame = vec![0x81];
    let length = text.len();
    if length < 126 {
        frame.push(0x80 | u8::try_from(length)?);
    } else {
        frame.push(0x80 | 126);
        frame.extend(u16::try_from(length).context("a longer frame than the server takes")?.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    Ok(frame)
}
