//! What the process tells the supervisor that started it: ready, stopping, alive (sd_notify(3)). Where there is none,
//! nothing happens.
//!
//! Knows nothing of the server: whoever calls knows that what is told is true.

use std::time::Duration;

use sd_notify::NotifyState;

/// The server takes connections from now on.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The server has been asked to stop, and does.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The server still does its work.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often `alive` has to be told: at half the time after which the supervisor loses patience. `None` if it does not
/// ask for it.
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / 2).filter(|half| !half.is_zero())
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the supervisor could not be told how the server is (NOTIFY_SOCKET)");
    }
}
