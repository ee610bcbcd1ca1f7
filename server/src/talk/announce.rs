//! A teacher makes a room one for announcements, or opens it again.

use super::{Talk, Try, note::Judged};
use crate::{
    conversation::System,
    error::{Code, Refusal},
    id::ConversationId,
    protocol::ServerFrame,
    rights::Role,
    store::RoomPart,
};

impl Talk {
    /// From now on only teachers write there, or everybody again. `of.id` is the verb's.
    pub async fn announce(
        &self,
        of: Try<'_>,
        conversation: &ConversationId,
        on: bool,
        now: i64,
    ) -> Result<ServerFrame, Refusal> {
        self.take(of.speaker)?;
        let circle = conversation.room().ok_or(Code::NotFound)?;
        self.access.room(of.speaker, circle).await?;
        let _order = self.order.lock((of.speaker.site, conversation)).await;
        self.note(of, conversation, now, || async {
            self.access.live(of.speaker)?;
            if self.access.room(of.speaker, circle).await?.role != Role::Teacher {
                return Err(Code::NotAllowed.into());
            }
            let RoomPart { head, announcements, .. } = self.access.in_room(of.speaker, conversation).await?;
            let system = (announcements != on).then_some(System::Announcements { on });
            Ok(Judged { system, course: None, at: head.rev, head: head.seq })
        })
        .await
    }
}
