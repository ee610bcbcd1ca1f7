//! What clients were told and show, against each other and the store.

use std::collections::BTreeMap;

use gchat_wire::Conversation;

use super::{Judge, Rule};
use crate::history::{ClientId, Said};

/// What one client shows of one conversation.
#[derive(Default)]
pub(super) struct Shown {
    rows: BTreeMap<u64, Said>,
    held: u64,
    /// Rows that are missing between the others, as far as it was told.
    gaps: u64,
    /// The rev up to which changes were told without a gap, and on which of its connections.
    told: Option<(u64, u64)>,
}

impl Shown {
    /// Among the rows from `least` on.
    fn missing(&self, least: u64) -> u64 {
        let mut rows = self.rows.range(least..);
        let Some((first, _)) = rows.next() else { return 0 };
        let rest = rows.clone().count() as u64;
        let (last, _) = rows.next_back().unwrap_or((first, &self.rows[first]));
        last - first - rest
    }

    pub(super) fn held(&self) -> u64 {
        self.held
    }
}

impl Judge {
    pub(super) fn deliver(&mut self, line: usize, client: ClientId, conversation: Conversation, row: &Said) {
        self.compare(line, client, conversation, row, "was told");
        let user = self.users.get(&client).copied().unwrap_or(0);
        self.in_reach(line, user, conversation, row);
        let since = self.users.get(&client).and_then(|user| self.revoked.get(user));
        if let (Some(since), Some(asked)) = (since, self.asked_at(row))
            && asked > *since
        {
            let what = format!(
                "client {client} was told {} of {conversation}, asked for at line {asked}, though its user lost the \
                 chat at line {since}",
                row.seq
            );
            self.verdict.fault(Rule::Revoked, line, what);
        }
    }

    /// What is told of a row is what the store has, or was there before that.
    fn compare(&mut self, line: usize, client: ClientId, conversation: Conversation, row: &Said, verb: &str) {
        let stored = self.store.at(conversation, row.seq).cloned();
        let first = self.revs.entry((conversation, row.rev)).or_insert_with(|| row.clone()).clone();
        let rule = match &stored {
            None => Rule::Lost,
            Some(stored) if row.rev > stored.rev => Rule::Undone,
            Some(stored) if row.rev == stored.rev && *stored == *row => return,
            Some(stored) if row.rev == stored.rev => Rule::Differs,
            Some(stored) => {
                let place = |row: &Said| (row.seq, row.sender, row.id, row.reply_to, row.happened().cloned());
                let as_sent = stored.text.is_none() || stored.mentions() == row.mentions();
                if place(stored) == place(row) && as_sent && first == *row && self.is_asked_for(row) {
                    return;
                }
                Rule::Differs
            }
        };
        let what = format!(
            "client {client} {verb} {row:?} of {conversation}; the store has {stored:?}, and of this rev was told {first:?}"
        );
        self.verdict.fault(rule, line, what);
    }

    pub(super) fn display(&mut self, line: usize, client: ClientId, conversation: Conversation, row: &Said) {
        self.verdict.displayed += 1;
        self.compare(line, client, conversation, row, "shows");
        let shown = self.shown.entry((client, conversation)).or_default();
        let before = shown.rows.insert(row.seq, row.clone());
        if let Some(before) = before.filter(|before| before.rev >= row.rev) {
            let rule = if before.rev == row.rev { Rule::Doubled } else { Rule::WentBack };
            let (seq, rev) = (row.seq, row.rev);
            let what = format!("client {client} shows {seq} of {conversation} at {rev} after {}", before.rev);
            self.verdict.fault(rule, line, what);
        }
    }

    /// Live changes of a connection follow on what it was told before, or on what its client came with.
    pub(super) fn told(
        &mut self,
        line: usize,
        client: ClientId,
        conversation: Conversation,
        (from, rev): (u64, u64),
        more: bool,
        live: bool,
    ) {
        let connection = self.connections.get(&client).copied().unwrap_or(0);
        let user = self.users.get(&client).copied().unwrap_or(0);
        let groups = &self.groups;
        // Of a group only its members are told each change, and of a room those who have it open: they ask for what came
        // before.
        let is_owed = |told: u64| match conversation {
            Conversation::Direct { .. } => true,
            Conversation::Group(_) => {
                groups.stays(conversation, user).iter().any(|stay| stay.spans(told, rev))
            }
            Conversation::Room(_) => false,
        };
        let shown = self.shown.entry((client, conversation)).or_default();
        let told = match shown.told {
            Some((told, on)) if on == connection => Some(told),
            _ => Some(shown.held).filter(|held| *held > 0),
        };
        if live && told.is_some_and(|told| from > told) && is_owed(told.unwrap_or(0)) {
            let what = format!(
                "client {client} was told of {conversation} from {from} to {rev}, and before that up to {}",
                told.unwrap_or(0)
            );
            self.verdict.fault(Rule::SkippedRev, line, what);
        }
        // With more to come, live changes may begin anywhere behind.
        let told = if more { u64::MAX } else { told.filter(|told| *told < u64::MAX).unwrap_or(0).max(rev) };
        shown.told = Some((told, connection));
    }

    pub(super) fn holds(
        &mut self,
        line: usize,
        client: ClientId,
        conversation: Conversation,
        rev: u64,
        whole: bool,
    ) {
        let shown = self.shown.entry((client, conversation)).or_default();
        let before = std::mem::replace(&mut shown.held, rev);
        if rev <= before {
            let what = format!("client {client} holds {conversation} up to {rev}, after {before}");
            self.verdict.fault(Rule::WentBack, line, what);
        }
        let user = self.users.get(&client).copied().unwrap_or(0);
        let last = shown.rows.last_key_value().map_or(0, |(seq, _)| *seq);
        let stays = self.groups.stays(conversation, user);
        let stay = stays.iter().rev().find(|stay| (stay.first..=stay.last).contains(&last));
        let gaps = shown.missing(stay.map_or(0, |stay| stay.first));
        let more = whole && gaps > shown.gaps;
        if whole {
            shown.gaps = gaps;
        }
        if more {
            let what = format!("{gaps} messages are missing in what client {client} shows of {conversation}");
            self.verdict.fault(Rule::DisplayGap, line, what);
        }
        // Of what they read before they were added again they are told nothing more.
        let (reads_from, reads_to) = self.groups.reach(conversation, user).unwrap_or((1, u64::MAX));
        let first = shown.rows.range(reads_from..).next().map_or(reads_from, |(seq, _)| *seq);
        let is_shown = |row: &&Said| {
            row.seq < first
                || row.seq > reads_to
                || shown.rows.get(&row.seq).is_some_and(|is| is.rev >= row.rev)
        };
        let missed = self.store.changed(conversation, before, rev).find(|row| !is_shown(row));
        if let Some(row) = missed {
            let what = format!("client {client} holds {conversation} up to {rev}, without {row:?}");
            self.verdict.fault(Rule::Missed, line, what);
        }
    }

    pub(super) fn end_of_shown(&mut self) {
        let mut drained: Vec<_> = self.drained.iter().copied().collect();
        drained.sort_unstable();
        for client in drained {
            let Some(user) = self.users.get(&client) else { continue };
            for (conversation, rows) in self.store.rows() {
                let Some((first, last)) = self.groups.reach(conversation, *user) else { continue };
                let shown = self.shown.get(&(client, conversation));
                let shows = |row: &Said| {
                    let is_theirs = (first..=last).contains(&row.seq);
                    !is_theirs || shown.and_then(|shown| shown.rows.get(&row.seq)) == Some(row)
                };
                if let Some(row) = rows.iter().find(|row| !shows(row)) {
                    let instead = shown.and_then(|shown| shown.rows.get(&row.seq));
                    let what =
                        format!("client {client} shows {instead:?} of {conversation} in place of {row:?}");
                    self.verdict.fault(Rule::Incomplete, 0, what);
                }
            }
        }
    }
}
