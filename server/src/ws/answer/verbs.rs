//! What is said in conversations: each verb is handed to the rules, and its refusal gets what it answers.

use uuid::Uuid;

use super::{super::state::State, Answer};
use crate::{
    clock::now_ms,
    error::Refusal,
    id::{ClientMessageId, ConversationId, Seq, VerbId},
    protocol::ServerFrame,
    talk::{Target, Try},
};

/// One try of a verb over this connection.
fn try_of(state: &State, id: Uuid) -> Try<'_> {
    Try { speaker: state.seated.speaker(), connection: state.seated.connection(), id }
}

/// What answers it: the ack, or the refusal with the verb's id.
fn answered(done: Result<ServerFrame, Refusal>, id: Uuid, conversation: &ConversationId) -> Answer {
    Some(done.unwrap_or_else(|refusal| refusal.to_verb(id, conversation.clone())))
}

pub(super) async fn send(
    state: &State,
    ClientMessageId(id): ClientMessageId,
    conversation: ConversationId,
    text: &str,
    reply_to: Option<Seq>,
) -> Answer {
    let talk = &state.seated.app.talk;
    let sent = talk.send(try_of(state, id), conversation.clone(), text, reply_to, now_ms()).await;
    answered(sent, id, &conversation)
}

pub(super) async fn edit(state: &State, VerbId(id): VerbId, target: &Target, text: &str) -> Answer {
    let edited = state.seated.app.talk.edit(try_of(state, id), target, text, now_ms()).await;
    answered(edited, id, &target.conversation)
}

pub(super) async fn delete(state: &State, VerbId(id): VerbId, target: &Target) -> Answer {
    let deleted = state.seated.app.talk.delete(try_of(state, id), target).await;
    answered(deleted, id, &target.conversation)
}

pub(super) async fn read(state: &State, conversation: ConversationId, seq: Seq) -> Answer {
    let read = state.seated.app.talk.read(state.seated.speaker(), conversation.clone(), seq).await;
    read.err().map(|refusal| refusal.to_conversation(conversation))
}

pub(super) async fn typing(state: &State, conversation: ConversationId) -> Answer {
    if state.allowance().may_type(&conversation) {
        state.seated.app.talk.typing(state.seated.speaker(), conversation).await;
    }
    None
}
