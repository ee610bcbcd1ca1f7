//! The server under test: the shipped release binary, in a folder of its own, and what it uses.

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use gchat_soak::ready;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

use crate::plan::Plan;

/// How long a server may take to be ready, and to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process until it said that it is ready.
    pub started_in: Duration,
    settings: PathBuf,
    program: PathBuf,
    /// As the plan has it.
    pub samples: Option<PathBuf>,
}

/// What a server may differ in from the shipped settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Messages of one user and frames of one connection are not limited: for scenarios in which a few people stand for
    /// many.
    pub unlimited: bool,
}

impl Server {
    /// Starts one on any port, on this database.
    pub async fn start(plan: &Plan, database: &Path, settings: Settings) -> Result<Self> {
        let path = database.with_extension("toml");
        Self::write_settings(&path, database, "127.0.0.1:0", settings)?;
        Self::run(plan.gchat.clone(), path, plan.samples.clone()).await
    }

    fn write_settings(path: &Path, database: &Path, listen: &str, settings: Settings) -> Result<()> {
        let limits = if settings.unlimited {
            "[limits]\nmessages_per_second = 100000\nmessage_burst = 100000\n\
             frames_per_second = 100000\nframe_burst = 100000\n\
             sign_ins_per_second = 100000\nsign_in_burst = 100000\n\
             answer_bytes_per_second = 1000000000000\nanswer_burst_bytes = 1000000000000\n\
             user_bytes_per_day = 1000000000000\nsite_bytes_per_day = 1000000000000\n"
        } else {
            ""
        };
        let text = format!("listen = {listen:?}\ndatabase = {database:?}\nlog_format = \"json\"\n{limits}");
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    async fn run(program: PathBuf, settings: PathBuf, samples: Option<PathBuf>) -> Result<Self> {
        let began = Instant::now();
        let mut child = Command::new(&program)
            .args(["serve", "--config"])
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}: build it first", program.display()))?;
        let stderr = child.stderr.take().context("standard error was asked for")?;
        let mut lines = BufReader::new(stderr).lines();
        let ready = timeout(PATIENCE, ready(&mut lines)).await;
        let address = ready.context("the server was not ready in time")??;
        let started_in = began.elapsed();
        tokio::spawn(listen(lines));
        Ok(Self { child, address, started_in, settings, program, samples })
    }

    /// Stops it as a supervisor does, and starts it again at the same address. Returns the new one.
    pub async fn restart(self) -> Result<Self> {
        let (program, settings, address) = (self.program.clone(), self.settings.clone(), self.address);
        let samples = self.samples.clone();
        let text = std::fs::read_to_string(&settings)?;
        std::fs::write(&settings, text.replace("127.0.0.1:0", &address.to_string()))?;
        self.stop().await?;
        Self::run(program, settings, samples).await
    }

    /// SIGTERM, and waits for a good end.
    pub async fn stop(mut self) -> Result<()> {
        let pid =
            i32::try_from(self.id()).ok().and_then(Pid::from_raw).context("a process id is positive")?;
        kill_process(pid, Signal::TERM).context("the server could not be stopped")?;
        let status =
            timeout(PATIENCE, self.child.wait()).await.context("the server did not end in time")??;
        if status.success() { Ok(()) } else { bail!("the server ended with {status}") }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// Seconds of processor time since its start.
    pub fn cpu(&self) -> Result<f64> {
        cpu(self.id())
    }
}

/// Seconds of processor time that a process has used, user and system (proc(5): utime and stime, in hundredths).
pub fn cpu(id: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).context("the server has ended")?;
    let (_, rest) = stat.rsplit_once(") ").context("a stat line names its command in brackets")?;
    let ticks = rest.split(' ').skip(11).take(2).map(|field| field.parse::<f64>().unwrap_or(0.0));
    Ok(ticks.sum::<f64>() / 100.0)
}

/// Reads on, so that the server never waits for its log; passes on each sentence that it warns of, once.
#[expect(clippy::print_stderr, reason = "the log of the server is that of the run")]
async fn listen(mut lines: Lines<BufReader<ChildStderr>>) {
    let mut told = HashSet::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        let sentence = event["fields"]["message"].as_str().unwrap_or(&line).to_owned();
        if event["level"] != "INFO" && told.insert(sentence) {
            eprintln!("server: {line:.300}");
        }
    }
}
