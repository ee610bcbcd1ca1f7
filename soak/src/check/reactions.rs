//! Reactions: what each person's to a message must be at the end, and that they are counted rightly.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use gchat_wire::Conversation;
use uuid::Uuid;

use super::{Judge, Rule};
use crate::history::{ClientId, Said};

/// So many of those who have reacted with one emoji are named.
const NAMED: usize = 20;

/// All of somebody's reactions to a message.
type Emoji = BTreeSet<String>;

/// What was asked for, by message.
#[derive(Default)]
pub(super) struct Reactions(HashMap<Uuid, Vec<Asked>>);

struct Asked {
    user: u64,
    id: Uuid,
    emoji: Arc<Emoji>,
}

impl Reactions {
    pub(super) fn ask(&mut self, message: Uuid, user: u64, id: Uuid, emoji: &[String]) {
        let emoji = Arc::new(emoji.iter().cloned().collect());
        self.0.entry(message).or_default().push(Asked { user, id, emoji });
    }

    fn of(&self, message: Uuid, user: u64) -> impl Iterator<Item = &Asked> {
        self.0.get(&message).into_iter().flatten().filter(move |asked| asked.user == user)
    }

    /// Whether somebody's reactions can be these once this id was acknowledged: those of it or of a higher one.
    pub(super) fn may_follow(&self, message: Uuid, user: u64, acked: Uuid, emoji: &Emoji) -> bool {
        self.of(message, user).any(|asked| asked.id >= acked && *asked.emoji == *emoji)
    }

    /// Whether everybody whom a row names has asked for it at some time.
    pub(super) fn are_asked_for(&self, row: &Said) -> bool {
        let asked = |user: u64, emoji: &str| {
            row.id.is_some_and(|id| self.of(id, user).any(|asked| asked.emoji.contains(emoji)))
        };
        row.reactions().iter().all(|with| with.users.iter().all(|user| asked(*user, &with.emoji)))
    }
}

/// What a row shows of somebody's reactions, and whether that is all: of many not everybody is named.
pub(super) fn shown(row: &Said, user: u64) -> (Emoji, bool) {
    let own = row.reactions().iter().filter(|with| with.users.contains(&user));
    let whole = row.reactions().iter().all(|with| with.count as usize <= NAMED || with.users.contains(&user));
    (own.map(|with| with.emoji.clone()).collect(), whole)
}

impl Judge {
    pub(super) fn react(
        &mut self,
        client: ClientId,
        id: Uuid,
        conversation: Conversation,
        message: Uuid,
        emoji: &[String],
    ) {
        let user = self.users.get(&client).copied().unwrap_or(0);
        self.reactions.ask(message, user, id, emoji);
        *self.changes.entry(conversation).or_default() += 1;
    }

    /// What the last reader was told of their own.
    pub(super) fn mine(
        &mut self,
        line: usize,
        conversation: Conversation,
        row: &Said,
        (reader, mine): (u64, &[String]),
    ) {
        let mine: Emoji = mine.iter().cloned().collect();
        let (shown, whole) = shown(row, reader);
        if (whole && shown != mine) || !shown.is_subset(&mine) {
            let what = format!(
                "{reader} is told that {mine:?} are theirs at {} of {conversation}: {row:?}",
                row.seq
            );
            self.verdict.fault(Rule::Reaction, line, what);
        }
    }

    /// Each person's are those of their highest acknowledged id, or of a higher one; and all are counted.
    pub(super) fn end_of_reactions(&mut self) {
        let mut faults = Vec::new();
        for place in self.store.messages() {
            let row = place.message;
            let asked = row.id.and_then(|id| self.reactions.0.get(&id));
            let asked = asked.map_or(&[][..], |asked| asked);
            if row.text.is_none() {
                if !row.reactions().is_empty() {
                    faults.push((Rule::Reaction, format!("nobody may react to {place}: {row:?}")));
                }
                continue;
            }
            let named = row.reactions().iter().flat_map(|with| with.users.iter().copied());
            let people: HashSet<u64> = named.chain(asked.iter().map(|asked| asked.user)).collect();
            let mut may: HashMap<u64, Vec<Arc<Emoji>>> = HashMap::new();
            for user in people {
                let own = || asked.iter().filter(|asked| asked.user == user);
                let is = |id: Uuid, what: fn(&super::Asked) -> bool| self.asked.get(&id).is_some_and(what);
                let acked = own().filter(|own| is(own.id, super::Asked::is_acked)).map(|own| own.id).max();
                let counts = |own: &&Asked| Some(own.id) >= acked && !is(own.id, super::Asked::is_refused);
                let mut all: Vec<Arc<Emoji>> = own().filter(counts).map(|own| own.emoji.clone()).collect();
                if acked.is_none() {
                    all.push(Arc::default());
                }
                let (shown, whole) = shown(row, user);
                let fits = |may: &Arc<Emoji>| if whole { **may == shown } else { shown.is_subset(may) };
                if !all.iter().any(fits) {
                    let what = format!("{user} shows {shown:?} at {place}, and not one of {all:?}");
                    faults.push((Rule::Reaction, what));
                }
                may.insert(user, all);
            }
            for with in row.reactions() {
                let has = |emoji: &Arc<Emoji>| emoji.contains(&with.emoji);
                let least = may.values().filter(|may| may.iter().all(has)).count();
                let most = may.values().filter(|may| may.iter().any(has)).count();
                let count = with.count as usize;
                let names: HashSet<_> = with.users.iter().collect();
                let named = names.len() == with.users.len() && with.users.len() == count.min(NAMED);
                // Who is named was looked at above; of many, the number has to fit those who may have it.
                let fits = count <= NAMED || (least..=most).contains(&count);
                if !named || !fits {
                    let what = format!("{count} are counted with {} at {place}: {row:?}", with.emoji);
                    faults.push((Rule::Count, what));
                }
            }
        }
        faults.into_iter().for_each(|(rule, what)| self.verdict.fault(rule, 0, what));
    }
}
