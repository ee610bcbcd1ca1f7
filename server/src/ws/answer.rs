//! What each frame of a signed-in client asks for: a table, one arm a frame. Each arm leads to a short function that hands
//! the frame to the rules and makes the answer; `verbs` has those of what is said in conversations, `asked` those of what
//! is large or has a request number.

use std::sync::atomic::Ordering;

use super::{sign_in, state::State};
use crate::{
    auth,
    clock::now_ms,
    conversation::{Held, WindowState},
    error::{Close, Code, Refusal},
    id::{ConversationId, Seq},
    protocol::{self, ClientFrame, RosterVersion, ServerFrame},
    store::{FlagChange, WindowChange},
    talk::{Find, Target, Wanted, Wish},
};

mod asked;
mod verbs;

/// What answers a frame, where anything does.
type Answer = Option<ServerFrame>;

/// `Err`: the connection ends with this code.
pub(super) async fn answer(state: &mut State, text: &str) -> Result<(), Close> {
    let answer = match protocol::read(text) {
        Ok(frame) => answer_to(state, frame).await?,
        Err(refusal) => Some(ServerFrame::Error(*refusal)),
    };
    if let Some(answer) = answer {
        state.reply(&answer);
    }
    Ok(())
}

/// The table.
async fn answer_to(state: &mut State, frame: ClientFrame) -> Result<Answer, Close> {
    use ClientFrame as F;
    Ok(match frame {
        F::Hello(_) => refused(Code::HelloRepeated.into()),
        F::Renew { token } => renew(state, &token).await?,
        F::Send { client_message_id: id, conversation, text, reply_to, mentions } => {
            verbs::send(state, id, conversation, &text, (reply_to, mentions.unwrap_or_default())).await
        }
        F::Edit { id, conversation, seq, client_message_id, text } => {
            verbs::edit(state, id, &Target { conversation, seq, client_message_id }, &text).await
        }
        F::Delete { id, conversation, seq, client_message_id } => {
            verbs::delete(state, id, &Target { conversation, seq, client_message_id }).await
        }
        F::React { id, conversation, seq, client_message_id, emoji } => {
            verbs::react(state, id, Target { conversation, seq, client_message_id }, emoji)
        }
        F::Make { id, conversation, circle: course, title, users } => {
            let wish = Wish::Make { course, title: title.into(), users };
            verbs::group(state, id, &conversation, wish).await
        }
        F::Add { id, conversation, users } => verbs::group(state, id, &conversation, Wish::Add(users)).await,
        F::Remove { id, conversation, user } => {
            verbs::group(state, id, &conversation, Wish::Remove(user)).await
        }
        F::Rename { id, conversation, title } => {
            verbs::group(state, id, &conversation, Wish::Rename(title.into())).await
        }
        F::Announce { id, conversation, on } => verbs::announce(state, id, &conversation, on).await,
        F::Members { request, conversation, users } => {
            asked::members(state, request, conversation, users).await
        }
        F::Rooms { request, next, limit } => asked::rooms(state, request, next.as_deref(), limit).await,
        F::List { request, limit, next, unread, archived, text, conversations } => {
            let wanted = Wanted { limit, next, unread, archived, text, conversations };
            asked::list(state, request, wanted).await
        }
        F::Find { request, text, conversation, next, limit } => {
            asked::find(state, request, Find { text, conversation, next, limit }).await
        }
        F::Flag { request, conversation, pinned, archived, muted_until, seq } => {
            let change = FlagChange { pinned, archived, muted_until, known: seq, at: now_ms() };
            asked::flag(state, request, conversation, change).await
        }
        F::Read { conversation, seq } => verbs::read(state, conversation, seq).await,
        F::Typing { conversation } => verbs::typing(state, conversation).await,
        F::Changes { request, conversation, rev, seq, limit } => {
            asked::changes(state, request, &conversation, Held { rev, seq }, limit).await
        }
        F::History { request, conversation, before, after, limit } => {
            asked::history(state, request, conversation, (before, after), limit).await
        }
        F::Roster { circle } => asked::roster(state, &circle),
        F::Search { request, text, circle, next, limit } => {
            asked::search(state, request, (&text, circle.as_ref(), next.as_deref()), limit)
        }
        F::Dock { conversation, state: window, base, seen } => {
            dock(state, conversation, window, base, seen).await
        }
        F::Visibility { visible, rosters } => visibility(state, visible, &rosters.unwrap_or_default()),
        F::Ping {} => Some(ServerFrame::Pong {}),
        F::Pong {} => None,
    })
}

/// A refusal that names nothing.
fn refused(refusal: Refusal) -> Answer {
    Some(ServerFrame::Error(refusal.frame()))
}

async fn dock(
    state: &State,
    conversation: ConversationId,
    window: WindowState,
    base: i64,
    seen: Option<Seq>,
) -> Answer {
    let (app, connection) = (&state.seated.app, state.seated.connection());
    let change = WindowChange { state: window, base, seen, session: Some(connection.session) };
    let shown = match app.windows.set(connection, &conversation, change).await {
        Ok(()) => app.docks.show(connection).await.map_err(Refusal::from),
        Err(refusal) => Err(refusal),
    };
    shown.err().map(|refusal| refusal.to_conversation(conversation))
}

/// Rosters are large: a client that has had too many bytes is refused, and looks again later.
fn visibility(state: &State, visible: bool, held: &[RosterVersion]) -> Answer {
    let (rosters, connection) = (&state.seated.app.rosters, state.seated.connection());
    if !visible {
        connection.visible.store(false, Ordering::Relaxed);
        rosters.look_away(connection);
        return None;
    }
    if let Err(refusal) = state.may_ask() {
        return refused(refusal);
    }
    connection.visible.store(true, Ordering::Relaxed);
    state.count(rosters.look(connection, held));
    None
}

async fn renew(state: &mut State, token: &str) -> Result<Answer, Close> {
    match renewed(state, token).await {
        Ok(lease) => {
            state.seated.lease = lease;
            Ok(Some(ServerFrame::Renewed { lease_ends: lease.ends }))
        }
        // The store is out of order, or it was asked too often: the lease stands, the client asks again.
        Err(refusal) if matches!(refusal.code, Code::Unavailable | Code::RateLimited) => Ok(refused(refusal)),
        Err(refusal) => {
            let close = refusal.code.close();
            state.reply(&ServerFrame::Error(refusal.frame()));
            Err(close)
        }
    }
}

async fn renewed(state: &State, token: &str) -> Result<auth::Lease, Refusal> {
    let identity = sign_in::renewal(&state.seated.app, state.seated.connection(), token).await?;
    Ok(identity.lease.longer(state.seated.lease))
}
