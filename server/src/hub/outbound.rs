//! The bounded queue in front of one socket, and what happens when it overflows.
//!
//! Owns frames on their way out; knows no user and no socket. Above half of the bounds, presence is folded (the roster
//! is remembered as stale and sent afresh once the queue has drained) and typing is dropped; above the bounds, the
//! connection is closed as slow and the cursor repairs. Nothing here waits.

use axum::extract::ws::Utf8Bytes;
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio::sync::Notify;

use crate::{error::Close, id::CircleId};

/// What may happen to a frame when the reader is slow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Never dropped: the connection is closed instead.
    Vital,
    /// A change of this circle's roster: a later snapshot replaces it.
    Roster(CircleId),
    /// Typing: may be dropped without a trace.
    Fleeting,
}

/// A bounded queue of encoded frames.
#[derive(Debug)]
pub struct Outbound {
    queue: Mutex<Queue>,
    /// Wakes the connection's loop, once however much was pushed.
    wake: Notify,
    most_frames: usize,
    most_bytes: usize,
}

/// Frames that wait: mostly one, which then takes no memory of its own.
pub type Frames = SmallVec<[Utf8Bytes; 1]>;

#[derive(Debug, Default)]
struct Queue {
    frames: Frames,
    bytes: usize,
    stale: Vec<CircleId>,
    /// Set once; nothing is queued after it.
    close: Option<Close>,
}

/// What the loop takes out at one time.
#[derive(Debug, Default)]
pub struct Taken {
    /// To be written, in order.
    pub frames: Frames,
    /// Rosters whose changes were dropped: send a snapshot after the frames.
    pub stale: Vec<CircleId>,
    /// Then close.
    pub close: Option<Close>,
}

impl Outbound {
    /// Bounds in frames and bytes.
    pub fn new(most_frames: usize, most_bytes: usize) -> Self {
        Self { queue: Mutex::default(), wake: Notify::new(), most_frames, most_bytes }
    }

    /// Queues a frame, or does what the module's text says.
    pub fn push(&self, frame: Utf8Bytes, kind: Kind) {
        let mut q = self.queue.lock();
        if q.close.is_some() {
            return;
        }
        let (frames, bytes) = (q.frames.len() + 1, q.bytes + frame.as_str().len());
        let crowded = frames > self.most_frames / 2 || bytes > self.most_bytes / 2;
        match kind {
            Kind::Fleeting if crowded => return,
            Kind::Roster(circle) if crowded || q.stale.contains(&circle) => {
                if !q.stale.contains(&circle) {
                    q.stale.push(circle);
                }
            }
            // One frame alone may be larger than the byte bound: a welcome is not a slow reader's fault.
            _ if frames > self.most_frames || (bytes > self.most_bytes && frames > 1) => {
                q.close = Some(Close::Slow);
                q.frames.clear();
                q.bytes = 0;
            }
            _ => {
                q.bytes = bytes;
                q.frames.push(frame);
            }
        }
        drop(q);
        self.wake.notify_one();
    }

    /// Asks for the connection's end, after the frames that are queued already.
    pub fn close(&self, code: Close) {
        self.queue.lock().close.get_or_insert(code);
        self.wake.notify_one();
    }

    /// Everything that waits; the queue's memory goes with it, so that an idle connection keeps none.
    pub fn take(&self) -> Taken {
        let mut q = self.queue.lock();
        q.bytes = 0;
        Taken { frames: std::mem::take(&mut q.frames), stale: std::mem::take(&mut q.stale), close: q.close }
    }

    /// Returns when something waits. Cancel-safe.
    pub async fn ready(&self) {
        self.wake.notified().await;
    }

    /// Returns when the connection is to be closed: what a loop that is stuck in a write watches. Cancel-safe, but it
    /// swallows wakes: call `rewake` afterwards.
    pub async fn closing(&self) {
        while self.queue.lock().close.is_none() {
            self.wake.notified().await;
        }
    }

    /// Undoes a wake that was swallowed while writing.
    pub fn rewake(&self) {
        let q = self.queue.lock();
        if !q.frames.is_empty() || !q.stale.is_empty() || q.close.is_some() {
            self.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: usize) -> Utf8Bytes {
        "x".repeat(n).into()
    }

    #[test]
    fn a_slow_reader_is_closed_at_the_bound_of_frames() {
        let out = Outbound::new(4, 1_000);
        (0..4).for_each(|_| out.push(frame(1), Kind::Vital));
        assert_eq!(out.take().frames.len(), 4);
        (0..5).for_each(|_| out.push(frame(1), Kind::Vital));
        let taken = out.take();
        assert_eq!((taken.frames.len(), taken.close), (0, Some(Close::Slow)));
    }

    #[test]
    fn a_slow_reader_is_closed_at_the_bound_of_bytes_but_one_large_frame_is_not_slowness() {
        let out = Outbound::new(100, 1_000);
        out.push(frame(5_000), Kind::Vital);
        assert_eq!(out.take().close, None);
        out.push(frame(600), Kind::Vital);
        out.push(frame(600), Kind::Vital);
        assert_eq!(out.take().close, Some(Close::Slow));
    }

    #[test]
    fn presence_is_folded_and_typing_dropped_before_anything_is_closed() {
        let out = Outbound::new(4, 1_000);
        let circle: CircleId = "c7".parse().expect("a circle");
        out.push(frame(1), Kind::Vital);
        out.push(frame(1), Kind::Vital);
        for _ in 0..100 {
            out.push(frame(1), Kind::Roster(circle.clone()));
            out.push(frame(1), Kind::Fleeting);
        }
        let taken = out.take();
        assert_eq!((taken.frames.len(), taken.stale, taken.close), (2, vec![circle], None));
    }

    #[test]
    fn frames_queued_before_a_close_are_still_sent_and_later_ones_are_not() {
        let out = Outbound::new(4, 1_000);
        out.push(frame(1), Kind::Vital);
        out.close(Close::LoggedOut);
        out.close(Close::Slow);
        out.push(frame(1), Kind::Vital);
        let taken = out.take();
        assert_eq!((taken.frames.len(), taken.close), (1, Some(Close::LoggedOut)));
    }
}
