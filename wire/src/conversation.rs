//! The name of a conversation.

use std::{
    collections::HashSet,
    fmt,
    str::FromStr,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// Characters of a course, and of a group of it.
const CIRCLE_MOST: usize = 64;

/// The id of a conversation: what it is, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Conversation {
    /// Of two users, lower id first.
    Direct {
        /// The lower user id.
        lower: u64,
        /// The higher user id.
        higher: u64,
    },
    /// Of those who were added.
    Group(Uuid),
    /// Of those who hold a circle.
    Room(Circle),
}

/// A circle: `COURSE` or `COURSE/GROUP`.
///
/// The name of each is kept once, for as long as the program runs: these programs know few, and copy conversations often.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Circle(&'static str);

impl Conversation {
    /// Of two different users, in either order.
    pub fn between(a: u64, b: u64) -> Self {
        Self::Direct { lower: a.min(b), higher: a.max(b) }
    }

    /// The two users of a direct conversation.
    pub fn pair(self) -> Option<(u64, u64)> {
        match self {
            Self::Direct { lower, higher } => Some((lower, higher)),
            Self::Group(_) | Self::Room(_) => None,
        }
    }

    /// Whether this is a direct conversation of this user.
    pub fn is_of(self, user: u64) -> bool {
        self.pair().is_some_and(|(lower, higher)| lower == user || higher == user)
    }

    /// Whether this is a room.
    pub fn is_room(self) -> bool {
        matches!(self, Self::Room(_))
    }

    /// The room of this circle.
    pub fn room(circle: &str) -> Result<Self, &'static str> {
        circle.parse().map(Self::Room)
    }
}

impl Circle {
    /// `COURSE` or `COURSE/GROUP`.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl FromStr for Circle {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        static KNOWN: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
        let is_part = |part: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
            (1..=CIRCLE_MOST).contains(&part.len()) && part.bytes().all(fits) && part != "." && part != ".."
        };
        let (course, group) =
            text.split_once('/').map_or((text, None), |(course, group)| (course, Some(group)));
        if !is_part(course) || group.is_some_and(|group| !is_part(group)) {
            return Err("a circle is COURSE or COURSE/GROUP");
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let name = known.get(text).copied().unwrap_or_else(|| {
            let name: &'static str = Box::leak(text.into());
            known.insert(name);
            name
        });
        Ok(Self(name))
    }
}

impl fmt::Debug for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { lower, higher } => write!(f, "{lower}-{higher}"),
            Self::Group(id) => write!(f, "g-{id}"),
            Self::Room(circle) => write!(f, "r-{}", circle.0.replace('/', "~")),
        }
    }
}

impl FromStr for Conversation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(id) = text.strip_prefix("g-") {
            let id = Uuid::try_parse(id).map_err(|_| "a group is g-UUID")?;
            // One spelling, so that one group has one name.
            return (format!("g-{id}") == text)
                .then_some(Self::Group(id))
                .ok_or("a group's UUID is in lower case");
        }
        if let Some(circle) = text.strip_prefix("r-") {
            if circle.contains('/') || circle.ends_with("~-") {
                return Err("a room is r-COURSE or r-COURSE~GROUP, and those without a group have none");
            }
            return circle.replacen('~', "/", 1).parse().map(Self::Room);
        }
        let parts = text.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        match parts {
            Some((lower, higher)) if lower < higher => Ok(Self::Direct { lower, higher }),
            _ => Err("a direct conversation is LOWER-HIGHER, two user ids"),
        }
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

as_text!(Conversation, Circle);
