//! What is said in conversations: each verb is handed to the rules, and its refusal gets what it answers.

use std::sync::Arc;

use uuid::Uuid;

use super::{super::state::State, Answer};
use crate::{
    clock::now_ms,
    error::Refusal,
    hub,
    id::{ClientMessageId, ConversationId, Seq, UserId, VerbId},
    protocol::ServerFrame,
    talk::{Target, Try, Wish},
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
    more: (Option<Seq>, Vec<UserId>),
) -> Answer {
    let talk = &state.seated.app.talk;
    let sent = talk.send(try_of(state, id), conversation.clone(), text, more, now_ms()).await;
    answered(sent, id, &conversation)
}

/// It may take a second, for which the connection's other frames do not wait.
pub(super) fn react(state: &State, VerbId(id): VerbId, target: Target, emoji: Vec<Arc<str>>) -> Answer {
    let (app, connection) = (state.seated.app.clone(), state.seated.connection().clone());
    let speaker = state.seated.speaker();
    tokio::spawn(async move {
        let of = Try { speaker, connection: &connection, id };
        let reacted = app.talk.react(of, &target, emoji, now_ms()).await;
        if let Some(answer) = answered(reacted, id, &target.conversation) {
            connection.out.push(hub::encode(&answer), hub::Kind::Vital);
        }
    });
    None
}

pub(super) async fn group(
    state: &State,
    VerbId(id): VerbId,
    conversation: &ConversationId,
    wish: Wish,
) -> Answer {
    let done = state.seated.app.talk.group(try_of(state, id), conversation, wish, now_ms()).await;
    answered(done, id, conversation)
}

pub(super) async fn announce(
    state: &State,
    VerbId(id): VerbId,
    conversation: &ConversationId,
    on: bool,
) -> Answer {
    let done = state.seated.app.talk.announce(try_of(state, id), conversation, on, now_ms()).await;
    answered(done, id, conversation)
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
    let read = state.seated.app.talk.read(state.seated.speaker(), conversation.clone(), seq, now_ms()).await;
    read.err().map(|refusal| refusal.to_conversation(conversation))
}

pub(super) async fn typing(state: &State, conversation: ConversationId) -> Answer {
    if state.allowance().may_type(&conversation) {
        state.seated.app.talk.typing(state.seated.speaker(), conversation).await;
    }
    None
}
