//! An arrival as the cache keeps it: a question and its answer as bytes.
//!
//! They live for a minute in one process, so their form is nobody else's: the store's records know nothing of it.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    conversation::WindowState,
    id::{ConversationId, Rev, Seq},
    rights::{Floors, Membership, Snapshot, Toward},
    store::{Arrival, Dock, DockWindow, Face, Origin, Place, UserRecord},
};

type User = (Arc<Snapshot>, bool, bool);
type Other = (Arc<str>, Option<Arc<str>>, Option<Arc<str>>);
type Side = (bool, bool, bool, Box<[Membership]>);
type Head = (Seq, Seq, Rev);
type Window =
    (ConversationId, WindowState, Option<Other>, Side, Head, Seq, Seq, (i64, i64, bool, i64), Place);
/// User, dock, heads.
type Told = (Option<User>, (i64, Vec<Window>), Vec<Option<Head>>);

/// What `PeopleStore::arrival` is asked, but for whom: sid, version, courses and the conversations.
pub(super) fn question(sid: &str, token: &Snapshot, heads: &[ConversationId]) -> Vec<u8> {
    let courses: BTreeSet<&str> = token.courses();
    postcard::to_allocvec(&(sid, token.rights_version, courses, heads)).unwrap_or_default()
}

/// Both, and when the answer was read. `None` for what the clock alone changes: that somebody's login has ended, and
/// floors.
pub(super) fn write(question: &[u8], arrival: &Arrival, read_at: u64) -> Option<Vec<u8>> {
    let Arrival { user, revoked: false, floors: Floors(floors), dock, heads } = arrival else {
        return None;
    };
    if !floors.is_empty() || question.is_empty() {
        return None;
    }
    let user = user.as_ref().map(|UserRecord { snapshot, origin, removed }| {
        let by_call = *origin == Origin::Call;
        (snapshot, by_call, removed)
    });
    let Dock { version, windows } = dock;
    let windows: Vec<_> = windows.iter().map(window).collect();
    let heads: Vec<_> = heads.iter().map(|found| found.map(head)).collect();
    let length = u32::try_from(question.len()).ok()?;
    let mut piece = Vec::with_capacity(1_024);
    piece.extend(read_at.to_le_bytes());
    piece.extend(length.to_le_bytes());
    piece.extend(question);
    postcard::to_extend(&(user, (version, windows), heads), piece).ok()
}

/// When the answer was read, and the answer as it lies there, if this was the question.
pub(super) fn find<'a>(piece: &'a [u8], question: &[u8]) -> Option<(u64, &'a [u8])> {
    let (read_at, rest) = piece.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (asked, answer) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    (asked == question).then_some((u64::from_le_bytes(*read_at), answer))
}

/// The answer.
pub(super) fn read(answer: &[u8]) -> Option<Arrival> {
    let (user, (version, windows), heads): Told = postcard::from_bytes(answer).ok()?;
    let user = user.map(|(snapshot, by_call, removed)| {
        let origin = if by_call { Origin::Call } else { Origin::Token };
        UserRecord { snapshot, origin, removed }
    });
    let dock = Dock { version, windows: windows.into_iter().map(unwindow).collect() };
    let heads = heads.into_iter().map(|found| found.map(unhead)).collect();
    Some(Arrival { user, revoked: false, floors: Floors::default(), dock, heads })
}

fn window(window: &DockWindow) -> impl serde::Serialize {
    let DockWindow { conversation, state, other, toward, head, read_seq, other_read_seq, .. } = window;
    let DockWindow { unread, mentions, pinned, muted_until, place, .. } = window;
    let other = other.as_ref().map(|Face { name, picture, profile_url }| (name, picture, profile_url));
    let Toward { chat, blocks, accepts, circles } = toward;
    let toward = (chat, blocks, accepts, circles);
    let head = self::head(*head);
    let own = (unread, mentions, pinned, muted_until);
    (conversation, state, other, toward, head, read_seq, other_read_seq, own, place)
}

fn unwindow(window: Window) -> DockWindow {
    let (conversation, state, other, toward, head, read_seq, other_read_seq, own, place) = window;
    let (unread, mentions, pinned, muted_until) = own;
    let (chat, blocks, accepts, circles) = toward;
    DockWindow {
        conversation,
        state,
        other: other.map(|(name, picture, profile_url)| Face { name, picture, profile_url }),
        toward: Toward { chat, blocks, accepts, circles },
        head: unhead(head),
        read_seq,
        other_read_seq,
        unread,
        mentions,
        place,
        pinned,
        muted_until,
    }
}

fn head(head: crate::conversation::Head) -> Head {
    let crate::conversation::Head { first_seq, seq, rev } = head;
    (first_seq, seq, rev)
}

fn unhead((first_seq, seq, rev): Head) -> crate::conversation::Head {
    crate::conversation::Head { first_seq, seq, rev }
}
