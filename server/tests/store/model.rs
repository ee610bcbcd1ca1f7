//! Docks, lists, marks and unread counts against a model that is too simple to be wrong: it keeps every message and row in
//! vectors and works everything out anew. The rule of which windows are listed (`Facts`) is held equal to it too, and so
//! to the statement by which a database decides.
//!
//! It is past 500 lines because all of it is one model, and one walk through it.

use std::collections::BTreeMap;

use gchat::{
    conversation::System,
    dock::Facts,
    id::{ConversationId, Kind, RightsVersion, Seq, SiteId},
    store::{
        Change, DockWindow, FlagChange, Flagged, Flags, ListAsk, NewMark, NewMessage, NewSystem, Noted,
        Origin, Page, WindowChange, WindowState, day_of,
    },
};
use proptest::prelude::*;

use crate::util::{
    AnyStore, THEN, appended, between, deed, group, hold, mark, message_in, room, site, snapshot, user, users,
};

const DAY: i64 = 86_400_000;
const PEOPLE: std::ops::RangeInclusive<i64> = 1..=4;
/// Those who are in the group when it is made.
const MADE_WITH: std::ops::RangeInclusive<i64> = 1..=3;

/// Which conversation a step is in: the direct one of somebody and this person, or the group or room.
#[derive(Clone, Copy, Debug)]
enum In {
    Two(i64),
    Group,
    Room,
}

#[derive(Clone, Debug)]
enum Step {
    /// By whom, and whom it mentions where that is possible.
    Send(In, i64, Option<i64>),
    Read(In, i64, i64, bool),
    /// The last two: how old the base is, and the most windows.
    Window(In, i64, WindowState, i64, usize),
    /// A message, by its place in the conversation, is edited or becomes a stub.
    Edit(In, i64, usize),
    Delete(In, i64, usize),
    /// The first puts the other into the group or out of it, or gives it another title.
    Member(i64, i64, Option<bool>),
    /// Somebody holds the group's course now, or does not.
    Course(i64, bool),
    Remove(i64),
    /// Pinned, archived, for how many days it is muted, and the newest message that they know of.
    Flag(In, i64, Option<bool>, Option<bool>, Option<i64>, Option<i64>),
    /// So many days go by, and what goes by the clock is done.
    Days(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let place = || {
        let one = prop_oneof![4 => PEOPLE.prop_map(In::Two), 3 => Just(In::Group), 3 => Just(In::Room)];
        let is_one = |(place, who): &(In, i64)| !matches!(place, In::Two(other) if other == who);
        (one, PEOPLE).prop_filter("two people", is_one)
    };
    let state = prop_oneof![Just(WindowState::Open), Just(WindowState::Minimised), Just(WindowState::Closed)];
    let whom = prop::option::of(PEOPLE);
    prop_oneof![
        7 => (place(), whom).prop_map(|((place, who), whom)| Step::Send(place, who, whom)),
        4 => (place(), 0..8i64, any::<bool>()).prop_map(|((place, who), seq, p)| Step::Read(place, who, seq, p)),
        7 => (place(), state, 0..3i64, 1..5usize)
            .prop_map(|((place, who), s, old, most)| Step::Window(place, who, s, old, most)),
        1 => (place(), 0..8usize).prop_map(|((place, who), n)| Step::Edit(place, who, n)),
        4 => (place(), 0..8usize).prop_map(|((place, who), n)| Step::Delete(place, who, n)),
        3 => (PEOPLE, PEOPLE, prop::option::of(any::<bool>())).prop_map(|(by, who, i)| Step::Member(by, who, i)),
        2 => (PEOPLE, any::<bool>()).prop_map(|(who, holds)| Step::Course(who, holds)),
        1 => PEOPLE.prop_map(Step::Remove),
        5 => (place(), any::<(Option<bool>, Option<bool>)>(), prop::option::of(0..3i64), prop::option::of(0..8i64))
            .prop_map(|((place, who), (pin, archive), mute, seq)| Step::Flag(place, who, pin, archive, mute, seq)),
        2 => (1..3i64).prop_map(Step::Days),
    ]
}

struct Sent {
    /// None once it is a stub, and of what has happened.
    sender: Option<i64>,
    mentions: Option<i64>,
    /// Its place in the order of commits.
    order: usize,
    at: i64,
}

/// A conversation as the list has it: as `Listed`, and the seq of its last message, and whether it is pinned, archived
/// and muted.
type Entry = (ConversationId, WindowState, i64, i64, Option<i64>, Flags);

/// A window as listed: conversation, state, unread, mentions, read, other's read.
type Listed = (ConversationId, WindowState, i64, i64, i64, i64);

struct Model {
    group: ConversationId,
    room: ConversationId,
    messages: BTreeMap<ConversationId, Vec<Sent>>,
    committed: usize,
    /// By conversation and owner, once it has begun for them.
    marks: BTreeMap<(ConversationId, i64), Mark>,
    rows: BTreeMap<(i64, ConversationId), Row>,
    /// Who holds the group's course.
    holds: BTreeMap<i64, bool>,
    /// Rights versions so far.
    versions: i64,
    now: i64,
}

#[derive(Clone, Copy, Default)]
struct Mark {
    read: i64,
    published: i64,
    /// Of the group: by which message they came and left, and its head when they lost its course.
    first: i64,
    left: Option<i64>,
    lost: Option<i64>,
    day: i64,
    flags: Flags,
}

impl Mark {
    fn is_in(&self) -> bool {
        self.left.is_none() && self.lost.is_none()
    }

    /// Something has come on this day.
    fn touch(&mut self, day: i64) {
        self.day = self.day.max(day);
        self.flags.archived = false;
    }
}

struct Row {
    state: WindowState,
    version: i64,
    opened: i64,
    closed_seq: i64,
}

impl Model {
    fn id(&self, place: In, who: i64) -> ConversationId {
        match place {
            In::Two(other) => between(who, other),
            In::Group => self.group.clone(),
            In::Room => self.room.clone(),
        }
    }

    /// All that somebody may have a window of.
    fn places(&self, owner: i64) -> Vec<ConversationId> {
        let two = PEOPLE.filter(|other| *other != owner).map(|other| between(owner, other));
        two.chain([self.group.clone(), self.room.clone()]).collect()
    }

    fn talk(&self, id: &ConversationId) -> &[Sent] {
        self.messages.get(id).map_or(&[], Vec::as_slice)
    }

    fn head(&self, id: &ConversationId) -> i64 {
        self.talk(id).len() as i64
    }

    fn mark(&self, id: &ConversationId, owner: i64) -> Option<Mark> {
        self.marks.get(&(id.clone(), owner)).copied()
    }

    fn is_in(&self, id: &ConversationId, who: i64) -> bool {
        self.mark(id, who).is_some_and(|mark| mark.is_in())
    }

    fn row(&self, owner: i64, id: &ConversationId) -> Option<&Row> {
        self.rows.get(&(owner, id.clone()))
    }

    /// Seq and order of commit of others' messages above a seq; with `mentions` only of those that mention the owner.
    fn above(&self, owner: i64, id: &ConversationId, seq: i64, mentions: bool) -> Vec<(i64, usize)> {
        let by_others = |sent: &Sent| sent.sender.is_some_and(|sender| sender != owner);
        let counts = |sent: &Sent| by_others(sent) && (!mentions || sent.mentions == Some(owner));
        let all = (1..).zip(self.talk(id)).filter(|(at, sent)| *at > seq && counts(sent));
        all.map(|(at, sent)| (at, sent.order)).collect()
    }

    /// What would bring a window back, above what they have read.
    fn unseen(&self, owner: i64, id: &ConversationId) -> Vec<(i64, usize)> {
        let mark = self.mark(id, owner).filter(Mark::is_in);
        mark.map_or_else(Vec::new, |mark| self.above(owner, id, mark.read, self.is_quiet(owner, id)))
    }

    /// Only mentions bring it back.
    fn is_quiet(&self, owner: i64, id: &ConversationId) -> bool {
        id.kind() == Kind::Room || self.mark(id, owner).is_some_and(|mark| mark.flags.muted_until > 0)
    }

    /// Version and windows.
    fn dock(&self, owner: i64) -> (i64, Vec<Listed>) {
        let mut windows = Vec::new();
        for id in self.places(owner) {
            let place = match self.row(owner, &id) {
                Some(row) if row.state != WindowState::Closed => Some((0, row.opened as usize, row.state)),
                row => {
                    let closed = row.map_or(0, |row| row.closed_seq);
                    let first = self.unseen(owner, &id).into_iter().find(|(seq, _)| *seq > closed);
                    first.map(|(_, order)| (1, order, WindowState::Minimised))
                }
            };
            let Some((late, order, state)) = place else { continue };
            let mark = self.mark(&id, owner);
            // Without a mark they were removed, or have never been there: what there was before counts as read.
            let read = mark.map_or(self.head(&id), |mark| mark.read);
            let [unread, mentions] = self.unread(owner, &id);
            let other = id.direct().and_then(|two| two.other(user(owner)));
            let others = other.and_then(|other| self.mark(&id, other.get())).map_or(0, |mark| mark.published);
            windows.push(((late, order), (id, state, unread, mentions, read, others)));
        }
        windows.sort_by_key(|(place, _)| *place);
        (self.version(owner), windows.into_iter().map(|(_, window)| window).collect())
    }

    /// Messages that are not read, and those of them that mention the owner.
    fn unread(&self, owner: i64, id: &ConversationId) -> [i64; 2] {
        let counted = self.mark(id, owner).filter(Mark::is_in).map_or(i64::MAX, |mark| mark.read);
        [false, true].map(|mentions| {
            let is_told = !mentions || id.kind() != Kind::Direct;
            self.above(owner, id, counted, mentions).len() as i64 * i64::from(is_told)
        })
    }

    /// The list, of those that are archived or of the others.
    fn list(&self, owner: i64, archived: bool, unread: bool) -> Vec<Entry> {
        let mut all = Vec::new();
        for id in self.places(owner) {
            let Some(mark) = self.mark(&id, owner).filter(|mark| mark.flags.archived == archived) else {
                continue;
            };
            let end = mark.left.into_iter().chain(mark.lost).min().unwrap_or(i64::MAX);
            let reads = |seq: &i64| (mark.first..=end).contains(seq);
            let said = (1..).zip(self.talk(&id)).filter(|(at, sent)| reads(at) && sent.sender.is_some());
            let last = said.last().map(|(seq, sent)| (seq, sent.at));
            let [count, mentions] = self.unread(owner, &id);
            if unread && (if id.kind() == Kind::Room { mentions } else { count }) == 0 {
                continue;
            }
            let place = (!mark.flags.pinned, -mark.day, -last.map_or(0, |(_, at)| at), id.to_string());
            let state = self.facts(owner, &id).shown();
            all.push((place, (id, state, count, mentions, last.map(|(seq, _)| seq), mark.flags)));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.into_iter().map(|(_, entry)| entry).collect()
    }

    /// What the rule of listed windows is asked.
    fn facts(&self, owner: i64, id: &ConversationId) -> Facts {
        let row = self.row(owner, id);
        let (is_room, quiet) = (id.kind() == Kind::Room, self.is_quiet(owner, id));
        let by_others = if is_room { Vec::new() } else { self.above(owner, id, 0, false) };
        let mentions = if quiet { self.unseen(owner, id) } else { Vec::new() };
        let newest = |all: Vec<(i64, usize)>| Seq(all.last().map_or(0, |(seq, _)| *seq));
        let read = self.mark(id, owner).filter(Mark::is_in).map(|mark| Seq(mark.read));
        Facts {
            state: row.map(|row| row.state),
            closed_seq: Seq(row.map_or(0, |row| row.closed_seq)),
            read_seq: if is_room { Some(Seq(0)) } else { read },
            newest_by_others: newest(by_others),
            quiet,
            newest_mention: newest(mentions),
        }
    }

    fn version(&self, owner: i64) -> i64 {
        let rows = self.rows.iter().filter(|((o, _), _)| *o == owner);
        rows.map(|(_, row)| row.version).max().unwrap_or(0)
    }

    fn shown(&self, owner: i64, id: &ConversationId) -> WindowState {
        let listed = self.dock(owner).1.into_iter().find(|window| window.0 == *id);
        listed.map_or(WindowState::Closed, |window| window.1)
    }

    /// Whoever has no mark has read what there was.
    fn joins(&mut self, id: &ConversationId, who: i64) {
        let (read, day) = (self.head(id), day_of(self.now));
        self.marks.entry((id.clone(), who)).or_insert(Mark { read, day, ..Mark::default() });
    }

    fn push(&mut self, id: &ConversationId, sender: Option<i64>, mentions: Option<i64>) {
        self.committed += 1;
        let (order, at) = (self.committed, self.now);
        self.messages.entry(id.clone()).or_default().push(Sent { sender, mentions, order, at });
    }

    /// Whose windows came back.
    fn send(&mut self, id: &ConversationId, from: i64, whom: Option<i64>) -> Vec<i64> {
        let others: Vec<i64> = match id.kind() {
            Kind::Direct => PEOPLE.filter(|other| *other != from && *id == between(from, *other)).collect(),
            Kind::Group => PEOPLE.filter(|other| *other != from && self.is_in(id, *other)).collect(),
            Kind::Room => Vec::new(),
        };
        let comes_back = |other: &i64| {
            let is_heard = !self.is_quiet(*other, id) || whom == Some(*other);
            is_heard && self.shown(*other, id) == WindowState::Closed
        };
        let came_back = others.iter().copied().filter(comes_back).collect();
        let join = match id.kind() {
            Kind::Direct => others,
            Kind::Group => Vec::new(),
            Kind::Room => whom.into_iter().collect(),
        };
        if id.kind() != Kind::Group {
            join.into_iter().chain([from]).for_each(|one| self.joins(id, one));
        }
        self.push(id, Some(from), whom);
        let day = day_of(self.now);
        for ((at, who), mark) in &mut self.marks {
            let concerns = id.kind() != Kind::Room || *who == from || whom == Some(*who);
            if at == id && mark.is_in() && concerns {
                mark.touch(day);
            }
        }
        let mark = self.marks.get_mut(&(id.clone(), from)).unwrap();
        mark.published = mark.read;
        came_back
    }

    fn read(&mut self, id: &ConversationId, reader: i64, seq: i64, publish: bool) -> Option<i64> {
        let seq = seq.min(self.head(id));
        let day = day_of(self.now);
        if id.kind() == Kind::Room && seq > 0 {
            self.marks.entry((id.clone(), reader)).or_insert(Mark { day, ..Mark::default() });
        }
        let mark = self.marks.get_mut(&(id.clone(), reader)).filter(|mark| mark.read < seq)?;
        mark.read = seq;
        if id.kind() == Kind::Room {
            mark.day = mark.day.max(day);
        }
        if publish {
            mark.published = seq;
        }
        Some(seq)
    }

    fn window(
        &mut self,
        owner: i64,
        id: &ConversationId,
        state: WindowState,
        base: i64,
        most: usize,
    ) -> bool {
        let row = self.row(owner, id);
        if row.is_some_and(|row| row.version > base) || self.shown(owner, id) == state {
            return false;
        }
        let version = self.version(owner) + 1;
        let kept = row.filter(|row| row.state != WindowState::Closed).map(|row| row.opened);
        let closed_seq = if state == WindowState::Closed { self.head(id) } else { 0 };
        let row = Row { state, version, opened: kept.unwrap_or(version), closed_seq };
        self.rows.insert((owner, id.clone()), row);
        let open = |row: &Row| row.state != WindowState::Closed;
        let mut order: Vec<_> = self
            .rows
            .iter()
            .filter(|((o, _), row)| *o == owner && open(row))
            .map(|(place, row)| (row.opened, place.clone()))
            .collect();
        order.sort();
        let excess = if kept.is_some() { 0 } else { order.len().saturating_sub(most) };
        for (_, place) in &order[..excess] {
            let row = self.rows.get_mut(place).unwrap();
            *row = Row { state: WindowState::Closed, version, opened: row.opened, closed_seq: 0 };
        }
        true
    }

    /// The seq of a message that is no stub.
    fn pick(&self, id: &ConversationId, n: usize) -> Option<i64> {
        self.talk(id).get(n).filter(|sent| sent.sender.is_some()).map(|_| n as i64 + 1)
    }

    fn delete(&mut self, id: &ConversationId, seq: i64) {
        self.messages.get_mut(id).unwrap()[seq as usize - 1].sender = None;
    }

    /// Somebody is put into the group or out of it by its newest message.
    fn member(&mut self, who: i64, is_in: bool) {
        let (id, seq) = (self.group.clone(), self.head(&self.group));
        let (lost, day) = ((!self.holds[&who]).then_some(seq), day_of(self.now));
        let mark = self.marks.entry((id, who)).or_default();
        if is_in {
            *mark = Mark { read: seq, first: seq, left: None, lost, ..*mark };
            mark.touch(day);
        } else {
            mark.left = Some(seq);
        }
    }

    fn course(&mut self, who: i64, holds: bool) {
        self.holds.insert(who, holds);
        let said = (1..).zip(self.talk(&self.group)).filter(|(_, sent)| sent.sender.is_some());
        let last: Option<(i64, i64)> = said.last().map(|(seq, sent)| (seq, sent.at));
        let head = self.head(&self.group);
        let Some(mark) = self.marks.get_mut(&(self.group.clone(), who)) else { return };
        if !holds {
            mark.lost = mark.lost.or((mark.left.is_none()).then_some(head));
        } else if let Some(lost) = mark.lost.take()
            && let Some((_, at)) = last.filter(|(seq, _)| *seq > lost)
            && mark.left.is_none()
        {
            mark.touch(day_of(at));
        }
    }

    fn flag(&mut self, id: &ConversationId, who: i64, change: FlagChange) -> Flagged {
        let head = Seq(i64::try_from(self.talk(id).len()).unwrap());
        if head.0 == 0 {
            return Flagged::NotFound;
        }
        if id.kind() == Kind::Room {
            self.joins(id, who);
        }
        let Some(mark) = self.marks.get_mut(&(id.clone(), who)) else { return Flagged::NotFound };
        let (before, now) = (mark.flags, change.by(id.kind(), head).of(mark.flags));
        mark.flags = now;
        Flagged::Done { before, now }
    }

    fn unmute(&mut self) -> Vec<i64> {
        let now = self.now;
        let ends = |mark: &Mark| (1..=now).contains(&mark.flags.muted_until);
        let mut of = Vec::new();
        for ((_, who), mark) in self.marks.iter_mut().filter(|(_, mark)| ends(mark)) {
            mark.flags.muted_until = 0;
            of.push(*who);
        }
        of.sort();
        of
    }

    fn remove(&mut self, gone: i64) {
        for sent in self.messages.values_mut().flatten() {
            if sent.sender == Some(gone) {
                sent.sender = None;
            }
            if sent.mentions == Some(gone) {
                sent.mentions = None;
            }
        }
        self.marks.retain(|(_, owner), _| *owner != gone);
        self.rows.retain(|(owner, _), _| *owner != gone);
        self.holds.insert(gone, true); // they are back at once
    }

    fn next_version(&mut self) -> i64 {
        self.versions += 1;
        self.versions
    }
}

async fn dock(store: &AnyStore, site: SiteId, owner: i64) -> (i64, Vec<Listed>) {
    let dock = store.dock(site, user(owner)).await.unwrap();
    let listed =
        |w: DockWindow| (w.conversation, w.state, w.unread, w.mentions, w.read_seq.0, w.other_read_seq.0);
    (dock.version, dock.windows.into_iter().map(listed).collect())
}

/// The list by pages of two, which are one list.
async fn list(store: &AnyStore, site: SiteId, owner: i64, archived: bool, unread: bool) -> Vec<Entry> {
    let mut ask = ListAsk { limit: 2, archived, unread, ..ListAsk::default() };
    let mut all: Vec<gchat::store::Listed> = Vec::new();
    loop {
        let page = store.list(site, user(owner), &ask).await.unwrap();
        assert!(page.listed.len() == 2 || page.next.is_none(), "only the last page is shorter");
        all.extend(page.listed);
        match page.next {
            // As a client gives it back.
            Some(next) => ask.after = Some(next.to_string().parse().unwrap()),
            None => break,
        }
    }
    let ids: Vec<ConversationId> = all.iter().map(|one| one.window.conversation.clone()).collect();
    assert_eq!(store.listed(site, user(owner), &ids).await.unwrap(), all, "the same where they are named");
    let entry = |gchat::store::Listed { window: w, last, archived }| {
        let flags = Flags { pinned: w.pinned, archived, muted_until: w.muted_until };
        (w.conversation, w.state, w.unread, w.mentions, last.map(|last| last.seq.0), flags)
    };
    all.into_iter().map(entry).collect()
}

/// A group has been made.
async fn begin(store: &AnyStore, site: SiteId) -> Model {
    let made_with: Vec<i64> = MADE_WITH.collect();
    let group = group(store, site, &made_with).await;
    for id in PEOPLE.filter(|id| !MADE_WITH.contains(id)) {
        hold(store, site, id, 1, &["c7"]).await;
    }
    let mut model = Model {
        group: group.clone(),
        room: room("c7"),
        messages: BTreeMap::new(),
        committed: 0,
        marks: BTreeMap::new(),
        rows: BTreeMap::new(),
        holds: PEOPLE.map(|id| (id, true)).collect(),
        versions: 1,
        now: THEN,
    };
    model.push(&group, None, None);
    MADE_WITH.for_each(|id| model.member(id, true));
    model
}

async fn walk(store: &AnyStore, site: SiteId, model: &mut Model, step: Step) {
    match step.clone() {
        Step::Send(place, from, whom) => {
            let id = model.id(place, from);
            if id.kind() == Kind::Group && model.mark(&id, from).is_none() {
                store.append(message_in(site, &id, from, &[])).await.unwrap_err(); // as a stranger
                return;
            }
            let reads = |whom: &i64| match id.kind() {
                Kind::Direct => false,
                Kind::Group => model.is_in(&id, *whom),
                Kind::Room => true,
            };
            let whom = whom.filter(|whom| *whom != from && reads(whom));
            let mentions: Vec<i64> = whom.into_iter().collect();
            let new = NewMessage { sent_at: model.now, ..message_in(site, &id, from, &mentions) };
            let (message, came_back) = appended(store, new).await;
            assert_eq!(came_back, model.send(&id, from, whom), "{step:?}");
            assert_eq!(message.seq.0, model.head(&id));
        }
        Step::Read(place, reader, seq, publish) => {
            let id = model.id(place, reader);
            let rose = store
                .read(site, &id, user(reader), NewMark { at: model.now, ..mark(seq, publish) })
                .await
                .unwrap();
            assert_eq!(rose.map(|Seq(seq)| seq), model.read(&id, reader, seq, publish), "{step:?}");
        }
        Step::Window(place, owner, state, old, most) => {
            let (id, base) = (model.id(place, owner), model.version(owner) - old);
            let change = WindowChange { state, base, seen: None, session: None };
            let done = store.set_window(site, user(owner), &id, change, most).await.unwrap();
            assert_eq!(done, model.window(owner, &id, state, base, most), "{step:?}");
        }
        Step::Edit(place, who, n) | Step::Delete(place, who, n) => {
            let id = model.id(place, who);
            let Some(seq) = model.pick(&id, n) else { return };
            let mut message = store.message(site, &id, Seq(seq)).await.unwrap().unwrap();
            if matches!(step, Step::Delete(..)) {
                message = message.stub();
                model.delete(&id, seq);
            } else {
                message.edited_at = Some(1);
            }
            store.change(Change { site, conversation: id, message }).await.unwrap().unwrap();
        }
        Step::Member(by, who, is_in) => {
            let id = model.group.clone();
            let is_there = model.mark(&id, who).is_some_and(|mark| mark.left.is_none());
            let system = match is_in {
                Some(true) if !is_there => System::Added { users: users(&[who]) },
                Some(false) if is_there && by == who => System::Left,
                Some(false) if is_there => System::Removed { users: users(&[who]) },
                Some(_) => return, // it is so already
                None => System::Renamed { title: "Another".into() },
            };
            let new = NewSystem { at: model.now, ..deed(store, site, &id, by, system).await };
            assert!(matches!(store.note(new).await.unwrap(), Noted::New { .. }), "{step:?}");
            model.push(&id, None, None);
            if let Some(is_in) = is_in {
                model.member(who, is_in);
            }
        }
        Step::Course(who, holds) => {
            let version = model.next_version();
            hold(store, site, who, version, if holds { &["c7"] } else { &[] }).await;
            model.course(who, holds);
        }
        Step::Flag(place, who, pinned, archived, days, known) => {
            let (id, at) = (model.id(place, who), model.now);
            let muted_until = days.map(|days| if days == 0 { 0 } else { at + days * DAY });
            let change = FlagChange { pinned, archived, muted_until, known: known.map(Seq), at };
            let flagged = store.flag(site, user(who), &id, change).await.unwrap();
            assert_eq!(flagged, model.flag(&id, who, change), "{step:?}");
            let flags = store.flags(site, user(who), &id).await.unwrap();
            assert_eq!(flags, model.mark(&id, who).map(|mark| mark.flags), "{step:?}");
        }
        Step::Days(days) => {
            model.now += days * DAY;
            let mut unmuted = store.unmute(model.now).await.unwrap();
            unmuted.retain(|(at, _)| *at == site);
            let mut of: Vec<i64> = unmuted.into_iter().map(|(_, user)| user.get()).collect();
            of.sort();
            assert_eq!(of, model.unmute(), "{step:?}");
            let mut after = None;
            loop {
                after = store.tidy(after, model.now).await.unwrap();
                if after.is_none() {
                    break;
                }
            }
        }
        Step::Remove(gone) => {
            model.remove(gone);
            let version = model.next_version();
            store.remove_user(site, user(gone), RightsVersion(version)).await.unwrap();
            let back = snapshot(model.next_version(), "back");
            store.put_user(site, user(gone), back, Origin::Call).await.unwrap();
        }
    }
}

async fn run(store: &AnyStore, steps: Vec<Step>) {
    let site = site(store).await;
    let mut model = begin(store, site).await;
    for step in steps {
        walk(store, site, &mut model, step.clone()).await;
        for owner in PEOPLE {
            assert_eq!(dock(store, site, owner).await, model.dock(owner), "of {owner} after {step:?}");
            for (archived, unread) in [(false, false), (false, true), (true, false), (true, true)] {
                let listed = list(store, site, owner, archived, unread).await;
                assert_eq!(listed, model.list(owner, archived, unread), "of {owner} after {step:?}");
            }
            for id in model.places(owner) {
                let facts = model.facts(owner, &id);
                assert_eq!(facts.shown(), model.shown(owner, &id), "{facts:?} after {step:?}");
            }
        }
    }
    for (id, talk) in &model.messages {
        let (head, kept) = store.history(site, id, Page::Newest, 999).await.unwrap();
        assert_eq!(head.seq.0 as usize, talk.len());
        assert!(head.rev.0 >= head.seq.0);
        let text = |erased: bool| if erased { None } else { Some("x") };
        let expected: Vec<_> = talk.iter().map(|sent| text(sent.sender.is_none())).collect();
        assert_eq!(kept.iter().map(|m| m.text.as_deref()).collect::<Vec<_>>(), expected);
        assert!(kept.iter().all(|m| m.rev <= head.rev));
    }
}

pub(crate) async fn docks_are_what_a_naive_model_says(store: AnyStore) {
    let runtime = tokio::runtime::Handle::current();
    let told = tokio::task::spawn_blocking(move || {
        proptest!(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() },
        |(steps in prop::collection::vec(step(), 1..60))| {
            runtime.block_on(run(&store, steps));
        });
    });
    told.await.unwrap();
}
