//! One WebSocket after its handshake (RFC 6455): whole messages in, shared bytes out, nothing kept at rest.
//!
//! Over any stream of bytes. What has come is kept only until it is a whole frame, what goes out is not kept but for the
//! rest of a frame that did not fit: so a connection that idles keeps no buffer, and one frame for a thousand people is
//! there once. The connection's own task reads and writes; others may write whole frames (`pipe`) while it does not.
//! Headers are read by the library. Knows no frame of the protocol above it.

use std::{
    future::poll_fn,
    io::IoSlice,
    mem::MaybeUninit,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use axum::extract::ws::Utf8Bytes;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::unconstrained,
};

use crate::hub::outbound::{Pipe, Sent};

mod inbox;
pub use inbox::Broken;
use inbox::Inbox;

/// Bytes of one read, on the stack: a token's frame in one.
const READ_BYTES: usize = 8_192;

/// Frames of one write.
const WRITE_FRAMES: usize = 16;

/// Bytes up to which what goes out is put together on the stack: for so few, that costs less than the kernel takes to
/// gather them.
const WRITE_BYTES: usize = 1_024;

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xa;

/// What the other side has sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(Utf8Bytes),
    /// Anything.
    Binary(Vec<u8>),
    /// Is answered by the socket itself.
    Ping,
    /// Nobody asked for it, or an answer to what this server never sends.
    Pong,
    /// The answer is ready: `answer_close` sends it. Nothing comes after it.
    Close,
}

/// A server's end of a WebSocket.
#[derive(Debug)]
pub struct Socket<S> {
    shared: Arc<Mutex<Shared<S>>>,
    inbox: Inbox,
    /// The newest ping that waits for the rest of what is being written.
    ping: Option<Vec<u8>>,
}

/// The stream, shared with those who write without waiting. Locked for one read or write at a time, none of which waits.
#[derive(Debug)]
struct Shared<S> {
    stream: S,
    /// What is left of something that did not fit, an answer to a ping or a close among it, and how much of that has
    /// been written since.
    rest: Vec<u8>,
    at: usize,
    /// The task is in the middle of frames, and waits for room: nobody else may write, nor take its place in the stream
    /// as the one who is woken.
    held: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Over a stream on which the handshake is done. `most`: bytes of a frame, and of a message made of several.
    pub fn new(stream: S, most: usize) -> Self {
        let shared = Shared { stream, rest: Vec::new(), at: 0, held: false };
        Self { shared: Arc::new(Mutex::new(shared)), inbox: Inbox::new(most), ping: None }
    }

    /// For those who write without waiting.
    pub fn pipe(&self) -> Arc<dyn Pipe>
    where
        S: Send + 'static,
    {
        self.shared.clone()
    }

    /// Whether something that was begun is not written whole.
    pub fn is_stuck(&self) -> bool {
        !self.shared.lock().rest.is_empty()
    }

    /// The next message. Cancel-safe.
    pub fn receive(&mut self) -> impl Future<Output = Result<Message, Broken>> {
        poll_fn(|cx| self.poll_receive(cx))
    }

    /// Sends these as text frames, in this order. Not cancel-safe: a socket whose send was given up can only be dropped.
    pub async fn send(&mut self, frames: &[Utf8Bytes]) -> Result<(), Broken> {
        poll_fn(|cx| self.poll_answer(cx)).await?;
        self.write(TEXT, frames.len(), |n| frames[n].as_str().as_bytes()).await
    }

    /// Sends a binary frame. For the echo of Autobahn's cases: the protocol has none.
    pub async fn send_binary(&mut self, payload: &[u8]) -> Result<(), Broken> {
        poll_fn(|cx| self.poll_answer(cx)).await?;
        self.write(BINARY, 1, |_| payload).await
    }

    /// Says why the connection ends. What comes before the other side's answer is still to be received.
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<(), Broken> {
        poll_fn(|cx| self.poll_answer(cx)).await?;
        let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
        self.write(CLOSE, 1, |_| &payload).await
    }

    /// Sends the answer to the other side's close: dropped without it, the closing would not be clean (RFC 6455,
    /// section 5.5.1).
    pub async fn answer_close(&mut self) -> Result<(), Broken> {
        poll_fn(|cx| self.poll_answer(cx)).await
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Broken>> {
        loop {
            match self.inbox.next()? {
                Some(inbox::Message::Text(text)) => return Poll::Ready(Ok(Message::Text(text))),
                Some(inbox::Message::Binary(bytes)) => return Poll::Ready(Ok(Message::Binary(bytes))),
                Some(inbox::Message::Ping(payload)) => {
                    self.ping = Some(payload);
                    // Each is answered, unless the other side does not read: then only the newest (section 5.5.3).
                    if let Poll::Ready(Err(broken)) = self.poll_answer(cx) {
                        return Poll::Ready(Err(broken));
                    }
                    return Poll::Ready(Ok(Message::Ping));
                }
                Some(inbox::Message::Pong) => return Poll::Ready(Ok(Message::Pong)),
                Some(inbox::Message::Close(payload)) => {
                    self.ping = None;
                    push_frame(&mut self.shared.lock().rest, CLOSE, &payload);
                    return Poll::Ready(Ok(Message::Close));
                }
                None => {}
            }
            // Reading goes on while the other side does not read.
            if let Poll::Ready(Err(broken)) = self.poll_answer(cx) {
                return Poll::Ready(Err(broken));
            }
            let mut chunk = [MaybeUninit::uninit(); READ_BYTES];
            let mut chunk = ReadBuf::uninit(&mut chunk);
            ready!(Pin::new(&mut self.shared.lock().stream).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Err(Broken::Gone));
            }
            self.inbox.take(chunk.filled());
        }
    }

    /// Writes what is left of what was begun, and the answers that wait.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let mut shared = self.shared.lock();
        loop {
            ready!(shared.poll_rest(cx))?;
            let Some(payload) = self.ping.take() else { return Poll::Ready(Ok(())) };
            push_frame(&mut shared.rest, PONG, &payload);
        }
    }

    /// Writes so many frames of one kind.
    async fn write<'a>(
        &mut self,
        opcode: u8,
        frames: usize,
        payload: impl Fn(usize) -> &'a [u8],
    ) -> Result<(), Broken> {
        let mut progress = Progress::default();
        poll_fn(|cx| {
            let mut shared = self.shared.lock();
            let written = shared.poll_frames(cx, opcode, frames, &payload, &mut progress);
            shared.held = written.is_pending();
            written
        })
        .await
    }
}

/// The first of several frames that is not written whole, and how much of it is.
#[derive(Default)]
struct Progress {
    first: usize,
    done: usize,
}

impl<S: AsyncWrite + Unpin> Shared<S> {
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.rest.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while self.at < self.rest.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.rest[self.at..]))? {
                0 => return Poll::Ready(Err(Broken::Gone)),
                n => self.at += n,
            }
        }
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        (self.rest, self.at) = (Vec::new(), 0);
        Poll::Ready(Ok(()))
    }

    /// Writes several frames with one write, their payloads where they lie.
    fn poll_frames<'a>(
        &mut self,
        cx: &mut Context<'_>,
        opcode: u8,
        frames: usize,
        payload: impl Fn(usize) -> &'a [u8],
        progress: &mut Progress,
    ) -> Poll<Result<(), Broken>> {
        let Progress { first, done } = progress;
        while *first < frames {
            let mut heads = [Head::default(); WRITE_FRAMES];
            let mut slices = [IoSlice::new(&[]); 2 * WRITE_FRAMES];
            let batch = WRITE_FRAMES.min(frames - *first);
            for (n, head) in heads[..batch].iter_mut().enumerate() {
                *head = Head::new(opcode, payload(*first + n).len());
            }
            for (n, head) in heads[..batch].iter().enumerate() {
                slices[2 * n] = IoSlice::new(head.bytes());
                slices[2 * n + 1] = IoSlice::new(payload(*first + n));
            }
            let mut left = &mut slices[..2 * batch];
            IoSlice::advance_slices(&mut left, *done);
            let stream = Pin::new(&mut self.stream);
            let mut whole = [0; WRITE_BYTES];
            let mut written = ready!(match gather(left, &mut whole) {
                Some(whole) => stream.poll_write(cx, whole),
                None => stream.poll_write_vectored(cx, left),
            })?;
            if written == 0 {
                return Poll::Ready(Err(Broken::Gone));
            }
            while written > 0 {
                let rest = heads_len(opcode, payload(*first).len()) - *done;
                if written < rest {
                    *done += written;
                    break;
                }
                written -= rest;
                (*first, *done) = (*first + 1, 0);
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx).map_err(Broken::from)
    }
}

impl<S: AsyncWrite + Unpin + Send> Pipe for Mutex<Shared<S>> {
    fn send_now(&self, frames: &[Utf8Bytes]) -> Sent {
        let mut shared = self.lock();
        if shared.held || !shared.rest.is_empty() {
            return Sent { frames: 0, whole: false };
        }
        let mut progress = Progress::default();
        let payload = |n: usize| frames[n].as_str().as_bytes();
        // Nobody waits here, so nobody is to be woken: where there is no room, the connection's task asks for some.
        let mut cx = Context::from_waker(Waker::noop());
        let writing = poll_fn(|cx| shared.poll_frames(cx, TEXT, frames.len(), payload, &mut progress));
        // However many are told in a row: a caller's task must not find sockets full that are not.
        let written = pin!(unconstrained(writing)).poll(&mut cx);
        let Progress { first, done } = progress;
        if done > 0 {
            push_frame(&mut shared.rest, TEXT, payload(first));
            shared.rest.drain(..done);
        }
        // An error is the task's to find: it reads.
        Sent {
            frames: first + usize::from(done > 0),
            whole: done == 0 && !matches!(written, Poll::Ready(Err(_))),
        }
    }
}

/// These bytes in one piece, if there is room for them.
fn gather<'a>(slices: &[IoSlice<'_>], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let whole = room.get_mut(..slices.iter().map(|slice| slice.len()).sum())?;
    let mut end = 0;
    for slice in slices {
        whole[end..end + slice.len()].copy_from_slice(slice);
        end += slice.len();
    }
    Some(whole)
}

/// Bytes of a whole frame with a payload of this length.
fn heads_len(opcode: u8, payload: usize) -> usize {
    Head::new(opcode, payload).bytes().len() + payload
}

fn push_frame(to: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    to.extend_from_slice(Head::new(opcode, payload.len()).bytes());
    to.extend_from_slice(payload);
}

/// The header of a final frame without a mask (RFC 6455, section 5.2).
#[derive(Clone, Copy, Default)]
struct Head {
    bytes: [u8; 10],
    length: usize,
}

impl Head {
    fn new(opcode: u8, payload: usize) -> Self {
        let mut bytes = [0; 10];
        bytes[0] = 0x80 | opcode;
        let length = match (u8::try_from(payload), u16::try_from(payload)) {
            (Ok(short), _) if short < 126 => {
                bytes[1] = short;
                2
            }
            (_, Ok(middle)) => {
                bytes[1] = 126;
                bytes[2..4].copy_from_slice(&middle.to_be_bytes());
                4
            }
            _ => {
                bytes[1] = 127;
                bytes[2..].copy_from_slice(&(payload as u64).to_be_bytes());
                10
            }
        };
        Self { bytes, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests;
