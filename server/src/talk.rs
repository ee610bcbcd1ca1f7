//! The rules of talking. Each verb has a file: its pure rule over records, its refusals, and their tests.
//!
//! `access` answers who may do what; `text` what a text must be. Here is what the verbs share: one order for each
//! conversation, the rate of tries, those that ended with an error, the room of a day, and telling everybody of a row that
//! has changed. Knows no socket and no SQL: the store commits, the bus tells. Everything takes a `Speaker`: the connection
//! decides who that is, never a frame.
//!
//! Each try is checked in one order: the rate, what was done before, shape, permission, the room of a day.

mod access;
mod announce;
mod change;
mod delete;
mod doubts;
mod edit;
mod erase;
mod find;
mod flags;
mod group;
mod list;
mod members;
mod note;
mod reach;
mod react;
mod read;
mod resume;
mod rooms;
mod send;
mod text;
pub use access::{Access, InRoom, Speaker};
pub use change::Target;
/// The pure rules of the verbs, for the engines and for whoever holds the server to them.
pub mod rules {
    pub use super::{
        change::Verdict,
        delete::judge as delete,
        edit::{Asked, judge as edit},
        react::{Reacts, fits, fold, judge as react},
        rooms::room_title,
        send::may_answer,
        text::shaped,
    };
}
pub use find::Find;
pub use flags::SetFlags;
pub use group::{GROUP_MOST, GROUP_PEOPLE_MOST, Wish};
pub use list::{Lists, Wanted};
pub use reach::{Reach, Reader};
pub use react::Reactions;
pub use resume::{Found, PAGE_BYTES};
pub use rooms::room_title;
pub use text::MESSAGE_CHARS;

use std::sync::Arc;

use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    allowances::{Allowances, Kind},
    bus::Bus,
    config::Limits,
    conversation::{Changes, Message},
    error::Refusal,
    event::{Audience, Event, Given},
    hub::{self, Connection},
    id::{ConversationId, Seq, SiteId, UserId},
    protocol::{ChangesFrame, ServerFrame},
    store::{self, Page, Store},
    stripes::Stripes,
};
use doubts::Doubts;

/// Bytes that a message takes in the database besides its text: its row, its id and their places in the indices.
const MESSAGE_BYTES: usize = 128;

/// The rules, over a store.
pub struct Talk {
    store: Arc<dyn Store>,
    access: Arc<Access>,
    bus: Arc<dyn Bus>,
    allowances: Arc<Allowances>,
    /// Keep one conversation's commits and deliveries in one order.
    order: Stripes,
    doubts: Mutex<Doubts>,
    reactions: Reactions,
    history_page: i64,
}

/// One try of a send or a verb.
#[derive(Clone, Copy)]
pub struct Try<'a> {
    /// Who asks.
    pub speaker: Speaker,
    /// Over which of their connections: the answer goes out there, and with it what has changed.
    pub connection: &'a Connection,
    /// The same with every try: the `client_message_id` of a send, the id of a verb.
    pub id: Uuid,
}

impl Try<'_> {
    fn key(&self) -> Key {
        (self.speaker.site, self.speaker.user, self.id)
    }
}

/// What became of a try that was not refused.
enum Outcome {
    /// It is committed now.
    Committed { message: Message, first_seq: Seq },
    /// It was before, or has no effect any more: the message as it is, and the speaker's read mark as far as a send has
    /// let others see it.
    Before { message: Message, published: Seq },
}

impl Talk {
    /// The rules over these parts.
    pub fn new(
        store: Arc<dyn Store>,
        access: Arc<Access>,
        bus: Arc<dyn Bus>,
        allowances: Arc<Allowances>,
        limits: &Limits,
    ) -> Self {
        Self {
            store,
            access,
            bus,
            allowances,
            order: Stripes::default(),
            doubts: Mutex::default(),
            reactions: Reactions::default(),
            history_page: limits.history_page,
        }
    }

    /// The answer to a try, after everybody concerned has been told. Its `ack` is to be sent over the connection now, with
    /// which the change itself goes out there.
    async fn settle(
        &self,
        of: Try<'_>,
        conversation: &ConversationId,
        outcome: Outcome,
    ) -> Result<ServerFrame, Refusal> {
        let message = match outcome {
            Outcome::Committed { message, first_seq } => {
                self.doubts.lock().remove(&of.key());
                self.tell(of, conversation, first_seq, &message).await;
                message
            }
            Outcome::Before { message, published } => {
                if self.is_in_doubt(of) {
                    self.tell_late(of, conversation, &message, published).await?;
                    self.doubts.lock().remove(&of.key());
                }
                message
            }
        };
        Ok(ServerFrame::Ack {
            id: of.id,
            conversation: conversation.clone(),
            seq: message.seq,
            rev: message.rev,
            sent_at: message.sent_at,
            mine: None,
        })
    }

    /// Tells everybody who takes part of a row that has changed. The connection that asked gets it with its answer; in a
    /// room it gets it as all others do, behind what was told before.
    async fn tell(&self, of: Try<'_>, conversation: &ConversationId, first_seq: Seq, message: &Message) {
        let site = of.speaker.site;
        let changes = Arc::new(Changes::of(conversation.clone(), first_seq, vec![message.clone()]));
        let (to, hidden_from) = self.access.reads(site, conversation, message.seq).await;
        if let Audience::Holders(_) = to {
            return self.publish(Event::Changed { site, to, changes, given: None }).await;
        }
        let frame = ChangesFrame { request: None, changes: changes.clone() };
        let frame = hub::encode(&ServerFrame::Changes(frame));
        of.connection.out.add(frame.clone(), hub::Kind::Vital);
        let given = Some(Given { to: of.connection.id, frame });
        if !hidden_from.is_empty() {
            let changes = Arc::new(changes.empty());
            self.publish(Event::Changed { site, to: hidden_from, changes, given: None }).await;
        }
        self.publish(Event::Changed { site, to, changes, given }).await;
    }

    /// Tells of what an earlier try has committed though it ended with an error: the mark that a send publishes, the dock
    /// that shows it, and the row. Whatever has happened to that since is told with it, and who holds less than what was
    /// before it asks.
    async fn tell_late(
        &self,
        of: Try<'_>,
        conversation: &ConversationId,
        message: &Message,
        published: Seq,
    ) -> Result<(), Refusal> {
        let Speaker { site, user } = of.speaker;
        let page = Page::After(Seq(message.seq.0 - 1));
        let (head, _) = self.store.history(site, conversation, page, 1).await?;
        let others = self.access.hears(site, conversation).await.but(user);
        if published > Seq(0) {
            let to = Access::hears_published(of.speaker, conversation);
            let conversation = conversation.clone();
            self.publish(Event::Read { site, conversation, user, seq: published, to }).await;
        }
        // A room comes back into the docks of those whom the message mentions, and of nobody else.
        let mentioned = message.mentions.iter().copied().filter(|_| Access::is_room(conversation));
        for user in others.users().chain(mentioned) {
            self.publish(Event::Dock { site, user, given: None }).await;
        }
        self.tell(of, conversation, head.first_seq, message).await;
        Ok(())
    }

    /// What is committed stays so: who could not be told now learns of it when they next ask.
    async fn publish(&self, event: Event) {
        if let Err(error) = self.bus.publish(event).await {
            error.log();
        }
    }

    /// Notes a try whose write ended with an error.
    fn doubt<T>(&self, of: Try<'_>, written: store::Result<T>) -> Result<T, Refusal> {
        Ok(written.inspect_err(|_| self.doubts.lock().add(of.key()))?)
    }

    /// Whether the write of an earlier try ended with an error, and nobody was told of it since.
    fn is_in_doubt(&self, of: Try<'_>) -> bool {
        self.doubts.lock().has(&of.key())
    }

    /// Counts a try, before anything is looked up for it: whatever comes of it, and also where it was done before, what
    /// one user may have answered is bounded. Whoever is refused by that tries again later, and is answered then
    /// (docs/adr/0008-the-rate-comes-first.md).
    fn take(&self, Speaker { site, user }: Speaker) -> Result<(), Refusal> {
        self.allowances.of(site, user).take(Kind::Messages).map_err(Refusal::rate_limited)
    }

    /// Takes what a text needs from the budgets of a day.
    fn take_room(&self, Speaker { site, user }: Speaker, text: &str) -> Result<(), Refusal> {
        let bytes = stored_bytes(text);
        let full = |wait, why: &str| Refusal { detail: Some(why.into()), ..Refusal::rate_limited(wait) };
        let allowance = self.allowances.of(site, user);
        allowance.take_many(Kind::StoredBytes, bytes).map_err(|wait| {
            full(
                wait,
                "you have written as much as one person may in a day: this is sent when there is room again",
            )
        })?;
        self.allowances.store(site, bytes).map_err(|wait| {
            allowance.give_back(Kind::StoredBytes, bytes);
            full(
                wait,
                "this site has written as much as it may in a day: this is sent when there is room again",
            )
        })
    }

    /// It was not stored after all.
    fn give_back_room(&self, Speaker { site, user }: Speaker, text: &str) {
        let bytes = stored_bytes(text);
        self.allowances.of(site, user).give_back(Kind::StoredBytes, bytes);
        self.allowances.give_back(site, bytes);
    }
}

/// What a text takes from the budgets of a day.
fn stored_bytes(text: &str) -> u64 {
    u64::try_from(text.len() + MESSAGE_BYTES).unwrap_or(u64::MAX)
}

/// Whose try of what.
type Key = (SiteId, UserId, Uuid);
