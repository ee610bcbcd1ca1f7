//! Pauses, such as for an exam: what a change of somebody's rights means for those who are connected as them.
//!
//! Whoever is paused is out of the rosters, and nothing but what they need to come back goes over their sockets
//! (`ws/paused.rs`). Knows no frame; the rule itself is `Snapshot::standing`.

use crate::{
    error::Close,
    hub::Hub,
    id::{SiteId, UserId},
    rights::Standing,
    roster::Rosters,
    store::UserRecord,
};

/// Somebody's rights are now these. Tells the rosters, and closes the connections that are not as these rights ask:
/// they come back, and find what is so.
pub fn take((hub, rosters): (&Hub, &Rosters), (site, user): (SiteId, UserId), record: &UserRecord, now: i64) {
    match record.snapshot.standing(now) {
        Standing::Paused(until) => {
            // Whoever is just signing in with older rights looks at this after they have arrived.
            hub.rights_set(site, user, record.snapshot.rights_version);
            if rosters.dismiss((site, user), record) {
                pause(hub, (site, user), until);
            }
        }
        Standing::Here => {
            rosters.change((site, user), record);
            end(hub, (site, user));
        }
        Standing::Out => {
            rosters.change((site, user), record);
            hub.close(site, user, None, Close::ChatNotAllowed);
        }
    }
}

/// No pause holds somebody: those of their connections that wait for the end of one need not.
pub fn end(hub: &Hub, (site, user): (SiteId, UserId)) {
    let all = hub.connections(site, user);
    all.iter().filter(|c| c.pause().is_some()).for_each(|c| c.out.close(Close::PauseEnded));
}

/// The time is now another one: whoever was let in or kept out by the old one, and would not be by the new, is looked at
/// again.
pub fn clock_was_set((hub, rosters): (&Hub, &Rosters), now: i64) {
    for connection in hub.all() {
        if connection.pause().is_some_and(|pause| pause.until <= now) {
            connection.out.close(Close::PauseEnded);
        }
    }
    for (person, record) in rosters.paused(now) {
        take((hub, rosters), person, &record, now);
    }
}

/// A pause until then holds somebody: only connections that have been told so stay.
fn pause(hub: &Hub, (site, user): (SiteId, UserId), until: i64) {
    for connection in hub.connections(site, user) {
        match connection.pause() {
            Some(pause) if pause.until == until => {}
            Some(_) => connection.out.close(Close::PauseEnded),
            None => connection.out.close(Close::Paused),
        }
    }
}
