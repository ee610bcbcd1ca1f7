//! Sites and their keys.

use rusqlite::{Connection, ffi::SQLITE_CONSTRAINT_UNIQUE, params};

use super::{
    Result, StoreError, erasures, index,
    rows::broken,
    sql::{Statements as _, code},
    writer::Write,
};
use crate::{
    id::{RightsVersion, SiteId},
    rights::{Policy, Precedence},
    store::{Floor, SiteKey, SiteRecord},
};

/// As `Store::sites`: keys are joined in, newest first.
pub(super) fn sites(conn: &Connection) -> Result<Vec<SiteRecord>> {
    type Row =
        (i64, String, String, String, bool, i64, i64, i64, Option<String>, Option<Vec<u8>>, Option<i64>);
    let rows: Vec<Row> = conn.all(
        "SELECT s.site, s.issuer, s.url, s.origins, s.students_see_students, s.edit_seconds, s.policy_version, \
                s.floor, k.kid, k.secret, k.created_at \
         FROM sites s LEFT JOIN site_keys k ON k.site = s.site ORDER BY s.site, k.number DESC",
        [],
    )?;
    let mut sites: Vec<SiteRecord> = Vec::new();
    for row in rows {
        let (site, issuer, url, origins, students_see_students, edit_seconds, version, floor, ..) = row;
        let (.., kid, secret, created_at) = row;
        let site = SiteId(site);
        if sites.last().is_none_or(|last| last.site != site) {
            let origins =
                serde_json::from_str(&origins).map_err(|_| broken("a site's origins are no list"))?;
            let policy = Policy { students_see_students, edit_seconds };
            let policy_version = RightsVersion(version);
            let (keys, floor) = (Vec::new(), RightsVersion(floor));
            sites.push(SiteRecord { site, issuer, url, origins, keys, policy, policy_version, floor });
        }
        if let (Some(last), Some(kid), Some(secret), Some(created_at)) =
            (sites.last_mut(), kid, secret, created_at)
        {
            last.keys.push(SiteKey { kid, secret, created_at });
        }
    }
    Ok(sites)
}

/// As `Store::add_site`.
pub(super) struct AddSite(pub(super) SiteRecord);

impl Write for AddSite {
    type Done = SiteId;

    fn run(&self, conn: &Connection) -> Result<SiteId> {
        let site = &self.0;
        conn.change(
            "INSERT INTO sites (issuer, url, origins, students_see_students, edit_seconds, policy_version, floor) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                &site.issuer,
                &site.url,
                list(&site.origins),
                site.policy.students_see_students,
                site.policy.edit_seconds,
                site.policy_version.0,
                site.floor.0
            ],
        )
        .map_err(in_use)?;
        let number = SiteId(conn.last_insert_rowid());
        for key in site.keys.iter().rev() {
            insert_key(conn, number, key)?;
        }
        Ok(number)
    }
}

/// As `Store::add_key`.
pub(super) struct AddKey(pub(super) SiteId, pub(super) SiteKey);

impl Write for AddKey {
    type Done = ();

    fn run(&self, conn: &Connection) -> Result<()> {
        let Self(site, key) = self;
        exists(conn, *site)?;
        insert_key(conn, *site, key)?;
        keep_keys(conn, *site, 2)?;
        Ok(())
    }
}

/// As `Store::drop_old_keys`.
pub(super) struct DropOldKeys(pub(super) SiteId);

impl Write for DropOldKeys {
    type Done = u64;

    fn run(&self, conn: &Connection) -> Result<u64> {
        exists(conn, self.0)?;
        keep_keys(conn, self.0, 1)
    }
}

/// As `Store::remove_site`; what belongs to the site goes with it.
pub(super) struct RemoveSite(pub(super) SiteId);

impl Write for RemoveSite {
    type Done = ();

    fn run(&self, conn: &Connection) -> Result<()> {
        erasures::note_site(conn, self.0)?;
        index::forget_site(conn, self.0)?;
        let gone = conn.change("DELETE FROM sites WHERE site = ?1", params![self.0.0])?;
        index::numbers_are_free(conn)?;
        if gone == 0 { Err(StoreError::NoSite) } else { Ok(()) }
    }
}

/// As `Store::move_site`.
pub(super) struct MoveSite {
    pub(super) site: SiteId,
    pub(super) url: String,
    pub(super) origins: Vec<String>,
}

impl Write for MoveSite {
    type Done = ();

    fn run(&self, conn: &Connection) -> Result<()> {
        let moved = conn
            .change(
                "UPDATE sites SET url = ?2, origins = ?3 WHERE site = ?1",
                params![self.site.0, &self.url, list(&self.origins)],
            )
            .map_err(in_use)?;
        if moved == 0 { Err(StoreError::NoSite) } else { Ok(()) }
    }
}

/// As `Store::put_policy`.
pub(super) struct PutPolicy(pub(super) SiteId, pub(super) Policy, pub(super) RightsVersion);

impl Write for PutPolicy {
    type Done = bool;

    fn run(&self, conn: &Connection) -> Result<bool> {
        let Self(site, policy, version) = self;
        let (stored, _) = versions(conn, *site)?;
        let wins = Precedence::call(*version).wins(Precedence::call(stored));
        if wins {
            conn.change(
                "UPDATE sites SET students_see_students = ?2, edit_seconds = ?3, policy_version = ?4 \
                 WHERE site = ?1",
                params![site.0, policy.students_see_students, policy.edit_seconds, version.0],
            )?;
        }
        Ok(wins)
    }
}

/// As `Store::raise_site_floor`.
pub(super) struct RaiseSiteFloor(pub(super) SiteId, pub(super) RightsVersion);

impl Write for RaiseSiteFloor {
    type Done = bool;

    fn run(&self, conn: &Connection) -> Result<bool> {
        let Self(site, version) = self;
        let (_, stored) = versions(conn, *site)?;
        let floor = Floor::of(*version, Some(stored));
        if floor.applied {
            conn.change("UPDATE sites SET floor = ?2 WHERE site = ?1", params![site.0, version.0])?;
        }
        Ok(floor.applied)
    }
}

/// Of the site's policy, and its floor.
fn versions(conn: &Connection, site: SiteId) -> Result<(RightsVersion, RightsVersion)> {
    let sql = "SELECT policy_version, floor FROM sites WHERE site = ?1";
    let found: Option<(i64, i64)> = conn.maybe(sql, params![site.0])?;
    let (policy, floor) = found.ok_or(StoreError::NoSite)?;
    Ok((RightsVersion(policy), RightsVersion(floor)))
}

fn exists(conn: &Connection, site: SiteId) -> Result<()> {
    let found: Option<(i64,)> = conn.maybe("SELECT 1 FROM sites WHERE site = ?1", params![site.0])?;
    found.map(drop).ok_or(StoreError::NoSite)
}

fn insert_key(conn: &Connection, site: SiteId, key: &SiteKey) -> Result<()> {
    conn.change(
        "INSERT INTO site_keys (site, kid, secret, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![site.0, &key.kid, &key.secret, key.created_at],
    )
    .map_err(in_use)?;
    Ok(())
}

/// Drops all keys of a site but the newest ones; returns how many went.
fn keep_keys(conn: &Connection, site: SiteId, newest: i64) -> Result<u64> {
    let gone = conn.change(
        "DELETE FROM site_keys WHERE number IN \
         (SELECT number FROM site_keys WHERE site = ?1 ORDER BY number DESC LIMIT -1 OFFSET ?2)",
        params![site.0, newest],
    )?;
    Ok(gone as u64)
}

fn list(origins: &[String]) -> String {
    serde_json::to_string(origins).expect("strings have a JSON form")
}

fn in_use(error: rusqlite::Error) -> StoreError {
    match (code(&error), error.to_string()) {
        (Some(SQLITE_CONSTRAINT_UNIQUE), what) if what.contains("sites.issuer") => {
            StoreError::InUse("this site id")
        }
        (Some(SQLITE_CONSTRAINT_UNIQUE), what) if what.contains("sites.url") => {
            StoreError::InUse("this address")
        }
        (Some(SQLITE_CONSTRAINT_UNIQUE), _) => StoreError::InUse("this key id"),
        _ => error.into(),
    }
}
