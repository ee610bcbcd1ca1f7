//! The ways in which a socket ends badly.

use std::time::Duration;

use futures_util::SinkExt as _;
use gchat_wire::Outgoing;
use rand::RngExt as _;
use tokio::{io::AsyncWriteExt as _, time::timeout};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::Client;

/// A cut that cannot be made in this time is made by dropping the socket.
const PATIENCE: Duration = Duration::from_secs(1);

impl Client {
    /// Cuts the socket: in mid-frame, with a reset, with a farewell, or without a word.
    pub(super) async fn cut(&mut self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
        self.failures = 0;
        let Some(mut socket) = self.socket.take() else { return };
        match self.rng.random_range(0..4) {
            0 => {
                let frame = self.half_a_frame();
                let stream = socket.get_mut();
                let _ = timeout(PATIENCE, stream.write_all(&frame)).await;
            }
            1 => drop(socket.get_ref().set_zero_linger()),
            2 => {
                let _ = timeout(PATIENCE, socket.send(Message::Close(None))).await;
            }
            _ => {}
        }
    }

    /// The beginning of a `send` (RFC 6455, section 5.2: text, masked, a length of 16 bits), cut anywhere. It is a
    /// message that nobody invoked: the server must never take it for one.
    fn half_a_frame(&mut self) -> Vec<u8> {
        let id = Uuid::now_v7();
        let text = "x".repeat(self.rng.random_range(100..2_000));
        let conversation = self.conversations[0];
        let payload = Outgoing::Send {
            client_message_id: id,
            conversation,
            text,
            reply_to: None,
            mentions: Vec::new(),
        }
        .encode();
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        let mask: [u8; 4] = self.rng.random();
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(length.to_be_bytes());
        frame.extend(mask);
        frame.extend(payload.bytes().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame.truncate(self.rng.random_range(1..frame.len()));
        frame
    }
}
