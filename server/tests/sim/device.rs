//! One browser of one person: does what the contract asks of a client (protocol/README.md, "A connection's life"), with
//! shorter patience, as the simulated time is short.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::IpAddr,
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use gchat::id::{ConversationId, UserId};
use rand::{RngExt as _, rngs::StdRng};
use serde_json::{Value, json};
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};
use turmoil::net::TcpStream;
use uuid::Uuid;

use crate::{judge::Sent, world::Shared};

/// Nothing heard for so long: the socket is dead. A probe goes out after a third of it.
const SILENCE: Duration = Duration::from_millis(1_500);
/// From the call to `welcome`, and for one write.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// How often the outbox and the clock are looked at.
const TICK: Duration = Duration::from_millis(50);

type Socket = WebSocketStream<TcpStream>;

/// Written, and not answered for good.
#[derive(Debug)]
struct Pending {
    id: Uuid,
    conversation: ConversationId,
    text: String,
}

/// What is held of one conversation.
#[derive(Debug, Default)]
struct Copy {
    rev: i64,
    last: i64,
    shown: Vec<(i64, Uuid)>,
    /// The highest seq that is known to be there.
    head: i64,
    /// A history that is under way.
    asked: bool,
}

pub(crate) struct Device {
    pub(crate) index: usize,
    pub(crate) user: UserId,
    pub(crate) server: IpAddr,
    pub(crate) token: String,
    pub(crate) rng: StdRng,
    pub(crate) shared: Shared,
    /// When to write what, by the time since the beginning.
    pub(crate) script: VecDeque<(Duration, ConversationId, String)>,
    /// A planted fault.
    pub(crate) fetches_gaps: bool,
    began: Instant,
    session: Uuid,
    outbox: Vec<Pending>,
    /// The one of each conversation that awaits its answer.
    trying: BTreeSet<ConversationId>,
    epoch: Value,
    copies: BTreeMap<ConversationId, Copy>,
    dock: Dock,
    requests: u32,
    not_before: Instant,
}

/// The windows, by which a user's other devices learn of conversations that the user has begun.
#[derive(Debug, Default)]
struct Dock {
    version: i64,
    shown: BTreeSet<ConversationId>,
    /// Opened here, as everybody opens a window before they write in it.
    opened: BTreeSet<ConversationId>,
    /// Told to the server on this connection.
    told: BTreeSet<ConversationId>,
}

impl Device {
    pub(crate) fn new(
        index: usize,
        (user, token): (UserId, String),
        server: IpAddr,
        script: VecDeque<(Duration, ConversationId, String)>,
        mut rng: StdRng,
        shared: Shared,
    ) -> Self {
        let session = uuid::Builder::from_random_bytes(rng.random()).into_uuid();
        let now = Instant::now();
        Self {
            index,
            user,
            server,
            token,
            rng,
            shared,
            script,
            fetches_gaps: true,
            began: now,
            session,
            outbox: Vec::new(),
            trying: BTreeSet::new(),
            epoch: Value::Null,
            copies: BTreeMap::new(),
            dock: Dock::default(),
            requests: 0,
            not_before: now,
        }
    }

    /// Until all is quiet, everything is sent, and everything that there is was shown.
    pub(crate) async fn run(mut self) -> turmoil::Result {
        self.began = Instant::now();
        while !self.is_done() {
            if let Ok(Some(socket)) = timeout(PATIENCE, self.open()).await {
                self.talk(socket).await;
            }
            self.trying.clear();
            self.dock.told.clear();
            self.copies.values_mut().for_each(|copy| copy.asked = false);
            let pause = Duration::from_millis(self.rng.random_range(20..400));
            sleep(pause.max(self.not_before.saturating_duration_since(Instant::now()))).await;
        }
        Ok(())
    }

    async fn open(&mut self) -> Option<Socket> {
        let stream = TcpStream::connect((self.server, 80)).await.ok()?;
        let mut request = "ws://server/ws".into_client_request().ok()?;
        request.headers_mut().insert("origin", "https://moodle.example".parse().ok()?);
        let (mut socket, _) = client_async(request, stream).await.ok()?;
        let conversations: Vec<_> = (self.copies.iter())
            .map(|(id, copy)| json!({"conversation": id, "rev": copy.rev, "seq": copy.last}))
            .collect();
        let mut hello = json!({
            "type": "hello", "protocol": 1, "token": self.token, "session": self.session, "visible": true,
        });
        if !self.epoch.is_null() {
            hello["cursor"] = json!({"epoch": self.epoch, "conversations": conversations});
        }
        socket.send(Message::text(hello.to_string())).await.ok()?;
        Some(socket)
    }

    async fn talk(&mut self, mut socket: Socket) {
        let mut ticks = interval(TICK);
        let (mut heard, mut welcome) = (Instant::now(), false);
        loop {
            tokio::select! {
                frame = socket.next() => {
                    let Some(Ok(Message::Text(text))) = frame else { return };
                    heard = Instant::now();
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    welcome |= frame["type"] == "welcome";
                    let answers = self.hear(&frame);
                    if !self.say(&mut socket, answers).await {
                        return;
                    }
                }
                _ = ticks.tick() => {
                    self.write_what_is_due();
                    if self.is_done() || heard.elapsed() > SILENCE {
                        return;
                    }
                    let mut frames = Vec::new();
                    if welcome {
                        frames = self.open_windows();
                        frames.extend(self.due());
                        let held: Vec<_> = self.copies.keys().copied().collect();
                        frames.extend(held.into_iter().flat_map(|id| self.fetch(id, 0)));
                        if heard.elapsed() > SILENCE / 3 {
                            frames.push(json!({"type": "ping"}));
                        }
                    }
                    if !self.say(&mut socket, frames).await {
                        return;
                    }
                }
            }
        }
    }

    async fn say(&mut self, socket: &mut Socket, frames: Vec<Value>) -> bool {
        for frame in frames {
            let sent = timeout(PATIENCE, socket.send(Message::text(frame.to_string()))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return false;
            }
        }
        true
    }

    /// Moves what the person has written by now into the outbox.
    fn write_what_is_due(&mut self) {
        while self.script.front().is_some_and(|(due, ..)| self.began.elapsed() >= *due) {
            let Some((_, conversation, text)) = self.script.pop_front() else { return };
            let mut ledger = self.shared.ledger.lock();
            // In the order of writing, as UUIDs of version 7 are.
            let n = ledger.sent.len() as u64;
            let id = uuid::Builder::from_unix_timestamp_millis(1_795_000_000_000 + n, &self.rng.random());
            let id = id.into_uuid();
            let sent = Sent { device: self.index, conversation, text: text.clone(), acks: vec![], tries: 0 };
            ledger.sent.insert(id, sent);
            self.dock.opened.insert(conversation);
            self.outbox.push(Pending { id, conversation, text });
        }
    }

    /// The windows that were opened here and are not in the dock.
    fn open_windows(&mut self) -> Vec<Value> {
        let Dock { version, shown, opened, told } = &mut self.dock;
        let missing = opened.iter().filter(|id| !shown.contains(id) && told.insert(**id));
        missing
            .map(|id| json!({"type": "dock", "conversation": id, "state": "open", "base": version}))
            .collect()
    }

    /// The first message of each conversation that is not under way.
    fn due(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        for pending in &self.outbox {
            if self.trying.insert(pending.conversation) {
                let mut ledger = self.shared.ledger.lock();
                let tries = ledger.sent.get_mut(&pending.id).map(|sent| {
                    sent.tries += 1;
                    sent.tries
                });
                ledger.totals.repeats += u64::from(tries > Some(1));
                frames.push(json!({
                    "type": "send", "client_message_id": pending.id, "conversation": pending.conversation,
                    "text": pending.text,
                }));
            }
        }
        frames
    }

    /// Takes a frame in; what is to be sent in answer.
    fn hear(&mut self, frame: &Value) -> Vec<Value> {
        match frame["type"].as_str().unwrap() {
            "welcome" => self.welcome(frame),
            "ping" => vec![json!({"type": "pong"})],
            "message" => {
                let id = conversation(frame);
                self.apply(id, std::slice::from_ref(&frame["message"]), false);
                self.fetch(id, frame["message"]["seq"].as_i64().unwrap())
            }
            "history" => {
                let id = conversation(frame);
                self.copies.entry(id).or_default().asked = false;
                self.apply(id, frame["messages"].as_array().unwrap(), false);
                self.fetch(id, frame["seq"].as_i64().unwrap())
            }
            "dock" => self.windows(frame),
            "reset" => {
                let id = conversation(frame);
                self.copies.remove(&id);
                self.fetch(id, 1)
            }
            "ack" => self.acknowledged(frame),
            "error" => self.failed(frame),
            "drain" => {
                let pause = frame["retry_after_ms"].as_u64().unwrap();
                self.not_before = Instant::now() + Duration::from_millis(pause);
                vec![]
            }
            _ => vec![],
        }
    }

    fn welcome(&mut self, frame: &Value) -> Vec<Value> {
        if self.epoch != frame["epoch"] {
            self.epoch = frame["epoch"].clone();
            self.copies.clear();
        }
        let gaps = frame["gaps"].as_array().unwrap();
        {
            let mut ledger = self.shared.ledger.lock();
            ledger.totals.connects += 1;
            ledger.totals.gaps += gaps.len() as u64;
        }
        let mut frames = Vec::new();
        for gap in if self.fetches_gaps { &gaps[..] } else { &[] } {
            let id = conversation(gap);
            let reset = gap["reset"] == true;
            self.apply(id, gap["messages"].as_array().unwrap(), reset);
            frames.extend(self.fetch(id, gap["seq"].as_i64().unwrap()));
        }
        frames.extend(self.windows(&frame["dock"]));
        frames
    }

    /// A dock tells the heads of conversations that are not held yet.
    fn windows(&mut self, dock: &Value) -> Vec<Value> {
        let windows = dock["windows"].as_array().unwrap();
        self.dock.version = dock["version"].as_i64().unwrap();
        self.dock.shown = windows.iter().map(conversation).collect();
        let heads = windows.iter().map(|w| (conversation(w), w["seq"].as_i64().unwrap()));
        let unknown: Vec<_> = heads.filter(|(id, _)| !self.copies.contains_key(id)).collect();
        unknown.into_iter().flat_map(|(id, head)| self.fetch(id, head)).collect()
    }

    /// Asks for what lies between the copy and a head.
    fn fetch(&mut self, id: ConversationId, head: i64) -> Vec<Value> {
        let copy = self.copies.entry(id).or_default();
        copy.head = copy.head.max(head);
        if copy.last >= copy.head || copy.asked || !self.fetches_gaps {
            return vec![];
        }
        copy.asked = true;
        self.requests += 1;
        self.shared.ledger.lock().totals.fetches += 1;
        vec![json!({
            "type": "history", "request": self.requests, "conversation": id, "after": copy.last, "limit": 7,
        })]
    }

    /// Shows what comes next, passes over what was shown.
    fn apply(&mut self, id: ConversationId, messages: &[Value], reset: bool) {
        let copy = self.copies.entry(id).or_default();
        if reset {
            *copy = Copy::default();
        }
        for message in messages {
            let (seq, rev) = (message["seq"].as_i64().unwrap(), message["rev"].as_i64().unwrap());
            let next = seq == copy.last + 1 || (seq > copy.last && !self.fetches_gaps);
            if next {
                copy.last = seq;
                copy.rev = copy.rev.max(rev);
                let uuid = message["client_message_id"].as_str().unwrap().parse().unwrap();
                copy.shown.push((seq, uuid));
            }
        }
        self.shared.ledger.lock().shown[self.index].insert(id, copy.shown.clone());
    }

    fn acknowledged(&mut self, frame: &Value) -> Vec<Value> {
        let id: Uuid = frame["client_message_id"].as_str().unwrap().parse().unwrap();
        let mut ledger = self.shared.ledger.lock();
        ledger.totals.messages += 1;
        ledger.sent.get_mut(&id).unwrap().acks.push(frame["seq"].as_i64().unwrap());
        drop(ledger);
        self.outbox.retain(|pending| pending.id != id);
        self.trying.remove(&conversation(frame));
        self.due()
    }

    /// Not now, or never: nobody here writes what may not be written.
    fn failed(&mut self, frame: &Value) -> Vec<Value> {
        let mut ledger = self.shared.ledger.lock();
        ledger.totals.failures += 1;
        if frame["final"] == true {
            ledger.complaints.push(format!("device {} was refused: {frame}", self.index));
        }
        drop(ledger);
        if frame["client_message_id"].is_string() {
            let id: Uuid = frame["client_message_id"].as_str().unwrap().parse().unwrap();
            if let Some(pending) = self.outbox.iter().find(|pending| pending.id == id) {
                self.trying.remove(&pending.conversation); // again at the next tick
            }
        }
        self.copies.values_mut().for_each(|copy| copy.asked = false);
        self.dock.told.clear();
        vec![]
    }

    fn is_done(&self) -> bool {
        let written = self.script.is_empty() && self.outbox.is_empty();
        let quiet = *self.shared.calm.lock() && written && self.dock.opened.is_subset(&self.dock.shown);
        let mut ledger = self.shared.ledger.lock();
        ledger.idle[self.index] = quiet;
        if !ledger.complaints.is_empty() {
            return true;
        }
        drop(ledger);
        quiet && self.shared.everybody_is_idle() && self.shared.heads(self.user) == self.held()
    }

    fn held(&self) -> BTreeMap<ConversationId, i64> {
        let begun = self.copies.iter().filter(|(_, copy)| copy.last > 0);
        begun.map(|(id, copy)| (*id, copy.last)).collect()
    }
}

fn conversation(frame: &Value) -> ConversationId {
    frame["conversation"].as_str().unwrap().parse().unwrap()
}
