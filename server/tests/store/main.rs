//! The story of every store.
