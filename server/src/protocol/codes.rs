//! The two tables of codes (protocol/README.md): why something is refused, and why a connection ends.
//!
//! The numbers' range says whether a client comes back: 40xx do, 44xx do not.

use serde::{Deserialize, Serialize};

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
    BadEmoji,
    BadTitle,
    BadGroup,
    CannotAdd,
    TooManyPins,
    NoSuchMessage,
    TooLate,
    NotFound,
    NotAllowed,
    UnknownRecipient,
    Paused,
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
    Busy = 4005,
    TokenExpired = 4010,
    Paused = 4011,
    PauseEnded = 4012,
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

    /// Whether what waits for the connection is worth nothing any more: another has taken its place, or it does not read.
    pub fn drops_what_waits(self) -> bool {
        matches!(self, Self::Slow | Self::TooMany | Self::Replaced)
    }

    /// The reason on the wire, for people who debug.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::LeaseEnded => "lease ended",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::NoHello => "no hello",
            Self::Busy => "too many sign-ins",
            Self::TokenExpired => "token expired",
            Self::Paused => "paused",
            Self::PauseEnded => "pause ended",
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

impl Code {
    /// Whether trying the same again is pointless.
    pub fn is_final(self) -> bool {
        !matches!(
            self,
            Self::TokenExpired | Self::TokenEarly | Self::Paused | Self::RateLimited | Self::Unavailable
        )
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
            Self::Paused => Close::Paused,
            Self::Unavailable => Close::Restart,
            Self::RateLimited => Close::Busy,
            _ => Close::Protocol,
        }
    }

    /// What it says to people, unless there is more to say.
    pub fn sentence(self) -> &'static str {
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
            Self::Conflict => "this id was used for something else: take a new one",
            Self::BadEmoji => {
                "reactions are 0 to 3 different emoji, and a message has at most 20 different ones"
            }
            Self::BadTitle => "a title has 1 to 100 characters, one of which can be seen, and no U+0000",
            Self::BadGroup => {
                "a group is of a whole course, and has 3 to 50 people, at most 200 over its life"
            }
            Self::CannotAdd => {
                "one of these people may not be in this group: you may not write to them, they hold nothing of its \
                 course, or they and another member may not see each other"
            }
            Self::TooManyPins => "20 conversations are pinned already: unpin one of them first",
            Self::NoSuchMessage => "this message is not there, or was deleted: nothing can be done to it",
            Self::TooLate => "this message is too old to be edited: write another",
            Self::NotFound => "no such conversation or circle, or it is not yours",
            Self::NotAllowed => "you may not write here, or this message is not yours to change",
            Self::UnknownRecipient => {
                "this person has not used the chat yet: they can be written to once they have"
            }
            Self::Paused => "your chat is paused: this can be tried again when the pause ends",
            Self::RateLimited => "too many at once: this is tried again in a moment",
            Self::Unavailable => "the server cannot store or read just now: this is tried again in a moment",
        }
    }
}
