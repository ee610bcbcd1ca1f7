//! A room for the disks: a mount and process namespace of its own, which takes everything with it when it ends.
//!
//! Whatever becomes of the harness, no mount, no loop device and no process outlives the room: the kernel unmounts
//! what a dead mount namespace had, a loop device goes with its mount, and all processes of a process namespace end
//! with its first.

use std::{io::Read as _, path::Path, process::Stdio};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use super::NoDisk;

/// Runs this program again, with these arguments, inside a room; its exit code. Dropping the future ends the room.
pub async fn enter(args: &[String], folder: &Path) -> Result<i32> {
    if !rustix::process::geteuid().is_root() {
        return Err(NoDisk("this is not root".into()).into());
    }
    let namespaces =
        ["--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let possible = Command::new("unshare").args(namespaces).arg("true").output().await;
    let possible = possible.context("unshare cannot be run")?;
    if !possible.status.success() {
        let said = String::from_utf8_lossy(&possible.stderr);
        return Err(NoDisk(format!("no namespace can be made ({})", said.trim())).into());
    }
    let mut room = Command::new("unshare")
        .args(namespaces)
        .arg(std::env::current_exe()?)
        .args(args)
        .arg("--room")
        .arg(folder)
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    // Held open as long as this process lives: the room watches it.
    let _line = room.stdin.take();
    let ended = room.wait().await?;
    Ok(ended.code().unwrap_or(1))
}

/// Inside the room: ends it when the program outside is gone.
pub fn watch_parent() {
    std::thread::spawn(|| {
        let mut nothing = [0; 1];
        // Nobody writes to it: whatever comes is its end.
        let _ = std::io::stdin().read(&mut nothing);
        std::process::exit(1);
    });
}
