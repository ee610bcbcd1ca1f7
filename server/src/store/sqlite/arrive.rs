//! What a connect asks the store, and what it is told.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::{
    Result,
    circles::floors_above,
    conversations::{counted, newest_by_others},
    docks::{self, dock_rows, unread, waiting_most},
    rows::{broken, head, record},
    sql::Statements as _,
};
use crate::{
    id::{ConversationId, RightsVersion, SiteId, UserId},
    store::Arrival,
};

/// The question of `PeopleStore::arrival`, as its statement takes it.
pub(super) struct Arrive {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) sid: String,
    /// The token's.
    pub(super) version: RightsVersion,
    /// The token's courses, and the names of the conversations asked for (those are so many; null for one that is not the
    /// user's), as JSON.
    pub(super) courses: String,
    pub(super) names: String,
    pub(super) heads: usize,
}

impl Arrive {
    pub(super) fn new(
        (site, user): (SiteId, UserId),
        sid: &str,
        version: RightsVersion,
        courses: String,
        heads: &[ConversationId],
    ) -> Self {
        let is_theirs = |conversation: &&ConversationId| match conversation {
            ConversationId::Direct(two) => two.other(user).is_some(),
            // Whether they read it, whoever tells them what has changed looks up.
            ConversationId::Group(_) | ConversationId::Room(_) => true,
        };
        let names: Vec<Option<&ConversationId>> = heads.iter().map(|id| Some(id).filter(is_theirs)).collect();
        let names = serde_json::to_string(&names).expect("strings have a JSON form");
        Self { site, user, sid: sid.to_owned(), version, courses, names, heads: heads.len() }
    }
}

/// Which of those asked for, and the head's three.
type HeadRow = (i64, i64, i64, i64);

/// What a row of an arrival says, by its last column.
enum Part {
    /// Their snapshot, by_call and removed, if they are known; whether the login was revoked.
    Person(Option<String>, Option<bool>, Option<bool>, bool),
    /// Of a course.
    Floor(Arc<str>, i64),
    Head(HeadRow),
    /// Any other.
    Dock(docks::Part),
}

impl<'a> TryFrom<&'a Row<'a>> for Part {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        Ok(match row.get(docks::PART)? {
            10 => Self::Person(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?),
            11 => Self::Floor(row.get(0)?, row.get(1)?),
            12 => Self::Head(row.try_into()?),
            _ => Self::Dock(row.try_into()?),
        })
    }
}

impl Arrive {
    /// As `PeopleStore::arrival`: one statement, so that all is from one moment. Only what windows of groups and rooms are
    /// of is looked up after it, where there are any.
    pub(super) fn look(&self, conn: &Connection) -> Result<Arrival> {
        let parts: Vec<Part> = conn.all(
            concat!(
                "SELECT u.snapshot, u.by_call, u.removed, \
                        EXISTS (SELECT 1 FROM revoked_logins r WHERE r.site = ?1 AND r.sid = ?3), \
                        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 10 \
                 FROM (SELECT 1) LEFT JOIN users u ON u.site = ?1 AND u.user = ?2 \
                 UNION ALL \
                 SELECT f.course, f.version, \
                        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 11 ",
                floors_above!("?5", "?6"),
                " UNION ALL \
                 SELECT k.key, c.first_seq, c.seq, c.rev, \
                        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 12 \
                 FROM json_each(?4) k \
                 CROSS JOIN conversations c ON c.site = ?1 AND c.name = k.value \
                 UNION ALL ",
                dock_rows!()
            ),
            params![self.site.0, self.user.get(), self.sid, self.names, self.version.0, self.courses],
        )?;
        let mut arrival = Arrival { heads: vec![None; self.heads], ..Arrival::default() };
        let mut dock = docks::Rows::default();
        for part in parts {
            match part {
                Part::Person(snapshot, by_call, removed, revoked) => {
                    arrival.user = match (snapshot, by_call, removed) {
                        (Some(snapshot), Some(by_call), Some(removed)) => {
                            Some(record(&snapshot, by_call, removed)?)
                        }
                        _ => None,
                    };
                    arrival.revoked = revoked;
                }
                Part::Floor(course, version) => arrival.floors.0.push((course, RightsVersion(version))),
                Part::Head((asked, first_seq, seq, rev)) => {
                    let asked = usize::try_from(asked).ok().and_then(|asked| arrival.heads.get_mut(asked));
                    *asked.ok_or_else(|| broken("a head that nobody asked for"))? =
                        Some(head(first_seq, seq, rev));
                }
                Part::Dock(part) => dock.take(part),
            }
        }
        arrival.dock = dock.dock(conn, self.site, self.user)?;
        Ok(arrival)
    }
}
