//! The map stays true: what ARCHITECTURE.md and CONTRIBUTING.md name in code quotes as a path exists, and what they say of
//! who knows what.

use std::path::{Path, PathBuf};

#[test]
fn every_path_that_the_map_names_exists() {
    assert_eq!(missing("ARCHITECTURE.md", 20), [""; 0]);
}

/// "Where does it go?" names what a stranger opens first.
#[test]
fn every_path_that_a_contributor_is_sent_to_exists() {
    assert_eq!(missing("CONTRIBUTING.md", 30), [""; 0]);
}

/// Which paths from the root a document quotes that are not there, of more than `least`. `LANG` and `N` stand for a
/// language and a release; what follows a program are its arguments.
fn missing(document: &str, least: usize) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join(document)).unwrap();
    let quoted = text.split('`').skip(1).step_by(2).filter_map(|q| q.split_whitespace().next());
    let is_folder = |name: &str| !name.is_empty() && root.join(name).is_dir();
    let paths: Vec<String> = quoted
        .filter(|q| q.split_once('/').is_some_and(|(top, _)| is_folder(top)))
        .map(|path| path.replace("LANG", "pt").replace("releases/N", "releases/1"))
        .collect();
    assert!(paths.len() > least, "{document} has become short: {paths:?}");
    paths.into_iter().filter(|path| !root.join(path).exists()).collect()
}

/// Beside paths from the root there are short ones, from `server/src` on.
#[test]
fn every_room_of_the_server_that_the_map_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("../ARCHITECTURE.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs"));
    let is_room = |name: &&str| {
        name.split_once('/').is_some_and(|(top, _)| root.join("src").join(top).is_dir() && top != "tests")
    };
    let rooms: Vec<&str> = quoted.filter(is_room).collect();
    assert!(rooms.len() > 20, "the map has become short: {rooms:?}");
    let missing: Vec<_> = rooms.into_iter().filter(|name| !root.join("src").join(name).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:?}");
}

/// Words that stood for something before, and what says it now (ARCHITECTURE.md, "Glossary"). A name may hold none of the
/// first: they would say one thing in two words, or two things in one.
#[test]
fn no_name_says_with_another_word_what_the_glossary_has_one_for() {
    let old = [
        ("greet", "sign in"),
        ("hush", "discard"),
        ("roster_window", "roster_slice"),
        ("out.leave(", "out.queue("),
        ("is_kept", "is_wanted"),
        ("struct Place", "an entry of a roster"),
        ("struct Rights ", "live rights are a `Snapshot`"),
    ];
    let holds = |(path, text): &(PathBuf, String)| {
        let found =
            old.iter().filter(|(word, _)| text.contains(word) || path.to_string_lossy().contains(word));
        found.map(|(word, now)| format!("{}: {word} is {now}", path.display())).collect::<Vec<_>>()
    };
    let wrong: Vec<String> = sources().iter().flat_map(holds).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A file that is longer than one reading says why in its head.
#[test]
fn every_file_past_500_lines_says_why() {
    let roots = [
        "server",
        "client/src",
        "client/test",
        "soak",
        "bench",
        "demo",
        "wire",
        "fuzz",
        "e2e/test",
        "moodle",
    ];
    let all: Vec<_> = roots.into_iter().flat_map(files_below).collect();
    assert!(all.len() > 400, "only {} files were found", all.len());
    let is_long = |text: &str| text.lines().count() > 500;
    let says_why = |text: &str| text.lines().take(20).any(|line| line.contains("past 500 lines"));
    let long = all.iter().filter(|(_, text)| is_long(text)).collect::<Vec<_>>();
    assert!(!long.is_empty(), "then this test is of no use");
    let silent: Vec<_> = long.iter().filter(|(_, text)| !says_why(text)).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "past 500 lines without a reason in the head: {silent:?}");
}

/// Of the server's sources: their paths from `server/src` on, and their text.
fn sources() -> Vec<(PathBuf, String)> {
    files_below("server/src")
}

/// Of the sources below a folder of the repository: their paths from there on, and their text. Not what is built or
/// installed.
fn files_below(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let kind = path.extension().and_then(|kind| kind.to_str());
            if path.is_dir() && !["target", "node_modules", "js"].contains(&name) {
                folders.push(path);
            } else if path.is_file() && matches!(kind, Some("rs" | "ts" | "mjs" | "php")) {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    files
}

/// What a site allows means something in one file only; the store keeps it, and everybody else asks there.
#[test]
fn the_rule_of_who_sees_whom_by_policy_stands_once() {
    let reads = |(_, text): &(PathBuf, String)| text.contains(".students_see_students");
    let mut files: Vec<_> = sources().into_iter().filter(reads).map(|(path, _)| path).collect();
    files.sort();
    assert_eq!(files, [Path::new("rights.rs"), Path::new("store/sqlite/sites.rs")]);
}

/// Verbs and the feed are the same in conversations of every kind: nobody else asks who the other one is.
#[test]
fn no_verb_and_no_feed_asks_for_the_kind_of_a_conversation() {
    let asks = |(_, text): &(PathBuf, String)| {
        [".other(", ".direct()", "ConversationId::Direct"].iter().any(|way| text.contains(way))
    };
    let mut files: Vec<_> = sources().into_iter().filter(asks).map(|(path, _)| path).collect();
    files.sort();
    let about_kinds = [
        "dock/view.rs",
        "http/api/export.rs",
        "store/cache.rs",
        "store/sqlite/arrive.rs",
        "store/sqlite/conversations.rs",
        "store/sqlite/traits.rs",
        "talk/access.rs",
    ];
    assert_eq!(files, about_kinds.map(PathBuf::from));
}

/// What clients are given of messages comes through a `Reader`, which knows how far somebody reads. The others look at the
/// head alone.
#[test]
fn nobody_reads_messages_past_a_reader() {
    let reads = |(path, text): &(PathBuf, String)| {
        let text: String = text.split_whitespace().collect();
        let asks = ["store.history(", "store.changes("].iter().any(|way| text.contains(way));
        asks && !path.starts_with("store")
    };
    let mut files: Vec<_> = sources().into_iter().filter(reads).map(|(path, _)| path).collect();
    files.sort();
    assert_eq!(files, ["talk/access.rs", "talk/reach.rs", "talk.rs"].map(PathBuf::from));
}

/// What the heads of these rooms say that they do not know, they do not name. Of `dock` and `talk` an engine of the store
/// knows the pure rules.
#[test]
fn rooms_know_no_more_than_their_heads_say() {
    let above_records = ["bus", "dock", "event", "hub", "node", "roster", "store", "talk", "http", "ws"];
    let wire = ["protocol", "bus", "event", "hub", "node", "roster", "http", "ws", "axum"];
    let table: [(&str, &[&str]); 9] = [
        ("id", &above_records),
        ("presence", &above_records),
        ("conversation", &above_records),
        ("rights", &above_records),
        ("protocol", &above_records),
        ("hub", &["store", "rusqlite", "talk", "dock", "roster", "bus", "node", "ws"]),
        ("store", &wire),
        ("talk", &["ws", "http", "axum", "rusqlite", "node"]),
        ("roster", &["ws", "http", "axum", "rusqlite", "node"]),
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let is_in = |room: &&str| path.starts_with(room) || path == Path::new(&format!("{room}.rs"));
        for (room, unknown) in table.iter().filter(|(room, _)| is_in(room)) {
            let known = unknown.iter().filter(|other| names(&text, other));
            wrong.extend(known.map(|other| format!("{room} knows {other}: {}", path.display())));
        }
        if is_in(&"store") {
            let lines = text.lines().map(|line| line.trim().trim_end_matches(','));
            let parts = lines.filter(|line| line.starts_with("dock::") || line.starts_with("talk::"));
            let known = parts.filter(|part| !["dock::COUNTED", "dock::Facts", "talk::rules"].contains(part));
            wrong.extend(known.map(|part| format!("store knows {part}: {}", path.display())));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Whether a file names something of this room or crate, but in comments.
fn names(text: &str, room: &str) -> bool {
    let path = format!("{room}::");
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.any(|line| {
        line.match_indices(&path).any(|(at, _)| {
            let before = &line[..at];
            before.ends_with("crate::")
                || !before.ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c))
        })
    })
}

#[test]
fn every_test_that_the_security_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    let named: Vec<(&str, &str)> =
        quoted.filter_map(|q| q.split_once("::").filter(|(f, _)| f.contains('/'))).collect();
    assert!(named.len() > 40, "the model has become short: {named:?}");
    let is_there = |(file, name): &(&str, &str)| {
        let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        let rust = file.ends_with(".rs");
        text.contains(&if rust { format!("fn {name}(") } else { (*name).to_owned() })
    };
    let missing: Vec<_> = named.iter().filter(|named| !is_there(named)).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that are not there: {missing:?}");
    let also = text.split("](").skip(1).filter_map(|link| link.split([')', '#']).next());
    let gone: Vec<_> = also.filter(|to| !to.is_empty() && !root.join("docs").join(to).exists()).collect();
    assert!(gone.is_empty(), "docs/security.md links to what is not there: {gone:?}");
}
