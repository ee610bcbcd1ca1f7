//! The log of who was erased: written with each erasure, replayed when a backup from before it is restored (`restore`).

use sqlx::SqliteConnection;

use super::Result;
use crate::id::{RightsVersion, SiteId, UserId};

/// Stands for all users of a site.
pub(super) const EVERYBODY: i64 = 0;

/// One entry: (issuer, user, version, erased_at).
pub(super) type Erasure = (String, i64, i64, i64);

/// Notes that a user was erased.
pub(super) async fn note_user(
    conn: &mut SqliteConnection,
    site: SiteId,
    user: UserId,
    version: RightsVersion,
) -> Result<()> {
    note(conn, site, user.get(), version.0).await
}

/// Notes that a whole site is being erased, before it is.
pub(super) async fn note_site(conn: &mut SqliteConnection, site: SiteId) -> Result<()> {
    note(conn, site, EVERYBODY, 0).await
}

async fn note(conn: &mut SqliteConnection, SiteId(site): SiteId, user: i64, version: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO erasures (issuer, user, version, erased_at) \
         SELECT issuer, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM sites WHERE site = ?1 \
         ON CONFLICT DO NOTHING",
    )
    .bind(site)
    .bind(user)
    .bind(version)
    .execute(conn)
    .await?;
    Ok(())
}

/// All entries, also of a file from before there was a log.
pub(super) async fn all(conn: &mut SqliteConnection) -> sqlx::Result<Vec<Erasure>> {
    let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'erasures'")
        .fetch_one(&mut *conn)
        .await?;
    let sql = if logged > 0 {
        "SELECT issuer, user, version, erased_at FROM erasures ORDER BY erased_at"
    } else {
        "SELECT s.issuer, u.user, u.rights_version, 0 FROM users u JOIN sites s USING (site) WHERE u.removed"
    };
    sqlx::query_as(sql).fetch_all(conn).await
}
