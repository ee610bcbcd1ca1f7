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
        Ack, Conversation, Delivery, Drain, Gap, History, Joined, Mark, Message, Outgoing, Position, Refusal,
        RosterHead, RosterVersion, Welcome, kind,
    },
    tally::Sighting,
};

/// Messages of a page that is read, and of one that brings what was missed.
const PAGE: u32 = 50;
const MISSING_PAGE: u32 = 100;

/// Why a page was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Asked {
    /// To be read, at this time (µs).
    Page(u64),
    /// Something is missing in this conversation.
    Missing(Conversation),
}

/// What became of a message that came.
enum Applied {
    Shown {
        theirs: bool,
    },
    Old,
    /// Something is missing after this seq.
    Missing(u64),
}

impl Client {
    pub(super) async fn hear(&mut self, text: &str) {
        let now = now_us();
        let kind = kind(text);
        self.count(kind, text.len());
        match kind {
            "message" => {
                if let Some(delivery) = self.parse(text) {
                    self.delivered(delivery, now).await;
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
                    self.paged(history, now).await;
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
            "reset" => self.trouble("a conversation was reset, and nobody has erased anything"),
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

    async fn delivered(&mut self, Delivery { conversation, message }: Delivery, now: u64) {
        if conversation == self.conversation {
            self.log(What::Deliver { conversation, message: Said::of(&message) });
        }
        match self.apply(conversation, &message, false) {
            Applied::Shown { theirs: true } => {
                let meant = message.text.as_deref().and_then(|text| text.split_once(' ')?.0.parse().ok());
                if let Some(meant) = meant {
                    self.shared.tally.borrow_mut().delivery.add_us(meant, now);
                }
                if self.habits.reads > 0.0 && self.rng.random_bool(self.habits.reads) {
                    self.shared.tally.borrow_mut().read += 1;
                    let seq = message.seq;
                    self.send(&Outgoing::Read { conversation, seq }.encode()).await;
                }
            }
            Applied::Missing(after) => self.fetch_missing(conversation, after).await,
            Applied::Shown { .. } | Applied::Old => {}
        }
    }

    /// Shows a message if it is the next one.
    fn apply(&mut self, conversation: Conversation, message: &Message, fetched: bool) -> Applied {
        let place = match self.held.iter().position(|held| held.conversation == conversation) {
            Some(place) => place,
            None => {
                self.held.push(Position { conversation, rev: 0, seq: 0 });
                self.held.len() - 1
            }
        };
        let held = &mut self.held[place];
        if message.seq <= held.seq {
            return Applied::Old;
        }
        if message.seq > held.seq + 1 {
            return Applied::Missing(held.seq);
        }
        (held.seq, held.rev) = (message.seq, held.rev.max(message.rev));
        let theirs = message.sender != self.who.user;
        if conversation == self.conversation {
            self.log(What::Display { conversation, message: Said::of(message) });
            let mut tally = self.shared.tally.borrow_mut();
            tally.delivered += u64::from(theirs);
            tally.fetched += u64::from(theirs && fetched);
        }
        Applied::Shown { theirs }
    }

    async fn fetch_missing(&mut self, conversation: Conversation, after: u64) {
        let asked = Asked::Missing(conversation);
        if !self.requests.values().any(|other| *other == asked) {
            self.ask(conversation, None, Some(after), asked).await;
        }
    }

    async fn ask(
        &mut self,
        conversation: Conversation,
        before: Option<u64>,
        after: Option<u64>,
        asked: Asked,
    ) {
        self.request += 1;
        self.requests.insert(self.request, asked);
        let limit = if matches!(asked, Asked::Page(_)) { PAGE } else { MISSING_PAGE };
        let ask = Outgoing::History { request: self.request, conversation, before, after, limit }.encode();
        self.send(&ask).await;
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
        self.ask(held.conversation, Some(before), None, Asked::Page(meant)).await;
    }

    async fn paged(&mut self, history: History, now: u64) {
        let History { request, conversation, seq, rev, messages, .. } = history;
        match self.requests.remove(&request) {
            Some(Asked::Page(meant)) => {
                let mut tally = self.shared.tally.borrow_mut();
                tally.pages += 1;
                tally.page.add_us(meant, now);
                let whole = messages.windows(2).all(|two| two[1].seq == two[0].seq + 1);
                if messages.is_empty() || !whole {
                    tally.troubles.push(format!("a page of {conversation} is empty or has gaps"));
                }
            }
            Some(Asked::Missing(_)) => self.caught_up(conversation, (seq, rev), &messages).await,
            None => {}
        }
    }

    /// Takes messages that were missed, up to a head or a part of the way; asks on if there are more.
    async fn caught_up(&mut self, conversation: Conversation, (seq, rev): (u64, u64), messages: &[Message]) {
        for message in messages {
            if let Applied::Missing(..) = self.apply(conversation, message, true) {
                return self.trouble("a page of what was missed has a gap");
            }
        }
        let Some(held) = self.held.iter_mut().find(|held| held.conversation == conversation) else { return };
        if held.seq >= seq {
            held.rev = held.rev.max(rev);
        } else {
            let after = held.seq;
            self.fetch_missing(conversation, after).await;
        }
    }

    fn acked(&mut self, ack: &Ack, now: u64) {
        let Ack { client_message_id: id, conversation, seq } = *ack;
        self.log(What::Ack { id, conversation, seq });
        let Some(letter) = self.outbox.front().filter(|letter| letter.id == id) else { return };
        {
            let mut tally = self.shared.tally.borrow_mut();
            tally.acked += 1;
            tally.ack.add_us(letter.meant, now);
            tally.round_trip.add_us(letter.sent, now);
        }
        self.outbox.pop_front();
        if self.habits.presses && Instant::now() < self.until {
            self.write(Instant::now());
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        *self.shared.tally.borrow_mut().refused.entry(refusal.code.clone()).or_default() += 1;
        let Some(id) = refusal.client_message_id else { return };
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
        if self.server.is_none() {
            self.adopt(&welcome); // later, the cursor brings what is missing
        }
        self.seated = true;
        // Of the same run of the server it holds rosters: only those that have changed come.
        let holds = self.server.is_some_and(|(_, boot)| boot == welcome.boot);
        let awaited = if holds { 0 } else { welcome.circles.len() };
        self.awaited = (awaited, awaited);
        self.server = Some((welcome.epoch, welcome.boot));
        for gap in welcome.gaps {
            self.fill(gap).await;
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

    async fn fill(&mut self, gap: Gap) {
        let Gap { conversation, reset, seq, rev, messages, .. } = gap;
        if reset {
            self.log(What::Reset { conversation });
            return self.trouble("a copy was called false, and nobody has erased anything");
        }
        if conversation == self.conversation {
            for message in &messages {
                self.log(What::Deliver { conversation, message: Said::of(message) });
            }
        }
        self.caught_up(conversation, (seq, rev), &messages).await;
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
