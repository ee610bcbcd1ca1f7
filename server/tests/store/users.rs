//! Hazard: rights that ended come back, or what was erased stays.

use gchat::{
    conversation::Head,
    id::{Rev, RightsVersion, Seq},
    store::{Appended, Arrival, Origin, Page, WindowChange, WindowState},
};

use crate::util::{AnyStore, between, mark, message, read, send, set, site, snapshot, user, windows};

pub(crate) async fn the_rule_of_rights_versions(store: AnyStore) {
    use Origin::{Call, Token};
    let site = site(&store).await;
    // stored origin, new origin, new version against a stored 5, applied
    let table = [
        (Token, Token, 4, false),
        (Token, Token, 5, true),
        (Token, Token, 6, true),
        (Token, Call, 4, false),
        (Token, Call, 5, true),
        (Token, Call, 6, true),
        (Call, Token, 4, false),
        (Call, Token, 5, false),
        (Call, Token, 6, true),
        (Call, Call, 4, false),
        (Call, Call, 5, true),
        (Call, Call, 6, true),
    ];
    for (n, (before, origin, version, applied)) in table.into_iter().enumerate() {
        let id = user(n as i64 + 1);
        let first = store.put_user(site, id, snapshot(5, "before"), before).await.unwrap().done().unwrap();
        assert!(first.applied && first.changed);
        let second =
            store.put_user(site, id, snapshot(version, "after"), origin).await.unwrap().done().unwrap();
        assert_eq!((second.applied, second.changed), (applied, applied), "{before:?} {origin:?} {version}");
        let stored = store.user(site, id).await.unwrap().unwrap();
        assert_eq!(stored, second.record);
        let expected = if applied { ("after", version, origin) } else { ("before", 5, before) };
        let rights = &stored.snapshot;
        assert_eq!((&*rights.name, rights.rights_version.0, stored.origin), expected);
    }
}

pub(crate) async fn equal_content_changes_nothing(store: AnyStore) {
    let site = site(&store).await;
    for (origin, changed) in
        [(Origin::Token, true), (Origin::Token, false), (Origin::Call, true), (Origin::Call, false)]
    {
        let applied =
            store.put_user(site, user(2), snapshot(5, "Ana"), origin).await.unwrap().done().unwrap();
        assert_eq!((applied.applied, applied.changed), (true, changed), "{origin:?}");
    }
    let late =
        store.put_user(site, user(2), snapshot(5, "Ana"), Origin::Token).await.unwrap().done().unwrap();
    assert_eq!((late.applied, late.changed), (false, false));
}

pub(crate) async fn a_higher_version_of_equal_content_is_stored(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), snapshot(5, "Ana"), Origin::Call).await.unwrap();
    let higher =
        store.put_user(site, user(2), snapshot(8, "Ana"), Origin::Token).await.unwrap().done().unwrap();
    assert!(higher.applied && higher.changed);
    let lower =
        store.put_user(site, user(2), snapshot(7, "Anna"), Origin::Call).await.unwrap().done().unwrap();
    assert!(!lower.applied);
    assert_eq!(lower.record.snapshot, snapshot(8, "Ana"));
}

pub(crate) async fn an_arrival_tells_all_at_once(store: AnyStore) {
    let site = site(&store).await;
    let nothing = store.arrival(site, user(2), "login-a", &snapshot(1, "Ana"), &[]).await.unwrap();
    assert!(matches!(nothing, Arrival { user: None, revoked: false, .. }));
    assert_eq!((nothing.dock.version, nothing.dock.windows.len(), nothing.heads.len()), (0, 0, 0));

    store.put_user(site, user(2), snapshot(1, "Ana"), Origin::Token).await.unwrap();
    store.put_user(site, user(3), snapshot(1, "Bruno O'Silva"), Origin::Call).await.unwrap();
    set(&store, site, 2, 3, WindowState::Open).await;
    send(&store, site, 3, 2, "a").await;
    send(&store, site, 4, 2, "b").await;
    send(&store, site, 3, 4, "not theirs").await;
    let asked = [between(2, 9), between(2, 3), between(2, 4), between(3, 4)];
    let arrival = store.arrival(site, user(2), "login-a", &snapshot(1, "Ana"), &asked).await.unwrap();
    assert_eq!(arrival.user, store.user(site, user(2)).await.unwrap());
    assert_eq!(arrival.dock, store.dock(site, user(2)).await.unwrap());
    let heads: Vec<_> = arrival.heads.iter().map(|h| h.map(|h| (h.first_seq.0, h.seq.0, h.rev.0))).collect();
    assert_eq!(heads, [None, Some((1, 1, 1)), Some((1, 1, 1)), None]);
    let [bruno, unknown] = &arrival.dock.windows[..] else { panic!("{:?}", arrival.dock) };
    let on_record = store.user(site, user(3)).await.unwrap().unwrap();
    assert_eq!(bruno.other, Some((&*on_record.snapshot).into()));
    assert_eq!((bruno.state, bruno.unread, bruno.head.seq.0), (WindowState::Open, 1, 1));
    assert_eq!((unknown.state, unknown.other.as_ref()), (WindowState::Minimised, None));
}

pub(crate) async fn a_revoked_login_is_refused_until_it_is_forgotten(store: AnyStore) {
    let site = site(&store).await;
    let revoked =
        async |sid| store.arrival(site, user(2), sid, &snapshot(1, "Ana"), &[]).await.unwrap().revoked;
    store.revoke_login(site, "login-a", 1_000).await.unwrap();
    store.revoke_login(site, "login-a", 500).await.unwrap(); // never shortened
    store.revoke_login(site, "login-b", 2_000).await.unwrap();
    assert!(revoked("login-a").await && revoked("login-b").await && !revoked("login-c").await);
    assert_eq!(store.expire(999).await.unwrap(), 0);
    assert_eq!(store.expire(1_000).await.unwrap(), 1);
    assert!(!revoked("login-a").await && revoked("login-b").await);
}

pub(crate) async fn a_removed_user_leaves_stubs_and_refuses_older_tokens(store: AnyStore) {
    let site = site(&store).await;
    for (id, name) in [(2, "Ana"), (3, "Bruno")] {
        store.put_user(site, user(id), snapshot(1, name), Origin::Call).await.unwrap();
    }
    send(&store, site, 2, 3, "mine").await;
    let theirs = send(&store, site, 3, 2, "theirs").await.0;
    send(&store, site, 2, 3, "mine too").await;
    send(&store, site, 4, 2, "only theirs").await;
    set(&store, site, 2, 3, WindowState::Open).await;
    set(&store, site, 3, 2, WindowState::Open).await;
    read(&store, site, 2, 3, 2).await;
    store.read(site, &between(2, 3), user(3), mark(1, true)).await.unwrap();

    let (applied, changed) = store.remove_user(site, user(2), RightsVersion(7)).await.unwrap();
    assert!(applied.applied && applied.changed && applied.record.removed);
    let head = Head { first_seq: Seq(1), seq: Seq(3), rev: Rev(5) };
    assert_eq!(changed, [(between(2, 3), head)], "where they wrote nothing, nothing changed");
    let record = store.user(site, user(2)).await.unwrap().unwrap();
    assert_eq!(record, applied.record);
    assert_eq!((&*record.snapshot.name, record.snapshot.circles.len()), ("", 0));

    let (now, messages) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(now, head);
    assert_eq!(messages[1], theirs);
    for (stub, rev) in [(&messages[0], 4), (&messages[2], 5)] {
        assert_eq!(
            (stub.rev.0, stub.sender, &stub.text, stub.client_message_id),
            (rev, user(2), &None, None)
        );
    }
    assert_eq!(windows(&store, site, 2).await, [], "their dock is gone");
    let bruno = store.dock(site, user(3)).await.unwrap();
    let window = &bruno.windows[0];
    assert_eq!((window.unread, window.other_read_seq.0), (0, 0), "stubs do not count, marks are gone");
    assert_eq!(&*window.other.as_ref().unwrap().name, "", "their name is gone");

    for (version, origin) in [(6, Origin::Call), (7, Origin::Token)] {
        let refused =
            store.put_user(site, user(2), snapshot(version, "Ana"), origin).await.unwrap().done().unwrap();
        assert!(!refused.applied && refused.record.removed, "{version} {origin:?}");
    }
    let (next, _) = send(&store, site, 3, 2, "anybody there?").await;
    assert_eq!((next.seq.0, next.rev.0), (4, 6));
}

pub(crate) async fn a_removal_repeated_or_late_changes_nothing(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), snapshot(5, "Ana"), Origin::Call).await.unwrap();
    send(&store, site, 2, 3, "x").await;
    let (late, changed) = store.remove_user(site, user(2), RightsVersion(4)).await.unwrap();
    assert_eq!((late.applied, late.changed, changed.len()), (false, false, 0));
    let (_, changed) = store.remove_user(site, user(2), RightsVersion(5)).await.unwrap();
    assert_eq!(changed.iter().map(|(id, head)| (id, head.rev.0)).collect::<Vec<_>>(), [(&between(2, 3), 2)]);
    let (again, changed) = store.remove_user(site, user(2), RightsVersion(5)).await.unwrap();
    assert_eq!((again.applied, again.changed, changed.len()), (true, false, 0));
    let (head, _) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(head.rev.0, 2);
}

pub(crate) async fn a_removed_user_who_is_back_starts_anew(store: AnyStore) {
    let site = site(&store).await;
    store.put_user(site, user(2), snapshot(1, "Ana"), Origin::Call).await.unwrap();
    let erased = message(site, 2, 3, "x");
    store.append(erased.clone()).await.unwrap();
    for _ in 0..3 {
        send(&store, site, 3, 2, "before").await;
    }
    store.remove_user(site, user(2), RightsVersion(2)).await.unwrap();
    let back =
        store.put_user(site, user(2), snapshot(3, "Ana"), Origin::Token).await.unwrap().done().unwrap();
    assert!(back.applied && !back.record.removed);
    assert_eq!(windows(&store, site, 2).await, []);
    assert_eq!(read(&store, site, 2, 3, 4).await, None);
    assert!(send(&store, site, 3, 2, "after").await.1);
    assert_eq!(windows(&store, site, 2).await, [(3, WindowState::Minimised, 1)]);
    let again = store.append(erased).await.unwrap();
    assert!(matches!(again, Appended::New { .. }), "an erased message's id is forgotten with it");
}

pub(crate) async fn nothing_of_the_removed_is_stored_after_their_removal(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 2, 3, "x").await;
    send(&store, site, 3, 2, "y").await;
    store.remove_user(site, user(2), RightsVersion(2)).await.unwrap();
    // What was on its way: to where they have written, to where nobody has, and once somebody has answered.
    for (to, answer) in [(3, None), (4, None), (3, Some("z"))] {
        if let Some(text) = answer {
            send(&store, site, 3, 2, text).await;
        }
        assert_eq!(store.append(message(site, 2, to, "late")).await.unwrap(), Appended::SenderRemoved);
    }
    assert_eq!(store.history(site, &between(2, 4), Page::Newest, 9).await.unwrap().0, Head::default());
    let (_, messages) = store.history(site, &between(2, 3), Page::Newest, 9).await.unwrap();
    assert_eq!(messages.iter().map(|m| m.text.as_deref()).collect::<Vec<_>>(), [None, Some("y"), Some("z")]);
    let opened = WindowChange { state: WindowState::Open, base: 9, seen: None, session: None };
    assert!(!store.set_window(site, user(2), &between(2, 3), opened, 20).await.unwrap());
    assert_eq!(windows(&store, site, 2).await, []);
    store.put_user(site, user(2), snapshot(3, "Ana"), Origin::Call).await.unwrap();
    assert_eq!(windows(&store, site, 2).await, [], "what came before counts as read");
    assert_eq!(send(&store, site, 2, 3, "back").await.0.seq, Seq(4));
}

pub(crate) async fn removing_somebody_unknown_refuses_their_tokens(store: AnyStore) {
    let site = site(&store).await;
    let (applied, changed) = store.remove_user(site, user(8), RightsVersion(3)).await.unwrap();
    assert!(applied.applied && applied.changed && changed.is_empty());
    let refused =
        store.put_user(site, user(8), snapshot(3, "Eve"), Origin::Token).await.unwrap().done().unwrap();
    assert!(!refused.applied && refused.record.removed);
}

pub(crate) async fn all_that_is_kept_of_a_user_is_told_and_nothing_of_the_removed(store: AnyStore) {
    let site = site(&store).await;
    assert_eq!(store.kept(site, user(2)).await.unwrap(), None);
    for (id, name) in [(2, "Ana"), (3, "Bruno O'Silva")] {
        store.put_user(site, user(id), snapshot(1, name), Origin::Call).await.unwrap();
    }
    send(&store, site, 2, 3, "one").await;
    send(&store, site, 3, 2, "two").await;
    send(&store, site, 4, 2, "from somebody who is not on record").await;
    send(&store, site, 3, 4, "not hers").await;
    set(&store, site, 2, 3, WindowState::Open).await;
    set(&store, site, 2, 9, WindowState::Open).await;
    set(&store, site, 2, 9, WindowState::Closed).await;
    read(&store, site, 2, 3, 2).await;
    let kept = store.kept(site, user(2)).await.unwrap().unwrap();
    assert_eq!(kept.snapshot, snapshot(1, "Ana"));
    assert_eq!(kept.windows, [(between(2, 3), WindowState::Open), (between(2, 9), WindowState::Closed)]);
    let told =
        kept.conversations.iter().map(|c| (c.conversation.clone(), &*c.name, c.head.seq.0, c.read_seq.0));
    let expected = [(between(2, 3), "Bruno O'Silva", 2, 2), (between(2, 4), "", 1, 0)];
    assert_eq!(told.collect::<Vec<_>>(), expected);

    store.remove_user(site, user(3), RightsVersion(2)).await.unwrap();
    assert_eq!(store.kept(site, user(3)).await.unwrap(), None);
    let kept = store.kept(site, user(2)).await.unwrap().unwrap();
    assert_eq!(kept.conversations[0].name, "");
}
