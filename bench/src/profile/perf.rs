//! Linux perf as a process: what it records of a server, and what it makes of that.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::stacks::Stacks;

/// Looks a second; no divisor of what happens by the clock.
const PER_SECOND: &str = "499";

/// Why nothing can be recorded here; `None` if it can.
pub(super) fn missing() -> Option<String> {
    let mut tried = Command::new("perf");
    tried.args(["record", "--event", "cpu-clock", "--output", "/dev/null", "true"]);
    match tried.stdin(Stdio::null()).output() {
        Err(_) => Some("perf is missing (scripts/install bench)".into()),
        Ok(answer) if !answer.status.success() => {
            let said = String::from_utf8_lossy(&answer.stderr);
            Some(format!("perf may not look here ({})", said.lines().next().unwrap_or("it does not say why")))
        }
        Ok(_) => None,
    }
}

/// perf while it looks at a process. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Recording(Child);

impl Recording {
    /// Looks at a process from now on, unless something has been recorded already.
    pub(crate) fn start(process: u32, samples: Option<&PathBuf>) -> Result<Option<Self>> {
        let Some(samples) = samples.filter(|samples| !samples.exists()) else { return Ok(None) };
        let child = Command::new("perf")
            .args(["record", "--quiet", "--event", "cpu-clock", "--freq", PER_SECOND, "--call-graph", "fp"])
            .args(["--pid", &process.to_string(), "--output"])
            .arg(samples)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start perf")?;
        Ok(Some(Self(child)))
    }

    /// Asks it to write down what it saw. It ends by the signal that it was asked with.
    pub(crate) fn end(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::INT).context("perf has ended by itself")?;
        self.0.wait().context("perf did not end")?;
        Ok(())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What was recorded.
pub(super) fn read(samples: &Path) -> Result<Stacks> {
    let answer = Command::new("perf")
        .args(["script", "--no-demangle", "--fields", "comm,ip,sym", "--input"])
        .arg(samples)
        .stdin(Stdio::null())
        .output()
        .context("cannot start perf")?;
    ensure!(answer.status.success(), "perf script failed: {}", String::from_utf8_lossy(&answer.stderr));
    let stacks = Stacks::of(&String::from_utf8_lossy(&answer.stdout));
    ensure!(stacks.samples() > 0, "perf has seen nothing");
    Ok(stacks)
}
