//! How somebody may stand to me: what is so before, and what then happens.

use super::{
    oracle::{Held, ME, Person, World},
    scene::{CARLA, Party, Scene, TOM, ZOE, said_of, token},
};
use crate::util::TestClient;
use serde_json::json;

macro_rules! relations {
    ($($name:ident),* $(,)?) => {
        /// How the other person stands to me, or I to everybody.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Relation { $($name),* }

        /// All of them.
        pub(super) const ALL: &[Relation] = &[$(Relation::$name),*];
    };
}

relations![
    Oneself,
    Classmate,
    Teacher,
    TeacherOfAllGroups,
    GroupMate,
    OtherGroup,
    TeacherOfOtherGroup,
    NoGroup,
    Away,
    NeverCame,
    Hidden,
    Former,
    FormerSilent,
    Stranger,
    Nobody,
    OfAnotherSite,
    Suspended,
    SuspendedTalked,
    Removed,
    RemovedSilent,
    BlockedByMe,
    HasBlockedMe,
    StudentWhereStudentsAreApart,
    TeacherWhereStudentsAreApart,
    MeHidden,
    MeModerator,
    OthersOnlyMayWriteToThem,
    IAmOneOfThoseWhoMayWriteToThem,
    TheirTeacherThoughOthersOnlyMayWrite,
    Paused,
];

use Relation::*;

fn held(circle: &'static str) -> Held {
    Held { circle, teacher: false }
}

fn taught(circle: &'static str) -> Held {
    Held { circle, teacher: true }
}

fn person(id: i64, name: &str, holds: &[Held]) -> Person {
    Person {
        id,
        name: name.into(),
        holds: holds.to_vec(),
        hidden: false,
        chat: true,
        blocks: Vec::new(),
        accepts: None,
        paused: false,
        online: true,
        known: true,
    }
}

impl Relation {
    /// Lower and higher ids than mine, in turn.
    pub(super) fn id(self) -> i64 {
        let n = self as i64;
        match self {
            Oneself => ME,
            _ if n % 3 == 0 && n < 27 => 1 + n / 3,
            _ => 30 + n,
        }
    }

    /// Rights of mine that the protocol does not know: they must give nothing.
    pub(super) fn my_more_rights(self) -> &'static [&'static str] {
        if self == MeModerator { &["moderate", "moderator", "admin", "*", "view_all"] } else { &[] }
    }

    /// The world before anything happens.
    pub(super) fn before(self) -> World {
        let them = self.id();
        let mut me = person(ME, "Me", &[held("c7"), held("c8/g1")]);
        let mut people = vec![
            person(CARLA, "Carla", &[held("c7")]),
            person(TOM, "Tom", &[held("c99")]),
            person(ZOE, "Zoe 0", &[taught("c7"), taught("c8"), taught("c99")]),
        ];
        let mut other = person(them, &format!("They are {self:?}"), &[held("c7")]);
        match self {
            Teacher | TeacherWhereStudentsAreApart => other.holds = vec![taught("c7")],
            TeacherOfAllGroups => other.holds = vec![taught("c8")],
            GroupMate => other.holds = vec![held("c8/g1")],
            OtherGroup => other.holds = vec![held("c8/g2")],
            TeacherOfOtherGroup => other.holds = vec![taught("c8/g2")],
            NoGroup => other.holds = vec![held("c8/-")],
            NeverCame => other.online = false,
            Hidden => other.hidden = true,
            Stranger | MeModerator => other.holds = vec![held("c99")],
            Suspended => (other.online, other.chat) = (false, false),
            BlockedByMe => me.blocks = vec![them],
            HasBlockedMe => other.blocks = vec![ME],
            MeHidden => me.hidden = true,
            OthersOnlyMayWriteToThem => other.accepts = Some(vec![CARLA]),
            IAmOneOfThoseWhoMayWriteToThem => other.accepts = Some(vec![CARLA, ME]),
            TheirTeacherThoughOthersOnlyMayWrite => {
                me.holds = vec![taught("c7"), held("c8/g1")];
                other.accepts = Some(vec![]);
            }
            _ => {}
        }
        if !matches!(self, Oneself | Nobody | OfAnotherSite) {
            people.push(other);
        }
        people.push(me);
        let apart = matches!(self, StudentWhereStudentsAreApart | TeacherWhereStudentsAreApart);
        World {
            people,
            students_see_students: !apart,
            them,
            messages: Vec::new(),
            done: None,
            windows: Default::default(),
            my_mark: 0,
            my_mark_shown: 0,
            pinned: false,
        }
    }

    fn has_talked(self) -> bool {
        matches!(self, Former | SuspendedTalked | Removed)
    }

    /// What happens on the server and in the world alike, before I do anything.
    pub(super) async fn happens(self, scene: &mut Scene) {
        let them = self.id();
        if self.has_talked() {
            let conversation = scene.world.conversation();
            let ack = scene.client(Party::Them).say(&conversation, "from before").await;
            assert_eq!(ack["type"], "ack", "{self:?}");
            scene.world.say(them, "from before");
            scene.world.windows.insert(ME, "minimised");
            scene.client(Party::Acting).next_message().await;
        }
        match self {
            Away => {
                scene.clients.remove(&Party::Them);
                scene.other().online = false;
            }
            Former | FormerSilent => {
                scene.other().holds = vec![held("c99")];
                scene.put_them(2).await;
            }
            SuspendedTalked => {
                (scene.other().chat, scene.other().online) = (false, false);
                scene.put_them(2).await;
                assert_eq!(scene.client(Party::Them).closed().await, Some(4403));
                scene.clients.remove(&Party::Them);
            }
            Paused => {
                (scene.other().paused, scene.other().online) = (true, false);
                scene.put_them(2).await;
                assert_eq!(scene.client(Party::Them).closed().await, Some(4011));
                // And comes back, to hear nothing.
                let other = scene.other().clone();
                let old = token(&scene.host, 1, &other, json!({}));
                let mut client = TestClient::open(&scene.server, Some(&scene.host.url)).await.unwrap();
                client.hello(&old, json!({})).await;
                client.next_of("paused").await;
                scene.clients.insert(Party::Them, client);
            }
            Removed | RemovedSilent => {
                scene.host.remove(&scene.server, them, 2).await;
                assert_eq!(scene.client(Party::Them).closed().await, Some(4403));
                scene.clients.remove(&Party::Them);
                (scene.other().known, scene.other().online) = (false, false);
                scene.world.erase(them);
                // Nothing unread is left of them, so nothing keeps a window that I never opened.
                scene.world.windows.clear();
            }
            _ => {}
        }
    }
}

impl Scene {
    /// The other person, to be changed.
    pub(super) fn other(&mut self) -> &mut Person {
        let them = self.world.them;
        self.world.people.iter_mut().find(|p| p.id == them).expect("them")
    }

    /// Tells the server what the world says of them.
    pub(super) async fn put_them(&mut self, version: i64) {
        let other = self.other().clone();
        let said = said_of(&self.host, version, &other, &[]);
        self.host.put(&self.server, other.id, &said).await;
    }
}
