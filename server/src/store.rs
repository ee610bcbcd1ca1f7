//! What the server keeps: the traits that every database implements, by subject, and their records.
//!
//! Knows no frame, no connection and no SQL: the databases are in `store/`, and a cache that may be laid around one. Every
//! key begins with the site. All times are milliseconds since 1970 UTC. A method that changes something returns only after
//! a durable commit.

use async_trait::async_trait;

use crate::id::Epoch;

mod cache;
mod docks;
mod error;
mod finds;
mod lists;
mod people;
mod sites;
pub mod sqlite;
mod talk;

pub use cache::CachedStore;
pub use docks::{Dock, DockStore, DockWindow, Place, WindowChange, WindowState};
pub use error::StoreError;
pub use finds::{FIND_MOST, FindAsk, FindPage, FindStore, FoundMessage};
pub use lists::{
    Bookmark, FlagChange, Flagged, Flags, LISTED_MOST, Last, ListAsk, ListPage, ListStore, Listed,
    PINNED_MOST, WAITING_MOST, Waiting, day_of,
};
pub use people::{
    Applied, Arrival, FLOOR_MS, Face, Floor, Kept, KeptConversation, Origin, PeopleStore, Put, REVOKED_MS,
    UserRecord,
};
pub use sites::{SiteKey, SiteRecord, SiteStore, SitesMark};
pub use talk::{
    Appended, Change, Changed, CourseRooms, Group, NewMark, NewMessage, NewReaction, NewSystem, Noted,
    OwnReaction, Page, Part, Reacted, RoomPart, TalkStore,
};

/// Result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The store: the truth about everything but presence.
#[async_trait]
pub trait Store: SiteStore + PeopleStore + TalkStore + DockStore + ListStore + FindStore {
    /// Changes when a backup is restored.
    fn epoch(&self) -> Epoch;
    /// When the epoch began, ms: what was signed before then may rest on what the store has forgotten. 0 for a store
    /// that was never restored.
    fn epoch_began(&self) -> i64 {
        0
    }
    /// Bytes of the disk with the data, if that is known: free for this process, and in all. May wait for the disk.
    fn space(&self) -> Option<(u64, u64)> {
        None
    }
    /// Whether the database answers and, as far as is known, can be written.
    async fn ready(&self) -> Result<()>;
    /// Returns once every write has ended that was asked for before, also those whose callers have gone since. For a
    /// store whose writes end with their futures there is nothing to wait for.
    async fn settled(&self) {}
    /// Commits what is under way and closes. Later calls fail with `Closed`.
    async fn close(&self);
}
