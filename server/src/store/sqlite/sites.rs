//! Sites and their keys.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{Result, StoreError, erasures, rows::broken, writer::Write};
use crate::{
    id::{RightsVersion, SiteId},
    rights::Policy,
    store::{SiteKey, SiteRecord},
};

/// As `Store::sites`: keys are joined in, newest first.
pub(super) async fn sites(conn: &mut SqliteConnection) -> Result<Vec<SiteRecord>> {
    type Row = (i64, String, String, String, bool, i64, Option<String>, Option<Vec<u8>>, Option<i64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT s.site, s.issuer, s.url, s.origins, s.students_see_students, s.policy_version, \
                k.kid, k.secret, k.created_at \
         FROM sites s LEFT JOIN site_keys k ON k.site = s.site ORDER BY s.site, k.number DESC",
    )
    .fetch_all(conn)
    .await?;
    let mut sites: Vec<SiteRecord> = Vec::new();
    for (site, issuer, url, origins, students_see_students, version, kid, secret, created_at) in rows {
        let site = SiteId(site);
        if sites.last().is_none_or(|last| last.site != site) {
            let origins =
                serde_json::from_str(&origins).map_err(|_| broken("a site's origins are no list"))?;
            let (policy, policy_version) = (Policy { students_see_students }, RightsVersion(version));
            sites.push(SiteRecord { site, issuer, url, origins, keys: Vec::new(), policy, policy_version });
        }
        if let (Some(last), Some(kid), Some(secret), Some(created_at)) =
            (sites.last_mut(), kid, secret, created_at)
        {
            last.keys.push(SiteKey { kid, secret, created_at });
        }
    }
    Ok(sites)
}

/// As `Store::add_site`.
pub(super) struct AddSite(pub(super) SiteRecord);

#[async_trait]
impl Write for AddSite {
    type Done = SiteId;

    async fn run(&self, conn: &mut SqliteConnection) -> Result<SiteId> {
        let site = &self.0;
        let added = sqlx::query(
            "INSERT INTO sites (issuer, url, origins, students_see_students, policy_version) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(&site.issuer)
        .bind(&site.url)
        .bind(list(&site.origins))
        .bind(site.policy.students_see_students)
        .bind(site.policy_version.0)
        .execute(&mut *conn)
        .await
        .map_err(in_use)?;
        let number = SiteId(added.last_insert_rowid());
        for key in site.keys.iter().rev() {
            insert_key(conn, number, key).await?;
        }
        Ok(number)
    }
}

/// As `Store::add_key`.
pub(super) struct AddKey(pub(super) SiteId, pub(super) SiteKey);

#[async_trait]
impl Write for AddKey {
    type Done = ();

    async fn run(&self, conn: &mut SqliteConnection) -> Result<()> {
        let Self(site, key) = self;
        exists(conn, *site).await?;
        insert_key(conn, *site, key).await?;
        keep_keys(conn, *site, 2).await?;
        Ok(())
    }
}

/// As `Store::drop_old_keys`.
pub(super) struct DropOldKeys(pub(super) SiteId);

#[async_trait]
impl Write for DropOldKeys {
    type Done = u64;

    async fn run(&self, conn: &mut SqliteConnection) -> Result<u64> {
        exists(conn, self.0).await?;
        keep_keys(conn, self.0, 1).await
    }
}

/// As `Store::remove_site`; what belongs to the site goes with it.
pub(super) struct RemoveSite(pub(super) SiteId);

#[async_trait]
impl Write for RemoveSite {
    type Done = ();

    async fn run(&self, conn: &mut SqliteConnection) -> Result<()> {
        erasures::note_site(&mut *conn, self.0).await?;
        let gone = sqlx::query("DELETE FROM sites WHERE site = ?1").bind(self.0.0).execute(conn).await?;
        if gone.rows_affected() == 0 { Err(StoreError::NoSite) } else { Ok(()) }
    }
}

/// As `Store::move_site`.
pub(super) struct MoveSite {
    pub(super) site: SiteId,
    pub(super) url: String,
    pub(super) origins: Vec<String>,
}

#[async_trait]
impl Write for MoveSite {
    type Done = ();

    async fn run(&self, conn: &mut SqliteConnection) -> Result<()> {
        let moved = sqlx::query("UPDATE sites SET url = ?2, origins = ?3 WHERE site = ?1")
            .bind(self.site.0)
            .bind(&self.url)
            .bind(list(&self.origins))
            .execute(conn)
            .await
            .map_err(in_use)?;
        if moved.rows_affected() == 0 { Err(StoreError::NoSite) } else { Ok(()) }
    }
}

/// As `Store::put_policy`.
pub(super) struct PutPolicy(pub(super) SiteId, pub(super) Policy, pub(super) RightsVersion);

#[async_trait]
impl Write for PutPolicy {
    type Done = bool;

    async fn run(&self, conn: &mut SqliteConnection) -> Result<bool> {
        let Self(site, policy, version) = self;
        exists(conn, *site).await?;
        let put = sqlx::query(
            "UPDATE sites SET students_see_students = ?2, policy_version = ?3 \
             WHERE site = ?1 AND policy_version <= ?3",
        )
        .bind(site.0)
        .bind(policy.students_see_students)
        .bind(version.0)
        .execute(conn)
        .await?;
        Ok(put.rows_affected() > 0)
    }
}

async fn exists(conn: &mut SqliteConnection, site: SiteId) -> Result<()> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sites WHERE site = ?1").bind(site.0).fetch_optional(conn).await?;
    found.map(drop).ok_or(StoreError::NoSite)
}

async fn insert_key(conn: &mut SqliteConnection, site: SiteId, key: &SiteKey) -> Result<()> {
    sqlx::query("INSERT INTO site_keys (site, kid, secret, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind(site.0)
        .bind(&key.kid)
        .bind(&key.secret)
        .bind(key.created_at)
        .execute(conn)
        .await
        .map_err(in_use)?;
    Ok(())
}

/// Drops all keys of a site but the newest ones; returns how many went.
async fn keep_keys(conn: &mut SqliteConnection, site: SiteId, newest: i64) -> Result<u64> {
    let gone = sqlx::query(
        "DELETE FROM site_keys WHERE number IN \
         (SELECT number FROM site_keys WHERE site = ?1 ORDER BY number DESC LIMIT -1 OFFSET ?2)",
    )
    .bind(site.0)
    .bind(newest)
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}

fn list(origins: &[String]) -> String {
    serde_json::to_string(origins).expect("strings have a JSON form")
}

fn in_use(error: sqlx::Error) -> StoreError {
    match error.as_database_error() {
        Some(e) if e.is_unique_violation() && e.message().contains("sites.issuer") => {
            StoreError::InUse("this site id")
        }
        Some(e) if e.is_unique_violation() && e.message().contains("sites.url") => {
            StoreError::InUse("this address")
        }
        Some(e) if e.is_unique_violation() => StoreError::InUse("this key id"),
        _ => StoreError::Database(error),
    }
}
