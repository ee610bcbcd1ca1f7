//! People as rosters list them, and their order.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, btree_set},
    sync::Arc,
};

use crate::{id::UserId, protocol::Contact, rights::Role};

/// Somebody, and the name that they are sorted by. This is there once, however many lists they stand in: it is most of
/// what being online costs.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    /// Without a role: that depends on the list.
    contact: Contact,
    /// The name without case.
    name: Box<str>,
}

impl Person {
    /// Of a contact; its role is dropped.
    pub fn new(contact: Contact) -> Arc<Self> {
        let name = contact.name.to_lowercase().into();
        Arc::new(Self { contact: Contact { role: None, ..contact }, name })
    }

    /// Whose this is.
    pub fn id(&self) -> UserId {
        self.contact.id
    }

    /// Whether the name has this in it, which is in lower case.
    pub(super) fn is_called(&self, text: &str) -> bool {
        self.name.contains(text)
    }
}

/// Somebody's place in one list: teachers first, then by name without case, then by id. Clients sort again, by their
/// language's rules.
#[derive(Clone, Debug)]
pub struct Place {
    /// In this list.
    pub(super) role: Role,
    /// Who.
    pub(super) person: Arc<Person>,
}

impl Place {
    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.person.id()
    }

    /// As this list shows them.
    pub fn contact(&self) -> Contact {
        Contact { role: Some(self.role), ..self.person.contact.clone() }
    }

    /// Where what comes behind it begins.
    pub fn bookmark(&self) -> Bookmark {
        Bookmark { role: self.role, name: self.person.name.to_string(), user: self.user() }
    }

    /// Whether it is a teacher's.
    pub fn is_teacher(&self) -> bool {
        self.role == Role::Teacher
    }

    /// As an opaque `next` of a search.
    pub fn to_next(&self) -> String {
        let role = if self.role == Role::Teacher { 't' } else { 's' };
        format!("{role}{}|{}", self.user(), self.person.name)
    }

    /// Whether a list shows the same of both.
    pub(super) fn shows_the_same(&self, other: &Self) -> bool {
        self.role == other.role && self.person == other.person
    }

    fn key(&self) -> (Role, &str, UserId) {
        (self.role, &self.person.name, self.user())
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Where a search goes on: a place that may be nobody's any more.
#[derive(Debug)]
pub struct Bookmark {
    role: Role,
    name: String,
    user: UserId,
}

impl Bookmark {
    /// The inverse of `to_next`; `None` for what that never made.
    pub fn from_next(next: &str) -> Option<Self> {
        let (head, name) = next.split_once('|')?;
        let role = match head.chars().next()? {
            't' => Role::Teacher,
            's' => Role::Student,
            _ => return None,
        };
        Some(Self { role, name: name.into(), user: head.get(1..)?.parse().ok()? })
    }

    pub(super) fn is_before(&self, place: &Place) -> bool {
        (self.role, &*self.name, self.user) < place.key()
    }
}

/// A list in order.
#[derive(Debug, Default)]
pub(super) struct People {
    places: BTreeSet<Place>,
    teachers: usize,
}

impl People {
    pub(super) fn insert(&mut self, place: Place) {
        let is_teacher = place.role == Role::Teacher;
        if self.places.insert(place) && is_teacher {
            self.teachers += 1;
        }
    }

    pub(super) fn remove(&mut self, place: &Place) {
        if self.places.remove(place) && place.role == Role::Teacher {
            self.teachers -= 1;
        }
    }

    pub(super) fn iter(&self) -> btree_set::Iter<'_, Place> {
        self.places.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many there are, or how many teachers.
    pub(super) fn count(&self, teachers_only: bool) -> usize {
        if teachers_only { self.teachers } else { self.places.len() }
    }
}
