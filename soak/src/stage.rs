//! A campus of clients in front of a server: who talks with whom, and how a run begins and ends.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use gchat_wire::Conversation;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use crate::{
    client::{Client, Groups, Habits, Phase, Shared},
    history::{HARNESS, Log, What},
    process::Troubles,
    reader,
    site::{self, Site},
};

/// A run in which nothing moves for this long has got stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Everyone talks with this many on either side.
const NEIGHBOURS: u64 = 4;

/// One in this many people may lose the right to chat for a moment: users 1 … `people / SUSPENDED`.
pub(crate) const SUSPENDED: u64 = 4;

/// The clients, and what is shared with them.
pub(crate) struct Stage {
    pub(crate) site: Arc<Site>,
    pub(crate) log: Arc<Log>,
    pub(crate) troubles: Troubles,
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) people: u64,
    groups: Arc<Groups>,
    pub(crate) acks: watch::Receiver<u64>,
    pub(crate) cuts: watch::Receiver<u64>,
    address: watch::Sender<SocketAddr>,
    phase: watch::Sender<Phase>,
    done: mpsc::Receiver<()>,
    clients: JoinSet<()>,
}

impl Stage {
    /// Signs in the clients of `people` users, every third of whom has two (users 1 … `people`), and lets them talk.
    pub(crate) async fn open(
        site: Arc<Site>,
        log: Arc<Log>,
        troubles: Troubles,
        server: SocketAddr,
        people: u64,
        habits: Habits,
        seed: u64,
    ) -> Result<Self> {
        let conversations = conversations(people);
        let groups = Arc::<Groups>::default();
        let (address, (phase, heard)) = (watch::Sender::new(server), watch::channel(Phase::Arrive));
        let devices: Vec<u64> = (1..=people).chain((1..=people).step_by(3)).collect();
        let (doing, done) = mpsc::channel(devices.len());
        if habits.groups > 0.0 {
            site.open_room(&address.subscribe(), people).await;
        }
        let shared = Arc::new(Shared {
            site: site.clone(),
            log: log.clone(),
            address: address.subscribe(),
            phase: heard,
            acks: watch::Sender::new(0),
            cuts: watch::Sender::new(0),
            done: doing,
            troubles: troubles.clone(),
            habits,
            suspended_to: people / SUSPENDED,
            people,
            groups: groups.clone(),
        });
        let (acks, cuts) = (shared.acks.subscribe(), shared.cuts.subscribe());
        let mut clients = JoinSet::new();
        for (me, user) in (HARNESS + 1..).zip(devices) {
            let own = conversations.iter().copied().filter(|conversation| conversation.is_of(user)).collect();
            clients.spawn(Client::new(me, user, own, shared.clone(), seed).live());
        }
        let mut stage = Self {
            site,
            log,
            troubles,
            conversations,
            people,
            groups,
            acks,
            cuts,
            address,
            phase,
            done,
            clients,
        };
        stage.everyone("somebody does not arrive").await?;
        stage.phase.send_replace(Phase::Talk);
        Ok(stage)
    }

    /// Where the clients find the server from now on.
    pub(crate) fn moved(&self, server: SocketAddr) {
        self.address.send_replace(server);
    }

    /// Where it is.
    pub(crate) fn address(&self) -> watch::Receiver<SocketAddr> {
        self.address.subscribe()
    }

    /// Returns once so many messages were acknowledged.
    pub(crate) async fn until_acked(&mut self, count: u64) -> Result<()> {
        until(&mut self.acks, count).await.context("no message is acknowledged any more")
    }

    /// Returns once so many sockets were cut.
    pub(crate) async fn until_cut(&mut self, count: u64) -> Result<()> {
        until(&mut self.cuts, count).await.context("no socket is cut any more")
    }

    /// Nobody writes any more; every outbox empties; then everyone fetches all there is, and leaves.
    pub(crate) async fn drain(&mut self) -> Result<()> {
        self.phase.send_replace(Phase::Flush);
        self.everyone("an outbox does not empty").await?;
        self.phase.send_replace(Phase::Drain);
        loop {
            match timeout(PATIENCE, self.clients.join_next()).await {
                Ok(Some(ended)) => ended.context("a client panicked")?,
                Ok(None) => return Ok(()),
                Err(_) => bail!("{} clients do not get all there is", self.clients.len()),
            }
        }
    }

    /// Returns once every client was done with its phase.
    async fn everyone(&mut self, complaint: &'static str) -> Result<()> {
        for _ in 0..self.clients.len() {
            let done = timeout(PATIENCE, self.done.recv()).await;
            ensure!(matches!(done, Ok(Some(()))), complaint);
        }
        Ok(())
    }

    /// Everyone leaves, whatever is left to do.
    pub(crate) async fn stop(&mut self) {
        self.phase.send_replace(Phase::Stop);
        self.clients.shutdown().await;
    }

    /// What the server says is in the store, now.
    pub(crate) async fn read(&self) -> Result<Vec<reader::Found>> {
        let server = *self.address.borrow();
        let direct = self.conversations.iter().filter_map(|talk| Some((*talk, talk.pair()?.0)));
        let groups: Vec<_> = self.groups.lock().iter().map(|(group, maker)| (*group, *maker)).collect();
        let room = site::room().map(|room| (room, self.people));
        reader::read(&self.site, server, direct.chain(groups).chain(room)).await
    }

    /// Writes the store's content into the log.
    pub(crate) async fn read_into_log(&self) -> Result<()> {
        for reader::Found { conversation, reader, rev, rows } in self.read().await? {
            for (message, mine) in rows {
                self.log.add(HARNESS, What::Stored { conversation, message, reader, mine });
            }
            self.log.add(HARNESS, What::Head { conversation, rev });
        }
        Ok(())
    }
}

async fn until(counter: &mut watch::Receiver<u64>, count: u64) -> Result<()> {
    loop {
        let now = *counter.borrow_and_update();
        if now >= count {
            return Ok(());
        }
        timeout(PATIENCE, counter.changed()).await??;
    }
}

/// Each person with the next few, in a ring.
fn conversations(people: u64) -> Vec<Conversation> {
    let ring = (0..people).flat_map(|a| (1..=NEIGHBOURS).map(move |step| (a, (a + step) % people)));
    let pairs: BTreeSet<_> =
        ring.filter(|(a, b)| a != b).map(|(a, b)| Conversation::between(a + 1, b + 1)).collect();
    pairs.into_iter().collect()
}
