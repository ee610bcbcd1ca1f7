//! Simulated people, so that one visitor alone can try the chat.
//!
//! Each is a client like any other: a minted token, a WebSocket with the campus's Origin, heartbeats, renewals and
//! resuming as `protocol/README.md` has them. They come, stay for some minutes, go, and answer whoever writes to
//! them. What they say and when is for `talks`; here is the line only.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gchat_wire::{FEATURES, Incoming, Outgoing, Refusal, Welcome};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

use crate::people::{FIRST_CLASSMATE, Person};
use crate::talks::Talks;
use crate::{Host, now_seconds, random_text, sha256_hex};

/// So many classmates knock at once; the server takes only some unknown sockets from one address.
const KNOCKING: usize = 16;

/// The server is silent for 45 s at most; after this, the connection is dead.
const SILENCE: Duration = Duration::from_secs(100);

/// A server that does not answer a hello in this time never will.
const HELLO_TIME: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a connection ended.
#[derive(Debug, PartialEq)]
enum End {
    /// The classmate's time was over.
    Left,
    /// Come back, after this time if the server named one.
    ComeBack(Option<Duration>),
    /// Do not come back during this stay.
    Refused,
}

/// Lets all classmates live, forever.
pub(crate) async fn live(host: Arc<Host>) {
    let knocking = Arc::new(Semaphore::new(KNOCKING));
    let ids = FIRST_CLASSMATE..FIRST_CLASSMATE + host.config.classmates as u64;
    let mut tasks = JoinSet::new();
    for person in ids.filter_map(|id| host.person(id)) {
        let classmate = Classmate { host: host.clone(), knocking: knocking.clone(), person };
        tasks.spawn(classmate.live());
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "campus: a classmate is gone for good");
        }
    }
    std::future::pending::<()>().await;
}

struct Classmate {
    host: Arc<Host>,
    knocking: Arc<Semaphore>,
    person: Person,
}

/// One stay on the campus: as a browser's page, from its load to its end.
struct Stay {
    sid: String,
    session: Uuid,
    until: Instant,
}

impl Classmate {
    async fn live(self) {
        let mut talks = Talks::new(self.person.id);
        // Most are there soon after the start, some come later.
        let mut away = if rand::random_bool(0.85) { between(0, 3) } else { between(10, 40) };
        loop {
            sleep(away).await;
            let stay = Stay {
                sid: sha256_hex(random_text::<32>().as_bytes())[..32].to_owned(),
                session: Uuid::new_v4(),
                until: Instant::now() + between(60, 400),
            };
            self.stay(&stay, &mut talks).await;
            away = between(8, 40);
        }
    }

    /// Keeps a line open until the stay is over.
    async fn stay(&self, stay: &Stay, talks: &mut Talks) {
        let mut failures = 0u32;
        while Instant::now() < stay.until {
            let began = Instant::now();
            let end = match self.connect(stay, talks).await {
                Ok((socket, welcome)) => {
                    failures = 0;
                    self.talk(stay, talks, socket, &welcome).await
                }
                Err(end) => end,
            };
            match end {
                End::Left => return,
                End::Refused => {
                    tracing::debug!(classmate = self.person.id, "campus: a classmate was refused");
                    sleep_until(stay.until.max(began + Duration::from_secs(30))).await;
                    return;
                }
                End::ComeBack(Some(pause)) => sleep(pause).await,
                End::ComeBack(None) => {
                    let most = Duration::from_millis(500 << failures.min(6)).min(Duration::from_secs(30));
                    sleep(most.mul_f64(rand::random_range(0.0..1.0))).await;
                }
            }
            failures += 1;
        }
    }

    /// Opens a socket and signs in.
    async fn connect(&self, stay: &Stay, talks: &mut Talks) -> Result<(Socket, Welcome), End> {
        let _turn = self.knocking.acquire().await.map_err(|_| End::Left)?;
        let knocked = timeout(HELLO_TIME, async {
            let url = format!("ws{}ws", self.host.config.server_url.trim_start_matches("http"));
            let mut request = url.into_client_request()?;
            let origin = HeaderValue::from_str(&self.host.config.wwwroot)?;
            request.headers_mut().insert("Origin", origin);
            let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
            let (token, visible, session) = (self.token(&stay.sid), true, stay.session);
            say(
                &mut socket,
                &Outgoing::Hello {
                    protocol: 1,
                    token,
                    session,
                    visible,
                    features: FEATURES,
                    cursor: talks.cursor(),
                },
            )
            .await?;
            Ok::<_, tungstenite::Error>(socket)
        });
        let mut socket = match knocked.await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => {
                tracing::trace!(%error, "campus: a classmate cannot connect");
                return Err(End::ComeBack(None));
            }
            Err(_) => return Err(End::ComeBack(None)),
        };
        let answered_by = Instant::now() + HELLO_TIME;
        loop {
            match hear(&mut socket, answered_by).await {
                Ok(Incoming::Welcome(welcome)) => {
                    let frames = talks.receive(Incoming::Welcome(welcome.clone()), Instant::now());
                    for frame in frames {
                        say(&mut socket, &frame).await.map_err(|_| End::ComeBack(None))?;
                    }
                    return Ok((socket, welcome));
                }
                Ok(Incoming::Error(Refusal { code, .. })) => {
                    tracing::debug!(
                        code,
                        classmate = self.person.id,
                        "campus: a classmate's hello was refused"
                    );
                }
                Ok(_) => {}
                Err(end) => return Err(end),
            }
        }
    }

    /// Listens, reads and answers until the line or the stay ends.
    async fn talk(&self, stay: &Stay, talks: &mut Talks, mut socket: Socket, welcome: &Welcome) -> End {
        let lease = |ends: u64, now: u64| {
            let left = Duration::from_millis(ends.saturating_sub(now));
            Instant::now() + left.mul_f64(rand::random_range(0.6..0.8))
        };
        let mut renew_at = lease(welcome.lease_ends, welcome.server_time);
        let mut heard = Instant::now();
        let mut come_back = None;
        loop {
            let now = Instant::now();
            // Nobody leaves in the middle of a sentence, but nobody stays forever either.
            if now >= stay.until && (!talks.busy() || now >= stay.until + Duration::from_secs(60)) {
                let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
                let _ = timeout(Duration::from_secs(1), socket.close(Some(frame))).await;
                return End::Left;
            }
            let mut frames = Vec::new();
            if now >= renew_at {
                frames.push(Outgoing::Renew { token: self.token(&stay.sid) });
                renew_at = now + Duration::from_secs(30);
            }
            frames.extend(talks.act(now));
            for frame in frames {
                if say(&mut socket, &frame).await.is_err() {
                    return End::ComeBack(come_back);
                }
            }
            let leave_at = if now < stay.until { stay.until } else { now + Duration::from_secs(1) };
            let due = talks.next_due().unwrap_or(leave_at);
            let wake_at = due.min(renew_at).min(leave_at).min(heard + SILENCE);
            let frame = tokio::select! {
                frame = hear(&mut socket, heard + SILENCE) => frame,
                () = sleep_until(wake_at) => continue,
            };
            heard = Instant::now();
            let answers = match frame {
                Ok(Incoming::Ping) => vec![Outgoing::Pong],
                Ok(Incoming::Renewed { lease_ends }) => {
                    renew_at = lease(lease_ends, now_seconds() * 1_000);
                    Vec::new()
                }
                Ok(Incoming::Drain { retry_after_ms }) => {
                    come_back = Some(Duration::from_millis(retry_after_ms));
                    Vec::new()
                }
                Ok(frame) => talks.receive(frame, heard),
                Err(End::ComeBack(None)) => return End::ComeBack(come_back),
                Err(end) => return end,
            };
            for frame in answers {
                if say(&mut socket, &frame).await.is_err() {
                    return End::ComeBack(come_back);
                }
            }
        }
    }

    fn token(&self, sid: &str) -> String {
        let rights = self.host.rights(&self.person, "en");
        self.host.key.user_token(self.person.id, sid, &rights, now_seconds())
    }
}

/// Sends one frame.
async fn say(socket: &mut Socket, frame: &Outgoing) -> Result<(), tungstenite::Error> {
    let text = frame.encode();
    socket.send(Message::text(text)).await
}

/// The next frame, or why there is none. What cannot be read is ignored, as a newer server may say more.
async fn hear(socket: &mut Socket, until: Instant) -> Result<Incoming, End> {
    loop {
        match timeout_at(until, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => {
                return Ok(Incoming::decode(&text).unwrap_or(Incoming::Other));
            }
            Ok(Some(Ok(Message::Close(frame)))) => {
                return Err(match frame.map(|frame| u16::from(frame.code)) {
                    Some(4400..=4499) => End::Refused,
                    _ => End::ComeBack(None),
                });
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => return Err(End::ComeBack(None)),
        }
    }
}

/// A random time between so many seconds.
fn between(least: u64, most: u64) -> Duration {
    Duration::from_millis(rand::random_range(least * 1_000..=most * 1_000))
}
