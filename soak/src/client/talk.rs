//! One connection of a client: signs in, sends what is to be sent, hears what comes.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use gchat_wire::{Conversation, Incoming, Message, Outgoing, Refusal, Welcome};
use rand::RngExt as _;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::{self, Message as Packet};
use uuid::Uuid;

use super::{Client, End, PATIENCE, Phase, connect, outbox::Letter};

use crate::{
    history::{Said, What, hash},
    site,
};

/// How often a client looks at its clocks when nothing comes.
const TICK: Duration = Duration::from_millis(100);

/// Nothing heard for this long: the client asks whether the socket lives, and gives it up after twice this.
const SILENCE: Duration = Duration::from_secs(20);

/// Messages of one `history`: the most that the contract allows.
const PAGE: u32 = 100;

impl Client {
    /// A connection from its beginning to its end. Cancel-safe: what is half done counts as lost on the way.
    pub(super) async fn stay(&mut self) -> End {
        match self.connection().await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    async fn connection(&mut self) -> Result<std::convert::Infallible, End> {
        self.sign_in().await?;
        let mut heard = Instant::now();
        let mut probed = false;
        loop {
            self.think()?;
            self.flush().await?;
            let socket = self.socket.as_mut().ok_or(End::Lost)?;
            tokio::select! {
                packet = socket.next() => {
                    (heard, probed) = (Instant::now(), false);
                    self.hear_packet(packet)?;
                }
                _ = self.phase.changed() => {}
                () = sleep(TICK) => {}
            }
            if heard.elapsed() > 2 * SILENCE || self.outbox.is_overdue(Instant::now()) {
                return Err(End::Lost);
            }
            if heard.elapsed() > SILENCE && !std::mem::replace(&mut probed, true) {
                self.outgoing.push(Outgoing::Ping.encode());
            }
        }
    }

    async fn sign_in(&mut self) -> Result<(), End> {
        let server = *self.shared.address.borrow();
        self.socket = connect(server, self.me).await;
        let token = self.shared.site.token(self.user).ok_or(End::Forbidden)?;
        let hello = Outgoing::Hello {
            protocol: 1,
            token,
            session: self.session,
            visible: self.me.is_multiple_of(8),
            cursor: self.copies.cursor(),
        };
        self.outgoing.push(hello.encode());
        self.flush().await?;
        loop {
            let socket = self.socket.as_mut().ok_or(End::Lost)?;
            let packet = timeout(PATIENCE, socket.next()).await.map_err(|_| End::Lost)?;
            match self.packet(packet)? {
                Some(Incoming::Welcome(welcome)) => {
                    self.failures = 0;
                    self.welcomed.notify_one();
                    self.welcome(welcome);
                    return Ok(());
                }
                Some(other) => self.hear(other)?,
                None => {}
            }
        }
    }

    fn welcome(&mut self, welcome: Welcome) {
        for conversation in self.copies.enter(welcome.epoch) {
            self.reset(conversation);
        }
        for gap in welcome.gaps {
            if gap.reset {
                self.reset(gap.conversation);
            } else if !self.shared.habits.careless {
                gap.messages.iter().for_each(|message| self.message(gap.conversation, message));
            }
            self.copies.told(gap.conversation, gap.seq);
        }
        welcome.dock.windows.iter().for_each(|window| self.copies.told(window.conversation, window.seq));
        self.renew_after(welcome.lease_ends.saturating_sub(welcome.server_time));
    }

    fn renew_after(&mut self, lease_ms: u64) {
        let part = self.rng.random_range(0.6..0.8);
        self.renew_at = Instant::now() + Duration::from_millis(lease_ms).mul_f64(part);
    }

    /// What is to be done now: writes, sends, fetches, renews, as the phase has it.
    fn think(&mut self) -> Result<(), End> {
        let now = Instant::now();
        match self.phase() {
            Phase::Talk => {
                while self.outbox.len() < self.shared.habits.letters {
                    self.write();
                }
            }
            Phase::Arrive => self.done(Phase::Arrive),
            Phase::Flush if self.outbox.len() == 0 => self.done(Phase::Flush),
            Phase::Flush => {}
            Phase::Drain => {
                if !std::mem::replace(&mut self.making_sure, true) {
                    self.copies.make_sure(&self.conversations);
                }
                if self.copies.is_sure(&self.conversations) {
                    self.log(What::Drained);
                    return Err(End::Finished);
                }
            }
            Phase::Stop => return Err(End::Finished),
        }
        for (conversation, Letter { id, text }) in self.outbox.send(now) {
            let frame = Outgoing::Send { client_message_id: id, conversation, text }.encode();
            // An impatient client says it twice: it must count once. (Not where a suspension could come between.)
            if conversation.lower > self.shared.suspended_to && self.rng.random_bool(0.02) {
                self.outgoing.push(frame.clone());
            }
            self.outgoing.push(frame);
        }
        while let Some((conversation, after)) = self.copies.next_fetch() {
            self.request += 1;
            self.requests.insert(self.request, conversation);
            let ask = Outgoing::History { request: self.request, conversation, after, limit: PAGE };
            self.outgoing.push(ask.encode());
        }
        if now >= self.renew_at {
            let token = self.shared.site.token(self.user).ok_or(End::Forbidden)?;
            self.outgoing.push(Outgoing::Renew { token }.encode());
            self.renew_at = now + PATIENCE;
        }
        Ok(())
    }

    fn done(&mut self, phase: Phase) {
        if self.done.replace(phase) != Some(phase) {
            // There is room for every client.
            let _ = self.shared.done.try_send(());
        }
    }

    /// Puts a new letter into the outbox.
    fn write(&mut self) {
        let conversation = self.conversations[self.rng.random_range(0..self.conversations.len())];
        let id = Uuid::now_v7();
        let length = match self.rng.random_range(0..100) {
            0 => 4_000,
            1..10 => self.rng.random_range(200..1_000),
            _ => self.rng.random_range(0..100),
        };
        let filler = if self.rng.random_bool(0.1) { "é👋<b>\u{202e}\n" } else { "lorem ipsum " };
        let filler: String = filler.chars().cycle().take(length).collect();
        // What surrounds a text is not part of it.
        let text =
            if self.rng.random_bool(0.1) { format!(" \t{id} {filler}\n") } else { format!("{id} {filler}") };
        self.log(What::Invoke { id, conversation, text: hash(text.trim()) });
        self.outbox.write(conversation, Letter { id, text });
    }

    async fn flush(&mut self) -> Result<(), End> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        let socket = self.socket.as_mut().ok_or(End::Lost)?;
        let frames = std::mem::take(&mut self.outgoing);
        let write = async {
            for frame in frames {
                socket.feed(Packet::text(frame)).await?;
            }
            socket.flush().await
        };
        match timeout(PATIENCE, write).await {
            Ok(Ok(())) => Ok(()),
            // What the server said before it hung up is still to be read: why it did, above all.
            _ => self.hear_the_rest().await,
        }
    }

    async fn hear_the_rest(&mut self) -> Result<(), End> {
        let rest = async {
            loop {
                let socket = self.socket.as_mut().ok_or(End::Lost)?;
                let packet = socket.next().await;
                self.hear_packet(packet)?;
            }
        };
        timeout(TICK, rest).await.unwrap_or(Err(End::Lost))
    }

    fn hear_packet(&mut self, packet: Option<tungstenite::Result<Packet>>) -> Result<(), End> {
        match self.packet(packet)? {
            Some(frame) => self.hear(frame),
            None => Ok(()),
        }
    }

    fn packet(&self, packet: Option<tungstenite::Result<Packet>>) -> Result<Option<Incoming>, End> {
        match packet {
            Some(Ok(Packet::Text(text))) => match serde_json::from_str(&text) {
                Ok(frame) => Ok(Some(frame)),
                Err(error) => {
                    self.trouble(format!("a frame that is not of the contract ({error}): {text}"));
                    Err(End::Lost)
                }
            },
            Some(Ok(Packet::Close(close))) => Err(self.closed(close.map(|close| close.code.into()))),
            Some(Ok(_)) => Ok(None),
            Some(Err(_)) | None => Err(End::Lost),
        }
    }

    fn closed(&self, code: Option<u16>) -> End {
        match code {
            Some(4403) => End::Forbidden,
            None | Some(1000..=1015 | 4000..=4099) => End::Lost,
            Some(code) => {
                self.trouble(format!("closed with {code}"));
                End::Lost
            }
        }
    }

    fn hear(&mut self, frame: Incoming) -> Result<(), End> {
        match frame {
            Incoming::Welcome(_) => self.trouble("welcomed twice".into()),
            Incoming::Renewed { lease_ends } => self.renew_after(lease_ends.saturating_sub(site::now_ms())),
            Incoming::Dock(dock) => {
                dock.windows.iter().for_each(|window| self.copies.told(window.conversation, window.seq));
            }
            Incoming::Message { conversation, message } => self.message(conversation, &message),
            Incoming::History(page) => {
                self.requests.remove(&page.request);
                page.messages.iter().for_each(|message| self.message(page.conversation, message));
                self.copies.answered(page.conversation, page.seq);
            }
            Incoming::Ack { client_message_id: id, conversation, seq } => {
                self.log(What::Ack { id, conversation, seq });
                if self.outbox.answered(id) {
                    self.shared.acks.send_modify(|acks| *acks += 1);
                }
            }
            Incoming::Read { conversation, user, seq } => self.log(What::Read { conversation, user, seq }),
            Incoming::Reset { conversation } => self.reset(conversation),
            Incoming::Error(refusal) => return self.refused(refusal),
            Incoming::Ping => self.outgoing.push(Outgoing::Pong.encode()),
            Incoming::Drain { .. } | Incoming::Pong | Incoming::Other => {}
        }
        Ok(())
    }

    fn message(&mut self, conversation: Conversation, message: &Message) {
        let said = Said::of(message);
        self.log(What::Deliver { conversation, message: said });
        if self.copies.take(conversation, message.seq, message.rev) {
            self.log(What::Display { conversation, message: said });
            if message.sender != self.user && self.rng.random_bool(0.1) {
                self.outgoing.push(Outgoing::Read { conversation, seq: message.seq }.encode());
            }
        }
    }

    fn reset(&mut self, conversation: Conversation) {
        self.log(What::Reset { conversation });
        self.copies.reset(conversation);
    }

    fn refused(&mut self, refusal: Refusal) -> Result<(), End> {
        let Refusal { code, is_final, request, client_message_id, retry_after_ms } = refusal;
        // A suspended person may not write and not be written to.
        let lawful = matches!(&*code, "not_allowed" | "chat_not_allowed");
        if is_final && !lawful {
            self.trouble(format!("refused with {code}"));
        }
        if let Some(id) = client_message_id {
            if is_final {
                self.log(What::Refusal { id, code: code.into() });
                self.outbox.answered(id);
            } else {
                let wait = Duration::from_millis(retry_after_ms.unwrap_or(50));
                self.outbox.again(id, Instant::now() + wait);
            }
        } else if let Some(conversation) = request.and_then(|request| self.requests.remove(&request)) {
            self.copies.ask_again(conversation);
        } else if code == "chat_not_allowed" {
            return Err(End::Forbidden);
        }
        Ok(())
    }
}
