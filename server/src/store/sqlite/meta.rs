//! The table `meta`: what a database says of itself, a row each; the epoch above all.

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::id::Epoch;

/// The store's epoch, and when it began (ms; 0 for one that was never restored).
pub(super) type Since = (Epoch, i64);

/// The epoch; drawn where there is none yet.
pub(super) async fn since(conn: &mut SqliteConnection) -> sqlx::Result<Since> {
    sqlx::query("INSERT INTO meta (name, value) VALUES ('epoch', ?1) ON CONFLICT DO NOTHING")
        .bind(Uuid::new_v4().as_bytes().to_vec())
        .execute(&mut *conn)
        .await?;
    let bytes: Vec<u8> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'epoch'").fetch_one(&mut *conn).await?;
    let epoch = Uuid::from_slice(&bytes).map(Epoch).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let began: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'epoch_began'").fetch_optional(conn).await?;
    let began = began.and_then(|bytes| Some(i64::from_be_bytes(bytes.try_into().ok()?)));
    Ok((epoch, began.unwrap_or(0)))
}

/// Begins another epoch at this time.
pub(super) async fn begin_epoch(conn: &mut SqliteConnection, now: i64) -> sqlx::Result<()> {
    let rows = [("epoch", Uuid::new_v4().as_bytes().to_vec()), ("epoch_began", now.to_be_bytes().to_vec())];
    for (name, value) in rows {
        set(conn, name, value).await?;
    }
    Ok(())
}

/// Sets a row of `meta`.
pub(super) async fn set(conn: &mut SqliteConnection, name: &str, value: Vec<u8>) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(name).bind(value).execute(conn).await.map(drop)
}
