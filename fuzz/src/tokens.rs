//! User tokens: what is taken is signed with the site's key and keeps every rule of the contract.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use gchat::auth::{self, Identity};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::stage::{ISSUER, KID, SECRET, STAGE, sign};

/// The server's clock in all of this, seconds: when the token of protocol/fixtures was signed.
const NOW: i64 = 1_795_376_400;

/// The first byte says what the others are: claims that are signed rightly, a header and claims, changes of a good
/// token, or a token as it comes.
pub fn tokens(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let Some(token) = made(*kind, rest) else { return };
    let taken = STAGE.runtime.block_on(auth::user_token(&STAGE.app.sites, &token, NOW * 1_000));
    if let Ok(identity) = taken {
        assert!(is_signed(&token), "taken without the key's signature: {token}");
        assert_eq!(part(&token, 0)["alg"], "HS256", "{token}");
        assert_eq!(part(&token, 0)["kid"], KID, "{token}");
        let understood = |name: &str| matches!(name, "alg" | "kid" | "typ");
        assert!(
            part(&token, 0).as_object().is_some_and(|head| head.keys().all(|k| understood(k))),
            "{token}"
        );
        check(&part(&token, 1), &identity);
    }
}

fn made(kind: u8, rest: &[u8]) -> Option<String> {
    match kind {
        b'c' => Some(sign(&serde_json::from_slice(rest).ok()?)),
        b'h' => {
            let text = std::str::from_utf8(rest).ok()?;
            let (header, claims) = text.split_once('\n')?;
            let message = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
            Some(format!("{message}.{}", signature(&message)))
        }
        b't' => {
            let mut token = sign(&good()).into_bytes();
            for change in rest.chunks_exact(3) {
                let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % token.len();
                token[at] = change[2];
            }
            String::from_utf8(token).ok()
        }
        _ => Some(String::from_utf8_lossy(rest).into_owned()),
    }
}

/// The claims of a token that is good at `NOW`.
fn good() -> Value {
    json!({
        "iss": ISSUER, "aud": "gchat", "sub": "3", "sid": "a hash of a login", "jti": "1",
        "iat": NOW, "nbf": NOW, "exp": NOW + 600, "rights_version": 1, "name": "Ana", "picture": null,
        "profile_url": null, "lang": "en", "hidden": false, "rights": ["chat"],
        "circles": [{"id": "c7", "role": "student", "title": "Algebra"}], "blocked": [],
    })
}

fn signature(message: &str) -> String {
    let key = EncodingKey::from_secret(&SECRET);
    jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("an HMAC of any message")
}

fn is_signed(token: &str) -> bool {
    token.rsplit_once('.').is_some_and(|(message, given)| given == signature(message))
}

fn part(token: &str, which: usize) -> Value {
    let part = token.split('.').nth(which).expect("three parts");
    serde_json::from_slice(&BASE64.decode(part).expect("base64url")).expect("JSON")
}

/// protocol/README.md, "The user token", said once more and in another way.
fn check(claims: &Value, identity: &Identity) {
    let text = |name: &str| claims[name].as_str().unwrap_or_else(|| panic!("{name} is no text: {claims}"));
    let number =
        |name: &str| claims[name].as_i64().unwrap_or_else(|| panic!("{name} is no number: {claims}"));
    let chars = |text: &str| text.chars().count();
    assert_eq!((text("iss"), text("aud")), (ISSUER, "gchat"));
    let user: i64 = text("sub").parse().expect("sub in decimal");
    assert!(user.to_string() == text("sub") && (1..1 << 53).contains(&user), "{claims}");
    assert_eq!(identity.user.get(), user);
    assert!((8..=128).contains(&chars(text("sid"))) && *identity.sid == *text("sid"), "{claims}");
    assert!((1..=64).contains(&chars(text("jti"))), "{claims}");
    let (iat, nbf, exp) = (number("iat"), number("nbf"), number("exp"));
    assert!(exp > iat && exp - iat <= 600, "{claims}");
    assert!(exp + 30 > NOW && iat - 30 <= NOW && nbf - 30 <= NOW, "{claims}");
    assert_eq!((identity.issued_at, identity.lease.ends), (iat * 1_000, exp * 1_000));
    assert!((0..1 << 53).contains(&number("rights_version")), "{claims}");
    assert!((1..=200).contains(&chars(text("name"))) && chars(text("lang")) <= 32, "{claims}");
    for name in ["picture", "profile_url"] {
        let url = claims[name].as_str().map(|url| url.trim_matches(|c: char| c <= ' ').to_ascii_lowercase());
        assert!(url.is_none_or(|u| u.starts_with("http:") || u.starts_with("https:")), "{claims}");
    }
    assert!(claims["hidden"].is_boolean() && claims["rights"].is_array(), "{claims}");
    assert!(claims["circles"].as_array().is_some_and(|all| all.len() <= 1_000), "{claims}");
    assert!(claims["blocked"].as_array().is_some_and(|all| all.len() <= 1_000), "{claims}");
}
