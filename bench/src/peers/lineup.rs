//! Who is compared, how each is started, and how one finds out what it has kept.

use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context as _, Result, bail, ensure};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::{
    echo::Echo,
    gchat::{self, Gchat},
    host::{self, Host},
    node::{Plain, SocketIo},
    peer::{Durability, Peer, Person},
    process::{Process, free_port},
    xmpp::Xmpp,
};
use crate::plan::Plan;

/// What `bench/peers/start` exits with if the peer is not installed.
const MISSING: i32 = 77;

/// A server of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gchat,
    Ws,
    SocketIo,
    Prosody,
    Ejabberd,
    UWebSockets,
    Echo,
}

impl Kind {
    /// As in figures, and in `bench/peers/start`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gchat => "gchat",
            Self::Ws => "ws",
            Self::SocketIo => "socketio",
            Self::Prosody => "prosody",
            Self::Ejabberd => "ejabberd",
            Self::UWebSockets => "uwebsockets",
            Self::Echo => "echo",
        }
    }

    pub(super) fn is_xmpp(self) -> bool {
        matches!(self, Self::Prosody | Self::Ejabberd)
    }

    /// Why it cannot be started here; `None` if it can.
    pub(super) fn missing(self) -> Result<Option<String>> {
        if matches!(self, Self::Gchat | Self::Echo) {
            return Ok(None);
        }
        let answer = Command::new(script()).args([self.name(), "check"]).output()?;
        match answer.status.code() {
            Some(0) => Ok(None),
            Some(MISSING) => Ok(Some(String::from_utf8_lossy(&answer.stderr).trim().to_owned())),
            _ => bail!("bench/peers/start {} check failed: {answer:?}", self.name()),
        }
    }

    /// Where it keeps messages, a query that counts them, and how often it keeps each.
    fn archive(self, folder: &Path) -> Option<(PathBuf, &'static str, u64)> {
        match self {
            Self::Gchat => Some((folder.join("gchat.db"), "SELECT count(*) FROM messages", 1)),
            Self::Ws | Self::SocketIo => {
                Some((folder.join("messages.db"), "SELECT count(*) FROM messages", 1))
            }
            // One for each of the two people.
            Self::Prosody => {
                let count = "SELECT count(*) FROM prosodyarchive WHERE store = 'archive'";
                Some((folder.join("prosody.sqlite"), count, 2))
            }
            Self::Ejabberd => Some((folder.join("ejabberd.db"), "SELECT count(*) FROM archive", 2)),
            Self::UWebSockets | Self::Echo => None,
        }
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/start")
}

/// A peer that runs. Dropping it kills it and removes its folder.
pub(super) struct Running {
    pub(super) kind: Kind,
    pub(super) peer: Arc<dyn Peer>,
    pub(super) process: Process,
    folder: TempDir,
}

impl Running {
    /// Starts one with these people in it.
    pub(super) async fn start(
        kind: Kind,
        durability: Durability,
        plan: &Plan,
        people: &[Person],
    ) -> Result<Self> {
        let name = format!("gchat-bench-{}-", kind.name());
        let folder = tempfile::Builder::new().prefix(&name).tempdir_in(&plan.folder)?;
        let address = free_port()?;
        let (host, command) = prepare(kind, durability, plan, folder.path(), address, people)?;
        let log = folder.path().join("log");
        let process = Process::start(command, address, &log).await?;
        let host = Arc::new(host);
        let peer: Arc<dyn Peer> = match kind {
            Kind::Gchat => Arc::new(Gchat { address, host }),
            Kind::Ws | Kind::UWebSockets => Arc::new(Plain { address, host }),
            Kind::SocketIo => Arc::new(SocketIo { address, host }),
            Kind::Prosody | Kind::Ejabberd => Arc::new(Xmpp { address }),
            Kind::Echo => Arc::new(Echo { address }),
        };
        Ok(Self { kind, peer, process, folder })
    }

    /// Ends it, and makes sure that it has kept as many messages as were delivered.
    pub(super) async fn end(self, delivered: u64) -> Result<()> {
        let Self { kind, process, folder, .. } = self;
        process.end().await?;
        if delivered == 0 {
            return Ok(()); // some make their archive with its first message
        }
        let Some((path, query, times)) = kind.archive(folder.path()) else { return Ok(()) };
        // Never a new file. And not to be read alone: one that was killed may have left its log.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let kept: i64 = connection.query_row(query, [], |row| row.get(0))?;
        connection.close().map_err(|(_, error)| error)?;
        let kept = u64::try_from(kept)?;
        ensure!(
            kept == delivered * times,
            "{} has delivered {delivered} messages, and kept {kept} where {} were due",
            kind.name(),
            delivered * times,
        );
        Ok(())
    }
}

/// Everything that must be there before the start.
fn prepare(
    kind: Kind,
    durability: Durability,
    plan: &Plan,
    folder: &Path,
    address: SocketAddr,
    people: &[Person],
) -> Result<(Host, Command)> {
    match kind {
        Kind::Gchat => {
            ensure!(durability == Durability::Full, "gchat always flushes");
            let database = folder.join("gchat.db");
            let host = gchat::found(&plan.gchat, &database, people)?;
            Ok((host, gchat::command(&plan.gchat, &database, address)))
        }
        Kind::Echo => {
            let mut command = Command::new(floor()?);
            command.arg(address.to_string());
            if durability == Durability::Full {
                command.arg(folder.join("kept"));
            }
            Ok((Host::new().0, command))
        }
        _ => {
            let (host, key) = Host::new();
            fs::write(folder.join("key"), key)?;
            fs::write(folder.join("people"), listed(people)?)?;
            // Peers run as users of their own, who have to come through here.
            for path in [&*plan.folder, folder] {
                fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
            }
            let mut command = Command::new(script());
            command.args([kind.name(), "run"]).arg(folder);
            command.args([&address.port().to_string(), durability.word()]);
            Ok((host, command))
        }
    }
}

/// The binary of the floor: beside this one, or above it, where this one is an example or a test.
fn floor() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let mut folders = this.ancestors().skip(1).take(2).map(|folder| folder.join("gchat-echo"));
    folders
        .find(|path| path.exists())
        .context("there is no gchat-echo: build it with cargo build --release --bins")
}

/// One person a line: user, password, course.
fn listed(people: &[Person]) -> Result<String> {
    let mut text = String::new();
    for person in people {
        writeln!(text, "u{} {} {}", person.user, host::password(person.user), person.course)?;
    }
    Ok(text)
}
