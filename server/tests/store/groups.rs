//! Hazard: somebody is in a group who was put out of it, reads beyond their part, or is woken by what is no message.

use crate::util::{
    AnyStore, deed, does, group, hold, mark, message_in, new_group, say, send, set_of, site, user, users,
    window_of, windows,
};
use gchat::{
    conversation::System,
    dock::COUNTED,
    id::{ClientMessageId, Rev, RightsVersion, Seq, SiteId, VerbId},
    rights::{Membership, Role},
    store::{
        Appended, Group, NewMessage, NewSystem, Noted, Page, Part, Place,
        WindowState::{Closed, Minimised, Open},
    },
    talk::{Reach, Reader, Speaker},
};

fn added(ids: &[i64]) -> System {
    System::Added { users: users(ids) }
}

fn removed(id: i64) -> System {
    System::Removed { users: users(&[id]) }
}

fn renamed(title: &str) -> System {
    System::Renamed { title: title.into() }
}

/// User, first, left and lost of everybody who was ever in it.
fn parts(group: &Group) -> Vec<(i64, i64, Option<i64>, Option<i64>)> {
    let seq = |seq: Option<Seq>| seq.map(|Seq(seq)| seq);
    group.people.iter().map(|p| (p.user.get(), p.first.0, seq(p.left), seq(p.lost))).collect()
}

pub(crate) async fn a_group_is_made_once_and_known_again(store: AnyStore) {
    let site = site(&store).await;
    for id in [2, 3, 4] {
        hold(&store, site, id, 1, &["c7"]).await;
    }
    let conversation = new_group();
    assert_eq!(store.group(site, &conversation).await.unwrap(), None);
    let made = System::Made { title: "Ação <b>".into(), users: users(&[3, 4]) };
    let new = deed(&store, site, &conversation, 2, made.clone()).await;
    assert_eq!(store.find_noted(&new).await.unwrap(), None);
    let noted = store.note(new.clone()).await.unwrap();
    let Noted::New { message, first_seq } = noted else { panic!("{noted:?}") };
    assert_eq!((message.seq, message.rev, first_seq, message.sender), (Seq(1), Rev(1), Seq(1), user(2)));
    assert_eq!((&message.system, &message.text, message.is_stub()), (&Some(made.clone()), &None, false));
    assert_eq!(message.client_message_id, Some(ClientMessageId(new.id.0)));
    let (head, kept) = store.history(site, &conversation, Page::Newest, 9).await.unwrap();
    assert_eq!((head.seq, head.rev, &kept[..]), (Seq(1), Rev(1), &[message.clone()][..]));
    let group = store.group(site, &conversation).await.unwrap().unwrap();
    assert_eq!(
        (group.course.as_str(), &*group.title, group.maker, group.head),
        ("c7", "Ação <b>", user(2), head)
    );
    assert_eq!(parts(&group), [(2, 1, None, None), (3, 1, None, None), (4, 1, None, None)]);

    // The same again, whatever it is judged by now; and what has that id and is something else.
    let repeated = Noted::Repeated(message.clone());
    assert_eq!(store.note(NewSystem { judged_at: Rev(1), ..new.clone() }).await.unwrap(), repeated);
    assert_eq!(store.find_noted(&new).await.unwrap(), Some(repeated.clone()));
    let elsewhere = NewSystem { conversation: new_group(), ..new.clone() };
    assert_eq!(store.find_noted(&elsewhere).await.unwrap(), Some(Noted::Conflict));
    assert_eq!(store.note(elsewhere.clone()).await.unwrap(), Noted::Conflict);
    assert_eq!(store.group(site, &elsewhere.conversation).await.unwrap(), None, "nothing was stored");
    let twice = deed(&store, site, &conversation, 3, made.clone()).await;
    assert_eq!(store.note(twice).await.unwrap(), Noted::Conflict, "it is there already");

    // A message has no id of a system message, and the other way round.
    let id = ClientMessageId(new.id.0);
    let text = NewMessage { client_message_id: id, ..message_in(site, &conversation, 2, &[]) };
    assert_eq!(store.find_sent(&text).await.unwrap(), Some(Appended::Conflict));
    assert_eq!(store.append(text).await.unwrap(), Appended::Conflict);
    let (said, _) = say(&store, site, &conversation, 2, &[]).await;
    let id = VerbId(said.client_message_id.unwrap().0);
    let note = NewSystem { id, ..deed(&store, site, &conversation, 2, System::Left).await };
    assert_eq!(store.find_noted(&note).await.unwrap(), Some(Noted::Conflict));
    assert_eq!(store.note(note).await.unwrap(), Noted::Conflict);
    assert_eq!(store.group(site, &conversation).await.unwrap().unwrap().head.rev, Rev(2));

    // Others may draw the same id.
    let theirs = NewSystem { id: new.id, ..deed(&store, site, &conversation, 3, renamed("Theirs")).await };
    assert!(matches!(store.note(theirs).await.unwrap(), Noted::New { .. }));
}

pub(crate) async fn what_was_judged_by_another_group_is_judged_again(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    let late = deed(&store, site, &conversation, 3, renamed("Late")).await;
    say(&store, site, &conversation, 2, &[]).await;
    assert_eq!(store.note(late.clone()).await.unwrap(), Noted::Moved);
    assert_eq!(store.find_noted(&late).await.unwrap(), None, "nothing was stored");
    let again = NewSystem { judged_at: Rev(2), ..late };
    assert!(matches!(store.note(again).await.unwrap(), Noted::New { .. }));
    let nowhere = deed(&store, site, &new_group(), 2, System::Left).await;
    store.note(nowhere).await.expect_err("there is no such group");
    let stranger = message_in(site, &conversation, 9, &[]);
    store.append(stranger).await.expect_err("the sender is not in it");
    assert_eq!(store.group(site, &conversation).await.unwrap().unwrap().head.seq, Seq(3));
}

pub(crate) async fn people_come_and_go(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    for id in [5, 6] {
        hold(&store, site, id, 1, &["c7"]).await;
    }
    let look = async || store.group(site, &conversation).await.unwrap().unwrap();
    does(&store, site, &conversation, 3, added(&[5, 6])).await; // 2
    does(&store, site, &conversation, 2, removed(5)).await; // 3
    does(&store, site, &conversation, 4, System::Left).await; // 4
    does(&store, site, &conversation, 6, renamed("Another")).await; // 5
    let group = look().await;
    let expected = [
        (2, 1, None, None),
        (3, 1, None, None),
        (4, 1, Some(4), None),
        (5, 2, Some(3), None),
        (6, 2, None, None),
    ];
    assert_eq!(parts(&group), expected);
    assert_eq!((&*group.title, group.maker, group.head.seq), ("Another", user(2), Seq(5)));
    let members: Vec<_> = group.members().map(|part| part.user.get()).collect();
    assert_eq!(members, [2, 3, 6]);
    assert_eq!(group.part(user(5)).map(Part::last), Some(Seq(3)));
    assert_eq!(group.part(user(7)), None);
    let known = store.known(site, &conversation, &users(&[7, 5, 3])).await.unwrap();
    assert_eq!(known, users(&[5, 3]), "those who have ever been there");

    // Whoever is back begins anew.
    say(&store, site, &conversation, 2, &[]).await; // 6
    does(&store, site, &conversation, 2, added(&[5])).await; // 7
    assert_eq!(parts(&look().await)[3], (5, 7, None, None));
    let window = async |id| window_of(&store, site, id, &conversation).await;
    assert_eq!(window(5).await, None, "what there was before is not unread");
    say(&store, site, &conversation, 2, &[]).await; // 8
    let listed = window(5).await.unwrap();
    assert_eq!((listed.state, listed.unread, listed.read_seq), (Minimised, 1, Seq(7)));
    let Place::Group { course, title, members, part } = listed.place else { panic!("{:?}", listed.place) };
    assert_eq!((course.as_str(), &*title, members, part.first), ("c7", "Another", 4, Seq(7)));
    assert_eq!(window(4).await, None, "what is written after they left is nothing to them");
    set_of(&store, site, 4, &conversation, Open).await;
    let left = window(4).await.unwrap();
    assert_eq!((left.unread, left.mentions), (0, 0));
}

pub(crate) async fn each_reads_from_their_coming_to_their_going(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    hold(&store, site, 5, 1, &["c7"]).await;
    say(&store, site, &conversation, 2, &[]).await; // 2
    does(&store, site, &conversation, 2, added(&[5])).await; // 3
    say(&store, site, &conversation, 2, &[]).await; // 4
    does(&store, site, &conversation, 5, System::Left).await; // 5
    say(&store, site, &conversation, 2, &[]).await; // 6
    let group = store.group(site, &conversation).await.unwrap().unwrap();
    let reads = async |id| {
        let part = group.part(user(id)).unwrap();
        let speaker = Speaker { site, user: user(id) };
        let reader = Reader::new(&*store, speaker, &conversation, Reach::between(part.first, part.last()));
        let (head, messages) = reader.history(Page::Newest, 9).await.unwrap();
        (head.first_seq.0, head.seq.0, messages.iter().map(|m| m.seq.0).collect::<Vec<_>>())
    };
    assert_eq!(reads(2).await, (1, 6, (1..=6).collect()));
    assert_eq!(reads(5).await, (3, 5, vec![3, 4, 5]));
}

pub(crate) async fn who_loses_the_course_reads_up_to_then_and_is_back_with_it(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    let lost = async |id: i64| {
        let group = store.group(site, &conversation).await.unwrap().unwrap();
        let lost = group.part(user(id)).unwrap().lost.map(|Seq(seq)| seq);
        assert_eq!(group.members().any(|part| part.user == user(id)), lost.is_none());
        lost
    };
    say(&store, site, &conversation, 2, &[]).await; // 2
    assert_eq!(window_of(&store, site, 3, &conversation).await.unwrap().unread, 1);
    // By a snapshot of them alone.
    hold(&store, site, 3, 2, &["c8"]).await;
    assert_eq!(lost(3).await, Some(2));
    assert_eq!(window_of(&store, site, 3, &conversation).await, None);
    let (_, came_back) = say(&store, site, &conversation, 2, &[]).await; // 3
    assert_eq!(came_back, [] as [i64; 0], "4 has it already, and 3 is out");
    hold(&store, site, 3, 3, &[]).await;
    assert_eq!(lost(3).await, Some(2), "nothing of the course, as before");
    set_of(&store, site, 3, &conversation, Open).await;
    let window = window_of(&store, site, 3, &conversation).await.unwrap();
    assert_eq!((window.unread, window.read_seq), (0, Seq(1)));
    let Place::Group { members, part, .. } = window.place else { panic!("{:?}", window.place) };
    assert_eq!((members, part.lost, part.last()), (3, Some(Seq(2)), Seq(2)), "they have not left");
    set_of(&store, site, 3, &conversation, Closed).await;

    // By a call for the whole course, and a group of it is enough.
    store.raise_floor(site, "c7", RightsVersion(4), 1).await.unwrap();
    let held = Membership { id: "c7/g1".parse().unwrap(), role: Role::Student, title: "".into() };
    let back = vec![(user(3), vec![held]), (user(4), vec![])];
    assert!(store.put_course(site, "c7", RightsVersion(4), back).await.unwrap());
    assert_eq!((lost(3).await, lost(4).await, lost(2).await), (None, Some(3), None));
    let (_, came_back) = say(&store, site, &conversation, 2, &[]).await; // 4
    assert_eq!(came_back, [3]);
    assert_eq!(window_of(&store, site, 3, &conversation).await.unwrap().unread, 3, "all since they read");

    // Who has left is out, whatever they hold.
    does(&store, site, &conversation, 2, removed(4)).await; // 5
    store.raise_floor(site, "c7", RightsVersion(5), 1).await.unwrap();
    let held = Membership { id: "c7".parse().unwrap(), role: Role::Student, title: "".into() };
    assert!(store.put_course(site, "c7", RightsVersion(5), vec![(user(4), vec![held])]).await.unwrap());
    let group = store.group(site, &conversation).await.unwrap().unwrap();
    assert_eq!(parts(&group)[2], (4, 1, Some(5), None));
}

pub(crate) async fn who_is_added_without_the_course_is_out_until_they_hold_it(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    hold(&store, site, 5, 1, &["c7"]).await;
    // They lose it between the judgement and the commit.
    let late = deed(&store, site, &conversation, 2, added(&[5, 6])).await;
    hold(&store, site, 5, 2, &["c70"]).await;
    assert!(matches!(store.note(late).await.unwrap(), Noted::New { .. }));
    let part = async |id| store.group(site, &conversation).await.unwrap().unwrap().part(user(id)).copied();
    assert_eq!(part(5).await.unwrap().lost, Some(Seq(2)));
    assert_eq!(part(6).await.unwrap().lost, Some(Seq(2)), "nobody knows what they hold");
    assert_eq!(say(&store, site, &conversation, 2, &[]).await.1, [3, 4]);
    hold(&store, site, 5, 3, &["c7"]).await;
    assert_eq!(part(5).await.unwrap().lost, None);
    assert_eq!(say(&store, site, &conversation, 2, &[]).await.1, [] as [i64; 0], "they have it by now");
    assert_eq!(window_of(&store, site, 5, &conversation).await.unwrap().unread, 2);

    // Nobody who was removed is added.
    store.remove_user(site, user(6), RightsVersion(9)).await.unwrap();
    does(&store, site, &conversation, 2, added(&[6])).await;
    assert_eq!(part(6).await, None);
    hold(&store, site, 6, 10, &["c7"]).await;
    assert_eq!(part(6).await, None);
}

pub(crate) async fn what_has_happened_is_not_unread_and_brings_no_window(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    assert_eq!(window_of(&store, site, 3, &conversation).await, None, "not by being made");
    set_of(&store, site, 3, &conversation, Open).await;
    does(&store, site, &conversation, 2, renamed("Once")).await; // 2
    assert_eq!(window_of(&store, site, 3, &conversation).await.unwrap().unread, 0);
    say(&store, site, &conversation, 2, &[]).await; // 3
    does(&store, site, &conversation, 2, renamed("Twice")).await; // 4
    let window = window_of(&store, site, 3, &conversation).await.unwrap();
    assert_eq!((window.unread, window.head.seq, window.head.rev), (1, Seq(4), Rev(4)));
    set_of(&store, site, 3, &conversation, Closed).await;
    does(&store, site, &conversation, 2, renamed("Three times")).await; // 5
    does(&store, site, &conversation, 4, System::Left).await; // 6
    assert_eq!(window_of(&store, site, 3, &conversation).await, None);
    let (_, came_back) = say(&store, site, &conversation, 2, &[]).await;
    assert_eq!(came_back, [3]);
    assert_eq!(window_of(&store, site, 3, &conversation).await.unwrap().unread, 2);
}

pub(crate) async fn a_message_brings_back_the_windows_of_all_who_do_not_see_it(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4, 5, 6]).await;
    set_of(&store, site, 3, &conversation, Open).await;
    assert_eq!(say(&store, site, &conversation, 2, &[]).await.1, [4, 5, 6]); // 2
    set_of(&store, site, 4, &conversation, Closed).await;
    store.read(site, &conversation, user(5), mark(2, true)).await.unwrap();
    does(&store, site, &conversation, 6, System::Left).await; // 3
    assert_eq!(say(&store, site, &conversation, 3, &[]).await.1, [2, 4, 5]); // 4
    assert_eq!(say(&store, site, &conversation, 2, &[]).await.1, [] as [i64; 0]); // 5
    assert_eq!(window_of(&store, site, 5, &conversation).await.unwrap().unread, 2);
    assert_eq!(window_of(&store, site, 2, &conversation).await.unwrap().unread, 1, "not their own");
    // The newest of others than the newest's author is not their own either.
    assert_eq!(window_of(&store, site, 3, &conversation).await.unwrap().unread, 2);
    assert!(windows_of_direct_talk_stay(&store, site).await);
}

/// Groups beside direct conversations change nothing of these.
async fn windows_of_direct_talk_stay(store: &AnyStore, site: SiteId) -> bool {
    let (_, came_back) = send(store, site, 8, 9, "x").await;
    came_back && windows(store, site, 9).await == [(8, Minimised, 1)]
}

pub(crate) async fn a_mark_is_shown_to_the_group_when_it_is_published(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    say(&store, site, &conversation, 2, &[]).await;
    let published = async |id: i64| {
        store.group(site, &conversation).await.unwrap().unwrap().part(user(id)).unwrap().published.0
    };
    assert_eq!(store.read(site, &conversation, user(3), mark(2, true)).await.unwrap(), Some(Seq(2)));
    assert_eq!(store.read(site, &conversation, user(4), mark(9, false)).await.unwrap(), Some(Seq(2)));
    assert_eq!(store.read(site, &conversation, user(9), mark(2, true)).await.unwrap(), None);
    assert_eq!((published(3).await, published(4).await), (2, 0));
    let answered = store.append(message_in(site, &conversation, 4, &[])).await.unwrap();
    assert!(matches!(answered, Appended::New { published: Some(Seq(2)), .. }), "{answered:?}");
    assert_eq!(published(4).await, 2);
}

pub(crate) async fn a_removed_person_leaves_no_part_behind(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    say(&store, site, &conversation, 3, &[4]).await; // 2
    does(&store, site, &conversation, 3, renamed("By the one who goes")).await; // 3
    say(&store, site, &conversation, 2, &[3]).await; // 4
    let (_, told) = store.remove_user(site, user(3), RightsVersion(9)).await.unwrap();
    let (head, messages) = store.history(site, &conversation, Page::Newest, 9).await.unwrap();
    assert_eq!(told, [(conversation.clone(), head)]);
    assert_eq!((head.seq, head.rev), (Seq(4), Rev(6)));
    let rows: Vec<_> = messages.iter().map(|m| (m.rev.0, m.is_stub(), m.system.is_some())).collect();
    assert_eq!(rows, [(1, false, true), (5, true, false), (6, true, false), (4, false, false)]);
    let group = store.group(site, &conversation).await.unwrap().unwrap();
    assert_eq!(&*group.title, "By the one who goes");
    assert_eq!(parts(&group), [(2, 1, None, None), (4, 1, None, None)]);
    let window = window_of(&store, site, 4, &conversation).await.unwrap();
    assert_eq!((window.unread, window.mentions), (1, 0), "the mention has gone with its message");
    assert_eq!(store.known(site, &conversation, &users(&[3])).await.unwrap(), []);

    let late = deed(&store, site, &conversation, 3, System::Left).await;
    assert_eq!(store.note(late).await.unwrap(), Noted::SenderRemoved);
    assert_eq!(store.append(message_in(site, &conversation, 3, &[])).await.unwrap(), Appended::SenderRemoved);
    hold(&store, site, 3, 10, &["c7"]).await;
    let group = store.group(site, &conversation).await.unwrap().unwrap();
    assert_eq!(group.part(user(3)), None, "whoever is back is in it when they are added");
    let kept = store.kept(site, user(4)).await.unwrap().unwrap();
    let named: Vec<_> = kept.conversations.iter().map(|k| (&k.conversation, &*k.name)).collect();
    assert_eq!(named, [(&conversation, "By the one who goes")]);
}

pub(crate) async fn what_has_happened_makes_old_messages_count_no_more(store: AnyStore) {
    let site = site(&store).await;
    let conversation = group(&store, site, &[2, 3, 4]).await;
    say(&store, site, &conversation, 2, &[]).await; // 2
    let theirs = (0..COUNTED - 1).map(|_| store.append(message_in(site, &conversation, 3, &[])));
    futures_util::future::try_join_all(theirs).await.unwrap(); // up to COUNTED + 1
    let unread = async || window_of(&store, site, 3, &conversation).await.map(|window| window.unread);
    assert_eq!(unread().await, Some(1));
    does(&store, site, &conversation, 4, renamed("And one more")).await;
    assert_eq!(unread().await, None);
    let (_, came_back) = say(&store, site, &conversation, 2, &[]).await;
    assert!(came_back.contains(&3), "{came_back:?}");
}
