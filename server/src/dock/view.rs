//! A stored window as its owner is shown it. Pure: a row and what is known of the other person in, a window out.

use crate::{
    conversation::WindowState,
    fan_out::Shown,
    id::{ConversationId, Kind, Rev, UserId},
    protocol::{Contact, Dock, Flags, Status, Window},
    rights::{self, Policy, Side, Snapshot, Writing},
    roster::{self, Told},
    store::{self, DockWindow, Face, Place},
    talk::{Reach, room_title},
};

/// What is known now of the other person of a window, as far as its owner may know it.
pub(super) struct Known {
    /// As they are called now, where they are online.
    pub(super) face: Option<Face>,
    pub(super) status: Status,
    pub(super) writing: Writing,
}

/// The other person of a window, and what of their stored rights concerns its owner: nothing of who was removed.
pub(super) fn other(row: &DockWindow, owner: UserId) -> Option<(UserId, Option<Side<'_>>)> {
    let other = row.conversation.direct()?.other(owner)?;
    // Everybody on record has a name but the removed.
    let on_record = row.other.as_ref().is_some_and(|face| !face.name.is_empty());
    Some((other, on_record.then(|| row.toward.side())))
}

/// The window, of which the other person is this.
pub(super) fn window(row: DockWindow, other: UserId, known: Known) -> Window {
    let Known { face, status, writing } = known;
    let contact = roster::contact(other, face.or(row.other).unwrap_or_default());
    Window {
        kind: row.conversation.kind(),
        conversation: row.conversation,
        state: row.state,
        contact: Some(Contact { status: Some(status), ..contact }),
        title: None,
        circle: None,
        members: None,
        announcements: false,
        writing,
        first_seq: row.head.first_seq,
        seq: row.head.seq,
        rev: row.head.rev,
        read_seq: row.read_seq,
        other_read_seq: Some(row.other_read_seq),
        unread: row.unread,
        mentions: 0,
        pinned: row.pinned,
        muted_until: muted(row.muted_until),
    }
}

/// The window of a group or room; `None` where its owner may not read that any more.
pub(super) fn place(row: DockWindow, policy: Policy, me: &Snapshot) -> Option<Window> {
    let kind = row.conversation.kind();
    let (title, circle, members, announcements, writing, reach) = match (row.place, &row.conversation) {
        (Place::Group { course, title, members, part }, _) => {
            let may = rights::writes_in_group(policy, me, &course, part.is_member());
            let writing = if may { Writing::Yes } else { Writing::No };
            (title, course, Some(members), false, writing, Reach::between(part.first, part.last()))
        }
        (Place::Room { rooms: Some(rooms), announcements }, ConversationId::Room(circle)) => {
            let role = rights::in_room(policy, circle, &me.circles)?;
            let writing = rights::room_writing(role, rooms.closed, announcements);
            (room_title(&rooms, circle), circle.clone(), None, announcements, writing, Reach::ALL)
        }
        _ => return None,
    };
    let head = reach.head(row.head);
    Some(Window {
        kind,
        conversation: row.conversation,
        state: row.state,
        contact: None,
        title: Some(title),
        circle: Some(circle),
        members,
        announcements,
        writing,
        first_seq: head.first_seq,
        seq: head.seq,
        rev: head.rev,
        read_seq: row.read_seq,
        other_read_seq: None,
        unread: row.unread,
        mentions: row.mentions,
        pinned: row.pinned,
        muted_until: muted(row.muted_until),
    })
}

/// What somebody has set, as a frame has it.
pub(super) fn flags(store::Flags { pinned, archived, muted_until }: store::Flags) -> Flags {
    Flags { pinned, archived, muted_until: muted(muted_until) }
}

/// As a frame has it.
fn muted(until: i64) -> Option<i64> {
    (until > 0).then_some(until)
}

/// The groups and rooms of a stored dock, also those that its owner may not be shown just now: when they may again, their
/// windows are there again.
pub(super) fn places(dock: &store::Dock) -> Vec<ConversationId> {
    let places = dock.windows.iter().map(|window| &window.conversation);
    places.filter(|conversation| conversation.kind() != Kind::Direct).cloned().collect()
}

/// Of these places the rooms, as a dock shows them.
pub(super) fn rooms(dock: &Dock, places: Vec<ConversationId>) -> Vec<Shown> {
    let shown = |conversation: ConversationId| {
        let window = dock.windows.iter().find(|window| window.conversation == conversation);
        let open = window.is_some_and(|window| window.state == WindowState::Open);
        Shown { conversation, open, rev: window.map_or(Rev(0), |window| window.rev) }
    };
    places.into_iter().filter(|place| place.kind() == Kind::Room).map(shown).collect()
}

/// Whom a dock shows, and as what: what a connection that is sent it has been told.
pub(super) fn partners(dock: &Dock) -> Vec<Told> {
    let told = |window: &Window| {
        let contact = window.contact.as_ref()?;
        let status = contact.status.unwrap_or(Status::Offline);
        Some(Told { user: contact.id, status, writing: window.writing })
    };
    dock.windows.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::Head, id::Seq, rights::Toward};

    fn user(id: i64) -> UserId {
        UserId::new(id).expect("a user")
    }

    fn row(other: Option<&str>) -> DockWindow {
        DockWindow {
            conversation: ConversationId::between(user(2), user(3)).expect("two"),
            state: WindowState::Open,
            other: other.map(|name| Face { name: name.into(), ..Face::default() }),
            toward: Toward { chat: true, ..Toward::default() },
            head: Head { first_seq: Seq(1), seq: Seq(4), rev: Rev(9) },
            read_seq: Seq(3),
            other_read_seq: Seq(4),
            unread: 1,
            mentions: 0,
            place: Place::Direct,
            pinned: false,
            muted_until: 0,
        }
    }

    #[test]
    fn a_window_has_the_newest_name_and_nothing_of_who_was_removed() {
        let known = |face: Option<&str>| Known {
            face: face.map(|name| Face { name: name.into(), ..Face::default() }),
            status: Status::Online,
            writing: Writing::Yes,
        };
        let bruno = user(3);
        let shown = window(row(Some("Bruno")), bruno, known(Some("Bruno O.")));
        let contact = shown.contact.clone().expect("it is direct");
        assert_eq!((&*contact.name, contact.status), ("Bruno O.", Some(Status::Online)));
        assert_eq!(partners(&Dock { version: 1, windows: vec![shown] }).len(), 1);
        let name = |row| window(row, bruno, known(None)).contact.map(|contact| contact.name.to_string());
        assert_eq!(name(row(Some("Bruno"))).as_deref(), Some("Bruno"));
        assert_eq!(name(row(None)).as_deref(), Some(""));
        let stored =
            |name| other(&row(name), user(2)).map(|(other, side)| (other, side.map(|side| side.chat)));
        assert_eq!(stored(Some("Bruno")), Some((bruno, Some(true))));
        assert_eq!(stored(Some("")), Some((bruno, None)));
        assert_eq!(stored(None), Some((bruno, None)));
    }
}
