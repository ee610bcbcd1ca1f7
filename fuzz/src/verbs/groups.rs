//! Groups and the room: whatever three people ask for there, what is stored tells who is in it, and everybody is told what
//! they read and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gchat::{
    conversation::{Head, Message, System},
    id::{CircleId, ClientMessageId, ConversationId, RightsVersion, Seq, SiteId, UserId},
    protocol::{ClientFrame, ServerFrame},
    store::{Bookmark, CourseRooms, FlagChange, Group, Page, Part},
    talk::{Target, Try, Wanted, Wish, rules},
};
use uuid::Uuid;

use super::{Answer, MOST, Scene, number};
use crate::stage::STAGE;

/// Characters of a title, and mentions of a message.
const TITLE_CHARS: usize = 100;
const MENTIONS: usize = 20;

/// In every input `c7` is the course of its three people.
const COURSE: &str = "c7";

/// The host switches rooms on.
pub(super) async fn open_rooms(site: SiteId, course: &CircleId) {
    let (store, version) = (&STAGE.app.store, RightsVersion(1));
    store.raise_floor(site, course.course(), version, 0).await.expect("a floor");
    let rooms = CourseRooms { closed: false, title: "A course".into(), groups: Vec::new() };
    store.put_course_rooms(site, course.course(), version, Some(rooms)).await.expect("rooms");
}

impl Scene<'_> {
    /// Groups are another input's otherwise: the last digits of their names become this one's.
    pub(super) fn place(&self, conversation: ConversationId) -> ConversationId {
        match conversation {
            ConversationId::Group(id) => {
                let first = u128::from(self.people[0].user.get().unsigned_abs());
                ConversationId::Group(Uuid::from_u128(id.as_u128() ^ (first << 8)))
            }
            ConversationId::Room(circle) if circle.as_str() == COURSE => {
                ConversationId::Room(self.course.clone())
            }
            two if two.to_string() == "2-3" => self.conversation.clone(),
            other => other,
        }
    }

    fn circle(&self, circle: CircleId) -> CircleId {
        if circle.as_str() == COURSE { self.course.clone() } else { circle }
    }

    /// What a frame calls 2, 3 and 4 are the three.
    fn user(&self, user: UserId) -> UserId {
        let place = usize::try_from(user.get() - 2).ok();
        place.and_then(|at| self.people.get(at)).map_or(user, |person| person.user)
    }

    fn users(&self, users: Vec<UserId>) -> Vec<UserId> {
        users.into_iter().map(|user| self.user(user)).collect()
    }

    /// A frame about a group or room, by whoever says it: twice, which is once.
    pub(super) async fn beyond_two(&mut self, who: usize, frame: ClientFrame) {
        let Some((conversation, id)) = self.about(&frame) else { return self.ask(who, frame).await };
        if let (ClientFrame::React { .. }, ConversationId::Room(_)) = (&frame, &conversation) {
            // All but the first wait for a second.
            if std::mem::replace(&mut self.reacted_in_room, true) {
                return;
            }
        }
        let before = self.stored(&conversation).await;
        let answer = self.answer(who, frame.clone()).await;
        let after = self.checked(&conversation).await;
        match &answer {
            Ok(ServerFrame::Ack { id: acked, conversation: at, .. }) => {
                assert_eq!((acked, at), (&id, &conversation));
                assert!(before.0.rev <= after.0.rev && after.0.rev.0 <= before.0.rev.0 + 1);
            }
            Ok(other) => panic!("{other:?} answers {frame:?}"),
            Err(refusal) => {
                let told = ServerFrame::Error(refusal.clone().frame());
                let read: ServerFrame = serde_json::from_str(&told.encode()).expect("a client can read it");
                assert_eq!(read, told);
                assert_eq!(before, after, "what is refused changes nothing: {frame:?}");
            }
        }
        if matches!((&frame, &conversation), (ClientFrame::React { .. }, ConversationId::Room(_))) {
            return;
        }
        let again = self.answer(who, frame.clone()).await;
        assert_eq!(self.checked(&conversation).await, after, "twice is once: {frame:?}");
        if let (Ok(ServerFrame::Ack { seq, .. }), Ok(ServerFrame::Ack { seq: again, .. })) = (&answer, &again)
        {
            assert_eq!(seq, again, "{frame:?}");
        }
        assert!(answer.is_err() || again.is_ok(), "{frame:?} was acknowledged, and then {again:?}");
    }

    /// Which conversation a verb is about, and its id.
    fn about(&self, frame: &ClientFrame) -> Option<(ConversationId, Uuid)> {
        let (conversation, id) = match frame {
            ClientFrame::Send { client_message_id, conversation, .. } => (conversation, client_message_id.0),
            ClientFrame::Edit { id, conversation, .. }
            | ClientFrame::Delete { id, conversation, .. }
            | ClientFrame::React { id, conversation, .. }
            | ClientFrame::Make { id, conversation, .. }
            | ClientFrame::Add { id, conversation, .. }
            | ClientFrame::Remove { id, conversation, .. }
            | ClientFrame::Rename { id, conversation, .. }
            | ClientFrame::Announce { id, conversation, .. } => (conversation, id.0),
            _ => return None,
        };
        Some((self.place(conversation.clone()), id))
    }

    async fn answer(&self, who: usize, frame: ClientFrame) -> Answer {
        let (talk, now) = (&self.app.talk, self.now);
        let of = |id: Uuid| Try { speaker: self.speaker(who), connection: &self.people[who], id };
        let target = |conversation, seq, client_message_id: ClientMessageId| Target {
            conversation: self.place(conversation),
            seq,
            client_message_id,
        };
        match frame {
            ClientFrame::Send {
                client_message_id: ClientMessageId(id),
                conversation,
                text,
                reply_to,
                mentions,
            } => {
                let with = (reply_to, self.users(mentions.unwrap_or_default()));
                talk.send(of(id), self.place(conversation), &text, with, now).await
            }
            ClientFrame::Edit { id, conversation, seq, client_message_id, text } => {
                talk.edit(of(id.0), &target(conversation, seq, client_message_id), &text, now).await
            }
            ClientFrame::Delete { id, conversation, seq, client_message_id } => {
                talk.delete(of(id.0), &target(conversation, seq, client_message_id)).await
            }
            ClientFrame::React { id, conversation, seq, client_message_id, emoji } => {
                talk.react(of(id.0), &target(conversation, seq, client_message_id), emoji, now).await
            }
            ClientFrame::Make { id, conversation, circle, title, users } => {
                let (course, title, users) = (self.circle(circle), title.into(), self.users(users));
                let wish = Wish::Make { course, title, users };
                talk.group(of(id.0), &self.place(conversation), wish, now).await
            }
            ClientFrame::Add { id, conversation, users } => {
                let wish = Wish::Add(self.users(users));
                talk.group(of(id.0), &self.place(conversation), wish, now).await
            }
            ClientFrame::Remove { id, conversation, user } => {
                let wish = Wish::Remove(self.user(user));
                talk.group(of(id.0), &self.place(conversation), wish, now).await
            }
            ClientFrame::Rename { id, conversation, title } => {
                let wish = Wish::Rename(title.into());
                talk.group(of(id.0), &self.place(conversation), wish, now).await
            }
            ClientFrame::Announce { id, conversation, on } => {
                talk.announce(of(id.0), &self.place(conversation), on, now).await
            }
            other => unreachable!("{other:?} is no verb"),
        }
    }

    /// What asks and changes nothing.
    async fn ask(&self, who: usize, frame: ClientFrame) {
        let speaker = self.speaker(who);
        match frame {
            ClientFrame::Members { conversation, users, .. } => {
                let conversation = self.place(conversation);
                let users = users.map(|users| self.users(users));
                let told = self.app.talk.members(speaker, &conversation, users).await;
                let Ok((total, members)) = told else { return };
                let group = self.group(&conversation).await;
                assert_eq!(total, group.as_ref().map_or(0, |group| group.members().count()));
                let known = |user: UserId| group.as_ref().is_none_or(|group| group.part(user).is_some());
                assert!(members.iter().all(|member| known(member.contact.id)), "{members:?}");
            }
            ClientFrame::List { limit, next, unread, archived, text, conversations, request: _ } => {
                let place = |id| self.place(id);
                let conversations = conversations.map(|all| all.into_iter().map(place).collect());
                let wanted = Wanted { limit, next, unread, archived, text, conversations };
                self.list(who, wanted).await;
            }
            ClientFrame::Flag { conversation, pinned, archived, muted_until, seq, request: _ } => {
                let change = FlagChange { pinned, archived, muted_until, known: seq, at: self.now };
                self.flag(who, &self.place(conversation), change).await;
            }
            ClientFrame::Rooms { next, limit, .. } => {
                if let Ok((rooms, _)) = self.app.talk.rooms(speaker, next.as_deref(), limit).await {
                    assert!(rooms.iter().all(|room| room.circle == self.course) && rooms.len() <= 1);
                }
            }
            _ => {}
        }
    }

    /// Each once, all of them theirs and as the filter has it, and each with a message that is there.
    async fn list(&self, who: usize, wanted: Wanted) {
        let speaker = self.speaker(who);
        let Ok((entries, next)) = self.app.lists.page(speaker, wanted.clone()).await else { return };
        assert!((1..=100).contains(&wanted.limit));
        assert!(next.is_none_or(|next| next.parse::<Bookmark>().is_ok()), "it can be given back");
        let most = wanted.conversations.as_ref().map_or(wanted.limit, Vec::len);
        assert!(entries.len() <= most, "{entries:?}");
        let ids: BTreeSet<_> = entries.iter().map(|entry| &entry.window.conversation).collect();
        assert!(ids.len() == entries.len() || wanted.conversations.is_some(), "{entries:?}");
        for entry in &entries {
            let window = &entry.window;
            let flags = self.app.store.flags(speaker.site, speaker.user, &window.conversation).await;
            let flags = flags.expect("the flags").expect("it is theirs");
            assert_eq!((entry.archived, window.pinned), (flags.archived, flags.pinned));
            assert_eq!(window.muted_until.unwrap_or(0), flags.muted_until);
            if wanted.conversations.is_none() {
                assert_eq!(entry.archived, wanted.archived == Some(true));
                assert!(wanted.unread != Some(true) || window.unread + window.mentions > 0, "{entry:?}");
            }
            let Some(last) = &entry.last else { continue };
            assert!(window.first_seq <= last.seq && last.seq <= window.seq, "{entry:?}");
            let (_, rows) = self.stored(&window.conversation).await;
            let text = rows[usize::try_from(last.seq.0 - 1).expect("a seq")].text.clone().expect("a text");
            assert!(text.starts_with(&*last.text) && last.text.chars().count() <= 200, "{entry:?}");
        }
    }

    /// It becomes what was named, or nothing does.
    async fn flag(&self, who: usize, conversation: &ConversationId, change: FlagChange) {
        let (store, speaker) = (&self.app.store, self.speaker(who));
        let stored = async || store.flags(speaker.site, speaker.user, conversation).await.expect("the flags");
        let before = stored().await;
        let set = self.app.flags.set(&self.people[who], conversation, change).await;
        let after = stored().await;
        match set {
            Ok(()) => {
                let (head, _) = self.stored(conversation).await;
                let change = change.by(conversation.kind(), head.seq);
                assert_eq!(after, Some(change.of(before.unwrap_or_default())));
            }
            Err(refusal) => {
                assert_eq!(before, after, "{refusal:?}");
                let told = ServerFrame::Error(refusal.frame());
                assert_eq!(
                    serde_json::from_str::<ServerFrame>(&told.encode()).expect("a client can read it"),
                    told
                );
            }
        }
    }

    async fn group(&self, conversation: &ConversationId) -> Option<Group> {
        match conversation {
            ConversationId::Group(_) => {
                self.app.store.group(self.site, conversation).await.expect("the group")
            }
            ConversationId::Direct(_) | ConversationId::Room(_) => None,
        }
    }

    async fn stored(&self, conversation: &ConversationId) -> (Head, Vec<Message>) {
        let most = number(MOST);
        let stored = self.app.store.history(self.site, conversation, Page::Newest, most).await;
        stored.expect("the conversation")
    }

    /// What is stored, once it is seen that it is in order, and that everybody was told what they read.
    async fn checked(&self, conversation: &ConversationId) -> (Head, Vec<Message>) {
        let (head, rows) = self.stored(conversation).await;
        let group = self.group(conversation).await;
        assert!(rows.iter().zip(1..).all(|(row, seq)| row.seq == Seq(seq)), "{rows:?}");
        let revs: BTreeSet<_> = rows.iter().map(|row| row.rev).collect();
        assert_eq!((revs.len(), revs.last().copied()), (rows.len(), (head.rev.0 > 0).then_some(head.rev)));
        assert_eq!(head.seq.0, number(rows.len()));
        match conversation {
            ConversationId::Group(_) => self.is_in_step(group.as_ref(), &rows),
            ConversationId::Room(_) => self.is_a_room(&rows),
            ConversationId::Direct(_) => {}
        }
        for row in &rows {
            assert!(row.mentions.len() <= MENTIONS && !row.mentions.contains(&row.sender), "{row:?}");
            let fine =
                |users: &[UserId]| users.iter().all(|user| self.people.iter().any(|p| p.user == *user));
            for with in &row.reactions {
                assert!(row.text.is_some() && fine(&with.users), "{row:?}");
                assert!(with.count == number(with.users.len()) && with.emoji.len() <= 64, "{row:?}");
            }
        }
        for who in 0..self.people.len() {
            self.reads_its_part(who, conversation, group.as_ref(), &rows).await;
        }
        (head, rows)
    }

    /// The system messages tell who is in the group and what it is called.
    fn is_in_step(&self, group: Option<&Group>, rows: &[Message]) {
        let Some(group) = group else { return assert!(rows.is_empty()) };
        let mut parts: BTreeMap<UserId, (Seq, Option<Seq>)> = BTreeMap::new();
        let mut title: Arc<str> = "".into();
        for row in rows {
            let is_in = |user: &UserId| parts.get(user).is_some_and(|(_, left)| left.is_none());
            assert!(row.seq == Seq(1) || is_in(&row.sender), "{row:?} is of somebody who is not in it");
            assert!(row.mentions.iter().all(is_in), "{row:?}");
            let (come, gone) = match row.system.clone() {
                Some(System::Made { title: named, users }) => {
                    assert_eq!((row.seq, row.sender), (Seq(1), group.maker));
                    title = named;
                    (users.into_iter().chain([row.sender]).collect(), vec![])
                }
                Some(System::Added { users }) => (users, vec![]),
                Some(System::Removed { users }) => {
                    // The first of the three teaches the course.
                    let may = row.sender == group.maker || row.sender == self.people[0].user;
                    assert!(may && users.len() == 1 && !users.contains(&row.sender), "{row:?}");
                    (vec![], users)
                }
                Some(System::Left) => (vec![], vec![row.sender]),
                Some(System::Renamed { title: named }) => {
                    assert_ne!(named, title);
                    title = named;
                    (vec![], vec![])
                }
                Some(System::Announcements { .. }) => panic!("{row:?} in a group"),
                None => (vec![], vec![]),
            };
            assert!(!come.iter().any(is_in) && gone.iter().all(is_in), "{row:?}");
            parts.extend(come.into_iter().map(|user| (user, (row.seq, None))));
            for user in gone {
                parts.entry(user).and_modify(|part| part.1 = Some(row.seq));
            }
        }
        let kept = group.people.iter().map(|part: &Part| (part.user, (part.first, part.left)));
        assert_eq!(kept.collect::<BTreeMap<_, _>>(), parts);
        assert_eq!(title, group.title);
        assert_eq!(rules::shaped(&title).as_deref(), Ok(&*title), "a title can be seen");
        assert!(title.chars().count() <= TITLE_CHARS);
    }

    /// Nothing happens there but announcements, and while they last only the teacher writes.
    fn is_a_room(&self, rows: &[Message]) {
        let (teacher, mut announces) = (self.people[0].user, false);
        for row in rows {
            match row.system {
                None => assert!(!announces || row.sender == teacher, "{row:?}"),
                Some(System::Announcements { on }) => {
                    assert!(row.sender == teacher && on != announces, "{row:?}");
                    announces = on;
                }
                ref other => panic!("{other:?} in a room"),
            }
        }
    }

    async fn reads_its_part(
        &self,
        who: usize,
        conversation: &ConversationId,
        group: Option<&Group>,
        rows: &[Message],
    ) {
        let user = self.people[who].user;
        let reach = match conversation {
            ConversationId::Group(_) => {
                group.and_then(|group| group.part(user)).map(|part| part.first..=part.last())
            }
            ConversationId::Room(circle) => (*circle == self.course).then_some(Seq(1)..=Seq(i64::MAX)),
            ConversationId::Direct(two) => two.other(user).map(|_| Seq(1)..=Seq(i64::MAX)),
        };
        let told = self.told_of(who, conversation);
        let reads = |seq: &Seq| reach.as_ref().is_some_and(|reach| reach.contains(seq));
        let told = told.iter().flat_map(|changes| &changes.messages);
        assert!(told.clone().all(|message| reads(&message.seq)), "{user:?} is told too much");
        let page = self.app.talk.history(self.speaker(who), conversation, Page::Newest, number(MOST)).await;
        match (page, reach.is_some()) {
            (Ok(page), true) => {
                let theirs = rows.iter().filter(|row| reads(&row.seq)).map(|row| (row.seq, row.rev));
                let got = page.messages.iter().map(|row| (row.seq, row.rev));
                assert_eq!(got.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
            }
            (Err(_), false) => {}
            (page, _) => panic!("{user:?} of {conversation} reads {:?}", page.map(|page| page.messages)),
        }
    }
}
