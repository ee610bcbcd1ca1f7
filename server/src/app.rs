//! Everything a request needs, built once. Knows no route.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use dashmap::DashMap;
use parking_lot::Mutex;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    allowances::Allowances,
    auth::SeenCalls,
    bus::{Bus, Local},
    circles::Circles,
    config::{Config, Limits},
    dock::{Docks, Windows},
    fan_out::FanOut,
    hub::Hub,
    id::ConnectionId,
    logs::Changes,
    node::Node,
    protocol::LimitsFrame,
    roster::Rosters,
    sites::Sites,
    store::{self, Store},
    talk::{Access, Lists, MESSAGE_CHARS, SetFlags, Talk},
    ws::FRAME_BYTES,
};

/// The server's parts.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The truth.
    pub store: Arc<dyn Store>,
    /// Keys, origins, policies.
    pub sites: Arc<Sites>,
    /// Connections.
    pub hub: Arc<Hub>,
    /// What users may still take.
    pub allowances: Arc<Allowances>,
    /// Who is online.
    pub rosters: Arc<Rosters>,
    /// Where everything goes that others must hear.
    pub bus: Arc<dyn Bus>,
    /// Where it comes to the connections of this process.
    pub node: Arc<Node>,
    /// Who may do what in a conversation.
    pub access: Arc<Access>,
    /// The rules of talking.
    pub talk: Talk,
    /// What people do to their windows.
    pub windows: Windows,
    /// Their conversations.
    pub lists: Lists,
    /// What they set of each.
    pub flags: SetFlags,
    /// What is shown of them.
    pub docks: Arc<Docks>,
    /// What is told to rooms.
    pub fan_out: Arc<FanOut>,
    /// Takes what the host says of whole courses.
    pub circles: Circles,
    /// Calls that count only once.
    pub seen_calls: SeenCalls,
    /// Sockets that have not signed in yet.
    pub gate: Gate,
    /// Who speaks for others and is not trusted to.
    pub untrusted_proxy: UntrustedProxy,
    /// Counts sockets from their upgrade to their last byte: a stop waits for them.
    pub sockets: TaskTracker,
    store_trouble: Changes,
    /// Of this process.
    pub boot: Uuid,
    draining: AtomicBool,
}

impl App {
    /// Puts the parts of a server together that is one node, over a store.
    pub async fn build(config: Config, store: Arc<dyn Store>) -> store::Result<Arc<Self>> {
        Self::build_on(config, store, |node| Arc::new(Local::new(node))).await
    }

    /// The same on another bus, which is to bring this node what is published.
    pub async fn build_on(
        config: Config,
        store: Arc<dyn Store>,
        bus: impl FnOnce(Arc<Node>) -> Arc<dyn Bus>,
    ) -> store::Result<Arc<Self>> {
        let sites = Arc::new(Sites::load(store.clone()).await?);
        let hub = Arc::new(Hub::default());
        let rosters = Arc::new(Rosters::new(sites.clone(), &config.limits));
        let fan_out = Arc::new(FanOut::new(rosters.clone(), sites.clone()));
        let docks = Docks::new(store.clone(), hub.clone(), rosters.clone(), sites.clone(), fan_out.clone());
        let docks = Arc::new(docks);
        let told = limits_told(&config.limits);
        let node =
            Node::over(hub.clone(), rosters.clone(), sites.clone(), docks.clone(), fan_out.clone(), told);
        let node = Arc::new(node);
        let bus = bus(node.clone());
        let allowances = Arc::new(Allowances::new(&config.limits));
        let access = Arc::new(Access::new(store.clone(), sites.clone(), rosters.clone()));
        let (limits, all) = (&config.limits, &allowances);
        let talk = Talk::new(store.clone(), access.clone(), bus.clone(), all.clone(), limits);
        let windows =
            Windows::new(store.clone(), hub.clone(), access.clone(), bus.clone(), all.clone(), limits);
        let lists = Lists::new(store.clone(), access.clone(), docks.clone());
        let flags = SetFlags::new(store.clone(), access.clone(), bus.clone(), all.clone());
        let circles = Circles::new(store.clone(), hub.clone(), bus.clone());
        let gate = Gate {
            most: config.limits.unauthenticated_per_address,
            waiting: Arc::default(),
            next: AtomicU64::new(0),
        };
        Ok(Arc::new(Self {
            config,
            store,
            sites,
            hub,
            allowances,
            rosters,
            bus,
            node,
            access,
            talk,
            windows,
            lists,
            flags,
            docks,
            fan_out,
            circles,
            seen_calls: SeenCalls::new(),
            gate,
            untrusted_proxy: UntrustedProxy::default(),
            sockets: TaskTracker::new(),
            store_trouble: Changes::default(),
            boot: Uuid::now_v7(),
            draining: AtomicBool::new(false),
        }))
    }

    /// Whether the store is in order. It is told in the log when that changes, not each time that somebody asks.
    pub async fn look_at_store(&self) -> store::Result<()> {
        let ready = self.store.ready().await;
        let changed = self.store_trouble.note(ready.as_ref().err().map(ToString::to_string));
        match &ready {
            Ok(()) if changed => tracing::info!("the store is ready again"),
            Err(error) if changed => tracing::error!(%error, "the store is not ready"),
            _ => {}
        }
        ready
    }

    /// Whether new connections are turned away.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// From now on new connections are turned away.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }
}

/// What clients are told of the limits, but for what each site's policy says.
fn limits_told(limits: &Limits) -> LimitsFrame {
    LimitsFrame {
        frame_bytes: FRAME_BYTES,
        message_chars: MESSAGE_CHARS,
        messages_per_second: limits.messages_per_second,
        message_burst: limits.message_burst,
        history_page: limits.history_page,
        dock_windows: limits.dock_windows,
        roster_slice: limits.roster_slice,
        edit_seconds: 0,
    }
}

/// The last address that came with `X-Forwarded-For` and is not in `trusted_proxies`.
#[derive(Debug, Default)]
pub struct UntrustedProxy(Mutex<Option<(IpAddr, Instant)>>);

impl UntrustedProxy {
    /// Notes it.
    pub fn saw(&self, address: IpAddr) {
        *self.0.lock() = Some((address, Instant::now()));
    }

    /// If that was in the last hour.
    pub fn lately(&self) -> Option<IpAddr> {
        let seen = *self.0.lock();
        seen.filter(|(_, at)| at.elapsed() < Duration::from_secs(3_600)).map(|(address, _)| address)
    }
}

/// What limits count as one address: of IPv6 the /64, which is what one subscriber has (RFC 6177).
fn one_place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Counts, per client address (of IPv6 per /64), the sockets that have not signed in yet.
#[derive(Debug)]
pub struct Gate {
    most: usize,
    waiting: Arc<DashMap<IpAddr, usize>>,
    next: AtomicU64,
}

/// One such socket; dropping it makes room.
#[derive(Debug)]
pub struct Ticket {
    /// Rises in the order in which sockets come, which is not the one in which they sign in: what a socket said before
    /// it was cut may be read after its successor has been welcomed.
    pub id: ConnectionId,
    address: IpAddr,
    waiting: Arc<DashMap<IpAddr, usize>>,
}

impl Gate {
    /// A place for one more socket from this address, if there is one.
    pub fn enter(&self, address: IpAddr) -> Option<Ticket> {
        let address = one_place(address);
        let mut count = self.waiting.entry(address).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        let id = ConnectionId(self.next.fetch_add(1, Ordering::Relaxed));
        Some(Ticket { id, address, waiting: self.waiting.clone() })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let dashmap::Entry::Occupied(mut count) = self.waiting.entry(self.address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}
