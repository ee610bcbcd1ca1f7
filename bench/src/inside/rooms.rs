//! Instructions of a page load of somebody in sixty courses: with a room in all of them, and in two.
//!
//! As `hot` counts them: under callgrind, through a whole server over wires in memory. The page is one of several that
//! somebody looks at: it holds the rosters of the one before, as how many of them are encoded anew goes by the clock. The
//! host has named the people of each course in both cases, and whoever loads the page has read in every room there is.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use gchat::{
    clock::now_ms,
    id::{CircleId, ClientMessageId, ConversationId, RightsVersion, Seq, SiteId, UserId},
    store::{
        Appended, CourseRooms, NewMark, NewMessage, PeopleStore as _, Store as _, TalkStore as _,
        sqlite::SqliteStore,
    },
};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    callgrind::{instructions, once_and_twice},
    campus::{COURSES_OF_MANY, Campus, Courses, token},
    client::Client,
};
use crate::plan::Plan;

/// Paths of `hot`.
pub(super) const IN_ALL: &str = "connect_60";
pub(super) const IN_TWO: &str = "connect_2";

pub(super) const TWO: u32 = 2;
const TIMES: u32 = 100;

/// People who are there, in all of the courses, beside the one who loads pages. Nobody looks at their pages: what they
/// are told goes by the clock.
const OTHERS: u32 = 23;

/// Until the rosters have taken note of everybody who came.
const SETTLED: Duration = Duration::from_secs(2);

/// The ratio of the two.
pub fn connects(plan: &Plan) -> Result<f64> {
    let of = |path| {
        let (once, twice) = once_and_twice(path, TIMES, &plan.folder)?;
        Ok::<_, anyhow::Error>(instructions(&twice)? - instructions(&once)?)
    };
    Ok(of(IN_ALL)? / of(IN_TWO)?)
}

/// So many page loads of somebody, of whose courses so many have rooms.
pub(super) async fn page_loads(rooms: u32, times: u32, folder: &Path) -> Result<()> {
    let database = folder.join("rooms.db");
    let people = 1..=OTHERS + 1;
    // Once, so that the store knows them.
    let campus = Campus::open(&database).await?;
    for user in people.clone() {
        enter(&campus, user, &Value::Null).await?;
    }
    campus.close().await?;
    furnish(&database, rooms).await?;

    let campus = Campus::open(&database).await?;
    let mut seats = Vec::new();
    for user in people {
        seats.push(enter(&campus, user, &Value::Null).await?.0);
    }
    sleep(SETTLED).await;
    let (mut page, welcome) = enter(&campus, 1, &json!({"boot": Uuid::nil(), "versions": []})).await?;
    let mut versions = Vec::new();
    for _ in 0..COURSES_OF_MANY {
        let roster: Value = page.read("roster").await?;
        versions.push(json!({"circle": roster["circle"], "version": roster["version"]}));
    }
    let welcome: Value = serde_json::from_str(&welcome)?;
    let held = json!({"boot": welcome["boot"], "versions": versions});
    for _ in 0..times {
        (page, _) = enter(&campus, 1, &held).await?;
    }
    // None was sent: they are behind the welcome, and before this.
    page.send(&json!({"type": "ping"}).to_string()).await?;
    let next = page.next().await?;
    ensure!(next.contains("pong"), "a page that held all rosters was sent {next:.100}");
    campus.close().await
}

/// Signs in, with a page that is looked at where it may hold rosters. Returns the welcome as well.
async fn enter(campus: &Campus, user: u32, rosters: &Value) -> Result<(Client, String)> {
    let mut hello = json!({
        "type": "hello", "protocol": 1, "token": token(user, Courses::Many), "session": Uuid::new_v4(),
        "visible": !rosters.is_null(), "features": gchat_wire::FEATURES,
    });
    if !rosters.is_null() {
        hello["rosters"] = rosters.clone();
    }
    Client::enter(&campus.exchange, &hello.to_string(), 0).await
}

/// Names every course, with a room in so many of them, where somebody writes and the first user reads.
async fn furnish(database: &Path, rooms: u32) -> Result<()> {
    let store = SqliteStore::open(database).await?;
    let site = SiteId(1);
    let user = |user| UserId::new(user).context("a user");
    for course in 1..=COURSES_OF_MANY {
        let circle: CircleId = format!("c{course}").parse().ok().context("a circle")?;
        let floor = store.raise_floor(site, circle.course(), RightsVersion(1), now_ms()).await?;
        if course > rooms {
            continue;
        }
        let switched_on = CourseRooms {
            closed: false,
            title: format!("Course number {course}").into(),
            groups: Vec::new(),
        };
        store.put_course_rooms(site, circle.course(), floor.version, Some(switched_on)).await?;
        let conversation = ConversationId::Room(circle);
        let message = NewMessage {
            site,
            conversation: conversation.clone(),
            sender: user(2)?,
            client_message_id: ClientMessageId(Uuid::now_v7()),
            text: "Is there a lecture today?".into(),
            reply_to: None,
            mentions: Vec::new(),
            sent_at: now_ms(),
        };
        let appended = store.append(message).await?;
        ensure!(matches!(appended, Appended::New { .. }), "it was sent before");
        let read =
            store.read(site, &conversation, user(1)?, NewMark { seq: Seq(1), publish: false, at: 1 }).await?;
        ensure!(read == Some(Seq(1)), "nothing was read in room {course}");
    }
    store.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_of_somebody_in_sixty_courses_loads_and_holds_all_its_rosters() {
        let folder = tempfile::tempdir().unwrap();
        page_loads(COURSES_OF_MANY, 2, folder.path()).await.unwrap();
    }
}
