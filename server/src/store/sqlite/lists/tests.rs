//! What lists and connects cost, counted in SQLite's own steps.

use super::*;
use crate::{
    fold::Words,
    id::RightsVersion,
    store::{
        Arrival,
        sqlite::{arrive::Arrive, sql::steps},
    },
};

const SITE: SiteId = SiteId(1);
const PER_DAY: i64 = 5;

fn ana() -> UserId {
    UserId::new(1).expect("a user")
}

/// The user 1 has so many conversations of this kind, the newest of which are of the day 20,000, five a day; in each
/// somebody else has written last, of the newest and the oldest so many are not read. `closed`: their windows were closed
/// over that.
fn talks(kind: i64, many: i64, unread: i64, closed: bool) -> Connection {
    let conn = Connection::open_in_memory().expect("a database");
    conn.execute_batch(include_str!("../../../../migrations/sqlite/0001_first.sql")).expect("the schema");
    let name =
        if kind == 1 { "printf('1-%d', n + 1)" } else { "printf('g-%08x-0000-7000-8000-000000000000', n)" };
    let is_old = "(n <= ?2 OR n > ?1 - ?2)";
    let numbers = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)";
    let fill = |sql: String| {
        conn.execute(&format!("{numbers} {sql}"), params![many, unread]).expect("rows");
    };
    conn.execute_batch("INSERT INTO sites VALUES (1, 'i', 'u', '[]', 1, 900, 0, 0)").expect("a site");
    fill("INSERT INTO users SELECT 1, n + 1, 1, 1, 0, json_object('rights_version', 1, 'name', \
             printf('Person %d', n), 'picture', NULL, 'profile_url', NULL, 'lang', 'en', 'hidden', json('false'), \
             'rights', json('[\"chat\"]'), 'circles', json('[]'), 'blocked', json('[]')) \
          FROM numbers WHERE ?2 >= 0"
        .into());
    fill(format!(
        "INSERT INTO conversations (conversation, site, kind, name, seq, rev, last_seq, last_sender, other_seq, \
            course, title, maker) \
         SELECT n, 1, {kind}, {name}, 2, 2, 2, n + 1, 1, 'c7', iif({kind} = 2, 'A group', NULL), 1 \
         FROM numbers WHERE ?2 >= 0"
    ));
    fill(format!(
        "INSERT INTO participants (site, user, kind, conversation, other, read_seq, published_read_seq, first_seq, \
            day, waits) \
         SELECT 1, iif(side.value, n + 1, 1), {kind}, n, iif({kind} = 1, iif(side.value, 1, n + 1), NULL), \
            iif({is_old}, 0, 2), 0, iif({kind} = 2, 1, NULL), 20000 - n / {PER_DAY}, {is_old} AND side.value = 0 \
         FROM numbers, json_each('[0,1]') side"
    ));
    fill("INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) \
          SELECT 1, n, seq.value, seq.value, iif(seq.value = 1, 1, n + 1), CAST(n * 2 + seq.value AS BLOB), 'x', \
             (20000 - n / 5) * 86400000 + n FROM numbers, json_each('[1,2]') seq WHERE ?2 >= 0"
        .into());
    if closed {
        fill(format!(
            "INSERT INTO docks (site, user, name, other, state, version, opened, closed_seq) \
             SELECT 1, 1, {name}, iif({kind} = 1, n + 1, NULL), 0, n, n, 2 FROM numbers WHERE {is_old}"
        ));
    }
    conn
}

fn arrive(conn: &Connection) -> Arrival {
    let arrive = Arrive::new((SITE, ana()), "sid", RightsVersion(1), "[]".into(), &[]);
    arrive.look(conn).expect("an arrival")
}

fn ask(limit: usize) -> ListAsk {
    ListAsk { limit, ..ListAsk::default() }
}

fn names(page: &ListPage) -> Vec<String> {
    page.listed.iter().map(|one| one.window.conversation.to_string()).collect()
}

/// Of an arrival, of the first page, of the next, of what is unread and of what is archived.
fn cost(kind: i64, many: i64) -> [usize; 5] {
    let mut conn = talks(kind, many, 2, false);
    let (arrival, connect) = steps(&mut conn, |conn| arrive(conn));
    assert_eq!(arrival.dock.windows.len(), 4, "two of the newest and two of the oldest are unread");
    let mut page = |ask: ListAsk| steps(&mut conn, |conn| list(conn, SITE, ana(), &ask).expect("a page"));
    let (first, first_page) = page(ask(4));
    assert_eq!(first.listed.len(), 4);
    let (next, next_page) = page(ListAsk { after: first.next.clone(), ..ask(4) });
    assert!(names(&next).iter().all(|name| !names(&first).contains(name)));
    let (unread, unread_page) = page(ListAsk { unread: true, ..ask(50) });
    assert_eq!((unread.listed.len(), unread.next), (4, None));
    let (archived, archived_page) = page(ListAsk { archived: true, ..ask(50) });
    assert_eq!(archived, ListPage::default());
    [connect, first_page, next_page, unread_page, archived_page]
}

#[test]
fn however_many_conversations_somebody_has_a_connect_and_a_page_cost_the_same() {
    for kind in [1, 2] {
        let (few, many) = (cost(kind, 10), cost(kind, 10_000));
        assert!(few[0] > 20 && few[1] > 20, "it looks at something: {few:?}");
        for (few, many) in few.into_iter().zip(many) {
            assert!(many <= few + few / 10 + 5, "of kind {kind}: {few} and {many}");
        }
    }
}

#[test]
fn however_many_closed_windows_hide_something_a_connect_looks_at_a_thousand_of_them() {
    for kind in [1, 2] {
        let of = |many: i64| {
            let mut conn = talks(kind, many, many / 2, true);
            let (arrival, connect) = steps(&mut conn, |conn| arrive(conn));
            assert_eq!((arrival.dock.windows.len(), arrival.dock.version), (0, many));
            connect
        };
        let (most, many) = (of(1_000), of(10_000));
        assert!(many <= most + most / 10, "of kind {kind}: {most} and {many}");
    }
}

#[test]
fn a_first_page_takes_a_few_hundred_look_ups_and_a_name_no_more_than_the_list_has() {
    let mut conn = talks(1, 10_000, 2, false);
    let mut page = |ask: ListAsk| steps(&mut conn, |conn| list(conn, SITE, ana(), &ask).expect("a page"));
    let (first, cost) = page(ask(50));
    assert_eq!(first.listed.len(), 50);
    assert!(cost < 1_500, "ten thousand instructions and a half: {cost}");
    let named = |text: &str| ListAsk { words: Words::of(text), ..ask(50) };
    let (found, all) = page(named("9999"));
    assert_eq!(names(&found), ["1-10000"]);
    let (none, again) = page(named("nobody"));
    assert_eq!((none.listed.len(), none.next), (0, None));
    assert!(all < 40_000 && again < 40_000, "forty instructions a conversation: {all} and {again}");
}
