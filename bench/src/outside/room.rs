//! One room with thousands of members, who all look at a page: some have it open and write there, pairs of others talk
//! directly, and everybody else does nothing but hear that something was written.
//!
//! Those who do nothing have a process of clients of their own: a dot for each of them at once is the server's to send,
//! and not what the clients that take times are to wait for.

use anyhow::{Context as _, Result, ensure};
use gchat::{
    clock::now_ms,
    id::{RightsVersion, SiteId},
    store::{CourseRooms, PeopleStore as _, Store as _, TalkStore as _, sqlite::SqliteStore},
};
use tokio::try_join;

use super::{
    campus::{Kind, circle},
    crew::{Crew, Hire},
    frames::Conversation,
    ground::{Ground, SAMPLE, measure},
    orders::{Habits, Order, Pair, Room},
    server::Server,
};
use crate::{
    figure::{Figure, Goal},
    inside,
    plan::Plan,
};

/// Pairs who talk directly, a message a second each of them.
const PAIRS: u64 = 100;
const DIRECT_PER_S: f64 = 1.0;

/// Messages of all who have the room open.
const IN_ROOM_PER_S: f64 = 20.0;

/// Until the first dot has come.
const WARM_MS: u64 = 6_000;

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = plan.pick(2_000, 10_000);
    let open = plan.pick(60, 300);
    let ground = Ground::of_people(plan, "room", Kind::OneCourse, people).await?;
    switch_on(&ground).await?;
    let server = ground.serve().await?;
    let room = Room { conversation: Conversation::room(&circle(0)).map_err(anyhow::Error::msg)?, open };
    // Those who have it open come first, then those who talk.
    let (open_pairs, busy) = (open / 2, open / 2 + PAIRS);
    let is_sampled = |n: u64| (open_pairs..busy).contains(&n) && (n - open_pairs).is_multiple_of(SAMPLE);
    let pair = |n: u64| Pair { a: 2 * n + 1, b: 2 * n + 2, sampled: is_sampled(n) };
    let pairs: Vec<Pair> = (0..people / 2).map(pair).collect();
    let (busy, quiet) = pairs.split_at(usize::try_from(busy)?);
    let mut busy = hire(&ground, &server, "room", busy, room).await?;
    let mut quiet = hire(&ground, &server, "room-quiet", quiet, room).await?;
    let over_ms = plan.pick(8_000, 60_000);
    try_join!(busy.order(Order::Come { over_ms }), quiet.order(Order::Come { over_ms }))?;
    let says_in_room_per_s = IN_ROOM_PER_S / open as f64;
    let habits = Habits { says_per_s: DIRECT_PER_S, says_in_room_per_s, reads: 1.0, ..Habits::default() };
    let silence = |ms| Order::Live { ms, habits: Habits::default() };
    try_join!(busy.order(Order::Live { ms: WARM_MS, habits }), quiet.order(silence(WARM_MS)))?;
    let ms = plan.pick(20_000, 60_000);
    let (live, heard) =
        try_join!(measure(&server, &mut busy, Order::Live { ms, habits }), quiet.order(silence(ms)))?;
    busy.prove().await?;
    quiet.leave().await?;
    server.stop().await?;
    ground.clear()?;

    let (tally, mut of_room) = (&live.tally, live.tally.room.clone());
    of_room += heard.room;
    ensure!(of_room.dots >= people - open, "{} dots for {} people", of_room.dots, people - open);
    let per_s = |count: u64| count as f64 * 1e3 / ms as f64;
    let p99 = of_room.ack.ms(0.99);
    let figure = |what: &str, value, unit, goal| Figure::new(format!("room.{what}"), value, unit, goal);
    Ok(vec![
        figure("people", people as f64, "1", Goal::None),
        figure("people_with_it_open", open as f64, "1", Goal::None),
        figure("server_cores", live.cpu / live.wall, "cores", Goal::AtMost(1.0)),
        figure("messages_per_s", per_s(of_room.acked), "1/s", Goal::None),
        figure("deliveries_per_s", per_s(of_room.delivered), "1/s", Goal::None),
        figure("direct_messages_per_s", per_s(tally.acked), "1/s", Goal::None),
        figure("ack_p99", p99, "ms", Goal::None),
        figure("direct_ack_p99", tally.ack.ms(0.99), "ms", Goal::None),
        figure("ack_p99_by_direct", p99 / tally.ack.ms(0.99), "x", Goal::AtMost(2.0)),
        figure("delivery_p50", of_room.delivery.ms(0.5), "ms", Goal::None),
        figure("delivery_p99", of_room.delivery.ms(0.99), "ms", Goal::None),
        figure("direct_delivery_p99", tally.delivery.ms(0.99), "ms", Goal::None),
        figure(
            "dots_per_member_and_second",
            of_room.dots as f64 * 1e6 / of_room.between_dots_us as f64,
            "1/s",
            Goal::AtMost(0.2),
        ),
        figure("connect_60_by_2", inside::rooms::connects(plan)?, "x", Goal::AtMost(1.1)),
    ])
}

/// Has the host switch on the course's room: what `PUT circles` commits.
async fn switch_on(ground: &Ground<'_>) -> Result<()> {
    let store = SqliteStore::open(&ground.database).await?;
    let (site, course) = (SiteId(1), circle(0));
    let floor = store.raise_floor(site, &course, RightsVersion(1), now_ms()).await?;
    let rooms = CourseRooms { closed: false, title: "Introduction to everything".into(), groups: Vec::new() };
    let is_on = store.put_course_rooms(site, &course, floor.version, Some(rooms)).await?;
    store.close().await;
    is_on.then_some(()).context("the course has no room")
}

async fn hire(ground: &Ground<'_>, server: &Server, name: &str, pairs: &[Pair], room: Room) -> Result<Crew> {
    let (plan, campus, server) = (ground.plan, &ground.campus, server.address);
    let (processes, watchers, room) = (1, 0, Some(room));
    Hire { plan, name, server, campus, pairs, processes, watchers, room }.start().await
}
