//! Finding messages: whose, in which order, and what becomes of what was changed. Each time both by what is in the index
//! and by what is too new for it.

use gchat::{
    conversation::System,
    id::{ConversationId, RightsVersion, Seq, SiteId},
    store::{FindAsk, FindPage, NewMessage},
    terms::Sought,
};

use crate::util::{
    AnyStore, appended, between, change, does, group, hold, message, room, send, site, snapshot, user, users,
};

fn seek(text: &str) -> FindAsk {
    FindAsk { sought: Sought::of(text), limit: 100, ..FindAsk::default() }
}

async fn find(store: &AnyStore, site: SiteId, who: i64, ask: &FindAsk) -> FindPage {
    store.find(site, user(who), ask).await.unwrap()
}

/// (conversation, seq) of what is found: the same before the index has all and afterwards.
async fn found(store: &AnyStore, site: SiteId, who: i64, ask: FindAsk) -> Vec<(String, i64)> {
    let at_first = find(store, site, who, &ask).await;
    index(store).await;
    let page = find(store, site, who, &ask).await;
    assert_eq!(page, at_first, "by the index, and without it");
    page.found.iter().map(|found| (found.conversation.to_string(), found.seq.0)).collect()
}

async fn texts(store: &AnyStore, site: SiteId, who: i64, text: &str) -> Vec<String> {
    let page = find(store, site, who, &seek(text)).await;
    page.found.iter().map(|found| found.text.to_string()).collect()
}

async fn index(store: &AnyStore) {
    while store.index().await.unwrap() {}
}

async fn say(store: &AnyStore, site: SiteId, to: &ConversationId, from: i64, text: &str) -> i64 {
    let new = NewMessage { conversation: to.clone(), ..message(site, from, from + 1, text) };
    appended(store, new).await.0.seq.0
}

fn of(conversation: &ConversationId, seq: i64) -> (String, i64) {
    (conversation.to_string(), seq)
}

pub(crate) async fn all_that_somebody_reads_is_found_and_nothing_else(store: AnyStore) {
    let site = site(&store).await;
    let put = store.put_user(site, user(3), snapshot(1, "Bruno"), gchat::store::Origin::Call).await;
    assert!(put.is_ok());
    send(&store, site, 2, 3, "the needle is here").await;
    send(&store, site, 3, 4, "a needle of others").await;
    let group = group(&store, site, &[4, 5, 6]).await;
    say(&store, site, &group, 4, "a needle before she came").await;
    hold(&store, site, 2, 1, &["c7"]).await;
    does(&store, site, &group, 4, System::Added { users: users(&[2]) }).await;
    let between_them = say(&store, site, &group, 5, "needles while she is in it").await;
    does(&store, site, &group, 4, System::Removed { users: users(&[2]) }).await;
    say(&store, site, &group, 5, "a needle after she has gone").await;
    let (mine, other) = (room("c7"), room("c8"));
    say(&store, site, &mine, 4, "needle, in the room").await;
    say(&store, site, &other, 4, "needle, in another room").await;
    let ask = FindAsk { rooms: vec![mine.clone()], ..seek("NEEDLE") };
    let direct = between(2, 3);
    assert_eq!(
        found(&store, site, 2, ask.clone()).await,
        [of(&mine, 1), of(&group, between_them), of(&direct, 1)]
    );
    let page = find(&store, site, 2, &ask).await;
    let names: Vec<_> = page.found.iter().map(|found| (found.title.as_deref(), &*found.name)).collect();
    assert_eq!(names, [(None, "No. 4"), (Some("Cell biology"), "No. 5"), (Some("Bruno"), "No. 2")]);
    assert_eq!(&*page.found[2].text, "the needle is here");
    // A room in which one has written is found only where it is named: whether one reads it is not the store's to know.
    say(&store, site, &other, 2, "my needle").await;
    assert_eq!(found(&store, site, 2, seek("my needle")).await, []);
    assert_eq!(found(&store, site, 99, seek("needle")).await, [], "a stranger");
    assert_eq!(found(&store, site, 2, seek(" ?! ")).await, [], "nothing finds nothing");
    assert_eq!(find(&store, site, 2, &FindAsk { limit: 0, ..ask }).await, FindPage::default());
}

pub(crate) async fn what_was_found_comes_in_pages_the_newest_first(store: AnyStore) {
    for is_indexed in [false, true] {
        let site = site(&store).await;
        for n in 0..10 {
            send(&store, site, 2, 3 + n % 3, &format!("needle {n}")).await;
            send(&store, site, 2, 3, "hay").await;
        }
        if is_indexed {
            index(&store).await;
        }
        let (mut pages, mut ask) = (Vec::new(), FindAsk { limit: 3, ..seek("needle") });
        loop {
            let FindPage { found, next } = find(&store, site, 2, &ask).await;
            pages.push(found.iter().map(|found| found.text.to_string()).collect::<Vec<_>>());
            send(&store, site, 2, 3, "a newer needle").await; // nothing of it in the pages after
            ask.before = next;
            if ask.before.is_none() {
                break;
            }
        }
        let newest_first: Vec<String> = (0..10).rev().map(|n| format!("needle {n}")).collect();
        assert_eq!(pages.concat(), newest_first, "in the index: {is_indexed}");
        assert_eq!(pages.len(), 4);
    }
}

pub(crate) async fn what_was_changed_is_found_as_it_is_now(store: AnyStore) {
    let site = site(&store).await;
    for is_indexed in [false, true] {
        let (first, _) = send(&store, site, 2, 3, "the first word").await;
        let (second, _) = send(&store, site, 2, 3, "the second word").await;
        if is_indexed {
            index(&store).await;
        }
        change(&store, site, 2, 3, first.seq.0, |message| message.text = Some("another text".into())).await;
        assert_eq!(texts(&store, site, 2, "first").await, [""; 0]);
        assert_eq!(texts(&store, site, 3, "another").await, ["another text"]);
        change(&store, site, 2, 3, second.seq.0, |message| message.text = None).await;
        change(&store, site, 2, 3, first.seq.0, |message| message.text = None).await;
        for gone in ["first", "second", "another", "word", "text"] {
            assert_eq!(texts(&store, site, 2, gone).await, [""; 0], "{gone}");
        }
        index(&store).await;
        assert_eq!(texts(&store, site, 2, "word").await, [""; 0]);
    }
}

pub(crate) async fn the_erased_are_found_by_nothing(store: AnyStore) {
    let site = site(&store).await;
    send(&store, site, 2, 3, "a needle of hers").await;
    send(&store, site, 3, 2, "a needle of his").await;
    index(&store).await;
    send(&store, site, 2, 3, "a newer needle").await;
    assert_eq!(texts(&store, site, 3, "needle").await.len(), 3);
    store.remove_user(site, user(2), RightsVersion(9)).await.unwrap();
    assert_eq!(texts(&store, site, 3, "needle").await, ["a needle of his"]);
    assert_eq!(texts(&store, site, 3, "hers").await, [""; 0]);
    assert_eq!(texts(&store, site, 2, "needle").await, [""; 0]);
    index(&store).await;
    assert_eq!(texts(&store, site, 3, "needle").await, ["a needle of his"]);
}

pub(crate) async fn any_text_is_found_whether_it_is_in_the_index_or_not(store: AnyStore) {
    let site = site(&store).await;
    let long = "x".repeat(4_096);
    for text in [
        "東京都は大きい",
        "A Matemática",
        "هذا الكتاب",
        "' OR \" * NEAR(x) AND NOT c1:2 ^ -",
        &long,
        "\u{e000}1 r2d2",
    ] {
        send(&store, site, 2, 3, text).await;
    }
    for (sought, count) in [
        ("京都", 1),
        ("い", 1),
        ("MATEMATICA", 1),
        ("كتاب", 1),
        ("near not", 1),
        ("\" OR \"", 1),
        ("r2d2", 1),
        (&long[..100], 1),
        ("\u{e000}1", 1),
        ("大京", 0),
        ("\" AND x*", 1),
        ("\" OR y", 0),
    ] {
        assert_eq!(found(&store, site, 2, seek(sought)).await.len(), count, "{sought}");
    }
}

pub(crate) async fn what_is_left_out_and_what_is_asked_alone(store: AnyStore) {
    let site = site(&store).await;
    let group = group(&store, site, &[2, 3, 4]).await;
    let theirs = say(&store, site, &group, 3, "needle").await;
    say(&store, site, &group, 4, "needle").await;
    send(&store, site, 4, 2, "needle").await;
    let ask = FindAsk { without: users(&[4]), ..seek("needle") };
    let direct = between(2, 4);
    assert_eq!(found(&store, site, 2, ask.clone()).await, [of(&direct, 1), of(&group, theirs)]);
    let only = FindAsk { only: Some(group.clone()), ..ask };
    assert_eq!(found(&store, site, 2, only.clone()).await, [of(&group, theirs)]);
    let nowhere = FindAsk { only: Some(between(2, 9)), ..seek("needle") };
    assert_eq!(found(&store, site, 2, nowhere).await, []);
    // A place that is not theirs, or not there, begins anew.
    for before in [(between(3, 4), Seq(1)), (between(2, 9), Seq(1)), (group.clone(), Seq(99))] {
        let ask = FindAsk { before: Some(before), ..only.clone() };
        assert_eq!(found(&store, site, 2, ask).await, [of(&group, theirs)]);
    }
}

pub(crate) async fn of_another_site_nothing_is_found(store: AnyStore) {
    let (one, two) = (site(&store).await, site(&store).await);
    for site in [one, two] {
        send(&store, site, 2, 3, "needle").await;
    }
    index(&store).await;
    assert_eq!(found(&store, one, 2, seek("needle")).await.len(), 1);
    store.remove_site(two).await.unwrap();
    let again = site(&store).await;
    send(&store, again, 2, 3, "needles again").await;
    assert_eq!(
        found(&store, again, 2, seek("again")).await.len(),
        1,
        "numbers that were free are used again"
    );
    assert_eq!(found(&store, one, 2, seek("needle")).await.len(), 1);
    assert_eq!(found(&store, one, 2, seek("again")).await, []);
}
