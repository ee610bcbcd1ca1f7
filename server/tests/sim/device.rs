//! One browser of one person: does what the contract asks of a client (protocol/README.md, "A connection's life"), with
//! shorter patience, as the simulated time is short.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
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

use crate::{
    judge::{Asked, Deed},
    world::Shared,
};

mod deed;
mod own;
mod refusal;
pub(crate) use deed::{Act, Script};
use own::Own;

/// Nothing heard for so long: the socket is dead. A probe goes out after a third of it.
const SILENCE: Duration = Duration::from_millis(1_500);
/// From the call to `welcome`, and for one write.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// How often the outbox and the clock are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How often the changes of all that is held are asked for: what is a minute for people.
const ASK: Duration = Duration::from_millis(700);

type Socket = WebSocketStream<TcpStream>;

/// Written, and not answered for good.
#[derive(Debug)]
struct Pending {
    id: Uuid,
    conversation: ConversationId,
    frame: Value,
}

/// What is held of one conversation.
#[derive(Debug, Default)]
struct Copy {
    rev: i64,
    /// By seq.
    rows: BTreeMap<i64, Value>,
    /// A question that is under way.
    asked: bool,
}

impl Copy {
    fn last(&self) -> i64 {
        self.rows.last_key_value().map_or(0, |(seq, _)| *seq)
    }
}

pub(crate) struct Device {
    pub(crate) index: usize,
    pub(crate) user: UserId,
    pub(crate) server: IpAddr,
    /// The newest one of the host.
    token: String,
    pub(crate) rng: StdRng,
    pub(crate) shared: Shared,
    /// By the time since the beginning.
    pub(crate) script: Script,
    /// A planted fault.
    pub(crate) asks: bool,
    /// Of a person's devices one sets flags, so that it is known which was the last.
    pub(crate) sets_flags: bool,
    own: Own,
    began: Instant,
    session: Uuid,
    outbox: Vec<Pending>,
    /// The one of each conversation that awaits its answer.
    trying: BTreeSet<ConversationId>,
    epoch: Value,
    copies: BTreeMap<ConversationId, Copy>,
    dock: Dock,
    requests: u32,
    /// Holds something of the one course.
    in_course: bool,
    /// What was asked for by each request.
    questions: BTreeMap<u64, ConversationId>,
    not_before: Instant,
    asked_all: Instant,
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
        user: UserId,
        server: IpAddr,
        script: Script,
        mut rng: StdRng,
        shared: Shared,
    ) -> Self {
        let session = uuid::Builder::from_random_bytes(rng.random()).into_uuid();
        let now = Instant::now();
        Self {
            index,
            user,
            server,
            token: String::new(),
            rng,
            shared,
            script,
            asks: true,
            sets_flags: false,
            own: Own::default(),
            began: now,
            session,
            outbox: Vec::new(),
            trying: BTreeSet::new(),
            epoch: Value::Null,
            copies: BTreeMap::new(),
            dock: Dock::default(),
            requests: 0,
            in_course: true,
            questions: BTreeMap::new(),
            not_before: now,
            asked_all: now,
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
            self.own.cut();
            self.dock.told.clear();
            self.copies.values_mut().for_each(|copy| copy.asked = false);
            let pause = Duration::from_millis(self.rng.random_range(20..400));
            sleep(pause.max(self.not_before.saturating_duration_since(Instant::now()))).await;
        }
        Ok(())
    }

    async fn open(&mut self) -> Option<Socket> {
        self.token = self.shared.token(self.user);
        let stream = TcpStream::connect((self.server, 80)).await.ok()?;
        let mut request = "ws://server/ws".into_client_request().ok()?;
        request.headers_mut().insert("origin", "https://moodle.example".parse().ok()?);
        let (mut socket, _) = client_async(request, stream).await.ok()?;
        let conversations: Vec<_> = (self.copies.iter())
            .map(|(id, copy)| json!({"conversation": id, "rev": copy.rev, "seq": copy.last()}))
            .collect();
        let mut hello = json!({
            "type": "hello", "protocol": 1, "token": self.token, "session": self.session, "visible": true,
            "features": ["edit", "delete", "reply", "react", "mentions", "groups", "rooms", "list", "flags"],
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
                        frames.extend(self.ask_of_all());
                        frames.extend(self.own_questions());
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

    /// Moves what the person has done by now into the outbox.
    fn write_what_is_due(&mut self) {
        while self.script.front().is_some_and(|(due, ..)| self.began.elapsed() >= *due) {
            let Some((_, conversation, act, text)) = self.script.pop_front() else { return };
            // Of a group one knows only when one is in it.
            let is_group = matches!(conversation, ConversationId::Group(_));
            if is_group && !matches!(act, Act::Make) && !self.copies.contains_key(&conversation) {
                continue;
            }
            if let Act::Flag(name, on) = act {
                self.wish(&conversation, name, on);
                continue;
            }
            let (id, shared) = (self.next_id(), self.shared.clone());
            let Some((deed, frame)) = self.deed(id, &conversation, act, &text) else { continue };
            let asked = Asked {
                device: self.index,
                conversation: conversation.clone(),
                deed,
                text,
                acks: vec![],
                refused: false,
                tries: 0,
                doubled: false,
            };
            shared.ledger.lock().asked.insert(id, asked);
            if !matches!(act, Act::Make) {
                self.dock.opened.insert(conversation.clone());
            }
            self.outbox.push(Pending { id, conversation, frame });
        }
    }

    /// In the order of doing, as UUIDs of version 7 are: above every id that was applied before.
    fn next_id(&mut self) -> Uuid {
        let mut ledger = self.shared.ledger.lock();
        ledger.ids += 1;
        let ms = 1_795_000_000_000 + ledger.ids;
        uuid::Builder::from_unix_timestamp_millis(ms, &self.rng.random()).into_uuid()
    }

    /// The windows that were opened here and are not in the dock.
    fn open_windows(&mut self) -> Vec<Value> {
        let Dock { version, shown, opened, told } = &mut self.dock;
        let missing = opened.iter().filter(|id| !shown.contains(id) && told.insert((*id).clone()));
        missing
            .map(|id| json!({"type": "dock", "conversation": id, "state": "open", "base": version}))
            .collect()
    }

    /// The first of each conversation that is not under way; some of them twice, as by a network that repeats.
    fn due(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        for pending in &self.outbox {
            if self.trying.insert(pending.conversation.clone()) {
                let mut ledger = self.shared.ledger.lock();
                let doubled = self.rng.random_range(0..20) == 0;
                let tries = ledger.asked.get_mut(&pending.id).map(|asked| {
                    asked.tries += 1;
                    asked.doubled |= doubled;
                    asked.tries
                });
                ledger.totals.repeats += u64::from(tries > Some(1));
                frames.push(pending.frame.clone());
                if doubled {
                    frames.push(pending.frame.clone());
                }
            }
        }
        frames
    }

    /// Takes a frame in; what is to be sent in answer.
    fn hear(&mut self, frame: &Value) -> Vec<Value> {
        match frame["type"].as_str().unwrap() {
            "welcome" => self.welcome(frame),
            "ping" => vec![json!({"type": "pong"})],
            "changes" => self.changes(frame, !frame["request"].is_null()),
            "dock" => self.windows(frame),
            "circles" => self.holds(&frame["circles"]),
            "flags" | "list" => self.hear_own(frame),
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
        let missed = frame["changes"].as_array().unwrap();
        {
            let mut ledger = self.shared.ledger.lock();
            ledger.totals.connects += 1;
            ledger.totals.missed += missed.len() as u64;
        }
        let begun = self.holds(&frame["circles"]);
        let mut frames: Vec<Value> = missed.iter().flat_map(|changes| self.changes(changes, true)).collect();
        frames.extend(begun);
        frames.extend(self.windows(&frame["dock"]));
        frames
    }

    /// Whoever holds a course again is in its groups as before: what was hidden from them meanwhile they ask for anew.
    fn holds(&mut self, circles: &Value) -> Vec<Value> {
        let now = !circles.as_array().unwrap().is_empty();
        let before = mem::replace(&mut self.in_course, now);
        let is_back = now && !before;
        let groups = self.copies.keys().filter(|id| is_back && matches!(id, ConversationId::Group(_)));
        let groups: Vec<_> = groups.cloned().collect();
        for id in &groups {
            self.copies.insert(id.clone(), Copy::default());
        }
        groups.iter().flat_map(|id| self.ask(id)).collect()
    }

    /// A dock tells of conversations of which nothing is held yet.
    fn windows(&mut self, dock: &Value) -> Vec<Value> {
        let windows = dock["windows"].as_array().unwrap();
        self.dock.version = dock["version"].as_i64().unwrap();
        let before = mem::take(&mut self.dock.shown);
        self.dock.shown = windows.iter().map(conversation).collect();
        // One that has gone is another's doing: opening it again tells whether it is still theirs.
        self.dock.told.retain(|id| !before.contains(id) || self.dock.shown.contains(id));
        let begun = windows.iter().filter(|w| w["rev"] != 0).map(conversation);
        let unknown: Vec<_> = begun.filter(|id| !self.copies.contains_key(id)).collect();
        unknown.into_iter().flat_map(|id| self.ask(&id)).collect()
    }

    /// Asks for what has changed in all that is held.
    fn ask_of_all(&mut self) -> Vec<Value> {
        if self.asked_all.elapsed() < ASK {
            return vec![];
        }
        self.asked_all = Instant::now();
        let held: Vec<_> = self
            .copies
            .keys()
            .chain(&self.dock.shown)
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        held.into_iter().flat_map(|id| self.ask(&id)).collect()
    }

    /// Asks for what has changed since.
    fn ask(&mut self, id: &ConversationId) -> Vec<Value> {
        let copy = self.copies.entry(id.clone()).or_default();
        if copy.asked || !self.asks {
            return vec![];
        }
        copy.asked = true;
        self.requests += 1;
        self.questions.insert(self.requests.into(), id.clone());
        self.shared.ledger.lock().totals.questions += 1;
        vec![json!({
            "type": "changes", "request": self.requests, "conversation": id, "rev": copy.rev,
            "seq": copy.last(), "limit": 7,
        })]
    }

    /// The rule of the contract. `personal`: with this person's own reactions.
    fn changes(&mut self, changes: &Value, personal: bool) -> Vec<Value> {
        let id = conversation(changes);
        let copy = self.copies.entry(id.clone()).or_default();
        if !changes["request"].is_null() {
            copy.asked = false;
        }
        let (from, rev) = (changes["from"].as_i64().unwrap(), changes["rev"].as_i64().unwrap());
        let messages = changes["messages"].as_array().unwrap();
        let told = messages.iter().map(|message| message["seq"].as_i64().unwrap());
        self.shared.ledger.lock().told[self.index].entry(id.clone()).or_default().extend(told);
        if changes["reset"] == true {
            *copy = Copy { asked: copy.asked, ..Copy::default() };
        } else if copy.rev < from && self.asks {
            return self.ask(&id);
        } else if copy.rev >= rev {
            return if changes["more"] == true { self.ask(&id) } else { vec![] };
        }
        copy.rev = rev;
        for message in messages {
            let row = copy.rows.entry(message["seq"].as_i64().unwrap()).or_default();
            if row["rev"].as_i64() < message["rev"].as_i64() {
                *row = message.clone();
                row["personal"] = json!(personal);
            }
        }
        self.shared.ledger.lock().shown[self.index].insert(id.clone(), copy.rows.clone());
        if changes["more"] == true { self.ask(&id) } else { vec![] }
    }

    fn acknowledged(&mut self, frame: &Value) -> Vec<Value> {
        let id: Uuid = frame["id"].as_str().unwrap().parse().unwrap();
        let mut ledger = self.shared.ledger.lock();
        let asked = ledger.asked.get_mut(&id).unwrap();
        asked.acks.push(frame["seq"].as_i64().unwrap());
        let deed = asked.deed;
        let totals = &mut ledger.totals;
        match deed {
            Deed::Sent { .. } => totals.messages += 1,
            Deed::Edited { .. } | Deed::Deleted { .. } => totals.verbs += 1,
            Deed::Reacted { .. } => totals.reactions += 1,
            Deed::Noted => totals.notes += 1,
        }
        drop(ledger);
        self.answered(id)
    }

    fn answered(&mut self, id: Uuid) -> Vec<Value> {
        if let Some(at) = self.outbox.iter().position(|pending| pending.id == id) {
            let pending = self.outbox.remove(at);
            self.trying.remove(&pending.conversation);
        }
        self.due()
    }

    fn is_done(&mut self) -> bool {
        let written = self.script.is_empty() && self.outbox.is_empty() && self.own.is_set();
        // What was hidden from them while they were out of the course is asked for once they know that they are back.
        let knows_where = self.in_course != self.shared.host.lock().out.contains(&self.user);
        let is_shown = self.dock.opened.is_subset(&self.dock.shown);
        let quiet = *self.shared.calm.lock() && written && is_shown && knows_where;
        {
            let mut ledger = self.shared.ledger.lock();
            ledger.idle[self.index] = quiet;
            ledger.waits_for[self.index] = self.dock.opened.difference(&self.dock.shown).cloned().collect();
            if !ledger.complaints.is_empty() {
                return true;
            }
        }
        if !quiet || !self.shared.everybody_is_idle() {
            return false;
        }
        let missing = self.shared.missing(self.user, &self.held(), &self.dock.shown);
        let is_all = missing.is_empty();
        self.shared.ledger.lock().waits_for[self.index] = missing;
        self.own.is_over = is_all;
        is_all && self.own.is_listed()
    }

    fn held(&self) -> BTreeMap<ConversationId, i64> {
        let begun = self.copies.iter().filter(|(_, copy)| copy.rev > 0 || copy.asked);
        begun.map(|(id, copy)| (id.clone(), copy.rev)).collect()
    }
}

fn conversation(frame: &Value) -> ConversationId {
    frame["conversation"].as_str().unwrap().parse().unwrap()
}
