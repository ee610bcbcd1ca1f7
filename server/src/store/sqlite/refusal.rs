//! Files that cannot be used: why, and what to do.

use std::path::Path;

use super::{
    StoreError,
    sql::{Failure, code, primary_code},
};

/// The refusal of a file with which SQLite cannot work, with what to do.
pub(super) fn of(path: &Path, error: rusqlite::Error) -> StoreError {
    // https://www.sqlite.org/rescode.html; 522 is a read beyond the end
    let (primary, code, error) = (primary_code(&error), code(&error), Failure(error));
    match (primary, code) {
        (Some(26), _) => {
            unusable(path, "it is no SQLite database: set `database` to another path, or restore a backup")
        }
        (Some(11), _) | (_, Some(522)) => damaged(path, &[error.to_string()]),
        (Some(14 | 8 | 3), _) => {
            let fix = format!(
                "it cannot be opened for writing ({error}): check the permissions of it and its directory, and whether \
                 the disk is mounted for writing"
            );
            unusable(path, &fix)
        }
        (Some(5 | 6 | 15), _) => {
            unusable(path, "another process is holding it: stop that process, and start again")
        }
        (Some(13), _) => unusable(path, "the disk is full: make room, and start again"),
        (Some(10), _) => unusable(
            path,
            &format!(
                "the disk fails ({error}): see whether it is full, and what the kernel says of it (`dmesg`)"
            ),
        ),
        _ => error.0.into(),
    }
}

/// The same, for what was a refusal already.
pub(super) fn again(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Database(cause) => match cause.downcast::<Failure>() {
            Ok(failure) => of(path, failure.0),
            Err(cause) => StoreError::Database(cause),
        },
        error => error,
    }
}

/// The refusal of a file that is damaged; the first of these sentences tells where.
pub(super) fn damaged(path: &Path, wrong: &[String]) -> StoreError {
    let first = wrong.first().map_or("", |sentence| sentence);
    let first = first.lines().find(|line| !line.starts_with("***")).unwrap_or(first);
    let fix = format!(
        "it is damaged ({first}): restore a backup with `gchat restore`, or save what `sqlite3 FILE .recover` can read"
    );
    unusable(path, &fix)
}

/// The refusal of a path where there is no database, or one that was only begun.
pub(super) fn missing(path: &Path) -> StoreError {
    unusable(
        path,
        "there is none: make a new one with `gchat init`, or name the right one with --database or --config; if it was \
         there before, see whether its disk is mounted",
    )
}

/// The refusal of a file, with what to do.
pub(super) fn unusable(path: &Path, fix: &str) -> StoreError {
    StoreError::Unusable(format!("the database {} cannot be used: {fix}", path.display()))
}
