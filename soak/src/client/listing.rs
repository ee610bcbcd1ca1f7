//! The list of the client's user, asked for when everything is drained.

use std::time::{Duration, Instant};

use gchat_wire::{Entry, List, Outgoing};

use super::{Client, End};
use crate::history::What;

/// Conversations of one page: few, so that there are several.
const PAGE: u32 = 7;

/// Before another question that came too early.
const AGAIN: Duration = Duration::from_millis(400);

/// What has come of it.
#[derive(Debug, Default)]
pub(super) struct Listing {
    asked: Option<u32>,
    not_before: Option<Instant>,
    entries: Vec<Entry>,
    next: Option<String>,
    whole: bool,
}

impl Listing {
    pub(super) fn heard(&mut self, page: List) {
        if self.asked == Some(page.request) {
            self.asked = None;
            self.entries.extend(page.conversations);
            self.whole = page.next.is_none();
            self.next = page.next;
        }
    }

    /// Whether this was the question that was refused; it is asked again.
    pub(super) fn is_refused(&mut self, request: u32) -> bool {
        let is_it = self.asked == Some(request);
        if is_it {
            self.asked = None;
            self.not_before = Some(Instant::now() + AGAIN);
        }
        is_it
    }
}

impl Client {
    /// Asks for the next page, or has seen the last.
    pub(super) fn list(&mut self) -> Result<(), End> {
        if self.listing.whole {
            self.log(What::Drained);
            for Entry { window, last, .. } in std::mem::take(&mut self.listing.entries) {
                let last = last.map(|last| (last.seq, last.sender));
                self.log(What::Entry { conversation: window.conversation, last });
            }
            self.log(What::Listed);
            return Err(End::Finished);
        }
        let may_ask = self.listing.not_before.is_none_or(|at| at <= Instant::now());
        if self.listing.asked.is_none() && may_ask {
            self.request += 1;
            self.listing.asked = Some(self.request);
            let list = Outgoing::List {
                request: self.request,
                limit: PAGE,
                next: self.listing.next.clone(),
                unread: None,
                archived: None,
                text: None,
                conversations: None,
            };
            self.outgoing.push(list.encode());
        }
        Ok(())
    }
}
