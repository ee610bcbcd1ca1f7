//! Callgrind over this program, started again for one hot path.

use std::{path::Path, process::Command, thread};

use anyhow::{Context as _, Result, anyhow, ensure};

/// What callgrind writes of one path that is run so many times, and twice as many: both at once, as what else the machine
/// does changes no count.
pub(super) fn once_and_twice(path: &str, times: u32, folder: &Path) -> Result<(String, String)> {
    thread::scope(|scope| {
        let twice = scope.spawn(|| callgrind(path, 2 * times, folder));
        let once = callgrind(path, times, folder)?;
        let twice = twice.join().map_err(|_| anyhow!("nobody waited for valgrind to its end"))??;
        Ok((once, twice))
    })
}

fn callgrind(path: &str, times: u32, folder: &Path) -> Result<String> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let own = folder.join(format!("hot-{path}-{times}"));
    std::fs::create_dir_all(&own)?;
    let out = own.join("callgrind.out");
    let valgrind = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--compress-strings=no",
            &format!("--callgrind-out-file={}", out.display()),
        ])
        .arg(program)
        .args(["hot", path, &times.to_string()])
        .arg(&own)
        // What the allocator gives back by the clock is not the path's.
        .env("_RJEM_MALLOC_CONF", "background_thread:false,dirty_decay_ms:-1")
        .output()
        .context("cannot start valgrind: scripts/install bench")?;
    ensure!(valgrind.status.success(), "{}", String::from_utf8_lossy(&valgrind.stderr));
    Ok(std::fs::read_to_string(&out)?)
}

/// All that it counted.
pub(super) fn instructions(counted: &str) -> Result<f64> {
    let line =
        counted.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    let total = line.and_then(|line| line.split_whitespace().next()).context("callgrind counted nothing")?;
    Ok(total.parse()?)
}
