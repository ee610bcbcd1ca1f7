//! What a client has sent, as a frame or as the refusal of what is none.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{ClientFrame, ErrorFrame, codes::Code};

/// Characters of serde's sentence that a refusal repeats.
const WHY_CHARS: usize = 200;

/// What can be read of a frame that cannot be read.
#[derive(Default, Deserialize)]
struct Hint {
    #[serde(default)]
    request: Option<Value>,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    client_message_id: Option<Value>,
}

impl Hint {
    /// A verb names a message besides itself, a send only itself.
    fn id(&mut self) -> Option<Uuid> {
        let id = self.id.take().or_else(|| self.client_message_id.take())?;
        crate::id::uuid(id).ok()
    }
}

/// Reads one text message. The refusal repeats whatever names the request, so that its maker need not wait for ever;
/// serde's sentence in it names the field, and repeats no value but short words.
pub fn read(text: &str) -> Result<ClientFrame, Box<ErrorFrame>> {
    serde_json::from_str(text).map_err(|error| {
        let why: String = error.to_string().chars().take(WHY_CHARS).collect();
        let mut hint: Hint = serde_json::from_str(text).unwrap_or_default();
        Box::new(ErrorFrame {
            code: Code::BadFrame,
            message: format!("this frame is not one of the protocol: {why}"),
            is_final: Code::BadFrame.is_final(),
            id: hint.id(),
            request: hint.request.and_then(|request| serde_json::from_value(request).ok()),
            conversation: None,
            retry_after_ms: None,
        })
    })
}
