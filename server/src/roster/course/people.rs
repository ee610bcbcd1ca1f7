//! People as rosters list them, and their order.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, btree_set},
    sync::Arc,
};

use crate::{
    fold::{Words, fold},
    id::UserId,
    protocol::Contact,
    rights::Role,
};

/// Somebody, and the name that they are sorted by. This is there once, however many lists they stand in: it is most of
/// what being online costs.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    /// Without a role: that depends on the list.
    contact: Contact,
    /// The name as it is compared (`fold`).
    name: Box<str>,
}

impl Person {
    /// Of a contact; its role is dropped.
    pub fn new(contact: Contact) -> Arc<Self> {
        let name = fold(&contact.name).into();
        Arc::new(Self { contact: Contact { role: None, ..contact }, name })
    }

    /// Whose this is.
    pub fn id(&self) -> UserId {
        self.contact.id
    }

    /// Whether the name has all of these words.
    pub(super) fn is_called(&self, words: &Words) -> bool {
        words.are_in(&self.name)
    }
}

/// Somebody as one list has them. Its order: teachers first, then by name as it is compared, then by id. Clients sort again, by
/// their language's rules.
#[derive(Clone, Debug)]
pub struct Entry {
    /// In this list.
    pub(super) role: Role,
    /// Who.
    pub(super) person: Arc<Person>,
}

impl Entry {
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

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Where a search goes on: behind an entry that may be there no more.
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

    pub(super) fn is_before(&self, entry: &Entry) -> bool {
        (self.role, &*self.name, self.user) < entry.key()
    }
}

/// A list in order.
#[derive(Debug, Default)]
pub(super) struct People {
    entries: BTreeSet<Entry>,
    teachers: usize,
}

impl People {
    pub(super) fn insert(&mut self, entry: Entry) {
        let is_teacher = entry.role == Role::Teacher;
        if self.entries.insert(entry) && is_teacher {
            self.teachers += 1;
        }
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        if self.entries.remove(entry) && entry.role == Role::Teacher {
            self.teachers -= 1;
        }
    }

    pub(super) fn iter(&self) -> btree_set::Iter<'_, Entry> {
        self.entries.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many there are, or how many teachers.
    pub(super) fn count(&self, teachers_only: bool) -> usize {
        if teachers_only { self.teachers } else { self.entries.len() }
    }
}
