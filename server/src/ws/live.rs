//! A connection that is signed in: the one loop that reads, writes and watches the clock.
//!
//! `answer` does what its frames ask. Others write to the socket too, by the queue in front of it, but never while this
//! loop does or before it, so frames keep their order; a write that gets stuck is given up when the queue behind it
//! overflows.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until},
};

use super::{
    Ending, FAREWELL, answer, answer_close, ending,
    sign_in::Seated,
    socket::{Broken, Message, Socket},
    state::State,
};
use crate::{
    error::{Close, Code, Refusal},
    hub::Frame,
    protocol::ServerFrame,
};

/// The loop and its socket.
pub(super) struct Live<S> {
    state: State,
    socket: Socket<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Live<S> {
    pub(super) fn new(seated: Seated, socket: Socket<S>) -> Self {
        Self { state: State::new(seated), socket }
    }

    /// Sends `welcome`, and with it what has been queued since.
    pub(super) async fn begin(mut self: Box<Self>, welcome: Frame) -> Result<Box<Self>, Ending<S>> {
        self.state.seated.connection().out.open(self.socket.pipe());
        match self.write(Some(welcome)).await {
            Ok(()) => Ok(self),
            Err(end) => Err((*self).end(end)),
        }
    }

    /// Until the end. While nothing happens this holds an alarm and no more: what an event needs is boxed.
    pub(super) async fn run(mut self: Box<Self>) -> Ending<S> {
        let mut alarm = pin!(sleep_until(self.state.next_alarm()));
        let end = loop {
            let Self { state, socket } = &mut *self;
            let doing: Pin<Box<dyn Future<Output = _> + Send>> = tokio::select! {
                biased;
                () = state.seated.connection().out.ready() => Box::pin(self.write(None)),
                // Before what comes in: who sends without end must not keep the clock from being looked at.
                () = &mut alarm => {
                    if let Err(end) = state.alarmed(alarm.deadline()) {
                        break end;
                    }
                    alarm.as_mut().reset(state.next_alarm());
                    continue;
                }
                received = socket.receive() => Box::pin(self.received(received)),
            };
            if let Err(end) = doing.await {
                break end;
            }
        };
        (*self).end(end)
    }

    /// Whoever is told why has left the rosters and the hub by then.
    fn end(self, end: Option<Close>) -> Ending<S> {
        let Self { state, socket } = self;
        drop(state);
        end.map(|code| (Box::new(socket), code))
    }

    /// `Err`: the end; the close code to send, or `None` if the other side is gone.
    async fn received(&mut self, received: Result<Message, Broken>) -> Result<(), Option<Close>> {
        let message = received.map_err(ending)?;
        self.state.in_lease()?;
        self.state.heard = Instant::now();
        if !self.state.may_go_on() {
            return Err(Some(Close::Flood));
        }
        match message {
            Message::Text(text) => {
                if let Err(close) = answer::answer(&mut self.state, &text).await {
                    // What was queued before, the refusal above all, still goes out. If it cannot, nothing can.
                    return Err(match self.write(None).await {
                        Err(None) => None,
                        _ => Some(close),
                    });
                }
            }
            Message::Binary(_) => {
                let refusal = Refusal::with(Code::BadFrame, "frames are text: binary ones are not read");
                self.state.reply(&ServerFrame::Error(refusal.frame()));
            }
            Message::Ping | Message::Pong => {}
            Message::Close => {
                // Nothing may follow the answer (RFC 6455, section 5.5.1).
                self.state.seated.connection().out.shut();
                answer_close(&mut self.socket).await;
                return Err(None);
            }
        }
        Ok(())
    }

    /// Writes what waits until nothing does, and before it what is to go first.
    async fn write(&mut self, mut first: Option<Frame>) -> Result<(), Option<Close>> {
        let Self { state, socket } = self;
        let connection = state.seated.connection();
        loop {
            let mut taken = connection.out.take();
            if let Some(close) = taken.close.filter(|close| close.drops_what_waits()) {
                return Err(Some(close));
            }
            let stale =
                taken.stale.iter().filter_map(|circle| state.seated.app.rosters.snapshot(connection, circle));
            taken.frames.extend(stale);
            if let Some(first) = first.take() {
                taken.frames.insert(0, first);
            }
            let sending = socket.send(&taken.frames);
            tokio::pin!(sending);
            // Nearly always there is room for all of it. Only who has to wait for that needs a clock.
            match poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await {
                Poll::Ready(sent) => sent.map_err(|_| None)?,
                Poll::Pending => {
                    let stuck = async {
                        // What is being written is the most that it has: nobody waits for that who has lost their place.
                        if !connection.out.closing().await.drops_what_waits() {
                            tokio::time::sleep(FAREWELL).await;
                        }
                    };
                    tokio::select! {
                        biased;
                        sent = sending => sent.map_err(|_| None)?,
                        () = stuck => return Err(None),
                        // Who reads nothing must not outstay the lease, nor stay when silent, by keeping this loop here.
                        () = sleep_until(state.end()) => return Err(None),
                    }
                }
            }
            if let Some(close) = taken.close {
                return Err(Some(close));
            }
            if connection.out.written() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use super::{super::Stream, *};

    /// Bytes of a future that a function makes.
    fn size<A, F: Future>(_: impl Fn(A) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn who_idles_waits_in_little_memory() {
        let (wait, state) = (size(Live::<Stream>::run), size_of::<Live<Stream>>());
        assert!(wait <= 208, "the wait takes {wait} bytes: box what an event needs");
        assert!(state <= 256, "the state of a connection takes {state} bytes");
    }
}
