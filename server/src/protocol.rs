//! The contract's frames as types: what protocol/README.md says, and nothing else.
//!
//! It is past 500 lines because all frames stand here, to be read beside the contract.
//!
//! serde only: no rule, no clock, no store, no socket. Every variant has a fixture in protocol/fixtures and a section in
//! protocol/README.md; tests/it/contract.rs fails without them.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use uuid::Uuid;

use crate::{
    conversation::{Changes, Message, WindowState},
    id::{CircleId, ClientMessageId, ConversationId, Epoch, Rev, Seq, SessionId, UserId, VerbId},
    rights::{Membership, Writing},
};

pub mod codes;
mod parts;
mod read;
use codes::Code;
pub use parts::{Contact, Dock, Entry, Flags, FoundMessage, Last, Member, Room, Status, Window};
pub use read::read;

/// The protocol's version: `hello.protocol` and `welcome.protocol`.
pub const PROTOCOL: u32 = 1;

/// What this server takes beside what version 1 requires: `welcome.features`.
pub const FEATURES: [&str; 10] =
    ["edit", "delete", "reply", "react", "mentions", "groups", "rooms", "list", "flags", "find"];

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// The first frame, once.
    Hello(Hello),
    /// A newer token of the same user and login.
    Renew {
        /// The user token.
        token: String,
    },
    /// A message.
    Send {
        /// UUID v7, repeated with every try.
        client_message_id: ClientMessageId,
        /// Must contain the sender.
        conversation: ConversationId,
        /// Untrimmed.
        text: String,
        /// The message that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
        /// Whom it mentions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mentions: Option<Vec<UserId>>,
    },
    /// Another text for a message of one's own.
    Edit {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// Must contain the user.
        conversation: ConversationId,
        /// Which message …
        seq: Seq,
        /// … and that it is this one.
        client_message_id: ClientMessageId,
        /// Untrimmed.
        text: String,
    },
    /// Makes a message of one's own a stub.
    Delete {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// Must contain the user.
        conversation: ConversationId,
        /// Which message …
        seq: Seq,
        /// … and that it is this one.
        client_message_id: ClientMessageId,
    },
    /// All of the user's reactions to a message.
    React {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// Must contain the user.
        conversation: ConversationId,
        /// Which message …
        seq: Seq,
        /// … and that it is this one.
        client_message_id: ClientMessageId,
        /// At most 3.
        emoji: Vec<Arc<str>>,
    },
    /// Makes a group.
    Make {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// A group that is not there yet.
        conversation: ConversationId,
        /// A course.
        circle: CircleId,
        /// Untrimmed.
        title: String,
        /// The others.
        users: Vec<UserId>,
    },
    /// Adds people to a group.
    Add {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// A group of the user.
        conversation: ConversationId,
        /// Who.
        users: Vec<UserId>,
    },
    /// Takes somebody out of a group, or leaves it.
    Remove {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// A group of the user.
        conversation: ConversationId,
        /// Who.
        user: UserId,
    },
    /// Gives a group another title.
    Rename {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// A group of the user.
        conversation: ConversationId,
        /// Untrimmed.
        title: String,
    },
    /// Makes a room one in which only teachers write, or opens it again.
    Announce {
        /// UUID v7, repeated with every try.
        id: VerbId,
        /// A room of the user.
        conversation: ConversationId,
        /// Only teachers.
        on: bool,
    },
    /// Asks who is in a group, or for people of a group or room.
    Members {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// A group or room of the user.
        conversation: ConversationId,
        /// Only these, at most 100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Vec<UserId>>,
    },
    /// Asks for the user's rooms.
    Rooms {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// As the last answer gave it.
        #[serde(default)]
        next: Option<String>,
        /// 1 … 100.
        limit: usize,
    },
    /// Asks for the user's conversations.
    List {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// 1 … 100.
        limit: usize,
        /// As the last answer gave it.
        #[serde(default)]
        next: Option<String>,
        /// Only those with something unread.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unread: Option<bool>,
        /// Only those that are archived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archived: Option<bool>,
        /// Only those whose name has this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Only these, at most 20.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversations: Option<Vec<ConversationId>>,
    },
    /// Sets what the user wants of a conversation for themselves.
    Flag {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// One of the user's.
        conversation: ConversationId,
        /// At the top of their list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<bool>,
        /// Out of their list until a new message comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archived: Option<bool>,
        /// ms; 0 or in the past: not muted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        muted_until: Option<i64>,
        /// The newest message that the client knows of: where there is a newer one, it is not archived. Of a room nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
    },
    /// Asks for messages by what was written.
    Find {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// All of its words.
        text: String,
        /// Only there; must contain the user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationId>,
        /// As the last answer gave it.
        #[serde(default)]
        next: Option<String>,
        /// 1 … 50.
        limit: usize,
    },
    /// Asks for what has changed since.
    Changes {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// Must contain the user.
        conversation: ConversationId,
        /// What the client holds; 0: nothing.
        rev: Rev,
        /// The highest that it holds; 0: none.
        seq: Seq,
        /// 1 … 100.
        limit: i64,
    },
    /// A page of messages.
    History {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// Must contain the user.
        conversation: ConversationId,
        /// The newest below; not together with `after`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Seq>,
        /// The oldest above.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Seq>,
        /// 1 … 100.
        limit: i64,
    },
    /// Raises the read mark.
    Read {
        /// Must contain the user.
        conversation: ConversationId,
        /// Up to which it was shown.
        seq: Seq,
    },
    /// The user is writing.
    Typing {
        /// To whom.
        conversation: ConversationId,
    },
    /// Changes one window.
    Dock {
        /// Whose.
        conversation: ConversationId,
        /// How it shall stand.
        state: WindowState,
        /// The dock version on which the person acted.
        base: i64,
        /// When closing: the last message that the client holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seq>,
    },
    /// Whether somebody can see the page.
    Visibility {
        /// Now.
        visible: bool,
        /// The rosters held, when becoming visible.
        #[serde(default, deserialize_with = "strictly", skip_serializing_if = "Option::is_none")]
        rosters: Option<Vec<RosterVersion>>,
    },
    /// Asks for a snapshot of one circle.
    Roster {
        /// One of the user's.
        circle: CircleId,
    },
    /// Searches the people online.
    Search {
        /// Repeated in the answer; 1 … 2^31 − 1.
        #[serde(deserialize_with = "request_number")]
        request: u32,
        /// Anywhere in the name, without case.
        text: String,
        /// All of the user's if absent.
        #[serde(default)]
        circle: Option<CircleId>,
        /// As the last answer gave it.
        #[serde(default)]
        next: Option<String>,
        /// 1 … 100.
        limit: usize,
    },
    /// Is answered `pong`.
    Ping {},
    /// Answers the server's `ping`.
    Pong {},
}

fn request_number<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(d)?;
    let range = 1..=i32::MAX.unsigned_abs();
    if range.contains(&number) { Ok(number) } else { Err(D::Error::custom("request is 1 to 2147483647")) }
}

/// The first frame. What is not known in it is ignored, as the client does not know yet what this server takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// `PROTOCOL`.
    pub protocol: u32,
    /// The user token.
    pub token: String,
    /// New for every page load or worker.
    pub session: SessionId,
    /// Whether somebody can see the page.
    pub visible: bool,
    /// What the client knows beside what version 1 requires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// What the client holds of conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// What it holds of rosters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rosters: Option<HeldRosters>,
}

/// What a client holds of conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Of the store it came from.
    pub epoch: Epoch,
    /// At most 100.
    pub conversations: Vec<CursorEntry>,
}

/// One conversation of a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorEntry {
    /// Which.
    pub conversation: ConversationId,
    /// The rev of the copy.
    pub rev: Rev,
    /// Its last seq.
    pub seq: Seq,
}

/// The rosters that a client still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRosters {
    /// Of the server process they came from.
    #[serde(deserialize_with = "crate::id::uuid")]
    pub boot: Uuid,
    /// By circle.
    pub versions: Vec<RosterVersion>,
}

/// Outside of `hello` the same has no field that is not known.
fn strictly<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<RosterVersion>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        circle: CircleId,
        version: u64,
    }
    let held: Option<Vec<Strict>> = Option::deserialize(d)?;
    let version = |Strict { circle, version }| RosterVersion { circle, version };
    Ok(held.map(|held| held.into_iter().map(version).collect()))
}

/// One roster that a client holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterVersion {
    /// Which circle.
    pub circle: CircleId,
    /// Which version of its roster.
    pub version: u64,
}

/// What the server sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answers `hello`.
    Welcome(Box<Welcome>),
    /// Answers `hello` in place of `welcome` while the user's chat is paused.
    Paused {
        /// When the pause ends, ms.
        until: i64,
    },
    /// Answers `renew`.
    Renewed {
        /// The new token's end, ms.
        lease_ends: i64,
    },
    /// The user's circles have changed.
    Circles {
        /// All of them.
        circles: Arc<[Membership]>,
    },
    /// Whom the user has blocked has changed.
    Blocked {
        /// All of them.
        users: Vec<UserId>,
    },
    /// Limits have changed.
    Limits {
        /// All of them.
        limits: LimitsFrame,
    },
    /// A snapshot of one circle's online people.
    Roster {
        /// Which.
        circle: CircleId,
        /// Comparable within one boot.
        version: u64,
        /// How many are online.
        total: usize,
        /// The first of them.
        contacts: Vec<Contact>,
    },
    /// A change of a roster.
    RosterDiff {
        /// Which.
        circle: CircleId,
        /// The version it starts from.
        from: u64,
        /// The version it makes.
        version: u64,
        /// How many are online.
        total: usize,
        /// To put in, replacing by id.
        joined: Vec<Contact>,
        /// To take out.
        left: Vec<UserId>,
    },
    /// The status of somebody in the user's dock.
    Presence {
        /// Who.
        user: UserId,
        /// Now.
        status: Status,
    },
    /// Answers `search`.
    Contacts {
        /// Of the search.
        request: u32,
        /// Found.
        contacts: Vec<Contact>,
        /// For the next page.
        next: Option<String>,
    },
    /// What was asked is committed, or has no effect any more.
    Ack {
        /// Of the send (its `client_message_id`) or the verb.
        id: Uuid,
        /// Where.
        conversation: ConversationId,
        /// Of the message.
        seq: Seq,
        /// Of the message.
        rev: Rev,
        /// Of the message, by the server's clock.
        sent_at: i64,
        /// Of a reaction: the user's reactions to the message as they are now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mine: Option<Vec<Arc<str>>>,
    },
    /// What has changed in a conversation of the user.
    Changes(ChangesFrame),
    /// Answers `history`.
    History {
        /// Of the request.
        request: u32,
        /// Where.
        conversation: ConversationId,
        /// Lowest kept.
        first_seq: Seq,
        /// Head.
        seq: Seq,
        /// Head.
        rev: Rev,
        /// Ascending.
        messages: Vec<Message>,
        /// There is more in the direction that was asked.
        more: bool,
    },
    /// Answers `members`.
    Members {
        /// Of the question.
        request: u32,
        /// Where.
        conversation: ConversationId,
        /// How many are in the group now; 0 of a room.
        total: usize,
        /// Found.
        members: Vec<Member>,
    },
    /// Answers `rooms`.
    Rooms {
        /// Of the question.
        request: u32,
        /// Some of them.
        rooms: Vec<Room>,
        /// For the next page.
        next: Option<String>,
    },
    /// Answers `list`.
    List {
        /// Of the question.
        request: u32,
        /// Some of them.
        conversations: Vec<Entry>,
        /// For the next page.
        next: Option<String>,
    },
    /// Answers `find`.
    Found {
        /// Of the question.
        request: u32,
        /// Some of them, the newest first.
        messages: Vec<FoundMessage>,
        /// For the next page.
        next: Option<String>,
    },
    /// What the user has set of a conversation.
    Flags {
        /// Of the question, where it answers one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<u32>,
        /// Which.
        conversation: ConversationId,
        /// As it is now.
        #[serde(flatten)]
        flags: Flags,
    },
    /// Somebody has written in a room that the user has not open.
    Dot {
        /// Which.
        conversation: ConversationId,
        /// Its head.
        seq: Seq,
    },
    /// A read mark has risen.
    Read {
        /// Where.
        conversation: ConversationId,
        /// Whose.
        user: UserId,
        /// To what.
        seq: Seq,
    },
    /// Somebody is writing.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
    },
    /// The whole dock.
    Dock(Dock),
    /// Whether one may write to somebody in the user's dock has changed.
    Writing {
        /// With whom.
        conversation: ConversationId,
        /// Now.
        writing: Writing,
    },
    /// A refusal.
    Error(ErrorFrame),
    /// The server is about to stop.
    Drain {
        /// Come back after this.
        retry_after_ms: u64,
    },
    /// Answer `pong`.
    Ping {},
    /// Answers `ping`.
    Pong {},
}

impl ServerFrame {
    /// As sent.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("frames have string keys and no failing field")
    }
}

/// Changes of one conversation, told live or asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesFrame {
    /// Of the request, where they answer one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<u32>,
    /// What has changed.
    #[serde(flatten)]
    pub changes: Arc<Changes>,
}

/// Answers `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// `PROTOCOL`.
    pub protocol: u32,
    /// The store's.
    pub epoch: Epoch,
    /// Of this process.
    pub boot: Uuid,
    /// ms.
    pub server_time: i64,
    /// The token's end, ms.
    pub lease_ends: i64,
    /// Who the token says you are.
    pub user: Myself,
    /// Whom the user has blocked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<UserId>,
    /// The user's.
    pub circles: Arc<[Membership]>,
    /// `FEATURES`.
    pub features: Vec<String>,
    /// The user's.
    pub dock: Dock,
    /// For each conversation of the cursor whose head differs.
    pub changes: Vec<Changes>,
    /// What a client needs to know.
    pub limits: LimitsFrame,
}

/// Oneself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Myself {
    /// The contact that others see.
    #[serde(flatten)]
    pub contact: Contact,
    /// Whether one appears offline to all others.
    pub hidden: bool,
}

/// The limits that a client needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsFrame {
    /// Bytes of a client's frame.
    pub frame_bytes: usize,
    /// Code points of a message.
    pub message_chars: usize,
    /// Of a user.
    pub messages_per_second: u32,
    /// Of a user.
    pub message_burst: u32,
    /// Messages of one `history`.
    pub history_page: i64,
    /// Windows of one dock.
    pub dock_windows: usize,
    /// Contacts of one roster.
    pub roster_slice: usize,
    /// For how long after a message its author may edit it.
    pub edit_seconds: i64,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFrame {
    /// From the table.
    pub code: Code,
    /// English, names the thing and the fix.
    pub message: String,
    /// Whether trying the same again is pointless.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<u32>,
    /// Of the send (its `client_message_id`) or the verb that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// Not before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
