//! Groups: making one, adding people, taking them out, leaving, and giving one another title.
//!
//! The rules are pure functions over the group and the rights of those concerned; each verb is judged again where the group
//! has changed meanwhile.

use std::{collections::BTreeSet, sync::Arc};

use super::{Speaker, Talk, Try, note::Judged, text};
use crate::{
    allowances::Kind,
    conversation::System,
    error::{Code, Refusal},
    id::{CircleId, ConversationId, Rev, Seq, UserId},
    protocol::ServerFrame,
    rights::{self, Policy, Role, Snapshot},
    store::{Group, Part},
};

/// Members of a group at a time, and people over its life (protocol/README.md, "Groups").
pub const GROUP_MOST: usize = 50;
/// See `GROUP_MOST`.
pub const GROUP_PEOPLE_MOST: usize = 200;

/// Members that a group begins with, at least.
const GROUP_LEAST: usize = 3;

/// Characters of a title.
const TITLE_CHARS: usize = 100;

/// What a verb asks for, as the frame has it.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Make a group of a course, with these beside the speaker.
    Make {
        /// A circle without a group.
        course: CircleId,
        /// Untrimmed.
        title: Arc<str>,
        /// Who.
        users: Vec<UserId>,
    },
    /// Add people. Those who are in it already are passed over.
    Add(Vec<UserId>),
    /// Take somebody out; the speaker themselves: leave.
    Remove(UserId),
    /// Give it another title, untrimmed.
    Rename(Arc<str>),
}

impl Wish {
    /// As it is stored: titles trimmed, everybody named once and nobody by themselves.
    fn shaped(self, speaker: UserId) -> Result<Self, Code> {
        Ok(match self {
            Self::Make { course, title, users } => {
                let (title, users) = (titled(&title)?, others(users, speaker)?);
                let fits =
                    (GROUP_LEAST..=GROUP_MOST).contains(&(users.len() + 1)) && course.group().is_none();
                if !fits {
                    return Err(Code::BadGroup);
                }
                Self::Make { course, title, users }
            }
            Self::Add(users) => {
                let users = others(users, speaker)?;
                if users.is_empty() {
                    return Err(Code::BadGroup);
                }
                Self::Add(users)
            }
            Self::Remove(user) => Self::Remove(user),
            Self::Rename(title) => Self::Rename(titled(&title)?),
        })
    }
}

impl Talk {
    /// Makes a group, or changes who is in one or what it is called. `of.id` is the verb's.
    pub async fn group(
        &self,
        of: Try<'_>,
        conversation: &ConversationId,
        wish: Wish,
        now: i64,
    ) -> Result<ServerFrame, Refusal> {
        self.take(of.speaker)?;
        if !matches!(conversation, ConversationId::Group(_)) {
            return Err(Code::NotFound.into());
        }
        // Whoever has no part in it waits for nobody there.
        if !matches!(wish, Wish::Make { .. }) {
            self.access.own_group(of.speaker, conversation).await?;
        }
        let wish = wish.shaped(of.speaker.user);
        let _order = self.order.lock((of.speaker.site, conversation)).await;
        self.note(of, conversation, now, || self.judge(of.speaker, conversation, wish.clone())).await
    }

    async fn judge(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
        wish: Result<Wish, Code>,
    ) -> Result<Judged, Refusal> {
        let me = self.access.live(speaker)?;
        let policy = self.access.policy(speaker.site);
        let group = self.access.group_of(speaker.site, conversation).await?;
        let people = match (&wish, &group) {
            (Ok(Wish::Make { users, .. }), None) => self.people(speaker, &me, users.iter().copied()).await?,
            (Ok(Wish::Add(users)), Some(group)) => {
                let members = group.members().map(|part| part.user);
                let all: BTreeSet<UserId> = members.chain(users.iter().copied()).collect();
                self.people(speaker, &me, all.into_iter().filter(|user| *user != speaker.user)).await?
            }
            _ => Vec::new(),
        };
        let system = judge(policy, (speaker.user, &me), group.as_ref(), &people, wish)?;
        let (system, course) = system;
        if let Some(System::Made { users, .. } | System::Added { users }) = &system {
            let count = users.len() as u64;
            let allowance = self.allowances.of(speaker.site, speaker.user);
            allowance.take_many(Kind::Invitations, count).map_err(Refusal::rate_limited)?;
        }
        let head = group.map(|group| group.head);
        Ok(Judged {
            system,
            course,
            at: head.map_or(Rev(0), |head| head.rev),
            head: head.map_or(Seq(0), |head| head.seq),
        })
    }

    /// The rights of these people as far as they are known; nothing of who never came or was removed.
    async fn people(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        users: impl IntoIterator<Item = UserId>,
    ) -> Result<Vec<(UserId, Option<Arc<Snapshot>>)>, Refusal> {
        let mut people = Vec::new();
        for user in users {
            people.push((user, self.access.last_known(speaker, me, user).await?));
        }
        Ok(people)
    }
}

/// The rule of all four: what is to happen (nothing: it is so already), and of a new group its course. `people` are those
/// whom it concerns, but the speaker: of a group that is made its people, of one that grows its members and the new ones.
fn judge(
    policy: Policy,
    (who, me): (UserId, &Snapshot),
    group: Option<&Group>,
    people: &[(UserId, Option<Arc<Snapshot>>)],
    wish: Result<Wish, Code>,
) -> Result<(Option<System>, Option<CircleId>), Code> {
    let Some(group) = group else {
        let Wish::Make { course, title, users } = wish? else { return Err(Code::NotFound) };
        rights::role_in(&course, &me.circles).ok_or(Code::CannotAdd)?;
        if !rights::writes_in_group(policy, me, &course, true) {
            return Err(Code::NotAllowed);
        }
        may_be_together(policy, &course, (who, me), people, &users)?;
        return Ok((Some(System::Made { title, users }), Some(course)));
    };
    let wish = wish?;
    if let Wish::Make { .. } = wish {
        return Err(Code::Conflict);
    }
    let part = group.part(who).ok_or(Code::NotFound)?;
    let writes = rights::writes_in_group(policy, me, &group.course, part.is_member());
    let system = match wish {
        Wish::Make { .. } => return Err(Code::Conflict),
        Wish::Add(_) | Wish::Rename(_) if !writes => return Err(Code::NotAllowed),
        Wish::Rename(title) => (title != group.title).then_some(System::Renamed { title }),
        Wish::Remove(user) if user == who => part.left.is_none().then_some(System::Left),
        Wish::Remove(user) => {
            let teaches = rights::role_in(&group.course, &me.circles) == Some(Role::Teacher);
            if !part.is_member() || !(group.maker == who || teaches) {
                return Err(Code::NotAllowed);
            }
            let is_in = group.part(user).is_some_and(|part| part.left.is_none());
            is_in.then(|| System::Removed { users: vec![user] })
        }
        Wish::Add(mut users) => {
            users.retain(|user| group.part(*user).is_none_or(|part| part.left.is_some()));
            let known = |user: &UserId| group.part(*user).is_some();
            let ever = group.people.len() + users.iter().filter(|user| !known(user)).count();
            let now = group.people.iter().filter(|part: &&Part| part.left.is_none()).count() + users.len();
            if now > GROUP_MOST || ever > GROUP_PEOPLE_MOST {
                return Err(Code::BadGroup);
            }
            may_be_together(policy, &group.course, (who, me), people, &users)?;
            (!users.is_empty()).then_some(System::Added { users })
        }
    };
    Ok((system, None))
}

/// Whether these new people may be in a group of a course with all the others: the speaker may write to each of them, each
/// holds something of the course, and any two of whom one is new may see each other by it.
fn may_be_together(
    policy: Policy,
    course: &CircleId,
    (who, me): (UserId, &Snapshot),
    people: &[(UserId, Option<Arc<Snapshot>>)],
    new: &[UserId],
) -> Result<(), Code> {
    let fits = |(user, them): &(UserId, Option<Arc<Snapshot>>)| {
        let Some(them) = them else { return false };
        rights::role_in(course, &them.circles).is_some()
            && rights::may_write(policy, (who, me), (*user, them))
            && rights::may_share_group(policy, course, me, them)
            && people.iter().filter(|(other, _)| other != user).all(|(_, other)| {
                other.as_ref().is_none_or(|other| rights::may_share_group(policy, course, them, other))
            })
    };
    let all = new.iter().all(|user| people.iter().any(|person| person.0 == *user && fits(person)));
    if all { Ok(()) } else { Err(Code::CannotAdd) }
}

/// Each once, without the speaker.
fn others(users: Vec<UserId>, speaker: UserId) -> Result<Vec<UserId>, Code> {
    if users.len() >= GROUP_MOST {
        return Err(Code::BadGroup);
    }
    let mut others: Vec<UserId> = Vec::with_capacity(users.len());
    for user in users {
        if user != speaker && !others.contains(&user) {
            others.push(user);
        }
    }
    Ok(others)
}

/// A title as it is stored.
fn titled(title: &str) -> Result<Arc<str>, Code> {
    let title = text::shaped(title).map_err(|_| Code::BadTitle)?;
    if title.chars().nth(TITLE_CHARS).is_some() { Err(Code::BadTitle) } else { Ok(title) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::Head, rights::Membership};

    const POLICY: Policy = Policy { students_see_students: true, edit_seconds: 0 };

    fn user(id: i64) -> UserId {
        UserId::new(id).expect("a user")
    }

    fn course() -> CircleId {
        "c7".parse().expect("a circle")
    }

    fn person(circle: &str, role: Role) -> Arc<Snapshot> {
        let id = circle.parse().expect("a circle");
        Arc::new(Snapshot {
            rights: ["chat".into()].into(),
            circles: [Membership { id, role, title: "".into() }].into(),
            ..Snapshot::default()
        })
    }

    fn student() -> Arc<Snapshot> {
        person("c7", Role::Student)
    }

    /// Of the users 2 (its maker), 3 and 4; 5 has left.
    fn group() -> Group {
        let part = |id| Part { user: user(id), first: Seq(1), left: None, lost: None, published: Seq(0) };
        let left = Part { left: Some(Seq(3)), ..part(5) };
        let people = vec![part(2), part(3), part(4), left];
        Group { course: course(), title: "Old".into(), maker: user(2), head: Head::default(), people }
    }

    fn asks(
        who: i64,
        me: &Snapshot,
        people: &[(i64, Option<Arc<Snapshot>>)],
        wish: Wish,
    ) -> Result<Option<System>, Code> {
        let people: Vec<_> = people.iter().map(|(id, them)| (user(*id), them.clone())).collect();
        judge(POLICY, (user(who), me), Some(&group()), &people, Ok(wish)).map(|(system, _)| system)
    }

    #[test]
    fn its_maker_and_a_teacher_take_people_out_and_anybody_leaves() {
        let removed = |id| Ok(Some(System::Removed { users: vec![user(id)] }));
        assert_eq!(asks(2, &student(), &[], Wish::Remove(user(3))), removed(3));
        assert_eq!(asks(3, &student(), &[], Wish::Remove(user(2))), Err(Code::NotAllowed));
        assert_eq!(asks(3, &person("c7", Role::Teacher), &[], Wish::Remove(user(2))), removed(2));
        let elsewhere = person("c8", Role::Teacher);
        assert_eq!(asks(3, &elsewhere, &[], Wish::Remove(user(2))), Err(Code::NotAllowed));
        assert_eq!(asks(3, &student(), &[], Wish::Remove(user(3))), Ok(Some(System::Left)));
        assert_eq!(asks(3, &elsewhere, &[], Wish::Remove(user(3))), Ok(Some(System::Left)));
        assert_eq!(asks(5, &student(), &[], Wish::Remove(user(5))), Ok(None), "has left");
        assert_eq!(asks(2, &student(), &[], Wish::Remove(user(5))), Ok(None));
        assert_eq!(asks(9, &student(), &[], Wish::Remove(user(9))), Err(Code::NotFound));
    }

    #[test]
    fn only_members_who_hold_the_course_change_it() {
        let rename = || Wish::Rename("New".into());
        assert_eq!(asks(3, &student(), &[], rename()), Ok(Some(System::Renamed { title: "New".into() })));
        assert_eq!(asks(3, &student(), &[], Wish::Rename("Old".into())), Ok(None), "it is called so");
        assert_eq!(asks(5, &student(), &[], rename()), Err(Code::NotAllowed), "has left");
        assert_eq!(asks(3, &person("c8", Role::Student), &[], rename()), Err(Code::NotAllowed));
        let apart = Policy { students_see_students: false, ..POLICY };
        let judged = judge(apart, (user(3), &student()), Some(&group()), &[], Ok(rename()));
        assert_eq!(judged.map(|(system, _)| system), Err(Code::NotAllowed));
    }

    #[test]
    fn everybody_new_may_be_written_to_holds_the_course_and_sees_all_others() {
        let members = |more: &[(i64, Option<Arc<Snapshot>>)]| {
            [&[(3, Some(student())), (4, Some(student()))], more].concat()
        };
        let add = |them: Option<Arc<Snapshot>>| {
            asks(2, &student(), &members(&[(6, them)]), Wish::Add(vec![user(6), user(4)]))
        };
        assert_eq!(add(Some(student())), Ok(Some(System::Added { users: vec![user(6)] })), "4 is in it");
        assert_eq!(add(None), Err(Code::CannotAdd));
        assert_eq!(add(Some(person("c8", Role::Student))), Err(Code::CannotAdd));
        let blocks = Snapshot { blocked: [user(2)].into(), ..(*student()).clone() };
        assert_eq!(add(Some(Arc::new(blocks))), Err(Code::CannotAdd));
        let teacher = person("c7", Role::Teacher);
        let apart = [(3, Some(person("c7/g1", Role::Student))), (6, Some(person("c7/g2", Role::Student)))];
        assert_eq!(asks(2, &teacher, &apart, Wish::Add(vec![user(6)])), Err(Code::CannotAdd));
        let many: Vec<_> = (10..58).map(|id| (id, Some(student()))).collect();
        let ids = |n: usize| many.iter().take(n).map(|(id, _)| user(*id)).collect::<Vec<_>>();
        assert!(matches!(asks(2, &student(), &members(&many), Wish::Add(ids(47))), Ok(Some(_))));
        assert_eq!(asks(2, &student(), &members(&many), Wish::Add(ids(48))), Err(Code::BadGroup));
    }

    #[test]
    fn of_two_hundred_over_its_life_those_who_were_in_it_come_back_and_nobody_new() {
        let left = |id| Part { user: user(id), ..*group().part(user(5)).expect("has left") };
        let mut full = group();
        full.people.extend((6..=GROUP_PEOPLE_MOST as i64 + 1).map(left));
        assert_eq!(full.people.len(), GROUP_PEOPLE_MOST);
        let add = |id| {
            let people = [3, 4, id].map(|id| (user(id), Some(student())));
            let judged =
                judge(POLICY, (user(2), &student()), Some(&full), &people, Ok(Wish::Add(vec![user(id)])));
            judged.map(|(system, _)| system)
        };
        assert_eq!(add(6), Ok(Some(System::Added { users: vec![user(6)] })));
        assert_eq!(add(1_000), Err(Code::BadGroup));
    }

    #[test]
    fn a_group_is_made_of_a_course_that_its_maker_holds() {
        let make = |who: &Snapshot, group: Option<&Group>| {
            let wish = Wish::Make { course: course(), title: "T".into(), users: vec![user(3), user(4)] };
            let people = [(user(3), Some(student())), (user(4), Some(student()))];
            judge(POLICY, (user(2), who), group, &people, Ok(wish))
        };
        let made = System::Made { title: "T".into(), users: vec![user(3), user(4)] };
        assert_eq!(make(&student(), None), Ok((Some(made), Some(course()))));
        assert_eq!(make(&person("c8", Role::Student), None), Err(Code::CannotAdd));
        assert_eq!(make(&student(), Some(&group())), Err(Code::Conflict));
        let nothing = judge(POLICY, (user(2), &student()), None, &[], Ok(Wish::Rename("x".into())));
        assert_eq!(nothing, Err(Code::NotFound));
    }
}
