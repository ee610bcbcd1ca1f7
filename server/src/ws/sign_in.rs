//! Signing a connection in: token, rights, presence, and the `welcome` that tells what is.
//!
//! The order matters (ARCHITECTURE.md, "Connect"): register first, then ask the store, so that whatever its answer does
//! not have waits in the connection's queue; and after arriving, look whether the host spoke in between.

use std::sync::Arc;

use crate::{
    allowances::{Allowance, Kind},
    app::App,
    auth::{self, Identity, Lease, SKEW_MS},
    clock::now_ms,
    clock::{settled_ms, steady_ms},
    error::{Close, Code, Refusal},
    event::Event,
    hub::{Connection, Outbound, Pause, Registration},
    id::{ConnectionId, ConversationId},
    protocol::{FEATURES, Hello, Myself, PROTOCOL, Welcome},
    rights::{Standing, refuses},
    roster,
    store::{Arrival, Origin, Put, UserRecord},
    talk::{PAGE_BYTES, Speaker},
};

/// Entries of a cursor, and rosters held.
const CURSOR_MOST: usize = 100;
const HELD_MOST: usize = 1_000;

/// Features that a client may name, and characters of each.
const FEATURES_MOST: usize = 100;
const FEATURE_CHARS: usize = 32;

/// A connection that is signed in; dropping it ends what others may write to it, and leaves the rosters and the hub.
pub(super) struct Seated {
    pub(super) app: Arc<App>,
    registration: Registration,
    /// Of the user.
    pub(super) allowance: Arc<Allowance>,
    pub(super) lease: Lease,
}

impl Seated {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.registration
    }

    /// Whom it speaks for.
    pub(super) fn speaker(&self) -> Speaker {
        Speaker { site: self.registration.site, user: self.registration.user }
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.registration.out.shut();
        self.app.rosters.leave(&self.registration, steady_ms());
        self.app.fan_out.forget(&self.registration);
    }
}

/// Why a connection is not welcome: what it is told, and how it ends.
pub(super) type Unwelcome = (Option<Refusal>, Close);

/// With the end that belongs to a refusal.
pub(super) fn refused(refusal: Refusal) -> Unwelcome {
    let close = refusal.code.close();
    (Some(refusal), close)
}

/// What answers a `hello` that is not refused.
pub(super) enum SignedIn {
    /// `welcome`.
    Welcome(Seated, Box<Welcome>),
    /// `paused`.
    Paused(Waiting),
}

/// A connection of somebody who is paused; dropping it leaves the hub.
pub(super) struct Waiting {
    pub(super) app: Arc<App>,
    pub(super) registration: Registration,
    /// Of the user.
    pub(super) allowance: Arc<Allowance>,
    pub(super) lease: Lease,
    /// When the pause ends, ms.
    pub(super) until: i64,
}

/// Answers `hello`.
pub(super) async fn sign_in(
    app: &Arc<App>,
    id: ConnectionId,
    origin: &str,
    hello: Hello,
) -> Result<SignedIn, Unwelcome> {
    let (registration, identity) = admit(app, id, origin, &hello).await.map_err(refused)?;
    let connection = registration.clone();
    let signed_in = arrive(app, registration, identity, hello).await;
    // Somebody has ended it meanwhile, by a logout for one: what was missed because of that is not the reason.
    signed_in.map_err(|refusal| match connection.out.closes_with() {
        Some(close) => (None, close),
        None => refused(refusal),
    })
}

/// Looks at the token, and takes the connection into the hub.
async fn admit(
    app: &Arc<App>,
    id: ConnectionId,
    origin: &str,
    hello: &Hello,
) -> Result<(Registration, Identity), Refusal> {
    if hello.protocol != PROTOCOL {
        return Err(Code::UnsupportedProtocol.into());
    }
    let cursor = hello.cursor.as_ref().map_or(&[][..], |cursor| &cursor.conversations);
    let held = hello.rosters.as_ref().map_or(&[][..], |held| &held.versions);
    if cursor.len() > CURSOR_MOST || held.len() > HELD_MOST {
        return Err(Refusal::with(Code::BadFrame, "a cursor has at most 100 conversations and 1000 rosters"));
    }
    let features = hello.features.as_deref().unwrap_or_default();
    if features.len() > FEATURES_MOST || features.iter().any(|f| f.chars().nth(FEATURE_CHARS).is_some()) {
        return Err(Refusal::with(Code::BadFrame, "features are at most 100, of up to 32 characters"));
    }
    let identity = auth::user_token(&app.sites, &hello.token, now_ms()).await?;
    if !app.sites.origin_is_of(origin, identity.site) {
        return Err(Code::WrongOrigin.into());
    }
    // Before anything is read or kept for it: what it costs to come is counted, however it ends.
    app.allowances.of(identity.site, identity.user).take(Kind::SignIns).map_err(too_often)?;
    let limits = &app.config.limits;
    let registration = app.hub.register(
        id,
        (identity.site, identity.user),
        identity.sid.clone(),
        hello.session,
        hello.visible,
        Outbound::new(limits.queue_frames, limits.queue_bytes),
    );
    Ok((registration, identity))
}

fn too_often(wait: std::time::Duration) -> Refusal {
    let why = "you have signed in too often just now: come back after retry_after_ms";
    Refusal { detail: Some(why.into()), ..Refusal::rate_limited(wait) }
}

/// From the hub to `welcome` or `paused`.
async fn arrive(
    app: &Arc<App>,
    registration: Registration,
    identity: Identity,
    hello: Hello,
) -> Result<SignedIn, Refusal> {
    // A stop closes those that are in the hub; whoever comes after that must not stay.
    if app.is_draining() {
        return Err(Code::Unavailable.into());
    }
    let cursor = hello.cursor.as_ref().map_or(&[][..], |cursor| &cursor.conversations);
    let as_of = app.rosters.moves();
    let conversations: Vec<_> = cursor.iter().map(|entry| entry.conversation.clone()).collect();
    let arrival = arrival(app, &identity, &conversations).await?;
    let record = settle(app, &identity, &arrival).await?;
    if let Standing::Paused(until) = record.snapshot.standing(settled_ms()) {
        let waiting = wait(app, registration, identity.lease, &record, until).await?;
        return Ok(SignedIn::Paused(waiting));
    }
    let seated = sit_down(app, registration, identity.lease, &record).await?;
    // If it says something new, this token may be what ends a pause. Connects that say nothing new tell nobody of it.
    if !arrival.user.as_ref().is_some_and(|stored| stored.snapshot.says_the_same(&record.snapshot)) {
        let Speaker { site, user } = seated.speaker();
        app.bus.publish(Event::PauseEnded { site, user }).await?;
    }
    app.hub.make_room(seated.connection(), app.config.limits.connections_per_user);
    let welcome = welcome(app, &seated, &hello, (arrival, as_of)).await?;
    if hello.visible {
        let held = hello.rosters.as_ref().filter(|held| held.boot == app.boot);
        app.rosters.look(seated.connection(), held.map_or(&[][..], |held| &held.versions));
    }
    Ok(SignedIn::Welcome(seated, Box::new(welcome)))
}

/// Lets somebody who is paused wait; ends the connections that this token has paused.
async fn wait(
    app: &Arc<App>,
    registration: Registration,
    lease: Lease,
    record: &UserRecord,
    until: i64,
) -> Result<Waiting, Refusal> {
    let (site, user, version) = (registration.site, registration.user, record.snapshot.rights_version);
    registration.set_pause(Pause { until, version });
    registration.take_missed(); // of no use to it
    // The host may have spoken since the store was read, and `PUT floor` looks only for those who are known to wait.
    if registration.rights_are_older(record.precedence())
        && app
            .store
            .user(site, user)
            .await?
            .is_none_or(|stored| !stored.snapshot.says_the_same(&record.snapshot))
    {
        registration.out.close(Close::PauseEnded);
        return Err(Code::Paused.into());
    }
    if refuses(app.sites.floor(site), version) {
        return Err(below_the_floor());
    }
    app.bus.publish(Event::Rights { site, user, record: Arc::new(record.clone()) }).await?;
    // Newer rights hold, and end this pause: the connect that brought them may have looked before this one was waiting.
    if app.rosters.live(site, user).is_some() {
        registration.out.close(Close::PauseEnded);
        return Err(Code::Paused.into());
    }
    app.hub.make_room(&registration, app.config.limits.connections_per_user);
    let allowance = app.allowances.of(site, user);
    Ok(Waiting { app: app.clone(), registration, allowance, lease, until })
}

/// Takes the token that is to renew a connection, with the rights that hold for it.
pub(super) async fn renewal(app: &App, connection: &Connection, token: &str) -> Result<Identity, Refusal> {
    app.allowances.of(connection.site, connection.user).take(Kind::SignIns).map_err(too_often)?;
    let identity = auth::user_token(&app.sites, token, now_ms()).await?;
    if (identity.site, identity.user) != (connection.site, connection.user) || identity.sid != connection.sid
    {
        return Err(Code::WrongUser.into());
    }
    let arrival = arrival(app, &identity, &[]).await?;
    let record = settle(app, &identity, &arrival).await?;
    // Unless the host has spoken since the store was read: then its own call has done this, or will.
    if !connection.rights_are_older(record.precedence()) {
        let (site, user, record) = (identity.site, identity.user, Arc::new(record));
        app.bus.publish(Event::Rights { site, user, record }).await?;
    }
    Ok(identity)
}

/// What the store knows of a token's bearer, if the login still stands.
pub(super) async fn arrival(
    app: &App,
    identity: &Identity,
    conversations: &[ConversationId],
) -> Result<Arrival, Refusal> {
    let Identity { site, user, sid, snapshot, .. } = identity;
    if is_from_before_a_restore(identity.issued_at, app.store.epoch_began(), now_ms()) {
        let why = "this token is older than the restore of the server's backup: fetch a new one";
        return Err(Refusal::with(Code::TokenExpired, why));
    }
    if refuses(app.sites.floor(*site), snapshot.rights_version) {
        return Err(below_the_floor());
    }
    let arrival = app.store.arrival(*site, *user, sid, snapshot, conversations).await?;
    if arrival.revoked { Err(Code::LoggedOut.into()) } else { Ok(arrival) }
}

/// What ended between the backup and its restore is forgotten, and a token from before could bring it back. If the clock
/// was far ahead during the restore, and is right again, such tokens end by themselves before it gets there.
fn is_from_before_a_restore(issued_at: i64, epoch_began: i64, now: i64) -> bool {
    issued_at < epoch_began && epoch_began <= now + SKEW_MS
}

/// The rights that hold for a token: its own, or the stored ones (protocol/README.md, "Rights versions"). Stores the
/// token's if they say something new, and only then.
pub(super) async fn settle(app: &App, identity: &Identity, arrival: &Arrival) -> Result<UserRecord, Refusal> {
    if arrival.floors.refusing(&identity.snapshot).is_some() {
        return Err(outdated());
    }
    let stored = arrival.user.clone();
    let token = arrival.floors.complete(&identity.snapshot, stored.as_ref().map(|s| &*s.snapshot));
    let new = UserRecord { snapshot: token, origin: Origin::Token, removed: false };
    let record = match stored {
        Some(stored) if !new.precedence().wins(stored.precedence()) => stored,
        // The site's version rises with every change of anyone's rights: on its own it is nothing new to store.
        Some(stored) if !stored.removed && stored.snapshot.says_the_same(&new.snapshot) => new,
        _ => put(app, identity).await?,
    };
    if record.removed || !record.snapshot.may_chat() {
        return Err(Code::ChatNotAllowed.into());
    }
    Ok(record)
}

/// The store looks at the floors again: a circles call may have come since they were read.
async fn put(app: &App, identity: &Identity) -> Result<UserRecord, Refusal> {
    let snapshot = identity.snapshot.clone();
    match app.store.put_user(identity.site, identity.user, snapshot, Origin::Token).await? {
        Put::Done(applied) => {
            if applied.changed {
                app.bus.publish(Event::Moved { site: identity.site, user: identity.user }).await?;
            }
            Ok(applied.record)
        }
        Put::Outdated(_) => Err(outdated()),
    }
}

/// `PUT floor` was called.
fn below_the_floor() -> Refusal {
    Refusal::with(
        Code::TokenExpired,
        "this token is older than what the site has said since of all its people: fetch a new one",
    )
}

fn outdated() -> Refusal {
    let why = "this token is older than what the site has said of one of its courses: fetch a new one";
    Refusal::with(Code::TokenExpired, why)
}

/// Takes the connection into the rosters; if the host has changed the rights since the store was read, with the new.
async fn sit_down(
    app: &Arc<App>,
    registration: Registration,
    lease: Lease,
    record: &UserRecord,
) -> Result<Seated, Refusal> {
    app.rosters.arrive(&registration, record);
    let allowance = app.allowances.of(registration.site, registration.user);
    let seated = Seated { app: app.clone(), registration, allowance, lease };
    let Speaker { site, user } = seated.speaker();
    for news in seated.connection().take_missed() {
        app.rosters.change_course((site, user), &news);
    }
    if seated.connection().rights_are_older(record.precedence()) {
        let stored = app.store.user(site, user).await?;
        let stored = stored.filter(|stored| !stored.removed && stored.snapshot.may_chat());
        let stored = stored.ok_or(Code::ChatNotAllowed)?;
        if matches!(stored.snapshot.standing(settled_ms()), Standing::Paused(_)) {
            seated.connection().out.close(Close::Paused);
            return Err(Code::Paused.into());
        }
        app.rosters.change((site, user), &stored);
    }
    // Who arrives after `PUT floor` has looked for those below it is not closed there.
    let live = app.rosters.live(site, user).map(|rights| rights.rights_version);
    if live.is_none_or(|version| refuses(app.sites.floor(site), version)) {
        return Err(below_the_floor());
    }
    Ok(seated)
}

/// `as_of`: `Rosters::moves` before the arrival was read.
async fn welcome(
    app: &App,
    seated: &Seated,
    hello: &Hello,
    (arrival, as_of): (Arrival, u64),
) -> Result<Welcome, Refusal> {
    let speaker = seated.speaker();
    let Some(rights) = app.rosters.live(speaker.site, speaker.user) else {
        // A pause that came while it was arriving has taken the user out of the rosters, and nothing else does that.
        seated.connection().out.close(Close::Paused);
        return Err(Code::Paused.into());
    };
    let epoch = app.store.epoch();
    let changes = match &hello.cursor {
        Some(cursor) => {
            let same = cursor.epoch == epoch;
            // Whoever has been sent too much just now is told what there is, and asks for it later.
            let room = seated.allowance.is_open(Kind::AnswerBytes).map_or(0, |()| PAGE_BYTES);
            app.talk.missed(speaker, &cursor.conversations, &arrival.heads, same, room).await?
        }
        None => Vec::new(),
    };
    let dock = app.docks.begin(seated.connection(), &rights, arrival.dock, as_of).await?;
    Ok(Welcome {
        protocol: PROTOCOL,
        epoch,
        boot: app.boot,
        server_time: now_ms(),
        lease_ends: seated.lease.ends,
        user: Myself { contact: roster::contact(speaker.user, &*rights), hidden: rights.hidden },
        blocked: rights.blocked.to_vec(),
        circles: rights.circles.clone(),
        features: FEATURES.map(Into::into).into(),
        dock,
        changes,
        limits: app.node.limits(speaker.site),
    })
}
