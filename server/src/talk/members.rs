//! Who is in a group; and who somebody is that has written in a group or room.

use std::collections::BTreeSet;

use super::{Speaker, Talk};
use crate::{
    error::{Code, Refusal},
    id::{ConversationId, UserId},
    protocol::Member,
    rights::{self, Role, Snapshot},
    roster,
    store::{Face, Group, Part},
};

/// People whom one question may name.
const ASKED_MOST: usize = 100;

impl Talk {
    /// The members of a group, or of the people asked for those who have ever had a part in a group or room. How many are
    /// in a group now, and 0 of a room.
    pub async fn members(
        &self,
        speaker: Speaker,
        conversation: &ConversationId,
        users: Option<Vec<UserId>>,
    ) -> Result<(usize, Vec<Member>), Refusal> {
        if users.as_ref().is_some_and(|users| !(1..=ASKED_MOST).contains(&users.len())) {
            return Err(Refusal::with(Code::BadFrame, "users are 1 to 100"));
        }
        let me = self.access.live(speaker)?;
        match conversation {
            ConversationId::Group(_) => {
                let (group, _) = self.access.own_group(speaker, conversation).await?;
                let total = group.members().count();
                let users = match users {
                    Some(users) => users.into_iter().collect::<BTreeSet<_>>(),
                    None => group.members().map(|part| part.user).collect(),
                };
                let mut members = Vec::new();
                for part in users.iter().filter_map(|user| group.part(*user)) {
                    members.push(self.member(speaker, &me, &group, part).await?);
                }
                Ok((total, members))
            }
            ConversationId::Room(circle) => {
                let users = users.ok_or_else(|| {
                    Refusal::with(Code::BadFrame, "a room has no list of members: name users")
                })?;
                self.access.room(speaker, circle).await?;
                let mut members = Vec::new();
                for user in self.store.known(speaker.site, conversation, &users).await? {
                    let policy = self.access.policy(speaker.site);
                    let role = |known: &Snapshot| rights::in_room(policy, circle, &known.circles);
                    members.push(self.face(speaker, &me, user, role).await?);
                }
                Ok((0, members))
            }
            _ => Err(Code::NotFound.into()),
        }
    }

    async fn member(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        group: &Group,
        part: &Part,
    ) -> Result<Member, Refusal> {
        let role = |known: &Snapshot| rights::role_in(&group.course, &known.circles);
        let face = self.face(speaker, me, part.user, role).await?;
        let gone = !part.is_member();
        let mut contact = face.contact;
        contact.role = contact.role.filter(|_| !gone);
        let maker = group.maker == part.user;
        Ok(Member { contact, maker, gone, read_seq: Some(part.published) })
    }

    /// Somebody as the speaker may know them. `role`: by which they are in the group or room; nobody is without one.
    async fn face(
        &self,
        speaker: Speaker,
        me: &Snapshot,
        user: UserId,
        role: impl Fn(&Snapshot) -> Option<Role>,
    ) -> Result<Member, Refusal> {
        let known = match user == speaker.user {
            true => Some(self.access.live(speaker)?),
            false => self.access.last_known(speaker, me, user).await?,
        };
        let role = known.as_deref().and_then(role);
        let status = self.access.status(speaker, me, user);
        let face: Face = known.as_deref().map(Into::into).unwrap_or_default();
        let mut contact = roster::contact(user, face);
        (contact.role, contact.status) = (role, Some(status));
        Ok(Member { contact, maker: false, gone: role.is_none(), read_seq: None })
    }
}
