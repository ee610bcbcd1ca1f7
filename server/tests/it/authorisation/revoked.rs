//! Rights that end, with the host's call delivered and lost, and then every operation by the oracle: of the one who had
//! them, and of the other one.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    judge,
    oracle::{Deed, Held, ME, Person},
    relations::Relation,
    scene::{Party, Scene, parties_of, said_of, token},
};
use crate::util::TestClient;

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// A course, by a call for the user.
    Unenrolled,
    /// A course, by a call for the course.
    UnenrolledWithTheCourse,
    Regrouped,
    /// A teacher becomes a student where students do not see each other.
    Demoted,
    /// Blocks the other one.
    Blocks,
    Hides,
    Suspended,
    Removed,
    LoggedOut,
}

use Ending::*;

const ENDINGS: [Ending; 9] =
    [Unenrolled, UnenrolledWithTheCourse, Regrouped, Demoted, Blocks, Hides, Suspended, Removed, LoggedOut];

/// Whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Mine,
    Theirs,
}

const DEEDS: &[Deed] = &[
    Deed::Resume,
    Deed::History,
    Deed::Read,
    Deed::Typing,
    Deed::Window("open"),
    Deed::SearchAll,
    Deed::SearchTheirCircle,
    Deed::TheirRoster,
    Deed::Send,
    Deed::SendAgain,
    Deed::Edit,
    Deed::EditTheirs,
    Deed::Delete,
    Deed::DeleteAgain,
    Deed::DeleteTheirs,
    Deed::Reply,
    Deed::React,
    Deed::Changes,
    Deed::TakeBack,
    Deed::Renew,
    Deed::LookAwayAndBack,
    Deed::Foreign("history"),
    Deed::Nothing,
];

impl Ending {
    /// The world in which it happens.
    fn relation(self) -> Relation {
        match self {
            Regrouped => Relation::GroupMate,
            Demoted => Relation::TeacherWhereStudentsAreApart,
            _ => Relation::Classmate,
        }
    }

    /// The close code of connections that it ends.
    fn closes(self) -> Option<u16> {
        match self {
            Suspended | Removed => Some(4403),
            LoggedOut => Some(4410),
            _ => None,
        }
    }

    /// What the host then says of the person; of whoever may not come back, nothing changes but that they are away.
    fn change(self, person: &mut Person, other: i64) {
        let held = |circle| Held { circle, teacher: false };
        match self {
            Unenrolled => person.holds = vec![held("c8/g1")],
            UnenrolledWithTheCourse => person.holds.retain(|held| held.circle != "c7"),
            Regrouped => person.holds = vec![held("c8/g2")],
            Demoted => person.holds = vec![held("c7")],
            Blocks => person.blocks = vec![other],
            Hides => person.hidden = true,
            Suspended | Removed | LoggedOut => person.online = false,
        }
    }

    /// The call; the server and the world are then as after it.
    async fn delivered(self, scene: &mut Scene, who: i64, other: i64) {
        self.change(person(scene, who), other);
        match self {
            Suspended => person(scene, who).chat = false,
            Removed => {
                person(scene, who).known = false;
                scene.world.erase(who);
                scene.world.windows.remove(&ME);
            }
            _ => {}
        }
        let (server, host) = (&scene.server, &scene.host);
        let now = scene.world.person(who).expect("somebody");
        match self {
            Removed => drop(host.remove(server, who, 2).await),
            LoggedOut => drop(host.log_out(server, who, &format!("login-of-{who}")).await),
            UnenrolledWithTheCourse => {
                let member = |user: i64, role: &str| json!({"user": user, "role": role, "groups": null});
                let mut members =
                    vec![member(other, "student"), member(11, "student"), member(13, "teacher")];
                members.retain(|m| m["user"] != who);
                let body = json!({"rights_version": 90, "title": "Title of c7", "members": members});
                let (status, answer) = host.call(server, "PUT", "/api/v1/circles/c7", &body).await;
                assert_eq!((status, &answer["applied"]), (200, &json!(true)), "{answer}");
            }
            _ => drop(host.put(server, who, &said_of(host, 2, now, &[])).await),
        }
    }

    /// No call comes: the lease ends, and whoever may, comes back with a token that says how things are.
    async fn lost(self, scene: &mut Scene, who: i64, other: i64) {
        for party in parties_of(&scene.world, who) {
            assert_eq!(scene.client(party).closed().await, Some(4001), "{self:?} {party:?}");
            scene.clients.remove(&party);
        }
        self.change(person(scene, who), other);
        if self.closes().is_some() {
            return;
        }
        let token = token(&scene.host, 2, scene.world.person(who).expect("somebody"), json!({}));
        for party in parties_of(&scene.world, who) {
            let client = TestClient::connect(&scene.server, &scene.host, &token).await;
            scene.clients.insert(party, client);
        }
    }
}

fn person(scene: &mut Scene, id: i64) -> &mut Person {
    scene.world.people.iter_mut().find(|p| p.id == id).expect("somebody")
}

/// Both have talked, so that there is something to keep from whom it no longer concerns.
async fn talked(scene: &mut Scene) {
    let conversation = scene.world.conversation();
    assert_eq!(scene.client(Party::Them).say(&conversation, "from before").await["type"], "ack");
    let them = scene.world.them;
    scene.world.say(them, "from before");
    scene.world.windows.insert(ME, "minimised");
    scene.settle().await;
}

async fn row(whose: Whose, ending: Ending, delivered: bool) -> Vec<String> {
    let name = format!("{whose:?} {ending:?} {}", if delivered { "delivered" } else { "lost" });
    let mut scene = Scene::of(ending.relation()).await;
    talked(&mut scene).await;
    let them = scene.world.them;
    let (who, other) = if whose == Whose::Mine { (ME, them) } else { (them, ME) };
    let parties = parties_of(&scene.world, who);
    let before = scene.world.person(who).expect("somebody").clone();
    if delivered {
        ending.delivered(&mut scene, who, other).await;
    } else {
        for party in &parties {
            scene.lease_ends_soon(*party).await;
        }
        ending.lost(&mut scene, who, other).await;
    }
    if whose == Whose::Mine && delivered {
        scene.my_old_self = Some(before.clone());
    }
    if let Some(code) = ending.closes() {
        return gone(&name, scene, &before, &parties, delivered.then_some(code)).await;
    }
    if ending == UnenrolledWithTheCourse && delivered {
        // A token from before the course's own call is sent back for a new one.
        let refused = TestClient::refused(&scene.server, &scene.host, &scene.my_token()).await;
        assert_eq!(refused, ("token_expired".to_owned(), false, 4010), "{name}");
        (scene.my_old_self, scene.my_version) = (None, 91);
    }
    deeds(&name, &mut scene).await
}

async fn deeds(name: &str, scene: &mut Scene) -> Vec<String> {
    scene.settle().await;
    let (usual, _) = scene.after(Deed::Nothing).await;
    let mut wrong = Vec::new();
    for deed in DEEDS {
        let (got, fresh) = scene.after(*deed).await;
        let expected = scene.world.hears(*deed);
        wrong.extend(judge(&format!("{name} × {deed:?}"), &got, &usual, &fresh, &expected));
    }
    wrong
}

/// Whoever was put out stays out with what they hold; the other one finds them away.
async fn gone(
    name: &str,
    mut scene: Scene,
    before: &Person,
    parties: &[Party],
    code: Option<u16>,
) -> Vec<String> {
    if let Some(code) = code {
        for party in parties {
            assert_eq!(scene.client(*party).closed().await, Some(code), "{name} {party:?}");
            scene.clients.remove(party);
        }
        let old = token(&scene.host, 1, before, json!({}));
        let (refused, is_final, closed) = TestClient::refused(&scene.server, &scene.host, &old).await;
        let sentence = if code == 4410 { "logged_out" } else { "chat_not_allowed" };
        assert_eq!((&*refused, is_final, closed), (sentence, true, code), "{name}");
    }
    if parties.contains(&Party::Them) {
        return deeds(name, &mut scene).await;
    }
    // It is I who am out: the others go on, and their rosters say so.
    let rosters: Vec<Value> = scene.world.people.iter().map(|p| json!(p.id)).collect();
    assert!(rosters.len() > 3);
    for party in [Party::Them, Party::Carla, Party::Zoe] {
        let viewer = super::scene::owner(&scene.world, party).expect("a person of this site");
        let there = scene.world.roster(viewer, Held { circle: "c7", teacher: party == Party::Zoe });
        scene.client(party).wait_roster("c7", |r| r.contacts.keys().eq(there.iter())).await;
    }
    Vec::new()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_that_ended_are_gone_with_the_call_delivered_and_with_the_call_lost() {
    let mut rows = Vec::new();
    for ending in ENDINGS {
        for whose in [Whose::Mine, Whose::Theirs] {
            // I am a student where students are apart: only they can be demoted.
            if (ending, whose) != (Demoted, Whose::Mine) {
                rows.extend([true, false].map(|delivered| row(whose, ending, delivered)));
            }
        }
    }
    let (all, rows) = (rows.len(), stream::iter(rows).buffer_unordered(super::AT_ONCE));
    let wrong: Vec<String> = rows.collect::<Vec<_>>().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{all} endings:\n{}", wrong.join("\n"));
    assert_eq!(all, 34);
}
