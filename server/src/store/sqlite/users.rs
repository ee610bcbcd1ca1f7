//! Users: what the host last said of them, their removal, revoked logins, and what a connect needs to know.
//!
//! The rule of rights versions is here; what the rights mean is not.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::{
    Result,
    arrive::Arrive,
    circles::{self, floors_above},
    docks::{self, dock_rows},
    erasures,
    recent::Touch,
    rows::{broken, record, user as user_id},
    sql::Statements as _,
    writer::Write,
};
use crate::{
    id::{ConversationId, Rev, RightsVersion, Seq, SiteId, UserId},
    rights::{Floors, Snapshot},
    store::{Applied, Arrival, FLOOR_MS, Head, Origin, Put, UserRecord},
};

/// As `Store::user`.
pub(super) fn user(conn: &Connection, site: SiteId, user: UserId) -> Result<Option<UserRecord>> {
    let row: Option<(String, bool, bool)> = conn.maybe(
        "SELECT snapshot, by_call, removed FROM users WHERE site = ?1 AND user = ?2",
        params![site.0, user.get()],
    )?;
    row.map(|(snapshot, by_call, removed)| record(&snapshot, by_call, removed)).transpose()
}

/// Which of those asked for, and the head's four.
type HeadRow = (i64, i64, i64, i64, i64);

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
    /// As `Store::arrival`: one statement, so that all is from one moment.
    pub(super) fn look(&self, conn: &Connection) -> Result<Arrival> {
        let parts: Vec<Part> = conn.all(
            concat!(
                "SELECT u.snapshot, u.by_call, u.removed, \
                        EXISTS (SELECT 1 FROM revoked_logins r WHERE r.site = ?1 AND r.sid = ?3), \
                        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 10 \
                 FROM (SELECT 1) LEFT JOIN users u ON u.site = ?1 AND u.user = ?2 \
                 UNION ALL \
                 SELECT f.course, f.version, \
                        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 11 ",
                floors_above!("?5", "?6"),
                " UNION ALL \
                 SELECT k.key, c.first_seq, c.seq, c.rev, c.reset_rev, \
                        NULL, NULL, NULL, NULL, NULL, NULL, NULL, 12 \
                 FROM json_each(?4) k \
                 CROSS JOIN conversations c ON c.site = ?1 AND c.lower = min(?2, k.value) AND c.higher = max(?2, k.value) \
                 UNION ALL ",
                dock_rows!()
            ),
            params![self.site.0, self.user.get(), self.sid, self.others, self.version.0, self.courses],
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
                Part::Head((asked, first_seq, seq, rev, reset_rev)) => {
                    let asked = usize::try_from(asked).ok().and_then(|asked| arrival.heads.get_mut(asked));
                    *asked.ok_or_else(|| broken("a head that nobody asked for"))? = Some(Head {
                        first_seq: Seq(first_seq),
                        seq: Seq(seq),
                        rev: Rev(rev),
                        reset_rev: Rev(reset_rev),
                    });
                }
                Part::Dock(part) => dock.take(part),
            }
        }
        arrival.dock = dock.dock(self.user)?;
        Ok(arrival)
    }
}

/// As `Store::put_user`.
pub(super) struct PutUser {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) origin: Origin,
}

impl PutUser {
    /// What becomes of it, given what is stored; `changed` if it has to be written.
    pub(super) fn outcome(&self, stored: Option<UserRecord>, floors: &Floors) -> Put {
        if let Some(floor) = floors.refusing(&self.snapshot) {
            return Put::Outdated(floor);
        }
        let snapshot = floors.complete(&self.snapshot, stored.as_ref().map(|stored| &*stored.snapshot));
        let (version, origin) = (snapshot.rights_version, self.origin);
        let new = UserRecord { snapshot, origin, removed: false };
        let Some(stored) = stored else {
            return Put::Done(Applied { applied: true, changed: true, record: new });
        };
        let wins = match version.cmp(&stored.snapshot.rights_version) {
            std::cmp::Ordering::Greater => true,
            // A removal is the last word on its version.
            std::cmp::Ordering::Equal if stored.removed => false,
            std::cmp::Ordering::Equal => origin == Origin::Call || stored.origin == Origin::Token,
            std::cmp::Ordering::Less => false,
        };
        Put::Done(if wins {
            Applied { applied: true, changed: new != stored, record: new }
        } else {
            Applied { applied: false, changed: false, record: stored }
        })
    }

    /// What becomes of it, as things are.
    pub(super) fn look(&self, conn: &Connection) -> Result<Put> {
        let floors = circles::floors(conn, self.site, self.user, &self.snapshot)?;
        Ok(self.outcome(user(conn, self.site, self.user)?, &floors))
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

    fn touch(&self, done: &Put, touch: &Touch<'_>) {
        if let Put::Done(Applied { changed: true, .. }) = done {
            touch.person(self.site, self.user);
        }
    }
}

fn write(conn: &Connection, site: SiteId, user: UserId, record: &UserRecord) -> Result<()> {
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
    circles::index(conn, site, user, &record.snapshot)
}

/// As `Store::remove_user`.
pub(super) struct RemoveUser {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) version: RightsVersion,
}

impl Write for RemoveUser {
    type Done = (Applied, Vec<ConversationId>);

    fn run(&self, conn: &Connection) -> Result<Self::Done> {
        let stored = user(conn, self.site, self.user)?;
        if let Some(stored) = &stored
            && stored.snapshot.rights_version > self.version
        {
            return Ok((Applied { applied: false, changed: false, record: stored.clone() }, Vec::new()));
        }
        let record = UserRecord { snapshot: Arc::new(self.nobody()), origin: Origin::Call, removed: true };
        let changed = stored.as_ref() != Some(&record);
        let erased = if changed {
            erasures::note_user(conn, self.site, self.user, self.version)?;
            write(conn, self.site, self.user, &record)?;
            self.erase(conn)?
        } else {
            Vec::new()
        };
        Ok((Applied { applied: true, changed, record }, erased))
    }

    fn touch(&self, _: &Self::Done, touch: &Touch<'_>) {
        touch.erased();
    }
}

impl RemoveUser {
    /// What is kept of a removed user: the version below which tokens are refused.
    fn nobody(&self) -> Snapshot {
        Snapshot { rights_version: self.version, ..Snapshot::default() }
    }

    /// Makes their messages stubs; drops their dock and marks. Returns the conversations that had messages of theirs.
    fn erase(&self, conn: &Connection) -> Result<Vec<ConversationId>> {
        let rows: Vec<(i64, i64, i64)> = conn.all(
            "UPDATE conversations SET rev = rev + 1, reset_rev = rev + 1, \
                    lower_sent = CASE WHEN lower = ?2 THEN 0 ELSE lower_sent END, \
                    higher_sent = CASE WHEN higher = ?2 THEN 0 ELSE higher_sent END \
             WHERE conversation IN (SELECT conversation FROM participants WHERE site = ?1 AND user = ?2) \
               AND CASE WHEN lower = ?2 THEN lower_sent ELSE higher_sent END > 0 \
             RETURNING conversation, lower, higher",
            params![self.site.0, self.user.get()],
        )?;
        let numbers: Vec<i64> = rows.iter().map(|(number, ..)| *number).collect();
        conn.change(
            "UPDATE messages SET text = NULL, client_message_id = NULL, rev = c.rev \
             FROM json_each(?1) k CROSS JOIN conversations c ON c.conversation = k.value \
             WHERE messages.conversation = k.value AND sender = ?2 AND text IS NOT NULL",
            params![serde_json::to_string(&numbers).expect("numbers have a JSON form"), self.user.get()],
        )?;
        for sql in [
            "DELETE FROM participants WHERE site = ?1 AND user = ?2",
            "DELETE FROM docks WHERE site = ?1 AND user = ?2",
        ] {
            conn.change(sql, params![self.site.0, self.user.get()])?;
        }
        let conversations = rows.into_iter().map(|(_, lower, higher)| {
            let conversation = ConversationId::between(user_id(lower)?, user_id(higher)?);
            conversation.ok_or_else(|| broken("a conversation with oneself"))
        });
        conversations.collect()
    }
}

/// As `Store::revoke_login`.
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

    fn touch(&self, (): &(), touch: &Touch<'_>) {
        touch.login(self.site, &self.sid);
    }
}

/// As `Store::expire`.
pub(super) struct Expire {
    pub(super) now: i64,
}

/// What was forgotten.
pub(super) struct Expired {
    /// (site, sid)
    logins: Vec<(i64, String)>,
    floors: u64,
}

impl Expired {
    /// Rows.
    pub(super) fn rows(&self) -> u64 {
        self.logins.len() as u64 + self.floors
    }
}

impl Write for Expire {
    type Done = Expired;

    fn run(&self, conn: &Connection) -> Result<Expired> {
        let logins =
            conn.all("DELETE FROM revoked_logins WHERE until <= ?1 RETURNING site, sid", params![self.now])?;
        let floors = conn.change("DELETE FROM floors WHERE set_at <= ?1", params![self.now - FLOOR_MS])?;
        Ok(Expired { logins, floors: floors as u64 })
    }

    fn touch(&self, gone: &Expired, touch: &Touch<'_>) {
        gone.logins.iter().for_each(|(site, sid)| touch.login(SiteId(*site), sid));
        if gone.floors > 0 {
            touch.everything();
        }
    }
}
