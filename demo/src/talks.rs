//! A classmate's conversations: what was seen, what deserves an answer, and when a person would give it.
//!
//! Pure state: frames and the time go in, frames come out. It applies the contract's rules for receiving (the next
//! seq, or fetch), for sending (one message at a time, the same `client_message_id` until the answer comes), and for
//! coming back (a cursor). It knows no socket.

use std::collections::BTreeMap;
use std::time::Duration;

use gchat_wire::{
    Conversation, Cursor, Dock, History, Incoming, Message, Outgoing, Position, Refusal, State, Welcome,
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::people::FIRST_CLASSMATE;
use crate::replies::reply;

/// How long to wait for the answer to a `send` before sending it again.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// What a cursor may name at most.
const CURSOR_CONVERSATIONS: usize = 100;

/// All conversations of one classmate.
pub(crate) struct Talks {
    me: u64,
    epoch: Option<Uuid>,
    dock_version: u64,
    talks: BTreeMap<Conversation, Talk>,
    requests: u32,
}

/// One conversation.
#[derive(Default)]
struct Talk {
    seq: u64,
    rev: u64,
    read: u64,
    open: bool,
    /// The latest text that nobody has answered.
    unanswered: Option<String>,
    /// What was sent and not yet acknowledged.
    unsent: Option<(Uuid, String)>,
    step: Step,
    due: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Step {
    /// Nothing to do.
    #[default]
    Rest,
    /// Is about to look at the window.
    Look,
    /// Has read, and is about to type.
    Type,
    /// Is typing.
    Send,
    /// Waits for the ack.
    Wait,
}

impl Talks {
    /// Nothing said yet.
    pub(crate) fn new(me: u64) -> Talks {
        Talks { me, epoch: None, dock_version: 0, talks: BTreeMap::new(), requests: 0 }
    }

    /// What `hello` says about the past.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        let epoch = self.epoch?;
        let held = self.talks.iter().filter(|(_, talk)| talk.seq > 0).take(CURSOR_CONVERSATIONS);
        let position = |(conversation, talk): (&Conversation, &Talk)| Position {
            conversation: *conversation,
            rev: talk.rev,
            seq: talk.seq,
        };
        Some(Cursor { epoch, conversations: held.map(position).collect() })
    }

    /// True while somebody waits for this classmate.
    pub(crate) fn busy(&self) -> bool {
        self.talks.values().any(|talk| talk.step != Step::Rest)
    }

    /// When [`Talks::act`] has something to do next.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.talks.values().filter_map(|talk| talk.due).min()
    }

    /// Takes in a frame, and gives those to send at once.
    pub(crate) fn receive(&mut self, frame: Incoming, now: Instant) -> Vec<Outgoing> {
        match frame {
            Incoming::Welcome(welcome) => self.welcome(welcome, now),
            Incoming::Dock(dock) => {
                self.dock(&dock);
                Vec::new()
            }
            Incoming::Message { conversation, message } => {
                if self.apply(conversation, message, now) {
                    return Vec::new();
                }
                vec![self.history(conversation)]
            }
            Incoming::History(History { conversation, first_seq, seq, rev, messages, .. }) => {
                self.page(conversation, first_seq, messages, now);
                let talk = self.talks.entry(conversation).or_default();
                if talk.seq >= seq {
                    talk.rev = talk.rev.max(rev);
                    return Vec::new();
                }
                vec![self.history(conversation)]
            }
            Incoming::Ack { client_message_id, .. } => {
                self.settle(client_message_id, now);
                Vec::new()
            }
            Incoming::Error(Refusal { is_final, client_message_id: Some(id), retry_after_ms, .. }) => {
                let sent = |talk: &&mut Talk| talk.unsent.as_ref().is_some_and(|(unsent, _)| *unsent == id);
                if is_final {
                    self.settle(id, now);
                } else if let Some(talk) = self.talks.values_mut().find(sent) {
                    talk.due = Some(now + Duration::from_millis(retry_after_ms.unwrap_or(1_000)));
                }
                Vec::new()
            }
            Incoming::Reset { conversation } => {
                // A classmate keeps no texts, so there is no copy to drop.
                self.talks.remove(&conversation);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Does what is due.
    pub(crate) fn act(&mut self, now: Instant) -> Vec<Outgoing> {
        let mut frames = Vec::new();
        for (conversation, talk) in &mut self.talks {
            if talk.due.is_none_or(|due| due > now) {
                continue;
            }
            let conversation = *conversation;
            let pause = match talk.step {
                Step::Rest => None,
                Step::Look => {
                    if !talk.open {
                        let base = self.dock_version;
                        frames.push(Outgoing::Dock { conversation, state: State::Open, base });
                    }
                    talk.read = talk.seq;
                    frames.push(Outgoing::Read { conversation, seq: talk.seq });
                    talk.step = Step::Type;
                    Some(a_moment(600, 1_600))
                }
                Step::Type => {
                    frames.push(Outgoing::Typing { conversation });
                    talk.step = Step::Send;
                    Some(a_moment(1_200, 3_000))
                }
                Step::Send => {
                    let answered = talk.unanswered.take().unwrap_or_default();
                    let text = reply(&answered, rand::random_range(0..60)).to_owned();
                    let id = Uuid::now_v7();
                    talk.unsent = Some((id, text.clone()));
                    frames.push(Outgoing::Send { client_message_id: id, conversation, text });
                    talk.step = Step::Wait;
                    Some(ANSWER_TIME)
                }
                Step::Wait => {
                    if let Some((id, text)) = talk.unsent.clone() {
                        frames.push(Outgoing::Send { client_message_id: id, conversation, text });
                    }
                    Some(ANSWER_TIME)
                }
            };
            talk.due = pause.map(|pause| now + pause);
        }
        frames
    }

    fn welcome(&mut self, welcome: Welcome, now: Instant) -> Vec<Outgoing> {
        if self.epoch != Some(welcome.epoch) {
            self.epoch = Some(welcome.epoch);
            self.talks.values_mut().for_each(|talk| (talk.seq, talk.rev) = (0, 0));
        }
        for talk in self.talks.values_mut().filter(|talk| talk.step == Step::Wait) {
            talk.due = Some(now);
        }
        let mut frames = Vec::new();
        for gap in welcome.gaps {
            let talk = self.talks.entry(gap.conversation).or_default();
            if gap.reset {
                (talk.seq, talk.rev) = (0, 0);
            }
            self.page(gap.conversation, gap.first_seq, gap.messages, now);
            if gap.more {
                frames.push(self.history(gap.conversation));
            } else if let Some(talk) = self.talks.get_mut(&gap.conversation) {
                talk.rev = talk.rev.max(gap.rev);
            }
        }
        self.dock(&welcome.dock);
        // What was written while nobody was here: everything up to the read mark was answered, or never will be.
        for window in welcome.dock.windows.iter().filter(|window| window.unread > 0) {
            let talk = self.talks.entry(window.conversation).or_default();
            if talk.seq == 0 && window.seq > window.read_seq {
                talk.seq = window.read_seq;
                frames.push(self.history(window.conversation));
            }
        }
        frames
    }

    fn dock(&mut self, dock: &Dock) {
        self.dock_version = dock.version;
        for (conversation, talk) in &mut self.talks {
            let window = dock.windows.iter().find(|window| window.conversation == *conversation);
            talk.open = window.is_some_and(|window| window.state == State::Open);
        }
    }

    /// Applies messages that follow one another; those that retention has removed are skipped.
    fn page(&mut self, conversation: Conversation, first_seq: u64, messages: Vec<Message>, now: Instant) {
        let talk = self.talks.entry(conversation).or_default();
        let before_page = messages.first().map_or(0, |message| message.seq.saturating_sub(1));
        if talk.seq == 0 || talk.seq + 1 < first_seq {
            talk.seq = talk.seq.max(before_page);
        }
        for message in messages {
            self.apply(conversation, message, now);
        }
    }

    /// Applies one message. False: something before it is missing.
    fn apply(&mut self, conversation: Conversation, message: Message, now: Instant) -> bool {
        let talk = self.talks.entry(conversation).or_default();
        if message.seq <= talk.seq {
            return true;
        }
        if message.seq > talk.seq + 1 {
            return false;
        }
        (talk.seq, talk.rev) = (message.seq, talk.rev.max(message.rev));
        if message.sender == self.me {
            if let Some(id) = message.client_message_id {
                self.settle(id, now);
            }
            return true;
        }
        // Two classmates would never stop.
        if message.sender >= FIRST_CLASSMATE {
            return true;
        }
        if let Some(text) = message.text {
            talk.unanswered = Some(text);
            if talk.step == Step::Rest {
                talk.step = Step::Look;
                talk.due = Some(now + a_moment(700, 2_500));
            }
        }
        true
    }

    /// The answer to a `send` is there.
    fn settle(&mut self, id: Uuid, now: Instant) {
        let sent = |talk: &&mut Talk| talk.unsent.as_ref().is_some_and(|(unsent, _)| *unsent == id);
        let Some(talk) = self.talks.values_mut().find(sent) else { return };
        talk.unsent = None;
        (talk.step, talk.due) = match talk.unanswered {
            Some(_) => (Step::Look, Some(now + a_moment(700, 2_500))),
            None => (Step::Rest, None),
        };
    }

    fn history(&mut self, conversation: Conversation) -> Outgoing {
        self.requests = self.requests % (i32::MAX as u32) + 1;
        let after = self.talks.get(&conversation).map_or(0, |talk| talk.seq);
        Outgoing::History { request: self.requests, conversation, after, limit: 100 }
    }
}

/// A human pause, in milliseconds.
fn a_moment(least: u64, most: u64) -> Duration {
    Duration::from_millis(rand::random_range(least..=most))
}

#[cfg(test)]
mod tests {
    use gchat_wire::Window;

    use super::*;

    const EPOCH: Uuid = Uuid::from_u128(7);
    const MINUTE: Duration = Duration::from_secs(60);

    fn message(seq: u64, sender: u64, text: &str) -> Incoming {
        let message = Message { seq, rev: seq, sender, client_message_id: None, text: Some(text.to_owned()) };
        Incoming::Message { conversation: Conversation::between(2, 100), message }
    }

    fn welcome(windows: Vec<Window>) -> Incoming {
        Incoming::Welcome(Welcome {
            epoch: EPOCH,
            server_time: 0,
            lease_ends: 600_000,
            dock: Dock { version: 4, windows },
            gaps: vec![],
        })
    }

    /// Lets the time pass until nothing is due, or a `send` waits for its ack.
    fn until_sent(talks: &mut Talks, mut now: Instant) -> (Vec<Outgoing>, Instant) {
        let mut frames = Vec::new();
        while let Some(due) = talks.next_due() {
            now = due;
            frames.extend(talks.act(now));
            if matches!(frames.last(), Some(Outgoing::Send { .. })) {
                break;
            }
        }
        (frames, now)
    }

    #[test]
    fn a_message_is_read_then_answered_once() {
        let (mut talks, now) = (Talks::new(100), Instant::now());
        talks.receive(welcome(vec![]), now);
        assert_eq!(talks.receive(message(1, 2, "Hi"), now), []);
        assert!(talks.busy());
        let (frames, now) = until_sent(&mut talks, now);
        let [
            Outgoing::Dock { state: State::Open, base: 4, .. },
            Outgoing::Read { seq: 1, .. },
            Outgoing::Typing { .. },
            Outgoing::Send { client_message_id, .. },
        ] = &frames[..]
        else {
            panic!("{frames:?}")
        };
        let conversation = Conversation::between(2, 100);
        talks.receive(Incoming::Ack { client_message_id: *client_message_id, conversation, seq: 2 }, now);
        assert!(!talks.busy());
        assert_eq!(talks.next_due(), None);
        assert_eq!(talks.receive(message(1, 2, "Hi"), now), [], "a repeated message is dropped");
        assert!(!talks.busy());
    }

    #[test]
    fn an_unanswered_send_is_repeated_with_the_same_id_after_coming_back() {
        let (mut talks, now) = (Talks::new(100), Instant::now());
        talks.receive(welcome(vec![]), now);
        talks.receive(message(1, 2, "Hi"), now);
        let (frames, now) = until_sent(&mut talks, now);
        let sent = frames.last().cloned().expect("a send");
        talks.receive(welcome(vec![]), now);
        assert_eq!(talks.act(now), [sent]);
        assert_eq!(talks.act(now), [], "and then only after some time");
    }

    #[test]
    fn a_missing_message_is_fetched() {
        let (mut talks, now) = (Talks::new(100), Instant::now());
        talks.receive(welcome(vec![]), now);
        talks.receive(message(1, 2, "a"), now);
        let frames = talks.receive(message(3, 2, "c"), now);
        assert!(matches!(&frames[..], [Outgoing::History { after: 1, .. }]), "{frames:?}");
        let cursor = talks.cursor().expect("a cursor");
        assert_eq!((cursor.conversations[0].seq, cursor.epoch), (1, EPOCH));
    }

    #[test]
    fn what_was_written_in_the_absence_is_fetched_and_answered() {
        let (mut talks, now) = (Talks::new(100), Instant::now());
        let window = Window {
            conversation: Conversation::between(2, 100),
            state: State::Minimised,
            seq: 5,
            read_seq: 4,
            unread: 1,
        };
        let frames = talks.receive(welcome(vec![window]), now);
        assert!(matches!(&frames[..], [Outgoing::History { after: 4, .. }]), "{frames:?}");
        let Incoming::Message { message, .. } = message(5, 2, "Are you there?") else { unreachable!() };
        let page = Incoming::History(History {
            request: 1,
            conversation: Conversation::between(2, 100),
            first_seq: 1,
            seq: 5,
            rev: 5,
            messages: vec![message],
            more: true,
        });
        assert_eq!(talks.receive(page, now), []);
        assert!(talks.busy());
    }

    #[test]
    fn a_refused_message_is_not_sent_again() {
        let (mut talks, now) = (Talks::new(100), Instant::now());
        talks.receive(welcome(vec![]), now);
        talks.receive(message(1, 2, "Hi"), now);
        let (frames, now) = until_sent(&mut talks, now);
        let Some(Outgoing::Send { client_message_id, .. }) = frames.last() else { panic!("{frames:?}") };
        talks.receive(
            Incoming::Error(Refusal {
                code: "not_allowed".into(),
                is_final: true,
                request: None,
                client_message_id: Some(*client_message_id),
                retry_after_ms: None,
            }),
            now,
        );
        assert_eq!(talks.act(now + MINUTE), []);
    }

    #[test]
    fn classmates_do_not_answer_each_other() {
        let (mut talks, now) = (Talks::new(100), Instant::now());
        talks.receive(welcome(vec![]), now);
        talks.receive(message(1, 101, "Hi"), now);
        assert!(!talks.busy());
    }
}
