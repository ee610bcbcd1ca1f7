//! A peer as a process: started, waited for, measured with all its children, and ended.

use std::{
    collections::HashMap,
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{net::TcpStream, time::sleep};

/// A virtual machine with its own database takes a while on a busy machine.
const START: Duration = Duration::from_secs(300);

/// After this, a peer that was asked to end is made to.
const END: Duration = Duration::from_secs(10);

/// A free port of this machine, as far as can be known.
pub(super) fn free_port() -> Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no port is free on 127.0.0.1")?;
    Ok(listener.local_addr()?)
}

/// Nanoseconds that each thread has run (proc(5), /proc/PID/task/TID/schedstat): finer than the ticks of `stat`.
pub(super) struct Clock(HashMap<PathBuf, u64>);

/// A process group of our own. Dropping it kills all of it.
pub(super) struct Process {
    child: Child,
    group: Pid,
    ended: bool,
}

impl Process {
    /// Starts `command`, what it says going to `log`, and waits until `address` takes connections.
    pub(super) async fn start(mut command: Command, address: SocketAddr, log: &Path) -> Result<Self> {
        use std::os::unix::process::CommandExt as _;
        let file = File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
        command.process_group(0).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let group = Pid::from_child(&child);
        let mut process = Self { child, group, ended: false };
        let since = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            let ended = process.child.try_wait()?;
            if ended.is_some() || since.elapsed() > START {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("{command:?} took no connection on {address} ({ended:?}): {said}");
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(process)
    }

    /// Where the CPU time of the process and its descendants stands.
    pub(super) fn clock(&self) -> Result<Clock> {
        let mut threads = HashMap::new();
        for pid in self.tree()? {
            // It may have ended since it was listed.
            let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { continue };
            for task in tasks {
                let Ok(path) = task.map(|task| task.path().join("schedstat")) else { continue };
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                let ran = text.split(' ').next().context("schedstat has another form")?.parse()?;
                threads.insert(path, ran);
            }
        }
        Ok(Clock(threads))
    }

    /// CPU time since then, in user and kernel mode. A thread that has ended in between is not in it.
    pub(super) fn ran_since(&self, before: &Clock) -> Result<Duration> {
        let now = self.clock()?;
        let ran =
            |(thread, ran): (&PathBuf, &u64)| ran.saturating_sub(before.0.get(thread).copied().unwrap_or(0));
        Ok(Duration::from_nanos(now.0.iter().map(ran).sum()))
    }

    /// Resident bytes of the process and its living descendants.
    pub(super) fn memory(&self) -> Result<u64> {
        let mut sum = 0;
        for pid in self.tree()? {
            let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else { continue };
            let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
            sum += resident.map_or(Ok(0), |resident| resident.trim().parse::<u64>())? * 1024;
        }
        Ok(sum)
    }

    fn tree(&self) -> Result<Vec<i32>> {
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        for entry in std::fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<i32>() else { continue };
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            // The name in brackets may hold anything; state and parent come after it.
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
            children.entry(parent.unwrap_or(0)).or_default().push(pid);
        }
        let mut tree = vec![self.group.as_raw_nonzero().get()];
        let mut at = 0;
        while let Some(pid) = tree.get(at) {
            tree.extend(children.remove(pid).unwrap_or_default());
            at += 1;
        }
        Ok(tree)
    }

    /// Asks it to end, and sees to it.
    pub(super) async fn end(mut self) -> Result<()> {
        kill_process_group(self.group, Signal::TERM).context("the peer has ended by itself")?;
        let since = Instant::now();
        while self.child.try_wait()?.is_none() && since.elapsed() < END {
            sleep(Duration::from_millis(10)).await;
        }
        self.kill();
        Ok(())
    }

    fn kill(&mut self) {
        if !self.ended {
            self.ended = true;
            // An error means that nothing of it is left.
            let _ = kill_process_group(self.group, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
