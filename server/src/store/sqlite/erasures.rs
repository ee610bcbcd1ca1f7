//! The log of who was erased: written with each erasure, replayed when a backup from before it is restored (`restore`).

use rusqlite::{Connection, params};

use super::{Result, sql::Statements as _};
use crate::id::{RightsVersion, SiteId, UserId};

/// Stands for all users of a site.
pub(super) const EVERYBODY: i64 = 0;

/// One entry: (issuer, user, version, erased_at).
pub(super) type Erasure = (String, i64, i64, i64);

/// Notes that a user was erased.
pub(super) fn note_user(conn: &Connection, site: SiteId, user: UserId, version: RightsVersion) -> Result<()> {
    note(conn, site, user.get(), version.0)
}

/// Notes that a whole site is being erased, before it is.
pub(super) fn note_site(conn: &Connection, site: SiteId) -> Result<()> {
    note(conn, site, EVERYBODY, 0)
}

fn note(conn: &Connection, SiteId(site): SiteId, user: i64, version: i64) -> Result<()> {
    conn.change(
        "INSERT INTO erasures (issuer, user, version, erased_at) \
         SELECT issuer, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM sites WHERE site = ?1 \
         ON CONFLICT DO NOTHING",
        params![site, user, version],
    )?;
    Ok(())
}

/// All entries.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Erasure>> {
    conn.all("SELECT issuer, user, version, erased_at FROM erasures ORDER BY erased_at", [])
}
