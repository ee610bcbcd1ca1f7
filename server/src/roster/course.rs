//! One course: who of it is online, and what each kind of viewer sees of that. Pure: no clock, no socket.
//!
//! A viewer's `View` is their circle and role. All viewers of one view share one roster: a version, a total, and a
//! window (the first people: teachers, then by name), each encoded once. Changes gather until `flush`; a join and a
//! leave between two flushes cancel, because a flush compares windows, not events.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::extract::ws::Utf8Bytes;
use smallvec::SmallVec;

use crate::{
    id::{CircleId, NO_GROUP, UserId},
    protocol::{Contact, ServerFrame},
    rights::{Policy, Role},
};

/// Teachers first, then by name without case, then by id. Clients sort again, by their language's rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    role: Role,
    name: Arc<str>,
    user: UserId,
}

impl Order {
    /// As an opaque `next` of a search.
    pub fn to_next(&self) -> String {
        let role = if self.role == Role::Teacher { 't' } else { 's' };
        format!("{role}{}|{}", self.user, self.name)
    }

    /// The inverse; `None` for what `to_next` never made.
    pub fn from_next(next: &str) -> Option<Self> {
        let (head, name) = next.split_once('|')?;
        let role = match head.chars().next()? {
            't' => Role::Teacher,
            's' => Role::Student,
            _ => return None,
        };
        Some(Self { role, name: name.into(), user: head.get(1..)?.parse().ok()? })
    }
}

type People = BTreeMap<Order, Arc<Contact>>;

/// What somebody holds of the course, and under which name they are sorted. The name, and the contact of those who have
/// one role everywhere, are there once, however many lists they stand in: this is most of what being online costs.
#[derive(Debug)]
struct Seat {
    name: Arc<str>,
    /// Their place among everyone.
    best: Role,
    /// `None` for the whole course, else the group; mostly one.
    places: SmallVec<[(Option<Box<str>>, Role); 1]>,
}

/// Who sees it: a circle, and the viewer's role in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// The viewer's circle.
    pub circle: CircleId,
    /// The viewer's role in it.
    pub role: Role,
}

type Window = Vec<(Order, Arc<Contact>)>;

/// Roster of one view.
#[derive(Debug)]
struct Roster {
    version: u64,
    total: usize,
    window: Window,
    /// The frame of exactly this version, made when first asked for.
    snapshot: Option<Utf8Bytes>,
}

/// Everyone of one course who is online and not hidden.
#[derive(Debug, Default)]
pub struct Course {
    seats: HashMap<UserId, Seat>,
    everyone: People,
    whole: People,
    groups: HashMap<Box<str>, People>,
    rosters: HashMap<View, Roster>,
}

impl Course {
    /// Puts somebody in with all circles that they hold of this course, replacing what they held.
    pub fn put(&mut self, contact: &Contact, circles: &[(&CircleId, Role)]) {
        self.remove(contact.id);
        let Some(best) = circles.iter().map(|(_, role)| *role).min() else { return };
        let name: Arc<str> = contact.name.to_lowercase().into();
        let order = |role: Role| Order { role, name: name.clone(), user: contact.id };
        let entry = |role: Role| Arc::new(Contact { role: Some(role), ..contact.clone() });
        let shared = entry(best);
        self.everyone.insert(order(best), shared.clone());
        let mut places = SmallVec::new();
        for (circle, role) in circles {
            let entry = if *role == best { shared.clone() } else { entry(*role) };
            let group: Option<Box<str>> = circle.group().map(Box::from);
            match &group {
                None => self.whole.insert(order(*role), entry),
                // People without a group share it with nobody: only `everyone` has them.
                Some(group) if &**group == NO_GROUP => continue,
                Some(group) => self.groups.entry(group.clone()).or_default().insert(order(*role), entry),
            };
            places.push((group, *role));
        }
        self.seats.insert(contact.id, Seat { name, best, places });
    }

    /// Takes somebody out.
    pub fn remove(&mut self, user: UserId) {
        let Some(Seat { name, best, places }) = self.seats.remove(&user) else { return };
        let order = |role: Role| Order { role, name: name.clone(), user };
        self.everyone.remove(&order(best));
        for (group, role) in places {
            match group {
                None => drop(self.whole.remove(&order(role))),
                Some(group) => {
                    if let Some(people) = self.groups.get_mut(&group) {
                        people.remove(&order(role));
                        if people.is_empty() {
                            self.groups.remove(&group);
                        }
                    }
                }
            }
        }
    }

    /// How many are online, whoever sees them.
    pub fn len(&self) -> usize {
        self.everyone.len()
    }

    /// Whether nobody is online.
    pub fn is_empty(&self) -> bool {
        self.everyone.is_empty()
    }

    /// The view's snapshot: of the version that its viewers have been told of last, so that the next diff fits.
    pub fn snapshot(
        &mut self,
        view: &View,
        policy: Policy,
        most: usize,
        version: impl FnOnce() -> u64,
    ) -> (u64, Utf8Bytes) {
        if !self.rosters.contains_key(view) {
            let (window, total) = self.look(view, policy, most);
            let fresh = Roster { version: version(), total, window, snapshot: None };
            self.rosters.insert(view.clone(), fresh);
        }
        let roster = self.rosters.get_mut(view).expect("inserted above");
        let bytes = roster.snapshot.get_or_insert_with(|| {
            let contacts = roster.window.iter().map(|(_, contact)| Contact::clone(contact)).collect();
            ServerFrame::Roster {
                circle: view.circle.clone(),
                version: roster.version,
                total: roster.total,
                contacts,
            }
            .encode()
        });
        (roster.version, bytes.clone())
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
    ) -> Option<Utf8Bytes> {
        let (window, total) = self.look(view, policy, most);
        let roster = self.rosters.get_mut(view)?;
        let old: HashMap<UserId, &Arc<Contact>> = roster.window.iter().map(|(o, c)| (o.user, c)).collect();
        let came = window.iter().filter(|(o, c)| old.get(&o.user) != Some(&c));
        let joined: Vec<Contact> = came.map(|(_, contact)| Contact::clone(contact)).collect();
        let new: std::collections::HashSet<UserId> = window.iter().map(|(o, _)| o.user).collect();
        let left: Vec<UserId> =
            roster.window.iter().map(|(o, _)| o.user).filter(|user| !new.contains(user)).collect();
        if joined.is_empty() && left.is_empty() && (!totals || total == roster.total) {
            return None;
        }
        let from = roster.version;
        *roster = Roster { version: version(), total, window, snapshot: None };
        let version = roster.version;
        Some(
            ServerFrame::RosterDiff { circle: view.circle.clone(), from, version, total, joined, left }
                .encode(),
        )
    }

    /// Forgets the views that nobody looks at: whoever looks again gets a fresh snapshot.
    pub fn forget_unless(&mut self, looked_at: impl Fn(&View) -> bool) {
        self.rosters.retain(|view, _| looked_at(view));
    }

    /// People of a view whose name contains `text` (lower case), after `after`, at most `most`; and the order of the
    /// last one if there may be more.
    pub fn search(
        &self,
        view: &View,
        policy: Policy,
        text: &str,
        after: Option<&Order>,
        most: usize,
    ) -> (Vec<(Order, Contact)>, bool) {
        let mut hits = self
            .people(view, policy)
            .filter(|(order, _)| after.is_none_or(|after| *order > after) && order.name.contains(text));
        let found: Vec<_> = hits.by_ref().take(most).map(|(o, c)| (o.clone(), Contact::clone(c))).collect();
        (found, hits.next().is_some())
    }

    /// The window and the total as they are now.
    fn look(&self, view: &View, policy: Policy, most: usize) -> (Window, usize) {
        let window = self.people(view, policy).take(most).map(|(o, c)| (o.clone(), c.clone())).collect();
        let total = if teachers_only(view, policy) {
            self.people(view, policy).count()
        } else {
            match view.circle.group() {
                None => self.everyone.len(),
                Some(group) => self.whole.len() + self.groups.get(group).map_or(0, BTreeMap::len),
            }
        };
        (window, total)
    }

    /// Everyone whom a view sees, in order. The whole course and a group have no one in common for any viewer: who
    /// holds both is listed once, as the holder of the whole.
    fn people(&self, view: &View, policy: Policy) -> impl Iterator<Item = (&Order, &Arc<Contact>)> {
        let none = const { &BTreeMap::new() };
        let (first, second) = match view.circle.group() {
            None => (&self.everyone, none),
            Some(group) => (&self.whole, self.groups.get(group).unwrap_or(none)),
        };
        let (mut a, mut b) = (first.iter().peekable(), second.iter().peekable());
        let merged = std::iter::from_fn(move || match (a.peek(), b.peek()) {
            (Some((x, _)), Some((y, _))) if y < x => b.next(),
            (Some(_), _) => a.next(),
            (None, _) => b.next(),
        });
        let teachers_only = teachers_only(view, policy);
        merged.take_while(move |(order, _)| !teachers_only || order.role == Role::Teacher)
    }
}

fn teachers_only(view: &View, policy: Policy) -> bool {
    !policy.students_see_students && view.role == Role::Student
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
