//! A store that tells arrivals again: a layer around another one, for the process that serves it.
//!
//! Whoever walks from page to page is told what they were told a moment ago, without a read, as long as nothing was
//! written that it tells of. Every write goes through here and says what it concerns (`Writing`); reads pass. Nothing
//! else may write what an arrival tells of: a tool beside the server may remove a site, whose keys go too.

use std::{mem, sync::Arc};

use async_trait::async_trait;
use tokio::runtime::Handle;

use self::{
    recent::{Person, Recent},
    stamps::{Marks, Stamps, Subject},
};
use super::{
    Appended, Applied, Arrival, Change, Changed, CourseRooms, Floor, Group, Kept, NewMark, NewMessage,
    NewReaction, NewSystem, Noted, Origin, OwnReaction, Page, PeopleStore, Put, Reacted, Result, RoomPart,
    SiteKey, SiteRecord, SiteStore, SitesMark, Store, TalkStore, UserRecord,
};
use crate::{
    conversation::{Changes, Head, Held, Message, System},
    id::{ConversationId, Epoch, RightsVersion, Seq, SiteId, UserId},
    rights::{Membership, Policy, Snapshot},
};

mod own;
mod piece;
mod recent;
mod stamps;

/// A store with arrivals at hand.
pub struct CachedStore {
    store: Arc<dyn Store>,
    cache: Arc<Cache>,
}

#[derive(Default)]
struct Cache {
    stamps: Stamps,
    recent: Recent,
}

impl CachedStore {
    /// Around this one, to which from now on nothing is written but through here.
    pub fn over(store: Arc<dyn Store>) -> Self {
        Self { store, cache: Arc::default() }
    }

    /// To be called before the store is asked to write what these are of.
    fn writing(&self, marks: Marks) -> Writing<'_> {
        let begun = self.cache.stamps.begin(&marks);
        Writing { of: self, marks, begun, erases: false }
    }

    /// The same of what makes everything be forgotten.
    fn erasing(&self) -> Writing<'_> {
        let mut writing = self.writing(Stamps::everything());
        writing.erases = true;
        writing
    }
}

impl Cache {
    /// What was told to the same question, if it is still so.
    fn again(&self, person: Person, sid: &str, question: &[u8], heads: &[ConversationId]) -> Option<Arrival> {
        let piece = self.recent.again(person)?;
        let (read_at, answer) = piece::find(&piece, question)?;
        let (site, user) = person;
        let written = |subject| self.stamps.since(&subject, read_at);
        if !self.stamps.nothing_general_since(read_at)
            || written(Subject::Person(site, user))
            || written(Subject::Talk(site, user))
            || written(Subject::Login(site, sid))
        {
            return None;
        }
        let arrival = piece::read(answer)?;
        let conversations = arrival.dock.windows.iter().map(|window| &window.conversation);
        let mut others = conversations.clone().filter_map(|conversation| shown(conversation, user));
        let changed = others.any(|other| written(Subject::Person(site, other)));
        let mut places = conversations.chain(heads).filter(|c| c.direct().is_none());
        let moved = places.any(|place| written(Subject::Conversation(site, place)));
        (!changed && !moved).then_some(arrival)
    }

    /// Keeps what was told if this person came before.
    fn keep(&self, person: Person, question: &[u8], arrival: &Arrival, read_at: u64) {
        if self.recent.came_before(person)
            && let Some(piece) = piece::write(question, arrival, read_at)
        {
            // Not if somebody may have been erased.
            self.recent.keep(person, &piece, || self.stamps.nothing_general_since(read_at));
        }
    }
}

/// Whose name a window of this user shows, as the user's record has it.
fn shown(conversation: &ConversationId, user: UserId) -> Option<UserId> {
    conversation.direct().and_then(|two| two.other(user))
}

/// What a change in a conversation concerns: the windows and marks of all whose arrivals tell of it.
fn talk(site: SiteId, conversation: &ConversationId) -> Marks {
    match conversation {
        ConversationId::Direct(two) => Stamps::marks(two.both().map(|user| Subject::Talk(site, user))),
        ConversationId::Group(_) | ConversationId::Room(_) => {
            Stamps::marks([Subject::Conversation(site, conversation)])
        }
    }
}

/// The same with the windows of these people.
fn talk_with(site: SiteId, conversation: &ConversationId, people: &[UserId]) -> Marks {
    let mut marks = talk(site, conversation);
    marks.extend(Stamps::marks(people.iter().map(|user| Subject::Talk(site, *user))));
    marks
}

/// A write under way. Until it has ended nothing is told again of what it concerns.
struct Writing<'a> {
    of: &'a CachedStore,
    /// Empty once it has ended.
    marks: Marks,
    begun: u64,
    erases: bool,
}

impl Writing<'_> {
    /// It concerns these as well, as has turned out: to be called before anybody is told that it has ended.
    fn concerns(&mut self, marks: Marks) {
        self.of.cache.stamps.begin(&marks);
        self.marks.extend(marks);
    }

    /// It has ended with this; `wrote`: not without having changed something that is stored.
    fn end<T>(mut self, done: Result<T>, wrote: impl FnOnce(&T) -> bool) -> Result<T> {
        let (marks, cache) = (mem::take(&mut self.marks), &self.of.cache);
        match &done {
            Ok(done) => cache.stamps.end(&marks, self.begun, wrote(done)),
            Err(_) => cache.stamps.fail(&marks),
        }
        if self.erases {
            cache.recent.forget();
        }
        done
    }
}

impl Drop for Writing<'_> {
    /// Its caller has gone: what of it the store has taken is done all the same.
    fn drop(&mut self) {
        let marks = mem::take(&mut self.marks);
        if marks.is_empty() {
            return;
        }
        let (store, cache, erases) = (self.of.store.clone(), self.of.cache.clone(), self.erases);
        // Without a runtime the process ends, and nothing is told of it any more.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            store.settled().await;
            cache.stamps.fail(&marks);
            if erases {
                cache.recent.forget();
            }
        });
    }
}

#[async_trait]
impl Store for CachedStore {
    fn epoch(&self) -> Epoch {
        self.store.epoch()
    }

    fn epoch_began(&self) -> i64 {
        self.store.epoch_began()
    }

    fn space(&self) -> Option<(u64, u64)> {
        self.store.space()
    }

    async fn ready(&self) -> Result<()> {
        self.store.ready().await
    }

    async fn settled(&self) {
        self.store.settled().await;
    }

    async fn close(&self) {
        self.cache.stamps.close(); // a closed store tells nothing
        self.cache.recent.forget();
        self.store.close().await;
    }
}

/// An arrival tells nothing of what a site is.
#[async_trait]
impl SiteStore for CachedStore {
    async fn sites(&self) -> Result<Vec<SiteRecord>> {
        self.store.sites().await
    }

    async fn add_site(&self, site: SiteRecord) -> Result<SiteId> {
        self.store.add_site(site).await
    }

    async fn add_key(&self, site: SiteId, key: SiteKey) -> Result<()> {
        self.store.add_key(site, key).await
    }

    async fn drop_old_keys(&self, site: SiteId) -> Result<u64> {
        self.store.drop_old_keys(site).await
    }

    async fn remove_site(&self, site: SiteId) -> Result<()> {
        let writing = self.erasing();
        writing.end(self.store.remove_site(site).await, |()| true)
    }

    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> Result<()> {
        self.store.move_site(site, url, origins).await
    }

    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> Result<bool> {
        self.store.put_policy(site, policy, version).await
    }

    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> Result<bool> {
        self.store.raise_site_floor(site, version).await
    }

    async fn sites_mark(&self) -> Result<Option<SitesMark>> {
        self.store.sites_mark().await
    }

    fn sites_count(&self, mark: SitesMark) {
        self.store.sites_count(mark);
    }
}

#[async_trait]
impl PeopleStore for CachedStore {
    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> Result<Arrival> {
        let question = piece::question(sid, token, heads);
        if let Some(arrival) = self.cache.again((site, user), sid, &question, heads) {
            return Ok(arrival);
        }
        let read_at = self.cache.stamps.now();
        let arrival = self.store.arrival(site, user, sid, token, heads).await?;
        self.cache.keep((site, user), &question, &arrival, read_at);
        Ok(arrival)
    }

    async fn user(&self, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
        self.store.user(site, user).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> Result<Put> {
        let writing = self.writing(Stamps::marks([Subject::Person(site, user)]));
        let put = self.store.put_user(site, user, snapshot, origin).await;
        writing.end(put, |put| matches!(put, Put::Done(Applied { changed: true, .. })))
    }

    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> Result<(Applied, Vec<(ConversationId, Head)>)> {
        let writing = self.erasing();
        writing.end(self.store.remove_user(site, user, version).await, |(applied, _)| applied.changed)
    }

    async fn kept(&self, site: SiteId, user: UserId) -> Result<Option<Kept>> {
        self.store.kept(site, user).await
    }

    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> Result<Floor> {
        let writing = self.writing(Stamps::everything()); // everybody with the course in their token
        writing.end(self.store.raise_floor(site, course, version, now).await, |floor| floor.applied)
    }

    async fn members(&self, site: SiteId, course: &str) -> Result<Vec<UserId>> {
        self.store.members(site, course).await
    }

    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> Result<bool> {
        let people = circles.iter().map(|(user, _)| Subject::Person(site, *user));
        let writing = self.writing(Stamps::marks(people));
        writing.end(self.store.put_course(site, course, version, circles).await, |done| *done)
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> Result<()> {
        let writing = self.writing(Stamps::marks([Subject::Login(site, sid)]));
        writing.end(self.store.revoke_login(site, sid, until).await, |()| true)
    }

    /// Concerns nothing that is told again: of logins that have ended and of floors nothing is kept.
    async fn expire(&self, now: i64) -> Result<u64> {
        self.cache.recent.turn();
        self.store.expire(now).await
    }
}

#[async_trait]
impl TalkStore for CachedStore {
    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>> {
        self.store.find_sent(message).await
    }

    async fn append(&self, message: NewMessage) -> Result<Appended> {
        let site = message.site;
        let mut writing = self.writing(talk_with(site, &message.conversation, &message.mentions));
        let done = self.store.append(message).await;
        // Whose docks did not show it, nothing that they were told names it.
        if let Ok(Appended::New { came_back, .. }) = &done {
            writing.concerns(Stamps::marks(came_back.iter().map(|user| Subject::Talk(site, *user))));
        }
        writing.end(done, |done| matches!(done, Appended::New { .. }))
    }

    async fn find_noted(&self, new: &NewSystem) -> Result<Option<Noted>> {
        self.store.find_noted(new).await
    }

    async fn note(&self, new: NewSystem) -> Result<Noted> {
        let people = match &new.system {
            System::Made { users, .. } | System::Added { users } | System::Removed { users } => &users[..],
            System::Left | System::Renamed { .. } | System::Announcements { .. } => &[],
        };
        let people = [people, &[new.sender]].concat();
        let writing = self.writing(talk_with(new.site, &new.conversation, &people));
        writing.end(self.store.note(new).await, |done| matches!(done, Noted::New { .. }))
    }

    async fn group(&self, site: SiteId, conversation: &ConversationId) -> Result<Option<Group>> {
        self.store.group(site, conversation).await
    }

    async fn known(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        users: &[UserId],
    ) -> Result<Vec<UserId>> {
        self.store.known(site, conversation, users).await
    }

    async fn own_reaction(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
        user: UserId,
    ) -> Result<Option<OwnReaction>> {
        self.store.own_reaction(site, conversation, seq, user).await
    }

    async fn own_reactions(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        seqs: &[Seq],
    ) -> Result<Vec<(Seq, Vec<Arc<str>>)>> {
        self.store.own_reactions(site, conversation, user, seqs).await
    }

    async fn react(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        reactions: &[NewReaction],
    ) -> Result<(Vec<Reacted>, Vec<Message>, Seq)> {
        let writing = self.writing(talk(site, conversation));
        writing.end(self.store.react(site, conversation, reactions).await, |(outcomes, ..)| {
            outcomes.contains(&Reacted::Done)
        })
    }

    async fn course_rooms(&self, site: SiteId, course: &str) -> Result<Option<CourseRooms>> {
        self.store.course_rooms(site, course).await
    }

    async fn put_course_rooms(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        rooms: Option<CourseRooms>,
    ) -> Result<bool> {
        let writing = self.writing(Stamps::everything()); // everybody with a window of a room there
        writing.end(self.store.put_course_rooms(site, course, version, rooms).await, |changed| *changed)
    }

    async fn room_parts(
        &self,
        site: SiteId,
        user: UserId,
        rooms: &[ConversationId],
    ) -> Result<Vec<RoomPart>> {
        self.store.room_parts(site, user, rooms).await
    }

    async fn written_by(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        after: Seq,
        limit: i64,
    ) -> Result<Vec<Message>> {
        self.store.written_by(site, conversation, user, after, limit).await
    }

    async fn message(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
    ) -> Result<Option<Message>> {
        self.store.message(site, conversation, seq).await
    }

    async fn change(&self, change: Change) -> Result<Option<Changed>> {
        let writing = self.writing(talk(change.site, &change.conversation));
        writing.end(self.store.change(change).await, Option::is_some)
    }

    async fn history(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)> {
        self.store.history(site, conversation, page, limit).await
    }

    async fn changes(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        held: Held,
        limit: i64,
    ) -> Result<(Head, Changes)> {
        self.store.changes(site, conversation, held, limit).await
    }

    async fn read(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        mark: NewMark,
    ) -> Result<Option<Seq>> {
        let writing = self.writing(match conversation.direct() {
            Some(_) => talk(site, conversation),
            None => Stamps::marks([Subject::Talk(site, user)]), // others are not told of it
        });
        writing.end(self.store.read(site, conversation, user, mark).await, Option::is_some)
    }
}
