//! One client of one person: comes, stays, walks, writes, reads and comes back as `protocol/README.md` asks.
//!
//! `hear` has what it makes of frames. It tallies what all clients count; what happens to a person who is sampled also
//! goes into the history that the checker judges.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use gchat_soak::history::{ClientId, Log, What, hash};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use uuid::Uuid;

use super::{
    campus::{self, now_us},
    frames::{Conversation, Cursor, FEATURES, HeldRosters, Outgoing, Position, RosterVersion, State},
    orders::{Cast, Habits, Order},
    socket::{Frame, Socket},
    tally::Tally,
};

mod hear;
mod prove;

/// For a connection's opening and signing in; of a whole stampede, so the last waits for all.
const PATIENCE: Duration = Duration::from_secs(60);

/// After its time, a writer waits so long for the last ack. A server that cannot keep up is slow, and that is told by
/// the times; one that never answers is wrong.
const FLUSH: Duration = Duration::from_secs(120);

/// From one page to the next, until the new page's script connects.
const PAGE_LOAD: Duration = Duration::from_millis(300);

/// Of the backoff of the reference client.
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MOST: Duration = Duration::from_secs(30);

/// A token is used again until it has only this long to live.
const RENEW_BEFORE: Duration = Duration::from_secs(180);

/// Characters of a message.
const TEXT: usize = 120;

/// What all clients of one process share.
pub(super) struct Shared {
    pub(super) cast: Cast,
    pub(super) tally: RefCell<Tally>,
    pub(super) log: Log,
    /// Clients that have done what the last order asks.
    pub(super) done: Cell<usize>,
    pub(super) changed: Notify,
    /// Connections that are being opened at once.
    pub(super) doors: Semaphore,
    /// The same moment on both clocks.
    pub(super) began: (Instant, u64),
}

impl Shared {
    fn us(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.began.0);
        self.began.1 + u64::try_from(since.as_micros()).unwrap_or(0)
    }
}

/// A message until its answer.
struct Letter {
    id: Uuid,
    text: String,
    /// When it was sent last, µs; 0: not on this connection.
    sent: u64,
    /// When it was meant to be sent, µs.
    meant: u64,
}

/// Who a client is.
#[derive(Clone, Copy)]
pub(super) struct Who {
    pub(super) me: ClientId,
    pub(super) user: u64,
    pub(super) partner: u64,
    pub(super) sampled: bool,
    pub(super) watches: bool,
    /// Has the room open, and writes there.
    pub(super) in_room: bool,
}

/// One client.
pub(super) struct Client {
    who: Who,
    conversation: Conversation,
    shared: Rc<Shared>,
    orders: watch::Receiver<(u64, Order)>,
    rng: SmallRng,
    socket: Option<Socket>,
    session: Uuid,
    token: Box<str>,
    token_ends: Instant,
    /// Epoch of the store and boot of the server, once welcomed.
    server: Option<(Uuid, Uuid)>,
    /// The conversation in which they write first, then those that the dock showed.
    held: Vec<Position>,
    /// Version of the dock that was shown last.
    dock: u64,
    /// It has the room open.
    room_is_open: bool,
    /// When the last dot came, µs; 0: none has.
    dotted: u64,
    /// Tells not before this what it has read in the room.
    read_next: Instant,
    rosters: Vec<RosterVersion>,
    /// This connection was welcomed.
    seated: bool,
    /// Rosters that are still to come after a welcome, and how many those were at first.
    awaited: (usize, usize),
    /// When this connection was meant to be opened, µs.
    meant: u64,
    outbox: VecDeque<Letter>,
    /// Writes nothing before.
    hold: Option<Instant>,
    /// Not before this does it come back, as the server has asked.
    come_back: Option<Instant>,
    requests: HashMap<u32, hear::Asked>,
    request: u32,
    habits: Habits,
    /// While it may begin something new.
    until: Instant,
}

impl Client {
    pub(super) fn new(who: Who, shared: Rc<Shared>, orders: watch::Receiver<(u64, Order)>) -> Self {
        let room = shared.cast.room.filter(|_| who.in_room);
        let conversation =
            room.map_or_else(|| Conversation::between(who.user, who.partner), |room| room.conversation);
        if who.sampled {
            shared.log.add(who.me, What::Client { user: who.user });
        }
        let rng = SmallRng::seed_from_u64(shared.cast.seed ^ who.user.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let now = Instant::now();
        Self {
            who,
            conversation,
            shared,
            orders,
            rng,
            socket: None,
            session: Uuid::new_v4(),
            token: "".into(),
            token_ends: now,
            server: None,
            held: vec![Position { conversation, rev: 0, seq: 0 }],
            dock: 0,
            room_is_open: false,
            dotted: 0,
            read_next: now,
            rosters: Vec::new(),
            seated: false,
            awaited: (0, 0),
            meant: 0,
            outbox: VecDeque::new(),
            hold: None,
            come_back: None,
            requests: HashMap::new(),
            request: 0,
            habits: Habits::default(),
            until: now,
        }
    }

    /// Follows orders until the last. Boxed, as a future would hold it twice.
    pub(super) async fn live(mut self: Box<Self>) {
        let mut heeded = 0;
        loop {
            let (number, order) = *self.orders.borrow_and_update();
            if number > heeded {
                heeded = number;
                match order {
                    Order::Come { over_ms } => Box::pin(self.arrive(over_ms)).await,
                    Order::Stampede => {
                        self.drop_socket();
                        Box::pin(self.arrive(0)).await;
                    }
                    Order::Live { ms, habits } => Box::pin(self.go_about(ms, habits)).await,
                    Order::Prove if self.who.sampled => Box::pin(self.prove()).await,
                    Order::Prove => {}
                    Order::End => {
                        if let Some(socket) = self.socket.take() {
                            socket.leave().await;
                        }
                        self.is_done();
                        return;
                    }
                }
                self.is_done();
            }
            self.stay().await;
        }
    }

    fn is_done(&self) {
        self.shared.done.set(self.shared.done.get() + 1);
        self.shared.changed.notify_one();
    }

    fn log(&self, what: What) {
        if self.who.sampled {
            self.shared.log.add(self.who.me, what);
        }
    }

    fn trouble(&self, what: &str) {
        self.shared.tally.borrow_mut().troubles.push(format!("user {}: {what}", self.who.user));
    }

    /// Until the next order: hears what comes, renews the lease, and comes back if the socket is lost. What an event needs
    /// is boxed: thousands wait here.
    async fn stay(&mut self) {
        loop {
            let renew_at = self.token_ends - RENEW_BEFORE;
            let Some(socket) = &mut self.socket else {
                if self.server.is_some() {
                    Box::pin(self.come_back()).await;
                    continue;
                }
                let _ = self.orders.changed().await;
                return;
            };
            tokio::select! {
                _ = self.orders.changed() => return,
                frame = socket.next() => Box::pin(self.heard(frame)).await,
                () = sleep_until(renew_at) => Box::pin(self.renew()).await,
            }
        }
    }

    async fn arrive(&mut self, over_ms: u64) {
        let after =
            Duration::from_micros(if over_ms == 0 { 0 } else { self.rng.random_range(0..over_ms * 1_000) });
        let at = Instant::now() + after;
        sleep_until(at).await;
        self.come(at).await;
        if self.who.in_room && !self.room_is_open {
            let opened = timeout(PATIENCE, self.open_room()).await;
            if opened != Ok(true) {
                self.trouble("the room could not be opened");
            }
        }
    }

    /// Opens the room's window. False: the connection was lost.
    async fn open_room(&mut self) -> bool {
        let (conversation, base) = (self.conversation, self.dock);
        self.send(&Outgoing::Dock { conversation, state: State::Open, base }.encode()).await;
        while !self.room_is_open {
            let Some(socket) = &mut self.socket else { return false };
            let frame = socket.next().await;
            self.heard(frame).await;
        }
        true
    }

    /// After a loss that nobody here wanted.
    async fn come_back(&mut self) {
        let at = match self.come_back.take() {
            Some(at) => at,
            None => Instant::now() + BACKOFF.mul_f64(self.rng.random_range(0.0..1.0)),
        };
        sleep_until(at).await;
        self.come(at).await;
    }

    /// Leaves the page and comes back with the next one, which was meant to be loaded at `at`.
    async fn walk(&mut self, at: Instant) {
        if let Some(socket) = self.socket.take() {
            socket.leave().await;
        }
        self.drop_socket();
        self.session = Uuid::new_v4();
        let at = at + PAGE_LOAD;
        sleep_until(at).await;
        self.come(at).await;
    }

    fn drop_socket(&mut self) {
        self.socket = None;
        self.requests.clear();
        self.outbox.iter_mut().for_each(|letter| letter.sent = 0);
    }

    /// Opens a socket that was meant to be opened at `at`, and signs in; tries again for as long as it takes.
    async fn come(&mut self, at: Instant) {
        self.meant = self.shared.us(at);
        let mut tries = 0;
        loop {
            let came = timeout(PATIENCE, self.sign_in()).await;
            match came {
                Ok(Ok(())) => return,
                Ok(Err(_)) if tries < 20 => {}
                _ => return self.trouble("cannot connect"),
            }
            self.drop_socket();
            self.shared.tally.borrow_mut().unconnected += 1;
            let most = BACKOFF_MOST.min(BACKOFF * 2_u32.pow(tries));
            tries += 1;
            sleep(most.mul_f64(self.rng.random_range(0.0..1.0))).await;
        }
    }

    async fn sign_in(&mut self) -> std::io::Result<()> {
        if self.token_ends < Instant::now() + RENEW_BEFORE * 2 {
            self.new_token();
        }
        let shared = self.shared.clone();
        let door = shared.doors.acquire().await.expect("nobody closes it");
        let mut socket =
            Socket::open(shared.cast.server, campus::address(self.who.user), campus::URL).await?;
        let hello = self.hello();
        if shared.cast.watchers > 0 {
            shared.tally.borrow_mut().joins.push((now_us(), self.who.user));
        }
        socket.send(&hello).await?;
        self.seated = false;
        self.socket = Some(socket);
        while !self.seated || self.awaited.0 > 0 {
            let Some(socket) = &mut self.socket else {
                return Err(std::io::ErrorKind::ConnectionRefused.into());
            };
            let frame = socket.next().await?;
            self.heard(Ok(frame)).await;
        }
        drop(door);
        Ok(())
    }

    fn new_token(&mut self) {
        self.token = self.shared.cast.campus.token(self.who.user).into();
        self.token_ends = Instant::now() + Duration::from_secs(600);
    }

    async fn renew(&mut self) {
        self.new_token();
        let renew = Outgoing::Renew { token: &self.token }.encode();
        self.send(&renew).await;
    }

    fn hello(&self) -> String {
        let cursor = self.server.map(|(epoch, _)| Cursor { epoch, conversations: &self.held });
        let rosters = self.server.map(|(_, boot)| HeldRosters { boot, versions: &self.rosters });
        let (token, session) = (&*self.token, self.session);
        let (visible, features) = (true, FEATURES);
        Outgoing::Hello { protocol: 1, token, session, visible, features, cursor, rosters }.encode()
    }

    async fn send(&mut self, text: &str) {
        if let Some(socket) = &mut self.socket
            && socket.send(text).await.is_err()
        {
            self.lost(0);
        }
    }

    async fn heard(&mut self, frame: std::io::Result<Frame>) {
        match frame {
            Ok(Frame::Text(text)) => self.hear(&text).await,
            Ok(Frame::Close(code)) => self.lost(code),
            Err(_) => self.lost(0),
        }
    }

    fn lost(&mut self, code: u16) {
        if self.socket.is_some() {
            *self.shared.tally.borrow_mut().ended.entry(code).or_default() += 1;
        }
        self.drop_socket();
    }

    /// Lives by these habits for a time, and ends when all that was written is answered.
    async fn go_about(&mut self, ms: u64, habits: Habits) {
        let begin = Instant::now();
        self.until = begin + Duration::from_millis(ms);
        self.habits = habits;
        let never = begin + Duration::from_secs(1_000_000);
        let every = Duration::from_millis(habits.walks_every_ms);
        let says_per_s = if self.who.in_room { habits.says_in_room_per_s } else { habits.says_per_s };
        let mut say = self.next(begin, says_per_s, never);
        let mut page = self.next(begin, habits.pages_per_s, never);
        let mut walk =
            if every.is_zero() { never } else { begin + every.mul_f64(self.rng.random_range(0.0..1.0)) };
        if habits.presses && self.who.user < self.who.partner {
            self.write(begin);
        }
        loop {
            let now = Instant::now();
            if now >= self.until + FLUSH {
                self.trouble("not everything was answered in time");
                self.outbox.clear();
                return;
            }
            if self.socket.is_none() {
                self.come_back().await;
            } else if walk <= now && walk < self.until {
                Box::pin(self.walk(walk)).await;
                walk += every;
            } else {
                while say <= now && say < self.until {
                    self.type_and_write(say).await;
                    say = self.next(say, says_per_s, never);
                }
                if page <= now && page < self.until {
                    self.ask_page(page).await;
                    page = self.next(page, habits.pages_per_s, never);
                }
                if now >= self.until && self.outbox.is_empty() && self.requests.is_empty() {
                    return;
                }
                self.post().await;
                self.wait(say.min(page).min(walk)).await;
            }
        }
    }

    /// For the next frame, or until something is to be done.
    async fn wait(&mut self, begin: Instant) {
        let now = Instant::now();
        let mut due = self.token_ends - RENEW_BEFORE;
        if due <= now {
            return self.renew().await;
        }
        due = due.min(if now < self.until { self.until.min(begin) } else { self.until + FLUSH });
        if let Some(hold) = self.hold {
            due = due.min(hold);
        }
        let Some(socket) = &mut self.socket else { return };
        tokio::select! {
            frame = socket.next() => self.heard(frame).await,
            () = sleep_until(due) => {}
        }
    }

    /// When a thing that happens so often happens next.
    fn next(&mut self, from: Instant, per_s: f64, never: Instant) -> Instant {
        let uniform: f64 = self.rng.random_range(1e-9..1.0);
        if per_s > 0.0 { from + Duration::from_secs_f64(-uniform.ln() / per_s) } else { never }
    }

    async fn type_and_write(&mut self, meant: Instant) {
        if self.habits.types > 0.0 && self.rng.random_bool(self.habits.types) {
            let typing = Outgoing::Typing { conversation: self.conversation }.encode();
            self.shared.tally.borrow_mut().typed += 1;
            self.send(&typing).await;
        }
        self.write(meant);
    }

    /// Puts a message into the outbox.
    fn write(&mut self, meant: Instant) {
        let (id, meant) = (Uuid::now_v7(), self.shared.us(meant));
        let mut text = format!("{meant} {id} ");
        let padding = TEXT.saturating_sub(text.len());
        text.extend(std::iter::repeat_n('o', padding));
        self.log(What::Invoke {
            id,
            conversation: self.conversation,
            text: hash(&text),
            reply_to: None,
            mentions: Vec::new(),
        });
        self.outbox.push_back(Letter { id, text, sent: 0, meant });
    }

    /// Sends the first letter, unless it is under way.
    async fn post(&mut self) {
        if self.hold.is_some_and(|hold| hold > Instant::now()) {
            return;
        }
        self.hold = None;
        let conversation = self.conversation;
        let Some(letter) = self.outbox.front_mut().filter(|letter| letter.sent == 0) else { return };
        letter.sent = now_us();
        let send = Outgoing::Send { client_message_id: letter.id, conversation, text: &letter.text }.encode();
        self.send(&send).await;
    }
}
