//! Users: what the host last said of them, and revoked logins.
//!
//! Knows nothing of what the rights mean, and of which count only whom to ask (`rights::Precedence`).

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::{Result, circles, places, rows::record, sql::Statements as _, writer::Write};
use crate::{
    id::{SiteId, UserId},
    rights::Snapshot,
    store::{Applied, FLOOR_MS, Origin, Put, UserRecord},
};

/// As `PeopleStore::user`.
pub(super) fn user(conn: &Connection, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
    let row: Option<(String, bool, bool)> = conn.maybe(
        "SELECT snapshot, by_call, removed FROM users WHERE site = ?1 AND user = ?2",
        params![site.0, user.get()],
    )?;
    row.map(|(snapshot, by_call, removed)| record(&snapshot, by_call, removed)).transpose()
}

/// As `PeopleStore::put_user`.
pub(super) struct PutUser {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) origin: Origin,
}

impl PutUser {
    /// What becomes of it, as things are.
    pub(super) fn look(&self, conn: &Connection) -> Result<Put> {
        let floors = circles::floors(conn, self.site, self.user, &self.snapshot)?;
        Ok(Put::of(&self.snapshot, self.origin, user(conn, self.site, self.user)?, &floors))
    }
}

impl Write for PutUser {
    type Done = Put;

    fn run(&self, conn: &Connection) -> Result<Put> {
        let outcome = self.look(conn)?;
        if let Put::Done(Applied { changed: true, record, .. }) = &outcome {
            write(conn, self.site, self.user, record)?;
        }
        Ok(outcome)
    }
}

/// Whether the user was removed, and is not back.
pub(super) fn is_removed(conn: &Connection, SiteId(site): SiteId, user: UserId) -> Result<bool> {
    let removed: Option<(bool,)> =
        conn.maybe("SELECT removed FROM users WHERE site = ?1 AND user = ?2", params![site, user.get()])?;
    Ok(removed.is_some_and(|(removed,)| removed))
}

/// Puts a record in the place of what was known of a user.
pub(super) fn write(conn: &Connection, site: SiteId, user: UserId, record: &UserRecord) -> Result<()> {
    conn.change(
        "INSERT INTO users (site, user, rights_version, by_call, removed, snapshot) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO UPDATE SET rights_version = ?3, by_call = ?4, removed = ?5, snapshot = ?6",
        params![
            site.0,
            user.get(),
            record.snapshot.rights_version.0,
            record.origin == Origin::Call,
            record.removed,
            serde_json::to_string(&*record.snapshot).expect("a snapshot has a JSON form")
        ],
    )?;
    // All groups of theirs are looked at: only where that may change something.
    if circles::index(conn, site, user, &record.snapshot)? {
        places::follow(conn, site, user, &record.snapshot)?;
    }
    Ok(())
}

/// As `PeopleStore::revoke_login`.
pub(super) struct RevokeLogin {
    pub(super) site: SiteId,
    pub(super) sid: String,
    pub(super) until: i64,
}

impl Write for RevokeLogin {
    type Done = ();

    fn run(&self, conn: &Connection) -> Result<()> {
        conn.change(
            "INSERT INTO revoked_logins (site, sid, until) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET until = ?3 WHERE until < ?3",
            params![self.site.0, &self.sid, self.until],
        )?;
        Ok(())
    }
}

/// As `PeopleStore::expire`.
pub(super) struct Expire {
    pub(super) now: i64,
}

impl Write for Expire {
    type Done = u64;

    fn run(&self, conn: &Connection) -> Result<u64> {
        let logins = conn.change("DELETE FROM revoked_logins WHERE until <= ?1", params![self.now])?;
        let floors = conn.change("DELETE FROM floors WHERE set_at <= ?1", params![self.now - FLOOR_MS])?;
        Ok((logins + floors) as u64)
    }
}
