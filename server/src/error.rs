//! Every refusal on its way to a client: its code, its sentence, what it answers.
//!
//! Knows no socket. Internals (SQL, paths, keys) never appear in a sentence.

use uuid::Uuid;

use crate::{
    id::ConversationId,
    protocol::{ErrorFrame, ServerFrame},
    store::StoreError,
};

pub use crate::protocol::codes::{Close, Code};

/// A refusal on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// What to say instead of the code's usual sentence.
    pub detail: Option<String>,
    /// Not before this.
    pub retry_after_ms: Option<u64>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, detail: None, retry_after_ms: None }
    }
}

impl From<StoreError> for Refusal {
    /// The details are logged here, at the boundary, and nowhere else.
    fn from(error: StoreError) -> Self {
        error.log();
        Self { code: Code::Unavailable, detail: None, retry_after_ms: Some(1_000) }
    }
}

impl Refusal {
    /// With a sentence of its own.
    pub fn with(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()), retry_after_ms: None }
    }

    /// Too much at once: comes back after this time.
    pub fn rate_limited(wait: std::time::Duration) -> Self {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        Self { retry_after_ms: Some(wait), ..Code::RateLimited.into() }
    }

    /// The frame, without what it answers.
    pub fn frame(self) -> ErrorFrame {
        ErrorFrame {
            code: self.code,
            message: self.detail.unwrap_or_else(|| self.code.sentence().into()),
            is_final: self.code.is_final(),
            request: None,
            id: None,
            conversation: None,
            retry_after_ms: self.retry_after_ms,
        }
    }

    /// As the answer to a request.
    pub fn to_request(self, request: u32) -> ServerFrame {
        ServerFrame::Error(ErrorFrame { request: Some(request), ..self.frame() })
    }

    /// As the answer to a send or a verb.
    pub fn to_verb(self, id: Uuid, conversation: ConversationId) -> ServerFrame {
        ServerFrame::Error(ErrorFrame { id: Some(id), conversation: Some(conversation), ..self.frame() })
    }

    /// As the answer to what concerns a conversation.
    pub fn to_conversation(self, conversation: ConversationId) -> ServerFrame {
        ServerFrame::Error(ErrorFrame { conversation: Some(conversation), ..self.frame() })
    }
}
