//! A stored window as its owner is shown it. Pure: a row and what is known of the other person in, a window out.

use crate::{
    id::UserId,
    protocol::{Contact, Dock, Status, Window},
    rights::{Side, Writing},
    roster::{self, Told},
    store::{DockWindow, Face},
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
        contact: Contact { status: Some(status), ..contact },
        writing,
        first_seq: row.head.first_seq,
        seq: row.head.seq,
        rev: row.head.rev,
        read_seq: row.read_seq,
        other_read_seq: row.other_read_seq,
        unread: row.unread,
    }
}

/// Whom a dock shows, and as what: what a connection that is sent it has been told.
pub fn partners(dock: &Dock) -> Vec<Told> {
    let told = |window: &Window| Told {
        user: window.contact.id,
        status: window.contact.status.unwrap_or(Status::Offline),
        writing: window.writing,
    };
    dock.windows.iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conversation::{Head, WindowState},
        id::{ConversationId, Rev, Seq},
        rights::Toward,
    };

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
        assert_eq!((&*shown.contact.name, shown.contact.status), ("Bruno O.", Some(Status::Online)));
        assert_eq!(partners(&Dock { version: 1, windows: vec![shown] }).len(), 1);
        assert_eq!(&*window(row(Some("Bruno")), bruno, known(None)).contact.name, "Bruno");
        assert_eq!(&*window(row(None), bruno, known(None)).contact.name, "");
        let stored =
            |name| other(&row(name), user(2)).map(|(other, side)| (other, side.map(|side| side.chat)));
        assert_eq!(stored(Some("Bruno")), Some((bruno, Some(true))));
        assert_eq!(stored(Some("")), Some((bruno, None)));
        assert_eq!(stored(None), Some((bruno, None)));
    }
}
