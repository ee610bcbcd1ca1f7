//! A world drawn from a seed: people and what they write, the server, the faults, and the quiet at the end.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::Listener;
use gchat::{
    bus::{Bus, Local},
    clock::now_ms,
    config::Config,
    conversation::Message,
    id::{ConversationId, RightsVersion, SiteId, UserId},
    rights::{Membership, Role, Snapshot},
    server::Server,
    store::{CachedStore, SiteKey, SiteRecord},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use tokio::sync::oneshot;
use turmoil::{
    Sim,
    net::{TcpListener, TcpStream},
};

use crate::{
    bus::Faulty,
    device::{Act, Device, Script},
    judge::{self, Ledger, Totals},
    memory::{Disk, MemoryStore},
    storm::Storm,
};

/// How long people write and things go wrong.
const ACTIVE: Duration = Duration::from_millis(4_000);
/// By then everything has come to rest, or something is stuck.
const END: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(5);
const SECRET: [u8; 32] = [7; 32];

/// What goes wrong in a world.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) network: bool,
    pub(crate) crashes: bool,
    pub(crate) store: bool,
    pub(crate) bus: bool,
    pub(crate) plant: Option<Plant>,
}

/// What must not go unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    /// A crash takes the last commit with it, as if it had been acknowledged before.
    EarlyAck,
    /// The store does not know ids again.
    ForgetIds,
    /// One device does not ask for what it missed.
    NoQuestion,
}

/// What the devices and the world look at together.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) calm: Arc<Mutex<bool>>,
    disk: Arc<Mutex<Disk>>,
}

impl Shared {
    pub(crate) fn everybody_is_idle(&self) -> bool {
        self.ledger.lock().idle.iter().all(|idle| *idle)
    }

    /// Of this user's conversations.
    pub(crate) fn heads(&self, user: UserId) -> BTreeMap<ConversationId, i64> {
        let talk = self.disk.lock().everything(SITE);
        let own = talk.into_iter().filter(|(id, _)| id.direct().is_some_and(|two| two.other(user).is_some()));
        own.map(|(id, messages)| (id, messages.iter().map(|m| m.rev.0).max().unwrap_or(0))).collect()
    }

    /// Whether a client that holds this of a user's conversations has all that it is told of. Nobody tells it of one that
    /// began while it was away and has nothing but stubs (protocol/README.md, "Resuming").
    pub(crate) fn is_all(&self, user: UserId, held: &BTreeMap<ConversationId, i64>) -> bool {
        let heads = self.heads(user);
        let talk = self.disk.lock().everything(SITE);
        let empty = |id| talk.get(id).is_none_or(|messages| messages.iter().all(|m| m.text.is_none()));
        heads.iter().all(|(id, rev)| held.get(id).map_or_else(|| empty(id), |held| held == rev))
            && held.keys().all(|id| heads.contains_key(id))
    }
}

pub(crate) const SITE: SiteId = SiteId(1);

pub(crate) struct World<'a> {
    sim: Sim<'a>,
    rng: StdRng,
    faults: Faults,
    shared: Shared,
    devices: usize,
    users: Vec<UserId>,
    stop: Arc<Mutex<Option<oneshot::Sender<()>>>>,
    /// When the server is started again.
    restart: Option<Duration>,
    /// Which devices are cut off, until when, and whether what was on its way is held back rather than lost.
    cuts: Vec<(usize, Duration, bool)>,
}

impl World<'_> {
    /// From the first word to the verdict.
    pub(crate) fn run(seed: u64, faults: Faults) -> Result<Totals, String> {
        let mut world = Self::new(seed, faults);
        loop {
            let over = world.sim.step().map_err(|error| world.stuck(&error.to_string()))?;
            if over {
                break;
            }
            world.happen();
        }
        world.verdict()
    }

    fn new(seed: u64, faults: Faults) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let latency = Duration::from_millis(if faults.network { 60 } else { 8 });
        let mut sim = turmoil::Builder::new()
            .rng_seed(seed)
            .tick_duration(TICK)
            .simulation_duration(END)
            .min_message_latency(Duration::from_millis(1))
            .max_message_latency(latency)
            .tcp_capacity(1_024)
            .build();
        let shared = Shared {
            ledger: Arc::default(),
            calm: Arc::default(),
            disk: Arc::new(Mutex::new(Disk::default())),
        };
        shared.disk.lock().add_site(site()).unwrap();
        let stop = Arc::new(Mutex::new(None));
        host(&mut sim, seed, faults, &shared, &stop);
        let users: Vec<UserId> = (1..=rng.random_range(2..=3)).map(|id| UserId::new(id).unwrap()).collect();
        // Everybody has used the chat before, so everybody can be written to.
        users.iter().for_each(|user| shared.disk.lock().put_user(SITE, *user, &person(*user)));
        let mut devices = 0;
        let server = sim.lookup("server");
        for user in &users {
            for _ in 0..rng.random_range(1..=2) {
                let script = script(&mut rng, *user, &users, devices);
                let own = StdRng::seed_from_u64(rng.random());
                let shared = shared.clone();
                let index = devices;
                let who = (*user, token(*user));
                let asks = faults.plant != Some(Plant::NoQuestion) || index > 0;
                sim.client(name(index), async move {
                    let mut device = Device::new(index, who, server, script, own, shared);
                    device.asks = asks;
                    device.run().await
                });
                devices += 1;
            }
        }
        {
            let mut ledger = shared.ledger.lock();
            ledger.shown.resize_with(devices, BTreeMap::new);
            ledger.idle.resize(devices, false);
        }
        Self { sim, rng, faults, shared, devices, users, stop, restart: None, cuts: Vec::new() }
    }

    /// What goes wrong in this tick, and what ends going wrong.
    fn happen(&mut self) {
        let now = self.sim.elapsed();
        let quiet = now >= ACTIVE;
        if self.faults.plant == Some(Plant::ForgetIds) {
            self.shared.disk.lock().forget_ids();
        }
        if !self.sim.is_host_running("server") {
            let pause = self.pause(20, 600);
            let restart = *self.restart.get_or_insert(now + pause);
            if quiet || now >= restart {
                self.restart = None;
                self.sim.bounce("server");
            }
        } else if self.faults.crashes && !quiet && self.rng.random_range(0..250) == 0 {
            self.shared.ledger.lock().totals.crashes += 1;
            let stop = self.stop.lock().take();
            match stop {
                Some(stop) if self.rng.random_range(0..4) == 0 => drop(stop.send(())),
                _ => self.crash(),
            }
        }
        self.cut(now, quiet);
        if quiet {
            *self.shared.calm.lock() = true;
        }
    }

    fn crash(&mut self) {
        self.sim.crash("server");
        if self.faults.plant == Some(Plant::EarlyAck) {
            self.shared.disk.lock().lose_the_last_commit();
        }
    }

    fn cut(&mut self, now: Duration, quiet: bool) {
        let (over, still): (Vec<_>, Vec<_>) =
            self.cuts.drain(..).partition(|(_, until, _)| quiet || now >= *until);
        self.cuts = still;
        for (device, _, held) in over {
            if held {
                self.sim.release("server", name(device));
            } else {
                self.sim.repair("server", name(device));
            }
        }
        if self.faults.network && !quiet && self.rng.random_range(0..150) == 0 {
            let device = self.rng.random_range(0..self.devices);
            if self.cuts.iter().any(|(other, ..)| *other == device) {
                return;
            }
            let held = self.rng.random();
            if held {
                self.sim.hold("server", name(device));
            } else {
                self.sim.partition("server", name(device));
            }
            let until = now + self.pause(100, 2_500);
            self.cuts.push((device, until, held));
            self.shared.ledger.lock().totals.cuts += 1;
        }
    }

    fn pause(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(from_ms..to_ms))
    }

    fn stuck(&self, why: &str) -> String {
        let ledger = self.shared.ledger.lock();
        let unanswered: Vec<_> =
            ledger.asked.iter().filter(|(_, asked)| asked.acks.is_empty() && !asked.refused).collect();
        let heads: Vec<_> = self.users.iter().map(|user| (user, self.shared.heads(*user))).collect();
        format!(
            "{why}; idle {:?}, not acknowledged {unanswered:?}, heads {heads:?}, shown {:?}",
            ledger.idle, ledger.shown
        )
    }

    fn verdict(&self) -> Result<Totals, String> {
        let ledger = self.shared.ledger.lock();
        if let Some(complaint) = ledger.complaints.first() {
            return Err(complaint.clone());
        }
        let stored: BTreeMap<ConversationId, Vec<Message>> = self.shared.disk.lock().everything(SITE);
        for (id, messages) in &stored {
            judge::conversation(&ledger, id, messages)?;
        }
        judge::acknowledged(&ledger, &stored)?;
        for (device, conversations) in ledger.shown.iter().enumerate() {
            for (id, shown) in conversations {
                judge::shown(device, id, shown, stored.get(id).map_or(&[], Vec::as_slice))?;
            }
        }
        Ok(ledger.totals.clone())
    }
}

/// The real server on the simulated network, started anew after each crash over the same disk.
fn host(
    sim: &mut Sim<'_>,
    seed: u64,
    faults: Faults,
    shared: &Shared,
    stop: &Arc<Mutex<Option<oneshot::Sender<()>>>>,
) {
    let (shared, stop) = (shared.clone(), stop.clone());
    let failures = if faults.store { 40 } else { 0 };
    sim.host("server", move || {
        let storm = Storm::new(seed, failures, shared.calm.clone());
        let store = Arc::new(MemoryStore::open(shared.disk.clone(), storm));
        let store = Arc::new(CachedStore::over(store));
        let (send, stopped) = oneshot::channel();
        *stop.lock() = Some(send);
        let on_bus = shared.clone();
        async move {
            let listener = Port(TcpListener::bind("0.0.0.0:80").await?);
            let mut config = Config::default();
            // The limits are for people, and by the real clock.
            config.limits.messages_per_second = 1_000_000;
            config.limits.sign_ins_per_second = 1_000_000;
            config.limits.sign_in_burst = 1_000_000;
            config.limits.answer_bytes_per_second = 1 << 40;
            config.limits.answer_burst_bytes = 1 << 40;
            config.limits.user_bytes_per_day = 1 << 40;
            config.limits.site_bytes_per_day = 1 << 40;
            config.limits.message_burst = 1_000_000;
            config.limits.frames_per_second = 1_000_000;
            config.limits.frame_burst = 1_000_000;
            config.limits.drain_ms = 600;
            let bus = |node| -> Arc<dyn Bus> {
                if faults.bus {
                    Arc::new(Faulty::new(node, seed, on_bus))
                } else {
                    Arc::new(Local::new(node))
                }
            };
            let Ok(server) = Server::over_on(listener, config, store, bus).await else {
                return Ok(()); // the store failed while it was read: whoever keeps the server starts it again
            };
            let stopped = async {
                if stopped.await.is_err() {
                    std::future::pending().await
                }
            };
            server.run(stopped).await.map_err(Into::into)
        }
    });
}

struct Port(TcpListener);

impl Listener for Port {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            if let Ok(accepted) = self.0.accept().await {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

fn name(device: usize) -> String {
    format!("device{device}")
}

/// A few messages to each of the others, some of them at once, and what is done to them.
fn script(rng: &mut StdRng, user: UserId, users: &[UserId], device: usize) -> Script {
    let others: Vec<_> = users.iter().filter(|other| **other != user).collect();
    let mut times: Vec<u64> = (0..rng.random_range(2..10))
        .map(|_| rng.random_range(0..ACTIVE.as_millis() as u64 / 20) * 20)
        .collect();
    times.sort_unstable();
    let write = |(n, at): (usize, u64)| {
        let other = others[rng.random_range(0..others.len())];
        let conversation = ConversationId::between(user, *other)?;
        let act = match rng.random_range(0..8) {
            0..4 => Act::Write,
            4 => Act::Reply,
            5..7 => Act::Edit,
            _ => Act::Delete,
        };
        Some((Duration::from_millis(at), conversation, act, format!("{n} of device {device}")))
    };
    times.into_iter().enumerate().filter_map(write).collect()
}

pub(crate) fn site() -> SiteRecord {
    SiteRecord {
        site: SITE,
        issuer: "simulated".into(),
        url: "https://moodle.example".into(),
        origins: vec!["https://moodle.example".into()],
        keys: vec![SiteKey { kid: "k1".into(), secret: SECRET.to_vec(), created_at: 0 }],
        policy: Default::default(),
        policy_version: RightsVersion(0),
        floor: RightsVersion(0),
    }
}

pub(crate) fn person(user: UserId) -> Snapshot {
    let circles =
        vec![Membership { id: "c7".parse().unwrap(), role: Role::Student, title: "Algebra".into() }];
    Snapshot {
        rights_version: RightsVersion(1),
        name: format!("Person {user}").into(),
        picture: None,
        profile_url: None,
        lang: "en".into(),
        hidden: false,
        rights: ["chat".into()].into(),
        circles: circles.into(),
        blocked: [].into(),
        accepts: None,
        paused_until: None,
    }
}

fn token(user: UserId) -> String {
    let now = now_ms() / 1_000;
    let mut claims = serde_json::to_value(person(user)).unwrap();
    for (name, value) in [
        ("iss", json!("simulated")),
        ("aud", json!("gchat")),
        ("sub", json!(user.to_string())),
        ("sid", json!(format!("login-of-{user}"))),
        ("jti", json!(user.to_string())),
        ("iat", json!(now)),
        ("nbf", json!(now)),
        ("exp", json!(now + 600)),
    ] {
        claims[name] = value;
    }
    let header = Header { kid: Some("k1".into()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&SECRET)).unwrap()
}
