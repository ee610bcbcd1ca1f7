//! Who may do what in a conversation of any kind: may they read it, may they write in it and why not, who hears of what
//! happens there. Every verb asks here, and nowhere else does anybody ask who "the other one" is.
//!
//! A conversation that is not there, one that is not the speaker's and one with somebody whom they may not see are one
//! answer; and how long the answer takes must not tell whether somebody is online whom the speaker may not see online:
//! who is hidden, out of sight, or has left costs the same look-ups in the store, whatever memory has of them.

use std::sync::Arc;

use super::reach::{Reach, Reader};
use crate::{
    error::{Code, Refusal},
    event::Audience,
    id::{ConversationId, Seq, SiteId, UserId},
    protocol::Status,
    rights::{self, Policy, Snapshot},
    roster::Rosters,
    sites::Sites,
    store::{Page, Store},
};

/// After so long at the earliest a speaker asks again whom a pause is just closing.
const PAUSED_MS: u64 = 1_000;

/// Who acts: a connection's site and user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The token's site.
    pub site: SiteId,
    /// The token's user.
    pub user: UserId,
}

/// The answers, over what is known of people.
pub struct Access {
    store: Arc<dyn Store>,
    sites: Arc<Sites>,
    rosters: Arc<Rosters>,
}

/// Whether somebody may write to one other person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    Yes,
    /// They see the other.
    NotAllowed,
    /// Someone out of sight cannot be told from someone who does not exist, unless they have talked before.
    OnlyIfTheyTalked,
}

impl Access {
    /// Over these parts.
    pub fn new(store: Arc<dyn Store>, sites: Arc<Sites>, rosters: Arc<Rosters>) -> Self {
        Self { store, sites, rosters }
    }

    /// The rights of a speaker who is connected. Only a pause takes somebody who is from the rosters: it is about to
    /// close the connection, and what was asked is to be asked again.
    pub fn live(&self, speaker: Speaker) -> Result<Arc<Snapshot>, Refusal> {
        let live = self.rosters.live(speaker.site, speaker.user);
        let paused = || Refusal { retry_after_ms: Some(PAUSED_MS), ..Code::Paused.into() };
        live.ok_or_else(paused)
    }

    /// What the speaker's site allows.
    pub fn policy(&self, site: SiteId) -> Policy {
        self.sites.policy(site)
    }

    /// Those who take part: they read it, and hear of every change.
    pub async fn hears(&self, _site: SiteId, conversation: &ConversationId) -> Audience {
        match conversation {
            ConversationId::Direct(two) => Audience::of(two.both()),
        }
    }

    /// The same people where a message has changed: those who read it, and those whom it is hidden from, who have joined
    /// later or left before. They hear that there was a change, and not what it was.
    pub async fn reads(
        &self,
        site: SiteId,
        conversation: &ConversationId,
        _message: Seq,
    ) -> (Audience, Audience) {
        match conversation {
            ConversationId::Direct(_) => (self.hears(site, conversation).await, Audience::default()),
        }
    }

    /// What the speaker reads of it.
    pub async fn reader<'a>(
        &'a self,
        speaker: Speaker,
        conversation: &'a ConversationId,
    ) -> Result<Reader<'a>, Refusal> {
        let reach = match conversation {
            ConversationId::Direct(two) => two.other(speaker.user).map(|_| Reach::ALL),
        };
        let reach = reach.ok_or(Code::NotFound)?;
        Ok(Reader::new(self.store.as_ref(), speaker.site, conversation, reach))
    }

    /// Whether the speaker takes part.
    pub async fn may_read(&self, speaker: Speaker, conversation: &ConversationId) -> Result<(), Refusal> {
        self.reader(speaker, conversation).await.map(drop)
    }

    /// Whether the speaker, who takes part, may write there now.
    pub async fn may_write(&self, speaker: Speaker, conversation: &ConversationId) -> Result<(), Refusal> {
        let me = self.live(speaker)?;
        let other = other_of(speaker, conversation)?;
        let them = self.last_known(speaker, &me, other).await?;
        let known = match writes(self.policy(speaker.site), (speaker.user, &me), (other, them.as_deref())) {
            Writes::Yes => return Ok(()),
            Writes::NotAllowed => true,
            Writes::OnlyIfTheyTalked => self.has_begun(speaker.site, conversation).await?,
        };
        Err(if known { Code::NotAllowed } else { Code::UnknownRecipient }.into())
    }

    /// Whether the speaker may open a window of it: they see the other person, or have talked with them.
    pub async fn may_open(&self, speaker: Speaker, conversation: &ConversationId) -> Result<(), Refusal> {
        let me = self.live(speaker)?;
        let other = other_of(speaker, conversation)?;
        let them = self.last_known(speaker, &me, other).await?;
        let policy = self.policy(speaker.site);
        let sees = them.is_some_and(|them| rights::may_see(policy, &me.circles, &them.circles));
        if sees || self.has_begun(speaker.site, conversation).await? {
            Ok(())
        } else {
            Err(Code::NotFound.into())
        }
    }

    /// Who hears at once that the speaker has read: themselves, and whoever may know that they are here.
    pub async fn hears_marks(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
    ) -> Result<Audience, Refusal> {
        let me = self.live(speaker)?;
        let other = other_of(speaker, conversation)?;
        let shown = !me.hidden
            && self.last_known(speaker, &me, other).await?.is_some_and(|them| {
                let policy = self.policy(speaker.site);
                rights::may_know(policy, me.side(other), them.side(speaker.user))
            });
        Ok(Audience::of([Some(speaker.user), shown.then_some(other)].into_iter().flatten()))
    }

    /// Who hears that the speaker is writing: those who are online, if the speaker may write to them and is not hidden.
    pub fn hears_typing(&self, speaker: Speaker, conversation: &ConversationId) -> Option<Audience> {
        let me = self.live(speaker).ok()?;
        let other = other_of(speaker, conversation).ok()?;
        let them = self.rosters.live(speaker.site, other)?;
        let may = rights::may_write(self.policy(speaker.site), (speaker.user, &me), (other, &them));
        (may && !me.hidden).then(|| Audience::of([other]))
    }

    /// The rights of somebody, online or not; none of who never came or was removed. Only for those whom the speaker is
    /// shown online, memory is enough.
    async fn last_known(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        other: UserId,
    ) -> Result<Option<Arc<Snapshot>>, Refusal> {
        let online = self.rosters.live(speaker.site, other);
        if self.rosters.status(speaker.site, (speaker.user, me), other) == Status::Online {
            return Ok(online);
        }
        let record = self.store.user(speaker.site, other).await?;
        let stored = record.filter(|record| !record.removed).map(|record| record.snapshot);
        // Memory has the last word, where it has one.
        Ok(online.or(stored))
    }

    /// Whether anything was ever written in it.
    async fn has_begun(&self, site: SiteId, conversation: &ConversationId) -> Result<bool, Refusal> {
        Ok(self.store.history(site, conversation, Page::Newest, 1).await?.0.seq > Seq(0))
    }
}

/// The other person of a direct conversation.
fn other_of(speaker: Speaker, conversation: &ConversationId) -> Result<UserId, Code> {
    conversation.direct().and_then(|two| two.other(speaker.user)).ok_or(Code::NotFound)
}

/// The rule for a direct conversation.
fn writes(
    policy: Policy,
    (id, me): (UserId, &Snapshot),
    (other, them): (UserId, Option<&Snapshot>),
) -> Writes {
    let Some(them) = them else { return Writes::OnlyIfTheyTalked };
    if rights::may_write(policy, (id, me), (other, them)) {
        Writes::Yes
    } else if rights::may_see(policy, &me.circles, &them.circles) {
        Writes::NotAllowed
    } else {
        Writes::OnlyIfTheyTalked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::{Membership, Role};

    fn user(id: i64) -> UserId {
        UserId::new(id).expect("a user")
    }

    fn student(course: &str) -> Snapshot {
        let id = course.parse().expect("a circle");
        Snapshot {
            rights: ["chat".into()].into(),
            circles: [Membership { id, role: Role::Student, title: "".into() }].into(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn who_is_out_of_sight_is_who_does_not_exist() {
        let (ana, bruno) = (user(2), user(3));
        let ask = |policy, me: &Snapshot, them: Option<&Snapshot>| writes(policy, (ana, me), (bruno, them));
        let (policy, me) = (Policy::default(), student("c7"));
        assert_eq!(ask(policy, &me, Some(&student("c7"))), Writes::Yes);
        assert_eq!(ask(policy, &me, Some(&student("c8"))), Writes::OnlyIfTheyTalked);
        assert_eq!(ask(policy, &me, None), Writes::OnlyIfTheyTalked);
        let strict = Policy { students_see_students: false, ..policy };
        assert_eq!(ask(strict, &me, Some(&student("c7"))), Writes::OnlyIfTheyTalked);
        let blocks = Snapshot { blocked: [ana].into(), ..student("c7") };
        assert_eq!(ask(policy, &me, Some(&blocks)), Writes::NotAllowed);
        let out = Snapshot { rights: [].into(), ..student("c7") };
        assert_eq!(ask(policy, &me, Some(&out)), Writes::NotAllowed);
    }
}
