//! Hazard: a course that somebody has left comes back by an older token, or one that they have come to is lost by it.

use std::sync::Arc;

use gchat::{
    id::{RightsVersion, SiteId},
    rights::{Floors, Membership, Role, Snapshot},
    store::{FLOOR_MS, Origin, Put},
};

use proptest::prelude::*;

use crate::util::{AnyStore, site, snapshot, user};

const NOW: i64 = 1_795_376_400_000;

fn member(circle: &str) -> Membership {
    Membership {
        id: circle.parse().unwrap(),
        role: Role::Student,
        title: format!("Title of {circle}").into(),
    }
}

fn with(version: i64, circles: &[&str]) -> Arc<Snapshot> {
    let circles = circles.iter().map(|circle| member(circle)).collect();
    Arc::new(Snapshot { circles, ..(*snapshot(version, "Ana")).clone() })
}

async fn raise(store: &AnyStore, site: SiteId, course: &str, version: i64) -> (bool, i64) {
    let floor = store.raise_floor(site, course, RightsVersion(version), NOW).await.unwrap();
    (floor.applied, floor.version.0)
}

async fn set(store: &AnyStore, site: SiteId, course: &str, version: i64, all: &[(i64, &[&str])]) -> bool {
    let all = all.iter().map(|(id, circles)| (user(*id), circles.iter().map(|c| member(c)).collect()));
    store.put_course(site, course, RightsVersion(version), all.collect()).await.unwrap()
}

async fn circles(store: &AnyStore, site: SiteId, id: i64) -> (i64, Vec<String>) {
    let snapshot = store.user(site, user(id)).await.unwrap().unwrap().snapshot;
    (snapshot.rights_version.0, snapshot.circles.iter().map(|c| c.id.to_string()).collect())
}

async fn members(store: &AnyStore, site: SiteId, course: &str) -> Vec<i64> {
    let mut members: Vec<_> =
        store.members(site, course).await.unwrap().into_iter().map(|user| user.get()).collect();
    members.sort_unstable();
    members
}

pub(crate) async fn a_floor_only_rises_and_is_forgotten_after_a_day(store: AnyStore) {
    let (site, other) = (site(&store).await, site(&store).await);
    assert_eq!(raise(&store, site, "c7", 5).await, (true, 5));
    assert_eq!(raise(&store, site, "c7", 4).await, (false, 5));
    assert_eq!(raise(&store, site, "c7", 5).await, (true, 5), "twice");
    assert_eq!(raise(&store, site, "c7", 8).await, (true, 8));
    assert_eq!(raise(&store, site, "c8", 1).await, (true, 1), "each course has its own");
    assert_eq!(raise(&store, other, "c7", 1).await, (true, 1), "and each site");
    assert_eq!(store.expire(NOW + FLOOR_MS - 1).await.unwrap(), 0);
    assert_eq!(store.expire(NOW + FLOOR_MS).await.unwrap(), 3);
    assert_eq!(raise(&store, site, "c7", 1).await, (true, 1));
}

pub(crate) async fn a_snapshot_below_a_floor_that_it_names_is_refused(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), with(3, &["c8"]), Origin::Token).await.unwrap();
    raise(&store, site, "c7", 9).await;
    for origin in [Origin::Token, Origin::Call] {
        for named in [&["c7"][..], &["c8", "c7/g1"], &["c7/-"]] {
            for id in [2, 3] {
                let put = store.put_user(site, user(id), with(8, named), origin).await.unwrap();
                assert_eq!(put, Put::Outdated(RightsVersion(9)), "{origin:?} {named:?}");
            }
        }
    }
    assert_eq!(circles(&store, site, 2).await, (3, vec!["c8".into()]), "nothing was done");
    assert_eq!(store.user(site, user(3)).await.unwrap(), None);
    for (id, version, named) in [(2, 9, "c7"), (3, 10, "c7/g1"), (4, 8, "c77"), (5, 8, "c8")] {
        let put = store.put_user(site, user(id), with(version, &[named]), Origin::Token).await.unwrap();
        assert!(put.done().unwrap().applied, "{version} {named}");
    }
}

pub(crate) async fn what_an_older_snapshot_does_not_name_stays_as_the_call_left_it(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), with(3, &["c8", "c9"]), Origin::Token).await.unwrap();
    raise(&store, site, "c7", 9).await;
    assert!(set(&store, site, "c7", 9, &[(2, &["c7/g1", "c7/g2"])]).await);
    // The very token of before, and one that knows of another change.
    let same = store.put_user(site, user(2), with(3, &["c8", "c9"]), Origin::Token).await.unwrap();
    let same = same.done().unwrap();
    assert!(same.applied && !same.changed, "{same:?}");
    store.put_user(site, user(2), with(7, &["c9"]), Origin::Token).await.unwrap();
    let expected = ["c9", "c7/g1", "c7/g2"].map(str::to_owned).to_vec();
    assert_eq!(circles(&store, site, 2).await, (7, expected));
    store.put_user(site, user(2), with(9, &["c9"]), Origin::Token).await.unwrap();
    assert_eq!(circles(&store, site, 2).await, (9, vec!["c9".into()]), "as new as the call: it decides");
}

pub(crate) async fn a_call_sets_one_course_and_leaves_versions_and_the_rest(store: AnyStore) {
    let site = site(&store).await;
    for (id, version, named) in
        [(2, 3, &["c6", "c7", "c8"][..]), (3, 3, &["c7/g1", "c7/g2"]), (4, 3, &["c8"]), (5, 10, &["c7"])]
    {
        store.put_user(site, user(id), with(version, named), Origin::Token).await.unwrap();
    }
    store.remove_user(site, user(6), RightsVersion(2)).await.unwrap();
    raise(&store, site, "c7", 9).await;
    let all: [(i64, &[&str]); 6] =
        [(2, &["c7/g1", "c7/g2"]), (3, &[]), (4, &["c7/-"]), (5, &[]), (6, &["c7"]), (99, &["c7"])];
    for _ in 0..2 {
        assert!(set(&store, site, "c7", 9, &all).await);
        let owned = |circles: &[&str]| circles.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        assert_eq!(circles(&store, site, 2).await, (3, owned(&["c6", "c7/g1", "c7/g2", "c8"])));
        assert_eq!(circles(&store, site, 3).await, (3, owned(&[])));
        assert_eq!(circles(&store, site, 4).await, (3, owned(&["c8", "c7/-"])));
        assert_eq!(circles(&store, site, 5).await, (10, owned(&["c7"])), "its rights are newer");
        assert!(store.user(site, user(6)).await.unwrap().unwrap().removed);
        assert_eq!(store.user(site, user(99)).await.unwrap(), None, "not known");
        assert_eq!(members(&store, site, "c7").await, [2, 4, 5]);
    }
}

pub(crate) async fn a_call_of_another_version_than_the_floor_does_nothing(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), with(3, &["c7"]), Origin::Token).await.unwrap();
    assert!(!set(&store, site, "c7", 9, &[(2, &[])]).await, "no floor");
    raise(&store, site, "c7", 10).await;
    assert!(!set(&store, site, "c7", 9, &[(2, &[])]).await, "overtaken");
    assert_eq!(circles(&store, site, 2).await, (3, vec!["c7".into()]));
}

pub(crate) async fn members_follow_every_write_of_a_user(store: AnyStore) {
    let (site, other) = (site(&store).await, site(&store).await);
    for at in [site, other] {
        for id in [2, 3] {
            store.put_user(at, user(id), with(1, &["c7/g1", "c7/g2", "c8"]), Origin::Call).await.unwrap();
        }
    }
    assert_eq!(
        (members(&store, site, "c7").await, members(&store, site, "c8").await),
        (vec![2, 3], vec![2, 3])
    );
    store.put_user(site, user(2), with(2, &["c8", "c9"]), Origin::Token).await.unwrap();
    assert_eq!((members(&store, site, "c7").await, members(&store, site, "c9").await), (vec![3], vec![2]));
    store.remove_user(site, user(3), RightsVersion(2)).await.unwrap();
    assert_eq!((members(&store, site, "c7").await, members(&store, site, "c8").await), (vec![], vec![2]));
    assert_eq!(members(&store, other, "c7").await, [2, 3]);
    store.remove_site(other).await.unwrap();
    assert_eq!(members(&store, other, "c7").await, [0; 0]);
}

pub(crate) async fn an_arrival_tells_the_floors_above_its_token(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), with(3, &["c8"]), Origin::Token).await.unwrap();
    for (course, version) in [("c7", 9), ("c8", 7), ("c9", 20), ("c10", 5)] {
        raise(&store, site, course, version).await;
    }
    let token = with(6, &["c7/g1", "c10"]);
    let floors = store.arrival(site, user(2), "login-a", &token, &[]).await.unwrap().floors;
    let mut told: Vec<_> = floors.0.iter().map(|(course, version)| (&**course, version.0)).collect();
    told.sort_unstable();
    assert_eq!(told, [("c7", 9), ("c8", 7)], "named or on record, and above");
    assert_eq!(floors.refusing(&token), Some(RightsVersion(9)));
    assert_eq!(floors.refusing(&with(6, &["c10"])), None);
    let stranger = store.arrival(site, user(99), "login-a", &with(8, &["c8", "c9"]), &[]).await.unwrap();
    assert_eq!(stranger.floors.0, [("c9".into(), RightsVersion(20))]);
}

/// A connect's one statement decides by itself which floors it tells.
pub(crate) async fn the_floors_of_an_arrival_are_those_of_the_rule(store: AnyStore) {
    let runtime = tokio::runtime::Handle::current();
    let courses = || prop::sample::subsequence(vec!["c0", "c1/g1", "c2", "c2/g2", "c3/-", "c4"], 0..=4);
    let floors = || prop::collection::vec((0..5usize, 0..6i64), 0..6);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let told = tokio::task::spawn_blocking(move || {
        proptest!(config, |(on_record in prop::option::of(courses()), token in courses(), version in 0..6i64,
                            floors in floors())| {
            runtime.block_on(async {
                let site = site(&store).await;
                let stored = on_record.map(|circles| with(1, &circles));
                if let Some(stored) = &stored {
                    store.put_user(site, user(2), stored.clone(), Origin::Call).await.unwrap();
                }
                let mut all = std::collections::BTreeMap::<String, i64>::new();
                for (course, floor) in floors {
                    let course = format!("c{course}");
                    raise(&store, site, &course, floor).await;
                    let highest = all.entry(course).or_insert(floor);
                    *highest = floor.max(*highest);
                }
                let token = with(version, &token);
                let told = store.arrival(site, user(2), "login-a", &token, &[]).await.unwrap().floors;
                let all = all.iter().map(|(course, floor)| (&**course, RightsVersion(*floor)));
                let rule = Floors::concerning(all, &token, stored.as_deref());
                let sorted = |floors: Floors| floors.0.into_iter().collect::<std::collections::BTreeSet<_>>();
                assert_eq!(sorted(told), sorted(rule));
            });
        });
    });
    told.await.unwrap();
}
