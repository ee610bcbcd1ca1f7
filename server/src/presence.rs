//! One status for a user, folded from all of their connections and the clock. Pure: no time of its own, no socket.

use std::sync::Arc;

/// Somebody's presence on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    connections: u32,
    /// Logins of which a connection went, and until when each is waited for (ms): walking from page to page is not
    /// leaving. A login is there once.
    lingering: Vec<(Arc<str>, i64)>,
}

impl Presence {
    /// A connection of a login came. True if the user was not online before.
    pub fn connect(&mut self, login: &str) -> bool {
        let came = self.connections == 0 && self.lingering.is_empty();
        self.connections += 1;
        self.lingering.retain(|(lingering, _)| **lingering != *login);
        came
    }

    /// A connection of a login went. If it was the user's last, the time at which they leave unless another one comes.
    pub fn disconnect(&mut self, login: &Arc<str>, now: i64, grace_ms: i64) -> Option<i64> {
        self.connections = self.connections.saturating_sub(1);
        self.lingering.retain(|(lingering, at)| *at > now && lingering != login);
        self.lingering.push((login.clone(), now + grace_ms));
        let last = self.lingering.iter().map(|(_, at)| *at).max();
        last.filter(|_| self.connections == 0)
    }

    /// A login has ended, and with it so many connections: nothing of it is waited for.
    pub fn log_out(&mut self, login: &str, connections: usize) {
        self.connections = self.connections.saturating_sub(u32::try_from(connections).unwrap_or(u32::MAX));
        self.lingering.retain(|(lingering, _)| **lingering != *login);
    }

    /// Whether the user is gone at `now`: no connection, and every grace is over.
    pub fn is_gone(&self, now: i64) -> bool {
        self.connections == 0 && self.lingering.iter().all(|(_, at)| *at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: i64 = 15_000;

    #[test]
    fn a_page_walk_does_not_flicker() {
        let (mut p, desk) = (Presence::default(), Arc::from("desk"));
        assert!(p.is_gone(0));
        assert!(p.connect("desk"));
        assert_eq!(p.disconnect(&desk, 1_000, GRACE), Some(16_000));
        assert!(!p.is_gone(15_999));
        assert!(!p.connect("desk"), "still online within the grace");
        assert!(!p.is_gone(1 << 60));
    }

    #[test]
    fn one_of_two_connections_is_enough() {
        let (mut p, desk) = (Presence::default(), Arc::from("desk"));
        p.connect("desk");
        p.connect("desk");
        assert_eq!(p.disconnect(&desk, 0, 10), None);
        assert!(!p.is_gone(1_000));
        assert_eq!(p.disconnect(&desk, 5, 10), Some(15));
        assert!(p.is_gone(15));
    }

    #[test]
    fn a_logout_waits_for_nothing_but_for_another_login() {
        let (mut p, desk, phone) = (Presence::default(), Arc::from("desk"), Arc::from("phone"));
        p.connect("desk");
        p.disconnect(&desk, 0, GRACE);
        p.log_out("desk", 0);
        assert!(p.is_gone(1), "the page was left before the host told of the logout");
        p.connect("desk");
        p.connect("phone");
        assert_eq!(p.disconnect(&phone, 100, GRACE), None);
        p.log_out("desk", 1);
        assert!(!p.is_gone(101), "the phone walks from page to page");
        assert!(p.is_gone(100 + GRACE));
    }
}
