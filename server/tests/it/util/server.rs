//! A server of this process on a port of its own, with a SQLite file that a restart keeps.

use std::{net::SocketAddr, sync::Arc};

use axum::serve::Listener;
use gchat::{
    bus::Bus,
    config::Config,
    node::Node,
    server::Server,
    store::{CachedStore, SiteRecord, Store, sqlite::SqliteStore},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::Host;

/// A running server.
pub(crate) struct TestServer {
    config: Config,
    dir: Arc<TempDir>,
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<dyn Store>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl TestServer {
    /// With one site and the usual settings, but a short grace.
    pub(crate) async fn start() -> (Self, Host) {
        Self::start_with(|_| {}).await
    }

    /// With one site and these settings.
    pub(crate) async fn start_with(settings: impl FnOnce(&mut Config)) -> (Self, Host) {
        let mut config = Self::config();
        settings(&mut config);
        let server = Self::open(config, Arc::new(TempDir::new().unwrap())).await;
        let host = server.add_site("https://moodle.example").await;
        (server, host)
    }

    fn config() -> Config {
        let mut config = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() };
        config.limits.grace_ms = 300;
        config.limits.drain_ms = 600;
        config
    }

    /// On another bus than the usual one.
    pub(crate) async fn start_on(bus: impl FnOnce(Arc<Node>) -> Arc<dyn Bus>) -> (Self, Host) {
        let (config, dir) = (Self::config(), Arc::new(TempDir::new().unwrap()));
        let store = Self::store(&dir).await;
        let listener = TcpListener::bind(config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::over_on(listener, config.clone(), store.clone(), bus).await.unwrap();
        let server = Self::run(config, dir, store, address, server);
        let host = server.add_site("https://moodle.example").await;
        (server, host)
    }

    async fn open(config: Config, dir: Arc<TempDir>) -> Self {
        let store = Self::store(&dir).await;
        let server = Server::bind(config.clone(), store.clone(), None).await.unwrap();
        let address = server.local_addr().unwrap();
        Self::run(config, dir, store, address, server)
    }

    async fn store(dir: &TempDir) -> Arc<dyn Store> {
        let database = dir.path().join("gchat.db");
        SqliteStore::make(&database).await.unwrap().close().await;
        let store = Arc::new(SqliteStore::serve(&database).await.unwrap());
        Arc::new(CachedStore::over(store))
    }

    fn run<L: Listener<Addr = SocketAddr>>(
        config: Config,
        dir: Arc<TempDir>,
        store: Arc<dyn Store>,
        address: SocketAddr,
        server: Server<L>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { config, dir, address, store, stop: Some(stop), task }
    }

    /// Adds a site, as `gchat site add` does beside a running server.
    pub(crate) async fn add_site(&self, url: &str) -> Host {
        let host = Host::new(url);
        self.store.add_site(Self::record(&host)).await.unwrap();
        host
    }

    /// A host's site as stores have it.
    pub(crate) fn record(host: &Host) -> SiteRecord {
        SiteRecord {
            site: gchat::id::SiteId(0),
            issuer: host.issuer.clone(),
            url: host.url.clone(),
            origins: vec![host.url.clone()],
            keys: vec![host.key.clone()],
            policy: Default::default(),
            policy_version: Default::default(),
            floor: Default::default(),
        }
    }

    /// Stops as SIGTERM does, and waits for the end.
    pub(crate) async fn stop(mut self) -> Stopped {
        self.stop.take().map(|stop| stop.send(()));
        (&mut self.task).await.unwrap().unwrap();
        Stopped { config: self.config.clone(), dir: self.dir.clone(), address: self.address }
    }

    /// A file beside the database.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A server that was stopped.
pub(crate) struct Stopped {
    config: Config,
    dir: Arc<TempDir>,
    address: SocketAddr,
}

impl Stopped {
    /// Starts again at the same address, with the same file.
    pub(crate) async fn start(mut self) -> TestServer {
        self.config.listen = self.address;
        TestServer::open(self.config, self.dir).await
    }
}
