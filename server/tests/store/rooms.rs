//! Hazard: a room that the host has closed is open, one that is quiet makes noise, or one in which somebody is mentioned
//! does not.

use crate::util::{
    AnyStore, MOST, between, deed, does, group, hold, mark, message_in, new_group, reaction, room, say, send,
    set, set_of, site, user, users, window_of,
};
use gchat::{
    conversation::{Head, System},
    dock::COUNTED,
    id::{ConversationId, Rev, RightsVersion, Seq, SiteId},
    store::{
        Change, CourseRooms, Noted, Place, RoomPart, WindowChange,
        WindowState::{Closed, Minimised, Open},
    },
};

fn rooms(closed: bool, title: &str) -> Option<CourseRooms> {
    let groups = vec![("g1".into(), "Grupo 1 <i>".into()), ("g2".into(), "".into())];
    Some(CourseRooms { closed, title: title.into(), groups })
}

pub(crate) async fn rooms_are_as_the_last_call_of_the_course_said(store: AnyStore) {
    let one = site(&store).await;
    let put = async |course: &str, version, rooms| {
        store.put_course_rooms(one, course, RightsVersion(version), rooms).await.unwrap()
    };
    let stored = async |course: &str| store.course_rooms(one, course).await.unwrap();
    assert!(!put("c7", 0, rooms(false, "Algebra")).await, "it has no floor");
    store.raise_floor(one, "c7", RightsVersion(5), 1).await.unwrap();
    for other in [4, 6] {
        assert!(!put("c7", other, rooms(false, "Algebra")).await, "of another call");
    }
    assert_eq!(stored("c7").await, None);
    assert!(put("c7", 5, rooms(false, "Algebra")).await);
    assert!(!put("c7", 5, rooms(false, "Algebra")).await, "it is so already");
    assert_eq!(stored("c7").await, rooms(false, "Algebra"));
    assert_eq!((stored("c8").await, stored("c").await), (None, None));
    let other = site(&store).await;
    assert_eq!(store.course_rooms(other, "c7").await.unwrap(), None, "each site has its own");
    store.raise_floor(one, "c7", RightsVersion(6), 1).await.unwrap();
    assert!(!put("c7", 5, None).await, "a later call has spoken");
    assert!(put("c7", 6, rooms(true, "Álgebra")).await);
    assert_eq!(stored("c7").await, rooms(true, "Álgebra"));
    store.raise_floor(one, "c7", RightsVersion(7), 1).await.unwrap();
    assert!(put("c7", 7, None).await);
    assert_eq!(stored("c7").await, None);
    assert!(!put("c7", 7, None).await);
}

async fn part(store: &AnyStore, site: SiteId, who: i64, room: &ConversationId) -> RoomPart {
    store.room_parts(site, user(who), std::slice::from_ref(room)).await.unwrap().remove(0)
}

pub(crate) async fn a_room_is_new_to_whoever_has_read_there_before(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    assert_eq!(part(&store, site, 3, &room).await, RoomPart::default());
    assert_eq!(store.read(site, &room, user(3), mark(1, true)).await.unwrap(), None, "nothing is there");
    let (_, came_back) = say(&store, site, &room, 2, &[]).await; // 1
    assert_eq!(came_back, [] as [i64; 0]);
    let head = Head { first_seq: Seq(1), seq: Seq(1), rev: Rev(1) };
    assert_eq!(part(&store, site, 3, &room).await, RoomPart { head, ..RoomPart::default() });
    say(&store, site, &room, 4, &[]).await; // 2
    assert!(part(&store, site, 2, &room).await.unread, "whoever has written there has read there");
    assert!(!part(&store, site, 4, &room).await.unread);
    assert!(!part(&store, site, 3, &room).await.unread, "nothing is unread to who was never there");
    assert_eq!(store.read(site, &room, user(3), mark(1, true)).await.unwrap(), Some(Seq(1)));
    assert!(part(&store, site, 3, &room).await.unread);
    assert_eq!(store.read(site, &room, user(3), mark(9, true)).await.unwrap(), Some(Seq(2)));
    assert!(!part(&store, site, 3, &room).await.unread);
    say(&store, site, &room, 3, &[]).await; // 3
    assert!(!part(&store, site, 3, &room).await.unread, "their own");
    assert_eq!(window_of(&store, site, 3, &room).await, None);
    assert_eq!(window_of(&store, site, 2, &room).await, None, "it is quiet");
    assert_eq!(store.known(site, &room, &users(&[5, 3, 2])).await.unwrap(), users(&[3, 2]));

    let other = crate::util::room("c7/g1");
    say(&store, site, &other, 5, &[]).await;
    let both = store.room_parts(site, user(3), &[other.clone(), room.clone()]).await.unwrap();
    assert_eq!(both.iter().map(|part| part.head.seq.0).collect::<Vec<_>>(), [1, 3], "in the order asked");
    let own = store.written_by(site, &room, user(3), Seq(0), 9).await.unwrap();
    assert_eq!(own.iter().map(|m| (m.seq.0, m.sender)).collect::<Vec<_>>(), [(3, user(3))]);
}

pub(crate) async fn what_somebody_has_written_comes_in_pages(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    for from in [2, 3, 2, 2, 4, 2] {
        say(&store, site, &room, from, &[]).await;
    }
    let by = async |who: i64, after, limit| {
        let page = store.written_by(site, &room, user(who), Seq(after), limit).await.unwrap();
        page.iter().map(|m| m.seq.0).collect::<Vec<_>>()
    };
    assert_eq!(by(2, 0, 3).await, [1, 3, 4]);
    assert_eq!(by(2, 4, 3).await, [6]);
    assert_eq!(by(2, 0, 0).await, [] as [i64; 0]);
    assert_eq!(by(9, 0, 3).await, [] as [i64; 0]);
    let nowhere = store.written_by(site, &new_group(), user(2), Seq(0), 9).await.unwrap();
    assert_eq!(nowhere, []);
}

pub(crate) async fn who_writes_in_a_room_is_told_by_a_message_of_it(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    let on = System::Announcements { on: true };
    let message = does(&store, site, &room, 2, on.clone()).await; // it begins by this
    assert_eq!((message.seq, message.rev, message.system), (Seq(1), Rev(1), Some(on.clone())));
    let there = part(&store, site, 3, &room).await;
    assert!(there.announcements && !there.unread);
    say(&store, site, &room, 2, &[]).await; // 2
    assert!(!part(&store, site, 2, &room).await.unread);
    let late = deed(&store, site, &room, 2, System::Announcements { on: false }).await;
    say(&store, site, &room, 3, &[]).await; // 3
    assert_eq!(store.note(late).await.unwrap(), Noted::Moved);
    set_of(&store, site, 3, &room, Open).await;
    let window = window_of(&store, site, 3, &room).await.unwrap();
    assert!(matches!(window.place, Place::Room { rooms: None, announcements: true }), "{:?}", window.place);
    does(&store, site, &room, 2, System::Announcements { on: false }).await; // 4
    assert!(!part(&store, site, 3, &room).await.announcements);
    assert!(part(&store, site, 2, &room).await.unread, "3 has written");
    store.raise_floor(site, "c7", RightsVersion(5), 1).await.unwrap();
    store.put_course_rooms(site, "c7", RightsVersion(5), rooms(true, "Algebra")).await.unwrap();
    let window = window_of(&store, site, 3, &room).await.unwrap();
    let expected = Place::Room { rooms: rooms(true, "Algebra"), announcements: false };
    assert_eq!((window.place, window.unread), (expected, 0), "what has happened is no message");
}

pub(crate) async fn a_mention_lists_a_room_until_it_is_read(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    say(&store, site, &room, 2, &[]).await; // 1
    let (message, came_back) = say(&store, site, &room, 2, &[3, 4]).await; // 2
    assert_eq!((message.mentions, came_back), (users(&[3, 4]), vec![]));
    let stored = store.message(site, &room, Seq(2)).await.unwrap().unwrap();
    assert_eq!(stored.mentions, users(&[3, 4]));
    let look = async |who| window_of(&store, site, who, &room).await;
    let window = look(3).await.unwrap();
    assert_eq!((window.state, window.mentions, window.unread, window.read_seq), (Minimised, 1, 1, Seq(1)));
    let there = part(&store, site, 3, &room).await;
    assert_eq!((there.mentions, there.unread), (1, true));
    assert_eq!(look(2).await, None);
    say(&store, site, &room, 2, &[]).await; // 3
    say(&store, site, &room, 2, &[3]).await; // 4
    let window = look(3).await.unwrap();
    assert_eq!((window.mentions, window.unread), (2, 3), "all that is unread is counted where it is listed");

    store.read(site, &room, user(3), mark(3, true)).await.unwrap();
    assert_eq!(look(3).await.unwrap().mentions, 1);
    store.read(site, &room, user(3), mark(4, true)).await.unwrap();
    assert_eq!(look(3).await, None);
    assert_eq!(part(&store, site, 3, &room).await.mentions, 0);

    // A message that is taken away mentions nobody.
    assert_eq!(look(4).await.unwrap().mentions, 1);
    let gone = store.message(site, &room, Seq(2)).await.unwrap().unwrap().stub();
    let conversation = room.clone();
    store.change(Change { site, conversation, message: gone }).await.unwrap().unwrap();
    assert_eq!(look(4).await, None);
    assert_eq!(part(&store, site, 4, &room).await.mentions, 0);
}

pub(crate) async fn a_closed_room_stays_closed_until_the_next_mention(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    let look = async |who| window_of(&store, site, who, &room).await;
    say(&store, site, &room, 2, &[3]).await; // 1
    assert!(set_of(&store, site, 3, &room, Closed).await, "it was listed");
    assert_eq!(look(3).await, None);
    assert_eq!(part(&store, site, 3, &room).await.mentions, 1, "it is not read by that");
    say(&store, site, &room, 2, &[]).await; // 2
    assert_eq!(look(3).await, None);
    // One that crosses the close brings it back.
    say(&store, site, &room, 2, &[3]).await; // 3
    let window = look(3).await.unwrap();
    assert_eq!((window.state, window.mentions, window.unread), (Minimised, 2, 3));
    let base = store.dock(site, user(3)).await.unwrap().version;
    let seen = WindowChange { state: Closed, base, seen: Some(Seq(2)), session: None };
    assert!(store.set_window(site, user(3), &room, seen, MOST).await.unwrap());
    assert_eq!(look(3).await.unwrap().state, Minimised);
    // Among others that came back it stands where its first message stands that was not seen.
    send(&store, site, 5, 3, "before").await;
    set(&store, site, 3, 5, Closed).await;
    send(&store, site, 6, 3, "after 1 and 3").await;
    say(&store, site, &room, 2, &[3]).await; // 4
    let order = async || {
        let windows = store.dock(site, user(3)).await.unwrap().windows;
        windows.into_iter().map(|window| window.conversation).collect::<Vec<_>>()
    };
    let six = between(3, 6);
    assert_eq!(order().await, [room.clone(), six.clone()]);
    let base = store.dock(site, user(3)).await.unwrap().version;
    let seen = WindowChange { state: Closed, base, seen: Some(Seq(3)), session: None };
    assert!(store.set_window(site, user(3), &room, seen, MOST).await.unwrap());
    assert_eq!(order().await, [six, room.clone()], "the mention of 4 came later");
}

pub(crate) async fn mentions_are_capped_and_one_persons_alone(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    let all = (0..101).map(|_| store.append(message_in(site, &room, 2, &[3])));
    futures_util::future::try_join_all(all).await.unwrap();
    assert_eq!(part(&store, site, 3, &room).await.mentions, 100);
    assert_eq!(window_of(&store, site, 3, &room).await.unwrap().mentions, 100);
    assert_eq!(part(&store, site, 4, &room).await.mentions, 0);
    store.read(site, &room, user(3), mark(99, true)).await.unwrap();
    assert_eq!(part(&store, site, 3, &room).await.mentions, 2);
    // Nobody who was removed is mentioned, and whoever is removed is no more.
    store.remove_user(site, user(3), RightsVersion(9)).await.unwrap();
    say(&store, site, &room, 2, &[3]).await;
    hold(&store, site, 3, 10, &["c7"]).await;
    assert_eq!(part(&store, site, 3, &room).await.mentions, 0);
    assert_eq!(window_of(&store, site, 3, &room).await, None);
    say(&store, site, &room, 2, &[3]).await;
    assert_eq!(window_of(&store, site, 3, &room).await.unwrap().mentions, 1);
    // Nor are those of who is removed.
    store.remove_user(site, user(2), RightsVersion(9)).await.unwrap();
    assert_eq!(window_of(&store, site, 3, &room).await, None);
}

pub(crate) async fn mentions_in_a_group_end_with_the_part_in_it(store: AnyStore) {
    let site = site(&store).await;
    let group = group(&store, site, &[2, 3, 4]).await;
    say(&store, site, &group, 2, &[3, 4]).await; // 2
    say(&store, site, &group, 2, &[4]).await; // 3
    let mentions = async |who| window_of(&store, site, who, &group).await.map(|window| window.mentions);
    assert_eq!((mentions(3).await, mentions(4).await, mentions(2).await), (Some(1), Some(2), None));
    does(&store, site, &group, 3, System::Left).await; // 4
    set_of(&store, site, 3, &group, Open).await;
    assert_eq!(mentions(3).await, Some(0));
    does(&store, site, &group, 2, System::Added { users: users(&[3]) }).await; // 5
    assert_eq!(mentions(3).await, Some(0));
    // Without the course they are silent, and there again with it.
    set_of(&store, site, 4, &group, Open).await;
    hold(&store, site, 4, 2, &[]).await;
    assert_eq!(mentions(4).await, Some(0));
    hold(&store, site, 4, 3, &["c7"]).await;
    assert_eq!(mentions(4).await, Some(2));
    store.read(site, &group, user(4), mark(2, true)).await.unwrap();
    assert_eq!(mentions(4).await, Some(1));
}

pub(crate) async fn a_room_whose_mention_was_closed_is_not_forgotten(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    say(&store, site, &room, 2, &[3]).await;
    set_of(&store, site, 3, &room, Closed).await;
    say(&store, site, &room, 2, &[]).await; // after the close, and no mention
    let quiet = crate::util::room("c8");
    say(&store, site, &quiet, 2, &[]).await;
    store.read(site, &quiet, user(3), mark(1, true)).await.unwrap();
    say(&store, site, &quiet, 2, &[]).await;
    for state in [Open, Closed] {
        set_of(&store, site, 3, &quiet, state).await;
    }
    for other in 100..170 {
        for state in [Open, Closed] {
            set(&store, site, 3, other, state).await;
        }
    }
    assert_eq!(window_of(&store, site, 3, &room).await, None, "what was closed over is not forgotten");
    hold(&store, site, 3, 1, &["c7"]).await;
    let on_record = store.kept(site, user(3)).await.unwrap().unwrap().windows;
    let has = |id: &ConversationId| on_record.iter().any(|(window, _)| window == id);
    assert!(has(&room) && !has(&quiet), "what is unread in a quiet room is nothing to hide");
}

pub(crate) async fn who_reacts_in_a_room_takes_part(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    let (message, _) = say(&store, site, &room, 2, &[]).await;
    say(&store, site, &room, 2, &[]).await;
    store.react(site, &room, &[reaction(&message, 3, 1, &["👍"])]).await.unwrap();
    assert!(!part(&store, site, 3, &room).await.unread, "they have read what was there");
    say(&store, site, &room, 2, &[]).await;
    assert!(part(&store, site, 3, &room).await.unread);
    set_of(&store, site, 3, &room, Open).await;
    let window = window_of(&store, site, 3, &room).await.unwrap();
    assert_eq!((window.unread, window.read_seq), (1, Seq(2)));
    // Of a room in which they have no part nothing is unread.
    set_of(&store, site, 4, &room, Open).await;
    let window = window_of(&store, site, 4, &room).await.unwrap();
    assert_eq!((window.unread, window.read_seq, window.head.seq), (0, Seq(3), Seq(3)));
    store.read(site, &room, user(4), mark(0, true)).await.unwrap();
    assert_eq!(window_of(&store, site, 4, &room).await.unwrap().read_seq, Seq(3));
    let run = (0..COUNTED + 1).map(|_| store.append(message_in(site, &room, 3, &[])));
    futures_util::future::try_join_all(run).await.unwrap();
    assert!(!part(&store, site, 3, &room).await.unread, "what was there before the newest thousand is read");
}
