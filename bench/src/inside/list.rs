//! Lists of people with ten thousand conversations, their connects, and what they find of what was written, over a database of millions of messages: the store
//! alone, as an arrival and a page are one read each.
//!
//! Each of those people has others' like with ten conversations beside them: as much is unread there, and as many windows
//! are open. So what differs is what the number of conversations costs.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use gchat::{
    fold::Words,
    id::{RightsVersion, SiteId, UserId},
    rights::Snapshot,
    store::{
        FindAsk, FindStore as _, ListAsk, ListStore as _, PeopleStore as _, Store as _, day_of,
        sqlite::SqliteStore,
    },
    terms::Sought,
};
use rusqlite::{Connection, params};

use crate::{
    aside,
    figure::{Figure, Goal},
    plan::Plan,
};

/// Conversations of those who have many, and of those who have few.
const MANY: i64 = 10_000;
const FEW: i64 = 10;

/// On so many days of a list something was written in this many conversations.
const PER_DAY: i64 = 8;

/// The newest of a list are not read.
const UNREAD: i64 = 5;

/// Entries of a page, as clients ask for them.
const PAGE: usize = 50;

/// Messages of a page of what was found, as clients ask for them.
const FOUND: usize = 20;

/// The first of them; those of the other messages are far below.
const FIRST: i64 = 1 << 32;

/// When the newest message was sent.
const NEWEST_MS: i64 = 1_795_376_400_000;

const SITE: SiteId = SiteId(1);

pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let stored: u32 = plan.pick(1_000_000, 10_000_000);
    let people: i64 = plan.pick(3, 20);
    let rounds = plan.pick(400, 4_000);
    let path = plan.folder.join("list.db");
    super::store::fill(&path, stored).await?;
    let filled = path.clone();
    aside::run(move || lists(&filled, people)).await?;
    let store = SqliteStore::serve(&path).await?;
    let many = |n: usize| person(2 * (n as i64 % people), 0);
    let few = |n: usize| person(2 * (n as i64 % people) + 1, 0);
    let page = async |who: Result<UserId>, ask: ListAsk| {
        let page = store.list(SITE, who?, &ask).await?;
        ensure!(!page.listed.is_empty(), "an empty page");
        Ok(page.next)
    };
    let first = || ListAsk { limit: PAGE, ..ListAsk::default() };
    let first_page = timed(rounds, async |n| page(many(n), first()).await.map(drop)).await?;
    let mut next = page(many(0), first()).await?;
    let next_page = timed(rounds, async |_| {
        let ask = ListAsk { after: next.take(), ..first() };
        next = page(many(0), ask).await?;
        Ok(())
    })
    .await?;
    let unread = async |n| page(many(n), ListAsk { unread: true, ..first() }).await.map(drop);
    let unread = timed(rounds, unread).await?;
    // Of the oldest: all of the list is looked through.
    let by_name = async |n| page(many(n), ListAsk { words: Words::of("9999"), ..first() }).await.map(drop);
    let by_name = timed(rounds / 20, by_name).await?;
    let token = Snapshot { rights_version: RightsVersion(1), ..Snapshot::default() };
    let arrive = async |who: Result<UserId>| {
        let arrival = store.arrival(SITE, who?, "sid", &token, &[]).await?;
        ensure!(arrival.dock.windows.len() as i64 == UNREAD, "{} windows", arrival.dock.windows.len());
        Ok(())
    };
    // In turns, so that whatever else the machine does is in both.
    let (mut of_many, mut of_few) = (Vec::new(), Vec::new());
    for n in 0..rounds {
        of_many.extend(timed(1, async |_| arrive(many(n)).await).await?);
        of_few.extend(timed(1, async |_| arrive(few(n)).await).await?);
    }
    let before = std::fs::metadata(&path)?.len();
    let asked = Instant::now();
    while store.index().await? {}
    let index = asked.elapsed();
    store.close().await;
    let grown = std::fs::metadata(&path)?.len().saturating_sub(before);
    let store = SqliteStore::serve(&path).await?;
    // Every message has these words, whoever wrote it.
    let find = async |who: Result<UserId>| {
        let ask = FindAsk { sought: Sought::of("message numb"), limit: FOUND, ..FindAsk::default() };
        let found = store.find(SITE, who?, &ask).await?.found.len();
        ensure!(found == FOUND, "{found} messages");
        Ok(())
    };
    let mut of_those = timed(rounds / 20, async |n| find(many(n)).await).await?;
    let mut of_these = timed(rounds / 20, async |n| find(few(n)).await).await?;
    store.close().await;
    let figure =
        |what: &str, value, unit, goal| Figure::new(format!("inside.list.{what}"), value, unit, goal);
    let ms = |took: &mut Vec<Duration>, part: f64| at(took, part) * 1e3;
    let (mut first_page, mut next_page, mut unread, mut by_name) = (first_page, next_page, unread, by_name);
    let connects = [at(&mut of_many, 0.5), at(&mut of_few, 0.5)];
    Ok(vec![
        figure("messages", f64::from(stored), "1", Goal::None),
        figure("conversations", MANY as f64, "1", Goal::None),
        figure("first_page_p50", ms(&mut first_page, 0.5), "ms", Goal::None),
        figure("first_page_p99", ms(&mut first_page, 0.99), "ms", Goal::AtMost(5.0)),
        figure("next_page_p99", ms(&mut next_page, 0.99), "ms", Goal::AtMost(5.0)),
        figure("unread_p99", ms(&mut unread, 0.99), "ms", Goal::AtMost(5.0)),
        figure("by_name_p99", ms(&mut by_name, 0.99), "ms", Goal::None),
        figure("index_per_message", index.as_secs_f64() * 1e6 / f64::from(stored), "us", Goal::None),
        figure("index_bytes_per_message", grown as f64 / f64::from(stored), "B", Goal::None),
        figure("find_of_10000_p99", ms(&mut of_those, 0.99), "ms", Goal::None),
        figure("find_of_10_p99", ms(&mut of_these, 0.99), "ms", Goal::AtMost(5.0)),
        figure("connect_p50", connects[0] * 1e3, "ms", Goal::None),
        figure("connect_10000_by_10", connects[0] / connects[1], "x", Goal::AtMost(1.1)),
    ])
}

async fn timed(rounds: usize, mut what: impl AsyncFnMut(usize) -> Result<()>) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(rounds);
    for n in 0..rounds {
        let asked = Instant::now();
        what(n).await?;
        took.push(asked.elapsed());
    }
    Ok(took)
}

/// Seconds below which this part of them is.
fn at(took: &mut [Duration], part: f64) -> f64 {
    took.sort_unstable();
    let place = (took.len() as f64 * part) as usize;
    took.get(place.min(took.len().saturating_sub(1))).map_or(f64::NAN, Duration::as_secs_f64)
}

/// One who has a list, or with whom they have talked, from 1 on.
fn number(of: i64, with: i64) -> i64 {
    FIRST + of * 2 * MANY + with
}

fn person(of: i64, with: i64) -> Result<UserId> {
    UserId::new(number(of, with)).ok_or_else(|| anyhow::anyhow!("no user has this number"))
}

/// For each of those with many conversations one with few: the same, but for their number.
fn lists(path: &Path, people: i64) -> Result<()> {
    let conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF")?;
    for of in 0..2 * people {
        let conversations = if of % 2 == 0 { MANY } else { FEW };
        list(&conn, number(of, 0), conversations)?;
    }
    // The messages of a conversation are far apart, as they were written at different times.
    for seq in [1, 2] {
        conn.execute(
            "INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
             SELECT 1, c.conversation, ?1, ?1, iif(?1 = 1, p.user, p.other), \
                    unhex(printf('%012x7%03x8%03x%012x', 1800000000000 + c.conversation % 1000000000, ?1, 0, c.conversation)), \
                    printf('Message number %d of this conversation, as long as most of them are.', ?1), \
                    (abs(p.day) - 1) * 86400000 + c.conversation % 86400000 \
             FROM participants p CROSS JOIN conversations c ON c.conversation = p.conversation \
             WHERE p.user >= ?2 AND p.user < p.other",
            params![seq, FIRST],
        )?;
    }
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(conn.close().map_err(|(_, error)| error)?)
}

/// Conversations of this one and so many others, from the newest on.
fn list(conn: &Connection, owner: i64, conversations: i64) -> Result<()> {
    let numbers = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)";
    let newest = day_of(NEWEST_MS);
    let fill = |sql: String| conn.execute(&format!("{numbers} {sql}"), params![conversations, owner]);
    fill(
        "INSERT INTO users (site, user, rights_version, by_call, removed, snapshot) \
         SELECT 1, ?2 + n, 1, 0, 0, json_object('rights_version', 1, 'name', printf('Person Number %05d', n), \
            'picture', NULL, 'profile_url', NULL, 'lang', 'en', 'hidden', json('false'), 'rights', json('[\"chat\"]'), \
            'circles', json('[{\"id\":\"c1\",\"role\":\"student\",\"title\":\"Course number 1\"}]'), \
            'blocked', json('[]')) FROM numbers"
            .into(),
    )?;
    fill(
        "INSERT INTO conversations (conversation, site, kind, name, seq, rev, last_seq, last_sender, other_seq) \
         SELECT ?2 + n, 1, 1, printf('%d-%d', ?2, ?2 + n), 2, 2, 2, ?2 + n, 1 FROM numbers"
            .into(),
    )?;
    fill(format!(
        "INSERT INTO participants \
            (site, user, kind, conversation, other, read_seq, published_read_seq, day, waits) \
         SELECT 1, iif(side.value, ?2 + n, ?2), 1, ?2 + n, iif(side.value, ?2, ?2 + n), \
                iif(side.value = 0 AND n <= {UNREAD}, 1, 2), 0, {newest} - n / {PER_DAY}, \
                side.value = 0 AND n <= {UNREAD} \
         FROM numbers, json_each('[0,1]') side"
    ))?;
    Ok(())
}
