//! Few bytes that draw many: while people talk, others say `hello` again and again with cursors that draw the largest
//! welcome, and never read. What that costs the people, and the server's memory.
//!
//! Four people attack in turn: one alone would be refused after some sixty hellos, for signing in too often. Quiet and
//! attacked times take turns, so that what else happens on the machine is in both; in each the attackers are others, who
//! have not spent what they may.

use std::{collections::VecDeque, future::pending, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use gchat::{
    clock::now_ms,
    id::{ClientMessageId, ConversationId, Epoch, SiteId, UserId},
    store::{Appended, NewMessage, Store as _, TalkStore as _, sqlite::SqliteStore},
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use uuid::Uuid;

use super::{
    campus::{self, COURSE, Kind, URL},
    crew::Crew,
    frames::{Conversation, Cursor, FEATURES, Outgoing, Position},
    ground::{Ground, Measured, measure, pairs},
    memory,
    orders::{Habits, Order},
    server::Server,
    socket::{Frame, Socket},
    tally::Times,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

const TURNS: u64 = 3;
/// In each turn.
const ATTACKERS: u64 = 4;
/// Each has talked with so many, who have written so many of the largest messages (4,096 characters of four bytes).
const PARTNERS: u64 = 10;
const MESSAGES: u64 = 20;
/// Hellos in a second; so many sockets are open, unread, at any time.
const HELLOS: u32 = 240;
/// What the kernel keeps for an attacker: the rest is the server's to keep.
const UNREAD_BYTES: u32 = 4_096;
/// Numbers of users whose addresses nobody else has.
const ELSEWHERE: u64 = 1_000_000;
const MORE_BYTES: f64 = 20e6;

pub(super) async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let people = plan.pick(480, 4_800);
    let ground = Ground::of_people(plan, "attack", Kind::University, people + COURSE).await?;
    let epoch = write_much(&ground, people).await?;
    let server = ground.serve().await?;
    let mut crew = ground.hire(&server, &pairs(people), 1).await?;
    crew.order(Order::Come { over_ms: plan.pick(1_000, 10_000) }).await?;
    let habits = Habits { says_per_s: plan.pick(1.0, 0.1), types: 0.25, ..Habits::default() };
    crew.order(Order::Live { ms: 3_000, habits }).await?;
    let order = Order::Live { ms: plan.pick(4_000, 20_000), habits };
    let (mut calm, mut attacked) = (Sum::default(), Sum::default());
    let (mut hellos, mut welcome, mut before) = (0, usize::MAX, 0.0);
    for turn in 0..TURNS {
        calm.add(phase(&server, &mut crew, &order, async || pending().await).await?);
        if turn == 0 {
            before = calm.most;
        }
        let mut attack = Attack::new(&ground, server.address, (people, turn), epoch);
        attacked.add(phase(&server, &mut crew, &order, async || attack.go_on().await).await?);
        hellos += attack.hellos;
        welcome = welcome.min(attack.welcome);
    }
    crew.prove().await?;
    server.stop().await?;
    ground.clear()?;
    ensure!(welcome > 100_000, "the welcome of an attacker has {welcome} bytes: that is no attack");
    ensure!(hellos >= TURNS * u64::from(HELLOS), "only {hellos} hellos were sent: that is no attack");

    let (usual, p99) = (calm.delivery.ms(0.99), attacked.delivery.ms(0.99));
    Ok(vec![
        Figure::new("attack.hellos_per_s", hellos as f64 / attacked.wall, "1/s", Goal::None),
        Figure::new("attack.largest_welcome", welcome as f64, "B", Goal::None),
        Figure::new("attack.calm_delivery_p99", usual, "ms", Goal::None),
        Figure::new("attack.delivery_p99", p99, "ms", Goal::None),
        Figure::new("attack.delivery_p99_ratio", p99 / usual, "x", Goal::AtMost(3.0)),
        Figure::new("attack.more_memory", attacked.most - before, "B", Goal::AtMost(MORE_BYTES)),
        Figure::new(
            "attack.more_cores",
            attacked.cpu / attacked.wall - calm.cpu / calm.wall,
            "cores",
            Goal::None,
        ),
    ])
}

/// All calm times, or all attacked ones.
#[derive(Default)]
struct Sum {
    delivery: Times,
    cpu: f64,
    wall: f64,
    /// Bytes.
    most: f64,
}

impl Sum {
    fn add(&mut self, (measured, most): (Measured, f64)) {
        self.delivery += measured.tally.delivery;
        self.cpu += measured.cpu;
        self.wall += measured.wall;
        self.most = self.most.max(most);
    }
}

/// Gives an order while something else goes on. Also returns the most bytes that the server had meanwhile.
async fn phase(
    server: &Server,
    crew: &mut Crew,
    order: &Order,
    beside: impl AsyncFnOnce() -> Result<()>,
) -> Result<(Measured, f64)> {
    let mut most = 0.0_f64;
    let look = async {
        let mut ticks = interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            most = most.max(memory::anonymous(server.id())?);
        }
    };
    let measured = tokio::select! {
        measured = measure(server, crew, *order) => measured?,
        looked = look => return looked,
        ended = beside() => return Err(ended.err().context("what goes on beside people has ended")?),
    };
    Ok((measured, most))
}

fn attackers(people: u64, turn: u64) -> impl Iterator<Item = u64> {
    let first = people + turn * ATTACKERS + 1;
    first..first + ATTACKERS
}

fn partners(people: u64) -> impl Iterator<Item = u64> {
    let first = people + TURNS * ATTACKERS + 1;
    first..first + PARTNERS
}

/// Fills the attackers' conversations. Returns the store's epoch.
async fn write_much(ground: &Ground<'_>, people: u64) -> Result<Epoch> {
    let store = SqliteStore::open(&ground.database).await?;
    let text: Arc<str> = "\u{1F600}".repeat(4_096).into();
    for attacker in (0..TURNS).flat_map(|turn| attackers(people, turn)) {
        let written = partners(people).flat_map(|partner| (0..MESSAGES).map(move |_| partner));
        let written = written.map(|partner| message(attacker, partner, text.clone()));
        // At once: many commits are one.
        try_join_all(written.map(async |message| {
            let appended = store.append(message.context("users are numbered from 1")?).await?;
            ensure!(matches!(appended, Appended::New { .. }), "it was sent before");
            Ok(())
        }))
        .await?;
    }
    let epoch = store.epoch();
    store.close().await;
    Ok(epoch)
}

fn message(to: u64, from: u64, text: Arc<str>) -> Option<NewMessage> {
    let user = |number: u64| UserId::new(i64::try_from(number).ok()?);
    let sender = user(from)?;
    Some(NewMessage {
        site: SiteId(1),
        conversation: ConversationId::between(user(to)?, sender)?,
        sender,
        client_message_id: ClientMessageId(Uuid::now_v7()),
        text,
        reply_to: None,
        mentions: Vec::new(),
        sent_at: now_ms(),
    })
}

/// Hellos, at their times: one whose socket is slow to open delays no other.
struct Attack {
    server: SocketAddr,
    /// Of each attacker.
    hellos_of: Vec<Arc<str>>,
    opening: JoinSet<Result<Socket>>,
    unread: VecDeque<Socket>,
    begun: u64,
    /// That were sent.
    hellos: u64,
    /// Bytes of the first answer.
    welcome: usize,
}

impl Attack {
    fn new(ground: &Ground<'_>, server: SocketAddr, (people, turn): (u64, u64), epoch: Epoch) -> Self {
        let hello = |attacker: u64| {
            let conversation =
                |partner| Position { conversation: Conversation::between(attacker, partner), rev: 0, seq: 0 };
            let conversations: Vec<_> = partners(people).map(conversation).collect();
            let cursor = Some(Cursor { epoch: epoch.0, conversations: &conversations });
            let (token, session) = (&*ground.campus.token(attacker), Uuid::new_v4());
            let (visible, features, rosters) = (false, FEATURES, None);
            Outgoing::Hello { protocol: 1, token, session, visible, features, cursor, rosters }
                .encode()
                .into()
        };
        let hellos_of = attackers(people, turn).map(hello).collect();
        let (opening, unread) = Default::default();
        Self { server, hellos_of, opening, unread, begun: 0, hellos: 0, welcome: 0 }
    }

    /// Until it is dropped.
    async fn go_on(&mut self) -> Result<()> {
        let mut first = self.next_hello().await?;
        if let Frame::Text(welcome) = first.next().await? {
            self.welcome = welcome.len();
        }
        let mut ticks = interval(Duration::from_secs(1) / HELLOS);
        // One that came late is made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                _ = ticks.tick(), if self.opening.len() < HELLOS as usize => {
                    let hello = self.next_hello();
                    self.opening.spawn(hello);
                }
                Some(opened) = self.opening.join_next() => {
                    self.unread.push_back(opened??);
                    self.hellos += 1;
                    if self.unread.len() > HELLOS as usize {
                        self.unread.pop_front();
                    }
                }
            }
        }
    }

    fn next_hello(&mut self) -> impl Future<Output = Result<Socket>> + use<> {
        let number = self.begun;
        self.begun += 1;
        let (server, from) = (self.server, campus::address(ELSEWHERE + number));
        let hello = self.hellos_of[(number % ATTACKERS) as usize].clone();
        async move {
            let mut socket = Socket::open_narrow(server, from, URL, UNREAD_BYTES).await?;
            socket.send(&hello).await?;
            Ok(socket)
        }
    }
}
