//! A person with a client that does what the contract says: one message after another, each repeated until it is
//! answered for good, and a screen that follows the cursor. protocol/README.md, "A connection's life".

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};
use uuid::{NoContext, Timestamp, Uuid};

use super::{
    server::{Host, SITE, Server},
    world::{PATIENCE, until},
};

/// A send without an answer for this long: is the socket alive? The client asks on a new one.
const UNANSWERED: Duration = Duration::from_secs(3);

/// What a person has seen and done, for the test to look at.
#[derive(Default)]
pub(crate) struct Life {
    /// Messages of theirs that were acknowledged: the number of the last.
    pub(crate) acked: AtomicUsize,
    /// Errors and close codes that they were told, by name and how often.
    told: Mutex<BTreeMap<String, usize>>,
    /// The port of their present socket.
    pub(crate) port: AtomicU16,
    /// What is on their screen: (seq, text).
    screen: Mutex<Vec<(i64, String)>>,
    pings: AtomicUsize,
    talks: AtomicBool,
    /// A message of theirs is not acknowledged yet.
    writes: AtomicBool,
    away: AtomicBool,
    leaves: AtomicBool,
}

impl Life {
    pub(crate) fn told(&self, what: &str) -> usize {
        self.told.lock().get(what).copied().unwrap_or(0)
    }

    pub(crate) fn acked(&self) -> usize {
        self.acked.load(Ordering::SeqCst)
    }

    pub(crate) fn pings(&self) -> usize {
        self.pings.load(Ordering::SeqCst)
    }

    /// Whether they write.
    pub(crate) fn talk(&self, talks: bool) {
        self.talks.store(talks, Ordering::SeqCst);
    }

    /// Whether there is something to send: what was begun, or another one if they talk. Whoever has told them to be silent
    /// and then sees that they do not write knows that nothing more will come.
    fn goes_on(&self, begun: bool) -> bool {
        self.writes.store(true, Ordering::SeqCst);
        let goes_on = begun || self.talks.load(Ordering::SeqCst);
        self.writes.store(goes_on, Ordering::SeqCst);
        goes_on
    }

    /// Whether they take no new socket, and let go of the one they have.
    pub(crate) fn stay_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn hear(&self, what: &str) {
        *self.told.lock().entry(what.to_owned()).or_default() += 1;
    }
}

/// Two people who write to each other without end.
pub(crate) struct Pair {
    people: [i64; 2],
    pub(crate) lives: [Arc<Life>; 2],
    tasks: [JoinHandle<()>; 2],
}

/// As many pairs as asked for, who all begin to talk.
pub(crate) fn pairs(server: &Server, count: i64) -> Vec<Pair> {
    let one = |n: i64| {
        let people = [2 * n, 2 * n + 1];
        let lives = [Arc::<Life>::default(), Arc::<Life>::default()];
        let tasks = [0, 1].map(|at| {
            let (user, life) = (people[at], lives[at].clone());
            life.talk(true);
            let person = Person {
                user,
                conversation: format!("{}-{}", people[0], people[1]),
                address: server.address,
                host: server.host.clone(),
                session: Uuid::new_v4(),
                life,
                epoch: Value::Null,
                rev: 0,
                next: 1,
                id: None,
            };
            tokio::spawn(person.live())
        });
        Pair { people, lives, tasks }
    };
    (1..=count).map(one).collect()
}

/// Everybody's acknowledged messages.
pub(crate) fn acked(pairs: &[Pair]) -> usize {
    pairs.iter().flat_map(|pair| &pair.lives).map(|life| life.acked()).sum()
}

/// How often somebody was told this.
pub(crate) fn told(pairs: &[Pair], what: &str) -> usize {
    pairs.iter().flat_map(|pair| &pair.lives).map(|life| life.told(what)).sum()
}

/// Waits until each person has got this many more acks.
pub(crate) async fn each_gets(pairs: &[Pair], more: usize) {
    let now: Vec<_> =
        pairs.iter().flat_map(|pair| &pair.lives).map(|life| (life.clone(), life.acked())).collect();
    until(
        &format!("{more} more acks each; so far {:?}", now.iter().map(|(_, had)| had).collect::<Vec<_>>()),
        async || now.iter().all(|(life, had)| life.acked() >= had + more),
    )
    .await;
}

/// Lets everybody finish what they are writing, and checks that screens and store have every acknowledged message
/// exactly once, in order. Returns how many there are.
pub(crate) async fn settle(server: &Server, pairs: Vec<Pair>) -> usize {
    let mut all = 0;
    pairs.iter().flat_map(|pair| &pair.lives).for_each(|life| life.talk(false));
    for pair in pairs {
        // Whoever was writing goes on until that one is acknowledged; then nothing changes any more.
        let stored = loop {
            let silent = pair.lives.iter().all(|life| !life.writes.load(Ordering::SeqCst));
            let acked = pair.lives.each_ref().map(|life| life.acked());
            let stored = history(server, pair.people).await;
            let said =
                |user: i64| stored.iter().filter(|(_, text)| text.starts_with(&format!("{user}:"))).count();
            let settled = silent && pair.people.map(said) == acked;
            let screens = pair.lives.iter().all(|life| life.screen.lock().len() == stored.len());
            if settled && screens && acked == pair.lives.each_ref().map(|life| life.acked()) {
                break stored;
            }
            let lost = pair.people.map(said).iter().zip(acked).any(|(said, acked)| *said < acked);
            assert!(!lost, "acknowledged {acked:?}, stored {:?}", pair.people.map(said));
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        pair.lives.iter().for_each(|life| life.leaves.store(true, Ordering::SeqCst));
        for task in pair.tasks {
            timeout(PATIENCE, task).await.expect("they leave").unwrap();
        }
        let seqs: Vec<_> = stored.iter().map(|(seq, _)| *seq).collect();
        let count = i64::try_from(stored.len()).unwrap();
        assert_eq!(seqs, (1..=count).collect::<Vec<_>>(), "seq has gaps");
        for user in pair.people {
            let said: Vec<_> =
                stored.iter().filter(|(_, text)| text.starts_with(&format!("{user}:"))).collect();
            for (n, (_, text)) in said.iter().enumerate() {
                assert_eq!(*text, format!("{user}:{}", n + 1), "each once, in the order of writing");
            }
        }
        for life in &pair.lives {
            assert_eq!(*life.screen.lock(), stored, "the screen is what the store has");
        }
        all += stored.len();
    }
    all
}

/// What the store has of a conversation, as a newcomer reads it.
async fn history(server: &Server, people: [i64; 2]) -> Vec<(i64, String)> {
    let reading = async {
        let token = server.host.token(people[0]);
        let mut socket = dial(server.address).await.unwrap();
        say(
            &mut socket,
            json!({"type": "hello", "protocol": 1, "token": token, "session": Uuid::new_v4(),
                                "visible": false}),
        )
        .await;
        let mut all = Vec::new();
        loop {
            let conversation = format!("{}-{}", people[0], people[1]);
            let after = i64::try_from(all.len()).unwrap();
            say(
                &mut socket,
                json!({"type": "history", "request": 1, "conversation": conversation, "after": after,
                                    "limit": 100}),
            )
            .await;
            let page = loop {
                let frame = hear(&mut socket).await.expect("an answer");
                if frame["type"] == "history" {
                    break frame;
                }
            };
            let page: Vec<_> = page["messages"].as_array().unwrap().iter().map(line).collect();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    };
    timeout(PATIENCE, reading).await.expect("reading goes on")
}

/// Reads everything of one pair: must work whatever happens to writing.
pub(crate) async fn can_read(server: &Server, pair: &Pair) -> usize {
    history(server, pair.people).await.len()
}

pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) async fn dial(address: SocketAddr) -> Option<Socket> {
    let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
    request.headers_mut().insert("origin", SITE.parse().unwrap());
    let stream = timeout(UNANSWERED, TcpStream::connect(address)).await.ok()?.ok()?;
    stream.set_nodelay(true).unwrap();
    Some(timeout(UNANSWERED, client_async(request, stream)).await.ok()?.ok()?.0)
}

pub(crate) async fn say(socket: &mut Socket, frame: Value) {
    let _ = socket.send(Message::text(frame.to_string())).await; // whoever waits for the answer sees that it failed
}

/// The next frame, or the code with which the socket ended (0: none).
pub(crate) async fn hear(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(close))) => return Err(close.map_or(0, |close| close.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(0),
        }
    }
}

fn line(message: &Value) -> (i64, String) {
    (message["seq"].as_i64().unwrap(), message["text"].as_str().unwrap().to_owned())
}

struct Person {
    user: i64,
    conversation: String,
    address: SocketAddr,
    host: Host,
    session: Uuid,
    life: Arc<Life>,
    epoch: Value,
    rev: i64,
    /// The number of the message that is being written.
    next: usize,
    /// Its id, once it was tried.
    id: Option<Uuid>,
}

impl Person {
    async fn live(mut self) {
        while !self.life.leaves.load(Ordering::SeqCst) {
            let away = self.life.away.load(Ordering::SeqCst);
            if !away && let Some(mut socket) = dial(self.address).await {
                let port = socket.get_ref().local_addr().map_or(0, |address| address.port());
                self.life.port.store(port, Ordering::SeqCst);
                if let Err(code) = self.stay(&mut socket).await {
                    self.life.hear(&code.to_string());
                    assert!(!(4400..4500).contains(&code), "told for good to stay away: {code}");
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Signs in and talks until the socket ends, or nothing is answered any more.
    async fn stay(&mut self, socket: &mut Socket) -> Result<(), u16> {
        let mut hello = json!({"type": "hello", "protocol": 1, "token": self.host.token(self.user),
                               "session": self.session, "visible": false});
        if self.last() > 0 {
            let copy = json!([{"conversation": self.conversation, "rev": self.rev, "seq": self.last()}]);
            hello["cursor"] = json!({"epoch": self.epoch, "conversations": copy});
        }
        say(socket, hello).await;
        let mut welcomed = false;
        let mut waits = false;
        while !self.life.leaves.load(Ordering::SeqCst) && !self.life.away.load(Ordering::SeqCst) {
            if welcomed && !waits && self.life.goes_on(self.id.is_some()) {
                let seconds = u64::try_from(self.host.now_s()).unwrap();
                let at = Timestamp::from_unix(NoContext, seconds, 0);
                let id = *self.id.get_or_insert_with(|| Uuid::new_v7(at)); // by a clock that may be wrong, too
                say(
                    socket,
                    json!({"type": "send", "client_message_id": id, "conversation": self.conversation,
                                   "text": format!("{}:{}", self.user, self.next)}),
                )
                .await;
                waits = true;
            }
            let patience = if waits || !welcomed { UNANSWERED } else { Duration::from_millis(200) };
            let Ok(frame) = timeout(patience, hear(socket)).await else {
                if waits || !welcomed {
                    return Ok(()); // another socket will do better
                }
                continue;
            };
            let frame = frame?;
            match frame["type"].as_str().unwrap() {
                "welcome" => {
                    welcomed = true;
                    self.welcome(socket, &frame).await;
                }
                "changes" if !self.show_all(&frame["messages"]) => self.ask_for_more(socket).await,
                "history" => {
                    self.show_all(&frame["messages"]);
                    if self.last() < frame["seq"].as_i64().unwrap() {
                        self.ask_for_more(socket).await;
                    }
                }
                "ack" if self.is_mine(&frame) => {
                    self.id = None;
                    self.life.acked.store(self.next, Ordering::SeqCst);
                    self.life.writes.store(false, Ordering::SeqCst);
                    self.next += 1;
                    waits = false;
                }
                "error" => {
                    self.life.hear(frame["code"].as_str().unwrap());
                    // Whoever comes first waits for the other to have been there.
                    assert!(frame["final"] == false || frame["code"] == "unknown_recipient", "{frame}");
                    waits &= !self.is_mine(&frame);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                "ping" => {
                    self.life.pings.fetch_add(1, Ordering::SeqCst);
                    say(socket, json!({"type": "pong"})).await;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn is_mine(&self, frame: &Value) -> bool {
        self.id.is_some_and(|id| frame["id"] == *id.to_string())
    }

    async fn welcome(&mut self, socket: &mut Socket, welcome: &Value) {
        if self.epoch != welcome["epoch"] {
            self.epoch = welcome["epoch"].clone();
            self.life.screen.lock().clear();
            self.rev = 0;
        }
        for changes in welcome["changes"].as_array().unwrap() {
            // Who is more than 1,000 behind is to drop the copy; this one asks for all that it has missed.
            let behind = changes["rev"].as_i64().unwrap() - self.rev > 1_000;
            assert_eq!(changes["reset"] == true, behind, "the copy is a part of the truth: {changes}");
            if !behind {
                self.show_all(&changes["messages"]);
            }
        }
        self.ask_for_more(socket).await;
    }

    /// Shows a message once; false if something before it is missing.
    fn show(&mut self, message: &Value) -> bool {
        let (seq, text) = line(message);
        let mut screen = self.life.screen.lock();
        let last = screen.last().map_or(0, |(seq, _)| *seq);
        if seq == last + 1 {
            screen.push((seq, text));
            self.rev = self.rev.max(message["rev"].as_i64().unwrap());
        }
        seq <= last + 1
    }

    /// The same of several.
    fn show_all(&mut self, messages: &Value) -> bool {
        messages.as_array().unwrap().iter().all(|message| self.show(message))
    }

    async fn ask_for_more(&self, socket: &mut Socket) {
        let ask = json!({"type": "history", "request": 1, "conversation": self.conversation,
                         "after": self.last(), "limit": 100});
        say(socket, ask).await;
    }

    fn last(&self) -> i64 {
        self.life.screen.lock().last().map_or(0, |(seq, _)| *seq)
    }
}
