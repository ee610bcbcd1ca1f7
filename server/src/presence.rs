//! One status for a user, folded from all of their connections and the clock. Pure: no time of its own, no socket.

/// Somebody's presence on this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    connections: u32,
    /// Set while no connection lives: when the grace after the last one ends (ms).
    leaves_at: Option<i64>,
}

impl Presence {
    /// A connection came. True if the user was not online before.
    pub fn connect(&mut self) -> bool {
        let came = self.connections == 0 && self.leaves_at.is_none();
        self.connections += 1;
        self.leaves_at = None;
        came
    }

    /// A connection went. If it was the last, the time at which the user leaves unless another one comes.
    pub fn disconnect(&mut self, now: i64, grace_ms: i64) -> Option<i64> {
        self.connections = self.connections.saturating_sub(1);
        if self.connections == 0 {
            self.leaves_at = Some(now + grace_ms);
        }
        self.leaves_at
    }

    /// Whether the user is gone at `now`: no connection, and the grace is over.
    pub fn is_gone(&self, now: i64) -> bool {
        self.connections == 0 && self.leaves_at.is_none_or(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_walk_does_not_flicker() {
        let mut p = Presence::default();
        assert!(p.is_gone(0));
        assert!(p.connect());
        assert_eq!(p.disconnect(1_000, 15_000), Some(16_000));
        assert!(!p.is_gone(15_999));
        assert!(!p.connect(), "still online within the grace");
        assert!(!p.is_gone(1 << 60));
    }

    #[test]
    fn one_of_two_connections_is_enough() {
        let mut p = Presence::default();
        p.connect();
        p.connect();
        assert_eq!(p.disconnect(0, 10), None);
        assert!(!p.is_gone(1_000));
        assert_eq!(p.disconnect(5, 10), Some(15));
        assert!(p.is_gone(15));
    }
}
