//! Every byte that this process has asked for and not given back. The allocator is the server's, with a count before it.

use cap::Cap;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Cap<Jemalloc> = Cap::new(Jemalloc, usize::MAX);

/// Bytes allocated now.
pub fn bytes() -> f64 {
    ALLOCATOR.allocated() as f64
}
