//! The table `meta`: what a database says of itself, a row each; the epoch above all.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Result, sql::Statements as _, writer::Write};
use crate::id::Epoch;

/// The store's epoch, and when it began (ms; 0 for one that was never restored).
pub(super) type Since = (Epoch, i64);

/// The epoch. It is drawn where there is none yet, and with it the secret.
pub(super) fn since(conn: &Connection) -> rusqlite::Result<Since> {
    let draw = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    conn.change(draw, params!["epoch", Uuid::new_v4().as_bytes()])?;
    conn.change(draw, params!["secret", rand::random::<[u8; 32]>()])?;
    let (epoch,): ([u8; 16],) = conn.one("SELECT value FROM meta WHERE name = 'epoch'", [])?;
    let began = number(conn, "epoch_began")?;
    Ok((Epoch(Uuid::from_bytes(epoch)), began.unwrap_or(0)))
}

/// The secret for hashes of messages' first texts.
pub(super) fn secret(conn: &Connection) -> rusqlite::Result<[u8; 32]> {
    let (secret,) = conn.one("SELECT value FROM meta WHERE name = 'secret'", [])?;
    Ok(secret)
}

/// Begins another epoch at this time.
pub(super) fn begin_epoch(conn: &Connection, now: i64) -> rusqlite::Result<()> {
    set(conn, "epoch", Uuid::new_v4().as_bytes())?;
    set(conn, "epoch_began", &now.to_be_bytes())
}

/// A row of `meta` that is a number.
pub(super) fn number(conn: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    let row: Option<(Vec<u8>,)> = conn.maybe("SELECT value FROM meta WHERE name = ?1", params![name])?;
    Ok(row.and_then(|(bytes,)| Some(i64::from_be_bytes(bytes.try_into().ok()?))))
}

/// Sets a row of `meta`.
pub(super) fn set(conn: &Connection, name: &str, value: &[u8]) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    conn.change(sql, params![name, value]).map(drop)
}

/// Whoever has changed the sites last (`Store::sites_mark`).
pub(super) fn sites_mark(conn: &Connection) -> rusqlite::Result<Option<[u8; 16]>> {
    let row: Option<(Vec<u8>,)> = conn.maybe("SELECT value FROM meta WHERE name = 'sites'", [])?;
    Ok(row.and_then(|(mark,)| mark.try_into().ok()))
}

/// Draws a mark for a change of the sites.
pub(super) struct MarkSites;

impl Write for MarkSites {
    type Done = [u8; 16];

    fn run(&self, conn: &Connection) -> Result<[u8; 16]> {
        let mark = *Uuid::new_v4().as_bytes();
        set(conn, "sites", &mark)?;
        Ok(mark)
    }
}
