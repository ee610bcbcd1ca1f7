//! What verbs on a message that is there have in common: its row is read, judged by the verb's rule, and put back under
//! the conversation's next rev, again where somebody else was faster.

use super::{Outcome, Talk, Try};
use crate::{
    conversation::Message,
    error::{Code, Refusal},
    id::{ClientMessageId, ConversationId, Seq},
    store::Change,
};

/// Which message a verb is about.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where.
    pub conversation: ConversationId,
    /// Its number …
    pub seq: Seq,
    /// … and its name: after the restore of a backup, a number may be another message's.
    pub client_message_id: ClientMessageId,
}

/// What a rule says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done before, or has no effect any more.
    Before,
    /// The row shall be this, but for its rev.
    Becomes(Box<Message>),
    /// It may not be.
    No(Code),
}

impl Target {
    /// The row, if it is the message that was meant.
    pub(super) fn meant<'a>(&self, row: Option<&'a Message>) -> Option<&'a Message> {
        row.filter(|row| row.client_message_id == Some(self.client_message_id))
    }
}

impl Talk {
    /// The row that a verb is about, as it is now.
    pub(super) async fn row(&self, of: Try<'_>, target: &Target) -> Result<Option<Message>, Refusal> {
        Ok(self.store.message(of.speaker.site, &target.conversation, target.seq).await?)
    }

    /// Puts what the rule makes of the row in its place. To be called under the conversation's order.
    pub(super) async fn change(
        &self,
        of: Try<'_>,
        target: &Target,
        mut row: Option<Message>,
        rule: impl Fn(Option<&Message>) -> Verdict,
    ) -> Result<Outcome, Refusal> {
        loop {
            let message = match (rule(row.as_ref()), row) {
                (Verdict::Becomes(message), _) => *message,
                (Verdict::Before, Some(message)) => {
                    return Ok(Outcome::Before { message, published: Seq(0) }); // no verb publishes one
                }
                (Verdict::Before, None) => return Err(Code::NoSuchMessage.into()),
                (Verdict::No(code), _) => return Err(code.into()),
            };
            let (site, conversation) = (of.speaker.site, target.conversation.clone());
            let changed = self.store.change(Change { site, conversation, message }).await;
            if let Some(changed) = self.doubt(of, changed)? {
                return Ok(Outcome::Committed { message: changed.message, first_seq: changed.first_seq });
            }
            row = self.row(of, target).await?;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{Rev, UserId, VerbId};

    pub(in crate::talk) fn user(id: i64) -> UserId {
        UserId::new(id).expect("a user")
    }

    pub(in crate::talk) fn verb(n: u128) -> VerbId {
        VerbId(Uuid::from_u128(n))
    }

    /// The message 7 of the user 2, sent at 1,000.
    pub(in crate::talk) fn row() -> Message {
        Message {
            seq: Seq(7),
            rev: Rev(9),
            sender: user(2),
            client_message_id: Some(ClientMessageId(Uuid::from_u128(70))),
            text: Some("before".into()),
            sent_at: 1_000,
            system: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            mine: Vec::new(),
            reply_to: Some(Seq(3)),
            edited_at: None,
            deleted: None,
            verb_id: None,
        }
    }

    pub(in crate::talk) fn target() -> Target {
        let conversation = ConversationId::between(user(2), user(3)).expect("two");
        Target { conversation, seq: Seq(7), client_message_id: ClientMessageId(Uuid::from_u128(70)) }
    }

    #[test]
    fn a_number_alone_names_no_message() {
        let other = Target { client_message_id: ClientMessageId(Uuid::from_u128(71)), ..target() };
        assert_eq!(target().meant(Some(&row())), Some(&row()));
        assert_eq!(other.meant(Some(&row())), None);
        let erased = Message { client_message_id: None, text: None, ..row() };
        assert_eq!(target().meant(Some(&erased)), None);
        assert_eq!(target().meant(None), None);
    }
}
