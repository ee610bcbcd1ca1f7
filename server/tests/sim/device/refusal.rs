//! What a device makes of errors: some are for now, and some are for good.

use serde_json::Value;
use uuid::Uuid;

use super::Device;
use crate::judge::Deed;

impl Device {
    /// Not now, or never.
    pub(super) fn failed(&mut self, frame: &Value) -> Vec<Value> {
        self.shared.ledger.lock().totals.failures += 1;
        if self.refused_own(frame) {
            return vec![];
        }
        let id = frame["id"].as_str().map(|id| id.parse::<Uuid>().unwrap());
        match id {
            Some(id) if frame["final"] == true => {
                self.refused(id, frame);
                return self.answered(id);
            }
            None if frame["final"] == true => {
                self.is_not_theirs(frame);
                return vec![];
            }
            _ => {}
        }
        if let Some(pending) = id.and_then(|id| self.outbox.iter().find(|pending| pending.id == id)) {
            self.trying.remove(&pending.conversation); // again at the next tick
        }
        self.copies.values_mut().for_each(|copy| copy.asked = false);
        self.dock.told.clear();
        vec![]
    }

    /// For good: a message is there no more, as another device has deleted it; or they may not do that any more, as
    /// somebody has put them or the other out.
    fn refused(&mut self, id: Uuid, frame: &Value) {
        let someone_was_out = self.shared.host.lock().has_put_out();
        let mut ledger = self.shared.ledger.lock();
        ledger.totals.refusals += 1;
        let Some(asked) = ledger.asked.get_mut(&id) else { return };
        let in_place = asked.conversation.direct().is_none();
        asked.refused = match frame["code"].as_str().unwrap() {
            "no_such_message" => !matches!(asked.deed, Deed::Sent { .. }),
            "not_allowed" => in_place || someone_was_out,
            "not_found" => in_place,
            "unknown_recipient" | "cannot_add" => someone_was_out,
            _ => false,
        };
        // Whether the window is still theirs is to be found out.
        self.dock.told.remove(&asked.conversation);
        if !asked.refused {
            ledger.complaints.push(format!("device {} was refused: {frame}", self.index));
        }
    }

    /// What was asked for is not this person's any more: they hold nothing of it.
    fn is_not_theirs(&mut self, frame: &Value) {
        let asked = frame["request"].as_u64().and_then(|request| self.questions.get(&request).cloned());
        let named = frame["conversation"].as_str().map(|id| id.parse().unwrap());
        match asked.or(named).filter(|_| frame["code"] == "not_found") {
            Some(id) => {
                self.copies.remove(&id);
                self.dock.opened.remove(&id);
                self.dock.told.remove(&id);
                self.shared.ledger.lock().shown[self.index].remove(&id);
            }
            None => {
                let why = format!("device {} was refused: {frame}", self.index);
                self.shared.ledger.lock().complaints.push(why);
            }
        }
    }
}
