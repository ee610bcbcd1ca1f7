//! Identifiers as distinct types, so that none can stand in for another.
//!
//! Owns their textual forms (protocol/README.md, "Common types"); knows nothing of what they identify.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;
use uuid::Uuid;

/// A site's number in this server's store. The public name of a site is its `iss`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SiteId(pub i64);

/// A user's id in the host: 1 … 2^53 − 1 (what a JSON number carries exactly).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UserId(i64);

impl UserId {
    /// The largest integer that JavaScript represents exactly (ECMA-262, Number.MAX_SAFE_INTEGER).
    pub const MAX: i64 = (1 << 53) - 1;

    /// `None` outside 1 … 2^53 − 1.
    pub fn new(id: i64) -> Option<Self> {
        (1..=Self::MAX).contains(&id).then_some(Self(id))
    }

    /// The number itself, as stored.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for UserId {
    type Err = BadId;

    /// Decimal without sign or leading zeros, as in `sub` and in conversation ids.
    fn from_str(s: &str) -> Result<Self, BadId> {
        if s.starts_with('0') || !s.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadId("user"));
        }
        s.parse().ok().and_then(Self::new).ok_or(BadId("user"))
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(d)?).ok_or_else(|| D::Error::custom("a user id is 1 to 9007199254740991"))
    }
}

/// A circle: `COURSE` (the whole course, all groups) or `COURSE/GROUP`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CircleId(Arc<str>);

/// The group of those who are in no group: they do not share it with each other.
pub const NO_GROUP: &str = "-";

impl CircleId {
    /// The part before the slash.
    pub fn course(&self) -> &str {
        self.0.split_once('/').map_or(&*self.0, |(course, _)| course)
    }

    /// The part after the slash; `None` for the whole course.
    pub fn group(&self) -> Option<&str> {
        self.0.split_once('/').map(|(_, group)| group)
    }

    /// As on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CircleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CircleId {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        let part = |p: &str| {
            // As a part of a path, `.` and `..` never arrive: clients and proxies take them for steps (RFC 3986, 5.2.4).
            (1..=64).contains(&p.len())
                && !matches!(p, "." | "..")
                && p.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
        };
        let fine = match s.split_once('/') {
            Some((course, group)) => part(course) && part(group),
            None => part(s),
        };
        if fine { Ok(Self(s.into())) } else { Err(BadId("circle")) }
    }
}

/// What kind of conversation an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Of two users, for ever.
    Direct,
    /// Of people of one course, by invitation.
    Group,
    /// Of whoever holds a circle.
    Room,
}

/// A conversation of one site, by its kind. Some have a name before they exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConversationId {
    /// Of two users.
    Direct(Direct),
    /// Its maker's client has drawn the number.
    Group(Uuid),
    /// Of the holders of a circle that is not `NO_GROUP`.
    Room(CircleId),
}

/// What the ids of groups and rooms begin with, and what stands for a circle's slash: that would end a part of a path.
const GROUP: &str = "g-";
const ROOM: &str = "r-";
const SLASH: char = '~';

/// The two users of a direct conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Direct {
    lower: UserId,
    higher: UserId,
}

impl ConversationId {
    /// The direct conversation of these two; `None` for one user alone.
    pub fn between(a: UserId, b: UserId) -> Option<Self> {
        (a != b).then(|| Self::Direct(Direct { lower: a.min(b), higher: a.max(b) }))
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Direct(_) => Kind::Direct,
            Self::Group(_) => Kind::Group,
            Self::Room(_) => Kind::Room,
        }
    }

    /// The two, if it is direct.
    pub fn direct(&self) -> Option<Direct> {
        match self {
            Self::Direct(two) => Some(*two),
            Self::Group(_) | Self::Room(_) => None,
        }
    }

    /// The circle, if it is a room.
    pub fn room(&self) -> Option<&CircleId> {
        match self {
            Self::Room(circle) => Some(circle),
            Self::Direct(_) | Self::Group(_) => None,
        }
    }

    /// The room of a circle; `None` of those who are in no group.
    pub fn room_of(circle: CircleId) -> Option<Self> {
        (circle.group() != Some(NO_GROUP)).then_some(Self::Room(circle))
    }
}

impl Direct {
    /// The one with the lower id.
    pub fn lower(self) -> UserId {
        self.lower
    }

    /// The one with the higher id.
    pub fn higher(self) -> UserId {
        self.higher
    }

    /// Both.
    pub fn both(self) -> [UserId; 2] {
        [self.lower, self.higher]
    }

    /// The other one; `None` if `user` is neither.
    pub fn other(self, user: UserId) -> Option<UserId> {
        if user == self.lower {
            Some(self.higher)
        } else if user == self.higher {
            Some(self.lower)
        } else {
            None
        }
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(Direct { lower, higher }) => write!(f, "{lower}-{higher}"),
            Self::Group(id) => write!(f, "{GROUP}{id}"),
            Self::Room(circle) => match circle.group() {
                Some(group) => write!(f, "{ROOM}{}{SLASH}{group}", circle.course()),
                None => write!(f, "{ROOM}{}", circle.course()),
            },
        }
    }
}

impl FromStr for ConversationId {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, BadId> {
        const BAD: BadId = BadId("conversation");
        if let Some(group) = s.strip_prefix(GROUP) {
            return uuid_of(group).map(Self::Group).ok_or(BAD);
        }
        if let Some(room) = s.strip_prefix(ROOM) {
            let circle = (!room.contains('/')).then(|| room.replacen(SLASH, "/", 1).parse().ok()).flatten();
            return circle.and_then(Self::room_of).ok_or(BAD);
        }
        let (lower, higher) = s.split_once('-').ok_or(BAD)?;
        let (lower, higher): (UserId, UserId) = (lower.parse()?, higher.parse()?);
        if lower < higher { Ok(Self::Direct(Direct { lower, higher })) } else { Err(BAD) }
    }
}

/// A message's number in its conversation: 1, 2, 3 … without gaps; 0 means "none yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Seq(pub i64);

/// A conversation's number of committed changes: rises by one with each message that is new or changed; never below its seq.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Rev(pub i64);

/// A site's rights version (protocol/README.md, "Rights versions"): 0 … 2^53 − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RightsVersion(pub i64);

macro_rules! not_negative {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let n = i64::deserialize(d)?;
                if (0..=UserId::MAX).contains(&n) {
                    Ok(Self(n))
                } else {
                    Err(D::Error::custom(concat!(stringify!($name), " is 0 to 9007199254740991")))
                }
            }
        }
    )*};
}
not_negative!(Seq, Rev, RightsVersion);

macro_rules! textual {
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
textual!(CircleId, ConversationId);

/// A sender's own name for a message, made once and repeated with every try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientMessageId(#[serde(deserialize_with = "uuid")] pub Uuid);

/// One try of a verb: a UUID v7, so that later ones are higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VerbId(#[serde(deserialize_with = "uuid")] pub Uuid);

/// One browser's stay, over all its reconnects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(#[serde(deserialize_with = "uuid")] pub Uuid);

/// The store's epoch: another one after a backup was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(#[serde(deserialize_with = "uuid")] pub Uuid);

/// A UUID in its one form, so that whoever sent it finds it again in the answer: read otherwise, it would come back in
/// another one.
pub fn uuid<'de, D: Deserializer<'de>>(d: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(d)?;
    uuid_of(&text).ok_or_else(|| D::Error::custom("a UUID has lower-case letters and hyphens: 8-4-4-4-12"))
}

fn uuid_of(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.hyphenated().to_string() == text)
}

/// One socket of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// A text that is no id of its kind.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} id")]
pub struct BadId(&'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_a_part_of_a_path_that_arrives() {
        for good in ["c7", "c7/g3", "c7/-", "...", ".c", "a/...", "A:b_c-d.e"] {
            assert!(good.parse::<CircleId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "./a", "../a", "a/.", "a/..", "a/", "/a", "a/b/c", "a b", "\u{e9}"] {
            assert!(bad.parse::<CircleId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_says_what_kind_it_is_of_and_has_one_spelling() {
        let group = "g-0199f1ca-31b0-7a44-8e15-9d2c4b6a7f01";
        for (good, kind) in
            [("2-3", Kind::Direct), (group, Kind::Group), ("r-c7", Kind::Room), ("r-c7~g-3", Kind::Room)]
        {
            let id: ConversationId = good.parse().expect(good);
            assert_eq!((id.kind(), &*id.to_string()), (kind, good));
        }
        let spelt_otherwise =
            ["g-0199F1CA-31B0-7A44-8E15-9D2C4B6A7F01", "g-0199f1ca31b07a448e159d2c4b6a7f01"];
        let no_room = ["r-", "r-c7/g3", "r-c7~", "r-c7~-", "r-~g3", "r-c7~a~b", "r-é", "r-.", "r-c7~.."];
        for bad in
            spelt_otherwise.into_iter().chain(no_room).chain(["g-", "g-2", "3-2", "2-2", "02-3", "x-1"])
        {
            assert!(bad.parse::<ConversationId>().is_err(), "{bad}");
        }
    }
}
