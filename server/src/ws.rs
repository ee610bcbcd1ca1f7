//! One WebSocket: the upgrade with its checks, from `hello` to `welcome`, and the end.
//!
//! `sign_in` signs a connection in, `live` is the one loop in between. What is done once in a connection's life, or when
//! a frame comes, is done in memory that is given back afterwards: the task of somebody who idles is as small as its
//! wait.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension,
    extract::{ConnectInfo, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt as _, future::OptionFuture};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{
    allowances::Kind,
    app::{App, Ticket},
    error::{Close, Code, Refusal},
    hub,
    protocol::{self, ClientFrame, ServerFrame},
};

mod answer;
mod live;
mod paused;
mod sign_in;
pub mod socket;
mod state;
use live::Live;
use paused::Paused;
use sign_in::{SignedIn, Unwelcome};
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
    let upgraded = Box::pin(async move {
        let upgraded = upgraded.await.ok()?;
        Some(serve(Socket::new(TokioIo::new(upgraded), most)))
    });
    // `None`: the client went away before it was answered. Joined so, and not in a block, the two take the place of the
    // larger.
    tokio::spawn(upgraded.then(OptionFuture::from));
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
    if !forwarded.is_empty() && !trusted(&address) {
        app.untrusted_proxy.saw(address);
    }
    for hop in forwarded.iter().rev() {
        if !trusted(&address) {
            break;
        }
        match hop_address(hop) {
            Some(ip) => address = ip,
            None => break,
        }
    }
    address
}

/// The address of a hop as proxies write it: alone, with a port, in brackets, with a zone, in quotes (RFC 7239, section 6;
/// X-Forwarded-For itself has no standard).
fn hop_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    let bare = match hop.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (port.is_empty() || port.starts_with(':')).then_some(address)?
        }
        // One colon: IPv4 with a port.
        None => match hop.split_once(':') {
            Some((address, port)) if !port.contains(':') => address,
            _ => hop,
        },
    };
    let bare = bare.split_once('%').map_or(bare, |(address, _)| address);
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// A connection from its upgrade to its end.
fn live<S>(
    app: Arc<App>,
    socket: Socket<S>,
    origin: String,
    ticket: Ticket,
) -> impl Future<Output = ()> + Send + 'static
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let counted = app.sockets.token();
    let beginning = Box::pin(begin(app, socket, origin, ticket));
    async move {
        let ending = match beginning.await {
            Ok(Begun::Live(live)) => live.run().await,
            Ok(Begun::Paused(paused)) => Box::pin(paused.run()).await,
            Err(ending) => ending,
        };
        if let Some((socket, code)) = ending {
            Box::pin(farewell(socket, code)).await;
        }
        drop(counted);
    }
}

/// A connection that has been answered.
enum Begun<S> {
    Live(Box<Live<S>>),
    Paused(Box<Paused<S>>),
}

/// How a connection ends: the socket and what is still said over it, or nothing, where the other side is gone.
type Ending<S> = Option<(Box<Socket<S>>, Close)>;

/// From the upgrade to `welcome` or `paused`, or to the end if it does not come to that.
async fn begin<S>(
    app: Arc<App>,
    mut socket: Socket<S>,
    origin: String,
    ticket: Ticket,
) -> Result<Begun<S>, Ending<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match hello(&app, &mut socket, origin, ticket).await {
        Ok(Some(SignedIn::Welcome(seated, welcome))) => {
            let welcome = hub::encode(&ServerFrame::Welcome(welcome));
            let bytes = u64::try_from(welcome.as_str().len()).unwrap_or(u64::MAX);
            seated.allowance.owe(Kind::AnswerBytes, bytes);
            Box::new(Live::new(seated, socket)).begin(welcome).await.map(Begun::Live)
        }
        Ok(Some(SignedIn::Paused(waiting))) => {
            Box::new(Paused::new(waiting, socket)).begin().await.map(Begun::Paused)
        }
        Ok(None) => Err(None),
        Err((refusal, close)) => {
            if let Some(refusal) = refusal {
                let frame = hub::encode(&ServerFrame::Error(refusal.frame()));
                if !matches!(timeout(FAREWELL, socket.send(&[frame])).await, Ok(Ok(()))) {
                    return Err(None);
                }
            }
            Err(Some((Box::new(socket), close)))
        }
    }
}

/// Says why the connection ends, and waits a moment for the other side to have read it.
async fn farewell<S: AsyncRead + AsyncWrite + Unpin>(mut socket: Box<Socket<S>>, code: Close) {
    if code.drops_what_waits() && socket.is_stuck() {
        return;
    }
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

/// Waits for `hello`; gives what answers it. `Ok(None)`: the client went away.
async fn hello<S: AsyncRead + AsyncWrite + Unpin>(
    app: &Arc<App>,
    socket: &mut Socket<S>,
    origin: String,
    ticket: Ticket,
) -> Result<Option<SignedIn>, Unwelcome> {
    let refuse = sign_in::refused;
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
    let signed_in = sign_in::sign_in(app, ticket.id, &origin, hello).await?;
    drop(ticket);
    Ok(Some(signed_in))
}

/// What is said to whoever has broken the connection; nothing to those who are gone or speak no WebSocket.
fn ending(broken: Broken) -> Option<Close> {
    match broken {
        Broken::Gone | Broken::Violation => None,
        Broken::TooLarge => Some(Close::TooLarge),
        Broken::Flood => Some(Close::Flood),
    }
}

#[cfg(test)]
mod tests;
