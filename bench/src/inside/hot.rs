//! Instructions of the hot paths, as callgrind counts them: the same on a quiet and on a busy machine.
//!
//! A path is run so many times, and twice as many times, in a process of its own; the difference is the path's, without
//! what comes before and after it.

use std::{hint::black_box, path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail, ensure};
use gchat::{
    auth,
    clock::now_ms,
    conversation::{Changes, Message},
    error::Close,
    hub::{self, Hub, Kind, Outbound, Registration},
    id::{CircleId, ClientMessageId, ConnectionId, ConversationId, Rev, Seq, SessionId, SiteId, UserId},
    protocol::{self, ChangesFrame, Contact, ServerFrame},
    rights::{Policy, Role},
    roster::course::{Course, Person, View},
    sites::Sites,
    store::{SiteStore as _, sqlite::SqliteStore},
    ws::socket::Socket,
};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::{
    callgrind::{instructions, once_and_twice},
    campus::{COURSES_OF_MANY, Courses, site, token},
    fanout, rooms, whole,
    wire::wire,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// Each path and how often it is run.
const PATHS: [(&str, u32); 8] = [
    ("frame_in", 2_000),
    ("frame_out", 2_000),
    ("token", 200),
    ("roster_diff", 200),
    ("ack", 2_000),
    ("fan_out", 2_000),
    ("message", 400),
    ("page_load", 240),
];

/// Runs each path under callgrind, by starting this program again as `hot NAME TIMES FOLDER`.
pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (path, times) in PATHS {
        let (once, twice) = once_and_twice(path, times, &plan.folder)?;
        let each = (instructions(&twice)? - instructions(&once)?) / f64::from(times);
        figures.push(Figure::new(format!("inside.instructions.{path}"), each, "1", Goal::None));
    }
    Ok(figures)
}

/// Runs one path so many times.
pub async fn work(path: &str, times: u32, folder: &Path) -> Result<()> {
    match path {
        "frame_in" => frames_in(times).await,
        "frame_out" => frames_out(times).await,
        "token" => tokens(times, folder).await,
        "roster_diff" => roster_diffs(times),
        "ack" => acks(times),
        "fan_out" => fan_outs(times),
        "message" => whole::messages(times, folder).await,
        "page_load" => whole::page_loads(times, folder).await,
        fanout::FEW => fanout::tell(fanout::FEW_VIEWERS, times, folder).await,
        fanout::MANY => fanout::tell(2 * fanout::FEW_VIEWERS, times, folder).await,
        fanout::ROOM_OF_FEW => fanout::tell_room(fanout::FEW_MEMBERS, times, folder).await,
        fanout::ROOM_OF_MANY => fanout::tell_room(2 * fanout::FEW_MEMBERS, times, folder).await,
        rooms::IN_TWO => rooms::page_loads(rooms::TWO, times, folder).await,
        rooms::IN_ALL => rooms::page_loads(COURSES_OF_MANY, times, folder).await,
        _ => bail!("no hot path {path}"),
    }
}

/// A message of a hundred bytes: from the stream to a frame of the protocol.
async fn frames_in(times: u32) -> Result<()> {
    let (mut client, server) = wire(&Arc::default());
    let mut socket = Socket::new(server, 65_536);
    let text = format!(
        r#"{{"type":"send","client_message_id":"{}","conversation":"2-3","text":"Shall we meet at four?"}}"#,
        Uuid::from_u128(7 << 76 | 2 << 62)
    );
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend(u16::try_from(text.len())?.to_be_bytes());
    frame.extend([1, 2, 3, 4]);
    frame.extend(text.bytes().enumerate().map(|(n, byte)| byte ^ [1, 2, 3, 4][n % 4]));
    for _ in 0..times {
        client.write_all(&frame).await?;
        let Ok(gchat::ws::socket::Message::Text(text)) = socket.receive().await else { bail!("no text") };
        black_box(protocol::read(&text).is_ok());
    }
    Ok(())
}

/// One frame for one connection: from the shared bytes to the stream.
async fn frames_out(times: u32) -> Result<()> {
    let (mut client, server) = wire(&Arc::default());
    let mut socket = Socket::new(server, 65_536);
    let frames = [hub::encode(&changes(1)?)];
    for _ in 0..times {
        ensure!(socket.send(&frames).await.is_ok(), "the wire is cut");
        client.discard();
    }
    Ok(())
}

/// A user token with three courses, checked.
async fn tokens(times: u32, folder: &Path) -> Result<()> {
    let store = SqliteStore::make(folder.join("hot.db")).await?;
    store.add_site(site()).await?;
    let sites = Sites::load(Arc::new(store)).await?;
    let token = token(7, Courses::Three { people: 1_000 });
    for _ in 0..times {
        black_box(auth::user_token(&sites, &token, now_ms()).await.is_ok());
    }
    Ok(())
}

/// A teacher joins a course of a thousand and is seen in its window; the next time they leave again.
fn roster_diffs(times: u32) -> Result<()> {
    let circle: CircleId = "c1".parse().ok().context("a circle")?;
    let view = View::shared(circle.clone(), Role::Student);
    let (held, taught) = ([(&circle, Role::Student)], [(&circle, Role::Teacher)]);
    let mut course = Course::default();
    for user in 2..1_000 {
        course.put(&person(user)?, &held);
    }
    let version = || 1;
    course.snapshot(&view, Policy::default(), 100, version);
    let first = person(1)?;
    for turn in 0..times {
        if turn % 2 == 0 {
            course.put(&first, &taught);
        } else {
            course.remove(first.id());
        }
        black_box(course.flush(&view, Policy::default(), 100, true, version).is_some());
    }
    Ok(())
}

/// An ack, encoded.
fn acks(times: u32) -> Result<()> {
    for turn in 0..times {
        let ack = ServerFrame::Ack {
            id: Uuid::from_u128(u128::from(turn)),
            conversation: between(2, 3)?,
            seq: Seq(i64::from(turn)),
            rev: Rev(i64::from(turn)),
            sent_at: 1_700_000_000_000,
            mine: None,
        };
        black_box(ack.encode());
    }
    Ok(())
}

/// A committed message to two people with two connections each: encoded once, queued four times, taken out again.
fn fan_outs(times: u32) -> Result<()> {
    let hub = Arc::new(Hub::default());
    let seats: Vec<Registration> = [2, 3, 2, 3]
        .into_iter()
        .zip(0..)
        .map(|(user, id)| {
            let user = UserId::new(user).context("a user")?;
            let (session, out) = (SessionId(Uuid::from_u128(u128::from(id))), Outbound::new(256, 1 << 20));
            Ok(hub.register(ConnectionId(id), (SiteId(1), user), "login".into(), session, true, out))
        })
        .collect::<Result<_>>()?;
    for turn in 0..times {
        let frame = hub::encode(&changes(turn + 1)?);
        for user in [2, 3] {
            hub.deliver(SiteId(1), UserId::new(user).context("a user")?, &frame, &Kind::Vital);
        }
        for seat in &seats {
            black_box(seat.out.take().frames.len());
        }
    }
    seats.iter().for_each(|seat| seat.out.close(Close::Restart));
    Ok(())
}

fn between(a: i64, b: i64) -> Result<ConversationId> {
    UserId::new(a)
        .zip(UserId::new(b))
        .and_then(|(a, b)| ConversationId::between(a, b))
        .context("a pair is two")
}

/// The turn's message of a conversation.
pub(super) fn message(turn: u32) -> Result<Message> {
    Ok(Message {
        seq: Seq(i64::from(turn)),
        rev: Rev(i64::from(turn)),
        sender: UserId::new(2).context("a user")?,
        client_message_id: Some(ClientMessageId(Uuid::from_u128(u128::from(turn)))),
        text: Some("Shall we meet in the library at four, before the seminar?".into()),
        sent_at: 1_700_000_000_000,
        system: None,
        mentions: Vec::new(),
        reactions: Vec::new(),
        mine: Vec::new(),
        reply_to: None,
        edited_at: None,
        deleted: None,
        verb_id: None,
    })
}

fn changes(turn: u32) -> Result<ServerFrame> {
    let changes = Arc::new(Changes::of(between(2, 3)?, Seq(1), vec![message(turn)?]));
    Ok(ServerFrame::Changes(ChangesFrame { request: None, changes }))
}

fn person(user: i64) -> Result<Arc<Person>> {
    Ok(Person::new(Contact {
        id: UserId::new(user).context("a user")?,
        name: format!("Person Number {user:07}").into(),
        picture: Some(format!("https://campus.example/pluginfile.php/{user}/user/icon/f2").into()),
        profile_url: Some(format!("https://campus.example/user/profile.php?id={user}").into()),
        role: None,
        status: None,
    }))
}
