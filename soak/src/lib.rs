//! The proof that nothing acknowledged is lost, doubled or reordered, over real sockets against the real server.
//!
//! `history` is what happened, `check` judges it: both pure, and of use to anything that talks to a server. `client`
//! is a client as the contract asks for one; `run` lets many of them talk while the server is killed or their sockets
//! are cut, `power` while the machine loses its power. README.md says what is proved and how.

pub mod check;
mod client;
pub mod history;
pub mod lying;
pub mod power;
mod process;
mod reader;
pub mod run;
mod site;
mod stage;

pub use process::{Program, ready};
