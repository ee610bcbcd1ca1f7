//! What a connect asks the store. Knows no statement.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, RightsVersion, SiteId, UserId};

/// The question of `Store::arrival`, as its statement takes it.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrive {
    pub(super) site: SiteId,
    pub(super) user: UserId,
    pub(super) sid: String,
    /// The token's.
    pub(super) version: RightsVersion,
    /// The token's courses, and the others of the conversations asked for (those are so many), as JSON.
    pub(super) courses: String,
    pub(super) others: String,
    pub(super) heads: usize,
}

impl Arrive {
    pub(super) fn new(
        (site, user): (SiteId, UserId),
        sid: &str,
        version: RightsVersion,
        courses: String,
        heads: &[ConversationId],
    ) -> Self {
        let others: Vec<_> = heads.iter().map(|conversation| conversation.other(user)).collect();
        let others = serde_json::to_string(&others).expect("numbers have a JSON form");
        Self { site, user, sid: sid.to_owned(), version, courses, others, heads: heads.len() }
    }
}
