//! All of a person's reactions to a message: state, no toggle, so that of two devices the later one wins.
//!
//! In a room many react at once, and each change goes to everybody who has it open: there they gather, and are committed
//! and told at most once a second. Each is acknowledged when it is committed. All are judged under their conversation's
//! order, as all verbs are. Those that gather wait without it, as nothing else there may wait a second for them: another
//! try of one that waits is judged once that is decided. Judged before, it could be refused, by what has changed since,
//! while the first is still to be committed.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{MutexGuard, oneshot},
    time::Instant,
};
use unicode_properties::UnicodeEmoji as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Access, Outcome, Speaker, Talk, Try, change::Target};
use crate::{
    conversation::{ACTORS, Changes, Message, Reaction},
    error::{Code, Refusal},
    event::Event,
    id::{ConversationId, Seq, SiteId, UserId, VerbId},
    protocol::ServerFrame,
    store::{NewReaction, OwnReaction, Reacted},
};

/// Emoji of one person at one message, and different ones at a message.
const OWN_MOST: usize = 3;
const DIFFERENT_MOST: usize = 20;

/// Bytes of one emoji: the longest that Unicode recommends has 35.
const EMOJI_BYTES: usize = 64;

/// In a room reactions change it at most once in this time.
const GATHER: Duration = Duration::from_secs(1);

/// Of more rooms than this, those are forgotten that have been quiet.
const ROOMS_MOST: usize = 1_024;

/// Reactions in rooms that wait for the room's next change. At most as many as people may send in `GATHER`.
#[derive(Debug, Default)]
pub struct Reactions(Mutex<HashMap<RoomKey, Gathered>>);

type RoomKey = (SiteId, ConversationId);

#[derive(Debug)]
struct Gathered {
    /// When the room was last changed by reactions.
    at: Instant,
    waiting: Vec<Waiting>,
}

/// A reaction that is to be committed with others, and who wants to know what became of it.
#[derive(Debug)]
struct Waiting {
    new: NewReaction,
    tell: Vec<oneshot::Sender<Noted>>,
}

/// What became of it.
type Noted = Result<Reacted, Refusal>;

/// What is to be done with a reaction.
enum Turn {
    /// Commit it now.
    Now,
    /// Wait until then, and commit all that has gathered.
    Leads(Instant, oneshot::Receiver<Noted>),
    /// Somebody else commits it.
    Follows(oneshot::Receiver<Noted>),
}

impl Reactions {
    /// To be called under the room's order.
    fn join(&self, key: &RoomKey, new: &NewReaction) -> Turn {
        let mut rooms = self.0.lock();
        if rooms.len() > ROOMS_MOST {
            rooms.retain(|_, room| !room.waiting.is_empty() || room.at.elapsed() < GATHER);
        }
        match rooms.entry(key.clone()) {
            Entry::Occupied(mut room)
                if room.get().at.elapsed() < GATHER || !room.get().waiting.is_empty() =>
            {
                let room = room.get_mut();
                let (tell, told) = oneshot::channel();
                let leads = room.waiting.is_empty();
                room.waiting.push(Waiting { new: new.clone(), tell: vec![tell] });
                if leads { Turn::Leads(room.at + GATHER, told) } else { Turn::Follows(told) }
            }
            room => {
                let quiet = Gathered { at: Instant::now(), waiting: Vec::new() };
                room.or_insert_with(|| quiet).at = Instant::now();
                Turn::Now
            }
        }
    }

    /// What will become of the same person's reaction to the same message that waits with this id or a higher one. To be
    /// called under the room's order.
    fn waiting(&self, key: &RoomKey, new: &NewReaction) -> Option<oneshot::Receiver<Noted>> {
        let mut rooms = self.0.lock();
        let of = |other: &NewReaction| (other.seq, other.user) == (new.seq, new.user) && other.id >= new.id;
        let first = rooms.get_mut(key)?.waiting.iter_mut().find(|waiting| of(&waiting.new))?;
        let (tell, told) = oneshot::channel();
        first.tell.push(tell);
        Some(told)
    }

    /// All that has gathered. To be called under the room's order, which is kept until they are committed.
    fn take(&self, key: &RoomKey) -> Vec<Waiting> {
        let mut rooms = self.0.lock();
        let Some(room) = rooms.get_mut(key) else { return Vec::new() };
        room.at = Instant::now();
        std::mem::take(&mut room.waiting)
    }
}

impl Talk {
    /// Sets the speaker's reactions to a message. `of.id` is the verb's. In a room it may take a second.
    pub async fn react(
        &self,
        of: Try<'_>,
        target: &Target,
        emoji: Vec<Arc<str>>,
        now: i64,
    ) -> Result<ServerFrame, Refusal> {
        self.take(of.speaker)?;
        let Target { conversation, seq, client_message_id } = target;
        let mut reader = self.access.reader(of.speaker, conversation).await?;
        let Speaker { site, user } = of.speaker;
        let client_message_id = *client_message_id;
        let new = NewReaction { seq: *seq, client_message_id, user, id: VerbId(of.id), emoji, at: now };
        loop {
            let order = self.order.lock((site, conversation)).await;
            self.access.reaches_otherwise(&mut reader).await?; // it may have changed while this waited
            let row = self.row(of, target).await?.filter(|row| reader.reads(row));
            let own = self.store.own_reaction(site, conversation, *seq, user).await?;
            match judge(row.as_ref(), own.as_ref(), &new) {
                Reacts::Before => break,
                Reacts::NoSuchMessage => return Err(Code::NoSuchMessage.into()),
                Reacts::Becomes => {}
            }
            if let Some(first) = self.reactions.waiting(&(site, conversation.clone()), &new) {
                drop(order);
                let _ = first.await; // whatever it is: this try is judged by what is stored then
                continue;
            }
            shaped(&new.emoji)?;
            let had = own.as_ref().map_or(&[][..], |own| &own.emoji);
            if new.emoji.iter().any(|emoji| !had.contains(emoji)) {
                self.access.may_write(of.speaker, conversation).await?;
            } else {
                self.access.live(of.speaker)?;
            }
            self.commit(of, conversation, new, order).await?;
            break;
        }
        self.reacted(of, target).await
    }

    /// The answer, from what is stored.
    async fn reacted(&self, of: Try<'_>, target: &Target) -> Result<ServerFrame, Refusal> {
        let Speaker { site, user } = of.speaker;
        let row = self.row(of, target).await?.ok_or(Code::NoSuchMessage)?;
        let own = self.store.own_reaction(site, &target.conversation, target.seq, user).await?;
        let outcome = Outcome::Before { message: row, published: Seq(0) };
        let mut ack = self.settle(of, &target.conversation, outcome).await?;
        if let ServerFrame::Ack { mine, .. } = &mut ack {
            *mine = Some(own.map(|own| own.emoji).unwrap_or_default());
        }
        Ok(ack)
    }

    async fn commit(
        &self,
        of: Try<'_>,
        conversation: &ConversationId,
        new: NewReaction,
        order: MutexGuard<'_, ()>,
    ) -> Result<(), Refusal> {
        let site = of.speaker.site;
        let outcome = if Access::is_room(conversation) {
            self.gather(site, conversation, new, order).await
        } else {
            self.commit_one(site, conversation, new).await
        };
        let noted = outcome.inspect_err(|_| self.doubts.lock().add(of.key()));
        match noted? {
            Reacted::Done => Ok(()),
            Reacted::NoSuchMessage => Err(Code::NoSuchMessage.into()),
            Reacted::TooMany => Err(Code::BadEmoji.into()),
        }
    }

    /// Commits a reaction in a room, with those that have gathered there.
    async fn gather(
        &self,
        site: SiteId,
        room: &ConversationId,
        new: NewReaction,
        order: MutexGuard<'_, ()>,
    ) -> Noted {
        let key = (site, room.clone());
        let told = match self.reactions.join(&key, &new) {
            Turn::Now => return self.commit_one(site, room, new).await,
            Turn::Follows(told) => {
                drop(order);
                told
            }
            Turn::Leads(until, told) => {
                drop(order);
                tokio::time::sleep_until(until).await;
                let _order = self.order.lock((site, room)).await;
                let (all, tell): (Vec<_>, Vec<_>) =
                    self.reactions.take(&key).into_iter().map(|Waiting { new, tell }| (new, tell)).unzip();
                let outcomes = self.commit_all(site, room, &all).await;
                for (at, tell) in tell.into_iter().enumerate() {
                    let outcome = match &outcomes {
                        Ok(outcomes) => Ok(outcomes.get(at).copied().unwrap_or(Reacted::Done)),
                        Err(refusal) => Err(refusal.clone()),
                    };
                    for tell in tell {
                        let _ = tell.send(outcome.clone()); // whoever asked may have gone
                    }
                }
                told
            }
        };
        told.await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
    }

    /// The same as `commit_all` of one.
    async fn commit_one(&self, site: SiteId, conversation: &ConversationId, new: NewReaction) -> Noted {
        let outcomes = self.commit_all(site, conversation, &[new]).await?;
        Ok(outcomes.first().copied().unwrap_or(Reacted::Done))
    }

    /// Commits reactions of one conversation, and tells everybody of the messages that they have changed. To be called
    /// under its order.
    async fn commit_all(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        all: &[NewReaction],
    ) -> Result<Vec<Reacted>, Refusal> {
        let (outcomes, messages, first_seq) = self.store.react(site, conversation, all).await?;
        // Only in a room there may be several, and there everybody reads all of them.
        if let Some(message) = messages.first() {
            let (to, hidden_from) = self.access.reads(site, conversation, message.seq).await;
            let changes = Changes::of(conversation.clone(), first_seq, messages);
            if !hidden_from.is_empty() {
                let changes = Arc::new(changes.empty());
                self.publish(Event::Changed { site, to: hidden_from, changes, given: None }).await;
            }
            self.publish(Event::Changed { site, to, changes: Arc::new(changes), given: None }).await;
        }
        Ok(outcomes)
    }
}

/// What the rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reacts {
    /// It was done before, or has no effect any more.
    Before,
    /// It counts.
    Becomes,
    /// It may not be.
    NoSuchMessage,
}

/// The rule: the highest id of each person and message counts, and nothing follows a deletion.
pub fn judge(row: Option<&Message>, own: Option<&OwnReaction>, new: &NewReaction) -> Reacts {
    let meant = row.filter(|row| row.client_message_id == Some(new.client_message_id));
    match meant {
        Some(row) if row.text.is_some() => {
            if own.is_some_and(|own| own.id >= new.id) {
                Reacts::Before
            } else {
                Reacts::Becomes
            }
        }
        _ => Reacts::NoSuchMessage,
    }
}

/// Whether a message may have so many different emoji.
pub fn fits(different: usize) -> bool {
    different <= DIFFERENT_MOST
}

/// What a message shows of the reactions to it, each person's in the order in which they came.
pub fn fold<'a>(people: impl IntoIterator<Item = (UserId, &'a [Arc<str>])>) -> Vec<Reaction> {
    let mut all: Vec<Reaction> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (user, emoji) in people {
        for emoji in emoji {
            let place = *at.entry(emoji).or_insert_with(|| {
                all.push(Reaction { emoji: emoji.clone(), count: 0, users: Vec::new() });
                all.len() - 1
            });
            let reaction = &mut all[place];
            reaction.count += 1;
            if reaction.users.len() < ACTORS {
                reaction.users.push(user);
            }
        }
    }
    all
}

/// At most so many, each once and each an emoji.
fn shaped(emoji: &[Arc<str>]) -> Result<(), Code> {
    let different: BTreeSet<_> = emoji.iter().collect();
    let fine = emoji.len() <= OWN_MOST && different.len() == emoji.len() && emoji.iter().all(|e| is_emoji(e));
    if fine { Ok(()) } else { Err(Code::BadEmoji) }
}

/// One grapheme cluster (UAX 29) of characters of emoji (UTS 51). Digits and signs are such characters only where the
/// enclosing keycap follows.
fn is_emoji(text: &str) -> bool {
    const KEYCAP: char = '\u{20e3}';
    let shows = |sign: char| sign.is_emoji_char() && !sign.is_ascii();
    text.len() <= EMOJI_BYTES
        && text.graphemes(true).count() == 1
        && text.chars().all(|sign| sign.is_emoji_char_or_emoji_component() || sign == KEYCAP)
        && (text.chars().any(shows)
            || text.ends_with(KEYCAP) && text.starts_with(|c: char| c.is_emoji_char()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{
        super::change::tests::{row, user, verb},
        *,
    };
    use crate::{conversation::System, id::ClientMessageId};

    fn new(id: u128, emoji: &[&str]) -> NewReaction {
        let emoji = emoji.iter().map(|e| (*e).into()).collect();
        let client_message_id = ClientMessageId(Uuid::from_u128(70));
        NewReaction { seq: Seq(7), client_message_id, user: user(3), id: verb(id), emoji, at: 1 }
    }

    #[test]
    fn the_highest_id_counts_and_nothing_follows_a_deletion() {
        let own = |id| OwnReaction { id: verb(id), emoji: vec!["👍".into()] };
        assert_eq!(judge(Some(&row()), None, &new(1, &["👍"])), Reacts::Becomes);
        assert_eq!(judge(Some(&row()), Some(&own(1)), &new(1, &[])), Reacts::Before);
        assert_eq!(judge(Some(&row()), Some(&own(2)), &new(1, &[])), Reacts::Before);
        assert_eq!(judge(Some(&row()), Some(&own(2)), &new(3, &[])), Reacts::Becomes);
        assert_eq!(judge(Some(&row().stub()), None, &new(1, &["👍"])), Reacts::NoSuchMessage);
        let system = Message { text: None, system: Some(System::Left), ..row() };
        assert_eq!(judge(Some(&system), None, &new(1, &["👍"])), Reacts::NoSuchMessage);
        let other = Message { client_message_id: Some(ClientMessageId(Uuid::from_u128(71))), ..row() };
        assert_eq!(judge(Some(&other), None, &new(1, &["👍"])), Reacts::NoSuchMessage);
        assert_eq!(judge(None, None, &new(1, &["👍"])), Reacts::NoSuchMessage);
    }

    #[test]
    fn an_emoji_is_one_and_nothing_else() {
        for good in ["👍", "❤️", "❤", "👨‍👩‍👧‍👦", "👩🏽‍❤️‍💋‍👨🏿", "🇵🇹", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "1️⃣", "#️⃣", "☕"]
        {
            assert!(is_emoji(good), "{good}");
        }
        let long = "👨‍".repeat(20);
        for bad in
            ["", "a", "1", "#", "👍👍", "👍a", "\u{200d}", "\u{fe0f}", "\u{20e3}", "<b>", "é", " 👍", &long]
        {
            assert!(!is_emoji(bad), "{bad:?}");
        }
        let shaped = |emoji: &[&str]| shaped(&new(1, emoji).emoji);
        assert_eq!(shaped(&["👍", "❤️", "😂"]), Ok(()));
        assert_eq!(shaped(&["👍", "❤️", "😂", "🎉"]), Err(Code::BadEmoji));
        assert_eq!(shaped(&["👍", "👍"]), Err(Code::BadEmoji));
    }

    #[test]
    fn a_message_names_the_first_people_of_each_emoji_in_the_order_of_use() {
        let (one, both): ([Arc<str>; 1], [Arc<str>; 2]) = (["❤️".into()], ["👍".into(), "❤️".into()]);
        let people = (1..=30).map(|id| (user(id), if id == 1 { &one[..] } else { &both[..] }));
        let all = fold(people);
        let told: Vec<_> = all.iter().map(|r| (&*r.emoji, r.count, r.users.len(), r.users[0])).collect();
        assert_eq!(told, [("❤️", 30, 20, user(1)), ("👍", 29, 20, user(2))]);
        assert!(fits(DIFFERENT_MOST) && !fits(DIFFERENT_MOST + 1));
    }
}
