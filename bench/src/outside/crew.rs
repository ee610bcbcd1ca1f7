//! The generator as its conductor sees it: processes of clients that do the same thing at the same time.

use std::{net::SocketAddr, path::PathBuf, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use gchat_soak::{check, history};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{
    campus::Campus,
    orders::{Cast, Order, Pair, Room},
    tally::Tally,
};
use crate::plan::Plan;

/// Open files of one process, less what it needs for itself.
const SOCKETS_MOST: usize = 19_000;

/// A crew to be hired.
pub struct Hire<'a> {
    pub plan: &'a Plan,
    /// Of the scenario, for messages.
    pub name: &'a str,
    pub server: SocketAddr,
    pub campus: &'a Campus,
    pub pairs: &'a [Pair],
    /// Processes, at least.
    pub processes: usize,
    /// Clients of each process that watch rosters.
    pub watchers: usize,
    /// Where there is one: the room that some of them have open.
    pub room: Option<Room>,
}

/// Processes of clients.
pub struct Crew {
    name: String,
    members: Vec<Member>,
}

struct Member {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    history: PathBuf,
}

impl Hire<'_> {
    /// Starts them; none is connected yet.
    pub async fn start(self) -> Result<Crew> {
        let processes = self.processes.max((self.pairs.len() * 2).div_ceil(SOCKETS_MOST));
        let share = self.pairs.len().div_ceil(processes).max(1);
        let mut members = Vec::new();
        let mut first = 1;
        for (n, pairs) in self.pairs.chunks(share).enumerate() {
            let history = self.plan.folder.join(format!("{}-{n}.jsonl", self.name));
            let cast = Cast {
                server: self.server,
                campus: self.campus.clone(),
                pairs: pairs.to_vec(),
                first,
                seed: self.plan.seed,
                history: history.clone(),
                watchers: self.watchers,
                room: self.room,
            };
            first += u32::try_from(pairs.len() * 2)?;
            members.push(Member::start(&cast).await?);
        }
        Ok(Crew { name: self.name.to_owned(), members })
    }
}

impl Member {
    async fn start(cast: &Cast) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a process of clients")?;
        let orders = child.stdin.take().context("standard input was asked for")?;
        let answers = child.stdout.take().context("standard output was asked for")?;
        let answers = BufReader::new(answers).lines();
        let mut member = Self { child, orders, answers, history: cast.history.clone() };
        member.tell(cast).await?;
        Ok(member)
    }

    /// One line out, one line back.
    async fn tell(&mut self, what: &impl serde::Serialize) -> Result<Tally> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        self.orders.write_all(&line).await?;
        let line = self.answers.next_line().await?.context("a process of clients ended by itself")?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Crew {
    /// Lets all of them do this; returns when all have done it. Fails loudly if anything was wrong.
    pub async fn order(&mut self, order: Order) -> Result<Tally> {
        let tallies = try_join_all(self.members.iter_mut().map(|member| member.tell(&order))).await?;
        let mut all = Tally::default();
        tallies.into_iter().for_each(|tally| all += tally);
        let troubles = all.troubles.iter().take(10).fold(String::new(), |all, one| all + "\n  " + one);
        ensure!(
            all.troubles.is_empty(),
            "{}: {} times something was wrong at {order:?}: {troubles}",
            self.name,
            all.troubles.len()
        );
        Ok(all)
    }

    /// Process ids.
    pub fn ids(&self) -> Vec<u32> {
        self.members.iter().filter_map(|member| member.child.id()).collect()
    }

    /// Lets those who are sampled fetch and read everything, judges their history, and ends the crew. Returns the
    /// verdict. A history that breaks a rule is kept.
    pub async fn prove(mut self) -> Result<check::Verdict> {
        self.order(Order::Prove).await?;
        self.order(Order::End).await?;
        let mut events = Vec::new();
        for member in &self.members {
            events.extend(history::read(&member.history)?);
            std::fs::remove_file(&member.history)?;
        }
        let verdict = check::check(&events);
        if !verdict.holds() {
            let kept = PathBuf::from(format!("{}/failed-{}.jsonl", crate::RESULTS, self.name));
            history::write(&kept, &events)?;
            let faults = verdict.faults.iter().take(10).fold(String::new(), |all, f| format!("{all}\n  {f}"));
            anyhow::bail!("{}: {verdict}; its history is {}: {faults}", self.name, kept.display());
        }
        ensure!(verdict.acked > 0, "{}: nobody who is sampled has written anything", self.name);
        Ok(verdict)
    }

    /// Ends the crew where nothing was written that could be judged.
    pub async fn leave(mut self) -> Result<Tally> {
        self.order(Order::End).await
    }
}
