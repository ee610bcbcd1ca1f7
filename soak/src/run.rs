//! A run: people talk while the server is killed, or their sockets are cut; then everything is compared.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::time::sleep;

use crate::{
    check::{Rule, Verdict, check},
    client::Habits,
    history::{Event, HARNESS, Log, What},
    process::{Program, Running, Troubles},
    site::{self, Site},
    stage::{SUSPENDED, Stage},
};

/// Between two words of progress.
const TELL: Duration = Duration::from_secs(15);

/// What a run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How often the server is killed.
    pub kills: u64,
    /// Messages to be acknowledged, at least.
    pub messages: u64,
    /// Sockets to be cut, at least.
    pub cuts: u64,
    /// Users.
    pub people: u64,
    /// Of everything random.
    pub seed: u64,
    /// The server under test.
    pub server: Program,
    /// The server that reads the store at the end.
    pub reader: Program,
    /// The chance that what somebody writes is an edit or a deletion; half of it, that a message answers another.
    pub verbs: f64,
    /// The chance that somebody reacts in place of writing.
    pub reactions: f64,
    /// The chance that what somebody writes is for a group; a fifth of it, that it is for the room. 0: there are none.
    pub groups: f64,
    /// The planted mutant of the client: fetches no gap.
    pub careless: bool,
    /// JSON lines of everything that happened.
    pub log: Option<PathBuf>,
    /// Is told from time to time how many messages are acknowledged, and how many sockets were cut.
    pub progress: fn(u64, u64),
}

/// How it went.
#[derive(Debug)]
pub struct Outcome {
    /// What the checker says.
    pub verdict: Verdict,
    /// What else was not as it should be.
    pub troubles: Vec<String>,
    /// What happened.
    pub history: Vec<Event>,
    /// Sockets that clients cut.
    pub cuts: u64,
}

impl Outcome {
    /// Whether everything held.
    pub fn holds(&self) -> bool {
        self.verdict.holds() && self.troubles.is_empty()
    }

    /// Gaps, doubles and reorders that people saw or would have seen.
    pub fn displayed_wrongly(&self) -> [u64; 3] {
        [Rule::DisplayGap, Rule::Doubled, Rule::Reordered].map(|rule| self.verdict.count(rule))
    }

    /// What did not hold, one a line.
    pub fn complaints(&self) -> impl Iterator<Item = String> + '_ {
        let faults = self.verdict.faults.iter().map(ToString::to_string);
        let counts = self.verdict.broken.iter().map(|(rule, times)| format!("{rule:?}: {times}"));
        faults.chain(counts).chain(self.troubles.iter().take(20).cloned())
    }
}

impl Plan {
    /// With the shipped server and the usual people, in a run without kills and cuts.
    pub fn new(server: &Path, seed: u64, messages: u64) -> Self {
        let program = Program::shipped(server);
        Self {
            kills: 0,
            messages,
            cuts: 0,
            people: 36,
            seed,
            server: program.clone(),
            reader: program,
            verbs: 0.3,
            reactions: 0.1,
            groups: 0.2,
            careless: false,
            log: None,
            progress: |_, _| {},
        }
    }

    /// Runs it. An error: the run itself could not be made or got stuck.
    pub async fn run(&self) -> Result<Outcome> {
        let folder = tempfile::Builder::new().prefix("gchat-soak-").tempdir()?;
        let database = folder.path().join("gchat.db");
        let settings = site::settings(folder.path(), &database)?;
        let site = Arc::new(Site::found(&database).await?);
        let troubles = Troubles::default();
        let log = Arc::new(Log::new(self.log.as_deref())?);
        let server = self.server.start(&settings, &troubles).await?;
        let habits = Habits {
            letters: 6,
            // Without a number of cuts to reach, a socket is cut now and then all the same.
            cut_every: Some(Duration::from_millis(if self.cuts > 0 { 150 } else { 4_000 })),
            naps: if self.cuts > 0 { 0.02 } else { 0.2 },
            verbs: self.verbs,
            reactions: self.reactions,
            groups: self.groups,
            careless: self.careless,
        };
        let address = server.address;
        let mut stage =
            Stage::open(site, log.clone(), troubles.clone(), address, self.people, habits, self.seed).await?;
        let ended = self.talk(&mut stage, server, &settings).await;
        if ended.is_err() {
            stage.stop().await;
        }
        let server = match ended {
            Ok(server) => server,
            // What is in the store is worth a look, but the run has failed.
            Err(error) => {
                troubles.lock().push(format!("{error:#}"));
                self.reader.start(&settings, &troubles).await?
            }
        };
        server.kill().await?;
        let reader = self.reader.start(&settings, &troubles).await?;
        stage.moved(reader.address);
        stage.read_into_log().await?;
        reader.kill().await?;
        let cuts = *stage.cuts.borrow();
        let history = log.take()?;
        let troubles = troubles.lock().clone();
        Ok(Outcome { verdict: check(&history), troubles, history, cuts })
    }

    /// The load, with its kills and cuts, until everything is drained.
    async fn talk(&self, stage: &mut Stage, mut server: Running, settings: &Path) -> Result<Running> {
        let mut rng = StdRng::seed_from_u64(self.seed);
        let suspending = tokio::spawn(suspend(stage, StdRng::seed_from_u64(!self.seed)));
        let telling = tokio::spawn(tell(stage, self.progress));
        for at in self.kill_points(&mut rng) {
            stage.until_acked(at).await?;
            sleep(Duration::from_micros(rng.random_range(0..20_000))).await;
            server.kill().await?;
            stage.log.add(HARNESS, What::Killed);
            sleep(Duration::from_millis(rng.random_range(0..100))).await;
            server = self.server.start(settings, &stage.troubles).await.context("after a kill")?;
            stage.moved(server.address);
        }
        stage.until_acked(self.messages).await?;
        stage.until_cut(self.cuts).await?;
        telling.abort();
        suspending.abort();
        let _ = suspending.await;
        stage.site.restore_all(&stage.address(), &stage.log).await;
        stage.drain().await?;
        Ok(server)
    }

    /// After how many acknowledged messages the server is killed, ascending.
    fn kill_points(&self, rng: &mut StdRng) -> Vec<u64> {
        let last = self.messages.max(self.kills + 2);
        let mut points: Vec<u64> = (0..self.kills).map(|_| rng.random_range(1..last)).collect();
        points.sort_unstable();
        points
    }
}

/// A run of an hour should not look like one that has got stuck.
fn tell(stage: &Stage, progress: fn(u64, u64)) -> impl Future<Output = ()> + Send + 'static {
    let (acks, cuts) = (stage.acks.clone(), stage.cuts.clone());
    async move {
        loop {
            sleep(TELL).await;
            progress(*acks.borrow(), *cuts.borrow());
        }
    }
}

/// Takes the right to chat from somebody now and then, for a moment.
fn suspend(stage: &Stage, mut rng: StdRng) -> impl Future<Output = ()> + Send + 'static {
    let (site, log, address, people) = (stage.site.clone(), stage.log.clone(), stage.address(), stage.people);
    async move {
        loop {
            sleep(Duration::from_millis(rng.random_range(100..600))).await;
            let user = rng.random_range(1..=people / SUSPENDED);
            site.suspend(&address, user).await;
            log.add(HARNESS, What::Revoked { user });
            sleep(Duration::from_millis(rng.random_range(10..300))).await;
            log.add(HARNESS, What::Restored { user });
            site.restore(&address, user).await;
        }
    }
}
