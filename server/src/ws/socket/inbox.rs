//! Bytes in, messages out: the receiving half of RFC 6455. Pure: no stream, no clock.

use std::io::{self, Cursor};

use axum::extract::ws::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{CloseCode, Control, Data, OpCode},
};

/// Bytes of a control frame's payload at most (section 5.5).
const CONTROL_BYTES: usize = 125;

/// Why there is no further message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The other side is gone, cut off or by its own will.
    Gone,
    /// It broke the rules of RFC 6455.
    Violation,
    /// A frame or a message is larger than is taken.
    TooLarge,
    /// More has come since the last whole message than a message can take: endless fragments.
    Flood,
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// What a whole frame, or the last of several, made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(Utf8Bytes),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    /// With the payload of the answer to it.
    Close(Vec<u8>),
}

/// What has come and is no message yet.
#[derive(Debug)]
pub(super) struct Inbox {
    /// Nothing, mostly: a whole frame leaves it.
    bytes: Vec<u8>,
    /// Up to where they have been used.
    at: usize,
    /// A message whose last frame has not come.
    begun: Option<Box<Begun>>,
    /// Bytes used since the last whole message.
    since: usize,
    closed: bool,
    most: usize,
}

#[derive(Debug)]
struct Begun {
    is_text: bool,
    payload: Vec<u8>,
}

impl Inbox {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), at: 0, begun: None, since: 0, closed: false, most }
    }

    /// Whether nothing is kept.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.capacity() == 0 && self.begun.is_none()
    }

    /// Takes in what has come.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message, if it has come as a whole.
    pub(super) fn next(&mut self) -> Result<Option<Message>, Broken> {
        while let Some((header, payload)) = self.frame()? {
            if let Some(message) = self.message(&header, payload)? {
                self.since = 0;
                return Ok(Some(message));
            }
            // Headers of fragments may take as much as what they carry, and no more.
            if self.since > 2 * self.most {
                return Err(Broken::Flood);
            }
        }
        if self.at == self.bytes.len() {
            (self.bytes, self.at) = (Vec::new(), 0);
        }
        Ok(None)
    }

    /// The next frame, its mask taken off. Its length is judged before it has come.
    fn frame(&mut self) -> Result<Option<(FrameHeader, Vec<u8>)>, Broken> {
        let rest = &self.bytes[self.at..];
        let mut cursor = Cursor::new(rest);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Broken::Violation)?;
        let Some((header, length)) = parsed else { return Ok(None) };
        if self.closed || header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Broken::Violation);
        }
        let mask = header.mask.ok_or(Broken::Violation)?;
        let length = usize::try_from(length).map_err(|_| Broken::TooLarge)?;
        if length > self.most {
            return Err(Broken::TooLarge);
        }
        let from = usize::try_from(cursor.position()).map_err(|_| Broken::TooLarge)?;
        let Some(masked) = rest.get(from..from + length) else { return Ok(None) };
        let payload = masked.iter().enumerate().map(|(n, byte)| byte ^ mask[n % 4]).collect();
        self.at += from + length;
        self.since += from + length;
        Ok(Some((header, payload)))
    }

    fn message(&mut self, header: &FrameHeader, payload: Vec<u8>) -> Result<Option<Message>, Broken> {
        let data = match header.opcode {
            OpCode::Control(control) => return self.control(header, control, payload).map(Some),
            OpCode::Data(data) => data,
        };
        let whole = match (data, self.begun.take()) {
            (Data::Text | Data::Binary, None) => Box::new(Begun { is_text: data == Data::Text, payload }),
            (Data::Continue, Some(mut begun)) => {
                if begun.payload.len() + payload.len() > self.most {
                    return Err(Broken::TooLarge);
                }
                begun.payload.extend_from_slice(&payload);
                begun
            }
            _ => return Err(Broken::Violation),
        };
        if !header.is_final {
            self.begun = Some(whole);
            return Ok(None);
        }
        if whole.is_text {
            let text = Utf8Bytes::try_from(whole.payload).map_err(|_| Broken::Violation)?;
            Ok(Some(Message::Text(text)))
        } else {
            Ok(Some(Message::Binary(whole.payload)))
        }
    }

    /// Control frames come whole, also between the fragments of a message (section 5.4).
    fn control(
        &mut self,
        header: &FrameHeader,
        control: Control,
        payload: Vec<u8>,
    ) -> Result<Message, Broken> {
        if !header.is_final || payload.len() > CONTROL_BYTES {
            return Err(Broken::Violation);
        }
        match control {
            Control::Ping => Ok(Message::Ping(payload)),
            Control::Pong => Ok(Message::Pong),
            Control::Close => {
                self.closed = true;
                close_answer(payload).map(Message::Close)
            }
            Control::Reserved(_) => Err(Broken::Violation),
        }
    }
}

/// The payload of the answer to a close: the same code; 1002 to one that nobody may send (section 7.4).
fn close_answer(payload: Vec<u8>) -> Result<Vec<u8>, Broken> {
    match payload.as_slice() {
        [] => Ok(payload),
        [high, low, reason @ ..] => {
            std::str::from_utf8(reason).map_err(|_| Broken::Violation)?;
            let code = u16::from_be_bytes([*high, *low]);
            let allowed = CloseCode::from(code).is_allowed();
            Ok(if allowed { code } else { u16::from(CloseCode::Protocol) }.to_be_bytes().to_vec())
        }
        [_] => Err(Broken::Violation),
    }
}
