//! What the loop of one connection knows: who speaks, when something was heard, and how much may still come.

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

use super::greet::Seated;
use crate::{error::Close, id::ConversationId, protocol::ServerFrame};

/// An alarm that is so late means that the process did not run.
const STOOD_STILL: Duration = Duration::from_secs(1);

/// How long this process stood still (a stopped or starved one, a machine that was moved), by an alarm that has come.
/// Nobody could be heard meanwhile: what they have said is still to be read, and this time is no silence.
pub(super) fn stood_still(alarm: Instant) -> Duration {
    let late = alarm.elapsed();
    if late >= STOOD_STILL { late } else { Duration::ZERO }
}

/// Of a connection that is signed in.
pub(super) struct State {
    pub(super) seated: Seated,
    pub(super) frames: DefaultDirectRateLimiter,
    pub(super) searches: DefaultDirectRateLimiter,
    /// Where typing was passed on in the last two seconds, and when.
    typed: Vec<(ConversationId, Instant)>,
    pub(super) heard: Instant,
}

impl State {
    pub(super) fn new(seated: Seated) -> Self {
        let limits = &seated.app.config.limits;
        let n = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let frames = Quota::per_second(n(limits.frames_per_second)).allow_burst(n(limits.frame_burst));
        Self {
            seated,
            frames: RateLimiter::direct(frames),
            searches: RateLimiter::direct(Quota::per_second(n(5))),
            typed: Vec::new(),
            heard: Instant::now(),
        }
    }

    /// At most once in two seconds for a conversation.
    pub(super) fn may_type(&mut self, conversation: ConversationId) -> bool {
        self.typed.retain(|(_, at)| at.elapsed() < Duration::from_secs(2));
        let lately = self.typed.iter().any(|(c, _)| *c == conversation);
        if !lately {
            self.typed.push((conversation, Instant::now()));
        }
        !lately
    }

    /// Sends an answer, behind what already waits.
    pub(super) fn reply(&self, frame: &ServerFrame) {
        self.seated.connection().out.push(frame.encode(), crate::hub::Kind::Vital);
    }

    /// What the clock asks for: an end, or a ping. `alarm`: when it was set for.
    pub(super) fn alarmed(&mut self, alarm: Instant) -> Result<(), Option<Close>> {
        self.heard += stood_still(alarm);
        let limits = &self.seated.app.config.limits;
        self.in_lease()?;
        if self.heard.elapsed() >= Duration::from_millis(limits.silence_ms) {
            return Err(Some(Close::Silent));
        }
        if self.seated.connection().out.told().elapsed() >= Duration::from_millis(limits.heartbeat_ms) {
            self.reply(&ServerFrame::Ping {});
        }
        Ok(())
    }

    /// Whether the lease still runs. Also asked when something comes in: a machine that has slept was away for longer than
    /// its alarms know.
    pub(super) fn in_lease(&self) -> Result<(), Option<Close>> {
        if self.seated.lease.left().is_zero() { Err(Some(Close::LeaseEnded)) } else { Ok(()) }
    }

    /// When the connection ends unless something is heard or the lease is renewed.
    pub(super) fn end(&self) -> Instant {
        let lease = Instant::now() + self.seated.lease.left();
        let silence = self.heard + Duration::from_millis(self.seated.app.config.limits.silence_ms);
        // One ms late rather than early: the clocks differ in their fractions.
        lease.min(silence) + Duration::from_millis(1)
    }

    /// When to look at the clock next.
    pub(super) fn next_alarm(&self) -> Instant {
        let told = self.seated.connection().out.told();
        let heartbeat = told + Duration::from_millis(self.seated.app.config.limits.heartbeat_ms);
        self.end().min(heartbeat + Duration::from_millis(1))
    }
}
