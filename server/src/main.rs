//! The `gchat` binary: the command line and nothing else.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// docs/adr/0007-jemalloc.md
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    match gchat::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the log may not have begun")]
            {
                eprintln!("gchat: {error:#}");
            }
            ExitCode::from(gchat::cli::exit_code(&error))
        }
    }
}
