//! Groups and rooms: who is in a group, what the host says of rooms, and what they are to one person.

use rusqlite::{Connection, Row, params};

use super::{
    Result, circles, conversations,
    rows::{head, user},
    sql::Statements as _,
    writer::Write,
};
use crate::{
    dock::Facts,
    id::{ConversationId, Kind, RightsVersion, Seq, SiteId, UserId},
    rights::Snapshot,
    store::{CourseRooms, Group, Part, Place, RoomPart},
};

/// Mentions that are counted.
const MENTIONED: i64 = 100;

/// `participants` of a group: user, first_seq, left_seq, lost_seq, published_read_seq.
struct PartRow(i64, i64, Option<i64>, Option<i64>, i64);

impl<'a> TryFrom<&'a Row<'a>> for PartRow {
    type Error = rusqlite::Error;

    fn try_from(row: &'a Row<'a>) -> rusqlite::Result<Self> {
        Ok(Self(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    }
}

impl PartRow {
    fn part(self) -> Result<Part> {
        let Self(id, first, left, lost, published) = self;
        let (left, lost) = (left.map(Seq), lost.map(Seq));
        Ok(Part { user: user(id)?, first: Seq(first), left, lost, published: Seq(published) })
    }
}

/// As `TalkStore::group`: from one moment.
pub(super) fn group(
    conn: &mut Connection,
    site: SiteId,
    conversation: &ConversationId,
) -> Result<Option<Group>> {
    let tx = conn.transaction()?;
    group_in(&tx, site, conversation)
}

/// The same in a transaction.
fn group_in(conn: &Connection, site: SiteId, conversation: &ConversationId) -> Result<Option<Group>> {
    type Found = (i64, i64, i64, i64, Option<String>, Option<String>, Option<i64>);
    let found: Option<Found> = conn.maybe(
        "SELECT conversation, first_seq, seq, rev, course, title, maker FROM conversations \
         WHERE site = ?1 AND name = ?2",
        params![site.0, conversation.to_string()],
    )?;
    let Some((number, first_seq, seq, rev, Some(course), Some(title), Some(maker))) = found else {
        return Ok(None);
    };
    let people: Vec<PartRow> = conn.all(
        "SELECT user, first_seq, left_seq, lost_seq, published_read_seq FROM participants \
         WHERE conversation = ?1 ORDER BY user",
        params![number],
    )?;
    let broken = |_| super::rows::broken("a group's course is not as it should be");
    Ok(Some(Group {
        course: course.parse().map_err(broken)?,
        title: title.into(),
        maker: user(maker)?,
        head: head(first_seq, seq, rev),
        people: people.into_iter().map(PartRow::part).collect::<Result<_>>()?,
    }))
}

/// As `TalkStore::known`.
pub(super) fn known(
    conn: &Connection,
    site: SiteId,
    conversation: &ConversationId,
    users: &[UserId],
) -> Result<Vec<UserId>> {
    let Some((number, _)) = conversations::find(conn, site, conversation)? else { return Ok(Vec::new()) };
    let known: Vec<(i64,)> = conn.all(
        "SELECT k.value FROM json_each(?4) k CROSS JOIN participants p \
            ON p.site = ?1 AND p.user = k.value AND p.kind = ?2 AND p.conversation = ?3 AND p.first_seq IS NOT NULL",
        params![
            site.0,
            conversations::kind(conversation),
            number,
            serde_json::to_string(users).expect("numbers have a JSON form")
        ],
    )?;
    known.into_iter().map(|(id,)| user(id)).collect()
}

/// As `TalkStore::course_rooms`.
pub(super) fn course_rooms(conn: &Connection, site: SiteId, course: &str) -> Result<Option<CourseRooms>> {
    let found: Option<(bool, String, String)> = conn.maybe(
        "SELECT closed, title, groups FROM rooms WHERE site = ?1 AND course = ?2",
        params![site.0, course],
    )?;
    let Some((closed, title, groups)) = found else { return Ok(None) };
    Ok(Some(CourseRooms { closed, title: title.into(), groups: super::rows::read(&groups)? }))
}

/// As `TalkStore::put_course_rooms`.
pub(super) struct PutCourseRooms {
    pub(super) site: SiteId,
    pub(super) course: String,
    pub(super) version: RightsVersion,
    pub(super) rooms: Option<CourseRooms>,
}

impl Write for PutCourseRooms {
    type Done = bool;

    fn run(&self, conn: &Connection) -> Result<bool> {
        let is_newest = circles::floor(conn, self.site, &self.course)? == Some(self.version);
        if !is_newest || course_rooms(conn, self.site, &self.course)? == self.rooms {
            return Ok(false);
        }
        let Some(CourseRooms { closed, title, groups }) = &self.rooms else {
            conn.change(
                "DELETE FROM rooms WHERE site = ?1 AND course = ?2",
                params![self.site.0, &self.course],
            )?;
            return Ok(true);
        };
        let groups = serde_json::to_string(groups).expect("strings have a JSON form");
        conn.change(
            "INSERT INTO rooms (site, course, closed, title, groups) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET closed = ?3, title = ?4, groups = ?5",
            params![self.site.0, &self.course, closed, &**title, groups],
        )?;
        Ok(true)
    }
}

/// As `TalkStore::room_parts`: from one moment.
pub(super) fn room_parts(
    conn: &mut Connection,
    site: SiteId,
    user: UserId,
    rooms: &[ConversationId],
) -> Result<Vec<RoomPart>> {
    let tx = conn.transaction()?;
    rooms.iter().map(|room| room_part(&tx, site, user, room)).collect()
}

fn room_part(conn: &Connection, site: SiteId, user: UserId, room: &ConversationId) -> Result<RoomPart> {
    type Found = (i64, i64, i64, i64, Option<i64>, bool);
    let found: Option<Found> = conn.maybe(
        concat!(
            "SELECT c.conversation, c.first_seq, c.seq, c.rev, c.announcing, coalesce(p.read_seq < ",
            conversations::newest_by_others!("?3"),
            ", 0) FROM conversations c \
             LEFT JOIN participants p \
                    ON p.site = c.site AND p.user = ?3 AND p.kind = c.kind AND p.conversation = c.conversation \
             WHERE c.site = ?1 AND c.name = ?2"
        ),
        params![site.0, room.to_string(), user.get()],
    )?;
    let Some((number, first_seq, seq, rev, announcing, unread)) = found else {
        return Ok(RoomPart::default());
    };
    Ok(RoomPart {
        head: head(first_seq, seq, rev),
        announcements: announcing == Some(1),
        unread,
        mentions: mentions(conn, site, user, number)?,
    })
}

/// How many messages mention somebody who has not read them, at most `MENTIONED`.
fn mentions(conn: &Connection, site: SiteId, user: UserId, number: i64) -> Result<i64> {
    let (count,): (i64,) = conn.one(
        "SELECT count(*) FROM (SELECT 1 FROM mentions \
                               WHERE site = ?1 AND user = ?2 AND conversation = ?3 LIMIT ?4)",
        params![site.0, user.get(), number, MENTIONED],
    )?;
    Ok(count)
}

/// What a window of a group or room is of, and its mentions of its owner.
pub(super) fn place(
    conn: &Connection,
    site: SiteId,
    owner: UserId,
    conversation: &ConversationId,
) -> Result<(Place, i64)> {
    if let Some(circle) = conversation.room() {
        let rooms = course_rooms(conn, site, circle.course())?;
        let RoomPart { announcements, mentions, .. } = room_part(conn, site, owner, conversation)?;
        return Ok((Place::Room { rooms, announcements }, mentions));
    }
    let number = conversations::find(conn, site, conversation)?.map_or(0, |(number, _)| number);
    let Some(group) = group_in(conn, site, conversation)? else { return Ok((Place::Direct, 0)) };
    let Some(part) = group.part(owner).copied() else { return Ok((Place::Direct, 0)) };
    let members = group.people.iter().filter(|part| part.left.is_none()).count() as i64;
    let mentions = mentions(conn, site, owner, number)?;
    Ok((Place::Group { course: group.course, title: group.title, members, part }, mentions))
}

/// What decides whether a window is listed: of what is quiet only what mentions its owner, in a group nothing after they
/// left. Whether it is muted, `facts.quiet` says already.
pub(super) fn facts(
    conn: &Connection,
    (site, owner): (SiteId, UserId),
    conversation: &ConversationId,
    facts: Facts,
) -> Result<Facts> {
    let Some((number, _)) = conversations::find(conn, site, conversation)? else { return Ok(facts) };
    let newest_mention = || -> Result<Seq> {
        let (newest,): (i64,) = conn.one(
            "SELECT coalesce(max(seq), 0) FROM mentions WHERE site = ?1 AND user = ?2 AND conversation = ?3",
            params![site.0, owner.get(), number],
        )?;
        Ok(Seq(newest))
    };
    Ok(match conversation.kind() {
        Kind::Direct => facts,
        Kind::Group => {
            let out: Option<(bool,)> = conn.maybe(
                "SELECT left_seq IS NOT NULL OR lost_seq IS NOT NULL FROM participants \
                 WHERE site = ?1 AND user = ?2 AND kind = 2 AND conversation = ?3",
                params![site.0, owner.get(), number],
            )?;
            let is_out = out.is_some_and(|(out,)| out);
            let newest_mention = if facts.quiet { newest_mention()? } else { Seq(0) };
            Facts { read_seq: facts.read_seq.filter(|_| !is_out), newest_mention, ..facts }
        }
        Kind::Room => {
            let newest_mention = newest_mention()?;
            Facts { read_seq: Some(Seq(0)), newest_by_others: Seq(0), quiet: true, newest_mention, ..facts }
        }
    })
}

/// The courses of which somebody holds something are now others: of groups of a course of which they hold nothing any
/// more they read nothing new. What was written in the others while they were out may be unread, and is news in their list.
pub(super) fn follow(conn: &Connection, site: SiteId, user: UserId, snapshot: &Snapshot) -> Result<()> {
    let courses = circles::courses(snapshot);
    for sql in [
        "UPDATE participants SET lost_seq = (SELECT c.seq FROM conversations c \
                                             WHERE c.conversation = participants.conversation) \
         WHERE site = ?1 AND user = ?2 AND kind = 2 AND lost_seq IS NULL AND left_seq IS NULL \
           AND (SELECT c.course FROM conversations c WHERE c.conversation = participants.conversation) \
               NOT IN (SELECT value FROM json_each(?3))",
        "UPDATE participants SET lost_seq = NULL, waits = 1, \
                day = coalesce((SELECT max(abs(participants.day), m.sent_at / 86400000 + 1) FROM conversations c \
                                CROSS JOIN messages m ON m.conversation = c.conversation AND m.seq = c.last_seq \
                                WHERE c.conversation = participants.conversation AND participants.left_seq IS NULL \
                                  AND c.last_seq > participants.lost_seq), participants.day) \
         WHERE site = ?1 AND user = ?2 AND kind = 2 AND lost_seq IS NOT NULL \
           AND (SELECT c.course FROM conversations c WHERE c.conversation = participants.conversation) \
               IN (SELECT value FROM json_each(?3))",
    ] {
        conn.change(sql, params![site.0, user.get(), &courses])?;
    }
    Ok(())
}
