//! Tells people live whether they may write in the windows of their dock, when somebody's rights change; and takes the
//! name of whoever was removed from every dock that has it, also where they had written nothing.
//!
//! Runs beside everything else: the store is asked for each person in doubt and, of each, for everybody in their dock,
//! online or not. So how long it takes tells nothing of who is there.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    id::{SiteId, UserId},
    store::Result,
};

/// Before it is tried again, where the store cannot answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs until cancelled.
pub async fn run(app: Arc<App>, cancel: CancellationToken) {
    let work = async {
        loop {
            for person in app.rosters.doubts().await {
                if settle(&app, person).await.is_err() {
                    // Refusals of the store are logged where a client is refused by it.
                    app.rosters.doubt([person]);
                    tokio::time::sleep(PATIENCE).await;
                }
            }
        }
    };
    tokio::select! {
        () = cancel.cancelled() => {}
        () = work => {}
    }
}

/// Looks up what concerns one person, and tells whoever has been told something else.
async fn settle(app: &App, (site, user): (SiteId, UserId)) -> Result<()> {
    if app.rosters.is_watched((site, user)) {
        let stored = app.store.user(site, user).await?;
        without_name(app, site, app.rosters.tell_writing((site, user), stored.as_ref(), None)).await;
    }
    // What somebody may do in groups and rooms follows from their own rights: their dock tells all of it.
    let has_places = app.rosters.has_places((site, user));
    if has_places || app.rosters.may_have_places((site, user)) && app.docks.has_places(site, user).await? {
        app.docks.tell(site, user, None).await?;
    }
    let mut stored = HashMap::new();
    for partner in app.rosters.partners((site, user)) {
        stored.insert(partner, app.store.user(site, partner).await?);
    }
    for (partner, stored) in stored {
        without_name(app, site, app.rosters.tell_writing((site, partner), stored.as_ref(), Some(user))).await;
    }
    Ok(())
}

/// Shows these their docks anew: somebody in them has no name any more.
async fn without_name(app: &App, site: SiteId, users: HashSet<UserId>) {
    for user in users {
        if let Err(error) = app.docks.tell(site, user, None).await {
            error.log(); // it is owed to them
        }
    }
}
