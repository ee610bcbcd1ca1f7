//! Another text for a message of one's own.

use std::sync::Arc;

use super::{
    Outcome, Talk, Try,
    change::{Target, Verdict},
    text,
};
use crate::{
    conversation::Message,
    error::{Code, Refusal},
    id::{UserId, VerbId},
    protocol::ServerFrame,
    rights::Policy,
};

/// Who asks for what, and when.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Of the conversation.
    pub who: UserId,
    /// The verb's.
    pub id: VerbId,
    /// Which message.
    pub target: &'a Target,
    /// As it shall be, or what is wrong with it.
    pub text: Result<Arc<str>, Code>,
    /// ms.
    pub now: i64,
}

impl Talk {
    /// Gives a message of the speaker's another text. `of.id` is the verb's.
    pub async fn edit(
        &self,
        of: Try<'_>,
        target: &Target,
        text: &str,
        now: i64,
    ) -> Result<ServerFrame, Refusal> {
        self.take(of.speaker)?;
        self.access.may_read(of.speaker, &target.conversation).await?;
        let _order = self.order.lock((of.speaker.site, &target.conversation)).await;
        let text = text::shaped(text);
        let asked = Asked { who: of.speaker.user, id: VerbId(of.id), target, text: text.clone(), now };
        let rule = |row: Option<&Message>| judge(row, &asked, self.access.policy(of.speaker.site));
        let row = self.row(of, target).await?;
        let outcome = match (rule(row.as_ref()), text) {
            (Verdict::Before, _) => self.change(of, target, row, rule).await?,
            (_, Err(refusal)) => return Err(refusal.into()),
            (Verdict::No(refusal), Ok(_)) => return Err(refusal.into()),
            (Verdict::Becomes(_), Ok(text)) => {
                self.access.may_write(of.speaker, &target.conversation).await?;
                self.take_room(of.speaker, &text)?;
                let changed = self.change(of, target, row, rule).await;
                if !matches!(changed, Ok(Outcome::Committed { .. })) {
                    self.give_back_room(of.speaker, &text);
                }
                changed?
            }
        };
        self.settle(of, &target.conversation, outcome).await
    }
}

/// The rule. The highest id that was applied is kept with the row: one that is not above it was applied before, or came
/// too late beside another device's.
pub fn judge(row: Option<&Message>, asked: &Asked<'_>, policy: Policy) -> Verdict {
    let Some(row) = asked.target.meant(row) else { return Verdict::No(Code::NoSuchMessage) };
    if row.sender != asked.who {
        return Verdict::No(Code::NotAllowed);
    }
    if row.verb_id >= Some(asked.id) {
        return Verdict::Before;
    }
    let text = match &asked.text {
        Ok(text) => text.clone(),
        Err(refusal) => return Verdict::No(*refusal),
    };
    // Nothing follows a deletion, and what has happened is no text.
    if row.text.is_none() {
        return Verdict::No(Code::NoSuchMessage);
    }
    let most = policy.edit_seconds.saturating_mul(1_000);
    if most == 0 || asked.now - row.sent_at > most {
        return Verdict::No(Code::TooLate);
    }
    let (edited_at, verb_id) = (Some(asked.now), Some(asked.id));
    Verdict::Becomes(Box::new(Message { text: Some(text), edited_at, verb_id, ..row.clone() }))
}

#[cfg(test)]
mod tests {
    use super::{
        super::change::tests::{row, target, user, verb},
        *,
    };
    use crate::conversation::DeletedBy;

    fn judged(row: Option<&Message>, who: i64, id: u128, now: i64, edit_seconds: i64) -> Verdict {
        let (target, text) = (&target(), Ok("after".into()));
        let policy = Policy { edit_seconds, ..Policy::default() };
        judge(row, &Asked { who: user(who), id: verb(id), target, text, now }, policy)
    }

    #[test]
    fn ones_own_message_gets_the_text_while_it_is_young() {
        let now = 1_000 + 900_000;
        let after =
            Message { text: Some("after".into()), edited_at: Some(now), verb_id: Some(verb(1)), ..row() };
        assert_eq!(judged(Some(&row()), 2, 1, now, 900), Verdict::Becomes(Box::new(after)));
        assert_eq!(judged(Some(&row()), 2, 1, now + 1, 900), Verdict::No(Code::TooLate));
        assert_eq!(judged(Some(&row()), 2, 1, 0, 0), Verdict::No(Code::TooLate), "the clock was set back");
        assert_eq!(judged(Some(&row()), 3, 1, now, 900), Verdict::No(Code::NotAllowed));
        assert_eq!(judged(None, 2, 1, now, 900), Verdict::No(Code::NoSuchMessage));
    }

    #[test]
    fn what_is_not_above_the_highest_id_has_no_effect_whatever_has_changed_since() {
        let edited = Message { verb_id: Some(verb(5)), ..row() };
        assert_eq!(judged(Some(&edited), 2, 5, i64::MAX, 0), Verdict::Before);
        assert_eq!(judged(Some(&edited), 2, 4, i64::MAX, 0), Verdict::Before);
        assert!(matches!(judged(Some(&edited), 2, 6, 2_000, 900), Verdict::Becomes(_)));
        assert_eq!(judged(Some(&edited), 3, 4, 2_000, 900), Verdict::No(Code::NotAllowed));
        let deleted = Message { text: None, deleted: Some(DeletedBy::Author), ..edited };
        assert_eq!(judged(Some(&deleted), 2, 5, 2_000, 900), Verdict::Before);
        assert_eq!(judged(Some(&deleted), 2, 6, 2_000, 900), Verdict::No(Code::NoSuchMessage));
    }
}
