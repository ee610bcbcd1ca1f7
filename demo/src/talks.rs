//! A classmate's conversations: what was seen, what deserves an answer, and when a person would give it.
//!
//! Pure state: frames and the time go in, frames come out. It applies the contract's rules for receiving (the next
//! changes, or ask), for sending (one thing at a time, the same id until the answer comes), and for coming back (a
//! cursor). It knows no socket.

use std::collections::BTreeMap;
use std::time::Duration;

use gchat_wire::{
    Ack, Changes, Conversation, Cursor, Dock, History, Incoming, Message, Outgoing, Position, Refusal, State,
    Welcome,
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::people::FIRST_CLASSMATE;
use crate::replies::{astray, reply, slip};

#[cfg(test)]
mod tests;

/// How long to wait for the answer to what was sent before sending it again.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// What a cursor may name at most.
const CURSOR_CONVERSATIONS: usize = 100;

/// All conversations of one classmate.
pub(crate) struct Talks {
    me: u64,
    epoch: Option<Uuid>,
    features: Vec<String>,
    dock_version: u64,
    talks: BTreeMap<Conversation, Talk>,
    requests: u32,
    /// A number below the one given: what a person does now and then.
    draw: fn(usize) -> usize,
}

/// One conversation.
#[derive(Default)]
struct Talk {
    seq: u64,
    /// Every change up to this was seen; none before the first page is there.
    rev: Option<u64>,
    /// The highest rev that was told of.
    known: u64,
    /// The question that waits for its answer.
    asked: Option<u32>,
    /// When to ask again what was refused.
    ask_at: Option<Instant>,
    open: bool,
    /// The latest message that nobody has answered; its number is 0 where the store was another one.
    unanswered: Option<(u64, String)>,
    /// What was sent and not yet acknowledged.
    unsent: Option<Unsent>,
    /// What is to become of the message that was sent last: its id and its number.
    amend: Option<(Amend, Uuid, u64)>,
    step: Step,
    due: Option<Instant>,
}

/// A frame until its answer.
struct Unsent {
    id: Uuid,
    frame: Outgoing,
    then: Option<Amend>,
}

/// What people do to what they have just written.
#[derive(Clone, Debug, PartialEq)]
enum Amend {
    /// There was a slip in it: this was meant.
    Correct(String),
    /// It was for somebody else.
    TakeBack,
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
    /// Waits for the answer.
    Wait,
    /// Has seen that what was sent is not right.
    Amend,
}

impl Talks {
    /// Nothing said yet.
    pub(crate) fn new(me: u64) -> Talks {
        let draw = |below| rand::random_range(0..below);
        let (talks, features) = (BTreeMap::new(), Vec::new());
        Talks { me, epoch: None, features, dock_version: 0, talks, requests: 0, draw }
    }

    /// What `hello` says about the past.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        let epoch = self.epoch?;
        let held = self.talks.iter().filter(|(_, talk)| talk.seq > 0);
        let position = |(conversation, talk): (&Conversation, &Talk)| {
            Some(Position { conversation: *conversation, rev: talk.rev?, seq: talk.seq })
        };
        let conversations = held.filter_map(position).take(CURSOR_CONVERSATIONS).collect();
        Some(Cursor { epoch, conversations })
    }

    /// True while somebody waits for this classmate.
    pub(crate) fn busy(&self) -> bool {
        self.talks.values().any(|talk| talk.step != Step::Rest)
    }

    /// When [`Talks::act`] has something to do next.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.talks.values().flat_map(|talk| [talk.due, talk.ask_at]).flatten().min()
    }

    /// Takes in a frame, and gives those to send at once.
    pub(crate) fn receive(&mut self, frame: Incoming, now: Instant) -> Vec<Outgoing> {
        match frame {
            Incoming::Welcome(welcome) => return self.welcome(welcome, now),
            Incoming::Dock(dock) => self.dock(&dock),
            Incoming::Changes(changes) => return self.changes(changes, now).into_iter().collect(),
            Incoming::History(page) => return self.page(page, now).into_iter().collect(),
            Incoming::Ack(Ack { id, seq, .. }) => self.settle(id, Some(seq), now),
            Incoming::Error(refusal) => self.refused(&refusal, now),
            _ => {}
        }
        Vec::new()
    }

    /// Does what is due.
    pub(crate) fn act(&mut self, now: Instant) -> Vec<Outgoing> {
        let mut frames = self.ask_again(now);
        let may = |feature: &str| self.features.iter().any(|known| known == feature);
        let (edits, deletes, replies) = (may("edit"), may("delete"), may("reply"));
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
                    let (answered, asked) = talk.unanswered.clone().unwrap_or_default();
                    let text = reply(&asked, rand::random_range(0..60)).to_owned();
                    let reply_to = (replies && answered > 0 && (self.draw)(3) == 0).then_some(answered);
                    let (text, then) = match (self.draw)(10) {
                        0 if edits => (slip(&text), Some(Amend::Correct(text))),
                        // The answer is still owed.
                        1 if deletes => (astray(&asked).to_owned(), Some(Amend::TakeBack)),
                        _ => (text, None),
                    };
                    if then != Some(Amend::TakeBack) {
                        talk.unanswered = None;
                    }
                    let id = Uuid::now_v7();
                    let frame = Outgoing::Send {
                        client_message_id: id,
                        conversation,
                        text,
                        reply_to,
                        mentions: Vec::new(),
                    };
                    frames.push(talk.send(id, frame, then));
                    Some(ANSWER_TIME)
                }
                Step::Wait => {
                    frames.extend(talk.unsent.as_ref().map(|unsent| unsent.frame.clone()));
                    Some(ANSWER_TIME)
                }
                Step::Amend => talk.amend.take().map(|(amend, client_message_id, seq)| {
                    let id = Uuid::now_v7();
                    let frame = match amend {
                        Amend::Correct(text) => {
                            Outgoing::Edit { id, conversation, seq, client_message_id, text }
                        }
                        Amend::TakeBack => Outgoing::Delete { id, conversation, seq, client_message_id },
                    };
                    frames.push(talk.send(id, frame, None));
                    ANSWER_TIME
                }),
            };
            talk.due = pause.map(|pause| now + pause);
        }
        frames
    }

    fn welcome(&mut self, welcome: Welcome, now: Instant) -> Vec<Outgoing> {
        self.features = welcome.features;
        let is_other_store = self.epoch.replace(welcome.epoch) != Some(welcome.epoch);
        for talk in self.talks.values_mut() {
            (talk.asked, talk.ask_at) = (None, None);
            if is_other_store {
                talk.forget();
            }
            if talk.step == Step::Wait {
                talk.due = Some(now);
            }
        }
        let mut frames = Vec::new();
        for changes in welcome.changes {
            frames.extend(self.changes(changes, now));
        }
        self.dock(&welcome.dock);
        // What was written while nobody was here.
        for window in welcome.dock.windows.iter().filter(|window| window.unread > 0) {
            let talk = self.talks.entry(window.conversation).or_default();
            talk.known = talk.known.max(window.rev);
            frames.extend(self.ask(window.conversation));
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

    /// The rule for changes with a span; what is to be asked if something is missing.
    fn changes(&mut self, changes: Changes, now: Instant) -> Option<Outgoing> {
        let Changes { request, conversation, from, rev, messages, more, reset, .. } = changes;
        let talk = self.talks.entry(conversation).or_default();
        talk.asked = talk.asked.filter(|_| request.is_none());
        // A classmate keeps no texts, so of a copy that is dropped nothing is left to do but to begin anew.
        talk.known = if reset { rev } else { talk.known.max(rev) };
        if reset {
            (talk.seq, talk.rev) = (0, if more { None } else { Some(0) });
        } else if talk.rev.is_none() && from == 0 {
            // It begins here.
            talk.rev = Some(0);
        }
        if talk.rev.is_some_and(|held| from <= held && held < rev) {
            talk.rev = Some(rev);
            messages.into_iter().for_each(|message| self.apply(conversation, message, now));
        }
        if more {
            let talk = self.talks.entry(conversation).or_default();
            talk.known = talk.known.max(rev + 1);
        }
        self.ask(conversation)
    }

    fn page(&mut self, page: History, now: Instant) -> Option<Outgoing> {
        let History { conversation, rev, messages, .. } = page;
        let talk = self.talks.entry(conversation).or_default();
        talk.asked = None;
        if talk.rev.is_none() {
            (talk.rev, talk.known) = (Some(rev), talk.known.max(rev));
            messages.into_iter().for_each(|message| self.apply(conversation, message, now));
        }
        self.ask(conversation)
    }

    /// The question that brings what is missing, if something is and it was not asked yet.
    fn ask(&mut self, conversation: Conversation) -> Option<Outgoing> {
        let talk = self.talks.entry(conversation).or_default();
        if talk.asked.is_some() || talk.rev.is_some_and(|rev| rev >= talk.known) {
            return None;
        }
        self.requests = self.requests % (i32::MAX as u32) + 1;
        (talk.asked, talk.ask_at) = (Some(self.requests), None);
        let (request, seq, limit) = (self.requests, talk.seq, 100);
        Some(match talk.rev {
            Some(rev) => Outgoing::Changes { request, conversation, rev, seq, limit },
            None => Outgoing::History { request, conversation, before: None, after: None, limit: 20 },
        })
    }

    /// Puts the questions again that were refused, where it is time.
    fn ask_again(&mut self, now: Instant) -> Vec<Outgoing> {
        let is_due = |talk: &Talk| talk.ask_at.is_some_and(|at| at <= now);
        let due: Vec<_> =
            self.talks.iter().filter(|(_, talk)| is_due(talk)).map(|(which, _)| *which).collect();
        due.into_iter().filter_map(|conversation| self.ask(conversation)).collect()
    }

    /// A send, a verb or a question was refused: for good, or until later.
    fn refused(&mut self, refusal: &Refusal, now: Instant) {
        let Refusal { is_final, request, id, retry_after_ms, .. } = *refusal;
        let later = now + Duration::from_millis(retry_after_ms.unwrap_or(1_000));
        if let Some(id) = id {
            if is_final {
                self.settle(id, None, now);
            } else if let Some(talk) = self.waiting_for(id) {
                talk.due = Some(later);
            }
        } else if let Some(talk) =
            self.talks.values_mut().find(|talk| request.is_some() && talk.asked == request)
        {
            (talk.asked, talk.ask_at) = (None, (!is_final).then_some(later));
        }
    }

    /// Sees one row: a new message, or one that was edited or deleted.
    fn apply(&mut self, conversation: Conversation, message: Message, now: Instant) {
        let talk = self.talks.entry(conversation).or_default();
        let is_new = message.seq > talk.seq;
        talk.seq = talk.seq.max(message.seq);
        if message.sender == self.me {
            let is_owed = talk.unanswered.as_ref().is_some_and(|(seq, _)| *seq > message.seq);
            if is_new && !is_owed && talk.unsent.is_none() && message.text.is_some() {
                // Answered by this classmate, before the server was restarted.
                talk.rest();
            }
            return;
        }
        // Two classmates would never stop.
        if message.sender >= FIRST_CLASSMATE {
            return;
        }
        match message.text {
            Some(text) if is_new => {
                talk.unanswered = Some((message.seq, text));
                if talk.step == Step::Rest {
                    talk.step = Step::Look;
                    talk.due = Some(now + a_moment(700, 2_500));
                }
            }
            text => {
                let Some((seq, asked)) = &mut talk.unanswered else { return };
                match text {
                    _ if *seq != message.seq => {}
                    Some(text) => *asked = text,
                    None if talk.unsent.is_none() && talk.amend.is_none() => talk.rest(),
                    None => talk.unanswered = None,
                }
            }
        }
    }

    fn waiting_for(&mut self, id: Uuid) -> Option<&mut Talk> {
        self.talks.values_mut().find(|talk| talk.unsent.as_ref().is_some_and(|unsent| unsent.id == id))
    }

    /// The answer is there: acknowledged as this number, or refused.
    fn settle(&mut self, id: Uuid, acked: Option<u64>, now: Instant) {
        let Some(talk) = self.waiting_for(id) else { return };
        let then = talk.unsent.take().and_then(|unsent| unsent.then);
        talk.amend = then.zip(acked).map(|(amend, seq)| (amend, id, seq));
        (talk.step, talk.due) = match (&talk.amend, &talk.unanswered) {
            (Some(_), _) => (Step::Amend, Some(now + a_moment(2_000, 5_000))),
            (None, Some(_)) => (Step::Look, Some(now + a_moment(700, 2_500))),
            (None, None) => (Step::Rest, None),
        };
    }
}

impl Talk {
    /// Keeps a frame until its answer; it is to be sent now.
    fn send(&mut self, id: Uuid, frame: Outgoing, then: Option<Amend>) -> Outgoing {
        self.unsent = Some(Unsent { id, frame: frame.clone(), then });
        self.step = Step::Wait;
        frame
    }

    /// The store is another one: a number of before may name another message now.
    fn forget(&mut self) {
        (self.seq, self.rev, self.known) = (0, None, 0);
        if let Some((answered, _)) = &mut self.unanswered {
            *answered = 0;
        }
        if let Some(Outgoing::Send { reply_to, .. }) = self.unsent.as_mut().map(|unsent| &mut unsent.frame) {
            *reply_to = None;
        }
    }

    /// Nobody waits any more.
    fn rest(&mut self) {
        (self.unanswered, self.step, self.due) = (None, Step::Rest, None);
    }
}

/// A human pause, in milliseconds.
fn a_moment(least: u64, most: u64) -> Duration {
    Duration::from_millis(rand::random_range(least..=most))
}
