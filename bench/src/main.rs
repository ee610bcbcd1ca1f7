//! The `gchat-bench` binary: the command line and nothing else.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use gchat_bench::{
    inside, outside,
    plan::{Plan, Size},
    report,
};

/// What the server carries: memory, fan-out and speed
#[derive(Debug, Parser)]
#[command(name = "gchat-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios, print a line a figure, and leave the figures in bench/results/latest.json
    Run(Run),
    /// A process of clients; started by `run`
    #[command(hide = true)]
    Worker,
    /// One hot path so many times; started by `run` under callgrind
    #[command(hide = true)]
    Hot { path: String, times: u32, folder: PathBuf },
}

#[derive(Debug, clap::Args)]
struct Run {
    /// Small sizes: all of it in ten minutes on two cores
    #[arg(long)]
    quick: bool,
    /// Only these scenarios
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Draws everything that is drawn
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The server under test
    #[arg(long, default_value = "target/release/gchat")]
    gchat: PathBuf,
    /// Where databases lie meanwhile: a folder on a real disk
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// The same server with frame pointers: flame graphs of it are drawn after the figures, for the page if it is
    /// rewritten, else into bench/results
    #[arg(long, value_name = "GCHAT")]
    profiled: Option<PathBuf>,
    /// Rewrite the figures and plots of docs/performance.md
    #[arg(long)]
    report: bool,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Worker => outside::worker::run(),
        Command::Hot { path, times, folder } => runtime()?.block_on(inside::hot::work(&path, times, &folder)),
        Command::Run(run) => runtime()?.block_on(run.run()),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

impl Run {
    async fn run(self) -> Result<()> {
        let folder = tempfile::Builder::new().prefix("gchat-bench-").tempdir_in(&self.folder)?;
        let size = if self.quick { Size::Quick } else { Size::Full };
        let gchat = std::path::absolute(&self.gchat)?;
        let plan = Plan { size, seed: self.seed, gchat, folder: folder.path().to_owned(), samples: None };
        // By hand, so that an interrupted run leaves no database behind.
        tokio::select! {
            done = report::run(&plan, &self.only, self.profiled.as_deref(), self.report) => done,
            _ = tokio::signal::ctrl_c() => bail!("interrupted: no figure was written"),
        }
    }
}
