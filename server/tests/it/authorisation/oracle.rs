//! The rules of DESIGN.md and protocol/README.md once more, as a small model: who may do what, and who hears of it.
//!
//! It calls nothing of the server. A world of one conversation: `ME` acts, `them` is the other person, all others are
//! bystanders, whom nothing of it may reach.
//!
//! It is past 500 lines because it is the whole model in one reading: every frame, against every relation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Who acts.
pub(super) const ME: i64 = 10;

/// A circle and the role in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) circle: &'static str,
    pub(super) teacher: bool,
}

/// A user of the site that the world is about.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) holds: Vec<Held>,
    pub(super) hidden: bool,
    /// Has the right `chat`.
    pub(super) chat: bool,
    pub(super) blocks: Vec<i64>,
    /// From whom alone they take messages, besides their teachers.
    pub(super) accepts: Option<Vec<i64>>,
    /// Connected, and paused: not online, and hears nothing.
    pub(super) paused: bool,
    pub(super) online: bool,
    /// The server knows them: not removed, and not only of another site.
    pub(super) known: bool,
}

/// What happens, with its conversation where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Nothing,
    History,
    HistoryBefore,
    HistoryAfter,
    Read,
    Typing,
    Window(&'static str),
    /// Our conversation in my list.
    List,
    /// What begins with "hello", in all that I read.
    Find,
    /// What others have said among themselves, and only there.
    FindTheirs,
    /// I pin it.
    Flag,
    SearchAll,
    SearchTheirCircle,
    SearchForgedNext,
    TheirRoster,
    Send,
    SendAgain,
    SendSameIdElsewhere,
    /// Of the last message that I sent and that is no stub, if there is one.
    Edit,
    /// The same frame again.
    EditAgain,
    /// Of the last message of theirs that is no stub.
    EditTheirs,
    DeleteTheirs,
    Delete,
    DeleteAgain,
    /// Of the message that was deleted.
    EditDeleted,
    /// To the first message.
    Reply,
    ReplyToNothing,
    /// To the last message that is no stub, whoever wrote it.
    React,
    /// The same frame again.
    ReactAgain,
    /// All that I have at that message.
    TakeBack,
    Changes,
    Resume,
    ResumeForeign,
    Renew,
    LookAwayAndBack,
    HelloAgain,
    /// The same of a conversation between two others, which exists.
    Foreign(&'static str),
    /// And of one that does not exist.
    Nowhere(&'static str),
}

/// Gists of the frames that each party gets for a deed; everybody else gets none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// The connection that acted.
    pub(super) acting: Vec<String>,
    /// The same user's other device.
    pub(super) device: Vec<String>,
    pub(super) them: Vec<String>,
    /// A connection that was made for the deed.
    pub(super) fresh: Vec<String>,
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) sender: i64,
    pub(super) text: String,
    /// Its place in the order of changes.
    pub(super) rev: usize,
    /// I have reacted to it. Nobody else does.
    pub(super) liked: bool,
}

impl Said {
    /// As everybody is shown it.
    fn told(&self) -> String {
        format!("{}{}", self.text, if self.liked { LIKED } else { "" })
    }

    /// As I am when I ask.
    fn told_to_me(&self) -> String {
        format!("{}{}", self.told(), if self.liked { MINE } else { "" })
    }
}

/// What is shown of a message that is none any more.
pub(super) const STUB: &str = "(stub)";

/// What is shown behind the text of a message to which I have reacted, and what I am told of it besides.
const LIKED: &str = " [👍 1]";
const MINE: &str = " [mine 👍]";

/// One site, as it should be.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) people: Vec<Person>,
    pub(super) students_see_students: bool,
    pub(super) them: i64,
    /// Of our conversation.
    pub(super) messages: Vec<Said>,
    /// What my last edit or deletion was about, by its place; `None`: it was refused.
    pub(super) done: Option<usize>,
    /// By owner: the state of the window with the other one.
    pub(super) windows: BTreeMap<i64, &'static str>,
    /// I have pinned it.
    pub(super) pinned: bool,
    pub(super) my_mark: usize,
    /// Up to where they may know of it.
    pub(super) my_mark_shown: usize,
}

impl World {
    pub(super) fn person(&self, id: i64) -> Option<&Person> {
        self.people.iter().find(|p| p.id == id)
    }

    pub(super) fn conversation(&self) -> String {
        format!("{}-{}", ME.min(self.them), ME.max(self.them))
    }

    fn me(&self) -> &Person {
        self.person(ME).expect("me")
    }

    /// Two memberships of one course let their holders see each other.
    fn meet(&self, a: Held, b: Held) -> bool {
        let split =
            |held: Held| held.circle.split_once('/').map_or((held.circle, None), |(c, g)| (c, Some(g)));
        let ((a_course, a_group), (b_course, b_group)) = (split(a), split(b));
        let groups = match (a_group, b_group) {
            (Some("-"), Some("-")) => false,
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        a_course == b_course && groups && (self.students_see_students || a.teacher || b.teacher)
    }

    pub(super) fn sees(&self, a: &Person, b: &Person) -> bool {
        a.known && b.known && a.holds.iter().any(|x| b.holds.iter().any(|y| self.meet(*x, *y)))
    }

    /// One may know of the other that they are there: a block hides both from each other.
    fn knows(&self, a: &Person, b: &Person) -> bool {
        self.sees(a, b) && !Self::blocked(a, b)
    }

    fn blocked(a: &Person, b: &Person) -> bool {
        a.blocks.contains(&b.id) || b.blocks.contains(&a.id)
    }

    fn i_see_them(&self) -> bool {
        self.person(self.them).is_some_and(|them| self.sees(self.me(), them))
    }

    fn i_may_write(&self) -> bool {
        self.person(self.them).is_some_and(|them| self.may_write(self.me(), them))
    }

    fn may_write(&self, from: &Person, to: &Person) -> bool {
        self.sees(from, to) && from.chat && to.chat && !Self::blocked(from, to) && self.takes(from, to)
    }

    fn takes(&self, from: &Person, to: &Person) -> bool {
        let teaches = |x: &Held| x.teacher && to.holds.iter().any(|y| self.meet(*x, *y));
        to.accepts.as_ref().is_none_or(|a| a.contains(&from.id)) || from.holds.iter().any(teaches)
    }

    /// What a window says of that to its owner.
    fn writing(&self, owner: &Person, other: Option<&Person>) -> &'static str {
        match other.filter(|other| other.known) {
            None => "gone",
            Some(other) if owner.blocks.contains(&other.id) => "blocked",
            Some(other) if self.may_write(owner, other) => "yes",
            Some(_) => "no",
        }
    }

    fn shown(person: &Person) -> bool {
        person.online && !person.hidden && person.chat
    }

    /// Who is in the roster of one of a viewer's circles, the viewer included.
    pub(super) fn roster(&self, viewer: &Person, held: Held) -> BTreeSet<i64> {
        let there = self.people.iter().filter(|p| {
            Self::shown(p) && p.holds.iter().any(|h| self.meet(held, *h)) && !Self::blocked(viewer, p)
        });
        there.map(|p| p.id).collect()
    }

    fn roster_gist(&self, held: Held) -> String {
        format!("roster {} {:?}", held.circle, self.roster(self.me(), held))
    }

    /// Everybody whom I find, of all my circles or of one.
    fn found(&self, circle: Option<&str>) -> String {
        let mine = self.me().holds.iter().filter(|h| circle.is_none_or(|c| c == h.circle));
        let seen = mine.flat_map(|h| self.roster(self.me(), *h)).filter(|id| *id != ME);
        let takes = |id: &i64| self.person(*id).is_some_and(|them| self.takes(self.me(), them));
        let all: BTreeSet<i64> = seen.filter(takes).collect();
        format!("contacts {all:?}")
    }

    fn head(&self) -> usize {
        self.messages.iter().map(|said| said.rev).max().unwrap_or(0)
    }

    /// Somebody says something.
    pub(super) fn say(&mut self, sender: i64, text: &str) -> usize {
        self.messages.push(Said { sender, text: text.into(), rev: self.head() + 1, liked: false });
        self.messages.len()
    }

    /// All that somebody has said becomes stubs.
    pub(super) fn erase(&mut self, who: i64) {
        for at in 0..self.messages.len() {
            if self.messages[at].sender == who {
                self.becomes(at, STUB);
            }
        }
    }

    fn becomes(&mut self, at: usize, text: &str) {
        let rev = self.head() + 1;
        let said = &mut self.messages[at];
        (said.text, said.rev) = (text.into(), rev);
        said.liked &= text != STUB;
    }

    fn last_of(&self, who: i64) -> Option<usize> {
        self.messages.iter().rposition(|said| said.sender == who && said.text != STUB)
    }

    /// In the order in which they changed.
    fn by_rev(&self) -> Vec<String> {
        let mut all: Vec<&Said> = self.messages.iter().collect();
        all.sort_by_key(|said| said.rev);
        all.into_iter().map(Said::told_to_me).collect()
    }

    fn change(&self, at: usize) -> String {
        let said = &self.messages[at];
        let Said { sender, rev, .. } = said;
        format!("changes {} {rev} {} {sender} {:?}", self.conversation(), at + 1, said.told())
    }

    /// A change of one of my messages, told to all.
    fn changed(&self, at: usize) -> Heard {
        let change = self.change(at);
        let online = self.person(self.them).is_some_and(|them| them.online);
        Heard {
            acting: vec![format!("ack {}", at + 1), change.clone()],
            device: vec![change.clone()],
            them: online.then_some(change).into_iter().collect(),
            fresh: Vec::new(),
        }
    }

    fn edit(&mut self, at: Option<usize>) -> Heard {
        let answer = |gist: &str| Heard { acting: vec![gist.into()], ..Heard::default() };
        self.done = None;
        match at {
            None => answer("error no_such_message"),
            Some(_) if !self.i_may_write() => answer("error not_allowed"),
            Some(at) => {
                self.becomes(at, "edited");
                self.done = Some(at);
                self.changed(at)
            }
        }
    }

    fn delete(&mut self, at: Option<usize>) -> Heard {
        self.done = at;
        match at {
            None => Heard { acting: vec!["error no_such_message".into()], ..Heard::default() },
            Some(at) => {
                self.becomes(at, STUB);
                self.changed(at)
            }
        }
    }

    fn react(&mut self, likes: bool) -> Heard {
        let answer = |gist: String| Heard { acting: vec![gist], ..Heard::default() };
        let Some(at) = self.messages.iter().rposition(|said| said.text != STUB) else {
            return answer("error no_such_message".into());
        };
        if likes && !self.i_may_write() {
            return answer("error not_allowed".into());
        }
        if self.messages[at].liked == likes {
            return answer(format!("ack {}", at + 1));
        }
        let text = self.messages[at].text.clone();
        self.messages[at].liked = likes;
        self.becomes(at, &text);
        self.changed(at)
    }

    fn history(&self, from: usize, to: usize) -> String {
        let texts: Vec<String> = self.messages[from..to].iter().map(Said::told_to_me).collect();
        format!("history {} {} {texts:?}", self.conversation(), self.messages.len())
    }

    fn talked(&self) -> bool {
        !self.messages.is_empty()
    }

    /// Somebody's dock: at most our conversation.
    fn dock(&self, owner: i64) -> String {
        let other = if owner == ME { self.them } else { ME };
        let Some(state) = self.windows.get(&owner) else { return "dock []".into() };
        let (owner, person) = (self.person(owner).expect("the owner"), self.person(other));
        let status = person.is_some_and(|p| Self::shown(p) && self.knows(owner, p));
        let name = person.filter(|p| p.known).map_or("", |p| &p.name);
        let status = if status { "online" } else { "offline" };
        let writing = self.writing(owner, person);
        format!("dock [{} {state} {status} {name:?} {writing}]", self.conversation())
    }

    /// Our conversation as my list has it, if it has begun.
    fn list(&self) -> String {
        if !self.talked() {
            return "list []".into();
        }
        let mut shown = self.clone();
        shown.windows.entry(ME).or_insert("closed");
        let dock = shown.dock(ME);
        let window = dock.trim_start_matches("dock [").trim_end_matches(']');
        let last = self.messages.iter().rfind(|said| said.text != STUB).map_or("nothing", |said| &said.text);
        format!("list [{window} {last}{}]", if self.pinned { " pinned" } else { "" })
    }

    /// The newest first.
    fn finds(&self) -> String {
        let found = self.messages.iter().rev().filter(|said| said.text.starts_with("hello"));
        format!("found {:?}", found.map(|said| &said.text).collect::<Vec<_>>())
    }

    fn flag(&mut self) -> Heard {
        if !self.talked() {
            return Heard { acting: vec!["error not_found".into()], ..Heard::default() };
        }
        let told = format!("flags {} pinned", self.conversation());
        let device = (!self.pinned).then(|| told.clone()).into_iter().collect();
        self.pinned = true;
        Heard { acting: vec![told], device, ..Heard::default() }
    }

    /// The circle of theirs that is asked for: the first that they hold, or one that nobody does.
    pub(super) fn their_circle(&self) -> &'static str {
        self.person(self.them).and_then(|p| p.holds.first()).map_or("c98", |held| held.circle)
    }

    fn of_their_circle(&self, answer: impl Fn(Held) -> String) -> String {
        let circle = self.their_circle();
        let held = self.me().holds.iter().find(|h| h.circle == circle);
        held.map_or("error not_found".into(), |held| answer(*held))
    }

    fn welcome(&self, mine: bool) -> Vec<String> {
        let missed = if mine && self.talked() {
            format!("{} {} {:?}", self.conversation(), self.head(), self.by_rev())
        } else {
            String::new()
        };
        let mut heard = vec![format!("welcome changes [{missed}] {}", self.dock(ME))];
        heard.extend(self.me().holds.iter().map(|held| self.roster_gist(*held)));
        heard
    }

    /// What each hears of a deed of mine. The world is then as after it.
    pub(super) fn hears(&mut self, deed: Deed) -> Heard {
        if self.them == ME {
            return self.with_oneself(deed);
        }
        let answer = |gist: &str| Heard { acting: vec![gist.into()], ..Heard::default() };
        let n = self.messages.len();
        match deed {
            Deed::Nothing => Heard::default(),
            Deed::History => answer(&self.history(0, n)),
            Deed::HistoryAfter => answer(&self.history(n.min(1), n)),
            Deed::HistoryBefore => answer(&self.history(0, n.min(1))),
            Deed::Read => self.read(),
            Deed::Typing => {
                let hears = self.i_may_write()
                    && !self.me().hidden
                    && self.person(self.them).is_some_and(|them| them.online);
                let gist = format!("typing {} {ME}", self.conversation());
                Heard { them: hears.then_some(gist).into_iter().collect(), ..Heard::default() }
            }
            Deed::Window(state) => self.window(state),
            Deed::List => answer(&self.list()),
            Deed::Find => answer(&self.finds()),
            Deed::FindTheirs => answer("found []"),
            Deed::Flag => self.flag(),
            Deed::SearchAll => answer(&self.found(None)),
            Deed::SearchTheirCircle | Deed::SearchForgedNext => {
                answer(&self.of_their_circle(|held| self.found(Some(held.circle))))
            }
            Deed::TheirRoster => answer(&self.of_their_circle(|held| self.roster_gist(held))),
            Deed::Send => self.send(),
            // The first answer again, whatever it was.
            Deed::SendAgain if self.i_may_write() => answer(&format!("ack {n}")),
            Deed::SendAgain => self.send(),
            Deed::SendSameIdElsewhere if self.i_may_write() => answer("error conflict"),
            Deed::SendSameIdElsewhere => answer(self.refused_send()),
            Deed::Edit => self.edit(self.last_of(ME)),
            Deed::Delete => self.delete(self.last_of(ME)),
            Deed::EditAgain | Deed::DeleteAgain => match (self.done, self.last_of(ME)) {
                (Some(at), _) => answer(&format!("ack {}", at + 1)),
                (None, Some(_)) => answer("error not_allowed"),
                (None, None) => answer("error no_such_message"),
            },
            Deed::EditDeleted => answer("error no_such_message"),
            Deed::EditTheirs | Deed::DeleteTheirs => match self.last_of(self.them) {
                Some(_) => answer("error not_allowed"),
                None => answer("error no_such_message"),
            },
            Deed::Reply if self.i_may_write() && !self.talked() => answer("error no_such_message"),
            Deed::Reply => self.send(),
            Deed::ReplyToNothing if self.i_may_write() => answer("error no_such_message"),
            Deed::ReplyToNothing => answer(self.refused_send()),
            Deed::React | Deed::ReactAgain => self.react(true),
            Deed::TakeBack => self.react(false),
            Deed::Changes => {
                answer(&format!("changes {} {} {:?}", self.conversation(), self.head(), self.by_rev()))
            }
            Deed::Resume => Heard { fresh: self.welcome(true), ..Heard::default() },
            Deed::ResumeForeign => Heard { fresh: self.welcome(false), ..Heard::default() },
            Deed::Renew => answer("renewed"),
            Deed::LookAwayAndBack => {
                let acting = self.me().holds.iter().map(|held| self.roster_gist(*held)).collect();
                Heard { acting, ..Heard::default() }
            }
            Deed::HelloAgain => answer("error hello_repeated"),
            Deed::Foreign("list") | Deed::Nowhere("list") => answer("list []"),
            Deed::Foreign("typing") | Deed::Nowhere("typing") => Heard::default(),
            Deed::Foreign(_) | Deed::Nowhere(_) => answer("error not_found"),
        }
    }

    /// A conversation with oneself is no conversation: there is no such name.
    fn with_oneself(&mut self, deed: Deed) -> Heard {
        let answer = |gist: &str| Heard { acting: vec![gist.into()], ..Heard::default() };
        match deed {
            Deed::Find | Deed::FindTheirs => answer("found []"),
            Deed::History
            | Deed::HistoryBefore
            | Deed::HistoryAfter
            | Deed::Read
            | Deed::Typing
            | Deed::Window(_)
            | Deed::List
            | Deed::Flag
            | Deed::Send
            | Deed::SendAgain
            | Deed::SendSameIdElsewhere
            | Deed::Edit
            | Deed::EditAgain
            | Deed::EditTheirs
            | Deed::Delete
            | Deed::DeleteAgain
            | Deed::DeleteTheirs
            | Deed::EditDeleted
            | Deed::Reply
            | Deed::ReplyToNothing
            | Deed::React
            | Deed::ReactAgain
            | Deed::TakeBack
            | Deed::Changes => answer("error bad_frame"),
            Deed::Resume => Heard { fresh: vec!["error bad_frame".into()], ..Heard::default() },
            other => {
                self.them = 0;
                let circle = self.me().holds[0];
                let heard = match other {
                    Deed::TheirRoster => answer(&self.roster_gist(circle)),
                    Deed::SearchTheirCircle | Deed::SearchForgedNext => {
                        answer(&self.found(Some(circle.circle)))
                    }
                    other => self.hears(other),
                };
                self.them = ME;
                heard
            }
        }
    }

    fn refused_send(&self) -> &'static str {
        if self.i_see_them() || self.talked() { "error not_allowed" } else { "error unknown_recipient" }
    }

    fn send(&mut self) -> Heard {
        if !self.i_may_write() {
            return Heard { acting: vec![self.refused_send().into()], ..Heard::default() };
        }
        // They have opened none: what is unread keeps it, and stubs are not.
        if self.last_of(ME).is_none() {
            self.windows.remove(&self.them);
        }
        let seq = self.say(ME, "hello");
        let message = self.change(seq - 1);
        let mut heard = Heard {
            acting: vec![format!("ack {seq}"), message.clone()],
            device: vec![message.clone()],
            ..Heard::default()
        };
        let came_back = !self.windows.contains_key(&self.them);
        self.windows.entry(self.them).or_insert("minimised");
        if self.person(self.them).is_some_and(|them| them.online) {
            if came_back {
                heard.them.push(self.dock(self.them));
            }
            if self.my_mark > self.my_mark_shown {
                heard.them.push(format!("read {} {ME} {}", self.conversation(), self.my_mark));
            }
            heard.them.push(message);
        }
        self.my_mark_shown = self.my_mark;
        heard
    }

    fn read(&mut self) -> Heard {
        let mark = self.messages.len();
        if mark <= self.my_mark {
            return Heard::default();
        }
        self.my_mark = mark;
        let gist = format!("read {} {ME} {mark}", self.conversation());
        let shown = !self.me().hidden && self.person(self.them).is_some_and(|p| self.knows(self.me(), p));
        if shown {
            self.my_mark_shown = mark;
        }
        let told = shown && self.person(self.them).is_some_and(|p| p.online);
        let them = told.then(|| gist.clone()).into_iter().collect();
        Heard { acting: vec![gist.clone()], device: vec![gist], them, fresh: Vec::new() }
    }

    fn window(&mut self, state: &'static str) -> Heard {
        if state != "closed" && !self.i_see_them() && !self.talked() {
            return Heard { acting: vec!["error not_found".into()], ..Heard::default() };
        }
        let before = self.windows.get(&ME).copied();
        let changed = before.unwrap_or("closed") != state;
        if state == "closed" {
            self.windows.remove(&ME);
        } else {
            self.windows.insert(ME, state);
        }
        let dock = self.dock(ME);
        // All of mine learn of a change; who asks for what is so already is shown it alone.
        let device = changed.then(|| dock.clone()).into_iter().collect();
        Heard { acting: vec![dock], device, ..Heard::default() }
    }
}

/// A frame's gist: all of it that the rules speak of.
pub(super) fn gist(frame: &Value) -> String {
    let text = |name: &str| frame[name].as_str().unwrap_or("?").to_owned();
    let texts = |messages: &Value| -> Vec<String> {
        let all = messages.as_array().expect("messages").iter();
        let with = |m: &Value| -> Vec<String> {
            let all = m["reactions"].as_array().into_iter().flatten();
            let shared = all.map(|r| format!(" [{} {}]", r["emoji"].as_str().unwrap_or("?"), r["count"]));
            let own = m["mine"].as_array().into_iter().flatten();
            shared.chain(own.map(|mine| format!(" [mine {}]", mine.as_str().unwrap_or("?")))).collect()
        };
        all.map(|m| format!("{}{}", m["text"].as_str().unwrap_or("(stub)"), with(m).concat())).collect()
    };
    let ids = |contacts: &Value| -> BTreeSet<i64> {
        contacts.as_array().expect("contacts").iter().map(|c| c["id"].as_i64().expect("an id")).collect()
    };
    match frame["type"].as_str().expect("a type") {
        "error" => format!("error {}", text("code")),
        "ack" => format!("ack {}", frame["seq"]),
        // Of an erasure: where the head is.
        "changes" if frame["request"].is_null() && frame["from"] == frame["rev"] => {
            format!("changes {} {}", text("conversation"), frame["rev"])
        }
        "changes" if frame["request"].is_null() => {
            let (m, rev) = (&frame["messages"][0], frame["rev"].as_i64().expect("a rev"));
            assert_eq!((frame["from"].as_i64(), &m["rev"]), (Some(rev - 1), &frame["rev"]), "{frame}");
            let said = texts(&frame["messages"]);
            assert_eq!(said.len(), 1, "{frame}");
            format!("changes {} {rev} {} {} {:?}", text("conversation"), m["seq"], m["sender"], said[0])
        }
        "changes" => {
            format!("changes {} {} {:?}", text("conversation"), frame["rev"], texts(&frame["messages"]))
        }
        "history" => {
            format!("history {} {} {:?}", text("conversation"), frame["seq"], texts(&frame["messages"]))
        }
        "read" => format!("read {} {} {}", text("conversation"), frame["user"], frame["seq"]),
        "typing" => format!("typing {} {}", text("conversation"), frame["user"]),
        "dock" => dock_gist(&frame["windows"]),
        "contacts" => format!("contacts {:?}", ids(&frame["contacts"])),
        "list" => {
            let entries = frame["conversations"].as_array().expect("entries").iter();
            let entry = |entry: &Value| {
                let dock = dock_gist(&Value::Array(vec![entry.clone()]));
                let window = dock.trim_start_matches("dock [").trim_end_matches(']').to_owned();
                let pinned = if entry["pinned"] == true { " pinned" } else { "" };
                format!("{window} {}{pinned}", entry["last"]["text"].as_str().unwrap_or("nothing"))
            };
            format!("list [{}]", entries.map(entry).collect::<Vec<_>>().join("; "))
        }
        "found" => {
            let found = frame["messages"].as_array().expect("messages").iter();
            format!("found {:?}", found.map(|m| m["text"].as_str().expect("a text")).collect::<Vec<_>>())
        }
        "flags" => {
            let pinned = if frame["pinned"] == true { " pinned" } else { "" };
            format!("flags {}{pinned}", text("conversation"))
        }
        "roster" => {
            let there = ids(&frame["contacts"]);
            assert_eq!(frame["total"], there.len(), "a total that gives away more than the list: {frame}");
            format!("roster {} {there:?}", text("circle"))
        }
        "welcome" => {
            let missed = frame["changes"].as_array().expect("changes").iter();
            let missed: Vec<_> = missed
                .map(|c| {
                    let name = c["conversation"].as_str().expect("a name");
                    format!("{name} {} {:?}", c["rev"], texts(&c["messages"]))
                })
                .collect();
            format!("welcome changes [{}] {}", missed.join("; "), dock_gist(&frame["dock"]["windows"]))
        }
        "renewed" | "pong" => text("type"),
        _ => frame.to_string(),
    }
}

fn dock_gist(windows: &Value) -> String {
    let windows = windows.as_array().expect("windows").iter().map(|w| {
        let text = |v: &Value| v.as_str().expect("a text").to_owned();
        let contact = &w["contact"];
        format!(
            "{} {} {} {} {}",
            text(&w["conversation"]),
            text(&w["state"]),
            text(&contact["status"]),
            contact["name"],
            text(&w["writing"])
        )
    });
    format!("dock [{}]", windows.collect::<Vec<_>>().join("; "))
}
