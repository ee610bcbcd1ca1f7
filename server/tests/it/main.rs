//! The server from outside: real sockets, real HTTP, a real SQLite file. One file a hazard; `util` starts things.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall fail where it stands")]

mod api;
mod architecture;
mod authorisation;
mod blocks;
mod circles;
mod contract;
mod crowds;
mod delivery;
mod docks;
mod export;
mod floor;
mod foreign;
mod frames;
mod hidden;
mod limits;
mod logins;
mod logs;
mod openapi;
mod origins;
mod pauses;
mod php;
mod restored;
mod revocation;
mod rosters;
mod roundtrips;
mod sentences;
mod sites;
mod slow_reader;
mod smoke;
mod strict;
mod tokens;
mod util;
mod wire;
mod writing;
