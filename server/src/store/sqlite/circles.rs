//! Whole courses: their floors, who is a member, and memberships as a circles call sets them.
//!
//! `members` is an index over the circles in `users`; whoever writes a user calls `index`. Which rights
//! count it asks the rule of rights versions, but for which floors lie above a snapshot: that a connect's one statement
//! decides, and `tests/store/courses.rs` holds it equal to `Floors::concerning`.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, params};

use super::{
    Result, places,
    rows::{record, user as user_id},
    sql::Statements as _,
    writer::Write,
};
use crate::{
    id::{RightsVersion, SiteId, UserId},
    rights::{Floors, Membership, Snapshot},
    store::Floor,
};

/// The end of a SELECT from `floors f`: of site ?1 above the version $version, of the courses in the JSON array $courses
/// and of those on record of user ?2; those that are both come twice, as to tell them apart would cost a table.
macro_rules! floors_above {
    ($version:literal, $courses:literal) => {
        concat!(
            "FROM (SELECT value AS course FROM json_each(",
            $courses,
            ") UNION ALL SELECT course FROM members WHERE site = ?1 AND user = ?2) k \
             CROSS JOIN floors f ON f.site = ?1 AND f.course = k.course AND f.version > ",
            $version
        )
    };
}
pub(super) use floors_above;

/// The courses of a snapshot as a statement takes them.
pub(super) fn courses(snapshot: &Snapshot) -> String {
    serde_json::to_string(&snapshot.courses()).expect("strings have a JSON form")
}

/// The floors above a snapshot, of courses that it names or that are on record.
pub(super) fn floors(conn: &Connection, site: SiteId, user: UserId, snapshot: &Snapshot) -> Result<Floors> {
    let floors: Vec<(Arc<str>, i64)> = conn.all(
        concat!("SELECT f.course, f.version ", floors_above!("?3", "?4")),
        params![site.0, user.get(), snapshot.rights_version.0, courses(snapshot)],
    )?;
    Ok(Floors(floors.into_iter().map(|(course, version)| (course, RightsVersion(version))).collect()))
}

/// Brings the index up to date with a user's record, which has just been written. Whether the courses are others now.
pub(super) fn index(conn: &Connection, site: SiteId, user: UserId, snapshot: &Snapshot) -> Result<bool> {
    let courses = courses(snapshot);
    let mut changed = 0;
    for sql in [
        "DELETE FROM members WHERE site = ?1 AND user = ?2 \
           AND course NOT IN (SELECT value FROM json_each(?3))",
        "INSERT INTO members (site, user, course) SELECT ?1, ?2, value FROM json_each(?3) WHERE true \
         ON CONFLICT DO NOTHING",
    ] {
        changed += conn.change(sql, params![site.0, user.get(), &courses])?;
    }
    Ok(changed > 0)
}

/// As `Store::members`.
pub(super) fn members(conn: &Connection, site: SiteId, course: &str) -> Result<Vec<UserId>> {
    let members: Vec<(i64,)> =
        conn.all("SELECT user FROM members WHERE site = ?1 AND course = ?2", params![site.0, course])?;
    members.into_iter().map(|(user,)| user_id(user)).collect()
}

/// As `Store::raise_floor`.
pub(super) struct RaiseFloor {
    pub(super) site: SiteId,
    pub(super) course: String,
    pub(super) version: RightsVersion,
    pub(super) now: i64,
}

impl Write for RaiseFloor {
    type Done = Floor;

    fn run(&self, conn: &Connection) -> Result<Floor> {
        let floor = Floor::of(self.version, floor(conn, self.site, &self.course)?);
        if floor.applied {
            conn.change(
                "INSERT INTO floors (site, course, version, set_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET version = ?3, set_at = ?4",
                params![self.site.0, &self.course, self.version.0, self.now],
            )?;
        }
        Ok(floor)
    }
}

/// The version of a course's last circles call.
pub(super) fn floor(conn: &Connection, site: SiteId, course: &str) -> Result<Option<RightsVersion>> {
    let version: Option<(i64,)> =
        conn.maybe("SELECT version FROM floors WHERE site = ?1 AND course = ?2", params![site.0, course])?;
    Ok(version.map(|(version,)| RightsVersion(version)))
}

/// As `Store::put_course`.
pub(super) struct PutCourse {
    pub(super) site: SiteId,
    pub(super) course: String,
    pub(super) version: RightsVersion,
    pub(super) circles: Vec<(UserId, Vec<Membership>)>,
}

impl PutCourse {
    /// The records that it would change, as they become.
    pub(super) fn changes(&self, conn: &Connection) -> Result<Vec<(UserId, Snapshot)>> {
        let users: Vec<i64> = self.circles.iter().map(|(user, _)| user.get()).collect();
        let rows: Vec<(i64, String, bool, bool)> = conn.all(
            "SELECT user, snapshot, by_call, removed FROM users \
             WHERE site = ?1 AND user IN (SELECT value FROM json_each(?2))",
            params![self.site.0, serde_json::to_string(&users).expect("numbers have a JSON form")],
        )?;
        let circles: HashMap<i64, &[Membership]> =
            self.circles.iter().map(|(user, circles)| (user.get(), &**circles)).collect();
        let mut changes = Vec::new();
        for (user, snapshot, by_call, removed) in rows {
            let circles = circles.get(&user).copied().unwrap_or_default();
            let stored = record(&snapshot, by_call, removed)?;
            if let Some(new) = stored.with_course(&self.course, self.version, circles) {
                changes.push((user_id(user)?, new));
            }
        }
        Ok(changes)
    }

    /// Puts in or takes out of the index.
    fn index(&self, conn: &Connection, changes: &[(UserId, Snapshot)]) -> Result<()> {
        let (stay, go): (Vec<_>, Vec<_>) =
            changes.iter().partition(|(_, snapshot)| snapshot.courses().contains(&*self.course));
        for (users, sql) in [
            (
                stay,
                "INSERT INTO members (site, course, user) SELECT ?1, ?2, value FROM json_each(?3) WHERE true \
                 ON CONFLICT DO NOTHING",
            ),
            (
                go,
                "DELETE FROM members WHERE site = ?1 AND course = ?2 \
                   AND user IN (SELECT value FROM json_each(?3))",
            ),
        ] {
            let users: Vec<UserId> = users.into_iter().map(|(user, _)| *user).collect();
            conn.change(
                sql,
                params![
                    self.site.0,
                    &self.course,
                    serde_json::to_string(&users).expect("numbers have a JSON form")
                ],
            )?;
        }
        Ok(())
    }
}

impl Write for PutCourse {
    type Done = bool;

    fn run(&self, conn: &Connection) -> Result<bool> {
        if floor(conn, self.site, &self.course)? != Some(self.version) {
            return Ok(false);
        }
        let changes = self.changes(conn)?;
        for (user, new) in &changes {
            conn.change(
                "UPDATE users SET snapshot = ?3 WHERE site = ?1 AND user = ?2",
                params![
                    self.site.0,
                    user.get(),
                    serde_json::to_string(new).expect("a snapshot has a JSON form")
                ],
            )?;
            places::follow(conn, self.site, *user, new)?;
        }
        self.index(conn, &changes)?;
        Ok(true)
    }
}
