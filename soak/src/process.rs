//! The server as a process: started, killed, stopped in its tracks.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

/// How long a server may take to be ready: its log is read back at the start.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sentences that make a run fail, whatever the checker says.
pub(crate) type Troubles = Arc<Mutex<Vec<String>>>;

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// Before `--config FILE`.
    pub args: Vec<String>,
}

impl Program {
    /// The real one.
    pub fn shipped(path: &Path) -> Self {
        Self { path: path.to_owned(), args: vec!["serve".into()] }
    }

    /// The same server code over a store of another kind, from this crate's own binary.
    pub fn with_store(path: &Path, kind: &str) -> Self {
        Self { path: path.to_owned(), args: vec!["serve".into(), "--store".into(), kind.into()] }
    }

    /// Starts it with these settings, and waits until it takes connections.
    pub(crate) async fn start(&self, settings: &Path, troubles: &Troubles) -> Result<Running> {
        let mut child = Command::new(&self.path)
            .args(&self.args)
            .arg("--config")
            .arg(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}: build it first", self.path.display()))?;
        let stderr = child.stderr.take().context("standard error was asked for")?;
        let mut lines = BufReader::new(stderr).lines();
        let address =
            timeout(PATIENCE, ready(&mut lines)).await.context("the server was not ready in time")??;
        tokio::spawn(listen(lines, troubles.clone()));
        Ok(Running { child, address })
    }
}

/// Reads a server's log (`log_format = "json"`) until it says that it is ready: where it listens.
pub async fn ready(lines: &mut Lines<BufReader<ChildStderr>>) -> Result<SocketAddr> {
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        if event["fields"]["message"] == "ready" {
            let listen =
                event["fields"]["listen"].as_str().context("the server is ready, but says not where")?;
            return Ok(listen.parse()?);
        }
        said += &line;
        said.push('\n');
    }
    bail!("the server ended before it was ready: {said}");
}

/// Reads on, so that the server never waits for its log. A panic is trouble; an error is not, as a machine that is too
/// busy makes them (clients are told to try again, and that nothing comes of it is what the checker is for).
async fn listen(mut lines: Lines<BufReader<ChildStderr>>, troubles: Troubles) {
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains("panicked at") {
            troubles.lock().push(format!("the server says: {line}"));
        }
    }
}

/// A server that runs. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// SIGKILL, and waits for the end.
    pub(crate) async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("the server could not be killed")
    }

    /// SIGSTOP, and waits until every thread stands: one that is inside the kernel ends its call first.
    pub(crate) async fn freeze(&self) -> Result<()> {
        let id = self.child.id().context("the server has ended by itself")?;
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).context("a process id is positive")?;
        kill_process(pid, Signal::STOP).context("the server could not be stopped")?;
        let standing = async {
            while !all_stopped(id)? {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok(())
        };
        timeout(PATIENCE, standing).await.context("the server's threads did not stop")?
    }
}

/// Whether each thread is in state T (proc(5), /proc/PID/task/TID/stat: the letter after the name in brackets).
fn all_stopped(pid: u32) -> Result<bool> {
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let stat = std::fs::read_to_string(task?.path().join("stat"))?;
        if !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')) {
            return Ok(false);
        }
    }
    Ok(true)
}
