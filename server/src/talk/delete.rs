//! A message of one's own becomes a stub, at any time; in a room a teacher of its course makes others' stubs too.

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
    /// Makes a message a stub, also where the speaker may not write any more. `of.id` is the verb's.
    pub async fn delete(&self, of: Try<'_>, target: &Target) -> Result<ServerFrame, Refusal> {
        self.take(of.speaker)?;
        self.access.may_read(of.speaker, &target.conversation).await?;
        let _order = self.order.lock((of.speaker.site, &target.conversation)).await;
        let moderates = self.access.moderates(of.speaker, &target.conversation).await?;
        let rule = |row: Option<&Message>| judge(row, target, of.speaker.user, moderates);
        let row = self.row(of, target).await?;
        if rule(row.as_ref()) != Verdict::Before {
            self.access.live(of.speaker)?;
        }
        let outcome = self.change(of, target, row, rule).await?;
        self.settle(of, &target.conversation, outcome).await
    }
}

/// The rule. It looks at no `verb_id`: nothing that an author does to a message may shield it from being deleted.
/// `moderates`: it is a room, and they teach its course.
pub fn judge(row: Option<&Message>, target: &Target, who: UserId, moderates: bool) -> Verdict {
    let Some(row) = target.meant(row) else { return Verdict::No(Code::NoSuchMessage) };
    let by = if row.sender == who { DeletedBy::Author } else { DeletedBy::Moderator };
    if by == DeletedBy::Moderator && !moderates {
        return Verdict::No(Code::NotAllowed);
    }
    if row.system.is_some() {
        return Verdict::No(Code::NoSuchMessage);
    }
    if row.is_stub() {
        return Verdict::Before;
    }
    Verdict::Becomes(Box::new(Message { deleted: Some(by), ..row.stub() }))
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
        assert_eq!(judge(Some(&edited), &target(), user(2), false), Verdict::Becomes(Box::new(stub.clone())));
        assert_eq!(judge(Some(&stub), &target(), user(2), false), Verdict::Before);
        let moderated = Message { deleted: Some(DeletedBy::Moderator), ..stub.clone() };
        assert_eq!(judge(Some(&moderated), &target(), user(2), false), Verdict::Before);
        assert_eq!(judge(Some(&stub), &target(), user(3), false), Verdict::No(Code::NotAllowed));
        assert_eq!(judge(Some(&row()), &target(), user(3), false), Verdict::No(Code::NotAllowed));
        assert_eq!(judge(None, &target(), user(2), false), Verdict::No(Code::NoSuchMessage));
    }
}
