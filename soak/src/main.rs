//! The `gchat-soak` binary: the command line and nothing else.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use gchat_soak::{
    Program,
    check::check,
    history, lying,
    power::{self, NoDisk},
    run::{Outcome, Plan},
};

/// Proves that nothing acknowledged is lost, doubled or reordered.
#[derive(Debug, Parser)]
#[command(name = "gchat-soak", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Kill the server at random moments under load
    Soak {
        /// How often
        #[arg(long, default_value_t = 5)]
        kills: u64,
        /// Messages to be acknowledged
        #[arg(long, default_value_t = 50_000)]
        messages: u64,
        /// People who talk
        #[arg(long, default_value_t = 36)]
        people: u64,
        #[command(flatten)]
        common: Common,
    },
    /// Cut clients off at random moments under load
    Reconnects {
        /// How often
        #[arg(long, default_value_t = 10_000)]
        cuts: u64,
        #[command(flatten)]
        common: Common,
    },
    /// Cut the power under load; then show that a server which does not flush loses something
    Powercut {
        /// How often
        #[arg(long, default_value_t = 5)]
        cuts: u64,
        /// Inside the namespaces that this command makes for itself
        #[arg(long, hide = true)]
        room: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Judge a log again
    Check {
        /// Its file
        file: PathBuf,
    },
    /// Run the server over a store of one's choice
    #[command(hide = true)]
    Serve {
        /// Which
        #[arg(long, value_enum)]
        store: lying::Kind,
        /// The settings
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Of everything random [default: the environment's SEED, or drawn]
    #[arg(long)]
    seed: Option<u64>,
    /// The server under test [default: the gchat beside this program]
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// Where everything that happens is written, as JSON lines; without it, only what failed is
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.context("no threads can be started").and_then(|runtime| {
        let ended = runtime.block_on(async {
            tokio::select! {
                ended = run(Cli::parse().command) => ended,
                signal = signal() => signal,
            }
        });
        // A server that still runs is killed with what holds it.
        runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        ended
    });
    ended.unwrap_or_else(|error| {
        say(&format!("gchat-soak: {error:#}"));
        ExitCode::FAILURE
    })
}

/// Completes when somebody wants this to end, so that nothing is left behind.
async fn signal() -> Result<ExitCode> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut signals =
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    let [interrupt, terminate, hangup] = &mut signals;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(ExitCode::from(130))
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Soak { kills, messages, people, common } => {
            let (server, seed) = common.begin()?;
            let plan =
                Plan { kills, people, log: common.log, progress, ..Plan::new(&server, seed, messages) };
            let outcome = plan.run().await?;
            tell(&outcome, seed)?;
            let verdict = &outcome.verdict;
            say(&format!(
                "{} edits and deletions, {} reactions and {} changes of groups acked, {} messages acked again after one; \
                 {} stored, {} displayed, {} refused, {} sockets cut",
                verdict.verbs,
                verdict.reactions,
                verdict.wishes,
                verdict.repeated,
                verdict.stored,
                verdict.displayed,
                verdict.refused,
                outcome.cuts
            ));
            say(&verdict.to_string());
            Ok(code(outcome.holds()))
        }
        Command::Reconnects { cuts, common } => {
            let (server, seed) = common.begin()?;
            let plan = Plan { cuts, log: common.log, progress, ..Plan::new(&server, seed, 0) };
            let outcome = plan.run().await?;
            tell(&outcome, seed)?;
            let verdict = &outcome.verdict;
            let [gaps, doubled, reordered] = outcome.displayed_wrongly();
            say(&format!("{verdict}; {} displayed", verdict.displayed));
            say(&format!(
                "reconnects {}, gaps {gaps}, shown twice {doubled}, reordered {reordered}",
                outcome.cuts
            ));
            Ok(code(outcome.holds()))
        }
        Command::Powercut { cuts, room: Some(folder), common } => {
            power::watch_parent();
            let (server, seed) = common.seeded()?;
            power_cuts(power::Cuts { count: cuts, seed, server: Program::shipped(&server), folder }).await
        }
        Command::Powercut { cuts, room: None, common } => {
            let (server, seed) = common.begin()?;
            let folder = tempfile::Builder::new().prefix("gchat-soak-").tempdir()?;
            let server = server.display().to_string();
            let args =
                ["powercut", "--cuts", &cuts.to_string(), "--seed", &seed.to_string(), "--server", &server];
            let code = power::enter(&args.map(str::to_owned), folder.path()).await;
            Ok(match code {
                Err(error) if error.is::<NoDisk>() => no_disk(&error),
                code => ExitCode::from(u8::try_from(code?).unwrap_or(1)),
            })
        }
        Command::Check { file } => {
            let verdict = check(&history::read(&file)?);
            verdict.faults.iter().for_each(|fault| say(&fault.to_string()));
            verdict.broken.iter().for_each(|(rule, times)| say(&format!("{rule:?}: {times}")));
            say(&verdict.to_string());
            Ok(code(verdict.holds()))
        }
        Command::Serve { store, config } => {
            lying::serve(store, &config).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The cuts, then the control; the last line tells of both.
async fn power_cuts(cuts: power::Cuts) -> Result<ExitCode> {
    let outcome = match cuts.run().await {
        Err(error) if error.is::<NoDisk>() => return Ok(no_disk(&error)),
        outcome => outcome?,
    };
    let verdict = outcome.verdict.unwrap_or_default();
    verdict.faults.iter().for_each(|fault| say(&fault.to_string()));
    outcome.troubles.iter().for_each(|trouble| say(trouble));
    say(&verdict.to_string());
    let holds = verdict.holds() && outcome.troubles.is_empty() && outcome.lost == 0;
    if !holds {
        let file = std::env::temp_dir().join(format!("gchat-powercut-{}.jsonl", cuts.seed));
        history::write(&file, &outcome.history)?;
        replay(&file);
    }
    let itself = std::env::current_exe()?;
    let control = power::Cuts { server: Program::with_store(&itself, "unsynced"), ..cuts };
    let control = control.control().await?;
    say(&format!("the control acked {}", control.acked));
    say(&format!(
        "cuts {}, lost {}; control with synchronous=NORMAL lost {}",
        outcome.cuts, outcome.lost, control.lost
    ));
    Ok(code(holds && control.lost > 0))
}

/// What `scripts/test` names as skipped.
fn no_disk(error: &anyhow::Error) -> ExitCode {
    say(&format!("{error:#}"));
    ExitCode::from(77)
}

impl Common {
    /// As `seeded`; the seed is told at once.
    fn begin(&self) -> Result<(PathBuf, u64)> {
        let (server, seed) = self.seeded()?;
        say(&format!("SEED={seed}"));
        Ok((server, seed))
    }

    /// The server's binary, and the seed.
    fn seeded(&self) -> Result<(PathBuf, u64)> {
        let seed = match (self.seed, std::env::var("SEED")) {
            (Some(seed), _) => seed,
            (None, Ok(seed)) if !seed.is_empty() => seed.parse().context("SEED is a number")?,
            (None, _) => rand::random(),
        };
        let beside = || Ok::<_, anyhow::Error>(std::env::current_exe()?.with_file_name("gchat"));
        Ok((self.server.clone().map_or_else(beside, Ok)?, seed))
    }
}

/// Says what did not hold, and keeps the log of it.
fn tell(outcome: &Outcome, seed: u64) -> Result<()> {
    if outcome.holds() {
        return Ok(());
    }
    outcome.complaints().for_each(|complaint| say(&complaint));
    let file = std::env::temp_dir().join(format!("gchat-soak-{seed}.jsonl"));
    history::write(&file, &outcome.history)?;
    replay(&file);
    Ok(())
}

fn progress(acked: u64, cuts: u64) {
    say(&format!("… {acked} acked, {cuts} sockets cut"));
}

fn replay(file: &Path) {
    say(&format!("what happened is in {0}: gchat-soak check {0}", file.display()));
}

fn code(holds: bool) -> ExitCode {
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(text: &str) {
    println!("{text}");
}
