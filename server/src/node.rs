//! What has happened, applied to the connections of this node: the one place where an event becomes frames and ends.
//!
//! Decides nothing: who hears of it, the event says; what rights mean for a connection, `pauses`.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use parking_lot::Mutex;
use rand::RngExt as _;

use crate::{
    clock::{settled_ms, steady_ms},
    conversation::Changes,
    dock::Docks,
    error::{Close, Code, Refusal},
    event::{Audience, Event, Given},
    fan_out::FanOut,
    hub::{self, Connection, Hub, Kind},
    id::{RightsVersion, SiteId, UserId},
    pauses,
    protocol::{ChangesFrame, LimitsFrame, ServerFrame},
    rights::{CourseRights, Membership, Policy, refuses},
    roster::Rosters,
    sites::{News, Sites},
    store::{Origin, Result, UserRecord},
};

/// How many a second come back, of those whom a floor has closed.
const BACK_PER_SECOND: usize = 200;

/// The connections of this process, and who is online over them.
pub struct Node {
    /// The connections.
    pub hub: Arc<Hub>,
    /// Who is online, by them.
    pub rosters: Arc<Rosters>,
    /// What is known of the sites.
    pub sites: Arc<Sites>,
    /// What they are shown of their docks.
    pub docks: Arc<Docks>,
    /// What is told to rooms.
    pub fan_out: Arc<FanOut>,
    /// Sites that this process has seen go, held while what was read of sites is acted on: whoever comes second finds it
    /// done.
    gone: Mutex<HashSet<SiteId>>,
    /// But for what each site's policy says.
    limits: LimitsFrame,
}

impl Node {
    /// Over these parts, with the limits that clients are told.
    pub fn over(
        hub: Arc<Hub>,
        rosters: Arc<Rosters>,
        sites: Arc<Sites>,
        docks: Arc<Docks>,
        fan_out: Arc<FanOut>,
        limits: LimitsFrame,
    ) -> Self {
        Self { hub, rosters, sites, docks, fan_out, gone: Mutex::default(), limits }
    }

    /// Tells those connections whom it concerns. An event that is read from the store fails with it.
    pub async fn apply(&self, event: Event) -> Result<()> {
        match event {
            Event::Changed { site, to, changes, given } => self.changed(site, &to, changes, given),
            Event::Read { site, conversation, user, seq, to } => {
                self.tell(site, &to, &ServerFrame::Read { conversation, user, seq }, &Kind::Vital);
            }
            Event::Typing { site, conversation, user, to } => {
                self.tell(site, &to, &ServerFrame::Typing { conversation, user }, &Kind::Fleeting);
            }
            Event::Dock { site, user, given } => return self.docks.tell(site, user, given).await,
            Event::Flags { site, user, conversation, given } => {
                return self.docks.tell_flags((site, user), &conversation, given).await;
            }
            Event::Rights { site, user, record } => self.rights_changed(site, user, &record),
            Event::Moved { site, user } => self.rosters.moved((site, user)),
            Event::PauseEnded { site, user } => pauses::end(&self.hub, (site, user)),
            Event::Course { site, course, version, members } => self.course(site, &course, version, members),
            Event::Rooms { site, course } => self.rooms_changed(site, &course),
            Event::LoggedOut { site, user, sid } => {
                self.hub.close(site, user, Some(&sid), Close::LoggedOut);
                self.rosters.log_out((site, user), &sid, steady_ms());
            }
            Event::Floor { site, version } => {
                // In memory before anybody is closed: a connect that is not closed here looks at it after it has arrived.
                let known = self.sites.refresh().await;
                self.sites_were_read();
                // Also where the sites cannot be read just now: the floor is stored.
                self.close_below(site, self.sites.floor(site).max(version));
                return known;
            }
            Event::Policy { site: _ } => {
                self.sites.refresh().await?;
                self.sites_were_read();
            }
            Event::SiteRemoved { site } => {
                let known = self.sites.refresh().await;
                self.sites_were_read();
                self.close_all_of(&HashSet::from([site]));
                return known;
            }
        }
        Ok(())
    }

    /// Acts on what has been found where the sites were read, for whatever reason: so nothing of it depends on an event
    /// that may be lost. Gives the sites that have gone since this was done last.
    pub fn sites_were_read(&self) -> HashSet<SiteId> {
        let mut gone = self.gone.lock();
        let News { policies, floors, gone: new } = self.sites.take_news();
        for (site, before) in policies {
            self.rosters.policy_changed(site);
            if self.limits_by(before) != self.limits(site) {
                self.tell_limits(site);
            }
        }
        for site in floors {
            self.close_below(site, self.sites.floor(site));
        }
        gone.extend(&new);
        // Each time, of all that have ever gone: whoever was just signing in is among the connections now.
        if !gone.is_empty() {
            self.close_all_of(&gone);
        }
        new
    }

    /// What a client of this site is told of the limits.
    pub fn limits(&self, site: SiteId) -> LimitsFrame {
        self.limits_by(self.sites.policy(site))
    }

    fn limits_by(&self, Policy { edit_seconds, students_see_students: _ }: Policy) -> LimitsFrame {
        LimitsFrame { edit_seconds, ..self.limits }
    }

    /// Whoever is just signing in gets it behind their `welcome`, which may have older ones.
    fn tell_limits(&self, site: SiteId) {
        let frame = hub::encode(&ServerFrame::Limits { limits: self.limits(site) });
        for connection in self.hub.all().into_iter().filter(|c| c.site == site) {
            connection.out.queue(frame.clone(), Kind::Vital);
        }
    }

    fn close_all_of(&self, sites: &HashSet<SiteId>) {
        let orphans = self.hub.all().into_iter().filter(|c| sites.contains(&c.site));
        orphans.for_each(|c| c.out.close(Close::TokenRefused));
    }

    /// Something of somebody was lost on its way to this node: their connections come back, and are told what is so.
    pub fn resume(&self, site: SiteId, user: UserId) {
        self.hub.close(site, user, None, Close::Restart);
    }

    /// Whoever has a window there is shown their dock anew. Nobody waits for it: there may be thousands.
    fn rooms_changed(&self, site: SiteId, course: &str) {
        let users: BTreeSet<UserId> = self.fan_out.shows(site, course).iter().map(|c| c.user).collect();
        let docks = self.docks.clone();
        if users.is_empty() {
            return;
        }
        tokio::spawn(async move {
            for user in users {
                if let Err(error) = docks.tell(site, user, None).await {
                    error.log(); // it is owed to them
                }
            }
        });
    }

    /// The bytes are made once for all of them.
    fn changed(&self, site: SiteId, to: &Audience, changes: Arc<Changes>, given: Option<Given>) {
        if let Audience::Holders(circle) = to {
            return self.fan_out.tell(site, circle, changes);
        }
        let (has_it, frame) = match given {
            Some(Given { to, frame }) => (Some(to), frame),
            None => (None, hub::encode(&ServerFrame::Changes(ChangesFrame { request: None, changes }))),
        };
        for connection in to.users().flat_map(|user| self.hub.connections(site, user)) {
            if Some(connection.id) != has_it {
                connection.out.push(frame.clone(), Kind::Vital);
            }
        }
    }

    fn tell(&self, site: SiteId, to: &Audience, frame: &ServerFrame, kind: &Kind) {
        let frame = hub::encode(frame);
        to.users().for_each(|user| self.hub.deliver(site, user, &frame, kind));
    }

    fn rights_changed(&self, site: SiteId, user: UserId, record: &UserRecord) {
        // Events may overtake each other: what is older than what is known says nothing any more.
        if self.rosters.knows_newer((site, user), record) {
            return;
        }
        if record.origin == Origin::Call {
            // In this order: a connect that the rosters do not know yet finds it in the hub, once they do.
            self.hub.rights_set(site, user, record.snapshot.rights_version);
        }
        pauses::take((&self.hub, &self.rosters), (site, user), record, settled_ms());
    }

    fn course(
        &self,
        site: SiteId,
        course: &Arc<str>,
        version: RightsVersion,
        members: Vec<(UserId, Vec<Membership>)>,
    ) {
        for (user, circles) in members {
            let news = Arc::new(CourseRights { course: course.clone(), version, circles });
            // In this order, too.
            self.hub.course_set(site, user, &news);
            self.rosters.change_course((site, user), &news);
        }
    }

    /// Everybody comes back with a new token: not all at once, or the host would have to sign for all of them in a second.
    fn close_below(&self, site: SiteId, floor: RightsVersion) {
        let live = |user| self.rosters.live(site, user).map(|rights| rights.rights_version);
        let version = |c: &Connection| c.pause().map(|pause| pause.version).or_else(|| live(c.user));
        let mut below = self.hub.all();
        below.retain(|c| c.site == site && version(c).is_some_and(|version| refuses(floor, version)));
        let spread_ms = (below.len() * 1_000 / BACK_PER_SECOND) as u64;
        for connection in below {
            let wait = rand::rng().random_range(0..=spread_ms);
            let refusal = Refusal { retry_after_ms: Some(wait), ..Code::TokenExpired.into() };
            let frame = hub::encode(&ServerFrame::Error(refusal.frame()));
            connection.out.close_with(frame, Close::TokenExpired);
        }
    }
}
