//! Global Chat's server: real-time chat for whole sites, in one binary.

pub mod config;
pub mod connection_code;
pub mod id;
pub mod rights;
pub mod store;
