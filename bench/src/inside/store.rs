//! The store alone: durable appends onto millions of messages, with nothing in front of it.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use gchat::{
    clock::now_ms,
    id::{ClientMessageId, ConversationId, SiteId, UserId},
    store::{Appended, NewMessage, SiteStore as _, Store as _, TalkStore as _, sqlite::SqliteStore},
};
use rusqlite::Connection;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{campus::site, meter};
use crate::{
    aside,
    figure::{Figure, Goal},
    plan::Plan,
};

/// Messages of a conversation at the start.
const EACH: u32 = 50;
/// Callers who wait for their commit at the same time.
const CALLERS: usize = 1_000;

pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let stored: u32 = plan.pick(1_000_000, 10_000_000);
    let appends: u32 = plan.pick(60_000, 400_000);
    let path = plan.folder.join("store.db");
    fill(&path, stored).await?;
    let started = Instant::now();
    let store = Arc::new(SqliteStore::serve(&path).await?);
    let start = started.elapsed().as_secs_f64();
    let mut figures = vec![
        Figure::new("inside.store.messages", f64::from(stored), "1", Goal::None),
        Figure::new("inside.store.start", start, "s", Goal::AtMost(2.0)),
        Figure::new("inside.store.flush_floor", flush_floor(&plan.folder)?, "ms", Goal::None),
    ];
    // Once before it counts: the statements are made, the file's pages are in memory.
    append(&store, stored / EACH, appends / 4, plan.seed).await?;
    let mut rounds = Vec::new();
    for round in 1..=3 {
        rounds.push(append(&store, stored / EACH, appends, plan.seed + round).await?);
    }
    let best = |pick: fn(&Round) -> f64| rounds.iter().map(pick).fold(f64::INFINITY, f64::min);
    figures.push(Figure::new(
        "inside.store.appends",
        1.0 / best(|r| r.seconds),
        "1/s",
        Goal::AtLeast(20_000.0),
    ));
    figures.push(Figure::new("inside.store.cpu_per_append", best(|r| r.cpu) * 1e6, "us", Goal::AtMost(50.0)));
    figures.push(Figure::new("inside.store.p99", best(|r| r.p99) * 1e3, "ms", Goal::None));
    store.close().await;
    Ok(figures)
}

/// One append's share of wall time and processor time, and the 99th of a hundred waits, seconds.
struct Round {
    seconds: f64,
    cpu: f64,
    p99: f64,
}

async fn append(store: &Arc<SqliteStore>, conversations: u32, appends: u32, seed: u64) -> Result<Round> {
    let (started, cpu) = (Instant::now(), meter::cpu_of(&[""])?);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = store.clone();
        let share = appends as usize / CALLERS;
        callers.spawn(async move {
            let mut drawn = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ caller as u64;
            let mut waits = Vec::with_capacity(share);
            for _ in 0..share {
                drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let lower = i64::try_from((drawn >> 33) % u64::from(conversations))? + 1;
                let message = message(lower, drawn & (1 << 40) == 0).context("a pair is two")?;
                let asked = Instant::now();
                ensure!(matches!(store.append(message).await?, Appended::New { .. }), "it was sent before");
                waits.push(asked.elapsed());
            }
            Ok::<_, anyhow::Error>(waits)
        });
    }
    let mut waits: Vec<Duration> = Vec::with_capacity(appends as usize);
    while let Some(done) = callers.join_next().await {
        waits.extend(done??);
    }
    let n = waits.len() as f64;
    waits.sort_unstable();
    Ok(Round {
        seconds: started.elapsed().as_secs_f64() / n,
        cpu: (meter::cpu_of(&[""])? - cpu) / n,
        p99: waits[waits.len() * 99 / 100].as_secs_f64(),
    })
}

fn message(lower: i64, by_lower: bool) -> Option<NewMessage> {
    let (a, b) = (UserId::new(lower)?, UserId::new(lower + 1)?);
    Some(NewMessage {
        site: SiteId(1),
        conversation: ConversationId::between(a, b)?,
        sender: if by_lower { a } else { b },
        client_message_id: ClientMessageId(Uuid::now_v7()),
        text: "Shall we meet in the library at four, before the seminar? I have the book.".into(),
        reply_to: None,
        mentions: Vec::new(),
        sent_at: now_ms(),
    })
}

/// Milliseconds of one write of a page and its flush: the middle of many.
fn flush_floor(folder: &Path) -> Result<f64> {
    let mut file = File::create(folder.join("flush"))?;
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        took.push(started.elapsed());
    }
    took.sort_unstable();
    Ok(took[took.len() / 2].as_secs_f64() * 1e3)
}

/// Makes the file and so many messages between neighbours, as if they had been sent long ago, with all that hangs on
/// them: users, read marks, windows.
pub async fn fill(path: &Path, messages: u32) -> Result<()> {
    let store = SqliteStore::make(path).await?;
    store.add_site(site()).await?;
    store.close().await;
    let path = path.to_owned();
    aside::run(move || history(&path, messages)).await
}

fn history(path: &Path, messages: u32) -> Result<()> {
    let conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF")?;
    let conversations = messages / EACH;
    let numbers = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)";
    let tables = [
        (
            conversations + 1,
            "INSERT INTO users (site, user, rights_version, by_call, removed, snapshot) SELECT 1, n, 1, 0, 0, \
             json_object('rights_version', 1, 'name', printf('Person Number %07d', n), 'picture', NULL, \
             'profile_url', NULL, 'lang', 'en', 'hidden', json('false'), 'rights', json('[\"chat\"]'), \
             'circles', json('[{\"id\":\"c1\",\"role\":\"student\",\"title\":\"Course number 1\"}]'), \
             'blocked', json('[]')) FROM numbers",
        ),
        (
            conversations,
            "INSERT INTO conversations (conversation, site, kind, name, seq, rev, last_seq, last_sender, other_seq) \
             SELECT n, 1, 1, printf('%d-%d', n, n + 1), 50, 50, 50, n + 1, 49 FROM numbers",
        ),
        (
            conversations,
            "INSERT INTO participants (site, user, kind, conversation, other, read_seq, published_read_seq, day) \
             SELECT 1, n + side.value, 1, n, n + 1 - side.value, 50, 50, 1 + n % 1000 FROM numbers, json_each('[0,1]') side",
        ),
        (
            conversations,
            "INSERT INTO docks (site, user, name, other, state, version, opened, closed_seq) \
             SELECT 1, n + side.value, printf('%d-%d', n, n + 1), n + 1 - side.value, 2, 1, 1, 0 FROM numbers, json_each('[0,1]') side",
        ),
        (
            messages,
            "INSERT INTO messages (message, site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
             SELECT n, 1, (n - 1) / 50 + 1, (n - 1) % 50 + 1, (n - 1) % 50 + 1, (n - 1) / 50 + 1 + (n - 1) % 2, \
             unhex(printf('%012x7%03x8%03x%012x', 1700000000000 + n, n % 4096, 0, n)), \
             printf('Message number %d of this conversation, as long as most of them are.', n), \
             1700000000000 + n FROM numbers",
        ),
    ];
    for (n, sql) in tables {
        conn.execute(&format!("{numbers} {sql}"), [n])?;
    }
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(conn.close().map_err(|(_, error)| error)?)
}
