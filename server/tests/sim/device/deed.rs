//! What a person does at a device, and the frame by which it asks for that.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use gchat::id::{ConversationId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Device;
use crate::judge::Deed;

/// What a person does at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Write,
    /// Answers the newest message.
    Reply,
    /// Of one's own newest message that is no stub.
    Edit,
    Delete,
    /// Mentions everybody.
    Mention,
    /// To the newest message that is no stub.
    React(&'static [&'static str]),
    /// Deletes somebody's newest message in a room.
    Moderate,
    Make,
    Add(UserId),
    /// Takes somebody out; oneself: leaves.
    Remove(UserId),
    Rename,
    Announce(bool),
    /// Sets one of the flags, or takes it back.
    Flag(&'static str, bool),
}

/// When to do what.
pub(crate) type Script = VecDeque<(Duration, ConversationId, Act, String)>;

impl Device {
    /// What it is, and the frame; nothing where there is nothing to do it to.
    pub(super) fn deed(
        &self,
        id: Uuid,
        conversation: &ConversationId,
        act: Act,
        text: &str,
    ) -> Option<(Deed, Value)> {
        let rows = self.copies.get(conversation).map(|copy| &copy.rows);
        let mut rows = rows.into_iter().flat_map(BTreeMap::values).rev();
        let written = |row: &&Value| row["text"].is_string();
        let mine = |row: &&Value| row["sender"] == self.user.get() && written(row);
        let verb = |kind: &str| json!({"type": kind, "id": id, "conversation": conversation});
        let about = |kind: &str, row: &Value| {
            let mut frame = verb(kind);
            frame["seq"] = row["seq"].clone();
            frame["client_message_id"] = row["client_message_id"].clone();
            (row["seq"].as_i64().unwrap(), frame)
        };
        let noted = |kind: &str, field: &str, value: Value| {
            let mut frame = verb(kind);
            frame[field] = value;
            (Deed::Noted, frame)
        };
        Some(match act {
            Act::Write | Act::Reply | Act::Mention => {
                let newest = rows.next().map(|row| row["seq"].clone());
                let reply_to = newest.filter(|_| matches!(act, Act::Reply));
                let mut frame = json!({
                    "type": "send", "client_message_id": id, "conversation": conversation, "text": text,
                    "reply_to": reply_to,
                });
                if matches!(act, Act::Mention) {
                    frame["mentions"] = json!(self.shared.users);
                }
                (Deed::Sent { reply_to: reply_to.and_then(|seq| seq.as_i64()) }, frame)
            }
            Act::Edit => {
                let (seq, mut frame) = about("edit", rows.find(mine)?);
                frame["text"] = json!(text);
                (Deed::Edited { seq }, frame)
            }
            Act::Delete | Act::Moderate => {
                let all = matches!(act, Act::Moderate);
                let (seq, frame) = about("delete", rows.find(|row| mine(row) || all && written(row))?);
                (Deed::Deleted { seq }, frame)
            }
            Act::React(emoji) => {
                let (seq, mut frame) = about("react", rows.find(written)?);
                frame["emoji"] = json!(emoji);
                (Deed::Reacted { seq, user: self.user, emoji }, frame)
            }
            Act::Make => {
                let others = self.shared.users.iter().filter(|user| **user != self.user);
                let (deed, mut frame) = noted("make", "users", json!(others.collect::<Vec<_>>()));
                (frame["circle"], frame["title"]) = (json!("c7"), json!(text));
                (deed, frame)
            }
            Act::Add(user) => noted("add", "users", json!([user])),
            Act::Remove(user) => noted("remove", "user", json!(user)),
            Act::Rename => noted("rename", "title", json!(text)),
            Act::Announce(on) => noted("announce", "on", json!(on)),
            Act::Flag(..) => return None, // no verb: see `own`
        })
    }
}
