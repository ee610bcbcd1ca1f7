//! What processes and the kernel hold in memory.

use std::fs::read_to_string;

use anyhow::{Context as _, Result};

/// Bytes of a process that no other shares: what it has allocated, stacks included.
pub fn anonymous(id: u32) -> Result<f64> {
    let text = read_to_string(format!("/proc/{id}/smaps_rollup")).context("the process has ended")?;
    kilobytes(&text, "Anonymous:").context("smaps_rollup has no line Anonymous")
}

/// Resident bytes of a process, its code included.
pub fn resident(id: u32) -> Result<f64> {
    let text = read_to_string(format!("/proc/{id}/smaps_rollup")).context("the process has ended")?;
    kilobytes(&text, "Rss:").context("smaps_rollup has no line Rss")
}

/// Resident bytes of a process, where each of those who share a page has a part of it: of all processes together, every
/// page counts once.
pub fn share(id: u32) -> Result<f64> {
    let text = read_to_string(format!("/proc/{id}/smaps_rollup")).context("the process has ended")?;
    kilobytes(&text, "Pss:").context("smaps_rollup has no line Pss")
}

/// Slab caches of which a socket has objects. One of them, `dentry`, is mostly of files: its size is taken, and the
/// number of `TCP`.
const CACHES: [&str; 7] =
    ["TCP", "sock_inode_cache", "filp", "eventpoll_epi", "ep_head", "skbuff_head_cache", "skbuff_small_head"];

/// Bytes that the kernel holds for all sockets of the machine: the objects of its slab caches that are in use, and the
/// buffers of TCP. Of a busy machine only differences say something.
pub fn kernel() -> Result<f64> {
    let slabs = read_to_string("/proc/slabinfo").context("/proc/slabinfo is for root: run this as root")?;
    let cache = |name: &str| {
        let line = slabs.lines().find(|line| line.split_whitespace().next() == Some(name))?;
        let field = |n: usize| line.split_whitespace().nth(n)?.parse::<f64>().ok();
        Some((field(1)?, field(3)?))
    };
    let objects: f64 =
        CACHES.iter().filter_map(|name| cache(name)).map(|(objects, size)| objects * size).sum();
    let names = cache("TCP").zip(cache("dentry")).map_or(0.0, |((sockets, _), (_, size))| sockets * size);
    Ok(objects + names + tcp_buffers()?)
}

/// Bytes in the buffers of TCP (/proc/net/sockstat, in pages).
fn tcp_buffers() -> Result<f64> {
    let text = read_to_string("/proc/net/sockstat")?;
    let line = text.lines().find(|line| line.starts_with("TCP:")).context("sockstat has no line TCP")?;
    let pages = line.rsplit_once("mem ").and_then(|(_, pages)| pages.trim().parse::<f64>().ok());
    let page = kilobytes(&read_to_string("/proc/self/smaps")?, "KernelPageSize:")
        .context("smaps has no page size")?;
    Ok(pages.context("sockstat tells no memory")? * page)
}

fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? * 1_024.0)
}

/// Bytes that the machine can still give.
pub fn available() -> Result<f64> {
    kilobytes(&read_to_string("/proc/meminfo")?, "MemAvailable:").context("meminfo has no MemAvailable")
}

/// The whole of a machine's memory, for the report.
pub fn of_machine() -> f64 {
    let text = read_to_string("/proc/meminfo").unwrap_or_default();
    kilobytes(&text, "MemTotal:").unwrap_or(f64::NAN)
}
