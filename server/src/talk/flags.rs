//! What somebody sets of a conversation for themselves: pinned, archived, muted. Nobody else learns of it.

use std::sync::Arc;

use super::{Access, Speaker};
use crate::{
    allowances::{Allowances, Kind},
    bus::Bus,
    error::{Code, Refusal},
    event::Event,
    hub::Connection,
    id::ConversationId,
    store::{FlagChange, Flagged, Store},
};

/// The last millisecond of the year 9999: for good.
const FOR_GOOD: i64 = 253_402_300_799_999;

/// The rule of what may be set.
fn shaped(change: &FlagChange) -> Result<(), Refusal> {
    let FlagChange { pinned, archived, muted_until, known: _, at: _ } = change;
    if pinned.is_none() && archived.is_none() && muted_until.is_none() {
        return Err(Refusal::with(Code::BadFrame, "name at least one of pinned, archived and muted_until"));
    }
    if muted_until.is_some_and(|until| !(0..=FOR_GOOD).contains(&until)) {
        return Err(Refusal::with(Code::BadFrame, "muted_until is a time up to the year 9999, or 0"));
    }
    Ok(())
}

/// What people set.
pub struct SetFlags {
    store: Arc<dyn Store>,
    access: Arc<Access>,
    bus: Arc<dyn Bus>,
    allowances: Arc<Allowances>,
}

impl SetFlags {
    /// Over these parts.
    pub fn new(
        store: Arc<dyn Store>,
        access: Arc<Access>,
        bus: Arc<dyn Bus>,
        allowances: Arc<Allowances>,
    ) -> Self {
        Self { store, access, bus, allowances }
    }

    /// Sets what is named, and tells the speaker's other connections. This one is to be shown the flags as they are.
    pub async fn set(
        &self,
        connection: &Connection,
        conversation: &ConversationId,
        change: FlagChange,
    ) -> Result<(), Refusal> {
        shaped(&change)?;
        let (site, user) = (connection.site, connection.user);
        let speaker = Speaker { site, user };
        self.allowances.of(site, user).take(Kind::Windows).map_err(Refusal::rate_limited)?;
        self.access.may_read(speaker, conversation).await?;
        self.access.live(speaker)?;
        let flagged = self.store.flag(site, user, conversation, change).await;
        // A write that ended with an error may be committed all the same.
        let (changed, muted) = match &flagged {
            Ok(Flagged::Done { before, now }) => (before != now, before.muted_until != now.muted_until),
            Ok(Flagged::NotFound) => return Err(Code::NotFound.into()),
            Ok(Flagged::TooManyPins) => return Err(Code::TooManyPins.into()),
            Err(_) => (true, change.muted_until.is_some()),
        };
        // Both are tried, whatever becomes of one: a repeated change would find nothing that it changes, and tell nobody.
        // What is muted brings no window back: the dock may be another now.
        let dock = match muted {
            true => self.bus.publish(Event::Dock { site, user, given: None }).await,
            false => Ok(()),
        };
        let flags = match changed {
            true => {
                let (conversation, given) = (conversation.clone(), flagged.is_ok().then_some(connection.id));
                self.bus.publish(Event::Flags { site, user, conversation, given }).await
            }
            false => Ok(()),
        };
        dock?;
        flags?;
        flagged?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_named_and_a_time_is_one() {
        let change = FlagChange { at: 5, ..FlagChange::default() };
        let until = |until| FlagChange { muted_until: Some(until), ..change };
        for (change, fits) in [
            (change, false),
            (FlagChange { pinned: Some(false), ..change }, true),
            (FlagChange { archived: Some(true), ..change }, true),
            (until(0), true),
            (until(FOR_GOOD), true),
            (until(FOR_GOOD + 1), false),
            (until(-1), false),
        ] {
            assert_eq!(shaped(&change).is_ok(), fits, "{change:?}");
        }
    }
}
