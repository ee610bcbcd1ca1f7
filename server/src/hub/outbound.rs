//! The bounded queue in front of one socket, and what happens when it overflows.
//!
//! Owns frames on their way out; knows no user and no socket. Whoever has something to tell writes it at once, if nothing
//! waits before it and the socket has room; else it waits for the connection's loop. Above half of the bounds, presence
//! is folded (the roster is remembered as stale and sent afresh once the queue has drained) and typing is dropped; above
//! the bounds, the connection is closed as slow and the cursor repairs. Nothing here waits.

use std::{
    fmt,
    future::poll_fn,
    mem,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use parking_lot::{Mutex, MutexGuard};
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::{error::Close, id::CircleId};

/// A frame as it is sent: bytes that any number of connections share.
pub type Frame = axum::extract::ws::Utf8Bytes;

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

/// Where frames go: a socket, for those who do not wait for it.
pub trait Pipe: Send + Sync {
    /// Writes these frames, in this order, as far as there is room.
    fn send_now(&self, frames: &[Frame]) -> Sent;
}

/// What became of frames that were to be written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// So many are written, or the socket keeps what is left of the last of them.
    pub frames: usize,
    /// The socket keeps nothing: the connection's loop need not look after it.
    pub whole: bool,
}

/// A bounded queue of encoded frames.
#[derive(Debug)]
pub struct Outbound {
    queue: Mutex<Queue>,
    most_frames: usize,
    most_bytes: usize,
}

/// Frames that wait: mostly one, which then takes no memory of its own.
pub type Frames = SmallVec<[Frame; 1]>;

struct Queue {
    frames: Frames,
    bytes: usize,
    stale: Vec<CircleId>,
    /// Set once; nothing is queued after it.
    close: Option<Close>,
    /// Set once: nothing is queued any more but the last frame.
    discards: bool,
    /// `None` before the connection is welcome and after its end.
    pipe: Option<Arc<dyn Pipe>>,
    /// The loop writes what it has taken, and looks for more before it waits again: nobody overtakes it. So it is from
    /// the beginning, until it has sent `welcome`, and after the end.
    writing: bool,
    /// The connection's loop is to look, once however much was pushed.
    roused: bool,
    /// Wakes it, where it waits.
    waker: Option<Waker>,
    /// When something was queued last.
    told: Instant,
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
        let queue = Queue {
            frames: Frames::new(),
            bytes: 0,
            stale: Vec::new(),
            close: None,
            discards: false,
            pipe: None,
            writing: true,
            roused: false,
            waker: None,
            told: Instant::now(),
        };
        Self { queue: Mutex::new(queue), most_frames, most_bytes }
    }

    /// Writes a frame at once if that is possible, and queues it else; or does what the module's text says. Costs its
    /// caller a system call: who holds a lock that others want is better served by `queue`.
    pub fn push(&self, frame: Frame, kind: Kind) {
        let mut q = self.queue.lock();
        self.put(&mut q, frame, kind);
        send(q);
    }

    /// Queues a frame for the connection's loop to write.
    pub fn queue(&self, frame: Frame, kind: Kind) {
        let mut q = self.queue.lock();
        self.put(&mut q, frame, kind);
        rouse_if_wanted(q);
    }

    /// Queues a frame, and wakes nobody: `flush` is still to be called.
    pub fn add(&self, frame: Frame, kind: Kind) {
        self.put(&mut self.queue.lock(), frame, kind);
    }

    /// Writes at once what waits, as far as that is possible.
    pub fn flush(&self) {
        send(self.queue.lock());
    }

    /// Asks for the connection's end, after the frames that are queued already; where those are worth nothing any more,
    /// their memory is given back at once.
    pub fn close(&self, code: Close) {
        let mut q = self.queue.lock();
        let ends_with = *q.close.get_or_insert(code);
        let waited = if ends_with.drops_what_waits() { q.drop_all() } else { Default::default() };
        rouse(q);
        drop(waited); // not under the lock
    }

    /// The same with a last frame, which goes out even where all others are discarded.
    pub fn close_with(&self, frame: Frame, code: Close) {
        let mut q = self.queue.lock();
        q.discards = false;
        self.put(&mut q, frame, Kind::Vital);
        q.close.get_or_insert(code);
        rouse(q);
    }

    /// Drops what waits, and from now on whatever is to be queued.
    pub fn discard(&self) {
        let mut q = self.queue.lock();
        q.discards = true;
        let waited = q.drop_all();
        drop(q);
        drop(waited); // not under the lock
    }

    /// The end that was asked for, if one was.
    pub fn closes_with(&self) -> Option<Close> {
        self.queue.lock().close
    }

    /// When something was queued last.
    pub fn told(&self) -> Instant {
        self.queue.lock().told
    }

    /// Names the socket. Others may write to it once the loop has `written` all that waited.
    pub fn open(&self, pipe: Arc<dyn Pipe>) {
        self.queue.lock().pipe = Some(pipe);
    }

    /// Everything that waits, for the loop to write; the queue's memory goes with it, so that an idle connection keeps
    /// none. Until `written`, others only queue.
    pub fn take(&self) -> Taken {
        let mut q = self.queue.lock();
        q.writing = true;
        q.bytes = 0;
        Taken { frames: mem::take(&mut q.frames), stale: mem::take(&mut q.stale), close: q.close }
    }

    /// The loop has written what it took. False if more has come since, which it is to take first.
    pub fn written(&self) -> bool {
        let mut q = self.queue.lock();
        q.writing = q.waits();
        !q.writing
    }

    /// The connection has ended: from now on nothing is written to its socket.
    pub fn shut(&self) {
        let mut q = self.queue.lock();
        q.writing = true;
        let gone = (q.pipe.take(), q.waker.take());
        drop(q);
        drop(gone); // not under the lock
    }

    /// Returns when something waits. Cancel-safe; for the connection's loop alone, as `closing`: there is one to be woken.
    pub fn ready(&self) -> impl Future<Output = ()> + Send {
        poll_fn(|cx| {
            let mut q = self.queue.lock();
            if mem::take(&mut q.roused) { Poll::Ready(()) } else { q.wait(cx) }
        })
    }

    /// Returns, with the code, when the connection is to be closed: what a loop that is stuck in a write watches. Cancel-safe.
    pub fn closing(&self) -> impl Future<Output = Close> + Send {
        poll_fn(|cx| {
            let mut q = self.queue.lock();
            q.close.map_or_else(|| q.wait(cx), Poll::Ready)
        })
    }

    fn put(&self, q: &mut Queue, frame: Frame, kind: Kind) {
        if q.close.is_some() || q.discards {
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
                drop(q.drop_all());
            }
            _ => {
                q.bytes = bytes;
                q.frames.push(frame);
            }
        }
        q.told = Instant::now();
    }
}

/// The queue is held over the write, which does not wait: so what two push at once goes out in one order.
fn send(mut q: MutexGuard<'_, Queue>) {
    if q.writing || q.frames.is_empty() {
        return rouse_if_wanted(q);
    }
    let Queue { frames, bytes, pipe: Some(pipe), .. } = &mut *q else {
        return rouse_if_wanted(q);
    };
    let sent = pipe.send_now(frames);
    if sent.frames == frames.len() {
        *frames = Frames::new(); // with its memory
    } else {
        frames.drain(..sent.frames);
    }
    *bytes = frames.iter().map(|frame| frame.as_str().len()).sum();
    if sent.whole { rouse_if_wanted(q) } else { rouse(q) }
}

/// Wakes the loop if something is left for it.
fn rouse_if_wanted(q: MutexGuard<'_, Queue>) {
    // While it writes it will look by itself, but for a close, which it may have to be told of in the middle.
    let wanted = if q.writing { q.close.is_some() } else { q.waits() };
    if wanted {
        rouse(q);
    }
}

fn rouse(mut q: MutexGuard<'_, Queue>) {
    q.roused = true;
    let waker = q.waker.take();
    drop(q);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Queue {
    /// Takes out all that waits, for its memory to be given back.
    fn drop_all(&mut self) -> (Frames, Vec<CircleId>) {
        self.bytes = 0;
        (mem::take(&mut self.frames), mem::take(&mut self.stale))
    }

    fn waits(&self) -> bool {
        !self.frames.is_empty() || !self.stale.is_empty() || self.close.is_some()
    }

    /// Until the next rouse.
    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, bytes, stale, close, discards, pipe, writing, roused, waker: _, told } = self;
        f.debug_struct("Queue")
            .field("frames", &frames.len())
            .field("bytes", bytes)
            .field("stale", stale)
            .field("close", close)
            .field("discards", discards)
            .field("open", &pipe.is_some())
            .field("writing", writing)
            .field("roused", roused)
            .field("told", told)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: usize) -> Frame {
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
    fn where_all_is_discarded_the_last_frame_still_goes_out() {
        let out = Outbound::new(4, 1_000);
        out.push(frame(1), Kind::Vital);
        out.discard();
        out.push(frame(2), Kind::Vital);
        out.add(frame(2), Kind::Roster("c7".parse().expect("a circle")));
        out.queue(frame(2), Kind::Fleeting);
        out.close_with(frame(3), Close::TokenExpired);
        out.push(frame(4), Kind::Vital);
        let taken = out.take();
        assert_eq!((taken.frames.to_vec(), taken.close), (vec![frame(3)], Some(Close::TokenExpired)));
    }

    #[test]
    fn what_waits_for_a_connection_whose_place_is_taken_is_dropped_at_once() {
        for code in [Close::Replaced, Close::TooMany, Close::Slow] {
            let out = Outbound::new(4, 1_000);
            let large = frame(900);
            out.push(large.clone(), Kind::Vital);
            out.close(code);
            let taken = out.take();
            assert_eq!((taken.frames.len(), taken.close), (0, Some(code)));
        }
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
