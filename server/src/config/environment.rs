//! The variables of the environment that look like settings: a mistyped one is found before it is ignored.
//!
//! Knows the names of the settings, and no value of any.

use std::ffi::OsString;

use confique::{Config as _, meta::FieldKind};

use super::{Config, ConfigError};
use crate::logs;

/// Refuses a variable of the environment that is a mistyped one of ours, and tells of others that begin as ours do.
pub(super) fn known_variables(all: impl Iterator<Item = (OsString, OsString)>) -> Result<(), ConfigError> {
    let known = variables();
    for name in all.filter_map(|(name, _)| name.into_string().ok()) {
        if !name.starts_with("GCHAT_") || known.contains(&name) {
            continue;
        }
        let near = known.iter().map(|known| (distance(&name, known), known)).min();
        if let Some((..=3, near)) = near {
            return Err(ConfigError::Value(format!(
                "the environment has {name}, which is no setting: write {near}, or take it away"
            )));
        }
        // Others may have it for themselves: container systems name variables after services.
        logs::say(&format!("gchat: the environment has {name}, which is no setting and is ignored"));
    }
    Ok(())
}

/// The variables that are settings.
fn variables() -> Vec<String> {
    fn of(meta: &confique::meta::Meta, into: &mut Vec<String>) {
        for field in meta.fields {
            match field.kind {
                FieldKind::Leaf { env, .. } => into.extend(env.map(str::to_owned)),
                FieldKind::Nested { meta } => of(meta, into),
            }
        }
    }
    let mut all = Vec::new();
    of(&Config::META, &mut all);
    all
}

/// How many letters are to be changed, added or taken away to make one word of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, a) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], n + 1);
        for (m, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[m + 1];
            row[m + 1] = changed.min(diagonal + 1).min(row[m] + 1);
        }
    }
    row[other.len()]
}
