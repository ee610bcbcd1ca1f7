//! Reactions.

use std::sync::Arc;

use gchat::{
    conversation::{Message, Reaction},
    id::{ConversationId, Seq, UserId},
    store::{NewReaction, OwnReaction, Reacted, day_of},
    talk::rules,
};

use super::{Conversation, Site};

impl Conversation {
    /// Nothing is left of what was reacted to a message, and of whom it mentioned.
    pub(super) fn forget_message(&mut self, seq: i64) {
        self.reactions.retain(|(at, _), _| *at != seq);
        self.mentions.retain(|(_, at)| *at != seq);
    }

    /// Who leaves a group is mentioned in it no more.
    pub(super) fn leave(&mut self, users: &[UserId], seq: i64) {
        for user in users {
            if let Some(mark) = self.marks.get_mut(user) {
                mark.left = Some(seq);
                self.mentions.retain(|(who, at)| who != user || *at > seq);
            }
        }
    }

    /// Takes all reactions of one person; each message that they had reacted to, by seq, gets the next rev.
    pub(super) fn without(&mut self, user: UserId) {
        let theirs = self.reactions.iter().filter(|((_, who), _)| *who == user);
        let shown = theirs.filter(|(_, (own, _))| !own.emoji.is_empty());
        let seqs: Vec<i64> = shown.map(|((seq, _), _)| *seq).collect();
        self.reactions.retain(|(_, who), _| *who != user);
        for seq in seqs {
            self.put_reactions(seq);
        }
    }

    /// What the message shows of the reactions to it.
    fn folded(&self, seq: i64) -> Vec<Reaction> {
        let people = self.reactions.iter().filter(|((at, _), (own, _))| *at == seq && !own.emoji.is_empty());
        let mut people: Vec<_> =
            people.map(|((_, user), (own, since))| (*since, *user, &own.emoji[..])).collect();
        people.sort();
        rules::fold(people.into_iter().map(|(_, user, emoji)| (user, emoji)))
    }

    /// Shows them, under the next rev.
    fn put_reactions(&mut self, seq: i64) -> Message {
        let (reactions, rev) = (self.folded(seq), self.next_rev());
        let message = &mut self.messages[seq as usize - 1].0;
        (message.reactions, message.rev) = (reactions, rev);
        message.clone()
    }

    /// Takes one; notes the message if it is another now.
    fn take(&mut self, new: &NewReaction, rev: i64, changed: &mut Vec<i64>) -> Reacted {
        let row = usize::try_from(new.seq.0 - 1).ok().and_then(|index| self.messages.get(index));
        let key = (new.seq.0, new.user);
        let before = self.reactions.get(&key).cloned();
        match rules::react(row.map(|(row, _)| row), before.as_ref().map(|(own, _)| own), new) {
            rules::Reacts::NoSuchMessage => return Reacted::NoSuchMessage,
            rules::Reacts::Before => return Reacted::Done,
            rules::Reacts::Becomes => {}
        }
        // Whoever had taken all of theirs back begins anew.
        let since = before.as_ref().filter(|(own, _)| !own.emoji.is_empty()).map_or(rev, |(_, since)| *since);
        self.reactions.insert(key, (OwnReaction { id: new.id, emoji: new.emoji.clone() }, since));
        if !rules::fits(self.folded(new.seq.0).len()) {
            match before {
                Some(before) => drop(self.reactions.insert(key, before)),
                None => drop(self.reactions.remove(&key)),
            }
            return Reacted::TooMany;
        }
        let same = before.map(|(own, _)| own.emoji).unwrap_or_default() == new.emoji;
        if !same && !changed.contains(&new.seq.0) {
            changed.push(new.seq.0);
        }
        Reacted::Done
    }
}

impl Site {
    pub(super) fn react(
        &mut self,
        id: &ConversationId,
        reactions: &[NewReaction],
    ) -> (Vec<Reacted>, Vec<Message>, Seq) {
        let Some(head) = self.conversations.get(id).map(|c| c.head) else {
            return (vec![Reacted::NoSuchMessage; reactions.len()], Vec::new(), Seq(1));
        };
        let (mut outcomes, mut changed) = (Vec::new(), Vec::new());
        for new in reactions {
            let kept = new.seq >= head.first_seq && !self.is_removed(new.user);
            let conversation = self.conversations.get_mut(id).filter(|_| kept);
            let outcome =
                conversation.map_or(Reacted::NoSuchMessage, |c| c.take(new, head.rev.0 + 1, &mut changed));
            outcomes.push(outcome);
            if id.room().is_some() && outcome == Reacted::Done {
                self.join(id, new.user, head.seq, true, day_of(new.at));
            }
        }
        let conversation = self.conversations.get_mut(id);
        let messages = conversation.map(|c| changed.into_iter().map(|seq| c.put_reactions(seq)).collect());
        (outcomes, messages.unwrap_or_default(), head.first_seq)
    }

    pub(super) fn own_reaction(&self, id: &ConversationId, seq: Seq, user: UserId) -> Option<OwnReaction> {
        self.conversations.get(id)?.reactions.get(&(seq.0, user)).map(|(own, _)| own.clone())
    }

    pub(super) fn own_reactions(
        &self,
        id: &ConversationId,
        user: UserId,
        seqs: &[Seq],
    ) -> Vec<(Seq, Vec<Arc<str>>)> {
        let own = |seq: &Seq| Some((*seq, self.own_reaction(id, *seq, user)?.emoji));
        seqs.iter().filter_map(own).filter(|(_, emoji)| !emoji.is_empty()).collect()
    }
}
