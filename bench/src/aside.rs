//! Work that takes minutes and asks nobody, such as filling a database.

use std::thread;

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

/// On a thread that ends with the work. One of the runtime's would linger, and whoever adds up the processor time of
/// this process's threads would miss what it has used, from some later moment on.
pub(crate) async fn run(work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    let (done, answer) = oneshot::channel();
    thread::spawn(move || done.send(work()));
    answer.await.context("it ended without a word")?
}
