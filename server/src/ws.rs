//! One WebSocket: the upgrade with its checks, and the one loop that reads, writes and watches the clock.
//!
//! `greet` signs a connection in, `answer` does what its frames ask. Nothing else writes to the socket, so frames keep
//! their order; a write that gets stuck is given up when the queue behind it overflows.

use std::{
    future::{Future as _, poll_fn},
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::{
    Extension,
    extract::{
        ConnectInfo, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::SinkExt;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    app::{App, Ticket, now_ms},
    auth::SKEW_MS,
    error::{Close, Code, Refusal},
    id::ConversationId,
    protocol::{self, ClientFrame, ServerFrame},
};

mod answer;
mod greet;
pub mod meter;
use greet::Seated;
use meter::Meter;

/// Bytes of a client's frame (protocol/README.md, "Limits").
pub const FRAME_BYTES: usize = 65_536;

/// The library's own read buffer is 128 KiB, kept for every connection.
const BUFFER_BYTES: usize = 4_096;

/// What may come without making a whole message: twice the largest, for the headers of its fragments.
const UNFINISHED_BYTES: u64 = 2 * FRAME_BYTES as u64;

/// Pings and pongs before the first frame; no browser sends one.
const EARLY_PINGS: usize = 20;

/// For the last frames of a connection that is being closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// `GET /ws`: upgrades, or says why not.
pub async fn upgrade(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(meter): Extension<Meter>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if app.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping: come back in a moment\n")
            .into_response();
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next().map(|o| o.to_str()), origins.next()) {
        (Some(Ok(origin)), None) if app.sites.knows_origin(origin).await => origin.to_owned(),
        _ => {
            let why =
                "the origin of this page is no site of this server: add it with gchat site add --origin\n";
            return (StatusCode::FORBIDDEN, why).into_response();
        }
    };
    let address = client_address(&app, peer.ip(), &headers);
    let Some(ticket) = app.gate.enter(address) else {
        let why = "too many connections from this address that have not signed in: wait a moment\n";
        return (StatusCode::TOO_MANY_REQUESTS, why).into_response();
    };
    configured(upgrade, FRAME_BYTES).on_upgrade(move |socket| live(app, socket, meter, origin, ticket))
}

/// Sets an upgrade up as every socket of this server is; `most`: bytes of a frame, and of a message made of several.
/// For the upgrade above, and for the echo on which Autobahn's cases run (examples/echo.rs).
pub fn configured(upgrade: WebSocketUpgrade, most: usize) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(most)
        .max_frame_size(most)
}

/// The address that limits count: of the nearest party that is no trusted proxy.
fn client_address(app: &App, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |ip: &IpAddr| app.config.trusted_proxies.iter().any(|net| net.contains(ip));
    let mut address = peer.to_canonical();
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in forwarded.iter().rev() {
        if !trusted(&address) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(ip) => address = ip.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

/// A connection from its upgrade to its end.
async fn live(app: Arc<App>, mut socket: WebSocket, meter: Meter, origin: String, ticket: Ticket) {
    let _counted = app.sockets.token();
    let code = match sign_in(&app, &mut socket, &meter, &origin, ticket).await {
        Ok(Some(seated)) => Loop::new(&app, seated, meter).run(&mut socket).await,
        Ok(None) => None,
        Err((refusal, close)) => {
            if let Some(refusal) = refusal {
                let frame = ServerFrame::Error(refusal.frame()).encode();
                let _ = timeout(FAREWELL, socket.send(Message::Text(frame))).await;
            }
            Some(close)
        }
    };
    if let Some(code) = code {
        farewell(socket, code).await;
    }
}

/// Says why the connection ends, and waits a moment for the other side to have read it.
async fn farewell(mut socket: WebSocket, code: Close) {
    let close = CloseFrame { code: code.number(), reason: code.reason().into() };
    let _ = timeout(FAREWELL, async {
        if socket.send(Message::Close(Some(close))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    })
    .await;
}

/// Sends the answer to the other side's close, which the library has ready and writes with the next thing that is done
/// to the socket: dropped without it, the closing would not be clean (RFC 6455, section 5.5.1).
pub async fn answer_close(socket: &mut WebSocket) {
    let _ = timeout(FAREWELL, socket.flush()).await;
}

/// Waits for `hello` and greets. `Ok(None)`: the client went away.
async fn sign_in(
    app: &Arc<App>,
    socket: &mut WebSocket,
    meter: &Meter,
    origin: &str,
    ticket: Ticket,
) -> Result<Option<Seated>, (Option<Refusal>, Close)> {
    let refuse = |refusal: Refusal| {
        let close = refusal.code.close();
        (Some(refusal), close)
    };
    let patience = Duration::from_millis(app.config.limits.hello_timeout_ms);
    let first = timeout(patience, async {
        for _ in 0..EARLY_PINGS {
            match receive(socket, meter, 0).await {
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                other => return other,
            }
        }
        Err(Close::Flood)
    });
    let text = match first.await {
        Err(_) => return Err((None, Close::NoHello)),
        Ok(Err(close)) => return Err((None, close)),
        Ok(Ok(Some(Ok(Message::Text(text))))) => text,
        Ok(Ok(Some(Ok(Message::Binary(_))))) => return Err(refuse(Code::HelloExpected.into())),
        Ok(Ok(Some(Ok(Message::Close(_))))) => {
            answer_close(socket).await;
            return Ok(None);
        }
        Ok(Ok(Some(Err(error)))) if is_too_large(&error) => return Err((None, Close::TooLarge)),
        Ok(Ok(_)) => return Ok(None),
    };
    let hello = match protocol::read(&text) {
        Ok(ClientFrame::Hello(hello)) => hello,
        Ok(_) => return Err(refuse(Code::HelloExpected.into())),
        Err(refusal) => return Err(refuse(Refusal::with(refusal.code, refusal.message))),
    };
    let (seated, welcome) = greet::greet(app, ticket.id, origin, hello).await.map_err(refuse)?;
    drop(ticket);
    let frame = ServerFrame::Welcome(Box::new(welcome)).encode();
    match timeout(patience, socket.send(Message::Text(frame))).await {
        Ok(Ok(())) => Ok(Some(seated)),
        _ => Ok(None),
    }
}

/// The next message. `Err`: more has come since the last one, when the meter stood at `whole`, than a message can take
/// (the library gives no sign of fragments). Cancel-safe.
async fn receive(
    socket: &mut WebSocket,
    meter: &Meter,
    whole: u64,
) -> Result<Option<Result<Message, axum::Error>>, Close> {
    let mut message = pin!(socket.recv());
    poll_fn(|cx| match message.as_mut().poll(cx) {
        Poll::Ready(message) => Poll::Ready(Ok(message)),
        Poll::Pending if meter.read().saturating_sub(whole) > UNFINISHED_BYTES => {
            Poll::Ready(Err(Close::Flood))
        }
        Poll::Pending => Poll::Pending,
    })
    .await
}

fn is_too_large(error: &axum::Error) -> bool {
    use std::error::Error as _;
    let inner = error.source().and_then(|e| e.downcast_ref::<tokio_tungstenite::tungstenite::Error>());
    matches!(inner, Some(tokio_tungstenite::tungstenite::Error::Capacity(_)))
}

/// The loop's state.
struct Loop<'a> {
    app: &'a Arc<App>,
    seated: Seated,
    frames: DefaultDirectRateLimiter,
    searches: DefaultDirectRateLimiter,
    /// Where typing was passed on in the last two seconds, and when.
    typed: Vec<(ConversationId, Instant)>,
    heard: Instant,
    sent: Instant,
    meter: Meter,
    /// Where the meter stood at the last whole message.
    whole: u64,
}

impl<'a> Loop<'a> {
    fn new(app: &'a Arc<App>, seated: Seated, meter: Meter) -> Self {
        let limits = &app.config.limits;
        let n = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let frames = Quota::per_second(n(limits.frames_per_second)).allow_burst(n(limits.frame_burst));
        let now = Instant::now();
        Self {
            app,
            seated,
            frames: RateLimiter::direct(frames),
            searches: RateLimiter::direct(Quota::per_second(n(5))),
            typed: Vec::new(),
            heard: now,
            sent: now,
            whole: meter.read(),
            meter,
        }
    }

    /// Until the end; the close code to send, or `None` if the other side is gone.
    async fn run(mut self, socket: &mut WebSocket) -> Option<Close> {
        let connection = self.seated.connection().clone();
        let alarm = sleep_until(self.next_alarm());
        tokio::pin!(alarm);
        loop {
            tokio::select! {
                biased;
                () = connection.out.ready() => {
                    if let Err(end) = self.write(socket).await {
                        return end;
                    }
                }
                // Before what comes in: who sends without end must not keep the clock from being looked at.
                () = &mut alarm => {
                    if let Some(close) = self.alarmed() {
                        return Some(close);
                    }
                    alarm.as_mut().reset(self.next_alarm());
                }
                frame = receive(socket, &self.meter, self.whole) => {
                    let frame = match frame {
                        Ok(frame) => frame,
                        Err(close) => return Some(close),
                    };
                    self.heard = Instant::now();
                    self.whole = self.meter.read();
                    if matches!(frame, Some(Ok(_))) && self.frames.check().is_err() {
                        return Some(Close::Flood);
                    }
                    match frame {
                        Some(Ok(Message::Text(text))) => {
                            if let Err(close) = answer::answer(&mut self, &text).await {
                                // What was queued before, the refusal above all, still goes out.
                                let _ = self.write(socket).await;
                                return Some(close);
                            }
                        }
                        Some(Ok(Message::Binary(_))) => {
                            let refusal = Refusal::with(Code::BadFrame, "frames are text: binary ones are not read");
                            self.reply(&ServerFrame::Error(refusal.frame()));
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_))) => {
                            answer_close(socket).await;
                            return None;
                        }
                        None => return None,
                        Some(Err(error)) => return is_too_large(&error).then_some(Close::TooLarge),
                    }
                }
            }
        }
    }

    /// At most once in two seconds for a conversation.
    fn may_type(&mut self, conversation: ConversationId) -> bool {
        self.typed.retain(|(_, at)| at.elapsed() < Duration::from_secs(2));
        let lately = self.typed.iter().any(|(c, _)| *c == conversation);
        if !lately {
            self.typed.push((conversation, Instant::now()));
        }
        !lately
    }

    /// Queues an answer behind what already waits.
    fn reply(&self, frame: &ServerFrame) {
        self.seated.connection().out.push(frame.encode(), crate::hub::Kind::Vital);
    }

    /// Writes what waits, in one flush.
    async fn write(&mut self, socket: &mut WebSocket) -> Result<(), Option<Close>> {
        let connection = self.seated.connection();
        let taken = connection.out.take();
        let stale = taken.stale.iter().filter_map(|circle| self.app.rosters.snapshot(connection, circle));
        let frames: Vec<_> = taken.frames.into_iter().chain(stale).collect();
        if !frames.is_empty() {
            let write = async {
                for frame in frames {
                    socket.feed(Message::Text(frame)).await?;
                }
                socket.flush().await
            };
            let stuck = async {
                connection.out.closing().await;
                tokio::time::sleep(FAREWELL).await;
            };
            tokio::select! {
                biased;
                written = write => written.map_err(|_| None)?,
                () = stuck => return Err(None),
                // Who reads nothing must not outstay the lease, nor stay when silent, by keeping this loop here.
                () = sleep_until(self.end()) => return Err(None),
            }
            connection.out.rewake();
            self.sent = Instant::now();
        }
        taken.close.map_or(Ok(()), |close| Err(Some(close)))
    }

    /// What the clock asks for: an end, or a ping.
    fn alarmed(&mut self) -> Option<Close> {
        let limits = &self.app.config.limits;
        if now_ms() >= self.seated.lease_ends + SKEW_MS {
            return Some(Close::LeaseEnded);
        }
        if self.heard.elapsed() >= Duration::from_millis(limits.silence_ms) {
            return Some(Close::Silent);
        }
        if self.sent.elapsed() >= Duration::from_millis(limits.heartbeat_ms) {
            self.reply(&ServerFrame::Ping {});
            self.sent = Instant::now();
        }
        None
    }

    /// When the connection ends unless something is heard or the lease is renewed.
    fn end(&self) -> Instant {
        let lease = u64::try_from(self.seated.lease_ends + SKEW_MS - now_ms()).unwrap_or(0);
        let lease = Instant::now() + Duration::from_millis(lease);
        let silence = self.heard + Duration::from_millis(self.app.config.limits.silence_ms);
        // One ms late rather than early: the clocks differ in their fractions.
        lease.min(silence) + Duration::from_millis(1)
    }

    /// When to look at the clock next.
    fn next_alarm(&self) -> Instant {
        let heartbeat = self.sent + Duration::from_millis(self.app.config.limits.heartbeat_ms);
        self.end().min(heartbeat + Duration::from_millis(1))
    }
}
