//! What somebody's list must be in the end.

use std::collections::BTreeMap;

use gchat::{
    conversation::Message,
    id::{ConversationId, Kind, UserId},
    store::Group,
};
use serde_json::Value;

use crate::judge::Ledger;

/// It has exactly the conversations that have begun and are theirs, each with the newest message that they read, with what
/// is unread, and with what they set.
pub(crate) fn listed(
    device: usize,
    (user, is_out): (UserId, bool),
    ledger: &Ledger,
    stored: &BTreeMap<ConversationId, Vec<Message>>,
    group: impl Fn(&ConversationId) -> Option<Group>,
) -> Result<(), String> {
    let mut entries: BTreeMap<ConversationId, &Value> = BTreeMap::new();
    let wrong = |why: &str, id: &ConversationId, entry: Option<&Value>| {
        Err(format!("in the list of device {device} of {user}, {id} {why}: {entry:?}"))
    };
    for entry in &ledger.lists[device] {
        let id: ConversationId = entry["conversation"].as_str().unwrap_or_default().parse().unwrap();
        if entries.insert(id.clone(), entry).is_some() {
            return wrong("is twice", &id, Some(entry));
        }
    }
    for (id, messages) in stored {
        let entry = entries.remove(id);
        let group = group(id);
        let part = group.as_ref().and_then(|group| group.part(user));
        let has_written = messages.iter().any(|m| m.sender == user || m.mentions.contains(&user));
        // Whoever had a message there that was deleted, or set a flag, has a part in a room all the same.
        let (must, may) = match id.kind() {
            Kind::Direct => {
                let theirs = id.direct().is_some_and(|two| two.other(user).is_some());
                (theirs, theirs)
            }
            Kind::Group => (part.is_some(), part.is_some()),
            Kind::Room => (has_written && !is_out, !is_out),
        };
        let Some(entry) = entry else {
            if must && !messages.is_empty() {
                return wrong("is missing", id, None);
            }
            continue;
        };
        if !may {
            return wrong("is not theirs", id, Some(entry));
        }
        let reads = |seq: i64| part.is_none_or(|part| (part.first.0..=part.last().0).contains(&seq));
        let said = messages.iter().filter(|m| m.text.is_some() && reads(m.seq.0));
        let last = said.clone().next_back();
        let told = (entry["last"]["seq"].as_i64(), entry["last"]["text"].as_str());
        if told != (last.map(|m| m.seq.0), last.and_then(|m| m.text.as_deref())) {
            return wrong(&format!("does not end with {last:?}"), id, Some(entry));
        }
        // Nobody reads anything in these worlds.
        let is_in = part.is_none_or(|part| part.is_member());
        let unread = said.filter(|m| m.sender != user && is_in && part.is_none_or(|part| m.seq > part.first));
        let unread = unread.count() as i64;
        if id.kind() != Kind::Room && entry["unread"].as_i64() != Some(unread) {
            return wrong(&format!("has {unread} unread messages"), id, Some(entry));
        }
        let set = ledger.flags.get(&(user, id.clone()));
        let Some(set) = set.map_or(Some(&Value::Null), Option::as_ref) else { continue };
        if (&entry["pinned"], &entry["muted_until"]) != (&set["pinned"], &set["muted_until"]) {
            return wrong(&format!("was set as {set}"), id, Some(entry));
        }
        if entry["archived"] == true && set["archived"] != true {
            return wrong("was not archived", id, Some(entry));
        }
    }
    match entries.into_iter().next() {
        Some((id, entry)) => wrong("has not begun", &id, Some(entry)),
        None => Ok(()),
    }
}
