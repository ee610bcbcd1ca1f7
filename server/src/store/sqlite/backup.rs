//! Backups and checks, also beside a running server.
//!
//! A backup is made by `VACUUM INTO`: one read of one moment that holds nobody up, and a copy without what was deleted.
//! While it runs the server's log cannot be begun anew and grows with what is written meanwhile.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, params};

use super::{
    Result, StoreError, aside,
    check::{self, Finding},
    connect, log, meta, place, refusal, schema,
    sql::{Failure, Statements as _, primary_code},
};

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Where.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// How many messages it holds.
    pub messages: i64,
}

/// What a check of a sound database tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// How many messages it holds.
    pub messages: i64,
    /// It is a backup, of this time (ms).
    pub taken_at: Option<i64>,
}

/// Copies the database at one moment into a new file, readable by its owner only, which gets its name after it was
/// checked and is on the disk. `to`: the file, or a folder in which it is named by `now` (ms).
pub async fn backup(from: &Path, to: &Path, now: i64) -> Result<Backup> {
    let (from, to) = (from.to_owned(), to.to_owned());
    aside(move || take(&from, &to, now)).await
}

fn take(from: &Path, to: &Path, now: i64) -> Result<Backup> {
    let to = if to.is_dir() { to.join(name(now)) } else { to.to_owned() };
    if std::fs::symlink_metadata(&to).is_ok() {
        return Err(refused(&to, "there is such a file already: name another one"));
    }
    schema::there_is_one(from)?;
    place::sweep(&to);
    let part = place::beside(&to, place::PART);
    // Its lock tells others that somebody works on it; the handle is closed after all connections to the file.
    let begun = place::begin(&part).map_err(|error| {
        refused(
            &to,
            &format!("its file cannot be made ({error}): make its folder and see to its permissions"),
        )
    })?;
    let made = fill(from, &part, &to, now);
    if made.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    drop(begun);
    let (bytes, messages) = made?;
    Ok(Backup { path: to, bytes, messages })
}

/// Reads the whole database and says whether it is sound. An error tells what is not, and what to do.
pub async fn check(path: &Path) -> Result<Sound> {
    let path = path.to_owned();
    aside(move || examine(&path)).await
}

fn examine(path: &Path) -> Result<Sound> {
    let conn = open(path)?;
    let found = check::whole(&conn);
    let sound = match found.map_err(|error| refusal::again(path, error))? {
        Finding::Damaged(wrong) => Err(refusal::damaged(path, &wrong)),
        Finding::Sound { .. } => Ok(sound(&conn).map_err(|error| refusal::of(path, error))?),
    };
    let _ = conn.close();
    sound
}

/// A connection that reads a database or a backup of ours.
pub(super) fn open(path: &Path) -> Result<Connection> {
    schema::there_is_one(path)?;
    let alone = log::alone(path);
    let conn = connect::reading(path).map_err(|error| refusal::of(path, error))?;
    if !schema::ours(path, alone, &conn)? {
        return Err(refusal::unusable(path, "it is empty: name the right one"));
    }
    Ok(conn)
}

pub(super) fn sound(conn: &Connection) -> rusqlite::Result<Sound> {
    let (messages,) = conn.one("SELECT count(*) FROM messages", [])?;
    let taken: Option<(Vec<u8>,)> = conn.maybe("SELECT value FROM meta WHERE name = 'backup'", [])?;
    let taken_at = taken.and_then(|(bytes,)| Some(i64::from_be_bytes(bytes.try_into().ok()?)));
    Ok(Sound { messages, taken_at })
}

/// Copies a database of one moment into an empty file. `Backup`: the new file cannot be written.
pub(super) fn copy(from: &Path, part: &Path) -> Result<()> {
    let conn = open(from)?;
    let name = part.to_str().ok_or_else(|| refused(part, "its path must be UTF-8"))?;
    let copied = conn.change("VACUUM INTO ?1", params![name]);
    let _ = conn.close();
    copied.map(drop).map_err(|error| match primary_code(&error) {
        Some(11 | 26) => refusal::of(from, error),
        _ => cannot_write(part, Failure(error)),
    })
}

fn fill(from: &Path, part: &Path, to: &Path, now: i64) -> Result<(u64, i64)> {
    copy(from, part)?;
    let failed = |error: rusqlite::Error| cannot_write(part, Failure(error));
    // One file, which can be read from a medium that is not writable, too.
    let conn = connect::unlogged(part).map_err(failed)?;
    log::forget(&conn).map_err(failed)?;
    meta::set(&conn, "backup", &now.to_be_bytes()).map_err(failed)?;
    if let Finding::Damaged(wrong) = check::whole(&conn).map_err(|error| refusal::again(part, error))? {
        return Err(refusal::damaged(from, &wrong));
    }
    let Sound { messages, .. } = sound(&conn).map_err(failed)?;
    conn.close().map_err(|(_, error)| failed(error))?;
    let bytes = name_it(part, to).map_err(|error| {
        let fix = match error.kind() {
            ErrorKind::AlreadyExists => "there is such a file already: name another one".to_owned(),
            _ => format!("it cannot be put in its place ({error}): see to its folder and the disk"),
        };
        refused(to, &fix)
    })?;
    Ok((bytes, messages))
}

/// Gives the finished file its name, unless that is taken, and brings both to the disk.
fn name_it(part: &Path, to: &Path) -> std::io::Result<u64> {
    place::flush(part)?;
    let bytes = std::fs::metadata(part)?.len();
    // Unlike a rename, a link replaces nothing.
    match std::fs::hard_link(part, to) {
        Ok(()) => std::fs::remove_file(part)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        Err(_) if std::fs::symlink_metadata(to).is_ok() => return Err(ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(part, to)?, // a filesystem without links
    }
    place::flush_folder(to)?;
    Ok(bytes)
}

fn name(now: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(now).map(|t| t.strftime("%Y-%m-%dT%H-%M-%SZ").to_string());
    format!("gchat-{}.db", time.unwrap_or_else(|_| now.to_string()))
}

fn cannot_write(to: &Path, error: Failure) -> StoreError {
    StoreError::Backup(format!(
        "the copy {} cannot be written ({error}): see to the room on its disk, and to permissions",
        to.display()
    ))
}

fn refused(to: &Path, fix: &str) -> StoreError {
    StoreError::Backup(format!("the backup {} was not made: {fix}", to.display()))
}
