//! Hazard: a reaction counts twice, comes back after it was taken back, or outlives its message or its author.

use gchat::{
    conversation::{Held, System},
    id::{ClientMessageId, Rev, RightsVersion, Seq},
    store::{
        Appended, NewReaction, Page,
        Reacted::{Done, NoSuchMessage, TooMany},
    },
};
use uuid::Uuid;

use crate::util::{
    AnyStore, Summary, between, change, does, group, hold, message_in, react, reaction, room, say, send,
    site, summary, user,
};

fn of(emoji: &str, count: i64, users: &[i64]) -> Summary {
    (emoji.into(), count, users.to_vec())
}

pub(crate) async fn of_two_devices_the_later_reaction_counts(store: AnyStore) {
    let (site, two) = (site(&store).await, between(2, 3));
    let (message, _) = send(&store, site, 2, 3, "x").await;
    let own = async |id| store.own_reaction(site, &two, Seq(1), user(id)).await.unwrap();
    assert_eq!(own(3).await, None);
    let first = reaction(&message, 3, 5, &["👍", "❤️"]);
    let shown = vec![of("👍", 1, &[3]), of("❤️", 1, &[3])];
    assert_eq!(
        react(&store, site, &two, std::slice::from_ref(&first)).await,
        (vec![Done], vec![(1, 2, shown.clone())])
    );
    for stale in [first.clone(), reaction(&message, 3, 4, &[]), reaction(&message, 3, 5, &["🎉"])] {
        assert_eq!(react(&store, site, &two, &[stale]).await, (vec![Done], vec![]), "it has no effect");
    }
    assert_eq!(own(3).await.unwrap().emoji, first.emoji);
    let stored = store.message(site, &two, Seq(1)).await.unwrap().unwrap();
    assert_eq!((stored.rev, summary(&stored), stored.text.as_deref()), (Rev(2), shown, Some("x")));
    assert!(stored.mine.is_empty(), "it is told to everybody");
    // The same under a higher id is no change of the message, and counts all the same.
    let same = reaction(&message, 3, 7, &["👍", "❤️"]);
    assert_eq!(react(&store, site, &two, &[same]).await, (vec![Done], vec![]));
    assert_eq!(react(&store, site, &two, &[reaction(&message, 3, 6, &[])]).await, (vec![Done], vec![]));
    let theirs = reaction(&message, 2, 1, &["❤️"]);
    let shown = vec![of("👍", 1, &[3]), of("❤️", 2, &[3, 2])];
    assert_eq!(react(&store, site, &two, &[theirs]).await, (vec![Done], vec![(1, 3, shown)]));
    let back = reaction(&message, 3, 8, &[]);
    assert_eq!(react(&store, site, &two, &[back]).await, (vec![Done], vec![(1, 4, vec![of("❤️", 1, &[2])])]));
    assert_eq!(react(&store, site, &two, &[first]).await, (vec![Done], vec![]), "it does not come back");
    assert_eq!(own(3).await.unwrap().emoji, []);
    let mine = store.own_reactions(site, &two, user(3), &[Seq(1)]).await.unwrap();
    assert_eq!(mine, [], "what was taken back is none");
    let (head, _) = store.history(site, &two, Page::Newest, 1).await.unwrap();
    assert_eq!((head.seq, head.rev), (Seq(1), Rev(4)));
}

pub(crate) async fn reactions_at_once_give_each_message_one_rev(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    let mut messages = Vec::new();
    for n in 2..=4 {
        messages.push(say(&store, site, &room, n, &[]).await.0);
    }
    let [one, two, three] = &messages[..] else { panic!("{messages:?}") };
    let batch = [
        reaction(two, 5, 1, &["👍"]),
        reaction(one, 5, 2, &["❤️"]),
        reaction(two, 4, 3, &["👍", "🎉"]),
        reaction(two, 5, 4, &["🎉"]),
        reaction(three, 5, 5, &[]),
        reaction(one, 6, 6, &["❤️"]),
    ];
    let (outcomes, changed) = react(&store, site, &room, &batch).await;
    assert_eq!(outcomes, [Done; 6]);
    // Those of one moment by their number.
    let shown = [vec![of("👍", 1, &[4]), of("🎉", 2, &[4, 5])], vec![of("❤️", 2, &[5, 6])]];
    assert_eq!(changed, [(2, 4, shown[0].clone()), (1, 5, shown[1].clone())]);
    let held = Held { rev: Rev(3), seq: Seq(3) };
    let (head, changes) = store.changes(site, &room, held, 9).await.unwrap();
    let told: Vec<_> = changes.messages.iter().map(|m| (m.seq.0, m.rev.0, summary(m))).collect();
    assert_eq!((head.rev, changes.more, told), (Rev(5), false, changed));
    let own = store.own_reactions(site, &room, user(5), &[Seq(3), Seq(2), Seq(1), Seq(9)]).await.unwrap();
    let own: Vec<_> = own.iter().map(|(seq, emoji)| (seq.0, &*emoji[0])).collect();
    assert_eq!(own, [(2, "🎉"), (1, "❤️")]);
    assert_eq!(store.react(site, &room, &[]).await.unwrap(), (vec![], vec![], Seq(1)));
    assert_eq!(store.known(site, &room, &[user(6), user(7)]).await.unwrap(), [user(6)]);
}

pub(crate) async fn of_many_people_the_first_are_named(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    let (message, _) = say(&store, site, &room, 2, &[]).await;
    for (rank, who) in (1..).zip(100..125) {
        react(&store, site, &room, &[reaction(&message, who, rank, &["👍"])]).await;
    }
    let shown = async || summary(&store.message(site, &room, Seq(1)).await.unwrap().unwrap());
    let first: Vec<i64> = (100..120).collect();
    assert_eq!(shown().await, [of("👍", 25, &first)]);
    let own = store.own_reactions(site, &room, user(124), &[Seq(1)]).await.unwrap();
    assert_eq!(own, [(Seq(1), vec!["👍".into()])], "whoever is not named knows their own");
    // Another emoji keeps the place, taking all of them back does not.
    react(&store, site, &room, &[reaction(&message, 100, 50, &["❤️"])]).await;
    react(&store, site, &room, &[reaction(&message, 100, 51, &["👍"])]).await;
    react(&store, site, &room, &[reaction(&message, 101, 52, &[])]).await;
    react(&store, site, &room, &[reaction(&message, 101, 53, &["👍"])]).await;
    let first: Vec<i64> = [100].into_iter().chain(102..121).collect();
    assert_eq!(shown().await, [of("👍", 25, &first)]);
}

pub(crate) async fn a_message_has_at_most_so_many_emoji(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7"));
    let (message, _) = say(&store, site, &room, 2, &[]).await;
    let emoji: Vec<String> = (0..20).map(|n| char::from_u32(0x1f600 + n).unwrap().to_string()).collect();
    for (who, emoji) in (100..).zip(&emoji) {
        react(&store, site, &room, &[reaction(&message, who, 1, &[emoji])]).await;
    }
    let shown = async || store.message(site, &room, Seq(1)).await.unwrap().unwrap();
    let before = shown().await;
    assert_eq!(before.reactions.len(), 20);
    let batch = [
        reaction(&message, 300, 1, &["🎉"]),       // one too many, of somebody new
        reaction(&message, 101, 2, &["😁", "🎉"]), // and of somebody who has one already
        reaction(&message, 300, 1, &[&emoji[0]]),  // the id that was refused is no one's
    ];
    let (outcomes, changed) = react(&store, site, &room, &batch).await;
    assert_eq!(outcomes, [TooMany, TooMany, Done]);
    assert_eq!(changed.len(), 1);
    assert_eq!((shown().await.reactions[0].count, shown().await.reactions.len()), (2, 20));
    let own = store.own_reaction(site, &room, Seq(1), user(101)).await.unwrap().unwrap();
    assert_eq!(own.emoji, [emoji[1].as_str().into()], "they have what they had");
    let instead = reaction(&message, 101, 2, &["🎉"]);
    assert_eq!(react(&store, site, &room, &[instead]).await.0, [Done], "in place of one there is room");
    assert_eq!(shown().await.reactions.len(), 20);
}

pub(crate) async fn what_is_no_message_has_no_reactions(store: AnyStore) {
    let site = site(&store).await;
    let group = group(&store, site, &[2, 3, 4]).await;
    let (message, _) = say(&store, site, &group, 2, &[]).await; // 2
    let made = store.message(site, &group, Seq(1)).await.unwrap().unwrap();
    let renamed = does(&store, site, &group, 2, System::Renamed { title: "Another".into() }).await; // 3
    let good = reaction(&message, 3, 9, &["👍"]);
    let id = ClientMessageId(Uuid::now_v7());
    let batch = [
        NewReaction { client_message_id: id, ..good.clone() },
        NewReaction { seq: Seq(0), ..good.clone() },
        NewReaction { seq: Seq(-1), ..good.clone() },
        NewReaction { seq: Seq(99), ..good.clone() },
        reaction(&made, 3, 9, &["👍"]),
        reaction(&renamed, 3, 9, &["👍"]),
    ];
    assert_eq!(react(&store, site, &group, &batch).await, (vec![NoSuchMessage; 6], vec![]));
    assert_eq!(react(&store, site, &between(2, 3), &batch).await, (vec![NoSuchMessage; 6], vec![]));
    let (outcomes, changed) = react(&store, site, &group, &[batch[0].clone(), good]).await;
    assert_eq!((outcomes, changed.len()), (vec![NoSuchMessage, Done], 1), "one hurts no other");
}

pub(crate) async fn nothing_follows_a_deletion(store: AnyStore) {
    let (site, two) = (site(&store).await, between(2, 3));
    let (message, _) = send(&store, site, 2, 3, "x").await;
    react(&store, site, &two, &[reaction(&message, 3, 1, &["👍"])]).await;
    let edited = change(&store, site, 2, 3, 1, |message| message.text = Some("y".into())).await;
    assert_eq!((summary(&edited), edited.rev), (vec![of("👍", 1, &[3])], Rev(3)), "an edit keeps them");
    change(&store, site, 2, 3, 1, |message| *message = message.stub()).await;
    let stub = store.message(site, &two, Seq(1)).await.unwrap().unwrap();
    assert!(stub.is_stub() && stub.reactions.is_empty(), "{stub:?}");
    assert_eq!(store.own_reaction(site, &two, Seq(1), user(3)).await.unwrap(), None);
    let late = reaction(&message, 2, 2, &["👍"]);
    assert_eq!(react(&store, site, &two, &[late]).await, (vec![NoSuchMessage], vec![]));
}

pub(crate) async fn an_erased_person_takes_their_reactions_along(store: AnyStore) {
    let site = site(&store).await;
    let group = group(&store, site, &[2, 3, 4]).await; // rev 1
    let mut messages = Vec::new();
    for from in [2, 3, 2, 3, 4] {
        messages.push(say(&store, site, &group, from, &[]).await.0); // revs 2 … 6, seqs 2 … 6
    }
    let batch = [
        reaction(&messages[4], 3, 1, &["👍"]),
        reaction(&messages[0], 3, 2, &["👍", "🎉"]),
        reaction(&messages[0], 4, 3, &["🎉"]),
        reaction(&messages[1], 4, 4, &["👍"]), // at a message of theirs
        reaction(&messages[3], 3, 5, &["👍"]), // their own at their own
        reaction(&messages[2], 3, 6, &["👍"]),
    ];
    react(&store, site, &group, &batch).await; // revs 7 … 11
    react(&store, site, &group, &[reaction(&messages[2], 3, 7, &[])]).await; // rev 12: taken back
    let (_, told) = store.remove_user(site, user(3), RightsVersion(9)).await.unwrap();
    let (head, rows) = store.history(site, &group, Page::Newest, 9).await.unwrap();
    assert_eq!(told, [(group.clone(), head)]);
    // Their messages first, by seq, and then what they had reacted to, by seq.
    assert_eq!((head.seq, head.rev), (Seq(6), Rev(16)));
    let shown: Vec<_> = rows[1..].iter().map(|m| (m.seq.0, m.rev.0, m.is_stub(), summary(m))).collect();
    let expected = [
        (2, 15, false, vec![of("🎉", 1, &[4])]),
        (3, 13, true, vec![]),
        (4, 12, false, vec![]),
        (5, 14, true, vec![]),
        (6, 16, false, vec![]),
    ];
    assert_eq!(shown, expected);
    let held = Held { rev: Rev(12), seq: Seq(6) };
    let (_, changes) = store.changes(site, &group, held, 9).await.unwrap();
    let revs: Vec<_> = changes.messages.iter().map(|m| m.rev.0).collect();
    assert_eq!(revs, [13, 14, 15, 16]);
    for seq in 2..=6 {
        assert_eq!(store.own_reaction(site, &group, Seq(seq), user(3)).await.unwrap(), None);
    }
    assert_eq!(store.own_reaction(site, &group, Seq(3), user(4)).await.unwrap(), None);

    // What was on its way finds nobody; whoever is back begins anew.
    let late = reaction(&messages[4], 3, 9, &["👍"]);
    assert_eq!(react(&store, site, &group, std::slice::from_ref(&late)).await, (vec![NoSuchMessage], vec![]));
    hold(&store, site, 3, 10, &["c7"]).await;
    assert_eq!(react(&store, site, &group, &[late]).await.0, [Done]);
}

pub(crate) async fn who_has_only_reacted_in_a_room_is_erased_there_too(store: AnyStore) {
    let (site, room) = (site(&store).await, room("c7/g1"));
    let (message, _) = say(&store, site, &room, 2, &[]).await;
    react(&store, site, &room, &[reaction(&message, 3, 1, &["👍"])]).await;
    let (_, told) = store.remove_user(site, user(3), RightsVersion(9)).await.unwrap();
    assert_eq!(told.iter().map(|(id, head)| (id, head.rev)).collect::<Vec<_>>(), [(&room, Rev(3))]);
    assert!(store.message(site, &room, Seq(1)).await.unwrap().unwrap().reactions.is_empty());
    let again = store.append(message_in(site, &room, 2, &[])).await.unwrap();
    assert!(matches!(again, Appended::New { message, .. } if message.rev == Rev(4)));
}
