//! What happens in a group or room, told by a system message: judged, committed and told in the order of all messages, and
//! known again by the verb's id.

use super::{Outcome, Talk, Try};
use crate::{
    conversation::System,
    error::{Code, Refusal},
    event::Event,
    id::{CircleId, ConversationId, Rev, Seq, UserId, VerbId},
    protocol::ServerFrame,
    store::{NewSystem, Noted},
};

/// What a rule makes of what somebody asks for.
#[derive(Debug)]
pub(super) struct Judged {
    /// What is to happen; `None`: it is so already.
    pub(super) system: Option<System>,
    /// Of a group that is made: its course.
    pub(super) course: Option<CircleId>,
    /// The conversation's rev at which that is so.
    pub(super) at: Rev,
    /// Its head, for the answer where nothing happens.
    pub(super) head: Seq,
}

impl Talk {
    /// Does what `judge` makes of the wish, and again where the conversation has changed meanwhile. To be called under the
    /// conversation's order, after the rate.
    pub(super) async fn note<J>(
        &self,
        of: Try<'_>,
        conversation: &ConversationId,
        now: i64,
        mut judge: impl FnMut() -> J,
    ) -> Result<ServerFrame, Refusal>
    where
        J: Future<Output = Result<Judged, Refusal>>,
    {
        let mut new = NewSystem {
            site: of.speaker.site,
            conversation: conversation.clone(),
            sender: of.speaker.user,
            id: VerbId(of.id),
            system: System::Left,
            course: None,
            judged_at: Rev(0),
            at: now,
        };
        let mut noted = self.store.find_noted(&new).await?;
        loop {
            let outcome = match noted {
                Some(Noted::New { message, first_seq }) => Outcome::Committed { message, first_seq },
                Some(Noted::Repeated(message)) => Outcome::Before { message, published: Seq(0) },
                Some(Noted::Conflict) => return Err(Code::Conflict.into()),
                Some(Noted::SenderRemoved) => return Err(Code::ChatNotAllowed.into()),
                None | Some(Noted::Moved) => {
                    let Judged { system, course, at, head } = judge().await?;
                    let Some(system) = system else {
                        return Ok(nothing_happens(of, conversation, at, head, now));
                    };
                    new = NewSystem { system, course, judged_at: at, ..new };
                    let done = self.store.note(new.clone()).await;
                    noted = Some(self.doubt(of, done)?);
                    continue;
                }
            };
            let happened = match &outcome {
                Outcome::Committed { message, .. } => message.system.clone(),
                // Nobody was told of it, if the try before ended with an error.
                Outcome::Before { message, .. } => message.system.clone().filter(|_| self.is_in_doubt(of)),
            };
            let answer = self.settle(of, conversation, outcome).await?;
            if let Some(system) = happened {
                self.show(of, conversation, &system).await;
            }
            return Ok(answer);
        }
    }

    /// Docks show what a group is called and who is in it, and whether one writes in it.
    async fn show(&self, of: Try<'_>, conversation: &ConversationId, system: &System) {
        let site = of.speaker.site;
        if let ConversationId::Room(circle) = conversation {
            let course = circle.course().into();
            return self.publish(Event::Rooms { site, course }).await;
        }
        let mut people: Vec<UserId> = self.access.hears(site, conversation).await.users().collect();
        let gone = match system {
            System::Removed { users } => users.clone(),
            System::Left => vec![of.speaker.user],
            _ => Vec::new(),
        };
        people.extend(gone);
        for user in people {
            self.publish(Event::Dock { site, user, given: None }).await;
        }
    }
}

/// The answer to what is so already: nothing was said of it.
fn nothing_happens(of: Try<'_>, conversation: &ConversationId, rev: Rev, seq: Seq, now: i64) -> ServerFrame {
    ServerFrame::Ack { id: of.id, conversation: conversation.clone(), seq, rev, sent_at: now, mine: None }
}
