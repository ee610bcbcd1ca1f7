//! Bringing a backup back in the place of the database.
//!
//! Nothing is touched before the new file is complete, checked and on the disk. The old one is kept beside, with its
//! log. What the old one knows of erasures is done to the new one, and that gets another epoch: clients drop their
//! copies, and tokens from before are refused, as they may rest on rights that the backup does not know to have ended.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, params};

use super::{
    Result, StoreError, aside,
    backup::{self, Sound},
    check::{self, Finding},
    connect,
    erase::RemoveUser,
    erasures::{self, EVERYBODY, Erasure},
    log, meta,
    place::{self, PART, RESTORING, beside},
    refusal,
    rows::user as user_id,
    schema,
    sites::RemoveSite,
    sql::{Statements as _, primary_code},
    writer::Write as _,
};
use crate::id::{RightsVersion, SiteId};

/// A backup that was brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the database lies now that was there before, if there was one.
    pub set_aside: Option<PathBuf>,
    /// When the backup was made (ms), if it says so.
    pub taken_at: Option<i64>,
    /// How many messages there are now.
    pub messages: i64,
    /// What became of the erasures since.
    pub erasures: Replayed,
}

/// What became of the erasures that the backup does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// There was no database before.
    Nothing,
    /// The old database was read, and they were done again.
    Done {
        /// Who was in the backup and is erased again.
        people: usize,
        /// Sites, likewise.
        sites: usize,
    },
    /// The old database could not be read; why. Who was erased after the backup was made is in it again.
    Unknown(String),
}

/// Puts a backup in the place of a database that nobody serves. `now`: ms.
pub async fn restore(from: &Path, path: &Path, now: i64) -> Result<Restored> {
    let (from, path) = (from.to_owned(), path.to_owned());
    aside(move || bring_back(&from, &path, now)).await
}

/// Gives a database that nobody serves another epoch, as a restore does: for one that was brought back in another way,
/// such as with a snapshot of the machine. `now`: ms.
pub async fn new_epoch(path: &Path, now: i64) -> Result<()> {
    let path = path.to_owned();
    aside(move || {
        schema::there_is_one(&path)?;
        let _lock: File = place::lock(&path)?;
        let (mut conn, _) = schema::open(&path, schema::Purpose::Serving)?;
        let tx = conn.transaction()?;
        meta::begin_epoch(&tx, now)?;
        tx.commit()?;
        conn.close().map_err(|(_, error)| error.into())
    })
    .await
}

fn bring_back(from: &Path, path: &Path, now: i64) -> Result<Restored> {
    if !from.is_file() {
        return Err(refused(from, "there is no such file: name the backup"));
    }
    if std::fs::canonicalize(from).ok() == std::fs::canonicalize(path).ok() {
        return Err(refused(
            from,
            "it is the database itself: name the backup, and set `database` to another path",
        ));
    }
    let _lock: File = place::lock(path)?;
    let aside_to = beside(path, &format!(".before-restore-{}", stamp(now)));
    // A restore that was interrupted had come to its last step.
    if beside(path, RESTORING).exists() {
        put_in_place(path, &beside(path, &format!(".before-restore-{}-interrupted", stamp(now))))
            .map_err(|error| moved(from, &error))?;
    }
    let Before { erased, known } = before(path);
    let part = beside(path, PART);
    let mut made = prepare(from, path, &part, &erased, now);
    if made.is_ok()
        && known == Ok(true)
        && let Err(error) = alone(from, path)
    {
        made = Err(error);
    }
    let (sound, (people, sites)) = made.inspect_err(|_| drop(std::fs::remove_file(&part)))?;
    let had_one = path.exists();
    std::fs::rename(&part, beside(path, RESTORING))
        .and_then(|()| place::flush_folder(path))
        .and_then(|()| put_in_place(path, &aside_to))
        .map_err(|error| moved(from, &error))?;
    Ok(Restored {
        set_aside: had_one.then_some(aside_to),
        taken_at: sound.taken_at,
        messages: sound.messages,
        erasures: match known {
            Ok(true) => Replayed::Done { people, sites },
            Ok(false) => Replayed::Nothing,
            Err(why) => Replayed::Unknown(why),
        },
    })
}

/// What there was before.
struct Before {
    /// Whom it knows to be erased, as far as it can be read.
    erased: Vec<Erasure>,
    /// Whether there is a database, or why it cannot be trusted.
    known: std::result::Result<bool, String>,
}

fn before(path: &Path) -> Before {
    if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Before { erased: Vec::new(), known: Ok(false) };
    }
    let conn = match backup::open(path) {
        Ok(conn) => conn,
        Err(error) => return Before { erased: Vec::new(), known: Err(error.to_string()) },
    };
    // What can be read is done again, even if that may not be all.
    let erased = erasures::all(&conn);
    let known = match (&erased, check::look(&conn)) {
        (Err(error), _) => Err(error.to_string()),
        (_, Ok(Finding::Damaged(wrong))) => Err(wrong.join("; ")),
        (_, Err(error)) => Err(error.to_string()),
        (_, Ok(Finding::Sound { .. })) => Ok(true),
    };
    let _ = conn.close();
    Before { erased: erased.unwrap_or_default(), known }
}

/// Makes the new file beside the old one: the backup with today's schema, what was erased since, and another epoch.
fn prepare(
    from: &Path,
    path: &Path,
    part: &Path,
    erased: &[Erasure],
    now: i64,
) -> Result<(Sound, (usize, usize))> {
    place::remove(part).and_then(|()| place::make_private(part)).map_err(|error| moved(from, &error))?;
    place::give_to_owner_of(path, part);
    backup::copy(from, part).map_err(|error| of_backup(from, error))?;
    let mut conn = schema::migrated(part)?;
    let sound = backup::sound(&conn)?;
    let done = renew(&mut conn, erased, now)?;
    let found = check::whole(&conn)?;
    connect::journal(&conn, "DELETE")?; // one file, which can be renamed
    conn.close().map_err(|(_, error)| error)?;
    if let Finding::Damaged(wrong) = found {
        return Err(of_backup(from, refusal::damaged(from, &wrong)));
    }
    place::flush(part).map_err(|error| moved(from, &error))?;
    Ok((sound, done))
}

fn renew(conn: &mut Connection, erased: &[Erasure], now: i64) -> Result<(usize, usize)> {
    let tx = conn.transaction()?;
    log::forget(&tx)?;
    tx.change("DELETE FROM meta WHERE name = 'backup'", [])?;
    meta::begin_epoch(&tx, now)?;
    let done = replay(&tx, erased)?;
    tx.commit()?;
    Ok(done)
}

/// Brings what is in the old database's log into it, and sees that nobody has it open.
fn alone(from: &Path, path: &Path) -> Result<()> {
    match connect::end_log(path) {
        Err(error) if primary_code(&error) == Some(5) => Err(refused(
            from,
            "another process has the database open: wait until it has ended, and repeat this",
        )),
        // Its log stays with it under the new name: nothing is lost, whatever is wrong with it.
        _ => Ok(()),
    }
}

/// Moves the old database with its log to another name, and the restored one to its place. While this goes on, a file
/// beside them keeps servers from starting; it can be begun anew at any point.
fn put_in_place(path: &Path, aside_to: &Path) -> io::Result<()> {
    place::rename(path, aside_to)?;
    place::rename(&beside(path, "-wal"), &beside(aside_to, "-wal"))?;
    place::remove(&beside(path, "-shm"))?; // made anew by whoever opens the file
    place::flush_folder(path)?;
    std::fs::rename(beside(path, RESTORING), path)?;
    place::flush_folder(path)
}

/// What is wrong with a backup, which is to be told of it and not of the database.
fn of_backup(from: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Unusable(why) => {
            let about = format!("the database {} cannot be used: ", from.display());
            let why = why.strip_prefix(&about).unwrap_or(&why);
            let why = why.split(": ").next().unwrap_or(why);
            refused(from, &format!("{why}; take another one"))
        }
        error => error,
    }
}

fn stamp(now: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(now).map(|t| t.strftime("%Y-%m-%dT%H-%M-%SZ").to_string());
    time.unwrap_or_else(|_| now.to_string())
}

fn moved(from: &Path, error: &io::Error) -> StoreError {
    refused(
        from,
        &format!(
            "the files cannot be put in place ({error}): see to the folder and its disk, and repeat this"
        ),
    )
}

fn refused(from: &Path, fix: &str) -> StoreError {
    StoreError::Backup(format!("the backup {} was not restored: {fix}", from.display()))
}

/// Erases once more whom this file does not know to be erased. Returns how many people and how many sites that were
/// still there.
fn replay(conn: &Connection, log: &[Erasure]) -> Result<(usize, usize)> {
    let (mut people, mut sites) = (0, 0);
    for (issuer, user, version, erased_at) in log {
        let new = conn.change(
            "INSERT INTO erasures VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            params![issuer, user, version, erased_at],
        )?;
        let site: Option<(i64,)> = conn.maybe("SELECT site FROM sites WHERE issuer = ?1", params![issuer])?;
        let (1.., Some((site,))) = (new, site) else { continue };
        if *user == EVERYBODY {
            RemoveSite(SiteId(site)).run(conn)?;
            sites += 1;
        } else {
            let (there,): (i64,) = conn.one(
                "SELECT count(*) FROM users WHERE site = ?1 AND user = ?2 AND NOT removed",
                params![site, user],
            )?;
            let erase =
                RemoveUser { site: SiteId(site), user: user_id(*user)?, version: RightsVersion(*version) };
            let (applied, _) = erase.run(conn)?;
            people += usize::from(applied.applied && there > 0);
        }
    }
    Ok((people, sites))
}
