//! The command line: what may be asked of the binary, and how it starts and stops.
//!
//! Knows no frame and no SQL. Answers go to standard output, everything else to standard error; an error is one line
//! that names the thing and the fix, with exit code 1; 2 for a wrong command line, 3 for a database that cannot be used
//! as it is (damaged, of a newer release, not ours, not writable, served by another process).

use std::{io::Write as _, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    config::{Config, Flags},
    http, logs,
    server::Server,
    store::{CachedStore, Store as _, StoreError, sqlite::SqliteStore},
    systemd,
};

mod backup;
mod demo;
mod site;

/// Global Chat: real-time chat for Moodle sites.
#[derive(Debug, Parser)]
#[command(name = "gchat", version, arg_required_else_help = true, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve {
        #[command(flatten)]
        settings: Settings,
        /// Listen here instead of where the configuration says
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<SocketAddr>,
    },
    /// Make a new, empty database
    Init {
        #[command(flatten)]
        settings: Settings,
    },
    /// Run the server with a small campus to try the chat in
    Demo(demo::Demo),
    /// Add, list and remove the sites that this server serves, and change their keys
    Site {
        #[command(flatten)]
        settings: Settings,
        #[command(subcommand)]
        command: site::Command,
    },
    /// Make a backup, also while the server runs
    Backup {
        #[command(flatten)]
        settings: Settings,
        /// The file to make, or a folder in which it is named by the time
        to: PathBuf,
    },
    /// Put a backup in the place of the database; the server must not run
    Restore {
        #[command(flatten)]
        settings: Settings,
        /// The backup
        from: PathBuf,
    },
    /// After the database came back from the past by other means than `gchat restore`, such as a snapshot of the machine
    Epoch {
        #[command(subcommand)]
        command: EpochCommand,
    },
    /// Read the whole database and say whether it is sound, also while the server runs
    Check {
        #[command(flatten)]
        settings: Settings,
    },
    /// Show or check the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print the description of the HTTP API, in OpenAPI 3.1
    Openapi,
    /// Print completions for a shell, to be read by it
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
enum EpochCommand {
    /// Have browsers drop what they keep of a time that the database does not know; the server must not run
    New {
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print a configuration with every key, its meaning and its default
    Template,
    /// Say whether the server would start with this configuration
    Check {
        #[command(flatten)]
        settings: Settings,
    },
}

/// Where settings come from, above the environment (GCHAT_…).
#[derive(Debug, clap::Args)]
struct Settings {
    /// The configuration file; without it, defaults and the environment count
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The database, instead of the one in the configuration
    #[arg(long, value_name = "FILE", global = true)]
    database: Option<PathBuf>,
}

impl Settings {
    fn load(self, listen: Option<SocketAddr>) -> Result<Config> {
        let config = Config::load(self.config.as_deref(), Flags { listen, database: self.database })?;
        config.fits_this_machine()?;
        Ok(config)
    }
}

/// Does what the command line asks. Ends the process by itself only for a wrong command line (exit code 2).
pub fn run() -> Result<()> {
    match Cli::parse().command {
        Command::Serve { settings, listen } => wait_for(serve(settings, listen)),
        Command::Demo(demo) => wait_for(demo.run()),
        Command::Init { settings } => wait_for(init(settings.load(None)?)),
        Command::Site { settings, command } => wait_for(command.run(settings.load(None)?)),
        Command::Backup { settings, to } => wait_for(backup::backup(settings.load(None)?, to)),
        Command::Restore { settings, from } => wait_for(backup::restore(settings.load(None)?, from)),
        Command::Epoch { command: EpochCommand::New { settings } } => {
            wait_for(backup::new_epoch(settings.load(None)?))
        }
        Command::Check { settings } => wait_for(backup::check(settings.load(None)?)),
        Command::Config { command: ConfigCommand::Template } => answer(&Config::template()),
        Command::Config { command: ConfigCommand::Check { settings } } => {
            let Config { database, .. } = settings.load(None)?;
            if !database.exists() {
                logs::say(&format!("there is no database {} yet: `gchat init` makes it", database.display()));
            }
            answer("the configuration is fine\n")
        }
        Command::Openapi => answer(&http::api::describe::text()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "gchat", &mut script);
            answer(&String::from_utf8(script)?)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            answer(&String::from_utf8(page)?)
        }
    }
}

/// The exit code of an error.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if matches!(error.downcast_ref(), Some(StoreError::Unusable(_))) { 3 } else { 1 }
}

/// Runs it on the runtime's own threads: this one would have to wake another for each connection that it accepts. They
/// are half as many as cores, as the other half is needed by the database's threads and the kernel's network: with more
/// of them the same work costs a quarter more, mostly to wake each other (docs/adr/0002-threads-of-the-store.md).
fn wait_for(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(cores.div_ceil(2)).enable_all().build();
    let runtime = runtime.context("the threads of the server cannot be started")?;
    runtime.block_on(async { tokio::spawn(work).await? })
}

async fn serve(settings: Settings, listen: Option<SocketAddr>) -> Result<()> {
    // First of all: the first process of a container is never told of a signal that it has no handler for.
    let mut stop = Box::pin(stopped()?);
    let start = async {
        let config = settings.load(listen)?;
        logs::init(&config);
        let store = Arc::new(SqliteStore::serve(&config.database).await?);
        let store = Arc::new(CachedStore::over(store));
        Server::bind(config, store, None).await
    };
    let server = tokio::select! {
        biased;
        // Looking at a large database, or bringing it up to date, takes its time; each step of that can be repeated.
        () = &mut stop => return Ok(()),
        server = start => server?,
    };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), listen = %server.local_addr()?, "ready");
    // The socket is bound and the store is open: whoever connects now is answered.
    systemd::ready();
    let stop = async {
        stop.await;
        systemd::stopping();
    };
    server.run(stop).await
}

async fn init(config: Config) -> Result<()> {
    let path = &config.database;
    let there = path.metadata().is_ok_and(|file| file.len() > 0);
    SqliteStore::make(path).await?.close().await;
    let done = if there { "is there already, and was left as it is" } else { "was made" };
    answer(&format!("the database {} {done}\n", path.display()))
}

/// Completes when the process is asked to stop: SIGTERM (systemd, containers), SIGINT (Ctrl+C) or SIGHUP (a terminal
/// that was closed). From this call on, none of them ends the process at once. SIGINT and SIGHUP stay ignored where
/// whoever started this has them ignored (`nohup`).
fn stopped() -> Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn come(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
    let ignored = ignored_signals();
    let unless_ignored = |kind: SignalKind| {
        let is_ignored = ignored & (1 << (kind.as_raw_value() - 1)) != 0;
        (!is_ignored).then(|| signal(kind)).transpose()
    };
    let terminate = signal(SignalKind::terminate())?;
    let interrupt = unless_ignored(SignalKind::interrupt())?;
    let hangup = unless_ignored(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            () = come(Some(terminate)) => {}
            () = come(interrupt) => {}
            () = come(hangup) => {}
        }
        tracing::info!("stopping");
    })
}

/// Those that this process was started with as ignored, a bit each (proc(5), `SigIgn`); none where that cannot be told.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Prints an answer. Whoever closed the pipe has read enough.
fn answer(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("the answer cannot be written")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
