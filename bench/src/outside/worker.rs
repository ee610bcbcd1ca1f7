//! A process of clients: this binary again, told what to do on standard input (`orders`), answering on standard output.
//!
//! One thread: a generator that wants more cores has more processes. It ends with its standard input, so that none is
//! left behind by a run that was killed.

use std::{
    cell::{Cell, RefCell},
    io::Write as _,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use gchat_soak::history::{self, Log};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines, Stdin, stdin},
    sync::{Notify, Semaphore, watch},
    task::LocalSet,
    time::{Instant, sleep, timeout},
};

use super::{
    campus::now_us,
    client::{Client, Shared, Who},
    orders::{Cast, Order},
    tally::{RoomTally, Tally},
};

/// Connections that one process opens at once, when it is to be fast.
const DOORS: usize = 1_000;

/// Until the last deliveries have come after the last acks.
const ARRIVING: Duration = Duration::from_secs(30);

/// Runs until the last order.
pub fn run() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, work())
}

async fn work() -> Result<()> {
    let mut lines = BufReader::new(stdin()).lines();
    let cast: Cast = read(&mut lines).await?.context("a crew needs a cast")?;
    let shared = Rc::new(Shared {
        tally: RefCell::default(),
        log: Log::new(None)?,
        done: Cell::new(0),
        changed: Notify::new(),
        doors: Semaphore::new(DOORS),
        began: (Instant::now(), now_us()),
        cast,
    });
    let (tell, orders) = watch::channel((0, Order::End));
    let clients = spawn(&shared, &orders);
    drop(orders);
    answer(&Tally::default())?;
    for number in 1.. {
        let Some(order) = read::<Order>(&mut lines).await? else { return Ok(()) };
        shared.done.set(0);
        tell.send_replace((number, order));
        while shared.done.get() < clients {
            tokio::select! {
                () = shared.changed.notified() => {}
                // Standard input says nothing before the answer, unless it ends.
                _ = lines.next_line() => return Ok(()),
            }
        }
        if matches!(order, Order::Live { .. }) {
            until_delivered(&shared).await;
        }
        if matches!(order, Order::End) {
            history::write(&shared.cast.history, &shared.log.take()?)?;
        }
        answer(&shared.tally.take())?;
    }
    Ok(())
}

/// Two clients for each pair.
fn spawn(shared: &Rc<Shared>, orders: &watch::Receiver<(u64, Order)>) -> usize {
    let people = shared.cast.pairs.iter().flat_map(|p| [(p.a, p.b, p.sampled), (p.b, p.a, p.sampled)]);
    let mut clients = 0;
    for (n, (user, partner, sampled)) in people.enumerate() {
        let me = shared.cast.first + u32::try_from(n).unwrap_or(u32::MAX);
        let in_room = shared.cast.room.is_some_and(|room| user <= room.open);
        let who = Who { me, user, partner, sampled, watches: n < shared.cast.watchers, in_room };
        let client = Box::new(Client::new(who, shared.clone(), orders.clone()));
        tokio::task::spawn_local(client.live());
        clients += 1;
    }
    clients
}

/// Every message that was acknowledged reaches the other person's browser, and one of the room that of everybody who has
/// it open, or this says so.
async fn until_delivered(shared: &Shared) {
    let listeners = shared.cast.room.map_or(0, |room| room.open);
    let delivered = async {
        let is_missing = |tally: &Tally| {
            tally.delivered < tally.acked || tally.room.delivered < tally.room.acked * listeners
        };
        while is_missing(&shared.tally.borrow()) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let in_time = timeout(ARRIVING, delivered).await.is_ok();
    let mut tally = shared.tally.borrow_mut();
    if !in_time || tally.delivered != tally.acked {
        let what = format!("{} messages were acknowledged, {} delivered", tally.acked, tally.delivered);
        tally.troubles.push(what);
    }
    let RoomTally { acked, delivered, .. } = tally.room;
    // A process without them hears nothing of it, and acknowledged nothing.
    if delivered != acked * listeners {
        let what = format!("{acked} messages of the room were acknowledged, {delivered} reached {listeners}");
        tally.troubles.push(what);
    }
}

async fn read<T: serde::de::DeserializeOwned>(lines: &mut Lines<BufReader<Stdin>>) -> Result<Option<T>> {
    let line = lines.next_line().await?;
    line.map(|line| serde_json::from_str(&line).with_context(|| format!("no order: {line:.100}"))).transpose()
}

fn answer(tally: &Tally) -> Result<()> {
    let mut line = serde_json::to_vec(tally)?;
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&line)?;
    Ok(out.flush()?)
}
