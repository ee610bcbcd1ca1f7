//! By what a message is known once its first text is gone: a hash under the database's secret.
//!
//! It is made when a message is changed for the first time, and goes with its erasure.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto::sign};
use rusqlite::Connection;

use super::{Result, meta, rows::broken};
use crate::id::ClientMessageId;

/// HMAC-SHA-256 of a message's id and its text: with the id equal texts have different hashes.
pub(super) fn hash(conn: &Connection, ClientMessageId(id): ClientMessageId, text: &str) -> Result<[u8; 32]> {
    keyed(&meta::secret(conn)?, &[id.as_bytes(), text.as_bytes()].concat())
}

fn keyed(secret: &[u8], bytes: &[u8]) -> Result<[u8; 32]> {
    let failed = || broken("a hash cannot be made");
    // HS256 is HMAC-SHA-256 (RFC 7518, 3.2).
    let hash = sign(bytes, &EncodingKey::from_secret(secret), Algorithm::HS256).map_err(|_| failed())?;
    BASE64_URL_SAFE_NO_PAD.decode(hash).ok().and_then(|hash| hash.try_into().ok()).ok_or_else(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_hash_is_hmac_sha_256() {
        let hash = keyed(b"Jefe", b"what do ya want for nothing?").unwrap();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
