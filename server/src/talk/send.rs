//! A new message.

use std::sync::Arc;

use super::{Access, Outcome, Talk, Try, text};
use crate::{
    error::{Code, Refusal},
    event::Event,
    id::{ClientMessageId, ConversationId, Seq, UserId},
    protocol::ServerFrame,
    store::{self, Appended, NewMessage},
};

/// The rule of `reply_to`: it names a message of the conversation, which ends at `last`, whatever became of that since. The
/// engines call it, where the end cannot move.
pub fn may_answer(reply_to: Seq, last: Seq) -> bool {
    Seq(1) <= reply_to && reply_to <= last
}

/// How many people one message mentions at most.
const MENTIONS_MOST: usize = 20;

/// The rule of `mentions`: so many, each once.
fn may_mention(users: &[UserId]) -> Result<(), Code> {
    let once = users.iter().enumerate().all(|(at, user)| !users[..at].contains(user));
    if once && users.len() <= MENTIONS_MOST { Ok(()) } else { Err(Code::BadFrame) }
}

impl Talk {
    /// Commits a message, which may answer another. `of.id` is its `client_message_id`.
    pub async fn send(
        &self,
        of: Try<'_>,
        conversation: ConversationId,
        text: &str,
        (reply_to, mentions): (Option<Seq>, Vec<UserId>),
        now: i64,
    ) -> Result<ServerFrame, Refusal> {
        let (shape, as_sent): (_, Arc<str>) = match text::shaped(text) {
            Ok(text) => (Ok(()), text),
            Err(refusal) => (Err(refusal), text.trim().into()),
        };
        let shape = shape.and(may_mention(&mentions));
        let mut message = NewMessage {
            site: of.speaker.site,
            conversation,
            sender: of.speaker.user,
            client_message_id: ClientMessageId(of.id),
            text: as_sent,
            reply_to,
            mentions,
            sent_at: now,
        };
        self.take(of.speaker)?;
        let conversation = message.conversation.clone();
        let takes_part = self.access.may_read(of.speaker, &conversation).await;
        // Judged where its order is decided: were it judged before, a retry on another connection could be refused, and
        // find nothing committed, while the first try waits here with the rights of a moment ago. Whoever takes no part
        // does not wait: the wait would tell that others are writing there.
        let _order = match takes_part {
            Ok(()) => Some(self.order.lock((of.speaker.site, &conversation)).await),
            Err(_) => None,
        };
        let may_send = match takes_part {
            Ok(()) => self.may_send(of, &mut message, shape).await,
            Err(refusal) => Err(refusal),
        };
        let appended = match may_send {
            Ok(()) => self.append(of, message).await?,
            // An id that was committed is answered as before, whatever has changed since. Asked only now, since nearly
            // every message is new and is sent.
            Err(refusal) => self.store.find_sent(&message).await?.ok_or(refusal)?,
        };
        let outcome = self.appended(of, &conversation, appended).await?;
        self.settle(of, &conversation, outcome).await
    }

    /// What others hear before the message itself: where the sender has read to, and that their dock shows it.
    async fn appended(
        &self,
        of: Try<'_>,
        conversation: &ConversationId,
        appended: Appended,
    ) -> Result<Outcome, Refusal> {
        let site = of.speaker.site;
        match appended {
            Appended::New { message, first_seq, published, mut came_back } => {
                let to = Access::hears_published(of.speaker, conversation);
                if let Some(seq) = published.filter(|_| !to.is_empty()) {
                    // A mark that was not to be seen before: that of somebody hidden, for one.
                    let (user, conversation) = (of.speaker.user, conversation.clone());
                    self.publish(Event::Read { site, conversation, user, seq, to }).await;
                }
                // A room's messages come to those who have it open; whom one mentions is told all the same.
                if Access::is_room(conversation) {
                    came_back.clone_from(&message.mentions);
                }
                for user in came_back {
                    // The message itself comes all the same: a dock that cannot be read now is read on the next connect.
                    self.publish(Event::Dock { site, user, given: None }).await;
                }
                Ok(Outcome::Committed { message, first_seq })
            }
            Appended::Repeated { message, published } => Ok(Outcome::Before { message, published }),
            Appended::Conflict => Err(Code::Conflict.into()),
            Appended::NoSuchMessage => Err(Code::NoSuchMessage.into()),
            Appended::SenderRemoved => Err(Code::ChatNotAllowed.into()),
        }
    }

    /// Commits a message that may be sent. What was not stored does not count.
    async fn append(&self, of: Try<'_>, message: NewMessage) -> Result<Appended, Refusal> {
        let text = message.text.clone();
        let appended: store::Result<Appended> = self.store.append(message).await;
        if !matches!(appended, Ok(Appended::New { .. })) {
            self.give_back_room(of.speaker, &text);
        }
        self.doubt(of, appended)
    }

    /// Why a participant may not send this message now, if they may not: what it is, the permission, the room of a day.
    async fn may_send(
        &self,
        of: Try<'_>,
        message: &mut NewMessage,
        shape: Result<(), Code>,
    ) -> Result<(), Refusal> {
        shape?;
        self.access.may_write(of.speaker, &message.conversation).await?;
        if !message.mentions.is_empty() {
            let mentions = std::mem::take(&mut message.mentions);
            message.mentions = self.access.readers_of(of.speaker, &message.conversation, mentions).await?;
        }
        self.take_room(of.speaker, &message.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_a_message_that_was_written_before_it() {
        let last = Seq(3);
        assert!([1, 2, 3].into_iter().all(|seq| may_answer(Seq(seq), last)));
        assert!([0, 4, i64::MAX].into_iter().all(|seq| !may_answer(Seq(seq), last)));
        assert!(!may_answer(Seq(1), Seq(0)), "of a conversation that has not begun");
    }
}
