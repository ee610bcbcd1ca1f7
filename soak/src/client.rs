//! A client that does what `protocol/README.md` asks of one, over a real socket, and writes down what happens to it.
//!
//! `copies` and `outbox` are its two pure halves, `talk` its connection; here are its habits and its life: come,
//! be cut off, come back.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use gchat_wire::Conversation;
use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::client::IntoClientRequest as _};
use uuid::Uuid;

use crate::{
    history::{ClientId, Log, What},
    process::Troubles,
    site::{self, Site},
};

mod copies;
mod cut;
mod groups;
mod listing;
mod outbox;
mod talk;
mod write;
use copies::{Ask, Copies};
use listing::Listing;
use outbox::{Letter, Outbox};

/// For connecting and signing in, and for any write.
const PATIENCE: Duration = Duration::from_secs(20);

/// Of the backoff: shorter than a person's client, as the server is dead for moments only.
const BACKOFF: Duration = Duration::from_millis(10);
const BACKOFF_MOST: Duration = Duration::from_millis(250);

/// A socket to the server.
pub(crate) type Socket = WebSocketStream<TcpStream>;

/// What all clients are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Sign in, so that everyone can be written to.
    Arrive,
    /// Write and read.
    Talk,
    /// Write no more; send what is written.
    Flush,
    /// Fetch all there is, then leave.
    Drain,
    /// Leave.
    Stop,
}

/// How a client behaves.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    /// Letters in its outbox.
    pub(crate) letters: usize,
    /// One socket lives this long on average before its client cuts it.
    pub(crate) cut_every: Option<Duration>,
    /// The chance that after a cut it stays away for a while, so that much is missed.
    pub(crate) naps: f64,
    /// The chance that what it writes next is an edit or a deletion; half of it, that a message answers another.
    pub(crate) verbs: f64,
    /// The chance that somebody reacts in place of writing.
    pub(crate) reactions: f64,
    /// The chance that what somebody writes is for a group; a fifth of it, that it is for the room.
    pub(crate) groups: f64,
    /// The planted mutant: fetches no gap, and takes none that comes with a welcome.
    pub(crate) careless: bool,
}

/// What all clients share.
pub(crate) struct Shared {
    pub(crate) site: Arc<Site>,
    pub(crate) log: Arc<Log>,
    pub(crate) address: watch::Receiver<SocketAddr>,
    pub(crate) phase: watch::Receiver<Phase>,
    /// Messages that were acknowledged.
    pub(crate) acks: watch::Sender<u64>,
    /// Sockets that were cut.
    pub(crate) cuts: watch::Sender<u64>,
    /// A client has arrived (in the phase Arrive), or its outbox is empty (in the phase Flush).
    pub(crate) done: mpsc::Sender<()>,
    pub(crate) troubles: Troubles,
    pub(crate) habits: Habits,
    /// Users 1 … this may lose the right to chat for a moment.
    pub(crate) suspended_to: u64,
    /// Users 1 … this take part.
    pub(crate) people: u64,
    /// The groups that somebody has asked for, with who did.
    pub(crate) groups: Arc<Groups>,
}

/// The groups of a run, with their makers.
pub(crate) type Groups = Mutex<BTreeMap<Conversation, u64>>;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// The server is gone, or asks to come back.
    Lost,
    /// This client cut it.
    Cut,
    /// The user may not chat just now.
    Forbidden,
    /// There is nothing more to do.
    Finished,
}

/// One client of one user.
pub(crate) struct Client {
    me: ClientId,
    user: u64,
    session: Uuid,
    /// The direct ones first.
    conversations: Vec<Conversation>,
    /// How many of them are direct.
    direct: usize,
    /// By group: the last message by which this person came or went, and whether they came.
    parts: BTreeMap<Conversation, (u64, bool)>,
    /// Invitations that this client still gives: the server lets nobody give as many as they like.
    invitations: usize,
    /// The id of this client's last reaction.
    reacted: Option<Uuid>,
    /// The room's window is open, or was asked for on this connection.
    opened: bool,
    /// When this client may say again that it has read in the room.
    read_again: Instant,
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    copies: Copies,
    outbox: Outbox,
    rng: StdRng,
    socket: Option<Socket>,
    /// Frames to be written.
    outgoing: Vec<String>,
    /// Messages that were acknowledged not long ago: a client that has forgotten that says them again.
    said: VecDeque<(Conversation, Letter)>,
    /// The ids of all that were.
    acked: HashSet<Uuid>,
    /// Questions that wait for their answer.
    requests: HashMap<u32, (Conversation, Ask)>,
    request: u32,
    renew_at: Instant,
    /// This connection is signed in.
    welcomed: Arc<Notify>,
    /// Connections that failed one after the other.
    failures: u32,
    /// The last phase that this client was done with.
    done: Option<Phase>,
    making_sure: bool,
    listing: Listing,
}

impl Client {
    /// `me` from 1 on. `conversations`: the direct ones of the user.
    pub(crate) fn new(
        me: ClientId,
        user: u64,
        mut conversations: Vec<Conversation>,
        shared: Arc<Shared>,
        seed: u64,
    ) -> Self {
        shared.log.add(me, What::Client { user });
        let direct = conversations.len();
        conversations.extend(site::room().filter(|_| shared.habits.groups > 0.0));
        Self {
            me,
            user,
            session: Uuid::new_v4(),
            conversations,
            direct,
            parts: BTreeMap::new(),
            invitations: groups::INVITATIONS,
            reacted: None,
            opened: false,
            read_again: Instant::now(),
            phase: shared.phase.clone(),
            copies: Copies::new(shared.habits.careless),
            shared,
            outbox: Outbox::default(),
            rng: StdRng::seed_from_u64(seed ^ (u64::from(me) << 32)),
            socket: None,
            outgoing: Vec::new(),
            said: VecDeque::new(),
            acked: HashSet::new(),
            requests: HashMap::new(),
            request: 0,
            renew_at: Instant::now(),
            welcomed: Arc::default(),
            failures: 0,
            done: None,
            making_sure: false,
            listing: Listing::default(),
        }
    }

    /// Until the phase Stop, or until everything is drained.
    pub(crate) async fn live(mut self) {
        loop {
            self.welcomed = Arc::default();
            let cut = self.draw_cut();
            let end = tokio::select! {
                end = self.stay() => end,
                () = cut => End::Cut,
            };
            if end == End::Cut {
                self.cut().await;
            }
            self.socket = None;
            self.outgoing.clear();
            self.opened = false;
            self.requests.clear();
            self.listing = Listing::default();
            self.outbox.connection_lost();
            self.copies.connection_lost();
            match end {
                End::Finished => return,
                End::Cut => self.nap().await,
                End::Forbidden => {
                    self.shared.site.until_restored(self.user).await;
                    self.back_off().await;
                }
                End::Lost => self.back_off().await,
            }
            if self.phase() == Phase::Stop {
                return;
            }
        }
    }

    fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    fn log(&self, what: What) {
        self.shared.log.add(self.me, what);
    }

    fn trouble(&self, what: String) {
        self.shared.troubles.lock().push(format!("client {}: {what}", self.me));
    }

    /// Exponential, with full jitter.
    async fn back_off(&mut self) {
        let most = BACKOFF_MOST.min(BACKOFF * 2_u32.pow(self.failures.min(10)));
        self.failures += 1;
        let wait = most.mul_f64(self.rng.random_range(0.0..1.0));
        sleep(wait).await;
    }

    async fn nap(&mut self) {
        if self.phase() == Phase::Talk && self.rng.random_bool(self.shared.habits.naps) {
            let wait = Duration::from_millis(self.rng.random_range(100..1_500));
            sleep(wait).await;
        }
    }

    /// Completes when the next socket is to be cut: mostly some time after it has signed in, so that a slow machine is
    /// not asked for more than it can do. Never while the run comes to its end.
    fn draw_cut(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let uniform: f64 = self.rng.random_range(0.0001..1.0);
        let mean = self.shared.habits.cut_every.filter(|_| self.phase() == Phase::Talk);
        let after = mean.map(|mean| mean.mul_f64(-uniform.ln()));
        let welcomed = (!self.rng.random_bool(0.1)).then(|| self.welcomed.clone());
        async move {
            if let Some(welcomed) = welcomed {
                welcomed.notified().await;
            }
            match after {
                Some(after) => sleep(after).await,
                None => std::future::pending().await,
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        for id in self.outbox.ids() {
            self.log(What::Timeout { id });
        }
    }
}

/// Opens a socket from an address of the client's own, so that none shares its ports and limits with others.
pub(crate) async fn connect(server: SocketAddr, me: ClientId) -> Option<Socket> {
    let [_, _, high, low] = me.to_be_bytes();
    let own = SocketAddrV4::new(Ipv4Addr::new(127, 77, high, low), 0);
    let open = async {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind(own.into()).ok()?;
        let stream = socket.connect(server).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let mut request = format!("ws://{server}/ws").into_client_request().ok()?;
        request.headers_mut().insert("origin", site::URL.parse().ok()?);
        Some(client_async(request, stream).await.ok()?.0)
    };
    timeout(PATIENCE, open).await.ok().flatten()
}
