//! The WebSocket itself: the bytes of a connection in, messages and the socket's own answers out.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use gchat::ws::socket::{Broken, Message, Socket};
use tokio::io::{AsyncRead, AsyncReadExt as _, join};

/// Bytes of a message: so few that an input can be too large, and a flood.
const MOST: usize = 1_000;

/// A header with its mask, at most.
const HEAD_BYTES: usize = 14;

/// What one connection came to.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    messages: Vec<Message>,
    why: Option<Broken>,
    answers: Vec<u8>,
}

/// The first two bytes say where the network cuts the others in three: that must make no difference.
pub fn sockets(data: &[u8]) {
    let [first, second, bytes @ ..] = data else { return };
    let whole = ending(bytes);
    let (head, rest) = bytes.split_at(usize::from(*first).min(bytes.len()));
    let (middle, tail) = rest.split_at(usize::from(*second).min(rest.len()));
    assert_eq!(ending(head.chain(middle).chain(tail)), whole, "whatever the pieces in which it comes");

    for message in &whole.messages {
        match message {
            Message::Text(text) => assert!(text.len() <= MOST, "a text is no longer than allowed"),
            Message::Binary(payload) => assert!(payload.len() <= MOST, "a message is no longer than allowed"),
            Message::Ping | Message::Pong | Message::Close => {}
        }
    }
    let closes = whole.messages.iter().filter(|message| **message == Message::Close).count();
    assert!(closes <= 1 && (closes == 0 || whole.messages.last() == Some(&Message::Close)), "the last word");
    assert!(whole.answers.len() <= bytes.len() + HEAD_BYTES, "nobody is sent more than they sent");
}

/// Everything that is received, and answered, until the other side is gone.
fn ending(stream: impl AsyncRead + Unpin) -> Ending {
    let mut answers = Vec::new();
    let mut socket = Socket::new(join(stream, &mut answers), MOST);
    let mut messages = Vec::new();
    let why = loop {
        match now(socket.receive()) {
            Ok(Message::Close) => {
                messages.push(Message::Close);
                now(socket.answer_close()).expect("memory takes what is written");
                break None;
            }
            Ok(message) => messages.push(message),
            Err(broken) => break Some(broken),
        }
    };
    drop(socket);
    Ending { messages, why, answers }
}

/// The output of a future that has nothing to wait for.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("memory is always ready"),
    }
}
