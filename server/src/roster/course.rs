//! One course: who of it is online, and what each kind of viewer sees of that. Pure: no clock, no socket.
//!
//! A viewer's `View` is their circle and role. All viewers of one view share one roster: a version, a total, and a
//! slice (some of the people, teachers before students), each encoded once. Changes gather until `flush`; a join and a
//! leave between two flushes cancel, because a flush compares slices, not events.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::apart::Apart;
use crate::{
    fold::Words,
    hub::{self, Frame},
    id::{CircleId, NO_GROUP, UserId},
    protocol::{Contact, ServerFrame},
    rights::{self, Policy, Role},
};

mod people;
mod slice;
use people::People;
pub use people::{Bookmark, Entry, Person};
use slice::Slice;

/// Groups of the course, and the role in each.
type Groups = Box<[(Box<str>, Role)]>;

/// What somebody holds of the course.
#[derive(Debug)]
struct Seat {
    person: Arc<Person>,
    /// The highest that they have anywhere in it.
    best: Role,
    /// `None`: the whole course.
    groups: Option<Groups>,
}

impl Seat {
    fn entry(&self, role: Role) -> Entry {
        Entry { role, person: self.person.clone() }
    }
}

/// Who sees it: a circle, and the viewer's role in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// The viewer's circle.
    pub circle: CircleId,
    /// The viewer's role in it.
    pub role: Role,
    /// One connection's own, whose user is not to see some people, nor to be seen by them.
    pub apart: Option<Apart>,
}

impl View {
    /// As all who hold a circle in this role see it.
    pub fn shared(circle: CircleId, role: Role) -> Self {
        Self { circle, role, apart: None }
    }

    /// Whom it never shows.
    fn hidden(&self) -> HashSet<UserId> {
        self.apart.as_ref().map(|apart| apart.hidden.users()).unwrap_or_default()
    }
}

/// Roster of one view.
#[derive(Debug)]
struct Roster {
    version: u64,
    total: usize,
    slice: Slice,
    /// The frame of exactly this version, while many may ask for it.
    snapshot: Option<Frame>,
}

/// Everyone of one course who is online and not hidden.
#[derive(Debug, Default)]
pub struct Course {
    seats: HashMap<UserId, Seat>,
    /// Who holds the whole course.
    whole: People,
    /// Who holds only groups of it, each of them once.
    rest: People,
    groups: HashMap<Box<str>, People>,
    rosters: HashMap<View, Roster>,
}

impl Course {
    /// Puts somebody in with all circles that they hold of this course, replacing what they held.
    pub fn put(&mut self, person: &Arc<Person>, circles: &[(&CircleId, Role)]) {
        self.remove(person.id());
        let Some(best) = circles.iter().map(|(_, role)| *role).min() else { return };
        let whole = circles.iter().any(|(circle, _)| circle.group().is_none());
        let held = circles.iter().filter_map(|(circle, role)| Some((Box::from(circle.group()?), *role)));
        // People without a group share it with nobody: only those who see everyone see them.
        let groups = held.filter(|(group, _): &(Box<str>, _)| &**group != NO_GROUP);
        let groups = (!whole).then(|| groups.collect::<Groups>());
        let seat = Seat { person: person.clone(), best, groups };
        match &seat.groups {
            None => self.whole.insert(seat.entry(best)),
            Some(groups) => {
                self.rest.insert(seat.entry(best));
                for (group, role) in groups {
                    self.groups.entry(group.clone()).or_default().insert(seat.entry(*role));
                }
            }
        }
        self.seats.insert(person.id(), seat);
    }

    /// Takes somebody out.
    pub fn remove(&mut self, user: UserId) {
        let Some(seat) = self.seats.remove(&user) else { return };
        let Some(groups) = &seat.groups else { return self.whole.remove(&seat.entry(seat.best)) };
        self.rest.remove(&seat.entry(seat.best));
        for (group, role) in groups {
            if let Some(people) = self.groups.get_mut(group) {
                people.remove(&seat.entry(*role));
                if people.is_empty() {
                    self.groups.remove(group);
                }
            }
        }
    }

    /// How many are online, whoever sees them.
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether nobody is online.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// The version of which the view's viewers have been told last; a view that nobody looked at is made.
    pub fn version(
        &mut self,
        view: &View,
        policy: Policy,
        most: usize,
        version: impl FnOnce() -> u64,
    ) -> u64 {
        if !self.rosters.contains_key(view) {
            let (slice, total) = self.look(view, policy, most);
            let fresh = Roster { version: version(), total, slice, snapshot: None };
            self.rosters.insert(view.clone(), fresh);
        }
        self.rosters[view].version
    }

    /// Lets a view of one connection alone begin as what the viewers of another have been told last.
    pub(super) fn part(&mut self, from: &View, own: &View) {
        if let Some(Roster { version, total, slice, .. }) = self.rosters.get(from) {
            let (version, total, slice) = (*version, *total, slice.clone());
            self.rosters.insert(own.clone(), Roster { version, total, slice, snapshot: None });
        }
    }

    /// Nobody looks at this view any more, and nobody else will.
    pub(super) fn forget(&mut self, view: &View) {
        self.rosters.remove(view);
    }

    /// The view's snapshot: of the version that its viewers have been told of last, so that the next diff fits.
    pub fn snapshot(
        &mut self,
        view: &View,
        policy: Policy,
        most: usize,
        version: impl FnOnce() -> u64,
    ) -> (u64, Frame) {
        let version = self.version(view, policy, most, version);
        let roster = self.rosters.get_mut(view).expect("made above");
        let bytes = roster.snapshot.get_or_insert_with(|| {
            let contacts = roster.slice.iter().map(Entry::contact).collect();
            let circle = view.circle.clone();
            hub::encode(&ServerFrame::Roster { circle, version, total: roster.total, contacts })
        });
        (version, bytes.clone())
    }

    /// Drops the frames of all snapshots: whoever asks next has one made.
    pub fn forget_snapshots(&mut self) {
        self.rosters.values_mut().for_each(|roster| roster.snapshot = None);
    }

    /// Brings a view up to date: the diff from what its viewers know, if there is one. With `totals` off, a change of
    /// nothing but the total waits.
    pub fn flush(
        &mut self,
        view: &View,
        policy: Policy,
        most: usize,
        totals: bool,
        version: impl FnOnce() -> u64,
    ) -> Option<Frame> {
        let (slice, total) = self.look(view, policy, most);
        let roster = self.rosters.get_mut(view)?;
        let (joined, left) = differences(&roster.slice, &slice);
        if joined.is_empty() && left.is_empty() && (!totals || total == roster.total) {
            return None;
        }
        let from = roster.version;
        *roster = Roster { version: version(), total, slice, snapshot: None };
        let version = roster.version;
        let circle = view.circle.clone();
        Some(hub::encode(&ServerFrame::RosterDiff { circle, from, version, total, joined, left }))
    }

    /// Forgets the views that nobody looks at: whoever looks again gets a fresh snapshot.
    pub fn forget_unless(&mut self, looked_at: impl Fn(&View) -> bool) {
        self.rosters.retain(|view, _| looked_at(view));
    }

    /// People of a view whose name has all words of `text`, after `after`, at most `most`; and whether there are more.
    pub fn search(
        &self,
        view: &View,
        policy: Policy,
        text: &Words,
        after: Option<&Bookmark>,
        most: usize,
    ) -> (Vec<Entry>, bool) {
        let hidden = view.hidden();
        let fits =
            |entry: &&Entry| after.is_none_or(|after| after.is_before(entry)) && entry.person.is_called(text);
        let mut hits = self.people(view, policy).filter(fits).filter(|p| !hidden.contains(&p.user()));
        let found = hits.by_ref().take(most).cloned().collect();
        (found, hits.next().is_some())
    }

    /// The slice and the total as they are now. What it costs grows with the slice, not with the course.
    fn look(&self, view: &View, policy: Policy, most: usize) -> (Slice, usize) {
        let hidden = view.hidden();
        let may_show = |user: UserId| hidden.is_empty() || !hidden.contains(&user);
        let shown = self.rosters.get(view).map_or(&[][..], |roster| &roster.slice);
        let shown = shown.iter().map(Entry::user).filter(|user| may_show(*user));
        let stay = shown.filter_map(|user| self.entry(view, policy, user)).collect();
        let teachers = teachers_only(view, policy);
        let (first, second) = self.lists(view);
        let all: usize = [first, second].into_iter().flatten().map(|people| people.count(teachers)).sum();
        let not_shown = hidden.iter().filter(|user| self.entry(view, policy, **user).is_some()).count();
        let people = self.people(view, policy).filter(|entry| may_show(entry.user()));
        (slice::choose(stay, people, most), all - not_shown)
    }

    /// How a view sees somebody, if it does.
    fn entry(&self, view: &View, policy: Policy, user: UserId) -> Option<Entry> {
        let seat = self.seats.get(&user)?;
        let role = match (view.circle.group(), &seat.groups) {
            (None, _) | (_, None) => seat.best,
            (Some(group), Some(groups)) => groups.iter().find(|(theirs, _)| **theirs == *group)?.1,
        };
        (role == Role::Teacher || !teachers_only(view, policy)).then(|| seat.entry(role))
    }

    /// The lists whose people a view sees. Nobody is in both.
    fn lists(&self, view: &View) -> (Option<&People>, Option<&People>) {
        let second = match view.circle.group() {
            None => Some(&self.rest),
            Some(group) => self.groups.get(group),
        };
        (Some(&self.whole), second)
    }

    /// Everyone whom a view sees, in order.
    fn people(&self, view: &View, policy: Policy) -> impl Iterator<Item = &Entry> {
        let (first, second) = self.lists(view);
        let [mut a, mut b] = [first, second].map(|list| list.into_iter().flat_map(People::iter).peekable());
        let merged = std::iter::from_fn(move || match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if y < x => b.next(),
            (Some(_), _) => a.next(),
            (None, _) => b.next(),
        });
        let teachers_only = teachers_only(view, policy);
        merged.take_while(move |entry| !teachers_only || entry.role == Role::Teacher)
    }
}

#[cfg(test)]
impl Course {
    /// How many rosters of one connection's own are kept.
    pub(super) fn apart(&self) -> usize {
        self.rosters.keys().filter(|view| view.apart.is_some()).count()
    }
}

/// What turns one slice into another: who is new or shown differently, and who is gone.
fn differences(old: &[Entry], new: &[Entry]) -> (Vec<Contact>, Vec<UserId>) {
    let same = |(a, b): (&Entry, &Entry)| a.shows_the_same(b);
    if old.len() == new.len() && old.iter().zip(new).all(same) {
        return (Vec::new(), Vec::new());
    }
    let held: HashMap<UserId, &Entry> = old.iter().map(|entry| (entry.user(), entry)).collect();
    let comes = |entry: &&Entry| !held.get(&entry.user()).is_some_and(|held| held.shows_the_same(entry));
    let joined = new.iter().filter(comes).map(Entry::contact).collect();
    let shown: HashSet<UserId> = new.iter().map(Entry::user).collect();
    let left = old.iter().map(Entry::user).filter(|user| !shown.contains(user)).collect();
    (joined, left)
}

fn teachers_only(view: &View, policy: Policy) -> bool {
    !rights::roles_allow(policy, view.role, Role::Student)
}

/// The circles of one course out of a user's memberships; of somebody who holds the whole course, nothing else.
pub fn circles_of<'a>(
    course: &str,
    memberships: impl Iterator<Item = (&'a CircleId, Role)>,
) -> Vec<(&'a CircleId, Role)> {
    let all: Vec<_> = memberships.filter(|(circle, _)| circle.course() == course).collect();
    match all.iter().find(|(circle, _)| circle.group().is_none()) {
        Some(whole) => vec![*whole],
        None => all,
    }
}
