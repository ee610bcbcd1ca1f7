//! Lists: all conversations of a user in the order in which they see them, and what they have set of each.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;

use super::{DockWindow, Result};
use crate::{
    fold::Words,
    id::{ConversationId, Kind, Seq, SiteId, UserId},
};

/// Conversations that one user may pin.
pub const PINNED_MOST: usize = 20;

/// Conversations of one user that are looked at for what is unread: the newest.
pub const WAITING_MOST: usize = 1_000;

/// Conversations of one user that are looked at for a name: the newest.
pub const LISTED_MOST: usize = 10_000;

/// The day of a time (UTC), from 1 on for the first of 1970.
pub fn day_of(ms: i64) -> i64 {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    ms.max(0) / DAY_MS + 1
}

/// What somebody has set of a conversation for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// It stands at the top of their list.
    pub pinned: bool,
    /// It is out of their list until a new message comes.
    pub archived: bool,
    /// Until when it is muted; 0: it is not.
    pub muted_until: i64,
}

/// What becomes of flags: what is named is set, the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagChange {
    /// Whether it is pinned.
    pub pinned: Option<bool>,
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// Until when it is muted; up to `at`: it is not.
    pub muted_until: Option<i64>,
    /// The newest message that the user knew of, see [`FlagChange::by`].
    pub known: Option<Seq>,
    /// The server's clock.
    pub at: i64,
}

impl FlagChange {
    /// What is left of it in a conversation whose newest message is `head`: one that the user did not know of would have
    /// taken it out of the archive. In a room messages do not, so there it is archived whatever was written.
    pub fn by(self, kind: Kind, head: Seq) -> Self {
        let is_late = kind != Kind::Room && self.known.is_some_and(|known| known < head);
        Self { archived: self.archived.filter(|archived| !(*archived && is_late)), ..self }
    }

    /// What becomes of flags, for every database.
    pub fn of(self, before: Flags) -> Flags {
        Flags {
            pinned: self.pinned.unwrap_or(before.pinned),
            archived: self.archived.unwrap_or(before.archived),
            muted_until: self
                .muted_until
                .map_or(before.muted_until, |until| if until > self.at { until } else { 0 }),
        }
    }
}

/// What became of a change of flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flagged {
    /// They are so now.
    Done {
        /// As they were.
        before: Flags,
        /// As they are.
        now: Flags,
    },
    /// The conversation has not begun, or the user has no part in it. Nothing was stored.
    NotFound,
    /// So many are pinned already. Nothing was stored.
    TooManyPins,
}

/// The newest message of a conversation that says something to its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// Its number.
    pub seq: Seq,
    /// Who wrote it.
    pub sender: UserId,
    /// What they are called; empty of who was never on record or was removed.
    pub name: Arc<str>,
    /// When it was committed, ms.
    pub sent_at: i64,
    /// What was written.
    pub text: Arc<str>,
}

/// A conversation in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// As its window is, or would be.
    pub window: DockWindow,
    /// Of those that the user reads, stubs aside, among their newest `dock::COUNTED`.
    pub last: Option<Last>,
    /// It is out of the list until a new message comes.
    pub archived: bool,
}

/// A place in a list. Their order is that of the list: pinned ones first, then the newest day first, within a day by
/// the time of `Listed::last`, the newest first, then by the conversation's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// Whether it is among the pinned ones.
    pub pinned: bool,
    /// Of the last message.
    pub day: i64,
    /// Of `Listed::last`; 0 without one.
    pub sent_at: i64,
    /// Which conversation.
    pub conversation: ConversationId,
}

impl Bookmark {
    /// Whether this comes after another.
    pub fn is_after(&self, other: &Self) -> bool {
        self.cmp(other).is_gt()
    }
}

impl PartialOrd for Bookmark {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bookmark {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let newest_first = |b: &Self| (b.pinned, b.day, b.sent_at);
        let names = || self.conversation.to_string().cmp(&other.conversation.to_string());
        newest_first(other).cmp(&newest_first(self)).then_with(names)
    }
}

/// As an opaque `next` of a list.
impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pinned, day, sent_at, conversation } = self;
        write!(f, "{}{day}.{sent_at}.{conversation}", if *pinned { "p" } else { "" })
    }
}

/// The inverse; an error for what that never made.
impl FromStr for Bookmark {
    type Err = ();

    fn from_str(next: &str) -> std::result::Result<Self, ()> {
        let (pinned, rest) = next.strip_prefix('p').map_or((false, next), |rest| (true, rest));
        let mut parts = rest.splitn(3, '.');
        let mut number = || parts.next()?.parse::<i64>().ok().filter(|number| *number >= 0);
        let (day, sent_at) = number().zip(number()).ok_or(())?;
        let conversation = parts.next().ok_or(())?.parse().map_err(|_| ())?;
        Ok(Self { pinned, day, sent_at, conversation })
    }
}

/// Which part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAsk {
    /// Those after this place.
    pub after: Option<Bookmark>,
    /// So many.
    pub limit: usize,
    /// Only those with something unread; of rooms those with a mention. At most `WAITING_MOST` are looked at.
    pub unread: bool,
    /// Only those that are archived. Without it none of them.
    pub archived: bool,
    /// Only those whose name has all of these. At most `LISTED_MOST` are looked at.
    pub words: Words,
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// In order.
    pub listed: Vec<Listed>,
    /// Where the next page begins, if there are more.
    pub next: Option<Bookmark>,
}

/// How far `ListStore::tidy` has come. Of whom it has looked at last, as a database has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The site.
    pub site: i64,
    /// The user.
    pub user: i64,
    /// The day.
    pub day: i64,
    /// The conversation's kind and number.
    pub conversation: (i64, i64),
}

/// Lists, in a store.
#[async_trait]
pub trait ListStore: Send + Sync + 'static {
    /// A part of the user's list, from one moment. What it costs grows with the part, not with the list: only days are
    /// looked at that it needs, and of each day all of it.
    async fn list(&self, site: SiteId, user: UserId, ask: &ListAsk) -> Result<ListPage>;
    /// These conversations, in the order asked, archived or not; not those that have not begun or in which the user has no
    /// part.
    async fn listed(
        &self,
        site: SiteId,
        user: UserId,
        conversations: &[ConversationId],
    ) -> Result<Vec<Listed>>;
    /// What the user has set of a conversation that has begun and in which they have a part.
    async fn flags(&self, site: SiteId, user: UserId, conversation: &ConversationId)
    -> Result<Option<Flags>>;
    /// Sets that. Makes the part of who has none in a room that has begun: whether somebody may be in a room is the
    /// caller's to know.
    async fn flag(
        &self,
        site: SiteId,
        user: UserId,
        conversation: &ConversationId,
        change: FlagChange,
    ) -> Result<Flagged>;
    /// Nothing is muted any more that was muted up to now or less. Of whom.
    async fn unmute(&self, now: i64) -> Result<Vec<(SiteId, UserId)>>;
    /// Looks at the next of those conversations that may have something unread, and forgets that of those which have
    /// nothing, and had no message today. Where it is to go on; `None` at the end. Changes nothing that is told. For a
    /// store that keeps no such note there is nothing to do.
    async fn tidy(&self, _after: Option<Waiting>, _now: i64) -> Result<Option<Waiting>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bookmark(pinned: bool, day: i64, sent_at: i64, conversation: &str) -> Bookmark {
        Bookmark { pinned, day, sent_at, conversation: conversation.parse().expect("a conversation") }
    }

    #[test]
    fn a_place_comes_back_from_its_text_and_nothing_else_is_one() {
        for place in [bookmark(false, 20_787, 1_795_376_400_123, "2-3"), bookmark(true, 1, 0, "r-c.7~a.b")] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in ["", "p", "1.2", "1.2.3", "-1.2.2-3", "1.x.2-3", "q1.2.2-3", "1.2.3-2", "💥"] {
            assert_eq!(text.parse::<Bookmark>(), Err(()), "{text}");
        }
    }

    #[test]
    fn pinned_ones_come_first_and_then_the_newest() {
        let in_order = [
            bookmark(true, 4, 0, "2-3"),
            bookmark(true, 3, 0, "2-3"),
            bookmark(false, 9, 2, "2-3"),
            bookmark(false, 9, 1, "2-3"),
            bookmark(false, 9, 1, "2-4"),
            bookmark(false, 8, 7, "2-3"),
        ];
        assert!(in_order.is_sorted());
        assert!(in_order[1].is_after(&in_order[0]) && !in_order[0].is_after(&in_order[0]));
    }

    #[test]
    fn days_begin_at_midnight_and_with_one() {
        let day = 86_400_000;
        assert_eq!([-5, 0, day - 1, day].map(day_of), [1, 1, 1, 2]);
    }

    #[test]
    fn what_is_named_is_set_and_the_rest_stays() {
        let before = Flags { pinned: true, archived: false, muted_until: 9 };
        let change = FlagChange { at: 5, ..FlagChange::default() };
        assert_eq!(change.of(before), before);
        let change = FlagChange { archived: Some(true), muted_until: Some(5), ..change };
        assert_eq!(change.of(before), Flags { archived: true, muted_until: 0, ..before });
    }

    #[test]
    fn what_was_not_known_is_not_archived_but_in_a_room() {
        let change = |archived, known: Option<i64>| FlagChange {
            archived: Some(archived),
            pinned: Some(true),
            known: known.map(Seq),
            ..FlagChange::default()
        };
        let kept = |kind, change: FlagChange| change.by(kind, Seq(4)).archived.is_some();
        for kind in [Kind::Direct, Kind::Group, Kind::Room] {
            assert_eq!(kept(kind, change(true, Some(3))), kind == Kind::Room);
            assert!([None, Some(4), Some(5)].iter().all(|known| kept(kind, change(true, *known))));
            assert!(kept(kind, change(false, Some(3))), "whatever was written it may be taken out");
            assert_eq!(change(true, Some(3)).by(kind, Seq(4)).pinned, Some(true));
        }
    }
}
