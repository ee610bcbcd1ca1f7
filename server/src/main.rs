//! The `gchat` binary: the command line and nothing else.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
