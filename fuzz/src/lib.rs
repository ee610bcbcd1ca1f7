//! What arbitrary bytes may do to the server: nothing. Each function takes any bytes, and panics where something does
//! not hold that the contract promises.
//!
//! libFuzzer drives them from `targets/`, the tests from `tests/short.rs`; both begin with `corpus/`.

#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

mod api;
mod frames;
mod sockets;
mod stage;
mod tokens;
mod verbs;

pub use api::api;
pub use frames::frames;
pub use sockets::sockets;
pub use tokens::tokens;
pub use verbs::verbs;
