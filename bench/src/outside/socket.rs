//! One WebSocket of a client, as light as it goes: a generator holds thousands in one process.
//!
//! RFC 6455, the client's half. Bytes are read into a buffer of the thread; a connection keeps only what does not make
//! a whole frame yet, so an idle one keeps nothing.

use std::{
    cell::RefCell,
    io::{Error, ErrorKind, Result},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
};

/// The nonce of RFC 6455, section 1.3, and the answer that it must have.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Of the server's answer to the upgrade.
const HEAD_MOST: usize = 8_192;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; 65_536].into());
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    /// The server closes, with this code (1005: none).
    Close(u16),
}

/// An open socket.
pub struct Socket {
    stream: TcpStream,
    unread: Vec<u8>,
    /// Where in `unread` the next frame begins.
    at: usize,
    mask: u32,
    /// Bytes received since the upgrade.
    pub received: u64,
}

impl Socket {
    /// Connects from this address of the loopback network, and upgrades. `NotConnected`: the server answered something
    /// else than 101.
    pub async fn open(server: SocketAddr, from: Ipv4Addr, origin: &str) -> Result<Self> {
        Self::open_over(TcpSocket::new_v4()?, server, from, origin).await
    }

    /// The same, of which the kernel keeps about so many unread bytes and no more.
    pub async fn open_narrow(server: SocketAddr, from: Ipv4Addr, origin: &str, bytes: u32) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(bytes)?;
        Self::open_over(socket, server, from, origin).await
    }

    async fn open_over(socket: TcpSocket, server: SocketAddr, from: Ipv4Addr, origin: &str) -> Result<Self> {
        socket.bind(SocketAddrV4::new(from, 0).into())?;
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        let mut open = Self { stream, unread: Vec::new(), at: 0, mask: u32::from(from) | 1, received: 0 };
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nOrigin: {origin}\r\n\r\n"
        );
        open.stream.write_all(request.as_bytes()).await?;
        open.upgraded().await?;
        Ok(open)
    }

    async fn upgraded(&mut self) -> Result<()> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if self.unread.len() > HEAD_MOST {
                return Err(Error::new(ErrorKind::InvalidData, "the answer to the upgrade does not end"));
            }
            self.fill().await?;
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        if !head.starts_with("HTTP/1.1 101") || !head.contains(ACCEPT) {
            let first = head.lines().next().unwrap_or_default().to_owned();
            return Err(Error::new(ErrorKind::NotConnected, first));
        }
        self.consume(end);
        Ok(())
    }

    /// Sends one text message.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        let frame = self.masked(1, text.as_bytes());
        self.stream.write_all(&frame).await
    }

    /// Says goodbye as a page does that is left, and does not wait for an answer.
    pub async fn leave(mut self) {
        let frame = self.masked(8, &1001_u16.to_be_bytes());
        let _ = self.stream.write_all(&frame).await;
    }

    /// The next text, or the close. Cancel-safe.
    pub async fn next(&mut self) -> Result<Frame> {
        loop {
            match self.take()? {
                Some((1, payload)) => {
                    let text = String::from_utf8(payload);
                    return text.map(Frame::Text).map_err(|error| Error::new(ErrorKind::InvalidData, error));
                }
                Some((8, payload)) => {
                    let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    return Ok(Frame::Close(code));
                }
                Some((9, payload)) => {
                    let pong = self.masked(10, &payload);
                    self.stream.write_all(&pong).await?;
                }
                Some((10, _)) => {}
                Some((opcode, _)) => {
                    let what = format!("a frame of the unexpected kind {opcode}");
                    return Err(Error::new(ErrorKind::InvalidData, what));
                }
                None => self.fill().await?,
            }
        }
    }

    /// The next whole frame: opcode and payload.
    fn take(&mut self) -> Result<Option<(u8, Vec<u8>)>> {
        let bytes = &self.unread[self.at..];
        let Some(&[first, second]) = bytes.first_chunk() else { return Ok(None) };
        if first & 0xf0 != 0x80 || second & 0x80 != 0 {
            return Err(Error::new(ErrorKind::InvalidData, "a fragment or a masked frame from the server"));
        }
        let (start, length): (usize, usize) = match second {
            126 => match bytes.get(2..4).and_then(|length| length.try_into().ok()) {
                Some(length) => (4, usize::from(u16::from_be_bytes(length))),
                None => return Ok(None),
            },
            127 => match bytes.get(2..10).and_then(|length| length.try_into().ok()) {
                Some(length) => (10, usize::try_from(u64::from_be_bytes(length)).unwrap_or(usize::MAX)),
                None => return Ok(None),
            },
            length => (2, usize::from(length)),
        };
        let Some(payload) = bytes.get(start..start.saturating_add(length)) else { return Ok(None) };
        let frame = (first & 0x0f, payload.to_vec());
        self.consume(start + length);
        Ok(Some(frame))
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
        if self.at == self.unread.len() {
            (self.unread, self.at) = (Vec::new(), 0);
        }
    }

    /// Waits for more bytes.
    async fn fill(&mut self) -> Result<()> {
        loop {
            self.stream.readable().await?;
            let read = SCRATCH.with_borrow_mut(|scratch| {
                let read = self.stream.try_read(scratch)?;
                if self.at > 0 {
                    self.unread.drain(..self.at);
                    self.at = 0;
                }
                self.unread.extend_from_slice(&scratch[..read]);
                Ok::<_, Error>(read)
            });
            match read {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.received += read as u64;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn masked(&mut self, opcode: u8, payload: &[u8]) -> Vec<u8> {
        // A linear congruential generator: it only has to differ, as there is no proxy to be fooled.
        self.mask = self.mask.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mask = self.mask.to_be_bytes();
        let mut frame = Vec::with_capacity(payload.len() + 14);
        frame.push(0x80 | opcode);
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }
}
