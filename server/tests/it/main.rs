//! The server from outside: real sockets, real HTTP, a real SQLite file. One file a hazard; `util` starts things. Only
//! `commits` is over the store in memory, which fails and waits when it is told to.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall fail where it stands")]

mod allowances;
mod api;
mod architecture;
mod authorisation;
mod blocks;
mod circles;
mod commits;
mod contract;
mod crowds;
mod delivery;
mod docks;
mod export;
mod finds;
mod floor;
mod foreign;
mod frames;
mod groups;
mod hidden;
mod limits;
mod lists;
mod logins;
mod logs;
mod lookups;
mod lost;
#[path = "../memory/mod.rs"]
#[allow(dead_code, reason = "the simulation uses more of it")]
mod memory;
mod openapi;
mod origins;
mod pauses;
mod php;
mod reactions;
mod restored;
mod revocation;
mod rooms;
mod rosters;
mod roundtrips;
mod sentences;
mod sites;
mod slow_reader;
mod smoke;
mod strict;
mod tokens;
mod util;
mod verbs;
mod wire;
mod writing;
