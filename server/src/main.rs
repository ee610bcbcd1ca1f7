//! The `gchat` binary: the command line and nothing else.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// docs/adr/0007-jemalloc.md
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let code = match gchat::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            gchat::logs::say(&format!("gchat: {error:#}"));
            ExitCode::from(gchat::cli::exit_code(&error))
        }
    };
    gchat::logs::finish();
    code
}
