//! What each frame of a signed-in client asks for, done: one arm a frame, the rules elsewhere.

use std::sync::atomic::Ordering;

use super::{greet, state::State};
use crate::{
    allowances::Kind,
    app::now_ms,
    auth,
    chat::Found,
    error::{Close, Code, Refusal},
    protocol::{self, ClientFrame, RosterVersion, ServerFrame},
    store::{Page, WindowChange},
};

/// `Err`: the connection ends with this code.
pub(super) async fn answer(state: &mut State, text: &str) -> Result<(), Close> {
    let frame = match protocol::read(text) {
        Ok(frame) => frame,
        Err(refusal) => {
            state.reply(&ServerFrame::Error(*refusal));
            return Ok(());
        }
    };
    let (app, speaker) = (state.seated.app.clone(), state.seated.speaker());
    let reply = match frame {
        ClientFrame::Hello(_) => Some(ServerFrame::Error(Refusal::from(Code::HelloRepeated).frame())),
        ClientFrame::Renew { token } => return renew(state, &token).await,
        ClientFrame::Send { client_message_id, conversation, text } => {
            let connection = state.seated.connection();
            let sent =
                app.chat.send(speaker, connection, client_message_id, conversation, &text, now_ms()).await;
            Some(sent.unwrap_or_else(|refusal| refusal.to_send(client_message_id, conversation)))
        }
        ClientFrame::History { request, conversation, before, after, limit } => {
            let page = match (before, after) {
                (None, None) => Ok(Page::Newest),
                (Some(seq), None) => Ok(Page::Before(seq)),
                (None, Some(seq)) => Ok(Page::After(seq)),
                (Some(_), Some(_)) => Err(Refusal::with(
                    Code::BadFrame,
                    "before and after do not go together: name one of them",
                )),
            };
            let found = match page.and_then(|page| state.may_ask().map(|()| page)) {
                Ok(page) => app.chat.history(speaker, conversation, page, limit).await,
                Err(refusal) => Err(refusal),
            };
            match found {
                Ok(Found { head, messages, more }) => state.reply_large(&ServerFrame::History {
                    request,
                    conversation,
                    first_seq: head.first_seq,
                    seq: head.seq,
                    rev: head.rev,
                    messages,
                    more,
                }),
                Err(refusal) => state.reply(&refusal.to_request(request)),
            }
            None
        }
        ClientFrame::Read { conversation, seq } => {
            app.chat.read(speaker, conversation, seq).await.err().map(|r| r.to_conversation(conversation))
        }
        ClientFrame::Typing { conversation } => {
            if state.allowance().may_type(conversation) {
                app.chat.typing(speaker, conversation);
            }
            None
        }
        ClientFrame::Dock { conversation, state: window, base, seen } => {
            let connection = state.seated.connection();
            let change = WindowChange { state: window, base, seen, session: Some(connection.session) };
            let refused = match app.chat.set_window(speaker, connection, conversation, change).await {
                // Everyone of the user has been told.
                Ok(true) => None,
                // Stale, or as it was: only this client has to learn how things stand.
                Ok(false) => app.chat.show_dock(speaker, state.seated.connection()).await.err(),
                Err(refusal) => Some(refusal),
            };
            refused.map(|refusal| refusal.to_conversation(conversation))
        }
        ClientFrame::Visibility { visible, rosters } => {
            let seen = see(state, visible, &rosters.unwrap_or_default());
            seen.err().map(|refusal| ServerFrame::Error(refusal.frame()))
        }
        ClientFrame::Roster { circle } => {
            let connection = state.seated.connection();
            if let Err(refusal) = state.may_ask() {
                state.reply(&ServerFrame::Error(refusal.frame()));
                return Ok(());
            }
            match app.rosters.snapshot(connection, &circle) {
                Some(bytes) => {
                    state.count(bytes.as_str().len());
                    connection.out.leave(bytes, crate::hub::Kind::Vital); // it may be large, and is shared
                    None
                }
                None => Some(ServerFrame::Error(Refusal::from(Code::NotFound).frame())),
            }
        }
        ClientFrame::Search { request, text, circle, next, limit } => {
            match search(state, &text, circle.as_ref(), next.as_deref(), limit) {
                Ok((contacts, next)) => {
                    state.reply_large(&ServerFrame::Contacts { request, contacts, next });
                }
                Err(refusal) => state.reply(&refusal.to_request(request)),
            }
            None
        }
        ClientFrame::Ping {} => Some(ServerFrame::Pong {}),
        ClientFrame::Pong {} => None,
    };
    if let Some(reply) = reply {
        state.reply(&reply);
    }
    Ok(())
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
    let identity = greet::renewal(&state.seated.app, state.seated.connection(), token).await?;
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

type People = (Vec<protocol::Contact>, Option<String>);

fn search(
    state: &State,
    text: &str,
    circle: Option<&crate::id::CircleId>,
    next: Option<&str>,
    limit: usize,
) -> Result<People, Refusal> {
    if !(1..=100).contains(&limit) || text.chars().nth(100).is_some() {
        return Err(Refusal::with(Code::BadFrame, "limit must be 1 to 100, and text at most 100 characters"));
    }
    state.allowance().take(Kind::Searches).map_err(Refusal::rate_limited)?;
    state.may_ask()?;
    let speaker = state.seated.speaker();
    let found = state.seated.app.rosters.search(speaker.site, speaker.user, text, circle, next, limit);
    found.ok_or_else(|| Code::NotFound.into())
}
