//! The host: knows who is in the course, signs tokens, and tells the server by calls until they are answered.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use gchat::{clock::now_ms, id::UserId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep, timeout},
};
use turmoil::net::TcpStream;
use uuid::Uuid;

use crate::world::{Shared, signed};

/// For one call.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Whoever has lost the course is out of its room by then.
const OUT_WITHIN: Duration = Duration::from_secs(2);

/// What the host has in its database.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) version: i64,
    /// Those who are not in the course.
    pub(crate) out: BTreeSet<UserId>,
}

impl Default for Host {
    fn default() -> Self {
        Self { version: 1, out: BTreeSet::new() }
    }
}

impl Host {
    /// Whether anybody was ever put out.
    pub(crate) fn has_put_out(&self) -> bool {
        self.version > 1
    }
}

/// When somebody is put out of the course, and when they are back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) who: UserId,
    pub(crate) out: Duration,
    pub(crate) back: Option<Duration>,
}

/// Does as planned.
pub(crate) async fn run(shared: Shared, server: IpAddr, plan: Plan) -> turmoil::Result {
    let began = Instant::now();
    let at = |when: Duration| (began + when).saturating_duration_since(Instant::now());
    sleep(at(plan.out)).await;
    change(&shared, server, |host| host.out.extend([plan.who])).await;
    match plan.back {
        Some(back) => {
            sleep(at(back)).await;
            change(&shared, server, |host| host.out.retain(|who| *who != plan.who)).await;
        }
        None => {
            sleep(OUT_WITHIN).await;
            shared.they_are_out(plan.who);
        }
    }
    Ok(())
}

/// Changes who is in the course, and says so until it is heard.
async fn change(shared: &Shared, server: IpAddr, how: impl FnOnce(&mut Host)) {
    let (version, out) = {
        let mut host = shared.host.lock();
        how(&mut host);
        host.version += 1;
        (host.version, host.out.clone())
    };
    let members = shared.users.iter().filter(|user| !out.contains(*user));
    let member = |user: &UserId| json!({"user": user, "role": shared.role(*user), "groups": null});
    let members: Vec<Value> = members.map(member).collect();
    let body = json!({"rights_version": version, "title": "Algebra", "room": "open", "members": members});
    let body = body.to_string();
    loop {
        if let Ok(Some(status)) = timeout(PATIENCE, call(server, &body)).await {
            assert!([200, 503].contains(&status), "a call was answered with {status}");
            if status == 200 {
                return;
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The status of the answer.
async fn call(server: IpAddr, body: &str) -> Option<u16> {
    let path = "/api/v1/circles/c7";
    // Signed after the server's start, whenever that was by the machine's clock: the simulated one is faster.
    let now = now_ms() / 1_000 + 20;
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let claims = json!({
        "iss": "simulated", "aud": "gchat-api", "jti": Uuid::new_v4(), "iat": now, "exp": now + 30,
        "wwwroot": "https://moodle.example", "method": "PUT", "path": path,
        "body_sha256": hash,
    });
    let mut stream = TcpStream::connect((server, 80)).await.ok()?;
    let request = format!(
        "PUT {path} HTTP/1.1\r\nHost: server\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        signed(&claims),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}
