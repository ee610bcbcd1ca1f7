//! `gchat backup`, `gchat restore`, `gchat check`: what keeps the database from being lost.

use std::path::PathBuf;

use anyhow::Result;
use jiff::Timestamp;

use super::answer;
use crate::{
    clock::now_ms,
    config::Config,
    logs::say,
    store::sqlite::{
        backup::{self, Backup, Sound},
        restore::{self, Replayed, Restored},
    },
};

pub(super) async fn backup(config: Config, to: PathBuf) -> Result<()> {
    let Backup { path, bytes, messages } = backup::backup(&config.database, &to, now_ms()).await?;
    answer(&format!("the backup {} was made: {messages} messages, {bytes} bytes\n", path.display()))
}

pub(super) async fn check(config: Config) -> Result<()> {
    let Sound { messages, taken_at } = backup::check(&config.database).await?;
    let kind = taken_at.map_or("the database".into(), |at| format!("the backup of {}", time(at)));
    answer(&format!("{kind} {} is sound: {messages} messages\n", config.database.display()))
}

pub(super) async fn restore(config: Config, from: PathBuf) -> Result<()> {
    let Restored { set_aside, taken_at, messages, erasures } =
        restore::restore(&from, &config.database, now_ms()).await?;
    if let Some(set_aside) = set_aside {
        say(&format!(
            "The database that was there before is now {}: it holds what was written since, and everybody's messages; \
             delete it when nobody needs it.",
            set_aside.display()
        ));
    }
    match erasures {
        Replayed::Nothing => {}
        Replayed::Done { people, sites } => say(&format!(
            "Erased again, as they were erased after the backup was made: {people} people, {sites} sites."
        )),
        Replayed::Unknown(why) => say(&format!(
            "WARNING: the database that was there before could not be read ({why}). People whose accounts were deleted \
             after the backup was made are in it again: have the site delete them once more."
        )),
    }
    say("Sites and keys are those of the backup: compare them with `gchat site list`. Start the server now.");
    let of = taken_at.map_or("without a time".into(), |at| format!("of {}", time(at)));
    answer(&format!("the backup {of} was restored as {}: {messages} messages\n", config.database.display()))
}

pub(super) async fn new_epoch(config: Config) -> Result<()> {
    restore::new_epoch(&config.database, now_ms()).await?;
    say(
        "Browsers drop their copies and show what the server has; what they still had to send is sent. Tokens from before \
         are refused. What the site has said since the snapshot was made (people who were deleted, courses that were \
         left) is not known here: see the administrator's guide. Start the server now.",
    );
    answer(&format!("the database {} has a new epoch\n", config.database.display()))
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or("?".into(), |t| t.strftime("%F %T UTC").to_string())
}
