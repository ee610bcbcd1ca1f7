//! A disk that does not answer for a while: what asks it each second waits, and nothing else does (strace's injection).

use std::{
    os::unix::net::UnixDatagram,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    person::{Socket, dial, hear, say},
    server::Server,
    world::{PATIENCE, skip, until, works},
};

/// How often the server is to say that it is alive: twice in this time.
const WATCHDOG: Duration = Duration::from_secs(2);

/// While this lives, whoever looks where the database is waits (`SqliteStore::ready` does, once a second).
struct Stuck(Child);

impl Stuck {
    fn begin(server: &Server) -> Self {
        let database = server.dir.join("gchat.db").canonicalize().unwrap();
        let mut strace = Command::new("strace");
        // An hour, in microseconds.
        let delay = "inject=statx,newfstatat:delay_enter=3600000000";
        strace.args(["-f", "-q", "-e", "trace=statx,newfstatat", "-e", delay, "-e", "signal=none"]);
        strace.args(["-P", database.to_str().unwrap(), "-p", &server.id()]);
        Self(strace.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status(); // it lets the server go
        let _ = self.0.wait();
    }
}

/// Somebody comes, and looks at their rosters.
async fn comes(server: &Server, user: i64) -> Socket {
    let mut socket = dial(server.address).await.unwrap();
    let token = server.host.token(user);
    let hello =
        json!({"type": "hello", "protocol": 1, "token": token, "session": Uuid::new_v4(), "visible": true});
    say(&mut socket, hello).await;
    socket
}

/// Waits until somebody's roster has so many people.
async fn sees(socket: &mut Socket, people: i64) {
    let seen = async {
        loop {
            let frame: Value = hear(socket).await.expect("the connection stays");
            if frame["total"] == people {
                return;
            }
        }
    };
    timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("nobody told of {people} people"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_does_not_answer_rosters_are_told_and_the_watchdog_is_not() {
    let test = "slow::while_the_store_does_not_answer_rosters_are_told_and_the_watchdog_is_not";
    if !works(&["strace", "-q", "true"]) {
        return skip(test, "there is no strace that may trace");
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    let patience = WATCHDOG.as_micros().to_string();
    let env = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", &patience)];
    let server = Server::begin(dir.path(), "grace_ms = 300", &env);
    // Whether the server says that it is alive before the supervisor would lose patience.
    let alive = || {
        supervisor.set_read_timeout(Some(WATCHDOG)).unwrap();
        let mut text = [0; 200];
        loop {
            match supervisor.recv(&mut text) {
                Ok(n) if text[..n].trim_ascii() == b"WATCHDOG=1" => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    };
    let alive = async || tokio::task::block_in_place(alive);
    assert!(alive().await);
    let mut ana = comes(&server, 2).await;
    // Bruno was here before: his next page reads, and writes nothing.
    let bruno = comes(&server, 3).await;
    sees(&mut ana, 2).await;
    drop(bruno);
    sees(&mut ana, 1).await;

    let stuck = Stuck::begin(&server);
    until("the supervisor loses patience", async || !alive().await).await;
    let bruno = comes(&server, 3).await;
    sees(&mut ana, 2).await;
    drop(bruno);
    sees(&mut ana, 1).await;
    assert!(!alive().await, "the store still does not answer");

    drop(stuck);
    until("the store answers again, and that is told", alive).await;
    assert!(server.is_ready().await);
    server.stop();
}
