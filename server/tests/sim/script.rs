//! What people are to do, and when; drawn from a seed.

use std::time::Duration;

use gchat::id::{ConversationId, UserId};
use rand::{RngExt as _, rngs::StdRng};

use crate::{
    device::{Act, Script},
    host::Plan,
    world::{ACTIVE, course, is_teacher},
};

/// Somebody who is no teacher is put out of the course, and perhaps back.
pub(crate) fn plan(rng: &mut StdRng, users: &[UserId]) -> Plan {
    let active = ACTIVE.as_millis() as u64;
    let out = rng.random_range(active / 8..active / 2);
    let back = rng.random::<bool>().then(|| rng.random_range(out + 100..active));
    let who = users[rng.random_range(1..users.len())];
    Plan { who, out: Duration::from_millis(out), back: back.map(Duration::from_millis) }
}

/// Reactions of one person: one, another, two, none.
const EMOJI: [&[&str]; 4] = [&["👍"], &["❤️"], &["👍", "❤️"], &[]];

/// A few messages to each of the others, to the group and in the room, some of them at once, and what is done to them. The
/// first device makes the group, where there are enough people.
pub(crate) fn script(
    rng: &mut StdRng,
    user: UserId,
    users: &[UserId],
    device: usize,
    group: &ConversationId,
) -> Script {
    let others: Vec<_> = users.iter().copied().filter(|other| *other != user).collect();
    let has_group = others.len() > 1;
    let mut times: Vec<u64> = (0..rng.random_range(3..14))
        .map(|_| rng.random_range(0..ACTIVE.as_millis() as u64 / 20) * 20)
        .collect();
    times.sort_unstable();
    let mut write = |(n, at): (usize, u64)| {
        let other = others[rng.random_range(0..others.len())];
        let flag = flag(rng);
        let (conversation, act) = match rng.random_range(0..3) {
            0 if has_group => (group.clone(), in_a_group(rng, user, other)),
            1 => (ConversationId::Room(course()), in_a_room(rng, user)),
            _ => (ConversationId::between(user, other)?, talk(rng)),
        };
        let act = flag.unwrap_or(act);
        Some((Duration::from_millis(at), conversation, act, format!("{n} of device {device}")))
    };
    let mut script: Script = times.into_iter().enumerate().filter_map(&mut write).collect();
    if has_group && device == 0 {
        script.push_front((Duration::ZERO, group.clone(), Act::Make, "Cell biology".into()));
    }
    script
}

/// Now and then something is set of the conversation in place of what would be done there.
fn flag(rng: &mut StdRng) -> Option<Act> {
    let on = rng.random();
    match rng.random_range(0..12) {
        0 => Some(Act::Flag("pinned", on)),
        1 => Some(Act::Flag("archived", on)),
        2 => Some(Act::Flag("muted_until", on)),
        _ => None,
    }
}

fn talk(rng: &mut StdRng) -> Act {
    match rng.random_range(0..10) {
        0..4 => Act::Write,
        4 => Act::Reply,
        5..7 => Act::Edit,
        7 => Act::Delete,
        _ => Act::React(EMOJI[rng.random_range(0..EMOJI.len())]),
    }
}

fn in_a_group(rng: &mut StdRng, user: UserId, other: UserId) -> Act {
    match rng.random_range(0..12) {
        0 | 1 => Act::Mention,
        2 => Act::Rename,
        3 | 4 => Act::Add(other),
        5 if is_teacher(user) => Act::Remove(other),
        5 => Act::Remove(user),
        _ => talk(rng),
    }
}

fn in_a_room(rng: &mut StdRng, user: UserId) -> Act {
    match rng.random_range(0..12) {
        0 | 1 => Act::Mention,
        2 if is_teacher(user) => Act::Announce(rng.random()),
        3 if is_teacher(user) => Act::Moderate,
        _ => talk(rng),
    }
}
