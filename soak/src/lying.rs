//! The real server code over stores that lie: the planted mutants, and the control of the power cuts.
//!
//! None of this is in the shipped binary. Each decorator is the real SQLite store but for one broken promise.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use anyhow::Result;
use async_trait::async_trait;
use clap::ValueEnum;
use futures_util::future::join_all;
use gchat::{
    config::{Config, Flags},
    conversation::{Changes, Head, Held, Message, System},
    id::{ClientMessageId, ConversationId, Rev, RightsVersion, Seq, SiteId, UserId, VerbId},
    logs,
    server::Server,
    store::{
        Appended, Change, Changed, CourseRooms, Group, NewMark, NewMessage, NewReaction, NewSystem, Noted,
        OwnReaction, Page, Reacted, Result as StoreResult, RoomPart, Store, TalkStore, sqlite::SqliteStore,
    },
};
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

mod honest;

/// How long the early mutant keeps what it has acknowledged: long enough that a kill finds some of it.
const LATE: Duration = Duration::from_millis(40);

/// How many messages the lingering mutant gives to those who have left.
const LINGERS: i64 = 5;

/// The chance that the pretending mutant does not store an edit.
const PRETENDED: f64 = 0.2;

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The real one.
    Honest,
    /// Acknowledges a message before it is committed.
    Early,
    /// Forgets the ids of what it has committed: a repeated send is a new message.
    Forgetful,
    /// Raises a conversation's rev by two where a message is edited or deleted.
    Skipping,
    /// Acknowledges and tells of an edit that it does not store.
    Pretending,
    /// Takes a reaction whatever its id is: of two devices the one whose answer comes last wins.
    Disordered,
    /// Counts one person too many with each emoji.
    Miscounting,
    /// Lets whoever is in a group read all of it.
    Backwards,
    /// Lets whoever has left a group read on for a while.
    Lingering,
    /// Does twice what is asked for in a group.
    Twice,
    /// Forgets that a room is for announcements.
    Chatty,
    /// Leaves the newest conversation out of a list.
    Omitting,
    /// Commits with `synchronous=NORMAL`: nothing is flushed when a message is acknowledged.
    Unsynced,
}

/// Serves until it is killed.
pub async fn serve(kind: Kind, settings: &Path) -> Result<()> {
    let config = Config::load(Some(settings), Flags::default())?;
    logs::init(&config);
    let open = match kind {
        Kind::Unsynced => SqliteStore::open_unsynced(&config.database).await,
        _ => SqliteStore::open(&config.database).await,
    };
    let inner = Arc::new(open?);
    let lie = match kind {
        Kind::Honest | Kind::Unsynced => None,
        Kind::Early => Some(Lie::Early(Early::start(inner.clone()))),
        Kind::Forgetful => Some(Lie::Forgetful),
        Kind::Skipping => Some(Lie::Skipping),
        Kind::Pretending => Some(Lie::Pretending),
        Kind::Disordered => Some(Lie::Disordered),
        Kind::Miscounting => Some(Lie::Miscounting),
        Kind::Backwards => Some(Lie::Backwards),
        Kind::Lingering => Some(Lie::Lingering),
        Kind::Twice => Some(Lie::Twice),
        Kind::Chatty => Some(Lie::Chatty),
        Kind::Omitting => Some(Lie::Omitting),
    };
    let store: Arc<dyn Store> = match lie {
        None => inner,
        Some(lie) => Arc::new(Lying { inner, lie }),
    };
    let server = Server::bind(config, store, None).await?;
    // As `gchat serve` says it.
    tracing::info!(listen = %server.local_addr()?, "ready");
    server.run(std::future::pending()).await
}

struct Lying {
    inner: Arc<SqliteStore>,
    lie: Lie,
}

enum Lie {
    Early(Early),
    Forgetful,
    Skipping,
    Pretending,
    Disordered,
    Miscounting,
    Backwards,
    Lingering,
    Twice,
    Chatty,
    Omitting,
}

impl Lie {
    /// The messages as this one has them.
    fn told(&self, messages: &mut [Message]) {
        if let Self::Miscounting = self {
            let reactions = messages.iter_mut().flat_map(|message| &mut message.reactions);
            reactions.for_each(|with| with.count += 1);
        }
    }
}

/// Acknowledged, but not committed yet.
struct Early {
    promised: Arc<Mutex<Promised>>,
    queue: mpsc::UnboundedSender<NewMessage>,
}

#[derive(Default)]
struct Promised {
    messages: HashMap<(ClientMessageId, UserId), Message>,
    heads: HashMap<ConversationId, Head>,
}

impl Early {
    fn start(inner: Arc<SqliteStore>) -> Self {
        let (queue, mut jobs) = mpsc::unbounded_channel::<NewMessage>();
        let promised = Arc::new(Mutex::new(Promised::default()));
        let kept = promised.clone();
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while jobs.recv_many(&mut batch, 10_000).await > 0 {
                tokio::time::sleep(LATE).await;
                let keys: Vec<_> = batch.iter().map(|m| (m.client_message_id, m.sender)).collect();
                // Polled in their order, so that they queue in it.
                join_all(batch.drain(..).map(|message| inner.append(message))).await;
                let mut kept = kept.lock().await;
                keys.iter().for_each(|key| drop(kept.messages.remove(key)));
            }
        });
        Self { promised, queue }
    }

    async fn append(&self, inner: &SqliteStore, new: NewMessage) -> StoreResult<Appended> {
        let mut promised = self.promised.lock().await;
        let key = (new.client_message_id, new.sender);
        if let Some(message) = promised.messages.get(&key) {
            return Ok(Appended::Repeated { message: message.clone(), published: Seq(0) });
        }
        if let Some(earlier) = inner.find_sent(&new).await? {
            return Ok(earlier);
        }
        let head = match promised.heads.get(&new.conversation) {
            Some(head) => *head,
            None => inner.history(new.site, &new.conversation, Page::Newest, 1).await?.0,
        };
        let head = Head { seq: Seq(head.seq.0 + 1), rev: Rev(head.rev.0 + 1), ..head };
        let message = new.row(head.seq, head.rev);
        let other = new.conversation.direct().and_then(|two| two.other(new.sender));
        promised.heads.insert(new.conversation.clone(), head);
        promised.messages.insert(key, message.clone());
        let _ = self.queue.send(new); // the task lives as long as the process
        let came_back = other.filter(|_| head.seq == Seq(1)).into_iter().collect();
        Ok(Appended::New { message, first_seq: head.first_seq, published: None, came_back })
    }
}

/// Commits once more, under another id, what was committed before.
async fn forget(inner: &SqliteStore, message: NewMessage) -> StoreResult<Appended> {
    let id = message.client_message_id;
    match inner.append(message.clone()).await? {
        Appended::Repeated { .. } => {
            let again = NewMessage { client_message_id: ClientMessageId(Uuid::now_v7()), ..message };
            Ok(match inner.append(again).await? {
                Appended::New { message, first_seq, published, came_back } => Appended::New {
                    message: Message { client_message_id: Some(id), ..message },
                    first_seq,
                    published,
                    came_back,
                },
                other => other,
            })
        }
        other => Ok(other),
    }
}

/// Counts one change twice, so that the rev of the first is that of no row.
async fn skip(inner: &SqliteStore, change: Change) -> StoreResult<Option<Changed>> {
    let (site, conversation) = (change.site, change.conversation.clone());
    let Some(Changed { message, .. }) = inner.change(change).await? else { return Ok(None) };
    inner.change(Change { site, conversation, message }).await
}

/// Says that an edit is committed, under the rev that it would have; deletions are.
async fn pretend(inner: &SqliteStore, change: Change) -> StoreResult<Option<Changed>> {
    let is_edit = change.message.text.is_some();
    if !is_edit || !rand::random_bool(PRETENDED) {
        return inner.change(change).await;
    }
    let (head, _) = inner.history(change.site, &change.conversation, Page::Newest, 1).await?;
    let message = Message { rev: Rev(head.rev.0 + 1), ..change.message };
    Ok(Some(Changed { message, first_seq: head.first_seq }))
}

/// Happens, and happens again under another id.
async fn twice(inner: &SqliteStore, new: NewSystem) -> StoreResult<Noted> {
    let noted = inner.note(new.clone()).await?;
    if let (Noted::New { message, .. }, false) = (&noted, matches!(new.system, System::Made { .. })) {
        inner.note(NewSystem { id: VerbId(Uuid::now_v7()), judged_at: message.rev, ..new }).await?;
    }
    Ok(noted)
}

/// Raises the ids that are not above the ones that are kept.
async fn raised(
    inner: &SqliteStore,
    site: SiteId,
    conversation: &ConversationId,
    reactions: &[NewReaction],
) -> StoreResult<Vec<NewReaction>> {
    let mut raised = reactions.to_vec();
    for new in &mut raised {
        let own = inner.own_reaction(site, conversation, new.seq, new.user).await?;
        if let Some(own) = own.filter(|own| own.id >= new.id) {
            new.id = VerbId(Uuid::from_u128(own.id.0.as_u128() + 1));
        }
    }
    Ok(raised)
}

#[async_trait]
impl TalkStore for Lying {
    async fn find_sent(&self, message: &NewMessage) -> StoreResult<Option<Appended>> {
        match &self.lie {
            Lie::Forgetful => Ok(None),
            _ => self.inner.find_sent(message).await,
        }
    }

    async fn append(&self, message: NewMessage) -> StoreResult<Appended> {
        match &self.lie {
            Lie::Early(early) => early.append(&self.inner, message).await,
            Lie::Forgetful => forget(&self.inner, message).await,
            _ => self.inner.append(message).await,
        }
    }

    async fn change(&self, change: Change) -> StoreResult<Option<Changed>> {
        match &self.lie {
            Lie::Skipping => skip(&self.inner, change).await,
            Lie::Pretending => pretend(&self.inner, change).await,
            _ => self.inner.change(change).await,
        }
    }

    async fn note(&self, new: NewSystem) -> StoreResult<Noted> {
        match &self.lie {
            Lie::Twice => twice(&self.inner, new).await,
            _ => self.inner.note(new).await,
        }
    }

    async fn find_noted(&self, new: &NewSystem) -> StoreResult<Option<Noted>> {
        self.inner.find_noted(new).await
    }

    async fn group(&self, site: SiteId, conversation: &ConversationId) -> StoreResult<Option<Group>> {
        let mut group = self.inner.group(site, conversation).await?;
        for part in group.iter_mut().flat_map(|group| &mut group.people) {
            match &self.lie {
                Lie::Backwards => part.first = Seq(1),
                Lie::Lingering => part.left = part.left.map(|left| Seq(left.0 + LINGERS)),
                _ => {}
            }
        }
        Ok(group)
    }

    async fn react(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        reactions: &[NewReaction],
    ) -> StoreResult<(Vec<Reacted>, Vec<Message>, Seq)> {
        let mut done = match &self.lie {
            Lie::Disordered => {
                let raised = raised(&self.inner, site, conversation, reactions).await?;
                self.inner.react(site, conversation, &raised).await?
            }
            _ => self.inner.react(site, conversation, reactions).await?,
        };
        self.lie.told(&mut done.1);
        Ok(done)
    }

    // The rest is honest.

    async fn known(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        users: &[UserId],
    ) -> StoreResult<Vec<UserId>> {
        self.inner.known(site, conversation, users).await
    }

    async fn own_reaction(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
        user: UserId,
    ) -> StoreResult<Option<OwnReaction>> {
        let mut own = self.inner.own_reaction(site, conversation, seq, user).await?;
        if let (Lie::Disordered, Some(own)) = (&self.lie, &mut own) {
            own.id = VerbId(Uuid::nil());
        }
        Ok(own)
    }

    async fn own_reactions(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        seqs: &[Seq],
    ) -> StoreResult<Vec<(Seq, Vec<Arc<str>>)>> {
        self.inner.own_reactions(site, conversation, user, seqs).await
    }

    async fn course_rooms(&self, site: SiteId, course: &str) -> StoreResult<Option<CourseRooms>> {
        self.inner.course_rooms(site, course).await
    }

    async fn put_course_rooms(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        rooms: Option<CourseRooms>,
    ) -> StoreResult<bool> {
        self.inner.put_course_rooms(site, course, version, rooms).await
    }

    async fn room_parts(
        &self,
        site: SiteId,
        user: UserId,
        rooms: &[ConversationId],
    ) -> StoreResult<Vec<RoomPart>> {
        let mut parts = self.inner.room_parts(site, user, rooms).await?;
        if let Lie::Chatty = self.lie {
            parts.iter_mut().for_each(|part| part.announcements = false);
        }
        Ok(parts)
    }

    async fn written_by(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        after: Seq,
        limit: i64,
    ) -> StoreResult<Vec<Message>> {
        self.inner.written_by(site, conversation, user, after, limit).await
    }

    async fn message(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
    ) -> StoreResult<Option<Message>> {
        let mut message = self.inner.message(site, conversation, seq).await?;
        self.lie.told(message.as_mut_slice());
        Ok(message)
    }

    async fn history(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        page: Page,
        limit: i64,
    ) -> StoreResult<(Head, Vec<Message>)> {
        let (head, mut messages) = self.inner.history(site, conversation, page, limit).await?;
        self.lie.told(&mut messages);
        Ok((head, messages))
    }

    async fn changes(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        held: Held,
        limit: i64,
    ) -> StoreResult<(Head, Changes)> {
        let (head, mut changes) = self.inner.changes(site, conversation, held, limit).await?;
        self.lie.told(&mut changes.messages);
        Ok((head, changes))
    }

    async fn read(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        mark: NewMark,
    ) -> StoreResult<Option<Seq>> {
        self.inner.read(site, conversation, user, mark).await
    }
}
