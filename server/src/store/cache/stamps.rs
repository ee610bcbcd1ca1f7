//! What is being written now, and when it was written last: whether something that was read is still so.
//!
//! Many write at the same time, and the order in which the store commits is not known here. So what a write concerns is
//! stamped twice: before the store is asked, since somebody may read the commit before its own caller is answered, and
//! once it has ended, since what was read meanwhile may be of before.

use std::{
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher, Hash},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

use smallvec::{SmallVec, smallvec};

use crate::id::{ConversationId, SiteId, UserId};

/// Subjects share them by hash, instead of a table of who depends on whom; two that share one only cost each other a
/// read now and then. 256 KiB.
const STAMPS: u32 = 1 << 15;
/// The stamp of what concerns everybody, behind the others.
const EVERYTHING: u32 = STAMPS;
/// One who writes, in a stamp. Below this is room for the writes of fifty years.
const WRITER: u64 = 1 << 44;

/// What is written.
#[derive(Hash)]
pub(super) enum Subject<'a> {
    /// A user's record, and their memberships.
    Person(SiteId, UserId),
    /// A user's conversations, marks and windows.
    Talk(SiteId, UserId),
    /// What is in a group or room.
    Conversation(SiteId, &'a ConversationId),
    /// Whether a login has ended.
    Login(SiteId, &'a str),
}

/// The stamps of what one write concerns.
pub(super) type Marks = SmallVec<[u32; 2]>;

/// All stamps, and the clock that they show.
pub(super) struct Stamps {
    /// Rises with each write that has ended.
    clock: AtomicU64,
    stamps: Box<[Stamp]>,
    /// The clock when the result of a write last became unknown. 0: since then another write was done, and by that the
    /// store has decided about the former.
    doubt: AtomicU64,
}

impl Default for Stamps {
    fn default() -> Self {
        let stamps = (0..=EVERYTHING).map(|_| Stamp::default()).collect();
        Self { clock: AtomicU64::new(0), stamps, doubt: AtomicU64::new(0) }
    }
}

impl Stamps {
    /// To be taken before something is read that is to be told again.
    pub(super) fn now(&self) -> u64 {
        self.clock.load(SeqCst)
    }

    /// Of these.
    pub(super) fn marks<'a>(subjects: impl IntoIterator<Item = Subject<'a>>) -> Marks {
        subjects.into_iter().map(|subject| place(&subject)).collect()
    }

    /// Of what may concern anybody.
    pub(super) fn everything() -> Marks {
        smallvec![EVERYTHING]
    }

    /// Before the store is asked to write. Returns when that was.
    pub(super) fn begin(&self, marks: &Marks) -> u64 {
        marks.iter().for_each(|mark| self.stamps[*mark as usize].begin());
        self.now()
    }

    /// That write, begun then, has ended; `wrote`: not without having done something.
    pub(super) fn end(&self, marks: &Marks, begun: u64, wrote: bool) {
        if !wrote {
            marks.iter().for_each(|mark| self.stamps[*mark as usize].end(0));
            return;
        }
        let now = self.tick();
        marks.iter().for_each(|mark| self.stamps[*mark as usize].end(now));
        let doubt = self.doubt.load(SeqCst);
        if doubt != 0 && doubt <= begun {
            // First the stamp: what was read in doubt is not told once that is over.
            let all = &self.stamps[EVERYTHING as usize];
            all.begin();
            all.end(self.tick());
            let _ = self.doubt.compare_exchange(doubt, 0, SeqCst, SeqCst); // another error came in between: it stays
        }
    }

    /// That write has ended, and whether it was done is not known: it may even show later, once the store has looked at
    /// what it has on the disk. Nothing is told again before another write is done.
    pub(super) fn fail(&self, marks: &Marks) {
        let now = self.tick();
        self.doubt.fetch_max(now, SeqCst);
        marks.iter().for_each(|mark| self.stamps[*mark as usize].end(now));
    }

    /// From now on nothing is told again.
    pub(super) fn close(&self) {
        self.stamps[EVERYTHING as usize].begin();
    }

    /// Whether nothing of this was written since then, as far as everybody is concerned.
    pub(super) fn nothing_general_since(&self, time: u64) -> bool {
        self.doubt.load(SeqCst) == 0 && !self.stamps[EVERYTHING as usize].since(time)
    }

    /// Whether this was written since then, or is being written.
    pub(super) fn since(&self, subject: &Subject<'_>, time: u64) -> bool {
        self.stamps[place(subject) as usize].since(time)
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, SeqCst) + 1
    }
}

/// Fixed, so that a simulation is the same each time; whoever finds two users of one stamp wins nothing by it.
fn place(subject: &Subject<'_>) -> u32 {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(subject);
    (hash % u64::from(STAMPS)) as u32
}

/// The clock after the last write that has ended and, above that, how many write now: while somebody does, it is higher
/// than every time.
#[derive(Default)]
struct Stamp(AtomicU64);

impl Stamp {
    fn begin(&self) {
        self.0.fetch_add(WRITER, SeqCst);
    }

    /// 0: nothing was written.
    fn end(&self, now: u64) {
        let ended = |stamp: u64| {
            let (writers, last) = (stamp / WRITER, stamp % WRITER);
            Some(writers.saturating_sub(1) * WRITER + last.max(now))
        };
        let _ = self.0.fetch_update(SeqCst, SeqCst, ended); // it is never refused
    }

    fn since(&self, time: u64) -> bool {
        self.0.load(SeqCst) > time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Subject<'static> {
        Subject::Person(SiteId(1), UserId::new(2).expect("a user"))
    }

    /// Whether what was read then may be told.
    fn holds(stamps: &Stamps, read_at: u64) -> bool {
        stamps.nothing_general_since(read_at) && !stamps.since(&person(), read_at)
    }

    #[test]
    fn what_was_read_before_or_during_a_write_is_not_told() {
        let stamps = Stamps::default();
        let marks = Stamps::marks([person()]);
        let before = stamps.now();
        assert!(holds(&stamps, before));
        let begun = stamps.begin(&marks);
        let during = stamps.now();
        assert!(!holds(&stamps, during), "it may be committed, and its caller not answered");
        let other = stamps.begin(&marks);
        stamps.end(&marks, begun, true);
        assert!(!holds(&stamps, stamps.now()), "another write of the same is under way");
        stamps.end(&marks, other, true);
        assert!(!holds(&stamps, before) && !holds(&stamps, during));
        assert!(holds(&stamps, stamps.now()));
    }

    #[test]
    fn what_wrote_nothing_costs_nothing() {
        let stamps = Stamps::default();
        let marks = Stamps::marks([person()]);
        let before = stamps.now();
        let begun = stamps.begin(&marks);
        stamps.end(&marks, begun, false);
        assert!(holds(&stamps, before));
    }

    #[test]
    fn after_an_error_nothing_is_told_until_a_later_write_is_done() {
        let stamps = Stamps::default();
        let (marks, elsewhere) = (Stamps::marks([person()]), Stamps::marks([Subject::Login(SiteId(1), "a")]));
        let early = stamps.begin(&elsewhere);
        stamps.begin(&marks);
        stamps.fail(&marks);
        let in_doubt = stamps.now();
        assert!(!holds(&stamps, in_doubt));
        stamps.end(&elsewhere, early, true);
        assert!(!holds(&stamps, stamps.now()), "that one may have been committed before the other failed");
        let refused = stamps.begin(&elsewhere);
        stamps.end(&elsewhere, refused, false);
        assert!(!holds(&stamps, stamps.now()), "it may not have come as far as the disk");
        let late = stamps.begin(&elsewhere);
        stamps.end(&elsewhere, late, true);
        assert!(!holds(&stamps, in_doubt));
        assert!(holds(&stamps, stamps.now()));
    }

    #[test]
    fn a_write_that_concerns_everybody_and_the_end_concern_everybody() {
        let stamps = Stamps::default();
        let before = stamps.now();
        let begun = stamps.begin(&Stamps::everything());
        assert!(!holds(&stamps, before));
        stamps.end(&Stamps::everything(), begun, true);
        assert!(!holds(&stamps, before));
        assert!(holds(&stamps, stamps.now()));
        stamps.close();
        assert!(!holds(&stamps, stamps.now()));
    }
}
