//! Callgrind over this program, started again for one hot path.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// What callgrind writes of one path that is run so many times.
pub(super) fn callgrind(path: &str, times: u32, folder: &Path) -> Result<String> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let out: PathBuf = folder.join("callgrind.out");
    let own = folder.join(format!("hot-{path}-{times}"));
    std::fs::create_dir_all(&own)?;
    let valgrind = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--compress-strings=no",
            &format!("--callgrind-out-file={}", out.display()),
        ])
        .arg(program)
        .args(["hot", path, &times.to_string()])
        .arg(own)
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
