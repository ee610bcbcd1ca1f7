//! Every byte that this process has asked for and not given back. The allocator is the server's, with a count before it.

use cap::Cap;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

/// Bytes allocated now.
pub fn bytes() -> f64 {
    ALLOCATOR.allocated() as f64
}
