//! What a host says of a user, and the one function that decides who may see and write to whom.
//!
//! Knows no store, no connection and no frame: rights in, answer out.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CircleId, NO_GROUP, RightsVersion, UserId};

mod precedence;

pub use precedence::{Origin, Precedence, refuses};

/// Circles that one user may hold.
pub const CIRCLES_MOST: usize = 1_000;

/// Characters of a course's title.
pub const TITLE_CHARS: usize = 255;

/// A user's role in one circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sorted first in rosters.
    Teacher,
    /// Everyone else.
    Student,
}

/// One membership: a circle, the role in it, and its title (plain text, up to 255 characters).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Which circle.
    pub id: CircleId,
    /// The role in it.
    pub role: Role,
    /// What people call it.
    #[schema(value_type = String, max_length = 255)]
    pub title: Box<str>,
}

/// Everything a host says of one user: the body of `PUT users/{user}` and a part of every user token.
// It is kept for everyone who is online: nothing takes more room than it needs, and rosters share the contact's texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// Read before the rest was computed.
    pub rights_version: RightsVersion,
    /// 1 … 200 characters.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub name: Arc<str>,
    /// http(s) URL, or none.
    #[schema(value_type = Option<String>, max_length = 2048, pattern = "^[Hh][Tt][Tt][Pp][Ss]?:")]
    pub picture: Option<Arc<str>>,
    /// http(s) URL, or none.
    #[schema(value_type = Option<String>, max_length = 2048, pattern = "^[Hh][Tt][Tt][Pp][Ss]?:")]
    pub profile_url: Option<Arc<str>>,
    /// E.g. `pt_br`.
    #[schema(value_type = String, max_length = 32)]
    pub lang: Box<str>,
    /// Appears offline to all others.
    pub hidden: bool,
    /// Known: `chat`. Unknown ones are kept and ignored.
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub rights: Box<[Box<str>]>,
    /// At most 1,000.
    #[schema(value_type = Vec<Membership>, max_items = 1000)]
    pub circles: Arc<[Membership]>,
    /// Whom this user has blocked; at most 1,000.
    #[schema(value_type = Vec<UserId>, max_items = 1000)]
    pub blocked: Box<[UserId]>,
    /// The only people from whom this user takes messages, besides their teachers; at most 1,000. Null or absent:
    /// everybody whom the rights allow.
    #[serde(default)]
    #[schema(value_type = Option<Vec<UserId>>, max_items = 1000)]
    pub accepts: Option<Box<[UserId]>>,
    /// Until then the user's chat is paused on all devices, ms. Null, absent or in the past: it is not.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 9007199254740991_i64)]
    pub paused_until: Option<i64>,
}

/// How somebody may use the chat, by their own rights and the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They may.
    Here,
    /// Not before this time, ms: nothing reaches them until then, and to others they are offline.
    Paused(i64),
    /// They may not.
    Out,
}

/// Whether one person may write to another now, as it is told to the first (protocol/README.md, "Window").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writing {
    /// They may.
    Yes,
    /// They may not. Why is not told: the other has blocked them, takes messages from others only, or is out of sight.
    No,
    /// They have blocked the other.
    Blocked,
    /// The other was removed.
    Gone,
}

/// What of somebody's rights one other person's questions are about: borrowed from a `Snapshot` or a `Toward`.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// They may use the chat at all.
    pub chat: bool,
    /// They have blocked the other.
    pub blocks: bool,
    /// They take messages from the other, whatever role that one has.
    pub accepts: bool,
    /// All that they hold.
    pub circles: &'a [Membership],
}

/// The same, to be kept of somebody who is not online.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toward {
    /// They may use the chat at all.
    pub chat: bool,
    /// They have blocked the other.
    pub blocks: bool,
    /// They take messages from the other, whatever role that one has.
    pub accepts: bool,
    /// All that they hold, without titles.
    pub circles: Box<[Membership]>,
}

impl Toward {
    /// To be asked.
    pub fn side(&self) -> Side<'_> {
        let Self { chat, blocks, accepts, ref circles } = *self;
        Side { chat, blocks, accepts, circles }
    }
}

/// What a site allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Off: of two who see each other, one is a teacher in the circle they share.
    pub students_see_students: bool,
    /// For how long after a message its author may edit it, seconds; 0: never.
    pub edit_seconds: i64,
}

/// For how long a message may be edited until the site says otherwise, seconds.
pub const EDIT_SECONDS: i64 = 900;

/// The longest time that a site may give for edits, seconds: a year.
pub const EDIT_SECONDS_MOST: i64 = 31_536_000;

impl Policy {
    /// Of a site that is not there (any more): nothing that somebody might have forbidden.
    pub const LEAST: Self = Self { students_see_students: false, edit_seconds: 0 };
}

impl Default for Policy {
    fn default() -> Self {
        Self { students_see_students: true, edit_seconds: EDIT_SECONDS }
    }
}

impl Snapshot {
    /// The names of all fields, as JSON has them.
    pub const FIELDS: [&str; 11] = [
        "rights_version",
        "name",
        "picture",
        "profile_url",
        "lang",
        "hidden",
        "rights",
        "circles",
        "blocked",
        "accepts",
        "paused_until",
    ];

    /// Refuses what no host should say. The sentence names the field and its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        let chars = |s: &str, from: usize, to: usize| (from..=to).contains(&s.chars().take(to + 1).count());
        let url = |u: &Option<Arc<str>>| {
            u.as_ref().is_none_or(|u| {
                chars(u, 1, 2_048) && url::Url::parse(u).is_ok_and(|u| matches!(u.scheme(), "http" | "https"))
            })
        };
        if !chars(&self.name, 1, 200) {
            return Err("name must have 1 to 200 characters");
        }
        if !url(&self.picture) {
            return Err("picture must be an http or https URL of up to 2048 characters, or null");
        }
        if !url(&self.profile_url) {
            return Err("profile_url must be an http or https URL of up to 2048 characters, or null");
        }
        if !chars(&self.lang, 0, 32) {
            return Err("lang must have up to 32 characters");
        }
        if self.circles.len() > CIRCLES_MOST {
            return Err("circles must be at most 1000");
        }
        if self.circles.iter().any(|c| !chars(&c.title, 0, TITLE_CHARS)) {
            return Err("a circle's title must have up to 255 characters");
        }
        let mut named = HashSet::new();
        if !self.circles.iter().all(|c| named.insert(&c.id)) {
            return Err("a circle must be named once, with the higher of its roles");
        }
        if self.blocked.len() > 1_000 {
            return Err("blocked must be at most 1000");
        }
        if self.accepts.as_ref().is_some_and(|accepts| accepts.len() > 1_000) {
            return Err("accepts must be null or at most 1000 users");
        }
        if self.paused_until.is_some_and(|until| !(0..=UserId::MAX).contains(&until)) {
            return Err("paused_until must be null or a time in milliseconds");
        }
        if self.rights.len() > 100 || self.rights.iter().any(|r| !chars(r, 0, 64)) {
            return Err("rights must be at most 100 words of up to 64 characters");
        }
        Ok(())
    }

    /// Whether the two differ in nothing but their version.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self { rights_version: _, name, picture, profile_url, lang, hidden, .. } = self;
        let Self { rights, circles, blocked, accepts, paused_until, .. } = self;
        (name, picture, profile_url, lang) == (&other.name, &other.picture, &other.profile_url, &other.lang)
            && (hidden, rights, circles) == (&other.hidden, &other.rights, &other.circles)
            && (blocked, accepts, paused_until) == (&other.blocked, &other.accepts, &other.paused_until)
    }

    /// Whether this user may use the chat at all.
    pub fn may_chat(&self) -> bool {
        self.rights.iter().any(|r| **r == *"chat")
    }

    /// What concerns one other person.
    pub fn side(&self, other: UserId) -> Side<'_> {
        Side {
            chat: self.may_chat(),
            blocks: self.blocked.contains(&other),
            accepts: self.accepts.as_ref().is_none_or(|accepts| accepts.contains(&other)),
            circles: &self.circles,
        }
    }

    /// The same, to be kept.
    pub fn toward(&self, other: UserId) -> Toward {
        let Side { chat, blocks, accepts, circles } = self.side(other);
        let untitled = |m: &Membership| Membership { id: m.id.clone(), role: m.role, title: Box::default() };
        Toward { chat, blocks, accepts, circles: circles.iter().map(untitled).collect() }
    }

    /// How this user may use the chat at a time, ms.
    pub fn standing(&self, now: i64) -> Standing {
        match self.paused_until {
            _ if !self.may_chat() => Standing::Out,
            Some(until) if until > now => Standing::Paused(until),
            _ => Standing::Here,
        }
    }

    /// The courses that something is held of, in their order.
    pub fn courses(&self) -> BTreeSet<&str> {
        self.circles.iter().map(|m| m.id.course()).collect()
    }

    /// What is held of one course.
    pub fn of_course(&self, course: &str) -> Vec<Membership> {
        self.circles.iter().filter(|m| m.id.course() == course).cloned().collect()
    }

    /// The same with these memberships of one course instead of those it has, where those stood. What goes beyond
    /// 1,000 circles is left out.
    pub fn with_course(&self, course: &str, circles: &[Membership]) -> Self {
        let of = |m: &Membership| m.id.course() == course;
        let at = self.circles.iter().position(of).unwrap_or(self.circles.len());
        let mut all = self.circles[..at].to_vec();
        all.extend_from_slice(circles);
        all.extend(self.circles[at..].iter().filter(|m| !of(m)).cloned());
        all.truncate(CIRCLES_MOST);
        Self { circles: all.into(), ..self.clone() }
    }
}

/// What a circles call says of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseRights {
    /// The part of its circles before the slash.
    pub course: Arc<str>,
    /// Of the call.
    pub version: RightsVersion,
    /// All that the user holds of this course; empty: nothing.
    pub circles: Vec<Membership>,
}

/// Floors of courses: the rights version of each one's last circles call. Whatever is older and names the course is out
/// of date; whatever is older and does not name it says nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floors(pub Vec<(Arc<str>, RightsVersion)>);

impl Floors {
    /// Of all floors of a site those that a connect with this snapshot is to be told: of courses that it names, or that
    /// are on record of its user, and above it.
    pub fn concerning<'a>(
        all: impl IntoIterator<Item = (&'a str, RightsVersion)>,
        snapshot: &Snapshot,
        stored: Option<&Snapshot>,
    ) -> Self {
        let (named, held) = (snapshot.courses(), stored.map(Snapshot::courses).unwrap_or_default());
        let concern = |&(course, floor): &(&str, RightsVersion)| {
            refuses(floor, snapshot.rights_version) && (named.contains(course) || held.contains(course))
        };
        Self(all.into_iter().filter(concern).map(|(course, floor)| (course.into(), floor)).collect())
    }

    /// The highest floor that refuses a snapshot, if one does.
    pub fn refusing(&self, snapshot: &Snapshot) -> Option<RightsVersion> {
        let named = snapshot.courses();
        self.above(snapshot)
            .filter(|(course, _)| named.contains(&**course))
            .map(|(_, version)| *version)
            .max()
    }

    /// A snapshot that no floor refuses, with what is stored of the courses whose floor lies above it: somebody who was
    /// enrolled after their token was signed keeps the course that the circles call gave them.
    pub fn complete(&self, snapshot: &Arc<Snapshot>, stored: Option<&Snapshot>) -> Arc<Snapshot> {
        let Some(stored) = stored else { return snapshot.clone() };
        let mut whole = snapshot.clone();
        for (course, _) in self.above(snapshot) {
            let held = stored.of_course(course);
            if !held.is_empty() {
                whole = Arc::new(whole.with_course(course, &held));
            }
        }
        whole
    }

    fn above(&self, snapshot: &Snapshot) -> impl Iterator<Item = &(Arc<str>, RightsVersion)> {
        let version = snapshot.rights_version;
        self.0.iter().filter(move |(_, floor)| refuses(*floor, version))
    }
}

/// Whether `a` and `b` share a circle in which the site's policy lets them see each other. Symmetric.
pub fn may_see(policy: Policy, a: &[Membership], b: &[Membership]) -> bool {
    a.iter().any(|x| b.iter().any(|y| meet(policy, x, y)))
}

/// Whether holders of these two memberships see each other by them.
fn meet(policy: Policy, x: &Membership, y: &Membership) -> bool {
    share(&x.id, &y.id) && roles_allow(policy, x.role, y.role)
}

/// Whether a sender may write to a recipient, as is told to the sender; `None`: the recipient was removed.
///
/// The one place where this is decided: they see each other, both may chat, neither has blocked the other, and the
/// recipient takes messages from the sender, who need not be asked about that where they are a teacher of the
/// recipient's.
pub fn writing(policy: Policy, sender: Side<'_>, recipient: Option<Side<'_>>) -> Writing {
    let Some(recipient) = recipient else { return Writing::Gone };
    if sender.blocks {
        return Writing::Blocked;
    }
    let may = sender.chat
        && recipient.chat
        && !recipient.blocks
        && may_see(policy, sender.circles, recipient.circles)
        && takes(sender, recipient);
    if may { Writing::Yes } else { Writing::No }
}

/// Whether `sender` may write to `recipient`.
pub fn may_write(
    policy: Policy,
    (sender_id, sender): (UserId, &Snapshot),
    (recipient_id, recipient): (UserId, &Snapshot),
) -> bool {
    writing(policy, sender.side(recipient_id), Some(recipient.side(sender_id))) == Writing::Yes
}

/// Whether somebody takes messages from a sender, who need not be asked about that where they are a teacher of theirs. Who
/// does not is found by nobody who looks for people.
pub fn takes(sender: Side<'_>, recipient: Side<'_>) -> bool {
    recipient.accepts || teaches(sender.circles, recipient.circles)
}

/// Whether `a` is a teacher in a circle that both share.
fn teaches(a: &[Membership], b: &[Membership]) -> bool {
    a.iter().any(|x| x.role == Role::Teacher && b.iter().any(|y| share(&x.id, &y.id)))
}

/// Whether one may know of the other that they are there, and what they have read: they see each other, and neither has
/// blocked the other. Symmetric.
pub fn may_know(policy: Policy, a: Side<'_>, b: Side<'_>) -> bool {
    !a.blocks && !b.blocks && may_see(policy, a.circles, b.circles)
}

/// The role by which somebody is in the room of a circle, if they are: they hold it, or the bare course. There are no
/// rooms where students do not see each other.
pub fn in_room(policy: Policy, circle: &CircleId, held: &[Membership]) -> Option<Role> {
    let of =
        |m: &&Membership| m.id == *circle || (m.id.course() == circle.course() && m.id.group().is_none());
    let roles = held.iter().filter(of).filter(|_| circle.group() != Some(NO_GROUP)).map(|m| m.role);
    roles.filter(|_| policy.students_see_students).min() // teachers are sorted first
}

/// Whether somebody writes in a room now. `closed`: by the host; `announcements`: by a teacher.
pub fn room_writing(role: Role, closed: bool, announcements: bool) -> Writing {
    if !closed && (role == Role::Teacher || !announcements) { Writing::Yes } else { Writing::No }
}

/// Whether somebody writes in a group of a course now.
pub fn writes_in_group(policy: Policy, me: &Snapshot, course: &CircleId, is_member: bool) -> bool {
    let role = role_in(course, &me.circles);
    is_member
        && me.may_chat()
        && role.is_some_and(|role| role == Role::Teacher || policy.students_see_students)
}

/// The role that somebody has in a course, if they hold anything of it.
pub fn role_in(course: &CircleId, held: &[Membership]) -> Option<Role> {
    of_course(held, course).map(|m| m.role).min() // teachers are sorted first
}

/// Whether two people may be in one group of a course: they may see each other by what they hold of it.
pub fn may_share_group(policy: Policy, course: &CircleId, a: &Snapshot, b: &Snapshot) -> bool {
    let mut theirs = of_course(&a.circles, course);
    theirs.any(|x| b.circles.iter().any(|y| meet(policy, x, y)))
}

/// What of this is held of one course.
fn of_course<'a>(held: &'a [Membership], course: &'a CircleId) -> impl Iterator<Item = &'a Membership> {
    held.iter().filter(|m| m.id.course() == course.course())
}

/// Whether holders of these two circles share one (protocol/README.md, "Circles").
pub fn share(a: &CircleId, b: &CircleId) -> bool {
    a.course() == b.course()
        && match (a.group(), b.group()) {
            (Some(x), Some(y)) => x == y && x != NO_GROUP,
            _ => true,
        }
}

/// Whether a site's policy lets two people with these roles in a shared circle see each other.
pub fn roles_allow(policy: Policy, a: Role, b: Role) -> bool {
    policy.students_see_students || a == Role::Teacher || b == Role::Teacher
}
