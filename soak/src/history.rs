//! What happened, as seen from outside the server: a log of events from many clients, in memory and as JSON lines.
//!
//! Pure data and its file. Knows no server, no socket and no rule: `check` judges. A log says nothing of texts but a
//! hash, so it can be shown to anybody.
//!
//! It is past 500 lines because all kinds of events stand here, to be read beside each other.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use gchat_wire::{Conversation, Message, Reaction, System};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

/// One of the clients of a log. 0 is no client: the harness itself.
pub type ClientId = u32;

/// The harness itself: the one that kills, and the last honest reader.
pub const HARNESS: ClientId = 0;

/// A message as somebody was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its number in the conversation.
    pub seq: u64,
    /// The conversation's rev at its last change.
    pub rev: u64,
    /// Who wrote it.
    pub sender: u64,
    /// Its client_message_id; `None` once it was erased.
    pub id: Option<Uuid>,
    /// `hash` of its text; `None` for a stub, and for what has happened.
    pub text: Option<u64>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    /// The highest edit that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<Uuid>,
    /// What only some messages have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<Arc<More>>,
}

/// What only some messages have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct More {
    /// Whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<u64>,
    /// What has happened: it is a system message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<Happened>,
    /// Who has reacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
}

/// What a system message tells. Titles are hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// A group was made, with these beside its maker.
    Made {
        /// What it is called.
        title: u64,
        /// Them.
        users: Vec<u64>,
    },
    /// These were added.
    Added(Vec<u64>),
    /// These were taken out.
    Removed(Vec<u64>),
    /// The sender left.
    Left,
    /// It is called this now.
    Renamed(u64),
    /// Whether only teachers write in the room.
    Announcements(bool),
}

/// What a verb of groups, or of a room, asks for. Titles are hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// That there is a group of these and whoever asks.
    Make {
        /// What it is called.
        title: u64,
        /// Them.
        users: Vec<u64>,
    },
    /// That these are in it.
    Add(Vec<u64>),
    /// That this one is not; oneself: to leave.
    Remove(u64),
    /// That it is called this.
    Rename(u64),
    /// That only teachers write in the room, or everybody again.
    Announce(bool),
}

impl Happened {
    fn of(system: &System) -> Self {
        match system {
            System::Made { title, users } => Self::Made { title: hash(title), users: users.clone() },
            System::Added { users } => Self::Added(users.clone()),
            System::Removed { users } => Self::Removed(users.clone()),
            System::Left => Self::Left,
            System::Renamed { title } => Self::Renamed(hash(title)),
            System::Announcements { on } => Self::Announcements(*on),
        }
    }
}

impl Said {
    /// Whom it mentions.
    pub fn mentions(&self) -> &[u64] {
        self.more.as_ref().map_or(&[], |more| &more.mentions)
    }

    /// What has happened, if it is a system message.
    pub fn happened(&self) -> Option<&Happened> {
        self.more.as_ref()?.happened.as_ref()
    }

    /// Who has reacted.
    pub fn reactions(&self) -> &[Reaction] {
        self.more.as_ref().map_or(&[], |more| &more.reactions)
    }

    /// A message as the log has it.
    pub fn of(message: &Message) -> Self {
        Self {
            seq: message.seq,
            rev: message.rev,
            sender: message.sender,
            id: message.client_message_id,
            text: message.text.as_deref().map(hash),
            reply_to: message.reply_to,
            verb: message.verb_id,
            more: More::of(message).map(Arc::new),
        }
    }
}

impl More {
    fn of(message: &Message) -> Option<Self> {
        let more = Self {
            mentions: message.mentions.clone(),
            happened: message.system.as_ref().map(Happened::of),
            reactions: message.reactions.clone(),
        };
        (more != Self::default()).then_some(more)
    }
}

/// What happened. All of one client's events are in the order in which they happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The client is of this user: its first event.
    Client {
        /// Whose.
        user: u64,
    },
    /// A message was written: before the first try to send it. Texts must differ from each other (the harness puts
    /// the id into them), or the rule against doubles cannot tell two from one.
    Invoke {
        /// Its client_message_id.
        id: Uuid,
        /// Where.
        conversation: Conversation,
        /// `hash` of its text after trimming.
        text: u64,
        /// The message that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<u64>,
        /// Whom it shall mention.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<u64>,
    },
    /// An edit or a deletion was asked for: before the first try to send it. Texts differ as those of messages do.
    Verb {
        /// Its own id.
        id: Uuid,
        /// Where.
        conversation: Conversation,
        /// The client_message_id of its message.
        message: Uuid,
        /// `hash` of the new text after trimming; `None`: a deletion.
        text: Option<u64>,
    },
    /// All of a person's reactions to a message were set: before the first try to send it.
    React {
        /// Its own id.
        id: Uuid,
        /// Where.
        conversation: Conversation,
        /// The client_message_id of its message.
        message: Uuid,
        /// What they are to be.
        emoji: Vec<String>,
    },
    /// Something was asked for in a group: before the first try to send it. Titles differ as texts do.
    Wish {
        /// Its own id.
        id: Uuid,
        /// The group.
        conversation: Conversation,
        /// What.
        wish: Wish,
    },
    /// The server said that it is committed, or has no effect any more.
    Ack {
        /// Of the invoke or the verb.
        id: Uuid,
        /// Where.
        conversation: Conversation,
        /// The message's number.
        seq: u64,
        /// Of a reaction: all of the user's to this message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mine: Option<Vec<String>>,
    },
    /// The server refused it for good, or it fell with the message that it was for.
    Refusal {
        /// Of the invoke or the verb.
        id: Uuid,
        /// The error code.
        code: Box<str>,
    },
    /// Nobody waits for an answer any more: it may have been committed or not.
    Timeout {
        /// Of the invoke or the verb.
        id: Uuid,
    },
    /// A connection was welcomed. What it is told from now on, it is told without a gap.
    Welcomed,
    /// A frame told of changes, as a span.
    Told {
        /// Where.
        conversation: Conversation,
        /// Of all changes after this …
        from: u64,
        /// … up to this.
        rev: u64,
        /// It is known that there are others behind.
        more: bool,
        /// It came by itself, as the changes were made.
        live: bool,
    },
    /// A frame brought a message.
    Deliver {
        /// Where.
        conversation: Conversation,
        /// What.
        message: Said,
    },
    /// A person sees it from now on, in place of what it was.
    Display {
        /// Where.
        conversation: Conversation,
        /// What.
        message: Said,
    },
    /// The client holds every change up to this rev, of the messages that it shows and of those after them.
    Holds {
        /// Where.
        conversation: Conversation,
        /// Up to which.
        rev: u64,
        /// As far as the client knows, there is no other.
        whole: bool,
    },
    /// A frame told of a read mark.
    Read {
        /// Where.
        conversation: Conversation,
        /// Whose.
        user: u64,
        /// Up to which.
        seq: u64,
    },
    /// The client had to drop its copy.
    Reset {
        /// Which.
        conversation: Conversation,
    },
    /// The client dropped its copy by itself, as a page does that is loaded anew.
    Reloaded {
        /// Which.
        conversation: Conversation,
    },
    /// The client holds all there is. Nothing is written afterwards.
    Drained,
    /// Then the list of its user had this.
    Entry {
        /// Which.
        conversation: Conversation,
        /// Number and sender of the newest message that says something.
        last: Option<(u64, u64)>,
    },
    /// And no other.
    Listed,
    /// The server answered the call that took the right to chat from this user.
    Revoked {
        /// Whose.
        user: u64,
    },
    /// The call that gives it back is about to be made.
    Restored {
        /// Whose.
        user: u64,
    },
    /// The host has done what makes copies void (an erasure, a backup restored): from now on a reset is no fault.
    Voided,
    /// The server was killed.
    Killed,
    /// The last honest reader found this in the store. In the order of its pages.
    Stored {
        /// Where.
        conversation: Conversation,
        /// What.
        message: Said,
        /// The user as whom it was read.
        reader: u64,
        /// The reactions that the reader is told are their own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mine: Vec<String>,
    },
    /// And this as the conversation's rev.
    Head {
        /// Where.
        conversation: Conversation,
        /// The last.
        rev: u64,
    },
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Since the log began, in microseconds, by a clock that never goes back.
    pub at_us: u64,
    /// To whom.
    pub client: ClientId,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// A log that many clients write to.
pub struct Log {
    began: Instant,
    written: Mutex<Written>,
}

struct Written {
    events: Vec<Event>,
    file: Option<BufWriter<File>>,
}

impl Log {
    /// In memory, and as JSON lines in `file` if one is given.
    pub fn new(file: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            File::create(path).with_context(|| format!("cannot write the log {}", path.display()))
        };
        let file = file.map(open).transpose()?.map(BufWriter::new);
        Ok(Self { began: Instant::now(), written: Mutex::new(Written { events: Vec::new(), file }) })
    }

    /// Adds an event. Its time is taken under the log's lock, so times rise with the order of the log.
    pub fn add(&self, client: ClientId, what: What) {
        let mut written = self.written.lock();
        let at_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let event = Event { at_us, client, what };
        if let Some(file) = &mut written.file {
            // A disk that is full is seen by `take`, whose flush fails.
            let _ = write_line(file, &event);
        }
        written.events.push(event);
    }

    /// Looks at all that was written so far.
    pub fn look<T>(&self, see: impl FnOnce(&[Event]) -> T) -> T {
        see(&self.written.lock().events)
    }

    /// Everything, in order; the file is complete afterwards.
    pub fn take(&self) -> Result<Vec<Event>> {
        let mut written = self.written.lock();
        if let Some(file) = &mut written.file {
            file.flush().context("the log could not be written to its file: is the disk full?")?;
        }
        Ok(std::mem::take(&mut written.events))
    }
}

fn write_line(file: &mut BufWriter<File>, event: &Event) -> Result<()> {
    serde_json::to_writer(&mut *file, event)?;
    Ok(file.write_all(b"\n")?)
}

/// Writes a history as JSON lines.
pub fn write(path: &Path, history: &[Event]) -> Result<()> {
    let mut file =
        BufWriter::new(File::create(path).with_context(|| format!("cannot write {}", path.display()))?);
    history.iter().try_for_each(|event| write_line(&mut file, event))?;
    Ok(file.flush()?)
}

/// Reads JSON lines back.
pub fn read(path: &Path) -> Result<Vec<Event>> {
    let file = File::open(path).with_context(|| format!("cannot read the log {}", path.display()))?;
    let lines = BufReader::new(file).lines().enumerate();
    let event = |(n, line): (usize, std::io::Result<String>)| {
        serde_json::from_str(&line?).with_context(|| format!("line {} of the log is no event", n + 1))
    };
    lines.map(event).collect()
}

/// FNV-1a, 64 bits: the same in every run, so that logs can be compared.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_reads_back_as_it_was_written() {
        let conversation = Conversation::between(3, 2);
        let id = Uuid::now_v7();
        let text = Some(hash("a"));
        let reactions = vec![Reaction { emoji: "👍".into(), count: 1, users: vec![3] }];
        let more =
            |happened| Some(Arc::new(More { mentions: vec![3], happened, reactions: reactions.clone() }));
        let message = Said {
            seq: 1,
            rev: 3,
            sender: 2,
            id: Some(id),
            text,
            reply_to: Some(1),
            verb: Some(id),
            more: more(None),
        };
        let group = Conversation::Group(id);
        let told = |happened| What::Deliver {
            conversation: group,
            message: Said { more: more(Some(happened)), ..message.clone() },
        };
        let wish = |wish| What::Wish { id, conversation: group, wish };
        let whats = [
            What::Client { user: 2 },
            What::Invoke { id, conversation, text: u64::MAX, reply_to: Some(1), mentions: vec![3] },
            What::React {
                id,
                conversation: Conversation::room("c1/g2").unwrap(),
                message: id,
                emoji: vec![],
            },
            wish(Wish::Make { title: 1, users: vec![2] }),
            wish(Wish::Add(vec![2])),
            wish(Wish::Remove(2)),
            wish(Wish::Rename(1)),
            wish(Wish::Announce(true)),
            told(Happened::Made { title: 1, users: vec![2] }),
            told(Happened::Added(vec![2])),
            told(Happened::Removed(vec![2])),
            told(Happened::Left),
            told(Happened::Renamed(1)),
            told(Happened::Announcements(true)),
            What::Verb { id, conversation, message: id, text: None },
            What::Ack { id, conversation, seq: 1, mine: None },
            What::Ack { id, conversation, seq: 1, mine: Some(vec!["👍".into()]) },
            What::Refusal { id, code: "not_allowed".into() },
            What::Timeout { id },
            What::Welcomed,
            What::Told { conversation, from: 1, rev: 2, more: false, live: true },
            What::Deliver { conversation, message: message.clone() },
            What::Display {
                conversation,
                message: Said {
                    id: None,
                    text: None,
                    reply_to: None,
                    verb: None,
                    more: None,
                    ..message.clone()
                },
            },
            What::Holds { conversation, rev: 2, whole: true },
            What::Read { conversation, user: 3, seq: 1 },
            What::Reset { conversation },
            What::Reloaded { conversation },
            What::Drained,
            What::Entry { conversation, last: Some((1, 2)) },
            What::Entry { conversation, last: None },
            What::Listed,
            What::Revoked { user: 2 },
            What::Restored { user: 2 },
            What::Voided,
            What::Killed,
            What::Stored { conversation, message, reader: 2, mine: vec!["👍".into()] },
            What::Head { conversation, rev: 3 },
        ];
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = Log::new(Some(file.path())).unwrap();
        whats.into_iter().for_each(|what| log.add(7, what));
        let events = log.take().unwrap();
        assert_eq!(read(file.path()).unwrap(), events);
        assert!(events.is_sorted_by_key(|event| event.at_us));
        write(file.path(), &events[..2]).unwrap();
        assert_eq!(read(file.path()).unwrap(), &events[..2]);
    }

    #[test]
    fn a_line_that_is_no_event_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{\"at_us\":1,\"client\":0,\"what\":\"killed\"}\n{}\n").unwrap();
        assert_eq!(read(file.path()).unwrap_err().to_string(), "line 2 of the log is no event");
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // http://www.isthe.com/chongo/tech/comp/fnv/, test vectors
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }
}
