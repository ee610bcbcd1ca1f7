//! One server without a socket for all inputs: the real parts over a SQLite file in a temporary folder.

use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use gchat::{
    app::App,
    config::Config,
    id::SiteId,
    store::{SiteKey, SiteRecord, SiteStore as _, sqlite::SqliteStore},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// The issuer, address and key of the one site.
pub(crate) const ISSUER: &str = "site1";
pub(crate) const WWWROOT: &str = "https://moodle.example";
pub(crate) const KID: &str = "k1";
pub(crate) const SECRET: [u8; 32] = [7; 32];

pub(crate) static STAGE: LazyLock<Stage> = LazyLock::new(Stage::set);

/// The parts, and what they run on.
pub(crate) struct Stage {
    pub(crate) app: Arc<App>,
    pub(crate) runtime: Runtime,
    router: Router,
    _folder: TempDir,
}

impl Stage {
    fn set() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        // In memory where there is such a place: what is asked is whether it stands, not how fast the disk is.
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() { TempDir::new_in(shared) } else { TempDir::new() };
        let folder = folder.expect("a temporary folder");
        let app = runtime.block_on(async {
            let store = SqliteStore::make(&folder.path().join("fuzz.db")).await.expect("a store");
            let key = SiteKey { kid: KID.into(), secret: SECRET.to_vec(), created_at: 0 };
            let site = SiteRecord {
                site: SiteId(0),
                issuer: ISSUER.into(),
                url: WWWROOT.into(),
                origins: vec![WWWROOT.into()],
                keys: vec![key],
                policy: Default::default(),
                policy_version: Default::default(),
                floor: Default::default(),
            };
            store.add_site(site).await.expect("a site");
            App::build(config(), Arc::new(store)).await.expect("the parts")
        });
        let router = gchat::http::routes(app.clone());
        Self { app, runtime, router, _folder: folder }
    }

    /// A request through every route, and its whole answer.
    pub(crate) fn request(&self, mut request: Request<Body>) -> (Response<()>, Vec<u8>) {
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        request.extensions_mut().insert(ConnectInfo(peer));
        self.runtime.block_on(async {
            let Ok(answer) = self.router.clone().oneshot(request).await;
            let (head, body) = answer.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.expect("an answer with its body");
            (Response::from_parts(head, ()), body.to_vec())
        })
    }
}

/// The usual settings, but for what an hour of inputs would use up.
fn config() -> Config {
    let mut config = Config::default();
    let limits = &mut config.limits;
    (limits.site_bytes_per_day, limits.user_bytes_per_day) = (1 << 50, 1 << 50);
    (limits.messages_per_second, limits.message_burst) = (1_000_000, 1_000_000);
    config
}

/// Signs anything with the site's key.
pub(crate) fn sign(claims: &Value) -> String {
    let header = Header { kid: Some(KID.into()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&SECRET)).expect("claims can be signed")
}
