//! A message of one's own becomes a stub, at any time.

use super::{
    Talk, Try,
    change::{Target, Verdict},
};
use crate::{
    conversation::{DeletedBy, Message},
    error::{Code, Refusal},
    id::UserId,
    protocol::ServerFrame,
};

impl Talk {
    /// Makes a message of the speaker's a stub, also where they may not write any more. `of.id` is the verb's.
    pub async fn delete(&self, of: Try<'_>, target: &Target) -> Result<ServerFrame, Refusal> {
        self.take(of.speaker)?;
        self.access.may_read(of.speaker, &target.conversation).await?;
        let _order = self.order.lock((of.speaker.site, &target.conversation)).await;
        let rule = |row: Option<&Message>| judge(row, target, of.speaker.user);
        let row = self.row(of, target).await?;
        if rule(row.as_ref()) != Verdict::Before {
            self.access.live(of.speaker)?;
        }
        let outcome = self.change(of, target, row, rule).await?;
        self.settle(of, &target.conversation, outcome).await
    }
}

/// The rule. It looks at no `verb_id`: nothing that an author does to a message may shield it from being deleted.
pub fn judge(row: Option<&Message>, target: &Target, who: UserId) -> Verdict {
    let Some(row) = target.meant(row) else { return Verdict::No(Code::NoSuchMessage) };
    if row.sender != who {
        return Verdict::No(Code::NotAllowed);
    }
    if row.text.is_none() {
        return Verdict::Before;
    }
    Verdict::Becomes(Message { text: None, edited_at: None, deleted: Some(DeletedBy::Author), ..row.clone() })
}

#[cfg(test)]
mod tests {
    use super::{
        super::change::tests::{row, target, user, verb},
        *,
    };

    #[test]
    fn a_deletion_takes_the_text_and_keeps_the_place() {
        let edited = Message { edited_at: Some(5), verb_id: Some(verb(u128::MAX)), ..row() };
        let stub =
            Message { text: None, edited_at: None, deleted: Some(DeletedBy::Author), ..edited.clone() };
        assert_eq!(judge(Some(&edited), &target(), user(2)), Verdict::Becomes(stub.clone()));
        assert_eq!(judge(Some(&stub), &target(), user(2)), Verdict::Before);
        let moderated = Message { deleted: Some(DeletedBy::Moderator), ..stub.clone() };
        assert_eq!(judge(Some(&moderated), &target(), user(2)), Verdict::Before);
        assert_eq!(judge(Some(&stub), &target(), user(3)), Verdict::No(Code::NotAllowed));
        assert_eq!(judge(Some(&row()), &target(), user(3)), Verdict::No(Code::NotAllowed));
        assert_eq!(judge(None, &target(), user(2)), Verdict::No(Code::NoSuchMessage));
    }
}
