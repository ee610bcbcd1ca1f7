//! Global Chat's server: real-time chat for whole sites, in one binary.
//!
//! Arrows: `ws, http → chat, circles, roster → presence, store, bus → hub`. ARCHITECTURE.md has the map and the invariants.

pub mod address;
pub mod allowances;
pub mod app;
pub mod auth;
pub mod bus;
pub mod chat;
pub mod circles;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connection_code;
pub mod conversation;
pub mod error;
pub mod http;
pub mod hub;
pub mod id;
pub mod jobs;
pub mod logs;
pub mod pauses;
pub mod presence;
pub mod protocol;
pub mod rights;
pub mod roster;
pub mod server;
pub mod sites;
pub mod store;
pub mod systemd;
pub mod writing;
pub mod ws;
