//! A world drawn from a seed: people and what they write, the server, the faults, and the quiet at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::serve::Listener;
use gchat::{
    bus::{Bus, Local},
    clock::now_ms,
    config::Config,
    conversation::Message,
    id::{CircleId, ConversationId, RightsVersion, SiteId, UserId},
    rights::{Membership, Role, Snapshot},
    server::Server,
    store::{CachedStore, CourseRooms, SiteKey, SiteRecord},
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
    device::Device,
    host::{self, Host},
    judge::{self, Ledger, Totals},
    list,
    memory::{Disk, MemoryStore},
    script::{plan, script},
    storm::Storm,
};

/// How long people write and things go wrong.
pub(crate) const ACTIVE: Duration = Duration::from_millis(4_000);
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
    pub(crate) host: Arc<Mutex<Host>>,
    pub(crate) users: Arc<[UserId]>,
    disk: Arc<Mutex<Disk>>,
}

impl Shared {
    pub(crate) fn everybody_is_idle(&self) -> bool {
        self.ledger.lock().idle.iter().all(|idle| *idle)
    }

    /// Of this user's conversations.
    pub(crate) fn heads(&self, user: UserId) -> BTreeMap<ConversationId, i64> {
        let disk = self.disk.lock();
        let is_theirs = |id: &ConversationId| match id {
            ConversationId::Direct(two) => two.other(user).is_some(),
            ConversationId::Group(_) => disk.group(SITE, id).is_some_and(|group| group.part(user).is_some()),
            ConversationId::Room(_) => !self.host.lock().out.contains(&user),
        };
        let own = disk.everything(SITE).into_iter().filter(|(id, _)| is_theirs(id));
        own.map(|(id, messages)| (id, messages.iter().map(|m| m.rev.0).max().unwrap_or(0))).collect()
    }

    /// What a client that holds this of a user's conversations was not told. Nobody tells it of one that began while it was
    /// away and has nothing but stubs (protocol/README.md, "Resuming") or is muted, nor of a group or room that its dock does
    /// not show: all of them are in the list.
    pub(crate) fn missing(
        &self,
        user: UserId,
        held: &BTreeMap<ConversationId, i64>,
        shown: &BTreeSet<ConversationId>,
    ) -> Vec<ConversationId> {
        let heads = self.heads(user);
        let disk = self.disk.lock();
        let talk = disk.everything(SITE);
        let untold = |id: &ConversationId| match id {
            ConversationId::Direct(_) => {
                let said = talk.get(id).is_some_and(|all| all.iter().any(|m| m.text.is_some()));
                !said || disk.is_muted(SITE, user, id)
            }
            ConversationId::Group(_) | ConversationId::Room(_) => {
                !shown.contains(id) && !disk.shows(SITE, user, id)
            }
        };
        let is_told = |(id, rev): &(&ConversationId, &i64)| {
            held.get(*id).map_or_else(|| untold(id), |held| held == *rev)
        };
        let behind = heads.iter().filter(|head| !is_told(head)).map(|(id, _)| id);
        behind.chain(held.keys().filter(|id| !heads.contains_key(id))).cloned().collect()
    }

    /// What the host signs for somebody now.
    pub(crate) fn token(&self, user: UserId) -> String {
        let host = self.host.lock();
        token(user, RightsVersion(host.version), !host.out.contains(&user))
    }

    /// Whoever was put out of the course reads nothing more in its room from now on.
    pub(crate) fn they_are_out(&self, user: UserId) {
        let room = ConversationId::Room(course());
        let end = self.disk.lock().everything(SITE).get(&room).map_or(0, |messages| messages.len() as i64);
        self.ledger.lock().out.insert(user, end);
    }

    pub(crate) fn role(&self, user: UserId) -> Role {
        role(user)
    }
}

pub(crate) const SITE: SiteId = SiteId(1);

pub(crate) struct World<'a> {
    sim: Sim<'a>,
    rng: StdRng,
    faults: Faults,
    shared: Shared,
    /// Of the devices.
    owners: Vec<UserId>,
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
        let users: Arc<[UserId]> = (1..=rng.random_range(2..=4)).map(|id| UserId::new(id).unwrap()).collect();
        let shared = Shared {
            ledger: Arc::default(),
            calm: Arc::default(),
            host: Arc::default(),
            users: users.clone(),
            disk: Arc::new(Mutex::new(Disk::default())),
        };
        shared.disk.lock().add_site(site()).unwrap();
        let rooms = CourseRooms { closed: false, title: "Algebra".into(), groups: Vec::new() };
        shared.disk.lock().put_rooms(SITE, "c7", rooms);
        let group =
            ConversationId::Group(uuid::Builder::from_unix_timestamp_millis(1, &rng.random()).into_uuid());
        let stop = Arc::new(Mutex::new(None));
        serve(&mut sim, seed, faults, &shared, &stop);
        // Everybody has used the chat before, so everybody can be written to.
        users.iter().for_each(|user| shared.disk.lock().put_user(SITE, *user, &person(*user)));
        let mut devices = 0;
        let server = sim.lookup("server");
        if rng.random_range(0..3) == 0 {
            let mut plan = plan(&mut rng, &users);
            if faults.bus {
                // Late events may cross: that they were out is then told to nobody, and nobody asks anew.
                plan.back = None;
            }
            let shared = shared.clone();
            sim.client("host", host::run(shared, server, plan));
        }
        let mut owners = Vec::new();
        for user in users.iter().copied() {
            for n in 0..rng.random_range(1..=2) {
                let script = script(&mut rng, user, &users, devices, &group);
                let own = StdRng::seed_from_u64(rng.random());
                let shared = shared.clone();
                let index = devices;
                owners.push(user);
                let asks = faults.plant != Some(Plant::NoQuestion) || index > 0;
                sim.client(name(index), async move {
                    let mut device = Device::new(index, user, server, script, own, shared);
                    device.asks = asks;
                    device.sets_flags = n == 0;
                    device.run().await
                });
                devices += 1;
            }
        }
        {
            let mut ledger = shared.ledger.lock();
            ledger.shown.resize_with(devices, BTreeMap::new);
            ledger.told.resize_with(devices, BTreeMap::new);
            ledger.idle.resize(devices, false);
            ledger.lists.resize_with(devices, Vec::new);
            ledger.waits_for.resize_with(devices, Vec::new);
        }
        Self { sim, rng, faults, shared, owners, stop, restart: None, cuts: Vec::new() }
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
            let device = self.rng.random_range(0..self.owners.len());
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
        let heads: Vec<_> = self.shared.users.iter().map(|user| (user, self.shared.heads(*user))).collect();
        let end = self.owners.iter().zip(&ledger.idle).zip(&ledger.waits_for);
        let end: Vec<_> = end.map(|((user, idle), waits)| (user.get(), idle, waits)).collect();
        format!(
            "{why}; of whom, idle, waiting for what {end:?}, not acknowledged {unanswered:?}, heads {heads:?}"
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
        judge::reactions(&ledger, &stored, &self.shared.disk.lock().reactions(SITE))?;
        for (device, user) in self.owners.iter().enumerate() {
            let truth = |id: &ConversationId| {
                (stored.get(id).map_or(&[][..], Vec::as_slice), self.shared.disk.lock().group(SITE, id))
            };
            let is_out = self.shared.host.lock().out.contains(user);
            let groups = |id: &ConversationId| self.shared.disk.lock().group(SITE, id);
            list::listed(device, (*user, is_out), &ledger, &stored, groups)?;
            for (id, told) in &ledger.told[device] {
                let (messages, group) = truth(id);
                judge::told(device, *user, (&ledger, id), told, (messages, group.as_ref()))?;
            }
            for (id, shown) in &ledger.shown[device] {
                let (messages, group) = truth(id);
                judge::shown(device, *user, id, shown, (messages, group.as_ref()))?;
            }
        }
        Ok(ledger.totals.clone())
    }
}

/// The real server on the simulated network, started anew after each crash over the same disk.
fn serve(
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

pub(crate) fn course() -> CircleId {
    "c7".parse().unwrap()
}

/// Teaches the course, has made the group, and is never put out of it.
pub(crate) fn is_teacher(user: UserId) -> bool {
    user.get() == 1
}

fn role(user: UserId) -> Role {
    if is_teacher(user) { Role::Teacher } else { Role::Student }
}

pub(crate) fn person(user: UserId) -> Snapshot {
    let circles = vec![Membership { id: course(), role: role(user), title: "Algebra".into() }];
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

fn token(user: UserId, rights_version: RightsVersion, is_in_course: bool) -> String {
    let now = now_ms() / 1_000;
    let person = person(user);
    let circles = if is_in_course { person.circles } else { [].into() };
    let mut claims = serde_json::to_value(Snapshot { rights_version, circles, ..person }).unwrap();
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
    signed(&claims)
}

pub(crate) fn signed(claims: &serde_json::Value) -> String {
    let header = Header { kid: Some("k1".into()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&SECRET)).unwrap()
}
