//! One WebSocket: the upgrade with its checks, and the one loop that reads, writes and watches the clock.
//!
//! `greet` signs a connection in, `answer` does what its frames ask. Nothing else writes to the socket, so frames keep
//! their order; a write that gets stuck is given up when the queue behind it overflows.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension,
    extract::{ConnectInfo, State, WebSocketUpgrade, ws::Utf8Bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{
    app::{App, Ticket, now_ms},
    auth::SKEW_MS,
    error::{Close, Code, Refusal},
    id::ConversationId,
    protocol::{self, ClientFrame, ServerFrame},
};

mod answer;
mod greet;
pub mod socket;
use greet::Seated;
use socket::{Broken, Message, Socket};

/// Bytes of a client's frame (protocol/README.md, "Limits").
pub const FRAME_BYTES: usize = 65_536;

/// Pings and pongs before the first frame; no browser sends one.
const EARLY_PINGS: usize = 20;

/// For the last frames of a connection that is being closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// `GET /ws`: upgrades, or says why not.
pub async fn upgrade(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgraded: Option<Extension<OnUpgrade>>,
    headers: HeaderMap,
    asked: WebSocketUpgrade,
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
    let serve = move |socket| live(app, socket, origin, ticket);
    switch(upgraded, &headers, asked, FRAME_BYTES, serve)
}

/// Answers a request for a WebSocket that the library has found in order, and hands the socket over once the answer is
/// sent; `most`: bytes of a frame, and of a message made of several. For the upgrade above, and for the echo on which
/// Autobahn's cases run (examples/echo.rs).
///
/// The library would drive the socket as well, with a buffer for each direction that stays as large as it ever was.
pub fn switch<F: Future<Output = ()> + Send + 'static>(
    upgraded: Option<Extension<OnUpgrade>>,
    headers: &HeaderMap,
    asked: WebSocketUpgrade,
    most: usize,
    serve: impl FnOnce(Socket<Stream>) -> F + Send + 'static,
) -> Response {
    drop(asked); // that there is one means that the request is in order
    let (Some(Extension(upgraded)), Some(key)) = (upgraded, headers.get(header::SEC_WEBSOCKET_KEY)) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    tokio::spawn(async move {
        // An error: the client went away before it was answered.
        if let Ok(upgraded) = upgraded.await {
            serve(Socket::new(TokioIo::new(upgraded), most)).await;
        }
    });
    let headers = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// What is left of an HTTP connection after its upgrade.
pub type Stream = TokioIo<hyper::upgrade::Upgraded>;

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

/// A connection from its upgrade to its end. What is done once in its life, or when a frame comes, is done in memory
/// that is given back afterwards: the task of somebody who idles is as small as its loop.
async fn live<S>(app: Arc<App>, mut socket: Socket<S>, origin: String, ticket: Ticket)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let _counted = app.sockets.token();
    let code = match Box::pin(sign_in(&app, &mut socket, origin, ticket)).await {
        Ok(Some((seated, welcome))) => Loop::new(&app, seated).run(&mut socket, welcome).await,
        Ok(None) => None,
        Err((refusal, close)) => {
            if let Some(refusal) = refusal {
                let frame = ServerFrame::Error(refusal.frame()).encode();
                let _ = timeout(FAREWELL, socket.send(&[frame])).await;
            }
            Some(close)
        }
    };
    if let Some(code) = code {
        Box::pin(farewell(socket, code)).await;
    }
}

/// Says why the connection ends, and waits a moment for the other side to have read it.
async fn farewell<S: AsyncRead + AsyncWrite + Unpin>(mut socket: Socket<S>, code: Close) {
    let _ = timeout(FAREWELL, async {
        if socket.close(code.number(), code.reason()).await.is_ok() {
            while !matches!(socket.receive().await, Ok(Message::Close) | Err(_)) {}
        }
    })
    .await;
}

/// Sends the answer to the other side's close.
async fn answer_close<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut Socket<S>) {
    let _ = timeout(FAREWELL, socket.answer_close()).await;
}

/// Waits for `hello`; gives the `welcome` that answers it. `Ok(None)`: the client went away.
async fn sign_in<S: AsyncRead + AsyncWrite + Unpin>(
    app: &Arc<App>,
    socket: &mut Socket<S>,
    origin: String,
    ticket: Ticket,
) -> Result<Option<(Seated, Utf8Bytes)>, (Option<Refusal>, Close)> {
    let refuse = |refusal: Refusal| {
        let close = refusal.code.close();
        (Some(refusal), close)
    };
    let patience = Duration::from_millis(app.config.limits.hello_timeout_ms);
    let first = timeout(patience, async {
        for _ in 0..EARLY_PINGS {
            match socket.receive().await {
                Ok(Message::Ping | Message::Pong) => {}
                other => return other,
            }
        }
        Err(Broken::Flood)
    });
    let text = match first.await {
        Err(_) => return Err((None, Close::NoHello)),
        Ok(Ok(Message::Text(text))) => text,
        Ok(Ok(Message::Close)) => {
            answer_close(socket).await;
            return Ok(None);
        }
        Ok(Ok(_)) => return Err(refuse(Code::HelloExpected.into())),
        Ok(Err(broken)) => return ending(broken).map_or(Ok(None), |close| Err((None, close))),
    };
    let hello = match protocol::read(&text) {
        Ok(ClientFrame::Hello(hello)) => hello,
        Ok(_) => return Err(refuse(Code::HelloExpected.into())),
        Err(refusal) => return Err(refuse(Refusal::with(refusal.code, refusal.message))),
    };
    let (seated, welcome) = greet::greet(app, ticket.id, &origin, hello).await.map_err(refuse)?;
    drop(ticket);
    Ok(Some((seated, ServerFrame::Welcome(Box::new(welcome)).encode())))
}

/// What is said to whoever has broken the connection; nothing to those who are gone or speak no WebSocket.
fn ending(broken: Broken) -> Option<Close> {
    match broken {
        Broken::Gone | Broken::Violation => None,
        Broken::TooLarge => Some(Close::TooLarge),
        Broken::Flood => Some(Close::Flood),
    }
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
}

impl<'a> Loop<'a> {
    fn new(app: &'a Arc<App>, seated: Seated) -> Self {
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
        }
    }

    /// Until the end; the close code to send, or `None` if the other side is gone. `welcome` goes out first, and with it
    /// what has been queued since.
    async fn run<S>(mut self, socket: &mut Socket<S>, welcome: Utf8Bytes) -> Option<Close>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if let Err(end) = self.write(socket, Some(welcome)).await {
            return end;
        }
        let connection = self.seated.connection().clone();
        let alarm = sleep_until(self.next_alarm());
        tokio::pin!(alarm);
        loop {
            tokio::select! {
                biased;
                () = connection.out.ready() => {
                    if let Err(end) = self.write(socket, None).await {
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
                frame = socket.receive() => {
                    let frame = match frame {
                        Ok(frame) => frame,
                        Err(broken) => return ending(broken),
                    };
                    self.heard = Instant::now();
                    if self.frames.check().is_err() {
                        return Some(Close::Flood);
                    }
                    match frame {
                        Message::Text(text) => {
                            if let Err(close) = Box::pin(answer::answer(&mut self, &text)).await {
                                // What was queued before, the refusal above all, still goes out.
                                let _ = self.write(socket, None).await;
                                return Some(close);
                            }
                        }
                        Message::Binary(_) => {
                            let refusal = Refusal::with(Code::BadFrame, "frames are text: binary ones are not read");
                            self.reply(&ServerFrame::Error(refusal.frame()));
                        }
                        Message::Ping | Message::Pong => {}
                        Message::Close => {
                            answer_close(socket).await;
                            return None;
                        }
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

    /// Writes what waits, in one go, and before it what is to go first.
    async fn write<S>(
        &mut self,
        socket: &mut Socket<S>,
        first: Option<Utf8Bytes>,
    ) -> Result<(), Option<Close>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let connection = self.seated.connection();
        let mut taken = connection.out.take();
        let stale = taken.stale.iter().filter_map(|circle| self.app.rosters.snapshot(connection, circle));
        taken.frames.extend(stale);
        if let Some(first) = first {
            taken.frames.insert(0, first);
        }
        if !taken.frames.is_empty() {
            let stuck = async {
                connection.out.closing().await;
                tokio::time::sleep(FAREWELL).await;
            };
            tokio::select! {
                biased;
                written = socket.send(&taken.frames) => written.map_err(|_| None)?,
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
