//! `gchat-echo ADDRESS:PORT [LOG]`: gives every connection back what it sent, and nothing else; with a file, not before it
//! has been written to that and flushed to the disk.
//!
//! What a message costs that is received and sent, and what it costs at least to keep it, before anything else is done
//! with it.

use std::{fs::File, os::unix::fs::FileExt as _, rc::Rc};

use anyhow::{Context as _, Result};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Builder,
    task::LocalSet,
};

/// Bytes of the file, which is written over from its beginning when it is full, so that no flush has to move its end.
const LOG: u64 = 16 * 1_024 * 1_024;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().context("gchat-echo needs an address and a port to listen on")?;
    match arguments.next() {
        None => Builder::new_multi_thread().enable_all().build()?.block_on(async {
            let listener = listen(&address).await?;
            loop {
                tokio::spawn(echo(accept(&listener).await?));
            }
        }),
        // One thread that waits for the disk itself: whatever else is done costs more.
        Some(path) => {
            Builder::new_current_thread().enable_all().build()?.block_on(LocalSet::new().run_until(async {
                let log = Rc::new(Log::new(&path).with_context(|| format!("cannot write {path}"))?);
                let listener = listen(&address).await?;
                loop {
                    tokio::task::spawn_local(keep(accept(&listener).await?, log.clone()));
                }
            }))
        }
    }
}

async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

async fn accept(listener: &TcpListener) -> Result<TcpStream> {
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Until the other side ends, which an error also means.
async fn echo(mut socket: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer).await? {
            0 => return Ok(()),
            n => socket.write_all(&buffer[..n]).await?,
        }
    }
}

/// The same, flushed.
async fn keep(mut socket: TcpStream, log: Rc<Log>) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let n = socket.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        log.append(&buffer[..n])?;
        socket.write_all(&buffer[..n]).await?;
    }
}

struct Log {
    file: File,
    end: std::cell::Cell<u64>,
}

impl Log {
    fn new(path: &str) -> std::io::Result<Self> {
        let file = File::create(path)?;
        let page = [0; 4096];
        for at in (0..LOG).step_by(page.len()) {
            file.write_all_at(&page, at)?;
        }
        file.sync_all()?;
        Ok(Self { file, end: 0.into() })
    }

    fn append(&self, bytes: &[u8]) -> std::io::Result<()> {
        let length = bytes.len() as u64;
        let at = if self.end.get() + length > LOG { 0 } else { self.end.get() };
        self.file.write_all_at(bytes, at)?;
        self.end.set(at + length);
        self.file.sync_data()
    }
}
