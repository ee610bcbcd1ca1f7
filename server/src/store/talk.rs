//! Messages: appending one, changing one, and reading them.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Result;
use crate::{
    conversation::{Changes, Head, Held, Message, System},
    id::{CircleId, ClientMessageId, ConversationId, Rev, RightsVersion, Seq, SiteId, UserId, VerbId},
};

/// A message to be appended. Text is trimmed and checked.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Site.
    pub site: SiteId,
    /// The sender takes part in it.
    pub conversation: ConversationId,
    /// Sender.
    pub sender: UserId,
    /// Unique per sender.
    pub client_message_id: ClientMessageId,
    /// What was written.
    pub text: Arc<str>,
    /// The message that it answers.
    pub reply_to: Option<Seq>,
    /// Whom it mentions: others who read it.
    pub mentions: Vec<UserId>,
    /// The server's clock.
    pub sent_at: i64,
}

impl NewMessage {
    /// The row that a store has of it, before anything is done to it.
    pub fn row(&self, seq: Seq, rev: Rev) -> Message {
        Message {
            seq,
            rev,
            sender: self.sender,
            client_message_id: Some(self.client_message_id),
            text: Some(self.text.clone()),
            sent_at: self.sent_at,
            system: None,
            mentions: self.mentions.clone(),
            reactions: Vec::new(),
            mine: Vec::new(),
            reply_to: self.reply_to,
            edited_at: None,
            deleted: None,
            verb_id: None,
        }
    }
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Committed now.
    New {
        /// As stored.
        message: Message,
        /// Lowest seq still kept.
        first_seq: Seq,
        /// The sender's read mark, which others may see from now on, and had not before.
        published: Option<Seq>,
        /// Others who take part and had no open or minimised window: their dock shows one now.
        came_back: Vec<UserId>,
    },
    /// The same id, conversation and first text were committed before.
    Repeated {
        /// That message, as it is now.
        message: Message,
        /// The sender's read mark, as far as others may see it now: at least what that message has published.
        published: Seq,
    },
    /// The id was used by this sender for something else.
    Conflict,
    /// `reply_to` names no message of the conversation. Nothing was stored.
    NoSuchMessage,
    /// The sender was removed meanwhile, and is not back. Nothing was stored.
    SenderRemoved,
}

/// What is to happen in a group or room, and to be told by a system message.
#[derive(Clone, Debug)]
pub struct NewSystem {
    /// Site.
    pub site: SiteId,
    /// A group or a room.
    pub conversation: ConversationId,
    /// Who does it.
    pub sender: UserId,
    /// The verb's; it becomes the message's `client_message_id`.
    pub id: VerbId,
    /// What.
    pub system: System,
    /// Of a group that is made: its course.
    pub course: Option<CircleId>,
    /// The conversation's rev at which this was judged; 0: it has not begun.
    pub judged_at: Rev,
    /// The server's clock.
    pub at: i64,
}

impl NewSystem {
    /// The row that a store has of it.
    pub fn row(&self, seq: Seq, rev: Rev) -> Message {
        Message {
            seq,
            rev,
            sender: self.sender,
            client_message_id: Some(ClientMessageId(self.id.0)),
            text: None,
            sent_at: self.at,
            system: Some(self.system.clone()),
            mentions: Vec::new(),
            reactions: Vec::new(),
            mine: Vec::new(),
            reply_to: None,
            edited_at: None,
            deleted: None,
            verb_id: None,
        }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It has happened now.
    New {
        /// As stored.
        message: Message,
        /// Lowest seq still kept.
        first_seq: Seq,
    },
    /// It had happened by the same id before: that message.
    Repeated(Message),
    /// The id was used by this sender for something else, or the group is there already.
    Conflict,
    /// The conversation has changed since it was judged: judge again. Nothing was stored.
    Moved,
    /// The sender was removed meanwhile, and is not back. Nothing was stored.
    SenderRemoved,
}

/// A group, and everybody who has ever been in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Of which course.
    pub course: CircleId,
    /// What it is called.
    pub title: Arc<str>,
    /// Who made it.
    pub maker: UserId,
    /// Its head.
    pub head: Head,
    /// By user.
    pub people: Vec<Part>,
}

impl Group {
    /// Those in it now, who hold its course.
    pub fn members(&self) -> impl Iterator<Item = &Part> + Clone {
        self.people.iter().filter(|part| part.is_member())
    }

    /// What somebody has of it.
    pub fn part(&self, user: UserId) -> Option<&Part> {
        self.people.iter().find(|part| part.user == user)
    }
}

/// What somebody has of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Who.
    pub user: UserId,
    /// The message by which they were added: they read from there on.
    pub first: Seq,
    /// The message by which they left or were taken out.
    pub left: Option<Seq>,
    /// The head when they lost the group's course, as long as they hold nothing of it.
    pub lost: Option<Seq>,
    /// Their read mark, as far as others may see it.
    pub published: Seq,
}

impl Part {
    /// In it now, and holding its course.
    pub fn is_member(&self) -> bool {
        self.left.is_none() && self.lost.is_none()
    }

    /// The last message that they read.
    pub fn last(&self) -> Seq {
        self.left.into_iter().chain(self.lost).min().unwrap_or(Seq(i64::MAX))
    }
}

/// What the host says of the rooms of a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseRooms {
    /// Nobody writes there.
    pub closed: bool,
    /// What the course is called.
    pub title: Arc<str>,
    /// Titles of groups, by name.
    pub groups: Vec<(Arc<str>, Arc<str>)>,
}

/// What a room is to somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomPart {
    /// Of the room.
    pub head: Head,
    /// Only teachers write there.
    pub announcements: bool,
    /// Somebody else has written since they read there.
    pub unread: bool,
    /// Messages that they have not read and that mention them, at most 100.
    pub mentions: i64,
}

/// All of somebody's reactions to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReaction {
    /// Which message …
    pub seq: Seq,
    /// … and that it is this one.
    pub client_message_id: ClientMessageId,
    /// Who.
    pub user: UserId,
    /// The verb's.
    pub id: VerbId,
    /// At most 3.
    pub emoji: Vec<Arc<str>>,
    /// The server's clock.
    pub at: i64,
}

/// How far somebody has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMark {
    /// Up to which message.
    pub seq: Seq,
    /// Others may see it.
    pub publish: bool,
    /// The server's clock.
    pub at: i64,
}

/// What is kept of somebody's reactions to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReaction {
    /// The highest id that was applied.
    pub id: VerbId,
    /// As they are.
    pub emoji: Vec<Arc<str>>,
}

/// What became of one of several reactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reacted {
    /// It is so now, or has no effect any more.
    Done,
    /// There is no such message.
    NoSuchMessage,
    /// The message has too many different emoji.
    TooMany,
}

/// A message that is there, to be put in place of what it is.
#[derive(Clone, Debug)]
pub struct Change {
    /// Site.
    pub site: SiteId,
    /// Which conversation.
    pub conversation: ConversationId,
    /// As it shall be, but for its rev: that is the one at which it was read. Its seq, sender, `client_message_id` and
    /// `sent_at` are those that it has.
    pub message: Message,
}

/// A change that is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// As stored, with its new rev.
    pub message: Message,
    /// Lowest seq still kept.
    pub first_seq: Seq,
}

/// Which part of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest.
    Newest,
    /// The newest below.
    Before(Seq),
    /// The oldest above.
    After(Seq),
}

/// Messages, in a store.
#[async_trait]
pub trait TalkStore: Send + Sync + 'static {
    /// Finds an earlier commit of this id: `Repeated` or `Conflict` as `append` would say; `None` if it is new. A message
    /// is known by its first text also after it was edited or deleted, by a keyed hash that is kept from then on.
    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>>;
    /// Appends one message, and with it lets others see the sender's read mark. Appends that wait at the same time are
    /// committed together. Makes the conversation if need be. After an error the message may be committed all the same:
    /// the same id tells.
    async fn append(&self, message: NewMessage) -> Result<Appended>;
    /// As `note` would say of a verb that was done before; `None` if it is new.
    async fn find_noted(&self, new: &NewSystem) -> Result<Option<Noted>>;
    /// Makes a system message, and with it what it tells. Committed together with appends. After an error it may be
    /// committed all the same: the same id tells.
    async fn note(&self, new: NewSystem) -> Result<Noted>;
    /// A group.
    async fn group(&self, site: SiteId, conversation: &ConversationId) -> Result<Option<Group>>;
    /// Which of these others have ever seen in a group or room: they were added, have written or reacted, or were
    /// mentioned. Who has only read a room is not among them.
    async fn known(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        users: &[UserId],
    ) -> Result<Vec<UserId>>;
    /// What somebody has reacted to a message.
    async fn own_reaction(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
        user: UserId,
    ) -> Result<Option<OwnReaction>>;
    /// What somebody has reacted to these messages, where there is anything.
    async fn own_reactions(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        seqs: &[Seq],
    ) -> Result<Vec<(Seq, Vec<Arc<str>>)>>;
    /// Takes reactions of one conversation, each by the rule (`talk::rules::react`), and gives every message that they
    /// change one new rev. What became of each, the changed messages by rev, and the lowest seq still kept. Committed
    /// together with appends.
    async fn react(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        reactions: &[NewReaction],
    ) -> Result<(Vec<Reacted>, Vec<Message>, Seq)>;
    /// What the host says of the rooms of a course; `None`: there are none.
    async fn course_rooms(&self, site: SiteId, course: &str) -> Result<Option<CourseRooms>>;
    /// Sets that, if the course's floor is of this version. True if it was something else before. After an error it may be
    /// set all the same.
    async fn put_course_rooms(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        rooms: Option<CourseRooms>,
    ) -> Result<bool>;
    /// What these rooms are to somebody, in the order asked.
    async fn room_parts(&self, site: SiteId, user: UserId, rooms: &[ConversationId])
    -> Result<Vec<RoomPart>>;
    /// Somebody's own messages of a conversation with a seq above one, up to `limit`, ascending. For what the host is
    /// handed: it may look at all of the conversation.
    async fn written_by(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        after: Seq,
        limit: i64,
    ) -> Result<Vec<Message>>;
    /// One message, as it is now.
    async fn message(&self, site: SiteId, conversation: &ConversationId, seq: Seq)
    -> Result<Option<Message>>;
    /// Puts a changed message in the place of the one that was read, under the conversation's next rev. `None`, and
    /// nothing done, where the stored one has another rev by now: read it again. Committed together with appends. After
    /// an error it may be committed all the same.
    async fn change(&self, change: Change) -> Result<Option<Changed>>;
    /// Up to `limit` messages, ascending, and the head. An empty list and `Head::default()` where there is none.
    async fn history(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)>;
    /// The next changes after what somebody holds, up to `limit` messages, by rev, from one moment. `from` is what they
    /// hold; `rev` is the head's, or with `more` that of the last message. Never a reset: that is the
    /// caller's to give. What is at the head already, or is no part of it (`Held::is_part_of`), is answered by an empty span
    /// at the head, and not looked for: so nobody makes the store look at more messages than `Held` lets them be behind.
    async fn changes(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        held: Held,
        limit: i64,
    ) -> Result<(Head, Changes)>;
    /// Raises a read mark, at most to the head. The new mark if it rose. In a room it makes the row of who has none.
    async fn read(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        mark: NewMark,
    ) -> Result<Option<Seq>>;
}
