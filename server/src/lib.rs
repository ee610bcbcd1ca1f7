//! Global Chat's server: real-time chat for whole sites, in one binary.
//!
//! Arrows: `ws, http → talk, dock, circles → access, store, bus → node → dock, roster → hub`. ARCHITECTURE.md has the map and the invariants.

pub mod address;
pub mod allowances;
pub mod app;
pub mod auth;
pub mod bus;
pub mod circles;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connection_code;
pub mod conversation;
pub mod dock;
pub mod error;
pub mod event;
pub mod fan_out;
pub mod fold;
pub mod http;
pub mod hub;
pub mod id;
pub mod jobs;
pub mod logs;
pub mod node;
pub mod pauses;
pub mod presence;
pub mod protocol;
pub mod rights;
pub mod roster;
pub mod server;
pub mod sites;
pub mod store;
pub mod stripes;
pub mod systemd;
pub mod talk;
pub mod terms;
pub mod writing;
pub mod ws;
