//! The real binary as a process, and the host that signs for its people.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use gchat::{auth::sha256_hex, clock::now_ms, connection_code::ConnectionCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

pub(crate) const SITE: &str = "https://moodle.example";

/// The binary with a command, in an environment without settings.
pub(crate) fn gchat(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gchat"));
    command.args(args).current_dir(dir).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GCHAT_")) {
        command.env_remove(name);
    }
    command
}

/// A command that must succeed; what it answers.
pub(crate) fn answer(dir: &Path, args: &[&str]) -> String {
    let out = gchat(dir, args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// A server that runs, in a folder that has its database and settings.
pub(crate) struct Server {
    child: Child,
    pub(crate) dir: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) host: Host,
    env: Vec<(String, String)>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Makes database, site and settings in a folder, and starts. `limits`: lines of that section.
    pub(crate) fn begin(dir: &Path, limits: &str, env: &[(&str, &str)]) -> Self {
        let host = prepare(dir, limits);
        let (child, address) = start(dir, "127.0.0.1:0", env);
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { child, dir: dir.to_owned(), address, host, env }
    }

    /// The same, of a server whose log cannot be read: `spawn` starts the command, and the server is asked whether it is
    /// there.
    pub(crate) fn begin_unseen(dir: &Path, limits: &str, spawn: impl FnOnce(Command) -> Child) -> Self {
        let host = prepare(dir, limits);
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut child =
            spawn(gchat(dir, &["serve", "--config", "gchat.toml", "--listen", &free.to_string()]));
        let began = std::time::Instant::now();
        while std::net::TcpStream::connect(free).is_err() {
            assert_eq!(child.try_wait().unwrap(), None, "it has ended");
            assert!(began.elapsed() < super::world::PATIENCE, "it does not listen");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Self { child, dir: dir.to_owned(), address: free, host, env: Vec::new() }
    }

    /// Starts in a folder that has database and settings already, where nobody signs in.
    pub(crate) fn over(dir: &Path) -> Self {
        let code =
            ConnectionCode { url: SITE.into(), site: String::new(), kid: String::new(), key: Vec::new() };
        let host = Host { code: Arc::new(code), clock: Arc::default() };
        let (child, address) = start(dir, "127.0.0.1:0", &[]);
        Self { child, dir: dir.to_owned(), address, host, env: Vec::new() }
    }

    /// Ends it at once, as a crash does, and starts it again at the same address.
    pub(crate) fn crash_and_start(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.start_again();
    }

    /// Stops it, and starts it again at the same address.
    pub(crate) fn stop_and_start(&mut self) {
        self.end();
        self.start_again();
    }

    /// Stops it as systemd does, and waits for a good end.
    pub(crate) fn stop(mut self) -> PathBuf {
        self.end();
        self.dir.clone()
    }

    fn end(&mut self) {
        assert!(Command::new("kill").arg(self.id()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "it should end well");
    }

    fn start_again(&mut self) {
        let env: Vec<_> = self.env.iter().map(|(name, value)| (&**name, &**value)).collect();
        (self.child, self.address) = start(&self.dir, &self.address.to_string(), &env);
    }

    /// Waits for the end of one that was asked to stop.
    pub(crate) fn ended_well(mut self) {
        assert!(self.child.wait().unwrap().success(), "it should end well");
    }

    pub(crate) fn id(&self) -> String {
        self.child.id().to_string()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Whether `/ready` says so.
    pub(crate) async fn is_ready(&self) -> bool {
        self.ask("/ready", "").await.starts_with("HTTP/1.1 200")
    }

    /// How many connections the server has, by its own word.
    pub(crate) async fn connections(&self) -> u64 {
        self.connections_by(0).await
    }

    /// The same, of a server whose clock is so many seconds ahead.
    pub(crate) async fn connections_by(&self, ahead: i64) -> u64 {
        self.status(ahead).await["connections"].as_u64().unwrap()
    }

    /// How it is, by its own word; its clock is so many seconds ahead.
    pub(crate) async fn status(&self, ahead: i64) -> Value {
        let path = "/api/v1/status";
        let own = self.host.clock.swap(ahead, Ordering::SeqCst);
        let bearer = self.host.call("GET", path, "");
        self.host.clock.store(own, Ordering::SeqCst);
        self.call("GET", path, "", &bearer).await.1
    }

    /// A call with this bearer: the status and the answer.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &str, bearer: &str) -> (u16, Value) {
        let headers = format!("Authorization: Bearer {bearer}\r\nContent-Length: {}\r\n", body.len());
        let answer = self.request(method, path, &headers, body).await;
        let status = answer.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")))
    }

    async fn ask(&self, path: &str, headers: &str) -> String {
        self.request("GET", path, headers, "").await
    }

    async fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut answer = String::new();
        let asked = async {
            let mut socket = tokio::net::TcpStream::connect(self.address).await?;
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n{body}");
            socket.write_all(request.as_bytes()).await?;
            socket.read_to_string(&mut answer).await
        };
        let _: std::io::Result<usize> = asked.await;
        answer
    }
}

/// Makes settings, database and site.
fn prepare(dir: &Path, limits: &str) -> Host {
    let settings = format!(
        "listen = \"127.0.0.1:0\"\n[limits]\nmessages_per_second = 100000\nmessage_burst = 100000\n\
         frames_per_second = 100000\nframe_burst = 100000\n\
         sign_ins_per_second = 100000\n\
         sign_in_burst = 100000\n\
         answer_bytes_per_second = 1000000000000\n\
         answer_burst_bytes = 1000000000000\n\
         user_bytes_per_day = 1000000000000\n\
         site_bytes_per_day = 1000000000000\n{limits}\n"
    );
    std::fs::write(dir.join("gchat.toml"), settings).unwrap();
    let code = answer(dir, &["site", "add", SITE, "--config", "gchat.toml"]);
    let code: ConnectionCode = code.parse().unwrap();
    Host { code: Arc::new(code), clock: Arc::default() }
}

/// Starts the binary and waits until it says where it listens. Its log is in `log` in the folder.
fn start(dir: &Path, listen: &str, env: &[(&str, &str)]) -> (Child, SocketAddr) {
    let log = dir.join("log");
    let out = File::create(&log).unwrap();
    let mut command = gchat(dir, &["serve", "--config", "gchat.toml", "--listen", listen]);
    let mut child = command.envs(env.iter().copied()).stderr(out).spawn().unwrap();
    let began = std::time::Instant::now();
    loop {
        let lines = BufReader::new(File::open(&log).unwrap()).lines().map(|line| line.unwrap_or_default());
        let listens = lines.filter(|line| line.contains(" ready ")).find_map(|line| {
            line.split("listen=").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        });
        if let Some(address) = listens {
            return (child, address);
        }
        let ended = child.try_wait().unwrap();
        let told = || std::fs::read_to_string(&log).unwrap();
        assert!(ended.is_none(), "it did not start: {}", told());
        assert!(began.elapsed() < super::world::PATIENCE, "it is not ready: {}", told());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// The site: signs for its people, by a clock of its own.
#[derive(Clone)]
pub(crate) struct Host {
    code: Arc<ConnectionCode>,
    /// Seconds by which its clock is ahead.
    pub(crate) clock: Arc<AtomicI64>,
}

impl Host {
    pub(crate) fn now_s(&self) -> i64 {
        now_ms() / 1_000 + self.clock.load(Ordering::SeqCst)
    }

    /// A good token of someone in the one course that there is.
    pub(crate) fn token(&self, user: i64) -> String {
        self.token_of(user, 600)
    }

    /// The same, good for so many seconds.
    pub(crate) fn token_of(&self, user: i64, seconds: i64) -> String {
        self.token_with(user, seconds, None)
    }

    /// The same of somebody whose chat is paused until then, ms.
    pub(crate) fn token_with(&self, user: i64, seconds: i64, paused_until: Option<i64>) -> String {
        let now = self.now_s();
        self.sign(&json!({
            "iss": self.code.site, "aud": "gchat", "sub": user.to_string(), "sid": format!("login-of-{user}"),
            "jti": Uuid::new_v4(), "iat": now, "nbf": now, "exp": now + seconds,
            "rights_version": 1, "name": format!("Person {user}"), "picture": null, "profile_url": null,
            "lang": "en", "hidden": false, "rights": ["chat"], "blocked": [], "paused_until": paused_until,
            "circles": [{"id": "c1", "role": "student", "title": "Algebra"}],
        }))
    }

    /// The bearer of a call with this body.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> String {
        let now = self.now_s();
        self.sign(&json!({
            "iss": self.code.site, "aud": "gchat-api", "jti": Uuid::new_v4(), "iat": now + 1, "exp": now + 60,
            "wwwroot": SITE, "method": method, "path": path, "body_sha256": sha256_hex(body.as_bytes()),
        }))
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.code.kid.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&self.code.key)).unwrap()
    }
}
