//! A connection of somebody whose chat is paused: kept until the pause ends, so that whoever waits need not ask.
//!
//! Nothing that is delivered to the user reaches it (`Connection::set_pause`): what goes out are its own answers, and
//! the last word. A frame that asks for something is answered by `paused`.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until, timeout},
};

use super::{
    Ending, FAREWELL, answer_close, ending,
    sign_in::{self, Waiting},
    socket::{Broken, Message, Socket},
    state::stood_still,
};
use crate::{
    allowances::{FrameRate, Kind},
    clock::settled_ms,
    error::{Close, Code, Refusal},
    hub::{self, Frame},
    protocol::{self, ClientFrame, ServerFrame},
};

/// The socket and what it waits for.
pub(super) struct Paused<S> {
    waiting: Waiting,
    socket: Socket<S>,
    frames: FrameRate,
    heard: Instant,
    told: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Paused<S> {
    pub(super) fn new(waiting: Waiting, socket: Socket<S>) -> Self {
        let (limits, now) = (&waiting.app.config.limits, Instant::now());
        let frames = FrameRate::new(limits);
        Self { waiting, socket, frames, heard: now, told: now }
    }

    /// Says until when.
    pub(super) async fn begin(mut self: Box<Self>) -> Result<Box<Self>, Ending<S>> {
        let frame = ServerFrame::Paused { until: self.waiting.until };
        match self.say(&frame).await {
            Ok(()) => Ok(self),
            Err(end) => Err(self.end(end)),
        }
    }

    /// Until the end.
    pub(super) async fn run(mut self: Box<Self>) -> Ending<S> {
        loop {
            let alarm = self.next_alarm();
            let done = tokio::select! {
                biased;
                () = self.waiting.registration.out.ready() => self.last_word().await,
                () = sleep_until(alarm) => self.alarmed(alarm).await,
                received = self.socket.receive() => self.received(received).await,
            };
            if let Err(end) = done {
                return self.end(end);
            }
        }
    }

    fn end(self: Box<Self>, end: Option<Close>) -> Ending<S> {
        let Self { waiting, socket, .. } = *self;
        waiting.registration.out.shut();
        drop(waiting);
        end.map(|code| (Box::new(socket), code))
    }

    /// Sends what was left for this connection before its end, if it is to end.
    async fn last_word(&mut self) -> Result<(), Option<Close>> {
        let taken = self.waiting.registration.out.take();
        if !taken.frames.is_empty() {
            self.write(&taken.frames).await?;
        }
        taken.close.map_or(Ok(()), |close| Err(Some(close)))
    }

    async fn alarmed(&mut self, alarm: Instant) -> Result<(), Option<Close>> {
        self.heard += stood_still(alarm);
        let limits = &self.waiting.app.config.limits;
        if settled_ms() > self.waiting.until {
            return Err(Some(Close::PauseEnded));
        }
        if self.waiting.lease.left().is_zero() {
            return Err(Some(Close::LeaseEnded));
        }
        if self.heard.elapsed() >= Duration::from_millis(limits.silence_ms) {
            return Err(Some(Close::Silent));
        }
        if self.told.elapsed() >= Duration::from_millis(limits.heartbeat_ms) {
            return self.say(&ServerFrame::Ping {}).await;
        }
        Ok(())
    }

    fn next_alarm(&self) -> Instant {
        let limits = &self.waiting.app.config.limits;
        let lease = Instant::now() + self.waiting.lease.left() + Duration::from_millis(1);
        let silence = self.heard + Duration::from_millis(limits.silence_ms);
        let heartbeat = self.told + Duration::from_millis(limits.heartbeat_ms);
        let ends = Instant::now() + self.left();
        ends.min(lease).min(silence).min(heartbeat)
    }

    /// Until the pause ends: asked anew each time, as the clock may have been set. One ms late rather than early: the
    /// clocks differ in their fractions.
    fn left(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.waiting.until - settled_ms()).unwrap_or(0) + 1)
    }

    /// `Err`: the end; the close code to send, or `None` if the other side is gone.
    async fn received(&mut self, received: Result<Message, Broken>) -> Result<(), Option<Close>> {
        let message = received.map_err(ending)?;
        self.heard = Instant::now();
        let allowance = &self.waiting.allowance;
        if !self.frames.take(self.heard) || allowance.take(Kind::Frames).is_err() {
            return Err(Some(Close::Flood));
        }
        match message {
            Message::Text(text) => self.answer(&text).await,
            Message::Binary(_) => {
                let refusal = Refusal::with(Code::BadFrame, "frames are text: binary ones are not read");
                self.say(&ServerFrame::Error(refusal.frame())).await
            }
            Message::Ping | Message::Pong => Ok(()),
            Message::Close => {
                answer_close(&mut self.socket).await;
                Err(None)
            }
        }
    }

    async fn answer(&mut self, text: &str) -> Result<(), Option<Close>> {
        let answer = match protocol::read(text) {
            Ok(ClientFrame::Renew { token }) => return self.renew(&token).await,
            Ok(ClientFrame::Ping {}) => ServerFrame::Pong {},
            Ok(ClientFrame::Pong {}) => return Ok(()),
            Ok(ClientFrame::Hello(_)) => ServerFrame::Error(Refusal::from(Code::HelloRepeated).frame()),
            Ok(frame) => self.refuse(&frame),
            Err(refusal) => ServerFrame::Error(*refusal),
        };
        self.say(&answer).await
    }

    fn refuse(&self, frame: &ClientFrame) -> ServerFrame {
        let left = u64::try_from(self.left().as_millis()).unwrap_or(u64::MAX);
        let refusal = Refusal { retry_after_ms: Some(left), ..Code::Paused.into() };
        match frame {
            ClientFrame::Send { client_message_id, conversation, .. } => {
                refusal.to_verb(client_message_id.0, conversation.clone())
            }
            ClientFrame::Edit { id, conversation, .. } | ClientFrame::Delete { id, conversation, .. } => {
                refusal.to_verb(id.0, conversation.clone())
            }
            ClientFrame::History { request, .. }
            | ClientFrame::Changes { request, .. }
            | ClientFrame::Search { request, .. } => refusal.to_request(*request),
            ClientFrame::Read { conversation, .. }
            | ClientFrame::Typing { conversation }
            | ClientFrame::Dock { conversation, .. } => refusal.to_conversation(conversation.clone()),
            _ => ServerFrame::Error(refusal.frame()),
        }
    }

    async fn renew(&mut self, token: &str) -> Result<(), Option<Close>> {
        let Waiting { app, registration, lease, .. } = &mut self.waiting;
        match sign_in::renewal(app, registration, token).await {
            Ok(identity) => {
                *lease = identity.lease.longer(*lease);
                let lease_ends = lease.ends;
                self.say(&ServerFrame::Renewed { lease_ends }).await
            }
            Err(refusal) => {
                let close = refusal.code.close();
                // The store is out of order, or it was asked too often: the lease stands, the client asks again.
                let stays = matches!(refusal.code, Code::Unavailable | Code::RateLimited);
                self.say(&ServerFrame::Error(refusal.frame())).await?;
                if stays { Ok(()) } else { Err(Some(close)) }
            }
        }
    }

    async fn say(&mut self, frame: &ServerFrame) -> Result<(), Option<Close>> {
        self.write(&[hub::encode(frame)]).await
    }

    /// Who does not read is not waited for: what is said here is little.
    async fn write(&mut self, frames: &[Frame]) -> Result<(), Option<Close>> {
        match timeout(FAREWELL, self.socket.send(frames)).await {
            Ok(Ok(())) => {
                self.told = Instant::now();
                Ok(())
            }
            _ => Err(None),
        }
    }
}
