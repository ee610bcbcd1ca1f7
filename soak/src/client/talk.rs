//! One connection of a client: signs in, sends what is to be sent, hears what comes.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use gchat_wire::{
    Ack, Changes, Conversation, Dock, FEATURES, History, Incoming, Message, Outgoing, Refusal, Welcome,
};
use rand::RngExt as _;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::{self, Message as Packet};

use super::{
    Client, End, PATIENCE, Phase, connect,
    copies::{Applied, Ask},
    outbox::{Act, Answer},
};
use crate::{
    history::{Said, What},
    site,
};

/// How often a client looks at its clocks when nothing comes.
const TICK: Duration = Duration::from_millis(100);

/// Nothing heard for this long: the client asks whether the socket lives, and gives it up after twice this.
const SILENCE: Duration = Duration::from_secs(20);

/// Between two read marks in the room.
const READ_EVERY: Duration = Duration::from_secs(5);

/// Messages of one `history` or `changes`: the most that the contract allows.
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
            features: FEATURES,
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
        self.log(What::Welcomed);
        if !FEATURES.iter().all(|ours| welcome.features.iter().any(|theirs| theirs == ours)) {
            self.trouble(format!("the server's features are {:?}", welcome.features));
        }
        for conversation in self.copies.enter(welcome.epoch) {
            self.reset(conversation);
        }
        for changes in welcome.changes {
            if self.shared.habits.careless {
                self.copies.told(changes.conversation, changes.rev);
            } else {
                self.changes(changes, false);
            }
        }
        self.dock(&welcome.dock);
        self.renew_after(welcome.lease_ends.saturating_sub(welcome.server_time));
    }

    fn dock(&mut self, dock: &Dock) {
        for window in &dock.windows {
            self.learn(window.conversation);
            self.copies.told(window.conversation, window.rev);
        }
        self.open_room(dock);
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
                    let groups: Vec<_> = self.shared.groups.lock().keys().copied().collect();
                    groups.into_iter().for_each(|group| self.learn(group));
                    self.copies.make_sure(&self.conversations);
                }
                if self.copies.is_sure(&self.conversations) {
                    return self.list();
                }
            }
            Phase::Stop => return Err(End::Finished),
        }
        for (conversation, letter) in self.outbox.send(now) {
            let Some(frame) = letter.frame(conversation).map(|frame| frame.encode()) else {
                self.trouble(format!("a verb comes before its message: {letter:?}"));
                continue;
            };
            // An impatient client says it twice: it must count once.
            if self.is_steady(conversation) && self.rng.random_bool(0.02) {
                self.outgoing.push(frame.clone());
            }
            self.outgoing.push(frame);
        }
        while let Some((conversation, ask)) = self.copies.next_ask() {
            self.request += 1;
            self.requests.insert(self.request, (conversation, ask));
            let (request, limit) = (self.request, PAGE);
            let page = |before| Outgoing::History { request, conversation, before, after: None, limit };
            let frame = match ask {
                Ask::Changes { rev, seq } => Outgoing::Changes { request, conversation, rev, seq, limit },
                Ask::Newest => page(None),
                Ask::Before(seq) => page(Some(seq)),
            };
            self.outgoing.push(frame.encode());
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
            Some(Ok(Packet::Text(text))) => match Incoming::decode(&text) {
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
            Incoming::Dock(dock) => self.dock(&dock),
            Incoming::Changes(changes) => {
                let live = changes.request.is_none();
                changes.request.and_then(|request| self.requests.remove(&request));
                self.changes(changes, live);
            }
            Incoming::History(page) => self.page(page),
            Incoming::List(page) => self.listing.heard(page),
            Incoming::Ack(ack) => self.acked(&ack),
            Incoming::Read { conversation, user, seq } => self.log(What::Read { conversation, user, seq }),
            Incoming::Error(refusal) => return self.refused(refusal),
            Incoming::Ping => self.outgoing.push(Outgoing::Pong.encode()),
            // The window of the room is not open here yet.
            Incoming::Dot { conversation, .. } => self.copies.make_sure(&[conversation]),
            Incoming::Members(_)
            | Incoming::Rooms(_)
            | Incoming::Found(_)
            | Incoming::Flags(_)
            | Incoming::Drain { .. }
            | Incoming::Pong
            | Incoming::Other => {}
        }
        Ok(())
    }

    fn changes(&mut self, changes: Changes, live: bool) {
        let Changes { conversation, from, rev, more, reset, .. } = changes;
        let revs = changes.messages.iter().map(|message| message.rev);
        let inside = revs.clone().all(|of| from < of && of <= rev);
        if from > rev || !inside || !(reset || revs.is_sorted_by(|a, b| a < b)) {
            self.trouble(format!("changes that are none: {changes:?}"));
        }
        if reset {
            self.reset(conversation);
        }
        self.learn(conversation);
        self.log(What::Told { conversation, from, rev, more, live });
        self.deliver(conversation, &changes.messages);
        let applied = self.copies.changed(changes);
        self.apply(conversation, applied);
    }

    fn page(&mut self, page: History) {
        let conversation = page.conversation;
        let Some((_, ask)) = self.requests.remove(&page.request) else {
            return self.trouble(format!("a page that was not asked for: {}", page.request));
        };
        self.deliver(conversation, &page.messages);
        let applied = self.copies.paged(ask, page);
        self.apply(conversation, applied);
    }

    fn deliver(&mut self, conversation: Conversation, messages: &[Message]) {
        for message in messages {
            self.log(What::Deliver { conversation, message: Said::of(message) });
        }
    }

    fn apply(&mut self, conversation: Conversation, applied: Applied) {
        for message in &applied.shows {
            self.log(What::Display { conversation, message: Said::of(message) });
            self.notice(conversation, message);
            if matches!(conversation, Conversation::Room(_)) {
                // At most one in 5 s.
                if self.read_again > Instant::now() {
                    continue;
                }
                self.read_again = Instant::now() + READ_EVERY;
            }
            if message.sender != self.user && self.rng.random_bool(0.1) {
                self.outgoing.push(Outgoing::Read { conversation, seq: message.seq }.encode());
            }
        }
        if let Some((rev, whole)) = applied.holds {
            self.log(What::Holds { conversation, rev, whole });
        }
    }

    fn acked(&mut self, ack: &Ack) {
        let Ack { id, conversation, seq, .. } = *ack;
        self.log(What::Ack { id, conversation, seq, mine: ack.mine.clone() });
        let Some(answered) = self.outbox.answered(id, Answer::Acked(seq)) else { return };
        if matches!(answered.letter.act, Act::Send { .. }) && self.remember(conversation, answered.letter) {
            self.shared.acks.send_modify(|acks| *acks += 1);
        }
    }

    fn reset(&mut self, conversation: Conversation) {
        self.log(What::Reset { conversation });
        self.copies.reset(conversation);
    }

    fn refused(&mut self, refusal: Refusal) -> Result<(), End> {
        let Refusal { code, is_final, request, id, retry_after_ms } = refusal;
        if request.is_some_and(|request| self.listing.is_refused(request)) && !is_final {
            return Ok(());
        }
        let act = id.and_then(|id| self.outbox.find(id)).map(|letter| &letter.act);
        let asked = request.and_then(|request| self.requests.remove(&request)).map(|(asked, _)| asked);
        // A suspended person may not write and not be written to, nor added to a group; who has left a group writes there
        // no more; and what is edited or reacted to may be deleted by now. `None`: the second answer to what was said
        // twice.
        let lawful = match (&*code, act) {
            ("not_allowed" | "chat_not_allowed", _) => true,
            ("cannot_add", Some(Act::Make { .. } | Act::Add { .. })) => true,
            ("no_such_message", Some(Act::Edit { .. } | Act::React { .. })) => true,
            ("no_such_message", None) => id.is_some(),
            // A group that this person was never in.
            ("not_found", None) => asked.is_some_and(|asked| matches!(asked, Conversation::Group(_))),
            _ => false,
        };
        if is_final && !lawful {
            self.trouble(format!("refused with {code}"));
        }
        if let Some(id) = id {
            if is_final {
                self.log(What::Refusal { id, code: code.into() });
                let fell =
                    self.outbox.answered(id, Answer::Refused).map_or(Vec::new(), |answered| answered.fell);
                for id in fell {
                    self.log(What::Refusal { id, code: "its message was refused".into() });
                }
            } else {
                let wait = Duration::from_millis(retry_after_ms.unwrap_or(50));
                self.outbox.again(id, Instant::now() + wait);
            }
        } else if let Some(conversation) = asked {
            if is_final {
                self.copies.forget(conversation);
                self.conversations.retain(|own| *own != conversation);
            } else {
                self.copies.ask_again(conversation);
            }
        } else if code == "chat_not_allowed" {
            return Err(End::Forbidden);
        }
        Ok(())
    }
}
