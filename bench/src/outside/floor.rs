//! What nothing that is durable, or that goes through a socket, can be faster than here and now.

use std::{
    fs::OpenOptions,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::FileExt as _,
    path::Path,
    time::Instant,
};

use anyhow::{Context as _, Result};

use super::tally::Times;

/// Bytes that a commit of one message writes to the log: four pages with their headers, about.
const COMMIT: usize = 4 * 4_120;

/// The log's length, beyond which it is written from its beginning again: that of the server's own.
const LOG: u64 = 16 * 1024 * 1024;

/// Writes so much to a file in this folder, and brings it to the disk, so often. The file is written over, as a log
/// that was checkpointed is, so no flush has to move its end.
pub fn flushes(folder: &Path, times: u32) -> Result<Times> {
    let path = folder.join("floor");
    let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path)?;
    let page = vec![7_u8; COMMIT];
    for at in (0..LOG).step_by(COMMIT) {
        file.write_all_at(&page, at)?;
    }
    file.sync_all()?;
    let mut found = Times::default();
    for n in 0..u64::from(times) {
        let began = Instant::now();
        file.write_all_at(&page, n * COMMIT as u64 % LOG)?;
        file.sync_data()?;
        found.add(began.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(found)
}

/// Sends a message's bytes to another thread and back over a socket of the loopback network, so often.
pub fn echoes(times: u32) -> Result<Times> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let echo = std::thread::spawn(move || -> Result<()> {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut bytes = [0; 256];
        while stream.read_exact(&mut bytes).is_ok() {
            stream.write_all(&bytes)?;
        }
        Ok(())
    });
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut bytes = [7; 256];
    let mut found = Times::default();
    for _ in 0..times {
        let began = Instant::now();
        stream.write_all(&bytes)?;
        stream.read_exact(&mut bytes)?;
        found.add(began.elapsed());
    }
    drop(stream);
    echo.join().ok().context("the echo ended badly")??;
    Ok(found)
}
