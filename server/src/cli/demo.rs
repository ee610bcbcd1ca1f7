//! `gchat demo`: the real server with its store, and the demo campus as its host, in one process.
//!
//! The campus gets its site key as any host does and knows the server by its address; it has no way into the store.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use gchat_demo::{Campus, CampusConfig};
use tokio_util::sync::CancellationToken;

use super::{answer, site::new_key, stopped};
use crate::{
    config::Config,
    id::{RightsVersion, SiteId},
    logs::{self, say},
    rights::Policy,
    server::Server,
    store::{CachedStore, SiteRecord, Store, sqlite::SqliteStore},
};

/// The campus's site in its store.
const ISSUER: &str = "demo";
/// Where the server answers beside the campus's pages.
const BASE_PATH: &str = "/gchat/";

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the campus keeps its data between runs
    #[arg(long, value_name = "DIR", default_value = "./gchat-demo")]
    data_dir: PathBuf,
    /// Simulated people who come, go and answer
    #[arg(long, value_name = "N", default_value_t = 12)]
    classmates: usize,
}

impl Demo {
    pub(super) async fn run(self) -> Result<()> {
        let stop = stopped()?;
        let listen = with_port(self.listen)?;
        make_private(&self.data_dir)?;
        let mut config = Config {
            listen,
            base_path: BASE_PATH.into(),
            database: self.data_dir.join("gchat.db"),
            ..Config::default()
        };
        config.log_level = std::env::var("GCHAT_LOG_LEVEL").unwrap_or_else(|_| "warn".into());
        logs::init(&config);

        let (classmates, data_dir) = (self.classmates, self.data_dir.clone());
        let wwwroot = wwwroot(listen);
        SqliteStore::make(&config.database).await?.close().await;
        let store = Arc::new(SqliteStore::serve(&config.database).await?);
        let store = Arc::new(CachedStore::over(store));
        let site = campus_site(&*store, listen, &wwwroot).await?;
        let key =
            site.keys.into_iter().next().context("the demo's site has lost its key: remove --data-dir")?;
        let campus = Campus::new(CampusConfig {
            server_url: format!("{wwwroot}{BASE_PATH}"),
            site: site.issuer,
            kid: key.kid,
            key: key.secret,
            wwwroot: wwwroot.clone(),
            data_dir: self.data_dir,
            classmates: self.classmates,
            client_version: env!("CARGO_PKG_VERSION").into(),
        })?;

        let server = Server::bind(config, store, Some(campus.router())).await?;
        let cancel = CancellationToken::new();
        let life = tokio::spawn(campus.run(cancel.clone()));
        // Whoever cannot be told can still look at the address that they asked for.
        let _ = answer(&format!("Global Chat demo: {wwwroot}/\n"));
        say(&format!(
            "Open it in two browsers, or in one and a private window, as two people. {classmates} simulated classmates are \
             there and answer (--classmates N). What is written is kept in {} (--data-dir DIR): delete that folder to \
             begin anew. Ctrl+C ends the demo.",
            data_dir.display()
        ));
        let served = server
            .run(async move {
                stop.await;
                cancel.cancel(); // the classmates leave before the server does
            })
            .await;
        life.abort(); // it has ended, unless the server failed
        served
    }
}

/// The campus's site, made once, and moved to where the demo listens now.
async fn campus_site(store: &dyn Store, listen: SocketAddr, wwwroot: &str) -> Result<SiteRecord> {
    let origins = origins(listen);
    let find = async || -> Result<Option<SiteRecord>> {
        Ok(store.sites().await?.into_iter().find(|site| site.issuer == ISSUER))
    };
    match find().await? {
        Some(site) if site.url == wwwroot && site.origins == origins => {}
        Some(site) => store.move_site(site.site, wwwroot, &origins).await?,
        None => {
            let site = SiteRecord {
                site: SiteId(0),
                issuer: ISSUER.into(),
                url: wwwroot.into(),
                origins,
                keys: vec![new_key()?],
                policy: Policy::default(),
                policy_version: RightsVersion(0),
                floor: RightsVersion(0),
            };
            store.add_site(site).await?;
        }
    }
    find().await?.context("the demo's site has vanished: is another demo running in the same --data-dir?")
}

/// The address to open: where it listens, or this machine if it listens everywhere.
fn wwwroot(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port())).trim_end_matches(":80").to_owned()
}

/// What browsers on this machine may call it, and the address itself.
fn origins(listen: SocketAddr) -> Vec<String> {
    let port = match listen.port() {
        80 => String::new(), // browsers leave it out
        port => format!(":{port}"),
    };
    let mut origins: Vec<_> =
        ["127.0.0.1", "localhost", "[::1]"].iter().map(|host| format!("http://{host}{port}")).collect();
    let own = wwwroot(listen);
    if !origins.contains(&own) {
        origins.push(own);
    }
    origins
}

/// The address, with a port that is free just now where none was asked for: the site must know it beforehand, and where
/// it cannot listen nothing shall be made.
fn with_port(listen: SocketAddr) -> Result<SocketAddr> {
    let taken = std::net::TcpListener::bind(listen).with_context(|| {
        format!(
            "cannot listen at {listen}: is another server running there? Choose another place with --listen"
        )
    })?;
    Ok(taken.local_addr()?)
}

fn make_private(dir: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .with_context(|| format!("the folder {} cannot be made: choose another --data-dir", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_of_this_machine_may_connect_wherever_it_listens() {
        let of = |listen: &str| {
            let listen = listen.parse().unwrap();
            (wwwroot(listen), origins(listen))
        };
        let (root, known) = of("127.0.0.1:8080");
        assert_eq!(root, "http://127.0.0.1:8080");
        assert_eq!(known, ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"]);
        assert_eq!(of("0.0.0.0:9").0, "http://127.0.0.1:9");
        assert_eq!(of("[::]:9").0, "http://[::1]:9");
        let (root, known) = of("192.168.1.5:80");
        assert_eq!((root.as_str(), known.len()), ("http://192.168.1.5", 4));
        assert!(known.contains(&root));
    }
}
