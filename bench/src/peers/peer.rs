//! What a peer is to the load: something that people connect to, write through, and are told by.
//!
//! Every peer implements this with its own protocol, so that the load knows none.

use anyhow::Result;
use async_trait::async_trait;

/// Whether a message survives a power cut once it is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// Every commit is flushed to the disk.
    Full,
    /// Written, but flushed when the kernel finds the time.
    Off,
}

impl Durability {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Off => "off",
        }
    }
}

/// Somebody of the campus.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) user: u64,
    /// The one course that they are in.
    pub(super) course: String,
    /// Teachers stand first in rosters, so that everybody is told of them, however large the course is.
    pub(super) teacher: bool,
}

/// What a connection hears.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// A message of somebody else (from a peer that only echoes: one's own).
    Message { from: u64, text: String },
    /// These are online.
    Online(Vec<u64>),
    /// Something that the load does not ask for.
    Else,
}

/// A server that takes connections.
#[async_trait]
pub(super) trait Peer: Send + Sync {
    /// Returns once the person is signed in and subscribed to their course.
    async fn connect(&self, person: &Person) -> Result<Box<dyn Connection>>;
}

/// One signed-in connection.
#[async_trait]
pub(super) trait Connection: Send {
    /// Writes a message to somebody of the same course.
    async fn say(&mut self, to: u64, text: &str) -> Result<()>;

    /// What is told next. Cancel-safe: what was read before is not lost. An error if the peer refuses something, or ends.
    async fn next(&mut self) -> Result<Told>;
}
