//! Frames that ask for something large: old messages, changes, people. Their bytes are counted, and who has had too many
//! is refused.

use std::sync::Arc;

use super::super::state::State;
use crate::{
    allowances::Kind,
    conversation::Held,
    error::{Code, Refusal},
    hub,
    id::{CircleId, ConversationId, Seq, UserId},
    protocol::{ChangesFrame, Contact, ServerFrame},
    store::{FlagChange, Page},
    talk::{Find, Found, Wanted},
};

/// Sends what was asked for, or gives the refusal.
fn answered(state: &State, request: u32, answer: Result<ServerFrame, Refusal>) -> Option<ServerFrame> {
    match answer {
        Ok(answer) => {
            state.reply_large(&answer);
            None
        }
        Err(refusal) => Some(refusal.to_request(request)),
    }
}

pub(super) async fn changes(
    state: &State,
    request: u32,
    conversation: &ConversationId,
    held: Held,
    limit: i64,
) -> Option<ServerFrame> {
    let (talk, speaker) = (&state.seated.app.talk, state.seated.speaker());
    let changes = match state.may_ask() {
        Ok(()) => talk.changes(speaker, conversation, held, limit).await,
        Err(refusal) => Err(refusal),
    };
    let frame = |changes| ChangesFrame { request: Some(request), changes: Arc::new(changes) };
    answered(state, request, changes.map(|changes| ServerFrame::Changes(frame(changes))))
}

pub(super) async fn history(
    state: &State,
    request: u32,
    conversation: ConversationId,
    between: (Option<Seq>, Option<Seq>),
    limit: i64,
) -> Option<ServerFrame> {
    let (talk, speaker) = (&state.seated.app.talk, state.seated.speaker());
    let found = match page(between).and_then(|page| state.may_ask().map(|()| page)) {
        Ok(page) => talk.history(speaker, &conversation, page, limit).await,
        Err(refusal) => Err(refusal),
    };
    let frame = |Found { head, messages, more }| ServerFrame::History {
        request,
        conversation,
        first_seq: head.first_seq,
        seq: head.seq,
        rev: head.rev,
        messages,
        more,
    };
    answered(state, request, found.map(frame))
}

fn page(between: (Option<Seq>, Option<Seq>)) -> Result<Page, Refusal> {
    match between {
        (None, None) => Ok(Page::Newest),
        (Some(seq), None) => Ok(Page::Before(seq)),
        (None, Some(seq)) => Ok(Page::After(seq)),
        (Some(_), Some(_)) => {
            Err(Refusal::with(Code::BadFrame, "before and after do not go together: name one of them"))
        }
    }
}

pub(super) fn roster(state: &State, circle: &CircleId) -> Option<ServerFrame> {
    let connection = state.seated.connection();
    let found = state.may_ask().and_then(|()| {
        let roster = state.seated.app.rosters.snapshot(connection, circle);
        roster.ok_or_else(|| Code::NotFound.into())
    });
    match found {
        Ok(bytes) => {
            state.count(bytes.as_str().len());
            connection.out.queue(bytes, hub::Kind::Vital); // it may be large, and is shared
            None
        }
        Err(refusal) => Some(ServerFrame::Error(refusal.frame())),
    }
}

pub(super) fn search(
    state: &State,
    request: u32,
    what: (&str, Option<&CircleId>, Option<&str>),
    limit: usize,
) -> Option<ServerFrame> {
    let found = people(state, what, limit);
    answered(state, request, found.map(|(contacts, next)| ServerFrame::Contacts { request, contacts, next }))
}

pub(super) async fn members(
    state: &State,
    request: u32,
    conversation: ConversationId,
    users: Option<Vec<UserId>>,
) -> Option<ServerFrame> {
    let (talk, speaker) = (&state.seated.app.talk, state.seated.speaker());
    let found = match may_search(state) {
        Ok(()) => talk.members(speaker, &conversation, users).await,
        Err(refusal) => Err(refusal),
    };
    let frame = |(total, members)| ServerFrame::Members { request, conversation, total, members };
    answered(state, request, found.map(frame))
}

pub(super) async fn rooms(
    state: &State,
    request: u32,
    next: Option<&str>,
    limit: usize,
) -> Option<ServerFrame> {
    let (talk, speaker) = (&state.seated.app.talk, state.seated.speaker());
    let found = match may_search(state) {
        Ok(()) => talk.rooms(speaker, next, limit).await,
        Err(refusal) => Err(refusal),
    };
    answered(state, request, found.map(|(rooms, next)| ServerFrame::Rooms { request, rooms, next }))
}

pub(super) async fn list(state: &State, request: u32, wanted: Wanted) -> Option<ServerFrame> {
    let (lists, speaker) = (&state.seated.app.lists, state.seated.speaker());
    let found = match may_search(state) {
        Ok(()) => lists.page(speaker, wanted).await,
        Err(refusal) => Err(refusal),
    };
    let frame = |(conversations, next)| ServerFrame::List { request, conversations, next };
    answered(state, request, found.map(frame))
}

pub(super) async fn find(state: &State, request: u32, find: Find) -> Option<ServerFrame> {
    let (talk, speaker) = (&state.seated.app.talk, state.seated.speaker());
    let found = match may_search(state) {
        Ok(()) => talk.find(speaker, find).await,
        Err(refusal) => Err(refusal),
    };
    answered(state, request, found.map(|(messages, next)| ServerFrame::Found { request, messages, next }))
}

/// As it is small, it is told at once.
pub(super) async fn flag(
    state: &State,
    request: u32,
    conversation: ConversationId,
    change: FlagChange,
) -> Option<ServerFrame> {
    let (app, connection) = (&state.seated.app, state.seated.connection());
    let shown = match app.flags.set(connection, &conversation, change).await {
        Ok(()) => {
            let shown = app.docks.show_flags(connection, &conversation, request).await;
            shown.map_err(Refusal::from)
        }
        Err(refusal) => Err(refusal),
    };
    shown.err().map(|refusal| refusal.to_request(request))
}

fn may_search(state: &State) -> Result<(), Refusal> {
    state.allowance().take(Kind::Searches).map_err(Refusal::rate_limited)?;
    state.may_ask()
}

type People = (Vec<Contact>, Option<String>);

fn people(
    state: &State,
    (text, circle, next): (&str, Option<&CircleId>, Option<&str>),
    limit: usize,
) -> Result<People, Refusal> {
    if !(1..=100).contains(&limit) || text.chars().nth(100).is_some() {
        return Err(Refusal::with(Code::BadFrame, "limit must be 1 to 100, and text at most 100 characters"));
    }
    may_search(state)?;
    let speaker = state.seated.speaker();
    let found = state.seated.app.rosters.search(speaker.site, speaker.user, text, circle, next, limit);
    found.ok_or_else(|| Code::NotFound.into())
}
