//! Hazard: windows that vanish, come back unasked, or hide a message.

use futures_util::future::join_all;
use gchat::{
    dock::COUNTED,
    id::{Seq, SessionId},
    store::{
        WindowChange,
        WindowState::{Closed, Minimised, Open},
    },
};
use uuid::Uuid;

use crate::util::{AnyStore, MOST, between, change, message, read, send, set, site, user, windows};

pub(crate) async fn windows_keep_the_order_in_which_they_were_opened(store: AnyStore) {
    let site = site(&store).await;
    for other in [5, 3, 4] {
        assert!(set(&store, site, 2, other, Open).await);
    }
    assert!(set(&store, site, 2, 3, Minimised).await);
    assert_eq!(windows(&store, site, 2).await, [(5, Open, 0), (3, Minimised, 0), (4, Open, 0)]);
    assert!(set(&store, site, 2, 5, Closed).await);
    assert!(set(&store, site, 2, 5, Open).await);
    assert_eq!(windows(&store, site, 2).await, [(3, Minimised, 0), (4, Open, 0), (5, Open, 0)]);
    let dock = store.dock(site, user(2)).await.unwrap();
    assert_eq!(dock.version, 6);
    let window = &dock.windows[0];
    assert_eq!((window.head, window.other.as_ref()), (gchat::conversation::Head::default(), None));
    assert_eq!(windows(&store, site, 3).await, [], "opening a window tells nobody");
}

pub(crate) async fn a_change_from_before_anothers_change_is_stale(store: AnyStore) {
    let site = site(&store).await;
    let change = async |other, state, base| {
        store
            .set_window(
                site,
                user(2),
                &between(2, other),
                WindowChange { state, base, seen: None, session: None },
                MOST,
            )
            .await
            .unwrap()
    };
    assert!(change(3, Open, 0).await);
    assert!(change(4, Open, 0).await, "another window's change does not count");
    assert!(!change(3, Closed, 0).await, "window 3 was changed in version 1");
    assert!(change(3, Minimised, 1).await);
    assert!(change(3, Closed, 3).await);
    assert!(!change(3, Open, 3).await);
    assert!(change(3, Open, 4).await);
    assert!(
        !store
            .set_window(
                site,
                user(9),
                &between(2, 3),
                WindowChange { state: Open, base: 9, seen: None, session: None },
                MOST
            )
            .await
            .unwrap(),
        "not theirs"
    );
}

pub(crate) async fn a_sessions_own_changes_never_make_each_other_stale(store: AnyStore) {
    let site = site(&store).await;
    let (desk, phone) = (Some(SessionId(Uuid::from_u128(1))), Some(SessionId(Uuid::from_u128(2))));
    let change = async |other, state, base, session| {
        let change = WindowChange { state, base, seen: None, session };
        store.set_window(site, user(2), &between(2, other), change, 2).await.unwrap()
    };
    assert!(change(3, Open, 0, desk).await);
    assert!(change(3, Minimised, 0, desk).await, "sent without waiting for the answer");
    assert!(!change(3, Open, 0, phone).await, "another's change was in between");
    assert!(change(3, Open, 2, phone).await);
    assert!(!change(3, Closed, 2, desk).await, "and now it is the other way round");
    assert!(!change(3, Closed, 2, None).await, "nobody is not the same as nobody");
    // What a session's own opening has closed, it may open again.
    assert!(change(4, Open, 3, desk).await);
    assert!(change(5, Open, 3, desk).await);
    assert_eq!(windows(&store, site, 2).await, [(4, Open, 0), (5, Open, 0)]);
    assert!(!change(3, Open, 3, phone).await);
    assert!(change(3, Open, 3, desk).await);
}

pub(crate) async fn what_changes_nothing_is_no_change(store: AnyStore) {
    let site = site(&store).await;
    assert!(!set(&store, site, 2, 3, Closed).await);
    assert!(set(&store, site, 2, 3, Open).await);
    assert!(!set(&store, site, 2, 3, Open).await);
    assert!(set(&store, site, 2, 3, Closed).await);
    assert!(!set(&store, site, 2, 3, Closed).await);
    assert_eq!(store.dock(site, user(2)).await.unwrap().version, 2);
}

pub(crate) async fn a_message_brings_a_window_and_says_so_once(store: AnyStore) {
    let site = site(&store).await;
    assert!(send(&store, site, 2, 3, "a").await.1);
    assert!(!send(&store, site, 2, 3, "b").await.1, "it is shown already");
    assert!(send(&store, site, 4, 3, "c").await.1);
    assert_eq!(windows(&store, site, 3).await, [(2, Minimised, 2), (4, Minimised, 1)]);
    assert_eq!(store.dock(site, user(3)).await.unwrap().version, 0, "a send writes no dock");
    // Opened windows stand before those that came by themselves.
    assert!(set(&store, site, 3, 4, Open).await);
    assert_eq!(windows(&store, site, 3).await, [(4, Open, 1), (2, Minimised, 2)]);
    // Read without having been opened (from elsewhere): nothing is left to show.
    read(&store, site, 3, 2, 2).await;
    assert_eq!(windows(&store, site, 3).await, [(4, Open, 1)]);
    assert!(!send(&store, site, 4, 3, "d").await.1);
    assert!(set(&store, site, 3, 4, Minimised).await);
    assert!(!send(&store, site, 4, 3, "e").await.1);
}

pub(crate) async fn a_closed_window_stays_closed_until_the_next_message(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 2, 3, "a").await;
    // Closed without having been read: what it had does not bring it back.
    assert!(set(&store, site, 3, 2, Closed).await);
    assert_eq!(windows(&store, site, 3).await, []);
    send(&store, site, 3, 2, "my own").await;
    assert_eq!(windows(&store, site, 3).await, []);
    assert!(send(&store, site, 2, 3, "b").await.1);
    assert_eq!(windows(&store, site, 3).await, [(2, Minimised, 2)], "unread counts from the mark");
    assert!(!send(&store, site, 2, 3, "c").await.1);
    assert!(set(&store, site, 3, 2, Closed).await);
    assert_eq!(windows(&store, site, 3).await, []);
    assert!(send(&store, site, 2, 3, "d").await.1);
    // Read elsewhere.
    read(&store, site, 3, 2, 99).await;
    assert_eq!(windows(&store, site, 3).await, []);
    assert!(send(&store, site, 2, 3, "e").await.1);
}

pub(crate) async fn a_message_that_crosses_a_close_brings_the_window_back(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 2, 3, "seen").await;
    send(&store, site, 2, 3, "on its way while the person closes").await;
    let change = WindowChange { state: Closed, base: 0, seen: Some(Seq(1)), session: None };
    assert!(store.set_window(site, user(3), &between(2, 3), change, MOST).await.unwrap());
    assert_eq!(windows(&store, site, 3).await, [(2, Minimised, 2)]);
    // Nobody can have seen what does not exist.
    let change = WindowChange { state: Closed, base: 9, seen: Some(Seq(99)), session: None };
    assert!(store.set_window(site, user(3), &between(2, 3), change, MOST).await.unwrap());
    assert!(send(&store, site, 2, 3, "later").await.1);
}

pub(crate) async fn ones_own_messages_bring_no_window(store: AnyStore) {
    let site = site(&store).await;
    for _ in 0..3 {
        send(&store, site, 2, 3, "x").await;
    }
    assert_eq!(windows(&store, site, 2).await, []);
    set(&store, site, 2, 3, Open).await;
    assert_eq!(windows(&store, site, 2).await, [(3, Open, 0)]);
    let dock = store.dock(site, user(2)).await.unwrap();
    assert_eq!(dock.windows[0].read_seq.0, 0, "sending does not move the mark");
}

pub(crate) async fn beyond_the_most_the_oldest_is_closed_and_nothing_unread_is_hidden(store: AnyStore) {
    let site = site(&store).await;
    let open = async |other| {
        let base = store.dock(site, user(2)).await.unwrap().version;
        store
            .set_window(
                site,
                user(2),
                &between(2, other),
                WindowChange { state: Open, base, seen: None, session: None },
                3,
            )
            .await
            .unwrap()
    };
    for other in [11, 12, 13] {
        assert!(open(other).await);
    }
    send(&store, site, 12, 2, "unread").await;
    assert!(open(14).await);
    assert_eq!(windows(&store, site, 2).await, [(12, Open, 1), (13, Open, 0), (14, Open, 0)]);
    assert!(open(15).await);
    assert_eq!(
        windows(&store, site, 2).await,
        [(13, Open, 0), (14, Open, 0), (15, Open, 0), (12, Minimised, 1)],
        "12 was closed, and is there for its message"
    );
    let dock = store.dock(site, user(2)).await.unwrap();
    assert_eq!(dock.version, 5);
    // Those that came with messages do not push out what the user opened.
    for other in 20..30 {
        send(&store, site, other, 2, "hello").await;
    }
    assert_eq!(windows(&store, site, 2).await.len(), 14);
}

pub(crate) async fn of_many_windows_that_came_back_those_that_waited_longest_are_listed(store: AnyStore) {
    let site = site(&store).await;
    set(&store, site, 2, 3, Open).await;
    // The conversations begin in one order, and wait in another.
    for other in 100..250 {
        send(&store, site, 2, other, "hello").await;
    }
    for other in (100..250).rev() {
        send(&store, site, other, 2, "hello").await;
    }
    let waited: Vec<_> = (150..250).rev().map(|other| (other, Minimised, 1)).collect();
    assert_eq!(windows(&store, site, 2).await, [vec![(3, Open, 0)], waited].concat());
}

pub(crate) async fn unread_is_capped_and_counts_only_the_others(store: AnyStore) {
    let site = site(&store).await;
    for n in 0..60 {
        send(&store, site, 2, 3, &n.to_string()).await;
        send(&store, site, 3, 2, &n.to_string()).await;
    }
    assert_eq!(windows(&store, site, 3).await, [(2, Minimised, 60)]);
    read(&store, site, 3, 2, 21).await; // 1, 3, 5, … 21 are the other's
    assert_eq!(windows(&store, site, 3).await, [(2, Minimised, 49)]);
    for n in 0..60 {
        send(&store, site, 2, 3, &n.to_string()).await;
    }
    assert_eq!(windows(&store, site, 3).await, [(2, Minimised, 100)]);
}

pub(crate) async fn what_was_there_before_the_newest_thousand_counts_as_read(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 3, 2, "never read").await;
    let run = (1..COUNTED).map(|n| store.append(message(site, 2, 3, &n.to_string())));
    assert!(join_all(run).await.iter().all(Result::is_ok));
    assert_eq!(windows(&store, site, 2).await, [(3, Minimised, 1)]);
    assert!(!send(&store, site, 2, 3, "one more").await.1);
    assert_eq!(windows(&store, site, 2).await, []);
    assert!(send(&store, site, 3, 2, "new").await.1, "it brings the window");
    assert_eq!(windows(&store, site, 2).await, [(3, Minimised, 1)]);
    assert!(set(&store, site, 2, 3, Open).await);
    change(&store, site, 2, 3, COUNTED + 2, |message| message.text = None).await;
    assert_eq!(windows(&store, site, 2).await, [(3, Open, 0)], "nor when what followed is gone");
    assert!(set(&store, site, 2, 3, Closed).await);
    assert_eq!(windows(&store, site, 2).await, []);
    assert_eq!(windows(&store, site, 3).await, [(2, Minimised, 100)]);
}

pub(crate) async fn closed_windows_are_forgotten_but_not_what_they_hide(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 900, 2, "never read").await;
    assert!(set(&store, site, 2, 900, Closed).await);
    for other in 100..300 {
        assert!(set(&store, site, 2, other, Open).await);
        assert!(set(&store, site, 2, other, Closed).await);
    }
    assert_eq!(windows(&store, site, 2).await, [], "the message that was put away stays away");
    let dock = store.dock(site, user(2)).await.unwrap();
    assert_eq!(dock.version, 401);
    assert!(
        !store
            .set_window(
                site,
                user(2),
                &between(2, 299),
                WindowChange { state: Open, base: 300, seen: None, session: None },
                MOST
            )
            .await
            .unwrap(),
        "still stale"
    );
}
