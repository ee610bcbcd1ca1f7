//! A transport that is memory: what sockets cannot reach, through the very code that serves sockets.
//!
//! A wire has two ends and a bounded pipe in either direction. A pipe that is empty keeps no buffer, so that what an
//! idle connection costs is the server's. Counts what the server writes. Knows no frame.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use axum::serve::Listener;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
};

/// Bytes that a pipe holds before its writer waits: about what a kernel gives a socket.
const PIPE_BYTES: usize = 256 * 1_024;

/// What the server has written on all wires of one listener.
#[derive(Debug, Default)]
pub struct Traffic {
    writes: AtomicU64,
    bytes: AtomicU64,
}

impl Traffic {
    /// Writes and bytes so far. A write is what would be a system call.
    pub fn read(&self) -> (u64, u64) {
        (self.writes.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// One end of a wire; dropping it closes both directions.
#[derive(Debug)]
pub struct End {
    wire: Arc<Wire>,
    is_server: bool,
}

#[derive(Debug)]
struct Wire {
    traffic: Arc<Traffic>,
    to_server: Mutex<Pipe>,
    to_client: Mutex<Pipe>,
}

#[derive(Debug, Default)]
struct Pipe {
    bytes: Vec<u8>,
    /// Up to where they have been read.
    at: usize,
    closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// A wire's two ends: the client's and the server's.
pub fn wire(traffic: &Arc<Traffic>) -> (End, End) {
    let (to_server, to_client) = Default::default();
    let wire = Arc::new(Wire { traffic: traffic.clone(), to_server, to_client });
    (End { wire: wire.clone(), is_server: false }, End { wire, is_server: true })
}

impl End {
    fn incoming(&self) -> &Mutex<Pipe> {
        if self.is_server { &self.wire.to_server } else { &self.wire.to_client }
    }

    fn outgoing(&self) -> &Mutex<Pipe> {
        if self.is_server { &self.wire.to_client } else { &self.wire.to_server }
    }
}

impl End {
    /// Throws away what has come. Returns how many bytes that was.
    pub fn discard(&mut self) -> usize {
        let mut pipe = self.incoming().lock();
        let came = pipe.bytes.len() - pipe.at;
        (pipe.bytes, pipe.at) = (Vec::new(), 0);
        let writer = pipe.writer.take();
        drop(pipe);
        writer.into_iter().for_each(Waker::wake);
        came
    }

    /// Whether the other end is still there.
    pub fn is_open(&self) -> bool {
        !self.incoming().lock().closed
    }
}

impl Drop for End {
    fn drop(&mut self) {
        for pipe in [self.incoming(), self.outgoing()] {
            let mut pipe = pipe.lock();
            pipe.closed = true;
            let wakers = [pipe.reader.take(), pipe.writer.take()];
            drop(pipe);
            wakers.into_iter().flatten().for_each(Waker::wake);
        }
    }
}

impl AsyncRead for End {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.incoming().lock();
        if pipe.at == pipe.bytes.len() {
            if pipe.closed {
                return Poll::Ready(Ok(()));
            }
            pipe.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let n = buf.remaining().min(pipe.bytes.len() - pipe.at);
        buf.put_slice(&pipe.bytes[pipe.at..pipe.at + n]);
        pipe.at += n;
        if pipe.at == pipe.bytes.len() {
            (pipe.bytes, pipe.at) = (Vec::new(), 0);
        }
        let writer = pipe.writer.take();
        drop(pipe);
        writer.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut pipe = self.outgoing().lock();
        if pipe.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut room = PIPE_BYTES.saturating_sub(pipe.bytes.len() - pipe.at);
        if room == 0 {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut written = 0;
        for buf in bufs {
            let n = buf.len().min(room);
            pipe.bytes.extend_from_slice(&buf[..n]);
            written += n;
            room -= n;
        }
        let reader = pipe.reader.take();
        drop(pipe);
        if self.is_server {
            self.wire.traffic.writes.fetch_add(1, Ordering::Relaxed);
            self.wire.traffic.bytes.fetch_add(u64::try_from(written).unwrap_or(0), Ordering::Relaxed);
        }
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.outgoing().lock();
        pipe.closed = true;
        let reader = pipe.reader.take();
        drop(pipe);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

/// Where clients dial.
#[derive(Clone)]
pub struct Exchange {
    calls: mpsc::UnboundedSender<End>,
    pub traffic: Arc<Traffic>,
}

/// Where the server answers.
pub struct Switchboard {
    calls: mpsc::UnboundedReceiver<End>,
    answered: u32,
}

/// An exchange and the listener behind it.
pub fn exchange() -> (Exchange, Switchboard) {
    let (send, calls) = mpsc::unbounded_channel();
    (Exchange { calls: send, traffic: Arc::default() }, Switchboard { calls, answered: 0 })
}

impl Exchange {
    /// A wire to the server; nothing answers on it once the server is gone.
    pub fn dial(&self) -> End {
        let (client, server) = wire(&self.traffic);
        let _ = self.calls.send(server); // an end that is dropped is closed: the client reads that
        client
    }
}

impl Listener for Switchboard {
    type Io = End;
    type Addr = SocketAddr;

    /// Each call from another address: the cap per address is for strangers.
    async fn accept(&mut self) -> (End, SocketAddr) {
        match self.calls.recv().await {
            Some(end) => {
                self.answered = self.answered.wrapping_add(1);
                let [_, b, c, d] = self.answered.to_be_bytes();
                (end, SocketAddr::from((Ipv4Addr::new(10, b, c, d), 1)))
            }
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))
    }
}
