//! What two people do to messages, frame by frame, by the real server over its real store: every verdict is that of the
//! pure rules, every answer fits it, and whoever asks for changes holds what is there once they have applied them. What
//! they do in groups and in a room, with a third person, is looked at by `groups`.

use std::{
    collections::{BTreeMap, HashMap},
    slice,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use gchat::{
    app::App,
    conversation::{Changes, Head, Held, Message},
    error::{Code, Refusal},
    hub::{Outbound, Registration},
    id::{
        CircleId, ClientMessageId, ConnectionId, ConversationId, Rev, RightsVersion, Seq, SessionId, SiteId,
        UserId, VerbId,
    },
    protocol::{self, ClientFrame, ServerFrame},
    rights::{Membership, Role, Snapshot},
    store::{NewReaction, Origin, OwnReaction, Page, UserRecord},
    talk::{
        Speaker, Target, Try,
        rules::{self, Asked, Reacts, Verdict},
    },
};
use uuid::Uuid;

use crate::stage::STAGE;

mod groups;

/// Lines of one input.
const MOST: usize = 40;

/// When an input begins, ms.
const BEGAN: i64 = 1_795_376_400_000;

/// Each input has three people of its own: none whom an input can name.
static NEXT: AtomicI64 = AtomicI64::new(1 << 40);

/// Each line is `2 FRAME`, `3 FRAME` or `4 FRAME`, by whose frame it is, with `+SECONDS` after the number where time passes
/// before it. In frames, `2-3` is the conversation of the first two, and `c7` the course of all three, which 2 teaches.
pub fn verbs(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    STAGE.runtime.block_on(async {
        let mut scene = Scene::set(&STAGE.app).await;
        for line in text.lines().take(MOST) {
            scene.hear(line).await;
        }
        scene.end();
    });
}

/// Those at hand: none of them is refused.
const EMOJI: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/// What answers a try.
type Answer = Result<ServerFrame, Refusal>;

struct Scene<'a> {
    app: &'a App,
    site: SiteId,
    people: [Registration; 3],
    /// Of the first two.
    conversation: ConversationId,
    course: CircleId,
    now: i64,
    /// The conversation as it was at each rev, from 0 on.
    versions: Vec<Vec<Message>>,
    /// By sender and id: the first text of each message, and its place.
    sent: HashMap<(UserId, ClientMessageId), (Arc<str>, usize)>,
    /// By message and user: what is kept of somebody's reactions, and the rev since which there are some.
    reactions: BTreeMap<(Seq, UserId), (OwnReaction, Rev)>,
    /// Somebody has reacted in the room.
    reacted_in_room: bool,
}

fn person(course: &CircleId, role: Role) -> Arc<Snapshot> {
    let id = course.clone();
    Arc::new(Snapshot {
        rights_version: RightsVersion(1),
        name: "Somebody".into(),
        picture: None,
        profile_url: None,
        lang: "en".into(),
        hidden: false,
        rights: ["chat".into()].into(),
        circles: [Membership { id, role, title: "A course".into() }].into(),
        blocked: [].into(),
        accepts: None,
        paused_until: None,
    })
}

impl<'a> Scene<'a> {
    /// Three people who see each other and nobody else.
    async fn set(app: &'a App) -> Self {
        let site = app.store.sites().await.expect("the sites")[0].site;
        let first = NEXT.fetch_add(3, Ordering::Relaxed);
        let users = [first, first + 1, first + 2].map(|id| UserId::new(id).expect("a user"));
        let conversation = ConversationId::between(users[0], users[1]).expect("two people");
        let course: CircleId = format!("c{first}").parse().expect("a circle");
        let snapshot = |user| person(&course, if user == users[0] { Role::Teacher } else { Role::Student });
        for user in users {
            app.store.put_user(site, user, snapshot(user), Origin::Call).await.expect("a person");
        }
        groups::open_rooms(site, &course).await;
        let people = users.map(|user| {
            let session = SessionId(Uuid::new_v4());
            let (id, out) = (ConnectionId(user.get().unsigned_abs()), Outbound::new(1_000, 1 << 24));
            let connection = app.hub.register(id, (site, user), "login".into(), session, false, out);
            let record = UserRecord { snapshot: snapshot(user), origin: Origin::Call, removed: false };
            app.rosters.arrive(&connection, &record);
            connection
        });
        let (versions, sent) = (vec![Vec::new()], HashMap::new());
        let (reactions, reacted_in_room) = (BTreeMap::new(), false);
        let now = BEGAN;
        Self { app, site, people, conversation, course, now, versions, sent, reactions, reacted_in_room }
    }

    fn end(self) {
        self.people.iter().for_each(|connection| self.app.rosters.leave(connection, 0));
        drop(self.app.rosters.tick(i64::MAX));
    }

    /// The conversation as it is.
    fn rows(&self) -> &[Message] {
        self.versions.last().expect("there is always one")
    }

    fn row(&self, target: &Target) -> Option<&Message> {
        let at = usize::try_from(target.seq.0 - 1).ok()?;
        self.rows().get(at)
    }

    fn speaker(&self, who: usize) -> Speaker {
        Speaker { site: self.site, user: self.people[who].user }
    }

    async fn hear(&mut self, line: &str) {
        let Some((who, frame)) = line.split_once(' ') else { return };
        let (who, later) = who.split_once('+').unwrap_or((who, "0"));
        let who = ["2", "3", "4"].iter().position(|id| *id == who);
        let (Some(who), Ok(later), Ok(frame)) = (who, later.parse::<u32>(), protocol::read(frame)) else {
            return;
        };
        self.now += i64::from(later) * 1_000;
        let is_direct = |conversation: &ConversationId| conversation.direct().is_some();
        match frame {
            frame if who > 1 => self.beyond_two(who, frame).await,
            ClientFrame::Send { ref conversation, .. }
            | ClientFrame::Edit { ref conversation, .. }
            | ClientFrame::Delete { ref conversation, .. }
            | ClientFrame::React { ref conversation, .. }
                if !is_direct(conversation) =>
            {
                self.beyond_two(who, frame).await;
            }
            ClientFrame::Send { client_message_id, conversation, text, reply_to, mentions: _ } => {
                self.send(who, client_message_id, self.place(conversation), &text, reply_to).await;
            }
            ClientFrame::Edit { id, conversation, seq, client_message_id, text } => {
                let target = Target { conversation: self.place(conversation), seq, client_message_id };
                self.edit(who, id, &target, &text).await;
            }
            ClientFrame::Delete { id, conversation, seq, client_message_id } => {
                let target = Target { conversation: self.place(conversation), seq, client_message_id };
                self.delete(who, id, &target).await;
            }
            ClientFrame::React { id, conversation, seq, client_message_id, emoji } => {
                let target = Target { conversation: self.place(conversation), seq, client_message_id };
                self.react(who, id, &target, emoji).await;
            }
            ClientFrame::Changes { request: _, conversation, rev, seq, limit }
                if is_direct(&conversation) =>
            {
                self.changes(who, &self.place(conversation), Held { rev, seq }, limit).await;
            }
            frame => self.beyond_two(who, frame).await,
        }
    }

    async fn send(
        &mut self,
        who: usize,
        id: ClientMessageId,
        conversation: ConversationId,
        text: &str,
        reply_to: Option<Seq>,
    ) {
        let (speaker, connection) = (self.speaker(who), &*self.people[who]);
        let try_ = Try { speaker, connection, id: id.0 };
        let answer =
            self.app.talk.send(try_, conversation.clone(), text, (reply_to, Vec::new()), self.now).await;
        let (shaped, ours) = (rules::shaped(text), conversation == self.conversation);
        let first = shaped.clone().unwrap_or_else(|_| text.trim().into());
        let there = |seq: Seq| (1..=self.rows().len()).contains(&usize::try_from(seq.0).unwrap_or(0));
        match self.sent.get(&(speaker.user, id)).cloned() {
            Some((before, at)) if ours && before == first => {
                let row = self.rows()[at].clone();
                self.acknowledged(id.0, &answer, &row, None);
                self.nothing_changed().await;
            }
            Some(_) => self.refused(&answer, Some(Code::Conflict)).await,
            None if !ours => self.refused(&answer, None).await,
            None => match shaped {
                Err(code) => self.refused(&answer, Some(code)).await,
                Ok(_) if reply_to.is_some_and(|seq| !there(seq)) => {
                    self.refused(&answer, Some(Code::NoSuchMessage)).await;
                }
                Ok(text) => {
                    let (seq, rev) = (self.rows().len(), self.versions.len());
                    let message = Message {
                        seq: Seq(number(seq) + 1),
                        rev: Rev(number(rev)),
                        sender: speaker.user,
                        client_message_id: Some(id),
                        text: Some(text.clone()),
                        sent_at: self.now,
                        system: None,
                        mentions: Vec::new(),
                        reactions: Vec::new(),
                        mine: Vec::new(),
                        reply_to,
                        edited_at: None,
                        deleted: None,
                        verb_id: None,
                    };
                    self.sent.insert((speaker.user, id), (text, seq));
                    self.became(id.0, &answer, message, None).await;
                }
            },
        }
    }

    async fn edit(&mut self, who: usize, id: VerbId, target: &Target, text: &str) {
        let (speaker, connection) = (self.speaker(who), &*self.people[who]);
        let answer = self.app.talk.edit(Try { speaker, connection, id: id.0 }, target, text, self.now).await;
        if target.conversation != self.conversation {
            return self.refused(&answer, None).await;
        }
        let (text, now, policy) = (rules::shaped(text), self.now, self.app.access.policy(self.site));
        let asked = |who: usize| Asked { who: self.speaker(who).user, id, target, text: text.clone(), now };
        let judge = |row: Option<&Message>, who: usize| rules::edit(row, &asked(who), policy);
        let verdict = judge(self.row(target), who);
        let others = judge(self.row(target), 1 - who);
        assert!(!matches!((&verdict, others), (Verdict::Becomes(_), Verdict::Becomes(_) | Verdict::Before)));
        if let Verdict::Becomes(message) = &verdict {
            assert_eq!(judge(Some(message), who), Verdict::Before, "twice is once");
            assert_eq!((message.verb_id, message.deleted), (Some(id), None));
        }
        let verdict = match (verdict, text) {
            (Verdict::No(_), Err(code)) => Verdict::No(code),
            (verdict, _) => verdict,
        };
        self.judged(id.0, target, &answer, verdict).await;
    }

    async fn delete(&mut self, who: usize, id: VerbId, target: &Target) {
        let (speaker, connection) = (self.speaker(who), &*self.people[who]);
        let answer = self.app.talk.delete(Try { speaker, connection, id: id.0 }, target).await;
        if target.conversation != self.conversation {
            return self.refused(&answer, None).await;
        }
        let judge =
            |row: Option<&Message>, who: usize| rules::delete(row, target, self.speaker(who).user, false);
        let verdict = judge(self.row(target), who);
        if let Verdict::Becomes(message) = &verdict {
            assert_eq!(judge(Some(message), who), Verdict::Before, "twice is once");
            assert_eq!(judge(self.row(target), 1 - who), Verdict::No(Code::NotAllowed));
            assert_eq!((&message.text, message.edited_at), (&None, None));
        }
        self.judged(id.0, target, &answer, verdict).await;
    }

    async fn react(&mut self, who: usize, id: VerbId, target: &Target, emoji: Vec<Arc<str>>) {
        let (speaker, connection) = (self.speaker(who), &*self.people[who]);
        let answer =
            self.app.talk.react(Try { speaker, connection, id: id.0 }, target, emoji.clone(), self.now).await;
        if target.conversation != self.conversation {
            return self.refused(&answer, None).await;
        }
        let Target { seq, client_message_id, .. } = *target;
        let key = (seq, speaker.user);
        let new = NewReaction { seq, client_message_id, user: speaker.user, id, emoji, at: self.now };
        let own = self.reactions.get(&key).map(|(own, _)| own.clone());
        let before = own.as_ref().map(|own| own.emoji.clone()).unwrap_or_default();
        match rules::react(self.row(target), own.as_ref(), &new) {
            Reacts::NoSuchMessage => return self.refused(&answer, Some(Code::NoSuchMessage)).await,
            Reacts::Before => {}
            Reacts::Becomes => {
                if answer.is_err() {
                    let known = new.emoji.iter().all(|emoji| EMOJI.contains(&&**emoji));
                    let once = (1..new.emoji.len()).all(|at| !new.emoji[..at].contains(&new.emoji[at]));
                    assert!(!(known && once && new.emoji.len() <= 3), "{:?} are refused", new.emoji);
                    return self.refused(&answer, Some(Code::BadEmoji)).await;
                }
                let rev = Rev(number(self.versions.len()));
                let since = self.reactions.get(&key).filter(|_| !before.is_empty());
                let since = since.map_or(rev, |(_, since)| *since);
                self.reactions.insert(key, (OwnReaction { id, emoji: new.emoji.clone() }, since));
            }
        }
        let mine = self.reactions.get(&key).map(|(own, _)| own.emoji.clone()).unwrap_or_default();
        let row = self.row(target).expect("whoever reacts does so to a message").clone();
        if mine == before {
            self.acknowledged(id.0, &answer, &row, Some(mine));
            return self.nothing_changed().await;
        }
        let mut people: Vec<_> = self.reactions.iter().filter(|((at, _), _)| *at == seq).collect();
        people.sort_by_key(|((_, user), (_, since))| (*since, *user));
        let people = people.into_iter().map(|((_, user), (own, _))| (*user, &own.emoji[..]));
        let reactions = rules::fold(people);
        let rev = Rev(number(self.versions.len()));
        self.became(id.0, &answer, Message { rev, reactions, ..row }, Some(mine)).await;
    }

    async fn judged(&mut self, id: Uuid, target: &Target, answer: &Answer, verdict: Verdict) {
        match verdict {
            Verdict::No(code) => self.refused(answer, Some(code)).await,
            Verdict::Before => {
                let row = self.row(target).expect("what was done before was done to a message").clone();
                self.acknowledged(id, answer, &row, None);
                self.nothing_changed().await;
            }
            Verdict::Becomes(message) => {
                let before = self.row(target).expect("a rule makes no message");
                let kept = |m: &Message| (m.seq, m.rev, m.sender, m.client_message_id, m.sent_at, m.reply_to);
                assert_eq!(kept(&message), kept(before));
                let rev = Rev(number(self.versions.len()));
                self.became(id, answer, Message { rev, ..*message }, None).await;
            }
        }
    }

    /// The answer is an ack that names this row.
    fn acknowledged(&self, id: Uuid, answer: &Answer, row: &Message, mine: Option<Vec<Arc<str>>>) {
        let ack = answer.as_ref().unwrap_or_else(|refusal| panic!("refused: {refusal:?}"));
        let conversation = self.conversation.clone();
        let Message { seq, rev, sent_at, .. } = *row;
        assert_eq!(*ack, ServerFrame::Ack { id, conversation, seq, rev, sent_at, mine });
    }

    /// The row is this now, under the next rev, and everybody was told so.
    async fn became(&mut self, id: Uuid, answer: &Answer, message: Message, mine: Option<Vec<Arc<str>>>) {
        self.acknowledged(id, answer, &message, mine);
        let mut rows = self.rows().to_vec();
        match rows.get_mut(usize::try_from(message.seq.0 - 1).expect("a seq")) {
            Some(row) => *row = message.clone(),
            None => rows.push(message.clone()),
        }
        self.versions.push(rows);
        self.is_stored().await;
        let told = Changes::of(self.conversation.clone(), Seq(1), vec![message]);
        for who in [0, 1] {
            assert_eq!(self.told(who), slice::from_ref(&told));
        }
    }

    /// What one of the two has heard of their conversation since they were looked at last.
    fn told(&self, who: usize) -> Vec<Changes> {
        self.told_of(who, &self.conversation)
    }

    /// What somebody has heard of a conversation since they were looked at last.
    fn told_of(&self, who: usize, conversation: &ConversationId) -> Vec<Changes> {
        let frames = self.people[who].out.take().frames;
        let read = |text: &str| serde_json::from_str::<ServerFrame>(text).expect("a client can read it");
        let changes = frames.iter().filter_map(|frame| match read(frame.as_str()) {
            ServerFrame::Changes(frame) if frame.changes.conversation == *conversation => {
                Some((*frame.changes).clone())
            }
            _ => None,
        });
        changes.collect()
    }

    /// The answer is a refusal, with this code where it is given.
    async fn refused(&mut self, answer: &Answer, code: Option<Code>) {
        let refusal = answer.as_ref().expect_err("it should have been refused").clone();
        assert!(code.is_none_or(|code| refusal.code == code), "{refusal:?}, not {code:?}");
        let frame = ServerFrame::Error(refusal.frame());
        assert_eq!(
            serde_json::from_str::<ServerFrame>(&frame.encode()).expect("a client can read it"),
            frame
        );
        self.nothing_changed().await;
    }

    async fn nothing_changed(&self) {
        self.is_stored().await;
        for who in [0, 1] {
            assert_eq!(self.told(who), [], "nobody is told of nothing");
        }
    }

    async fn is_stored(&self) {
        let most = number(MOST);
        let stored = self.app.store.history(self.site, &self.conversation, Page::Newest, most).await;
        let (head, rows) = stored.expect("the conversation");
        assert_eq!(head, self.head());
        assert_eq!(rows, self.rows());
    }

    fn head(&self) -> Head {
        let (seq, rev) = (Seq(number(self.rows().len())), Rev(number(self.versions.len() - 1)));
        Head { first_seq: Seq(1), seq, rev }
    }

    /// Asks until there is no more, and applies what comes by the rule of the contract.
    async fn changes(&self, who: usize, conversation: &ConversationId, mut held: Held, limit: i64) {
        let (speaker, head) = (self.speaker(who), self.head());
        let version = usize::try_from(held.rev.0).ok().and_then(|rev| self.versions.get(rev));
        // Whoever says truly what they hold.
        let mut copy = version.filter(|rows| number(rows.len()) == held.seq.0).cloned();
        loop {
            let asked = self.app.talk.changes(speaker, conversation, held, limit).await;
            let Ok(mut changes) = asked else { return };
            // Which are their own is told to one reader, and no part of what all hold.
            for message in &mut changes.messages {
                let own = self.reactions.get(&(message.seq, speaker.user)).map(|(own, _)| own.emoji.clone());
                let own = own.filter(|_| *conversation == self.conversation && message.text.is_some());
                assert_eq!(std::mem::take(&mut message.mine), own.unwrap_or_default());
            }
            assert!((1..=100).contains(&limit) && number(changes.messages.len()) <= limit);
            if *conversation != self.conversation {
                return assert_eq!(changes.rev, Rev(0), "nobody has written there");
            }
            if changes.reset {
                assert!(!held.is_part_of(head) && changes.from == Rev(0) && changes.rev == head.rev);
                let newest = self.rows().len() - changes.messages.len();
                return assert_eq!(changes.messages, self.rows()[newest..]);
            }
            assert_eq!(changes.from, held.rev.min(head.rev));
            let mut last = changes.from;
            for message in &changes.messages {
                assert!(last < message.rev && message.rev <= changes.rev);
                last = message.rev;
                let at = usize::try_from(message.seq.0 - 1).expect("a seq");
                assert_eq!(message, &self.rows()[at], "each comes as it is now");
                if let Some(copy) = &mut copy {
                    copy.resize(copy.len().max(at + 1), message.clone());
                    copy[at] = message.clone();
                }
            }
            held = Held {
                rev: changes.rev,
                seq: held.seq.max(Seq(copy.as_ref().map_or(0, |c| number(c.len())))),
            };
            if !changes.more {
                assert_eq!(changes.rev, head.rev);
                return assert!(copy.is_none_or(|copy| copy == self.rows()));
            }
            assert!(!changes.messages.is_empty(), "there is more, and none of it has come");
        }
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).expect("a small number")
}
