//! The real binary on a hostile machine: a full disk, a disk that fails, a clock that jumps, a network that drops, a
//! log that cannot be written.
//!
//! In each, people write numbered messages, repeat what is not acknowledged, and come back by their cursor. At the end
//! everything that was acknowledged is in the store and on every screen exactly once, in order, and the service has
//! returned by itself. What a machine cannot do is named on a line `skipped: …`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod clock;
mod disk;
mod flush;
mod log;
mod net;
mod person;
mod place;
mod server;
mod signals;
mod sites;
mod slow;
mod world;
