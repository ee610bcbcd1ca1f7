//! Lists of conversations, against the store.

use std::collections::{BTreeMap, BTreeSet};

use gchat_wire::Conversation;

use super::{Judge, Rule};
use crate::history::{ClientId, Said};

/// Number and sender.
type Last = Option<(u64, u64)>;

/// What clients were told of their lists.
#[derive(Default)]
pub(super) struct Lists {
    entries: BTreeMap<ClientId, Vec<(Conversation, Last)>>,
    whole: BTreeSet<ClientId>,
}

impl Lists {
    pub(super) fn add(&mut self, client: ClientId, conversation: Conversation, last: Last) {
        self.entries.entry(client).or_default().push((conversation, last));
    }

    pub(super) fn end(&mut self, client: ClientId) {
        self.whole.insert(client);
    }
}

impl Judge {
    pub(super) fn end_of_lists(&mut self) {
        let Lists { mut entries, whole } = std::mem::take(&mut self.lists);
        for client in whole {
            let Some(user) = self.users.get(&client).copied() else { continue };
            let told = entries.remove(&client).unwrap_or_default();
            self.verdict.listed += told.len() as u64;
            let mut list = BTreeMap::new();
            for (conversation, last) in told {
                if list.insert(conversation, last).is_some() {
                    self.is_listed_wrongly(client, format!("{conversation} is there twice"));
                }
            }
            let wanted: Vec<(Conversation, Last, bool)> = (self.store.rows())
                .filter_map(|(conversation, rows)| self.wanted(conversation, rows, user))
                .collect();
            for (conversation, last, must) in wanted {
                match list.remove(&conversation) {
                    None if must => self.is_listed_wrongly(client, format!("{conversation} is missing")),
                    Some(told) if told != last => {
                        let what = format!("{conversation} ends with {told:?}, and not with {last:?}");
                        self.is_listed_wrongly(client, what);
                    }
                    _ => {}
                }
            }
            for conversation in list.into_keys() {
                self.is_listed_wrongly(client, format!("{conversation} is not theirs, or has not begun"));
            }
        }
    }

    fn is_listed_wrongly(&mut self, client: ClientId, what: String) {
        self.verdict.fault(Rule::Listed, 0, format!("in the list of client {client}, {what}"));
    }

    /// A conversation that may be in somebody's list, with its last message, and whether it must be there. Whether somebody
    /// has ever taken part in a room cannot be seen from what became stubs.
    fn wanted(
        &self,
        conversation: Conversation,
        rows: &[Said],
        user: u64,
    ) -> Option<(Conversation, Last, bool)> {
        let (first, last) = self.groups.reach(conversation, user).filter(|_| !rows.is_empty())?;
        let says = |row: &&Said| row.text.is_some() && (first..=last).contains(&row.seq);
        let newest = rows.iter().rev().find(says).map(|row| (row.seq, row.sender));
        let takes_part = rows.iter().any(|row| row.sender == user || row.mentions().contains(&user));
        Some((conversation, newest, !conversation.is_room() || takes_part))
    }
}
