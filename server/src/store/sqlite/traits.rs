//! The traits over SQLite: each method hands one thing to be read to the read pool, or one to be written to the writer.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    Result, SqliteStore, append, arrive::Arrive, change, changes, circles, docks, erase, exports, finds,
    flags, history, index, lists, meta, note, place, places, react, sites, tidy, users,
};
use crate::{
    conversation::{Changes, Head, Held, Message},
    id::{ConversationId, RightsVersion, Seq, SiteId, UserId},
    rights::{Membership, Policy, Snapshot},
    store::{
        Appended, Applied, Arrival, Change, Changed, CourseRooms, Dock, DockStore, FindAsk, FindPage,
        FindStore, FlagChange, Flagged, Flags, Floor, Group, Kept, ListAsk, ListPage, ListStore, Listed,
        NewMark, NewMessage, NewReaction, NewSystem, Noted, Origin, OwnReaction, Page, PeopleStore, Put,
        Reacted, RoomPart, SiteKey, SiteRecord, SiteStore, SitesMark, TalkStore, UserRecord, Waiting,
        WindowChange,
    },
};

#[async_trait]
impl SiteStore for SqliteStore {
    async fn sites(&self) -> Result<Vec<SiteRecord>> {
        self.readers.run(|conn| sites::sites(conn)).await
    }

    async fn add_site(&self, site: SiteRecord) -> Result<SiteId> {
        self.writer.run(sites::AddSite(site)).await
    }

    async fn add_key(&self, site: SiteId, key: SiteKey) -> Result<()> {
        self.writer.run(sites::AddKey(site, key)).await
    }

    async fn drop_old_keys(&self, site: SiteId) -> Result<u64> {
        self.writer.run(sites::DropOldKeys(site)).await
    }

    async fn remove_site(&self, site: SiteId) -> Result<()> {
        self.writer.run(sites::RemoveSite(site)).await
    }

    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> Result<()> {
        self.writer.run(sites::MoveSite { site, url: url.to_owned(), origins: origins.to_vec() }).await
    }

    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> Result<bool> {
        self.writer.run(sites::PutPolicy(site, policy, version)).await
    }

    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> Result<bool> {
        self.writer.run(sites::RaiseSiteFloor(site, version)).await
    }

    async fn sites_mark(&self) -> Result<Option<SitesMark>> {
        self.readers.run(|conn| Ok(meta::sites_mark(conn)?)).await
    }

    fn sites_count(&self, mark: SitesMark) {
        if let Some(lock) = &*self.served.lock()
            && let Err(error) = place::tell(lock, &Uuid::from_bytes(mark).to_string())
        {
            tracing::warn!(%error, "the command that has changed the sites cannot be told that it counts");
        }
    }
}

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> Result<Arrival> {
        let arrive = Arrive::new((site, user), sid, token.rights_version, circles::courses(token), heads);
        self.readers.run(move |conn| arrive.look(conn)).await
    }

    async fn user(&self, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
        self.readers.run(move |conn| users::user(conn, site, user)).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> Result<Put> {
        let put = users::PutUser { site, user, snapshot, origin };
        let look = move |conn: &mut Connection| Ok((put.look(conn)?, put));
        let (outcome, put) = self.readers.run(look).await?;
        // What a read cannot change is not queued for the writer, which decides anew.
        let writes = matches!(outcome, Put::Done(Applied { changed: true, .. }));
        if writes { self.writer.run(put).await } else { Ok(outcome) }
    }

    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> Result<(Applied, Vec<(ConversationId, Head)>)> {
        self.writer.run(erase::RemoveUser { site, user, version }).await
    }

    async fn kept(&self, site: SiteId, user: UserId) -> Result<Option<Kept>> {
        self.readers.run(move |conn| exports::kept(conn, site, user)).await
    }

    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> Result<Floor> {
        self.writer.run(circles::RaiseFloor { site, course: course.to_owned(), version, now }).await
    }

    async fn members(&self, site: SiteId, course: &str) -> Result<Vec<UserId>> {
        let course = course.to_owned();
        self.readers.run(move |conn| circles::members(conn, site, &course)).await
    }

    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> Result<bool> {
        let mut put = circles::PutCourse { site, course: course.to_owned(), version, circles };
        // Most people of a course stay as they are: only the others are a matter for the writer, which decides anew.
        let look = move |conn: &mut Connection| {
            let changes = put.changes(conn)?;
            let changed: HashSet<UserId> = changes.into_iter().map(|(user, _)| user).collect();
            put.circles.retain(|(user, _)| changed.contains(user));
            Ok(put)
        };
        let put = self.readers.run(look).await?;
        if put.circles.is_empty() { Ok(true) } else { self.writer.run(put).await }
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> Result<()> {
        self.writer.run(users::RevokeLogin { site, sid: sid.to_owned(), until }).await
    }

    async fn expire(&self, now: i64) -> Result<u64> {
        self.writer.run(users::Expire { now }).await
    }
}

#[async_trait]
impl TalkStore for SqliteStore {
    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>> {
        let message = message.clone();
        self.readers.run(move |conn| append::find_sent(conn, &message)).await
    }

    async fn append(&self, message: NewMessage) -> Result<Appended> {
        self.writer.append(message).await
    }

    async fn find_noted(&self, new: &NewSystem) -> Result<Option<Noted>> {
        let new = new.clone();
        self.readers.run(move |conn| note::find_noted(conn, &new)).await
    }

    async fn note(&self, new: NewSystem) -> Result<Noted> {
        self.writer.run(note::NoteSystem(new)).await
    }

    async fn group(&self, site: SiteId, conversation: &ConversationId) -> Result<Option<Group>> {
        let conversation = conversation.clone();
        self.readers.run(move |conn| places::group(conn, site, &conversation)).await
    }

    async fn known(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        users: &[UserId],
    ) -> Result<Vec<UserId>> {
        let (conversation, users) = (conversation.clone(), users.to_vec());
        self.readers.run(move |conn| places::known(conn, site, &conversation, &users)).await
    }

    async fn own_reaction(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
        user: UserId,
    ) -> Result<Option<OwnReaction>> {
        let conversation = conversation.clone();
        self.readers.run(move |conn| react::own_reaction(conn, site, &conversation, seq, user)).await
    }

    async fn own_reactions(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        seqs: &[Seq],
    ) -> Result<Vec<(Seq, Vec<Arc<str>>)>> {
        let (conversation, seqs) = (conversation.clone(), seqs.to_vec());
        self.readers.run(move |conn| react::own_reactions(conn, site, &conversation, user, &seqs)).await
    }

    async fn react(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        reactions: &[NewReaction],
    ) -> Result<(Vec<Reacted>, Vec<Message>, Seq)> {
        let (conversation, reactions) = (conversation.clone(), reactions.to_vec());
        self.writer.run(react::React { site, conversation, reactions }).await
    }

    async fn course_rooms(&self, site: SiteId, course: &str) -> Result<Option<CourseRooms>> {
        let course = course.to_owned();
        self.readers.run(move |conn| places::course_rooms(conn, site, &course)).await
    }

    async fn put_course_rooms(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        rooms: Option<CourseRooms>,
    ) -> Result<bool> {
        let before = self.course_rooms(site, course).await?;
        // What a read cannot change is not queued for the writer.
        if before == rooms {
            return Ok(false);
        }
        self.writer.run(places::PutCourseRooms { site, course: course.to_owned(), version, rooms }).await
    }

    async fn room_parts(
        &self,
        site: SiteId,
        user: UserId,
        rooms: &[ConversationId],
    ) -> Result<Vec<RoomPart>> {
        let rooms = rooms.to_vec();
        self.readers.run(move |conn| places::room_parts(conn, site, user, &rooms)).await
    }

    async fn written_by(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        after: Seq,
        limit: i64,
    ) -> Result<Vec<Message>> {
        let conversation = conversation.clone();
        self.readers.run(move |conn| history::written_by(conn, site, &conversation, user, after, limit)).await
    }

    async fn message(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
    ) -> Result<Option<Message>> {
        let conversation = conversation.clone();
        self.readers.run(move |conn| history::message(conn, site, &conversation, seq)).await
    }

    async fn change(&self, change: Change) -> Result<Option<Changed>> {
        self.writer.run(change::ChangeMessage(change)).await
    }

    async fn history(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)> {
        let conversation = conversation.clone();
        self.readers.run(move |conn| history::history(conn, site, &conversation, page, limit)).await
    }

    async fn changes(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        held: Held,
        limit: i64,
    ) -> Result<(Head, Changes)> {
        let conversation = conversation.clone();
        self.readers.run(move |conn| changes::changes(conn, site, &conversation, held, limit)).await
    }

    async fn read(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        mark: NewMark,
    ) -> Result<Option<Seq>> {
        let conversation = conversation.clone();
        self.writer.run(history::Read { site, conversation, user, mark }).await
    }
}

#[async_trait]
impl DockStore for SqliteStore {
    async fn dock(&self, site: SiteId, user: UserId) -> Result<Dock> {
        self.readers.run(move |conn| docks::dock(conn, site, user)).await
    }

    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: WindowChange,
        most: usize,
    ) -> Result<bool> {
        match conversation {
            ConversationId::Direct(two) if two.other(user).is_none() => return Ok(false),
            ConversationId::Direct(_) | ConversationId::Group(_) | ConversationId::Room(_) => {}
        }
        let conversation = conversation.clone();
        self.writer.run(docks::SetWindow { site, user, conversation, change, most }).await
    }
}

#[async_trait]
impl ListStore for SqliteStore {
    async fn list(&self, site: SiteId, user: UserId, ask: &ListAsk) -> Result<ListPage> {
        let ask = ask.clone();
        self.readers.run(move |conn| lists::list(conn, site, user, &ask)).await
    }

    async fn listed(
        &self,
        site: SiteId,
        user: UserId,
        conversations: &[ConversationId],
    ) -> Result<Vec<Listed>> {
        let conversations = conversations.to_vec();
        self.readers.run(move |conn| lists::listed(conn, site, user, &conversations)).await
    }

    async fn flags(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
    ) -> Result<Option<Flags>> {
        let conversation = conversation.clone();
        self.readers.run(move |conn| flags::flags(conn, site, user, &conversation)).await
    }

    async fn flag(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: FlagChange,
    ) -> Result<Flagged> {
        let conversation = conversation.clone();
        self.writer.run(flags::Flag { site, user, conversation, change }).await
    }

    async fn unmute(&self, now: i64) -> Result<Vec<(SiteId, UserId)>> {
        // Nearly always there is nothing that the writer would be asked for.
        let any = self.readers.run(move |conn| tidy::ends(conn, now)).await?;
        if any { self.writer.run(tidy::Unmute { now }).await } else { Ok(Vec::new()) }
    }

    async fn tidy(&self, after: Option<Waiting>, now: i64) -> Result<Option<Waiting>> {
        let (rows, next) = self.readers.run(move |conn| tidy::read(conn, after, now)).await?;
        if !rows.is_empty() {
            self.writer.run(tidy::Tidy { rows, now }).await?;
        }
        Ok(next)
    }
}

#[async_trait]
impl FindStore for SqliteStore {
    async fn find(&self, site: SiteId, user: UserId, ask: &FindAsk) -> Result<FindPage> {
        let ask = ask.clone();
        self.readers.run(move |conn| finds::find(conn, site, user, &ask)).await
    }

    async fn index(&self) -> Result<bool> {
        // Nearly always there is nothing that the writer would be asked for.
        let is_due = self.readers.run(|conn| index::is_due(conn)).await?;
        if is_due { self.writer.run(index::Index).await } else { Ok(false) }
    }
}
