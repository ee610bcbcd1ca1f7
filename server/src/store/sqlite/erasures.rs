//! The log of who was erased: written with each erasure, replayed when a backup from before it is restored.

use sqlx::SqliteConnection;

use super::{Result, rows::user as user_id, sites::RemoveSite, users::RemoveUser, writer::Write as _};
use crate::id::{RightsVersion, SiteId};

/// Stands for all users of a site.
const EVERYBODY: i64 = 0;

/// One entry: (issuer, user, version, erased_at).
pub(super) type Erasure = (String, i64, i64, i64);

/// Notes that a user was erased.
pub(super) async fn note_user(conn: &mut SqliteConnection, erased: &RemoveUser) -> Result<()> {
    note(conn, erased.site, erased.user.get(), erased.version.0).await
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

/// Erases once more whom this file does not know to be erased. Returns how many people and how many sites that were
/// still there.
pub(super) async fn replay(conn: &mut SqliteConnection, log: &[Erasure]) -> Result<(usize, usize)> {
    let (mut people, mut sites) = (0, 0);
    for (issuer, user, version, erased_at) in log {
        let new = sqlx::query("INSERT INTO erasures VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
            .bind(issuer)
            .bind(user)
            .bind(version)
            .bind(erased_at)
            .execute(&mut *conn)
            .await?;
        let site: Option<i64> = sqlx::query_scalar("SELECT site FROM sites WHERE issuer = ?1")
            .bind(issuer)
            .fetch_optional(&mut *conn)
            .await?;
        let (1.., Some(site)) = (new.rows_affected(), site) else { continue };
        if *user == EVERYBODY {
            RemoveSite(SiteId(site)).run(conn).await?;
            sites += 1;
        } else {
            let there: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM users WHERE site = ?1 AND user = ?2 AND NOT removed",
            )
            .bind(site)
            .bind(user)
            .fetch_one(&mut *conn)
            .await?;
            let erase =
                RemoveUser { site: SiteId(site), user: user_id(*user)?, version: RightsVersion(*version) };
            let (applied, _) = erase.run(conn).await?;
            people += usize::from(applied.applied && there > 0);
        }
    }
    Ok((people, sites))
}
