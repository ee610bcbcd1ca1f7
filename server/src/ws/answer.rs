//! What each frame of a signed-in client asks for, done: one short arm a frame, the rules elsewhere. What is large or
//! has a request number is in `asked`.

use std::sync::atomic::Ordering;

use uuid::Uuid;

use super::{sign_in, state::State};
use crate::{
    auth,
    clock::now_ms,
    conversation::{Held, WindowState},
    error::{Close, Code, Refusal},
    id::{ConversationId, Seq},
    protocol::{self, ClientFrame, RosterVersion, ServerFrame},
    store::WindowChange,
    talk::{Target, Try},
};

mod asked;

/// `Err`: the connection ends with this code.
pub(super) async fn answer(state: &mut State, text: &str) -> Result<(), Close> {
    use ClientFrame as F;
    let frame = match protocol::read(text) {
        Ok(frame) => frame,
        Err(refusal) => {
            state.reply(&ServerFrame::Error(*refusal));
            return Ok(());
        }
    };
    let reply = match frame {
        F::Renew { token } => return renew(state, &token).await,
        F::Hello(_) => Some(ServerFrame::Error(Refusal::from(Code::HelloRepeated).frame())),
        F::Send { client_message_id, conversation, text, reply_to } => {
            Some(send(state, client_message_id.0, conversation, &text, reply_to).await)
        }
        F::Edit { id, conversation, seq, client_message_id, text } => {
            Some(edit(state, id.0, &Target { conversation, seq, client_message_id }, &text).await)
        }
        F::Delete { id, conversation, seq, client_message_id } => {
            Some(delete(state, id.0, &Target { conversation, seq, client_message_id }).await)
        }
        F::Changes { request, conversation, rev, seq, limit } => {
            asked::changes(state, request, &conversation, Held { rev, seq }, limit).await
        }
        F::History { request, conversation, before, after, limit } => {
            asked::history(state, request, conversation, (before, after), limit).await
        }
        F::Read { conversation, seq } => {
            let read = state.seated.app.talk.read(state.seated.speaker(), conversation.clone(), seq).await;
            read.err().map(|refusal| refusal.to_conversation(conversation))
        }
        F::Typing { conversation } => {
            typing(state, conversation).await;
            None
        }
        F::Dock { conversation, state: window, base, seen } => {
            let refused = dock(state, &conversation, window, base, seen).await.err();
            refused.map(|refusal| refusal.to_conversation(conversation))
        }
        F::Visibility { visible, rosters } => {
            let seen = see(state, visible, &rosters.unwrap_or_default());
            seen.err().map(|refusal| ServerFrame::Error(refusal.frame()))
        }
        F::Roster { circle } => asked::roster(state, &circle),
        F::Search { request, text, circle, next, limit } => {
            asked::search(state, request, (&text, circle.as_ref(), next.as_deref()), limit)
        }
        F::Ping {} => Some(ServerFrame::Pong {}),
        F::Pong {} => None,
    };
    if let Some(reply) = reply {
        state.reply(&reply);
    }
    Ok(())
}

fn try_of(state: &State, id: Uuid) -> Try<'_> {
    Try { speaker: state.seated.speaker(), connection: state.seated.connection(), id }
}

async fn send(
    state: &State,
    id: Uuid,
    conversation: ConversationId,
    text: &str,
    reply_to: Option<Seq>,
) -> ServerFrame {
    let talk = &state.seated.app.talk;
    let sent = talk.send(try_of(state, id), conversation.clone(), text, reply_to, now_ms()).await;
    sent.unwrap_or_else(|refusal| refusal.to_verb(id, conversation))
}

async fn edit(state: &State, id: Uuid, target: &Target, text: &str) -> ServerFrame {
    let edited = state.seated.app.talk.edit(try_of(state, id), target, text, now_ms()).await;
    edited.unwrap_or_else(|refusal| refusal.to_verb(id, target.conversation.clone()))
}

async fn delete(state: &State, id: Uuid, target: &Target) -> ServerFrame {
    let deleted = state.seated.app.talk.delete(try_of(state, id), target).await;
    deleted.unwrap_or_else(|refusal| refusal.to_verb(id, target.conversation.clone()))
}

async fn typing(state: &State, conversation: ConversationId) {
    if state.allowance().may_type(&conversation) {
        state.seated.app.talk.typing(state.seated.speaker(), conversation).await;
    }
}

async fn dock(
    state: &State,
    conversation: &ConversationId,
    window: WindowState,
    base: i64,
    seen: Option<Seq>,
) -> Result<(), Refusal> {
    let (app, connection) = (&state.seated.app, state.seated.connection());
    let change = WindowChange { state: window, base, seen, session: Some(connection.session) };
    app.windows.set(connection, conversation, change).await?;
    Ok(app.docks.show(connection).await?)
}

async fn renew(state: &mut State, token: &str) -> Result<(), Close> {
    match renewed(state, token).await {
        Ok(lease) => {
            state.seated.lease = lease;
            let lease_ends = lease.ends;
            state.reply(&ServerFrame::Renewed { lease_ends });
            Ok(())
        }
        Err(refusal) => {
            let close = refusal.code.close();
            // The store is out of order, or it was asked too often: the lease stands, the client asks again.
            let stays = matches!(refusal.code, Code::Unavailable | Code::RateLimited);
            state.reply(&ServerFrame::Error(refusal.frame()));
            if stays { Ok(()) } else { Err(close) }
        }
    }
}

async fn renewed(state: &State, token: &str) -> Result<auth::Lease, Refusal> {
    let identity = sign_in::renewal(&state.seated.app, state.seated.connection(), token).await?;
    Ok(identity.lease.longer(state.seated.lease))
}

/// Rosters are large: a client that has had too many bytes is refused, and looks again later.
fn see(state: &State, visible: bool, held: &[RosterVersion]) -> Result<(), Refusal> {
    let connection = state.seated.connection();
    if visible {
        state.may_ask()?;
        connection.visible.store(true, Ordering::Relaxed);
        state.count(state.seated.app.rosters.look(connection, held));
    } else {
        connection.visible.store(false, Ordering::Relaxed);
        state.seated.app.rosters.look_away(connection);
    }
    Ok(())
}
