//! What a client makes of the frames that come.

use std::time::Duration;

use gchat_soak::history::{Said, What};
use rand::RngExt as _;
use serde::Deserialize;
use tokio::time::Instant;

use super::Client;
use crate::outside::{
    campus::now_us,
    frames::{
        Ack, Changes, Conversation, Dock, Dot, Drain, History, Joined, Mark, Message, Outgoing, Position,
        Refusal, RosterHead, RosterVersion, State, Welcome, kind,
    },
    tally::Sighting,
};

/// Messages of a page that is read, and of one that brings what was missed.
const PAGE: u32 = 50;
const MISSING_PAGE: u32 = 100;

/// What was read in a room is told at most so often.
const READ_EVERY: Duration = Duration::from_secs(5);

/// Why a page was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Asked {
    /// To be read, at this time (µs).
    Page(u64),
    /// Something is missing in this conversation.
    Missing(Conversation),
}

impl Client {
    pub(super) async fn hear(&mut self, text: &str) {
        let now = now_us();
        let kind = kind(text);
        self.count(kind, text.len());
        match kind {
            "changes" => {
                if let Some(changes) = self.parse(text) {
                    self.changed(changes, true, now).await;
                }
            }
            "ack" => {
                if let Some(ack) = self.parse(text) {
                    self.acked(&ack, now);
                }
            }
            "welcome" => {
                if let Some(welcome) = self.parse(text) {
                    self.welcomed(welcome, now).await;
                }
            }
            "history" => {
                if let Some(history) = self.parse(text) {
                    self.paged(&history, now);
                }
            }
            "roster" | "roster_diff" => self.saw(text, kind == "roster", now),
            "read" => {
                if let Some(Mark { conversation, user, seq }) = self.parse(text)
                    && conversation == self.conversation
                {
                    self.log(What::Read { conversation, user, seq });
                }
            }
            "dock" => {
                if let Some(dock) = self.parse(text) {
                    self.shown(&dock);
                }
            }
            "dot" => {
                if let Some(dot) = self.parse(text) {
                    self.dotted(&dot, now);
                }
            }
            "error" => {
                if let Some(refusal) = self.parse(text) {
                    self.refused(&refusal);
                }
            }
            "drain" => {
                if let Some(Drain { retry_after_ms }) = self.parse(text) {
                    self.come_back = Some(Instant::now() + Duration::from_millis(retry_after_ms));
                }
            }
            "ping" => self.send(&Outgoing::Pong.encode()).await,
            _ => {}
        }
    }

    fn count(&self, kind: &str, length: usize) {
        let mut tally = self.shared.tally.borrow_mut();
        let header = match length {
            0..126 => 2,
            126..65_536 => 4,
            _ => 10,
        };
        let bytes = (length + header) as u64;
        tally.frames += 1;
        tally.bytes += bytes;
        if kind == "roster_diff" {
            tally.diffs += 1;
            tally.diff_bytes += bytes;
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, text: &'a str) -> Option<T> {
        let frame = serde_json::from_str(text);
        frame.map_err(|error| self.trouble(&format!("cannot read {text:.200}: {error}"))).ok()
    }

    /// The rule for changes with a span: live, with a welcome, or as an answer.
    pub(super) async fn changed(&mut self, changes: Changes, came_alone: bool, now: u64) {
        let Changes { request, conversation, from, rev, messages, more, reset, .. } = changes;
        let live = came_alone && request.is_none();
        if conversation.is_room() && conversation != self.conversation {
            return self.trouble("was told what is written in a room that is not open here");
        }
        request.and_then(|request| self.requests.remove(&request));
        if reset {
            self.log_own(conversation, || What::Reset { conversation });
            return self.trouble("a copy was called false, and nobody has erased anything");
        }
        self.log_own(conversation, || What::Told { conversation, from, rev, more, live });
        for message in &messages {
            self.log_own(conversation, || What::Deliver { conversation, message: Said::of(message) });
        }
        let held = self.position(conversation).rev;
        if from <= held && held < rev {
            for message in messages.iter().filter(|message| message.rev > held) {
                self.show(conversation, message, live, now).await;
            }
            self.position(conversation).rev = rev;
            self.log_own(conversation, || What::Holds { conversation, rev, whole: !more });
        } else if conversation.is_room() && live && rev <= held && !messages.is_empty() {
            self.trouble("was told a message of the room twice");
        }
        if more || self.position(conversation).rev < from {
            self.ask_changes(conversation).await;
        }
    }

    /// What is held of a conversation: nothing, if it was not heard of before.
    fn position(&mut self, conversation: Conversation) -> &mut Position {
        let place = self.held.iter().position(|held| held.conversation == conversation);
        let place = place.unwrap_or_else(|| {
            self.held.push(Position { conversation, rev: 0, seq: 0 });
            self.held.len() - 1
        });
        &mut self.held[place]
    }

    fn log_own(&self, conversation: Conversation, what: impl FnOnce() -> What) {
        if conversation == self.conversation && self.who.sampled {
            self.log(what());
        }
    }

    /// Shows a row. Nobody edits here, so one that was there already is trouble.
    async fn show(&mut self, conversation: Conversation, message: &Message, live: bool, now: u64) {
        let held = self.position(conversation);
        if message.seq != held.seq + 1 {
            return self.trouble("the next change is not the next message, and nobody has edited anything");
        }
        held.seq = message.seq;
        if conversation.is_room() {
            return self.show_of_room(message, now).await;
        }
        let theirs = message.sender != self.who.user;
        if conversation == self.conversation {
            self.log(What::Display { conversation, message: Said::of(message) });
            let mut tally = self.shared.tally.borrow_mut();
            tally.delivered += u64::from(theirs);
            tally.fetched += u64::from(theirs && !live);
        }
        if !theirs || !live {
            return;
        }
        if let Some(meant) = meant(message) {
            self.shared.tally.borrow_mut().delivery.add_us(meant, now);
        }
        if self.habits.reads > 0.0 && self.rng.random_bool(self.habits.reads) {
            self.shared.tally.borrow_mut().read += 1;
            let seq = message.seq;
            self.send(&Outgoing::Read { conversation, seq }.encode()).await;
        }
    }

    /// Who has the room open sees what is written there, and tells so every few seconds.
    async fn show_of_room(&mut self, message: &Message, now: u64) {
        {
            let room = &mut self.shared.tally.borrow_mut().room;
            room.delivered += 1;
            if let Some(meant) = meant(message) {
                room.delivery.add_us(meant, now);
            }
        }
        if self.habits.reads > 0.0 && self.read_next <= Instant::now() {
            self.read_next = Instant::now() + READ_EVERY;
            self.shared.tally.borrow_mut().room.read += 1;
            let (conversation, seq) = (self.conversation, message.seq);
            self.send(&Outgoing::Read { conversation, seq }.encode()).await;
        }
    }

    /// Its windows are these now.
    fn shown(&mut self, dock: &Dock) {
        self.dock = dock.version;
        let mut windows = dock.windows.iter();
        self.room_is_open =
            windows.any(|window| window.conversation.is_room() && window.state == State::Open);
    }

    fn dotted(&mut self, dot: &Dot, now: u64) {
        if dot.conversation == self.conversation {
            return self.trouble("a dot came of the room that is open here");
        }
        if self.dotted > 0 {
            let room = &mut self.shared.tally.borrow_mut().room;
            room.dots += 1;
            room.between_dots_us += now.saturating_sub(self.dotted);
        }
        self.dotted = now;
    }

    async fn ask_changes(&mut self, conversation: Conversation) {
        let asked = Asked::Missing(conversation);
        if self.requests.values().any(|other| *other == asked) {
            return;
        }
        self.request += 1;
        self.requests.insert(self.request, asked);
        let Position { rev, seq, .. } = *self.position(conversation);
        let (request, limit) = (self.request, MISSING_PAGE);
        self.send(&Outgoing::Changes { request, conversation, rev, seq, limit }.encode()).await;
    }

    /// Asks for a page of one of the conversations that have begun, somewhere in it.
    pub(super) async fn ask_page(&mut self, meant: Instant) {
        let begun: Vec<Position> = self.held.iter().copied().filter(|held| held.seq > 0).collect();
        if begun.is_empty() {
            return;
        }
        let held = begun[self.rng.random_range(0..begun.len())];
        let before = self.rng.random_range(1..=held.seq) + 1;
        let meant = self.shared.us(meant);
        self.request += 1;
        self.requests.insert(self.request, Asked::Page(meant));
        let (request, conversation) = (self.request, held.conversation);
        let (before, after, limit) = (Some(before), None, PAGE);
        self.send(&Outgoing::History { request, conversation, before, after, limit }.encode()).await;
    }

    fn paged(&mut self, history: &History, now: u64) {
        let History { request, conversation, messages, .. } = history;
        let Some(Asked::Page(meant)) = self.requests.remove(request) else { return };
        let mut tally = self.shared.tally.borrow_mut();
        tally.pages += 1;
        tally.page.add_us(meant, now);
        let whole = messages.windows(2).all(|two| two[1].seq == two[0].seq + 1);
        if messages.is_empty() || !whole {
            tally.troubles.push(format!("a page of {conversation} is empty or has gaps"));
        }
    }

    fn acked(&mut self, ack: &Ack, now: u64) {
        let Ack { id, conversation, seq, .. } = *ack;
        self.log(What::Ack { id, conversation, seq, mine: None });
        let Some(letter) = self.outbox.front().filter(|letter| letter.id == id) else { return };
        {
            let mut tally = self.shared.tally.borrow_mut();
            if self.who.in_room {
                tally.room.acked += 1;
                tally.room.ack.add_us(letter.meant, now);
            } else {
                tally.acked += 1;
                tally.ack.add_us(letter.meant, now);
                tally.round_trip.add_us(letter.sent, now);
            }
        }
        self.outbox.pop_front();
        if self.habits.presses && Instant::now() < self.until {
            self.write(Instant::now());
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        *self.shared.tally.borrow_mut().refused.entry(refusal.code.clone()).or_default() += 1;
        let Some(id) = refusal.id else { return };
        let Some(letter) = self.outbox.front_mut().filter(|letter| letter.id == id) else { return };
        letter.sent = 0;
        if refusal.is_final {
            self.outbox.pop_front();
            self.log(What::Refusal { id, code: refusal.code.as_str().into() });
            self.trouble(&format!("a message was refused: {}", refusal.code));
        } else {
            let wait = Duration::from_millis(refusal.retry_after_ms.unwrap_or(100));
            self.hold = Some(Instant::now() + wait);
        }
    }

    async fn welcomed(&mut self, welcome: Welcome, now: u64) {
        {
            let mut tally = self.shared.tally.borrow_mut();
            tally.welcomed += 1;
            tally.welcome.add_us(self.meant, now);
        }
        self.log(What::Welcomed);
        self.shown(&welcome.dock);
        if self.server.is_none() {
            self.adopt(&welcome); // later, the cursor brings what is missing
        }
        self.seated = true;
        // Of the same run of the server it holds rosters: only those that have changed come.
        let holds = self.server.is_some_and(|(_, boot)| boot == welcome.boot);
        let awaited = if holds { 0 } else { welcome.circles.len() };
        self.awaited = (awaited, awaited);
        self.server = Some((welcome.epoch, welcome.boot));
        for changes in welcome.changes {
            self.changed(changes, false, now).await;
        }
    }

    /// The windows that a browser without a copy is shown: it holds their last messages from then on (what it loads of
    /// them is what `pages_per_s` asks for). Those who are sampled begin at the beginning.
    fn adopt(&mut self, welcome: &Welcome) {
        for window in &welcome.dock.windows {
            let position = Position { conversation: window.conversation, rev: window.rev, seq: window.seq };
            match self.held.iter_mut().find(|held| held.conversation == window.conversation) {
                Some(held) if held.seq == 0 && !self.who.sampled => *held = position,
                Some(_) => {}
                None => self.held.push(position),
            }
        }
    }

    fn saw(&mut self, text: &str, whole: bool, now: u64) {
        let Some(head) = self.parse::<RosterHead>(text) else { return };
        match self.rosters.iter_mut().find(|held| *held.circle == *head.circle) {
            Some(held) => held.version = head.version,
            None => self.rosters.push(RosterVersion { circle: (*head.circle).into(), version: head.version }),
        }
        let (left, all) = self.awaited;
        let first = whole && left > 0;
        if first {
            self.awaited.0 -= 1;
            if left == all {
                self.shared.tally.borrow_mut().roster.add_us(self.meant, now);
            }
        }
        if self.who.watches {
            let joined = if whole { None } else { self.parse::<Joined>(text) };
            let joined =
                joined.map_or(Vec::new(), |diff| diff.joined.iter().map(|contact| contact.id).collect());
            let sighting = Sighting { viewer: self.who.user, at: now, total: head.total, joined, first };
            self.shared.tally.borrow_mut().sightings.push(sighting);
        }
    }
}

/// When a message was meant to be sent, µs, as it says.
fn meant(message: &Message) -> Option<u64> {
    message.text.as_deref().and_then(|text| text.split_once(' ')?.0.parse().ok())
}
