//! Which of two statements about rights counts: the rule of rights versions (protocol/README.md, "Rights versions").
//!
//! The one place of that rule. The engines of the store call it for what is stored, hub and rosters for what is known of
//! those who are online, the sign-in for a token.

use serde::{Deserialize, Serialize};

use crate::id::RightsVersion;

/// Where a statement about somebody's rights came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Origin {
    /// A user token.
    Token,
    /// A signed call of the host.
    Call,
}

/// What a statement about rights has against another one. Their order is the rule: the higher version; of one version a
/// call before a token, and a removal is the last word. So the order of the fields matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Precedence {
    /// The host's clock.
    pub version: RightsVersion,
    /// By which way it came.
    pub origin: Origin,
    /// It removes the user.
    pub removal: bool,
}

impl Precedence {
    /// Of a statement that removes nobody.
    pub fn new(version: RightsVersion, origin: Origin) -> Self {
        Self { version, origin, removal: false }
    }

    /// Of a signed call; also of one that is about a course, a policy or a floor.
    pub fn call(version: RightsVersion) -> Self {
        Self::new(version, Origin::Call)
    }

    /// Of a call that removes a user.
    pub fn removal(version: RightsVersion) -> Self {
        Self { removal: true, ..Self::call(version) }
    }

    /// Whether this takes the place of what was said before. Of equals the later one does.
    pub fn wins(self, before: Self) -> bool {
        self >= before
    }
}

/// Whether a floor, of a course or of a site, refuses what was computed under this version: what is older than the call
/// that set it.
pub fn refuses(floor: RightsVersion, version: RightsVersion) -> bool {
    version < floor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_rights_versions_in_every_case() {
        let token = |version| Precedence::new(RightsVersion(version), Origin::Token);
        let call = |version| Precedence::call(RightsVersion(version));
        let removal = |version| Precedence::removal(RightsVersion(version));
        for before in [token(2), call(2), removal(2)] {
            for (lower, higher) in [(token(1), token(3)), (call(1), call(3)), (removal(1), removal(3))] {
                assert!(!lower.wins(before), "a lower version never: {lower:?} over {before:?}");
                assert!(higher.wins(before), "a higher one always: {higher:?} over {before:?}");
            }
            assert!(removal(2).wins(before), "a removal is the last word on its version: over {before:?}");
        }
        assert!(token(2).wins(token(2)) && call(2).wins(token(2)) && call(2).wins(call(2)));
        assert!(!token(2).wins(call(2)), "on a tie the call");
        assert!(!token(2).wins(removal(2)) && !call(2).wins(removal(2)));
    }

    #[test]
    fn a_floor_refuses_what_is_older_than_its_call() {
        assert!(refuses(RightsVersion(2), RightsVersion(1)));
        assert!(!refuses(RightsVersion(2), RightsVersion(2)) && !refuses(RightsVersion(2), RightsVersion(3)));
    }
}
