//! Hazard: one site reaches into another.

use gchat::{
    id::{RightsVersion, SiteId},
    rights::Policy,
    store::{Appended, Origin, Page, SiteRecord, StoreError, WindowState},
};

use crate::util::{AnyStore, between, key, message, read, record, send, set, site, snapshot, user, windows};

async fn get(store: &AnyStore, site: SiteId) -> SiteRecord {
    store.sites().await.unwrap().into_iter().find(|s| s.site == site).unwrap()
}

pub(crate) async fn a_site_comes_back_as_it_was_added(store: AnyStore) {
    let mut added = record("moodle");
    added.origins.push("https://www.moodle.example".into());
    added.keys = vec![key("new"), key("old")];
    added.site = store.add_site(added.clone()).await.unwrap();
    let other = store.add_site(record("other")).await.unwrap();
    assert_ne!(added.site, other);
    assert_eq!(get(&store, added.site).await, added);
    assert!(!format!("{added:?}").contains("secret"));
}

pub(crate) async fn what_belongs_to_another_site_is_refused(store: AnyStore) {
    let first = store.add_site(record("first")).await.unwrap();
    let second = store.add_site(record("second")).await.unwrap();
    let taken = [
        SiteRecord { issuer: "first".into(), ..record("third") },
        SiteRecord { url: "https://first.example".into(), ..record("third") },
        SiteRecord { keys: vec![key("first-k1")], ..record("third") },
    ];
    for site in taken {
        assert!(matches!(store.add_site(site).await, Err(StoreError::InUse(_))));
    }
    assert!(matches!(store.add_key(second, key("first-k1")).await, Err(StoreError::InUse(_))));
    let moved = store.move_site(second, "https://first.example", &["https://first.example".into()]).await;
    assert!(matches!(moved, Err(StoreError::InUse(_))));
    assert_eq!(store.sites().await.unwrap().len(), 2, "nothing of a refused site stays");
    assert_eq!(get(&store, first).await.keys.len(), 1);
}

pub(crate) async fn keys_rotate(store: AnyStore) {
    let site = store.add_site(record("moodle")).await.unwrap();
    let kids = async || get(&store, site).await.keys.into_iter().map(|k| k.kid).collect::<Vec<_>>();
    store.add_key(site, key("k2")).await.unwrap();
    assert_eq!(kids().await, ["k2", "moodle-k1"]);
    store.add_key(site, key("k3")).await.unwrap();
    assert_eq!(kids().await, ["k3", "k2"]);
    assert_eq!(store.drop_old_keys(site).await.unwrap(), 1);
    assert_eq!(kids().await, ["k3"]);
    assert_eq!(store.drop_old_keys(site).await.unwrap(), 0);
}

pub(crate) async fn a_site_moves(store: AnyStore) {
    let site = store.add_site(record("moodle")).await.unwrap();
    let origins = ["http://127.0.0.1:8080".to_owned(), "http://localhost:8080".to_owned()];
    store.move_site(site, "http://127.0.0.1:8080", &origins).await.unwrap();
    store.move_site(site, "http://127.0.0.1:8080", &origins).await.unwrap();
    let moved = get(&store, site).await;
    assert_eq!((moved.url.as_str(), moved.origins), ("http://127.0.0.1:8080", origins.to_vec()));
}

pub(crate) async fn an_older_policy_never_replaces_a_newer(store: AnyStore) {
    let site = site(&store).await;
    let strict = Policy { students_see_students: false, edit_seconds: 0 };
    for (policy, version, applied) in [
        (strict, 5, true),
        (Policy::default(), 4, false),
        (strict, 5, true),
        (Policy::default(), 5, true),
        (strict, 6, true),
    ] {
        assert_eq!(store.put_policy(site, policy, RightsVersion(version)).await.unwrap(), applied);
    }
    let stored = get(&store, site).await;
    assert_eq!((stored.policy, stored.policy_version), (strict, RightsVersion(6)));
}

pub(crate) async fn a_sites_floor_only_rises_and_is_its_own(store: AnyStore) {
    let (site, other) = (site(&store).await, site(&store).await);
    for (version, applied) in [(5, true), (4, false), (5, true), (9, true), (8, false)] {
        assert_eq!(store.raise_site_floor(site, RightsVersion(version)).await.unwrap(), applied, "{version}");
    }
    store.expire(i64::MAX / 2).await.unwrap();
    assert_eq!(get(&store, site).await.floor, RightsVersion(9), "and is never forgotten");
    assert_eq!(get(&store, other).await.floor, RightsVersion(0));
}

pub(crate) async fn a_site_that_is_not_there_is_named_so(store: AnyStore) {
    let nowhere = SiteId(77);
    assert!(matches!(store.add_key(nowhere, key("k")).await, Err(StoreError::NoSite)));
    assert!(matches!(store.drop_old_keys(nowhere).await, Err(StoreError::NoSite)));
    assert!(matches!(store.remove_site(nowhere).await, Err(StoreError::NoSite)));
    assert!(matches!(store.move_site(nowhere, "https://x", &[]).await, Err(StoreError::NoSite)));
    let policy = store.put_policy(nowhere, Policy::default(), RightsVersion(1)).await;
    assert!(matches!(policy, Err(StoreError::NoSite)));
    let floor = store.raise_site_floor(nowhere, RightsVersion(1)).await;
    assert!(matches!(floor, Err(StoreError::NoSite)));
    assert!(store.put_user(nowhere, user(2), snapshot(1, "Ana"), Origin::Call).await.is_err());
    assert!(store.append(message(nowhere, 2, 3, "x")).await.is_err());
}

pub(crate) async fn two_sites_with_the_same_users_share_nothing(store: AnyStore) {
    let (a, b) = (site(&store).await, site(&store).await);
    store.put_user(a, user(2), snapshot(9, "Ana of A"), Origin::Call).await.unwrap();
    store.put_user(b, user(2), snapshot(1, "Ana of B"), Origin::Token).await.unwrap();
    let of_a = message(a, 2, 3, "in A");
    let mut of_b = of_a.clone();
    of_b.site = b;
    of_b.text = "in B".into();
    // The same UUID from the same user id on two sites is no conflict.
    for message in [of_a, of_b] {
        assert!(matches!(store.append(message).await.unwrap(), Appended::New { .. }));
    }
    send(&store, a, 2, 3, "second in A").await;
    assert_eq!(windows(&store, a, 3).await, [(2, WindowState::Minimised, 2)]);
    assert_eq!(windows(&store, b, 3).await, [(2, WindowState::Minimised, 1)]);
    set(&store, a, 3, 2, WindowState::Open).await;
    read(&store, a, 3, 2, 2).await;
    assert_eq!(windows(&store, b, 3).await, [(2, WindowState::Minimised, 1)]);
    store.revoke_login(a, "login-of-two", i64::MAX).await.unwrap();
    assert!(!store.arrival(b, user(2), "login-of-two", &snapshot(1, "Ana"), &[]).await.unwrap().revoked);

    store.remove_user(a, user(2), RightsVersion(10)).await.unwrap();
    let (head, messages) = store.history(b, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.rev.0, 1);
    assert_eq!(messages[0].text.as_deref(), Some("in B"));
    let ana = store.user(b, user(2)).await.unwrap().unwrap();
    assert_eq!((&*ana.snapshot.name, ana.removed), ("Ana of B", false));
}

pub(crate) async fn removing_a_site_leaves_the_others(store: AnyStore) {
    let (a, b) = (site(&store).await, site(&store).await);
    for site in [a, b] {
        store.put_user(site, user(2), snapshot(1, "Ana"), Origin::Call).await.unwrap();
        send(&store, site, 2, 3, "x").await;
        set(&store, site, 2, 3, WindowState::Open).await;
        store.revoke_login(site, "some-login", i64::MAX).await.unwrap();
    }
    store.remove_site(a).await.unwrap();
    assert!(store.sites().await.unwrap().iter().all(|s| s.site != a));
    assert_eq!(store.user(a, user(2)).await.unwrap(), None);
    assert_eq!(store.history(a, &between(2, 3), Page::Newest, 9).await.unwrap().1, []);
    let arrival =
        store.arrival(a, user(2), "some-login", &snapshot(1, "Ana"), &[between(2, 3)]).await.unwrap();
    assert_eq!((arrival.revoked, arrival.dock.windows.len(), arrival.heads), (false, 0, vec![None]));
    assert_eq!(store.history(b, &between(2, 3), Page::Newest, 9).await.unwrap().1.len(), 1);
    assert_eq!(windows(&store, b, 2).await, [(3, WindowState::Open, 0)]);
    let c = site(&store).await;
    assert!(c.0 > b.0, "numbers are not used again");
}
