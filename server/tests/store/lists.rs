//! Lists: their order and pages, the last message of each, filters, and what people set.

use gchat::{
    conversation::System,
    dock::COUNTED,
    fold::Words,
    id::{ConversationId, RightsVersion, Seq, SiteId},
    store::{
        Bookmark, Change, CourseRooms, FlagChange, Flagged, Flags, ListAsk, ListPage, Listed, NewMark,
        NewMessage, Origin, PINNED_MOST, WindowState,
    },
};

use crate::util::{
    AnyStore, THEN, between, does, group, hold, mark, message, message_in, read, room, say, send, set, site,
    snapshot, user, users, windows,
};

const DAY: i64 = 86_400_000;

/// A message so many ms after then.
async fn at(store: &AnyStore, site: SiteId, from: i64, to: i64, after: i64, text: &str) {
    store.append(NewMessage { sent_at: THEN + after, ..message(site, from, to, text) }).await.unwrap();
}

fn page(limit: usize) -> ListAsk {
    ListAsk { limit, ..ListAsk::default() }
}

async fn ask(store: &AnyStore, site: SiteId, owner: i64, ask: &ListAsk) -> ListPage {
    store.list(site, user(owner), ask).await.unwrap()
}

fn ids(listed: &[Listed]) -> Vec<String> {
    listed.iter().map(|one| one.window.conversation.to_string()).collect()
}

async fn listed(store: &AnyStore, site: SiteId, owner: i64, by: ListAsk) -> Vec<String> {
    ids(&ask(store, site, owner, &ListAsk { limit: 100, ..by }).await.listed)
}

async fn all(store: &AnyStore, site: SiteId, owner: i64) -> Vec<String> {
    listed(store, site, owner, page(100)).await
}

async fn archived(store: &AnyStore, site: SiteId, owner: i64) -> Vec<String> {
    listed(store, site, owner, ListAsk { archived: true, ..page(100) }).await
}

async fn flag(
    store: &AnyStore,
    site: SiteId,
    owner: i64,
    id: &ConversationId,
    change: FlagChange,
) -> Flagged {
    store.flag(site, user(owner), id, FlagChange { at: THEN, ..change }).await.unwrap()
}

const PIN: FlagChange =
    FlagChange { pinned: Some(true), archived: None, muted_until: None, known: None, at: 0 };
const ARCHIVE: FlagChange =
    FlagChange { pinned: None, archived: Some(true), muted_until: None, known: None, at: 0 };
const MUTE: FlagChange =
    FlagChange { pinned: None, archived: None, muted_until: Some(i64::MAX), known: None, at: 0 };

pub(crate) async fn the_newest_conversation_comes_first_in_pages_that_do_not_age(store: AnyStore) {
    let site = site(&store).await;
    for (other, after) in [(3, 0), (4, 3 * DAY), (5, DAY), (6, DAY + 1), (7, 2 * DAY)] {
        at(&store, site, other, 2, after, "x").await;
    }
    assert_eq!(all(&store, site, 2).await, ["2-4", "2-7", "2-6", "2-5", "2-3"]);
    let first = ask(&store, site, 2, &page(2)).await;
    assert_eq!(ids(&first.listed), ["2-4", "2-7"]);
    // Meanwhile one that was told moves to the top, and one is new.
    at(&store, site, 7, 2, 4 * DAY, "y").await;
    at(&store, site, 8, 2, 4 * DAY, "y").await;
    let next = ListAsk { after: first.next, ..page(2) };
    let second = ask(&store, site, 2, &next).await;
    assert_eq!(ids(&second.listed), ["2-6", "2-5"]);
    let last = ask(&store, site, 2, &ListAsk { after: second.next, ..page(2) }).await;
    assert_eq!((ids(&last.listed), last.next), (vec!["2-3".to_owned()], None));
    // Also behind what is not there.
    let gone = Bookmark { pinned: false, day: 1, sent_at: 9, conversation: between(2, 99) };
    assert_eq!(ask(&store, site, 2, &ListAsk { after: Some(gone), ..page(9) }).await, ListPage::default());
    assert_eq!(all(&store, site, 99).await, [""; 0]);
}

pub(crate) async fn within_a_day_the_last_message_orders_and_a_deletion_leaves_the_day(store: AnyStore) {
    let site = site(&store).await;
    at(&store, site, 3, 2, 5, "a").await;
    at(&store, site, 4, 2, 6, "b").await;
    assert_eq!(all(&store, site, 2).await, ["2-4", "2-3"]);
    at(&store, site, 2, 3, 7, "my own moves it as well").await;
    assert_eq!(all(&store, site, 2).await, ["2-3", "2-4"]);
    assert_eq!(all(&store, site, 3).await, ["2-3"]);
    // Edits move nothing, a deletion takes the message away and leaves the day.
    at(&store, site, 3, 2, DAY, "of the next day").await;
    let mut gone = store.message(site, &between(2, 3), Seq(3)).await.unwrap().unwrap();
    gone.edited_at = Some(1);
    let changed = store.change(Change { site, conversation: between(2, 3), message: gone }).await.unwrap();
    let stub = changed.unwrap().message.stub();
    store.change(Change { site, conversation: between(2, 3), message: stub }).await.unwrap().unwrap();
    at(&store, site, 4, 2, 8, "later than what is left").await;
    assert_eq!(all(&store, site, 2).await, ["2-3", "2-4"]);
    let of = store.listed(site, user(2), &[between(2, 3)]).await.unwrap();
    assert_eq!(
        of[0].last.as_ref().map(|last| (last.seq.0, &*last.text)),
        Some((2, "my own moves it as well"))
    );
}

pub(crate) async fn the_last_message_says_who_and_what(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(3), snapshot(1, "Bruno"), Origin::Call).await.unwrap();
    send(&store, site, 3, 2, "said").await;
    let of = |listed: Vec<Listed>| listed.into_iter().next().and_then(|one| one.last);
    let last = of(store.listed(site, user(2), &[between(2, 3)]).await.unwrap()).unwrap();
    assert_eq!((last.seq, last.sender, &*last.name, last.sent_at), (Seq(1), user(3), "Bruno", THEN));
    assert_eq!(&*last.text, "said");
    // Among the newest 1,000: what has happened since pushes it out.
    let group = group(&store, site, &[2, 3, 4]).await;
    say(&store, site, &group, 3, &[]).await;
    for n in 0..COUNTED - 1 {
        does(&store, site, &group, 2, System::Renamed { title: n.to_string().into() }).await;
    }
    let ids = std::slice::from_ref(&group);
    assert_eq!(of(store.listed(site, user(2), ids).await.unwrap()).map(|last| last.seq), Some(Seq(2)));
    does(&store, site, &group, 2, System::Renamed { title: "One more".into() }).await;
    assert_eq!(of(store.listed(site, user(2), ids).await.unwrap()), None);
}

pub(crate) async fn of_a_group_the_last_message_is_one_that_they_read(store: AnyStore) {
    let site = site(&store).await;
    let group = group(&store, site, &[2, 3, 4]).await; // 1
    let say_at = async |after: i64| {
        let new = NewMessage { sent_at: THEN + after, ..message_in(site, &group, 2, &[]) };
        store.append(new).await.unwrap();
    };
    say_at(0).await; // 2
    hold(&store, site, 5, 1, &["c7"]).await;
    does(&store, site, &group, 2, System::Added { users: users(&[5]) }).await; // 3
    let ids = [group.clone()];
    let last = async |who: i64| {
        let listed = store.listed(site, user(who), &ids).await.unwrap();
        listed.into_iter().next().map(|one| one.last.map(|last| last.seq.0))
    };
    assert_eq!((last(5).await, last(4).await, last(6).await), (Some(None), Some(Some(2)), None));
    assert_eq!(all(&store, site, 5).await, [group.to_string()], "a group is there for who was added");
    say_at(1).await; // 4
    does(&store, site, &group, 5, System::Left).await; // 5
    at(&store, site, 5, 6, 2, "newer").await;
    say_at(DAY).await; // 6
    assert_eq!((last(5).await, last(4).await), (Some(Some(4)), Some(Some(6))));
    assert_eq!(all(&store, site, 5).await, ["5-6".to_owned(), group.to_string()], "and stays where it was");
    // Whoever loses the course learns of nothing, and of all of it when they hold it again.
    hold(&store, site, 4, 2, &[]).await;
    send(&store, site, 4, 6, "newer").await;
    flag(&store, site, 4, &group, ARCHIVE).await;
    say_at(2 * DAY).await; // 7
    assert_eq!((last(4).await, archived(&store, site, 4).await), (Some(Some(6)), vec![group.to_string()]));
    hold(&store, site, 4, 3, &["c7"]).await;
    assert_eq!(last(4).await, Some(Some(7)));
    assert_eq!(all(&store, site, 4).await, [group.to_string(), "4-6".to_owned()], "it is news");
    let unread = ListAsk { unread: true, ..page(9) };
    assert_eq!(listed(&store, site, 4, unread).await, [group.to_string()], "and was not read");
}

pub(crate) async fn pinned_ones_stand_before_all_others_and_are_twenty_at_most(store: AnyStore) {
    let site = site(&store).await;
    for other in 3..30 {
        at(&store, site, other, 2, other * DAY, "x").await;
    }
    for other in [5, 9] {
        let Flagged::Done { before, now } = flag(&store, site, 2, &between(2, other), PIN).await else {
            panic!()
        };
        assert_eq!((before, now), (Flags::default(), Flags { pinned: true, ..Flags::default() }));
    }
    let first = ask(&store, site, 2, &page(1)).await;
    assert_eq!((ids(&first.listed), first.listed[0].window.pinned), (vec!["2-9".to_owned()], true));
    let second = ask(&store, site, 2, &ListAsk { after: first.next, ..page(3) }).await;
    assert_eq!(ids(&second.listed), ["2-5", "2-29", "2-28"]);
    assert_eq!(all(&store, site, 2).await.len(), 27);
    for other in 10..28 {
        assert!(matches!(flag(&store, site, 2, &between(2, other), PIN).await, Flagged::Done { .. }));
    }
    assert_eq!(flag(&store, site, 2, &between(2, 28), PIN).await, Flagged::TooManyPins);
    assert!(matches!(flag(&store, site, 2, &between(2, 9), PIN).await, Flagged::Done { .. }), "it is pinned");
    let unpin = FlagChange { pinned: Some(false), ..PIN };
    flag(&store, site, 2, &between(2, 9), unpin).await;
    assert!(matches!(flag(&store, site, 2, &between(2, 28), PIN).await, Flagged::Done { .. }));
    let pinned = ask(&store, site, 2, &page(100)).await.listed;
    assert_eq!(pinned.iter().filter(|one| one.window.pinned).count(), PINNED_MOST);
    // The other person has set nothing.
    assert_eq!(store.flags(site, user(9), &between(2, 9)).await.unwrap(), Some(Flags::default()));
}

pub(crate) async fn a_pin_of_a_room_that_is_lost_takes_no_place(store: AnyStore) {
    let site = site(&store).await;
    let courses = ["c7", "c8"];
    hold(&store, site, 2, 1, &courses).await;
    for course in courses {
        store.raise_floor(site, course, RightsVersion(1), 1).await.unwrap();
        let rooms = CourseRooms { closed: false, title: "A course".into(), groups: Vec::new() };
        store.put_course_rooms(site, course, RightsVersion(1), Some(rooms)).await.unwrap();
        store.append(message_in(site, &room(course), 3, &[])).await.unwrap();
        assert!(matches!(flag(&store, site, 2, &room(course), PIN).await, Flagged::Done { .. }));
    }
    for other in 10..28 {
        send(&store, site, other, 2, "x").await;
        assert!(matches!(flag(&store, site, 2, &between(2, other), PIN).await, Flagged::Done { .. }));
    }
    send(&store, site, 28, 2, "x").await;
    let next = async || flag(&store, site, 2, &between(2, 28), PIN).await;
    let unpin =
        async || flag(&store, site, 2, &between(2, 28), FlagChange { pinned: Some(false), ..PIN }).await;
    assert_eq!(next().await, Flagged::TooManyPins);
    hold(&store, site, 2, 2, &["c7"]).await;
    assert!(matches!(next().await, Flagged::Done { .. }), "the room of a course that they do not hold");
    unpin().await;
    hold(&store, site, 2, 3, &courses).await;
    assert_eq!(next().await, Flagged::TooManyPins);
    store.raise_floor(site, "c7", RightsVersion(4), 2).await.unwrap();
    store.put_course_rooms(site, "c7", RightsVersion(4), None).await.unwrap();
    assert!(matches!(next().await, Flagged::Done { .. }), "the room of a course that has none any more");
}

pub(crate) async fn an_archived_conversation_is_back_with_the_next_message(store: AnyStore) {
    let site = site(&store).await;
    for other in [3, 4, 5] {
        at(&store, site, other, 2, other, "x").await;
        flag(&store, site, 2, &between(2, other), ARCHIVE).await;
    }
    assert_eq!((all(&store, site, 2).await.len(), all(&store, site, 3).await.len()), (0, 1));
    assert_eq!(archived(&store, site, 2).await, ["2-5", "2-4", "2-3"]);
    at(&store, site, 3, 2, 9, "on the same day").await;
    at(&store, site, 2, 4, 9 + DAY, "my own").await;
    assert_eq!(all(&store, site, 2).await, ["2-4", "2-3"]);
    assert_eq!(archived(&store, site, 2).await, ["2-5"]);
    // A clock that was set back makes nothing older.
    flag(&store, site, 2, &between(2, 4), ARCHIVE).await;
    at(&store, site, 4, 2, -5 * DAY, "of last week").await;
    assert_eq!(all(&store, site, 2).await, ["2-4", "2-3"]);
    flag(&store, site, 2, &between(2, 5), FlagChange { archived: Some(false), ..ARCHIVE }).await;
    assert_eq!(all(&store, site, 2).await, ["2-4", "2-3", "2-5"]);
    // What has happened is no message.
    let group = group(&store, site, &[2, 3, 4]).await;
    flag(&store, site, 2, &group, ARCHIVE).await;
    does(&store, site, &group, 3, System::Renamed { title: "Another".into() }).await;
    assert_eq!(archived(&store, site, 2).await, [group.to_string()]);
    say(&store, site, &group, 3, &[]).await;
    assert_eq!(archived(&store, site, 2).await, [""; 0]);
}

pub(crate) async fn what_is_muted_brings_no_window_but_by_a_mention(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 3, 2, "x").await;
    assert_eq!(windows(&store, site, 2).await, [(3, WindowState::Minimised, 1)]);
    flag(&store, site, 2, &between(2, 3), MUTE).await;
    assert_eq!(windows(&store, site, 2).await, []);
    assert!(!send(&store, site, 3, 2, "y").await.1);
    set(&store, site, 2, 3, WindowState::Open).await;
    let dock = store.dock(site, user(2)).await.unwrap();
    assert_eq!((dock.windows[0].muted_until, dock.windows[0].unread), (i64::MAX, 2));
    set(&store, site, 2, 3, WindowState::Closed).await;
    let group = group(&store, site, &[2, 3, 4]).await;
    flag(&store, site, 2, &group, MUTE).await;
    assert_eq!(say(&store, site, &group, 3, &[]).await.1, [4]);
    assert_eq!(store.dock(site, user(2)).await.unwrap().windows, []);
    assert_eq!(say(&store, site, &group, 3, &[2]).await.1, [2]);
    let dock = store.dock(site, user(2)).await.unwrap();
    assert_eq!((dock.windows.len(), dock.windows[0].unread, dock.windows[0].mentions), (1, 2, 1));
    assert_eq!(say(&store, site, &group, 3, &[2]).await.1, [0_i64; 0], "it is there already");
    store.read(site, &group, user(2), mark(9, true)).await.unwrap();
    assert_eq!(store.dock(site, user(2)).await.unwrap().windows, []);
    // The filter has it all the same.
    assert_eq!(listed(&store, site, 2, ListAsk { unread: true, ..page(9) }).await, ["2-3"]);
}

pub(crate) async fn a_mute_ends_with_its_time(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 3, 2, "x").await;
    send(&store, site, 4, 2, "x").await;
    let until = |after| FlagChange { muted_until: Some(THEN + after), ..MUTE };
    flag(&store, site, 2, &between(2, 3), until(5)).await;
    flag(&store, site, 2, &between(2, 4), until(9)).await;
    let now = flag(&store, site, 3, &between(2, 3), until(0)).await;
    assert!(matches!(now, Flagged::Done { now: Flags { muted_until: 0, .. }, .. }), "it is over");
    let unmute = async |after| {
        let mut of = store.unmute(THEN + after).await.unwrap();
        of.retain(|(of, _)| *of == site);
        of
    };
    assert_eq!(unmute(4).await, []);
    assert_eq!(unmute(5).await, [(site, user(2))]);
    assert_eq!(windows(&store, site, 2).await, [(3, WindowState::Minimised, 1)]);
    assert_eq!(unmute(8).await, []);
}

pub(crate) async fn filters_leave_the_order_as_it_is(store: AnyStore) {
    let site = site(&store).await;
    for (id, name) in [(3, "João Silva"), (4, "Nguyễn Thị"), (5, "Joa\u{303}o Costa"), (6, "Maria João")]
    {
        store.put_user(site, user(id), snapshot(1, name), Origin::Call).await.unwrap();
        at(&store, site, id, 2, id * DAY, "x").await;
    }
    let named = |text: &str| ListAsk { words: Words::of(text), ..page(100) };
    assert_eq!(listed(&store, site, 2, named("joao")).await, ["2-6", "2-5", "2-3"]);
    assert_eq!(listed(&store, site, 2, named("silva JOÃO")).await, ["2-3"]);
    assert_eq!(listed(&store, site, 2, named("nguyen")).await, ["2-4"]);
    flag(&store, site, 2, &between(2, 3), PIN).await;
    let first = ask(&store, site, 2, &ListAsk { limit: 2, ..named("joao") }).await;
    assert_eq!(ids(&first.listed), ["2-3", "2-6"]);
    let then = ListAsk { after: first.next, ..named("joao") };
    assert_eq!(listed(&store, site, 2, then).await, ["2-5"]);
    read(&store, site, 2, 6, 1).await;
    let unread = ListAsk { unread: true, ..page(100) };
    assert_eq!(listed(&store, site, 2, unread.clone()).await, ["2-3", "2-5", "2-4"]);
    assert_eq!(listed(&store, site, 2, ListAsk { unread: true, ..named("joao") }).await, ["2-3", "2-5"]);
    flag(&store, site, 2, &between(2, 5), ARCHIVE).await;
    assert_eq!(listed(&store, site, 2, unread.clone()).await, ["2-3", "2-4"]);
    assert_eq!(listed(&store, site, 2, ListAsk { archived: true, ..unread }).await, ["2-5"]);
    // Groups and rooms are called by their titles.
    let group = group(&store, site, &[2, 3, 4]).await;
    assert_eq!(listed(&store, site, 2, named("CELL")).await, [group.to_string()]);
    let both = [group.clone(), between(2, 5), between(2, 77), between(3, 4), group.clone()];
    let asked = store.listed(site, user(2), &both).await.unwrap();
    assert_eq!(ids(&asked), [group.to_string(), "2-5".into(), group.to_string()], "in the order asked");
    assert_eq!(asked.iter().map(|one| one.archived).collect::<Vec<_>>(), [false, true, false]);
}

pub(crate) async fn a_room_is_listed_for_whom_it_concerns(store: AnyStore) {
    let site = site(&store).await;
    let room = room("c7");
    let at = |after: i64, who: i64, mentions: &[i64]| NewMessage {
        sent_at: THEN + after,
        ..message_in(site, &room, who, mentions)
    };
    assert_eq!(flag(&store, site, 5, &room, PIN).await, Flagged::NotFound, "nothing is there");
    store.append(at(0, 3, &[4])).await.unwrap();
    for (who, is_there) in [(3, true), (4, true), (5, false), (6, false)] {
        assert_eq!(all(&store, site, who).await.len(), usize::from(is_there), "{who}");
    }
    flag(&store, site, 5, &room, PIN).await;
    let mark = |seq: i64, after: i64| NewMark { seq: Seq(seq), publish: false, at: THEN + after };
    store.read(site, &room, user(6), mark(1, 0)).await.unwrap();
    for who in [5, 6] {
        assert_eq!(all(&store, site, who).await, [room.to_string()], "{who}");
        send(&store, site, who, who + 10, "newer, of the same day").await;
    }
    let direct = between(6, 16).to_string();
    store.append(at(DAY, 3, &[])).await.unwrap();
    assert_eq!(all(&store, site, 6).await, [room.to_string(), direct.clone()], "within a day by its message");
    store.append(NewMessage { sent_at: THEN + DAY, ..message(site, 6, 16, "x") }).await.unwrap();
    assert_eq!(all(&store, site, 6).await, [direct.clone(), room.to_string()], "it moves for nobody else");
    // Reading moves it and leaves it archived; a mention brings it.
    flag(&store, site, 6, &room, ARCHIVE).await;
    store.read(site, &room, user(6), mark(2, 2 * DAY)).await.unwrap();
    assert_eq!(archived(&store, site, 6).await, [room.to_string()]);
    flag(&store, site, 6, &room, FlagChange { archived: Some(false), ..ARCHIVE }).await;
    assert_eq!(all(&store, site, 6).await, [room.to_string(), direct.clone()]);
    flag(&store, site, 6, &room, ARCHIVE).await;
    store.append(at(2 * DAY, 3, &[])).await.unwrap();
    assert_eq!(archived(&store, site, 6).await, [room.to_string()], "it does not concern them");
    let unread = ListAsk { unread: true, ..page(9) };
    assert_eq!(listed(&store, site, 6, unread.clone()).await, [""; 0]);
    store.append(at(3 * DAY, 3, &[6])).await.unwrap();
    assert_eq!(listed(&store, site, 6, unread).await, [room.to_string()]);
}

pub(crate) async fn what_was_read_waits_no_more_on_the_next_day(store: AnyStore) {
    let site = site(&store).await;
    for other in 3..9 {
        send(&store, site, other, 2, "x").await;
    }
    for other in 3..6 {
        read(&store, site, 2, other, 1).await;
    }
    let tidy = async |now| {
        let mut after = None;
        loop {
            after = store.tidy(after, now).await.unwrap();
            if after.is_none() {
                break;
            }
        }
    };
    let unread = ListAsk { unread: true, ..page(100) };
    for now in [THEN, THEN + DAY, THEN + 2 * DAY] {
        tidy(now).await;
        assert_eq!(listed(&store, site, 2, unread.clone()).await, ["2-6", "2-7", "2-8"]);
        assert_eq!(windows(&store, site, 2).await.len(), 3);
    }
    send(&store, site, 3, 2, "on a clock that was set back").await;
    assert_eq!(listed(&store, site, 2, unread.clone()).await.len(), 4);
    assert_eq!(windows(&store, site, 2).await.len(), 4);
}

pub(crate) async fn the_removed_leave_no_flags_and_no_list(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), snapshot(1, "Ana"), Origin::Call).await.unwrap();
    send(&store, site, 3, 2, "x").await;
    for change in [PIN, ARCHIVE, MUTE] {
        flag(&store, site, 2, &between(2, 3), change).await;
    }
    let kept = store.kept(site, user(2)).await.unwrap().unwrap();
    let set = Flags { pinned: true, archived: true, muted_until: i64::MAX };
    assert_eq!(kept.conversations[0].flags, set);
    store.remove_user(site, user(2), RightsVersion(2)).await.unwrap();
    assert_eq!(store.flags(site, user(2), &between(2, 3)).await.unwrap(), None);
    assert_eq!(flag(&store, site, 2, &between(2, 3), PIN).await, Flagged::NotFound);
    assert_eq!((all(&store, site, 2).await, archived(&store, site, 2).await), (vec![], vec![]));
    store.put_user(site, user(2), snapshot(3, "Ana"), Origin::Call).await.unwrap();
    send(&store, site, 3, 2, "y").await;
    assert_eq!(store.flags(site, user(2), &between(2, 3)).await.unwrap(), Some(Flags::default()));
    let room = room("c7");
    say(&store, site, &room, 3, &[]).await;
    store.remove_user(site, user(2), RightsVersion(4)).await.unwrap();
    assert_eq!(flag(&store, site, 2, &room, PIN).await, Flagged::NotFound);
}
