//! The whole server in a simulated world: the real connections, rules, hub and bus over a simulated network (turmoil)
//! and a store in memory, whose clock is simulated too. People on several devices write to each other while the server
//! crashes, restarts and fails, the network delays, holds back and cuts, and the bus delays, drops and reorders; then all
//! is quiet, and everything must be as if nothing had happened: whatever two people did on their devices, their copies
//! are equal, and what a new client would be shown.
//!
//! Each seed is a world of its own: `SEEDS=n` runs so many (a multiple of the usual number is the long form). A world
//! that fails prints its seed, and `SEED=n` runs that one alone, a hundred times: faults and scripts are drawn from the
//! seed, but not the order in which equal things happen inside the server (whose maps and ids are random).
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
#![allow(clippy::print_stdout, reason = "what the worlds have met is worth reading")]

mod bus;
mod device;
mod doubts;
mod host;
mod judge;
mod list;
mod marks;
#[path = "../memory/mod.rs"]
#[allow(dead_code, reason = "the stories of the store use more of it")]
mod memory;
mod script;
mod storm;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::{Faults, World};

/// Worlds of each test in the short form.
const WORLDS: u64 = 200;
/// How often a single seed is run.
const AGAIN: usize = 100;

/// Runs worlds whose seeds begin at `first`, a range of its own for each test.
fn worlds(first: u64, faults: Faults) {
    let number = |name| {
        let set = std::env::var(name).ok().filter(|n: &String| !n.is_empty());
        set.map(|n| n.parse::<u64>().expect("a number"))
    };
    let (seeds, what): (Vec<u64>, _) = match number("SEED") {
        Some(seed) => (vec![seed; AGAIN], format!("seed {seed}, {AGAIN} times")),
        None => {
            let count = number("SEEDS").unwrap_or(WORLDS);
            ((first..first + count).collect(), format!("{count} seeds from {first}"))
        }
    };
    let mut totals = judge::Totals::default();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| World::run(seed, faults))) {
            Ok(Ok(run)) => totals.add(&run),
            Ok(Err(why)) => panic!("SEED={seed}: {why}"),
            Err(_) => panic!("SEED={seed}: see above"),
        }
    }
    println!("{what}: {totals}");
    if number("SEED").is_none() {
        totals.must_have_met(faults); // a single world may be a quiet one
    }
}

#[test]
fn talk_survives_a_network_that_delays_and_cuts() {
    worlds(0, Faults { network: true, ..Faults::default() });
}

#[test]
fn talk_survives_crashes_and_restarts_of_the_server() {
    worlds(1_000_000, Faults { crashes: true, ..Faults::default() });
}

#[test]
fn talk_survives_a_store_that_is_slow_and_fails() {
    worlds(2_000_000, Faults { store: true, ..Faults::default() });
}

#[test]
fn talk_survives_a_bus_that_delays_drops_and_reorders() {
    worlds(4_000_000, Faults { bus: true, ..Faults::default() });
}

#[test]
fn talk_survives_all_of_it_at_once() {
    worlds(3_000_000, Faults { network: true, crashes: true, store: true, bus: true, ..Faults::default() });
}

/// The judge can find something: each of these worlds has a fault that no client can repair.
mod planted {
    use super::*;

    fn is_found(plant: world::Plant) {
        let faults = Faults { network: true, crashes: true, plant: Some(plant), ..Faults::default() };
        let found = (0..200).find_map(|seed| World::run(seed, faults).err());
        println!("{plant:?}: {}", found.expect("a planted fault that nobody found"));
    }

    #[test]
    fn an_ack_before_the_commit_is_found() {
        is_found(world::Plant::EarlyAck);
    }

    #[test]
    fn a_store_that_forgets_ids_is_found() {
        is_found(world::Plant::ForgetIds);
    }

    #[test]
    fn a_client_that_does_not_ask_is_found() {
        is_found(world::Plant::NoQuestion);
    }
}
