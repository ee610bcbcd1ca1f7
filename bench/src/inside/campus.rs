//! A host with many people, and a whole server for them in this process, on threads of its own.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use anyhow::{Context as _, Result};
use gchat::{
    clock::now_ms,
    config::Config,
    id::{RightsVersion, SiteId},
    rights::Policy,
    server::Server,
    store::{CachedStore, SiteKey, SiteRecord, SiteStore as _, Store as _, sqlite::SqliteStore},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, sync::oneshot};

use super::{
    meter,
    wire::{Exchange, exchange},
};
use crate::outside::{
    campus::{Campus as People, Kind, URL},
    prefill::{self, Amount},
};

/// The address of the site's pages: the Origin of all sockets, also where `outside::campus` signs.
pub const ORIGIN: &str = URL;
const SECRET: [u8; 32] = [7; 32];

/// The names of all threads that work for the server: its own, and the store's, which are its writer, its readers and
/// the one that brings the log into the file.
const THREADS: [&str; 4] = ["gchat-serves", "writer", "reader", "copier"];

/// The host's site as a store has it.
pub fn site() -> SiteRecord {
    SiteRecord {
        site: SiteId(0),
        issuer: "campus".into(),
        url: ORIGIN.into(),
        origins: vec![ORIGIN.into()],
        keys: vec![SiteKey { kid: "k1".into(), secret: SECRET.to_vec(), created_at: 0 }],
        policy: Policy::default(),
        policy_version: RightsVersion(0),
        floor: RightsVersion(0),
    }
}

/// Which courses a person is in.
#[derive(Clone, Copy, Debug)]
pub enum Courses {
    /// Three of about two hundred people each, shared with different people.
    Three { people: u32 },
    /// All in one.
    One,
    /// Everybody in the same sixty.
    Many,
}

/// Of somebody who is in many.
pub const COURSES_OF_MANY: u32 = 60;

impl Courses {
    fn of(self, user: u32) -> Vec<u32> {
        match self {
            Self::One => vec![1],
            Self::Many => (1..=COURSES_OF_MANY).collect(),
            Self::Three { people } => {
                let courses = (people / 200).max(1);
                // Neighbours, then two strides that share no factor with the first: other people in each.
                let of = |stride: u32, from: u32| from + user / stride % courses;
                vec![of(200, 0), of(1, 1_000_000), of(7, 2_000_000)]
            }
        }
    }
}

/// What the host says of a user.
pub fn rights(user: u32, courses: Courses) -> Value {
    let circles: Vec<Value> = courses
        .of(user)
        .into_iter()
        .map(|course| {
            let role = if user.is_multiple_of(50) { "teacher" } else { "student" };
            json!({"id": format!("c{course}"), "role": role, "title": format!("Course number {course}")})
        })
        .collect();
    json!({
        "rights_version": 1, "name": format!("Person Number {user:07}"),
        "picture": format!("{ORIGIN}/pluginfile.php/{user}/user/icon/f2"),
        "profile_url": format!("{ORIGIN}/user/profile.php?id={user}"),
        "lang": "en", "hidden": false, "rights": ["chat"], "blocked": [], "circles": circles,
    })
}

/// A token for ten minutes from now.
pub fn token(user: u32, courses: Courses) -> String {
    static KEY: OnceLock<(Header, EncodingKey)> = OnceLock::new();
    let (header, key) = KEY.get_or_init(|| {
        let header = Header { kid: Some("k1".into()), ..Header::new(Algorithm::HS256) };
        (header, EncodingKey::from_secret(&SECRET))
    });
    let now = now_ms() / 1_000;
    let mut claims = json!({
        "iss": "campus", "aud": "gchat", "sub": user.to_string(), "sid": format!("login-of-{user}"),
        "jti": format!("{user}-{now}"), "iat": now, "nbf": now, "exp": now + 600,
    });
    if let (Value::Object(claims), Value::Object(rights)) = (&mut claims, rights(user, courses)) {
        claims.extend(rights);
    }
    jsonwebtoken::encode(header, &claims, key).expect("plain JSON can be signed with HMAC")
}

/// A server that runs.
pub struct Campus {
    pub exchange: Exchange,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    stopped: oneshot::Receiver<Result<()>>,
}

impl Campus {
    /// Starts a server over this file, which is made with the site in it if need be. People may be silent for an hour
    /// and send as fast as they like; all other settings are the shipped ones.
    pub async fn open(database: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("gchat-serves")
            .enable_all()
            .build()?;
        let (exchange, switchboard) = exchange();
        let (stop, stopping) = oneshot::channel::<()>();
        let (ended, stopped) = oneshot::channel();
        let (ready, listens) = oneshot::channel();
        let database = database.to_owned();
        runtime.spawn(async move {
            let started = async {
                SqliteStore::make(&database).await?.close().await;
                let store = Arc::new(SqliteStore::serve(&database).await?);
                let store = CachedStore::over(store);
                if store.sites().await?.is_empty() {
                    store.add_site(site()).await?;
                }
                Server::over(switchboard, settings(), Arc::new(store)).await
            };
            match started.await {
                Ok(server) => {
                    let _ = ready.send(Ok(()));
                    let _ = ended.send(server.run(async { drop(stopping.await) }).await);
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        });
        listens.await.context("the server ended before it listened")??;
        Ok(Self { exchange, runtime: Some(runtime), stop: Some(stop), stopped })
    }

    /// A server whose database knows so many people: those of the scenarios over sockets, who sign in with tokens of
    /// that campus.
    pub async fn with_people(database: &Path, kind: Kind, users: u64) -> Result<(Self, People)> {
        let people = People::new(kind, users);
        people.found(database).await?;
        prefill::fill(database, &people, Amount { users, conversations: 0, messages: 0 }).await?;
        Ok((Self::open(database).await?, people))
    }

    /// Seconds of processor time that the server's threads have used so far.
    pub fn cpu(&self) -> Result<f64> {
        meter::cpu_of(&THREADS)
    }

    /// Stops it in order.
    pub async fn close(mut self) -> Result<()> {
        self.stop.take();
        (&mut self.stopped).await.context("the server ended without a word")?
    }
}

impl Drop for Campus {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn settings() -> Config {
    let mut config = Config::default();
    let hour = 3_600_000;
    config.limits.heartbeat_ms = hour;
    config.limits.silence_ms = 2 * hour;
    config.limits.hello_timeout_ms = 60_000;
    config.limits.header_timeout_ms = 60_000;
    config.limits.messages_per_second = 1_000_000;
    config.limits.sign_ins_per_second = 1_000_000;
    config.limits.sign_in_burst = 1_000_000;
    config.limits.answer_bytes_per_second = 1 << 40;
    config.limits.answer_burst_bytes = 1 << 40;
    config.limits.user_bytes_per_day = 1 << 40;
    config.limits.site_bytes_per_day = 1 << 40;
    config.limits.message_burst = 1_000_000;
    config.limits.frames_per_second = 1_000_000;
    config.limits.frame_burst = 1_000_000;
    config.limits.drain_ms = 500;
    config
}
