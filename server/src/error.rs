//! Every refusal: its code, its sentence, whether trying again helps, and the close code that follows.
//!
//! One table for error codes and one for close codes (protocol/README.md); the numbers' range says whether a client
//! comes back: 40xx do, 44xx do not. Knows no socket. Internals (SQL, paths, keys) never appear in a sentence.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ClientMessageId, ConversationId},
    protocol::{ErrorFrame, ServerFrame},
    store::StoreError,
};

/// Error codes of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table in protocol/README.md describes them")]
pub enum Code {
    BadFrame,
    UnsupportedProtocol,
    HelloExpected,
    HelloRepeated,
    BadToken,
    TokenExpired,
    TokenEarly,
    WrongOrigin,
    WrongUser,
    LoggedOut,
    ChatNotAllowed,
    EmptyMessage,
    MessageTooLong,
    BadText,
    Conflict,
    NotFound,
    NotAllowed,
    UnknownRecipient,
    RateLimited,
    Unavailable,
}

/// Close codes of this protocol (RFC 6455, section 7.4.2: 4000 to 4999 are private).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
#[expect(missing_docs, reason = "the table in protocol/README.md describes them")]
pub enum Close {
    /// RFC 6455 and the IANA registry: service restart.
    Restart = 1012,
    LeaseEnded = 4001,
    Slow = 4002,
    Silent = 4003,
    NoHello = 4004,
    TokenExpired = 4010,
    Protocol = 4400,
    TokenRefused = 4401,
    ChatNotAllowed = 4403,
    UnsupportedProtocol = 4406,
    TooMany = 4408,
    Replaced = 4409,
    LoggedOut = 4410,
    OtherUser = 4411,
    TooLarge = 4413,
    Flood = 4429,
}

impl Close {
    /// The number on the wire.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The reason on the wire, for people who debug.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::LeaseEnded => "lease ended",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::NoHello => "no hello",
            Self::TokenExpired => "token expired",
            Self::Protocol => "protocol violation",
            Self::TokenRefused => "token refused",
            Self::ChatNotAllowed => "chat not allowed",
            Self::UnsupportedProtocol => "unsupported protocol",
            Self::TooMany => "too many connections",
            Self::Replaced => "replaced",
            Self::LoggedOut => "logged out",
            Self::OtherUser => "other user",
            Self::TooLarge => "frame too large",
            Self::Flood => "flood",
        }
    }
}

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
        tracing::error!(%error, "the store refused");
        Self { code: Code::Unavailable, detail: None, retry_after_ms: Some(1_000) }
    }
}

impl Refusal {
    /// With a sentence of its own.
    pub fn with(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()), retry_after_ms: None }
    }

    /// The frame, without what it answers.
    pub fn frame(self) -> ErrorFrame {
        ErrorFrame {
            code: self.code,
            message: self.detail.unwrap_or_else(|| self.code.sentence().into()),
            is_final: self.code.is_final(),
            request: None,
            client_message_id: None,
            conversation: None,
            retry_after_ms: self.retry_after_ms,
        }
    }

    /// As the answer to a request.
    pub fn to_request(self, request: u32) -> ServerFrame {
        ServerFrame::Error(ErrorFrame { request: Some(request), ..self.frame() })
    }

    /// As the answer to a send.
    pub fn to_send(self, id: ClientMessageId, conversation: ConversationId) -> ServerFrame {
        ServerFrame::Error(ErrorFrame {
            client_message_id: Some(id),
            conversation: Some(conversation),
            ..self.frame()
        })
    }

    /// As the answer to what concerns a conversation.
    pub fn to_conversation(self, conversation: ConversationId) -> ServerFrame {
        ServerFrame::Error(ErrorFrame { conversation: Some(conversation), ..self.frame() })
    }
}

impl Code {
    /// Whether trying the same again is pointless.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::TokenExpired | Self::TokenEarly | Self::RateLimited | Self::Unavailable)
    }

    /// What follows a refusal of `hello` or `renew`.
    pub fn close(self) -> Close {
        match self {
            Self::UnsupportedProtocol => Close::UnsupportedProtocol,
            Self::TokenExpired | Self::TokenEarly => Close::TokenExpired,
            Self::BadToken | Self::WrongOrigin => Close::TokenRefused,
            Self::WrongUser => Close::OtherUser,
            Self::LoggedOut => Close::LoggedOut,
            Self::ChatNotAllowed => Close::ChatNotAllowed,
            Self::Unavailable => Close::Restart,
            _ => Close::Protocol,
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::BadFrame => "this frame is not one of the protocol: see protocol/README.md",
            Self::UnsupportedProtocol => {
                "this server speaks protocol 1: reload the page to get a client that does"
            }
            Self::HelloExpected => "the first frame must be hello",
            Self::HelloRepeated => "hello was already said on this connection",
            Self::BadToken => "this token is not valid here: reload the page to get a new one",
            Self::TokenExpired => "this token has ended: fetch a new one",
            Self::TokenEarly => {
                "this token is not valid yet: the clocks of the site and of the chat server differ by over 30 seconds"
            }
            Self::WrongOrigin => "this token belongs to another site than the page that sent it",
            Self::WrongUser => "this token belongs to another user or login: reload the page",
            Self::LoggedOut => "this login has ended: log in again",
            Self::ChatNotAllowed => "you may not use the chat on this site",
            Self::EmptyMessage => "this message is empty: write something",
            Self::MessageTooLong => {
                "this message is longer than 4096 characters: shorten it or send it in parts"
            }
            Self::BadText => "this message contains a character that cannot be stored (U+0000): remove it",
            Self::Conflict => "this client_message_id was used for another message: take a new one",
            Self::NotFound => "no such conversation or circle, or it is not yours",
            Self::NotAllowed => "you may not write to this person",
            Self::UnknownRecipient => {
                "this person has not used the chat yet: they can be written to once they have"
            }
            Self::RateLimited => "too many at once: this is tried again in a moment",
            Self::Unavailable => "the server cannot store or read just now: this is tried again in a moment",
        }
    }
}
