//! The map stays true: what ARCHITECTURE.md names in code quotes as a path exists.

use std::path::{Path, PathBuf};

#[test]
fn every_path_that_the_map_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    let is_folder = |name: &str| !name.is_empty() && root.join(name).is_dir();
    let paths: Vec<&str> =
        quoted.filter(|q| q.split_once('/').is_some_and(|(top, _)| is_folder(top))).collect();
    assert!(paths.len() > 20, "the map has become short: {paths:?}");
    let missing: Vec<_> = paths.into_iter().filter(|path| !root.join(path).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:?}");
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

/// Of the server's sources: their paths from `server/src` on, and their text.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
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
        text.contains(&if rust { format!("fn {name}()") } else { (*name).to_owned() })
    };
    let missing: Vec<_> = named.iter().filter(|named| !is_there(named)).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that are not there: {missing:?}");
    let also = text.split("](").skip(1).filter_map(|link| link.split([')', '#']).next());
    let gone: Vec<_> = also.filter(|to| !to.is_empty() && !root.join("docs").join(to).exists()).collect();
    assert!(gone.is_empty(), "docs/security.md links to what is not there: {gone:?}");
}
