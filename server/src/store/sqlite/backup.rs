//! Backups and checks, also beside a running server.
//!
//! A backup is made by `VACUUM INTO`: one read of one moment that holds nobody up, and a copy without what was deleted.
//! While it runs the server's log cannot be begun anew and grows with what is written meanwhile.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteJournalMode};

use super::{
    Result, StoreError,
    check::{self, Finding, primary_code},
    link, log, meta, place, refusal, schema,
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
    let to = if to.is_dir() { to.join(name(now)) } else { to.to_owned() };
    if std::fs::symlink_metadata(&to).is_ok() {
        return Err(refused(&to, "there is such a file already: name another one"));
    }
    let part = place::beside(&to, place::PART);
    place::remove(&part).and_then(|()| place::make_private(&part)).map_err(|error| {
        refused(
            &to,
            &format!("its file cannot be made ({error}): make its folder and see to its permissions"),
        )
    })?;
    let made = fill(from, &part, &to, now).await;
    if made.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let (bytes, messages) = made?;
    Ok(Backup { path: to, bytes, messages })
}

/// Reads the whole database and says whether it is sound. An error tells what is not, and what to do.
pub async fn check(path: &Path) -> Result<Sound> {
    let mut conn = open(path).await?;
    let found = check::whole(&mut conn).await;
    let sound = match found.map_err(|error| refusal::again(path, error))? {
        Finding::Damaged(wrong) => Err(refusal::damaged(path, &wrong)),
        Finding::Sound { .. } => Ok(sound(&mut conn).await.map_err(|error| refusal::of(path, error))?),
    };
    let _ = conn.close().await;
    sound
}

/// A connection that reads a database or a backup of ours.
pub(super) async fn open(path: &Path) -> Result<SqliteConnection> {
    let alone = log::alone(path).await;
    let mut conn = link::reading(path).connect().await.map_err(|error| refusal::of(path, error))?;
    if !schema::ours(path, alone, &mut conn).await? {
        return Err(refusal::unusable(path, "it is empty: name the right one"));
    }
    Ok(conn)
}

pub(super) async fn sound(conn: &mut SqliteConnection) -> sqlx::Result<Sound> {
    let messages = sqlx::query_scalar("SELECT count(*) FROM messages").fetch_one(&mut *conn).await?;
    let taken: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'backup'").fetch_optional(conn).await?;
    let taken_at = taken.and_then(|bytes| Some(i64::from_be_bytes(bytes.try_into().ok()?)));
    Ok(Sound { messages, taken_at })
}

/// Copies a database of one moment into an empty file. `Backup`: the new file cannot be written.
pub(super) async fn copy(from: &Path, part: &Path) -> Result<()> {
    let mut conn = open(from).await?;
    let name = part.to_str().ok_or_else(|| refused(part, "its path must be UTF-8"))?;
    let copied = sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut conn).await;
    let _ = conn.close().await;
    copied.map(drop).map_err(|error| match primary_code(&error) {
        Some(11 | 26) => refusal::of(from, error),
        _ => cannot_write(part, &error),
    })
}

async fn fill(from: &Path, part: &Path, to: &Path, now: i64) -> Result<(u64, i64)> {
    copy(from, part).await?;
    let failed = |error: sqlx::Error| cannot_write(part, &error);
    // Not in WAL mode: one file, which can be read from a medium that is not writable, too.
    let options = link::writing(part).journal_mode(SqliteJournalMode::Delete);
    let mut conn = options.connect().await.map_err(failed)?;
    log::forget(&mut conn).await.map_err(failed)?;
    meta::set(&mut conn, "backup", now.to_be_bytes().to_vec()).await.map_err(failed)?;
    if let Finding::Damaged(wrong) =
        check::whole(&mut conn).await.map_err(|error| refusal::again(part, error))?
    {
        return Err(refusal::damaged(from, &wrong));
    }
    let Sound { messages, .. } = sound(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)?;
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

fn cannot_write(to: &Path, error: &sqlx::Error) -> StoreError {
    StoreError::Backup(format!(
        "the copy {} cannot be written ({error}): see to the room on its disk, and to permissions",
        to.display()
    ))
}

fn refused(to: &Path, fix: &str) -> StoreError {
    StoreError::Backup(format!("the backup {} was not made: {fix}", to.display()))
}
