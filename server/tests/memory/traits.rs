//! The traits over a disk in memory.

use std::sync::Arc;

use async_trait::async_trait;
use gchat::{
    conversation::{Changes, Head, Held, Message},
    id::{ConversationId, Epoch, RightsVersion, Seq, SiteId, UserId},
    rights::{Membership, Policy, Snapshot},
    store::{
        Appended, Applied, Arrival, Change, Changed, CourseRooms, Dock, DockStore, FindAsk, FindPage,
        FindStore, FlagChange, Flagged, Flags, Floor, Group, Kept, ListAsk, ListPage, ListStore, Listed,
        NewMark, NewMessage, NewReaction, NewSystem, Noted, Origin, OwnReaction, Page, PeopleStore, Put,
        Reacted, Result, RoomPart, SiteKey, SiteRecord, SiteStore, Store, StoreError, TalkStore, UserRecord,
        WindowChange,
    },
};

use super::{Disk, MemoryStore, Site, Weather};

#[async_trait]
impl<W: Weather> Store for MemoryStore<W> {
    fn epoch(&self) -> Epoch {
        self.disk.lock().epoch
    }

    fn epoch_began(&self) -> i64 {
        0
    }

    async fn ready(&self) -> Result<()> {
        self.weather.read().await
    }

    async fn close(&self) {}
}

#[async_trait]
impl<W: Weather> SiteStore for MemoryStore<W> {
    async fn sites(&self) -> Result<Vec<SiteRecord>> {
        self.weather.read().await?;
        Ok(self.disk.lock().sites.values().map(|site| site.record.clone()).collect())
    }

    async fn add_site(&self, site: SiteRecord) -> Result<SiteId> {
        self.write(|disk| disk.add_site(site)).await
    }

    async fn add_key(&self, site: SiteId, key: SiteKey) -> Result<()> {
        self.write(|disk| disk.add_key(site, key)).await
    }

    async fn drop_old_keys(&self, site: SiteId) -> Result<u64> {
        self.write_site(site, |site| Ok(site.keep_keys(1))).await
    }

    async fn remove_site(&self, site: SiteId) -> Result<()> {
        self.write(|disk| disk.sites.remove(&site).map(drop).ok_or(StoreError::NoSite)).await
    }

    async fn move_site(&self, site: SiteId, url: &str, origins: &[String]) -> Result<()> {
        self.write(|disk| disk.move_site(site, url, origins)).await
    }

    async fn put_policy(&self, site: SiteId, policy: Policy, version: RightsVersion) -> Result<bool> {
        self.write_site(site, |site| Ok(site.put_policy(policy, version))).await
    }

    async fn raise_site_floor(&self, site: SiteId, version: RightsVersion) -> Result<bool> {
        self.write_site(site, |site| {
            let floor = Floor::of(version, Some(site.record.floor));
            site.record.floor = floor.version;
            Ok(floor.applied)
        })
        .await
    }
}

#[async_trait]
impl<W: Weather> PeopleStore for MemoryStore<W> {
    async fn arrival(
        &self,
        site: SiteId,
        user: UserId,
        sid: &str,
        token: &Snapshot,
        heads: &[ConversationId],
    ) -> Result<Arrival> {
        let found = self.look(site, |site| Arrival {
            user: site.users.get(&user).cloned(),
            revoked: site.logins.contains_key(sid),
            floors: site.floors_for(user, token),
            dock: site.dock(user),
            heads: heads.iter().map(|id| site.head(id, user)).collect(),
        });
        let mut arrival = found.await?;
        arrival.heads.resize(heads.len(), None); // no site, no conversations
        Ok(arrival)
    }

    async fn user(&self, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
        self.look(site, |site| site.users.get(&user).cloned()).await
    }

    async fn put_user(
        &self,
        site: SiteId,
        user: UserId,
        snapshot: Arc<Snapshot>,
        origin: Origin,
    ) -> Result<Put> {
        self.write_site(site, |site| Ok(site.put_user(user, &snapshot, origin))).await
    }

    async fn remove_user(
        &self,
        site: SiteId,
        user: UserId,
        version: RightsVersion,
    ) -> Result<(Applied, Vec<(ConversationId, Head)>)> {
        self.write_site(site, |site| Ok(site.remove_user(user, version))).await
    }

    async fn kept(&self, site: SiteId, user: UserId) -> Result<Option<Kept>> {
        self.look(site, |site| site.kept(user)).await
    }

    async fn raise_floor(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        now: i64,
    ) -> Result<Floor> {
        self.write_site(site, |site| Ok(site.raise_floor(course, version, now))).await
    }

    async fn members(&self, site: SiteId, course: &str) -> Result<Vec<UserId>> {
        self.look(site, |site| {
            let holds = |record: &UserRecord| record.snapshot.courses().contains(course);
            site.users.iter().filter(|(_, record)| holds(record)).map(|(user, _)| *user).collect()
        })
        .await
    }

    async fn put_course(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        circles: Vec<(UserId, Vec<Membership>)>,
    ) -> Result<bool> {
        self.write_site(site, |site| Ok(site.put_course(course, version, &circles))).await
    }

    async fn revoke_login(&self, site: SiteId, sid: &str, until: i64) -> Result<()> {
        self.write_site(site, |site| {
            let stored = site.logins.entry(sid.to_owned()).or_insert(until);
            *stored = until.max(*stored);
            Ok(())
        })
        .await
    }

    async fn expire(&self, now: i64) -> Result<u64> {
        self.write(|disk| Ok(disk.sites.values_mut().map(|site| site.expire(now)).sum())).await
    }
}

#[async_trait]
impl<W: Weather> TalkStore for MemoryStore<W> {
    async fn find_sent(&self, message: &NewMessage) -> Result<Option<Appended>> {
        self.look(message.site, |site| site.find_sent(message)).await
    }

    async fn append(&self, message: NewMessage) -> Result<Appended> {
        self.write_site(message.site, |site| site.append(message)).await
    }

    async fn find_noted(&self, new: &NewSystem) -> Result<Option<Noted>> {
        self.look(new.site, |site| site.find_noted(new)).await
    }

    async fn note(&self, new: NewSystem) -> Result<Noted> {
        self.write_site(new.site, |site| site.note(&new)).await
    }

    async fn group(&self, site: SiteId, conversation: &ConversationId) -> Result<Option<Group>> {
        self.look(site, |site| site.group(conversation)).await
    }

    async fn known(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        users: &[UserId],
    ) -> Result<Vec<UserId>> {
        self.look(site, |site| site.known(conversation, users)).await
    }

    async fn own_reaction(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
        user: UserId,
    ) -> Result<Option<OwnReaction>> {
        self.look(site, |site| site.own_reaction(conversation, seq, user)).await
    }

    async fn own_reactions(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        seqs: &[Seq],
    ) -> Result<Vec<(Seq, Vec<Arc<str>>)>> {
        self.look(site, |site| site.own_reactions(conversation, user, seqs)).await
    }

    async fn react(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        reactions: &[NewReaction],
    ) -> Result<(Vec<Reacted>, Vec<Message>, Seq)> {
        self.write_site(site, |site| Ok(site.react(conversation, reactions))).await
    }

    async fn course_rooms(&self, site: SiteId, course: &str) -> Result<Option<CourseRooms>> {
        self.look(site, |site| site.rooms.get(course).cloned()).await
    }

    async fn put_course_rooms(
        &self,
        site: SiteId,
        course: &str,
        version: RightsVersion,
        rooms: Option<CourseRooms>,
    ) -> Result<bool> {
        self.write_site(site, |site| Ok(site.put_course_rooms(course, version, rooms))).await
    }

    async fn room_parts(
        &self,
        site: SiteId,
        user: UserId,
        rooms: &[ConversationId],
    ) -> Result<Vec<RoomPart>> {
        self.look(site, |site| rooms.iter().map(|room| site.room_part(user, room)).collect()).await
    }

    async fn written_by(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        after: Seq,
        limit: i64,
    ) -> Result<Vec<Message>> {
        let (_, mut messages) =
            self.look(site, |site| site.history(conversation, Page::After(after), i64::MAX)).await?;
        messages.retain(|message| message.sender == user);
        messages.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(messages)
    }

    async fn message(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        seq: Seq,
    ) -> Result<Option<Message>> {
        self.look(site, |site| site.message(conversation, seq)).await
    }

    async fn change(&self, change: Change) -> Result<Option<Changed>> {
        self.write_site(change.site, |site| Ok(site.change(&change))).await
    }

    async fn changes(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        held: Held,
        limit: i64,
    ) -> Result<(Head, Changes)> {
        let found = self.look(site, |site| Some(site.changes(conversation, held, limit))).await?;
        let head = Head::default();
        Ok(found.unwrap_or_else(|| (head, Changes::head(conversation.clone(), head))))
    }

    async fn history(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        page: Page,
        limit: i64,
    ) -> Result<(Head, Vec<Message>)> {
        self.look(site, |site| site.history(conversation, page, limit)).await
    }

    async fn read(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        user: UserId,
        mark: NewMark,
    ) -> Result<Option<Seq>> {
        self.write_site(site, |site| Ok(site.read(conversation, user, mark))).await
    }
}

#[async_trait]
impl<W: Weather> DockStore for MemoryStore<W> {
    async fn dock(&self, site: SiteId, user: UserId) -> Result<Dock> {
        self.look(site, |site| site.dock(user)).await
    }

    async fn set_window(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: WindowChange,
        most: usize,
    ) -> Result<bool> {
        self.write_site(site, |site| Ok(site.set_window(user, conversation, &change, most))).await
    }
}

#[async_trait]
impl<W: Weather> ListStore for MemoryStore<W> {
    async fn list(&self, site: SiteId, user: UserId, ask: &ListAsk) -> Result<ListPage> {
        self.look(site, |site| site.list(user, ask)).await
    }

    async fn listed(
        &self,
        site: SiteId,
        user: UserId,
        conversations: &[ConversationId],
    ) -> Result<Vec<Listed>> {
        self.look(site, |site| site.listed(user, conversations)).await
    }

    async fn flags(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
    ) -> Result<Option<Flags>> {
        self.look(site, |site| site.flags(user, conversation)).await
    }

    async fn flag(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: FlagChange,
    ) -> Result<Flagged> {
        self.write_site(site, |site| Ok(site.flag(user, conversation, change))).await
    }

    async fn unmute(&self, now: i64) -> Result<Vec<(SiteId, UserId)>> {
        let of = |disk: &mut Disk| {
            let each = |(id, site): (&SiteId, &mut Site)| {
                let users = site.unmute(now);
                users.into_iter().map(|user| (*id, user)).collect::<Vec<_>>()
            };
            Ok(disk.sites.iter_mut().flat_map(each).collect())
        };
        self.write(of).await
    }
}

#[async_trait]
impl<W: Weather> FindStore for MemoryStore<W> {
    async fn find(&self, site: SiteId, user: UserId, ask: &FindAsk) -> Result<FindPage> {
        self.look(site, |site| site.find(user, ask)).await
    }
}
