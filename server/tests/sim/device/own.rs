//! What a device asks for its person alone: flags that it sets, and the list in the end.

use std::collections::VecDeque;

use gchat::id::ConversationId;
use serde_json::{Value, json};

use super::{Device, conversation};

/// For good.
const FOREVER: i64 = 253_402_300_799_999;

/// A question, and its number while it is under way.
#[derive(Debug)]
struct Question {
    frame: Value,
    request: Option<u32>,
}

/// What is still to be asked.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// One after the other, each until it is answered.
    wishes: VecDeque<Question>,
    /// Everything has happened: the list is what it stays.
    pub(super) is_over: bool,
    /// The questions for it; `None`: not asked yet.
    list: Option<VecDeque<Question>>,
}

impl Own {
    /// The connection was lost, and with it what was under way.
    pub(super) fn cut(&mut self) {
        self.wishes.iter_mut().chain(self.list.iter_mut().flatten()).for_each(|asked| asked.request = None);
    }

    pub(super) fn is_set(&self) -> bool {
        self.wishes.is_empty()
    }

    pub(super) fn is_listed(&self) -> bool {
        self.list.as_ref().is_some_and(VecDeque::is_empty)
    }

    /// Of whichever this is the number.
    fn queue_of(&mut self, request: &Value) -> Option<&mut VecDeque<Question>> {
        let is_first = |all: &VecDeque<Question>| {
            let first = all.front().and_then(|asked| asked.request);
            first.is_some_and(|first| *request == first)
        };
        [Some(&mut self.wishes), self.list.as_mut()].into_iter().flatten().find(|all| is_first(all))
    }
}

impl Device {
    pub(super) fn wish(&mut self, conversation: &ConversationId, name: &str, on: bool) {
        let value = if name == "muted_until" { json!(if on { FOREVER } else { 0 }) } else { json!(on) };
        let mut frame = json!({"type": "flag", "conversation": conversation});
        frame[name] = value;
        if name == "archived" && on {
            frame["seq"] = json!(self.copies.get(conversation).map_or(0, super::Copy::last));
        }
        if self.sets_flags {
            self.own.wishes.push_back(Question { frame, request: None });
        }
    }

    /// The first of each kind that is not under way.
    pub(super) fn own_questions(&mut self) -> Vec<Value> {
        if self.own.is_over && self.own.list.is_none() {
            let page = |archived: bool| Question {
                frame: json!({"type": "list", "limit": 100, "archived": archived}),
                request: None,
            };
            self.own.list = Some([page(false), page(true)].into());
        }
        let lists = self.own.list.iter_mut().flatten().take(1);
        let all = self.own.wishes.iter_mut().take(1).chain(lists);
        let mut frames = Vec::new();
        for asked in all.filter(|asked| asked.request.is_none()) {
            self.requests += 1;
            asked.request = Some(self.requests);
            let mut frame = asked.frame.clone();
            frame["request"] = json!(self.requests);
            frames.push(frame);
        }
        frames
    }

    pub(super) fn hear_own(&mut self, frame: &Value) -> Vec<Value> {
        let Some(queue) = self.own.queue_of(&frame["request"]) else { return vec![] };
        queue.pop_front();
        let mut ledger = self.shared.ledger.lock();
        if frame["type"] == "flags" {
            ledger.totals.flags += 1;
            ledger.flags.insert((self.user, conversation(frame)), Some(frame.clone()));
        } else {
            let entries = frame["conversations"].as_array().unwrap().iter().cloned();
            ledger.lists[self.index].extend(entries);
        }
        vec![]
    }

    /// Whether it was one of these that was refused.
    pub(super) fn refused_own(&mut self, frame: &Value) -> bool {
        let Some(queue) = self.own.queue_of(&frame["request"]) else { return false };
        if frame["final"] != true {
            queue.iter_mut().for_each(|asked| asked.request = None); // again at the next tick
            return true;
        }
        let asked = queue.pop_front();
        let mut ledger = self.shared.ledger.lock();
        match asked.filter(|asked| asked.frame["type"] == "flag" && frame["code"] == "not_found") {
            // An earlier try may have been done, while it was theirs.
            Some(asked) => drop(ledger.flags.insert((self.user, conversation(&asked.frame)), None)),
            None => ledger.complaints.push(format!("device {} was refused: {frame}", self.index)),
        }
        true
    }
}
