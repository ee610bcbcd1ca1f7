//! A host for the harness: its people, the tokens and calls that it signs, and the settings of its server.
//!
//! The shapes are those of `protocol/README.md` ("The user token", "The API for the host"). Knows no frame.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};
use gchat::{
    id::{RightsVersion, SiteId},
    rights::Policy,
    store::{SiteKey, SiteRecord, SiteStore as _, Store as _, sqlite::SqliteStore},
};
use gchat_wire::Conversation;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

use crate::history::{HARNESS, Log, What};

/// The address of the site's pages: the Origin of all its sockets.
pub(crate) const URL: &str = "https://soak.example";

/// How long a token lives: short, so that a run of minutes sees renewals.
const TOKEN_SECONDS: u64 = 60;

/// A call that is not answered within this is made again.
const CALL_PATIENCE: Duration = Duration::from_secs(10);

/// The site.
pub(crate) struct Site {
    issuer: String,
    header: Header,
    key: EncodingKey,
    http: reqwest::Client,
    /// Of the whole site: rises with every change.
    version: AtomicU64,
    /// Of those whose rights were changed.
    versions: Mutex<HashMap<u64, u64>>,
    suspended: watch::Sender<BTreeSet<u64>>,
    /// Who teaches the course; 0: nobody.
    teacher: AtomicU64,
}

impl Site {
    /// Makes the database with one site in it, as `gchat site add` does.
    pub(crate) async fn found(database: &Path) -> Result<Self> {
        let secret: Vec<u8> =
            [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(Uuid::as_bytes).copied().collect();
        let key = EncodingKey::from_secret(&secret);
        let record = SiteRecord {
            site: SiteId(0),
            issuer: "soak".into(),
            url: URL.into(),
            origins: vec![URL.into()],
            keys: vec![SiteKey { kid: "k1".into(), secret, created_at: 0 }],
            // A run may be long, and too late is not what it is about.
            policy: Policy { edit_seconds: 31_536_000, ..Policy::default() },
            policy_version: RightsVersion(0),
            floor: RightsVersion(0),
        };
        let issuer = record.issuer.clone();
        let store = SqliteStore::make(database).await?;
        store.add_site(record).await?;
        store.close().await;
        Ok(Self {
            issuer,
            header: Header { kid: Some("k1".into()), ..Header::new(Algorithm::HS256) },
            key,
            http: reqwest::Client::builder().timeout(CALL_PATIENCE).build()?,
            version: AtomicU64::new(1),
            versions: Mutex::default(),
            suspended: watch::Sender::default(),
            teacher: AtomicU64::new(0),
        })
    }

    /// A token for this user; none while they are suspended.
    pub(crate) fn token(&self, user: u64) -> Option<String> {
        if self.suspended.borrow().contains(&user) {
            return None;
        }
        let now = now_ms() / 1_000;
        let mut claims = json!({
            "iss": self.issuer, "aud": "gchat", "sub": user.to_string(), "sid": format!("login-of-{user}"),
            "jti": Uuid::new_v4(), "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS,
        });
        let version = self.versions.lock().get(&user).copied().unwrap_or(1);
        if let (Value::Object(claims), Value::Object(rights)) =
            (&mut claims, self.rights(user, version, true))
        {
            claims.extend(rights);
        }
        Some(self.sign(&claims))
    }

    /// Returns once the user may chat, as far as this host is concerned.
    pub(crate) async fn until_restored(&self, user: u64) {
        let mut suspended = self.suspended.subscribe();
        // An error would mean that the site is gone, which `self` is not.
        let _ = suspended.wait_for(|suspended| !suspended.contains(&user)).await;
    }

    /// Takes the right to chat from a user; returns when the server has answered.
    pub(crate) async fn suspend(&self, address: &watch::Receiver<SocketAddr>, user: u64) {
        self.suspended.send_modify(|suspended| {
            suspended.insert(user);
        });
        self.put(address, user, false).await;
    }

    /// Gives it back.
    pub(crate) async fn restore(&self, address: &watch::Receiver<SocketAddr>, user: u64) {
        let version = self.next_version(user);
        self.suspended.send_modify(|suspended| {
            suspended.remove(&user);
        });
        self.put_version(address, user, version, true).await;
    }

    /// Gives it back to whoever has lost it.
    pub(crate) async fn restore_all(&self, address: &watch::Receiver<SocketAddr>, log: &Log) {
        let suspended = self.suspended.borrow().clone();
        for user in suspended {
            log.add(HARNESS, What::Restored { user });
            self.restore(address, user).await;
        }
    }

    async fn put(&self, address: &watch::Receiver<SocketAddr>, user: u64, chat: bool) {
        let version = self.next_version(user);
        self.put_version(address, user, version, chat).await;
    }

    fn next_version(&self, user: u64) -> u64 {
        let version = self.version.fetch_add(1, Ordering::Relaxed) + 1;
        self.versions.lock().insert(user, version);
        version
    }

    async fn put_version(&self, address: &watch::Receiver<SocketAddr>, user: u64, version: u64, chat: bool) {
        let path = format!("/api/v1/users/{user}");
        self.call(address, &path, &self.rights(user, version, chat)).await;
    }

    /// Switches on the room of the course, which has users 1 … `people`; the last one teaches it. Its version is that of the
    /// tokens of all whose rights never change.
    pub(crate) async fn open_room(&self, address: &watch::Receiver<SocketAddr>, people: u64) {
        self.teacher.store(people, Ordering::Relaxed);
        let member = |user: u64| json!({"user": user, "role": self.role(user), "groups": null});
        let members: Vec<Value> = (1..=people).map(member).collect();
        let course = json!({"rights_version": 1, "title": TITLE, "room": "open", "members": members});
        self.call(address, &format!("/api/v1/circles/{COURSE}"), &course).await;
    }

    /// Calls until the server has answered, as a plugin's retry task does: it may be dead just now.
    async fn call(&self, address: &watch::Receiver<SocketAddr>, path: &str, body: &Value) {
        let body = body.to_string();
        loop {
            let now = now_ms() / 1_000;
            let hash: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
            let bearer = self.sign(&json!({
                "iss": self.issuer, "aud": "gchat-api", "jti": Uuid::new_v4(), "iat": now, "exp": now + 60,
                "wwwroot": URL, "method": "PUT", "path": path, "body_sha256": hash,
            }));
            let url = format!("http://{}{path}", *address.borrow());
            let call = self.http.put(url).bearer_auth(bearer).header("content-type", "application/json");
            match call.body(body.clone()).send().await {
                Ok(answer) if answer.status().is_success() => return,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn role(&self, user: u64) -> &'static str {
        if user == self.teacher.load(Ordering::Relaxed) { "teacher" } else { "student" }
    }

    /// What the host says of a user. All share one course.
    fn rights(&self, user: u64, version: u64, chat: bool) -> Value {
        let rights: &[&str] = if chat { &["chat"] } else { &[] };
        json!({
            "rights_version": version, "name": format!("Person {user}"), "picture": null, "profile_url": null,
            "lang": "en", "hidden": false, "rights": rights, "blocked": [],
            "circles": [{"id": COURSE, "role": self.role(user), "title": TITLE}],
        })
    }

    fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header, claims, &self.key).expect("plain JSON can be signed with HMAC")
    }
}

/// The course of all.
const COURSE: &str = "c1";
const TITLE: &str = "Perseverance";

/// Its room.
pub(crate) fn room() -> Option<Conversation> {
    Conversation::room(COURSE).ok()
}

/// Milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Writes the server's settings: the shipped ones but for the rates, which would only slow the harness down.
pub(crate) fn settings(folder: &Path, database: &Path) -> Result<PathBuf> {
    let path = folder.join("gchat.toml");
    let text = format!(
        "listen = \"127.0.0.1:0\"\ndatabase = {database:?}\nlog_format = \"json\"\n[limits]\n\
         messages_per_second = 100000\nmessage_burst = 100000\nframes_per_second = 100000\nframe_burst = 100000\n\
         sign_ins_per_second = 100000\n\
         sign_in_burst = 100000\n\
         answer_bytes_per_second = 1000000000000\n\
         answer_burst_bytes = 1000000000000\n\
         user_bytes_per_day = 1000000000000\n\
         site_bytes_per_day = 1000000000000\n\
         grace_ms = 1000\n"
    );
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
