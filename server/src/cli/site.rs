//! `gchat site`: adds, lists and removes sites, and changes their keys, also while a server runs on the same database.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Subcommand;
use jiff::Timestamp;

use super::answer;
use crate::{
    address,
    config::{Config, server_url},
    connection_code::ConnectionCode,
    id::{RightsVersion, SiteId},
    logs::say,
    rights::Policy,
    store::{
        SiteKey, SiteRecord, SiteStore as _, Store,
        sqlite::{SqliteStore, Taken},
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a site and print the connection code to paste into its plugin's settings
    Add {
        /// The site's address (Moodle's wwwroot), such as https://moodle.example
        url: String,
        /// A further origin whose pages may connect, such as https://www.moodle.example
        #[arg(long, value_name = "ORIGIN")]
        origin: Vec<String>,
        /// The address at which browsers and the site reach this server [default: public_url of the configuration,
        /// or /gchat/ on the site's own host]
        #[arg(long, value_name = "URL")]
        server_url: Option<String>,
    },
    /// List the sites; keys are not shown
    List,
    /// Make a new key beside the old one and print its connection code
    Rotate {
        /// The site's id or address
        site: String,
        /// End the rotation: refuse the old key
        #[arg(long, conflicts_with = "server_url")]
        finish: bool,
        /// As in `site add`
        #[arg(long, value_name = "URL")]
        server_url: Option<String>,
    },
    /// Remove a site with all its users, conversations and messages
    Remove {
        /// The site's id or address
        site: String,
        /// Really
        #[arg(long)]
        yes: bool,
    },
}

impl Command {
    pub(super) async fn run(self, config: Config) -> Result<()> {
        let database = &config.database;
        let store = match &self {
            // Only this may begin a database, and only for a site that is in order: elsewhere a new one would hide that
            // the path is wrong.
            Self::Add { url, origin, server_url } => {
                let (site, code) = new(&config, url, origin, server_url.as_deref())?;
                let store = SqliteStore::make(database).await?;
                let done = add(&store, site, &code).await;
                store.close().await;
                return done;
            }
            _ => SqliteStore::open(database).await?,
        };
        let done = match self {
            Self::Add { .. } | Self::List => list(&store).await,
            Self::Rotate { site, finish: true, .. } => finish(&store, &site).await,
            Self::Rotate { site, server_url, .. } => {
                rotate(&store, &config, &site, server_url.as_deref()).await
            }
            Self::Remove { site, yes } => remove(&store, &site, yes).await,
        };
        store.close().await;
        done
    }
}

/// A site that nobody has yet, and its connection code.
fn new(
    config: &Config,
    url: &str,
    further: &[String],
    server: Option<&str>,
) -> Result<(SiteRecord, ConnectionCode)> {
    let url = address::site(url).map_err(|rule| anyhow!("the site's address {url:?} {rule}"))?;
    let mut origins = vec![origin_of(&url)?];
    for origin in further {
        let origin = address::origin(origin).map_err(|rule| anyhow!("--origin {origin:?} {rule}"))?;
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    let site = SiteRecord {
        site: SiteId(0),
        issuer: word(12)?,
        url,
        origins,
        keys: vec![new_key()?],
        policy: Policy::default(),
        policy_version: RightsVersion(0),
        floor: RightsVersion(0),
    };
    let code = code(config, &site, &site.keys[0], server)?;
    Ok((site, code))
}

async fn add(store: &dyn Store, site: SiteRecord, code: &ConnectionCode) -> Result<()> {
    store.add_site(site.clone()).await?;
    say(&format!(
        "site {} ({}) was added. Paste this connection code into its plugin's settings.",
        site.issuer, site.url
    ));
    say(&format!(
        "It says that the server is at {}. It is shown only now: whoever has it can sign for the site.",
        code.url
    ));
    answer(&format!("{code}\n"))
}

async fn list(store: &dyn Store) -> Result<()> {
    let mut text = String::new();
    for site in store.sites().await? {
        writeln!(text, "{}  {}", site.issuer, site.url)?;
        writeln!(text, "    origins  {}", site.origins.join(" "))?;
        for (n, key) in site.keys.iter().enumerate() {
            let made = Timestamp::from_millisecond(key.created_at)
                .map_or("?".into(), |t| t.strftime("%F").to_string());
            let note = if n > 0 { ", ends with `gchat site rotate --finish`" } else { "" };
            writeln!(text, "    key      {} (made {made}{note})", key.kid)?;
        }
    }
    if text.is_empty() {
        say("there is no site yet: add one with `gchat site add URL`");
    }
    answer(&text)
}

async fn rotate(store: &dyn Store, config: &Config, name: &str, server: Option<&str>) -> Result<()> {
    let site = find(store, name).await?;
    ensure!(
        site.keys.len() < 2,
        "site {} has two keys already: when its plugin has the new one, end that rotation with \
         `gchat site rotate {} --finish`",
        site.issuer,
        site.issuer
    );
    let key = new_key()?;
    let code = code(config, &site, &key, server)?;
    store.add_key(site.site, key).await?;
    say(&format!(
        "both keys of site {} count now. Paste this code into its plugin's settings, then run \
         `gchat site rotate {} --finish`.",
        site.issuer, site.issuer
    ));
    answer(&format!("{code}\n"))
}

async fn finish(store: &SqliteStore, name: &str) -> Result<()> {
    let site = find(store, name).await?;
    let gone = store.drop_old_keys(site.site).await?;
    ensure!(
        gone > 0,
        "site {} has one key only: begin with `gchat site rotate {}`",
        site.issuer,
        site.issuer
    );
    let when = when(store).await?;
    answer(&format!("site {}: only key {} counts {when}\n", site.issuer, site.keys[0].kid))
}

async fn remove(store: &SqliteStore, name: &str, yes: bool) -> Result<()> {
    let site = find(store, name).await?;
    ensure!(
        yes,
        "this erases all users, conversations and messages of site {} ({}): repeat it with --yes if you mean it",
        site.issuer,
        site.url
    );
    store.remove_site(site.site).await?;
    let when = when(store).await?;
    answer(&format!("site {} ({}) was removed, and is refused {when}\n", site.issuer, site.url))
}

/// Since when a change of the sites counts, by the word of the server that runs.
async fn when(store: &SqliteStore) -> Result<&'static str> {
    Ok(match store.sites_changed().await? {
        Taken::Yes => "from now on",
        Taken::NobodyServes => "from the next start: no server runs on this database now",
        Taken::NotYet => {
            say(
                "WARNING: the running server has not answered within 10 seconds: see its log, or restart it.",
            );
            "as soon as the running server reads it"
        }
    })
}

async fn find(store: &dyn Store, name: &str) -> Result<SiteRecord> {
    let sites = store.sites().await?;
    let found = sites.into_iter().find(|site| site.issuer == name || address::same(name, &site.url));
    found.with_context(|| format!("there is no site {name:?}: `gchat site list` shows those there are"))
}

fn code(config: &Config, site: &SiteRecord, key: &SiteKey, server: Option<&str>) -> Result<ConnectionCode> {
    let url = match server.or(config.public_url.as_deref()) {
        Some(url) => server_url(url).map_err(|rule| anyhow!("the server's address {url:?} {rule}"))?,
        None => format!("{}/gchat/", origin_of(&site.url)?),
    };
    if site.url.starts_with("https:") && url.starts_with("http:") {
        say(&format!(
            "WARNING: {url} is not https, and pages of {} are: browsers open no plain sockets from them. Name the \
             server's https address with --server-url, or as public_url in the configuration.",
            site.url
        ));
    }
    Ok(ConnectionCode { url, site: site.issuer.clone(), kid: key.kid.clone(), key: key.secret.clone() })
}

fn origin_of(url: &str) -> Result<String> {
    address::origin_of(url).with_context(|| format!("the site's address {url:?} has no origin"))
}

/// A key that nobody has: a random name and 32 random bytes.
pub(super) fn new_key() -> Result<SiteKey> {
    let mut secret = vec![0; 32];
    getrandom::fill(&mut secret)?;
    Ok(SiteKey { kid: word(8)?, secret, created_at: Timestamp::now().as_millisecond() })
}

/// A random word of lower-case letters and digits that are not mistaken for each other (5 bits each).
fn word(length: usize) -> Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)?;
    let letter = |b: &u8| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(b & 31)]);
    Ok(bytes.iter().map(letter).collect())
}
