//! Every operation against every relation, by an oracle: what the answer is, and that nobody else receives a byte.
//!
//! `oracle` knows the rules, `calls` tries the host's API, `revoked` what has ended, `outside` who
//! may not come in at all; `relations` how people stand to each other, `scene` plays a world on a real server. After
//! each deed every party's frames, from all their sockets, are those of a round in which nothing was done, plus what
//! the oracle says; for bystanders (a classmate, a stranger, a teacher of everything, people of another site with the
//! same ids) that is nothing.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

mod calls;
mod oracle;
mod outside;
mod places;
mod relations;
mod revoked;
mod scene;

use oracle::{Deed, Heard};
use relations::{ALL, Relation};
use scene::{Party, Scene};

/// Worlds that run at the same time: they wait for ticks, mostly.
const AT_ONCE: usize = 15;

/// In an order in which the first half is done before anything was said, the rest after.
const DEEDS: &[Deed] = &[
    Deed::Nothing,
    Deed::Resume,
    Deed::History,
    Deed::HistoryBefore,
    Deed::HistoryAfter,
    Deed::Read,
    Deed::Typing,
    Deed::Window("open"),
    Deed::Window("minimised"),
    Deed::List,
    Deed::Find,
    Deed::Flag,
    Deed::SearchAll,
    Deed::Window("closed"),
    Deed::SearchTheirCircle,
    Deed::TheirRoster,
    Deed::SearchForgedNext,
    Deed::Send,
    Deed::SendAgain,
    Deed::SendSameIdElsewhere,
    Deed::Edit,
    Deed::EditAgain,
    Deed::EditTheirs,
    Deed::DeleteTheirs,
    Deed::Reply,
    Deed::ReplyToNothing,
    Deed::React,
    Deed::ReactAgain,
    Deed::Changes,
    Deed::TakeBack,
    Deed::Changes,
    Deed::Resume,
    Deed::History,
    Deed::HistoryAfter,
    Deed::Read,
    Deed::List,
    Deed::Find,
    Deed::Flag,
    Deed::Window("open"),
    Deed::Window("open"),
    Deed::Flag,
    Deed::Delete,
    Deed::DeleteAgain,
    Deed::EditDeleted,
    Deed::Changes,
    Deed::Resume,
    Deed::List,
    Deed::Find,
    Deed::FindTheirs,
    Deed::Foreign("find"),
    Deed::Nowhere("find"),
    Deed::Foreign("edit"),
    Deed::Nowhere("edit"),
    Deed::Foreign("list"),
    Deed::Nowhere("list"),
    Deed::Foreign("flag"),
    Deed::Nowhere("flag"),
    Deed::Foreign("delete"),
    Deed::Nowhere("delete"),
    Deed::Foreign("react"),
    Deed::Nowhere("react"),
    Deed::Foreign("changes"),
    Deed::Nowhere("changes"),
    Deed::Foreign("send"),
    Deed::Nowhere("send"),
    Deed::Foreign("history"),
    Deed::Nowhere("history"),
    Deed::Foreign("read"),
    Deed::Nowhere("read"),
    Deed::Foreign("typing"),
    Deed::Foreign("open"),
    Deed::Nowhere("open"),
    Deed::Foreign("closed"),
    Deed::ResumeForeign,
    Deed::Renew,
    Deed::LookAwayAndBack,
    Deed::HelloAgain,
    Deed::Nothing,
];

type Received = BTreeMap<Party, Vec<String>>;

/// What of `all` goes beyond `usual`, and what of `usual` is missing.
fn beyond(all: &[String], usual: &[String]) -> (Vec<String>, Vec<String>) {
    let mut more = all.to_vec();
    let mut missing = Vec::new();
    for frame in usual {
        match more.iter().position(|f| f == frame) {
            Some(at) => drop(more.remove(at)),
            None => missing.push(frame.clone()),
        }
    }
    (more, missing)
}

/// One cell of the matrix: the sentences that say what is wrong.
fn judge(cell: &str, got: &Received, usual: &Received, fresh: &Heard, expected: &Heard) -> Vec<String> {
    let mut wrong = Vec::new();
    for (party, frames) in got {
        let (more, missing) = beyond(frames, &usual[party]);
        let mut wanted = match party {
            Party::Acting => expected.acting.clone(),
            Party::Device => expected.device.clone(),
            Party::Them => expected.them.clone(),
            _ => Vec::new(),
        };
        wanted.sort();
        if more != wanted {
            wrong.push(format!("{cell}: {party:?} received {more:?}, not {wanted:?}"));
        }
        if !missing.is_empty() {
            wrong.push(format!("{cell}: {party:?} no longer received {missing:?}"));
        }
    }
    let (mut more, mut wanted) = (fresh.fresh.clone(), expected.fresh.clone());
    more.sort();
    wanted.sort();
    if more != wanted {
        wrong.push(format!("{cell}: a new connection received {more:?}, not {wanted:?}"));
    }
    wrong
}

/// All deeds in one relation's world.
async fn row(relation: Relation) -> (usize, Vec<String>) {
    let mut scene = Scene::of(relation).await;
    let (usual, _) = scene.after(Deed::Nothing).await;
    let mut wrong = Vec::new();
    for (n, deed) in DEEDS.iter().enumerate() {
        let (got, fresh) = scene.after(*deed).await;
        let expected = scene.world.hears(*deed);
        wrong.extend(judge(&format!("{relation:?} × {n} {deed:?}"), &got, &usual, &fresh, &expected));
    }
    (DEEDS.len(), wrong)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_in_every_relation_is_answered_as_the_oracle_says_and_reaches_nobody_else() {
    let rows: Vec<_> =
        stream::iter(ALL).map(|relation| row(*relation)).buffer_unordered(AT_ONCE).collect().await;
    let cells: usize = rows.iter().map(|(cells, _)| cells).sum();
    let wrong: Vec<String> = rows.into_iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(cells, ALL.len() * DEEDS.len());
}
