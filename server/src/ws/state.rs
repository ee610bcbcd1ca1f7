//! What the loop of one connection knows: who speaks, when something was heard, and how much may still come.

use std::time::Duration;

use tokio::time::Instant;

use super::sign_in::Seated;
use crate::{
    allowances::{Allowance, FrameRate, Kind},
    error::{Close, Refusal},
    hub,
    protocol::ServerFrame,
};

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
    frames: FrameRate,
    pub(super) heard: Instant,
}

impl State {
    pub(super) fn new(seated: Seated) -> Self {
        let frames = FrameRate::new(&seated.app.config.limits);
        Self { seated, frames, heard: Instant::now() }
    }

    /// What the user may still take.
    pub(super) fn allowance(&self) -> &Allowance {
        &self.seated.allowance
    }

    /// Counts a frame. False: too many have come, of this connection or of all of the user's.
    pub(super) fn may_go_on(&mut self) -> bool {
        self.frames.take(self.heard) && self.allowance().take(Kind::Frames).is_ok()
    }

    /// Sends an answer, and counts its bytes.
    pub(super) fn reply_large(&self, frame: &ServerFrame) {
        let frame = hub::encode(frame);
        self.count(frame.as_str().len());
        self.seated.connection().out.push(frame, hub::Kind::Vital);
    }

    /// Counts bytes of an answer.
    pub(super) fn count(&self, bytes: usize) {
        self.allowance().owe(Kind::AnswerBytes, u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Whether the user may ask for what is large, or when.
    pub(super) fn may_ask(&self) -> Result<(), Refusal> {
        self.allowance().is_open(Kind::AnswerBytes).map_err(Refusal::rate_limited)
    }

    /// Sends an answer, behind what already waits.
    pub(super) fn reply(&self, frame: &ServerFrame) {
        self.seated.connection().out.push(hub::encode(frame), hub::Kind::Vital);
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
