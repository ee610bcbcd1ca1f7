//! Signed texts in, identities out: user tokens and the host's API calls.
//!
//! The algorithm is pinned, every claim is typed, the key's id decides the site. Knows no socket and no route; `now`
//! is given, so that a test can move the clock. RFC 7519 (JWT), RFC 8725 (its best practices).

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::Engine as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use parking_lot::Mutex;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::{
    address,
    clock::steady_ms,
    error::{Code, Refusal},
    id::{SiteId, UserId},
    rights::Snapshot,
    sites::Sites,
    store::SiteRecord,
};

/// Clocks of hosts and of this server may differ by this much.
pub const SKEW_MS: i64 = 30_000;

/// The longest life of a user token, seconds.
pub const USER_TOKEN_S: i64 = 600;

/// The longest life of a call's token, seconds.
const CALL_TOKEN_S: i64 = 60;

/// How long a call may be taken after it was signed: its life and the skew, ms.
const CALL_LIFE_MS: i64 = CALL_TOKEN_S * 1_000 + SKEW_MS;

/// Who a user token says that its bearer is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The site whose key signed.
    pub site: SiteId,
    /// `sub`.
    pub user: UserId,
    /// The host's login.
    pub sid: Arc<str>,
    /// When it was signed, ms.
    pub issued_at: i64,
    /// How long this holds.
    pub lease: Lease,
    /// What the host says of the user.
    pub snapshot: Arc<Snapshot>,
}

/// The life of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// As the client is told, ms.
    pub ends: i64,
    /// When that is over, with the skew that clocks may have, by `clock::steady_ms`: whatever becomes of the machine's
    /// clock meanwhile.
    pub until: i64,
}

impl Lease {
    /// Whichever lasts longer.
    pub fn longer(self, other: Self) -> Self {
        if self.until > other.until { self } else { other }
    }

    /// How much is left.
    pub fn left(self) -> Duration {
        Duration::from_millis(u64::try_from(self.until - steady_ms()).unwrap_or(0))
    }
}

#[derive(Deserialize)]
struct UserClaims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct CallClaims {
    iss: String,
    aud: String,
    jti: String,
    iat: i64,
    exp: i64,
    wwwroot: String,
    method: String,
    path: String,
    body_sha256: String,
}

/// Checks a user token.
pub async fn user_token(sites: &Sites, token: &str, now: i64) -> Result<Identity, Refusal> {
    let (site, key) = site_of(sites, token).await.ok_or(Code::BadToken)?;
    // Read twice, each time a part of it: serde's `flatten` would first copy all of it into a tree.
    let payload: Box<RawValue> = verify(token, &key)?;
    let claims: UserClaims = read(&payload)?;
    let snapshot: Snapshot = read(&payload)?;
    let bad = |what: &str| Refusal::with(Code::BadToken, format!("this token is not valid here: {what}"));
    if claims.iss != site.issuer {
        return Err(bad("iss is not the site that owns the key"));
    }
    if claims.aud != "gchat" {
        return Err(bad("aud must be gchat"));
    }
    let user = claims.sub.parse().map_err(|_| bad("sub must be a user id in decimal"))?;
    if !is_sid(&claims.sid) {
        return Err(bad("sid must have 8 to 128 characters"));
    }
    if !(1..=64).contains(&claims.jti.len()) {
        return Err(bad("jti must have 1 to 64 characters"));
    }
    check_times(claims.iat, claims.nbf, claims.exp, USER_TOKEN_S, now)?;
    snapshot.check().map_err(bad)?;
    Ok(Identity {
        site: site.site,
        user,
        sid: claims.sid.into(),
        issued_at: claims.iat * 1_000,
        lease: Lease { ends: claims.exp * 1_000, until: steady_ms() + claims.exp * 1_000 + SKEW_MS - now },
        snapshot: Arc::new(snapshot),
    })
}

/// Why a call of the host is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table in protocol/README.md describes them")]
pub enum CallRefusal {
    BadToken(&'static str),
    TokenExpired,
    TokenEarly,
    /// Sign it again after so many seconds.
    IssuedBeforeStart(u64),
    Replayed,
    WrongWwwroot,
}

/// How long a call is remembered: its token cannot be good for longer, from a clock that is ahead to one that is behind.
/// By the steady clock, as one that is set ahead for a moment must not have everything forgotten.
const SEEN_MS: i64 = CALL_TOKEN_S * 1_000 + 2 * SKEW_MS;

/// The signed calls seen lately: each `jti` counts once.
///
/// They are kept in memory only. So a call that may have been signed before this memory began is refused: an earlier
/// process may have seen it. (A host whose clock is ahead signs into the future: what it signed in the last seconds
/// before a restart, up to the 30 s of skew, is still taken once more.)
#[derive(Debug)]
pub struct SeenCalls {
    /// When it began (`clock::steady_ms`).
    began: i64,
    /// Until when, by the same.
    seen: Mutex<HashMap<(SiteId, String), i64>>,
}

impl Default for SeenCalls {
    fn default() -> Self {
        Self::new()
    }
}

impl SeenCalls {
    /// Remembers from now on.
    pub fn new() -> Self {
        Self { began: steady_ms(), seen: Mutex::default() }
    }

    /// Refuses what may be from before. `iat` counts whole seconds: what was signed in the very second of the beginning
    /// is refused, too. A host whose clock is slow is refused for as long as it is behind. Once all that was signed
    /// before has ended nothing is refused, whatever was wrong with this machine's clock when it began.
    fn is_of_this_time(&self, iat: i64, now: i64) -> Result<(), CallRefusal> {
        let lived = steady_ms() - self.began;
        // By its age: the clock may have been set since the beginning.
        let early_by = now - iat * 1_000 - lived;
        if early_by <= 0 || lived >= CALL_LIFE_MS {
            return Ok(());
        }
        Err(CallRefusal::IssuedBeforeStart(early_by.unsigned_abs().div_ceil(1_000)))
    }

    fn first_time(&self, site: SiteId, jti: String) -> bool {
        let now = steady_ms();
        let mut seen = self.seen.lock();
        if seen.len() > 10_000 {
            seen.retain(|_, until| *until > now);
        }
        seen.insert((site, jti), now + SEEN_MS).is_none_or(|until| until <= now)
    }

    fn has(&self, site: SiteId, jti: &str) -> bool {
        self.seen.lock().get(&(site, jti.to_owned())).is_some_and(|until| *until > steady_ms())
    }

    /// Forgets calls whose tokens have ended.
    pub fn expire(&self) {
        let now = steady_ms();
        self.seen.lock().retain(|_, until| *until > now);
    }
}

/// A call of the host whose bearer token is good for its method and path. Its body has not been read yet.
pub struct SignedHead {
    /// Whose key signed.
    pub site: Arc<SiteRecord>,
    jti: String,
    body_sha256: String,
}

/// Checks the bearer token of a call of the host against what comes before its body, so that nobody without a key can
/// make the server read one. `method` in upper case; `path` from `/api/v1/` on, with the query string.
pub async fn call(
    sites: &Sites,
    seen: &SeenCalls,
    bearer: &str,
    (method, path): (&str, &str),
    now: i64,
) -> Result<SignedHead, CallRefusal> {
    use CallRefusal::{BadToken, Replayed, TokenEarly, TokenExpired, WrongWwwroot};
    let (site, key) = site_of(sites, bearer).await.ok_or(BadToken("its key is not known here"))?;
    let claims: CallClaims =
        verify(bearer, &key).map_err(|_| BadToken("its signature or its claims are wrong"))?;
    if claims.iss != site.issuer || claims.aud != "gchat-api" {
        return Err(BadToken("iss must be the key's site and aud gchat-api"));
    }
    if !(8..=64).contains(&claims.jti.len()) {
        return Err(BadToken("jti must have 8 to 64 characters"));
    }
    check_times(claims.iat, claims.iat, claims.exp, CALL_TOKEN_S, now).map_err(|refusal| {
        match refusal.code {
            Code::TokenExpired => TokenExpired,
            Code::TokenEarly => TokenEarly,
            _ => BadToken("exp must be at most 60 seconds after iat"),
        }
    })?;
    if claims.method != method || claims.path != path {
        return Err(BadToken("it was signed for another method or path"));
    }
    if !address::same(&claims.wwwroot, &site.url) {
        return Err(WrongWwwroot);
    }
    seen.is_of_this_time(claims.iat, now)?;
    if seen.has(site.site, &claims.jti) {
        return Err(Replayed);
    }
    Ok(SignedHead { site, jti: claims.jti, body_sha256: claims.body_sha256 })
}

impl SignedHead {
    /// Checks the body as received. From then on the call counts as made.
    pub fn with_body(self, seen: &SeenCalls, body: &[u8]) -> Result<Arc<SiteRecord>, CallRefusal> {
        if self.body_sha256 != sha256_hex(body) {
            return Err(CallRefusal::BadToken("it was signed for another body"));
        }
        if !seen.first_time(self.site.site, self.jti) {
            return Err(CallRefusal::Replayed);
        }
        Ok(self.site)
    }
}

/// Whether this may be the name of a host's login: 8 to 128 characters.
pub fn is_sid(sid: &str) -> bool {
    (8..=128).contains(&sid.chars().take(129).count())
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The site and key that a token's `kid` names.
async fn site_of(sites: &Sites, token: &str) -> Option<(Arc<SiteRecord>, Arc<DecodingKey>)> {
    /// All that the contract puts there. Any other member, `crit` and `b64` (RFC 7797) among them, could change what the
    /// signature means, so it is refused and not ignored.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Header {
        alg: String,
        kid: String,
        typ: Option<String>,
    }
    let (header, _) = token.split_once('.')?;
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header = serde_json::from_slice(&header).ok()?;
    let is_jwt = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if header.alg != "HS256" || !is_jwt {
        return None;
    }
    sites.key(&header.kid).await
}

fn verify<T: DeserializeOwned>(token: &str, key: &DecodingKey) -> Result<T, Refusal> {
    let mut rules = Validation::new(Algorithm::HS256);
    // Times and audience are checked by this module, with its own clock and sentences.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    match jsonwebtoken::decode::<T>(token, key, &rules) {
        Ok(data) => Ok(data.claims),
        Err(_) => Err(Code::BadToken.into()),
    }
}

fn read<'a, T: Deserialize<'a>>(payload: &'a RawValue) -> Result<T, Refusal> {
    serde_json::from_str(payload.get()).map_err(|_| Code::BadToken.into())
}

fn check_times(iat: i64, nbf: i64, exp: i64, most_s: i64, now: i64) -> Result<(), Refusal> {
    // Far from the ends of i64, so that milliseconds fit.
    let plausible = 0..=i64::from(u32::MAX) * 4;
    if ![iat, nbf, exp].iter().all(|t| plausible.contains(t)) || exp <= iat || exp - iat > most_s {
        return Err(Refusal::with(
            Code::BadToken,
            format!("this token is not valid here: exp must be at most {most_s} seconds after iat"),
        ));
    }
    if now >= exp * 1_000 + SKEW_MS {
        return Err(Code::TokenExpired.into());
    }
    if now < iat.max(nbf) * 1_000 - SKEW_MS {
        return Err(Code::TokenEarly.into());
    }
    Ok(())
}
