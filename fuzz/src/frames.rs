//! Client frames: text in, a frame or a refusal out.

use gchat::{
    error::Code,
    protocol::{self, ClientFrame, ServerFrame},
};

/// serde's sentence with what is put before it, in bytes.
const REFUSAL_BYTES: usize = 1_000;

/// Reads the bytes as the server reads a text message.
pub fn frames(data: &[u8]) {
    // The WebSocket library takes no other text (Autobahn's cases 6.*).
    let Ok(text) = std::str::from_utf8(data) else { return };
    match protocol::read(text) {
        Ok(frame) => {
            let written = serde_json::to_string(&frame).expect("every frame has a JSON form");
            let again: ClientFrame = serde_json::from_str(&written).expect("what was written can be read");
            assert_eq!(again, frame, "a frame survives being written");
        }
        Err(refusal) => {
            assert_eq!((refusal.code, refusal.is_final), (Code::BadFrame, true));
            assert!(refusal.message.len() < REFUSAL_BYTES, "a refusal is short, whatever was sent");
            let refusal = ServerFrame::Error(*refusal);
            let sent: ServerFrame = serde_json::from_str(&refusal.encode()).expect("a client can read it");
            assert_eq!(sent, refusal);
        }
    }
}
