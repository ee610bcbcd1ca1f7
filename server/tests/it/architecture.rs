//! The map stays true: what ARCHITECTURE.md names in code quotes as a path exists.

use std::path::Path;

#[test]
fn every_path_that_the_map_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    let tops = ["protocol/", "server/", "client/", "moodle/", "demo/", "soak/", "e2e/"];
    let paths: Vec<&str> = quoted.filter(|q| tops.iter().any(|top| q.starts_with(top))).collect();
    assert!(paths.len() > 20, "the map has become short: {paths:?}");
    let missing: Vec<_> = paths.into_iter().filter(|path| !root.join(path).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:?}");
}
