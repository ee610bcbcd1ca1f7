//! The name of a conversation.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The conversation of two users, lower id first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Conversation {
    /// The lower user id.
    pub lower: u64,
    /// The higher user id.
    pub higher: u64,
}

impl Conversation {
    /// Of two different users, in either order.
    pub fn between(a: u64, b: u64) -> Self {
        Self { lower: a.min(b), higher: a.max(b) }
    }

    /// Whether this user takes part.
    pub fn has(self, user: u64) -> bool {
        self.lower == user || self.higher == user
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.lower, self.higher)
    }
}

impl FromStr for Conversation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        match parts {
            Some((lower, higher)) if lower < higher => Ok(Self { lower, higher }),
            _ => Err("a conversation is LOWER-HIGHER, two user ids"),
        }
    }
}

impl Serialize for Conversation {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Conversation {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}
