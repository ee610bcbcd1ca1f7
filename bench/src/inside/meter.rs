//! What this process uses: processor time by thread, and memory.

use std::fs;

use anyhow::{Context as _, Result};

/// Seconds of processor time, so far, of all living threads whose name begins with one of these (15 characters, as the
/// kernel keeps them). `/proc/PID/task/TID/schedstat` counts in nanoseconds: proc(5).
pub fn cpu_of(names: &[&str]) -> Result<f64> {
    let mut seconds = 0.0;
    for task in fs::read_dir("/proc/self/task").context("cannot read the threads of this process")? {
        let task = task?.path();
        // A thread may end between the two reads.
        let Ok(name) = fs::read_to_string(task.join("comm")) else { continue };
        if names.iter().any(|wanted| name.starts_with(wanted)) {
            let Ok(line) = fs::read_to_string(task.join("schedstat")) else { continue };
            let ran: f64 = line.split(' ').next().unwrap_or_default().parse()?;
            seconds += ran / 1e9;
        }
    }
    Ok(seconds)
}

/// Bytes of this process in memory that belong to it alone.
pub fn resident() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).context("no RssAnon in status")?;
    let kib: f64 = line.split_whitespace().nth(1).context("RssAnon has no number")?.parse()?;
    Ok(kib * 1024.0)
}
