use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, DuplexStream, duplex},
    time::sleep,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, protocol::Role},
};
use uuid::Uuid;

use super::*;
use crate::{
    clock::now_ms,
    config::Config,
    id::SiteId,
    store::{SiteKey, SiteRecord, SiteStore as _, sqlite::SqliteStore},
};

const URL: &str = "https://moodle.example";

/// A server without a network, with one site.
struct World {
    app: Arc<App>,
    key: SiteKey,
    _folder: tempfile::TempDir,
}

impl World {
    async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::make(folder.path().join("gchat.db")).await.unwrap();
        let key = SiteKey { kid: "k1".into(), secret: vec![7; 32], created_at: 0 };
        let site = SiteRecord {
            site: SiteId(0),
            issuer: "site".into(),
            url: URL.into(),
            origins: vec![URL.into()],
            keys: vec![key.clone()],
            policy: Default::default(),
            policy_version: Default::default(),
            floor: Default::default(),
        };
        store.add_site(site).await.unwrap();
        let app = App::build(Config::default(), Arc::new(store)).await.unwrap();
        Self { app, key, _folder: folder }
    }

    fn hello(&self, session: Uuid) -> String {
        let now = now_ms() / 1_000;
        let claims = json!({
            "iss": "site", "aud": "gchat", "sub": "2", "sid": "login-of-2", "jti": Uuid::new_v4(), "iat": now,
            "nbf": now, "exp": now + 600, "rights_version": 1, "name": "Ana", "picture": null, "profile_url": null,
            "lang": "en", "hidden": false, "rights": ["chat"], "circles": [], "blocked": [],
        });
        let header = jsonwebtoken::Header { kid: Some(self.key.kid.clone()), ..Default::default() };
        let key = jsonwebtoken::EncodingKey::from_secret(&self.key.secret);
        let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        json!({"type": "hello", "protocol": 1, "token": token, "session": session, "visible": false})
            .to_string()
    }

    /// A connection over a stream that holds so many bytes which nobody has read: its task, and the other end.
    fn connect(&self, holds: usize) -> (impl Future<Output = ()> + use<>, DuplexStream) {
        let (ours, theirs) = duplex(holds);
        let ticket = self.app.gate.enter(IpAddr::from([127, 0, 0, 1])).unwrap();
        (live(self.app.clone(), Socket::new(ours, FRAME_BYTES), URL.into(), ticket), theirs)
    }
}

async fn client(stream: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

async fn next(client: &mut WebSocketStream<DuplexStream>) -> Value {
    match client.next().await.unwrap().unwrap() {
        tungstenite::Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Whoever is told why a connection ends has a moment to read it. Who does not read and has lost their place is not waited
/// for: what they did not read goes at once.
#[tokio::test]
async fn a_connection_that_has_lost_its_place_keeps_nothing_that_was_not_read() {
    for by_a_pong in [false, true] {
        let (world, session) = (World::begin().await, Uuid::new_v4());
        let (first, theirs) = world.connect(64);
        let first = tokio::spawn(first);
        let mut reads_no_more = client(theirs).await;
        reads_no_more.send(world.hello(session).into()).await.unwrap();
        if by_a_pong {
            assert_eq!(next(&mut reads_no_more).await["type"], "welcome");
            reads_no_more.send(tungstenite::Message::Ping(vec![7; 100].into())).await.unwrap();
        }
        // What comes now is being written, and is stuck.
        reads_no_more.get_mut().read_exact(&mut [0; 4]).await.unwrap();
        assert!(!first.is_finished());
        let moment = tokio::spawn(sleep(FAREWELL / 2));
        let (second, theirs) = world.connect(FRAME_BYTES);
        let _second = tokio::spawn(second);
        let mut again = client(theirs).await;
        again.send(world.hello(session).into()).await.unwrap();
        assert_eq!(next(&mut again).await["type"], "welcome");
        tokio::select! {
            biased;
            ended = first => ended.unwrap(),
            _ = moment => panic!("it is still there: {by_a_pong}"),
        }
    }
}

#[test]
fn an_address_is_read_in_every_way_in_which_proxies_write_it() {
    for (hop, address) in [
        ("198.51.100.7", "198.51.100.7"),
        (" 198.51.100.7:51234 ", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:443", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:51234", "2001:db8::1"),
        ("\"[2001:db8::1]:51234\"", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
    ] {
        assert_eq!(hop_address(hop), address.parse().ok(), "{hop}");
    }
    for hop in ["", "unknown", "_hidden", "[2001:db8::1", "[2001:db8::1]x", "198.51.100", "1.2.3.4.5:6"] {
        assert_eq!(hop_address(hop), None, "{hop}");
    }
}
