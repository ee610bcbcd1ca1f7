//! The server as a whole: bind, run, drain, stop. Over any listener, so that a simulated network runs the real thing.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, serve::Listener};
use hyper_util::rt::{TokioIo, TokioTimer};
use rand::RngExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::compression::CompressionLayer;

use crate::{
    app::App,
    bus::{Bus, Local},
    config::Config,
    error::Close,
    http,
    hub::{self, Kind},
    jobs,
    logs::Seldom,
    node::Node,
    protocol::ServerFrame,
    store::Store,
    writing,
};

/// Connections that may wait to be accepted; the system may allow fewer (`net.core.somaxconn`). After a restart thousands
/// come at once, and one that finds no room is lost here while its client takes it for open.
const WAITING: u32 = 4_096;

/// The soonest that a drained client comes back: a restart takes about this long.
const DRAIN_SOONEST_MS: u64 = 500;

/// How long a stop waits for connections to end by themselves.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A server that listens.
pub struct Server<L = Tcp> {
    app: Arc<App>,
    listener: L,
    router: Router,
}

impl Server {
    /// Listens at `config.listen` (port 0: any). `host`: further routes, for a host that lives in this process.
    pub async fn bind(config: Config, store: Arc<dyn Store>, host: Option<Router>) -> anyhow::Result<Self> {
        let listen = config.listen;
        let app = App::build(config, store).await.context("the store could not be read")?;
        let listener = listener(listen)
            .with_context(|| format!("cannot listen at {listen}: is another server running there?"))?;
        let router = http::routes(app.clone());
        // No proxy stands before it there, which would do this.
        let compressed = |host: Router| host.merge(router.clone()).layer(CompressionLayer::new());
        let router = host.map_or_else(|| router.clone(), compressed);
        Ok(Self { app, listener: Tcp { listener, refused: Seldom::new() }, router })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }
}

impl<L: Listener<Addr = SocketAddr>> Server<L> {
    /// Takes the connections of a listener that is there already, wherever `config.listen` says.
    pub async fn over(listener: L, config: Config, store: Arc<dyn Store>) -> anyhow::Result<Self> {
        Self::over_on(listener, config, store, |node| Arc::new(Local::new(node))).await
    }

    /// The same on another bus, which is to bring this node what is published.
    pub async fn over_on(
        listener: L,
        config: Config,
        store: Arc<dyn Store>,
        bus: impl FnOnce(Arc<Node>) -> Arc<dyn Bus>,
    ) -> anyhow::Result<Self> {
        let app = App::build_on(config, store, bus).await.context("the store could not be read")?;
        let router = http::routes(app.clone());
        Ok(Self { app, listener, router })
    }

    /// Serves until `shutdown` completes; then stops accepting, tells clients when to come back, finishes what it has
    /// begun, and closes the store.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let cancel = CancellationToken::new();
        let jobs = tokio::spawn(jobs::run(self.app.clone(), cancel.clone()));
        let writing = tokio::spawn(writing::run(self.app.clone(), cancel.clone()));
        let fan_out = tokio::spawn(self.app.fan_out.clone().run(cancel.clone()));
        let tasks = TaskTracker::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                (stream, peer) = self.listener.accept() => {
                    tasks.spawn(connection(self.app.clone(), self.router.clone(), stream, peer, cancel.clone()));
                }
            }
        }
        drop(self.listener);
        drain(&self.app).await;
        cancel.cancel();
        tasks.close();
        if tokio::time::timeout(STOP_PATIENCE, tasks.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        let _ = tokio::join!(jobs, writing, fan_out);
        self.app.store.close().await;
        Ok(())
    }
}

fn listener(listen: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?; // a restart need not wait for the last packets of the run before
    socket.bind(listen)?;
    socket.listen(WAITING)
}

/// TCP, with small frames sent at once.
pub struct Tcp {
    listener: TcpListener,
    refused: Seldom,
}

impl Listener for Tcp {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
                Err(error) => {
                    // Out of files, mostly: those who leave make room.
                    if let Some(before) = self.refused.again() {
                        tracing::warn!(%error, before, "connections cannot be accepted: told once a minute");
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Tells every client when to come back, each at a time of its own, and closes with a code that means it.
async fn drain(app: &App) {
    app.drain();
    let latest = app.config.limits.drain_ms.max(DRAIN_SOONEST_MS);
    for connection in app.hub.all() {
        let retry_after_ms = rand::rng().random_range(DRAIN_SOONEST_MS..=latest);
        connection.out.queue(hub::encode(&ServerFrame::Drain { retry_after_ms }), Kind::Vital);
        connection.out.close(Close::Restart);
    }
    // Sockets outlive the HTTP connections they began as, and a farewell the place in the hub: wait for them here.
    app.sockets.close();
    let _ = tokio::time::timeout(STOP_PATIENCE, app.sockets.wait()).await;
}

/// One HTTP connection, with a limit on how long its headers may take.
async fn connection(
    app: Arc<App>,
    router: Router,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    cancel: CancellationToken,
) {
    let service = hyper::service::service_fn(move |request| http::serve(router.clone(), peer, request));
    let headers = Duration::from_millis(app.config.limits.header_timeout_ms);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = cancel.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}
