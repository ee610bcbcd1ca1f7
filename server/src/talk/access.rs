//! Who may do what in a conversation of any kind: may they read it, may they write in it and why not, who hears of what
//! happens there. Every verb asks here, and nowhere else does anybody ask who "the other one" is.
//!
//! A conversation that is not there, one that is not the speaker's and one with somebody whom they may not see are one
//! answer; and how long the answer takes must not tell whether somebody is online whom the speaker may not see online:
//! who is hidden, out of sight, or has left costs the same look-ups in the store, whatever memory has of them.

use std::sync::Arc;

use super::reach::{Reach, Reader};
use crate::{
    error::{Code, Refusal},
    event::Audience,
    id::{CircleId, ConversationId, Direct, Seq, SiteId, UserId},
    protocol::Status,
    rights::{self, Policy, Role, Snapshot, Writing},
    roster::Rosters,
    sites::Sites,
    store::{CourseRooms, Group, Page, Part, RoomPart, Store},
};

/// After so long at the earliest a speaker asks again whom a pause is just closing.
const PAUSED_MS: u64 = 1_000;

/// Who acts: a connection's site and user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The token's site.
    pub site: SiteId,
    /// The token's user.
    pub user: UserId,
}

/// The answers, over what is known of people.
pub struct Access {
    store: Arc<dyn Store>,
    sites: Arc<Sites>,
    rosters: Arc<Rosters>,
}

/// Whether somebody may write to one other person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    Yes,
    /// They see the other.
    NotAllowed,
    /// Someone out of sight cannot be told from someone who does not exist, unless they have talked before.
    OnlyIfTheyTalked,
}

/// A room, as somebody in it finds it.
#[derive(Clone, Debug)]
pub struct InRoom {
    /// By which they are in it.
    pub role: Role,
    /// What the host says of the rooms of the course.
    pub rooms: CourseRooms,
}

/// Who hears of somebody's read mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// At once.
    pub to: Audience,
    /// Others may see it from now on.
    pub publish: bool,
    /// Others may be told of this conversation's marks at once: they are told in the order of all that happens there.
    pub shared: bool,
}

impl Access {
    /// Over these parts.
    pub fn new(store: Arc<dyn Store>, sites: Arc<Sites>, rosters: Arc<Rosters>) -> Self {
        Self { store, sites, rosters }
    }

    /// The rights of a speaker who is connected. Only a pause takes somebody who is from the rosters: it is about to
    /// close the connection, and what was asked is to be asked again.
    pub fn live(&self, speaker: Speaker) -> Result<Arc<Snapshot>, Refusal> {
        let live = self.rosters.live(speaker.site, speaker.user);
        let paused = || Refusal { retry_after_ms: Some(PAUSED_MS), ..Code::Paused.into() };
        live.ok_or_else(paused)
    }

    /// What the speaker may know of somebody's presence.
    pub fn status(&self, speaker: Speaker, me: &Snapshot, user: UserId) -> Status {
        self.rosters.status(speaker.site, (speaker.user, me), user)
    }

    /// What the speaker's site allows.
    pub fn policy(&self, site: SiteId) -> Policy {
        self.sites.policy(site)
    }

    /// Those who take part: they read it, and hear of every change.
    pub async fn hears(&self, site: SiteId, conversation: &ConversationId) -> Audience {
        match conversation {
            ConversationId::Direct(two) => Audience::of(two.both()),
            ConversationId::Group(_) => match self.group_of(site, conversation).await {
                Ok(Some(group)) => Audience::of(group.members().map(|part| part.user)),
                _ => Audience::default(),
            },
            ConversationId::Room(circle) => Audience::Holders(circle.clone()),
        }
    }

    /// Who hears of the read mark that others may see from a message of the speaker's on: the other person of a direct
    /// conversation.
    pub fn hears_published(speaker: Speaker, conversation: &ConversationId) -> Audience {
        Audience::of(conversation.direct().and_then(|two| two.other(speaker.user)))
    }

    /// Whether this is a room: whoever holds its circle is in it, and that may be thousands.
    pub fn is_room(conversation: &ConversationId) -> bool {
        conversation.room().is_some()
    }

    /// A group, where that is one and is there.
    pub async fn group_of(
        &self,
        site: SiteId,
        conversation: &ConversationId,
    ) -> Result<Option<Group>, Refusal> {
        match conversation {
            ConversationId::Group(_) => Ok(self.store.group(site, conversation).await?),
            ConversationId::Direct(_) | ConversationId::Room(_) => Ok(None),
        }
    }

    /// A group that the speaker is or was in, with what they have of it.
    pub async fn own_group(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
    ) -> Result<(Group, Part), Refusal> {
        let group = self.group_of(speaker.site, conversation).await?.ok_or(Code::NotFound)?;
        let part = *group.part(speaker.user).ok_or(Code::NotFound)?;
        Ok((group, part))
    }

    /// The room of a circle, where the speaker is in it.
    pub async fn room(&self, speaker: Speaker, circle: &CircleId) -> Result<InRoom, Refusal> {
        let rights = match self.rosters.live(speaker.site, speaker.user) {
            Some(live) => Some(live),
            None => self.stored(speaker.site, speaker.user).await?,
        };
        let policy = self.policy(speaker.site);
        let role = rights.and_then(|rights| rights::in_room(policy, circle, &rights.circles));
        let role = role.ok_or(Code::NotFound)?;
        let rooms = self.store.course_rooms(speaker.site, circle.course()).await?.ok_or(Code::NotFound)?;
        Ok(InRoom { role, rooms })
    }

    /// What is stored of somebody; nothing of who never came or was removed.
    async fn stored(&self, site: SiteId, user: UserId) -> Result<Option<Arc<Snapshot>>, Refusal> {
        let record = self.store.user(site, user).await?;
        Ok(record.filter(|record| !record.removed).map(|record| record.snapshot))
    }

    /// Who hears that a message has changed: those who read it; and those who take part and do not read it, as they were
    /// added later. The second are told that there was a change, and not what it was.
    pub async fn reads(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        message: Seq,
    ) -> (Audience, Audience) {
        match conversation {
            ConversationId::Direct(_) | ConversationId::Room(_) => {
                (self.hears(site, conversation).await, Audience::default())
            }
            ConversationId::Group(_) => {
                let Ok(Some(group)) = self.group_of(site, conversation).await else {
                    return Default::default();
                };
                let (read, other): (Vec<&Part>, Vec<_>) =
                    group.people.iter().partition(|part| part.first <= message && message <= part.last());
                let hear = other.into_iter().filter(|part| part.is_member());
                let users = |parts: &mut dyn Iterator<Item = &Part>| Audience::of(parts.map(|p| p.user));
                (users(&mut read.into_iter()), users(&mut hear.into_iter()))
            }
        }
    }

    /// What the speaker reads of it.
    pub async fn reader<'a>(
        &'a self,
        speaker: Speaker,
        conversation: &'a ConversationId,
    ) -> Result<Reader<'a>, Refusal> {
        let reach = self.reach(speaker, conversation).await?;
        Ok(Reader::new(self.store.as_ref(), speaker, conversation, reach))
    }

    /// What the speaker reads of it now.
    async fn reach(&self, speaker: Speaker, conversation: &ConversationId) -> Result<Reach, Refusal> {
        Ok(match conversation {
            ConversationId::Direct(two) => {
                two.other(speaker.user).map(|_| Reach::ALL).ok_or(Code::NotFound)?
            }
            ConversationId::Group(_) => {
                let (_, part) = self.own_group(speaker, conversation).await?;
                Reach::between(part.first, part.last())
            }
            ConversationId::Room(circle) => self.room(speaker, circle).await.map(|_| Reach::ALL)?,
        })
    }

    /// Gives the reader the reach that they have now, and says whether it was another: in a group, they may have been added
    /// or have left since. Then what was read by the old one is to be read again: it may lack a message that is theirs, and
    /// an empty span would stand for it.
    pub async fn reaches_otherwise(&self, reader: &mut Reader<'_>) -> Result<bool, Refusal> {
        let (speaker, conversation) = (reader.speaker(), reader.conversation());
        match conversation {
            ConversationId::Group(_) => Ok(reader.reach_becomes(self.reach(speaker, &conversation).await?)),
            ConversationId::Direct(_) | ConversationId::Room(_) => Ok(false),
        }
    }

    /// Whether the speaker takes part.
    pub async fn may_read(&self, speaker: Speaker, conversation: &ConversationId) -> Result<(), Refusal> {
        self.reader(speaker, conversation).await.map(drop)
    }

    /// Whether the speaker, who takes part, may write there now.
    pub async fn may_write(&self, speaker: Speaker, conversation: &ConversationId) -> Result<(), Refusal> {
        let me = self.live(speaker)?;
        let two = match conversation {
            ConversationId::Direct(two) => two,
            ConversationId::Group(_) => {
                let (group, part) = self.own_group(speaker, conversation).await?;
                let may =
                    rights::writes_in_group(self.policy(speaker.site), &me, &group.course, part.is_member());
                return if may { Ok(()) } else { Err(Code::NotAllowed.into()) };
            }
            ConversationId::Room(circle) => {
                let InRoom { role, rooms } = self.room(speaker, circle).await?;
                let RoomPart { announcements, .. } = self.in_room(speaker, conversation).await?;
                let writing = rights::room_writing(role, rooms.closed, announcements);
                return if writing == Writing::Yes { Ok(()) } else { Err(Code::NotAllowed.into()) };
            }
        };
        let other = other_of(speaker, two)?;
        let them = self.last_known(speaker, &me, other).await?;
        let known = match writes(self.policy(speaker.site), (speaker.user, &me), (other, them.as_deref())) {
            Writes::Yes => return Ok(()),
            Writes::NotAllowed => true,
            Writes::OnlyIfTheyTalked => self.has_begun(speaker.site, conversation).await?,
        };
        Err(if known { Code::NotAllowed } else { Code::UnknownRecipient }.into())
    }

    /// What a room is to the speaker.
    pub async fn in_room(&self, speaker: Speaker, room: &ConversationId) -> Result<RoomPart, Refusal> {
        let rooms = std::slice::from_ref(room);
        let parts = self.store.room_parts(speaker.site, speaker.user, rooms).await?;
        Ok(parts.into_iter().next().unwrap_or_default())
    }

    /// Whether the speaker may delete others' messages, and make announcements: they teach the course of a room.
    pub async fn moderates(&self, speaker: Speaker, conversation: &ConversationId) -> Result<bool, Refusal> {
        match conversation {
            ConversationId::Room(circle) => Ok(self.room(speaker, circle).await?.role == Role::Teacher),
            ConversationId::Direct(_) | ConversationId::Group(_) => Ok(false),
        }
    }

    /// Whether the speaker, who takes part, may open a window of it: of a direct one, they see the other person or have
    /// talked with them.
    pub async fn may_open(&self, speaker: Speaker, conversation: &ConversationId) -> Result<(), Refusal> {
        let me = self.live(speaker)?;
        let Some(two) = conversation.direct() else { return Ok(()) };
        let other = other_of(speaker, &two)?;
        let them = self.last_known(speaker, &me, other).await?;
        let policy = self.policy(speaker.site);
        let sees = them.is_some_and(|them| rights::may_see(policy, &me.circles, &them.circles));
        if sees || self.has_begun(speaker.site, conversation).await? {
            Ok(())
        } else {
            Err(Code::NotFound.into())
        }
    }

    /// Who hears at once that the speaker has read: themselves and, of a direct conversation, whoever may know that they
    /// are here. In a group who wants to know asks; in a room nobody is told.
    pub async fn hears_marks(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
    ) -> Result<Marks, Refusal> {
        let me = self.live(speaker)?;
        let two = match conversation {
            ConversationId::Direct(two) => two,
            ConversationId::Group(_) | ConversationId::Room(_) => {
                let publish = conversation.room().is_none() && !me.hidden;
                return Ok(Marks { to: Audience::of([speaker.user]), publish, shared: false });
            }
        };
        let other = other_of(speaker, two)?;
        let shown = !me.hidden
            && self.last_known(speaker, &me, other).await?.is_some_and(|them| {
                let policy = self.policy(speaker.site);
                rights::may_know(policy, me.side(other), them.side(speaker.user))
            });
        let to = Audience::of([Some(speaker.user), shown.then_some(other)].into_iter().flatten());
        Ok(Marks { to, publish: shown, shared: true })
    }

    /// Who hears that the speaker is writing: of those who are online whoever the speaker may write to, or in a group
    /// sees, unless the speaker is hidden. In a room nobody.
    pub async fn hears_typing(&self, speaker: Speaker, conversation: &ConversationId) -> Option<Audience> {
        let me = self.live(speaker).ok().filter(|me| !me.hidden)?;
        let policy = self.policy(speaker.site);
        match conversation {
            ConversationId::Direct(two) => {
                let other = other_of(speaker, two).ok()?;
                let them = self.rosters.live(speaker.site, other)?;
                let may = rights::may_write(policy, (speaker.user, &me), (other, &them));
                may.then(|| Audience::of([other]))
            }
            ConversationId::Group(_) => {
                let (group, part) = self.own_group(speaker, conversation).await.ok()?;
                if !rights::writes_in_group(policy, &me, &group.course, part.is_member()) {
                    return None;
                }
                let others = group.members().map(|part| part.user).filter(|user| *user != speaker.user);
                let hears = |user: &UserId| {
                    let them = self.rosters.live(speaker.site, *user);
                    them.is_some_and(|them| rights::may_know(policy, me.side(*user), them.side(speaker.user)))
                };
                Some(Audience::of(others.filter(hears)))
            }
            ConversationId::Room(_) => None,
        }
    }

    /// Those of these others who read what the speaker writes in a group or room.
    pub async fn readers_of(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
        users: Vec<UserId>,
    ) -> Result<Vec<UserId>, Refusal> {
        let mut read = Vec::with_capacity(users.len());
        match conversation {
            ConversationId::Direct(_) => {}
            ConversationId::Group(_) => {
                let (group, _) = self.own_group(speaker, conversation).await?;
                let is_member = |user: &UserId| group.part(*user).is_some_and(Part::is_member);
                read.extend(users.into_iter().filter(is_member));
            }
            ConversationId::Room(circle) => {
                let policy = self.policy(speaker.site);
                for user in users {
                    let live = self.rosters.live(speaker.site, user);
                    let rights = if live.is_some() { live } else { self.stored(speaker.site, user).await? };
                    let holds = |rights: &Arc<Snapshot>| {
                        rights.may_chat() && rights::in_room(policy, circle, &rights.circles).is_some()
                    };
                    if rights.as_ref().is_some_and(holds) {
                        read.push(user);
                    }
                }
            }
        }
        read.retain(|user| *user != speaker.user);
        Ok(read)
    }

    /// The rights of somebody, online or not; none of who never came or was removed. Only for those whom the speaker is
    /// shown online, memory is enough.
    pub async fn last_known(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        other: UserId,
    ) -> Result<Option<Arc<Snapshot>>, Refusal> {
        let online = self.rosters.live(speaker.site, other);
        if self.rosters.status(speaker.site, (speaker.user, me), other) == Status::Online {
            return Ok(online);
        }
        let stored = self.stored(speaker.site, other).await?;
        // Memory has the last word, where it has one.
        Ok(online.or(stored))
    }

    /// Whether anything was ever written in it.
    async fn has_begun(&self, site: SiteId, conversation: &ConversationId) -> Result<bool, Refusal> {
        Ok(self.store.history(site, conversation, Page::Newest, 1).await?.0.seq > Seq(0))
    }
}

/// The other person of a direct conversation.
fn other_of(speaker: Speaker, two: &Direct) -> Result<UserId, Code> {
    two.other(speaker.user).ok_or(Code::NotFound)
}

/// The rule for a direct conversation.
fn writes(
    policy: Policy,
    (id, me): (UserId, &Snapshot),
    (other, them): (UserId, Option<&Snapshot>),
) -> Writes {
    let Some(them) = them else { return Writes::OnlyIfTheyTalked };
    if rights::may_write(policy, (id, me), (other, them)) {
        Writes::Yes
    } else if rights::may_see(policy, &me.circles, &them.circles) {
        Writes::NotAllowed
    } else {
        Writes::OnlyIfTheyTalked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::{Membership, Role};

    fn user(id: i64) -> UserId {
        UserId::new(id).expect("a user")
    }

    fn student(course: &str) -> Snapshot {
        let id = course.parse().expect("a circle");
        Snapshot {
            rights: ["chat".into()].into(),
            circles: [Membership { id, role: Role::Student, title: "".into() }].into(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn who_is_out_of_sight_is_who_does_not_exist() {
        let (ana, bruno) = (user(2), user(3));
        let ask = |policy, me: &Snapshot, them: Option<&Snapshot>| writes(policy, (ana, me), (bruno, them));
        let (policy, me) = (Policy::default(), student("c7"));
        assert_eq!(ask(policy, &me, Some(&student("c7"))), Writes::Yes);
        assert_eq!(ask(policy, &me, Some(&student("c8"))), Writes::OnlyIfTheyTalked);
        assert_eq!(ask(policy, &me, None), Writes::OnlyIfTheyTalked);
        let strict = Policy { students_see_students: false, ..policy };
        assert_eq!(ask(strict, &me, Some(&student("c7"))), Writes::OnlyIfTheyTalked);
        let blocks = Snapshot { blocked: [ana].into(), ..student("c7") };
        assert_eq!(ask(policy, &me, Some(&blocks)), Writes::NotAllowed);
        let out = Snapshot { rights: [].into(), ..student("c7") };
        assert_eq!(ask(policy, &me, Some(&out)), Writes::NotAllowed);
    }
}
