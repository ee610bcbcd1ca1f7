//! Stacks, folded: a tree of who called whom, and how often each was found.

use std::collections::BTreeMap;

use rustc_demangle::demangle;

/// Of whom a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Kernel,
    Sqlite,
    Gchat,
    Other,
}

/// A function in a place of the tree.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) owner: Owner,
    /// Samples in it and in what it called.
    pub(super) samples: u64,
    /// Samples in it alone.
    alone: u64,
    pub(super) calls: BTreeMap<String, Frame>,
}

impl Frame {
    fn new(owner: Owner) -> Self {
        Self { owner, samples: 0, alone: 0, calls: BTreeMap::new() }
    }
}

/// All that was recorded, by thread.
#[derive(Debug)]
pub(super) struct Stacks {
    pub(super) root: Frame,
}

impl Stacks {
    /// From what `perf script` prints: a thread's name, then a frame a line, the innermost first, then an empty line.
    pub(super) fn of(printed: &str) -> Self {
        let mut root = Frame::new(Owner::Other);
        for sample in printed.split("\n\n") {
            let mut lines = sample.lines().filter(|line| !line.trim().is_empty());
            let Some(thread) = lines.next() else { continue };
            let mut frames: Vec<(String, Owner)> = lines.filter_map(frame).collect();
            tidy(&mut frames);
            frames.push((thread.trim().trim_end_matches(char::is_numeric).to_owned(), Owner::Other));
            root.add(frames.into_iter().rev());
        }
        Self { root }
    }

    pub(super) fn samples(&self) -> u64 {
        self.root.samples
    }

    /// Each function's share of all samples, those that it called left out; the largest first.
    pub(super) fn by_self(&self) -> Vec<(String, f64)> {
        let mut found = BTreeMap::new();
        self.root.gather(&mut found);
        let mut all: Vec<(String, u64)> =
            found.into_iter().map(|(name, alone)| (name.to_owned(), alone)).collect();
        all.sort_by_key(|(_, alone)| std::cmp::Reverse(*alone));
        let share = |alone: u64| alone as f64 / self.samples() as f64;
        all.into_iter().filter(|(_, alone)| *alone > 0).map(|(name, alone)| (name, share(alone))).collect()
    }
}

impl Frame {
    fn add(&mut self, stack: impl Iterator<Item = (String, Owner)>) {
        self.samples += 1;
        let mut at = self;
        for (name, owner) in stack {
            at = at.calls.entry(name).or_insert_with(|| Self::new(owner));
            at.samples += 1;
        }
        at.alone += 1;
    }

    fn gather<'a>(&'a self, found: &mut BTreeMap<&'a str, u64>) {
        for (name, frame) in &self.calls {
            *found.entry(name).or_default() += frame.alone;
            frame.gather(found);
        }
    }
}

/// `7f3a12 symbol`: the function's name as people write it, and whose it is.
fn frame(line: &str) -> Option<(String, Owner)> {
    let (address, symbol) = line.trim().split_once(' ')?;
    let name = format!("{:#}", demangle(symbol));
    let bare = name.trim_start_matches(['<', '&']);
    let is_kernel = address.len() == 16 && address.starts_with("ffff");
    let owner = if is_kernel {
        Owner::Kernel
    } else if name.starts_with("sqlite3") {
        Owner::Sqlite
    } else if bare.starts_with("gchat::") {
        Owner::Gchat
    } else {
        Owner::Other
    };
    Some((name, owner))
}

/// Leaves out what says nothing: the standard library's ways to call something, and what has no name; but never the
/// innermost, in which the time was spent.
fn tidy(frames: &mut Vec<(String, Owner)>) {
    const SILENT: [&str; 6] =
        ["core::", "std::", "alloc::", "__rust_begin_short_backtrace", "__rust_try", "[unknown]"];
    let mut innermost = true;
    frames.retain(|(name, _)| {
        let bare = name.trim_start_matches(['<', '&']);
        std::mem::take(&mut innermost) || !SILENT.iter().any(|silent| bare.starts_with(silent))
    });
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) const PRINTED: &str = "tokio-rt-worker \n\
        \t    55d0 _ZN5gchat2ws4live17h0123456789abcdefE\n\
        \t    55d1 _ZN4core3ops8function6FnOnce9call_once17h0123456789abcdefE\n\
        \t    55d2 start_thread\n\n\
        reader-1 \n\
        \tffffffff821ecc26 do_syscall_64\n\
        \t    7f01 sqlite3_step\n\
        \t    55d2 start_thread\n\n\
        reader-2 \n\
        \t    7f01 sqlite3_step\n\
        \t    55d2 start_thread\n\n";

    #[test]
    fn stacks_are_folded_by_thread_and_function() {
        let stacks = Stacks::of(PRINTED);
        assert_eq!(stacks.samples(), 3);
        let sqlite = &stacks.root.calls["reader-"].calls["start_thread"].calls["sqlite3_step"];
        assert_eq!((sqlite.samples, sqlite.alone, sqlite.owner), (2, 1, Owner::Sqlite));
        assert_eq!(sqlite.calls["do_syscall_64"].owner, Owner::Kernel);
        let live = &stacks.root.calls["tokio-rt-worker"].calls["start_thread"].calls["gchat::ws::live"];
        assert_eq!((live.samples, live.owner), (1, Owner::Gchat));
        let names: Vec<_> = stacks.by_self().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["do_syscall_64", "gchat::ws::live", "sqlite3_step"]);
    }
}
