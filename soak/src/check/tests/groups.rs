//! The rules of groups, rooms, reactions and mentions.

use std::sync::Arc;

use gchat_wire::Reaction;

use super::*;
use crate::history::{Happened, More, Wish};

const GROUP: Conversation = Conversation::Group(Uuid::from_u128(7));

fn more(row: Said, more: More) -> Said {
    Said { more: Some(Arc::new(more)), ..row }
}

/// What user `sender` has done by the wish n.
fn happened(seq: u64, sender: u64, n: u128, happened: Happened) -> Said {
    let row = Said { text: None, ..said(seq, sender, n) };
    more(row, More { happened: Some(happened), ..More::default() })
}

fn reacted(row: Said, rev: u64, with: &[(&str, u32, &[u64])]) -> Said {
    let reactions = with.iter().map(|(emoji, count, users)| Reaction {
        emoji: (*emoji).into(),
        count: *count,
        users: users.to_vec(),
    });
    more(Said { rev, ..row }, More { reactions: reactions.collect(), ..More::default() })
}

fn made(users: &[u64]) -> Said {
    happened(1, 2, 1, Happened::Made { title: 5, users: users.to_vec() })
}

impl Story {
    fn of(users: std::ops::RangeInclusive<u64>) -> Self {
        let client = |user| u32::try_from(user).unwrap();
        users.fold(Self::default(), |story, user| story.and(client(user), What::Client { user }))
    }

    /// 2 has made a group with 3 and 4, and 5 is somebody else.
    fn group() -> Self {
        Self::of(2..=5).wish(2, 1, Wish::Make { title: 5, users: vec![3, 4] })
    }

    fn wish(self, client: ClientId, n: u128, wish: Wish) -> Self {
        self.and(client, What::Wish { id: id(n), conversation: GROUP, wish })
    }

    fn write(self, client: ClientId, n: u128, mentions: &[u64]) -> Self {
        let (text, mentions) = (said(0, 0, n).text.unwrap(), mentions.to_vec());
        self.and(client, What::Invoke { id: id(n), conversation: GROUP, text, reply_to: None, mentions })
    }

    fn done(self, client: ClientId, n: u128, seq: u64) -> Self {
        self.and(client, What::Ack { id: id(n), conversation: GROUP, seq, mine: None })
    }

    fn keep(self, message: Said) -> Self {
        self.and(HARNESS, What::Stored { conversation: GROUP, message, reader: 0, mine: vec![] })
    }

    fn sees(self, client: ClientId, message: Said) -> Self {
        self.and(client, What::Display { conversation: GROUP, message: message.clone() })
            .and(client, What::Deliver { conversation: GROUP, message })
    }

    fn has(self, client: ClientId, rev: u64) -> Self {
        self.and(client, What::Holds { conversation: GROUP, rev, whole: true })
    }

    fn heard(self, client: ClientId, from: u64, rev: u64) -> Self {
        self.and(client, What::Told { conversation: GROUP, from, rev, more: false, live: true })
    }

    fn react(self, client: ClientId, verb: u128, of: u128, emoji: &[&str]) -> Self {
        let emoji = emoji.iter().map(ToString::to_string).collect();
        self.and(client, What::React { id: id(verb), conversation: TALK, message: id(of), emoji })
    }

    fn reacts(self, client: ClientId, verb: u128, mine: &[&str]) -> Self {
        let mine = Some(mine.iter().map(ToString::to_string).collect());
        self.and(client, What::Ack { id: id(verb), conversation: TALK, seq: 1, mine })
    }
}

#[test]
fn what_is_done_in_a_group_is_there_once_and_told_to_its_members() {
    let story = || Story::group().done(2, 1, 1).write(3, 2, &[]).done(3, 2, 2);
    let verdict = story().keep(made(&[3, 4])).keep(said(2, 3, 2)).passes();
    assert_eq!((verdict.wishes, verdict.acked), (1, 1));
    story().keep(made(&[3])).keep(said(2, 3, 2)).breaks(Rule::Stranger, 1);
    Story::group().done(2, 1, 1).breaks(Rule::Undone, 1);
    let renamed = |seq| happened(seq, 3, 3, Happened::Renamed(6));
    let again = Said { id: Some(id(9)), ..renamed(3) };
    let twice = Story::group().wish(3, 3, Wish::Rename(6)).keep(made(&[3, 4])).keep(renamed(2)).keep(again);
    twice.breaks_with(&[(Rule::Membership, 1), (Rule::Stranger, 1)]);
    Story::group()
        .keep(happened(1, 2, 1, Happened::Left))
        .breaks_with(&[(Rule::Membership, 1), (Rule::Stranger, 1)]);
}

#[test]
fn nothing_happens_to_somebody_to_whom_it_cannot() {
    let group = || Story::group().keep(made(&[3, 4]));
    let add = |user, n| {
        group().wish(3, n, Wish::Add(vec![user])).keep(happened(2, 3, n, Happened::Added(vec![user])))
    };
    add(5, 2).passes();
    add(4, 2).breaks(Rule::Membership, 1);
    let remove = |client: ClientId, user: u64| {
        let row = happened(2, client.into(), 2, Happened::Removed(vec![user]));
        group().wish(client, 2, Wish::Remove(user)).keep(row)
    };
    remove(2, 3).passes();
    remove(2, 5).breaks(Rule::Membership, 1);
    remove(3, 4).breaks(Rule::Membership, 1);
    group().write(5, 2, &[]).keep(said(2, 5, 2)).breaks(Rule::Membership, 1);
    let left = group().wish(3, 2, Wish::Remove(3)).keep(happened(2, 3, 2, Happened::Left));
    left.write(3, 3, &[]).keep(said(3, 3, 3)).breaks(Rule::Membership, 1);
}

#[test]
fn what_was_so_already_is_acked_without_a_message() {
    let story = |wish| Story::group().keep(made(&[3, 4])).wish(3, 2, wish).done(3, 2, 1);
    story(Wish::Add(vec![4, 3])).passes();
    story(Wish::Add(vec![4, 5])).breaks(Rule::Undone, 1);
    story(Wish::Remove(5)).passes();
    story(Wish::Remove(4)).breaks(Rule::Undone, 1);
    story(Wish::Rename(5)).passes();
    story(Wish::Rename(6)).breaks(Rule::Undone, 1);
}

/// 5 is added by the third message, and 4 leaves by the fifth.
fn come_and_gone() -> Story {
    Story::group()
        .write(3, 2, &[])
        .wish(2, 3, Wish::Add(vec![5]))
        .write(3, 4, &[])
        .wish(4, 5, Wish::Remove(4))
        .write(3, 6, &[])
        .keep(made(&[3, 4]))
        .keep(said(2, 3, 2))
        .keep(happened(3, 2, 3, Happened::Added(vec![5])))
        .keep(said(4, 3, 4))
        .keep(happened(5, 4, 5, Happened::Left))
        .keep(said(6, 3, 6))
        .and(HARNESS, What::Head { conversation: GROUP, rev: 6 })
}

#[test]
fn nobody_is_told_what_was_said_before_they_came_or_after_they_left() {
    let added = happened(3, 2, 3, Happened::Added(vec![5]));
    come_and_gone().sees(5, added.clone()).sees(5, said(4, 3, 4)).passes();
    come_and_gone().sees(5, said(2, 3, 2)).breaks(Rule::Reach, 1);
    come_and_gone().sees(4, said(2, 3, 2)).sees(4, happened(5, 4, 5, Happened::Left)).passes();
    come_and_gone().sees(4, said(6, 3, 6)).breaks(Rule::Reach, 1);
    let whole =
        come_and_gone().sees(5, added).sees(5, said(4, 3, 4)).sees(5, happened(5, 4, 5, Happened::Left));
    whole.sees(5, said(6, 3, 6)).has(5, 6).and(5, What::Drained).passes();
    come_and_gone().and(5, What::Drained).breaks(Rule::Incomplete, 1);
}

#[test]
fn who_comes_back_to_a_group_reads_from_there_on_and_misses_nothing_of_it() {
    let back = || {
        come_and_gone()
            .wish(2, 7, Wish::Add(vec![4]))
            .write(3, 8, &[])
            .keep(happened(7, 2, 7, Happened::Added(vec![4])))
            .keep(said(8, 3, 8))
            .and(HARNESS, What::Head { conversation: GROUP, rev: 8 })
            .sees(4, made(&[3, 4]))
            .sees(4, said(2, 3, 2))
            .has(4, 2)
    };
    let again = || back().sees(4, happened(7, 2, 7, Happened::Added(vec![4])));
    again().sees(4, said(8, 3, 8)).has(4, 8).and(4, What::Drained).passes();
    again().has(4, 8).breaks(Rule::Missed, 1);
    back().sees(4, said(6, 3, 6)).breaks(Rule::Reach, 1);
}

#[test]
fn members_are_told_each_change_and_others_none() {
    let told = || come_and_gone().and(3, What::Welcomed).heard(3, 0, 1);
    told().heard(3, 1, 2).heard(3, 2, 3).passes();
    told().heard(3, 2, 3).breaks(Rule::SkippedRev, 1);
    // 4 was told up to their leaving; what comes later is another's.
    let left = || come_and_gone().and(4, What::Welcomed).heard(4, 0, 5);
    left().heard(4, 7, 8).passes();
}

#[test]
fn a_message_mentions_those_who_read_it() {
    let story = |asked: &[u64], told: &[u64]| {
        let more_of = More { mentions: told.to_vec(), ..More::default() };
        let row = if told.is_empty() { said(2, 3, 2) } else { more(said(2, 3, 2), more_of) };
        Story::group().write(3, 2, asked).keep(made(&[3, 4])).keep(row)
    };
    story(&[5, 4, 2], &[4, 2]).passes();
    story(&[3, 4], &[4]).passes();
    story(&[4], &[]).breaks(Rule::Mentions, 1);
    story(&[4, 2], &[2, 4]).breaks(Rule::Mentions, 1);
    story(&[4, 5], &[4, 5]).breaks(Rule::Mentions, 1);
    story(&[], &[4]).breaks(Rule::Mentions, 1);
}

#[test]
fn the_highest_acknowledged_reaction_stands_or_a_higher_one_does() {
    let story = || {
        let story = Story::of_two().invoke(2, 1).ack(2, 1, 1).react(3, 21, 1, &["a", "b"]);
        story.react(3, 22, 1, &["c"])
    };
    let both = || story().reacts(3, 21, &["a", "b"]).reacts(3, 22, &["c"]);
    let verdict = both().store(reacted(said(1, 2, 1), 3, &[("c", 1, &[3])])).passes();
    assert_eq!(verdict.reactions, 2);
    let older = [("a", 1, &[3][..]), ("b", 1, &[3])];
    both().store(reacted(said(1, 2, 1), 3, &older)).breaks(Rule::Reaction, 1);
    both().store(said(1, 2, 1)).breaks(Rule::Reaction, 1);
    // Of two that were not answered either may stand; with the first one acknowledged, none may not.
    story().store(said(1, 2, 1)).passes();
    story().store(reacted(said(1, 2, 1), 2, &older)).passes();
    let first = || story().reacts(3, 21, &["a", "b"]);
    first().store(reacted(said(1, 2, 1), 2, &older)).passes();
    first().store(reacted(said(1, 2, 1), 3, &[("c", 1, &[3])])).passes();
    first().store(said(1, 2, 1)).breaks(Rule::Reaction, 1);
    // What the ack says of one's own is of this id or of a higher one.
    story()
        .reacts(3, 22, &["a", "b"])
        .store(reacted(said(1, 2, 1), 3, &[("c", 1, &[3])]))
        .breaks(Rule::Reaction, 1);
    both().store(deleted(said(1, 2, 1), 4)).delete(2, 30, 1).passes();
    let stub = reacted(deleted(said(1, 2, 1), 4), 4, &[("c", 1, &[3])]);
    both().delete(2, 30, 1).store(stub).breaks(Rule::Reaction, 1);
}

#[test]
fn reactions_are_counted_as_there_are_people() {
    let story = || {
        let story = Story::of_two().invoke(2, 1).react(3, 21, 1, &["a"]).react(2, 22, 1, &["a"]);
        story.reacts(3, 21, &["a"]).reacts(2, 22, &["a"])
    };
    story().store(reacted(said(1, 2, 1), 3, &[("a", 2, &[3, 2])])).passes();
    story().store(reacted(said(1, 2, 1), 3, &[("a", 3, &[3, 2])])).breaks(Rule::Count, 1);
    let named_twice = reacted(said(1, 2, 1), 3, &[("a", 2, &[3, 3])]);
    story().store(named_twice).breaks_with(&[(Rule::Count, 1), (Rule::Reaction, 1)]);
    let stranger = reacted(said(1, 2, 1), 3, &[("a", 2, &[3, 2]), ("z", 1, &[2])]);
    story().store(stranger).breaks_with(&[(Rule::Reaction, 1), (Rule::Stranger, 1)]);
    let untold = Story::of_two().invoke(2, 1).tell(3, reacted(said(1, 2, 1), 1, &[("a", 1, &[3])]));
    untold.store(Said { rev: 2, ..said(1, 2, 1) }).breaks(Rule::Differs, 1);
}

#[test]
fn the_reader_is_told_which_are_their_own() {
    let story = |mine: &[&str]| {
        let message = reacted(said(1, 2, 1), 2, &[("a", 1, &[3])]);
        let mine = mine.iter().map(ToString::to_string).collect();
        let stored = What::Stored { conversation: TALK, message, reader: 3, mine };
        Story::of_two().invoke(2, 1).react(3, 21, 1, &["a"]).reacts(3, 21, &["a"]).and(HARNESS, stored)
    };
    story(&["a"]).passes();
    story(&[]).breaks(Rule::Reaction, 1);
    story(&["a", "b"]).breaks(Rule::Reaction, 1);
}

#[test]
fn what_power_cuts_leave_is_asked_of_reactions_and_groups_too() {
    let story =
        Story::group().done(2, 1, 1).invoke(2, 9).ack(2, 9, 1).react(3, 21, 9, &["a"]).reacts(3, 21, &["a"]);
    let before = story.events.len();
    // While the rows are read the client goes on, and what it does shows in some of them.
    let story = story.react(3, 22, 9, &["b"]);
    let left = |rows: &[Said]| unkept(&story.events, before, rows.iter()).len();
    let kept = reacted(said(1, 2, 9), 2, &[("a", 1, &[3])]);
    assert_eq!(left(&[made(&[3, 4]), kept.clone()]), 0);
    assert_eq!(left(&[kept]), 1);
    assert_eq!(left(&[made(&[3, 4]), said(1, 2, 9)]), 1);
    assert_eq!(left(&[made(&[3, 4]), deleted(said(1, 2, 9), 3)]), 0);
    assert_eq!(left(&[made(&[3, 4]), reacted(said(1, 2, 9), 3, &[("b", 1, &[3])])]), 0);
}

#[test]
fn while_announcements_last_only_the_teacher_writes_in_a_room() {
    let room = Conversation::room("c1").unwrap();
    let announce = |story: Story, client: ClientId, n: u128, on: bool| {
        story.and(client, What::Wish { id: id(n), conversation: room, wish: Wish::Announce(on) })
    };
    let write = |story: Story, client: ClientId, n: u128| {
        let text = said(0, 0, n).text.unwrap();
        story.and(
            client,
            What::Invoke { id: id(n), conversation: room, text, reply_to: None, mentions: vec![] },
        )
    };
    let keep = |story: Story, message: Said| {
        story.and(HARNESS, What::Stored { conversation: room, message, reader: 0, mine: vec![] })
    };
    let told = |seq, sender, n, on| happened(seq, sender, n, Happened::Announcements(on));
    // 2 teaches, and 3 writes before, while and after only teachers do.
    let begun = || {
        keep(announce(keep(write(Story::of(2..=3), 3, 1), said(1, 3, 1)), 2, 2, true), told(2, 2, 2, true))
    };
    keep(write(begun(), 2, 3), said(3, 2, 3)).passes();
    keep(write(begun(), 3, 3), said(3, 3, 3)).breaks(Rule::Membership, 1);
    let over = || keep(announce(begun(), 2, 4, false), told(3, 2, 4, false));
    keep(write(over(), 3, 5), said(4, 3, 5)).passes();
    keep(announce(over(), 3, 5, true), told(4, 3, 5, true)).breaks(Rule::Membership, 1);
    keep(announce(over(), 2, 5, false), told(4, 2, 5, false)).breaks(Rule::Membership, 1);
    keep(begun(), happened(3, 2, 6, Happened::Left))
        .breaks_with(&[(Rule::Membership, 1), (Rule::Stranger, 1)]);
    // What was so already is acked without a message, and nothing else is.
    let acked = |story: Story, client, n, seq| {
        story.and(client, What::Ack { id: id(n), conversation: room, seq, mine: None })
    };
    acked(announce(begun(), 2, 7, true), 2, 7, 2).passes();
    acked(announce(begun(), 2, 7, false), 2, 7, 2).breaks(Rule::Undone, 1);
    acked(announce(begun(), 2, 7, false), 2, 7, 1).passes();
}
